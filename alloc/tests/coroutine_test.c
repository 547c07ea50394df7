/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Coroutines: who runs when is the callback's choice, and a run can be repeated. */
#include "machine_fixture.h"

static char log_text[256];
static unsigned int log_len;

static void note(char c)
{
	if (log_len < sizeof(log_text) - 1)
		log_text[log_len++] = c;
	log_text[log_len] = 0;
}

static void talk(void *arg)
{
	for (int i = 0; i < 3; i++) {
		note(*(const char *)arg);
		assert_int_equal(kmc_this_cpu->id, *(const char *)arg - 'a');
		kmc_co_yield("talk");
	}
}

static unsigned int round_robin(void *arg, unsigned int cpu, const char *point, uint64_t mask)
{
	(void)arg;
	(void)point;
	do
		cpu = (cpu + 1) % 64;
	while (!(mask >> cpu & 1));
	return cpu;
}

static unsigned int stay(void *arg, unsigned int cpu, const char *point, uint64_t mask)
{
	(void)arg;
	(void)point;
	(void)mask;
	return cpu;
}

static const struct kmc_co three[] = {
	{ 0, talk, "a" }, { 1, talk, "b" }, { 2, talk, "c" },
};

static void test_pick_decides(void **state)
{
	(void)state;
	kmc_sim_unbind();
	log_len = 0;
	assert_int_equal(kmc_co_run(sim, three, 3, round_robin, NULL), 0);
	assert_string_equal(log_text, "bcabcabca");
	log_len = 0;
	assert_int_equal(kmc_co_run(sim, three, 3, stay, NULL), 0);
	assert_string_equal(log_text, "aaabbbccc");
	log_len = 0;
	assert_int_equal(kmc_co_run(sim, three, 3, NULL, NULL), 0);
	assert_string_equal(log_text, "aaabbbccc");
	assert_null(kmc_this_cpu);
	for (int i = 0; i < 3; i++)
		assert_int_equal(atomic_load(&sim->cpus[i].owner), 0);
	kmc_sim_bind(sim, 0);
}

static void test_errors(void **state)
{
	struct kmc_co twice[] = { { 0, talk, "a" }, { 0, talk, "a" } };
	struct kmc_co none[] = { { 9, talk, "a" } };

	(void)state;
	assert_int_equal(kmc_co_run(sim, three, 3, NULL, NULL), -EBUSY); /* bound */
	kmc_sim_unbind();
	assert_int_equal(kmc_co_run(sim, three, 0, NULL, NULL), -EINVAL);
	assert_int_equal(kmc_co_run(sim, twice, 2, NULL, NULL), -EBUSY);
	assert_int_equal(kmc_co_run(sim, none, 1, NULL, NULL), -EINVAL);
	assert_int_equal(atomic_load(&sim->cpus[0].owner), 0);
	kmc_co_yield("outside: nothing");
	kmc_sim_bind(sim, 0);
}

/* One flushes while the others hold pages: it waits until they poll or are done. */
static void flusher(void *arg)
{
	(void)arg;
	__free_pages(alloc_pages(GFP_KERNEL, 0), 0);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	kmc_flush_cpus(sim, FLUSH_PCP);
	note('F');
}

static void holder(void *arg)
{
	(void)arg;
	for (int i = 0; i < 5; i++) {
		__free_pages(alloc_pages(GFP_KERNEL, 0), 0);
		note('h');
		kmc_co_yield("holder");
	}
}

static unsigned int flusher_first(void *arg, unsigned int cpu, const char *point, uint64_t mask)
{
	(void)arg;
	(void)cpu;
	(void)point;
	return (unsigned int)__builtin_ctzll(mask); /* cpu 0 whenever it may */
}

static void test_flush_between_coroutines(void **state)
{
	const struct kmc_co co[] = { { 0, flusher, NULL }, { 1, holder, NULL },
				     { 2, flusher, NULL } };

	(void)state;
	kmc_sim_unbind();
	log_len = 0;
	assert_int_equal(kmc_co_run(sim, co, 3, flusher_first, NULL), 0);
	assert_int_equal(log_len, 7);
	kmc_sim_bind(sim, 0);
	kmc_sim_check(sim);
}

static int setup(void **state)
{
	(void)state;
	boot_simple(3, 64 * MIB);
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_pick_decides),
		CASE(test_errors),
		CASE(test_flush_between_coroutines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
