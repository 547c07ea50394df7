// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kmconform trace redact: a copy without the recorded kernel's addresses, and,
 * for predictions, without the sizes that it gave.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kmc-version.h"
#include "trace/redact.h"
#include "trace_cmd.h"
#include "trace_facts.h"

enum { OPT_SEED = 256, OPT_BLANK, OPT_KEEP };

struct redact_args {
	char *input;
	const char *output;
	uint64_t seed;
	bool blank, keep;
};

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "The new trace (appears when complete)", 0 },
	{ "seed", OPT_SEED, "N", 0,
	  "Draw from N and not from the system's randomness: the same trace each time, and no "
	  "secret from those who know N", 0 },
	{ "blank-granted", OPT_BLANK, NULL, 0,
	  "Take out the sizes that the kernel gave: of kmalloc events, and size, order and "
	  "layout of every cache", 0 },
	{ "keep-addresses", OPT_KEEP, NULL, 0, "Do not redact: with --blank-granted", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct redact_args *args = state->input;

	switch (key) {
	case 'o':
		args->output = arg;
		return 0;
	case OPT_SEED:
		if (kmc_parse_count(arg, &args->seed) || !args->seed)
			argp_error(state, "the seed is a number from 1: %s", arg);
		return 0;
	case OPT_BLANK:
		args->blank = true;
		return 0;
	case OPT_KEEP:
		args->keep = true;
		return 0;
	case ARGP_KEY_ARG:
		if (args->input)
			argp_error(state, "one trace at a time");
		args->input = arg;
		return 0;
	case ARGP_KEY_END:
		if (!args->input || !args->output)
			argp_error(state, "a trace and -o FILE are needed");
		if (args->keep && !args->blank)
			argp_error(state, "--keep-addresses is for --blank-granted");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char *symbol_of(void *data, uint64_t site)
{
	return kmc_trace_symbol(data, site);
}

static int new_facts(struct kmc_trace *trace, const struct redact_args *args,
		     struct kmc_redaction *redaction, struct kmc_trace_facts *facts)
{
	const struct kmc_trace_facts *old = kmc_trace_facts(trace);
	int ret = redaction ? kmc_redaction_facts(redaction, old, facts) :
			      kmc_facts_copy(facts, old);

	if (!ret && args->blank)
		kmc_blank_facts(facts);
	return ret ? kmc_trace_fail("out of memory") : 0;
}

static int copy_block(struct kmc_trace *trace, size_t block, const struct redact_args *args,
		      struct kmc_redaction *redaction, struct kmc_record *room,
		      struct kmc_trace_output *out)
{
	const struct kmc_block_info *info = kmc_trace_block(trace, block);

	if (kmc_trace_block_read(trace, block, room))
		return 0; /* its sequence number stays missing */
	if (redaction && kmc_redaction_records(redaction, room, info->nr_records))
		return kmc_trace_fail("out of memory");
	if (args->blank)
		kmc_blank_records(room, info->nr_records);
	return kmc_trace_output_block(out, info, room);
}

static int copy_blocks(struct kmc_trace *trace, const struct redact_args *args,
		       struct kmc_redaction *redaction, struct kmc_trace_output *out)
{
	struct kmc_record *room = kmc_block_room(trace);
	int ret = room ? 0 : KMC_TRACE_CANNOT;

	for (size_t i = 0; !ret && i < kmc_trace_nr_blocks(trace); i++)
		ret = copy_block(trace, i, args, redaction, room, out);
	free(room);
	return ret;
}

static int write_copy(struct kmc_trace *trace, struct redact_args *args,
		      struct kmc_redaction *redaction)
{
	struct kmc_trace_facts facts;
	struct kmc_trace_output out;
	int ret = new_facts(trace, args, redaction, &facts);

	if (ret)
		return ret;
	ret = kmc_trace_output_open(&out, args->output, &facts, &args->input, 1);
	if (!ret) {
		ret = copy_blocks(trace, args, redaction, &out);
		ret = kmc_trace_output_close(&out, ret);
	}
	kmc_trace_facts_free(&facts);
	return ret;
}

/* Byte by byte: an already redacted trace is not touched. */
static int copy_bytes(const struct redact_args *args, int from, int to)
{
	char buf[65536];
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(to, buf, (size_t)n) != n)
			return kmc_trace_fail("%s: %s", args->output, strerror(errno));
	return n ? kmc_trace_fail("%s: %s", args->input, strerror(errno)) : 0;
}

static int copy_file(struct redact_args *args)
{
	struct kmc_trace_output out;
	int from, ret = kmc_trace_output_open(&out, args->output, NULL, &args->input, 1);

	if (ret)
		return ret;
	fprintf(stderr, "kmconform trace: %s: already redacted, copied unchanged\n", args->input);
	from = open(args->input, O_RDONLY | O_CLOEXEC);
	ret = from < 0 ? kmc_trace_fail("%s: %s", args->input, strerror(errno)) :
			 copy_bytes(args, from, out.fd);
	if (from >= 0)
		close(from);
	return kmc_trace_output_close(&out, ret);
}

static int redact(struct kmc_trace *trace, struct redact_args *args)
{
	const struct kmc_trace_facts *facts = kmc_trace_facts(trace);
	struct kmc_redaction *redaction = NULL;
	int ret;

	if (facts->redacted && !args->blank)
		return copy_file(args);
	if (!facts->redacted && !args->keep) {
		ret = kmc_redaction_create(facts, args->seed, symbol_of, (void *)facts, &redaction);
		if (ret)
			return kmc_trace_fail("redaction: %s", strerror(-ret));
	}
	ret = write_copy(trace, args, redaction);
	kmc_redaction_destroy(redaction);
	return ret;
}

int kmc_trace_cmd_redact(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse_option, "FILE",
		"Write a copy of a trace in which addresses are moved region by region by random "
		"multiples of 1 GiB, and call sites are names. Alignment, equality and the "
		"relation of objects to page frames survive.", NULL, NULL, NULL };
	struct redact_args args = { 0 };
	struct kmc_trace *trace;
	int ret, damage;

	argp_program_version = KMC_VERSION_LINE;
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	if (kmc_trace_input(args.input, &trace))
		return KMC_TRACE_CANNOT;
	damage = kmc_trace_tell_damage(args.input, trace);
	ret = redact(trace, &args);
	kmc_trace_close(trace);
	return ret ? ret : damage;
}
