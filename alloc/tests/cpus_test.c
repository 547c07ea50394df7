/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Binding, and the flush protocol's simple cases; stress_test.c has the rest. */
#include <pthread.h>
#include "machine_fixture.h"

static void test_bind_and_switch(void **state)
{
	(void)state;
	assert_int_equal(kmc_this_cpu->id, 0);
	assert_int_equal(kmc_sim_bind(sim, 2), -EINVAL);
	assert_int_equal(kmc_sim_bind(sim, 0), 0); /* again: nothing */
	assert_int_equal(kmc_sim_switch(sim, 1), 0);
	assert_int_equal(kmc_this_cpu->id, 1);
	assert_int_equal(atomic_load(&sim->cpus[0].owner), 0);
	assert_ptr_equal(kmc_this_cpu->task, &sim->state->tasks[1]);
	kmc_sim_unbind();
	assert_null(kmc_this_cpu);
	kmc_sim_unbind();
	kmc_sim_poll();
	assert_int_equal(kmc_sim_bind(sim, 0), 0);
}

static void *bind_elsewhere(void *arg)
{
	int *err = arg;

	err[0] = kmc_sim_bind(sim, 0);
	err[1] = kmc_sim_bind_all(sim);
	err[2] = kmc_sim_bind(sim, 1);
	kmc_sim_unbind();
	return NULL;
}

static void test_busy_cpu(void **state)
{
	pthread_t thread;
	int err[3];

	(void)state;
	pthread_create(&thread, NULL, bind_elsewhere, err);
	pthread_join(thread, NULL);
	assert_int_equal(err[0], -EBUSY);
	assert_int_equal(err[1], -EBUSY);
	assert_int_equal(err[2], 0); /* and cpu 1 was given back by the failed bind_all */
}

static void test_bind_all(void **state)
{
	(void)state;
	assert_int_equal(kmc_sim_bind_all(sim), 0);
	assert_int_equal(kmc_this_cpu->id, 0);
	assert_int_equal(kmc_sim_switch(sim, 1), 0);
	assert_int_equal(kmc_this_cpu->id, 1);
	assert_int_not_equal(atomic_load(&sim->cpus[0].owner), 0);
	kmc_sim_run_on(sim, 0);
	assert_int_equal(kmc_this_cpu->id, 0);
	assert_int_equal(kmc_sim_bind(sim, 7), -EINVAL);
	assert_null(kmc_sim_cpu(sim, 2));
	kmc_sim_unbind();
	assert_int_equal(atomic_load(&sim->cpus[0].owner), 0);
	assert_int_equal(atomic_load(&sim->cpus[1].owner), 0);
	assert_int_equal(kmc_sim_bind(sim, 1), 0);
	assert_int_equal(kmc_sim_bind_all(sim), 0); /* stays where it was */
	assert_int_equal(kmc_this_cpu->id, 1);
}

static uint64_t pcp_pages(unsigned int cpu)
{
	return ((struct per_cpu_pages *)sim->cpus[cpu].pcp)[0].count;
}

static void put_pages_on(unsigned int cpu)
{
	struct page *page;

	assert_int_equal(kmc_sim_switch(sim, cpu), 0);
	page = alloc_pages(GFP_KERNEL, 0);
	__free_pages(page, 0);
	assert_true(pcp_pages(cpu) > 0);
}

static void test_flush_of_an_unbound_cpu(void **state)
{
	(void)state;
	put_pages_on(1);
	put_pages_on(0);
	kmc_flush_cpus(sim, FLUSH_PCP);
	assert_int_equal(pcp_pages(1), 0);
	assert_true(pcp_pages(0) > 0); /* the caller's own is the caller's business */
	assert_int_equal(kmc_attention_bits(&sim->cpus[1]), 0);
	assert_int_equal(atomic_load(&sim->cpus[1].owner), 0);
}

static void test_flush_when_all_are_ours(void **state)
{
	(void)state;
	kmc_sim_bind_all(sim);
	put_pages_on(1);
	put_pages_on(0);
	kmc_flush_cpus(sim, FLUSH_PCP);
	assert_int_equal(pcp_pages(1), 0);
	assert_int_not_equal(atomic_load(&sim->cpus[1].owner), 0);
}

static void test_flush_without_a_cpu(void **state)
{
	(void)state;
	put_pages_on(1);
	put_pages_on(0);
	kmc_sim_unbind();
	kmc_flush_cpus(sim, FLUSH_PCP);
	assert_int_equal(pcp_pages(0) + pcp_pages(1), 0);
	kmc_sim_bind(sim, 0);
}

/* Two cpus that flush each other at the same time, each waiting for the other. */
static pthread_barrier_t barrier;

static void *flush_each_other(void *arg)
{
	unsigned int cpu = (unsigned int)(uintptr_t)arg;

	KMC_BUG_ON(kmc_sim_bind(sim, cpu));
	for (int i = 0; i < 200; i++) {
		__free_pages(alloc_pages(GFP_KERNEL, 0), 0);
		pthread_barrier_wait(&barrier);
		kmc_flush_cpus(sim, FLUSH_PCP);
	}
	kmc_sim_unbind();
	return NULL;
}

static void test_mutual_flush(void **state)
{
	pthread_t thread[2];

	(void)state;
	kmc_sim_unbind();
	pthread_barrier_init(&barrier, NULL, 2);
	for (uintptr_t i = 0; i < 2; i++)
		pthread_create(&thread[i], NULL, flush_each_other, (void *)i);
	for (int i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
	pthread_barrier_destroy(&barrier);
	kmc_sim_bind(sim, 0);
}

/* A request that came while nobody was bound is served by the next who binds. */
static void test_bind_takes_over_requests(void **state)
{
	struct kmc_cpu *cpu = &sim->cpus[1];

	(void)state;
	put_pages_on(1);
	put_pages_on(0);
	atomic_fetch_or(&cpu->flush_wanted, FLUSH_PCP);
	atomic_fetch_add(&cpu->flush_ticket, 1);
	atomic_fetch_or(&cpu->attention, ATTN_FLUSH);
	assert_int_equal(kmc_sim_bind(sim, 1), 0);
	assert_int_equal(pcp_pages(1), 0);
	assert_int_equal(atomic_load(&cpu->flush_done), atomic_load(&cpu->flush_ticket));
	kmc_sim_bind(sim, 0);
}

static void test_steal(void **state)
{
	(void)state;
	assert_false(kmc_cpu_steal(&sim->cpus[0]));
	assert_true(kmc_cpu_steal(&sim->cpus[1]));
	assert_false(kmc_cpu_steal(&sim->cpus[1]));
	kmc_cpu_release(&sim->cpus[1]);
	assert_int_equal(atomic_load(&sim->cpus[1].owner), 0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_64m, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_bind_and_switch),
		CASE(test_busy_cpu),
		CASE(test_bind_all),
		CASE(test_flush_of_an_unbound_cpu),
		CASE(test_flush_when_all_are_ours),
		CASE(test_flush_without_a_cpu),
		CASE(test_mutual_flush),
		CASE(test_bind_takes_over_requests),
		CASE(test_steal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
