/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lives that end after a grace period: when a block may still be looked at, what
 * is released when, what would hang, cpus that are taken away.
 */
#include <stdlib.h>
#include "exec_run.h"

static struct kmc_target *target;
static struct seen seen;

static void open_profile(uint32_t profile)
{
	struct kmc_target_config config = { 0 };
	char error[256] = "";

	kmc_machine_default(&config.machine);
	config.machine.profile = profile;
	assert_int_equal(kmc_target_find("alloc")->open(&config, &target, error, sizeof(error)), 0);
}

static int setup(void **state)
{
	(void)state;
	open_profile(KMC_RELEASE(6, 18, 44));
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	target->ops->close(target);
	return 0;
}

static void run(const char *text)
{
	run_text(target, &seen, text);
}

static void outcome_is(unsigned int call, enum kmc_outcome outcome)
{
	if (call_at(&seen, call)->outcome != outcome)
		fail_msg("call %u: %s, not %s", call,
			 kmc_outcome_name(call_at(&seen, call)->outcome), kmc_outcome_name(outcome));
}

#define BLOCK "r0 = kmalloc(256, GFP_KERNEL)\nwrite(r0, 256, 0x5)\n"

/* A reader since before may look; what it sees is whole but for the head. */
static void rcu1_rcu2_readers_may_look(void **state)
{
	(void)state;
	run(BLOCK "rcu_read_lock()\nkfree_rcu(r0, 240)\nrcu_grace_period()\ncheck(r0, 240, 0x5)\n"
		  "read(r0, 256)\n");
	outcome_is(4, KMC_OUT_NONE);
	assert_int_equal(call_at(&seen, 4)->arg, 0); /* no whole period passed */
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_KEPT), 1);
	assert_int_equal(effects_seen(&seen, KMC_EFF_RELEASED), 0);
	run("write(r0, 8, 0x6)\nrcu_read_unlock()\nread(r0, 8)\nrcu_grace_period()\n"
	    "kvfree_rcu_barrier()\n");
	outcome_is(0, KMC_OUT_SKIPPED); /* readers do not write */
	outcome_is(2, KMC_OUT_SKIPPED); /* no reader any more */
	assert_int_equal(effects_seen(&seen, KMC_EFF_RELEASED), 1);
}

/* A reader that began afterwards has no right to the block. */
static void rcu1_later_readers_may_not_look(void **state)
{
	(void)state;
	run(BLOCK "kfree_rcu(r0, 0)\nrcu_read_lock()\nread(r0, 8)\nrcu_read_unlock()\n");
	outcome_is(4, KMC_OUT_SKIPPED);
	run(BLOCK "rcu_read_lock() task 3\nkfree_rcu(r0, 0)\nread(r0, 256) task 3\n"
		  "read(r0, 256)\n");
	outcome_is(4, KMC_OUT_NONE);
	outcome_is(5, KMC_OUT_SKIPPED); /* of another task */
}

static void rcu3_head_must_fit(void **state)
{
	(void)state;
	run("r0 = kmalloc(64, GFP_KERNEL)\nkfree_rcu(r0, 56)\nkfree_rcu(r0, 4)\n"
	    "r1 = kmalloc(16384, GFP_KERNEL)\nkvfree_rcu(r1, 4096)\nkvfree_rcu(r1, 4088)\n"
	    "kfree_rcu(r0, 48)\nkvfree_rcu_barrier()\n");
	outcome_is(1, KMC_OUT_SKIPPED);
	outcome_is(2, KMC_OUT_SKIPPED);
	outcome_is(4, KMC_OUT_SKIPPED);
	outcome_is(5, KMC_OUT_NONE);
	outcome_is(6, KMC_OUT_NONE);
	assert_int_equal(effects_seen(&seen, KMC_EFF_RELEASED), 2);
}

static void rcu5_inline_free_is_released_in_the_call(void **state)
{
	(void)state;
	run(BLOCK "fail_nth(fail_page_alloc, 1, 1)\nkvfree_rcu_mightsleep(r0)\n");
	assert_int_equal(effects_seen(&seen, KMC_EFF_RELEASED), 1);
	assert_int_equal(effects_seen(&seen, KMC_EFF_SLEPT), 1);
	outcome_is(3, KMC_OUT_NONE);
	/* Nobody waits for it any more. */
	run("fail_nth(fail_page_alloc, 0, 0)\nrcu_read_lock()\nread(r0, 8)\nrcu_read_unlock()\n");
	outcome_is(2, KMC_OUT_SKIPPED);
}

static void rcu8_second_queueing_is_misuse(void **state)
{
	(void)state;
	run(BLOCK "kfree_rcu(r0, 0)\nkfree_rcu(r0, 0)\nkfree_rcu(r0, 0) misuse\nkfree(r0) misuse\n"
		  "kvfree_rcu_barrier()\n");
	outcome_is(3, KMC_OUT_SKIPPED);
	assert_int_equal(effects_seen(&seen, KMC_EFF_REPORTED), 2);
	assert_int_equal(effects_seen(&seen, KMC_EFF_RELEASED), 1);
}

static void what_would_hang_is_an_outcome(void **state)
{
	(void)state;
	run("rcu_read_lock()\nsynchronize_rcu()\nrcu_read_unlock()\nsynchronize_rcu()\n"
	    "rcu_read_lock() task 5\nsynchronize_rcu()\nrcu_read_unlock() task 5\n"
	    "rcu_read_unlock()\n");
	outcome_is(1, KMC_OUT_HUNG);
	outcome_is(3, KMC_OUT_NONE);
	outcome_is(5, KMC_OUT_HUNG);
	outcome_is(7, KMC_OUT_SKIPPED); /* no reader to end */
}

#define CACHED "r1 = kmem_cache_create(1, 64, 0, NO_MERGE, 0)\n" \
	       "r2 = kmem_cache_alloc(r1, GFP_KERNEL)\nkfree_rcu(r2, 0)\n"

static void kc27_destroy_by_release(void **state)
{
	(void)state;
	run(CACHED "kmem_cache_destroy(r1)\n");
	outcome_is(3, KMC_OUT_NONE);
	assert_int_equal(effects_seen(&seen, KMC_EFF_RELEASED), 1);
	assert_int_equal(effects_seen(&seen, KMC_EFF_WARNED), 0);
	target->ops->close(target);
	open_profile(KMC_RELEASE(6, 6, 9));
	run(CACHED "kmem_cache_destroy(r1)\nclock_advance(6000000000)\nrcu_grace_period()\n"
		   "kmem_cache_destroy(r1)\nkvfree_rcu_barrier()\n");
	outcome_is(3, KMC_OUT_SKIPPED); /* the caller has to wait first */
	outcome_is(6, KMC_OUT_NONE);
	outcome_is(7, KMC_OUT_REFUSED); /* 6.12 and later */
	assert_int_equal(effects_seen(&seen, KMC_EFF_WARNED), 0);
}

/* Pages of a type-safe cache go back when nobody reads who read before: said then. */
static void kc13_pages_back_after_readers(void **state)
{
	(void)state;
	run("r1 = kmem_cache_create(1, 64, 0, TYPESAFE_BY_RCU, 0)\n"
	    "r2 = kmem_cache_alloc(r1, GFP_KERNEL)\nrcu_read_lock() task 2\n"
	    "kmem_cache_free(r1, r2)\nr3 = kmem_cache_shrink(r1)\nrcu_grace_period()\n");
	assert_int_equal(effects_seen(&seen, KMC_EFF_PAGES_BACK), 0);
	run("rcu_read_unlock() task 2\nrcu_grace_period()\nkmem_cache_destroy(r1)\n");
	assert_int_equal(effects_seen(&seen, KMC_EFF_PAGES_BACK), 1);
}

/* Blocks that wait and readers come back with a snapshot. */
static void waiting_blocks_come_back(void **state)
{
	(void)state;
	run(BLOCK "rcu_read_lock()\nkfree_rcu(r0, 0)\nr5 = snapshot()\nrcu_read_unlock()\n"
		  "kvfree_rcu_barrier()\nread(r0, 256)\nrestore(r5)\nread(r0, 256)\n"
		  "rcu_read_unlock()\nkvfree_rcu_barrier()\n");
	outcome_is(7, KMC_OUT_SKIPPED);
	outcome_is(9, KMC_OUT_NONE);
	assert_int_equal(effects_seen(&seen, KMC_EFF_RELEASED), 2);
}

static void cpus_go_and_come(void **state)
{
	(void)state;
	run("cpu_unbind(1)\nr0 = kmalloc(8, GFP_KERNEL) on cpu 1\ncpu_unbind(1)\ncpu_unbind(0)\n"
	    "yield(1)\ncpu_bind(1)\nr0 = kmalloc(8, GFP_KERNEL) on cpu 1\nyield(1)\n"
	    "cpu_flush(1)\ncpu_flush(2)\nkfree(r0)\n");
	outcome_is(0, KMC_OUT_NONE);
	outcome_is(1, KMC_OUT_SKIPPED);
	outcome_is(2, KMC_OUT_SKIPPED);
	outcome_is(3, KMC_OUT_SKIPPED); /* the cpu that the op itself runs on */
	outcome_is(4, KMC_OUT_SKIPPED);
	outcome_is(6, KMC_OUT_VALUE);
	outcome_is(7, KMC_OUT_NONE);
	outcome_is(8, KMC_OUT_NONE);
	outcome_is(9, KMC_OUT_SKIPPED);
}

/* A flushed cpu has nothing left: a shrink finds all slabs empty. */
static void flush_gives_sheaves_back(void **state)
{
	(void)state;
	run("r1 = kmem_cache_create(1, 64, 0, NO_MERGE, 0)\n"
	    "r2 = kmem_cache_alloc(r1, GFP_KERNEL) on cpu 1\nkmem_cache_free(r1, r2) on cpu 1\n"
	    "cpu_flush(1)\nr3 = kmem_cache_shrink(r1)\nkmem_cache_destroy(r1)\n");
	assert_int_equal(call_at(&seen, 4)->arg, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(rcu1_rcu2_readers_may_look),
		TEST(rcu1_later_readers_may_not_look),
		TEST(rcu3_head_must_fit),
		TEST(rcu5_inline_free_is_released_in_the_call),
		TEST(rcu8_second_queueing_is_misuse),
		TEST(what_would_hang_is_an_outcome),
		TEST(kc27_destroy_by_release),
		TEST(kc13_pages_back_after_readers),
		TEST(waiting_blocks_come_back),
		TEST(cpus_go_and_come),
		TEST(flush_gives_sheaves_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
