// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * All cpus of a trace merged by time. Each cpu decodes a few hundred records
 * at a time; a heap orders the cpus by the time of their next record, and runs
 * are copied as long as they come before the runner-up. Memory: one
 * decompressed block a cpu, whatever the length of the trace.
 */
#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include "trace_read.h"

#define BATCH 256u

struct cursor_cpu {
	uint32_t cpu;
	size_t next, end;          /* blocks to come, in the chain */
	struct kmc_decoder *decoder;
	bool loaded;               /* the decoder is inside a block */
	unsigned int pos, count;   /* in records */
	uint64_t gap;              /* before records[pos] */
	uint32_t gap_probes;       /* theirs */
	uint64_t tail_gap;
	uint32_t tail_probes;
	bool inside;               /* something is missing among the records of this block */
	uint32_t inside_probes;
	bool open;                 /* a loss of this cpu is open */
	uint32_t open_probes;      /* of that loss */
	struct kmc_record records[BATCH];
};

struct kmc_trace_cursor {
	struct kmc_trace *trace;
	ZSTD_DCtx *zstd;
	struct cursor_cpu **heap;  /* cpus that have a record, the earliest first */
	size_t nr_heap, nr_cpus;
	struct cursor_cpu **cpus;  /* all, for closing */
	uint64_t decode_ns;
	uint64_t tail_gap;
	uint32_t tail_probes;
	unsigned int nr_open;      /* cpus with an open loss */
	unsigned int nr_open_probe[32]; /* by bit of open_probes */
	bool batch_open;           /* there were any during the last batch */
	uint32_t batch_probes;     /* of the gap told and of those open in the last batch */
	int error;
};

static uint64_t thread_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static void add_gap(struct cursor_cpu *cpu, uint64_t gap, uint32_t probes)
{
	cpu->gap = kmc_gap_add(cpu->gap, gap);
	cpu->gap_probes |= probes;
}

/* The next good block of a cpu. Return: 1 loaded, 0 none left, -errno. */
static int next_block(struct kmc_trace_cursor *cursor, struct cursor_cpu *cpu)
{
	while (cpu->next < cpu->end) {
		const struct kmc_block_entry *b =
			&cursor->trace->blocks[cursor->trace->chain[cpu->next++]];
		int ret;

		if (b->bad || !b->info.nr_records)
			continue; /* the gap of the next good one says so */
		add_gap(cpu, b->gap, b->gap_probes);
		cpu->inside = b->missed_inside;
		cpu->inside_probes = b->missed_probes;
		ret = kmc_block_load(b, cursor->zstd, cpu->decoder);
		if (ret) {
			add_gap(cpu, b->info.nr_records, KMC_PROBES_UNKNOWN);
			return ret;
		}
		cpu->loaded = true;
		return 1;
	}
	return 0;
}

/* Return: records decoded, 0 at the end of the cpu, -errno. */
static int decode_more(struct kmc_trace_cursor *cursor, struct cursor_cpu *cpu)
{
	for (;;) {
		int ret;

		if (!cpu->loaded) {
			ret = next_block(cursor, cpu);
			if (ret <= 0)
				return ret;
		}
		ret = kmc_decoder_next(cpu->decoder, cpu->records, BATCH);
		if (ret > 0)
			return ret;
		cpu->loaded = false;
		if (ret < 0) {
			add_gap(cpu, KMC_TRACE_GAP_UNKNOWN, KMC_PROBES_UNKNOWN);
			return ret;
		}
	}
}

/* Counts by probe, so that what is open on many cpus costs no walk over them. */
static void set_open(struct kmc_trace_cursor *cursor, struct cursor_cpu *cpu, bool open)
{
	uint32_t probes = open ? cpu->gap_probes | cpu->inside_probes : 0;

	for (uint32_t gone = cpu->open_probes & ~probes; gone; gone &= gone - 1)
		cursor->nr_open_probe[__builtin_ctz(gone)]--;
	for (uint32_t come = probes & ~cpu->open_probes; come; come &= come - 1)
		cursor->nr_open_probe[__builtin_ctz(come)]++;
	cursor->nr_open = cursor->nr_open - cpu->open + open;
	cpu->open_probes = probes;
	cpu->open = open;
}

static uint32_t open_probes(const struct kmc_trace_cursor *cursor)
{
	uint32_t probes = 0;

	for (unsigned int i = 0; cursor->nr_open && i < 32; i++)
		probes |= (uint32_t)(cursor->nr_open_probe[i] != 0) << i;
	return probes;
}

static uint64_t tell_gap(struct kmc_trace_cursor *cursor, struct cursor_cpu *cpu)
{
	uint64_t gap = cpu->gap;

	cursor->batch_probes |= cpu->gap_probes;
	cpu->gap = 0;
	cpu->gap_probes = 0;
	set_open(cursor, cpu, cpu->inside);
	return gap;
}

static int refill(struct kmc_trace_cursor *cursor, struct cursor_cpu *cpu)
{
	uint64_t start = thread_ns();
	int ret = decode_more(cursor, cpu);

	cpu->pos = 0;
	cpu->count = ret > 0 ? (unsigned int)ret : 0;
	if (!ret) {
		add_gap(cpu, cpu->tail_gap, cpu->tail_probes);
		cursor->tail_gap = kmc_gap_add(cursor->tail_gap, cpu->gap);
		cursor->tail_probes |= cpu->gap_probes;
	}
	/* From here to the cpu's next record, events of it may be missing anywhere. */
	if (cpu->gap || cpu->inside)
		set_open(cursor, cpu, true);
	cursor->decode_ns += thread_ns() - start;
	return ret;
}

static bool comes_first(const struct cursor_cpu *a, const struct cursor_cpu *b)
{
	uint64_t x = a->records[a->pos].time_ns, y = b->records[b->pos].time_ns;

	return x != y ? x < y : a->cpu < b->cpu;
}

static void sift_down(struct kmc_trace_cursor *cursor, size_t at)
{
	struct cursor_cpu **heap = cursor->heap;

	for (;;) {
		size_t child = 2 * at + 1;
		struct cursor_cpu *swap;

		if (child >= cursor->nr_heap)
			return;
		if (child + 1 < cursor->nr_heap && comes_first(heap[child + 1], heap[child]))
			child++;
		if (!comes_first(heap[child], heap[at]))
			return;
		swap = heap[at];
		heap[at] = heap[child];
		heap[child] = swap;
		at = child;
	}
}

/* The cpu that comes second; NULL if there is only one. */
static const struct cursor_cpu *runner_up(const struct kmc_trace_cursor *cursor)
{
	struct cursor_cpu **heap = cursor->heap;

	if (cursor->nr_heap < 3)
		return cursor->nr_heap == 2 ? heap[1] : NULL;
	return comes_first(heap[2], heap[1]) ? heap[2] : heap[1];
}

/* How many records of the first cpu may go out before the second's. */
static unsigned int run_length(const struct cursor_cpu *first, const struct cursor_cpu *second,
			       unsigned int max)
{
	unsigned int left = first->count - first->pos, n = 1;
	const struct kmc_record *r = &first->records[first->pos];
	uint64_t limit;

	if (left > max)
		left = max;
	if (!second)
		return left;
	limit = second->records[second->pos].time_ns;
	if (first->cpu > second->cpu) {
		while (n < left && r[n].time_ns < limit)
			n++;
	} else {
		while (n < left && r[n].time_ns <= limit)
			n++;
	}
	return n;
}

/*
 * The first cpu has used up its records, or some of them.
 * Return: whether the batch may go on: no loss has opened, no block was bad.
 */
static bool advance(struct kmc_trace_cursor *cursor)
{
	struct cursor_cpu *cpu = cursor->heap[0];
	unsigned int open = cursor->nr_open;
	int ret = 1;

	if (cpu->pos == cpu->count) {
		ret = refill(cursor, cpu);
		while (ret < 0) {
			/* Report once, and go on behind the bad block. */
			cursor->error = ret;
			ret = refill(cursor, cpu);
		}
	}
	if (!ret)
		cursor->heap[0] = cursor->heap[--cursor->nr_heap];
	sift_down(cursor, 0);
	return !cursor->error && cursor->nr_open == open;
}

static void copy_run(struct cursor_cpu *cpu, unsigned int n, struct kmc_record *batch,
		     uint16_t *cpus)
{
	memcpy(batch, &cpu->records[cpu->pos], n * sizeof(*batch));
	for (unsigned int i = 0; i < n; i++)
		cpus[i] = (uint16_t)cpu->cpu;
	cpu->pos += n;
}

static int take_error(struct kmc_trace_cursor *cursor)
{
	int error = cursor->error;

	cursor->error = 0;
	return error;
}

int kmc_trace_cursor_next(struct kmc_trace_cursor *cursor, struct kmc_record *batch,
			  uint16_t *cpus, unsigned int max, uint64_t *gap)
{
	unsigned int count = 0;

	*gap = 0;
	if (cursor->error)
		return take_error(cursor);
	cursor->batch_probes = 0;
	while (count < max && cursor->nr_heap) {
		struct cursor_cpu *first = cursor->heap[0];
		unsigned int n;

		if (first->gap) {
			if (count)
				break;
			*gap = tell_gap(cursor, first);
		}
		cursor->batch_open = cursor->nr_open > 0;
		cursor->batch_probes |= open_probes(cursor);
		n = run_length(first, runner_up(cursor), max - count);
		copy_run(first, n, batch + count, cpus + count);
		count += n;
		if (!advance(cursor))
			break;
	}
	if (!count) {
		*gap = cursor->tail_gap;
		cursor->batch_probes = cursor->tail_probes;
		cursor->tail_gap = 0;
		cursor->tail_probes = 0;
	}
	return (int)count;
}

static struct cursor_cpu *cpu_open(const struct kmc_trace_cpu *from)
{
	struct cursor_cpu *cpu = calloc(1, sizeof(*cpu));

	if (!cpu)
		return NULL;
	cpu->cpu = from->cpu;
	cpu->next = from->begin;
	cpu->end = from->end;
	cpu->tail_gap = from->tail_gap;
	cpu->tail_probes = from->tail_probes;
	cpu->decoder = kmc_decoder_create();
	if (!cpu->decoder) {
		free(cpu);
		return NULL;
	}
	return cpu;
}

/* First records of all cpus. */
static int cursor_fill(struct kmc_trace_cursor *cursor)
{
	const struct kmc_trace *trace = cursor->trace;

	for (size_t i = 0; i < trace->nr_cpus; i++) {
		struct cursor_cpu *cpu = cpu_open(&trace->cpus[i]);
		int ret;

		if (!cpu)
			return -ENOMEM;
		cursor->cpus[cursor->nr_cpus++] = cpu;
		while ((ret = refill(cursor, cpu)) < 0)
			cursor->error = ret;
		if (ret)
			cursor->heap[cursor->nr_heap++] = cpu;
	}
	for (size_t i = cursor->nr_heap; i-- > 0;)
		sift_down(cursor, i);
	return 0;
}

int kmc_trace_cursor_open(struct kmc_trace *trace, struct kmc_trace_cursor **cursor)
{
	struct kmc_trace_cursor *c = calloc(1, sizeof(*c));
	int ret = -ENOMEM;

	*cursor = NULL;
	if (!c)
		return ret;
	c->trace = trace;
	c->zstd = ZSTD_createDCtx();
	c->heap = calloc(trace->nr_cpus + 1, sizeof(*c->heap));
	c->cpus = calloc(trace->nr_cpus + 1, sizeof(*c->cpus));
	if (c->zstd && c->heap && c->cpus)
		ret = cursor_fill(c);
	if (ret) {
		kmc_trace_cursor_close(c);
		return ret;
	}
	*cursor = c;
	return 0;
}

void kmc_trace_cursor_close(struct kmc_trace_cursor *cursor)
{
	if (!cursor)
		return;
	for (size_t i = 0; i < cursor->nr_cpus; i++) {
		kmc_decoder_destroy(cursor->cpus[i]->decoder);
		free(cursor->cpus[i]);
	}
	free(cursor->cpus);
	free(cursor->heap);
	ZSTD_freeDCtx(cursor->zstd);
	free(cursor);
}

bool kmc_trace_cursor_gap_open(const struct kmc_trace_cursor *cursor)
{
	return cursor->batch_open;
}

uint32_t kmc_trace_cursor_gap_probes(const struct kmc_trace_cursor *cursor)
{
	uint32_t probes = cursor->batch_probes;

	return probes & KMC_PROBES_UNKNOWN ? 0 : probes;
}

uint64_t kmc_trace_cursor_decode_ns(const struct kmc_trace_cursor *cursor)
{
	return cursor->decode_ns;
}
