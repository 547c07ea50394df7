// SPDX-License-Identifier: GPL-2.0-or-later
/* The catalogue as a table, made of rules.def, and the look-ups in it. */
#include <string.h>
#include <strings.h>
#include "catalogue.h"
#include "oracle/related.h"

#define NEED_ADDRESS    KMC_SHOWS_ADDRESS
#define NEED_SIZE       KMC_SHOWS_SIZE
#define NEED_GRANTED    KMC_SHOWS_GRANTED
#define NEED_CALLS      KMC_SHOWS_CALLS
#define NEED_EVERY_FREE KMC_SHOWS_EVERY_FREE
#define NEED_CONTENT    KMC_SHOWS_CONTENT
#define NEED_CONTEXT    KMC_SHOWS_CONTEXT
#define NEED_CACHES     KMC_SHOWS_CACHES
#define NEED_PAGES      KMC_SHOWS_PAGES
#define NEED_EFFECTS    KMC_SHOWS_EFFECTS
#define NEED_NODE       KMC_SHOWS_NODE
#define NEED_VALUES     KMC_SHOWS_VALUES
#define NEED_CHARGES    KMC_SHOWS_CHARGES
#define NEED_RCU        KMC_SHOWS_RCU
#define NEED_VMALLOC    KMC_SHOWS_VMALLOC
#define NEED_GFP        KMC_SHOWS_GFP
#define NEED_STATE      KMC_SHOWS_STATE
/* Promises stand in the same column, above what a subject shows. */
#define PROMISES_FROM   24
#define ON_NATURAL      (KMC_PROMISE_NATURAL << PROMISES_FROM)
#define ON_LINUX(who, whence)                                                                      \
	(KMC_PARTY_##who == KMC_PARTY_ALLOCATOR && KMC_ORIGIN_##whence == KMC_ORIGIN_I ?           \
		 KMC_PROMISE_LINUX : 0)
#define SHAPE_SIZE      KMC_SHAPE_SIZE
#define SHAPE_GFP       KMC_SHAPE_GFP
#define SHAPE_CONTEXT   KMC_SHAPE_CONTEXT
#define SHAPE_FAMILY    KMC_SHAPE_FAMILY
#define SHAPE_SPECIAL   KMC_SHAPE_SPECIAL
#define JUDGED          KMC_WHY_NOT
#define LATER           KMC_WHY_NOT_JUDGED
#define SOURCE          KMC_WHY_SOURCE
#define UNSEEN          KMC_WHY_UNSEEN
#define COUNTED         KMC_WHY_COUNTED
#define ELSEWHERE       KMC_WHY_REPLACED
#define NOTHING         KMC_WHY_NO_PROMISE

static struct kmc_rule rules[] = {
#define KMC_RULE(token, rule_id, words, who, how, whence, from, to, show, attributes, other, now,  \
		 text, where)                                                                      \
	{ .id = rule_id, .name = words, .party = KMC_PARTY_##who, .strength = KMC_##how,           \
	  .origin = KMC_ORIGIN_##whence, .since = from, .until = to,                               \
	  .needs = (show) & ((1u << PROMISES_FROM) - 1),                                           \
	  .rests_on = (show) >> PROMISES_FROM | ON_LINUX(who, whence),                             \
	  .alias = other, .statement = text, .source = where, .shape = attributes,                 \
	  .judged = (now) == KMC_WHY_NOT, .unjudged = now },
#include "rules.def"
#undef KMC_RULE
};

static const char *const families[] = {
	"ALIGN", "KM",  "ARR", "DUP", "REA", "KC",  "DBG", "FR",  "RCU", "VM",  "KV", "MP",
	"UC",    "RS",  "ADV", "GFP", "SCP", "RSV", "ZON", "PAGE", "BUD", "MIG", "PCP", "HA",
	"RCL",   "CPT", "OOM", "MCG", "CMA", "ZS",  "DMA", "POOL", "PCU", "TRC",
};
#define NR_FAMILIES (sizeof(families) / sizeof(families[0]))

static unsigned int family_of(const char *id)
{
	size_t len = strcspn(id, "-");

	for (unsigned int i = 0; i < NR_FAMILIES; i++)
		if (strlen(families[i]) == len && !memcmp(families[i], id, len))
			return i;
	return NR_FAMILIES;
}

/* Before main(): the table is only read afterwards, by any number of threads. */
__attribute__((constructor)) static void set_families(void)
{
	for (size_t i = 0; i < KMC_NR_RULES; i++)
		rules[i].family = (uint8_t)family_of(rules[i].id);
}

size_t kmc_rule_count(void)
{
	return KMC_NR_RULES;
}

const struct kmc_rule *kmc_rule_at(size_t index)
{
	return index < KMC_NR_RULES ? &rules[index] : NULL;
}

int kmc_rule_find(const char *id)
{
	for (size_t i = 0; i < KMC_NR_RULES; i++)
		if (!strcasecmp(rules[i].id, id))
			return (int)i;
	return -1;
}

const char *kmc_family_name(unsigned int family)
{
	return family < NR_FAMILIES ? families[family] : NULL;
}

unsigned int kmc_rule_aliases(int rule, int out[2])
{
	const char *at = rules[rule].alias;
	unsigned int nr = 0;

	while (at && *at && nr < 2) {
		char id[16];
		size_t len = strcspn(at, ", ");

		if (len >= sizeof(id))
			break;
		memcpy(id, at, len);
		id[len] = '\0';
		int found = kmc_rule_find(id);

		if (found >= 0)
			out[nr++] = found;
		at += len;
		at += strspn(at, ", ");
	}
	return nr;
}

bool kmc_rule_is_covered(int rule)
{
	int aliases[2];
	unsigned int nr = kmc_rule_aliases(rule, aliases), judged = 0;

	if (rules[rule].judged)
		return true;
	if (rules[rule].alias && !strcmp(rules[rule].alias, "meta"))
		return true;
	for (unsigned int i = 0; i < nr; i++)
		judged += rules[aliases[i]].judged;
	return nr && judged == nr;
}

bool kmc_rule_counts_for_conformance(const struct kmc_rule *rule)
{
	return rule->origin != KMC_ORIGIN_I;
}

bool kmc_rule_in_force(const struct kmc_rule *rule, uint32_t edition)
{
	return edition >= rule->since && (!rule->until || edition < rule->until);
}

/*
 * Where two rules meet without being the same, one and the same event breaks both: the caller's
 * duty, or advice to him, and what it leads to; two sizes of one thing; a place, and what is told of it.
 */
static const char *const met[][2] = {
	{ "ALIGN-7", "ALIGN-8" }, { "ALIGN-8", "ALIGN-7" }, { "ALIGN-12", "ALIGN-2" },
	{ "ARR-1", "KM-1" },	  { "ARR-3", "KM-1" },	    { "ARR-11", "KM-1" },
	{ "DUP-6", "KM-1" },	  { "KC-42", "KC-25" },	    { "KM-1", "ALIGN-2" },
	{ "KM-12", "KM-24" },	  { "KM-20", "ADV-3" },	    { "PAGE-2", "TRC-1" },
	{ "PAGE-3", "TRC-1" },	  { "GFP-28", "ADV-3" },    { "GFP-29", "ADV-3" },
	{ "GFP-24", "ADV-3" },	  { "GFP-45", "ADV-3" },    { "FR-18", "FR-21" },
	{ "KC-9", "KC-10" },	  { "PAGE-33", "GFP-3" },   { "UC-3", "UC-1" },
	{ "UC-4", "UC-1" },	  { "SCP-6", "SCP-5" },	    { "VM-10", "FR-11" },
	{ "VM-25", "VM-6" },	  { "DBG-1", "KM-9" },	    { "DBG-2", "FR-10" },
	{ "DBG-4", "FR-10" },	  { "DBG-8", "FR-2" },
};

bool kmc_rule_belongs(int rule, int by)
{
	int aliases[2];
	unsigned int nr = kmc_rule_aliases(rule, aliases);

	if (rule == by)
		return true;
	for (unsigned int i = 0; i < nr; i++)
		if (aliases[i] == by)
			return true;
	for (size_t i = 0; i < sizeof(met) / sizeof(met[0]); i++)
		if (!strcmp(met[i][0], rules[rule].id) && !strcmp(met[i][1], rules[by].id))
			return true;
	return false;
}
