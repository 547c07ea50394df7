/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Readers, grace periods, callbacks, and the calls that wait. */
#include "slab_fixture.h"
#include "alloc/rcu.h"
#include "linux/rcupdate.h"

#define ALL_OF(id) (1ull << (id))

static struct kmc_rcu_info rcu_info(void)
{
	struct kmc_rcu_info info;

	kmc_sim_rcu_info(sim, &info);
	return info;
}

static bool period(void)
{
	return kmc_sim_rcu_grace_period(sim);
}

static unsigned int ran;
static void on_callback(struct rcu_head *head)
{
	(void)head;
	ran++;
}

static void periods_end_without_readers(void **state)
{
	(void)state;
	assert_true(period());
	assert_int_equal(rcu_info().done, 1);
	rcu_read_lock();
	rcu_read_unlock();
	assert_true(period());
	assert_int_equal(rcu_info().started, 2);
}

/* The period waits for the reader of before, also of another task, and not for a later one. */
static void rcu1_readers_hold_a_period_up(void **state)
{
	(void)state;
	rcu_read_lock();
	kmc_sim_set_task(9);
	assert_false(period());
	rcu_read_lock(); /* after it began */
	kmc_sim_set_task(0);
	rcu_read_unlock();
	assert_int_equal(rcu_info().readers, 1);
	/* Its own whole period would have to wait for task 9. */
	assert_false(period());
	assert_int_equal(rcu_info().done, 1);
	kmc_sim_set_task(9);
	rcu_read_unlock();
	assert_true(period());
	kmc_sim_set_task(0);
}

static void readers_nest(void **state)
{
	(void)state;
	rcu_read_lock();
	rcu_read_lock();
	rcu_read_unlock();
	assert_true(rcu_read_lock_held());
	assert_false(period());
	rcu_read_unlock();
	assert_false(rcu_read_lock_held());
	assert_true(period());
	tp_listen(ALL_OF(KMC_TP_WARN));
	rcu_read_unlock();
	assert_int_equal(tp_count, 1);
}

static void callbacks_wait_a_whole_period(void **state)
{
	struct rcu_head early, late;

	(void)state;
	ran = 0;
	rcu_read_lock();
	call_rcu(&early, on_callback);
	assert_false(period()); /* one is under way now */
	call_rcu(&late, on_callback);
	assert_int_equal(ran, 0);
	rcu_read_unlock();
	/* The clock ends the first: that is a whole one for the early callback alone. */
	kmc_sim_clock_advance(sim, 16000000);
	assert_int_equal(ran, 1);
	kmc_sim_clock_advance(sim, 16000000);
	assert_int_equal(ran, 2);
	assert_int_equal(rcu_info().callbacks, 0);
}

/* Time alone runs callbacks: nobody has to ask. */
static void callbacks_run_by_the_clock(void **state)
{
	struct rcu_head head;

	(void)state;
	ran = 0;
	call_rcu(&head, on_callback);
	kmc_sim_clock_advance(sim, 1000);
	assert_int_equal(ran, 0);
	kmc_sim_clock_advance(sim, 1000000000);
	assert_int_equal(ran, 1);
}

static void barrier_runs_what_was_queued(void **state)
{
	struct rcu_head heads[3];

	(void)state;
	ran = 0;
	for (int i = 0; i < 3; i++)
		call_rcu(&heads[i], on_callback);
	tp_listen(ALL_OF(KMC_TP_SLEEP) | ALL_OF(KMC_TP_HUNG));
	rcu_barrier();
	assert_int_equal(ran, 3);
	assert_int_equal(tp_count, 1);
	assert_int_equal(tp_seen[0].id, KMC_TP_SLEEP);
	rcu_barrier(); /* nothing to wait for */
	assert_int_equal(tp_count, 1);
}

/* In one's own reader, and in another's that nobody can end: said, not done. */
static void waits_that_cannot_end_are_reported(void **state)
{
	(void)state;
	tp_listen(ALL_OF(KMC_TP_HUNG));
	rcu_read_lock();
	synchronize_rcu();
	assert_int_equal(tp_count, 1);
	kmc_sim_set_task(5);
	synchronize_rcu();
	assert_int_equal(tp_count, 2);
	kmc_sim_set_task(0);
	rcu_read_unlock();
	synchronize_rcu();
	assert_int_equal(tp_count, 2);
}

static void waits_in_atomic_context_are_reported(void **state)
{
	(void)state;
	tp_listen(ALL_OF(KMC_TP_HUNG) | ALL_OF(KMC_TP_WARN) | ALL_OF(KMC_TP_SLEEP));
	kmc_sim_set_context(KMC_IN_SOFTIRQ);
	synchronize_rcu();
	kmc_sim_set_context(KMC_IN_TASK);
	assert_int_equal(tp_count, 2);
	assert_int_equal(tp_seen[0].id, KMC_TP_WARN);
	assert_int_equal(tp_seen[1].id, KMC_TP_HUNG);
}

/* Reset and snapshot take readers, queues and periods with them. */
static void state_is_the_machines(void **state)
{
	uint64_t fresh = kmc_sim_hash(sim), before;
	struct block { struct rcu_head rcu; char rest[48]; } *p;
	int snapshot;

	(void)state;
	p = kmalloc(sizeof(*p), GFP_KERNEL);
	rcu_read_lock();
	kvfree_rcu(p, rcu);
	assert_false(period());
	before = kmc_sim_hash(sim);
	snapshot = kmc_sim_snapshot(sim);
	assert_true(snapshot >= 0);
	rcu_read_unlock();
	assert_true(period());
	kvfree_rcu_barrier();
	assert_int_not_equal(kmc_sim_hash(sim), before);
	assert_int_equal(kmc_sim_restore(sim, snapshot), 0);
	assert_int_equal(kmc_sim_hash(sim), before);
	assert_int_equal(rcu_info().readers, 1);
	rcu_read_unlock();
	kvfree_rcu_barrier();
	assert_int_equal(rcu_info().in_lists, 0);
	kmc_sim_snapshot_drop(sim, snapshot);
	kmc_sim_reset(sim);
	assert_int_equal(kmc_sim_hash(sim), fresh);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup_machine, teardown_machine)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(periods_end_without_readers),
		TEST(rcu1_readers_hold_a_period_up),
		TEST(readers_nest),
		TEST(callbacks_wait_a_whole_period),
		TEST(callbacks_run_by_the_clock),
		TEST(barrier_runs_what_was_queued),
		TEST(waits_that_cannot_end_are_reported),
		TEST(waits_in_atomic_context_are_reported),
		TEST(state_is_the_machines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
