/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The shadow model's map: every block the stream has shown, by address. Open
 * addressing, 32 bytes an entry, so that a million live blocks cost 64 MiB and
 * one cache miss each. A freed block stays as its own tombstone, which is also
 * how a free of what was already freed is told from a free of the unknown.
 * Included by the judge only.
 */
#ifndef JUDGE_SHADOW_H
#define JUDGE_SHADOW_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kmc_life_state { KMC_LIFE_LIVE, KMC_LIFE_FREED, KMC_LIFE_PENDING, KMC_LIFE_UNDEFINED };

/* What is known of a block besides its sizes: kmc_life.flags. */
#define KMC_LIFE_ZEROED    0x01 /* asked for zeroed memory, not written since */
#define KMC_LIFE_KSIZED    0x02 /* ksize() was asked of it */
#define KMC_LIFE_KEPT      0x04 /* kept on purpose */
#define KMC_LIFE_NO_EXTENT 0x08 /* a handle or read-only data: takes no addresses */
#define KMC_LIFE_BIG       0x10 /* size in pages of 4 KiB, rounded up: 4 GiB and more */
#define KMC_LIFE_INFERRED  0x20 /* no event showed its allocation */
#define KMC_LIFE_ZEROING   0x80 /* asked for zeroed memory, written or not */
#define KMC_LIFE_CHARGED   0x100 /* a group pays for it */
#define KMC_LIFE_DEFERRED  0x200 /* was freed by kfree_rcu() or its kin */
#define KMC_LIFE_TAINTED   0x40 /* a caller broke the contract at this address */

struct kmc_life {
	uint64_t addr; /* 0: empty */
	uint64_t seq : 40; /* of its allocation; after the free still */
	uint64_t from : 6; /* enum kmc_provenance */
	uint64_t class : 6; /* enum kmc_class, where its life is counted; caches: their own */
	uint64_t state : 2;
	uint64_t flags : 10;
	uint32_t size; /* asked for; see kmc_life_size() */
	uint32_t granted; /* 0 unknown; page blocks: references held */
	uint32_t gfp;
	uint32_t cache;
};

#define KMC_SHADOW_FIRST 1024u /* slots of a map that never grew; a power of two */

struct kmc_shadow {
	struct kmc_life *slots;
	size_t mask;  /* slots - 1 */
	size_t used;  /* not empty */
	size_t limit; /* made anew before more are used */
	size_t live;
	unsigned int shift;
	/* Addresses freed long ago, when the map was last made anew: 8 bytes each. */
	uint64_t *past;
	size_t past_mask, past_used;
	/* Slots in the order of their use, of a map that did not grow: walks follow it. */
	uint16_t order[KMC_SHADOW_FIRST];
};

int kmc_shadow_init(struct kmc_shadow *shadow);
void kmc_shadow_free(struct kmc_shadow *shadow);
/** kmc_shadow_reset() - Empty it; a map that grew far beyond its use shrinks. */
void kmc_shadow_reset(struct kmc_shadow *shadow);
/** kmc_shadow_copy() - @to becomes equal to @from. Return: 0, -ENOMEM. */
int kmc_shadow_copy(struct kmc_shadow *to, const struct kmc_shadow *from);

static inline size_t kmc_shadow_home(const struct kmc_shadow *shadow, uint64_t addr)
{
	return (addr * 0x9e3779b97f4a7c15ull) >> shadow->shift;
}

/** kmc_shadow_find() - The entry of an address, of any state; NULL when there is none. */
static inline struct kmc_life *kmc_shadow_find(const struct kmc_shadow *shadow, uint64_t addr)
{
	for (size_t i = kmc_shadow_home(shadow, addr);; i = (i + 1) & shadow->mask) {
		struct kmc_life *life = &shadow->slots[i];

		if (life->addr == addr)
			return life;
		if (!life->addr)
			return NULL;
	}
}

/* kmc_shadow_put() when the map is full. */
struct kmc_life *kmc_shadow_put_full(struct kmc_shadow *shadow, uint64_t addr);

static inline struct kmc_life *kmc_shadow_put_room(struct kmc_shadow *shadow, uint64_t addr)
{
	for (size_t i = kmc_shadow_home(shadow, addr);; i = (i + 1) & shadow->mask) {
		struct kmc_life *life = &shadow->slots[i];

		if (life->addr == addr)
			return life;
		if (!life->addr) {
			*life = (struct kmc_life){ .addr = addr, .state = KMC_LIFE_FREED };
			shadow->order[shadow->used++ & (KMC_SHADOW_FIRST - 1)] = (uint16_t)i;
			return life;
		}
	}
}

/**
 * kmc_shadow_put() - The entry of an address, made if there is none (all but
 * addr zero then). Pointers from earlier calls are void afterwards.
 * Return: NULL without memory.
 */
static inline struct kmc_life *kmc_shadow_put(struct kmc_shadow *shadow, uint64_t addr)
{
	if (__builtin_expect(shadow->used >= shadow->limit, 0))
		return kmc_shadow_put_full(shadow, addr);
	return kmc_shadow_put_room(shadow, addr);
}

/** kmc_shadow_walk() - How many entries kmc_shadow_at() has, in no order; some may be empty. */
static inline size_t kmc_shadow_walk(const struct kmc_shadow *shadow)
{
	return shadow->mask < KMC_SHADOW_FIRST ? shadow->used : shadow->mask + 1;
}

static inline struct kmc_life *kmc_shadow_at(const struct kmc_shadow *shadow, size_t at)
{
	return &shadow->slots[shadow->mask < KMC_SHADOW_FIRST ? shadow->order[at] : at];
}

/** kmc_shadow_was_freed() - Was it freed in this stream, and its entry dropped since? */
bool kmc_shadow_was_freed(const struct kmc_shadow *shadow, uint64_t addr);

static inline void kmc_shadow_prefetch(const struct kmc_shadow *shadow, uint64_t addr)
{
	__builtin_prefetch(&shadow->slots[kmc_shadow_home(shadow, addr)], 1);
}

static inline uint64_t kmc_life_size(const struct kmc_life *life)
{
	return life->flags & KMC_LIFE_BIG ? (uint64_t)life->size << 12 : life->size;
}

static inline void kmc_life_set_size(struct kmc_life *life, uint64_t size)
{
	if (size > UINT32_MAX) {
		life->flags |= KMC_LIFE_BIG;
		life->size = (uint32_t)((size + 4095) >> 12);
	} else {
		life->flags &= ~(unsigned int)KMC_LIFE_BIG & 0x3ff;
		life->size = (uint32_t)size;
	}
}

#endif
