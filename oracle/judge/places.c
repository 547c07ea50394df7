// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who lies where in a call-level stream, where every free is shown: a bitmap
 * of beginnings for each page on which something began. The pages that a block
 * covers whole, or reaches into from before, share one record that tells its
 * address, until something begins on one of them. Finds the blocks that overlap a range.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "judge_priv.h"

/* Of blocks larger than 1 GiB only the first pages are entered: no subject has them. */
#define MAX_COVER (1ull << 18)
#define FIRST_PLACES 256
#define LARGEST_SLAB (4ull << 20)
/* 16 GiB of pages with something on them; what lies beyond is not compared. */
#define MAX_PLACES (1u << 22)

int kmc_places_init(struct kmc_judge *judge)
{
	judge->max_places = FIRST_PLACES;
	judge->nr_places = 1;
	judge->places = calloc(judge->max_places, sizeof(*judge->places));
	if (!judge->places)
		return -ENOMEM;
	return kmc_dir_init(&judge->place_dir);
}

void kmc_places_free(struct kmc_judge *judge)
{
	free(judge->places);
	judge->places = NULL;
	kmc_dir_free(&judge->place_dir);
}

void kmc_places_reset(struct kmc_judge *judge)
{
	for (uint32_t i = 1; i < judge->nr_places; i++) {
		const struct kmc_place *place = &judge->places[i];

		kmc_dir_clear(&judge->place_dir, place->addr, place->shared ? place->largest : 1);
	}
	judge->nr_places = 1;
	judge->free_place = 0;
	if (judge->max_places > FIRST_PLACES) {
		void *places = realloc(judge->places, FIRST_PLACES * sizeof(*judge->places));

		judge->places = places ? places : judge->places;
		judge->max_places = FIRST_PLACES;
	}
	kmc_dir_forget(&judge->place_dir);
}

static inline struct kmc_place *place_of(struct kmc_judge *judge, uint64_t addr)
{
	uint32_t number = kmc_dir_get(&judge->place_dir, addr);

	return number ? &judge->places[number] : NULL;
}

/* An unused record, of which nothing is set. Return: 0 without memory, or with too many. */
static uint32_t take_record(struct kmc_judge *judge)
{
	uint32_t number = judge->free_place;

	if (number) {
		judge->free_place = judge->places[number].live;
		return number;
	}
	if (judge->nr_places == MAX_PLACES)
		return 0;
	if (judge->nr_places == judge->max_places) {
		uint32_t max = judge->max_places * 2;
		void *places = realloc(judge->places, max * sizeof(*judge->places));

		if (!places)
			return 0;
		judge->places = places;
		judge->max_places = max;
	}
	return judge->nr_places++;
}

/* Nothing is numbered with it any more. */
static void put_record(struct kmc_judge *judge, uint32_t number)
{
	judge->places[number].shared = 1;
	judge->places[number].largest = 0; /* pages to clear */
	judge->places[number].live = judge->free_place;
	judge->free_place = number;
}

/* A page less of a shared record. */
static void leave(struct kmc_judge *judge, uint32_t number)
{
	if (!--judge->places[number].live)
		put_record(judge, number);
}

/* The page gets a record of its own. */
static struct kmc_place *place_new(struct kmc_judge *judge, uint64_t addr, uint64_t cover)
{
	uint32_t number = take_record(judge);
	struct kmc_place *place;

	if (!number)
		return NULL;
	if (kmc_dir_set(&judge->place_dir, addr, 1, number)) {
		put_record(judge, number);
		return NULL;
	}
	place = &judge->places[number];
	memset(place->starts, 0, sizeof(place->starts));
	place->addr = addr & -KMC_PAGE;
	place->cover = cover;
	place->odd = place->shared = 0;
	place->live = 0;
	place->largest = 0;
	return place;
}

static inline struct kmc_place *place_make(struct kmc_judge *judge, uint64_t addr)
{
	uint32_t number = kmc_dir_get(&judge->place_dir, addr);
	struct kmc_place *place = &judge->places[number];

	if (number && !place->shared)
		return place;
	place = place_new(judge, addr, number ? place->cover : 0);
	if (number && place)
		leave(judge, number);
	return place;
}

static uint64_t last_page(uint64_t addr, uint64_t size)
{
	uint64_t end = addr + (size ? size : 1) - 1;
	uint64_t most = addr + (MAX_COVER << KMC_DIR_PAGE_SHIFT);

	return (end < addr || end > most ? most : end) & -KMC_PAGE;
}

/* Pages from one to another; at the end of the address space the last lies before the first. */
static uint64_t nr_pages(uint64_t first, uint64_t last)
{
	return first <= last ? ((last - first) >> KMC_DIR_PAGE_SHIFT) + 1 : 0;
}

/* Without memory, or because the stream is nonsense? */
static int no_place(const struct kmc_judge *judge)
{
	return judge->nr_places == MAX_PLACES ? 0 : -ENOMEM;
}

/* Pages of one region of the directory. */
struct stretch {
	uint32_t *numbers;
	uint64_t nr;
};

/* What of @nr pages from @page on is in its region; numbers NULL: they cannot be kept. */
static struct stretch stretch_of(struct kmc_judge *judge, uint64_t page, uint64_t nr, bool make)
{
	struct stretch s = { .nr = kmc_dir_left(page) };

	s.nr = s.nr < nr ? s.nr : nr;
	s.numbers = make ? kmc_dir_make(&judge->place_dir, page) :
			   kmc_dir_find(&judge->place_dir, page);
	return s;
}

/* The block at @addr reaches into the pages of a stretch; @number is its shared record. */
static void cover_stretch(struct kmc_judge *judge, const struct stretch *s, uint64_t addr,
			  uint32_t number)
{
	uint32_t nr = 0;

	for (uint64_t i = 0; i < s->nr; i++) {
		uint32_t old = s->numbers[i];

		if (old && !judge->places[old].shared) {
			judge->places[old].cover = addr;
			continue;
		}
		if (old)
			leave(judge, old);
		s->numbers[i] = number;
		nr++;
	}
	judge->places[number].live += nr;
}

/* It reaches into @nr pages from @page on. */
static int cover(struct kmc_judge *judge, uint64_t addr, uint64_t page, uint64_t nr)
{
	uint32_t number = take_record(judge);
	struct kmc_place *shared = &judge->places[number];
	int err = 0;

	if (!number)
		return no_place(judge);
	shared->addr = page;
	shared->cover = addr;
	shared->odd = 0;
	shared->shared = 1;
	shared->live = 0;
	shared->largest = nr;
	while (nr && !err) {
		struct stretch s = stretch_of(judge, page, nr, true);

		if (s.numbers)
			cover_stretch(judge, &s, addr, number);
		else if (!kmc_dir_is_full(&judge->place_dir))
			err = -ENOMEM;
		nr -= s.nr;
		page += s.nr << KMC_DIR_PAGE_SHIFT;
	}
	if (!shared->live)
		put_record(judge, number);
	return err;
}

int kmc_place_add(struct kmc_judge *judge, uint64_t addr, uint64_t size)
{
	struct kmc_place *place = place_make(judge, addr);
	unsigned int bit = (unsigned int)(addr & (KMC_PAGE - 1)) >> 3;
	uint64_t second = (addr & -KMC_PAGE) + KMC_PAGE;
	uint64_t nr = nr_pages(second, last_page(addr, size));

	if (!place)
		return no_place(judge);
	if (!place->live++ || place->largest < size)
		place->largest = size;
	if (addr & 7)
		place->odd++;
	else
		place->starts[bit / 64] |= 1ull << bit % 64;
	return nr ? cover(judge, addr, second, nr) : 0;
}

/* The block at @addr reaches no longer into the pages of a stretch. */
static void uncover_stretch(struct kmc_judge *judge, const struct stretch *s, uint64_t addr)
{
	for (uint64_t i = 0; i < s->nr; i++) {
		uint32_t number = s->numbers[i];
		struct kmc_place *place = &judge->places[number];

		if (!number || place->cover != addr)
			continue;
		if (!place->shared) {
			place->cover = 0;
			continue;
		}
		s->numbers[i] = 0;
		leave(judge, number);
	}
}

void kmc_place_remove(struct kmc_judge *judge, uint64_t addr, uint64_t size)
{
	struct kmc_place *place = place_of(judge, addr);
	unsigned int bit = (unsigned int)(addr & (KMC_PAGE - 1)) >> 3;
	uint64_t page = (addr & -KMC_PAGE) + KMC_PAGE, nr;

	if (place && !place->shared) {
		place->live -= place->live > 0;
		if (addr & 7)
			place->odd -= place->odd > 0;
		else
			place->starts[bit / 64] &= ~(1ull << bit % 64);
	}
	if (size <= KMC_PAGE - (addr & (KMC_PAGE - 1)))
		return;
	nr = nr_pages(page, last_page(addr, size));
	while (nr) {
		struct stretch s = stretch_of(judge, page, nr, false);

		uncover_stretch(judge, &s, addr);
		nr -= s.nr;
		page += s.nr << KMC_DIR_PAGE_SHIFT;
	}
}

/* Is this block live, and does it take some of the range? */
static struct kmc_life *takes(struct kmc_judge *judge, uint64_t start, uint64_t addr,
			      uint64_t size, uint64_t except)
{
	struct kmc_life *life = start == except ? NULL : kmc_shadow_find(&judge->shadow, start);

	if (!life || life->state != KMC_LIFE_LIVE || life->flags & KMC_LIFE_NO_EXTENT)
		return NULL;
	uint64_t end = life->addr + (life->size ? kmc_life_size(life) : 1);

	return end > addr && life->addr < addr + (size ? size : 1) ? life : NULL;
}

static bool begins_anywhere(const struct kmc_place *place)
{
	const uint64_t *starts = place->starts;

	return starts[0] | starts[1] | starts[2] | starts[3] | starts[4] | starts[5] | starts[6] |
	       starts[7];
}

/* The last beginning at or before a bit of a page; -1 none. */
static int bit_before(const struct kmc_place *place, unsigned int bit)
{
	int word = (int)(bit / 64);
	uint64_t bits = place->starts[word] & (~0ull >> (63 - bit % 64));

	while (!bits && --word >= 0)
		bits = place->starts[word];
	return bits ? word * 64 + 63 - __builtin_clzll(bits) : -1;
}

/* The first beginning at or after a bit; 512 none. */
static int bit_after(const struct kmc_place *place, unsigned int bit)
{
	unsigned int word = bit / 64;
	uint64_t bits = place->starts[word] & (~0ull << bit % 64);

	while (!bits && ++word < 8)
		bits = place->starts[word];
	return bits ? (int)(word * 64) + __builtin_ctzll(bits) : 512;
}

/* Beginnings off the grid are rare (foreign mallocs never have them): ask every byte. */
static struct kmc_life *find_odd(struct kmc_judge *judge, const struct kmc_place *place,
				 uint64_t addr, uint64_t size, uint64_t except)
{
	for (uint64_t at = place->addr; at < place->addr + KMC_PAGE; at++) {
		struct kmc_life *life = at & 7 ? takes(judge, at, addr, size, except) : NULL;

		if (life)
			return life;
	}
	return NULL;
}

static struct kmc_life *find_on_page(struct kmc_judge *judge, const struct kmc_place *place,
				     uint64_t addr, uint64_t size, uint64_t except)
{
	unsigned int bit = addr > place->addr ? (unsigned int)(addr - place->addr) >> 3 : 0;
	uint64_t end = addr + (size ? size : 1);
	struct kmc_life *life = NULL;
	int at;

	if (!begins_anywhere(place) && !place->cover && !place->odd)
		return NULL;
	at = bit_before(place, bit);
	/*
	 * The range may begin inside the block before, or inside that of an
	 * earlier page. Nothing that begins here reaches further than the largest.
	 */
	if (at >= 0 && addr >= place->addr + 8ull * (unsigned int)at + place->largest &&
	    place->addr + 8ull * (unsigned int)at != except)
		at = -1;
	if (at >= 0)
		life = takes(judge, place->addr + 8ull * (unsigned int)at, addr, size, except);
	if (!life && at >= 0 && place->addr + 8ull * (unsigned int)at == except && at > 0) {
		at = bit_before(place, (unsigned int)at - 1);
		if (at >= 0)
			life = takes(judge, place->addr + 8ull * (unsigned int)at, addr, size,
				     except);
	}
	if (!life && place->cover)
		life = takes(judge, place->cover, addr, size, except);
	for (at = bit_after(place, bit); !life && at < 512; ) {
		uint64_t start = place->addr + 8ull * (unsigned int)at;

		if (start >= end)
			break;
		life = takes(judge, start, addr, size, except);
		at = at < 511 ? bit_after(place, (unsigned int)at + 1) : 512;
	}
	if (!life && place->odd)
		life = find_odd(judge, place, addr, size, except);
	return life;
}

/* Does anything begin at bits [first, last] of a page? */
static bool begins_in(const struct kmc_place *place, unsigned int first, unsigned int last)
{
	if (last - first == 511)
		return begins_anywhere(place);
	for (unsigned int word = first / 64; word <= last / 64; word++) {
		uint64_t bits = place->starts[word];

		if (word == first / 64)
			bits &= ~0ull << first % 64;
		if (word == last / 64)
			bits &= ~0ull >> (63 - last % 64);
		if (bits)
			return true;
	}
	return false;
}

bool kmc_place_take(struct kmc_judge *judge, uint64_t addr, uint64_t size)
{
	unsigned int offset = (unsigned int)(addr & (KMC_PAGE - 1)), bit = offset >> 3;
	struct kmc_place *place;
	int before;

	if (addr & 7 || !size || size > KMC_PAGE - offset)
		return false;
	place = place_of(judge, addr);
	if (!place)
		place = place_new(judge, addr, 0);
	if (!place || place->cover || place->odd ||
	    begins_in(place, bit, (offset + (unsigned int)size - 1) >> 3))
		return false;
	before = bit_before(place, bit);
	if (before >= 0 && 8ull * (unsigned int)before + place->largest > offset)
		return false;
	if (!place->live++ || place->largest < size)
		place->largest = size;
	place->starts[bit / 64] |= 1ull << bit % 64;
	return true;
}

/* The same on the pages of a stretch, the first of which is @page. */
static struct kmc_life *find_on_stretch(struct kmc_judge *judge, const struct stretch *s,
					uint64_t addr, uint64_t size, uint64_t except)
{
	uint64_t cover = 0; /* of the record looked at last */
	struct kmc_life *life = NULL;

	for (uint64_t i = 0; i < s->nr && !life; i++) {
		uint32_t number = s->numbers[i];
		const struct kmc_place *place = &judge->places[number];

		if (!number)
			continue;
		if (!place->shared) {
			life = find_on_page(judge, place, addr, size, except);
		} else if (place->cover != cover) {
			cover = place->cover;
			life = takes(judge, cover, addr, size, except);
		}
	}
	return life;
}

struct kmc_life *kmc_place_find(struct kmc_judge *judge, uint64_t addr, uint64_t size,
				uint64_t except)
{
	uint64_t page = addr & -KMC_PAGE, nr = nr_pages(page, last_page(addr, size));
	struct kmc_life *life = NULL;

	while (nr && !life) {
		struct stretch s = stretch_of(judge, page, nr, false);

		life = find_on_stretch(judge, &s, addr, size, except);
		nr -= s.nr;
		page += s.nr << KMC_DIR_PAGE_SHIFT;
	}
	return life;
}

/* Of the blocks that begin on a page, those from bit @first on, before @end. */
static uint64_t lives_on_page(struct kmc_judge *judge, const struct kmc_place *place,
			      unsigned int first, uint64_t end)
{
	uint64_t nr = 0;

	for (int at = bit_after(place, first); at < 512;
	     at = at < 511 ? bit_after(place, (unsigned int)at + 1) : 512) {
		uint64_t start = place->addr + 8ull * (unsigned int)at;
		const struct kmc_life *life;

		if (start >= end)
			break;
		life = kmc_shadow_find(&judge->shadow, start);
		nr += life && life->state == KMC_LIFE_LIVE;
	}
	return nr;
}

uint64_t kmc_place_lives(struct kmc_judge *judge, uint64_t addr, uint64_t size)
{
	uint64_t most = size < LARGEST_SLAB ? size : LARGEST_SLAB, nr = 0;
	uint64_t pages = nr_pages(addr & -KMC_PAGE, last_page(addr, most));

	for (uint64_t i = 0; most && i < pages; i++) {
		uint64_t page = (addr & -KMC_PAGE) + i * KMC_PAGE;
		unsigned int first = i ? 0 : (unsigned int)(addr - page + 7) >> 3;
		const struct kmc_place *place = place_of(judge, page);

		if (place && !place->shared && first < 512)
			nr += lives_on_page(judge, place, first, addr + most);
	}
	return nr;
}
