// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kmconform trace cut: a part of a trace. What is kept is a piece of the
 * merged stream, so that no cpu ends before another; of each cpu that is a run
 * of records. Records cut away are taken out of hits and written alike, which
 * keeps the accounting exact for the part.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "kmc-version.h"
#include "trace_cmd.h"

#define MAX_CPUS 65536u
#define BATCH    1024u

struct cut_args {
	char *input;
	const char *output;
	uint64_t from_ns, to_ns, events, size;
};

/* What is kept of one cpu: records [skip, skip + take) of it. */
struct cut_range {
	uint64_t skip, take;
	uint64_t first_seq;
	bool begun;
};

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "The new trace (appears when complete)", 0 },
	{ "from", 'f', "TIME", 0, "Begin at this time since the start: 1.5, 200ms, 7us", 0 },
	{ "to", 't', "TIME", 0, "End before this time", 0 },
	{ "events", 'n', "N", 0, "At most this many events", 0 },
	{ "size", 's', "BYTES", 0, "At most this many bytes (64k, 2M)", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct cut_args *args = state->input;

	switch (key) {
	case 'o':
		args->output = arg;
		return 0;
	case 'f':
	case 't':
		if (kmc_parse_time(arg, key == 'f' ? &args->from_ns : &args->to_ns))
			argp_error(state, "no time: %s", arg);
		return 0;
	case 'n':
	case 's':
		if (kmc_parse_count(arg, key == 'n' ? &args->events : &args->size))
			argp_error(state, "no number: %s", arg);
		return 0;
	case ARGP_KEY_ARG:
		if (args->input)
			argp_error(state, "one trace at a time");
		args->input = arg;
		return 0;
	case ARGP_KEY_END:
		if (!args->input || !args->output)
			argp_error(state, "a trace and -o FILE are needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* Walk the merged stream and count what of each cpu is in the part. Return: events kept, -errno. */
static int64_t find_ranges(struct kmc_trace *trace, const struct cut_args *args,
			   struct cut_range *ranges)
{
	static struct kmc_record batch[BATCH];
	static uint16_t cpus[BATCH];
	struct kmc_trace_cursor *cursor;
	uint64_t gap, kept = 0;
	bool begun = false;
	int n, ret = kmc_trace_cursor_open(trace, &cursor);

	memset(ranges, 0, MAX_CPUS * sizeof(*ranges));
	while (!ret && (n = kmc_trace_cursor_next(cursor, batch, cpus, BATCH, &gap))) {
		for (int i = 0; i < n; i++) {
			begun |= batch[i].time_ns >= args->from_ns;
			if (begun && (batch[i].time_ns >= args->to_ns || kept == args->events))
				goto out;
			if (begun)
				ranges[cpus[i]].take++;
			else
				ranges[cpus[i]].skip++;
			kept += begun;
		}
	}
out:
	kmc_trace_cursor_close(cursor);
	return ret ? ret : (int64_t)kept;
}

/* Records [a, b) of a block; its counters follow. */
static void slice_info(struct kmc_block_info *info, const struct kmc_record *records, uint64_t a,
		       uint64_t b)
{
	for (uint64_t i = 0; i < info->nr_records; i++) {
		if (i >= a && i < b)
			continue;
		info->delta[records[i].probe].hits--;
		info->delta[records[i].probe].written--;
	}
	for (unsigned int p = 0; p < KMC_NR_PROBES && a > 0; p++) {
		/* What was not recorded happened before the first record, which is cut away. */
		struct kmc_probe_count *c = &info->delta[p];

		c->hits -= c->lost + c->filtered + c->skipped_self + c->skipped_null;
		c->lost = c->filtered = c->skipped_self = c->skipped_null = 0;
		c->recursion_misses = 0;
	}
	info->nr_records = b - a;
	info->first_ns = UINT64_MAX;
	info->last_ns = 0;
	for (uint64_t i = a; i < b; i++) {
		if (records[i].time_ns < info->first_ns)
			info->first_ns = records[i].time_ns;
		if (records[i].time_ns > info->last_ns)
			info->last_ns = records[i].time_ns;
	}
}

/* @begin: how many records of its cpu come before the block. */
static int write_slice(struct kmc_trace *trace, size_t block, uint64_t begin,
		       struct cut_range *range, struct kmc_record *room,
		       struct kmc_trace_output *out)
{
	struct kmc_block_info info = *kmc_trace_block(trace, block);
	uint64_t end = begin + info.nr_records, a, b;
	uint64_t stop = range->skip + range->take;

	if (end < range->skip || begin > stop || (info.nr_records && (end == range->skip ||
								      begin == stop)))
		return 0;
	a = begin < range->skip ? range->skip - begin : 0;
	b = end > stop ? stop - begin : info.nr_records;
	if (kmc_trace_block_read(trace, block, room))
		return 0; /* its sequence number stays missing */
	if (!range->begun)
		range->first_seq = info.seq;
	range->begun = true;
	info.seq -= range->first_seq;
	if (info.nr_records)
		slice_info(&info, room, a, b);
	return kmc_trace_output_block(out, &info, room + a);
}

static int by_cpu_and_seq(const void *a, const void *b, void *data)
{
	const struct kmc_block_info *x = kmc_trace_block(data, *(const size_t *)a);
	const struct kmc_block_info *y = kmc_trace_block(data, *(const size_t *)b);

	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

/* For each block, the number of its cpu's records before it. NULL: no memory. */
static uint64_t *find_begins(struct kmc_trace *trace)
{
	size_t n = kmc_trace_nr_blocks(trace);
	uint64_t *begins = calloc(n + 1, sizeof(*begins)), before = 0;
	size_t *order = calloc(n + 1, sizeof(*order));

	for (size_t i = 0; order && i < n; i++)
		order[i] = i;
	if (order)
		qsort_r(order, n, sizeof(*order), by_cpu_and_seq, trace);
	for (size_t i = 0; order && begins && i < n; i++) {
		const struct kmc_block_info *b = kmc_trace_block(trace, order[i]);

		if (i && kmc_trace_block(trace, order[i - 1])->cpu != b->cpu)
			before = 0;
		begins[order[i]] = before;
		before += b->nr_records;
	}
	if (!order) {
		free(begins);
		begins = NULL;
	}
	free(order);
	return begins;
}

static int write_ranges(struct kmc_trace *trace, struct cut_range *ranges,
			struct kmc_trace_output *out)
{
	struct kmc_record *room = kmc_block_room(trace);
	uint64_t *begins = find_begins(trace);
	int ret = room ? 0 : KMC_TRACE_CANNOT;

	if (!begins)
		ret = kmc_trace_fail("out of memory");
	for (size_t i = 0; !ret && i < kmc_trace_nr_blocks(trace); i++)
		ret = write_slice(trace, i, begins[i], &ranges[kmc_trace_block(trace, i)->cpu],
				  room, out);
	free(begins);
	free(room);
	return ret;
}

/* Return: 0 written, KMC_TRACE_CANNOT, -EFBIG: larger than allowed, @bytes says how large. */
static int try_cut(struct kmc_trace *trace, const struct cut_args *args, struct cut_range *ranges,
		   uint64_t *bytes, int64_t *kept)
{
	struct kmc_trace_output out;
	int ret;

	*kept = find_ranges(trace, args, ranges);
	if (*kept < 0)
		return kmc_trace_fail("%s: %s", args->input, strerror((int)-*kept));
	if (kmc_trace_output_open(&out, args->output, kmc_trace_facts(trace), &args->input, 1))
		return KMC_TRACE_CANNOT;
	ret = write_ranges(trace, ranges, &out);
	*bytes = kmc_trace_bytes(out.writer) + 128; /* and the end mark */
	if (!ret && *bytes > args->size)
		ret = -EFBIG;
	return kmc_trace_output_close(&out, ret);
}

/* Fewer events until they fit: a size can be had only by trying. */
static int cut(struct kmc_trace *trace, struct cut_args *args)
{
	struct cut_range *ranges = calloc(MAX_CPUS, sizeof(*ranges));
	uint64_t bytes = 1;
	int64_t kept;
	int ret;

	if (!ranges)
		return kmc_trace_fail("out of memory");
	do {
		ret = try_cut(trace, args, ranges, &bytes, &kept);
		if (ret != -EFBIG)
			break;
		if (kept)
			args->events = (uint64_t)((double)kept * (double)args->size /
						  (double)bytes * 0.98);
		if (kept && args->events >= (uint64_t)kept)
			args->events = (uint64_t)kept - 1;
	} while (kept);
	if (ret == -EFBIG)
		ret = kmc_trace_fail("%s: does not fit %" PRIu64 " bytes even without events",
				     args->output, args->size);
	free(ranges);
	return ret;
}

int kmc_trace_cmd_cut(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse_option, "FILE",
		"Write a part of a trace. Times count from the start of the recording and stay "
		"what they are. Without a limit all that can be read is written, which "
		"makes a whole trace of a damaged one.", NULL, NULL, NULL };
	struct cut_args args = { .to_ns = UINT64_MAX, .events = UINT64_MAX, .size = UINT64_MAX };
	struct kmc_trace *trace;
	int ret;

	argp_program_version = KMC_VERSION_LINE;
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	if (kmc_trace_input(args.input, &trace))
		return KMC_TRACE_CANNOT;
	kmc_trace_tell_damage(args.input, trace);
	ret = cut(trace, &args);
	kmc_trace_close(trace);
	return ret;
}
