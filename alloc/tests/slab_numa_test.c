/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Nodes: preference and requirement, and that remote objects never stay in a
 * cpu's sheaf (KM-13, KM-14, KC-30, KC-37).
 */
#include "slub_core.h"
#include "slab_fixture.h"

/* Two nodes of 16 MiB; cpu 0 and 1 on node 0, cpu 2 and 3 on node 1. */
static int setup_numa(void **state)
{
	struct kmc_sim_config config = machine_config(4, 32 * MIB);
	struct kmc_zone_layout zone = config.zones[0];

	(void)state;
	config.nr_nodes = config.nr_zones = 2;
	zone.nr_pages /= 2;
	config.zones[0] = zone;
	zone.node = 1;
	zone.start_pfn += zone.nr_pages;
	config.zones[1] = zone;
	machine_boot(&config);
	return 0;
}

static void km13_preference_and_requirement(void **state)
{
	static const size_t sizes[] = { 8, 96, 1024, 8192, 20000 };

	(void)state;
	for (size_t i = 0; i < 5; i++)
		for (int node = -1; node < 2; node++)
			for (unsigned int cpu = 0; cpu < 4; cpu += 2) {
				void *p, *q;
				unsigned int want = node < 0 ? cpu / 2 : (unsigned int)node;

				assert_int_equal(kmc_sim_switch(sim, cpu), 0);
				p = kmalloc_node(sizes[i], GFP_KERNEL, node);
				q = kzalloc_node(sizes[i], GFP_KERNEL | __GFP_THISNODE, node);
				assert_int_equal(where(p).node, want);
				assert_int_equal(where(q).node, want);
				assert_true(all_zero(q, sizes[i]));
				kfree(p);
				kfree(q);
			}
}

/* Rule: KM-13, KC-37: free remote objects first, then ask for local ones. */
static void kc37_remote_objects_bypass(void **state)
{
	struct kmem_cache *s = kmem_cache_create("numa", 64, 0, SLAB_NO_MERGE, NULL);
	struct kmc_pcs *pcs;
	void *p[200];

	(void)state;
	for (unsigned int i = 0; i < 200; i++)
		p[i] = kmem_cache_alloc_node(s, GFP_KERNEL, i % 2);
	assert_int_equal(kmc_sim_switch(sim, 3), 0);
	for (unsigned int i = 0; i < 100; i++)
		kmem_cache_free(s, p[i]);
	kmem_cache_free_bulk(s, 100, p + 100);
	pcs = kmc_pcs_of(kmc_slab_cpu_of(&sim->cpus[3]), s);
	for (void **o = pcs->base; o < pcs->top; o++)
		assert_int_equal(where(*o).node, 1);
	for (unsigned int i = 0; i < 150; i++) {
		assert_int_equal(where(kmem_cache_alloc(s, GFP_KERNEL)).node, 1);
		assert_int_equal(where(kmem_cache_alloc_node(s, GFP_KERNEL | __GFP_THISNODE, 0)).node,
				 0);
	}
}

/* Rule: KM-14. */
static void km14_bad_node_is_ignored(void **state)
{
	(void)state;
	for (int node = 2; node < 70; node += 17) {
		void *p = kmalloc_node(64, GFP_KERNEL, node), *q = kmalloc_node(9000, GFP_KERNEL, node);

		assert_int_equal(where(p).node, 0);
		assert_int_equal(where(q).node, 0);
		kfree(p);
		kfree(q);
	}
}

static void node_runs_out(gfp_t extra, bool wants_null)
{
	bool seen_null = false, seen_other = false;

	for (unsigned int i = 0; i < 3000 && !seen_null && !seen_other; i++) {
		void *p = kmalloc_node(8192, GFP_NOWAIT | extra, 1);

		if (!p)
			seen_null = true;
		else if (where(p).node != 1)
			seen_other = true;
	}
	assert_int_equal(seen_null, wants_null);
	assert_int_equal(seen_other, !wants_null);
}

static void km13_full_node(void **state)
{
	(void)state;
	node_runs_out(__GFP_THISNODE, true);
}

static void km13_full_node_falls_back(void **state)
{
	(void)state;
	node_runs_out(0, false);
}

/* As kmalloc_node(): a wish, a requirement, and what a full node does to either. */
static void objects_of_a_node(gfp_t extra)
{
	struct kmem_cache *s = kmem_cache_create("node", 2048, 0, SLAB_NO_MERGE, NULL);
	bool left = false;
	void *p;

	for (int node = -1; node < 2; node++)
		for (unsigned int cpu = 0; cpu < 4; cpu += 2) {
			assert_int_equal(kmc_sim_switch(sim, cpu), 0);
			p = kmem_cache_alloc_node(s, GFP_KERNEL | extra, node);
			assert_int_equal(where(p).node, node < 0 ? cpu / 2 : (unsigned int)node);
			kmem_cache_free(s, p);
		}
	while (!left && (p = kmem_cache_alloc_node(s, GFP_NOWAIT | __GFP_NOWARN | extra, 1)))
		left = where(p).node != 1;
	assert_int_equal(left, !(extra & __GFP_THISNODE));
	/* Node 0 has memory in either case. */
	assert_int_equal(where(kmem_cache_alloc_node(s, GFP_NOWAIT | extra, 0)).node, 0);
}

static void kc30_node_is_a_wish(void **state)
{
	(void)state;
	objects_of_a_node(0);
}

static void kc30_node_is_required(void **state)
{
	(void)state;
	objects_of_a_node(__GFP_THISNODE);
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup_numa, teardown_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(km13_preference_and_requirement), EACH(kc37_remote_objects_bypass),
		EACH(km14_bad_node_is_ignored),	       EACH(km13_full_node),
		EACH(km13_full_node_falls_back),       EACH(kc30_node_is_a_wish),
		EACH(kc30_node_is_required),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
