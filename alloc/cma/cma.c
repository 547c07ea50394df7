/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pages out of an area and back: a map says who has what, the contiguous
 * allocator empties the place.
 *
 * Contract: R-13, CMA-5..10, CMA-14, CMA-15. Looked at: 6.18.44.
 */
#include <errno.h>
#include "alloc/areas.h"
#include "cma_core.h"
#include "linux/err.h"
#include "linux/gfp.h"

static void trace_cma(const struct cma *cma, enum kmc_tp_id id, uint64_t pfn, uint64_t count,
		      unsigned int align, int err)
{
	struct kmc_tp tp = { .id = id, .node = -1, .order = align, .pfn = pfn, .bytes_req = count,
			     .bytes_alloc = (uint64_t)-err, .text = cma->name };

	kmc_trace_emit(cma->sim, &tp);
}

static bool test_bit(const uint64_t *map, uint64_t bit)
{
	return map[bit / 64] >> bit % 64 & 1;
}

static void set_bits(struct kmc_sim *sim, uint64_t *map, uint64_t first, uint64_t nr, bool on)
{
	for (uint64_t bit = first; bit < first + nr; bit++) {
		kmc_touch(sim, &map[bit / 64], sizeof(uint64_t));
		if (on)
			map[bit / 64] |= 1ull << bit % 64;
		else
			map[bit / 64] &= ~(1ull << bit % 64);
	}
}

/* Where a run may begin, in bits. */
struct slots {
	uint64_t nr, mask, offset;
};

static struct slots slots_of(const struct cma *cma, uint64_t count, unsigned int align)
{
	struct slots s = { .nr = (count + (1ull << cma->order_per_bit) - 1) >> cma->order_per_bit };

	if (align > cma->order_per_bit && !KMC_PLANTED(cma_unaligned)) {
		s.mask = (1ull << (align - cma->order_per_bit)) - 1;
		s.offset = (cma->base_pfn & ((1ull << align) - 1)) >> cma->order_per_bit;
	}
	return s;
}

/* First fit from @start on; the number of bits: none. */
static uint64_t find_zero_area(const struct cma *cma, const struct slots *s, uint64_t start)
{
	const uint64_t *map = cma_map(cma);
	uint64_t max = cma_bitmap_maxno(cma);

	for (;;) {
		uint64_t index = start, i;

		while (index < max && test_bit(map, index))
			index++;
		index = ((index + s->offset + s->mask) & ~s->mask) - s->offset;
		if (index + s->nr > max)
			return max;
		for (i = index; i < index + s->nr && !test_bit(map, i); i++)
			;
		if (i == index + s->nr)
			return index;
		start = i + 1;
	}
}

/* CMA-7: the next place and its bits, from *start on. False: there is none. */
static bool claim(struct cma *cma, const struct slots *s, uint64_t count, uint64_t *start)
{
	struct kmc_cma_state *state = cma->sim->cma;
	bool counted = cma->sim->config.profile >= KMC_PROFILE_6_18_44;
	uint64_t max = cma_bitmap_maxno(cma), found = max;

	kmc_lock_take(&state->lock);
	if (!counted || count <= cma->available_count)
		found = find_zero_area(cma, s, *start);
	if (found < max) {
		kmc_touch(cma->sim, cma, sizeof(*cma));
		set_bits(cma->sim, cma_map(cma), found, s->nr, true);
		cma->available_count -= count;
	}
	kmc_lock_drop(&state->lock);
	*start = found;
	return found < max;
}

/* CMA-8, CMA-10: by whole bits. */
static void unclaim(struct cma *cma, uint64_t pfn, uint64_t count)
{
	struct kmc_cma_state *state = cma->sim->cma;
	uint64_t first = (pfn - cma->base_pfn) >> cma->order_per_bit;
	uint64_t nr = (count + (1ull << cma->order_per_bit) - 1) >> cma->order_per_bit;

	kmc_lock_take(&state->lock);
	kmc_touch(cma->sim, cma, sizeof(*cma));
	set_bits(cma->sim, cma_map(cma), first, nr, false);
	cma->available_count += count;
	if (cma->available_count > cma->count)
		cma->available_count = cma->count; /* more was released than had been given */
	kmc_lock_drop(&state->lock);
}

static void count_result(struct cma *cma, uint64_t *counter, uint64_t count)
{
	kmc_lock_take(&cma->sim->cma->lock);
	kmc_touch(cma->sim, counter, sizeof(*counter));
	*counter += count;
	kmc_lock_drop(&cma->sim->cma->lock);
}

static int try_place(uint64_t pfn, uint64_t count, bool no_warn)
{
	if (count > 1 && KMC_PLANTED(cma_count_short))
		count--;
	return alloc_contig_range(pfn, pfn + count, ACR_FLAGS_CMA,
				  GFP_KERNEL | (no_warn ? __GFP_NOWARN : 0));
}

/* R-13. *pfn: where; *err: what the last attempt came to. */
static bool search(struct cma *cma, uint64_t count, unsigned int align, bool no_warn,
		   uint64_t *pfn, int *err)
{
	struct slots s = slots_of(cma, count, align);
	uint64_t start = 0;

	while (claim(cma, &s, count, &start)) {
		*pfn = cma->base_pfn + (start << cma->order_per_bit);
		*err = try_place(*pfn, count, no_warn);
		if (!*err)
			return true;
		if (!KMC_PLANTED(cma_bits_stay))
			unclaim(cma, *pfn, count);
		if (*err != -EBUSY)
			return false;
		trace_cma(cma, KMC_TP_CMA_ALLOC_BUSY_RETRY, *pfn, count, align, 0);
		start += s.mask + 1;
	}
	return false;
}

static void warn_failure(const struct cma *cma, uint64_t count)
{
	struct kmc_tp tp = { .id = KMC_TP_WARN, .node = -1, .pfn = UINT64_MAX, .bytes_req = count,
			     .text = "cma: alloc failed" };

	kmc_trace_emit(cma->sim, &tp);
}

/* Rule: CMA-5, CMA-6, CMA-7, CMA-8. Model: exact. */
struct page *cma_alloc(struct cma *cma, unsigned long count, unsigned int align, bool no_warn)
{
	uint64_t pfn = UINT64_MAX;
	int err = -ENOMEM;
	bool found;

	if (cma && !count && KMC_PLANTED(cma_nothing_served))
		count = 1;
	if (!cma || !cma->count || !count || align > 40)
		return NULL;
	trace_cma(cma, KMC_TP_CMA_ALLOC_START, UINT64_MAX, count, align, 0);
	if (count > cma->count)
		return NULL;
	found = search(cma, count, align, no_warn, &pfn, &err);
	trace_cma(cma, KMC_TP_CMA_ALLOC_FINISH, found ? pfn : UINT64_MAX, count, align, err);
	count_result(cma, found ? &cma->nr_succeeded : &cma->nr_failed, count);
	count_vm_event(cma->sim, found ? KMC_CMA_ALLOC_SUCCESS : KMC_CMA_ALLOC_FAIL, 1);
	if (!found && !no_warn)
		warn_failure(cma, count);
	if (!found && KMC_PLANTED(cma_error_pointer))
		return ERR_PTR(err);
	return found ? pfn_to_page_in(cma->sim, pfn) : NULL;
}

/* Rule: CMA-9. Model: exact; up to 6.12 a range that only begins inside is an assertion there. */
bool cma_pages_valid(struct cma *cma, const struct page *pages, unsigned long count)
{
	uint64_t pfn;

	if (!cma || !pages || !cma->count)
		return false;
	pfn = page_to_pfn_in(cma->sim, pages);
	return pfn >= cma->base_pfn && pfn < cma->base_pfn + cma->count &&
	       count <= cma->base_pfn + cma->count - pfn;
}

/* Rule: CMA-9, CMA-10. Model: exact. */
bool cma_release(struct cma *cma, const struct page *pages, unsigned long count)
{
	uint64_t pfn;

	if (!cma_pages_valid(cma, pages, count))
		return KMC_PLANTED(cma_release_outside);
	pfn = page_to_pfn_in(cma->sim, pages);
	free_contig_range(pfn, count);
	unclaim(cma, pfn, count);
	count_result(cma, &cma->nr_released, count);
	trace_cma(cma, KMC_TP_CMA_RELEASE, pfn, count, 0, 0);
	return !KMC_PLANTED(cma_release_refused);
}

phys_addr_t cma_get_base(const struct cma *cma)
{
	return cma->base_pfn << PAGE_SHIFT;
}

unsigned long cma_get_size(const struct cma *cma)
{
	return cma->count << PAGE_SHIFT;
}

const char *cma_get_name(const struct cma *cma)
{
	return cma ? cma->name : "(undefined)";
}

int cma_for_each_area(int (*it)(struct cma *cma, void *data), void *data)
{
	struct kmc_cma_state *state;

	KMC_BUG_ON(!kmc_this_cpu);
	state = kmc_this_cpu->sim->cma;
	for (uint32_t i = 0; i < state->nr_areas; i++) {
		int ret = it(&state->areas[i], data);

		if (ret)
			return ret;
	}
	return 0;
}

static uint64_t bits_set(const struct cma *cma)
{
	uint64_t set = 0;

	for (uint64_t bit = 0; bit < cma_bitmap_maxno(cma); bit++)
		set += test_bit(cma_map(cma), bit);
	return set;
}

void kmc_sim_cma_info(const struct cma *cma, struct kmc_cma_info *info)
{
	kmc_lock_take(&cma->sim->cma->lock);
	*info = (struct kmc_cma_info){
		.name = cma->name, .index = cma->index, .order_per_bit = cma->order_per_bit,
		.base_pfn = cma->base_pfn, .count = cma->count,
		.available = cma->available_count - KMC_PLANTED(cma_available_less),
		.bits_set = bits_set(cma) << cma->order_per_bit,
		.succeeded = cma->nr_succeeded, .failed = cma->nr_failed,
		.released = cma->nr_released,
	};
	kmc_lock_drop(&cma->sim->cma->lock);
}

/* boot, check, digest */

size_t kmc_cma_arena_bytes(const struct kmc_sim_config *config)
{
	uint64_t max = 0;

	for (unsigned int i = 0; i < config->nr_zones; i++)
		if (config->zones[i].start_pfn + config->zones[i].nr_pages > max)
			max = config->zones[i].start_pfn + config->zones[i].nr_pages;
	return sizeof(struct kmc_cma_state) + (max / 64 + 1) * sizeof(uint64_t) + 3 * PAGE_SIZE;
}

void kmc_cma_boot(struct kmc_sim *sim)
{
	sim->cma = kmc_arena_alloc(sim, sizeof(*sim->cma), 64);
	sim->cma->map = kmc_arena_alloc_sparse(sim, (sim->max_pfn / 64 + 1) * sizeof(uint64_t));
}

/* I-15, and what an area is made of. */
static void check_area(const struct cma *cma)
{
	uint64_t set = bits_set(cma) << cma->order_per_bit;

	/* With more than a page to a bit a caller can break it: CMA-10. */
	KMC_BUG_ON(!cma->order_per_bit && set < cma->count - cma->available_count);
	for (uint64_t pfn = cma->base_pfn; pfn < cma->base_pfn + cma->count; pfn += PAGEBLOCK_PAGES)
		KMC_BUG_ON(get_pageblock_migratetype(cma->sim, pfn) != MIGRATE_CMA);
}

void kmc_cma_check(struct kmc_sim *sim)
{
	for (uint32_t i = 0; i < sim->cma->nr_areas; i++)
		check_area(&sim->cma->areas[i]);
}

static uint64_t hash_area(const struct cma *cma, uint64_t h)
{
	h = kmc_hash_word(h, cma->base_pfn);
	h = kmc_hash_word(h, cma->count);
	h = kmc_hash_word(h, cma->available_count);
	h = kmc_hash_word(h, (uint64_t)cma->order_per_bit << 32 | cma->index);
	h = kmc_hash_word(h, cma->nr_succeeded);
	h = kmc_hash_word(h, cma->nr_failed);
	h = kmc_hash_word(h, cma->nr_released);
	for (uint64_t word = 0; word < cma->count / 64; word++)
		h = kmc_hash_word(h, cma_map(cma)[word]);
	return h;
}

uint64_t kmc_cma_hash(struct kmc_sim *sim, uint64_t h)
{
	for (uint32_t i = 0; i < sim->cma->nr_areas; i++)
		h = hash_area(&sim->cma->areas[i], h);
	return h;
}
