/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rcu sheaves of 6.18: objects of a cache that asked for sheaves gather in
 * one; full, it waits for a grace period and can then be a full sheaf of the
 * barn, its objects never having seen a slab. Nothing is emitted (TRC-10).
 */
#include "rcu_core.h"
#include "slub_core.h"

/* @unused[0] of a sheaf here: its cache's slot; [1]: the cookie. */
static bool cache_has_rcu_sheaf(const struct kmem_cache *s)
{
	return s->sim->config.profile >= KMC_PROFILE_6_18_44 && s->own_sheaf_capacity;
}

static struct kmc_sheaf *filling(struct kmc_rcu_cpu *rc, const struct kmem_cache *s)
{
	struct kmc_sheaf *sheaf = rc->sheaves;

	while (sheaf && sheaf->unused[0] != s->slot)
		sheaf = sheaf->next;
	return sheaf;
}

static void unlink_sheaf(struct kmc_sheaf **list, struct kmc_sheaf *sheaf)
{
	while (*list != sheaf)
		list = &(*list)->next;
	*list = sheaf->next;
}

static void begin_waiting(struct kmc_sim *sim, struct kmc_rcu_cpu *rc, struct kmc_sheaf *sheaf)
{
	unlink_sheaf(&rc->sheaves, sheaf);
	sheaf->unused[1] = kmc_rcu_cookie(sim->rcu);
	sheaf->next = rc->full_sheaves;
	rc->full_sheaves = sheaf;
}

static struct kmem_cache *cache_of(struct kmc_cpu *cpu, const void *ptr)
{
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);
	struct page *page;

	if (!kmc_in_frames(sc, ptr))
		return NULL;
	page = kmc_page_of(sc, ptr);
	if (page->kind != FRAME_SLAB || (kmc_tag_of(page) ^ sc->node_tag) != page->slab.cache->slot)
		return NULL; /* of another node, or from the reserves */
	return page->slab.cache;
}

/* Rule: RCU-1, RCU-6. Model: exact in what gathers (R7, 6.18; a sheaf takes no simulated memory). */
bool kmc_rcu_sheaf_put(struct kmc_cpu *cpu, void *ptr)
{
	struct kmc_rcu_cpu *rc = &cpu->sim->rcu->cpus[cpu->id];
	struct kmem_cache *s = cache_of(cpu, ptr);
	struct kmc_sheaf *sheaf;
	bool full = false;

	if (!s || !cache_has_rcu_sheaf(s))
		return false;
	kmc_touch(cpu->sim, rc, sizeof(*rc));
	kmc_lock_take(&rc->lock);
	sheaf = filling(rc, s);
	if (!sheaf && (sheaf = kmc_sheaf_new(cpu->sim, s))) {
		sheaf->unused[0] = s->slot;
		sheaf->next = rc->sheaves;
		rc->sheaves = sheaf;
	}
	if (sheaf) {
		sheaf->objects[sheaf->count++] = ptr;
		kmc_rcu_pending_add(cpu->sim, 1);
		full = sheaf->count == sheaf->capacity;
		if (full)
			begin_waiting(cpu->sim, rc, sheaf);
	}
	kmc_lock_drop(&rc->lock);
	if (full)
		kmc_rcu_want_period(cpu->sim, kmc_sim_clock_ns(cpu->sim));
	return sheaf;
}

static struct kmc_sheaf *take_ready(struct kmc_sim *sim, struct kmc_rcu_cpu *rc, bool flush)
{
	struct kmc_sheaf *sheaf;

	kmc_touch(sim, rc, sizeof(*rc));
	kmc_lock_take(&rc->lock);
	while (flush && rc->sheaves)
		begin_waiting(sim, rc, rc->sheaves);
	for (sheaf = rc->full_sheaves; sheaf; sheaf = sheaf->next)
		if (kmc_rcu_elapsed(sim->rcu, sheaf->unused[1]))
			break;
	if (sheaf)
		unlink_sheaf(&rc->full_sheaves, sheaf);
	kmc_lock_drop(&rc->lock);
	return sheaf;
}

static void sheaf_free(struct kmc_cpu *cpu, struct kmc_sheaf *sheaf)
{
	struct kmem_cache *s = kmc_cache_at(cpu->sim, (unsigned int)sheaf->unused[0]);
	uint32_t nr = sheaf->count;

	kmc_yield_point("rcu_sheaf_taken");
	for (uint32_t i = 0; i < nr; i++) {
		kmc_rcu_released(cpu, sheaf->objects[i]);
		kmc_object_uncharge(cpu, s, sheaf->objects[i]);
		kmc_object_retire(cpu, s, sheaf->objects[i]);
	}
	kmc_sheaf_give(cpu, s, sheaf);
	kmc_rcu_pending_add(cpu->sim, -(int64_t)nr);
}

bool kmc_rcu_run_sheaves(struct kmc_cpu *cpu, bool flush)
{
	bool any = false;

	kmc_rcu_work_begin(cpu);
	for (unsigned int i = 0; i < cpu->sim->config.nr_cpus; i++) {
		struct kmc_rcu_cpu *rc = &cpu->sim->rcu->cpus[i];
		struct kmc_sheaf *sheaf;

		while ((sheaf = take_ready(cpu->sim, rc, flush))) {
			any = true;
			sheaf_free(cpu, sheaf);
		}
	}
	kmc_rcu_work_end(cpu);
	return any;
}
