/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Facts, digest and identity I-13: what the counters say is what pages, objects
 * and stocks add up to. Exact while no other thread acts on the machine.
 */
#include "memcg_core.h"

static uint64_t stock_pages(const struct kmc_sim *sim, unsigned int group)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		for (unsigned int j = 0; j < NR_MEMCG_STOCK; j++)
			if (sim->memcg->stocks[i].group[j] == group)
				pages += sim->memcg->stocks[i].nr_pages[j];
	return pages;
}

static uint64_t stock_bytes(const struct kmc_sim *sim, unsigned int group)
{
	uint64_t bytes = 0;

	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		if (sim->memcg->stocks[i].obj_group == group)
			bytes += sim->memcg->stocks[i].obj_bytes;
	return bytes;
}

void kmc_sim_memcg_info(const struct mem_cgroup *memcg, struct kmc_memcg_info *info)
{
	*info = (struct kmc_memcg_info){
		.index = memcg->index,
		.online = atomic_load_explicit(&memcg->online, memory_order_relaxed),
		.usage_pages = memcg_read(&memcg->usage),
		.max_pages = memcg_read(&memcg->max),
		.high_pages = memcg_read(&memcg->high),
		.low_pages = memcg_read(&memcg->low),
		.min_pages = memcg_read(&memcg->min),
		.page_charges = memcg_read(&memcg->page_charges),
		.object_bytes = memcg_read(&memcg->object_bytes),
		.stock_pages = kmc_memcg_is_root(memcg) ? 0 : stock_pages(memcg->sim, memcg->index),
		.events_low = memcg_read(&memcg->events[EVENT_LOW]),
		.events_high = memcg_read(&memcg->events[EVENT_HIGH]),
		.events_max = memcg_read(&memcg->events[EVENT_MAX]),
		.events_oom = memcg_read(&memcg->events[EVENT_OOM]),
		.events_oom_kill = memcg_read(&memcg->events[EVENT_OOM_KILL]),
	};
}

/* Bytes that @memcg itself answers for. */
static uint64_t own_bytes(const struct mem_cgroup *memcg)
{
	return ((memcg_read(&memcg->page_charges) + stock_pages(memcg->sim, memcg->index))
		<< PAGE_SHIFT) +
	       memcg_read(&memcg->object_bytes) + memcg_read(&memcg->spare_bytes) +
	       stock_bytes(memcg->sim, memcg->index);
}

static void check_tree(struct kmc_sim *sim)
{
	struct kmc_memcg_state *state = sim->memcg;
	uint64_t children[KMC_MEMCG_MAX] = { 0 }, total = 0;

	for (unsigned int i = 1; i < state->nr_groups; i++) {
		struct mem_cgroup *memcg = kmc_memcg_at(sim, i);

		total += own_bytes(memcg);
		if (atomic_load(&memcg->online))
			children[memcg->parent] += memcg_read(&memcg->usage);
	}
	for (unsigned int i = 0; i < state->nr_groups; i++)
		KMC_BUG_ON(atomic_load(&kmc_memcg_at(sim, i)->online) &&
			   memcg_read(&kmc_memcg_at(sim, i)->usage) < children[i]);
	KMC_BUG_ON(total != memcg_read(&kmc_memcg_at(sim, 0)->usage) << PAGE_SHIFT);
}

static void check_stock(const struct memcg_stock *stock)
{
	for (unsigned int i = 0; i < NR_MEMCG_STOCK; i++) {
		KMC_BUG_ON(stock->nr_pages[i] > MEMCG_CHARGE_BATCH);
		KMC_BUG_ON(stock->nr_pages[i] && !stock->group[i]);
	}
}

/* Pages that carry the flag are what the groups count. */
static void check_pages(struct kmc_sim *sim)
{
	uint64_t counted = 0, found = 0, cache = 0;

	for (unsigned int i = 1; i < sim->memcg->nr_groups; i++) {
		counted += memcg_read(&kmc_memcg_at(sim, i)->page_charges);
		cache += memcg_read(&kmc_memcg_at(sim, i)->cache_pages);
	}
	if (!counted) {
		KMC_BUG_ON(cache);
		return;
	}
	for (uint64_t pfn = 0; pfn < sim->max_pfn; pfn++) {
		const struct page *page = &sim->pages[pfn];

		if (!(page->flags & PGF_ACCOUNTED))
			continue;
		found += 1ull << page->order;
		cache -= page->kind != FRAME_SLAB && sim->memcg->data[pfn] & DATA_CACHE;
	}
	KMC_BUG_ON(found != counted || cache);
}

void kmc_memcg_check(struct kmc_sim *sim)
{
	if (!sim->memcg || sim->memcg->nr_groups == 1)
		return;
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		check_stock(&sim->memcg->stocks[i]);
	check_tree(sim);
	check_pages(sim);
}

static uint64_t hash_group(uint64_t h, const struct mem_cgroup *memcg)
{
	const uint64_t words[] = {
		memcg->parent, atomic_load(&memcg->online), memcg->nr_tasks,
		memcg_read(&memcg->usage), memcg_read(&memcg->max), memcg_read(&memcg->high),
		memcg_read(&memcg->low), memcg_read(&memcg->page_charges),
		memcg_read(&memcg->object_bytes), memcg_read(&memcg->spare_bytes),
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		h = kmc_hash_word(h, words[i]);
	if (memcg_read(&memcg->min))
		h = kmc_hash_word(h, memcg_read(&memcg->min));
	if (memcg_read(&memcg->cache_pages))
		h = kmc_hash_word(h, memcg_read(&memcg->cache_pages));
	for (unsigned int i = 0; i < NR_MEMCG_EVENTS; i++)
		h = kmc_hash_word(h, memcg_read(&memcg->events[i]));
	return h;
}

static uint64_t hash_stock(uint64_t h, const struct memcg_stock *stock)
{
	for (unsigned int i = 0; i < NR_MEMCG_STOCK; i++)
		h = kmc_hash_word(h, (uint64_t)stock->group[i] << 32 | stock->nr_pages[i]);
	return kmc_hash_word(h, (uint64_t)stock->obj_group << 32 | stock->obj_bytes);
}

/* A machine in which no group was made digests as one without groups. */
uint64_t kmc_memcg_hash(struct kmc_sim *sim, uint64_t seed)
{
	struct kmc_memcg_state *state = sim->memcg;
	unsigned int mode = state ? 2u * state->recursive + state->populations : 0;
	uint64_t h = seed;

	if (!state || (state->nr_groups == 1 && !mode))
		return h;
	if (mode)
		h = kmc_hash_word(h, mode);
	for (unsigned int i = 0; i < state->nr_groups; i++)
		h = hash_group(h, &state->groups[i]);
	for (unsigned int i = 0; i < KMC_SIM_MAX_TASKS; i++)
		h = kmc_hash_word(h, (uint64_t)state->task_group[i] << 48 |
					     (uint64_t)state->task_active[i] << 32 |
					     state->task_over_high[i]);
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		h = hash_stock(kmc_hash_word(h, state->cpu_active[i]), &state->stocks[i]);
	return h;
}
