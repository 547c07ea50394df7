/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sheaves: arrays of free objects that stand between the fast paths and the
 * slabs. A cpu has a main and perhaps a spare one for each cache it uses;
 * whole sheaves change hands through the node's barn. Only here are a cpu's
 * arrays attached, so only here is their memory touched for the dirty list.
 *
 * The shape is that of 7.0 with its capacities, for all profiles and as this
 * stack's own choice: 6.1 to 6.12 have per-cpu partial slabs and 6.18 has
 * sheaves for few caches. A barn holds 10 full sheaves as there, but more on
 * a machine with enough memory, where that costs 1/256 of it at most. The memory of sheaves comes from
 * the arena, not from simulated pages, so that it disturbs no page count.
 * Objects of other nodes and of reserve pages never enter a sheaf (KC-37).
 */
#include "slab_debug.h"
#include <string.h>

/* the pool: pages of the arena, cut into sheaves of one size */

#define POOL_CACHES 128 /* caches that may have all their sheaves at the same time */

static unsigned int size_number(unsigned int bytes)
{
	return (unsigned int)__builtin_ctz(bytes) - 6;
}

unsigned int kmc_sheaf_bytes_for(unsigned int capacity)
{
	unsigned int bytes = 64;

	while (bytes < 512 && (bytes - sizeof(struct kmc_sheaf)) / sizeof(void *) < capacity)
		bytes *= 2;
	return bytes;
}

size_t kmc_sheaf_pool_pages(const struct kmc_sim_config *config)
{
	size_t sheaves = 2 * config->nr_cpus + 2 * KMC_BARN_MIN * config->nr_nodes;

	return POOL_CACHES * ((sheaves + 7) / 8);
}

unsigned int kmc_barn_max(const struct kmc_sim_config *config, const struct kmem_cache *s)
{
	uint64_t pages = 0, sheaf_bytes = (uint64_t)s->layout.sheaf_capacity * s->size, max;

	for (unsigned int i = 0; i < config->nr_zones; i++)
		pages += config->zones[i].nr_pages;
	max = (pages << PAGE_SHIFT) / config->nr_nodes / KMC_BARN_SHARE / sheaf_bytes;
	if (max < KMC_BARN_MIN)
		return KMC_BARN_MIN;
	return max > KMC_BARN_MAX ? KMC_BARN_MAX : (unsigned int)max;
}

/* A page more for sheaves of @bytes each, lowest address first on the list. */
static void pool_extend(struct kmc_sim *sim, struct kmc_slab_state *st, unsigned int bytes)
{
	unsigned int number = size_number(bytes);
	uint8_t *page;

	if (st->pool_pages_used == st->pool_pages)
		return;
	page = st->pool + ((size_t)st->pool_pages_used++ << PAGE_SHIFT);
	kmc_touch(sim, page, PAGE_SIZE);
	for (unsigned int at = PAGE_SIZE; at > 0; at -= bytes) {
		struct kmc_sheaf *sheaf = (struct kmc_sheaf *)(page + at - bytes);

		sheaf->next = st->pool_free[number];
		st->pool_free[number] = sheaf;
	}
}

/* An empty sheaf, all of it touched; NULL when the pool is used up. */
struct kmc_sheaf *kmc_sheaf_new(struct kmc_sim *sim, const struct kmem_cache *s)
{
	struct kmc_slab_state *st = sim->slab;
	unsigned int number = size_number(s->sheaf_bytes);
	struct kmc_sheaf *sheaf;

	kmc_touch(sim, st, sizeof(*st));
	kmc_lock_take(&st->pool_lock);
	if (!st->pool_free[number])
		pool_extend(sim, st, s->sheaf_bytes);
	sheaf = st->pool_free[number];
	if (sheaf)
		st->pool_free[number] = sheaf->next;
	kmc_lock_drop(&st->pool_lock);
	if (!sheaf)
		return NULL;
	sheaf->next = NULL;
	sheaf->count = 0;
	sheaf->capacity = (s->sheaf_bytes - (uint32_t)sizeof(*sheaf)) / (uint32_t)sizeof(void *);
	return sheaf;
}

static void sheaf_drop(struct kmc_sim *sim, const struct kmem_cache *s, struct kmc_sheaf *sheaf)
{
	struct kmc_slab_state *st = sim->slab;
	unsigned int number = size_number(s->sheaf_bytes);

	kmc_touch(sim, st, sizeof(*st));
	kmc_lock_take(&st->pool_lock);
	sheaf->next = st->pool_free[number];
	st->pool_free[number] = sheaf;
	kmc_lock_drop(&st->pool_lock);
}

/* a cpu's two sheaves */

static struct kmc_sheaf *pcs_main(const struct kmc_pcs *pcs)
{
	return pcs->base ? (struct kmc_sheaf *)((char *)pcs->base - sizeof(struct kmc_sheaf)) :
			   NULL;
}

/* From here on the fast paths write into @pcs and @sheaf without a word. */
static void pcs_attach(struct kmc_pcs *pcs, struct kmc_sheaf *sheaf)
{
	pcs->base = sheaf->objects;
	pcs->top = sheaf->objects + sheaf->count;
	pcs->end = sheaf->objects + sheaf->capacity;
}

/* The main sheaf with its count, still attached; NULL none. */
static struct kmc_sheaf *pcs_settle(struct kmc_pcs *pcs)
{
	struct kmc_sheaf *main = pcs_main(pcs);

	if (main)
		main->count = (uint32_t)(pcs->top - pcs->base);
	return main;
}

/* @pcs is about to be written by the slow path. */
static void pcs_touch(struct kmc_cpu *cpu, const struct kmem_cache *s, struct kmc_pcs *pcs)
{
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);

	kmc_touch(cpu->sim, pcs, sizeof(*pcs));
	if (unlikely(sc->slots_used <= s->slot)) {
		kmc_touch(cpu->sim, &sc->slots_used, sizeof(sc->slots_used));
		sc->slots_used = s->slot + 1;
	}
}

static void pcs_swap(struct kmc_pcs *pcs)
{
	struct kmc_sheaf *main = pcs_settle(pcs);

	pcs_attach(pcs, pcs->spare);
	pcs->spare = main;
}

/* the barn of a node */

static struct kmc_sheaf *list_pop(struct kmc_sheaf **list)
{
	struct kmc_sheaf *sheaf = *list;

	if (sheaf)
		*list = sheaf->next;
	return sheaf;
}

static void list_push(struct kmc_sheaf **list, struct kmc_sheaf *sheaf)
{
	sheaf->next = *list;
	*list = sheaf;
}

/* A full sheaf for an empty one, which may be NULL; NULL when there is none. */
static struct kmc_sheaf *barn_empty_for_full(struct kmc_sim *sim, struct kmem_cache_node *n,
					     struct kmc_sheaf *empty)
{
	struct kmc_sheaf *full;

	kmc_touch(sim, n, sizeof(*n));
	kmc_lock_take(&n->barn_lock);
	full = list_pop(&n->full);
	if (full) {
		n->nr_full--;
		if (empty) {
			list_push(&n->empty, empty);
			n->nr_empty++;
		}
	}
	kmc_lock_drop(&n->barn_lock);
	return full;
}

/*
 * An empty sheaf for a full one, which may be NULL. When the barn takes no more
 * *full stays the caller's; the empty one comes from the pool then, if at all.
 */
static struct kmc_sheaf *barn_full_for_empty(struct kmc_sim *sim, const struct kmem_cache *s,
					     unsigned int node, struct kmc_sheaf **full)
{
	struct kmem_cache_node *n = kmc_cache_node(sim, s, node);
	struct kmc_sheaf *empty = NULL;

	kmc_touch(sim, n, sizeof(*n));
	kmc_lock_take(&n->barn_lock);
	if (!*full || n->nr_full < s->barn_max) {
		if (*full) {
			list_push(&n->full, *full);
			n->nr_full++;
			*full = NULL;
		}
		empty = list_pop(&n->empty);
		if (empty)
			n->nr_empty--;
	}
	kmc_lock_drop(&n->barn_lock);
	return empty;
}

/* allocating */

/* Make the main sheaf non-empty without going to the slabs. */
static bool pcs_find_full(struct kmc_cpu *cpu, struct kmem_cache *s, struct kmc_pcs *pcs)
{
	struct kmc_sheaf *main, *full;

	if (pcs->spare && pcs->spare->count) {
		pcs_swap(pcs);
		return true;
	}
	main = pcs_settle(pcs);
	full = barn_empty_for_full(cpu->sim, kmc_cache_node(cpu->sim, s, cpu->node),
				   pcs->spare ? main : NULL);
	if (!full)
		return false;
	if (!pcs->spare)
		pcs->spare = main;
	pcs_attach(pcs, full);
	return true;
}

/* Objects may enter the cpu's sheaf when their placement tag says so. */
static bool object_local(struct kmc_cpu *cpu, const struct kmem_cache *s, const void *object)
{
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);

	return (kmc_tag_of(kmc_page_of(sc, object)) ^ sc->node_tag) == s->slot;
}

/* Up to @max objects from slabs; more than one only when they may enter the sheaf. */
static unsigned int slabs_refill(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp, void **out,
				 unsigned int max)
{
	unsigned int node, got = kmc_slab_take(cpu->sim, s, cpu->node, out, max);

	if (got)
		return got;
	got = kmc_slab_grow(cpu, s, gfp, -1, out, max, &node);
	if (!got)
		got = kmc_slab_take_elsewhere(cpu, s, gfp, cpu->node, out);
	return got;
}

/* Keep what may be kept, the first of @objects on top; the slabs get the rest back. */
static void pcs_put(struct kmc_cpu *cpu, struct kmem_cache *s, struct kmc_pcs *pcs, void **objects,
		    unsigned int nr)
{
	while (nr-- > 0) {
		if (pcs->top != pcs->end && object_local(cpu, s, objects[nr]))
			*pcs->top++ = objects[nr];
		else
			kmc_slab_give(cpu, &objects[nr], 1);
	}
}

/*
 * Taking pages may run other code on this cpu (a shrinker, a constructor, a
 * flush), so nothing of @pcs is remembered across it.
 *
 * Model: simplified (7.0's order: spare, barn, slabs; a refill takes at most one new slab).
 */
static void *pcs_refill(struct kmc_cpu *cpu, struct kmem_cache *s, struct kmc_pcs *pcs, gfp_t gfp)
{
	void *batch[KMC_SHEAF_MAX_OBJECTS];
	unsigned int nr;

	if (!pcs->base && !kmc_cache_debug(s)) {
		struct kmc_sheaf *sheaf = kmc_sheaf_new(cpu->sim, s);

		if (sheaf)
			pcs_attach(pcs, sheaf);
	}
	kmc_yield_point("sheaf_refill");
	nr = slabs_refill(cpu, s, gfp, batch, pcs->base ? (unsigned int)(pcs->end - pcs->base) : 1);
	if (!nr)
		return NULL;
	pcs_put(cpu, s, pcs, batch + 1, nr - 1);
	return batch[0];
}

void *kmc_sheaf_alloc(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp)
{
	struct kmc_pcs *pcs = kmc_pcs_at(kmc_slab_cpu_of(cpu), s);

	if (pcs->top == pcs->base) {
		pcs_touch(cpu, s, pcs);
		if (!pcs_find_full(cpu, s, pcs))
			return pcs_refill(cpu, s, pcs, gfp);
	}
	return *--pcs->top;
}

void *kmc_sheaf_try_alloc(struct kmc_cpu *cpu, struct kmem_cache *s)
{
	struct kmc_pcs *pcs = kmc_pcs_at(kmc_slab_cpu_of(cpu), s);

	if (pcs->top == pcs->base) {
		if (!pcs->spare || !pcs->spare->count)
			return NULL;
		pcs_touch(cpu, s, pcs);
		pcs_swap(pcs);
	}
	return *--pcs->top;
}

/* freeing */

/* Empty the older of two full sheaves into the slabs and make it the main one. */
static void pcs_flush_spare(struct kmc_cpu *cpu, struct kmc_pcs *pcs)
{
	kmc_yield_point("sheaf_full");
	kmc_slab_give(cpu, pcs->spare->objects, pcs->spare->count);
	pcs->spare->count = 0;
	pcs_swap(pcs);
}

/* Make room in the main sheaf; false when there is no memory for one. */
static bool pcs_make_room(struct kmc_cpu *cpu, struct kmem_cache *s, struct kmc_pcs *pcs)
{
	struct kmc_sheaf *main, *empty, *full;

	if (pcs->spare && pcs->spare->count < pcs->spare->capacity) {
		pcs_swap(pcs);
		return true;
	}
	main = pcs_settle(pcs);
	full = pcs->spare;
	empty = barn_full_for_empty(cpu->sim, s, cpu->node, &full);
	if (!full)
		pcs->spare = NULL;
	if (!empty && !full)
		empty = kmc_sheaf_new(cpu->sim, s);
	if (empty) {
		pcs->spare = main;
		pcs_attach(pcs, empty);
		return true;
	}
	if (pcs->spare) {
		pcs_flush_spare(cpu, pcs);
		return true;
	}
	return false;
}

void kmc_sheaf_free(struct kmc_cpu *cpu, struct kmem_cache *s, void *object)
{
	struct kmc_pcs *pcs = kmc_pcs_at(kmc_slab_cpu_of(cpu), s);

	if (pcs->top == pcs->end) {
		pcs_touch(cpu, s, pcs);
		if (!pcs_make_room(cpu, s, pcs)) {
			kmc_slab_give(cpu, &object, 1);
			return;
		}
	}
	*pcs->top++ = object;
}

/* flushing */

static void sheaf_empty(struct kmc_cpu *cpu, struct kmem_cache *s, struct kmc_sheaf *sheaf)
{
	if (!sheaf)
		return;
	kmc_slab_give(cpu, sheaf->objects, sheaf->count);
	sheaf_drop(cpu->sim, s, sheaf);
}

/* Its objects' own node: whoever gives it may run on another one. */
void kmc_sheaf_give(struct kmc_cpu *cpu, struct kmem_cache *s, struct kmc_sheaf *sheaf)
{
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);
	unsigned int node = kmc_node_of(cpu->sim, kmc_page_of(sc, sheaf->objects[0]));
	struct kmem_cache_node *n = kmc_cache_node(cpu->sim, s, node);

	if (s->life == CACHE_LIVE && sheaf->count == sheaf->capacity) {
		kmc_touch(cpu->sim, n, sizeof(*n));
		kmc_lock_take(&n->barn_lock);
		if (n->nr_full < s->barn_max) {
			list_push(&n->full, sheaf);
			n->nr_full++;
			sheaf = NULL;
		}
		kmc_lock_drop(&n->barn_lock);
	}
	sheaf_empty(cpu, s, sheaf);
}

void kmc_sheaf_flush(struct kmc_cpu *cpu, struct kmem_cache *s)
{
	struct kmc_pcs *pcs = kmc_pcs_at(kmc_slab_cpu_of(cpu), s);
	struct kmc_sheaf *main = pcs_settle(pcs), *spare = pcs->spare;

	memset(pcs, 0, sizeof(*pcs));
	sheaf_empty(cpu, s, main);
	sheaf_empty(cpu, s, spare);
}

void kmc_barn_flush(struct kmc_cpu *cpu, struct kmem_cache *s)
{
	for (unsigned int node = 0; node < cpu->sim->config.nr_nodes; node++) {
		struct kmem_cache_node *n = kmc_cache_node(cpu->sim, s, node);
		struct kmc_sheaf *full, *empty;

		kmc_touch(cpu->sim, n, sizeof(*n));
		kmc_lock_take(&n->barn_lock);
		full = n->full;
		empty = n->empty;
		n->full = n->empty = NULL;
		n->nr_full = n->nr_empty = 0;
		kmc_lock_drop(&n->barn_lock);
		kmc_yield_point("barn_emptied");
		while (full)
			sheaf_empty(cpu, s, list_pop(&full));
		while (empty)
			sheaf_empty(cpu, s, list_pop(&empty));
	}
}

/*
 * Another cpu, or a shrink or destroy, wants everything that @cpu holds back. A
 * cache without sheaves here is not looked at: it may just be created elsewhere.
 */
void kmc_slab_flush_cpu(struct kmc_sim *sim, struct kmc_cpu *cpu)
{
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);

	kmc_slab_run_deferred(cpu);
	for (unsigned int slot = 1; slot < sc->slots_used; slot++)
		if (sc->pcs[slot].base || sc->pcs[slot].spare)
			kmc_sheaf_flush(cpu, kmc_cache_at(sim, slot));
}
