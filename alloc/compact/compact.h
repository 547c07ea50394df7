/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Compaction and migration, as the page layer's slow path and the contiguous
 * allocators see them. Private to alloc/.
 *
 * The slow path calls __alloc_pages_direct_compact() at its steps 5 and 11 and
 * asks should_compact_retry() at step 15; kswapd and the wake-up of step 3 call
 * wakeup_kcompactd(); reclaim asks compaction_suitable() whether it may stop.
 */
#pragma once
#include "zone.h"

/* In rising order: a call over several zones returns the largest. */
enum compact_result {
	COMPACT_NOT_SUITABLE_ZONE,
	COMPACT_SKIPPED,
	COMPACT_DEFERRED,
	COMPACT_NO_SUITABLE_PAGE,
	COMPACT_CONTINUE,
	COMPACT_COMPLETE,
	COMPACT_PARTIAL_SKIPPED,
	COMPACT_CONTENDED,
	COMPACT_SUCCESS,
};

enum compact_priority {
	COMPACT_PRIO_SYNC_FULL,
	COMPACT_PRIO_SYNC_LIGHT, /* where a request begins */
	COMPACT_PRIO_ASYNC,
	MIN_COMPACT_COSTLY_PRIORITY = COMPACT_PRIO_SYNC_LIGHT,
	DEF_COMPACT_PRIORITY = COMPACT_PRIO_SYNC_LIGHT,
};

/** gfp_compaction_allowed() - Rule: GFP-36. */
bool gfp_compaction_allowed(const struct kmc_sim *sim, gfp_t gfp);

/**
 * __alloc_pages_direct_compact() - One round of direct compaction, then a look at the lists.
 * @result: what compaction came to; COMPACT_SKIPPED when it was not tried.
 *
 * Context: no lock held; may sleep. Return: the block, prepared, or NULL.
 */
struct page *__alloc_pages_direct_compact(struct alloc_context *ac, unsigned int alloc_flags,
					  enum compact_priority prio,
					  enum compact_result *result);

/**
 * should_compact_retry() - R-10.4.
 * @prio:    raised when another round at this priority would be in vain.
 * @retries: successes without a page so far; 0 at the path's start.
 */
bool should_compact_retry(struct alloc_context *ac, unsigned int alloc_flags,
			  enum compact_result result, enum compact_priority *prio,
			  unsigned int *retries);

/** compaction_suitable() - Are there pages enough to move things about above @mark? CPT-3. */
bool compaction_suitable(struct kmc_sim *sim, struct zone *zone, unsigned int order,
			 uint64_t mark, unsigned int highest);

/** wakeup_kcompactd() - Something for kmc_sim_kcompactd_step() to do.. */
void wakeup_kcompactd(struct kmc_sim *sim, unsigned int node, unsigned int order,
		      unsigned int highest);

/* defer.c: CPT-4. The zone's lock is not held. */
bool compaction_deferred(struct kmc_sim *sim, struct zone *zone, unsigned int order);
void defer_compaction(struct kmc_sim *sim, struct zone *zone, unsigned int order);
void compaction_defer_reset(struct kmc_sim *sim, struct zone *zone, unsigned int order,
			    bool alloc_success);

/* migrate.c */

/*
 * Who else than a holder may have movable frames: a layer registers the kind
 * of its frames at boot. isolate() and migrate() may refuse.
 */
struct movable_operations {
	bool (*isolate)(struct kmc_sim *sim, struct page *page);
	/* Copy all that is in @from to @to, which is prepared alike. */
	int (*migrate)(struct kmc_sim *sim, struct kmc_cpu *cpu, struct page *from,
		       struct page *to);
	void (*putback)(struct kmc_sim *sim, struct page *page);
};
void kmc_movable_register(struct kmc_sim *sim, unsigned int kind,
			  const struct movable_operations *ops);
/* For frames of a registered kind; a holder's pages: <alloc/movable.h>. */
void kmc_movable_add(struct kmc_sim *sim, struct page *page);
/**
 * kmc_movable_del() - Nobody moves the page any more.
 * Waits for who is about to: the caller must keep isolate() from agreeing meanwhile.
 */
void kmc_movable_del(struct kmc_sim *sim, struct page *page);
/** kmc_movable_order() - Of the block that begins at @pfn; -1: it may not move (any more). */
int kmc_movable_order(struct kmc_sim *sim, uint64_t pfn);
/** kmc_next_movable() - The first page in [pfn, end) that may move, or end. */
uint64_t kmc_next_movable(struct kmc_sim *sim, uint64_t pfn, uint64_t end);

/* Where a migrating block goes: a block off the buddy as page_leaves_buddy() makes it; NULL none. */
typedef struct page *kmc_target_fn(void *arg, unsigned int order);

/**
 * kmc_migrate() - Move the block at @pfn to where @target says.
 * @largest: leave blocks of a higher order alone.
 *
 * Context: no lock held. Return: frames moved; -EBUSY the block is not movable,
 * pinned, larger, or its holder refuses; -ENOMEM no target. The new block may be
 * its holder's to free already.
 */
int kmc_migrate(struct kmc_sim *sim, struct kmc_cpu *cpu, uint64_t pfn, unsigned int largest,
		kmc_target_fn *target, void *arg, struct page **to);
