/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looking at the slab layer without changing it: facts for observers, whose
 * an address is, the digest, the self-check. Slow, and only exact while no
 * other thread acts on the machine.
 */
#include "slab_debug.h"
#include <stdlib.h>
#include <string.h>

static void *address_of(struct kmc_sim *sim, const struct page *slab)
{
	return pfn_to_virt_in(sim, page_to_pfn_in(sim, slab));
}

/* walks */

typedef void (*slab_fn)(struct kmc_sim *sim, struct kmem_cache *s, struct page *slab, void *arg);
typedef void (*array_fn)(struct kmc_sim *sim, struct kmem_cache *s, void **objects,
			 unsigned int nr, void *arg);

static void list_for_each(struct kmc_sim *sim, struct kmem_cache *s, uint32_t pfn, slab_fn fn,
			  void *arg)
{
	while (pfn) {
		struct page *slab = pfn_to_page_in(sim, pfn);

		pfn = slab->link.next;
		fn(sim, s, slab, arg);
	}
}

static void slabs_for_each(struct kmc_sim *sim, struct kmem_cache *s, slab_fn fn, void *arg)
{
	for (unsigned int node = 0; node < sim->config.nr_nodes; node++) {
		struct kmem_cache_node *n = kmc_cache_node(sim, s, node);

		list_for_each(sim, s, n->partial_head, fn, arg);
		list_for_each(sim, s, n->full_head, fn, arg);
	}
}

/* Every array of free objects: cpus' main and spare sheaves, then the barns. */
static void sheaves_for_each(struct kmc_sim *sim, struct kmem_cache *s, array_fn fn, void *arg)
{
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		struct kmc_pcs *pcs = &kmc_slab_cpu_of(&sim->cpus[i])->pcs[s->slot];

		if (pcs->base)
			fn(sim, s, pcs->base, (unsigned int)(pcs->top - pcs->base), arg);
		if (pcs->spare)
			fn(sim, s, pcs->spare->objects, pcs->spare->count, arg);
	}
	for (unsigned int node = 0; node < sim->config.nr_nodes; node++) {
		struct kmc_sheaf *sheaf = kmc_cache_node(sim, s, node)->full;

		for (; sheaf; sheaf = sheaf->next)
			fn(sim, s, sheaf->objects, sheaf->count, arg);
	}
}

static void *chain_first(struct kmc_sim *sim, const struct kmem_cache *s, const struct page *slab)
{
	if (!slab->slab.freelist)
		return NULL;
	return kmc_object_at_index(s, address_of(sim, slab), slab->slab.freelist - 1u);
}

/* addresses */

struct search {
	const void *object;
	bool found;
};

static void search_array(struct kmc_sim *sim, struct kmem_cache *s, void **objects,
			 unsigned int nr, void *arg)
{
	struct search *search = arg;

	(void)sim, (void)s;
	for (unsigned int i = 0; i < nr; i++)
		search->found |= objects[i] == search->object;
}

static bool on_chain(struct kmc_sim *sim, struct kmem_cache *s, struct page *slab,
		     const void *object)
{
	void *free = chain_first(sim, s, slab);
	bool bad = false;

	for (unsigned int i = 0; free && i < slab->slab.objects; i++) {
		if (free == object)
			return true;
		free = kmc_slab_next_free(sim, s, slab, free, &bad);
	}
	return false;
}

static bool object_free(struct kmc_sim *sim, struct kmem_cache *s, struct page *slab,
			const void *object)
{
	struct search search = { .object = object };

	if (on_chain(sim, s, slab, object))
		return true;
	sheaves_for_each(sim, s, search_array, &search);
	return search.found;
}

bool kmc_slab_object_at(struct kmc_sim *sim, const void *ptr, const void **start, bool *live)
{
	struct page *page = pfn_to_page_in(sim, virt_to_pfn_in(sim, ptr)), *slab;
	struct kmem_cache *s = page->slab.cache;
	const char *first;
	unsigned int index;

	if (page->kind != FRAME_SLAB)
		return false;
	slab = kmc_slab_head(sim, page);
	first = (const char *)address_of(sim, slab) + s->red_left;
	if ((const char *)ptr < first)
		return false;
	index = kmc_object_index(s, first, ptr);
	if (index >= slab->slab.objects)
		return false;
	*start = first + (size_t)index * s->size;
	*live = !object_free(sim, s, slab, *start);
	return true;
}

/* facts */

static void count_slab(struct kmc_sim *sim, struct kmem_cache *s, struct page *slab, void *arg)
{
	struct kmc_cache_info *info = arg;

	(void)sim, (void)s;
	info->nr_slabs++;
	info->nr_objects += slab->slab.objects;
	info->nr_active += slab->slab.inuse;
}

static void count_array(struct kmc_sim *sim, struct kmem_cache *s, void **objects,
			unsigned int nr, void *arg)
{
	struct kmc_cache_info *info = arg;

	(void)sim, (void)s, (void)objects;
	info->nr_active -= nr;
}

void kmc_sim_cache_info(struct kmem_cache *cache, struct kmc_cache_info *info)
{
	struct kmc_sim *sim = cache->sim;

	*info = (struct kmc_cache_info){
		.name = cache->name,
		.index = cache->slot,
		.object_size = cache->object_size,
		.size = cache->size,
		.align = cache->layout.align,
		.inuse = cache->inuse,
		.offset = cache->offset,
		.order = cache->layout.order,
		.min_order = cache->layout.min_order,
		.objects = cache->layout.objects,
		.refcount = (unsigned int)cache->refcount,
		.sheaf_capacity = cache->layout.sheaf_capacity,
		.useroffset = cache->useroffset,
		.usersize = cache->usersize,
		.flags = cache->flags,
	};
	slabs_for_each(sim, cache, count_slab, info);
	sheaves_for_each(sim, cache, count_array, info);
}

struct kmem_cache *kmc_sim_cache_next(struct kmc_sim *sim, struct kmem_cache *cache)
{
	return kmc_cache_at(sim, cache ? cache->next_slot : sim->slab->first_slot);
}

/* the digest */

unsigned int kmc_slab_cache_number(const struct kmc_sim *sim, const struct kmem_cache *cache)
{
	size_t number = (size_t)(cache - sim->slab->caches);

	KMC_BUG_ON(number >= KMC_MAX_SLOTS);
	return (unsigned int)number;
}

static uint64_t hash_pointer(struct kmc_sim *sim, uint64_t hash, const void *ptr)
{
	return kmc_hash_word(hash, (uint64_t)((const uint8_t *)ptr - sim->frames));
}

static void hash_slab(struct kmc_sim *sim, struct kmem_cache *s, struct page *slab, void *arg)
{
	void *free = chain_first(sim, s, slab);
	uint64_t *hash = arg;
	bool bad = false;

	*hash = kmc_hash_word(*hash, page_to_pfn_in(sim, slab));
	*hash = kmc_hash_word(*hash, slab->slab.inuse | (uint64_t)slab->slab.objects << 16 |
					     (uint64_t)slab->slab.state << 32);
	for (unsigned int i = 0; free && i < slab->slab.objects; i++) {
		*hash = hash_pointer(sim, *hash, free);
		free = kmc_slab_next_free(sim, s, slab, free, &bad);
	}
}

static void hash_array(struct kmc_sim *sim, struct kmem_cache *s, void **objects,
		       unsigned int nr, void *arg)
{
	uint64_t *hash = arg;

	(void)s;
	*hash = kmc_hash_word(*hash, nr);
	for (unsigned int i = 0; i < nr; i++)
		*hash = hash_pointer(sim, *hash, objects[i]);
}

static uint64_t hash_cache(struct kmc_sim *sim, struct kmem_cache *s, uint64_t hash)
{
	const uint64_t words[] = {
		s->slot, s->life, s->flags, s->object_size, s->size, (uint64_t)s->refcount,
		s->ctor != NULL, s->hardening, s->shuffle_seed, s->next_slot,
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		hash = kmc_hash_word(hash, words[i]);
	for (const char *c = s->name; *c; c++)
		hash = kmc_hash_word(hash, (unsigned char)*c);
	slabs_for_each(sim, s, hash_slab, &hash);
	sheaves_for_each(sim, s, hash_array, &hash);
	return hash;
}

uint64_t kmc_slab_hash(struct kmc_sim *sim, uint64_t seed)
{
	struct kmc_slab_state *st = sim->slab;
	uint64_t hash = kmc_hash_word(seed, st->random);

	hash = kmc_hash_word(hash, st->warned);
	if (st->reports->count)
		hash = kmc_hash_word(hash, st->reports->count);
	for (unsigned int slot = 1; slot < st->slots_used; slot++)
		if (kmc_cache_at(sim, slot)->life != CACHE_NONE)
			hash = hash_cache(sim, kmc_cache_at(sim, slot), hash);
	return hash;
}

/* the self-check */

/* All free objects of a cache, to see that none is free twice. */
struct free_set {
	const void **objects;
	size_t nr, room;
	size_t in_chains, in_use; /* by the slabs' own counts */
	size_t in_sheaves;
};

static void free_set_add(struct free_set *set, const void *object)
{
	if (set->nr == set->room) {
		set->room = set->room ? 2 * set->room : 256;
		set->objects = realloc(set->objects, set->room * sizeof(*set->objects));
		KMC_BUG_ON(!set->objects);
	}
	set->objects[set->nr++] = object;
}

static void check_slab(struct kmc_sim *sim, struct kmem_cache *s, struct page *slab, void *arg)
{
	void *free = chain_first(sim, s, slab);
	struct free_set *set = arg;
	unsigned int length = 0;
	bool bad = false;

	KMC_BUG_ON(slab->kind != FRAME_SLAB || slab->slab.cache != s);
	KMC_BUG_ON(slab->slab.inuse > slab->slab.objects);
	for (; free && length < slab->slab.objects; length++) {
		free_set_add(set, free);
		free = kmc_slab_next_free(sim, s, slab, free, &bad);
	}
	/* A damaged chain is a program's doing; it is cut when it is next used. */
	KMC_BUG_ON(!bad && length != (unsigned int)slab->slab.objects - slab->slab.inuse);
	set->in_chains += length;
	set->in_use += slab->slab.inuse;
}

static void check_array(struct kmc_sim *sim, struct kmem_cache *s, void **objects,
			unsigned int nr, void *arg)
{
	struct free_set *set = arg;

	for (unsigned int i = 0; i < nr; i++) {
		struct page *page = pfn_to_page_in(sim, virt_to_pfn_in(sim, objects[i]));
		struct page *slab;

		KMC_BUG_ON(page->kind != FRAME_SLAB || page->slab.cache != s);
		slab = kmc_slab_head(sim, page);
		KMC_BUG_ON(((char *)objects[i] - (char *)address_of(sim, slab) - s->red_left) %
			   s->size);
		free_set_add(set, objects[i]);
	}
	set->in_sheaves += nr;
}

static int compare_pointers(const void *a, const void *b)
{
	const char *x = *(const char *const *)a, *y = *(const char *const *)b;

	return x < y ? -1 : x > y;
}

static void check_counts(struct kmc_sim *sim, struct kmem_cache *s, const struct free_set *set)
{
	uint64_t objects = 0;

	for (unsigned int node = 0; node < sim->config.nr_nodes; node++)
		objects += kmc_cache_node(sim, s, node)->nr_objects;
	KMC_BUG_ON(set->in_sheaves > set->in_use);
	KMC_BUG_ON(set->in_chains + set->in_use > objects);
}

static void check_cache(struct kmc_sim *sim, struct kmem_cache *s)
{
	struct free_set set = { 0 };

	slabs_for_each(sim, s, check_slab, &set);
	sheaves_for_each(sim, s, check_array, &set);
	check_counts(sim, s, &set);
	if (set.nr)
		qsort(set.objects, set.nr, sizeof(*set.objects), compare_pointers);
	for (size_t i = 1; i < set.nr; i++)
		KMC_BUG_ON(set.objects[i] == set.objects[i - 1]);
	free(set.objects);
}

void kmc_slab_check(struct kmc_sim *sim)
{
	for (unsigned int slot = 1; slot < sim->slab->slots_used; slot++)
		if (kmc_cache_at(sim, slot)->life != CACHE_NONE)
			check_cache(sim, kmc_cache_at(sim, slot));
}
