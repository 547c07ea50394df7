/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two cpus on one thread: one waits for the element that the other gives back. */
#include "slab_fixture.h"
#include "linux/mempool.h"

static mempool_t *pool;
static void *held, *got;
static unsigned int rounds;

static void *never(gfp_t gfp_mask, void *pool_data)
{
	unsigned int *left = pool_data;

	(void)gfp_mask;
	return *left ? (*left)--, kmalloc(64, GFP_KERNEL) : NULL;
}

static void give_back(void *element, void *pool_data)
{
	(void)pool_data;
	kfree(element);
}

static void waiter(void *arg)
{
	(void)arg;
	got = mempool_alloc(pool, GFP_KERNEL);
}

static void giver(void *arg)
{
	(void)arg;
	for (rounds = 0; rounds < 20; rounds++)
		kmc_co_yield("holding");
	mempool_free(held, pool);
}

static unsigned int other(void *arg, unsigned int cpu, const char *point, uint64_t runnable)
{
	(void)arg, (void)point;
	return runnable & 1ull << (cpu ^ 1) ? cpu ^ 1 : cpu;
}

static void mp2_mp5_a_waiter_is_served(void **state)
{
	const struct kmc_co co[] = { { 0, waiter, NULL }, { 1, giver, NULL } };
	unsigned int left = 1;

	(void)state;
	pool = mempool_create(1, never, give_back, &left);
	held = mempool_alloc(pool, GFP_KERNEL);
	assert_non_null(held);
	tp_listen(KMC_TP_BIT(KMC_TP_HUNG));
	kmc_sim_unbind();
	assert_int_equal(kmc_co_run(sim, co, 2, other, NULL), 0);
	assert_int_equal(kmc_sim_bind(sim, 0), 0);
	assert_ptr_equal(got, held);
	assert_int_equal(rounds, 20);
	assert_int_equal(tp_count, 0);
	tp_listen(0);
	mempool_free(got, pool);
	mempool_destroy(pool);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(mp2_mp5_a_waiter_is_served, setup_machine,
						teardown_machine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
