/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RCU of a machine: boot, what runs when it may, the digest, facts for observers.
 */
#include <string.h>
#include "rcu_core.h"
#include "slub_core.h"

size_t kmc_rcu_arena_bytes(const struct kmc_sim_config *config)
{
	(void)config;
	return sizeof(struct kmc_rcu_state) + PAGE_SIZE;
}

void kmc_rcu_boot(struct kmc_sim *sim)
{
	sim->rcu = kmc_arena_alloc(sim, sizeof(*sim->rcu), PAGE_SIZE);
}

void kmc_rcu_released(struct kmc_cpu *cpu, const void *ptr)
{
	struct kmc_tp tp = { .id = KMC_TP_RELEASED, .ptr = ptr, .node = -1, .pfn = UINT64_MAX };

	if (KMC_PLANTED(rcu_start_lost))
		tp.ptr = (const char *)ptr + sizeof(void *);
	kmc_trace_emit(cpu->sim, &tp);
}

void kmc_rcu_work_begin(struct kmc_cpu *cpu)
{
	struct kmc_rcu_state *st = cpu->sim->rcu;

	kmc_touch(cpu->sim, &st->working, sizeof(st->working));
	kmc_touch(cpu->sim, &st->cpus[cpu->id].working, sizeof(uint32_t));
	st->cpus[cpu->id].working++;
	atomic_fetch_add(&st->working, 1);
}

void kmc_rcu_work_end(struct kmc_cpu *cpu)
{
	struct kmc_rcu_state *st = cpu->sim->rcu;

	atomic_fetch_sub(&st->working, 1);
	st->cpus[cpu->id].working--;
}

void kmc_rcu_await_works(struct kmc_cpu *cpu)
{
	struct kmc_rcu_state *st = cpu->sim->rcu;

	while (atomic_load(&st->working) != st->cpus[cpu->id].working)
		if (!kmc_let_others_run(cpu))
			break;
}

/*
 * Everything goes round until nothing moves: a freed batch makes room for the next.
 * A kernel does this in workers of its own, in task context, whoever sent for them.
 */
void kmc_rcu_run(struct kmc_cpu *cpu)
{
	enum kmc_sim_context context = cpu->context;
	bool any;

	kmc_sim_set_context(KMC_IN_TASK);
	kmc_slab_run_deferred(cpu);
	do {
		any = kmc_rcu_run_callbacks(cpu);
		any |= kmc_rcu_run_batches(cpu, false);
		any |= kmc_rcu_run_sheaves(cpu, false);
		any |= kmc_rcu_run_slabs(cpu);
		any |= kmc_rcu_period_by_clock(cpu->sim);
	} while (any);
	kmc_sim_set_context(context);
}

void kmc_rcu_clock_advanced(struct kmc_sim *sim)
{
	struct kmc_cpu *cpu = kmc_this_cpu;

	if (cpu && cpu->sim == sim) {
		kmc_attention(cpu);
		kmc_rcu_run(cpu);
	}
}

/* facts */

static void add_sheaves(const struct kmc_sheaf *sheaf, struct kmc_rcu_info *info)
{
	for (; sheaf; sheaf = sheaf->next)
		info->in_sheaves += sheaf->count;
}

static void add_batch(struct kmc_sim *sim, const struct kmc_rcu_batch *b, struct kmc_rcu_info *info)
{
	info->in_pages += kmc_rcu_pages_of(sim, b, &info->batch_pages);
	info->in_lists += b->nr_list;
}

void kmc_sim_rcu_info(struct kmc_sim *sim, struct kmc_rcu_info *info)
{
	struct kmc_rcu_state *st = sim->rcu;

	*info = (struct kmc_rcu_info){ .started = atomic_load(&st->started),
				       .done = atomic_load(&st->done) };
	for (unsigned int task = 0; task < KMC_SIM_MAX_TASKS; task++)
		info->readers += atomic_load(&st->readers[task]) != 0;
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		struct kmc_rcu_cpu *rc = &st->cpus[i];

		info->callbacks += rc->waiting.nr + rc->next.nr;
		info->cached_pages += rc->nr_cached;
		add_batch(sim, &rc->filling, info);
		for (unsigned int b = 0; b < RCU_BATCHES; b++)
			add_batch(sim, &rc->batches[b], info);
		add_sheaves(rc->sheaves, info);
		add_sheaves(rc->full_sheaves, info);
	}
	info->slabs = st->waiting_slabs.nr + st->next_slabs.nr;
}

/* the digest */

static uint64_t hash_batch(struct kmc_sim *sim, const struct kmc_rcu_batch *b, uint64_t h)
{
	for (unsigned int channel = 0; channel < RCU_CHANNELS; channel++)
		for (uint64_t p = b->pages[channel]; p; p = kmc_batch_page_next(sim, p)) {
			h = kmc_hash_word(h, p);
			h = kmc_hash_word(h, kmc_batch_page_count(sim, p));
		}
	h = kmc_hash_word(h, b->list);
	h = kmc_hash_word(h, b->nr_blocks);
	return kmc_hash_word(h, b->cookie);
}

static uint64_t hash_sheaves(struct kmc_sim *sim, const struct kmc_sheaf *sheaf, uint64_t h)
{
	for (; sheaf; sheaf = sheaf->next) {
		h = kmc_hash_word(h, sheaf->unused[0]);
		for (uint32_t i = 0; i < sheaf->count; i++)
			h = kmc_hash_word(h, kmc_sim_address(sim, sheaf->objects[i]));
	}
	return h;
}

static uint64_t hash_cpu(struct kmc_sim *sim, const struct kmc_rcu_cpu *rc, uint64_t h)
{
	h = kmc_hash_word(h, rc->waiting.nr << 32 | rc->next.nr);
	h = kmc_hash_word(h, rc->drain_armed ? rc->drain_due_ns : 0);
	h = kmc_hash_word(h, rc->nr_cached | (uint64_t)rc->want_pages << 32);
	h = hash_batch(sim, &rc->filling, h);
	for (unsigned int b = 0; b < RCU_BATCHES; b++)
		h = hash_batch(sim, &rc->batches[b], h);
	h = hash_sheaves(sim, rc->sheaves, h);
	return hash_sheaves(sim, rc->full_sheaves, h);
}

static uint64_t hash_slabs(struct kmc_sim *sim, uint32_t pfn, uint64_t h)
{
	for (; pfn; pfn = pfn_to_page_in(sim, pfn)->link.next)
		h = kmc_hash_word(h, pfn);
	return h;
}

/* Nobody ever read, and nothing was ever queued: it would have needed a period. */
static bool never_used(struct kmc_rcu_state *st)
{
	bool readers = false;

	for (unsigned int task = 0; task < KMC_SIM_MAX_TASKS; task++)
		readers |= st->nesting[task] != 0;
	return !readers && !atomic_load(&st->started) && !atomic_load(&st->pending);
}

/* Adds nothing where RCU was not used. */
uint64_t kmc_rcu_hash(struct kmc_sim *sim, uint64_t h)
{
	struct kmc_rcu_state *st = sim->rcu;

	if (never_used(st))
		return h;
	h = kmc_hash_word(h, atomic_load(&st->started));
	h = kmc_hash_word(h, atomic_load(&st->done));
	for (unsigned int task = 0; task < KMC_SIM_MAX_TASKS; task++)
		h = kmc_hash_word(h, (uint64_t)atomic_load(&st->readers[task]) << 8 |
					     st->nesting[task]);
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		h = hash_cpu(sim, &st->cpus[i], h);
	h = hash_slabs(sim, st->waiting_slabs.first, h);
	return hash_slabs(sim, st->next_slabs.first, h);
}
