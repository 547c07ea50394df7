/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Whose a page or task is, seen from a group above, and what memory.min and memory.low
 * keep of a group, seen from whoever reclaims.
 *
 * A child of the reclaiming group has what it was given. Further down a group has as much
 * of that as it uses (what it claims), and siblings that claim more than their parent has
 * share it out by what each of them claims. What no child claims is shared out by what each
 * uses beyond its claim, if cgroup2 is mounted so: KMC_OPT_MEMCG_RECURSIVE.
 *
 * Model: exact (6.18; worked out anew each time, where a kernel keeps what it found last).
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

static unsigned int nr_groups(const struct kmc_sim *sim)
{
	return __atomic_load_n(&sim->memcg->nr_groups, __ATOMIC_ACQUIRE);
}

bool kmc_memcg_has_cache(const struct mem_cgroup *memcg)
{
	for (unsigned int i = 1; i < nr_groups(memcg->sim); i++)
		if (memcg_read(&kmc_memcg_at(memcg->sim, i)->cache_pages) &&
		    kmc_memcg_is_below(kmc_memcg_owner(memcg->sim, i), memcg))
			return true;
	return false;
}

/* shares */

enum protection { KEEPS_MIN, KEEPS_LOW };

static uint64_t setting(const struct mem_cgroup *memcg, enum protection which)
{
	return memcg_read(which == KEEPS_MIN ? &memcg->min : &memcg->low);
}

static uint64_t lesser(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t claim(const struct mem_cgroup *memcg, enum protection which)
{
	return lesser(memcg_read(&memcg->usage), setting(memcg, which));
}

static uint64_t childrens_claims(const struct mem_cgroup *parent, enum protection which)
{
	uint64_t sum = 0;

	for (unsigned int i = 1; i < nr_groups(parent->sim); i++) {
		const struct mem_cgroup *memcg = kmc_memcg_at(parent->sim, i);

		if (memcg->parent == parent->index)
			sum += claim(memcg, which);
	}
	return sum;
}

/* More than is used beyond the claims is no more than all of it. */
static uint64_t unclaimed_share(const struct mem_cgroup *memcg, uint64_t own, uint64_t afforded,
				uint64_t claims)
{
	uint64_t usage = memcg_read(&memcg->usage);
	uint64_t parents = memcg_read(&kmc_memcg_parent(memcg)->usage);

	if (!memcg->sim->memcg->recursive || afforded <= claims || parents <= claims || usage <= own)
		return 0;
	return lesser(afforded - claims, parents - claims) * (usage - own) / (parents - claims);
}

static uint64_t effective(const struct mem_cgroup *memcg, const struct mem_cgroup *target,
			  enum protection which)
{
	const struct mem_cgroup *parent;
	uint64_t afforded, claims, own;

	if (memcg == target || kmc_memcg_is_root(memcg))
		return 0;
	parent = kmc_memcg_parent(memcg);
	if (parent == target || kmc_memcg_is_root(parent))
		return setting(memcg, which);
	afforded = effective(parent, target, which);
	claims = childrens_claims(parent, which);
	own = claim(memcg, which);
	if (claims > afforded)
		return own * afforded / claims;
	return own + unclaimed_share(memcg, own, afforded, claims);
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
	guard->low = guard->below ? effective(memcg, guard->target, KEEPS_LOW) : 0;
	guard->min = guard->below ? effective(memcg, guard->target, KEEPS_MIN) : 0;
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
