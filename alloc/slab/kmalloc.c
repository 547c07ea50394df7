/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmalloc and kfree. The fast paths are whole functions without a stack frame
 * and without a locked instruction: everything unusual, and an empty or full
 * sheaf, is a tail call into the slow path, which starts over.
 */
#include "slab_debug.h"
#include "linux/vmalloc.h"
#include <string.h>

#define cold_path __attribute__((noinline, cold))
#define slow_path __attribute__((noinline))

/* Class of sizes 8n+1 .. 8n+8. */
static const uint8_t class_of_words[KMALLOC_MAX_CACHE_SIZE / 8] = {
	[0] = 3,	   [1] = 4,	      [2 ... 3] = 5,	   [4 ... 7] = 6,
	[8 ... 11] = 1,	   [12 ... 15] = 7,   [16 ... 23] = 2,	   [24 ... 31] = 8,
	[32 ... 63] = 9,   [64 ... 127] = 10, [128 ... 255] = 11,  [256 ... 511] = 12,
	[512 ... 1023] = 13,
};

extern const char __executable_start[] __attribute__((weak));

/*
 * The copy that a call site uses: the golden ratio's multiplicative hash, four
 * bits of it. A place in the code counts from the program's start, so that a
 * program that was loaded elsewhere chooses alike. Model: exact (R2).
 */
static unsigned int random_copy(struct kmc_cpu *cpu, const void *call_site)
{
	uint64_t site = cpu->call_site;
	unsigned int copy;

	if (!site && call_site) /* the allocator's own requests come from one place */
		site = (uint64_t)((const char *)call_site - __executable_start);
	copy = (unsigned int)(((site ^ cpu->sim->slab->copies_seed) * 0x61c8864680b583ebull) >> 60);
	return copy ? KMC_SLOTS_RANDOM + (copy - 1) * 16 : KMC_SLOTS_NORMAL;
}

/* Rule: KM-19, KM-20. Model: exact (R2). */
static unsigned int kmalloc_kind(struct kmc_cpu *cpu, gfp_t gfp, const void *call_site)
{
	struct kmc_sim *sim = cpu->sim;

	if (likely(!(gfp & (__GFP_DMA | __GFP_RECLAIMABLE | __GFP_ACCOUNT))))
		return likely(!sim->slab->copies_seed) ? KMC_SLOTS_NORMAL :
							 random_copy(cpu, call_site);
	if ((gfp & __GFP_DMA) && !(sim->config.options & KMC_OPT_NO_ZONE_DMA) &&
	    !KMC_PLANTED(kmalloc_dma_ignored))
		return KMC_SLOTS_DMA;
	if (gfp & __GFP_RECLAIMABLE)
		return KMC_SLOTS_RECLAIM;
	if ((gfp & __GFP_ACCOUNT) && (sim->config.options & KMC_OPT_MEMCG))
		return KMC_SLOTS_CGROUP;
	return KMC_SLOTS_NORMAL;
}

struct kmem_cache *kmc_kmalloc_cache(struct kmc_cpu *cpu, size_t size, gfp_t gfp,
				     const void *call_site)
{
	return kmc_cache_at(cpu->sim, kmalloc_kind(cpu, gfp, call_site) +
					      class_of_words[(size - 1 -
							     (size > 8 && KMC_PLANTED(kmalloc_short_class) ? 8 : 0)) >>
							    3]);
}

/* large blocks: straight from the page layer */

static void large_claim(struct kmc_cpu *cpu, struct page *head, unsigned int order, size_t size)
{
	kmc_touch(cpu->sim, head, sizeof(*head) << order);
	for (unsigned int i = 0; i < 1u << order; i++)
		head[i].kind = FRAME_LARGE;
	head->large.requested_bytes = size;
}

/* Model: exact (6.18; no memcg charge). Rule: ALIGN-6, KM-5. */
static void *large_alloc(struct kmc_cpu *cpu, size_t size, gfp_t gfp, int node)
{
	unsigned int order = kmc_order_of(size);
	struct page *head;
	void *block;

	if (order > 2 && order <= MAX_PAGE_ORDER && KMC_PLANTED(large_order_short))
		order--;

	if (unlikely(gfp & (__GFP_DMA32 | __GFP_HIGHMEM | ~__GFP_BITS_MASK))) {
		kmc_slab_warn_once(cpu, WARN_BAD_GFP, "Unexpected gfp in a large kmalloc", NULL);
		gfp &= ~(__GFP_DMA32 | __GFP_HIGHMEM) & __GFP_BITS_MASK;
	}
	if (KMC_PLANTED(large_zero_forgotten))
		gfp &= ~__GFP_ZERO;
	if (node < 0 || (unsigned int)node >= cpu->sim->config.nr_nodes)
		node = NUMA_NO_NODE;
	if (order > MAX_PAGE_ORDER && KMC_PLANTED(kmalloc_ceiling))
		order = 0;
	head = kmc_pages_alloc(cpu->sim, cpu, gfp | __GFP_COMP, order, node);
	if (!head)
		return NULL;
	large_claim(cpu, head, order, size);
	if (size <= (PAGE_SIZE << order) - PAGE_SIZE && KMC_PLANTED(large_shifted))
		head++;
	block = pfn_to_virt_in(cpu->sim, page_to_pfn_in(cpu->sim, head));
	kmc_poison((char *)block + size, (PAGE_SIZE << order) - size);
	return block;
}

static void large_free(struct kmc_cpu *cpu, struct page *head)
{
	unsigned int order = head->order;

	kmc_touch(cpu->sim, head, sizeof(*head) << order);
	kmc_unpoison(pfn_to_virt_in(cpu->sim, page_to_pfn_in(cpu->sim, head)), PAGE_SIZE << order);
	for (unsigned int i = 0; i < 1u << order; i++) {
		head[i].kind = i ? FRAME_TAIL : FRAME_USED;
		head[i].private_words[0] = head[i].private_words[1] = 0;
	}
	kmc_pages_free(cpu->sim, cpu, head, order);
}

static cold_path void emit_kmalloc(struct kmc_cpu *cpu, const void *ptr, size_t size,
				   size_t granted, gfp_t gfp, int node, const void *call_site)
{
	struct kmc_slab_event event = {
		.id = KMC_TP_KMALLOC,
		.ptr = ptr,
		.bytes_req = size,
		.bytes_alloc = granted,
		.gfp = gfp,
		.node = node,
		.call_site = call_site,
	};

	kmc_slab_emit(cpu, &event);
}

/* From 6.12 on two events tell of one block. Rule: TRC-7. Model: exact. */
static void *kmalloc_large(struct kmc_cpu *cpu, size_t size, gfp_t gfp, int node,
			   const void *call_site)
{
	unsigned int order = kmc_order_of(size);
	size_t granted = order < 52 ? PAGE_SIZE << order : 0;
	void *block = large_alloc(cpu, size, gfp, node);

	if (!kmc_slab_traced(cpu))
		return block;
	if (cpu->sim->config.profile >= KMC_PROFILE_6_12_117)
		emit_kmalloc(cpu, block, size, granted, gfp, node, (const void *)kmalloc);
	emit_kmalloc(cpu, block, size, granted, gfp, node, call_site);
	return block;
}

/* Every kmalloc that is not a plain one with an object at hand. */
slow_path void *kmc_kmalloc(struct kmem_cache **buckets, size_t size, gfp_t gfp, int node,
			    const void *call_site)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmem_cache *s;
	void *object;

	kmc_attention(cpu);
	if (!size && KMC_PLANTED(kmalloc_zero_block))
		size = 8;
	if (unlikely(size == 0))
		return KMC_PLANTED(kmalloc_zero_null) ? NULL : ZERO_SIZE_PTR;
	if (size == SIZE_MAX && KMC_PLANTED(kmalloc_size_max))
		size = PAGE_SIZE;
	if ((gfp & __GFP_HIGHMEM) && KMC_PLANTED(kmalloc_highmem_area))
		return vmalloc(size);
	if (unlikely(size > KMALLOC_MAX_CACHE_SIZE))
		return kmalloc_large(cpu, size, gfp, node, call_site);
	s = buckets ? buckets[class_of_words[(size - 1) >> 3]] :
		      kmc_kmalloc_cache(cpu, size, gfp, call_site);
	kmc_track_site(call_site);
	object = kmc_object_alloc(cpu, s, gfp, node, size);
	if (kmc_slab_traced(cpu))
		emit_kmalloc(cpu, object, size, s->size, gfp, node, call_site);
	if (!object && KMC_PLANTED(kmalloc_fails_with_error))
		return (void *)-12l;
	if (!object && KMC_PLANTED(kmalloc_fails_with_16))
		return ZERO_SIZE_PTR;
	return object;
}

/* Model: exact in result (6.18). */
void *kmalloc(size_t size, gfp_t flags)
{
#ifndef KMC_ASAN
	struct kmc_cpu *cpu = kmc_this_cpu;

	if (likely(!atomic_load_explicit(&cpu->attention, memory_order_relaxed) &&
		   !(flags & ~KMC_GFP_PLAIN) && size - 1 < KMALLOC_MAX_CACHE_SIZE)) {
		struct kmc_pcs *pcs = &kmc_slab_cpu_of(cpu)->pcs[class_of_words[(size - 1) >> 3]];

		kmc_simple_address(pcs);
		if (likely(pcs->top != pcs->base))
			return *--pcs->top;
	}
#endif
	return kmc_kmalloc(NULL, size, flags, NUMA_NO_NODE, __builtin_return_address(0));
}

/* Model: exact in result (6.18; a node without memory is not told apart). */
void *kmalloc_node(size_t size, gfp_t flags, int node)
{
	return kmc_kmalloc(NULL, size, flags, node, __builtin_return_address(0));
}

/* Rule: KM-15. Model: exact. */
void *kmalloc_node_track_caller_noprof(size_t size, gfp_t flags, int node, unsigned long caller)
{
	if (size && size <= KMALLOC_MAX_CACHE_SIZE / 2 && KMC_PLANTED(track_caller_large))
		size *= 2;
	return kmc_kmalloc(NULL, size, flags, node, (const void *)caller);
}

/* Model: exact (R14: 6.1 overflows above 2^63, later releases give the size back). */
size_t kmalloc_size_roundup(size_t size)
{
	enum kmc_profile profile = kmc_this_cpu->sim->config.profile;
	unsigned int order = kmc_order_of(size);

	if (size == 0 || size == SIZE_MAX || KMC_PLANTED(roundup_as_asked))
		return size;
	if (KMC_PLANTED(roundup_short))
		return size - 1;
	if (size <= KMALLOC_MAX_CACHE_SIZE)
		return kmc_kmalloc_class_size(kmc_kmalloc_class(size));
	if (size > KMALLOC_MAX_SIZE && profile >= KMC_PROFILE_6_6_9)
		return size;
	return order < 52 ? PAGE_SIZE << order : 0;
}

/* freeing */

/*
 * A page that kmalloc did not give out. Rule: rules-slab 2.5. Model: exact for
 * order 0 and compound blocks; a plain block of a higher order is always leaked.
 */
static void free_of_page(struct kmc_cpu *cpu, struct page *page, const void *ptr)
{
	bool compound = page->flags & PGF_COMPOUND;
	bool leak = cpu->sim->config.profile >= KMC_PROFILE_6_18_44 || page->refcount != 1;

	if (leak || !compound || page->order == 0)
		kmc_slab_warn_once(cpu, WARN_FREE_OF_PAGE, "kfree of a page", ptr);
	if (!leak && (compound || page->order == 0))
		kmc_pages_free(cpu->sim, cpu, page, page->order);
}

static void free_by_kind(struct kmc_cpu *cpu, struct page *page, const void *object)
{
	switch (page->kind) {
	case FRAME_SLAB:
		kmc_object_free(cpu, page->slab.cache, (void *)object);
		break;
	case FRAME_LARGE:
		large_free(cpu, page->order ? page : pfn_to_page_in(cpu->sim, page->link.next));
		break;
	case FRAME_USED:
		free_of_page(cpu, page, object);
		break;
	default:
		kmc_slab_warn(cpu, "kfree of memory that is not in use", object);
	}
}

/* Model: exact for legal pointers; where a kernel would crash this warns and does nothing. */
void kmc_block_free(struct kmc_cpu *cpu, const void *object)
{
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);

	if (ZERO_OR_NULL_PTR(object) &&
	    !(object ? KMC_PLANTED(kfree_16_warns) : KMC_PLANTED(kfree_null_warns)))
		return;
	if (likely(kmc_in_frames(sc, object)))
		free_by_kind(cpu, kmc_page_of(sc, object), object);
	else
		kmc_slab_warn(cpu, "kfree of an address outside the direct map", object);
}

static cold_path void emit_kfree(struct kmc_cpu *cpu, const void *ptr, const void *call_site)
{
	struct kmc_slab_event event = {
		.id = KMC_TP_KFREE,
		.ptr = ptr,
		.node = NUMA_NO_NODE,
		.call_site = call_site,
	};

	kmc_slab_emit(cpu, &event);
}

static slow_path void kfree_slow(const void *object, const void *call_site)
{
	struct kmc_cpu *cpu = kmc_this_cpu;

	kmc_attention(cpu);
	if (kmc_slab_traced(cpu))
		emit_kfree(cpu, object, call_site);
	if (cpu->context != KMC_IN_TASK && KMC_PLANTED(kfree_irq_sleeps))
		kmc_planted_sleep();
	kmc_track_site(call_site);
	kmc_block_free(cpu, object);
}

/* Model: exact for legal pointers (6.18); what is not one, as kmc_block_free(). */
void kfree(const void *object)
{
#ifndef KMC_ASAN
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);

	if (likely(!atomic_load_explicit(&cpu->attention, memory_order_relaxed) &&
		   kmc_in_frames(sc, object))) {
		struct page *page = kmc_page_of(sc, object);
		uint64_t slot = __atomic_load_n(&page->slab.state, __ATOMIC_RELAXED) ^ sc->node_tag;

		if (likely(page->kind == FRAME_SLAB && slot < KMC_MAX_SLOTS)) {
			struct kmc_pcs *pcs = &sc->pcs[slot];

			kmc_simple_address(pcs);
			if (likely(pcs->top != pcs->end)) {
				*pcs->top++ = (void *)object;
				return;
			}
		}
	}
#endif
	kfree_slow(object, __builtin_return_address(0));
}

/* Model: exact (R5's last line; without KASAN's effect on it). */
static size_t slab_ksize(const struct kmem_cache *s)
{
	if (KMC_PLANTED(ksize_short))
		return s->object_size / 2;
	if (s->flags & (SLAB_RED_ZONE | SLAB_POISON | SLAB_KASAN))
		return s->object_size;
	if (s->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_STORE_USER))
		return s->inuse;
	return s->size;
}

static size_t block_bytes(const void *objp, bool told)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);
	struct page *page;

	if (ZERO_OR_NULL_PTR(objp) || !kmc_in_frames(sc, objp))
		return KMC_PLANTED(ksize_null) ? 8 : 0;
	page = kmc_page_of(sc, objp);
	if (page->kind == FRAME_SLAB) {
		struct kmem_cache *s = page->slab.cache;

		if (unlikely(told && kmc_cache_debug(s)))
			kmc_debug_resized(s, (void *)objp, s->object_size);
		return slab_ksize(s);
	}
	if (page->kind == FRAME_LARGE && page->order)
		return PAGE_SIZE << page->order;
	return 0;
}

/*
 * Who is told may use it all, so that the record of the request, where there is one,
 * becomes the whole object. Model: exact for kmalloc blocks and cache objects; 0 for
 * anything else.
 */
size_t ksize(const void *objp)
{
	return block_bytes(objp, true);
}

size_t kmc_sim_granted(const void *objp)
{
	return block_bytes(objp, false);
}

size_t kmc_sim_object_bytes(const void *objp)
{
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(kmc_this_cpu);
	const struct page *page;

	if (ZERO_OR_NULL_PTR(objp) || !kmc_in_frames(sc, objp))
		return 0;
	page = kmc_page_of(sc, objp);
	return page->kind == FRAME_SLAB ? page->slab.cache->object_size : 0;
}

/* Rule: FR-13. Model: exact. */
void kfree_sensitive(const void *p)
{
	size_t bytes = ksize(p);

	kmc_unpoison(p, bytes);
	if (bytes && !KMC_PLANTED(sensitive_not_wiped))
		explicit_bzero((void *)p, bytes - (KMC_PLANTED(sensitive_wiped_short) ? 8 : 0));
	kfree(p);
}
