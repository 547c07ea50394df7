/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is known of objects beside their lives: which were constructed, which a
 * caller damaged on a machine that looks for damage. Included by the judge only.
 */
#ifndef JUDGE_DAMAGE_H
#define JUDGE_DAMAGE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kmc_damage_kind {
	KMC_DAMAGE_RED_ZONE, /* written beside the object at the address */
	KMC_DAMAGE_POISON,   /* written to the object at the address after it was freed */
	KMC_DAMAGE_LEAKED,   /* found damaged by a free: never handed out again */
};

struct kmc_damage {
	uint64_t addr; /* of the object */
	uint8_t kind;
};

struct kmc_damages {
	struct kmc_damage *list;
	size_t nr, max;
	bool done;  /* something was really damaged: any report may have to do with it */
	bool blind; /* what was before is not known */
};

struct kmc_constructed {
	uint64_t *slots; /* addresses; 0 empty, 1 was one */
	size_t mask, used;
	bool shown; /* constructions are shown: one was seen */
	bool blind; /* what was constructed before is not known */
};

/** kmc_book_damage_add() - Noted once. Without memory it is forgotten: nothing is claimed. */
void kmc_book_damage_add(struct kmc_damages *damages, uint64_t addr, enum kmc_damage_kind kind);
bool kmc_book_damage_has(const struct kmc_damages *damages, uint64_t addr,
			 enum kmc_damage_kind kind);
void kmc_book_damage_drop(struct kmc_damages *damages, uint64_t addr, enum kmc_damage_kind kind);
void kmc_book_damages_reset(struct kmc_damages *damages);
void kmc_book_damages_free(struct kmc_damages *damages);

bool kmc_book_constructed_has(const struct kmc_constructed *set, uint64_t addr);
/** kmc_book_constructed_add() - Without memory the set goes blind. Return: was it in it before? */
bool kmc_book_constructed_add(struct kmc_constructed *set, uint64_t addr);
/** kmc_book_constructed_drop() - Pages went back: what lay on [addr, addr + size) is gone. */
void kmc_book_constructed_drop(struct kmc_constructed *set, uint64_t addr, uint64_t size);
void kmc_book_constructed_reset(struct kmc_constructed *set);
void kmc_book_constructed_free(struct kmc_constructed *set);

#endif
