/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A zspage: some single pages that objects lie in, one behind the other, over
 * the pages' ends if need be.
 *
 * Rule: ZS-6, ZS-9, ZS-16, ZS-19. Model: exact in what is asked of the page layer (6.1 to 6.18).
 */
#include <string.h>
#include "page_alloc.h"
#include "zs_core.h"

#define NO_OBJECT UINT32_MAX

void *kmc_zspage_place(struct zs_pool *pool, const struct zspage *zspage, uint32_t object,
		       size_t *first, void **second)
{
	size_t at = (size_t)object * zspage->class->size, page = at >> PAGE_SHIFT;
	size_t offset = at % PAGE_SIZE, size = zspage->class->size;

	*first = offset + size > PAGE_SIZE ? PAGE_SIZE - offset : size;
	*second = *first < size ? pfn_to_virt_in(pool->sim, zspage->pfn[page + 1]) : NULL;
	return (char *)pfn_to_virt_in(pool->sim, zspage->pfn[page]) + offset;
}

static uint64_t *word_of(struct zs_pool *pool, struct zspage *zspage, uint32_t object)
{
	size_t first;
	void *second;

	if (kmc_zs_huge(zspage->class))
		return &zspage->huge_word;
	return kmc_zspage_place(pool, zspage, object, &first, &second);
}

static void pages_free(struct zs_pool *pool, struct zspage *zspage, unsigned int nr)
{
	while (nr--)
		kmc_pages_free(pool->sim, kmc_this_cpu,
			       pfn_to_page_in(pool->sim, zspage->pfn[nr]), 0);
}

struct zspage *kmc_zspage_make(struct zs_pool *pool, struct size_class *class, gfp_t gfp, int nid)
{
	struct zspage *zspage = kmem_cache_zalloc(pool->zspages,
						  gfp & ~(__GFP_HIGHMEM | __GFP_MOVABLE));

	if (!zspage)
		return NULL;
	zspage->class = class;
	for (unsigned int i = 0; i < class->pages_per_zspage; i++) {
		struct page *page = kmc_pages_alloc(pool->sim, kmc_this_cpu, gfp,
						    KMC_PLANTED(zs_pages_double) ? 1 : 0, nid);

		if (!page) {
			pages_free(pool, zspage, i);
			kmem_cache_free(pool->zspages, zspage);
			return NULL;
		}
		zspage->pfn[i] = (uint32_t)page_to_pfn_in(pool->sim, page);
	}
	for (uint32_t i = 0; i < class->objs_per_zspage; i++)
		*word_of(pool, zspage, i) =
			(uint64_t)(i + 1 < class->objs_per_zspage ? i + 1 : NO_OBJECT) << 1;
	return zspage;
}

void kmc_zspage_free(struct zs_pool *pool, struct zspage *zspage)
{
	pages_free(pool, zspage, zspage->class->pages_per_zspage);
	kmem_cache_free(pool->zspages, zspage);
}

void kmc_zspage_unlink(struct zspage *zspage)
{
	if (zspage->prev)
		zspage->prev->next = zspage->next;
	else if (zspage->class->groups[zspage->group] == zspage)
		zspage->class->groups[zspage->group] = zspage->next;
	if (zspage->next)
		zspage->next->prev = zspage->prev;
	zspage->next = zspage->prev = NULL;
}

bool kmc_zspage_settle(struct zs_pool *pool, struct zspage *zspage)
{
	struct size_class *class = zspage->class;

	zspage->group = kmc_zs_group(pool->sim->config.profile, zspage->inuse,
				     class->objs_per_zspage);
	if (!zspage->inuse)
		return true;
	zspage->prev = NULL;
	zspage->next = class->groups[zspage->group];
	if (zspage->next)
		zspage->next->prev = zspage;
	class->groups[zspage->group] = zspage;
	return false;
}

uint32_t kmc_zspage_take(struct zs_pool *pool, struct zspage *zspage, const void *handle)
{
	uint32_t object = zspage->freeobj;
	uint64_t *word = word_of(pool, zspage, object);

	zspage->freeobj = (uint32_t)(*word >> 1);
	*word = (uint64_t)((const uint8_t *)handle - pool->sim->frames) | ZS_TAG;
	zspage->inuse++;
	return object;
}

void kmc_zspage_give(struct zs_pool *pool, struct zspage *zspage, uint32_t object)
{
	*word_of(pool, zspage, object) = (uint64_t)zspage->freeobj << 1;
	zspage->freeobj = object;
	zspage->inuse--;
}
