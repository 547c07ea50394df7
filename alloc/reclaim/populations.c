/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames that others than the program use: page cache that can be reclaimed, and
 * memory of tasks that can be killed.
 * Model: simplified; without ages, every page is as good as the next.
 */
#include <errno.h>
#include "memcg.h"
#include "reclaim.h"
#include "linux/gfp.h"

/* Optimistic: to populate is not to reclaim. */
#define POPULATE_GFP ((GFP_HIGHUSER_MOVABLE & ~__GFP_RECLAIM) | __GFP_THISNODE | __GFP_NOWARN)

static void push(struct kmc_sim *sim, struct population *to, struct page *page)
{
	kmc_lock_take(&sim->reclaim->lock);
	kmc_touch(sim, to, sizeof(*to));
	kmc_touch(sim, page, sizeof(*page));
	page->private_words[0] = to->head;
	kmc_page_hold(sim, page);
	to->head = page_to_pfn_in(sim, page);
	__atomic_store_n(&to->nr, to->nr + 1, __ATOMIC_RELAXED);
	kmc_lock_drop(&sim->reclaim->lock);
}

static struct page *pop(struct kmc_sim *sim, struct population *from)
{
	struct page *page = NULL;

	kmc_lock_take(&sim->reclaim->lock);
	if (from->nr) {
		kmc_touch(sim, from, sizeof(*from));
		page = pfn_to_page_in(sim, from->head);
		from->head = page->private_words[0];
		__atomic_store_n(&from->nr, from->nr - 1, __ATOMIC_RELAXED);
	}
	kmc_lock_drop(&sim->reclaim->lock);
	return page;
}

/* Page cache and memory of tasks go back by the batch, which is told of each page besides. */
static void drop(struct kmc_sim *sim, struct kmc_cpu *cpu, struct page *page,
		 struct kmc_user_pages *pages)
{
	struct kmc_tp tp = { .id = KMC_TP_MM_PAGE_FREE_BATCHED, .node = -1,
			     .pfn = page_to_pfn_in(sim, page) };

	kmc_touch(sim, page, sizeof(*page));
	kmc_memcg_uncharge_user_page(cpu, page, pages);
	kmc_pages_free(sim, cpu, page, 0);
	kmc_trace_emit(sim, &tp);
}

/* Rule: TRC-2. Model: exact but for the order within a batch: there all frees come first. */
uint64_t kmc_population_drop(struct kmc_sim *sim, struct kmc_cpu *cpu, struct population *from,
			     uint64_t most)
{
	struct kmc_user_pages pages = { .nr = 0 };
	uint64_t nr = 0;

	for (; nr < most; nr++) {
		struct page *page = pop(sim, from);

		if (!page)
			break;
		drop(sim, cpu, page, &pages);
	}
	kmc_memcg_user_pages_uncharged(cpu, &pages);
	return nr;
}

uint64_t kmc_population_drop_objects(struct kmc_sim *sim, struct kmc_cpu *cpu,
				     struct population *from, uint64_t most)
{
	uint64_t nr = 0;

	for (; nr < most; nr++) {
		struct page *page = pop(sim, from);

		if (!page)
			break;
		kmc_touch(sim, page, sizeof(*page));
		kmc_pages_free(sim, cpu, page, 0);
	}
	return nr;
}

/* Out of the middle too; the word that names a page is in @from or in the page above it. */
static unsigned int unlink_wanted(struct group_scan *scan, struct population *from,
				  unsigned int most, struct page **taken)
{
	struct kmc_sim *sim = scan->sim;
	uint64_t *link = &from->head;
	unsigned int nr = 0;

	for (uint64_t left = from->nr; left && nr < most; left--) {
		struct page *page = pfn_to_page_in(sim, *link);

		if (!group_scan_wants(scan, page)) {
			link = &page->private_words[0];
			continue;
		}
		kmc_touch(sim, from, sizeof(*from));
		kmc_touch(sim, link, sizeof(*link));
		*link = page->private_words[0];
		__atomic_store_n(&from->nr, from->nr - 1, __ATOMIC_RELAXED);
		taken[nr++] = page;
	}
	return nr;
}

static unsigned int drop_batch(struct group_scan *scan, struct kmc_cpu *cpu,
			       struct population *from, unsigned int most)
{
	struct kmc_user_pages pages = { .nr = 0 };
	struct page *taken[SWAP_CLUSTER_MAX];
	unsigned int nr;

	scan->nr = 0;
	scan->guard.memcg = NULL;
	kmc_lock_take(&scan->sim->reclaim->lock);
	nr = unlink_wanted(scan, from, most, taken);
	kmc_lock_drop(&scan->sim->reclaim->lock);
	for (unsigned int i = 0; i < nr; i++)
		drop(scan->sim, cpu, taken[i], &pages);
	kmc_memcg_user_pages_uncharged(cpu, &pages);
	return nr;
}

uint64_t kmc_population_drop_guarded(struct group_scan *scan, struct kmc_cpu *cpu,
				     struct population *from, uint64_t most)
{
	uint64_t nr = 0;
	unsigned int batch, got;

	do {
		batch = most - nr < SWAP_CLUSTER_MAX ? (unsigned int)(most - nr) : SWAP_CLUSTER_MAX;
		got = drop_batch(scan, cpu, from, batch);
		nr += got;
	} while (got == batch && nr < most);
	return nr;
}

/* @task's group pays, if groups pay for populations. */
static struct page *one_frame(struct kmc_sim *sim, unsigned int node, unsigned int task, bool cache,
			      struct kmc_user_pages *pages)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct page *page = cpu && node < sim->config.nr_nodes ?
		kmc_pages_alloc_held(sim, cpu, POPULATE_GFP, (int)node) : NULL;

	if (page && kmc_populations_charged(sim) &&
	    kmc_memcg_charge_user_page(cpu, task, page, POPULATE_GFP, cache, pages)) {
		kmc_pages_free(sim, cpu, page, 0);
		return NULL;
	}
	return page;
}

uint64_t kmc_population_fill(struct kmc_sim *sim, struct population *to, gfp_t gfp, int node,
			     uint64_t most)
{
	uint64_t nr = 0;

	for (; nr < most; nr++) {
		struct page *page = kmc_pages_alloc_held(sim, kmc_this_cpu, gfp, node);

		if (!page)
			break;
		push(sim, to, page);
	}
	return nr;
}

uint64_t kmc_sim_populate_lru(struct kmc_sim *sim, unsigned int node, enum kmc_lru kind,
			      uint64_t nr_pages)
{
	struct kmc_user_pages pages = { .nr = 0 };
	uint64_t nr = 0;

	KMC_BUG_ON(kind >= KMC_NR_LRU);
	for (; nr < nr_pages; nr++) {
		struct page *page = one_frame(sim, node, kmc_this_cpu ? kmc_this_cpu->task->id : 0,
					      true, &pages);
		unsigned int zone;

		if (!page)
			break;
		zone = kmc_zone_index(sim, page_to_pfn_in(sim, page));
		push(sim, &sim->reclaim->lru[zone][kind], page);
	}
	kmc_memcg_user_pages_charged(kmc_this_cpu, &pages);
	return nr;
}

uint64_t kmc_sim_populate_anon(struct kmc_sim *sim, unsigned int task, unsigned int node,
			       uint64_t nr_pages)
{
	struct kmc_user_pages pages = { .nr = 0 };
	uint64_t nr = 0;

	if (task >= KMC_SIM_MAX_TASKS)
		return 0;
	for (; nr < nr_pages; nr++) {
		struct page *page = one_frame(sim, node, task, false, &pages);

		if (!page)
			break;
		push(sim, &sim->reclaim->anon[task], page);
	}
	kmc_memcg_user_pages_charged(kmc_this_cpu, &pages);
	kmc_sim_oom_killer(sim, true);
	return nr;
}

uint64_t kmc_sim_lru_pages(struct kmc_sim *sim, unsigned int node, enum kmc_lru kind)
{
	uint64_t nr = 0;

	KMC_BUG_ON(kind >= KMC_NR_LRU);
	for (unsigned int i = 0; i < sim->page->nr_zones; i++)
		if (sim->page->zones[i].node == node)
			nr += population_nr(&sim->reclaim->lru[i][kind]);
	return nr;
}

uint64_t kmc_sim_anon_pages(struct kmc_sim *sim, unsigned int task)
{
	return task < KMC_SIM_MAX_TASKS ? population_nr(&sim->reclaim->anon[task]) : 0;
}

int kmc_sim_task_exit(struct kmc_sim *sim, unsigned int task)
{
	int err;

	if (task >= KMC_SIM_MAX_TASKS || !kmc_this_cpu)
		return -EINVAL;
	kmc_population_drop(sim, kmc_this_cpu, &sim->reclaim->anon[task], UINT64_MAX);
	kmc_oom_lock(sim);
	kmc_touch(sim, sim->reclaim, sizeof(*sim->reclaim));
	sim->reclaim->oom_score_adj[task] = 0;
	sim->reclaim->map_locked &= ~(1ull << task);
	err = kmc_sim_task_set(sim, task, KMC_PF_OOM_VICTIM, 0);
	kmc_oom_unlock(sim);
	return err;
}

int kmc_sim_node_dirty(struct kmc_sim *sim, unsigned int node, bool beyond)
{
	uint32_t *nodes = &sim->page->dirty_nodes;

	if (node >= sim->config.nr_nodes)
		return -EINVAL;
	kmc_touch(sim, nodes, sizeof(*nodes));
	*nodes = beyond ? *nodes | 1u << node : *nodes & ~(1u << node);
	return 0;
}

/* What the slow path may count on; anonymous memory has nowhere to go. */
uint64_t zone_reclaimable_pages(struct kmc_sim *sim, const struct zone *zone)
{
	const struct population *lru = sim->reclaim->lru[zone->index];

	return population_nr(&lru[KMC_LRU_CLEAN]) + population_nr(&lru[KMC_LRU_NEEDS_IO]) +
	       population_nr(&lru[KMC_LRU_NEEDS_FS]);
}

size_t kmc_reclaim_arena_bytes(void)
{
	return sizeof(struct kmc_reclaim_state) + 64;
}

void kmc_reclaim_boot(struct kmc_sim *sim)
{
	sim->reclaim = kmc_arena_alloc(sim, sizeof(*sim->reclaim), 64);
}

static uint64_t hash_population(const struct population *p, uint64_t h, uint64_t name)
{
	return p->nr ? kmc_hash_word(kmc_hash_word(h, name << 32 | p->head), p->nr) : h;
}

/* A machine that nobody populated has the digest of one without this layer. */
uint64_t kmc_reclaim_hash(struct kmc_sim *sim, uint64_t seed)
{
	const struct kmc_reclaim_state *state = sim->reclaim;
	uint64_t h = seed;

	for (unsigned int i = 0; i < KMC_SIM_MAX_ZONES * KMC_NR_LRU; i++)
		h = hash_population(&state->lru[i / KMC_NR_LRU][i % KMC_NR_LRU], h, i);
	for (unsigned int i = 0; i < KMC_SIM_MAX_TASKS; i++) {
		h = hash_population(&state->anon[i], h, 1000 + i);
		if (state->oom_score_adj[i])
			h = kmc_hash_word(h, (uint64_t)i << 32 | (uint32_t)state->oom_score_adj[i]);
	}
	for (unsigned int i = 0; i < KMC_SIM_MAX_NODES; i++)
		if (state->kswapd[i].order | state->kswapd[i].failures)
			h = kmc_hash_word(kmc_hash_word(h, (uint64_t)i << 32 |
								   state->kswapd[i].order),
					  (uint64_t)state->kswapd[i].highest << 32 |
						  state->kswapd[i].failures);
	if (state->map_locked)
		h = kmc_hash_word(h, state->map_locked);
	if (state->oom_enabled | state->storage_suspended)
		h = kmc_hash_word(h, 2u * state->oom_enabled + state->storage_suspended);
	return kmc_shrinkers_hash(state, h);
}
