/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Groups that pay: who is whose parent, what their limits are, what was charged
 * to them as far as charges were shown. Included by the judge only.
 */
#ifndef JUDGE_GROUPS_H
#define JUDGE_GROUPS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kmc_group {
	uint32_t id;
	uint32_t parent;  /* KMC_CACHE_NONE: below the root */
	uint64_t max;     /* bytes; 0 none */
	uint64_t high;    /* bytes; 0 none */
	int64_t charged;  /* bytes to it itself, without those that went back */
};

struct kmc_groups {
	struct kmc_group *list;
	size_t nr, max;
	bool shown; /* charges are shown: one was seen */
};

/** kmc_book_group_find() - The group of this number; NULL. */
struct kmc_group *kmc_book_group_find(const struct kmc_groups *groups, uint32_t id);
/** kmc_book_group_make() - A fresh one, or the one there is. Return: NULL without memory. */
struct kmc_group *kmc_book_group_make(struct kmc_groups *groups, uint32_t id);
/** kmc_book_group_total() - Bytes charged to it and to all below it. */
int64_t kmc_book_group_total(const struct kmc_groups *groups, uint32_t id);
/** kmc_book_group_below() - Is @id group @top or one below it? -1: one between is not known. */
int kmc_book_group_below(const struct kmc_groups *groups, uint32_t id, uint32_t top);
/** kmc_book_group_high() - May it, or one above it, have a memory.high? */
bool kmc_book_group_high(const struct kmc_groups *groups, uint32_t id);
/** kmc_book_group_limited() - Has it, or one above it, a limit that refuses? */
bool kmc_book_group_limited(const struct kmc_groups *groups, uint32_t id);
void kmc_book_groups_reset(struct kmc_groups *groups);
void kmc_book_groups_free(struct kmc_groups *groups);

#endif
