/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Slabs of type-safe caches: a slab that became superfluous stays a slab of its
 * cache until every reader of now is gone (KC-13), then its pages go back. The
 * cache's own slot is not given away before that (KC-28).
 */
#include "rcu_core.h"
#include "slub_core.h"

static void chain_slab(struct kmc_rcu_slabs *list, uint32_t pfn, struct page *slab, uint64_t cookie)
{
	slab->link.next = list->first;
	slab->link.prev = 0;
	list->first = pfn;
	list->nr++;
	list->cookie = cookie;
}

/* Rule: KC-13. Model: exact (6.1 to 6.18). */
void kmc_rcu_slab_queue(struct kmc_cpu *cpu, struct page *slab)
{
	struct kmc_sim *sim = cpu->sim;
	struct kmc_rcu_state *st = sim->rcu;
	struct kmem_cache *s = slab->slab.cache;
	struct kmc_rcu_slabs *list;
	uint64_t cookie;

	kmc_touch(sim, st, offsetof(struct kmc_rcu_state, cpus));
	kmc_touch(sim, slab, sizeof(*slab));
	kmc_touch(sim, s, sizeof(*s));
	kmc_lock_take(&st->lock);
	cookie = kmc_rcu_cookie(st);
	list = !st->waiting_slabs.first || st->waiting_slabs.cookie == cookie ?
		       &st->waiting_slabs : &st->next_slabs;
	chain_slab(list, (uint32_t)page_to_pfn_in(sim, slab), slab, cookie);
	s->rcu_slabs++;
	kmc_rcu_pending_add(sim, 1);
	kmc_lock_drop(&st->lock);
	kmc_rcu_want_period(sim, kmc_sim_clock_ns(sim));
}

static uint32_t take_ready(struct kmc_sim *sim)
{
	struct kmc_rcu_state *st = sim->rcu;
	uint32_t first = 0;

	kmc_touch(sim, st, offsetof(struct kmc_rcu_state, cpus));
	kmc_lock_take(&st->lock);
	if (st->waiting_slabs.first && kmc_rcu_elapsed(st, st->waiting_slabs.cookie)) {
		first = st->waiting_slabs.first;
		st->waiting_slabs = st->next_slabs;
		st->next_slabs = (struct kmc_rcu_slabs){ 0 };
	}
	kmc_lock_drop(&st->lock);
	return first;
}

/* The last slab of a destroyed cache frees the cache. Rule: KC-28. Model: exact. */
static void cache_lost_slab(struct kmc_sim *sim, struct kmem_cache *s)
{
	bool last;

	kmc_touch(sim, s, sizeof(*s));
	kmc_lock_take(&sim->rcu->lock);
	last = --s->rcu_slabs == 0;
	kmc_rcu_pending_add(sim, -1);
	kmc_lock_drop(&sim->rcu->lock);
	if (!last)
		return;
	kmc_lock_take(&sim->slab->caches_lock);
	if (s->life == CACHE_RELEASING)
		s->life = CACHE_NONE;
	kmc_lock_drop(&sim->slab->caches_lock);
}

bool kmc_rcu_cache_has_slabs(struct kmc_sim *sim, const struct kmem_cache *s)
{
	bool has;

	kmc_touch(sim, &sim->rcu->lock, sizeof(sim->rcu->lock));
	kmc_lock_take(&sim->rcu->lock);
	has = s->rcu_slabs != 0;
	kmc_lock_drop(&sim->rcu->lock);
	return has;
}

static void say_pages_back(struct kmc_cpu *cpu, const struct page *slab)
{
	struct kmc_tp tp = {
		.id = KMC_TP_PAGES_BACK,
		.ptr = pfn_to_virt_in(cpu->sim, page_to_pfn_in(cpu->sim, slab)),
		.bytes_req = PAGE_SIZE << slab->order,
		.node = -1,
		.pfn = UINT64_MAX,
	};

	kmc_trace_emit(cpu->sim, &tp);
}

bool kmc_rcu_run_slabs(struct kmc_cpu *cpu)
{
	bool any = false;
	uint32_t pfn;

	kmc_rcu_work_begin(cpu);
	while ((pfn = take_ready(cpu->sim))) {
		any = true;
		while (pfn) {
			struct page *slab = pfn_to_page_in(cpu->sim, pfn);
			struct kmem_cache *s = slab->slab.cache;

			pfn = slab->link.next;
			kmc_yield_point("rcu_slab_taken");
			say_pages_back(cpu, slab);
			kmc_slab_release(cpu, slab);
			cache_lost_slab(cpu->sim, s);
		}
	}
	kmc_rcu_work_end(cpu);
	return any;
}
