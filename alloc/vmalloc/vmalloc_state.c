/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The space as part of a machine: boot, digest, check, reset and snapshots, and what
 * whoever drives the machine may set and see.
 *
 * Contents of areas with memory of their own are kept in a snapshot page by page;
 * those of mappings are the frames', which machine/ keeps.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "alloc/vmalloc_space.h"
#include "machine.h"
#include "vmalloc_core.h"

#define WINDOW_MIN (2ull << 30)
#define WINDOW_MAX (64ull << 30)

static uint64_t ram_pages(const struct kmc_sim_config *config)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < config->nr_zones; i++)
		pages += config->zones[i].nr_pages;
	return pages;
}

/* Model: simplified: a kernel's window is 32 TiB. */
uint64_t kmc_sim_vmalloc_window(uint64_t nr_pages)
{
	uint64_t bytes = nr_pages << (PAGE_SHIFT + 2);

	bytes = bytes < WINDOW_MIN ? WINDOW_MIN : bytes;
	bytes = bytes > WINDOW_MAX ? WINDOW_MAX : bytes;
	return bytes & ~(uint64_t)(PMD_SIZE - 1);
}

static uint64_t window_bytes(const struct kmc_sim_config *config)
{
	return kmc_sim_vmalloc_window(ram_pages(config));
}

static size_t range_bytes(uint64_t nr_pages)
{
	return nr_pages * sizeof(struct vm_range);
}

size_t kmc_vmalloc_arena_bytes(const struct kmc_sim_config *config)
{
	uint64_t nr = window_bytes(config) >> PAGE_SHIFT;

	return range_bytes(nr) + nr * sizeof(uint32_t) + nr / PMD_PAGES * sizeof(uint32_t) +
	       sizeof(struct kmc_vmalloc_state) + 8 * PAGE_SIZE;
}

int kmc_vmalloc_boot(struct kmc_sim *sim)
{
	struct kmc_vmalloc_state *vs = kmc_arena_alloc(sim, sizeof(*vs), 64);
	uint64_t bytes = window_bytes(&sim->config);

	sim->vmalloc = vs;
	sim->vmalloc_bytes = bytes;
	vs->nr_pages = vs->limit = (uint32_t)(bytes >> PAGE_SHIFT);
	vs->ram_pages = ram_pages(&sim->config);
	vs->range = kmc_arena_alloc_sparse(sim, range_bytes(vs->nr_pages));
	vs->pte = kmc_arena_alloc_sparse(sim, vs->nr_pages * sizeof(uint32_t));
	vs->table = kmc_arena_alloc_sparse(sim, vs->nr_pages / PMD_PAGES * sizeof(uint32_t));
	vm_tree_give(sim, 0, vs->nr_pages);
	return kmc_vmap_host_boot(sim);
}

/* digest and check */

static uint64_t digest_range(const struct kmc_sim *sim, size_t index, const void *entry)
{
	const struct vm_range *r = entry;
	uint64_t h = kmc_hash_word(0xcbf29ce484222325ull, index);

	(void)sim;
	h = kmc_hash_word(h, (uint64_t)r->kind << 24 | (uint64_t)r->flags << 16 |
			     (uint64_t)r->page_order << 8 | r->cpu);
	h = kmc_hash_word(h, (uint64_t)r->span << 32 | r->dirty);
	h = kmc_hash_word(h, (uint64_t)r->next << 32 | r->prev);
	h = kmc_hash_word(h, r->nr_pages);
	return kmc_hash_word(h, r->requested_bytes);
}

static uint64_t digest_word(const struct kmc_sim *sim, size_t index, const void *entry)
{
	uint32_t word;

	(void)sim;
	memcpy(&word, entry, sizeof(word));
	return kmc_hash_word(kmc_hash_word(0xcbf29ce484222325ull, index), word);
}

uint64_t kmc_vmalloc_hash(struct kmc_sim *sim, uint64_t seed)
{
	const struct kmc_vmalloc_state *vs = sim->vmalloc;
	uint64_t h = seed;

	h = kmc_hash_word(h, (uint64_t)vs->limit << 32 | vs->root);
	h = kmc_hash_word(h, vs->nr_mapped << 32 | vs->warned);
	h = kmc_hash_word(h, vs->nr_lazy << 32 | vs->nr_purges);
	h = kmc_hash_word(h, (uint64_t)vs->busy.head << 32 | vs->lazy.head);
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		h = kmc_hash_word(h, (uint64_t)vs->deferred[i].tail << 32 | vs->block[i]);
	h = kmc_hash_word(h, kmc_arena_hash_table(sim, vs->range, range_bytes(vs->nr_pages),
						  sizeof(struct vm_range), digest_range));
	h = kmc_hash_word(h, kmc_arena_hash_table(sim, vs->pte, vs->nr_pages * sizeof(uint32_t),
						  sizeof(uint32_t), digest_word));
	return kmc_hash_word(h, kmc_arena_hash_table(sim, vs->table,
						     vs->nr_pages / PMD_PAGES * sizeof(uint32_t),
						     sizeof(uint32_t), digest_word));
}

typedef void (*range_fn)(struct kmc_sim *sim, uint32_t page, void *arg);

static void each_of(struct kmc_sim *sim, const struct kmc_vm_list *list, range_fn fn, void *arg)
{
	uint32_t next;

	for (uint32_t at = list->head; at; at = next) {
		next = vm_range_at(sim->vmalloc, at - 1)->next;
		fn(sim, at - 1, arg);
	}
}

static void each_in_use(struct kmc_sim *sim, range_fn fn, void *arg)
{
	struct kmc_vmalloc_state *vs = sim->vmalloc;

	each_of(sim, &vs->busy, fn, arg);
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		each_of(sim, &vs->deferred[i], fn, arg);
}

struct sums {
	uint64_t span, mapped, ranges, deferred;
};

static void check_range(struct kmc_sim *sim, uint32_t page, void *arg)
{
	const struct kmc_vmalloc_state *vs = sim->vmalloc;
	const struct vm_range *r = vm_range_at(vs, page);
	struct sums *sums = arg;
	bool whole = r->kind != VM_BLOCK && r->kind != VM_LAZY;

	KMC_BUG_ON(r->kind < VM_AREA || !r->span || r->span > vs->nr_pages - page);
	for (uint32_t i = 0; i < r->span; i++) {
		KMC_BUG_ON(i && vm_range_at(vs, page + i)->kind != VM_NOTHING);
		KMC_BUG_ON(whole && !vs->pte[page + i] != (i >= r->nr_pages));
		KMC_BUG_ON(r->kind == VM_LAZY && vs->pte[page + i]);
	}
	KMC_BUG_ON((r->kind == VM_AREA || r->kind == VM_VMAP) && r->span != r->nr_pages + 1);
	sums->span += r->span;
	sums->ranges++;
	sums->deferred += (r->flags & VMR_DEFERRED) != 0;
	if (r->kind == VM_AREA)
		sums->mapped += r->nr_pages;
}

/* Rule: VM-9, VM-24. */
void kmc_vmalloc_check(struct kmc_sim *sim)
{
	const struct kmc_vmalloc_state *vs = sim->vmalloc;
	struct sums used = { 0 }, lazy = { 0 };

	each_in_use(sim, check_range, &used);
	each_of(sim, &vs->lazy, check_range, &lazy);
	KMC_BUG_ON(used.span + lazy.span + vm_tree_pages(sim) != vs->nr_pages);
	KMC_BUG_ON(lazy.span != vs->nr_lazy);
	KMC_BUG_ON(used.mapped != vs->nr_mapped);
}

/* reset and snapshots */

static bool has_own_memory(struct kmc_sim *sim, uint32_t page)
{
	return vm_range_at(sim->vmalloc, page)->kind == VM_AREA && !vm_aliased(sim);
}

/* Each run of mapped pages of a range: a block has several. */
static void each_run(struct kmc_sim *sim, uint32_t page,
		     void (*fn)(struct kmc_sim *sim, uint32_t page, uint32_t nr))
{
	const uint32_t *pte = sim->vmalloc->pte;
	uint32_t end = page + vm_range_at(sim->vmalloc, page)->span, nr;

	for (; page < end; page += nr + !nr) {
		for (nr = 0; page + nr < end && pte[page + nr]; nr++)
			;
		if (nr)
			fn(sim, page, nr);
	}
}

static void forget_run(struct kmc_sim *sim, uint32_t page, uint32_t nr)
{
	if (!vm_is_own(sim, page))
		vm_back_none(sim, page, nr);
	kmc_poison(vm_address(sim, page), (size_t)nr << PAGE_SHIFT);
}

static void forget_range(struct kmc_sim *sim, uint32_t page, void *arg)
{
	(void)arg;
	each_run(sim, page, forget_run);
}

void kmc_vmalloc_forget(struct kmc_sim *sim)
{
	each_in_use(sim, forget_range, NULL);
	kmc_vmap_host_trim(sim);
}

static void count_pages(struct kmc_sim *sim, uint32_t page, void *arg)
{
	struct kmc_snapshot *s = arg;

	if (!has_own_memory(sim, page))
		return;
	for (uint32_t i = 0; i < vm_range_at(sim->vmalloc, page)->nr_pages; i++)
		s->nr_area_pages += !kmc_page_all_zero(vm_address(sim, page + i));
}

static void save_pages(struct kmc_sim *sim, uint32_t page, void *arg)
{
	struct kmc_snapshot *s = arg;

	if (!has_own_memory(sim, page))
		return;
	for (uint32_t i = 0; i < vm_range_at(sim->vmalloc, page)->nr_pages; i++) {
		const void *bytes = vm_address(sim, page + i);

		if (kmc_page_all_zero(bytes))
			continue;
		kmc_raw_copy(s->area_bytes + (s->nr_area_pages << PAGE_SHIFT), bytes, PAGE_SIZE);
		s->area_pages[s->nr_area_pages++] = page + i;
	}
}

int kmc_vmalloc_save(struct kmc_sim *sim, struct kmc_snapshot *s)
{
	s->nr_area_pages = 0;
	each_in_use(sim, count_pages, s);
	s->area_pages = kmc_snapshot_room(s, ROOM_AREA_PAGES,
					  s->nr_area_pages * sizeof(*s->area_pages));
	s->area_bytes = kmc_snapshot_room(s, ROOM_AREA_BYTES, s->nr_area_pages << PAGE_SHIFT);
	s->nr_area_pages = 0;
	if (!s->area_pages || !s->area_bytes)
		return -ENOMEM;
	each_in_use(sim, save_pages, s);
	return 0;
}

static void map_run(struct kmc_sim *sim, uint32_t page, uint32_t nr)
{
	KMC_BUG_ON(!vm_back_frames(sim, page, nr)); /* the host could before */
	kmc_unpoison(vm_address(sim, page), (size_t)nr << PAGE_SHIFT);
}

static void own_run(struct kmc_sim *sim, uint32_t page, uint32_t nr)
{
	KMC_BUG_ON(!vm_back_own(sim, page, nr));
	kmc_unpoison(vm_address(sim, page), (size_t)nr << PAGE_SHIFT);
	for (uint32_t i = 0; i < nr; i++)
		if (!kmc_page_all_zero(vm_address(sim, page + i)))
			memset(vm_address(sim, page + i), 0, PAGE_SIZE);
}

static void restore_range(struct kmc_sim *sim, uint32_t page, void *arg)
{
	const struct vm_range *r = vm_range_at(sim->vmalloc, page);

	(void)arg;
	each_run(sim, page, has_own_memory(sim, page) ? own_run : map_run);
	if (r->kind == VM_AREA || r->kind == VM_VMAP)
		vm_back_none(sim, page + r->nr_pages, 1);
}

static void poison_range(struct kmc_sim *sim, uint32_t page, void *arg)
{
	(void)arg;
	if (vm_range_at(sim->vmalloc, page)->flags & VMR_DEFERRED)
		kmc_poison(vm_address(sim, page),
			   (size_t)vm_range_at(sim->vmalloc, page)->nr_pages << PAGE_SHIFT);
	else
		vm_poison_slack(sim, page);
}

void kmc_vmalloc_restore(struct kmc_sim *sim, const struct kmc_snapshot *s)
{
	each_in_use(sim, restore_range, NULL);
	for (size_t i = 0; i < s->nr_area_pages; i++)
		kmc_raw_copy(vm_address(sim, s->area_pages[i]),
			       s->area_bytes + (i << PAGE_SHIFT), PAGE_SIZE);
	each_in_use(sim, poison_range, NULL);
}

/* for drivers and observers */

void kmc_sim_vmalloc_limit(struct kmc_sim *sim, uint64_t bytes)
{
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	uint64_t pages = bytes ? bytes >> PAGE_SHIFT : vs->nr_pages;

	kmc_lock_take(&vs->lock);
	kmc_touch(sim, &vs->limit, sizeof(vs->limit));
	vs->limit = (uint32_t)(pages < vs->nr_pages ? pages : vs->nr_pages);
	kmc_lock_drop(&vs->lock);
}

static void count_range(struct kmc_sim *sim, uint32_t page, void *arg)
{
	struct sums *sums = arg;

	sums->ranges++;
	sums->deferred += (vm_range_at(sim->vmalloc, page)->flags & VMR_DEFERRED) != 0;
}

void kmc_sim_vmalloc_info(struct kmc_sim *sim, struct kmc_vmalloc_info *info)
{
	const struct kmc_vmalloc_state *vs = sim->vmalloc;
	struct sums sums = { 0 };

	each_in_use(sim, count_range, &sums);
	*info = (struct kmc_vmalloc_info){
		.window_bytes = sim->vmalloc_bytes,
		.limit_bytes = (uint64_t)vs->limit << PAGE_SHIFT,
		.nr_areas = sums.ranges,
		.nr_mapped = vs->nr_mapped,
		.nr_deferred = sums.deferred,
		.nr_lazy = vs->nr_lazy,
		.lazy_max = vm_lazy_max_pages(sim),
		.nr_purges = vs->nr_purges,
		.nr_free = vm_tree_pages(sim),
	};
	for (uint32_t t = 0; t < vs->nr_pages / PMD_PAGES; t++)
		info->nr_tables += vs->table[t] != 0;
}

uint64_t kmc_sim_vmalloc_granted(struct kmc_sim *sim, const void *addr)
{
	unsigned int kinds = VM_IS(VM_AREA) | VM_IS(VM_VMAP) | VM_IS(VM_RAM);
	const struct vm_range *r = vm_area_at(sim, addr, kinds);

	return r ? (uint64_t)r->nr_pages << PAGE_SHIFT : 0;
}

bool kmc_vmalloc_extent(struct kmc_sim *sim, const void *ptr, const void **start,
			uint64_t *requested_bytes)
{
	const struct kmc_vmalloc_state *vs = sim->vmalloc;
	uint32_t page, first;
	const struct vm_range *r;

	if (!vm_inside(sim, ptr))
		return false;
	page = first = vm_page_of(sim, ptr);
	if (!vs->pte[page])
		return false;
	while (vm_range_at(vs, first)->kind == VM_NOTHING)
		first--;
	r = vm_range_at(vs, first);
	if (r->kind == VM_BLOCK)
		first = page;
	*start = vm_address(sim, first);
	*requested_bytes = r->kind == VM_BLOCK ? PAGE_SIZE : r->requested_bytes;
	return !(r->flags & VMR_DEFERRED);
}

/* Rule: VM-9. Model: exact; the kernel's own is not copied. */
struct vm_struct *find_vm_area(const void *addr)
{
	static __thread struct vm_struct found;
	struct kmc_sim *sim = kmc_this_cpu->sim;
	const struct vm_range *r = vm_area_at(sim, addr, VM_IS(VM_AREA) | VM_IS(VM_VMAP));

	if (!r)
		return NULL;
	found = (struct vm_struct){
		.addr = (void *)(uintptr_t)addr,
		.size = (unsigned long)r->span << PAGE_SHIFT,
		.flags = r->kind == VM_AREA ? VM_ALLOC : VM_MAP,
		.page_order = r->page_order,
		.nr_pages = r->kind == VM_AREA || r->pages ? r->nr_pages : 0,
		.requested_size = r->kind == VM_AREA ? r->requested_bytes : 0,
	};
	found.flags |= r->flags & VMR_USERMAP ? VM_USERMAP : 0;
	found.flags |= r->flags & VMR_PUT_PAGES ? VM_MAP_PUT_PAGES : 0;
	return &found;
}

unsigned long vmalloc_nr_pages(void)
{
	return kmc_this_cpu->sim->vmalloc->nr_mapped;
}
