/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The replay itself: every record of the trace, in the merged order of its
 * cpus, done to our allocator and entered into the books.
 *
 * The loop is bound by memory: the map entry of an address, then the frame
 * descriptor of our own block. Both are asked for some records ahead. The two
 * bodies (with and without judges) are one source, specialised by the compiler.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "alloc/slab_layout.h"
#include "replay.h"
#include "vocab/op.h"

#define BATCH 1024
#define MAP_AHEAD 24   /* records between asking for a map entry and using it */
#define BLOCK_AHEAD 10 /* the same for a frame descriptor */
#define MAX_FRAMES (1ull << 32)
#define FEW_FRAMES (1ull << 26)
/* Events of interrupts that may fall between the two of one large kmalloc. */
#define DUPLICATE_REACH 32

#define hot_inline static inline __attribute__((always_inline))
#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

static uint64_t thread_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

hot_inline struct kmc_gfp_slot *gfp_of(struct kmc_replay *replay, uint32_t raw)
{
	struct kmc_gfp_slot *slot = &replay->gfp[(raw * 0x9e3779b1u) >> 24];

	if (likely(slot->raw == raw && slot->filled))
		return slot;
	return kmc_replay_gfp_slow(replay, raw);
}

/*
 * Our side of a call, as the judge sees it. Every member by itself: of a
 * compound literal gcc makes a string instruction that costs more than the rest.
 */

hot_inline struct kmc_event *our_event(struct kmc_replay *replay, const struct kmc_record *record,
				       uint16_t cpu, unsigned int code)
{
	struct kmc_event *ev = &replay->ours_events[replay->nr_ours];

	ev->seq = ++replay->ours_seq;
	ev->time_ns = record->time_ns;
	ev->id = (uint32_t)ev->seq;
	ev->parent = 0;
	ev->task = record->tid;
	ev->cpu = cpu;
	ev->kind = KMC_EV_CALL;
	ev->outcome = KMC_OUT_NONE;
	ev->what = (uint16_t)code;
	ev->marks = 0;
	ev->context = KMC_CTX_UNKNOWN;
	ev->scope = record->scope;
	ev->order = 0;
	ev->node = KMC_NODE_NONE;
	ev->gfp = 0;
	ev->cache = KMC_CACHE_NONE;
	ev->gfp_raw = 0;
	ev->addr = 0;
	ev->addr2 = 0;
	ev->size = 0;
	ev->granted = 0;
	ev->site = record->site;
	ev->arg = 0;
	return ev;
}

/*
 * What was done to our allocator is judged a batch at a time: the two judges
 * and the allocator each have the caches to themselves for a while.
 */
static __attribute__((noinline)) void judge_ours(struct kmc_replay *replay)
{
	if (kmc_judge_batch(replay->ours_judge, replay->ours_events, replay->nr_ours) < 0)
		replay->error = -ENOMEM;
	replay->nr_ours = 0;
}

hot_inline void our_event_done(struct kmc_replay *replay)
{
	if (unlikely(++replay->nr_ours == KMC_OURS_AT_ONCE))
		judge_ours(replay);
}

static void judge_our_alloc(struct kmc_replay *replay, const struct kmc_record *record,
			    uint16_t cpu, unsigned int code, const void *ptr, uint64_t size,
			    uint64_t granted, uint32_t cache)
{
	struct kmc_event *ev = our_event(replay, record, cpu, code);

	ev->gfp = gfp_of(replay, record->gfp)->atoms;
	ev->order = record->order;
	ev->node = record->node;
	ev->cache = cache;
	ev->size = size;
	ev->outcome = ptr ? KMC_OUT_VALUE : KMC_OUT_NULL;
	if (ptr) {
		ev->addr = (uintptr_t)ptr + replay->bias;
		ev->granted = granted;
	}
	our_event_done(replay);
}

static void judge_our_free(struct kmc_replay *replay, const struct kmc_record *record,
			   uint16_t cpu, unsigned int code, const void *ptr, uint32_t cache,
			   unsigned int order)
{
	struct kmc_event *ev = our_event(replay, record, cpu, code);

	ev->addr = ptr ? (uintptr_t)ptr + replay->bias : 0;
	ev->cache = cache;
	ev->order = (uint8_t)order;
	if (code == KMC_OP_FREE_PAGES_PAGE)
		ev->size = 4096ull << order;
	our_event_done(replay);
}

/* objects */

/* Our block goes by the call that the record names, else by the one that fits its class. */
hot_inline void free_ours(struct kmc_replay *replay, const struct kmc_record *record, uint16_t cpu,
			  uint64_t value, bool by_kfree, const bool judged)
{
	void *ptr = kmc_map_ptr(value);
	uint16_t class = kmc_map_class(value);
	const struct kmc_class_facts *facts = &replay->classes.facts[class];

	if (unlikely(!ptr))
		return;
	if (judged)
		judge_our_free(replay, record, cpu,
			       by_kfree ? KMC_OP_KFREE : KMC_OP_KMEM_CACHE_FREE, ptr,
			       by_kfree ? KMC_CACHE_NONE : class, 0);
	if (by_kfree)
		kfree(ptr);
	else
		kmem_cache_free(facts->ours, ptr);
}

static bool is_cache_class(const struct kmc_replay *replay, uint16_t class)
{
	return replay->classes.facts[class].kind == KMC_REPLAY_CACHE;
}

/* The trace allocates what it has not freed: somebody freed it unseen. Rule: TRC-10. */
static void imply_free(struct kmc_replay *replay, const struct kmc_record *record, uint16_t cpu,
		       uint64_t value, const bool judged)
{
	uint16_t class = kmc_map_class(value);

	replay->classes.count[class].implied++;
	if (judged)
		free_ours(replay, record, cpu, value, !is_cache_class(replay, class), true);
	else
		free_ours(replay, record, cpu, value, !is_cache_class(replay, class), false);
}

/* A block of pages that carries objects is the recorded slab's own growth. */
static void adopt(struct kmc_replay *replay, const struct kmc_record *record, uint16_t cpu,
		  struct kmc_frame *head, const bool judged)
{
	uint64_t pages = 1ull << head->order;

	replay->frames.adopted++;
	replay->frames.slab_pages += pages;
	if (head->ours) {
		struct page *page = pfn_to_page(head->ours);

		if (judged)
			judge_our_free(replay, record, cpu, KMC_OP_FREE_PAGES_PAGE,
				       page_address(page), KMC_CACHE_NONE, head->order);
		__free_pages(page, head->order);
	}
	head->ours = 0;
	head->flags |= KMC_FRAME_ADOPTED;
}

hot_inline void note_place(struct kmc_replay *replay, const struct kmc_record *record,
			   uint16_t cpu, const bool judged)
{
	uint64_t pfn = (record->addr - replay->facts->machine.direct_map) >> 12;
	struct kmc_frame *head;

	if (pfn >= replay->frames.nr)
		return;
	head = kmc_frame_head(&replay->frames, pfn);
	if (unlikely(head && !(head->flags & KMC_FRAME_ADOPTED)))
		adopt(replay, record, cpu, head, judged);
}

hot_inline void enter(struct kmc_replay *replay, struct kmc_map *map, struct kmc_map_entry *entry,
		      uint64_t key, void *ptr, uint16_t class)
{
	bool fresh = !entry->key;

	entry->key = key;
	entry->value = kmc_map_value(ptr, class);
	if (fresh && unlikely(kmc_map_note_used(map)))
		replay->error = -ENOMEM;
}

hot_inline void count_alloc(struct kmc_replay *replay, uint16_t class, uint64_t addr,
			    const void *ptr)
{
	struct kmc_class *count = &replay->classes.count[class];

	count->allocs++;
	count->theirs_or |= addr;
	if (ptr)
		count->ours_or |= (uintptr_t)ptr + replay->bias;
}

hot_inline uint16_t kmalloc_class(struct kmc_replay *replay, uint64_t theirs, uint64_t ours)
{
	uint16_t class = 0;

	if (likely(theirs <= 8192))
		class = replay->classes.small[theirs >> 3];
	else if (theirs <= UINT32_MAX)
		class = replay->classes.large[__builtin_ctzll(theirs)];
	if (likely(class && replay->classes.count[class].ours == ours &&
		   replay->classes.count[class].theirs == theirs))
		return class;
	return kmc_class_kmalloc(&replay->classes, theirs, ours);
}

static bool is_duplicate(struct kmc_replay *replay, const struct kmc_replay_cpu *cpu,
			 const struct kmc_record *record, bool live)
{
	return replay->twice && cpu->armed && cpu->since <= DUPLICATE_REACH &&
	       cpu->addr == record->addr && cpu->size == record->size && cpu->tid == record->tid &&
	       (live || record->addr <= 16);
}

/* Rule: TRC-7. Large blocks only; the second of a pair arms nothing. */
static bool large_duplicate(struct kmc_replay *replay, const struct kmc_record *record,
			    uint16_t number, const struct kmc_map_entry *entry)
{
	struct kmc_replay_cpu *cpu = &replay->cpus[number];
	bool live = entry && entry->key;
	bool twice = is_duplicate(replay, cpu, record, live);

	cpu->armed = !twice;
	cpu->since = 0;
	cpu->addr = record->addr;
	cpu->size = record->size;
	cpu->tid = record->tid;
	if (twice) {
		replay->duplicates++;
		replay->classes.count[live ? kmc_map_class(entry->value) :
				      kmc_class_kmalloc(&replay->classes, record->granted,
							kmc_kmalloc_granted(replay->profile,
									    record->size))]
			.duplicates++;
	}
	return twice;
}

static void failed_kmalloc(struct kmc_replay *replay, const struct kmc_record *record)
{
	uint16_t class = kmc_class_kmalloc(&replay->classes, record->granted,
					   kmc_kmalloc_granted(replay->profile, record->size));

	replay->failed_of[record->probe]++;
	replay->classes.facts[class].failed++;
}

static void our_failure(struct kmc_replay *replay, uint16_t class)
{
	replay->classes.facts[class].failed_ours_only++;
	replay->classes.facts[class].not_replayed++;
}

/* What NULL would have granted: the class it was asked for. */
static uint64_t granted_or_due(const struct kmc_replay *replay, const void *ptr, uint64_t size)
{
	return ptr ? ksize(ptr) : kmc_kmalloc_granted(replay->profile, size);
}

hot_inline void on_kmalloc(struct kmc_replay *replay, const struct kmc_record *record,
			   uint16_t cpu, const bool judged)
{
	struct kmc_map_entry *entry = NULL;
	uint16_t class;
	void *ptr;
	uint64_t ours;
	uint32_t gfp;

	if (likely(record->addr > 16))
		entry = kmc_map_place(&replay->map, record->addr);
	if (unlikely(record->size > 8192) && large_duplicate(replay, record, cpu, entry))
		return;
	if (unlikely(!entry || record->flags & KMC_RF_FAILED)) {
		failed_kmalloc(replay, record);
		return;
	}
	if (unlikely(entry->key))
		imply_free(replay, record, cpu, entry->value, judged);
	if (replay->adopting)
		note_place(replay, record, cpu, judged);
	gfp = gfp_of(replay, record->gfp)->ours;
	if (likely(replay->one_node || record->node < 0))
		ptr = kmalloc(record->size, gfp);
	else
		ptr = kmalloc_node(record->size, gfp, record->node);
	if (unlikely(ptr == ZERO_SIZE_PTR))
		ptr = NULL;
	ours = likely(ptr != NULL) ? ksize(ptr) : granted_or_due(replay, ptr, record->size);
	class = kmalloc_class(replay, record->granted, ours);
	if (judged)
		judge_our_alloc(replay, record, cpu, KMC_OP_KMALLOC, ptr, record->size, ours,
				KMC_CACHE_NONE);
	if (unlikely(!ptr))
		our_failure(replay, class);
	count_alloc(replay, class, record->addr, ptr);
	enter(replay, &replay->map, entry, record->addr, ptr, class);
}

static uint16_t class_of_cache(struct kmc_replay *replay, uint16_t cache)
{
	if (likely(cache < replay->classes.nr_caches && replay->classes.caches[cache]))
		return replay->classes.caches[cache];
	if (cache >= replay->facts->nr_caches)
		return replay->classes.cache_unknown;
	return kmc_class_cache(&replay->classes, cache, replay->facts->caches[cache].name);
}

hot_inline void *cache_alloc(struct kmc_replay *replay, const struct kmc_record *record,
			     uint16_t class)
{
	struct kmem_cache *cache = replay->classes.facts[class].ours;
	uint32_t gfp = gfp_of(replay, record->gfp)->ours;

	if (unlikely(!cache))
		cache = kmc_replay_cache_make(replay, class);
	if (unlikely(!cache))
		return NULL;
	if (likely(replay->one_node || record->node < 0))
		return kmem_cache_alloc(cache, gfp);
	return kmem_cache_alloc_node(cache, gfp, record->node);
}

hot_inline void on_cache_alloc(struct kmc_replay *replay, const struct kmc_record *record,
			       uint16_t cpu, const bool judged)
{
	uint16_t class = class_of_cache(replay, record->cache);
	struct kmc_map_entry *entry;
	void *ptr;

	if (unlikely(record->addr <= 16 || record->flags & KMC_RF_FAILED)) {
		replay->failed_of[record->probe]++;
		replay->classes.facts[class].failed++;
		return;
	}
	entry = kmc_map_place(&replay->map, record->addr);
	if (unlikely(entry->key))
		imply_free(replay, record, cpu, entry->value, judged);
	if (replay->adopting)
		note_place(replay, record, cpu, judged);
	ptr = cache_alloc(replay, record, class);
	if (judged && replay->classes.facts[class].ours)
		judge_our_alloc(replay, record, cpu, KMC_OP_KMEM_CACHE_ALLOC, ptr,
				replay->facts->caches[record->cache].object_size,
				ptr ? ksize(ptr) : 0, class);
	if (unlikely(!ptr)) {
		replay->classes.facts[class].not_replayed++;
		replay->classes.facts[class].failed_ours_only +=
			replay->classes.facts[class].ours != NULL;
	}
	count_alloc(replay, class, record->addr, ptr);
	enter(replay, &replay->map, entry, record->addr, ptr, class);
}

static void free_before(struct kmc_replay *replay, const struct kmc_record *record, uint16_t class)
{
	replay->frees_before[record->probe]++;
	replay->classes.count[class].before++;
}

hot_inline void on_free(struct kmc_replay *replay, const struct kmc_record *record, uint16_t cpu,
			const bool judged)
{
	bool by_kfree = record->probe == KMC_PROBE_KFREE;
	struct kmc_map_entry *entry;
	uint16_t class;

	if (unlikely(record->addr <= 16)) {
		replay->null_frees += record->addr != 16;
		replay->zero_size_frees += record->addr == 16;
		return;
	}
	entry = kmc_map_place(&replay->map, record->addr);
	if (unlikely(!entry->key)) {
		free_before(replay, record, by_kfree ? replay->classes.unknown :
						       class_of_cache(replay, record->cache));
		return;
	}
	class = kmc_map_class(entry->value);
	replay->classes.count[class].matched++;
	replay->frees_matched[record->probe]++;
	if (!by_kfree && unlikely(!is_cache_class(replay, class) ||
				  replay->classes.facts[class].cache != record->cache)) {
		replay->other_cache++;
		by_kfree = !is_cache_class(replay, class);
	}
	free_ours(replay, record, cpu, entry->value, by_kfree, judged);
	kmc_map_remove(&replay->map, entry);
}

/* areas that we have no call for yet: counted, not replayed */

static void on_area(struct kmc_replay *replay, const struct kmc_record *record,
		    struct kmc_map *map, uint16_t class)
{
	struct kmc_map_entry *entry;

	if (!record->addr || record->flags & KMC_RF_FAILED) {
		replay->failed_of[record->probe]++;
		replay->classes.facts[class].failed++;
		return;
	}
	entry = kmc_map_place(map, record->addr);
	replay->classes.count[class].implied += entry->key != 0;
	replay->classes.facts[class].not_replayed++;
	count_alloc(replay, class, record->addr, NULL);
	enter(replay, map, entry, record->addr, NULL, class);
}

static void on_area_free(struct kmc_replay *replay, const struct kmc_record *record,
			 struct kmc_map *map, uint16_t class)
{
	struct kmc_map_entry *entry;

	if (!record->addr) {
		replay->null_frees++;
		return;
	}
	entry = kmc_map_place(map, record->addr);
	if (!entry->key) {
		free_before(replay, record, class);
		return;
	}
	replay->classes.count[class].matched++;
	replay->frees_matched[record->probe]++;
	kmc_map_remove(map, entry);
}

/* pages */

static uint16_t page_class(const struct kmc_replay *replay, unsigned int order)
{
	return replay->classes.pages[order < 32 ? order : 31];
}

static void free_our_pages(struct kmc_replay *replay, const struct kmc_record *record,
			   uint16_t cpu, const struct kmc_frame *head)
{
	struct page *page;

	if (!head->ours)
		return;
	page = pfn_to_page(head->ours);
	if (replay->ours_judge)
		judge_our_free(replay, record, cpu, KMC_OP_FREE_PAGES_PAGE, page_address(page),
			       KMC_CACHE_NONE, head->order);
	__free_pages(page, head->order);
}

/* Somebody freed blocks under [pfn, pfn + pages) unseen. */
static void imply_page_frees(struct kmc_replay *replay, const struct kmc_record *record,
			     uint16_t cpu, uint64_t pfn, uint64_t pages)
{
	for (uint64_t i = pfn; i < pfn + pages; i++) {
		struct kmc_frame *head = kmc_frame_head(&replay->frames, i);

		if (!head)
			continue;
		replay->classes.count[page_class(replay, head->order)].implied++;
		free_our_pages(replay, record, cpu, head);
		kmc_frame_clear(&replay->frames, head);
	}
}

static struct page *pages_for(struct kmc_replay *replay, const struct kmc_record *record)
{
	uint32_t gfp = gfp_of(replay, record->gfp)->ours;

	if (replay->options->pages == KMC_PAGES_NONE)
		return NULL;
	if (replay->one_node || record->node < 0)
		return alloc_pages(gfp, record->order);
	return alloc_pages_node(record->node, gfp, record->order);
}

static bool frames_known(const struct kmc_replay *replay, const struct kmc_record *record)
{
	return record->order <= 10 && record->addr < replay->frames.nr &&
	       1ull << record->order <= replay->frames.nr - record->addr;
}

static void on_page_alloc(struct kmc_replay *replay, const struct kmc_record *record, uint16_t cpu)
{
	uint16_t class = page_class(replay, record->order);
	uint64_t pages = 1ull << (record->order & 31);
	struct page *page;

	if (record->addr == UINT64_MAX || record->flags & KMC_RF_FAILED) {
		replay->failed_of[record->probe]++;
		replay->classes.facts[class].failed++;
		return;
	}
	if (!frames_known(replay, record)) {
		class = replay->classes.page_unknown;
		replay->classes.count[class].allocs++;
		replay->classes.facts[class].not_replayed++;
		return;
	}
	imply_page_frees(replay, record, cpu, record->addr, pages);
	page = pages_for(replay, record);
	if (replay->ours_judge && replay->options->pages != KMC_PAGES_NONE)
		judge_our_alloc(replay, record, cpu, KMC_OP_ALLOC_PAGES,
				page ? page_address(page) : NULL, pages << 12, pages << 12,
				KMC_CACHE_NONE);
	replay->classes.facts[class].not_replayed += !page;
	replay->classes.facts[class].failed_ours_only +=
		!page && replay->options->pages != KMC_PAGES_NONE;
	count_alloc(replay, class, record->addr << 12, page ? page_address(page) : NULL);
	kmc_frame_set(&replay->frames, record->addr, record->order,
		      page ? (uint32_t)page_to_pfn(page) : 0, gfp_of(replay, record->gfp)->atoms & KMC_GFP_COMP);
}

/*
 * Part of a plain block was freed (split pages, an exact tail): from now on its
 * frames are blocks of their own. Our block is split the same way.
 */
static void break_up(struct kmc_replay *replay, const struct kmc_record *record, uint16_t cpu,
		     struct kmc_frame *head)
{
	uint64_t pfn = (uint64_t)(head - replay->frames.frames);
	unsigned int order = head->order;
	uint32_t ours = head->ours;
	bool comp = head->flags & KMC_FRAME_COMP;

	replay->split_blocks++;
	replay->split_pages += 1ull << order;
	replay->classes.count[page_class(replay, order)].matched++;
	replay->classes.count[page_class(replay, 0)].allocs += 1ull << order;
	if (ours && !comp) {
		if (replay->ours_judge) {
			struct kmc_event *ev = our_event(replay, record, cpu, KMC_OP_SPLIT_PAGE);

			ev->addr = (uintptr_t)page_address(pfn_to_page(ours)) + replay->bias;
			ev->order = (uint8_t)order;
			our_event_done(replay);
		}
		split_page(pfn_to_page(ours), order);
	} else if (ours) {
		free_our_pages(replay, record, cpu, head);
		ours = 0;
	}
	kmc_frame_clear(&replay->frames, head);
	for (uint64_t i = 0; i < 1ull << order; i++)
		kmc_frame_set(&replay->frames, pfn + i, 0, ours ? ours + (uint32_t)i : 0, false);
}

static void free_block(struct kmc_replay *replay, const struct kmc_record *record, uint16_t cpu,
		       struct kmc_frame *head)
{
	replay->classes.count[page_class(replay, head->order)].matched++;
	free_our_pages(replay, record, cpu, head);
	kmc_frame_clear(&replay->frames, head);
}

/* A free that is not of one whole block: frame by frame. */
static void free_range(struct kmc_replay *replay, const struct kmc_record *record, uint16_t cpu)
{
	uint64_t end = record->addr + (1ull << record->order);

	replay->range_frees++;
	for (uint64_t pfn = record->addr; pfn < end;) {
		struct kmc_frame *head = kmc_frame_head(&replay->frames, pfn);
		uint64_t first = head ? (uint64_t)(head - replay->frames.frames) : 0;

		if (!head) {
			pfn++;
		} else if (first < pfn || first + (1ull << head->order) > end) {
			break_up(replay, record, cpu, head);
		} else {
			pfn += 1ull << head->order;
			free_block(replay, record, cpu, head);
		}
	}
}

static void on_page_free(struct kmc_replay *replay, const struct kmc_record *record, uint16_t cpu)
{
	struct kmc_frame *head;

	if (!frames_known(replay, record)) {
		free_before(replay, record, replay->classes.page_unknown);
		return;
	}
	head = kmc_frame_head(&replay->frames, record->addr);
	if (!head) {
		free_before(replay, record, page_class(replay, record->order));
		return;
	}
	replay->frees_matched[record->probe]++;
	if (head->order == record->order && !head->back)
		free_block(replay, record, cpu, head);
	else
		free_range(replay, record, cpu);
}

/* the loop */

hot_inline void on_record(struct kmc_replay *replay, const struct kmc_record *record, uint16_t cpu,
			  const bool judged)
{
	switch (record->probe) {
	case KMC_PROBE_KMALLOC:
		on_kmalloc(replay, record, cpu, judged);
		break;
	case KMC_PROBE_KFREE:
	case KMC_PROBE_CACHE_FREE:
		on_free(replay, record, cpu, judged);
		break;
	case KMC_PROBE_CACHE_ALLOC:
		on_cache_alloc(replay, record, cpu, judged);
		break;
	case KMC_PROBE_PAGE_ALLOC:
		on_page_alloc(replay, record, cpu);
		break;
	case KMC_PROBE_PAGE_FREE:
		on_page_free(replay, record, cpu);
		break;
	case KMC_PROBE_VMAP_ALLOC:
		on_area(replay, record, &replay->vmap, replay->classes.vmap);
		break;
	case KMC_PROBE_VMAP_FREE:
		on_area_free(replay, record, &replay->vmap, replay->classes.vmap);
		break;
	case KMC_PROBE_PERCPU_ALLOC:
		on_area(replay, record, &replay->percpu, replay->classes.percpu);
		break;
	case KMC_PROBE_PERCPU_FREE:
		on_area_free(replay, record, &replay->percpu, replay->classes.percpu);
		break;
	}
}

static const bool is_object[256] = {
	[KMC_PROBE_KMALLOC] = true, [KMC_PROBE_KFREE] = true,
	[KMC_PROBE_CACHE_ALLOC] = true, [KMC_PROBE_CACHE_FREE] = true,
};
static const bool is_object_free[256] = {
	[KMC_PROBE_KFREE] = true, [KMC_PROBE_CACHE_FREE] = true,
};

hot_inline void look_ahead(struct kmc_replay *replay, const struct kmc_record *batch, int i, int n)
{
	if (i + MAP_AHEAD < n) {
		const struct kmc_record *record = &batch[i + MAP_AHEAD];

		if (is_object[record->probe])
			kmc_map_prefetch(&replay->map, record->addr);
	}
	if (i + BLOCK_AHEAD < n) {
		const struct kmc_record *record = &batch[i + BLOCK_AHEAD];
		const struct kmc_map_entry *home;

		if (!is_object_free[record->probe])
			return;
		home = &replay->map.slots[kmc_map_home(&replay->map, record->addr)];
		__builtin_prefetch((const void *)(replay->page_bias +
						  ((uintptr_t)kmc_map_ptr(home->value) >> 12) *
						  sizeof(struct page)));
	}
}

/* A map that fits the nearest caches needs no asking ahead. */
#define SMALL_MAP (1u << 20)

hot_inline void on_batch(struct kmc_replay *replay, const struct kmc_record *batch,
			 const uint16_t *cpus, int n, const bool judged)
{
	bool far = replay->map.bytes > SMALL_MAP;

	for (int i = 0; far && i < n && i < MAP_AHEAD; i++)
		if (is_object[batch[i].probe])
			kmc_map_prefetch(&replay->map, batch[i].addr);
	for (int i = 0; i < n; i++) {
		const struct kmc_record *record = &batch[i];
		struct kmc_replay_cpu *cpu = &replay->cpus[cpus[i]];

		if (far)
			look_ahead(replay, batch, i, n);
		kmc_sim_run_as(cpu->ours);
		cpu->since++;
		replay->probes[record->probe]++;
		on_record(replay, record, cpus[i], judged);
	}
}

static __attribute__((noinline)) void batch_plain(struct kmc_replay *replay,
						  const struct kmc_record *batch,
						  const uint16_t *cpus, int n)
{
	on_batch(replay, batch, cpus, n, false);
}

static __attribute__((noinline)) void batch_judged(struct kmc_replay *replay,
						   const struct kmc_record *batch,
						   const uint16_t *cpus, int n)
{
	unsigned int marks = replay->gap_open ? KMC_MARK_AFTER_GAP : 0;

	kmc_replay_judge_theirs(replay, batch, cpus, n, marks);
	on_batch(replay, batch, cpus, n, true);
	judge_ours(replay);
}

/* over time */

static uint64_t used_pages(const struct kmc_replay *replay)
{
	uint64_t used = 0;

	for (unsigned int i = 0; i < kmc_sim_zone_count(replay->sim); i++) {
		struct kmc_zone_info info;

		kmc_sim_zone_info(replay->sim, i, &info);
		used += info.managed - info.nr_free - info.pcp_count;
	}
	return used;
}

static void thin_out(struct kmc_replay *replay)
{
	for (unsigned int i = 0; i < KMC_REPLAY_SAMPLES / 2; i++)
		replay->samples[i] = replay->samples[2 * i + 1];
	replay->nr_samples = KMC_REPLAY_SAMPLES / 2;
	replay->sample_every *= 2;
}

static void sample_zones(const struct kmc_replay *replay, struct kmc_sample *sample)
{
	for (unsigned int i = 0; i < kmc_sim_zone_count(replay->sim) && i < KMC_REPLAY_ZONES; i++) {
		struct kmc_zone_info info;

		kmc_sim_zone_info(replay->sim, i, &info);
		sample->zone_free[i] = info.nr_free + info.pcp_count;
	}
}

static void take_sample(struct kmc_replay *replay, uint64_t time_ns)
{
	struct kmc_class_sum sum;

	if (replay->nr_samples == KMC_REPLAY_SAMPLES)
		thin_out(replay);
	kmc_classes_sum(&replay->classes, &sum);
	replay->samples[replay->nr_samples++] = (struct kmc_sample){
		.events = replay->now, .time_ns = time_ns, .live = sum.live,
		.theirs = sum.live_theirs, .ours = sum.live_ours,
		.their_slab_pages = replay->frames.slab_pages,
		.our_used_pages = used_pages(replay),
	};
	sample_zones(replay, &replay->samples[replay->nr_samples - 1]);
}

static void show_progress(const struct kmc_replay *replay, uint64_t *last_ns, uint64_t total)
{
	struct timespec ts;
	uint64_t now;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	now = (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
	if (now - *last_ns < 1000000000u)
		return;
	*last_ns = now;
	fprintf(stderr, "%s%" PRIu64 " of %" PRIu64 " events (%.0f %%)%s",
		isatty(STDERR_FILENO) ? "\r" : "", replay->now, total,
		total ? 100.0 * (double)replay->now / (double)total : 100.0,
		isatty(STDERR_FILENO) ? "" : "\n");
}

static uint64_t total_records(const struct kmc_replay *replay)
{
	uint64_t total = 0;

	for (size_t i = 0; i < kmc_trace_nr_blocks(replay->trace); i++)
		total += kmc_trace_block(replay->trace, i)->nr_records;
	return total;
}

/* @probes: whose events were lost, 1u << enum kmc_probe; 0 unknown. */
static void note_gap(struct kmc_replay *replay, uint16_t cpu, uint64_t lost, uint32_t probes)
{
	replay->gaps++;
	if (lost != KMC_TRACE_GAP_UNKNOWN)
		replay->lost += lost;
	if (replay->theirs_judge)
		kmc_replay_judge_gap(replay, cpu, lost == KMC_TRACE_GAP_UNKNOWN ? 0 : lost, probes);
}

/* Could page events be missing? Lost object events alone leave the lives of pages certain. */
static bool pages_lost(uint32_t probes)
{
	return !probes || probes & (1u << KMC_PROBE_PAGE_ALLOC | 1u << KMC_PROBE_PAGE_FREE);
}

#define LOOK_EVERY 65536u /* events between two looks at the clock */

static int replay_all(struct kmc_replay *replay, struct kmc_trace_cursor *cursor)
{
	static __thread struct kmc_record batch[BATCH];
	static __thread uint16_t cpus[BATCH];
	uint64_t limit = replay->options->max_events, next_sample = replay->sample_every;
	uint64_t next_look = 0;
	uint64_t total = replay->options->progress ? total_records(replay) : 0, last_ns = 0;

	for (;;) {
		uint64_t gap = 0;
		uint32_t probes;
		int n = kmc_trace_cursor_next(cursor, batch, cpus, BATCH, &gap);

		if (n < 0) { /* a damaged block: the cursor goes on behind it */
			note_gap(replay, 0, KMC_TRACE_GAP_UNKNOWN, 0);
			continue;
		}
		probes = kmc_trace_cursor_gap_probes(cursor);
		if (gap)
			note_gap(replay, n ? cpus[0] : 0, gap, probes);
		if (!n)
			break;
		if (limit && replay->now + (uint64_t)n > limit)
			n = (int)(limit - replay->now);
		replay->gap_open = kmc_trace_cursor_gap_open(cursor) && pages_lost(probes);
		if (replay->theirs_judge)
			batch_judged(replay, batch, cpus, n);
		else
			batch_plain(replay, batch, cpus, n);
		replay->now += (uint64_t)n;
		if (replay->now >= next_sample) {
			take_sample(replay, batch[n ? n - 1 : 0].time_ns);
			next_sample = replay->now + replay->sample_every;
		}
		if (replay->now >= next_look) {
			if (kmc_replay_keep(replay))
				return -EIO;
			next_look = replay->now + LOOK_EVERY;
		}
		if (replay->options->progress)
			show_progress(replay, &last_ns, total);
		if (replay->error || (limit && replay->now >= limit))
			break;
	}
	take_sample(replay, replay->nr_samples ?
		    replay->samples[replay->nr_samples - 1].time_ns : 0);
	if (replay->options->progress && isatty(STDERR_FILENO))
		fputc('\n', stderr);
	return replay->error;
}

int kmc_replay_run(struct kmc_replay *replay)
{
	struct kmc_trace_cursor *cursor;
	uint64_t start;
	int err = kmc_trace_cursor_open(replay->trace, &cursor);

	if (err)
		return err;
	start = thread_ns();
	err = replay_all(replay, cursor);
	replay->decode_ns = kmc_trace_cursor_decode_ns(cursor);
	replay->cpu_ns = thread_ns() - start - replay->decode_ns;
	kmc_trace_cursor_close(cursor);
	return err;
}

static uint64_t frames_needed(const struct kmc_replay *replay)
{
	const struct kmc_machine *machine = &replay->facts->machine;
	uint64_t nr = FEW_FRAMES;

	if (replay->facts->probe_state[KMC_PROBE_PAGE_ALLOC] != KMC_PROBE_ATTACHED &&
	    replay->facts->probe_state[KMC_PROBE_PAGE_FREE] != KMC_PROBE_ATTACHED)
		return 0;
	for (unsigned int i = 0; i < machine->nr_zones && i < KMC_MACHINE_MAX_ZONES; i++) {
		uint64_t end = machine->zones[i].start_pfn + machine->zones[i].nr_pages;

		if (end > nr && end <= MAX_FRAMES)
			nr = end;
	}
	return nr;
}

int kmc_replay_init(struct kmc_replay *replay, const struct kmc_replay_options *options,
		    struct kmc_trace *trace)
{
	memset(replay, 0, sizeof(*replay));
	replay->options = options;
	replay->trace = trace;
	replay->facts = kmc_trace_facts(trace);
	replay->sample_every = 1024;
	replay->adopting = options->pages != KMC_PAGES_ALL && replay->facts->machine.direct_map;
	replay->twice = !replay->facts->machine.release ||
			replay->facts->machine.release >= KMC_RELEASE(6, 12, 0);
	replay->cpus = calloc(65536, sizeof(*replay->cpus));
	if (!replay->cpus || kmc_map_init(&replay->map) ||
	    kmc_map_init(&replay->vmap) || kmc_map_init(&replay->percpu) ||
	    kmc_frames_init(&replay->frames, frames_needed(replay)) ||
	    kmc_classes_init(&replay->classes, replay->facts->nr_caches)) {
		kmc_replay_free(replay);
		return -ENOMEM;
	}
	return 0;
}

void kmc_replay_free(struct kmc_replay *replay)
{
	kmc_judge_destroy(replay->theirs_judge);
	kmc_judge_destroy(replay->ours_judge);
	if (replay->sim) {
		kmc_sim_unbind();
		kmc_sim_destroy(replay->sim);
	}
	kmc_map_free(&replay->map);
	kmc_map_free(&replay->vmap);
	kmc_map_free(&replay->percpu);
	kmc_frames_free(&replay->frames);
	kmc_classes_free(&replay->classes);
	free(replay->cpus);
	memset(replay, 0, sizeof(*replay));
}
