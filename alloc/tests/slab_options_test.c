/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot option slab_debug=: letters, names, blocks, and what each release
 * makes of it; injected faults by cache.
 */
#include "slab_fixture.h"
#include "alloc/slab_report.h"

#define ALL (SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)
#define ANY (ALL | SLAB_TRACE | SLAB_FAILSLAB)

/* The flags that a cache of that name and size gets under an option. */
static uint32_t flags_under(enum kmc_profile profile, const char *option, const char *name,
			    unsigned int size, slab_flags_t asked)
{
	struct kmc_sim_config config = machine_config(1, 32 * MIB);
	struct kmem_cache *s;
	uint32_t flags;

	config.profile = profile;
	snprintf(config.slab_debug, sizeof(config.slab_debug), "%s", option);
	machine_boot(&config);
	s = kmem_cache_create(name, size, 0, asked | SLAB_NO_MERGE, NULL);
	assert_non_null(s);
	flags = cache_info(s).flags & ANY;
	kmem_cache_destroy(s);
	machine_off();
	return flags;
}

static void dbg1_dbg2_dbg3_dbg4_option_letters(void **state)
{
	static const struct {
		const char *option, *name;
		uint32_t flags;
	} cases[] = {
		{ "", "x", 0 },
		{ "slab_debug", "x", ALL },
		{ "slab_debug=", "x", ALL },
		{ "slub_debug", "x", ALL },
		{ "slab_debug=-", "x", 0 },
		{ "slab_debug=F", "x", SLAB_CONSISTENCY_CHECKS },
		{ "slab_debug=zP", "x", SLAB_RED_ZONE | SLAB_POISON },
		{ "slab_debug=U", "x", SLAB_STORE_USER },
		{ "slab_debug=TA", "x", SLAB_TRACE | SLAB_FAILSLAB },
		{ "slab_debug=FZ-P", "x", SLAB_POISON },
		{ "slab_debug=FQ", "x", SLAB_CONSISTENCY_CHECKS },
		{ "slab_debug=,x", "x", ALL },
		{ "slab_debug=,x", "y", 0 },
		{ "slab_debug=,x", "xy", 0 },
		{ "slab_debug=P,a,x", "x", SLAB_POISON },
		{ "slab_debug=P,a,x", "a", SLAB_POISON },
		{ "slab_debug=P,ext4*", "ext4_inode", SLAB_POISON },
		{ "slab_debug=P,ext4*", "ext4", SLAB_POISON },
		{ "slab_debug=P,ext4*", "ext", 0 },
		{ "slab_debug=P,*", "x", SLAB_POISON },
		{ "slab_debug=F;Z,x", "x", SLAB_RED_ZONE },
		{ "slab_debug=F;Z,x", "y", SLAB_CONSISTENCY_CHECKS },
		{ "slab_debug=-,x;FZ", "x", 0 },
		{ "slab_debug=-,x;FZ", "y", SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE },
		{ "slab_debug=;;F", "x", SLAB_CONSISTENCY_CHECKS },
		{ "slab_debug=Z,x;P,x", "x", SLAB_RED_ZONE },
		{ "slab_debugger=F", "x", 0 },
		{ "nothing", "x", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(flags_under(KMC_PROFILE_6_18_44, cases[i].option, cases[i].name,
					     64, 0),
				 cases[i].flags);
}

/* The newer name is known since 6.9, the older one always. */
static void dbg1_option_names_by_profile(void **state)
{
	(void)state;
	for (int p = 0; p < KMC_NR_PROFILES; p++) {
		enum kmc_profile profile = (enum kmc_profile)p;

		assert_int_equal(flags_under(profile, "slub_debug=Z", "x", 64, 0), SLAB_RED_ZONE);
		assert_int_equal(flags_under(profile, "slab_debug=Z", "x", 64, 0),
				 p >= KMC_PROFILE_6_12_117 ? SLAB_RED_ZONE : 0);
	}
}

/* O: a cache whose slabs would grow keeps its size, not its metadata. */
static void dbg6_option_keeps_the_order(void **state)
{
	(void)state;
	assert_int_equal(flags_under(KMC_PROFILE_6_18_44, "slab_debug=FZPUO", "x", 4096, 0),
			 SLAB_CONSISTENCY_CHECKS);
	assert_int_equal(flags_under(KMC_PROFILE_6_18_44, "slab_debug=FZPUO", "x", 64, 0), ALL);
	assert_int_equal(flags_under(KMC_PROFILE_6_18_44, "slab_debug=FZPU", "x", 4096, 0), ALL);
}

static void dbg3_option_and_cache_flags(void **state)
{
	(void)state;
	assert_int_equal(flags_under(KMC_PROFILE_6_18_44, "slab_debug", "x", 64, SLAB_NOLEAKTRACE),
			 ALL & ~SLAB_STORE_USER);
	assert_int_equal(flags_under(KMC_PROFILE_6_18_44, "slab_debug=-", "x", 64, SLAB_POISON),
			 SLAB_POISON);
	assert_int_equal(flags_under(KMC_PROFILE_6_18_44, "slab_debug", "x", 64,
				     SLAB_NO_USER_FLAGS),
			 0);
}

/* What is switched on for a cache keeps it from merging; checks alone do not (up to 6.19). */
static void kc20_debug_flags_and_merging(void **state)
{
	static const struct {
		const char *option;
		bool merges;
	} cases[] = {
		{ "", true }, { "slab_debug=F", true }, { "slab_debug=Z", false },
		{ "slab_debug=P", false }, { "slab_debug=U", false }, { "slab_debug=T", false },
		{ "slab_debug=A", false }, { "slab_debug=Z,other", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kmc_sim_config config = machine_config(1, 32 * MIB);
		struct kmem_cache *a, *b;

		strcpy(config.slab_debug, cases[i].option);
		machine_boot(&config);
		a = kmem_cache_create("one", 72, 0, 0, NULL);
		b = kmem_cache_create("two", 72, 0, 0, NULL);
		assert_int_equal(a == b, cases[i].merges);
		machine_off();
	}
}

static void km25_failslab_by_cache(void **state)
{
	struct kmc_sim_config config = machine_config(1, 32 * MIB);
	struct kmem_cache *hit, *spared;
	void *object;

	(void)state;
	strcpy(config.slab_debug, "slab_debug=A,hit");
	machine_boot(&config);
	hit = kmem_cache_create("hit", 64, 0, 0, NULL);
	spared = kmem_cache_create("spared", 72, 0, 0, NULL);
	kmc_sim_failslab_filter(sim, true);
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 1, 1);
	object = kmem_cache_alloc(spared, GFP_KERNEL);
	assert_non_null(object);
	kmem_cache_free(spared, object);
	assert_null(kmem_cache_alloc(hit, GFP_KERNEL));
	object = kmem_cache_alloc(hit, GFP_KERNEL | __GFP_NOFAIL);
	assert_non_null(object);
	kmem_cache_free(hit, object);
	kmc_sim_failslab_filter(sim, false);
	assert_null(kmem_cache_alloc(spared, GFP_KERNEL));
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 0, 0);
	machine_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dbg1_dbg2_dbg3_dbg4_option_letters),
		cmocka_unit_test(dbg1_option_names_by_profile),
		cmocka_unit_test(dbg6_option_keeps_the_order),
		cmocka_unit_test(dbg3_option_and_cache_flags),
		cmocka_unit_test(kc20_debug_flags_and_merging),
		cmocka_unit_test(km25_failslab_by_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
