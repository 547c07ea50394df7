// SPDX-License-Identifier: GPL-2.0-or-later
/* Objects that were constructed, objects that were damaged. */
#include <stdlib.h>
#include <string.h>
#include "damage.h"

#define GONE 1u

/* damage: rare, so it is searched */

static struct kmc_damage *find(const struct kmc_damages *damages, uint64_t addr,
			       enum kmc_damage_kind kind)
{
	for (size_t i = 0; i < damages->nr; i++)
		if (damages->list[i].addr == addr && damages->list[i].kind == kind)
			return &damages->list[i];
	return NULL;
}

void kmc_book_damage_add(struct kmc_damages *damages, uint64_t addr, enum kmc_damage_kind kind)
{
	damages->done = true;
	if (find(damages, addr, kind))
		return;
	if (damages->nr == damages->max) {
		size_t max = damages->max ? damages->max * 2 : 16;
		void *list = realloc(damages->list, max * sizeof(*damages->list));

		if (!list)
			return;
		damages->list = list;
		damages->max = max;
	}
	damages->list[damages->nr++] = (struct kmc_damage){ .addr = addr, .kind = (uint8_t)kind };
}

bool kmc_book_damage_has(const struct kmc_damages *damages, uint64_t addr,
			 enum kmc_damage_kind kind)
{
	return damages->nr && find(damages, addr, kind);
}

void kmc_book_damage_drop(struct kmc_damages *damages, uint64_t addr, enum kmc_damage_kind kind)
{
	struct kmc_damage *damage = find(damages, addr, kind);

	if (damage)
		*damage = damages->list[--damages->nr];
}

void kmc_book_damages_reset(struct kmc_damages *damages)
{
	kmc_book_damages_free(damages);
}

void kmc_book_damages_free(struct kmc_damages *damages)
{
	free(damages->list);
	*damages = (struct kmc_damages){ 0 };
}

/* constructed objects: open addressing, freed places are kept as such */

static size_t place_of(const struct kmc_constructed *set, uint64_t addr)
{
	return (size_t)((addr >> 3) * 0x9e3779b97f4a7c15ull >> 20) & set->mask;
}

static uint64_t *slot_of(const struct kmc_constructed *set, uint64_t addr)
{
	size_t at = place_of(set, addr);

	while (set->slots[at] && set->slots[at] != addr)
		at = (at + 1) & set->mask;
	return &set->slots[at];
}

bool kmc_book_constructed_has(const struct kmc_constructed *set, uint64_t addr)
{
	return set->slots && *slot_of(set, addr) == addr;
}

static bool grow(struct kmc_constructed *set)
{
	size_t slots = set->slots ? (set->mask + 1) * 2 : 256;
	struct kmc_constructed larger = { .slots = calloc(slots, sizeof(*set->slots)),
					  .mask = slots - 1, .shown = set->shown,
					  .blind = set->blind };

	if (!larger.slots)
		return false;
	for (size_t i = 0; set->slots && i <= set->mask; i++)
		if (set->slots[i] > GONE) {
			*slot_of(&larger, set->slots[i]) = set->slots[i];
			larger.used++;
		}
	free(set->slots);
	*set = larger;
	return true;
}

bool kmc_book_constructed_add(struct kmc_constructed *set, uint64_t addr)
{
	uint64_t *slot;

	set->shown = true;
	if ((!set->slots || set->used * 2 > set->mask) && !grow(set)) {
		set->blind = true;
		return false;
	}
	slot = slot_of(set, addr);
	if (*slot == addr)
		return true;
	*slot = addr;
	set->used++;
	return false;
}

void kmc_book_constructed_drop(struct kmc_constructed *set, uint64_t addr, uint64_t size)
{
	if (!set->used)
		return;
	for (size_t i = 0; i <= set->mask; i++)
		if (set->slots[i] > GONE && set->slots[i] >= addr && set->slots[i] - addr < size)
			set->slots[i] = GONE;
}

void kmc_book_constructed_reset(struct kmc_constructed *set)
{
	kmc_book_constructed_free(set);
}

void kmc_book_constructed_free(struct kmc_constructed *set)
{
	free(set->slots);
	*set = (struct kmc_constructed){ 0 };
}
