/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bulk calls: whole runs of pointers are copied out of and into sheaves. No
 * bulk call emits an event (TRC-10).
 */
#include "slab_debug.h"
#include "memcg.h"
#include <string.h>

#define slow_path __attribute__((noinline))

/* allocating */

static size_t pop_run(struct kmc_pcs *pcs, size_t nr, void **p)
{
	size_t count = (size_t)(pcs->top - pcs->base);

	if (nr > count)
		nr = count;
	if (nr == 0)
		return 0;
	pcs->top -= nr;
	memcpy(p, pcs->top, nr * sizeof(*p));
	return nr;
}

static bool needs_finish(struct kmc_sim *sim, const struct kmem_cache *s, gfp_t gfp)
{
#ifdef KMC_ASAN
	(void)sim, (void)s, (void)gfp;
	return true;
#else
	return kmc_cache_debug(s) || (gfp & __GFP_ZERO) || (sim->config.options & KMC_OPT_INIT_ON_ALLOC);
#endif
}

size_t kmc_objects_take(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp, size_t size,
			void **p)
{
	struct kmc_pcs *pcs = kmc_pcs_at(kmc_slab_cpu_of(cpu), s);
	size_t got = 0;

	while (got < size) {
		got += pop_run(pcs, size - got, p + got);
		if (got == size)
			break;
		p[got] = kmc_sheaf_alloc(cpu, s, gfp);
		if (!p[got])
			break;
		got++;
	}
	return got;
}

static void give_back(struct kmc_cpu *cpu, struct kmem_cache *s, size_t nr, void **p)
{
	while (nr > 0)
		kmc_object_free(cpu, s, p[--nr]);
}

/* All or none. */
static bool take_all(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp, size_t size, void **p)
{
	size_t got = kmc_objects_take(cpu, s, gfp, size, p);

	if (got > 1 && KMC_PLANTED(bulk_repeats))
		p[1] = p[0];
	if (likely(got == size))
		return true;
	give_back(cpu, s, got, p);
	return false;
}

static slow_path int alloc_bulk_slow(struct kmem_cache *s, gfp_t gfp, size_t size, void **p)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmc_object_charge charge = { 0 };
	bool charged;

	kmc_attention(cpu);
	if (size == 0 && KMC_PLANTED(bulk_of_none))
		return 1;
	if (size == 0 || kmc_slab_fault(cpu, s, gfp))
		return 0;
	charged = kmc_memcg_wants(cpu->sim, s, gfp);
	if (charged && !kmc_memcg_objects_before(cpu, s, NULL, gfp, size, &charge))
		return 0;
	if (!take_all(cpu, s, gfp, size, p)) {
		kmc_memcg_objects_none(cpu, size, &charge);
		return 0;
	}
	for (size_t i = 0; needs_finish(cpu->sim, s, gfp) && i < size; i++)
		kmc_object_finish(cpu, s, gfp, p[i], s->object_size);
	if (charged && !kmc_memcg_objects_after(cpu, s, NULL, gfp, size, p, &charge)) {
		give_back(cpu, s, size, p);
		return 0;
	}
	return (int)size - (size > 1 && KMC_PLANTED(bulk_partial) ? 1 : 0);
}

/* Model: exact in result (R8). Rule: KC-32, KC-33, KC-35. */
int kmem_cache_alloc_bulk(struct kmem_cache *s, gfp_t flags, size_t size, void **p)
{
#ifndef KMC_ASAN
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmc_pcs *pcs = kmc_pcs_of(kmc_slab_cpu_of(cpu), s);

	if (likely(!atomic_load_explicit(&cpu->attention, memory_order_relaxed) &&
		   !(flags & ~KMC_GFP_PLAIN) && (size_t)(pcs->top - pcs->base) >= size)) {
		pop_run(pcs, size, p);
		return (int)size;
	}
#endif
	return alloc_bulk_slow(s, flags, size, p);
}

/* freeing */

#ifndef KMC_ASAN
/*
 * Push objects of @s while there is room and they are what they should be.
 * Everything is copied to locals first: the stores could alias it.
 */
static size_t push_run(struct kmc_slab_cpu *sc, struct kmem_cache *s, size_t nr, void **p)
{
	const uintptr_t frames = sc->frames, bytes = sc->frames_bytes, bias = sc->pages_bias;
	const uint64_t tag = sc->node_tag ^ s->slot;
	struct kmc_pcs *pcs = kmc_pcs_of(sc, s);
	void **top = pcs->top;
	size_t room = (size_t)(pcs->end - top), i;

	if (nr > room)
		nr = room;
	if (nr == 0)
		return 0;
	for (i = 0; i < nr; i++) {
		uintptr_t object = (uintptr_t)p[i];
		struct page *page =
			(struct page *)(bias + (object >> PAGE_SHIFT) * sizeof(struct page));

		if (unlikely(object - frames >= bytes || page->kind != FRAME_SLAB ||
			     __atomic_load_n(&page->slab.state, __ATOMIC_RELAXED) != tag))
			break;
		top[i] = (void *)object;
	}
	pcs->top = top + i;
	return i;
}

/* Whose run starts here: @s, or for kfree_bulk() the owner of the first object. */
static struct kmem_cache *run_owner(struct kmc_slab_cpu *sc, struct kmem_cache *s, void *object)
{
	struct page *page;

	if (s || !kmc_in_frames(sc, object))
		return s;
	page = kmc_page_of(sc, object);
	return page->kind == FRAME_SLAB ? page->slab.cache : NULL;
}
#endif

/* One object of a bulk call the long way; a foreign one goes to its owner. */
static void free_one(struct kmc_cpu *cpu, struct kmem_cache *s, void *object)
{
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);

	if (!s)
		kmc_block_free(cpu, object);
	else if (kmc_in_frames(sc, object) && kmc_page_of(sc, object)->kind == FRAME_SLAB)
		kmc_object_free(cpu, kmc_page_of(sc, object)->slab.cache, object);
	else
		kmc_slab_warn(cpu, "kmem_cache_free_bulk of memory that is no slab", object);
}

/* The fast part of a bulk free. Return: how many; 0: the first one needs the long way. */
static size_t free_run(struct kmc_cpu *cpu, struct kmem_cache *s, size_t size, void **p)
{
#ifndef KMC_ASAN
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);
	struct kmem_cache *owner = run_owner(sc, s, *p);
	unsigned int attention = atomic_load_explicit(&cpu->attention, memory_order_relaxed);

	if (likely(!(attention & ATTN_DEBUG) && owner))
		return push_run(sc, owner, size, p);
#else
	(void)cpu, (void)s, (void)size, (void)p;
#endif
	return 0;
}

/* Model: exact in effect (R8, 6.1 and later: no NULL entries, the array is left alone). */
void kmem_cache_free_bulk(struct kmem_cache *s, size_t size, void **p)
{
	struct kmc_cpu *cpu = kmc_this_cpu;

	kmc_attention(cpu);
	if (size > 1 && KMC_PLANTED(bulk_free_twice) && kmc_in_frames(kmc_slab_cpu_of(cpu), *p))
		free_one(cpu, s, *p);
	while (size > 0) {
		size_t done = free_run(cpu, s, size, p);

		if (done == 0) {
			free_one(cpu, s, *p);
			done = 1;
		}
		p += done;
		size -= done;
	}
}

/* Model: exact in effect (6.18). */
void kfree_bulk(size_t size, void **p)
{
	kmem_cache_free_bulk(NULL, size, p);
}
