/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All objects of a cache at once: validation on request, and the list of those
 * that are left when a cache is destroyed.
 */
#include "slab_debug.h"
#include <errno.h>
#include <string.h>

static void *first_free(struct kmc_sim *sim, const struct kmem_cache *s, const struct page *slab)
{
	char *base = pfn_to_virt_in(sim, page_to_pfn_in(sim, slab));

	return slab->slab.freelist ? kmc_object_at_index(s, base, slab->slab.freelist - 1u) : NULL;
}

/* Which objects are on the chain, as far as it holds. */
static unsigned int chain_map(struct kmc_sim *sim, const struct kmem_cache *s,
			      const struct page *slab, uint8_t *is_free)
{
	char *base = pfn_to_virt_in(sim, page_to_pfn_in(sim, slab));
	void *free = first_free(sim, s, slab);
	unsigned int nr = 0;
	bool bad = false;

	memset(is_free, 0, (slab->slab.objects + 7u) / 8u);
	for (; free && nr < slab->slab.objects; nr++) {
		unsigned int i = kmc_object_index(s, base + s->red_left, free);

		is_free[i / 8] |= (uint8_t)(1u << i % 8);
		free = kmc_slab_next_free(sim, s, slab, free, &bad);
	}
	return nr;
}

/* More would need an order that no cache has: R4. */
#define MAP_BYTES ((KMC_SLUB_MAX_OBJECTS + 8) / 8)

/* A pointer that leads nowhere ends the chain at its object. */
static bool chain_mended(struct kmc_sim *sim, const struct kmem_cache *s, struct page *slab)
{
	void *free = first_free(sim, s, slab);
	bool bad = false;

	for (unsigned int nr = 0; free && nr < slab->slab.objects; nr++) {
		void *next = kmc_slab_next_free(sim, s, slab, free, &bad);
		struct kmc_slab_report report = {
			.kind = KMC_SLAB_FREE_POINTER,
			.addr = kmc_sim_address(sim, (char *)free + s->offset),
			.length = sizeof(void *),
		};

		if (bad) {
			kmc_slab_found(sim, s, slab, free, &report);
			kmc_slab_end_chain(sim, s, free);
			return true;
		}
		free = next;
	}
	return false;
}

/* The slab's count follows its chain, unless the slab was given up. */
static bool count_mended(struct kmc_sim *sim, const struct kmem_cache *s, struct page *slab,
			 unsigned int nr_free)
{
	struct kmc_slab_report report = {
		.kind = KMC_SLAB_FREE_CHAIN,
		.addr = KMC_DIRECT_MAP_BASE + (page_to_pfn_in(sim, slab) << PAGE_SHIFT),
		.length = nr_free,
	};

	if (nr_free == (unsigned int)slab->slab.objects - slab->slab.inuse)
		return false;
	kmc_slab_found(sim, s, slab, NULL, &report);
	kmc_touch(sim, slab, sizeof(*slab));
	slab->slab.inuse = (uint16_t)(slab->slab.objects - nr_free);
	return true;
}

static long slab_validate(struct kmc_sim *sim, const struct kmem_cache *s, struct page *slab)
{
	char *base = pfn_to_virt_in(sim, page_to_pfn_in(sim, slab));
	uint8_t is_free[MAP_BYTES];
	long damaged = 0;

	damaged += !kmc_debug_slab_check(sim, s, slab);
	damaged += chain_mended(sim, s, slab);
	damaged += count_mended(sim, s, slab, chain_map(sim, s, slab, is_free));
	for (unsigned int i = 0; i < slab->slab.objects; i++) {
		bool free = is_free[i / 8] & 1u << i % 8;

		damaged += !kmc_debug_object_check(sim, s, slab, kmc_object_at_index(s, base, i),
						   free ? KMC_RED_INACTIVE : KMC_RED_ACTIVE);
	}
	return damaged;
}

static long list_validate(struct kmc_sim *sim, const struct kmem_cache *s, uint32_t pfn)
{
	long damaged = 0;

	while (pfn) {
		struct page *slab = pfn_to_page_in(sim, pfn);

		pfn = slab->link.next;
		damaged += slab_validate(sim, s, slab);
	}
	return damaged;
}

/* Rule: DBG-1, DBG-2, DBG-4. Model: exact in what is looked at and mended (6.18). */
long kmc_sim_slab_validate(struct kmem_cache *s)
{
	struct kmc_sim *sim = s->sim;
	long damaged = 0;

	if (!kmc_cache_debug(s) || s->life != CACHE_LIVE)
		return -EINVAL;
	for (unsigned int node = 0; node < sim->config.nr_nodes; node++) {
		struct kmem_cache_node *n = kmc_cache_node(sim, s, node);

		kmc_touch(sim, n, sizeof(*n));
		kmc_lock_take(&n->list_lock);
		damaged += list_validate(sim, s, n->partial_head);
		damaged += list_validate(sim, s, n->full_head);
		kmc_lock_drop(&n->list_lock);
	}
	return damaged;
}

/* what is left */

static void report_left_in(struct kmc_sim *sim, const struct kmem_cache *s, struct page *slab)
{
	char *base = pfn_to_virt_in(sim, page_to_pfn_in(sim, slab));
	uint8_t is_free[MAP_BYTES];

	chain_map(sim, s, slab, is_free);
	for (unsigned int i = 0; i < slab->slab.objects; i++) {
		void *object = kmc_object_at_index(s, base, i);
		struct kmc_slab_report report = {
			.kind = KMC_SLAB_LEFT_OBJECTS,
			.addr = kmc_sim_address(sim, object),
			.length = s->object_size,
		};

		if (!(is_free[i / 8] & 1u << i % 8))
			kmc_slab_found(sim, s, slab, object, &report);
	}
}

/* Model: exact in which objects are named; the sheaves have been emptied before. */
void kmc_slab_report_left(struct kmc_cpu *cpu, struct kmem_cache *s)
{
	struct kmc_sim *sim = cpu->sim;

	for (unsigned int node = 0; node < sim->config.nr_nodes; node++) {
		struct kmem_cache_node *n = kmc_cache_node(sim, s, node);
		uint32_t lists[2];

		kmc_touch(sim, n, sizeof(*n));
		kmc_lock_take(&n->list_lock);
		lists[0] = n->partial_head;
		lists[1] = n->full_head;
		for (unsigned int i = 0; i < 2; i++)
			for (uint32_t pfn = lists[i]; pfn; pfn = pfn_to_page_in(sim, pfn)->link.next)
				report_left_in(sim, s, pfn_to_page_in(sim, pfn));
		kmc_lock_drop(&n->list_lock);
	}
}
