// SPDX-License-Identifier: GPL-2.0-or-later
/* DBG: slab debugging finds what was damaged, and only that. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define SAID(report) (c->open && c->open->notes.reports & 1u << KMC_REPORT_##report)
#define SPURIOUS 2 /* kmc_case.value: a report with nothing behind it */
#define REUSED   1

static void spurious(struct kmc_judge *j, const struct kmc_case *c, const char *what)
{
	kmc_breach_then(j, "where nobody wrote beside his own there is nothing to report");
	kmc_breach_but(j, "%s is reported of " ADDR, what, c->addr);
}

/* As KMC_BREACH(), for reports of undamaged objects. */
#define KMC_BREACH_SPURIOUS(token, what)                                                           \
	do {                                                                                       \
		if (kmc_breach_open(j, KMC_R_##token, c, "spurious"))                              \
			spurious(j, c, what);                                                      \
		kmc_breach_close(j);                                                               \
		if (kmc_breach_traps(j))                                                           \
			__builtin_trap();                                                          \
	} while (0)

KMC_RULE_FN(DBG_1)
{
	if (c->value == SPURIOUS)
		KMC_BREACH_SPURIOUS(DBG_1, "a red zone");
	else
		KMC_VERDICT(DBG_1, SAID(RED_ZONE), "unseen",
			    (j, "what was written beside an object is reported when it is freed"),
			    (j, "nothing was of " ADDR, c->addr));
}

KMC_RULE_FN(DBG_2)
{
	if (c->value == SPURIOUS)
		KMC_BREACH_SPURIOUS(DBG_2, "poison");
	else
		KMC_VERDICT(DBG_2, SAID(POISON), "unseen",
			    (j, "a write after the free is reported when the object is next handed out"),
			    (j, "nothing was of " ADDR, c->addr));
}

KMC_RULE_FN(DBG_4)
{
	bool said = SAID(FREE_AGAIN) || SAID(POINTER) || SAID(CACHE) || SAID(FREELIST);

	if (c->value == SPURIOUS)
		KMC_BREACH_SPURIOUS(DBG_4, "a wrong free");
	else if (c->value == REUSED)
		KMC_BREACH(DBG_4, "reused",
			   (j, "an object whose free was found wrong is not handed out again"),
			   (j, ADDR " was", c->addr));
	else
		KMC_VERDICT(DBG_4, said, "unseen",
			    (j, "with consistency checks a wrong free is reported"),
			    (j, "nothing was of " ADDR, c->addr));
}

KMC_RULE_FN(DBG_8)
{
	const uint32_t warned = 1u << KMC_EFF_WARNED;

	KMC_VERDICT(DBG_8, SAID(CACHE) || c->effects & warned, "unseen",
		    (j, "an object that is freed to another cache is reported"),
		    (j, "nothing was of " ADDR, c->addr));
}
