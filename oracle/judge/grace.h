/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Grace periods as far as callers show them: who reads since when, and which
 * blocks were given up while somebody may still look at them. Included by the
 * judge only.
 */
#ifndef JUDGE_GRACE_H
#define JUDGE_GRACE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A block between kfree_rcu() and its release; or a freed object of type-safe memory. */
struct kmc_pending {
	uint64_t addr, size;
	uint64_t seq;     /* of the event that gave it up */
	uint64_t time_ns;
	uint64_t call_over; /* number of the event that ended that call; 0 still open */
	uint32_t cache;   /* KMC_CACHE_NONE */
	uint32_t call;    /* id of that call */
	uint16_t what;
	uint8_t from;     /* enum kmc_provenance */
	bool typesafe;    /* its memory may serve its own cache again at once */
};

struct kmc_reader {
	uint32_t task, depth;
	uint64_t since; /* number of the event of the outermost lock */
};

struct kmc_grace {
	struct kmc_pending *pending;
	size_t nr, max;
	struct kmc_reader *readers; /* those that read now */
	size_t nr_readers, max_readers;
};

struct kmc_event;

/** kmc_book_grace_queue() - One more. Return: NULL without memory. */
struct kmc_pending *kmc_book_grace_queue(struct kmc_grace *grace, uint64_t addr, uint64_t size,
				    uint64_t seq);
/** kmc_book_grace_find() - One that takes some of [addr, addr + size), from @from on; NULL. */
struct kmc_pending *kmc_book_grace_find(const struct kmc_grace *grace, uint64_t addr, uint64_t size,
				   size_t from);
void kmc_book_grace_drop(struct kmc_grace *grace, struct kmc_pending *pending);
/** kmc_book_grace_read() - rcu_read_lock() or, with @lock false, unlock by a task. 0, -ENOMEM. */
int kmc_book_grace_read(struct kmc_grace *grace, uint32_t task, bool lock, uint64_t seq);
/** kmc_book_grace_reader() - Somebody who reads since before event @seq; NULL. */
const struct kmc_reader *kmc_book_grace_reader(const struct kmc_grace *grace, uint64_t seq);
void kmc_book_grace_reset(struct kmc_grace *grace);
void kmc_book_grace_free(struct kmc_grace *grace);

#endif
