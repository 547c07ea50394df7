/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * call_rcu() and rcu_barrier(). A cpu's callbacks stand in two lists, those that
 * wait for a period and those that came later, as in the kernel's segments.
 */
#include "rcu_core.h"

static void append(struct kmc_rcu_callbacks *list, struct rcu_head *head, uint64_t cookie)
{
	head->next = NULL;
	if (list->last)
		list->last->next = head;
	else
		list->first = head;
	list->last = head;
	list->cookie = cookie;
	list->nr++;
}

/* Model: exact in what is promised (no order among cpus: RCU-10), 6.1 to 6.18. */
void call_rcu(struct rcu_head *head, rcu_callback_t func)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmc_rcu_cpu *rc = &cpu->sim->rcu->cpus[cpu->id];
	struct kmc_rcu_callbacks *list;
	uint64_t cookie;

	kmc_attention(cpu);
	kmc_touch(cpu->sim, rc, sizeof(*rc));
	head->func = func;
	kmc_lock_take(&rc->lock);
	cookie = kmc_rcu_cookie(cpu->sim->rcu);
	list = !rc->waiting.first || rc->waiting.cookie == cookie ? &rc->waiting : &rc->next;
	append(list, head, cookie);
	kmc_rcu_pending_add(cpu->sim, 1);
	kmc_lock_drop(&rc->lock);
	kmc_rcu_want_period(cpu->sim, kmc_sim_clock_ns(cpu->sim));
}

/* All that may run, off the cpu's lists; NULL none. */
static struct rcu_head *take_ready(struct kmc_sim *sim, struct kmc_rcu_cpu *rc, uint64_t *nr)
{
	struct rcu_head *ready = NULL;

	*nr = 0;
	kmc_touch(sim, rc, sizeof(*rc));
	kmc_lock_take(&rc->lock);
	if (rc->waiting.first && kmc_rcu_elapsed(sim->rcu, rc->waiting.cookie)) {
		ready = rc->waiting.first;
		*nr = rc->waiting.nr;
		rc->waiting = rc->next;
		rc->next = (struct kmc_rcu_callbacks){ 0 };
	}
	kmc_lock_drop(&rc->lock);
	return ready;
}

static bool run_cpu(struct kmc_cpu *cpu, struct kmc_rcu_cpu *rc)
{
	struct rcu_head *head, *next;
	bool any = false;
	uint64_t nr;

	while ((head = take_ready(cpu->sim, rc, &nr))) {
		any = true;
		for (; head; head = next) {
			next = head->next;
			head->func(head);
		}
		kmc_rcu_pending_add(cpu->sim, -(int64_t)nr);
	}
	return any;
}

bool kmc_rcu_run_callbacks(struct kmc_cpu *cpu)
{
	bool any = false;

	kmc_rcu_work_begin(cpu);
	for (unsigned int i = 0; i < cpu->sim->config.nr_cpus; i++)
		any |= run_cpu(cpu, &cpu->sim->rcu->cpus[i]);
	kmc_rcu_work_end(cpu);
	return any;
}

/*
 * Callbacks, slabs and full rcu sheaves; what kvfree_rcu() gathered in batches is
 * none of these (RCU-10).
 * Model: exact in what is covered (6.1 to 6.18).
 */
void rcu_barrier(void)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmc_rcu_state *st = cpu->sim->rcu;

	kmc_attention(cpu);
	if (!atomic_load(&st->pending))
		return;
	if (!kmc_rcu_may_sleep(cpu) || !kmc_rcu_wait(cpu, kmc_rcu_cookie(st)))
		return;
	kmc_rcu_run_callbacks(cpu);
	kmc_rcu_run_sheaves(cpu, false);
	kmc_rcu_run_slabs(cpu);
	kmc_rcu_await_works(cpu);
}
