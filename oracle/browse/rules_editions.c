// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The difference between two editions: rules that begin or end in between, and
 * the cells of the free-pairing matrix that are read otherwise.
 */
#include <stdio.h>
#include "catalogue.h"
#include "pairing.h"
#include "rules_cmd.h"
#include "run_names.h"

static const char *cell_name(enum kmc_pairing pairing)
{
	switch (pairing) {
	case KMC_PAIR_LEGAL: return "legal";
	case KMC_PAIR_NOOP: return "no effect";
	case KMC_PAIR_WORKS: return "works, undocumented";
	case KMC_PAIR_BREACH: return "a breach";
	case KMC_PAIR_NONE: break;
	}
	return "-";
}

static unsigned int print_rules(const struct kmc_rules_filter *filter, uint32_t from, uint32_t to)
{
	unsigned int shown = 0;

	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *r = kmc_rule_at(i);
		bool before = kmc_rule_in_force(r, from), after = kmc_rule_in_force(r, to);

		if (before == after || !kmc_rules_pass(filter, r))
			continue;
		shown++;
		printf("%c %-9s %-9s %-6s %-2s %s\n", after ? '+' : '-', r->id,
		       kmc_party_name(r->party), kmc_strength_name(r->strength),
		       kmc_origin_name(r->origin), r->statement);
	}
	return shown;
}

static unsigned int print_pairs(uint32_t from, uint32_t to)
{
	unsigned int shown = 0;

	for (unsigned int row = 0; row < KMC_NR_PROVENANCES; row++)
		for (unsigned int by = 0; by < KMC_NR_FREE_COLUMNS; by++) {
			enum kmc_pairing before = kmc_pairing_of(row, by, from);
			enum kmc_pairing after = kmc_pairing_of(row, by, to);

			if (before == after)
				continue;
			shown++;
			printf("~ %s freed by %s: %s -> %s\n", kmc_provenance_name(row),
			       kmc_free_column_name(by), cell_name(before), cell_name(after));
		}
	return shown;
}

int kmc_rules_difference(const struct kmc_rules_filter *filter, uint32_t from, uint32_t to)
{
	char a[24], b[24];
	unsigned int rules = print_rules(filter, from, to);
	unsigned int pairs = filter->words && *filter->words ? 0 : print_pairs(from, to);

	kmc_release_print(a, sizeof(a), from);
	kmc_release_print(b, sizeof(b), to);
	printf("%s to %s: %u rules begin or end, %u pairs are read otherwise\n", a, b, rules,
	       pairs);
	return 0;
}
