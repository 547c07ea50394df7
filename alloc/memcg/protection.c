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

static bool below(const struct mem_cgroup *memcg, const struct mem_cgroup *top)
{
	while (memcg != top && !kmc_memcg_is_root(memcg))
		memcg = kmc_memcg_parent(memcg);
	return memcg == top;
}

bool kmc_memcg_task_below(struct kmc_sim *sim, unsigned int task, const struct mem_cgroup *memcg)
{
	return below(kmc_memcg_owner(sim, sim->memcg->task_group[task]), memcg);
}

bool kmc_memcg_page_below(struct kmc_sim *sim, const struct page *page,
			  const struct mem_cgroup *memcg)
{
	return below(payer_of(sim, page), memcg);
}

/* No more than those between have. */
static uint64_t effective_low(const struct mem_cgroup *memcg, const struct mem_cgroup *target)
{
	uint64_t low = memcg_read(&memcg->low);

	for (;;) {
		memcg = kmc_memcg_parent(memcg);
		if (memcg == target || kmc_memcg_is_root(memcg))
			return low;
		if (memcg_read(&memcg->low) < low)
			low = memcg_read(&memcg->low);
	}
}

/* The group whose memory.low keeps the page; NULL none. */
static struct mem_cgroup *protector(struct kmc_sim *sim, const struct page *page,
				    const struct mem_cgroup *target)
{
	struct mem_cgroup *memcg = payer_of(sim, page);
	uint64_t low;

	if (memcg == target || kmc_memcg_is_root(memcg))
		return NULL;
	low = effective_low(memcg, target);
	return low && memcg_read(&memcg->usage) <= low ? memcg : NULL;
}

bool kmc_memcg_page_protected(struct kmc_sim *sim, const struct page *page,
			      const struct mem_cgroup *target)
{
	return protector(sim, page, target);
}

void kmc_memcg_low_breached(struct kmc_sim *sim, const struct page *page,
			    const struct mem_cgroup *target)
{
	struct mem_cgroup *memcg = protector(sim, page, target);

	if (memcg)
		kmc_memcg_event(memcg, EVENT_LOW);
}

uint64_t kmc_memcg_max_pages(const struct mem_cgroup *memcg)
{
	return memcg_read(&memcg->max);
}
