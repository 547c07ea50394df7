// SPDX-License-Identifier: GPL-2.0-or-later
/* The functions of the judged rules by index: a rule said to be judged without one does not link. */
#include "judge_priv.h"

#define JUDGED(token) kmc_rule_##token
#define LATER(token)  NULL
#define SOURCE(token) NULL
#define UNSEEN(token) NULL
#define COUNTED(token) NULL
#define ELSEWHERE(token) NULL
#define NOTHING(token) NULL

static const kmc_rule_fn functions[KMC_NR_RULES] = {
#define KMC_RULE(token, a, b, d, e, f, g, h, i, k, l, now, ...) [KMC_R_##token] = now(token),
#include "rules.def"
#undef KMC_RULE
};

kmc_rule_fn kmc_rule_function(int rule)
{
	return rule >= 0 && rule < KMC_NR_RULES ? functions[rule] : NULL;
}

void kmc_ask_rule(struct kmc_judge *judge, int rule, const struct kmc_case *c)
{
	if (judge->on[rule])
		functions[rule](judge, c);
}
