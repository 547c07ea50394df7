/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Charging objects. A slab in which one was charged has a vector, a word an
 * object, with the number of the group that paid; it is an object of kmalloc
 * itself, and its slab's frames carry KMC_TAG_ACCOUNT, which sends frees off
 * the fast path. Up to 6.9 a request is charged before it gets its objects,
 * from 6.12 on after it.
 *
 * Rule: KM-19, KC-17, KC-31, KC-33, KC-38. Looked at: 6.18.44. Model: simplified: a vector is
 * made at the first charge, where caches of SLAB_ACCOUNT have it from the slab's beginning.
 */
#include "slub_core.h"
#include "memcg_core.h"
#include "linux/memcontrol.h"

#define WORD sizeof(uint64_t)
/* What of a request does not concern the vector. */
#define VECTOR_CLEAR (__GFP_DMA | __GFP_RECLAIMABLE | __GFP_ACCOUNT | __GFP_NOFAIL)

bool kmc_memcg_wants(const struct kmc_sim *sim, const struct kmem_cache *s, gfp_t gfp)
{
	if (KMC_PLANTED(charge_forgotten))
		return false;
	if (KMC_PLANTED(charge_always))
		return sim->memcg;
	return sim->memcg && ((gfp & __GFP_ACCOUNT) || (s->flags & SLAB_ACCOUNT));
}

static bool pays_before(const struct kmc_sim *sim)
{
	return sim->config.profile < KMC_PROFILE_6_12_117;
}

bool kmc_memcg_objects_before(struct kmc_cpu *cpu, struct kmem_cache *s,
			      const struct list_lru *lru, gfp_t gfp, size_t nr,
			      struct kmc_object_charge *charge)
{
	*charge = (struct kmc_object_charge){ .memcg = kmc_memcg_current(cpu),
					      .bytes_each = s->size + WORD };
	if (!charge->memcg || !pays_before(cpu->sim))
		return true;
	if (!kmc_list_lru_ready(cpu, lru, charge->memcg, gfp))
		return false;
	charge->paid = !kmc_objcg_charge(cpu, charge->memcg, gfp, nr * charge->bytes_each);
	return charge->paid;
}

void kmc_memcg_objects_none(struct kmc_cpu *cpu, size_t nr, const struct kmc_object_charge *charge)
{
	if (charge->paid)
		kmc_objcg_uncharge(cpu, charge->memcg, nr * charge->bytes_each);
}

/* vectors */

static uint64_t *data_of(struct kmc_sim *sim, const struct page *head)
{
	return &sim->memcg->data[page_to_pfn_in(sim, head)];
}

static uint64_t *vector_of(struct kmc_sim *sim, const struct page *head)
{
	uint64_t offset = __atomic_load_n(data_of(sim, head), __ATOMIC_ACQUIRE);

	return offset ? (uint64_t *)(sim->frames + offset) : NULL;
}

/* From now on frees of the slab's objects come to kmc_memcg_object_freed(). */
static void tag_frames(struct kmc_sim *sim, struct page *head)
{
	unsigned int nr = 1u << head->order;

	kmc_touch(sim, head, nr * sizeof(*head));
	for (unsigned int i = 0; i < nr; i++)
		__atomic_fetch_or(&head[i].slab.state, KMC_TAG_ACCOUNT, __ATOMIC_RELAXED);
}

/* Rule: KC-38. NULL: no memory; the object stays uncharged then. */
static uint64_t *vector_make(struct kmc_cpu *cpu, struct page *head, gfp_t gfp)
{
	size_t bytes = head->slab.objects * WORD;
	uint64_t nothing = 0, offset;
	struct kmem_cache *s;
	void *vector;

	gfp = (gfp & ~VECTOR_CLEAR) | __GFP_ZERO;
	s = kmc_kmalloc_cache(cpu, bytes, gfp, NULL);
	vector = kmc_object_alloc(cpu, s, gfp, NUMA_NO_NODE, bytes);
	if (!vector)
		return NULL;
	offset = (uint64_t)((uint8_t *)vector - cpu->sim->frames);
	kmc_touch(cpu->sim, data_of(cpu->sim, head), WORD);
	if (!__atomic_compare_exchange_n(data_of(cpu->sim, head), &nothing, offset, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		kmc_object_free(cpu, s, vector); /* somebody else was first */
	tag_frames(cpu->sim, head);
	return vector_of(cpu->sim, head);
}

void kmc_memcg_slab_released(struct kmc_cpu *cpu, struct page *head)
{
	uint64_t *vector = vector_of(cpu->sim, head);
	struct page *page;

	if (!vector)
		return;
	kmc_touch(cpu->sim, data_of(cpu->sim, head), WORD);
	*data_of(cpu->sim, head) = 0;
	page = kmc_page_of(kmc_slab_cpu_of(cpu), vector);
	kmc_object_free(cpu, page->slab.cache, vector);
}

/* The word of an object; NULL: its slab has no vector. */
static uint64_t *word_of(struct kmc_sim *sim, const struct kmem_cache *s, struct page *head,
			 const void *object)
{
	uint64_t *vector = vector_of(sim, head);
	const char *first = (char *)pfn_to_virt_in(sim, page_to_pfn_in(sim, head)) + s->red_left;
	unsigned int index = kmc_object_index(s, first, object);

	return vector && index < head->slab.objects ? &vector[index] : NULL;
}

/* objects */

/* Write the object's word. Return: false: there was no memory for a vector. */
static bool sign(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp, const void *object,
		 const struct mem_cgroup *memcg)
{
	struct page *head = kmc_slab_head(cpu->sim, kmc_page_of(kmc_slab_cpu_of(cpu), object));

	if (!vector_of(cpu->sim, head) && !vector_make(cpu, head, gfp))
		return false;
	*word_of(cpu->sim, s, head, object) = memcg->index;
	return true;
}

bool kmc_memcg_objects_after(struct kmc_cpu *cpu, struct kmem_cache *s,
			     const struct list_lru *lru, gfp_t gfp, size_t nr, void **objects,
			     struct kmc_object_charge *charge)
{
	if (!charge->memcg)
		return true;
	if (!pays_before(cpu->sim) &&
	    (!kmc_list_lru_ready(cpu, lru, charge->memcg, gfp) ||
	     kmc_objcg_charge(cpu, charge->memcg, gfp, nr * charge->bytes_each)))
		return false;
	for (size_t i = 0; i < nr; i++) {
		if (sign(cpu, s, gfp, objects[i], charge->memcg))
			kmc_memcg_trace(cpu->sim, KMC_TP_CHARGED, charge->memcg, objects[i],
					charge->bytes_each);
		else
			kmc_objcg_uncharge(cpu, charge->memcg, charge->bytes_each);
	}
	return true;
}

/* Rule: MCG-11, FR-21. Model: exact. */
void kmc_memcg_object_freed(struct kmc_cpu *cpu, const struct kmem_cache *s, struct page *page,
			    const void *object)
{
	struct kmc_sim *sim = cpu->sim;
	uint64_t *word = word_of(sim, s, kmc_slab_head(sim, page), object), payer;

	if (!word || !*word || KMC_PLANTED(charge_kept))
		return;
	payer = *word;
	*word = 0;
	if (KMC_PLANTED(rcu_uncharges_twice))
		kmc_memcg_trace(sim, KMC_TP_UNCHARGED, kmc_memcg_owner(sim, (unsigned int)payer),
				object, s->size + WORD);
	kmc_objcg_uncharge(cpu, kmc_memcg_at(sim, (unsigned int)payer), s->size + WORD);
	kmc_memcg_trace(sim, KMC_TP_UNCHARGED, kmc_memcg_owner(sim, (unsigned int)payer), object,
			s->size + WORD);
}

/* calls */

static bool charge_large(struct kmc_cpu *cpu, struct page *page, gfp_t gfp)
{
	if (page->kind != FRAME_LARGE)
		return true;
	if (!page->order)
		page = pfn_to_page_in(cpu->sim, page->link.next);
	return (page->flags & PGF_ACCOUNTED) ||
	       !kmc_memcg_charge_page(cpu, page, gfp, page->order);
}

static bool is_kmalloc_normal(const struct kmem_cache *s)
{
	return (s->flags & SLAB_KMALLOC) &&
	       !(s->flags & (SLAB_ACCOUNT | SLAB_CACHE_DMA | SLAB_RECLAIM_ACCOUNT));
}

/* Rule: KC-38. Model: exact (6.12.117, 6.18). */
bool kmem_cache_charge(void *objp, gfp_t gfpflags)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmc_object_charge charge;
	struct kmem_cache *s;
	struct page *page;
	uint64_t *word;

	kmc_attention(cpu);
	if (!cpu->sim->memcg)
		return true;
	page = kmc_page_of(kmc_slab_cpu_of(cpu), objp);
	if (page->kind != FRAME_SLAB)
		return charge_large(cpu, page, gfpflags);
	s = page->slab.cache;
	if (is_kmalloc_normal(s))
		return !KMC_PLANTED(cache_charge_false);
	word = word_of(cpu->sim, s, kmc_slab_head(cpu->sim, page), objp);
	if (word && *word)
		return true;
	charge = (struct kmc_object_charge){ .memcg = kmc_memcg_current(cpu),
					     .bytes_each = s->size + WORD };
	if (!charge.memcg)
		return true;
	if (pays_before(cpu->sim) &&
	    kmc_objcg_charge(cpu, charge.memcg, gfpflags, charge.bytes_each))
		return false;
	return kmc_memcg_objects_after(cpu, s, NULL, gfpflags, 1, &objp, &charge);
}

struct mem_cgroup *mem_cgroup_from_slab_obj(void *p)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct page *page = kmc_page_of(kmc_slab_cpu_of(cpu), p);
	uint64_t *word;

	if (!cpu->sim->memcg)
		return NULL;
	if (page->kind != FRAME_SLAB)
		return page_memcg(page->kind == FRAME_TAIL || (page->kind == FRAME_LARGE &&
							      !page->order) ?
				  pfn_to_page_in(cpu->sim, page->link.next) : page);
	word = word_of(cpu->sim, page->slab.cache, kmc_slab_head(cpu->sim, page), p);
	return word && *word ? kmc_memcg_owner(cpu->sim, (unsigned int)*word) : NULL;
}
