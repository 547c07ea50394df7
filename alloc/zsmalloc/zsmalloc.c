/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pools and objects. Contract: ZS-1..21, R-12. Looked at: 6.18.2.
 */
#include <errno.h>
#include <string.h>
#include "zs_core.h"
#include "linux/err.h"

static void class_init(struct zs_pool *pool, struct size_class *class, unsigned int index)
{
	class->index = index;
	class->size = ZS_MIN_SIZE + index * ZS_DELTA;
	if (class->size > PAGE_SIZE)
		class->size = (uint32_t)PAGE_SIZE;
	class->pages_per_zspage = kmc_zs_chain(pool->sim->config.profile, class->size) +
				  (KMC_PLANTED(zs_chain_long) ? 1 : 0);
	class->objs_per_zspage = class->pages_per_zspage * (uint32_t)PAGE_SIZE / class->size;
}

/* From large to small; a class like the one before shares it. */
static bool make_classes(struct zs_pool *pool)
{
	struct size_class *prev = NULL;

	for (unsigned int i = ZS_CLASSES; i-- > 0;) {
		struct size_class probe = { 0 };

		class_init(pool, &probe, i);
		if (!prev || prev->pages_per_zspage != probe.pages_per_zspage ||
		    prev->objs_per_zspage != probe.objs_per_zspage) {
			prev = kzalloc(sizeof(*prev), GFP_KERNEL);
			if (!prev)
				return false;
			*prev = probe;
		}
		pool->class[i] = prev;
	}
	return true;
}

static bool make_buffers(struct zs_pool *pool)
{
	for (unsigned int i = 0; i < pool->sim->config.nr_cpus; i++) {
		pool->map_buffer[i] = kmalloc(PAGE_SIZE, GFP_KERNEL);
		if (!pool->map_buffer[i])
			return false;
	}
	return true;
}

static void pool_free(struct zs_pool *pool)
{
	for (unsigned int i = 0; i < ZS_CLASSES; i++)
		if (pool->class[i] && pool->class[i]->index == i)
			kfree(pool->class[i]);
	for (unsigned int i = 0; i < pool->sim->config.nr_cpus; i++)
		kfree(pool->map_buffer[i]);
	kmem_cache_destroy(pool->handles);
	kmem_cache_destroy(pool->zspages);
	kfree(pool->name);
	kfree(pool);
}

/* Rule: ZS-1. Model: exact in result; mapping buffers are the pool's, on a kernel the cpu's. */
struct zs_pool *zs_create_pool(const char *name)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct zs_pool *pool;

	KMC_BUG_ON(!cpu);
	pool = kzalloc(sizeof(*pool), GFP_KERNEL);
	if (!pool)
		return NULL;
	pool->sim = cpu->sim;
	pool->name = kstrdup(name, GFP_KERNEL);
	if (pool->name)
		pool->handles = kmem_cache_create("zs_handle", sizeof(struct zs_handle), 0,
						  SLAB_NO_MERGE, NULL);
	if (pool->handles)
		pool->zspages = kmem_cache_create("zspage", sizeof(struct zspage), 0,
						  SLAB_NO_MERGE, NULL);
	if (!pool->zspages || !make_classes(pool) || !make_buffers(pool)) {
		pool_free(pool);
		return NULL;
	}
	kmc_zs_pool_add(pool);
	return pool;
}

static void warn(struct zs_pool *pool, const char *text)
{
	struct kmc_tp tp = { .id = KMC_TP_WARN, .node = -1, .pfn = UINT64_MAX, .text = text };

	kmc_trace_emit(pool->sim, &tp);
}

/* Rule: ZS-17. Model: exact: objects that are left are reported and lost. */
void zs_destroy_pool(struct zs_pool *pool)
{
	if (pool->pages_allocated)
		warn(pool, "zs_destroy_pool of a pool with objects");
	kmc_zs_pool_del(pool);
	pool_free(pool);
}

/* objects */

static unsigned long too_large(const struct zs_pool *pool)
{
	bool old = (pool->sim->config.profile < KMC_PROFILE_6_12_117) ^
		   KMC_PLANTED(zs_too_large_einval);

	if (KMC_PLANTED(zs_null_for_error))
		return 0;
	return (unsigned long)ERR_PTR(old ? -EINVAL : -ENOSPC);
}

/* The fullest that has room. */
static struct zspage *find_zspage(const struct size_class *class)
{
	for (unsigned int i = ZS_GROUPS - 1; i-- > 0;)
		if (class->groups[i])
			return class->groups[i];
	return NULL;
}

static void take(struct zs_pool *pool, struct zspage *zspage, struct zs_handle *handle)
{
	handle->zspage = zspage;
	handle->object = kmc_zspage_take(pool, zspage, handle);
	zspage->class->objs_inuse++;
	kmc_zspage_settle(pool, zspage);
}

static bool take_there(struct zs_pool *pool, struct size_class *class, struct zs_handle *handle)
{
	struct zspage *zspage;

	kmc_lock_take(&pool->lock);
	zspage = find_zspage(class);
	if (zspage) {
		kmc_zspage_unlink(zspage);
		take(pool, zspage, handle);
	}
	kmc_lock_drop(&pool->lock);
	return zspage;
}

static bool take_new(struct zs_pool *pool, struct size_class *class, struct zs_handle *handle,
		     gfp_t gfp, int nid)
{
	struct zspage *zspage = kmc_zspage_make(pool, class, gfp, nid);

	if (!zspage)
		return false;
	kmc_lock_take(&pool->lock);
	class->objs_allocated += class->objs_per_zspage;
	pool->pages_allocated += class->pages_per_zspage;
	take(pool, zspage, handle);
	kmc_lock_drop(&pool->lock);
	return true;
}

/* Rule: ZS-2, ZS-3, ZS-4, ZS-7, ZS-19. Model: exact (6.1 to 6.18). */
unsigned long zs_malloc(struct zs_pool *pool, size_t size, gfp_t gfp, const int nid)
{
	struct size_class *class;
	struct zs_handle *handle;

	if (!size && KMC_PLANTED(zs_zero_served))
		size = 1;
	if (!size)
		return (unsigned long)ERR_PTR(-EINVAL);
	if (size > PAGE_SIZE && KMC_PLANTED(zs_above_page))
		size = PAGE_SIZE;
	if (size > PAGE_SIZE)
		return too_large(pool);
	handle = kmem_cache_alloc(pool->handles, gfp & ~(__GFP_HIGHMEM | __GFP_MOVABLE));
	if (!handle)
		return (unsigned long)ERR_PTR(-ENOMEM);
	class = pool->class[kmc_zs_class_index(size + ZS_HANDLE_SIZE)];
	if (take_there(pool, class, handle) || take_new(pool, class, handle, gfp, nid))
		return (unsigned long)handle;
	kmem_cache_free(pool->handles, handle);
	return (unsigned long)ERR_PTR(-ENOMEM);
}

static void zspage_gone(struct zs_pool *pool, struct zspage *zspage)
{
	zspage->class->objs_allocated -= zspage->class->objs_per_zspage;
	pool->pages_allocated -= zspage->class->pages_per_zspage;
}

/* Rule: ZS-14, ZS-16. Model: exact (6.1 to 6.18). */
void zs_free(struct zs_pool *pool, unsigned long handle)
{
	struct zs_handle *h = (struct zs_handle *)handle;
	struct zspage *zspage;
	bool empty;

	if (!handle || IS_ERR((void *)handle))
		return;
	kmc_lock_take(&pool->lock);
	zspage = h->zspage;
	kmc_zspage_unlink(zspage);
	kmc_zspage_give(pool, zspage, h->object);
	zspage->class->objs_inuse--;
	empty = kmc_zspage_settle(pool, zspage);
	if (empty)
		zspage_gone(pool, zspage);
	kmc_lock_drop(&pool->lock);
	if (empty)
		kmc_zspage_free(pool, zspage);
	kmem_cache_free(pool->handles, h);
}

/* contents */

struct place {
	char *at, *second; /* second: where it goes on in the next page; NULL: nowhere */
	size_t first, size, skip; /* skip: the word before what the user sees */
};

static struct place place_of(struct zs_pool *pool, unsigned long handle)
{
	const struct zs_handle *h = (const struct zs_handle *)handle;
	struct place place = { .size = h->zspage->class->size,
			       .skip = kmc_zs_huge(h->zspage->class) ? 0 : ZS_HANDLE_SIZE };
	void *second;

	place.at = kmc_zspage_place(pool, h->zspage, h->object, &place.first, &second);
	place.second = second;
	return place;
}

static void copy_out(const struct place *place, char *to)
{
	memcpy(to, place->at, place->first);
	memcpy(to + place->first, place->second, place->size - place->first);
}

static void copy_in(const struct place *place, size_t start, const char *from, size_t len)
{
	size_t here = start < place->first ? place->first - start : 0;

	if (here > len)
		here = len;
	memcpy(place->at + start, from, here);
	if (here < len && !KMC_PLANTED(zs_copy_half))
		memcpy(place->second + (start + here - place->first), from + here, len - here);
}

/* Rule: ZS-10, ZS-11. Model: exact (6.1 to 6.12): what straddles is copied. */
void *zs_map_object(struct zs_pool *pool, unsigned long handle, enum zs_mapmode mm)
{
	struct place place = place_of(pool, handle);
	unsigned int cpu = kmc_this_cpu->id;
	char *buffer = pool->map_buffer[cpu];

	pool->map_mode[cpu] = (uint8_t)mm;
	if (!place.second)
		return place.at + place.skip;
	if (mm != ZS_MM_WO)
		copy_out(&place, buffer);
	return buffer + place.skip;
}

void zs_unmap_object(struct zs_pool *pool, unsigned long handle)
{
	struct place place = place_of(pool, handle);
	unsigned int cpu = kmc_this_cpu->id;

	if (place.second && pool->map_mode[cpu] != ZS_MM_RO)
		copy_in(&place, place.skip, (char *)pool->map_buffer[cpu] + place.skip,
			place.size - place.skip);
}

/* Rule: ZS-12. Model: exact (6.18). */
void *zs_obj_read_begin(struct zs_pool *pool, unsigned long handle, void *local_copy)
{
	struct place place = place_of(pool, handle);

	if (!place.second)
		return place.at + place.skip;
	copy_out(&place, local_copy);
	return (char *)local_copy + place.skip;
}

void zs_obj_read_end(struct zs_pool *pool, unsigned long handle, void *handle_mem)
{
	(void)pool, (void)handle, (void)handle_mem;
}

void zs_obj_write(struct zs_pool *pool, unsigned long handle, void *handle_mem, size_t mem_len)
{
	struct place place = place_of(pool, handle);

	copy_in(&place, place.skip, handle_mem, mem_len);
}

/* compaction */

static bool can_compact(const struct size_class *class)
{
	return class->objs_allocated - class->objs_inuse >= class->objs_per_zspage;
}

static struct zspage *isolate(struct size_class *class, bool fullest)
{
	struct zspage *zspage = NULL;

	for (unsigned int i = 1; i < ZS_GROUPS - 1; i++)
		if (class->groups[i] && (fullest || !zspage))
			zspage = class->groups[i];
	if (zspage)
		kmc_zspage_unlink(zspage);
	return zspage;
}

/* The handle that a place in use names; NULL: it is free. */
static struct zs_handle *holder(struct zs_pool *pool, struct zspage *zspage, uint32_t object)
{
	size_t first;
	void *second;
	uint64_t word = kmc_zs_huge(zspage->class) ? zspage->huge_word :
		*(uint64_t *)kmc_zspage_place(pool, zspage, object, &first, &second);

	return word & ZS_TAG ? (struct zs_handle *)(pool->sim->frames + (word & ~ZS_TAG)) : NULL;
}

static void move_object(struct zs_pool *pool, struct zs_handle *handle, struct zspage *to)
{
	struct place from = place_of(pool, (unsigned long)handle), there;
	struct zspage *zspage = handle->zspage;
	uint32_t object = handle->object;
	char copy[PAGE_SIZE];

	if (from.second)
		copy_out(&from, copy);
	else
		memcpy(copy, from.at, from.size);
	handle->zspage = to;
	handle->object = kmc_zspage_take(pool, to, handle);
	there = place_of(pool, (unsigned long)handle);
	copy_in(&there, there.skip, copy + there.skip,
		(there.size - there.skip) >> KMC_PLANTED(zs_moves_half));
	kmc_zspage_give(pool, zspage, object);
}

static void move_all(struct zs_pool *pool, struct zspage *from, struct zspage *to)
{
	for (uint32_t i = 0; i < from->class->objs_per_zspage; i++) {
		struct zs_handle *handle = holder(pool, from, i);

		if (to->inuse == to->class->objs_per_zspage)
			return;
		if (handle)
			move_object(pool, handle, to);
	}
}

/* Empty zspages are linked by next, to be freed without the lock. */
static unsigned long compact_class(struct zs_pool *pool, struct size_class *class,
				   struct zspage **empty)
{
	unsigned long freed = 0;

	while (can_compact(class)) {
		struct zspage *to = isolate(class, true), *from;

		if (!to)
			break;
		from = isolate(class, false);
		if (from) {
			move_all(pool, from, to);
			if (kmc_zspage_settle(pool, from)) {
				zspage_gone(pool, from);
				freed += class->pages_per_zspage;
				from->next = *empty;
				*empty = from;
			}
		}
		kmc_zspage_settle(pool, to);
		if (!from)
			break;
	}
	return freed;
}

/* Rule: ZS-13, ZS-15. Model: simplified: pages of objects do not migrate; else exact in result (R-12; 6.1 to 6.18). */
unsigned long zs_compact(struct zs_pool *pool)
{
	struct zspage *empty = NULL;
	unsigned long freed = 0;

	if (__atomic_exchange_n(&pool->compacting, 1, __ATOMIC_ACQUIRE))
		return 0;
	kmc_lock_take(&pool->lock);
	for (unsigned int i = ZS_CLASSES; i-- > 0;)
		if (pool->class[i]->index == i)
			freed += compact_class(pool, pool->class[i], &empty);
	kmc_lock_drop(&pool->lock);
	while (empty) {
		struct zspage *zspage = empty;

		empty = zspage->next;
		kmc_zspage_free(pool, zspage);
	}
	__atomic_store_n(&pool->compacting, 0, __ATOMIC_RELEASE);
	if (KMC_PLANTED(zs_compact_boasts))
		freed += pool->pages_allocated + 1;
	return freed;
}

size_t zs_huge_class_size(struct zs_pool *pool)
{
	return kmc_zs_huge_size(pool->sim->config.profile) - (KMC_PLANTED(zs_huge_less) ? 512 : 0);
}

/* Rule: ZS-18. Model: simplified: there is no counter NR_ZSPAGES. */
unsigned long zs_get_total_pages(struct zs_pool *pool)
{
	if (!pool->pages_allocated && KMC_PLANTED(zs_total_kept))
		return 1;
	return pool->pages_allocated - (pool->pages_allocated && KMC_PLANTED(zs_total_less));
}

unsigned int zs_lookup_class_index(struct zs_pool *pool, unsigned int size)
{
	return pool->class[kmc_zs_class_index(size + ZS_HANDLE_SIZE)]->index;
}
