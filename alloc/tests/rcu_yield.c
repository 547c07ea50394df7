/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Four cpus as coroutines: readers that are switched away from in the middle,
 * works that are interrupted between taking a batch and freeing it, barriers and
 * destroys that wait for both. The same choices give the same state.
 */
#include "slab_fixture.h"
#include "alloc/rcu.h"
#include "linux/rcupdate.h"

#define CPUS  4
#define STEPS 600
#define BOXES 40

struct block {
	struct rcu_head rcu;
	uint64_t seed;
	uint8_t bytes[72];
};

static struct kmem_cache *shared;
static struct block *boxes[BOXES];
static uint64_t choices;
static unsigned long switches, looks;
static unsigned int hung;

static uint64_t next(uint64_t *random)
{
	*random = *random * 6364136223846793005ull + 1442695040888963407ull;
	return *random >> 33;
}

static unsigned int pick(void *arg, unsigned int cpu, const char *point, uint64_t mask)
{
	(void)arg, (void)point;
	if (next(&choices) % 2)
		return cpu;
	switches++;
	for (;;) {
		unsigned int other = (unsigned int)(next(&choices) % CPUS);

		if (mask >> other & 1)
			return other;
	}
}

static void on_event(void *arg, const struct kmc_tp *tp)
{
	(void)arg;
	hung += tp->id == KMC_TP_HUNG;
}

static void replace(uint64_t *random)
{
	unsigned int i = (unsigned int)(next(random) % BOXES);
	struct block *p = next(random) % 2 ? kmem_cache_alloc(shared, GFP_KERNEL) :
					     kmalloc(sizeof(*p), GFP_KERNEL), *old;

	assert_non_null(p);
	p->seed = next(random);
	pattern_fill(p->bytes, sizeof(p->bytes), (unsigned int)p->seed);
	old = boxes[i];
	boxes[i] = p;
	if (!old)
		return;
	if (next(random) % 8)
		kvfree_rcu(old, rcu);
	else
		kvfree_rcu_mightsleep(old);
}

/* What was found stays whole, whoever comes in between. */
static void look(uint64_t *random)
{
	struct block *p;

	rcu_read_lock();
	p = boxes[next(random) % BOXES];
	kmc_co_yield("reading");
	if (p) {
		assert_true(pattern_holds(p->bytes, sizeof(p->bytes), (unsigned int)p->seed));
		looks++;
	}
	rcu_read_unlock();
}

static void own_cache(void)
{
	struct kmem_cache *s = kmem_cache_create("own", 100, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	struct block *p = kmem_cache_alloc(s, GFP_KERNEL), *q = kmem_cache_alloc(s, GFP_KERNEL);

	kfree_rcu(p, rcu);
	kmem_cache_free(s, q);
	kmem_cache_destroy(s);
}

static void routine(void *arg)
{
	uint64_t random = *(uint64_t *)arg;

	for (unsigned int i = 0; i < STEPS; i++) {
		uint64_t what = next(&random) % 100;

		if (what == 0)
			own_cache();
		else if (what == 1)
			kvfree_rcu_barrier();
		else if (what == 2)
			synchronize_rcu();
		else if (what < 6)
			kmc_sim_rcu_grace_period(sim);
		else if (what < 9)
			kmc_sim_clock_advance(sim, 700000000);
		else if (what < 40)
			look(&random);
		else
			replace(&random);
		if (what % 8 == 0)
			kmc_co_yield("step");
	}
}

static uint64_t run(uint64_t seed)
{
	struct kmc_sim_config config = machine_config(CPUS, 64 * MIB);
	struct kmem_cache_args args = { .sheaf_capacity = 12 };
	struct kmc_co co[CPUS];
	uint64_t seeds[CPUS], hash;

	memset(boxes, 0, sizeof(boxes));
	choices = seed;
	assert_int_equal(kmc_sim_create(&config, &sim), 0);
	assert_int_equal(kmc_sim_bind(sim, 0), 0);
	kmc_sim_trace(sim, KMC_TP_BIT(KMC_TP_HUNG), on_event, NULL);
	shared = kmem_cache_create("shared", sizeof(struct block), &args, 0);
	kmc_sim_unbind();
	for (unsigned int i = 0; i < CPUS; i++) {
		seeds[i] = seed + i;
		co[i] = (struct kmc_co){ .cpu = i, .fn = routine, .arg = &seeds[i] };
	}
	assert_int_equal(kmc_co_run(sim, co, CPUS, pick, NULL), 0);
	assert_int_equal(kmc_sim_bind(sim, 0), 0);
	kmc_sim_check(sim);
	hash = kmc_sim_hash(sim);
	for (unsigned int i = 0; i < BOXES; i++)
		kfree(boxes[i]);
	kmem_cache_destroy(shared);
	assert_int_equal(hung, 0);
	machine_off();
	return hash;
}

static void rcu1_rcu9_kc27_kc28_interleavings(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 4; seed++) {
		uint64_t first;

		switches = looks = 0;
		first = run(seed);
		assert_true(switches > 100 && looks > 100);
		assert_true(run(seed) == first);
		assert_true(run(seed + 1000) != first);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(rcu1_rcu9_kc27_kc28_interleavings) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
