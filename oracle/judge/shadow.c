// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The map of blocks. Grown by making it anew; entries that were freed are then
 * moved to a compact set of addresses, so that memory follows what is live.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "shadow.h"

#define FIRST_SLOTS KMC_SHADOW_FIRST
#define HUGE_PAGE   (2ul << 20)

static struct kmc_life *new_slots(size_t nr)
{
	size_t bytes = nr * sizeof(struct kmc_life);

	if (bytes < HUGE_PAGE)
		return calloc(nr, sizeof(struct kmc_life));

	/* A large map is all misses: huge pages spare it the misses of the TLB. */
	void *slots = aligned_alloc(HUGE_PAGE, bytes);

	if (slots) {
		madvise(slots, bytes, MADV_HUGEPAGE);
		memset(slots, 0, bytes);
	}
	return slots;
}

static void set_slots(struct kmc_shadow *shadow, struct kmc_life *slots, size_t nr)
{
	shadow->slots = slots;
	shadow->mask = nr - 1;
	/* At most 13/16 full: linear probing still ends after a few steps. */
	shadow->limit = nr / 16 * 13;
	shadow->shift = 64 - (unsigned int)__builtin_ctzl(nr);
}

int kmc_shadow_init(struct kmc_shadow *shadow)
{
	struct kmc_life *slots = new_slots(FIRST_SLOTS);

	memset(shadow, 0, sizeof(*shadow));
	if (!slots)
		return -ENOMEM;
	set_slots(shadow, slots, FIRST_SLOTS);
	return 0;
}

void kmc_shadow_free(struct kmc_shadow *shadow)
{
	free(shadow->slots);
	free(shadow->past);
	memset(shadow, 0, sizeof(*shadow));
}

void kmc_shadow_reset(struct kmc_shadow *shadow)
{
	size_t nr = shadow->mask + 1;

	if (nr > FIRST_SLOTS) {
		struct kmc_life *slots = new_slots(FIRST_SLOTS);

		if (slots) {
			free(shadow->slots);
			set_slots(shadow, slots, FIRST_SLOTS);
			nr = 0;
		}
	}
	for (size_t i = 0; nr && i < shadow->used; i++)
		*kmc_shadow_at(shadow, i) = (struct kmc_life){ 0 };
	shadow->used = shadow->live = 0;
	free(shadow->past);
	shadow->past = NULL;
	shadow->past_mask = shadow->past_used = 0;
}

int kmc_shadow_copy(struct kmc_shadow *to, const struct kmc_shadow *from)
{
	size_t nr = from->mask + 1;
	struct kmc_life *slots = new_slots(nr);
	uint64_t *past = NULL;

	if (from->past)
		past = calloc(from->past_mask + 1, sizeof(*past));
	if (!slots || (from->past && !past)) {
		free(slots);
		free(past);
		return -ENOMEM;
	}
	memcpy(slots, from->slots, nr * sizeof(*slots));
	if (past)
		memcpy(past, from->past, (from->past_mask + 1) * sizeof(*past));
	kmc_shadow_free(to);
	*to = *from;
	to->slots = slots;
	to->past = past;
	return 0;
}

static size_t past_home(size_t mask, uint64_t addr)
{
	return ((addr * 0x9e3779b97f4a7c15ull) >> 20) & mask;
}

static void past_insert(uint64_t *past, size_t mask, uint64_t addr, size_t *used)
{
	size_t i = past_home(mask, addr);

	while (past[i] && past[i] != addr)
		i = (i + 1) & mask;
	if (!past[i])
		++*used;
	past[i] = addr;
}

static int past_reserve(struct kmc_shadow *shadow, size_t more)
{
	size_t need = (shadow->past_used + more) * 2;
	size_t nr = shadow->past ? shadow->past_mask + 1 : 1024;

	if (shadow->past && nr > need)
		return 0;
	while (nr <= need)
		nr *= 2;
	uint64_t *past = calloc(nr, sizeof(*past));
	size_t used = 0;

	if (!past)
		return -ENOMEM;
	for (size_t i = 0; shadow->past && i <= shadow->past_mask; i++)
		if (shadow->past[i])
			past_insert(past, nr - 1, shadow->past[i], &used);
	free(shadow->past);
	shadow->past = past;
	shadow->past_mask = nr - 1;
	shadow->past_used = used;
	return 0;
}

bool kmc_shadow_was_freed(const struct kmc_shadow *shadow, uint64_t addr)
{
	if (!shadow->past)
		return false;
	for (size_t i = past_home(shadow->past_mask, addr); shadow->past[i];
	     i = (i + 1) & shadow->past_mask)
		if (shadow->past[i] == addr)
			return true;
	return false;
}

/* An entry that says no more than that its address was freed. */
static bool is_bare_tombstone(const struct kmc_life *life)
{
	return life->state == KMC_LIFE_FREED && !(life->flags & KMC_LIFE_TAINTED);
}

static size_t count_tombstones(const struct kmc_shadow *shadow)
{
	size_t nr = 0;

	for (size_t i = 0; i <= shadow->mask; i++)
		if (shadow->slots[i].addr && is_bare_tombstone(&shadow->slots[i]))
			nr++;
	return nr;
}

static void place(struct kmc_shadow *shadow, const struct kmc_life *life)
{
	size_t i = kmc_shadow_home(shadow, life->addr);

	while (shadow->slots[i].addr)
		i = (i + 1) & shadow->mask;
	shadow->slots[i] = *life;
	shadow->order[shadow->used++ & (FIRST_SLOTS - 1)] = (uint16_t)i;
}

/* Make the map anew: twice the room that live blocks need, tombstones to the past. */
static int rebuild(struct kmc_shadow *shadow)
{
	size_t old_nr = shadow->mask + 1, nr = FIRST_SLOTS;
	struct kmc_life *old = shadow->slots;
	size_t dead = count_tombstones(shadow);
	bool drop = dead > shadow->used / 4;
	size_t stay = shadow->used - (drop ? dead : 0);

	while (nr * 5 < stay * 8)
		nr *= 2;
	if (drop && past_reserve(shadow, dead))
		return -ENOMEM;
	struct kmc_life *slots = new_slots(nr);

	if (!slots)
		return -ENOMEM;
	set_slots(shadow, slots, nr);
	shadow->used = 0;
	for (size_t i = 0; i < old_nr; i++) {
		if (!old[i].addr)
			continue;
		if (drop && is_bare_tombstone(&old[i]))
			past_insert(shadow->past, shadow->past_mask, old[i].addr,
				    &shadow->past_used);
		else
			place(shadow, &old[i]);
	}
	free(old);
	return 0;
}

struct kmc_life *kmc_shadow_put_full(struct kmc_shadow *shadow, uint64_t addr)
{
	struct kmc_life *there = kmc_shadow_find(shadow, addr);

	if (there)
		return there;
	return rebuild(shadow) ? NULL : kmc_shadow_put_room(shadow, addr);
}
