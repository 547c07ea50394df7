/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The object loops on one thread: pair, batch, bulk and churn. Each loop is
 * one inline function compiled for both faces, so that every contestant runs
 * the same instructions around its own indirect calls. The first part of a
 * slot is not timed: it brings the contestant's own lists back into the cache
 * after the others ran.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bench.h"
#include "bench_loops.h"
#include "bench_mixes.h"

#define BATCH_OBJECTS 1000
#define BULK_OBJECTS  32

/* What the loops need of a pattern, in registers. */
struct loop {
	size_t size;
	bool touch;
	void **box;
	const uint16_t *order;
};

/* Untimed, then timed; what a loop returns is 0 or -ENOMEM. */
#define BENCH_TIMED(loop_fn, c, arg, warm, n, cpu_ns)                   \
	({                                                              \
		int err_ = (c)->enter ? (c)->enter((c), 0) : 0;         \
		if (!err_) {                                            \
			uint64_t start_;                                \
			err_ = BENCH_BOTH(loop_fn, c, arg, warm);       \
			start_ = bench_cpu_ns();                        \
			err_ = err_ ?: BENCH_BOTH(loop_fn, c, arg, n);  \
			*(cpu_ns) = bench_cpu_ns() - start_;            \
			if ((c)->leave)                                 \
				(c)->leave(c);                          \
		}                                                       \
		err_;                                                   \
	})

static ALWAYS_INLINE int pair_loop(const struct bench_face *f, bool kernel, const struct loop *l,
				   uint64_t n)
{
	const struct bench_face face = *f;
	const size_t size = l->size;

	while (n--) {
		void *p = bench_get(&face, kernel, size);

		if (__builtin_expect(!p, 0))
			return -ENOMEM;
		bench_use(p);
		bench_put(&face, kernel, p);
	}
	return 0;
}

int bench_run_pair(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		   uint64_t *cpu_ns, uint64_t *units)
{
	struct loop l = { .size = p->size };

	*units = n;
	return BENCH_TIMED(pair_loop, c, &l, n / 8 + 1, n, cpu_ns);
}

static ALWAYS_INLINE int batch_loop(const struct bench_face *f, bool kernel, const struct loop *l,
				    uint64_t batches)
{
	const struct bench_face face = *f;
	const size_t size = l->size;
	const bool touch = l->touch;
	const uint16_t *order = l->order;
	void **box = l->box;

	while (batches--) {
		for (unsigned int i = 0; i < BATCH_OBJECTS; i++) {
			void *p = bench_get(&face, kernel, size);

			if (__builtin_expect(!p, 0))
				return -ENOMEM;
			if (touch)
				*(uint64_t *)p = i;
			box[i] = p;
		}
		bench_use(box);
		for (unsigned int i = 0; i < BATCH_OBJECTS; i++)
			bench_put(&face, kernel, box[order[i]]);
	}
	return 0;
}

static void order_fill(uint16_t *order, enum bench_order how)
{
	uint64_t seed = 1;

	for (unsigned int i = 0; i < BATCH_OBJECTS; i++)
		order[i] = (uint16_t)(how == BENCH_LIFO ? BATCH_OBJECTS - 1 - i : i);
	if (how != BENCH_RANDOM)
		return;
	for (unsigned int i = BATCH_OBJECTS - 1; i; i--) {
		unsigned int j = (unsigned int)(bench_random(&seed) % (i + 1));
		uint16_t keep = order[i];

		order[i] = order[j];
		order[j] = keep;
	}
}

int bench_run_batch(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		    uint64_t *cpu_ns, uint64_t *units)
{
	static void *box[BATCH_OBJECTS];
	static uint16_t order[BATCH_OBJECTS];
	struct loop l = { .size = p->size, .touch = p->touch, .box = box, .order = order };
	uint64_t batches = n / BATCH_OBJECTS + 1;

	order_fill(order, (enum bench_order)p->order);
	*units = batches * BATCH_OBJECTS;
	return BENCH_TIMED(batch_loop, c, &l, batches / 8 + 1, batches, cpu_ns);
}

/* A peer has no bulk calls: 32 allocations, then 32 frees. */
static int bulk_loop_malloc(const struct bench_face *f, size_t size, uint64_t bulks)
{
	const struct bench_face face = *f;
	void *box[BULK_OBJECTS];

	while (bulks--) {
		for (unsigned int i = 0; i < BULK_OBJECTS; i++) {
			box[i] = face.malloc(size);
			if (__builtin_expect(!box[i], 0))
				return -ENOMEM;
		}
		bench_use(box);
		for (unsigned int i = 0; i < BULK_OBJECTS; i++)
			face.free(box[i]);
	}
	return 0;
}

static int bulk_loop_kernel(const struct bench_face *f, struct kmem_cache *cache, uint64_t bulks)
{
	const struct bench_face face = *f;
	void *box[BULK_OBJECTS];

	while (bulks--) {
		if (face.bulk_get(cache, face.gfp, BULK_OBJECTS, box) != BULK_OBJECTS)
			return -ENOMEM;
		bench_use(box);
		face.bulk_put(cache, BULK_OBJECTS, box);
	}
	return 0;
}

static int bulk_loop(const struct bench_contestant *c, size_t size, struct kmem_cache *cache,
		     uint64_t bulks)
{
	return cache ? bulk_loop_kernel(&c->face, cache, bulks) :
		       bulk_loop_malloc(&c->face, size, bulks);
}

static int bulk_timed(const struct bench_contestant *c, size_t size, uint64_t bulks,
		      uint64_t *cpu_ns)
{
	struct kmem_cache *cache = NULL;
	uint64_t start;
	int err;

	if (c->cache) {
		cache = c->cache(c, size);
		if (!cache)
			return -ENOMEM;
	}
	err = bulk_loop(c, size, cache, bulks / 8 + 1);
	start = bench_cpu_ns();
	err = err ?: bulk_loop(c, size, cache, bulks);
	*cpu_ns = bench_cpu_ns() - start;
	if (cache)
		c->cache_drop(c, cache);
	return err;
}

int bench_run_bulk(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		   uint64_t *cpu_ns, uint64_t *units)
{
	uint64_t bulks = n / BULK_OBJECTS + 1;
	int err = c->enter ? c->enter(c, 0) : 0;

	if (err)
		return err;
	*units = bulks * BULK_OBJECTS;
	err = bulk_timed(c, p->size, bulks, cpu_ns);
	if (c->leave)
		c->leave(c);
	return err;
}

/*
 * Churn: a table of live objects, one of them replaced at each step. Places
 * and sizes were drawn beforehand, so that no generator is measured.
 */
#define CHURN_FEW_STEPS (1u << 16)
#define CHURN_MAX_STEPS (1u << 20)
#define CHURN_SIZE_BITS 13
#define CHURN_MAX_LIVE  (1u << 18)
#define CHURN_LANES     2 /* threads that churn at the same time */

struct churn {
	void **live;
	const uint32_t *steps; /* place << CHURN_SIZE_BITS | size */
	unsigned int nr_steps; /* a power of two */
	unsigned int at;
};

static ALWAYS_INLINE int churn_loop(const struct bench_face *f, bool kernel, struct churn *w,
				    uint64_t n)
{
	const struct bench_face face = *f;
	void **live = w->live;
	const uint32_t *steps = w->steps;
	const unsigned int mask = w->nr_steps - 1;
	unsigned int at = w->at;

	while (n--) {
		uint32_t step = steps[at++ & mask];
		void **place = &live[step >> CHURN_SIZE_BITS];
		void *p;

		bench_put(&face, kernel, *place);
		p = bench_get(&face, kernel, step & ((1u << CHURN_SIZE_BITS) - 1));
		*place = p;
		if (__builtin_expect(!p, 0))
			return -ENOMEM;
	}
	w->at = at;
	return 0;
}

static ALWAYS_INLINE void churn_empty(const struct bench_face *face, bool kernel, void **live,
				      size_t n)
{
	for (size_t i = 0; i < n; i++) {
		bench_put(face, kernel, live[i]);
		live[i] = NULL;
	}
}

static ALWAYS_INLINE int churn_fill(const struct bench_face *face, bool kernel, void **live,
				    const struct bench_mix *mix, size_t n)
{
	uint64_t seed = 2;

	for (size_t i = 0; i < n; i++) {
		live[i] = bench_get(face, kernel, bench_mix_size(mix, bench_random(&seed)));
		if (!live[i])
			return -ENOMEM;
	}
	return 0;
}

/* Many live objects need as many draws, or most of them would rest. */
static unsigned int churn_nr_steps(unsigned int live)
{
	return live > CHURN_FEW_STEPS / 4 ? CHURN_MAX_STEPS : CHURN_FEW_STEPS;
}

/* Drawn once for a row: every contestant and every round takes the same steps. */
static const uint32_t *churn_draw(const struct bench_mix *mix, unsigned int live,
				  unsigned int lane)
{
	static uint32_t steps[CHURN_LANES][CHURN_MAX_STEPS];
	static const struct bench_mix *drawn_mix[CHURN_LANES];
	static unsigned int drawn_live[CHURN_LANES];
	uint64_t seed = 3 + lane;

	if (drawn_mix[lane] == mix && drawn_live[lane] == live)
		return steps[lane];
	for (unsigned int i = 0; i < churn_nr_steps(live); i++) {
		uint32_t place = (uint32_t)(bench_random(&seed) % live);

		steps[lane][i] = place << CHURN_SIZE_BITS |
				 (uint32_t)bench_mix_size(mix, bench_random(&seed));
	}
	drawn_mix[lane] = mix;
	drawn_live[lane] = live;
	return steps[lane];
}

static ALWAYS_INLINE int churn_whole(const struct bench_face *face, bool kernel,
				     const struct bench_mix *mix, struct churn *w,
				     unsigned int live, uint64_t n, uint64_t *cpu_ns)
{
	uint64_t start;
	int err;

	err = churn_fill(face, kernel, w->live, mix, live);
	/* The table is aged first, so that no slot times fresh memory. */
	err = err ?: churn_loop(face, kernel, w, n / 8 + live);
	start = bench_cpu_ns();
	err = err ?: churn_loop(face, kernel, w, n);
	*cpu_ns = bench_cpu_ns() - start;
	churn_empty(face, kernel, w->live, live);
	return err;
}

/**
 * bench_churn_run() - One thread's churn; the caller has entered the contestant.
 * @lane: 0 or 1, which of two threads this is.
 */
int bench_churn_run(const struct bench_contestant *c, const struct bench_mix *mix,
		    unsigned int live, unsigned int lane, uint64_t n, uint64_t *cpu_ns)
{
	static void *table[CHURN_LANES][CHURN_MAX_LIVE];
	struct churn w = { .live = table[lane],
			   .steps = churn_draw(mix, live, lane),
			   .nr_steps = churn_nr_steps(live) };

	return BENCH_BOTH(churn_whole, c, mix, &w, live, n, cpu_ns);
}

int bench_run_churn(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		    uint64_t *cpu_ns, uint64_t *units)
{
	int err = c->enter ? c->enter(c, 0) : 0;

	if (err)
		return err;
	*units = n;
	err = bench_churn_run(c, p->mix, p->live, 0, n, cpu_ns);
	if (c->leave)
		c->leave(c);
	return err;
}
