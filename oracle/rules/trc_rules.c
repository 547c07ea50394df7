// SPDX-License-Identifier: GPL-2.0-or-later
/* TRC: what a reader of a recorded kernel has to know; nothing here can be broken. */
#include "judge_priv.h"

/* The pair was recognised and read as one allocation. */
KMC_RULE_FN(TRC_7)
{
	(void)c;
	KMC_PASS(TRC_7);
}
