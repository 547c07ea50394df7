/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `kmconform replay` inside: one replay of one trace into one simulated
 * machine, with or without judges. Included by replay/ and its tests only.
 */
#ifndef REPLAY_REPLAY_H
#define REPLAY_REPLAY_H
#include <stdbool.h>
#include <stdint.h>
#include "alloc/sim.h"
#include "oracle/judge.h"
#include "replay_classes.h"
#include "replay_frames.h"
#include "replay_map.h"
#include "run_options.h"
#include "trace/trace.h"

/* What is done with recorded page events. */
enum kmc_replay_pages {
	KMC_PAGES_USER, /* replayed; blocks that turn out to carry objects are adopted */
	KMC_PAGES_ALL,  /* replayed, all of them */
	KMC_PAGES_NONE, /* counted */
};

struct kmc_replay_options {
	struct kmc_run_options run;
	uint64_t max_events;     /* 0: all */
	bool alloc_only;         /* no judge, no comparison of what is not free */
	bool no_judge;
	bool progress;
	bool brief;              /* print sums over the classes only */
	enum kmc_replay_pages pages;
	uint32_t profile;        /* KMC_RELEASE(); 0: by the recorded release */
	uint64_t memory_bytes;   /* of our machine; 0: by the recorded one */
};

#define KMC_REPLAY_SAMPLES 256
#define KMC_REPLAY_ZONES 8 /* of ours that are sampled one by one */
struct kmc_sample {
	uint64_t events, time_ns;
	uint64_t live;              /* objects */
	uint64_t theirs, ours;      /* live bytes of objects, granted */
	uint64_t their_slab_pages;  /* of adopted blocks */
	uint64_t our_used_pages;
	uint64_t zone_free[KMC_REPLAY_ZONES];
};

struct kmc_gfp_slot {
	uint32_t raw;    /* the recorded kernel's word */
	uint32_t ours;   /* alloc's, without __GFP_ZERO */
	uint32_t atoms;  /* the same in the vocabulary's terms */
	uint32_t filled;
};
#define KMC_GFP_SLOTS 256u

/* Per recorded cpu: the last large kmalloc, whose second event may follow (TRC-7). */
struct kmc_replay_cpu {
	struct kmc_cpu *ours;
	uint64_t addr, size;
	uint32_t tid, since;
	bool armed;
};

#define KMC_OURS_AT_ONCE 512
#define KMC_THEIRS_AT_ONCE 256

struct kmc_replay {
	const struct kmc_replay_options *options;
	const char *input;       /* the trace's name */
	struct kmc_trace *trace;
	const struct kmc_trace_facts *facts;
	/* our machine */
	struct kmc_machine machine;
	enum kmc_profile profile;
	struct kmc_sim *sim;
	uint64_t bias;           /* our pointer + bias = our kernel-like address */
	uintptr_t page_bias;     /* of frame descriptors, for prefetching */
	bool one_node;
	bool twice;              /* large blocks may be reported twice */
	bool adopting;           /* blocks that carry objects are told from users' */
	const struct kmc_gfp_table *our_gfp;
	struct kmc_gfp_slot gfp[KMC_GFP_SLOTS];
	/* the books */
	struct kmc_map map;          /* objects */
	struct kmc_map vmap, percpu; /* areas: counted only */
	struct kmc_frames frames;
	struct kmc_classes classes;
	struct kmc_replay_cpu *cpus; /* 65536, touched as used */
	uint64_t now;            /* number of the record at hand, from 1 */
	uint64_t probes[256];    /* records seen, by probe */
	uint64_t null_frees, zero_size_frees, frees_matched[KMC_NR_PROBES];
	uint64_t frees_before[KMC_NR_PROBES];
	uint64_t range_frees;    /* page frees that are not of one whole block */
	uint64_t split_blocks, split_pages; /* blocks of which parts were freed, their pages */
	uint64_t failed_of[KMC_NR_PROBES], duplicates;
	uint64_t other_cache;    /* cache frees that named another cache than the object's */
	uint64_t gaps, lost;
	uint64_t caches_differ;  /* of the caches that were created: geometry not theirs */
	uint64_t caches_made;
	int error;
	/* judges; NULL: none */
	struct kmc_judge *theirs_judge, *ours_judge;
	struct kmc_event theirs_events[KMC_THEIRS_AT_ONCE];
	uint64_t theirs_seq;
	struct kmc_event ours_events[KMC_OURS_AT_ONCE]; /* done and not judged yet */
	unsigned int nr_ours;
	uint64_t ours_seq;
	bool gap_open;           /* page events may be missing between those of the batch */
	/* over time */
	struct kmc_sample samples[KMC_REPLAY_SAMPLES];
	unsigned int nr_samples;
	uint64_t sample_every;
	/* cost */
	uint64_t cpu_ns, decode_ns;
};

/* replay_machine.c */

/** kmc_replay_machine() - Choose and boot our machine. Return: 0, or an exit status after a message. */
int kmc_replay_machine(struct kmc_replay *replay);
/** kmc_replay_gfp_slow() - Translate a flag word and remember it. */
struct kmc_gfp_slot *kmc_replay_gfp_slow(struct kmc_replay *replay, uint32_t raw);
/** kmc_replay_cache_make() - Our twin of a recorded cache; NULL when it cannot be. */
struct kmem_cache *kmc_replay_cache_make(struct kmc_replay *replay, uint16_t class);
/** kmc_replay_profile() - The profile that imitates a release best. */
uint32_t kmc_replay_profile(uint32_t release);
enum kmc_profile kmc_replay_profile_number(uint32_t profile);

/* replay_run.c */

/** kmc_replay_run() - Replay the whole trace. Return: 0, -errno; books and judges are filled. */
int kmc_replay_run(struct kmc_replay *replay);
int kmc_replay_init(struct kmc_replay *replay, const struct kmc_replay_options *options,
		    struct kmc_trace *trace);
void kmc_replay_free(struct kmc_replay *replay);

/* replay_judges.c */

/** kmc_replay_judges() - Make both judges. Return: 0, or an exit status after a message. */
int kmc_replay_judges(struct kmc_replay *replay);
/** kmc_replay_judge_theirs() - Feed @n records to the judge of the recorded kernel. */
void kmc_replay_judge_theirs(struct kmc_replay *replay, const struct kmc_record *records,
			     const uint16_t *cpus, int n, unsigned int marks);
/** kmc_replay_judge_gap() - Tell it of a loss; @probes: whose events, 1u << enum kmc_probe, 0 unknown. */
void kmc_replay_judge_gap(struct kmc_replay *replay, uint16_t cpu, uint64_t lost, uint32_t probes);
/** kmc_replay_judge_cache() - Announce a cache of ours to our judge. */
void kmc_replay_judge_cache(struct kmc_replay *replay, uint16_t class);

/* replay_report.c */

/** kmc_replay_report() - Classes, identities, comparison, cost; then the judges'. Return: exit status. */
int kmc_replay_report(struct kmc_replay *replay, const char *input);
/** kmc_replay_adds_up() - Are the sum identities kept? @why receives the first that is not. */
bool kmc_replay_adds_up(const struct kmc_replay *replay, char *why, size_t size);

/** kmc_replay_keep() - Leave a partial run document, when it is time. Return: 0, exit status. */
int kmc_replay_keep(const struct kmc_replay *replay);

/* replay_program.c */

/**
 * kmc_replay_program() - A finding of the recorded kernel as a program, from its window.
 * Return: its text, malloc()ed; NULL: the window tells of no call.
 */
char *kmc_replay_program(const struct kmc_replay *replay, const struct kmc_finding *finding,
			 uint64_t *nr_ops);

/* replay_series.c */

/* Series with their points: as many as a replay has. */
#define KMC_REPLAY_SERIES (6 + 4 * KMC_REPLAY_ZONES)
struct kmc_replay_series {
	struct kmc_run_series series[KMC_REPLAY_SERIES];
	struct kmc_run_point *points[KMC_REPLAY_SERIES];
	char names[KMC_REPLAY_ZONES][48];
	size_t nr;
	bool failed;
};
/** kmc_replay_series() - What a replay has to plot: sizes, recorded against ours, bytes, pages. */
void kmc_replay_series(const struct kmc_replay *replay, struct kmc_replay_series *out);
void kmc_replay_series_free(struct kmc_replay_series *series);

/* replay_predict.c */

/** kmc_predict() - Write predictions for a (blanked) trace. Return: exit status. */
int kmc_predict(const struct kmc_replay_options *options, struct kmc_trace *trace,
		const char *input, const char *output);
/** kmc_predict_compare() - Compare predictions with the trace itself. Return: exit status. */
int kmc_predict_compare(const struct kmc_replay_options *options, struct kmc_trace *trace,
			const char *input, const char *predictions);
/** kmc_predict_free_pointer() - Did the creator choose where the free pointer lies? */
bool kmc_predict_free_pointer(const struct kmc_cache_desc *cache);
/** kmc_predict_cache() - Size and order of a cache from what was asked for. Return: 0, -errno. */
int kmc_predict_cache(const struct kmc_cache_desc *cache, unsigned int nr_cpus,
		      enum kmc_profile profile, unsigned int *size, unsigned int *order);

#endif
