/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The table of patterns, with their budgets. A budget is a ratio to the best
 * peer of the same round; must first, then good. Rows marked as goals have
 * figures that were measured for guidance and do not decide the exit status;
 * rows without figures are shown for information.
 */
#include "bench.h"
#include "bench_mixes.h"

#define PAIR(bytes, must_, good_)                                               \
	{                                                                       \
		.name = "pair-" #bytes, .what = "allocate and free one object", \
		.needs = BENCH_OBJECTS, .run = bench_run_pair, .size = bytes,   \
		.must = must_, .good = good_                                    \
	}
#define BATCH(how, how_, bytes)                                                             \
	{                                                                                   \
		.name = "batch-" #how "-" #bytes, .what = "1000 objects, then free them " #how, \
		.needs = BENCH_OBJECTS, .run = bench_run_batch, .size = bytes,              \
		.order = how_, .must = 1.5, .good = 1.0                                     \
	}
#define BATCH_TOUCH(bytes)                                                               \
	{                                                                                \
		.name = "batch-random-" #bytes "-touch",                                 \
		.what = "as batch-random, the first word of each object written",        \
		.needs = BENCH_OBJECTS, .run = bench_run_batch, .size = bytes,           \
		.order = BENCH_RANDOM, .touch = true                                     \
	}
#define BULK(bytes)                                                                   \
	{                                                                             \
		.name = "bulk32-" #bytes,                                             \
		.what = "32 objects by one bulk call and back, against 32 mallocs, frees", \
		.needs = BENCH_OBJECTS, .run = bench_run_bulk, .size = bytes,         \
		.must = 1.0, .good = 0.3                                              \
	}
#define CHURN(mix_, live_name, live_, must_, good_)                              \
	{                                                                        \
		.name = "churn-" #mix_ "-" live_name,                            \
		.what = "replace a random live object, sizes of the " #mix_ " mix", \
		.needs = BENCH_OBJECTS, .run = bench_run_churn, .live = live_,   \
		.mix = &bench_mix_##mix_, .must = must_, .good = good_, \
		.goal = must_ != 0                                               \
	}
#define HANDOVER(bytes, must_, good_)                                                 \
	{                                                                             \
		.name = "handover-" #bytes, .what = "free on another thread",         \
		.needs = BENCH_OBJECTS, .run = bench_run_handover, .size = bytes,     \
		.must = must_, .good = good_                                          \
	}
#define PAGES(n, must_, good_)                                                     \
	{                                                                          \
		.name = "pages-order-" #n,                                         \
		.what = "get and put one block of pages, against mmap and munmap", \
		.needs = BENCH_PAGES, .run = bench_run_pages, .order = n,          \
		.must = must_, .good = good_                                       \
	}
#define AREA(name_, bytes, must_, good_)                                           \
	{                                                                          \
		.name = name_,                                                     \
		.what = "get and put an area, against mmap, a write to each page, munmap", \
		.needs = BENCH_AREAS, .run = bench_run_areas, .size = bytes,       \
		.must = must_, .good = good_                                       \
	}
#define RESET(name_, n, what_, ratio_)                                              \
	{                                                                           \
		.name = name_, .what = what_, .needs = BENCH_RESET,                 \
		.run = bench_run_reset, .order = n, .must = ratio_, .good = ratio_, \
		.must_ns = 10000, .good_ns = 5000                                   \
	}

const struct bench_pattern bench_patterns[] = {
	PAIR(16, 2.2, 1.5),
	PAIR(64, 2.2, 1.5),
	PAIR(192, 2.2, 1.5),
	PAIR(1024, 2.2, 1.5),
	PAIR(8192, 0, 0),
	BATCH(fifo, BENCH_FIFO, 64),
	BATCH(lifo, BENCH_LIFO, 64),
	BATCH(random, BENCH_RANDOM, 64),
	BATCH(fifo, BENCH_FIFO, 1024),
	BATCH(lifo, BENCH_LIFO, 1024),
	BATCH(random, BENCH_RANDOM, 1024),
	BATCH_TOUCH(64),
	BATCH_TOUCH(1024),
	BULK(64),
	BULK(256),
	CHURN(proc, "1k", 1000, 1.6, 1.1),
	CHURN(fs, "20k", 20000, 0, 0),
	CHURN(msg, "20k", 20000, 0, 0),
	CHURN(proc, "200k", 200000, 0, 0),
	HANDOVER(64, 1.5, 1.0),
	HANDOVER(512, 1.5, 1.0),
	{
		.name = "handover-64-touch",
		.what = "as handover, the first word of each object written",
		.needs = BENCH_OBJECTS,
		.run = bench_run_handover,
		.size = 64,
		.touch = true,
	},
	{
		.name = "two-churn-proc-1k",
		.what = "two threads, each churning on its own",
		.needs = BENCH_OBJECTS,
		.run = bench_run_two,
		.live = 1000,
		.mix = &bench_mix_proc,
		.must = 1.6,
		.good = 1.1,
		.goal = true,
	},
	PAGES(0, 0.01, 0.005),
	PAGES(1, 0.01, 0.005),
	PAGES(2, 0.01, 0.005),
	PAGES(3, 0.01, 0.005),
	PAGES(4, 0, 0),
	PAGES(5, 0, 0),
	PAGES(6, 0, 0),
	PAGES(7, 0, 0),
	PAGES(8, 0, 0),
	PAGES(9, 0, 0),
	AREA("vmalloc-64K", 65536, 0.5, 0.1),
	/*
	 * 64 adjacent pages touch 7 pages of metadata on the one machine and 8 on
	 * the other, so only their time is judged; spread ones touch 67 on both.
	 */
	RESET("reset-64-pages", 0, "reset and set-up after 64 touched pages, 1 GiB against 64 MiB", 0),
	RESET("reset-64-spread", 7, "the same, the pages spread over the metadata", 1.2),
};
const size_t bench_nr_patterns = sizeof(bench_patterns) / sizeof(bench_patterns[0]);
