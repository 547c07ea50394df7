// SPDX-License-Identifier: GPL-2.0-or-later
/* How much of the contract is judged, by origin and strength and by family; why the rest is not. */
#include <stdio.h>
#include <string.h>
#include "catalogue.h"
#include "rules_cmd.h"
#include "run_names.h"

#define NR_ORIGINS   4
#define NR_STRENGTHS 4
#define NR_FAMILIES  64

struct share {
	unsigned int judged, all;
};

struct shares {
	struct share by[NR_ORIGINS][NR_STRENGTHS];
	struct share family[NR_FAMILIES], whole;
};

static void count(struct share *share, bool judged)
{
	share->all++;
	share->judged += judged;
}

static void print_share(const char *name, const struct share *share)
{
	printf("  %-22s %3u of %3u  %5.1f %%\n", name, share->judged, share->all,
	       share->all ? 100.0 * share->judged / share->all : 0.0);
}

static void gather(const struct kmc_rules_filter *filter, struct shares *s)
{
	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *r = kmc_rule_at(i);

		bool covered = kmc_rule_is_covered((int)i);

		if (!kmc_rules_pass(filter, r))
			continue;
		count(&s->by[r->origin][r->strength], covered);
		count(&s->family[r->family], covered);
		count(&s->whole, covered);
	}
}

#define WIDTH 100

/* Each rule that is not covered under its reason, which is one of a closed list. */
static void print_reason(const struct kmc_rules_filter *filter, unsigned int why)
{
	unsigned int column = 0, nr = 0;

	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *r = kmc_rule_at(i);

		if (kmc_rule_is_covered((int)i) || r->unjudged != why || !kmc_rules_pass(filter, r))
			continue;
		if (!nr++)
			printf("  %s\n", kmc_why_text(why));
		if (!column || column + strlen(r->id) + 1 > WIDTH)
			column = (unsigned int)printf("%s   ", column ? "\n" : "") - (column ? 1 : 0);
		column += (unsigned int)printf(" %s", r->id);
	}
	if (nr)
		printf("  (%u)\n", nr);
}

static bool all_covered(const struct shares *s)
{
	return s->whole.judged == s->whole.all;
}

int kmc_rules_coverage(const struct kmc_rules_filter *filter)
{
	struct shares s = { 0 };
	char name[32];

	gather(filter, &s);
	puts("judged on at least one kind of subject, by itself or as its alias, by origin and strength");
	for (unsigned int o = 0; o < NR_ORIGINS; o++)
		for (unsigned int h = 0; h < NR_STRENGTHS; h++) {
			if (!s.by[o][h].all)
				continue;
			snprintf(name, sizeof(name), "%s %s", kmc_origin_name(o),
				 kmc_strength_name(h));
			print_share(name, &s.by[o][h]);
		}
	puts("by family");
	for (unsigned int f = 0; f < NR_FAMILIES && kmc_family_name(f); f++)
		if (s.family[f].all)
			print_share(kmc_family_name(f), &s.family[f]);
	print_share("all", &s.whole);
	if (!all_covered(&s))
		puts("not judged, and why");
	for (unsigned int why = 1; why < KMC_NR_WHY; why++)
		print_reason(filter, why);
	return 0;
}
