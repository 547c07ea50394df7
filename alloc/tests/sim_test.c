/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A whole machine: which layouts boot, and that the same calls give the same state. */
#include "machine_fixture.h"

static int try_boot(const struct kmc_sim_config *config)
{
	struct kmc_sim *s;
	int err = kmc_sim_create(config, &s);

	if (!err)
		kmc_sim_destroy(s);
	return err;
}

static struct kmc_sim_config good(void)
{
	return (struct kmc_sim_config){
		.profile = KMC_PROFILE_6_18_44, .nr_cpus = 1, .nr_nodes = 2, .nr_zones = 2,
		.zones = { { .type = KMC_ZONE_NORMAL, .start_pfn = 1, .nr_pages = 5000 },
			   { .type = KMC_ZONE_NORMAL, .node = 1, .start_pfn = 9000,
			     .nr_pages = 100 } },
	};
}

static void test_impossible_layouts(void **state)
{
	struct kmc_sim_config c = good();

	(void)state;
	assert_int_equal(try_boot(&c), 0);
	c.nr_cpus = 0;
	assert_int_equal(try_boot(&c), -EINVAL);
	c = good(), c.nr_cpus = KMC_SIM_MAX_CPUS + 1;
	assert_int_equal(try_boot(&c), -EINVAL);
	c = good(), c.nr_zones = 0;
	assert_int_equal(try_boot(&c), -EINVAL);
	c = good(), c.nr_nodes = KMC_SIM_MAX_NODES + 1;
	assert_int_equal(try_boot(&c), -EINVAL);
	c = good(), c.zones[1].node = 2;
	assert_int_equal(try_boot(&c), -EINVAL);
	c = good(), c.zones[0].start_pfn = 0;
	assert_int_equal(try_boot(&c), -EINVAL);
	c = good(), c.zones[0].nr_pages = 0;
	assert_int_equal(try_boot(&c), -EINVAL);
	c = good(), c.zones[0].nr_pages = 9000;
	assert_int_equal(try_boot(&c), -EINVAL); /* overlap */
	c = good(), c.zones[1].node = 0;
	assert_int_equal(try_boot(&c), -EINVAL); /* two Normal zones of one node */
	c = good(), c.zones[1].start_pfn = UINT64_MAX - 10;
	assert_int_equal(try_boot(&c), -EINVAL);
	c = good(), c.profile = KMC_NR_PROFILES;
	assert_int_equal(try_boot(&c), -EINVAL);
}

static void test_simple_layouts(void **state)
{
	struct kmc_sim_config c;

	(void)state;
	kmc_sim_config_simple(&c, 3, 64 * MIB + 5000);
	assert_int_equal(c.nr_zones, 1);
	assert_int_equal(c.zones[0].type, KMC_ZONE_DMA32);
	assert_int_equal(c.zones[0].nr_pages, 16384);
	assert_int_equal(c.nr_cpus, 3);
	assert_int_equal(c.profile, KMC_PROFILE_6_18_44);
	kmc_sim_config_simple(&c, 1, 1);
	assert_int_equal(c.zones[0].nr_pages, 1024);
	kmc_sim_config_simple(&c, 1, 8192 * MIB);
	assert_int_equal(c.nr_zones, 3);
	assert_int_equal(c.zones[0].nr_pages, 3840);
	assert_int_equal(c.zones[2].type, KMC_ZONE_NORMAL);
	assert_int_equal(c.zones[2].start_pfn, 1048576);
	assert_int_equal(c.zones[2].nr_pages, 1048576);
	kmc_sim_config_simple(&c, 1, 4096 * MIB);
	assert_int_equal(c.nr_zones, 2);
	/* GFP-29: no frame of DMA32 beyond 4 GiB, and none lost. */
	kmc_sim_config_simple(&c, 1, 4094 * MIB);
	assert_int_equal(c.nr_zones, 2);
	assert_int_equal(c.zones[0].type, KMC_ZONE_DMA32);
	assert_int_equal(c.zones[0].start_pfn + c.zones[0].nr_pages, 1048576);
	assert_int_equal(c.zones[1].type, KMC_ZONE_NORMAL);
	assert_int_equal(c.zones[0].nr_pages + c.zones[1].nr_pages, 4094 * 256);
	kmc_sim_config_simple(&c, 1, 4080 * MIB);
	assert_int_equal(c.nr_zones, 1);
	assert_int_equal(c.zones[0].start_pfn + c.zones[0].nr_pages, 1048576);
}

/* A fixed course over orders, types, contexts; returns the digest at its end. */
static uint64_t course(void)
{
	static const gfp_t flags[] = { GFP_KERNEL, GFP_ATOMIC, GFP_HIGHUSER_MOVABLE,
				       GFP_KERNEL | __GFP_RECLAIMABLE, GFP_NOWAIT | __GFP_ZERO,
				       GFP_KERNEL | __GFP_COMP };
	struct page *kept[128] = { NULL };
	uint64_t x = 88172645463325252ull;

	for (int i = 0; i < 600; i++) {
		unsigned int slot, order;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		slot = x % 128;
		order = (x >> 10) % 16 < 12 ? (x >> 20) % 4 : (x >> 20) % 11;
		if (i % 16 == 0)
			kmc_sim_switch(sim, x >> 40 & 1);
		if (kept[slot]) {
			__free_pages(kept[slot], kept[slot]->order);
			kept[slot] = NULL;
		} else {
			kept[slot] = alloc_pages(flags[(x >> 30) % 6], order);
		}
		kmc_sim_clock_advance(sim, x & 255);
	}
	return kmc_sim_hash(sim);
}

static void test_reset_machine_equals_fresh_machine(void **state)
{
	uint64_t fresh, boot;

	(void)state;
	boot_simple(2, 64 * MIB);
	boot = kmc_sim_hash(sim);
	fresh = course();
	assert_int_not_equal(fresh, boot);
	for (int i = 0; i < 1000; i++) {
		kmc_sim_reset(sim);
		kmc_sim_switch(sim, 0);
		assert_int_equal(kmc_sim_hash(sim), boot);
		assert_int_equal(course(), fresh);
	}
	kmc_sim_check(sim);
	power_off();
	boot_simple(2, 64 * MIB);
	assert_int_equal(kmc_sim_hash(sim), boot);
	assert_int_equal(course(), fresh);
	power_off();
}

static void test_course_after_restore(void **state)
{
	uint64_t expect;
	int snapshot;

	(void)state;
	course();
	kmc_sim_switch(sim, 0);
	snapshot = kmc_sim_snapshot(sim);
	expect = course();
	kmc_sim_reset(sim);
	kmc_sim_restore(sim, snapshot);
	kmc_sim_switch(sim, 0);
	assert_int_equal(course(), expect);
}

static void test_hash_tells_configurations_apart(void **state)
{
	struct kmc_sim_config c;
	uint64_t first;

	(void)state;
	kmc_sim_config_simple(&c, 2, 64 * MIB);
	boot_config(&c);
	first = kmc_sim_hash(sim);
	power_off();
	c.seed = 1;
	boot_config(&c);
	assert_int_not_equal(kmc_sim_hash(sim), first);
	power_off();
}

/* The very value, so that another compiler, build or process is compared too. */
static void test_hash_is_the_same_everywhere(void **state)
{
	const char *expect = getenv("KMC_EXPECT_HASH");
	uint64_t hash = course();

	(void)state;
	printf("course: hash %#018llx\n", (unsigned long long)hash);
	if (expect)
		assert_int_equal(hash, strtoull(expect, NULL, 0));
}

static void test_two_machines_are_independent(void **state)
{
	struct kmc_sim_config c;
	struct kmc_sim *other, *mine = sim;
	uint64_t hash;
	struct page *a, *b;

	(void)state;
	kmc_sim_config_simple(&c, 1, 64 * MIB);
	assert_int_equal(kmc_sim_create(&c, &other), 0);
	hash = kmc_sim_hash(other);
	a = alloc_pages(GFP_KERNEL, 2);
	assert_int_equal(kmc_sim_hash(other), hash);
	assert_int_equal(kmc_sim_bind(other, 0), 0);
	b = alloc_pages(GFP_KERNEL, 2);
	assert_ptr_not_equal(a, b);
	assert_int_equal(kmc_sim_bind(mine, 0), 0);
	kmc_sim_destroy(other);
}

static void test_boot_state(void **state)
{
	struct kmc_zone_info z = zone_info(0);
	uint64_t pages = 0;

	(void)state;
	assert_int_equal(kmc_sim_zone_count(sim), 1);
	assert_int_equal(z.managed, 16384);
	assert_int_equal(z.nr_free, 16384);
	assert_int_equal(z.start_pfn, 4096);
	for (unsigned int order = 0; order < 11; order++)
		pages += z.free_blocks[order] << order;
	assert_int_equal(pages, 16384);
	assert_int_equal(z.free_blocks[10], 16);
	kmc_sim_check(sim);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_64m, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_impossible_layouts),
		cmocka_unit_test(test_simple_layouts),
		cmocka_unit_test(test_reset_machine_equals_fresh_machine),
		cmocka_unit_test(test_hash_tells_configurations_apart),
		CASE(test_course_after_restore),
		CASE(test_hash_is_the_same_everywhere),
		CASE(test_two_machines_are_independent),
		CASE(test_boot_state),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
