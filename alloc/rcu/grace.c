/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Readers and grace periods. A period begins when somebody waits for one, when
 * the driver asks, or when the clock passes; it ends only in such a call too,
 * never by a reader's end alone, so that a program decides what happens when.
 */
#include "rcu_core.h"

static struct kmc_rcu_state *rcu_of(const struct kmc_cpu *cpu)
{
	return cpu->sim->rcu;
}

/* readers */

/* Model: exact for readers of tasks (6.1 to 6.18; as with preemptible RCU the task is the reader). */
void rcu_read_lock(void)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmc_rcu_state *st = rcu_of(cpu);
	uint32_t task = cpu->task->id;

	kmc_touch(cpu->sim, &st->nesting[task], sizeof(st->nesting[task]));
	if (st->nesting[task]++)
		return;
	kmc_touch(cpu->sim, &st->readers[task], sizeof(st->readers[task]));
	atomic_store(&st->readers[task], atomic_load(&st->started) + 1);
	atomic_thread_fence(memory_order_seq_cst);
}

static void warn(struct kmc_cpu *cpu, const char *text)
{
	struct kmc_tp tp = { .id = KMC_TP_WARN, .text = text, .node = -1, .pfn = UINT64_MAX };

	kmc_trace_emit(cpu->sim, &tp);
}

void rcu_read_unlock(void)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmc_rcu_state *st = rcu_of(cpu);
	uint32_t task = cpu->task->id;

	if (!st->nesting[task]) {
		warn(cpu, "rcu_read_unlock without a reader");
		return;
	}
	kmc_touch(cpu->sim, &st->nesting[task], sizeof(st->nesting[task]));
	if (--st->nesting[task] == 0)
		atomic_store_explicit(&st->readers[task], 0, memory_order_release);
}

int rcu_read_lock_held(void)
{
	return rcu_of(kmc_this_cpu)->nesting[kmc_this_cpu->task->id] != 0;
}

/* periods */

uint64_t kmc_rcu_cookie(struct kmc_rcu_state *st)
{
	return atomic_load_explicit(&st->started, memory_order_relaxed) +
	       (KMC_PLANTED(rcu_cookie_early) ? 0 : 1);
}

#define NO_READER KMC_SIM_MAX_TASKS

/* A task whose reader is older than the period under way. */
static unsigned int reader_in_the_way(struct kmc_rcu_state *st)
{
	unsigned long long started = atomic_load(&st->started);

	if (KMC_PLANTED(rcu_readers_ignored))
		return NO_READER;
	for (unsigned int task = 0; task < KMC_SIM_MAX_TASKS; task++) {
		unsigned long long since = atomic_load(&st->readers[task]);

		if (since && since - 1 < started)
			return task;
	}
	return NO_READER;
}

static bool under_way(struct kmc_rcu_state *st)
{
	return atomic_load(&st->started) != atomic_load(&st->done);
}

static void period_begin(struct kmc_sim *sim)
{
	kmc_touch(sim, &sim->rcu->started, sizeof(sim->rcu->started));
	atomic_fetch_add(&sim->rcu->started, 1);
	atomic_thread_fence(memory_order_seq_cst);
}

/* Return: the task in the way, NO_READER when the period has ended. */
static unsigned int period_end(struct kmc_sim *sim)
{
	unsigned int task = reader_in_the_way(sim->rcu);

	if (task != NO_READER)
		return task;
	kmc_touch(sim, &sim->rcu->done, sizeof(sim->rcu->done));
	atomic_fetch_add(&sim->rcu->done, 1);
	return NO_READER;
}

/* One step towards @cookie. Return: the task in the way, or NO_READER. */
static unsigned int step_towards(struct kmc_sim *sim, uint64_t cookie)
{
	struct kmc_rcu_state *st = sim->rcu;
	unsigned int task = NO_READER;

	kmc_touch(sim, &st->lock, sizeof(st->lock));
	kmc_lock_take(&st->lock);
	while (!kmc_rcu_elapsed(st, cookie) && task == NO_READER) {
		if (!under_way(st))
			period_begin(sim);
		task = period_end(sim);
	}
	kmc_lock_drop(&st->lock);
	return task;
}

static void hung(struct kmc_cpu *cpu)
{
	struct kmc_tp tp = {
		.id = KMC_TP_HUNG,
		.text = "waits for a grace period that cannot end",
		.node = -1,
		.pfn = UINT64_MAX,
	};

	kmc_trace_emit(cpu->sim, &tp);
}

static bool wait_for_readers(struct kmc_cpu *cpu, uint64_t cookie)
{
	unsigned long long alone_with = 0;

	for (;;) {
		unsigned int task = step_towards(cpu->sim, cookie);
		unsigned long long since;

		if (task == NO_READER)
			return true;
		atomic_store_explicit(&cpu->stuck, true, memory_order_relaxed);
		since = atomic_load(&cpu->sim->rcu->readers[task]);
		if (task != cpu->task->id && kmc_let_others_run(cpu) && !kmc_all_stuck(cpu)) {
			alone_with = 0;
			continue;
		}
		/*
		 * Nobody else runs, or who does waits as we do; who was in the way may have ended
		 * just before. Only the same reader, seen again, will never end.
		 */
		if (task == cpu->task->id || (since && alone_with == since)) {
			hung(cpu);
			return false;
		}
		alone_with = since;
	}
}

bool kmc_rcu_wait(struct kmc_cpu *cpu, uint64_t cookie)
{
	bool ended = wait_for_readers(cpu, cookie);

	atomic_store_explicit(&cpu->stuck, false, memory_order_relaxed);
	return ended;
}

bool kmc_rcu_may_sleep(struct kmc_cpu *cpu)
{
	struct kmc_tp tp = { .id = KMC_TP_SLEEP, .node = -1, .pfn = UINT64_MAX };

	if (cpu->context != KMC_IN_TASK) {
		warn(cpu, "sleeping function called from invalid context");
		return false;
	}
	kmc_trace_emit(cpu->sim, &tp);
	return true;
}

/* Model: exact but for time: the wait takes none, and readers are tasks only. 6.18. */
void synchronize_rcu(void)
{
	struct kmc_cpu *cpu = kmc_this_cpu;

	kmc_attention(cpu);
	if (kmc_rcu_may_sleep(cpu))
		kmc_rcu_wait(cpu, kmc_rcu_cookie(rcu_of(cpu)));
	else
		hung(cpu);
}

/* the clock and the driver */

void kmc_rcu_want_period(struct kmc_sim *sim, uint64_t ns)
{
	struct kmc_rcu_state *st = sim->rcu;

	kmc_touch(sim, &st->wanted_ns, sizeof(st->wanted_ns));
	kmc_touch(sim, &st->lock, sizeof(st->lock));
	kmc_lock_take(&st->lock);
	if (!st->wanted_ns)
		st->wanted_ns = ns + 1;
	kmc_lock_drop(&st->lock);
}

/* Enough for all that waits to go through every stage. */
#define RCU_PERIODS_BEHIND 64u

/*
 * One after the other, however far the clock went at once; but a cpu that was stopped within a call
 * may keep what is pending for ever, and nothing comes of going through all the time there is.
 */
static uint64_t next_wanted(const struct kmc_rcu_state *st, uint64_t now)
{
	uint64_t next = st->wanted_ns + RCU_PERIOD_NS, behind = RCU_PERIODS_BEHIND * RCU_PERIOD_NS;

	return now > behind && next < now - behind ? now - behind : next;
}

bool kmc_rcu_period_by_clock(struct kmc_sim *sim)
{
	struct kmc_rcu_state *st = sim->rcu;
	uint64_t now = kmc_sim_clock_ns(sim);
	bool ended = false;

	kmc_touch(sim, &st->wanted_ns, sizeof(st->wanted_ns));
	kmc_touch(sim, &st->lock, sizeof(st->lock));
	kmc_lock_take(&st->lock);
	if (st->wanted_ns && now + 1 >= st->wanted_ns + RCU_PERIOD_NS) {
		if (!under_way(st))
			period_begin(sim);
		ended = period_end(sim) == NO_READER;
		/* What is left asks again for the next one. */
		if (ended)
			st->wanted_ns = atomic_load(&st->pending) ? next_wanted(st, now) : 0;
	}
	kmc_lock_drop(&st->lock);
	return ended;
}

bool kmc_sim_rcu_grace_period(struct kmc_sim *sim)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	bool passed;

	KMC_BUG_ON(!cpu || cpu->sim != sim);
	kmc_attention(cpu);
	passed = step_towards(sim, kmc_rcu_cookie(sim->rcu)) == NO_READER;
	kmc_rcu_run(cpu);
	return passed;
}
