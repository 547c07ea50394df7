/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pools of small blocks. Free blocks hold the list of free blocks: up to 6.2 each chunk has its
 * own, by offsets of 4 bytes; from 6.4 on one list of pointers goes over all.
 *
 * Rule: DMA-12..17. Model: exact in layout and order (R-14; without the checks of debug builds).
 */
#include <limits.h>
#include <string.h>
#include "dma_core.h"
#include "linux/dmapool.h"
#include "linux/slab.h"

struct dma_chunk {
	struct dma_chunk *next;
	char *vaddr;
	dma_addr_t dma;
	uint32_t in_use, offset; /* offset: of its first free block, to 6.2 */
};

/* A pool of small alignment has its blocks, and so these words, at any address. */
typedef uint32_t offset_word __attribute__((aligned(1)));

/* The beginning of a free block, from 6.4 on. */
struct dma_block {
	struct dma_block *next;
	dma_addr_t dma;
} __attribute__((packed));

struct dma_pool {
	struct kmc_sim *sim;
	struct device *dev;
	struct dma_chunk *chunks, **last;
	struct dma_block *free;
	size_t size, allocation, boundary;
	uint64_t nr_active;
	struct kmc_lock lock;
	char name[32];
};

static bool by_offsets(const struct kmc_sim *sim)
{
	return sim->config.profile == KMC_PROFILE_6_1_192;
}

static bool power_of_two(size_t n)
{
	return n && !(n & (n - 1));
}

static size_t round_up_to(size_t n, size_t align)
{
	return (n + align - 1) & ~(align - 1);
}

struct dma_pool *dma_pool_create(const char *name, struct device *dev, size_t size, size_t align,
				 size_t boundary)
{
	struct kmc_sim *sim = kmc_this_cpu->sim;
	size_t least = by_offsets(sim) ? sizeof(uint32_t) : sizeof(struct dma_block), allocation;
	struct dma_pool *pool;

	align = align ? align : 1;
	if (KMC_PLANTED(pool_align_unchecked))
		align &= -align;
	if (!dev || !power_of_two(align) || !size || size > INT_MAX)
		return NULL;
	size = round_up_to(size < least ? least : size, KMC_PLANTED(pool_unaligned) ? 1 : align);
	allocation = size > PAGE_SIZE ? size : PAGE_SIZE;
	if (!boundary)
		boundary = allocation;
	else if ((boundary < size || !power_of_two(boundary)) &&
		 !KMC_PLANTED(pool_boundary_unchecked))
		return NULL;
	if (boundary < size)
		boundary = allocation;
	pool = kzalloc(sizeof(*pool), GFP_KERNEL);
	if (!pool)
		return NULL;
	pool->sim = sim;
	pool->dev = dev;
	pool->size = size;
	pool->allocation = allocation;
	pool->boundary = boundary < allocation ? boundary : allocation;
	pool->last = &pool->chunks;
	strncpy(pool->name, name, sizeof(pool->name) - 1);
	return pool;
}

/* The next place for a block from @offset on; the chunk's end: none. */
static size_t place_from(const struct dma_pool *pool, size_t offset)
{
	size_t next = (offset / pool->boundary + 1) * pool->boundary;

	if (offset + pool->size > next && !KMC_PLANTED(pool_crosses))
		offset = next;
	return offset + pool->size <= pool->allocation ? offset : pool->allocation;
}

static void fill_offsets(const struct dma_pool *pool, struct dma_chunk *chunk)
{
	for (size_t at = 0; at < pool->allocation;) {
		size_t next = place_from(pool, at + pool->size);

		*(offset_word *)(chunk->vaddr + at) = (uint32_t)next;
		at = next;
	}
}

static void fill_list(struct dma_pool *pool, struct dma_chunk *chunk)
{
	struct dma_block *old = pool->free, *before = NULL;

	for (size_t at = 0; at < pool->allocation; at = place_from(pool, at + pool->size)) {
		struct dma_block *block = (struct dma_block *)(chunk->vaddr + at);

		block->dma = chunk->dma + at;
		if (before)
			before->next = block;
		else
			pool->free = block;
		before = block;
	}
	before->next = old; /* a chunk has at least one */
}

static struct dma_chunk *make_chunk(struct dma_pool *pool, gfp_t gfp)
{
	struct dma_chunk *chunk = kzalloc(sizeof(*chunk), gfp);

	if (!chunk)
		return NULL;
	chunk->vaddr = dma_alloc_coherent(pool->dev, pool->allocation, &chunk->dma, gfp);
	if (chunk->vaddr)
		return chunk;
	kfree(chunk);
	return NULL;
}

static void add_chunk(struct dma_pool *pool, struct dma_chunk *chunk)
{
	*pool->last = chunk;
	pool->last = &chunk->next;
	if (by_offsets(pool->sim))
		fill_offsets(pool, chunk);
	else
		fill_list(pool, chunk);
}

static void *take_by_offset(struct dma_pool *pool, dma_addr_t *handle)
{
	for (struct dma_chunk *chunk = pool->chunks; chunk; chunk = chunk->next) {
		uint32_t offset = chunk->offset;

		if (offset >= pool->allocation)
			continue;
		chunk->offset = *(offset_word *)(chunk->vaddr + offset);
		chunk->in_use++;
		*handle = chunk->dma + offset;
		return chunk->vaddr + offset;
	}
	return NULL;
}

static void *take(struct dma_pool *pool, dma_addr_t *handle)
{
	struct dma_block *block = pool->free;

	if (by_offsets(pool->sim))
		return take_by_offset(pool, handle);
	if (!block)
		return NULL;
	pool->free = block->next;
	*handle = block->dma;
	return block;
}

void *dma_pool_alloc(struct dma_pool *pool, gfp_t mem_flags, dma_addr_t *handle)
{
	struct dma_chunk *chunk;
	void *block;

	kmc_lock_take(&pool->lock);
	block = take(pool, handle);
	kmc_lock_drop(&pool->lock);
	if (!block) {
		chunk = make_chunk(pool, mem_flags & ~__GFP_ZERO);
		if (!chunk)
			return NULL;
		kmc_lock_take(&pool->lock);
		add_chunk(pool, chunk);
		block = take(pool, handle);
		kmc_lock_drop(&pool->lock);
	}
	__atomic_fetch_add(&pool->nr_active, 1, __ATOMIC_RELAXED);
	if (((mem_flags & __GFP_ZERO) && !KMC_PLANTED(pool_dirty)) || (pool->sim->config.options & KMC_OPT_INIT_ON_ALLOC))
		memset(block, 0, pool->size);
	return block;
}

static void give_by_offset(struct dma_pool *pool, char *vaddr)
{
	for (struct dma_chunk *chunk = pool->chunks; chunk; chunk = chunk->next) {
		uintptr_t offset = (uintptr_t)vaddr - (uintptr_t)chunk->vaddr;

		if (offset >= pool->allocation)
			continue;
		chunk->in_use--;
		*(offset_word *)vaddr = chunk->offset;
		chunk->offset = (uint32_t)offset;
		return;
	}
	kmc_dma_warn(pool->sim, "dma_pool_free of a block of no chunk", vaddr);
}

void dma_pool_free(struct dma_pool *pool, void *vaddr, dma_addr_t dma)
{
	struct dma_block *block = vaddr;

	if (pool->sim->config.options & KMC_OPT_INIT_ON_FREE)
		memset(vaddr, 0, pool->size);
	__atomic_fetch_sub(&pool->nr_active, 1, __ATOMIC_RELAXED);
	kmc_lock_take(&pool->lock);
	if (by_offsets(pool->sim)) {
		give_by_offset(pool, vaddr);
	} else {
		block->next = pool->free;
		block->dma = dma;
		pool->free = block;
	}
	kmc_lock_drop(&pool->lock);
}

/* Rule: DMA-15. Up to 6.2 only the chunks in use are kept. Model: exact. */
static bool kept(const struct dma_pool *pool, const struct dma_chunk *chunk)
{
	return by_offsets(pool->sim) ? chunk->in_use : pool->nr_active;
}

void dma_pool_destroy(struct dma_pool *pool)
{
	struct dma_chunk *next;

	if (!pool)
		return;
	if (pool->nr_active)
		kmc_dma_warn(pool->sim, "dma_pool_destroy with blocks in use", NULL);
	for (struct dma_chunk *chunk = pool->chunks; chunk; chunk = next) {
		next = chunk->next;
		if (!kept(pool, chunk))
			dma_free_coherent(pool->dev, pool->allocation, chunk->vaddr, chunk->dma);
		kfree(chunk);
	}
	kfree(pool);
}
