/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sheaves and barns from inside: what the fast path may hold, exchange
 * between cpus, flushing, the pool, and that reset brings back the boot shape.
 */
#include "slub_core.h"
#include "slab_fixture.h"

static struct kmc_pcs *pcs_on(unsigned int cpu, struct kmem_cache *s)
{
	return kmc_pcs_of(kmc_slab_cpu_of(&sim->cpus[cpu]), s);
}

static unsigned int held_by(unsigned int cpu, struct kmem_cache *s)
{
	struct kmc_pcs *pcs = pcs_on(cpu, s);

	return (unsigned int)(pcs->top - pcs->base) + (pcs->spare ? pcs->spare->count : 0);
}

static struct kmem_cache *plain_cache(unsigned int size)
{
	struct kmem_cache *s = kmem_cache_create("sheaf", size, 0, SLAB_NO_MERGE, NULL);

	assert_non_null(s);
	return s;
}

static void r7_capacities(void **state)
{
	static const unsigned int want[][2] = { { 8, 60 },    { 248, 60 },  { 256, 28 },
						{ 1016, 28 }, { 1024, 12 }, { 4088, 12 },
						{ 4096, 4 },  { 40000, 4 } };
	struct kmem_cache_args args = { .sheaf_capacity = 32 };

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		struct kmem_cache *s = plain_cache(want[i][0]);
		void *p = kmem_cache_alloc(s, GFP_KERNEL);

		assert_int_equal(cache_info(s).sheaf_capacity, want[i][1]);
		assert_int_equal(pcs_on(0, s)->end - pcs_on(0, s)->base, want[i][1]);
		kmem_cache_free(s, p);
	}
	/* An explicit wish is met from above: 32 objects need a 512-byte sheaf. */
	assert_int_equal(cache_info(kmem_cache_create("own", 256, &args, 0)).sheaf_capacity, 60);
}

/* Before the first use and after a reset both fast paths leave at once. */
static void boot_shape(void **state)
{
	struct kmem_cache *s = kmc_kmalloc_cache(kmc_this_cpu, 64, GFP_KERNEL, NULL);
	struct kmc_pcs *pcs = pcs_on(0, s);

	(void)state;
	assert_null(pcs->base);
	assert_true(pcs->top == pcs->base && pcs->top == pcs->end && !pcs->spare);
	kfree(kmalloc(64, GFP_KERNEL));
	assert_non_null(pcs->base);
	kmc_sim_reset(sim);
	assert_null(pcs->base);
	assert_true(pcs->top == pcs->base && pcs->top == pcs->end && !pcs->spare);
	assert_int_equal(kmc_sim_touched_pages(sim), 0);
}

/* A refill takes no more than one new slab. */
static void refill_takes_one_slab(void **state)
{
	struct kmem_cache *s = plain_cache(1024); /* 16 objects a slab, 12 a sheaf */

	(void)state;
	kmem_cache_alloc(s, GFP_KERNEL);
	assert_int_equal(cache_info(s).nr_slabs, 1);
	assert_int_equal(held_by(0, s), 11);
	for (unsigned int i = 0; i < 11; i++)
		kmem_cache_alloc(s, GFP_KERNEL);
	assert_int_equal(held_by(0, s), 0);
	kmem_cache_alloc(s, GFP_KERNEL); /* the slab's other four */
	assert_int_equal(cache_info(s).nr_slabs, 1);
	assert_int_equal(held_by(0, s), 3);
}

/* Full sheaves go through the barn to the other cpu, object for object. */
static void exchange_between_cpus(void **state)
{
	struct kmem_cache *s = plain_cache(64);
	struct kmem_cache_node *n = kmc_cache_node(sim, s, 0);
	void *p[600];

	(void)state;
	for (unsigned int i = 0; i < 600; i++)
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_int_equal(kmc_sim_switch(sim, 1), 0);
	for (unsigned int i = 0; i < 600; i++)
		kmem_cache_free(s, p[i]);
	assert_int_equal(held_by(1, s), 120);
	assert_int_equal(n->nr_full, 8);
	kmc_sim_check(sim);
	assert_int_equal(kmc_sim_switch(sim, 0), 0);
	for (unsigned int i = 0; i < 480; i++)
		assert_true(where(kmem_cache_alloc(s, GFP_KERNEL)).live);
	assert_int_equal(n->nr_full, 0);
	/* What it got were the freed objects. */
	assert_int_equal(cache_info(s).nr_slabs, (600 + 63) / 64);
}

/* The barn takes 10 full sheaves on a small machine; the rest goes to the slabs. */
static void barn_limit(void **state)
{
	struct kmem_cache *s = plain_cache(16384); /* 4 a sheaf: a 64 MiB machine has the minimum */
	struct kmem_cache_node *n = kmc_cache_node(sim, s, 0);
	static void *p[400];

	(void)state;
	assert_int_equal(s->barn_max, KMC_BARN_MIN);
	for (unsigned int i = 0; i < 400; i++)
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (unsigned int i = 0; i < 400; i++)
		kmem_cache_free(s, p[i]);
	assert_int_equal(n->nr_full, KMC_BARN_MIN);
	assert_in_range(held_by(0, s), 4, 8);
	assert_true(n->nr_slabs < 400 / 2);
	assert_int_equal(cache_info(s).nr_active, 0);
}

static void barn_grows_with_memory(void **state)
{
	struct kmc_sim_config small = machine_config(1, 16 * MIB), large = machine_config(1, 8ull << 30);
	struct kmem_cache *s = plain_cache(4096);

	(void)state;
	assert_int_equal(kmc_barn_max(&small, s), KMC_BARN_MIN);
	assert_int_equal(kmc_barn_max(&large, s), KMC_BARN_MAX);
}

/* A shrink reaches the sheaves of a cpu that nobody has bound, and the barn. */
static void flush_reaches_all(void **state)
{
	struct kmem_cache *s = plain_cache(64);
	void *p[200];

	(void)state;
	for (unsigned int i = 0; i < 200; i++)
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	assert_int_equal(kmc_sim_switch(sim, 1), 0);
	for (unsigned int i = 0; i < 200; i++)
		kmem_cache_free(s, p[i]);
	assert_int_equal(kmc_sim_switch(sim, 0), 0);
	assert_true(held_by(1, s) > 0);
	assert_int_equal(kmem_cache_shrink(s), 0);
	assert_int_equal(held_by(1, s), 0);
	assert_null(pcs_on(1, s)->base);
	assert_int_equal(kmc_cache_node(sim, s, 0)->nr_full, 0);
	assert_int_equal(kmc_cache_node(sim, s, 0)->nr_empty, 0);
}

/* Without memory for sheaves every object goes straight to its slab and back. */
static void pool_exhausted(void **state)
{
	struct kmc_slab_state *st = sim->slab;
	struct kmem_cache *s = plain_cache(64);
	void *p[200];

	(void)state;
	kmc_touch(sim, st, sizeof(*st));
	st->pool_pages_used = st->pool_pages;
	for (unsigned int round = 0; round < 2; round++) {
		for (unsigned int i = 0; i < 200; i++) {
			p[i] = kmem_cache_alloc(s, GFP_KERNEL);
			assert_non_null(p[i]);
			pattern_fill(p[i], 64, i);
		}
		for (unsigned int i = 0; i < 200; i++) {
			assert_true(pattern_holds(p[i], 64, i));
			kmem_cache_free(s, p[i]);
			assert_false(where(p[i]).live);
		}
	}
	assert_null(pcs_on(0, s)->base);
	assert_int_equal(cache_info(s).nr_active, 0);
}

/* Sheaves of destroyed caches are used again: the pool does not leak. */
static void pool_does_not_leak(void **state)
{
	unsigned int used = 0;
	static void *p[1000];

	(void)state;
	for (unsigned int round = 0; round < 50; round++) {
		struct kmem_cache *s = plain_cache(64);

		for (unsigned int i = 0; i < 1000; i++)
			p[i] = kmem_cache_alloc(s, GFP_KERNEL);
		for (unsigned int i = 0; i < 1000; i++)
			kmem_cache_free(s, p[i]);
		kmem_cache_destroy(s);
		if (!used)
			used = sim->slab->pool_pages_used;
		assert_int_equal(sim->slab->pool_pages_used, used);
	}
}

/* Rule: FR-7 of the whole layer: everything back means every page back. */
static void all_pages_come_back(void **state)
{
	static void *p[3000];
	uint64_t before = free_pages_now();
	struct kmem_cache *s = NULL;

	(void)state;
	for (unsigned int i = 0; i < 3000; i++)
		p[i] = kmalloc(1 + i * 37 % 9000, GFP_KERNEL);
	assert_true(free_pages_now() < before);
	for (unsigned int i = 0; i < 3000; i++)
		kfree(p[i * 7 % 3000]);
	while ((s = kmc_sim_cache_next(sim, s)))
		assert_int_equal(kmem_cache_shrink(s), 0);
	assert_int_equal(free_pages_now(), before);
}

/* A write into free memory costs the rest of a chain, nothing else. */
static void damaged_chain(void **state)
{
	static const uint64_t bad[] = { 0x4141414141414141ull, KMC_DIRECT_MAP_BASE,
					KMC_DIRECT_MAP_BASE + 0x1000001ull, 1 };

	(void)state;
#ifdef KMC_ASAN
	skip();
#endif
	for (size_t k = 0; k < 4; k++) {
		struct kmem_cache *s = plain_cache(64);
		char *p[64];

		for (unsigned int i = 0; i < 64; i++)
			p[i] = kmem_cache_alloc(s, GFP_KERNEL);
		for (unsigned int i = 1; i < 64; i++)
			kmem_cache_free(s, p[i]);
		kmem_cache_shrink(s);
		memcpy(p[40] + s->offset, &bad[k], 8);
		tp_listen(KMC_TP_BIT(KMC_TP_WARN));
		for (unsigned int i = 0; i < 200; i++) {
			char *q = kmem_cache_alloc(s, GFP_KERNEL);

			assert_non_null(q);
			assert_ptr_not_equal(q, p[0]);
		}
		assert_int_equal(tp_count, 1);
		tp_listen(0);
		kmc_sim_check(sim);
	}
}

/* The stored word is a kernel-like address, and scrambled with hardening. Rule: DBG-7. */
static void dbg7_stored_pointer(void **state)
{
	(void)state;
#ifdef KMC_ASAN
	skip();
#endif
	for (unsigned int hardened = 0; hardened < 2; hardened++) {
		struct kmc_sim_config config = machine_config(1, 16 * MIB);
		struct kmc_sim *outer = sim;
		struct kmem_cache *s;
		char *p[3];
		uint64_t word;

		kmc_sim_unbind();
		config.options = hardened ? KMC_OPT_FREELIST_HARDENED : 0;
		machine_boot(&config);
		s = plain_cache(64);
		for (unsigned int i = 0; i < 3; i++)
			p[i] = kmem_cache_alloc(s, GFP_KERNEL);
		kmem_cache_free(s, p[2]);
		kmem_cache_free(s, p[1]);
		kmem_cache_shrink(s);
		memcpy(&word, p[1] + 32, 8);
		if (hardened)
			assert_true(word >> 48 != 0xffff || (word & 63));
		else
			assert_true(word >= KMC_DIRECT_MAP_BASE && !(word & 63));
		machine_off();
		sim = outer;
		assert_int_equal(kmc_sim_bind(sim, 0), 0);
	}
}

#define EACH(test) cmocka_unit_test_setup_teardown(test, setup_machine, teardown_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		EACH(r7_capacities),	    EACH(boot_shape),
		EACH(refill_takes_one_slab), EACH(exchange_between_cpus),
		EACH(barn_limit),	    EACH(barn_grows_with_memory),
		EACH(flush_reaches_all),    EACH(pool_exhausted),
		EACH(pool_does_not_leak),   EACH(all_pages_come_back),
		EACH(damaged_chain),	    EACH(dbg7_stored_pointer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
