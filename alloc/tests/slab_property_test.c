/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Laws over random programs: blocks never overlap and keep their bytes, the
 * books balance after every so many steps, the same program gives the same
 * digest and addresses in every machine, before and after reset and restore.
 *
 * Argument: a seed; by default several fixed ones and one from the clock,
 * which is printed so that a failure can be repeated.
 */
#include "slab_fixture.h"
#include <time.h>

#define SLOTS  512
#define CACHES 8

struct slot {
	uint8_t *ptr;
	size_t size;
	unsigned int seed;
};

struct world {
	uint64_t random;
	struct slot slots[SLOTS];
	struct kmem_cache *caches[CACHES];
	unsigned int cache_size[CACHES], cache_live[CACHES];
	int8_t slot_cache[SLOTS];
	uint64_t trail; /* digest of the addresses handed out */
};

static uint64_t next(struct world *w)
{
	w->random ^= w->random << 13;
	w->random ^= w->random >> 7;
	w->random ^= w->random << 17;
	return w->random;
}

static size_t random_size(struct world *w)
{
	switch (next(w) % 8) {
	case 0:
		return 1 + next(w) % 60000;
	case 1:
		return 1 + next(w) % 8192;
	case 2:
		return (size_t)1 << next(w) % 14;
	default:
		return 1 + next(w) % 400;
	}
}

static void slot_put(struct world *w, struct slot *s, void *ptr, size_t size)
{
	s->ptr = ptr;
	s->size = size;
	s->seed = (unsigned int)next(w);
	w->trail = w->trail * 31 + kmc_sim_address(sim, ptr);
	if (ptr)
		pattern_fill(ptr, size, s->seed);
}

static void slot_drop(struct world *w, unsigned int i)
{
	struct slot *s = &w->slots[i];
	int cache = w->slot_cache[i];

	if (!s->ptr)
		return;
	assert_true(pattern_holds(s->ptr, s->size, s->seed));
	if (cache < 0) {
		kfree(s->ptr);
	} else {
		w->cache_live[cache]--;
		if (next(w) % 4)
			kmem_cache_free(w->caches[cache], s->ptr);
		else
			kfree(s->ptr);
	}
	s->ptr = NULL;
}

static void do_kmalloc(struct world *w, unsigned int i)
{
	static const gfp_t flags[] = { GFP_KERNEL, GFP_ATOMIC, GFP_NOWAIT, GFP_KERNEL | __GFP_ZERO,
				       GFP_KERNEL | __GFP_RECLAIMABLE };
	size_t size = random_size(w);
	gfp_t gfp = flags[next(w) % 5];
	void *p;

	slot_drop(w, i);
	p = kmalloc(size, gfp);
	if (p && (gfp & __GFP_ZERO))
		assert_true(all_zero(p, size));
	w->slot_cache[i] = -1;
	slot_put(w, &w->slots[i], p, size);
}

static void do_cache_alloc(struct world *w, unsigned int i)
{
	unsigned int c = (unsigned int)(next(w) % CACHES);

	slot_drop(w, i);
	if (!w->caches[c])
		return;
	w->slot_cache[i] = (int8_t)c;
	slot_put(w, &w->slots[i], kmem_cache_alloc(w->caches[c], GFP_KERNEL), w->cache_size[c]);
	w->cache_live[c] += w->slots[i].ptr != NULL;
}

static void do_krealloc(struct world *w, unsigned int i)
{
	struct slot *s = &w->slots[i];
	size_t size = random_size(w), kept;
	unsigned int seed = s->seed;
	uint8_t *p;

	if (!s->ptr || w->slot_cache[i] >= 0)
		return;
	kept = size < s->size ? size : s->size;
	p = krealloc(s->ptr, size, GFP_KERNEL);
	if (!p)
		return;
	assert_true(pattern_holds(p, kept, seed));
	slot_put(w, s, p, size);
}

/* Bulk into neighbouring slots. */
static void do_bulk(struct world *w, unsigned int i)
{
	unsigned int c = (unsigned int)(next(w) % CACHES), n = 1 + next(w) % 100;
	void *p[100];
	int got;

	if (!w->caches[c] || i + n > SLOTS)
		return;
	for (unsigned int k = 0; k < n; k++)
		slot_drop(w, i + k);
	got = kmem_cache_alloc_bulk(w->caches[c], GFP_KERNEL, n, p);
	assert_true(got == 0 || got == (int)n);
	for (int k = 0; k < got; k++) {
		w->slot_cache[i + k] = (int8_t)c;
		slot_put(w, &w->slots[i + k], p[k], w->cache_size[c]);
		w->cache_live[c]++;
	}
}

static void do_cache(struct world *w)
{
	unsigned int c = (unsigned int)(next(w) % CACHES);

	if (!w->caches[c]) {
		w->cache_size[c] = 1 + (unsigned int)(next(w) % 3000);
		w->caches[c] = kmem_cache_create("prop", w->cache_size[c], 1u << next(w) % 8,
						 next(w) % 2 ? SLAB_NO_MERGE : 0, NULL);
		assert_non_null(w->caches[c]);
	} else if (next(w) % 2) {
		kmem_cache_shrink(w->caches[c]);
	} else if (!w->cache_live[c]) {
		kmem_cache_destroy(w->caches[c]);
		w->caches[c] = NULL;
	}
}

static void step(struct world *w)
{
	unsigned int i = (unsigned int)(next(w) % SLOTS), what = (unsigned int)(next(w) % 100);

	if (what < 35)
		do_kmalloc(w, i);
	else if (what < 65)
		slot_drop(w, i);
	else if (what < 80)
		do_cache_alloc(w, i);
	else if (what < 88)
		do_krealloc(w, i);
	else if (what < 91)
		do_bulk(w, i);
	else if (what < 94)
		do_cache(w);
	else
		kmc_sim_switch(sim, (unsigned int)(next(w) % 3));
}

static void world_begin(struct world *w, uint64_t seed)
{
	memset(w, 0, sizeof(*w));
	memset(w->slot_cache, -1, sizeof(w->slot_cache));
	w->random = seed * 2 + 1;
	assert_int_equal(kmc_sim_switch(sim, 0), 0);
}

static void run(struct world *w, unsigned int steps)
{
	for (unsigned int i = 0; i < steps; i++) {
		step(w);
		if (i % 512 == 0)
			kmc_sim_check(sim);
	}
}

static void world_end(struct world *w)
{
	for (unsigned int i = 0; i < SLOTS; i++)
		slot_drop(w, i);
	kmc_sim_check(sim);
}

static struct kmc_sim_config config_of(uint64_t seed)
{
	struct kmc_sim_config config = machine_config(3, 32 * MIB);

	config.profile = (enum kmc_profile)(seed % KMC_NR_PROFILES);
	config.seed = seed;
	if (seed % 3 == 0)
		config.options |= KMC_OPT_FREELIST_RANDOM;
	if (seed % 5 == 0)
		config.options |= KMC_OPT_FREELIST_HARDENED;
	if (seed % 7 == 0)
		config.options |= KMC_OPT_INIT_ON_FREE;
	return config;
}

static uint64_t seeds[6] = { 1, 2, 3, 35, 105 };
static size_t nr_seeds = 6;
static unsigned int steps = 6000;

static void programs_keep_their_bytes(void **state)
{
	(void)state;
	for (size_t i = 0; i < nr_seeds; i++) {
		struct kmc_sim_config config = config_of(seeds[i]);
		static struct world w;

		print_message("seed %llu\n", (unsigned long long)seeds[i]);
		machine_boot(&config);
		world_begin(&w, seeds[i]);
		run(&w, steps);
		world_end(&w);
		machine_off();
	}
}

static uint64_t digest_after(uint64_t seed, unsigned int n, uint64_t *trail)
{
	static struct world w;

	world_begin(&w, seed);
	run(&w, n);
	*trail = w.trail;
	return kmc_sim_hash(sim);
}

static void the_same_program_gives_the_same_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < nr_seeds; i++) {
		struct kmc_sim_config config = config_of(seeds[i]);
		uint64_t boot, want, trail, other, trail2;

		print_message("seed %llu\n", (unsigned long long)seeds[i]);
		machine_boot(&config);
		boot = kmc_sim_hash(sim);
		want = digest_after(seeds[i], steps / 3, &trail);
		assert_true(want != boot);
		kmc_sim_reset(sim);
		kmc_sim_check(sim);
		assert_true(kmc_sim_hash(sim) == boot);
		assert_true(digest_after(seeds[i], steps / 3, &trail2) == want);
		assert_true(trail == trail2);
		machine_off();
		machine_boot(&config);
		other = digest_after(seeds[i], steps / 3, &trail2);
		assert_true(other == want && trail == trail2);
		machine_off();
	}
}

/* From a snapshot on, the same continuation leads to the same state, again and again. */
static void snapshots_restore_everything(void **state)
{
	(void)state;
	for (size_t i = 0; i < nr_seeds; i++) {
		struct kmc_sim_config config = config_of(seeds[i]);
		static struct world w, kept;
		uint64_t at, after;
		int snapshot;

		print_message("seed %llu\n", (unsigned long long)seeds[i]);
		machine_boot(&config);
		world_begin(&w, seeds[i]);
		run(&w, steps / 4);
		assert_int_equal(kmc_sim_switch(sim, 0), 0);
		kept = w;
		at = kmc_sim_hash(sim);
		snapshot = kmc_sim_snapshot(sim);
		assert_true(snapshot >= 0);
		run(&w, steps / 4);
		after = kmc_sim_hash(sim);
		for (unsigned int again = 0; again < 3; again++) {
			w = kept;
			assert_int_equal(kmc_sim_restore(sim, snapshot), 0);
			assert_int_equal(kmc_sim_switch(sim, 0), 0);
			kmc_sim_check(sim);
			assert_true(kmc_sim_hash(sim) == at);
			run(&w, steps / 4);
			assert_true(kmc_sim_hash(sim) == after);
		}
		world_end(&w);
		machine_off();
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programs_keep_their_bytes),
		cmocka_unit_test(the_same_program_gives_the_same_state),
		cmocka_unit_test(snapshots_restore_everything),
	};

	seeds[5] = (uint64_t)time(NULL);
	if (argc > 1) {
		seeds[0] = strtoull(argv[1], NULL, 0);
		nr_seeds = 1;
	}
	if (argc > 2)
		steps = (unsigned int)strtoul(argv[2], NULL, 0);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
