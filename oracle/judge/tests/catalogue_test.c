// SPDX-License-Identifier: GPL-2.0-or-later
/* The catalogue against the counts that the contract states, and its own laws. */
#include <ctype.h>
#include "judge_tests.h"
#include "judge_priv.h"

static const struct {
	const char *family;
	unsigned int rules, caller;
} families[] = {
	{ "ALIGN", 15, 1 }, { "KM", 25, 4 },   { "ARR", 12, 1 }, { "DUP", 8, 2 },
	{ "REA", 20, 3 },   { "KC", 42, 7 },   { "DBG", 8, 0 },  { "FR", 22, 13 },
	{ "RCU", 14, 4 },   { "VM", 25, 4 },   { "KV", 14, 2 },  { "MP", 10, 2 },
	{ "UC", 5, 1 },	    { "RS", 8, 1 },    { "ADV", 7, 7 },  { "GFP", 46, 4 },
	{ "SCP", 13, 1 },   { "RSV", 9, 0 },   { "ZON", 8, 1 },  { "PAGE", 37, 7 },
	{ "BUD", 7, 0 },    { "MIG", 10, 0 },  { "PCP", 6, 0 },  { "HA", 6, 0 },
	{ "RCL", 6, 0 },    { "CPT", 6, 0 },   { "OOM", 9, 0 },  { "MCG", 13, 0 },
	{ "CMA", 15, 2 },   { "ZS", 21, 5 },   { "DMA", 17, 2 }, { "POOL", 8, 2 },
	{ "PCU", 4, 0 },    { "TRC", 10, 0 },
};
#define NR_FAMILIES (sizeof(families) / sizeof(families[0]))

static void counts(void **state)
{
	unsigned int party[2] = { 0 }, strength[4] = { 0 }, origin[4] = { 0 }, aliases = 0;

	(void)state;
	assert_int_equal(kmc_rule_count(), 486);
	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *rule = kmc_rule_at(i);

		party[rule->party]++;
		strength[rule->strength]++;
		origin[rule->origin]++;
		aliases += rule->alias != NULL;
	}
	assert_int_equal(party[KMC_PARTY_ALLOCATOR], 410);
	assert_int_equal(party[KMC_PARTY_CALLER], 76);
	assert_int_equal(strength[KMC_MUST], 395);
	assert_int_equal(strength[KMC_SHOULD], 59);
	assert_int_equal(strength[KMC_MAY], 17);
	assert_int_equal(strength[KMC_NO_PROMISE], 15);
	assert_int_equal(origin[KMC_ORIGIN_S], 65);
	assert_int_equal(origin[KMC_ORIGIN_D], 236);
	assert_int_equal(origin[KMC_ORIGIN_I], 173);
	assert_int_equal(origin[KMC_ORIGIN_I_STAR], 12);
	assert_int_equal(aliases, 17);
	assert_null(kmc_rule_at(486));
}

static void counts_by_family(void **state)
{
	unsigned int rules[NR_FAMILIES] = { 0 }, caller[NR_FAMILIES] = { 0 };

	(void)state;
	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *rule = kmc_rule_at(i);

		assert_true(rule->family < NR_FAMILIES);
		rules[rule->family]++;
		caller[rule->family] += rule->party == KMC_PARTY_CALLER;
	}
	for (unsigned int i = 0; i < NR_FAMILIES; i++) {
		assert_string_equal(kmc_family_name(i), families[i].family);
		assert_int_equal(rules[i], families[i].rules);
		assert_int_equal(caller[i], families[i].caller);
	}
	assert_null(kmc_family_name(NR_FAMILIES));
}

static bool is_words_name(const char *name)
{
	if (!strchr(name, '.'))
		return false;
	for (; *name; name++)
		if (!islower((unsigned char)*name) && !isdigit((unsigned char)*name) &&
		    *name != '.' && *name != '-')
			return false;
	return true;
}

static void names(void **state)
{
	(void)state;
	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *rule = kmc_rule_at(i);

		assert_int_equal(kmc_rule_find(rule->id), i);
		assert_true(is_words_name(rule->name));
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(kmc_rule_at(k)->name, rule->name);
		assert_true(strlen(rule->statement) >= 20 && strlen(rule->statement) <= 180);
		assert_null(strchr(rule->statement, '\n'));
		assert_true(*rule->source);
		assert_true(!rule->until || rule->since < rule->until);
	}
	assert_int_equal(kmc_rule_find("align-2"), kmc_rule_find("ALIGN-2"));
	assert_int_equal(kmc_rule_find("ALIGN-99"), -1);
}

/* One prefix of names belongs to one family. */
static void name_prefixes(void **state)
{
	(void)state;
	for (size_t i = 0; i < kmc_rule_count(); i++) {
		for (size_t k = 0; k < i; k++) {
			const struct kmc_rule *a = kmc_rule_at(i), *b = kmc_rule_at(k);
			size_t len = strcspn(a->name, ".") + 1;
			bool same = !strncmp(a->name, b->name, len);

			assert_int_equal(same, a->family == b->family);
		}
	}
}

static void aliases(void **state)
{
	unsigned int meta = 0;

	(void)state;
	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *rule = kmc_rule_at(i);
		int to[2];
		unsigned int nr = kmc_rule_aliases((int)i, to);

		if (!rule->alias) {
			assert_int_equal(nr, 0);
			continue;
		}
		if (!strcmp(rule->alias, "meta")) {
			meta++;
			continue;
		}
		assert_int_equal(nr, strchr(rule->alias, ',') ? 2 : 1);
		for (unsigned int k = 0; k < nr; k++) {
			assert_int_not_equal(to[k], i);
			assert_null(kmc_rule_at((size_t)to[k])->alias);
			assert_int_equal(kmc_rule_at((size_t)to[k])->party, rule->party);
		}
	}
	assert_int_equal(meta, 1);
}

static void judged_rules_have_functions(void **state)
{
	unsigned int judged = 0;

	(void)state;
	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *rule = kmc_rule_at(i);

		assert_int_equal(kmc_rule_function((int)i) != NULL, rule->judged);
		judged += rule->judged;
		/* What promises nothing cannot be judged. */
		if (rule->judged)
			assert_int_not_equal(rule->strength, KMC_NO_PROMISE);
	}
	assert_true(judged >= 90);
}

static enum kmc_rule_state state_in(uint32_t edition, const char *id, enum kmc_unreachable *why)
{
	struct kmc_rule_result result;
	struct kmc_subject subject;
	struct kmc_judge *judge;

	make_subject(&subject, true);
	subject.edition = edition;
	assert_int_equal(kmc_judge_create(&subject, &judge), 0);
	result = result_of(judge, id);
	kmc_judge_destroy(judge);
	*why = result.why;
	return result.state;
}

static void editions(void **state)
{
	enum kmc_unreachable why;

	(void)state;
	assert_int_equal(state_in(KMC_RELEASE(6, 11, 0), "ALIGN-3", &why), KMC_RULE_UNEXERCISED);
	assert_int_equal(state_in(KMC_RELEASE(6, 10, 9), "ALIGN-3", &why), KMC_RULE_UNREACHABLE);
	assert_int_equal(why, KMC_WHY_EDITION);
	assert_int_equal(state_in(KMC_RELEASE(6, 3, 0), "FR-6", &why), KMC_RULE_UNEXERCISED);
	assert_int_equal(state_in(KMC_RELEASE(6, 4, 0), "FR-6", &why), KMC_RULE_UNREACHABLE);
	assert_int_equal(state_in(KMC_RELEASE(6, 18, 0), "FR-10", &why), KMC_RULE_UNREACHABLE);
	assert_int_equal(why, KMC_WHY_NOT_SHOWN);
	assert_int_equal(state_in(KMC_RELEASE(6, 18, 0), "ZS-7", &why), KMC_RULE_UNREACHABLE);
	assert_int_equal(why, KMC_WHY_UNSEEN);
	assert_int_equal(state_in(KMC_RELEASE(6, 18, 0), "KM-10", &why), KMC_RULE_UNREACHABLE);
	assert_int_equal(why, KMC_WHY_NO_PROMISE);
	assert_int_equal(state_in(KMC_RELEASE(6, 18, 0), "ALIGN-4", &why), KMC_RULE_UNREACHABLE);
	assert_int_equal(why, KMC_WHY_OPTION_OFF);
}

static struct kmc_judge *disclaiming(uint32_t promises)
{
	struct kmc_subject subject;
	struct kmc_judge *judge;

	make_subject(&subject, false);
	subject.edition = KMC_RELEASE(6, 18, 0);
	subject.disclaims = promises;
	assert_int_equal(kmc_judge_create(&subject, &judge), 0);
	return judge;
}

/* What an allocator of another make does not promise is unreachable on it, and nothing else. */
static void promises(void **state)
{
	static const char *const natural[] = { "ALIGN-2", "ALIGN-3", "ALIGN-5", "ALIGN-12", "RS-1" };
	struct kmc_judge *none = disclaiming(0), *linux_too = disclaiming(KMC_PROMISE_LINUX),
			 *sizes_too = disclaiming(KMC_PROMISE_NATURAL);
	unsigned int by_make = 0, by_size = 0;

	(void)state;
	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *rule = kmc_rule_at(i);
		enum kmc_unreachable why = none->why[i];
		bool of_linux = rule->origin == KMC_ORIGIN_I && rule->party == KMC_PARTY_ALLOCATOR;
		bool of_sizes = false;

		for (size_t j = 0; j < sizeof(natural) / sizeof(natural[0]); j++)
			of_sizes = of_sizes || !strcmp(rule->id, natural[j]);
		assert_int_equal(linux_too->why[i], why || !of_linux ? why : KMC_WHY_DISCLAIMED);
		assert_int_equal(sizes_too->why[i], why || !of_sizes ? why : KMC_WHY_DISCLAIMED);
		assert_int_equal(linux_too->on[i], linux_too->why[i] == KMC_WHY_NOT);
		by_make += linux_too->why[i] == KMC_WHY_DISCLAIMED;
		by_size += sizes_too->why[i] == KMC_WHY_DISCLAIMED;
	}
	assert_true(by_make > 20);
	assert_int_equal(by_size, 5);
	kmc_judge_destroy(none);
	kmc_judge_destroy(linux_too);
	kmc_judge_destroy(sizes_too);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(counts),
		cmocka_unit_test(promises),
		cmocka_unit_test(counts_by_family),
		cmocka_unit_test(names),
		cmocka_unit_test(name_prefixes),
		cmocka_unit_test(aliases),
		cmocka_unit_test(judged_rules_have_functions),
		cmocka_unit_test(editions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
