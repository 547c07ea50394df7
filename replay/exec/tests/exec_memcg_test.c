/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups that pay for populations, as programs ask for them: what is charged, reclaimed,
 * killed and delayed, and what the stream says of it.
 */
#include "exec_alloc.h"

#define CHARGED_TO(id, pages) (int)effect_of(KMC_EFF_CHARGED, id, 4096ull * (pages))

static int open_groups(void **state)
{
	(void)state;
	target = open_target_with("alloc", 0, KMC_MO_memcg, 0);
	return 0;
}

static void run(const char *text)
{
	run_text(target, &seen, text);
}

/* How often an effect of group @cache says @arg. */
static unsigned int effect_of(unsigned int effect, uint32_t cache, uint64_t arg)
{
	unsigned int n = 0;

	for (size_t i = 0; i < seen.nr; i++)
		n += seen.events[i].kind == KMC_EV_EFFECT && seen.events[i].what == effect &&
		     seen.events[i].cache == cache && seen.events[i].arg == arg;
	return n;
}

static uint64_t state_hash(void)
{
	uint64_t hash = 0;

	assert_int_equal(target->ops->hash(target, &hash), 0);
	return hash;
}

#define GROUPS "memcg_populations(1)\nr0 = memcg_create(NULL, 409600, 0, 0)\n" \
	       "r1 = memcg_create(NULL, 0, 0, 0)\nmemcg_attach(r0, 0)\nmemcg_attach(r1, 20)\n"

/* Page cache is the running task's group's, memory of a task that of its group: one effect a call. */
static void test_populations_are_charged(void **state)
{
	uint32_t first, second;

	(void)state;
	run("populate_lru(0, 10, 10, 10)\npopulate_anon(20, 10, 0)\n");
	assert_int_equal(effects_seen(&seen, KMC_EFF_CHARGED), 0);
	run(GROUPS "populate_lru(0, 10, 10, 10)\npopulate_anon(20, 7, 0)\n"
		   "populate_anon(21, 9, 0)\nr2 = memcg_usage(r0)\nr3 = memcg_usage(r1)\n");
	first = call_at(&seen, 1)->cache;
	second = call_at(&seen, 2)->cache;
	assert_int_equal(CHARGED_TO(first, 10), 3);
	assert_int_equal(CHARGED_TO(second, 7), 1);
	assert_int_equal(effects_seen(&seen, KMC_EFF_CHARGED), 4);
	assert_int_equal(call_at(&seen, 8)->arg, 30 * 4096);
	assert_int_equal(call_at(&seen, 9)->arg, 7 * 4096);
	run("task_exit(20)\nr3 = memcg_usage(r1)\n");
	assert_int_equal(effect_of(KMC_EFF_UNCHARGED, second, 7 * 4096), 1);
	assert_int_equal(call_at(&seen, 1)->arg, 0);
	/* a limit is where populations end */
	run("populate_lru(0, 200, 0, 0)\nr2 = memcg_usage(r0)\nmemcg_populations(0)\n"
	    "populate_lru(0, 200, 0, 0)\nr2 = memcg_usage(r0)\n");
	assert_int_equal(outcome_at(0), KMC_OUT_ERROR);
	assert_int_equal(call_at(&seen, 1)->arg, 409600);
	assert_int_equal(outcome_at(3), KMC_OUT_NONE);
	assert_int_equal(call_at(&seen, 4)->arg, 409600);
}

/* A request at the limit has its group's page cache reclaimed, and nobody else's. */
static void test_mcg2_mcg7_the_limit_reclaims(void **state)
{
	uint32_t first;

	(void)state;
	run(GROUPS "populate_lru(0, 100, 0, 0)\npopulate_lru(0, 50, 0, 0) task 20\n"
		   "r2 = alloc_pages(GFP_KERNEL_ACCOUNT, 0)\nr3 = memcg_usage(r0)\nr4 = memcg_usage(r1)\n");
	first = call_at(&seen, 1)->cache;
	assert_int_equal(outcome_at(7), KMC_OUT_VALUE);
	assert_int_equal(effects_seen(&seen, KMC_EFF_RECLAIMED), 1);
	assert_int_equal(effect_of(KMC_EFF_RECLAIMED, first, 32), 1);
	assert_int_equal(effect_of(KMC_EFF_UNCHARGED, first, 32 * 4096), 1);
	assert_int_equal(call_at(&seen, 8)->arg, 69 * 4096);
	assert_int_equal(call_at(&seen, 9)->arg, 50 * 4096);
}

/* Who may not wait reclaims nothing; what needs a filesystem is left by who may not enter one. */
static void test_mcg4_gfp35_flags_bind_the_groups_reclaim(void **state)
{
	(void)state;
	run(GROUPS "populate_lru(0, 0, 0, 100)\nr2 = alloc_pages(GFP_NOWAIT|__GFP_ACCOUNT, 0)\n"
		   "r3 = alloc_pages(GFP_NOFS|__GFP_ACCOUNT|__GFP_NORETRY, 0)\n"
		   "r4 = memalloc_nofs_save()\nr5 = kmalloc(100, GFP_KERNEL_ACCOUNT|__GFP_NORETRY)\n"
		   "memalloc_nofs_restore(r4)\n");
	assert_int_equal(outcome_at(6), KMC_OUT_NULL);
	assert_int_equal(outcome_at(7), KMC_OUT_NULL);
	assert_int_equal(outcome_at(9), KMC_OUT_NULL);
	assert_int_equal(effects_seen(&seen, KMC_EFF_FS), 0);
	assert_int_equal(effects_seen(&seen, KMC_EFF_RECLAIMED), 4);
	run("r5 = kmalloc(100, GFP_KERNEL_ACCOUNT|__GFP_NORETRY)\n");
	assert_int_equal(outcome_at(0), KMC_OUT_VALUE);
	assert_int_equal(effects_seen(&seen, KMC_EFF_FS), 1);
}

/* Nothing to reclaim: the group's worst task is killed, not a larger one outside. */
static void test_mcg9_oom5_a_task_of_the_group_is_killed(void **state)
{
	uint32_t first;

	(void)state;
	run(GROUPS "memcg_attach(r0, 21)\nmemcg_attach(r0, 22)\npopulate_anon(20, 500, 0)\n"
		   "populate_anon(21, 40, 0)\npopulate_anon(22, 60, 0)\n"
		   "r2 = alloc_pages(GFP_KERNEL_ACCOUNT|__GFP_NORETRY, 0)\n"
		   "r3 = alloc_pages(GFP_KERNEL_ACCOUNT, 4)\n"
		   "r4 = alloc_pages(GFP_KERNEL_ACCOUNT, 3)\nr5 = memcg_usage(r0)\n");
	first = call_at(&seen, 1)->cache;
	assert_int_equal(outcome_at(10), KMC_OUT_NULL);
	assert_int_equal(outcome_at(11), KMC_OUT_NULL);
	assert_int_equal(outcome_at(12), KMC_OUT_VALUE);
	assert_int_equal(effects_seen(&seen, KMC_EFF_KILLED), 1);
	assert_int_equal(effect_of(KMC_EFF_KILLED, first, 22), 1);
	assert_int_equal(call_at(&seen, 13)->arg, 48 * 4096);
}

/* Above memory.high nothing fails; the way back to user space takes its time, once. */
static void test_mcg12_high_delays(void **state)
{
	(void)state;
	run("r0 = memcg_create(NULL, 0, 4096, 0)\nmemcg_attach(r0, 0)\n"
	    "r1 = alloc_pages(GFP_KERNEL_ACCOUNT, 7)\nr2 = return_to_user()\n"
	    "r3 = return_to_user()\nr4 = return_to_user() in softirq\nclock_advance(0)\n");
	assert_int_equal(outcome_at(2), KMC_OUT_VALUE);
	assert_int_equal(call_at(&seen, 3)->arg, 2000000000);
	assert_int_equal(call_at(&seen, 4)->arg, 0);
	assert_int_equal(outcome_at(5), KMC_OUT_SKIPPED);
	assert_int_equal(call_at(&seen, 6)->time_ns - call_at(&seen, 3)->time_ns, 2000000000);
}

/* That populations are charged is the machine's state: a reset ends it, a restore brings it back. */
static void test_the_machine_knows_that_they_are_charged(void **state)
{
	uint64_t plain;

	(void)state;
	plain = state_hash();
	run("memcg_populations(1)\n");
	assert_int_not_equal(state_hash(), plain);
	target->ops->reset(target);
	assert_int_equal(state_hash(), plain);
	run("r0 = memcg_create(NULL, 0, 0, 0)\nmemcg_attach(r0, 0)\npopulate_lru(0, 5, 0, 0)\n"
	    "r1 = snapshot()\nmemcg_populations(1)\npopulate_lru(0, 5, 0, 0)\nr2 = snapshot()\n"
	    "restore(r1)\npopulate_lru(0, 5, 0, 0)\n");
	assert_int_equal(effects_seen(&seen, KMC_EFF_CHARGED), 1);
	run("restore(r1)\nmemcg_populations(1)\nr2 = snapshot()\nmemcg_populations(0)\nrestore(r2)\n"
	    "populate_lru(0, 6, 0, 0)\n");
	assert_int_equal(effects_seen(&seen, KMC_EFF_CHARGED), 1);
}

/*
 * What no child claims of its parent's protection is shared out by what each uses, where cgroup2
 * is mounted so: MCG-2's reclaim leaves 22 of the second one's pages, or 18.
 */
static void check_unclaimed_protection(bool recursive)
{
	target = open_target_with("alloc", 0,
				  KMC_MO_memcg | (recursive ? KMC_MO_memory_recursiveprot : 0), 0);
	for (unsigned int round = 0; round < 2; round++) {
		run("memcg_populations(1)\nr0 = memcg_create(NULL, 1638400, 0, 0)\n"
		    "r1 = memcg_create(r0, 4096000, 0, 409600)\n"
		    "r2 = memcg_create(r1, 4096000, 0, 81920)\n"
		    "r3 = memcg_create(r1, 4096000, 0, 0)\n"
		    "memcg_attach(r2, 20)\nmemcg_attach(r3, 21)\n"
		    "populate_lru(0, 150, 0, 0) task 20\npopulate_lru(0, 50, 0, 0) task 21\n"
		    "memcg_set_max(r0, 688128)\nr4 = memcg_usage(r2)\nr5 = memcg_usage(r3)\n");
		assert_int_equal(call_at(&seen, 10)->arg, (recursive ? 146 : 150) * 4096);
		assert_int_equal(call_at(&seen, 11)->arg, (recursive ? 22 : 18) * 4096);
		target->ops->reset(target); /* back to how it was booted */
	}
	close_alloc(NULL);
}

static void test_mcg2_unclaimed_protection_by_mount(void **state)
{
	(void)state;
	check_unclaimed_protection(false);
	check_unclaimed_protection(true);
}

/* Without groups there is nobody to pay. */
static void test_a_machine_without_groups(void **state)
{
	(void)state;
	run("memcg_populations(1)\nr0 = return_to_user()\n");
	assert_int_equal(outcome_at(0), KMC_OUT_ERROR);
	assert_int_equal(call_at(&seen, 0)->arg, EOPNOTSUPP);
	assert_int_equal(call_at(&seen, 1)->arg, 0);
}

#define GROUP_TEST(f) cmocka_unit_test_setup_teardown(f, open_groups, close_alloc)

int main(void)
{
	const struct CMUnitTest tests[] = {
		GROUP_TEST(test_populations_are_charged),
		GROUP_TEST(test_mcg2_mcg7_the_limit_reclaims),
		GROUP_TEST(test_mcg4_gfp35_flags_bind_the_groups_reclaim),
		GROUP_TEST(test_mcg9_oom5_a_task_of_the_group_is_killed),
		GROUP_TEST(test_mcg12_high_delays),
		GROUP_TEST(test_the_machine_knows_that_they_are_charged),
		cmocka_unit_test(test_mcg2_unclaimed_protection_by_mount),
		cmocka_unit_test_setup_teardown(test_a_machine_without_groups, open_alloc,
						close_alloc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
