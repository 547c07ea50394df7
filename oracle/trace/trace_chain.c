// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The index of an opened trace: the blocks by time for the public, and by cpu
 * and sequence for the cursor, with what is missing between two of them.
 */
#include <errno.h>
#include <stdlib.h>
#include "trace_read.h"

static int compare_u64(uint64_t a, uint64_t b)
{
	return a < b ? -1 : a > b;
}

static int by_cpu_and_seq(const void *a, const void *b)
{
	const struct kmc_block_entry *x = a, *y = b;
	int order = compare_u64(x->info.cpu, y->info.cpu);

	if (!order)
		order = compare_u64(x->info.seq, y->info.seq);
	if (!order) /* the good one of two first */
		order = x->bad - y->bad;
	return order ? order : compare_u64(x->offset, y->offset);
}

static int by_time(const void *a, const void *b)
{
	const struct kmc_block_entry *x = a, *y = b;
	int order = x->bad - y->bad;

	if (!order)
		order = compare_u64(x->info.first_ns, y->info.first_ns);
	return order ? order : by_cpu_and_seq(a, b);
}

static int chain_order(const void *a, const void *b, void *data)
{
	const struct kmc_block_entry *blocks = data;

	return by_cpu_and_seq(&blocks[*(const uint32_t *)a], &blocks[*(const uint32_t *)b]);
}

/* A sequence number that occurs twice: only its first block counts. */
static void drop_twins(struct kmc_trace *trace)
{
	size_t kept = 0;

	for (size_t i = 0; i < trace->nr_blocks; i++) {
		struct kmc_block_entry *b = &trace->blocks[i];
		const struct kmc_block_entry *last = kept ? &trace->blocks[kept - 1] : NULL;

		if (last && last->info.cpu == b->info.cpu && last->info.seq == b->info.seq) {
			if (!trace->damage.blocks_bad && !trace->damage.bytes_skipped)
				trace->damage.first_bad_offset = b->offset;
			if (!b->bad)
				trace->damage.blocks_bad++;
			continue;
		}
		trace->blocks[kept++] = *b;
	}
	trace->nr_blocks = kept;
}

/* Events that are not in the trace: how many, and of which probes. */
struct gap {
	uint64_t events;
	uint32_t probes;
};

static struct gap join(struct gap a, struct gap b)
{
	return (struct gap){ kmc_gap_add(a.events, b.events), a.probes | b.probes };
}

static struct gap lost_of(const struct kmc_block_info *info)
{
	struct gap gap = { 0 };

	for (unsigned int i = 0; i < KMC_NR_PROBES; i++) {
		uint64_t n = info->delta[i].lost;

		gap = join(gap, (struct gap){ n, n ? 1u << i : 0 });
	}
	return gap;
}

static struct gap missed_of(const struct kmc_block_info *info)
{
	struct gap gap = { 0 };

	for (unsigned int i = 0; i < KMC_NR_PROBES; i++) {
		uint64_t n = info->delta[i].recursion_misses;

		gap = join(gap, (struct gap){ n, n ? 1u << i : 0 });
	}
	return gap;
}

static void note_missing(struct kmc_trace *trace, uint64_t count, uint64_t offset)
{
	struct kmc_trace_damage *d = &trace->damage;

	if (!d->blocks_bad && !d->bytes_skipped && !d->blocks_missing)
		d->first_bad_offset = offset;
	d->blocks_missing = kmc_gap_add(d->blocks_missing, count);
}

/* What is not seen before a block's first record. Return: the same for the next block. */
static struct gap block_gap(struct kmc_block_entry *b, struct gap gap)
{
	struct gap missed = missed_of(&b->info);

	gap = join(gap, lost_of(&b->info));
	if (b->bad) {
		struct gap records = { b->info.nr_records, KMC_PROBES_UNKNOWN };

		return join(join(gap, missed), records);
	}
	/* A block without records hands on what it knows of. */
	if (!b->info.nr_records)
		return join(gap, missed);
	b->gap = gap.events;
	b->gap_probes = gap.probes;
	b->missed_inside = missed.events != 0;
	b->missed_probes = missed.probes;
	return missed;
}

/* Gaps of one cpu, in the order of its sequence. */
static void find_gaps(struct kmc_trace *trace, struct kmc_trace_cpu *cpu)
{
	static const struct gap unknown = { KMC_TRACE_GAP_UNKNOWN, KMC_PROBES_UNKNOWN };
	struct gap gap = { 0 };
	uint64_t expected = 0;

	for (size_t i = cpu->begin; i < cpu->end; i++) {
		struct kmc_block_entry *b = &trace->blocks[trace->chain[i]];

		if (b->info.seq > expected) {
			note_missing(trace, b->info.seq - expected, b->offset);
			gap = unknown;
		}
		expected = b->info.seq + 1;
		gap = block_gap(b, gap);
	}
	if (cpu->next_seq > expected) {
		note_missing(trace, cpu->next_seq - expected, trace->size);
		gap = unknown;
	}
	cpu->tail_gap = gap.events;
	cpu->tail_probes = gap.probes;
}

static int count_cpus(struct kmc_trace *trace)
{
	size_t n = 0;

	for (size_t i = 0; i < trace->nr_blocks; i++)
		n += !i || trace->blocks[i].info.cpu != trace->blocks[i - 1].info.cpu;
	trace->cpus = calloc(n + 1, sizeof(*trace->cpus));
	return trace->cpus ? 0 : -ENOMEM;
}

static void fill_cpus(struct kmc_trace *trace)
{
	struct kmc_trace_cpu *cpu = NULL;

	for (size_t i = 0; i < trace->nr_blocks; i++) {
		uint32_t number = trace->blocks[trace->chain[i]].info.cpu;

		if (!cpu || cpu->cpu != number) {
			cpu = &trace->cpus[trace->nr_cpus++];
			cpu->cpu = number;
			cpu->begin = i;
			if (number < trace->nr_end_seqs)
				cpu->next_seq = trace->end_seqs[number];
		}
		cpu->end = i + 1;
	}
}

/* Blocks of cpus of which not one was found. */
static void find_lost_cpus(struct kmc_trace *trace)
{
	size_t at = 0;

	for (uint32_t number = 0; number < trace->nr_end_seqs; number++) {
		while (at < trace->nr_cpus && trace->cpus[at].cpu < number)
			at++;
		if (at < trace->nr_cpus && trace->cpus[at].cpu == number)
			continue;
		if (trace->end_seqs[number])
			note_missing(trace, trace->end_seqs[number], trace->size);
	}
}

int kmc_trace_chain(struct kmc_trace *trace)
{
	if (trace->nr_blocks > UINT32_MAX)
		return -ENOMEM;
	if (trace->nr_blocks)
		qsort(trace->blocks, trace->nr_blocks, sizeof(*trace->blocks), by_cpu_and_seq);
	drop_twins(trace);
	if (count_cpus(trace))
		return -ENOMEM;
	if (trace->nr_blocks)
		qsort(trace->blocks, trace->nr_blocks, sizeof(*trace->blocks), by_time);
	trace->chain = malloc((trace->nr_blocks + 1) * sizeof(*trace->chain));
	if (!trace->chain)
		return -ENOMEM;
	for (size_t i = 0; i < trace->nr_blocks; i++) {
		trace->chain[i] = (uint32_t)i;
		trace->nr_good += !trace->blocks[i].bad;
	}
	qsort_r(trace->chain, trace->nr_blocks, sizeof(*trace->chain), chain_order, trace->blocks);
	fill_cpus(trace);
	for (size_t i = 0; i < trace->nr_cpus; i++)
		find_gaps(trace, &trace->cpus[i]);
	find_lost_cpus(trace);
	trace->damage.cut = !trace->end_seen;
	return 0;
}
