/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Addresses as an observer sees them: the same in every process. A pointer
 * into the frames has the address of the kernel's direct map, one into the
 * vmalloc range that of the vmalloc space, one into read-only data that of the
 * kernel image; small values (NULL, the zero-size
 * pointer, error pointers' like) stay as they are, all else has none.
 */
#include "machine.h"
#include "page_alloc.h"
#include "alloc/user_memory.h"

#define SMALL_VALUE 4096u

bool kmc_sim_frame_of(struct kmc_sim *sim, const void *ptr, uint64_t *pfn)
{
	uintptr_t first = (uintptr_t)pfn_to_virt_in(sim, sim->priv->first_pfn);
	uintptr_t end = (uintptr_t)pfn_to_virt_in(sim, sim->max_pfn);

	/* One comparison: on which side of the frames else lies is the host's affair. */
	if ((uintptr_t)ptr - first >= end - first)
		return false;
	*pfn = virt_to_pfn_in(sim, ptr);
	return true;
}

static bool in_vmalloc(struct kmc_sim *sim, const void *ptr)
{
	uintptr_t offset = (uintptr_t)ptr - (uintptr_t)sim->vmalloc_base;

	return sim->vmalloc_base && offset < sim->vmalloc_bytes;
}

uint64_t kmc_sim_address(struct kmc_sim *sim, const void *ptr)
{
	uint64_t pfn;

	if ((uintptr_t)ptr < SMALL_VALUE)
		return (uintptr_t)ptr;
	if (kmc_sim_frame_of(sim, ptr, &pfn))
		return KMC_DIRECT_MAP_BASE + (uint64_t)((uintptr_t)ptr - (uintptr_t)sim->frames);
	if (in_vmalloc(sim, ptr))
		return KMC_VMALLOC_BASE + (uint64_t)((const uint8_t *)ptr - sim->vmalloc_base);
	if (kmc_sim_is_rodata(sim, ptr))
		return KMC_RODATA_BASE + (uint64_t)((const char *)ptr - sim->rodata);
	return 0;
}

void *kmc_sim_pointer(struct kmc_sim *sim, uint64_t address)
{
	uint64_t offset = address - KMC_DIRECT_MAP_BASE;

	if (address < SMALL_VALUE)
		return (void *)(uintptr_t)address;
	if (offset >= sim->priv->first_pfn << PAGE_SHIFT && offset < sim->max_pfn << PAGE_SHIFT)
		return (void *)((uintptr_t)sim->frames + offset);
	offset = address - KMC_VMALLOC_BASE;
	if (sim->vmalloc_base && offset < sim->vmalloc_bytes)
		return sim->vmalloc_base + offset;
	offset = address - KMC_RODATA_BASE;
	if (offset < KMC_RODATA_BYTES)
		return (void *)(uintptr_t)(sim->rodata + offset);
	return NULL;
}

static void where_block(struct kmc_sim *sim, const struct page *head, const void *ptr,
			struct kmc_where *w)
{
	w->head_pfn = page_to_pfn_in(sim, head);
	w->order = head->order;
	w->object = pfn_to_virt_in(sim, w->head_pfn);
	w->live = true;
	switch (head->kind) {
	case FRAME_SLAB:
		w->backing = KMC_BACKING_SLAB;
		w->cache = head->slab.cache;
		w->object = NULL;
		w->live = false;
		kmc_slab_object_at(sim, ptr, &w->object, &w->live);
		break;
	case FRAME_LARGE:
		w->backing = KMC_BACKING_LARGE;
		break;
	default:
		w->backing = KMC_BACKING_PAGE;
	}
}

void kmc_sim_where(struct kmc_sim *sim, const void *ptr, struct kmc_where *w)
{
	struct page *head;

	*w = (struct kmc_where){ .backing = KMC_BACKING_NONE };
	if (in_vmalloc(sim, ptr)) {
		uint64_t bytes;

		w->backing = KMC_BACKING_VMALLOC;
		w->live = kmc_vmalloc_extent(sim, ptr, &w->object, &bytes);
		return;
	}
	if (!kmc_sim_frame_of(sim, ptr, &w->pfn))
		return;
	w->head_pfn = w->pfn;
	if (!kmc_page_zone_of(sim, w->pfn, &w->zone, &w->node))
		return;
	head = kmc_page_head(sim, pfn_to_page_in(sim, w->pfn));
	if (head && head->kind != FRAME_MEMBLOCK)
		where_block(sim, head, ptr, w);
}

/* May [ptr, ptr+len) be used, by what the metadata says? */
static bool usable_by_metadata(struct kmc_sim *sim, const void *ptr, size_t len)
{
	struct kmc_where w;
	uint64_t end;

	kmc_sim_where(sim, ptr, &w);
	if (w.backing == KMC_BACKING_NONE || !w.live || !w.object)
		return false;
	if (w.backing == KMC_BACKING_VMALLOC) {
		kmc_vmalloc_extent(sim, ptr, &w.object, &end);
		end += (uint64_t)((uintptr_t)w.object - (uintptr_t)ptr);
		return (int64_t)end >= 0 && len <= end;
	}
	end = (PAGE_SIZE << w.order) - (size_t)((const uint8_t *)ptr - (const uint8_t *)w.object);
	if (w.backing == KMC_BACKING_SLAB) {
		struct kmc_cache_info info;

		kmc_sim_cache_info(w.cache, &info);
		end = info.object_size - (size_t)((const uint8_t *)ptr - (const uint8_t *)w.object);
		if ((int64_t)end < 0)
			return false;
	} else if (w.backing == KMC_BACKING_LARGE) {
		uint64_t asked = pfn_to_page_in(sim, w.head_pfn)->large.requested_bytes;

		end = asked - (uint64_t)((const uint8_t *)ptr - (const uint8_t *)w.object);
		if ((int64_t)end < 0)
			return false;
	}
	return len <= end;
}

#ifdef KMC_ASAN
void *__asan_region_is_poisoned(void *begin, size_t size);
#endif

bool kmc_object_poisoned(struct kmc_sim *sim, const void *ptr, size_t len)
{
	uint64_t pfn;

	if (!len)
		return false;
	if (!usable_by_metadata(sim, ptr, len) &&
	    (in_vmalloc(sim, ptr) || kmc_sim_frame_of(sim, ptr, &pfn)))
		return true;
	if (kmc_percpu_free_at(sim, ptr, len))
		return true;
#ifdef KMC_ASAN
	return __asan_region_is_poisoned((void *)(uintptr_t)ptr, len) != NULL;
#else
	return false;
#endif
}
