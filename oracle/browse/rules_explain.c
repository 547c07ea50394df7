// SPDX-License-Identifier: GPL-2.0-or-later
/* One rule in full: whom it binds, since when, what shows it, where it is written. */
#include <stdio.h>
#include "catalogue.h"
#include "rules_cmd.h"
#include "run_names.h"

static const char *const party_says[] = {
	[KMC_PARTY_ALLOCATOR] = "the allocator",
	[KMC_PARTY_CALLER] = "the caller; what becomes of the object is nobody else's fault",
};

static const char *const strength_says[] = {
	[KMC_MUST] = "a breach is a violation",
	[KMC_SHOULD] = "a breach is a note",
	[KMC_MAY] = "permitted, never required",
	[KMC_NO_PROMISE] = "no promise: nothing may be asserted",
};

static const char *const origin_says[] = {
	[KMC_ORIGIN_S] = "the Memory Allocation Guide",
	[KMC_ORIGIN_D] = "kernel documents and header comments",
	[KMC_ORIGIN_I] = "the implementation alone: equivalence with Linux, reported apart",
	[KMC_ORIGIN_I_STAR] = "implied by memory safety: always on",
};

/* What each bit of kmc_rule.needs asks of a subject. */
static const struct {
	uint32_t bit;
	const char *text;
} needs[] = {
	{ KMC_SHOWS_ADDRESS, "addresses of results" },
	{ KMC_SHOWS_SIZE, "requested sizes" },
	{ KMC_SHOWS_GRANTED, "granted sizes" },
	{ KMC_SHOWS_CALLS, "calls by their names" },
	{ KMC_SHOWS_EVERY_FREE, "every free" },
	{ KMC_SHOWS_CONTENT, "contents" },
	{ KMC_SHOWS_CONTEXT, "the context of calls" },
	{ KMC_SHOWS_CACHES, "caches and their descriptions" },
	{ KMC_SHOWS_PAGES, "page allocations and frees" },
	{ KMC_SHOWS_EFFECTS, "effects of calls" },
	{ KMC_SHOWS_NODE, "node and zone" },
	{ KMC_SHOWS_VALUES, "results of pure functions" },
	{ KMC_SHOWS_CHARGES, "charges" },
	{ KMC_SHOWS_RCU, "grace periods" },
	{ KMC_SHOWS_VMALLOC, "vmalloc areas" },
	{ KMC_SHOWS_GFP, "GFP flags" },
	{ KMC_SHOWS_STATE, "the machine's state at entry" },
};

static void print_needs(uint32_t bits)
{
	const char *before = "  needs     ";

	for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
		if (!(bits & needs[i].bit))
			continue;
		printf("%s%s", before, needs[i].text);
		before = ", ";
	}
	if (bits)
		putchar('\n');
}

/* What a subject that is no Linux may disclaim. */
static void print_promises(uint32_t promises)
{
	if (promises)
		printf("  unless    the subject says that it %s\n",
		       promises & KMC_PROMISE_NATURAL ? "aligns no sizes beyond the minimum" :
							"is no Linux");
}

static void print_rule(const struct kmc_rule *r)
{
	char span[64];

	printf("%s  %s\n", r->id, r->name);
	printf("  rule      %s\n", r->statement);
	printf("  binds     %s\n", party_says[r->party]);
	printf("  strength  %s: %s\n", kmc_strength_name(r->strength), strength_says[r->strength]);
	printf("  origin    %s: %s\n", kmc_origin_name(r->origin), origin_says[r->origin]);
	printf("  source    %s\n", r->source);
	printf("  releases  %s\n", kmc_rules_span(span, sizeof(span), r));
	print_needs(r->needs);
	print_promises(r->rests_on);
	if (r->alias)
		printf("  findings  carry %s\n", r->alias);
	printf("  judged    %s\n", r->judged ? "yes" : "not by this version");
}

int kmc_rules_explain(const struct kmc_rules_filter *filter)
{
	bool any = false;

	for (size_t i = 0; i < kmc_rule_count(); i++) {
		if (!kmc_rules_pass(filter, kmc_rule_at(i)))
			continue;
		if (any)
			putchar('\n');
		any = true;
		print_rule(kmc_rule_at(i));
	}
	return any ? 0 : kmc_rules_fail("no such rule");
}
