// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What nearly every event is: an allocation or a free in which all is as it
 * should be. Such an event is recognised by one look at the books, entered into
 * them, and counted as one of its kind instead of as a pass of each of its
 * rules. What is not recognised is left untouched for trace_side.c and
 * call_side.c, which put it before the rules one by one; they alone can find
 * fault. Nothing here may say "plain" of what a rule there would not pass.
 */
#include <errno.h>
#include "call_parts.h"

#define END (-1)
#define MOST_RULES 10

/* What an event of a kind passes. */
static const int16_t rules_of[KMC_NR_PLAIN][MOST_RULES + 1] = {
#define PASSES(kind, ...) [KMC_PLAIN_##kind] = { __VA_ARGS__, END }
#define R(token) KMC_R_##token
	PASSES(POINT_KMALLOC_POW2, R(KM_6), R(ALIGN_1), R(ALIGN_2), R(KM_1)),
	PASSES(POINT_KMALLOC, R(KM_6), R(ALIGN_1), R(ALIGN_3), R(KM_1)),
	PASSES(POINT_CACHE, R(KM_6), R(ALIGN_7), R(KC_41)),
	PASSES(POINT_CACHE_HW, R(KM_6), R(ALIGN_7), R(ALIGN_8), R(KC_41)),
	PASSES(POINT_FREE, R(FR_1), R(FR_11)),
	PASSES(POINT_FREE_CACHED, R(FR_11)), /* and FR-2 or FR-6 */
	PASSES(POINT_PAGE, R(PAGE_2)),
	PASSES(KMALLOC_POW2, R(GFP_24), R(GFP_27), R(KM_24), R(KM_6), R(ALIGN_1), R(ALIGN_2),
	       R(KM_1), R(KM_19)),
	PASSES(KMALLOC, R(GFP_24), R(GFP_27), R(KM_24), R(KM_6), R(ALIGN_1), R(ALIGN_3), R(KM_1),
	       R(KM_19)),
	PASSES(CACHE, R(GFP_24), R(GFP_27), R(KM_24), R(KC_1), R(KC_29), R(KM_6), R(ALIGN_7),
	       R(KC_41)),
	PASSES(CACHE_HW, R(GFP_24), R(GFP_27), R(KM_24), R(KC_1), R(KC_29), R(KM_6), R(ALIGN_7),
	       R(ALIGN_8), R(KC_41)),
	PASSES(CACHE_CTOR, R(KC_11)),
	PASSES(PAGE, R(GFP_24), R(GFP_27), R(PAGE_2), R(PAGE_3), R(ZON_4)),
	PASSES(MAY_SLEEP, R(GFP_1)),
	PASSES(SLAB_NO_DIRECT, R(KM_22), R(GFP_2)),
	PASSES(PAGE_NO_DIRECT, R(GFP_2)),
	PASSES(NO_KSWAPD, R(GFP_3)),
};

/* What a free by a call passes, besides the rule of its pair. */
static const int16_t rules_of_free[KMC_NR_PLAIN_FREES][MOST_RULES + 1] = {
	PASSES(KFREE, R(FR_10), R(FR_11), R(FR_12), R(FR_21), R(FR_22)),
	PASSES(CACHE_FREE, R(FR_10), R(FR_11), R(FR_21), R(FR_22), R(KC_1), R(KC_29)),
	PASSES(FREE_PAGES, R(PAGE_32), R(PAGE_5), R(PAGE_6), R(FR_11), R(FR_21)),
#undef R
#undef PASSES
};

static const uint8_t column_of[KMC_NR_PLAIN_FREES] = {
	[KMC_PLAIN_KFREE] = KMC_BY_KFREE,
	[KMC_PLAIN_CACHE_FREE] = KMC_BY_CACHE_FREE,
	[KMC_PLAIN_FREE_PAGES] = KMC_BY_FREE_PAGES_PAGE,
};

static bool names(const int16_t *rules, int rule)
{
	while (*rules != END && *rules != rule)
		rules++;
	return *rules == rule;
}

static uint64_t passed_by_frees(const struct kmc_judge *judge, int rule)
{
	uint32_t edition = judge->subject.edition;
	uint64_t nr = 0;

	for (unsigned int kind = 0; kind < KMC_NR_PLAIN_FREES; kind++)
		for (unsigned int from = 0; from < KMC_NR_PROVENANCES; from++) {
			uint64_t frees = judge->plain_frees[kind][from];

			if (!frees)
				continue;
			if (names(rules_of_free[kind], rule))
				nr += frees;
			if (kmc_pairing_rule(from, column_of[kind], edition) == rule)
				nr += frees;
		}
	return nr;
}

uint64_t kmc_plain_passed(const struct kmc_judge *judge, int rule)
{
	int cached = judge->subject.edition < KMC_RELEASE(6, 4, 0) ? KMC_R_FR_6 : KMC_R_FR_2;
	uint64_t nr = 0;

	if (!judge->on[rule])
		return 0;
	for (unsigned int kind = 0; kind < KMC_NR_PLAIN; kind++)
		if (judge->plain[kind] && names(rules_of[kind], rule))
			nr += judge->plain[kind];
	if (rule == cached)
		nr += judge->plain[KMC_PLAIN_POINT_FREE_CACHED];
	return nr + passed_by_frees(judge, rule);
}

void kmc_plain_init(struct kmc_judge *judge)
{
	const struct kmc_machine *machine = &judge->subject.machine;

	for (unsigned int i = 1; i < KMC_SIZE_ROWS; i++) {
		uint64_t granted = kmc_kmalloc_class_bytes(8ull * i, machine->kmalloc_minalign);

		if (8ull * i > machine->kmalloc_max_cache || granted > UINT16_MAX)
			break;
		judge->sizes[i].granted = (uint16_t)granted;
		judge->sizes[i].class = (uint8_t)(KMC_CLASS_KMALLOC +
						  kmc_book_kmalloc_class((uint32_t)granted));
	}
}

/* What both sides ask. */

static bool is_block(const struct kmc_event *ev)
{
	return ev->outcome == KMC_OUT_VALUE && ev->addr > KMC_ZERO_SIZE_PTR &&
	       !kmc_is_error_pointer(ev->addr);
}

static bool is_aligned(uint64_t addr, uint64_t align)
{
	return !(addr & (align - 1));
}

/* The class that serves a size, NULL when that is not one of a kmalloc cache. */
static const struct kmc_size_row *row_of(const struct kmc_judge *judge, uint64_t size)
{
	const struct kmc_size_row *row;

	/* The last row may reach beyond the largest class. */
	if (size - 1 >= judge->subject.machine.kmalloc_max_cache || size > 8192)
		return NULL;
	row = &judge->sizes[(size + 7) >> 3];
	return row->granted ? row : NULL;
}

/* ALIGN-1 and ALIGN-2 or ALIGN-3. */
static bool kmalloc_aligned(const struct kmc_judge *judge, const struct kmc_event *ev)
{
	uint64_t least = judge->subject.machine.kmalloc_minalign;

	return is_aligned(ev->addr, kmc_divisor(ev->size)) &&
	       is_aligned(ev->addr, least ? least : 8);
}

static bool cache_aligned(const struct kmc_cache *cache, uint64_t addr)
{
	return cache->align && is_aligned(addr, cache->align) &&
	       (!cache->hwalign || is_aligned(addr, cache->hwalign));
}

static const struct kmc_cache *cache_of(const struct kmc_judge *judge, const struct kmc_event *ev)
{
	const struct kmc_cache *cache = ev->cache < judge->nr_caches ? judge->caches[ev->cache] :
								       NULL;

	return cache && cache->known && !cache->destroyed ? cache : NULL;
}

/* Where and as what a new life is entered. */
struct entry {
	struct kmc_life_count *count;
	uint64_t bytes;   /* that it takes, see kmc_book_bytes() */
	uint32_t granted;
	uint8_t from, class, flags;
};

static void enter(struct kmc_judge *judge, struct kmc_life *life, const struct kmc_event *ev,
		  const struct entry *as)
{
	*life = (struct kmc_life){
		.addr = ev->addr, .seq = judge->now, .from = as->from, .class = as->class & 63,
		.state = KMC_LIFE_LIVE, .flags = as->flags, .size = (uint32_t)ev->size,
		.granted = as->granted, .gfp = ev->gfp, .cache = ev->cache,
	};
	kmc_book_add(judge, as->count, as->bytes);
}

static struct entry as_kmalloc(struct kmc_judge *judge, const struct kmc_event *ev,
			       const struct kmc_size_row *row)
{
	uint32_t granted = (uint32_t)ev->granted;
	unsigned int class = granted == row->granted ? row->class :
			     KMC_CLASS_KMALLOC + kmc_book_kmalloc_class(granted);

	return (struct entry){
		.from = KMC_FROM_KMALLOC, .class = (uint8_t)class, .granted = granted,
		.count = &judge->class_count[class], .bytes = granted ? granted : ev->size,
	};
}

static struct entry as_cache(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_cache *cache = judge->caches[ev->cache];

	return (struct entry){
		.from = cache->from, .class = KMC_CLASS_OF_CACHE,
		.granted = ev->granted > UINT32_MAX ? UINT32_MAX : (uint32_t)ev->granted,
		.count = &cache->count, .bytes = cache->stride ? cache->stride : ev->size,
	};
}

/* bare tracepoints */

/*
 * Does the object fit the life of the page block below it? What is not certain
 * of the block proves nothing. The first object seen shows whose the block is.
 */
static bool fits_block(struct kmc_judge *judge, const struct kmc_event *ev, bool kmalloc,
		       uint32_t owner, uint32_t stride, uint64_t bytes)
{
	struct kmc_block *block = kmc_block_of(judge, ev->addr);
	uint32_t offset;

	if (!block || !kmc_block_certain(judge, block, ev))
		return true;
	if (!block->owner_seq || block->owner_kmalloc != kmalloc || block->owner != owner ||
	    block->stride != stride || block->order > 10)
		return false;
	offset = (uint32_t)(ev->addr - block->base);
	return !stride || (offset % stride == block->first &&
			   offset + bytes <= KMC_PAGE << block->order);
}

static int begin_point(struct kmc_judge *judge, const struct kmc_event *ev,
		       const struct entry *as)
{
	struct kmc_life *life = kmc_shadow_put(&judge->shadow, ev->addr);

	if (!life)
		return -ENOMEM;
	if (life->state == KMC_LIFE_LIVE) {
		kmc_book_count_of(judge, life)->implied_frees++;
		kmc_book_end(judge, life, KMC_LIFE_FREED);
	}
	enter(judge, life, ev, as);
	return 1;
}

static int point_kmalloc(struct kmc_judge *judge, const struct kmc_event *ev)
{
	const struct kmc_size_row *row = row_of(judge, ev->size);
	struct entry as;

	/* Another granted size is metadata, or wrong. */
	if (!row || ev->granted != row->granted || ev->gfp & (KMC_GFP_DMA | KMC_GFP_THISNODE) ||
	    !is_block(ev) || !kmalloc_aligned(judge, ev) ||
	    !fits_block(judge, ev, true, row->granted, row->granted, row->granted))
		return 0;
	as = as_kmalloc(judge, ev, row);
	judge->plain[kmc_is_pow2(ev->size) ? KMC_PLAIN_POINT_KMALLOC_POW2 :
					     KMC_PLAIN_POINT_KMALLOC]++;
	return begin_point(judge, ev, &as);
}

static int point_cache(struct kmc_judge *judge, const struct kmc_event *ev)
{
	const struct kmc_cache *cache = cache_of(judge, ev);
	struct entry as;

	if (!cache || !is_block(ev) || ev->size > UINT32_MAX || !cache_aligned(cache, ev->addr) ||
	    !fits_block(judge, ev, false, ev->cache, cache->stride, ev->size))
		return 0;
	as = as_cache(judge, ev);
	judge->plain[cache->hwalign ? KMC_PLAIN_POINT_CACHE_HW : KMC_PLAIN_POINT_CACHE]++;
	return begin_point(judge, ev, &as);
}

static int point_free(struct kmc_judge *judge, const struct kmc_event *ev, unsigned int by)
{
	struct kmc_life *life;
	bool cached;

	if (ev->addr <= KMC_ZERO_SIZE_PTR)
		return 0;
	life = kmc_shadow_find(&judge->shadow, ev->addr);
	if (!life || life->state != KMC_LIFE_LIVE || !judge->legal[life->from][by])
		return 0;
	cached = life->from >= KMC_FROM_CACHE && life->from <= KMC_FROM_CACHE_CTOR;
	judge->plain[cached ? KMC_PLAIN_POINT_FREE_CACHED : KMC_PLAIN_POINT_FREE]++;
	kmc_book_count_of(judge, life)->frees++;
	kmc_book_end(judge, life, KMC_LIFE_FREED);
	return 1;
}

/* GFP-28 and GFP-29 are for who names a zone, GFP-13 is for NULL. */
static int point_page_alloc(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_life_count *count = &judge->class_count[KMC_CLASS_PAGE];
	uint64_t map = judge->subject.machine.direct_map;
	int err;

	if (ev->outcome != KMC_OUT_VALUE || ev->order > judge->subject.machine.max_order ||
	    ev->gfp & (KMC_GFP_DMA | KMC_GFP_DMA32) || ev->addr < map ||
	    !is_aligned(ev->addr - map, KMC_PAGE << ev->order))
		return 0;
	judge->plain[KMC_PLAIN_POINT_PAGE]++;
	count->allocs++;
	/* A life that no free was seen to end: pages are also freed where nobody looks. */
	count->implied_frees += kmc_block_of(judge, ev->addr) != NULL;
	err = kmc_block_begin(judge, ev);
	return err ? err : 1;
}

int kmc_plain_point(struct kmc_judge *judge, const struct kmc_event *ev)
{
	if (judge->careful)
		return 0;
	switch (ev->what) {
	case KMC_TP_EV_KMALLOC:
		return point_kmalloc(judge, ev);
	case KMC_TP_EV_KFREE:
		return point_free(judge, ev, KMC_BY_KFREE);
	case KMC_TP_EV_KMEM_CACHE_ALLOC:
		return point_cache(judge, ev);
	case KMC_TP_EV_KMEM_CACHE_FREE:
		return point_free(judge, ev, KMC_BY_CACHE_FREE);
	case KMC_TP_EV_MM_PAGE_ALLOC:
		return point_page_alloc(judge, ev);
	default:
		return 0;
	}
}

/* calls */

/* ADV-5: flags where a scope is advised, in one or not. */
static bool is_narrow(const struct kmc_event *ev)
{
	const uint32_t both = KMC_GFP_IO | KMC_GFP_FS;

	return ev->gfp & KMC_GFP_DIRECT_RECLAIM && (ev->gfp & both) != both;
}

/*
 * Flags that no rule of a request speaks of, or that all its rules pass. A
 * constructor forbids zeroing (KC-11), so a request for it is looked at there.
 */
static bool flags_are_plain(const struct kmc_event *ev, uint32_t special)
{
	const uint32_t mobility = KMC_GFP_MOVABLE | KMC_GFP_RECLAIMABLE;

	return !(ev->gfp & special) && (ev->gfp & mobility) != mobility && !ev->gfp_raw &&
	       !is_narrow(ev) && !kmc_gfp_is_transhuge(ev->gfp) &&
	       (ev->context == KMC_CTX_TASK || ev->context == KMC_CTX_UNKNOWN);
}

/* HIGHMEM is for pages only (KM-24). */
#define SPECIAL_FOR_PAGES (KMC_GFP_DMA | KMC_GFP_DMA32 | KMC_GFP_THISNODE | KMC_GFP_NOFAIL | \
			   KMC_GFP_ACCOUNT)
#define SPECIAL_FOR_SLABS (SPECIAL_FOR_PAGES | KMC_GFP_HIGHMEM)

/* The passes that hang on flags and context. */
static void count_flags(struct kmc_judge *judge, const struct kmc_event *ev,
			enum kmc_plain no_direct)
{
	bool direct = ev->gfp & KMC_GFP_DIRECT_RECLAIM;

	judge->plain[KMC_PLAIN_MAY_SLEEP] += direct && ev->context == KMC_CTX_TASK;
	judge->plain[no_direct] += !direct;
	judge->plain[KMC_PLAIN_NO_KSWAPD] += !(ev->gfp & KMC_GFP_KSWAPD_RECLAIM);
}

/* Nothing was entered yet. Return: 1; 0 when something lives there; -ENOMEM. */
static int begin_call(struct kmc_judge *judge, const struct kmc_event *ev, struct entry *as)
{
	struct kmc_life *life;

	if (!kmc_place_take(judge, ev->addr, ev->size))
		return 0;
	life = kmc_shadow_put(&judge->shadow, ev->addr);
	if (!life)
		return -ENOMEM;
	if (life->state == KMC_LIFE_LIVE) { /* it took no addresses */
		kmc_place_remove(judge, ev->addr, ev->size);
		return 0;
	}
	if (ev->gfp & KMC_GFP_ZERO)
		as->flags |= KMC_LIFE_ZEROED;
	if (life->seq)
		KMC_COUNT(judge, KMC_R_FR_17);
	enter(judge, life, ev, as);
	return 1;
}

static int call_kmalloc(struct kmc_judge *judge, const struct kmc_event *ev)
{
	const struct kmc_size_row *row = row_of(judge, ev->size);
	struct entry as;
	int ret;

	if (!row || judge->layout != KMC_LAYOUT_PLAIN || !is_block(ev) ||
	    !flags_are_plain(ev, SPECIAL_FOR_SLABS) ||
	    (ev->granted && ev->granted < ev->size) || ev->granted > UINT32_MAX ||
	    !kmalloc_aligned(judge, ev))
		return 0;
	as = as_kmalloc(judge, ev, row);
	ret = begin_call(judge, ev, &as);
	if (ret <= 0)
		return ret;
	judge->plain[kmc_is_pow2(ev->size) ? KMC_PLAIN_KMALLOC_POW2 : KMC_PLAIN_KMALLOC]++;
	count_flags(judge, ev, KMC_PLAIN_SLAB_NO_DIRECT);
	return 1;
}

static int call_cache(struct kmc_judge *judge, const struct kmc_event *ev)
{
	const struct kmc_cache *cache = cache_of(judge, ev);
	bool ctor = cache && cache->from == KMC_FROM_CACHE_CTOR;
	struct entry as;
	int ret;

	if (!cache || cache->special || !is_block(ev) || (ctor && judge->constructed.shown) ||
	    !flags_are_plain(ev, SPECIAL_FOR_SLABS) || (ctor && ev->gfp & KMC_GFP_ZERO) ||
	    ev->size > UINT32_MAX || !cache_aligned(cache, ev->addr))
		return 0;
	as = as_cache(judge, ev);
	ret = begin_call(judge, ev, &as);
	if (ret <= 0)
		return ret;
	judge->plain[cache->hwalign ? KMC_PLAIN_CACHE_HW : KMC_PLAIN_CACHE]++;
	judge->plain[KMC_PLAIN_CACHE_CTOR] += ctor;
	count_flags(judge, ev, KMC_PLAIN_SLAB_NO_DIRECT);
	return 1;
}

/* Single pages only. */
static int call_pages(struct kmc_judge *judge, const struct kmc_event *ev)
{
	uint64_t map = judge->subject.machine.direct_map;
	struct entry as = {
		.from = KMC_FROM_PAGE, .class = KMC_CLASS_PAGE, .granted = 1, /* reference */
		.count = &judge->class_count[KMC_CLASS_PAGE], .bytes = KMC_PAGE,
	};
	int ret;

	if (judge->many_zones || ev->node > 0 || ev->node < KMC_NODE_NONE || ev->order || ev->size != KMC_PAGE || ev->addr < map ||
	    !is_aligned(ev->addr - map, KMC_PAGE) || !is_block(ev) ||
	    !flags_are_plain(ev, SPECIAL_FOR_PAGES))
		return 0;
	ret = begin_call(judge, ev, &as);
	if (ret <= 0)
		return ret;
	judge->plain[KMC_PLAIN_PAGE]++;
	count_flags(judge, ev, KMC_PLAIN_PAGE_NO_DIRECT);
	return 1;
}

static struct kmc_life *freed_by_call(struct kmc_judge *judge, const struct kmc_event *ev,
				      enum kmc_plain_free kind)
{
	struct kmc_life *life;

	if (ev->context == KMC_CTX_NMI || ev->addr <= KMC_ZERO_SIZE_PTR)
		return NULL;
	life = kmc_shadow_find(&judge->shadow, ev->addr);
	if (!life || life->state != KMC_LIFE_LIVE || !judge->legal[life->from][column_of[kind]] ||
	    life->flags & (KMC_LIFE_NO_EXTENT | KMC_LIFE_CHARGED)) /* MCG-11: it is paid back */
		return NULL;
	return life;
}

static int end_call(struct kmc_judge *judge, struct kmc_life *life, enum kmc_plain_free kind)
{
	judge->plain_frees[kind][life->from]++;
	kmc_book_count_of(judge, life)->frees++;
	kmc_place_remove(judge, life->addr, kmc_life_size(life));
	kmc_book_end(judge, life, KMC_LIFE_FREED);
	return 1;
}

static int call_kfree(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_life *life = freed_by_call(judge, ev, KMC_PLAIN_KFREE);

	return life ? end_call(judge, life, KMC_PLAIN_KFREE) : 0;
}

static int call_cache_free(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_life *life = freed_by_call(judge, ev, KMC_PLAIN_CACHE_FREE);

	if (!life || life->cache != ev->cache || !cache_of(judge, ev))
		return 0;
	return end_call(judge, life, KMC_PLAIN_CACHE_FREE);
}

/* The last reference, with the order that it has. */
static int call_free_pages(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_life *life = freed_by_call(judge, ev, KMC_PLAIN_FREE_PAGES);

	if (!life || ev->order > 31 || life->granted != 1 ||
	    kmc_life_size(life) != KMC_PAGE << ev->order ||
	    kmc_pairing_rule(life->from, KMC_BY_FREE_PAGES_PAGE, judge->subject.edition) !=
		    KMC_R_PAGE_36)
		return 0;
	return end_call(judge, life, KMC_PLAIN_FREE_PAGES);
}

int kmc_plain_call(struct kmc_judge *judge, const struct kmc_event *ev)
{
	/* While blocks wait for a grace period, or are damaged, every new one is looked at with them in mind. */
	if (ev->parent || ev->marks || judge->careful ||
	    judge->grace.nr | judge->grace.nr_readers | judge->damages.nr)
		return 0;
	switch (ev->what) {
	case KMC_OP_KMALLOC:
		return call_kmalloc(judge, ev);
	case KMC_OP_KFREE:
		return call_kfree(judge, ev);
	case KMC_OP_KMEM_CACHE_ALLOC:
		return call_cache(judge, ev);
	case KMC_OP_KMEM_CACHE_FREE:
		return call_cache_free(judge, ev);
	case KMC_OP_ALLOC_PAGES:
		return judge->page_points ? 0 : call_pages(judge, ev);
	case KMC_OP_FREE_PAGES_PAGE:
		return judge->page_points ? 0 : call_free_pages(judge, ev);
	default:
		return 0;
	}
}
