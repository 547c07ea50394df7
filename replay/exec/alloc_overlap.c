/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Overlapping calls on alloc: each cpu a coroutine that runs its ops. The
 * executor knows one call under way; that one is exchanged whenever another
 * coroutine goes on. What an op waits for always has a lower number than
 * itself, so nobody waits for ever.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "exec/overlap.h"
#include "target_alloc.h"

/* What the executor knows of the call under way. */
struct strand {
	struct overlap *all;
	unsigned int cpu;
	size_t at; /* the op it is in, or comes to next */
	/* kept while another strand runs */
	struct kmc_event open;
	bool begun, released_inline, hung, died;
	uint32_t parent;
	const struct kmc_sink *sink; /* NULL: it is in no call */
	void **bulk;
	void *room[KMC_NR_SLOTS];
};

enum { TO_RUN, DONE };

struct overlap {
	struct kmc_exec *exec;
	struct kmc_op *ops;
	uint8_t *state; /* of each op */
	size_t nr;
	const struct kmc_sink *sink;
	struct strand *strands[KMC_OVERLAP_MAX_CPUS];
	struct strand *running;
	kmc_overlap_pick_fn pick;
	void *arg;
};

/* what may overlap */

/* Calls whose work is their own object's, or the allocator's to keep apart. */
static bool overlaps(unsigned int code)
{
	const struct kmc_plan *plan = kmc_plan_of(code);

	switch (code) {
	case KMC_OP_KMEM_CACHE_ALLOC:
	case KMC_OP_KMEM_CACHE_ALLOC_NODE:
	case KMC_OP_KMEM_CACHE_ZALLOC:
	case KMC_OP_KMEM_CACHE_ALLOC_BULK:
	case KMC_OP_KMEM_CACHE_SHRINK:
	case KMC_OP_ALLOC_PAGES:
	case KMC_OP_ALLOC_PAGES_NODE:
	case KMC_OP_GET_FREE_PAGES:
	case KMC_OP_GET_ZEROED_PAGE:
	case KMC_OP_FOLIO_ALLOC:
	case KMC_OP_VMALLOC:
	case KMC_OP_VZALLOC:
	case KMC_OP_KVMALLOC:
	case KMC_OP_RCU_READ_LOCK:
	case KMC_OP_RCU_READ_UNLOCK:
	case KMC_OP_RCU_GRACE_PERIOD:
	case KMC_OP_CLOCK_ADVANCE:
	case KMC_OP_CPU_FLUSH:
	case KMC_OP_DRAIN_ALL_PAGES:
		return true;
	}
	return plan->is_free ? plan->src.kind != KMC_SLOT_POOL :
			       plan->family == KMC_OPF_KMALLOC || plan->family == KMC_OPF_MEMORY;
}

/* Handles are shared by those who only use them. */
static bool is_shared(unsigned int code, const struct kmc_operand *want)
{
	return want->kind == KMC_SLOT_CACHE && overlaps(code);
}

struct slots {
	uint32_t first, nr;
	bool shared;
};

/* The slots that an op names, at most three runs. */
static unsigned int slots_of(const struct kmc_op *op, struct slots out[3])
{
	const struct kmc_plan *plan = kmc_plan_of(op->code);
	const struct kmc_operand *want[3] = { &plan->src, &plan->dst, &plan->third };
	const uint16_t number[3] = { op->src, op->dst, op->third };
	unsigned int nr = 0;

	for (unsigned int i = 0; i < 3; i++) {
		bool result = i == 1 && plan->result != KMC_RES_NONE;
		bool run = want[i]->range || (result && plan->result == KMC_RES_BULK);

		if (number[i] == KMC_NO_SLOT || (!want[i]->kind && !result))
			continue;
		out[nr++] = (struct slots){ number[i], run && op->a < KMC_NR_SLOTS ?
							       (uint32_t)op->a : 1,
					    !result && is_shared(op->code, want[i]) };
	}
	return nr;
}

static bool conflict(const struct kmc_op *a, const struct kmc_op *b)
{
	struct slots of_a[3], of_b[3];
	unsigned int nr_a, nr_b;

	if (!overlaps(a->code) || !overlaps(b->code))
		return true;
	nr_a = slots_of(a, of_a);
	nr_b = slots_of(b, of_b);
	for (unsigned int i = 0; i < nr_a; i++)
		for (unsigned int k = 0; k < nr_b; k++)
			if (!(of_a[i].shared && of_b[k].shared) &&
			    of_a[i].first < of_b[k].first + of_b[k].nr &&
			    of_b[k].first < of_a[i].first + of_a[i].nr)
				return true;
	return false;
}

static bool must_wait(const struct overlap *all, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (all->state[i] != DONE && all->ops[i].cpu != all->ops[at].cpu &&
		    conflict(&all->ops[i], &all->ops[at]))
			return true;
	return false;
}

/* changing strands */

static void put_away(struct strand *strand)
{
	struct kmc_exec *exec = strand->all->exec;
	struct alloc_state *state = kmc_alloc_state(exec);

	strand->open = exec->open;
	strand->begun = exec->begun;
	strand->released_inline = exec->released_inline;
	strand->parent = exec->parent;
	strand->sink = exec->sink;
	strand->bulk = exec->bulk;
	strand->hung = state->hung;
	strand->died = state->died;
}

static void take_up(struct strand *strand)
{
	struct kmc_exec *exec = strand->all->exec;
	struct alloc_state *state = kmc_alloc_state(exec);

	strand->all->running = strand;
	exec->open = strand->open;
	exec->begun = strand->begun;
	exec->released_inline = strand->released_inline;
	exec->parent = strand->parent;
	exec->sink = strand->sink;
	exec->bulk = strand->bulk;
	state->hung = strand->hung;
	state->died = strand->died;
	state->cpu = (int)strand->cpu;
}

static unsigned int pick(void *arg, unsigned int cpu, const char *point, uint64_t runnable)
{
	struct overlap *all = arg;
	struct strand *here = all->strands[cpu];
	uint64_t choice = runnable;
	unsigned int next;

	/* Who waits lets others run. */
	if (!strcmp(point, "op_wait") && runnable & ~(1ull << cpu))
		choice &= ~(1ull << cpu);
	next = all->pick(all->arg, cpu, here->at, point, choice);
	if (next >= KMC_OVERLAP_MAX_CPUS || !(choice >> next & 1))
		next = (unsigned int)__builtin_ctzll(choice);
	if (all->strands[next] != all->running) {
		if (all->running)
			put_away(all->running);
		take_up(all->strands[next]);
	}
	return next;
}

/*
 * A cpu that waits for its turn is given up: others may flush it, and nobody
 * who waits for what runs on cpus waits for it.
 */
static void wait_for_others(struct strand *strand)
{
	struct overlap *all = strand->all;

	if (!must_wait(all, strand->at))
		return;
	kmc_sim_unbind();
	do
		kmc_co_yield("op_wait");
	while (must_wait(all, strand->at));
	kmc_sim_run_as(NULL); /* the scheduler has put it back */
	kmc_sim_bind(kmc_alloc_state(all->exec)->sim, strand->cpu);
}

static void run_cpu(void *arg)
{
	struct strand *strand = arg;
	struct overlap *all = strand->all;

	for (; strand->at < all->nr; strand->at++) {
		if (all->ops[strand->at].cpu != strand->cpu)
			continue;
		kmc_co_yield("op");
		wait_for_others(strand);
		all->exec->sink = all->sink;
		kmc_exec_step(all->exec, &all->ops[strand->at]);
		all->exec->sink = NULL;
		all->state[strand->at] = DONE;
	}
}

/* the run */

static bool left_out(unsigned int code)
{
	return code == KMC_OP_SNAPSHOT || code == KMC_OP_RESTORE || code == KMC_OP_CPU_BIND ||
	       code == KMC_OP_CPU_UNBIND || code == KMC_OP_YIELD;
}

static int take_ops(struct overlap *all, const struct kmc_op *ops, size_t nr)
{
	unsigned int cpus = all->exec->caps.machine.nr_cpus;

	if (cpus > KMC_OVERLAP_MAX_CPUS)
		cpus = KMC_OVERLAP_MAX_CPUS;
	all->ops = calloc(nr + 1, sizeof(*all->ops));
	all->state = calloc(nr + 1, 1);
	if (!all->ops || !all->state)
		return -ENOMEM;
	for (size_t i = 0; i < nr; i++) {
		struct kmc_op *op = &all->ops[all->nr];

		if (left_out(ops[i].code))
			continue;
		*op = ops[i];
		op->cpu = (uint8_t)(op->cpu % cpus);
		op->task = (uint8_t)(op->task % 8 * 8 + op->cpu);
		all->nr++;
	}
	return 0;
}

/* One for each cpu that has ops. Return: their number, -ENOMEM. */
static int make_strands(struct overlap *all, struct kmc_co cos[KMC_OVERLAP_MAX_CPUS])
{
	int nr = 0;

	for (size_t i = 0; i < all->nr; i++) {
		unsigned int cpu = all->ops[i].cpu;
		struct strand *strand;

		if (all->strands[cpu])
			continue;
		strand = calloc(1, sizeof(*strand));
		if (!strand)
			return -ENOMEM;
		strand->all = all;
		strand->cpu = cpu;
		strand->bulk = strand->room;
		all->strands[cpu] = strand;
		cos[nr++] = (struct kmc_co){ cpu, run_cpu, strand };
	}
	return nr;
}

static int run_strands(struct overlap *all)
{
	struct kmc_co cos[KMC_OVERLAP_MAX_CPUS];
	struct alloc_state *state = kmc_alloc_state(all->exec);
	int nr = make_strands(all, cos);
	int err;

	if (nr <= 0)
		return nr;
	kmc_sim_unbind();
	err = kmc_co_run(state->sim, cos, (unsigned int)nr, pick, all);
	if (kmc_sim_bind_all(state->sim))
		return -EBUSY;
	state->cpu = -1;
	return err;
}

int kmc_overlap_run(struct kmc_target *target, const struct kmc_op *ops, size_t nr,
		    const struct kmc_sink *sink, kmc_overlap_pick_fn pick_fn, void *arg)
{
	struct overlap all = { .exec = (struct kmc_exec *)target, .sink = sink,
			       .pick = pick_fn, .arg = arg };
	int err = take_ops(&all, ops, nr);

	if (!err) {
		all.exec->overlapping = true;
		err = run_strands(&all);
		all.exec->overlapping = false;
		all.exec->bulk = all.exec->bulk_room;
		all.exec->parent = 0;
		all.exec->sink = NULL;
	}
	for (unsigned int i = 0; i < KMC_OVERLAP_MAX_CPUS; i++)
		free(all.strands[i]);
	free(all.ops);
	free(all.state);
	return err;
}
