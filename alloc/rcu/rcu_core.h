/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of rcu/ share: grace periods, their readers, and the queues of
 * what waits for them. Private to alloc/.
 *
 * A grace period is a number. @started counts those begun, @done those ended;
 * they differ by one at most. What is queued now may be freed once @done has
 * reached its cookie, @started + 1: the first period that begins afterwards.
 * A reader notes @started when it begins; period k cannot end while a reader
 * with a smaller note goes on. Both sides write before they look (sequentially
 * consistent), so that either the period sees the reader or the reader began
 * after the period did.
 *
 * Who may do what: a task's reader belongs to whoever runs the task. A cpu's
 * queues may be filled and emptied from any cpu, under their lock. Lock order:
 * a queue's lock, state->lock; none is held while memory is taken or given back.
 */
#pragma once
#include "core.h"
#include "alloc/rcu.h"
#include "linux/rcupdate.h"

#define RCU_BATCHES        2    /* of a cpu that may wait at the same time (R8) */
#define RCU_CACHED_PAGES   5
#define RCU_DRAIN_NS       5000000000ull
#define RCU_BACKOFF_NS     5000000000ull
#define RCU_JIFFY_NS       4000000ull /* HZ = 250 */
#define RCU_PERIOD_NS      (4 * RCU_JIFFY_NS) /* a grace period with no reader in its way */

/* Channels of kvfree_rcu(): what lies in a batch page. */
enum { RCU_SLAB_BLOCKS, RCU_VMALLOC_BLOCKS, RCU_CHANNELS };

/* Blocks of kvfree_rcu() that go together. Addresses are kernel-like; 0 none. */
struct kmc_rcu_batch {
	uint64_t pages[RCU_CHANNELS]; /* newest first */
	uint64_t list;                /* blocks chained by their heads, newest first */
	uint64_t list_cookie;
	uint32_t nr_list, nr_blocks;
	uint64_t cookie; /* of a waiting batch */
	bool busy;
};

/* Callbacks in order of call_rcu(), those of one cookie. */
struct kmc_rcu_callbacks {
	struct rcu_head *first, *last;
	uint64_t cookie, nr;
};

struct kmc_sheaf;
/* A cpu's queues. */
struct kmc_rcu_cpu {
	struct kmc_lock lock;
	struct kmc_rcu_callbacks waiting, next;
	struct kmc_rcu_batch filling;
	struct kmc_rcu_batch batches[RCU_BATCHES];
	uint64_t cached; /* empty batch pages */
	uint32_t nr_cached;
	bool want_pages;
	uint64_t backoff_until_ns;
	bool drain_armed;
	uint64_t drain_due_ns;
	uint64_t releasing; /* the planted race's: the page that is being released */
	struct kmc_sheaf *sheaves; /* being filled, one a cache */
	struct kmc_sheaf *full_sheaves;
	uint32_t working; /* depth of works that this cpu is in the middle of; its owner's */
};

/* Slab pages of type-safe caches, linked by their descriptors; 0 none. */
struct kmc_rcu_slabs {
	uint32_t first, nr;
	uint64_t cookie;
};

struct kmc_rcu_state {
	atomic_ullong started, done;
	atomic_ullong readers[KMC_SIM_MAX_TASKS]; /* 0 none, else @started at its beginning + 1 */
	uint32_t nesting[KMC_SIM_MAX_TASKS];
	struct kmc_lock lock; /* start and end of periods; the slabs */
	uint64_t wanted_ns;   /* since when a period is asked for, and one; 0 not */
	struct kmc_rcu_slabs waiting_slabs, next_slabs;
	atomic_uint working;   /* works under way, on all cpus: what they took is on no queue */
	atomic_ullong pending; /* queued by anyone in any way, and not done */
	struct kmc_rcu_cpu cpus[KMC_SIM_MAX_CPUS];
};

/* grace.c */

/** kmc_rcu_cookie() - The period after which what is queued now may go. */
uint64_t kmc_rcu_cookie(struct kmc_rcu_state *st);
static inline bool kmc_rcu_elapsed(struct kmc_rcu_state *st, uint64_t cookie)
{
	return atomic_load_explicit(&st->done, memory_order_acquire) >= cookie;
}
/** kmc_rcu_want_period() - Somebody waits since @ns: the clock makes one pass. */
void kmc_rcu_want_period(struct kmc_sim *sim, uint64_t ns);
/** kmc_rcu_wait() - Until @cookie has elapsed. Return: false: that would be for ever. */
bool kmc_rcu_wait(struct kmc_cpu *cpu, uint64_t cookie);
/** kmc_rcu_may_sleep() - May this cpu wait here? Warns if not. */
bool kmc_rcu_may_sleep(struct kmc_cpu *cpu);
/** kmc_rcu_period_by_clock() - Begin or end one that the clock says is due. Return: did it? */
bool kmc_rcu_period_by_clock(struct kmc_sim *sim);

/* callbacks.c */

/** kmc_rcu_run_callbacks() - Of all cpus, those whose period has ended. Return: any? */
bool kmc_rcu_run_callbacks(struct kmc_cpu *cpu);

/* kvfree_batch.c */

/** kmc_rcu_batch_add() - @ptr waits in @cpu's queue. Return: false: no room for one without @head. */
bool kmc_rcu_batch_add(struct kmc_cpu *cpu, struct rcu_head *head, void *ptr);
/** kmc_rcu_run_batches() - Drain what is due, free what has waited. Return: anything done? */
bool kmc_rcu_run_batches(struct kmc_cpu *cpu, bool drain_now);
/** kmc_rcu_batches_empty() - Does no cpu hold a block? */
bool kmc_rcu_batches_empty(struct kmc_sim *sim);
/** kmc_rcu_pages_of() - Blocks that batch pages hold; *pages: how many pages. */
uint64_t kmc_rcu_pages_of(struct kmc_sim *sim, const struct kmc_rcu_batch *b, unsigned int *pages);

/* batch_page.c: a page full of addresses */

unsigned int kmc_batch_page_room(const struct kmc_sim *sim);
uint64_t kmc_batch_page_next(struct kmc_sim *sim, uint64_t page);
void kmc_batch_page_link(struct kmc_sim *sim, uint64_t page, uint64_t next);
unsigned int kmc_batch_page_count(struct kmc_sim *sim, uint64_t page);
/** kmc_batch_page_add() - Return: false: full. */
bool kmc_batch_page_add(struct kmc_sim *sim, uint64_t page, const void *ptr, uint64_t cookie);
/** kmc_batch_page_clear() - A fresh or used one for @next's list. */
void kmc_batch_page_clear(struct kmc_sim *sim, uint64_t page, uint64_t next);
/** kmc_batch_page_cookie() - 0 where the profile keeps none. */
uint64_t kmc_batch_page_cookie(struct kmc_sim *sim, uint64_t page);
/** kmc_batch_page_take() - The blocks to @objects (room for 510). Return: how many. */
unsigned int kmc_batch_page_take(struct kmc_sim *sim, uint64_t page, void **objects);

/* rcu_sheaf.c */

/** kmc_rcu_sheaf_put() - Into the rcu sheaf of its cache, if that has any. Return: done? */
bool kmc_rcu_sheaf_put(struct kmc_cpu *cpu, void *ptr);
/** kmc_rcu_run_sheaves() - Those whose period has ended. @flush: those not full begin to wait. */
bool kmc_rcu_run_sheaves(struct kmc_cpu *cpu, bool flush);

/* rcu_slab.c */

/** kmc_rcu_slab_queue() - A type-safe cache's slab goes back after a grace period. Rule: KC-13. */
void kmc_rcu_slab_queue(struct kmc_cpu *cpu, struct page *slab);
bool kmc_rcu_run_slabs(struct kmc_cpu *cpu);
/** kmc_rcu_cache_has_slabs() - Do slabs of @s wait? Context: caches_lock may be held. */
bool kmc_rcu_cache_has_slabs(struct kmc_sim *sim, const struct kmem_cache *s);

/* rcu_state.c */

/** kmc_rcu_released() - Say that a deferred block is free from now on. */
void kmc_rcu_released(struct kmc_cpu *cpu, const void *ptr);
/**
 * kmc_rcu_work_begin() - Before anything is taken off a queue to be done.
 * kmc_rcu_work_end() - It is done.
 */
void kmc_rcu_work_begin(struct kmc_cpu *cpu);
void kmc_rcu_work_end(struct kmc_cpu *cpu);
/** kmc_rcu_shrinkable() - Blocks that no batch has yet, and spare pages. */
uint64_t kmc_rcu_shrinkable(struct kmc_sim *sim);
/** kmc_rcu_await_works() - Until what others have taken off queues is done. */
void kmc_rcu_await_works(struct kmc_cpu *cpu);
/** kmc_rcu_run() - All that is due and ready, by the clock too. */
void kmc_rcu_run(struct kmc_cpu *cpu);
/* The pending count, so that a barrier with nothing to wait for costs a load. */
static inline void kmc_rcu_pending_add(struct kmc_sim *sim, int64_t nr)
{
	kmc_touch(sim, &sim->rcu->pending, sizeof(sim->rcu->pending));
	atomic_fetch_add_explicit(&sim->rcu->pending, (unsigned long long)nr,
				  memory_order_relaxed);
}
