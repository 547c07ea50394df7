/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings that were accepted before. Private to the judge. */
#pragma once
#include <stdbool.h>
#include "oracle/judge.h"

struct kmc_known {
	char key[24]; /* of one finding; empty: all of a rule's clause */
	int rule;
	char clause[32];
};

/** kmc_is_known() - Is this finding, with rule, clause and key, among the accepted? */
bool kmc_is_known(const struct kmc_judge *judge, const struct kmc_finding *finding);
