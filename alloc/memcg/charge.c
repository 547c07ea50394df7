/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Charging pages: by the cpu's stock, by a batch, by the exact amount; at a limit
 * by reclaim, the killer, or over the limit. Steps as in rules-page R-11.
 *
 * Rule: MCG-2..9, MCG-12. Looked at: 6.18.44.
 */
#include "memcg_core.h"

struct charge {
	struct kmc_cpu *cpu;
	struct mem_cgroup *memcg, *over;
	gfp_t gfp;
	uint64_t nr, batch;
	unsigned int rounds;
	bool raised, drained, killed;
};

static bool counted(struct charge *c)
{
	c->batch = c->nr > MEMCG_CHARGE_BATCH ? c->nr : MEMCG_CHARGE_BATCH;
	for (;;) {
		if (kmc_stock_consume(c->cpu, c->memcg, c->nr)) {
			c->batch = 0; /* nothing new was charged */
			return true;
		}
		if (kmc_counter_try_charge(c->memcg, c->batch, &c->over))
			return true;
		if (c->batch == c->nr)
			return false;
		c->batch = c->nr;
	}
}

void kmc_memcg_trace_reclaim(const struct mem_cgroup *memcg, enum kmc_tp_id id, gfp_t gfp,
			     uint64_t reclaimed)
{
	struct kmc_tp tp = { .id = id, .node = -1, .gfp = gfp, .pfn = UINT64_MAX,
			     .bytes_req = reclaimed, .bytes_alloc = kmc_memcg_index(memcg) };

	kmc_trace_emit(memcg->sim, &tp);
}

/* Where nobody searches there is nothing to be found, and that is told too. */
static uint64_t found_nothing(const struct mem_cgroup *memcg, gfp_t gfp)
{
	kmc_memcg_trace_reclaim(memcg, KMC_TP_MEMCG_RECLAIM_BEGIN, gfp, 0);
	kmc_memcg_trace_reclaim(memcg, KMC_TP_MEMCG_RECLAIM_END, gfp, 0);
	return 0;
}

uint64_t kmc_memcg_reclaim(struct mem_cgroup *memcg, uint64_t nr, gfp_t gfp)
{
	const struct kmc_memcg_ops *ops;
	void *arg;

	ops = kmc_memcg_ops_of(memcg->sim, &arg);
	return ops && ops->reclaim ? ops->reclaim(arg, memcg, nr, gfp) : found_nothing(memcg, gfp);
}

bool kmc_memcg_kill(struct mem_cgroup *memcg)
{
	const struct kmc_memcg_ops *ops;
	void *arg;

	ops = kmc_memcg_ops_of(memcg->sim, &arg);
	if (!ops || !ops->oom_kill || !ops->oom_kill(arg, memcg))
		return false;
	kmc_memcg_event(memcg, EVENT_OOM_KILL);
	return true;
}

static uint64_t reclaim(struct charge *c, struct mem_cgroup *memcg, uint64_t nr)
{
	return kmc_memcg_reclaim(memcg, nr > SWAP_CLUSTER_MAX ? nr : SWAP_CLUSTER_MAX, c->gfp);
}

static bool dying(const struct kmc_cpu *cpu)
{
	return cpu->task->flags & (KMC_PF_EXITING | KMC_PF_OOM_VICTIM);
}

/* Return: somebody was killed or there is room: try again. */
static bool out_of_memory(struct charge *c)
{
	if (c->nr > 1u << 3 && !KMC_PLANTED(group_kills_costly))
		return false;
	kmc_memcg_event(c->over, EVENT_OOM);
	if (kmc_counter_margin(c->over) >= c->nr || dying(c->cpu))
		return true;
	return kmc_memcg_kill(c->over);
}

/* A limit was hit and the request may wait. Return: worth another try. */
static bool make_room(struct charge *c)
{
	uint64_t reclaimed;

	kmc_memcg_event(c->over, EVENT_MAX);
	c->raised = true;
	reclaimed = reclaim(c, c->over, c->nr);
	if (kmc_counter_margin(c->over) >= c->nr)
		return true;
	if (!c->drained) {
		kmc_stock_drain_all(c->cpu, c->over);
		c->drained = true;
		return true;
	}
	if (KMC_PLANTED(group_gives_up))
		return false;
	if ((c->gfp & __GFP_NORETRY) && !KMC_PLANTED(group_noretry_retries))
		return false;
	if (reclaimed && c->nr <= 1u << 3)
		return true;
	if (c->rounds) {
		c->rounds--;
		return true;
	}
	if ((c->gfp & __GFP_RETRY_MAYFAIL) || (c->killed && dying(c->cpu)))
		return false;
	if (!out_of_memory(c))
		return false;
	c->killed = true;
	c->rounds = MAX_RECLAIM_RETRIES;
	return true;
}

/* No room. Return: 0 when the request may go above the limit. */
static int force(struct charge *c, bool always)
{
	if (!always && !(c->gfp & (__GFP_NOFAIL | (KMC_PLANTED(high_not_forced) ? 0 : __GFP_HIGH))))
		return -1;
	if (!c->raised)
		kmc_memcg_event(c->over, EVENT_MAX);
	kmc_counter_charge(c->memcg, c->nr);
	c->batch = 0;
	return 0;
}

/* memory.high */

static uint64_t over_high(const struct mem_cgroup *memcg, struct mem_cgroup **where)
{
	for (; !kmc_memcg_is_root(memcg); memcg = kmc_memcg_parent(memcg))
		if (memcg_read(&memcg->usage) > memcg_read(&memcg->high)) {
			*where = (struct mem_cgroup *)memcg;
			return memcg_read(&memcg->usage) - memcg_read(&memcg->high);
		}
	return 0;
}

static void reclaim_high(struct charge *c, uint64_t nr)
{
	struct mem_cgroup *memcg = c->memcg;

	for (; !kmc_memcg_is_root(memcg); memcg = kmc_memcg_parent(memcg))
		if (memcg_read(&memcg->usage) > memcg_read(&memcg->high)) {
			kmc_memcg_event(memcg, EVENT_HIGH);
			reclaim(c, memcg, nr);
		}
}

/*
 * Grows with the square of the overage, taken as a fraction of the limit, and with what
 * the task charged. In ticks of 1 ms; two seconds at most. Rule: MCG-12. Model: exact.
 */
static uint64_t penalty_ms(const struct mem_cgroup *memcg, uint64_t nr)
{
	uint64_t high = memcg_read(&memcg->high), usage = memcg_read(&memcg->usage);
	uint64_t overage, penalty;

	if (usage <= high)
		return 0;
	overage = ((usage - high) << 20) / (high ? high : 1);
	if (overage >> 27)
		return 2000;
	penalty = (overage * overage * 1000) >> 20 >> 14;
	penalty = penalty * nr / MEMCG_CHARGE_BATCH;
	return penalty < 2000 ? penalty : 2000;
}

static void note_over_high(struct charge *c)
{
	struct kmc_memcg_state *state = c->cpu->sim->memcg;
	uint32_t *noted = &state->task_over_high[c->cpu->task->id];
	struct mem_cgroup *where;

	if (!over_high(c->memcg, &where))
		return;
	kmc_touch(c->cpu->sim, noted, sizeof(*noted));
	*noted += (uint32_t)c->batch;
	if (*noted > MEMCG_CHARGE_BATCH && !(c->cpu->task->flags & KMC_PF_MEMALLOC) &&
	    (c->gfp & __GFP_DIRECT_RECLAIM))
		reclaim_high(c, *noted);
}

/* Rule: MCG-12. Model: simplified: one round of reclaim, then the delay. */
uint64_t kmc_sim_memcg_return_to_user(void)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct charge c = { .cpu = cpu, .gfp = GFP_KERNEL };
	uint64_t worst = 0, nr;
	uint32_t *noted;

	KMC_BUG_ON(!cpu);
	if (!cpu->sim->memcg || !cpu->sim->memcg->task_over_high[cpu->task->id])
		return 0;
	noted = &cpu->sim->memcg->task_over_high[cpu->task->id];
	kmc_touch(cpu->sim, noted, sizeof(*noted));
	nr = *noted;
	*noted = 0;
	c.memcg = kmc_memcg_owner(cpu->sim, cpu->sim->memcg->task_group[cpu->task->id]);
	reclaim_high(&c, nr);
	for (; !kmc_memcg_is_root(c.memcg); c.memcg = kmc_memcg_parent(c.memcg))
		if (penalty_ms(c.memcg, nr) > worst)
			worst = penalty_ms(c.memcg, nr);
	if (worst <= 10)
		return 0;
	if (KMC_PLANTED(return_waits_long))
		worst = 3000;
	kmc_sim_clock_advance(cpu->sim, worst * 1000000);
	return worst * 1000000;
}

/* Model: exact (R-11, 6.1 to 6.18; reclaim and the killer are what the machine was given). */
int kmc_memcg_try_charge(struct kmc_cpu *cpu, struct mem_cgroup *memcg, gfp_t gfp, uint64_t nr)
{
	struct charge c = { .cpu = cpu, .memcg = memcg, .gfp = gfp, .nr = nr,
			    .rounds = MAX_RECLAIM_RETRIES };

	if (kmc_memcg_is_root(memcg))
		return 0;
	while (!counted(&c)) {
		if ((cpu->task->flags & KMC_PF_MEMALLOC) && KMC_PLANTED(reclaimer_not_forced))
			return -1;
		if (cpu->task->flags & KMC_PF_MEMALLOC)
			return force(&c, true);
		if ((!(gfp & __GFP_DIRECT_RECLAIM) && !KMC_PLANTED(group_waits_for_all)) ||
		    !make_room(&c))
			return force(&c, false);
	}
	if (c.batch > nr)
		kmc_stock_refill(cpu, memcg, c.batch - nr);
	if (c.batch)
		note_over_high(&c);
	return 0;
}
