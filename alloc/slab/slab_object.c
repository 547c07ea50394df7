/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every object passes through besides the fast paths: failure injection,
 * nodes, zeroing, AddressSanitizer's marks. Used by kmalloc and the caches.
 */
#include "slab_debug.h"
#include "memcg.h"
#include <string.h>

void kmc_sim_failslab_filter(struct kmc_sim *sim, bool on)
{
	kmc_touch(sim, sim->slab, sizeof(*sim->slab));
	sim->slab->failslab_filter = on;
}

/* Model: exact in which requests are eligible (never NOFAIL; cache_filter), 6.18. */
bool kmc_slab_fault(struct kmc_cpu *cpu, const struct kmem_cache *s, gfp_t gfp)
{
	if (likely(!(atomic_load_explicit(&cpu->attention, memory_order_relaxed) & ATTN_FAULT)))
		return false;
	if (cpu->sim->slab->failslab_filter && !(s->flags & SLAB_FAILSLAB))
		return false;
	return (!(gfp & __GFP_NOFAIL) || KMC_PLANTED(slab_fault_nofail)) &&
	       kmc_fault_hit(cpu->sim, KMC_FAULT_SLAB);
}

/* Rule: DBG-5, KC-11. Model: exact. */
static bool want_zero(struct kmc_sim *sim, const struct kmem_cache *s, gfp_t gfp)
{
	if (!(sim->config.options & KMC_OPT_INIT_ON_ALLOC) || KMC_PLANTED(init_on_alloc_ignored))
		return gfp & __GFP_ZERO;
	if (s->ctor && !KMC_PLANTED(ctor_zeroed))
		return false;
	if (s->ctor)
		return true;
	return !(s->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_POISON)) || (gfp & __GFP_ZERO);
}

/* Rule: DBG-5, KC-10. Model: exact but for the metadata behind the object. */
static bool want_wipe(struct kmc_sim *sim, const struct kmem_cache *s)
{
	return (sim->config.options & KMC_OPT_INIT_ON_FREE) && !s->ctor &&
	       !KMC_PLANTED(init_on_free_ignored) &&
	       !(s->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_POISON));
}

void kmc_object_finish(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp, void *object,
		       size_t requested_bytes)
{
	size_t bytes = s->object_size;

	kmc_unpoison(object, bytes);
	if (unlikely(kmc_cache_debug(s))) {
		kmc_debug_allocated(cpu, s, object, requested_bytes);
		bytes = kmc_debug_zero_bytes(s, requested_bytes);
	}
	if (want_zero(cpu->sim, s, gfp) && !KMC_PLANTED(zero_forgotten))
		memset(object, 0, bytes - (bytes > 8 && KMC_PLANTED(zero_short) ? 8 : 0));
	if (requested_bytes < s->object_size)
		kmc_poison((char *)object + requested_bytes, s->object_size - requested_bytes);
}

/* From a node that is not the cpu's: sheaves are passed over. Rule: KM-13, KC-37. */
static void *alloc_from_node(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp,
			     unsigned int node)
{
	unsigned int got_node;
	void *object;

	if (kmc_slab_take(cpu->sim, s, node, &object, 1))
		return object;
	if (kmc_slab_grow(cpu, s, gfp, (int)node, &object, 1, &got_node))
		return object;
	return kmc_slab_take_elsewhere(cpu, s, gfp, node, &object) ? object : NULL;
}

static void *take_object(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp, int node,
			 size_t requested_bytes)
{
	void *object;

	if (node < 0 || (unsigned int)node >= cpu->sim->config.nr_nodes ||
	    (unsigned int)node == cpu->node || KMC_PLANTED(object_node_ignored))
		object = kmc_sheaf_alloc(cpu, s, gfp);
	else
		object = alloc_from_node(cpu, s, gfp, (unsigned int)node);
	if (likely(object))
		kmc_object_finish(cpu, s, gfp, object, requested_bytes);
	return object;
}

static __attribute__((noinline, cold)) void *
alloc_charged(struct kmc_cpu *cpu, struct kmem_cache *s, struct list_lru *lru, gfp_t gfp,
	      int node, size_t requested_bytes)
{
	struct kmc_object_charge charge;
	void *object;

	if (!kmc_memcg_objects_before(cpu, s, lru, gfp, 1, &charge))
		return NULL;
	object = take_object(cpu, s, gfp, node, requested_bytes);
	if (!object) {
		kmc_memcg_objects_none(cpu, 1, &charge);
		return NULL;
	}
	if (kmc_memcg_objects_after(cpu, s, lru, gfp, 1, &object, &charge))
		return object;
	kmc_object_free(cpu, s, object);
	return NULL;
}

/* Model: simplified (6.18: a node without memory is not told apart). */
void *kmc_object_alloc_lru(struct kmc_cpu *cpu, struct kmem_cache *s, struct list_lru *lru,
			   gfp_t gfp, int node, size_t requested_bytes)
{
	if (unlikely(kmc_slab_fault(cpu, s, gfp)))
		return NULL;
	if (unlikely(kmc_memcg_wants(cpu->sim, s, gfp)))
		return alloc_charged(cpu, s, lru, gfp, node, requested_bytes);
	return take_object(cpu, s, gfp, node, requested_bytes);
}

void *kmc_object_alloc(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp, int node,
		       size_t requested_bytes)
{
	return kmc_object_alloc_lru(cpu, s, NULL, gfp, node, requested_bytes);
}

void kmc_object_uncharge(struct kmc_cpu *cpu, const struct kmem_cache *s, const void *object)
{
	struct page *page = kmc_page_of(kmc_slab_cpu_of(cpu), object);

	if (unlikely(__atomic_load_n(&page->slab.state, __ATOMIC_RELAXED) & KMC_TAG_ACCOUNT))
		kmc_memcg_object_freed(cpu, s, page, object);
}

/* Readers may look at a free object of a type-safe cache (KC-13, KC-14). */
void kmc_object_retire(struct kmc_cpu *cpu, const struct kmem_cache *s, void *object)
{
	if (want_wipe(cpu->sim, s)) {
		kmc_unpoison(object, s->object_size);
		memset(object, 0, s->object_size);
	}
	if ((s->ctor || (s->flags & SLAB_TYPESAFE_BY_RCU)) && KMC_PLANTED(retire_overwrites)) {
		kmc_unpoison(object, s->object_size);
		memset(object, 0x5a, s->object_size < 8 ? s->object_size : 8);
	}
	if (!(s->flags & SLAB_TYPESAFE_BY_RCU))
		kmc_poison(object, s->object_size);
}

/* The slab's own checks find out whether this is a free at all. */
static __attribute__((noinline, cold)) void debug_free(struct kmc_cpu *cpu, struct kmem_cache *s,
						       void *object)
{
	struct page *slab = kmc_slab_head(cpu->sim, kmc_page_of(kmc_slab_cpu_of(cpu), object));

	if (kmc_slab_object_valid(cpu->sim, s, slab, object))
		kmc_object_uncharge(cpu, s, object);
	kmc_slab_give(cpu, &object, 1);
}

void kmc_object_free(struct kmc_cpu *cpu, struct kmem_cache *s, void *object)
{
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);

	if (unlikely(kmc_cache_debug(s))) {
		debug_free(cpu, s, object);
		return;
	}
	kmc_object_uncharge(cpu, s, object);
	kmc_object_retire(cpu, s, object);
	if (likely((kmc_tag_of(kmc_page_of(sc, object)) ^ sc->node_tag) == s->slot))
	{
		kmc_sheaf_free(cpu, s, object);
		if (KMC_PLANTED(object_freed_twice))
			kmc_sheaf_free(cpu, s, object);
	} else
		kmc_slab_give(cpu, &object, 1);
}
