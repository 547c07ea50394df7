/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose a page or task is, seen from a group above, and whether memory.low keeps a
 * page: it does while its group uses no more than its memory.low, and than that of
 * each group between it and whoever reclaims.
 *
 * Model: simplified: siblings do not share out what their parent has, protection
 * that nobody below claims stays unused, and there is no memory.min.
 */
#include "memcg_core.h"

static struct mem_cgroup *payer_of(struct kmc_sim *sim, const struct page *page)
{
	return page->flags & PGF_ACCOUNTED ?
		       kmc_memcg_owner(sim, (unsigned int)sim->memcg->data[page - sim->pages]) :
		       kmc_memcg_at(sim, 0);
}

bool kmc_memcg_is_below(const struct mem_cgroup *memcg, const struct mem_cgroup *top)
{
	while (memcg != top && !kmc_memcg_is_root(memcg))
		memcg = kmc_memcg_parent(memcg);
	return memcg == top;
}

bool kmc_memcg_task_below(struct kmc_sim *sim, unsigned int task, const struct mem_cgroup *memcg)
{
	return kmc_memcg_is_below(kmc_memcg_owner(sim, sim->memcg->task_group[task]), memcg);
}

bool kmc_memcg_has_cache(const struct mem_cgroup *memcg)
{
	unsigned int nr = __atomic_load_n(&memcg->sim->memcg->nr_groups, __ATOMIC_ACQUIRE);

	for (unsigned int i = 1; i < nr; i++)
		if (memcg_read(&kmc_memcg_at(memcg->sim, i)->cache_pages) &&
		    kmc_memcg_is_below(kmc_memcg_owner(memcg->sim, i), memcg))
			return true;
	return false;
}

/* No more than those between have. */
static uint64_t effective_low(const struct mem_cgroup *memcg, const struct mem_cgroup *target)
{
	uint64_t low = memcg_read(&memcg->low);

	if (memcg == target || kmc_memcg_is_root(memcg))
		return 0;
	for (;;) {
		memcg = kmc_memcg_parent(memcg);
		if (memcg == target || kmc_memcg_is_root(memcg))
			return low;
		if (memcg_read(&memcg->low) < low)
			low = memcg_read(&memcg->low);
	}
}

void kmc_memcg_guard_page(struct kmc_sim *sim, const struct page *page,
			  struct kmc_memcg_guard *guard)
{
	struct mem_cgroup *memcg = payer_of(sim, page);

	if (guard->memcg == memcg)
		return;
	guard->memcg = memcg;
	guard->told = false;
	guard->below = !guard->target || kmc_memcg_is_below(memcg, guard->target);
	guard->usage = memcg_read(&memcg->usage);
	guard->low = guard->below ? effective_low(memcg, guard->target) : 0;
	guard->min = 0;
}

void kmc_memcg_low_breached(struct mem_cgroup *memcg)
{
	kmc_memcg_event(memcg, EVENT_LOW);
}

unsigned int kmc_memcg_index(const struct mem_cgroup *memcg)
{
	return memcg->index;
}

uint64_t kmc_memcg_max_pages(const struct mem_cgroup *memcg)
{
	return memcg_read(&memcg->max);
}
