/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Caches: creation, merging, destruction, and their single-object calls. A
 * merged name is the very cache with one reference more, as in the kernel.
 */
#include "slab_debug.h"
#include "rcu_core.h"
#include <string.h>

#define cold_path __attribute__((noinline, cold))
#define slow_path __attribute__((noinline))

#define SLAB_FLAGS_PERMITTED                                                              \
	(KMC_SLAB_DEBUG_FLAGS | SLAB_HWCACHE_ALIGN | SLAB_CACHE_DMA | SLAB_CACHE_DMA32 |      \
	 SLAB_RECLAIM_ACCOUNT | SLAB_PANIC | SLAB_TYPESAFE_BY_RCU | SLAB_MEM_SPREAD |     \
	 SLAB_DEBUG_OBJECTS | SLAB_NOLEAKTRACE | SLAB_NO_MERGE | SLAB_ACCOUNT |           \
	 SLAB_KMALLOC | SLAB_KASAN | SLAB_NO_USER_FLAGS | SLAB_NO_OBJ_EXT)
#define SLAB_NEVER_MERGE                                                                  \
	(SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER | SLAB_TRACE | SLAB_TYPESAFE_BY_RCU | \
	 SLAB_NOLEAKTRACE | SLAB_FAILSLAB | SLAB_NO_MERGE)
#define SLAB_MERGE_SAME (SLAB_RECLAIM_ACCOUNT | SLAB_CACHE_DMA | SLAB_CACHE_DMA32 | SLAB_ACCOUNT)

/* splitmix64 over the machine's own state. */
uint64_t kmc_slab_random(struct kmc_sim *sim)
{
	struct kmc_slab_state *st = sim->slab;
	uint64_t z;

	kmc_touch(sim, &st->random, sizeof(st->random));
	z = __atomic_add_fetch(&st->random, 0x9e3779b97f4a7c15ull, __ATOMIC_RELAXED);
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

/* the list of caches; caches_lock is held */

static void cache_list_add(struct kmc_sim *sim, struct kmem_cache *s)
{
	struct kmc_slab_state *st = sim->slab;

	s->next_slot = 0;
	s->prev_slot = st->last_slot;
	if (st->last_slot) {
		struct kmem_cache *last = kmc_cache_at(sim, st->last_slot);

		kmc_touch(sim, last, sizeof(*last));
		last->next_slot = (uint16_t)s->slot;
	} else {
		st->first_slot = (uint16_t)s->slot;
	}
	st->last_slot = (uint16_t)s->slot;
}

static void cache_list_remove(struct kmc_sim *sim, struct kmem_cache *s)
{
	struct kmc_slab_state *st = sim->slab;
	struct kmem_cache *next = kmc_cache_at(sim, s->next_slot);
	struct kmem_cache *prev = kmc_cache_at(sim, s->prev_slot);

	if (next) {
		kmc_touch(sim, next, sizeof(*next));
		next->prev_slot = s->prev_slot;
	} else {
		st->last_slot = s->prev_slot;
	}
	if (prev) {
		kmc_touch(sim, prev, sizeof(*prev));
		prev->next_slot = s->next_slot;
	} else {
		st->first_slot = s->next_slot;
	}
	s->next_slot = s->prev_slot = 0;
}

/* The lowest free slot, so that the same calls give the same slots; 0 none. */
static unsigned int slot_find(struct kmc_sim *sim)
{
	struct kmc_slab_state *st = sim->slab;

	for (unsigned int slot = st->first_user_slot; slot < st->slots_used; slot++)
		if (kmc_cache_at(sim, slot)->life == CACHE_NONE)
			return slot;
	return st->slots_used < KMC_MAX_SLOTS ? st->slots_used : 0;
}

/* creating */

static gfp_t cache_allocflags(uint32_t flags)
{
	gfp_t gfp = __GFP_COMP;

	if ((flags & SLAB_CACHE_DMA) && !KMC_PLANTED(cache_dma_ignored))
		gfp |= __GFP_DMA;
	if ((flags & SLAB_CACHE_DMA32) && !KMC_PLANTED(cache_dma32_ignored))
		gfp |= __GFP_DMA32;
	if ((flags & SLAB_RECLAIM_ACCOUNT) && !KMC_PLANTED(cache_reclaim_ignored))
		gfp |= __GFP_RECLAIMABLE;
	return gfp;
}

static void layout_request(struct kmc_sim *sim, const struct kmem_cache_args *args,
			   unsigned int object_size, uint32_t flags,
			   struct kmc_layout_request *request)
{
	*request = (struct kmc_layout_request){
		.object_size = object_size,
		.align = args->align,
		.flags = flags,
		.has_ctor = args->ctor,
		.use_freeptr_offset = args->use_freeptr_offset,
		.freeptr_offset = args->freeptr_offset,
		.nr_cpus = sim->config.nr_cpus,
		.profile = sim->config.profile,
	};
}

static void cache_geometry(struct kmem_cache *s, const struct kmc_layout *layout)
{
	s->layout = *layout;
	s->size = layout->size;
	if (s->size >= 64 && !(s->flags & SLAB_KMALLOC) && KMC_PLANTED(objects_overlap))
		s->size -= 2 * sizeof(void *);
	s->offset = layout->offset;
	s->inuse = layout->inuse;
	s->red_left = layout->red_left;
	s->reciprocal = ((1ull << 44) + s->size - 1) / s->size;
}

static void cache_sheaves(struct kmc_sim *sim, struct kmem_cache *s,
			  const struct kmem_cache_args *args)
{
	unsigned int capacity = s->layout.sheaf_capacity;

	if (args->sheaf_capacity > capacity)
		capacity = args->sheaf_capacity;
	s->own_sheaf_capacity = args->sheaf_capacity != 0;
	s->sheaf_bytes = kmc_sheaf_bytes_for(capacity);
	s->layout.sheaf_capacity = (s->sheaf_bytes - (uint32_t)sizeof(struct kmc_sheaf)) / 8;
	s->barn_max = kmc_barn_max(&sim->config, s);
}

static void cache_randomness(struct kmc_sim *sim, struct kmem_cache *s)
{
	if (sim->config.options & KMC_OPT_FREELIST_RANDOM)
		s->shuffle_seed = kmc_slab_random(sim) | 1;
	if (sim->config.options & KMC_OPT_FREELIST_HARDENED)
		s->hardening = kmc_slab_random(sim) | 1;
}

int kmc_cache_setup(struct kmc_sim *sim, unsigned int slot, const char *name,
		    const struct kmem_cache_args *args, unsigned int object_size, uint32_t flags)
{
	struct kmem_cache *s = &sim->slab->caches[slot];
	struct kmc_layout_request request;
	struct kmc_layout layout;
	int err;

	flags = kmc_slab_debug_flags(sim, name, flags);
	layout_request(sim, args, object_size, flags, &request);
	err = kmc_layout_compute(&request, &layout);
	if (!err && kmc_slab_debug_keeps_order(sim) && layout.min_order > kmc_order_of(object_size)) {
		flags &= ~(SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER);
		request.flags = flags;
		err = kmc_layout_compute(&request, &layout);
	}
	if (err)
		return err;
	kmc_touch(sim, sim->slab, sizeof(*sim->slab));
	kmc_touch(sim, s, sizeof(*s));
	memset(s, 0, sizeof(*s));
	s->slot = slot;
	s->sim = sim;
	s->pcs_offset = (uint32_t)offsetof(struct kmc_slab_cpu, pcs);
	if (!(flags & SLAB_ACCOUNT) || !(sim->config.options & KMC_OPT_MEMCG))
		s->pcs_offset += (uint32_t)(slot * sizeof(struct kmc_pcs));
	s->flags = flags;
	s->object_size = object_size;
	s->allocflags = cache_allocflags(flags);
	s->refcount = 1;
	s->ctor = args->ctor;
	s->useroffset = args->useroffset;
	s->usersize = args->usersize;
	s->life = CACHE_LIVE;
	strncpy(s->name, name, sizeof(s->name) - 1);
	cache_geometry(s, &layout);
	cache_sheaves(sim, s, args);
	cache_randomness(sim, s);
	if (sim->slab->slots_used <= slot)
		sim->slab->slots_used = (uint16_t)(slot + 1);
	cache_list_add(sim, s);
	return 0;
}

/* merging */

static bool cache_unmergeable(const struct kmem_cache *s)
{
	return (s->flags & SLAB_NEVER_MERGE) || s->ctor || s->usersize || s->own_sheaf_capacity;
}

static bool cache_fits(const struct kmem_cache *s, unsigned int size, unsigned int align,
		       uint32_t flags)
{
	if (size == s->size + sizeof(void *) && !cache_unmergeable(s) && KMC_PLANTED(merge_smaller))
		return true;
	return !cache_unmergeable(s) && size <= s->size && s->size - size < sizeof(void *) &&
	       (flags & SLAB_MERGE_SAME) == (s->flags & SLAB_MERGE_SAME) &&
	       (s->size & ~(align - 1)) == s->size;
}

/* Rule: KC-20, KC-21. Model: exact (6.18; the kmalloc caches have a usercopy region). */
static struct kmem_cache *find_mergeable(struct kmc_sim *sim, const char *name,
					 unsigned int object_size,
					 const struct kmem_cache_args *args, uint32_t flags)
{
	unsigned int size = (object_size + 7) & ~7u, align;
	struct kmem_cache *s;

	flags = kmc_slab_debug_flags(sim, name, flags);
	if ((sim->config.options & KMC_OPT_NOMERGE) || (flags & SLAB_NEVER_MERGE) || args->ctor ||
	    args->usersize || args->sheaf_capacity)
		return NULL;
	align = kmc_layout_align(flags, KMC_PLANTED(merge_larger_align) ? 0 : args->align, size);
	size = (size + align - 1) & ~(align - 1);
	for (s = kmc_cache_at(sim, sim->slab->first_slot); s; s = kmc_cache_at(sim, s->next_slot))
		if (cache_fits(s, size, align, flags))
			return s;
	return NULL;
}

static void cache_join(struct kmc_sim *sim, struct kmem_cache *s, unsigned int object_size)
{
	unsigned int inuse = (object_size + 7) & ~7u;

	kmc_touch(sim, s, sizeof(*s));
	s->refcount++;
	if (s->object_size < object_size)
		s->object_size = object_size;
	if (s->inuse < inuse)
		s->inuse = inuse;
}

/* Rule: KC-39: a bad region fails closed. */
static void usercopy_check(struct kmc_cpu *cpu, struct kmem_cache_args *args,
			   unsigned int object_size)
{
	if ((args->usersize == 0 && args->useroffset == 0) ||
	    (args->usersize && args->usersize <= object_size &&
	     args->useroffset <= object_size - args->usersize))
		return;
	kmc_slab_warn(cpu, "Bad usercopy region of a cache", NULL);
	if (KMC_PLANTED(cache_region_unchecked))
		return;
	args->useroffset = args->usersize = 0;
}

/*
 * The profiles without sheaves, or without the free-pointer argument, ignore those
 * fields; from 6.12 on a kernel without hardened usercopy ignores regions. Rule: UC-4.
 */
static void args_of_profile(struct kmc_sim *sim, struct kmem_cache_args *args)
{
	if (sim->config.profile < KMC_PROFILE_6_12_117)
		args->use_freeptr_offset = false;
	if (sim->config.profile < KMC_PROFILE_6_18_44)
		args->sheaf_capacity = 0;
	if (sim->config.profile >= KMC_PROFILE_6_12_117 &&
	    !(sim->config.options & KMC_OPT_HARDENED_USERCOPY))
		args->useroffset = args->usersize = 0;
}

static bool name_taken(struct kmc_sim *sim, const char *name)
{
	struct kmem_cache *s;

	for (s = kmc_cache_at(sim, sim->slab->first_slot); s; s = kmc_cache_at(sim, s->next_slot))
		if (!strcmp(s->name, name))
			return true;
	return false;
}

/* Rule: KC-5, KC-6. Model: exact (CONFIG_DEBUG_VM; equal names since 6.12). */
static bool sane(struct kmc_cpu *cpu, const char *name, unsigned int object_size)
{
	bool interrupt = cpu->context != KMC_IN_TASK && cpu->context != KMC_PREEMPT_OFF;

	if (!name || object_size > KMALLOC_MAX_SIZE)
		return false;
	if (!(cpu->sim->config.options & KMC_OPT_DEBUG_VM))
		return true;
	if (interrupt)
		return false;
	if (cpu->sim->config.profile >= KMC_PROFILE_6_12_117 && name_taken(cpu->sim, name))
		kmc_slab_warn(cpu, "A slab cache of this name exists already", NULL);
	if (strchr(name, ' '))
		kmc_slab_warn(cpu, "The name of a slab cache has a space", NULL);
	return true;
}

static struct kmem_cache *cache_create(struct kmc_cpu *cpu, const char *name,
				       unsigned int object_size, struct kmem_cache_args *args,
				       uint32_t flags)
{
	struct kmc_sim *sim = cpu->sim;
	struct kmem_cache *s;
	unsigned int slot;

	if (((flags & ~SLAB_FLAGS_PERMITTED) && !KMC_PLANTED(cache_flags_unchecked)) || !sane(cpu, name, object_size))
		return NULL;
	flags &= ~SLAB_MEM_SPREAD;
	args_of_profile(sim, args);
	if (!args->usersize && KMC_PLANTED(cache_region_unasked))
		args->usersize = 1;
	usercopy_check(cpu, args, object_size);
	kmc_touch(sim, sim->slab, sizeof(*sim->slab));
	kmc_lock_take(&sim->slab->caches_lock);
	s = find_mergeable(sim, name, object_size, args, flags);
	if (s) {
		cache_join(sim, s, object_size);
	} else {
		slot = slot_find(sim);
		if (slot && !kmc_cache_setup(sim, slot, name, args, object_size, flags))
			s = kmc_cache_at(sim, slot);
	}
	kmc_lock_drop(&sim->slab->caches_lock);
	return s;
}

/* Rule: KC-2. */
static void panic_without(struct kmc_cpu *cpu, const char *name)
{
	struct kmc_tp tp = { .id = KMC_TP_PANIC, .node = NUMA_NO_NODE, .ptr = name,
			     .pfn = UINT64_MAX, .text = "failed to create a cache" };

	kmc_trace_emit(cpu->sim, &tp);
}

/*
 * Model: simplified (6.18): exact in geometry, merging and refusals; the memory
 * for the cache itself is not taken from the machine, and no more than
 * KMC_MAX_SLOTS caches can be live. SLAB_PANIC says that the machine is dead, and returns NULL.
 */
struct kmem_cache *__kmem_cache_create_args(const char *name, unsigned int object_size,
					    struct kmem_cache_args *args, slab_flags_t flags)
{
	struct kmem_cache_args copy = { 0 };
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmem_cache *s;

	kmc_attention(cpu);
	if (args)
		copy = *args;
	if (object_size > KMALLOC_MAX_SIZE && KMC_PLANTED(cache_insane))
		object_size = PAGE_SIZE;
	s = cache_create(cpu, name, object_size, &copy, flags);
	if (!s && (flags & SLAB_PANIC) && !KMC_PLANTED(cache_panic_quiet))
		panic_without(cpu, name);
	return s;
}

/* shrinking and destroying */

/* Everything that stands between the slabs and this machine's cpus. */
static void cache_flush_all(struct kmc_cpu *cpu, struct kmem_cache *s)
{
	kmc_slab_flush_cpu(cpu->sim, cpu);
	kmc_flush_cpus(cpu->sim, FLUSH_SHEAVES);
	kmc_barn_flush(cpu, s);
}

/* Rule: KC-23. Model: exact (6.18). */
int kmem_cache_shrink(struct kmem_cache *s)
{
	struct kmc_cpu *cpu = kmc_this_cpu;

	kmc_attention(cpu);
	cache_flush_all(cpu, s);
	if (KMC_PLANTED(shrink_says_full))
		return 1;
	return kmc_slab_discard_empty(cpu, s) != 0 && !KMC_PLANTED(shrink_says_empty);
}

/* Drop one name. Return: whether it was the last one. */
static bool cache_put(struct kmc_sim *sim, struct kmem_cache *s)
{
	bool last;

	kmc_touch(sim, s, sizeof(*s));
	kmc_touch(sim, sim->slab, sizeof(*sim->slab));
	kmc_lock_take(&sim->slab->caches_lock);
	last = s->life == CACHE_LIVE && --s->refcount == 0;
	if (last) {
		s->life = CACHE_DYING;
		cache_list_remove(sim, s);
	}
	kmc_lock_drop(&sim->slab->caches_lock);
	return last;
}

/* 6.12 and later wait for readers and for kvfree_rcu(); before, the caller had to. */
static bool waits_for_rcu(const struct kmc_sim *sim)
{
	return sim->config.profile >= KMC_PROFILE_6_12_117 && !KMC_PLANTED(destroy_no_barrier);
}

/* Slabs that still wait for readers keep the slot: they stay slabs of this cache. */
static void cache_end(struct kmc_cpu *cpu, struct kmem_cache *s, bool left)
{
	if ((s->flags & SLAB_TYPESAFE_BY_RCU) && waits_for_rcu(cpu->sim))
		rcu_barrier();
	kmc_touch(cpu->sim, s, sizeof(*s));
	kmc_lock_take(&cpu->sim->slab->caches_lock);
	if (left)
		s->life = CACHE_ZOMBIE;
	else
		s->life = kmc_rcu_cache_has_slabs(cpu->sim, s) ? CACHE_RELEASING : CACHE_NONE;
	kmc_lock_drop(&cpu->sim->slab->caches_lock);
}

/* Rule: KC-24, KC-26, KC-27, KC-28, KC-42. Model: exact (6.1 to 6.18, but for the time it takes). */
void kmem_cache_destroy(struct kmem_cache *s)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	bool left;

	if (!s && KMC_PLANTED(destroy_null_warns))
		kmc_planted_warn();
	if (!s)
		return;
	kmc_attention(cpu);
	if (waits_for_rcu(cpu->sim))
		kvfree_rcu_barrier();
	if (!cache_put(cpu->sim, s))
		return;
	kmc_yield_point("cache_dying");
	cache_flush_all(cpu, s);
	kmc_yield_point("cache_flushed");
	left = kmc_slab_discard_empty(cpu, s);
	if (left)
		kmc_slab_report_left(cpu, s);
	if (left)
		kmc_slab_warn(cpu, "Slab cache still has objects when called from destroy", s->name);
	cache_end(cpu, s, left);
}

/* Rule: KC-22. Model: exact. */
unsigned int kmem_cache_size(struct kmem_cache *s)
{
	return s->object_size - (KMC_PLANTED(cache_size_less) ? 1 : 0);
}

/* one object */

void kmc_emit_cache_alloc(struct kmc_cpu *cpu, struct kmem_cache *s, const void *ptr, gfp_t gfp,
			  int node, const void *call_site)
{
	struct kmc_slab_event event = {
		.id = KMC_TP_KMEM_CACHE_ALLOC,
		.ptr = ptr,
		.cache = s,
		.bytes_req = s->object_size,
		.bytes_alloc = s->size,
		.gfp = gfp,
		.node = node,
		.call_site = call_site,
	};

	kmc_slab_emit(cpu, &event);
}

static slow_path void *cache_alloc_slow(struct kmem_cache *s, struct list_lru *lru, gfp_t gfp,
					int node, const void *call_site)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	void *object;

	kmc_attention(cpu);
	kmc_track_site(call_site);
	object = kmc_object_alloc_lru(cpu, s, lru, gfp, node, s->object_size);
	if (kmc_slab_traced(cpu))
		kmc_emit_cache_alloc(cpu, s, object, gfp, node, call_site);
	return object;
}

/* Model: exact in result (6.18). */
void *kmem_cache_alloc(struct kmem_cache *s, gfp_t flags)
{
#ifndef KMC_ASAN
	struct kmc_cpu *cpu = kmc_this_cpu;

	if (likely(!atomic_load_explicit(&cpu->attention, memory_order_relaxed) &&
		   !(flags & ~KMC_GFP_PLAIN))) {
		struct kmc_pcs *pcs = kmc_pcs_of(kmc_slab_cpu_of(cpu), s);

		kmc_simple_address(pcs);
		if (likely(pcs->top != pcs->base))
			return *--pcs->top;
	}
#endif
	return cache_alloc_slow(s, NULL, flags, NUMA_NO_NODE, __builtin_return_address(0));
}

/* Model: exact in result (6.18). */
void *kmem_cache_alloc_node(struct kmem_cache *s, gfp_t flags, int node)
{
	return cache_alloc_slow(s, NULL, flags, node, __builtin_return_address(0));
}

/* Rule: KC-31. Model: exact. */
void *kmem_cache_alloc_lru(struct kmem_cache *s, struct list_lru *lru, gfp_t flags)
{
	if (KMC_PLANTED(lru_charged))
		flags |= __GFP_ACCOUNT;
	return cache_alloc_slow(s, lru, flags, NUMA_NO_NODE, __builtin_return_address(0));
}

/* The kernel looks at the owner only with hardening or consistency checks. Rule: DBG-8. */
static void owner_check(struct kmc_cpu *cpu, struct kmem_cache *s, struct page *page, void *object)
{
	struct kmc_slab_report report = {
		.kind = KMC_SLAB_WRONG_CACHE,
		.addr = kmc_sim_address(cpu->sim, object),
	};

	if (page->slab.cache == s)
		return;
	if (!((cpu->sim->config.options & KMC_OPT_FREELIST_HARDENED) ||
	      (s->flags & SLAB_CONSISTENCY_CHECKS)))
		return;
	kmc_slab_found(cpu->sim, s, kmc_slab_head(cpu->sim, page), NULL, &report);
	kmc_slab_warn(cpu, "Wrong slab cache in a free", object);
}

static cold_path void emit_cache_free(struct kmc_cpu *cpu, struct kmem_cache *s, const void *ptr,
				      const void *call_site)
{
	struct kmc_slab_event event = {
		.id = KMC_TP_KMEM_CACHE_FREE,
		.ptr = ptr,
		.cache = s,
		.node = NUMA_NO_NODE,
		.call_site = call_site,
	};

	kmc_slab_emit(cpu, &event);
}

/* Model: exact up to 6.19 (an object goes back to its owner, whatever @s says). */
static slow_path void cache_free_slow(struct kmem_cache *s, void *object, const void *call_site)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);
	struct page *page = kmc_in_frames(sc, object) ? kmc_page_of(sc, object) : NULL;

	kmc_attention(cpu);
	if (kmc_slab_traced(cpu))
		emit_cache_free(cpu, s, object, call_site);
	if (!page || page->kind != FRAME_SLAB) {
		kmc_slab_warn(cpu, "kmem_cache_free of memory that is no slab", object);
		return;
	}
	owner_check(cpu, s, page, object);
	kmc_track_site(call_site);
	kmc_object_free(cpu, page->slab.cache, object);
}

/* Model: exact for legal pointers (6.18). */
void kmem_cache_free(struct kmem_cache *s, void *objp)
{
#ifndef KMC_ASAN
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);

	if (likely(!atomic_load_explicit(&cpu->attention, memory_order_relaxed) &&
		   kmc_in_frames(sc, objp))) {
		struct page *page = kmc_page_of(sc, objp);
		struct kmc_pcs *pcs = kmc_pcs_of(sc, s);

		kmc_simple_address(pcs);
		if (likely(page->kind == FRAME_SLAB &&
			   (__atomic_load_n(&page->slab.state, __ATOMIC_RELAXED) ^ sc->node_tag) ==
				   s->slot &&
			   pcs->top != pcs->end)) {
			*pcs->top++ = objp;
			return;
		}
	}
#endif
	cache_free_slow(s, objp, __builtin_return_address(0));
}
