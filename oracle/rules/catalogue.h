/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The catalogue inside the oracle: the rules' indices and what the public
 * table does not say. Included by the judge and by every file of rules.
 */
#ifndef RULES_CATALOGUE_H
#define RULES_CATALOGUE_H
#include "oracle/judge.h"

/* Index of each rule: KMC_R_ALIGN_2. */
enum kmc_rule_index {
#define KMC_RULE(token, ...) KMC_R_##token,
#include "rules.def"
#undef KMC_RULE
	KMC_NR_RULES
};

/** kmc_rule_aliases() - Indices that a rule's alias names, at most two; "meta" names none. */
unsigned int kmc_rule_aliases(int rule, int out[2]);

/** kmc_rule_is_covered() - Is a breach of it found, under its own id or under those of its alias? */
bool kmc_rule_is_covered(int rule);

/** kmc_rule_counts_for_conformance() - Origin S, D or I*, not I; whoever it binds. */
bool kmc_rule_counts_for_conformance(const struct kmc_rule *rule);

/** kmc_rule_in_force() - Does the rule belong to the contract of this edition? */
bool kmc_rule_in_force(const struct kmc_rule *rule, uint32_t edition);

/** kmc_family_name() - "ALIGN". */
const char *kmc_family_name(unsigned int family);

#endif
