/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the page side knows of the machine and of its tasks, from what was described and from
 * what happened since: scopes, privileges, memory that can be had back, who was killed,
 * which warnings were spent. Never what the subject says of itself. Plain data, so that a
 * snapshot is a copy. Included by judge/ and rules/.
 */
#ifndef JUDGE_PAGE_BOOKS_H
#define JUDGE_PAGE_BOOKS_H
#include <stdbool.h>
#include <stdint.h>
#include "vocab/event.h"
#include "vocab/machine.h"
#include "vocab/op.h"

#define KMC_BOOK_TASKS  64
#define KMC_BOOK_SAVES  8
#define KMC_GROUP_UNKNOWN (KMC_CACHE_NONE - 1)

/* A scope that was opened and not closed. */
struct kmc_save {
	uint32_t id; /* of the call that opened it */
	uint8_t bit; /* KMC_SCOPE_* */
	bool was;    /* in force before */
};

struct kmc_task_book {
	uint8_t flags;   /* KMC_TF_* */
	uint8_t scope;   /* KMC_SCOPE_*, by the tokens of the chosen edition */
	uint8_t nr_saves;
	bool inner_closed; /* an inner scope was closed while an outer one of its kind is open */
	bool crossed;      /* tokens were given back in another order: nothing is demanded */
	bool foreign;      /* one was that this task was never given: nothing is known */
	bool anon_unknown;
	int16_t adj;       /* oom_score_adj */
	uint32_t active;   /* group made active, KMC_CACHE_NONE none, KMC_GROUP_UNKNOWN */
	uint64_t anon;     /* pages that only its end frees */
	uint64_t mems;     /* nodes it may use; 0: all */
	struct kmc_save saves[KMC_BOOK_SAVES];
};

/* Marks of a zone in pages, by our own reckoning; by the request's highest zone what is kept. */
struct kmc_marks {
	uint64_t min, low, high;
	uint64_t reserve[KMC_NR_ZONE_KINDS];
};

/* What the subject says of a zone: KMC_EFF_FREE_PAGES. */
struct kmc_zone_report {
	uint64_t free, boost, managed, cma, highatomic;
	uint32_t orders[5]; /* bit o: an unmovable, movable, reclaimable, CMA, HighAtomic block */
	bool seen;
};

/* A page that only a request without marks could get. */
#define KMC_BOOK_PRIVILEGED 8
struct kmc_privileged {
	uint64_t addr, seq;
};

/* The first request after a return to a snapshot. */
#define KMC_MAX_TWINS 8
struct kmc_twin {
	uint32_t gfp, task;
	uint16_t what, cpu;
	uint8_t order, scope, context, outcome;
	int8_t node;
};
struct kmc_twins {
	unsigned int nr;
	struct kmc_twin list[KMC_MAX_TWINS];
};

#define KMC_BOOK_NODES 64
#define KMC_HOPELESS_RUNS 16u /* of kswapd, that reclaimed nothing: it gives up */
#define KMC_VICTIM_OUTSIDE (UINT64_MAX - 1) /* in place of a task: he is not of the group */

struct kmc_page_books {
	struct kmc_task_book tasks[KMC_BOOK_TASKS];
	uint64_t used;       /* tasks of which anything is known */
	uint64_t last_report_ns;
	uint32_t reports;    /* failure reports so far */
	uint32_t warned;     /* bits of enum kmc_warning */
	bool suspended;      /* storage is: no IO, no FS */
	bool killer;         /* there were tasks to be killed */
	bool groups_gone;    /* a group went offline: charges go to another */
	bool zone_warned;    /* a request for a device named a zone, and was warned of */
	bool shrinkers;      /* there are some, who give what they have and not what is wanted */
	bool shrinkers_ask;  /* a shrinker allocates: what a call does is not all its own */
	bool ballooned;      /* pages were taken from zones for good: marks and reserves may be others */
	bool pressed;        /* the program took pages away, or let a population have them */
	bool reserved;       /* blocks may have been set aside for high-order atomic requests */
	bool areas_limited;  /* the program took addresses away from vmalloc */
	uint8_t fails_first; /* by fault: of the next requests the very first was made to fail, and no other */
	uint32_t nr_maps;    /* mappings that have references of their pages */
	uint32_t areas_lazy; /* freed areas that no purge was shown for since */
	bool marks_set, marks_changed, min_free_set, ratio_set, defrag;
	uint32_t scale;          /* watermark_scale_factor; 0 as at boot */
	uint64_t min_free_kbytes, ratio, boost_most;
	uint64_t awake;          /* nodes whose kswapd was woken and did not run yet */
	uint8_t kswapd_runs[KMC_BOOK_NODES];  /* since one that reclaimed */
	uint8_t kswapd_vain[KMC_BOOK_NODES];  /* of them, shown to have reclaimed nothing */
	unsigned int nr_privileged;
	struct kmc_privileged privileged[KMC_BOOK_PRIVILEGED];
	struct kmc_marks marks[KMC_MACHINE_MAX_ZONES], marks_before[KMC_MACHINE_MAX_ZONES];
};

/* What the effects of a call said of pages, beyond that they were. */
struct kmc_page_notes {
	uint16_t rounds;        /* of reclaim */
	uint16_t fruitless;     /* of them in a row, at the end */
	uint16_t most_fruitless;
	uint16_t compactions;
	uint16_t killed;        /* tasks */
	uint16_t points_freed;  /* mm_page_free inside */
	uint8_t first_compaction; /* arg of the first */
	bool reclaim_first;     /* a round of reclaim stood before it */
	bool killed_other;
	bool in_reclaim;        /* a round has begun and not ended */
	bool failure_reported;
	uint32_t warned;        /* bits of enum kmc_warning */
	uint32_t group;         /* last that was charged */
	uint64_t most_reclaimed; /* in one round */
	uint16_t fallbacks;     /* to memory of another mobility */
	uint64_t woken;         /* nodes whose kswapd was woken */
	uint64_t hopeless;      /* nodes whose kswapd had given up before the call gave it hope */
	uint64_t pages_freed;   /* by those points */
	uint64_t taken;         /* pages off the zones' lists, mm_page_alloc_zone_locked */
	uint64_t charged;       /* bytes */
};

#endif
