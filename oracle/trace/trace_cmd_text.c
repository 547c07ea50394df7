// SPDX-License-Identifier: GPL-2.0-or-later
/* kmconform trace text: the merged stream as an event file (.ev), losses in their place. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kmc-version.h"
#include "trace_cmd.h"

#define BATCH 256u

struct text_args {
	char *input;
	uint64_t from_ns, to_ns, events;
};

static const struct argp_option options[] = {
	{ "from", 'f', "TIME", 0, "Begin at this time since the start: 1.5, 200ms, 7us", 0 },
	{ "to", 't', "TIME", 0, "End before this time", 0 },
	{ "events", 'n', "N", 0, "At most this many events", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct text_args *args = state->input;

	switch (key) {
	case 'f':
	case 't':
		if (kmc_parse_time(arg, key == 'f' ? &args->from_ns : &args->to_ns))
			argp_error(state, "no time: %s", arg);
		return 0;
	case 'n':
		if (kmc_parse_count(arg, &args->events))
			argp_error(state, "no number: %s", arg);
		return 0;
	case ARGP_KEY_ARG:
		if (args->input)
			argp_error(state, "one trace at a time");
		args->input = arg;
		return 0;
	case ARGP_KEY_END:
		if (!args->input)
			argp_error(state, "a trace is needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

struct text_state {
	const struct text_args *args;
	const struct kmc_trace_facts *facts;
	uint64_t seq, printed;
	bool begun;
};

static int print_gap(struct text_state *s, uint16_t cpu, uint64_t time_ns, uint64_t gap)
{
	struct kmc_event ev;

	kmc_event_init(&ev);
	ev.kind = KMC_EV_GAP;
	ev.seq = ++s->seq;
	ev.time_ns = time_ns;
	ev.cpu = cpu;
	ev.arg = gap == KMC_TRACE_GAP_UNKNOWN ? 0 : gap;
	return kmc_event_print(stdout, &ev);
}

/* Return: 0, 1: no more is wanted, -EIO. */
static int print_record(struct text_state *s, const struct kmc_record *r, uint16_t cpu,
			uint64_t gap)
{
	struct kmc_event ev;

	s->begun |= r->time_ns >= s->args->from_ns;
	if (!s->begun)
		return 0;
	if (r->time_ns >= s->args->to_ns || s->printed == s->args->events)
		return 1;
	if (gap && print_gap(s, cpu, r->time_ns, gap))
		return -EIO;
	kmc_record_to_event(s->facts, r, cpu, &ev);
	ev.seq = ++s->seq;
	if (gap)
		ev.marks |= KMC_MARK_AFTER_GAP;
	s->printed++;
	return kmc_event_print(stdout, &ev);
}

static int print_stream(struct text_state *s, struct kmc_trace_cursor *cursor)
{
	struct kmc_record batch[BATCH];
	uint16_t cpus[BATCH];
	uint64_t gap;
	int n, ret = 0;

	while (!ret && (n = kmc_trace_cursor_next(cursor, batch, cpus, BATCH, &gap)))
		for (int i = 0; i < n && !ret; i++)
			ret = print_record(s, &batch[i], cpus[i], i ? 0 : gap);
	return ret < 0 ? ret : 0;
}

static int print_trace(struct kmc_trace *trace, const struct text_args *args)
{
	const struct kmc_trace_facts *facts = kmc_trace_facts(trace);
	struct text_state s = { .args = args, .facts = facts };
	struct kmc_trace_cursor *cursor;
	int ret = kmc_event_file_write_head(stdout, &facts->machine, facts->machine.release,
					    facts->caches, facts->nr_caches);

	if (ret)
		return ret;
	ret = kmc_trace_cursor_open(trace, &cursor);
	if (ret)
		return ret;
	ret = print_stream(&s, cursor);
	kmc_trace_cursor_close(cursor);
	return ret;
}

int kmc_trace_cmd_text(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse_option, "FILE",
		"Print the events of a trace as text, all cpus merged by time.", NULL, NULL, NULL };
	struct text_args args = { .to_ns = UINT64_MAX, .events = UINT64_MAX };
	struct kmc_trace *trace;
	int ret, damage;

	argp_program_version = KMC_VERSION_LINE;
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	if (kmc_trace_input(args.input, &trace))
		return KMC_TRACE_CANNOT;
	damage = kmc_trace_tell_damage(args.input, trace);
	ret = print_trace(trace, &args);
	if (!ret && fflush(stdout))
		ret = -EIO;
	if (ret == -EIO)
		ret = kmc_trace_fail("standard output: %s", strerror(errno));
	else if (ret)
		ret = kmc_trace_fail("%s: %s", args.input, strerror(-ret));
	kmc_trace_close(trace);
	return ret ? ret : damage;
}
