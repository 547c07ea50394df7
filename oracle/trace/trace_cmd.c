// SPDX-License-Identifier: GPL-2.0-or-later
/* kmconform-trace: the table of subcommands and what they share. */
#include "trace_cmd.h"
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kmc-version.h"

static const struct {
	const char *name, *title, *summary;
	int (*run)(int argc, char **argv);
} commands[] = {
	{ "info", "kmconform trace info", "what is in a trace, what was lost, whether it adds up",
	  kmc_trace_cmd_info },
	{ "cut", "kmconform trace cut", "a part of a trace, by time, events or size",
	  kmc_trace_cmd_cut },
	{ "merge", "kmconform trace merge", "recordings of one boot put together",
	  kmc_trace_cmd_merge },
	{ "redact", "kmconform trace redact", "a copy without the kernel's addresses",
	  kmc_trace_cmd_redact },
	{ "text", "kmconform trace text", "the events as text, one to a line", kmc_trace_cmd_text },
};
#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

int kmc_trace_fail(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("kmconform trace: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	putc('\n', stderr);
	return KMC_TRACE_CANNOT;
}

int kmc_trace_input(const char *path, struct kmc_trace **trace)
{
	char error[512];

	if (kmc_trace_open(path, trace, error, sizeof(error)))
		return kmc_trace_fail("%s", error);
	return 0;
}

int kmc_trace_tell_damage(const char *path, const struct kmc_trace *trace)
{
	const struct kmc_trace_damage *d = kmc_trace_damage(trace);

	if (!d->blocks_bad && !d->blocks_missing && !d->tail_partial)
		return 0;
	fprintf(stderr, "kmconform trace: %s: offset %" PRIu64 ": not whole: %" PRIu64
		" blocks bad, %" PRIu64 " missing, %" PRIu64 " bytes passed over%s\n", path,
		d->first_bad_offset, d->blocks_bad, d->blocks_missing, d->bytes_skipped,
		d->tail_partial ? ", cut within a block" : "");
	/* Blocks that are not there at all are a loss (a pause between merged times), no damage. */
	return d->blocks_bad || d->tail_partial ? KMC_TRACE_CANNOT : 0;
}

static int parse_number(const char *text, const char *const *units, const double *factors,
			size_t n, uint64_t *value)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || !isfinite(v) || v < 0)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		if (strcmp(end, units[i]))
			continue;
		v *= factors[i];
		if (v >= 18446744073709551616.0)
			return -EINVAL;
		*value = (uint64_t)(v + 0.5);
		return 0;
	}
	return -EINVAL;
}

int kmc_parse_time(const char *text, uint64_t *ns)
{
	static const char *const units[] = { "", "s", "ms", "us", "ns" };
	static const double factors[] = { 1e9, 1e9, 1e6, 1e3, 1 };

	return parse_number(text, units, factors, 5, ns);
}

int kmc_parse_count(const char *text, uint64_t *count)
{
	static const char *const units[] = { "", "k", "K", "M", "G", "KiB", "MiB", "GiB" };
	static const double factors[] = { 1, 1024, 1024, 1048576, 1073741824, 1024, 1048576,
					  1073741824 };

	return parse_number(text, units, factors, 8, count);
}

struct kmc_record *kmc_block_room(const struct kmc_trace *trace)
{
	struct kmc_record *room;
	uint64_t max = 1;

	for (size_t i = 0; i < kmc_trace_nr_blocks(trace); i++)
		if (kmc_trace_block(trace, i)->nr_records > max)
			max = kmc_trace_block(trace, i)->nr_records;
	room = calloc(max, sizeof(*room));
	if (!room)
		kmc_trace_fail("out of memory");
	return room;
}

static void print_help(FILE *out)
{
	fputs("Usage: kmconform trace COMMAND [ARGUMENT...]\n"
	      "Shows and changes traces: files of what a kernel's allocators did.\n\n", out);
	for (size_t i = 0; i < NR_COMMANDS; i++)
		fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
	fputs("\nkmconform trace COMMAND --help tells more.\n", out);
}

static int run(const char *name, int argc, char **argv)
{
	for (size_t i = 0; i < NR_COMMANDS; i++) {
		if (strcmp(name, commands[i].name))
			continue;
		argv[0] = (char *)commands[i].title; /* argp prints it and changes nothing */
		return commands[i].run(argc, argv);
	}
	return kmc_trace_fail("no command %s; see kmconform trace --help", name);
}

int main(int argc, char **argv)
{
	argp_err_exit_status = KMC_TRACE_CANNOT;
	if (argc < 2) {
		print_help(stderr);
		return KMC_TRACE_CANNOT;
	}
	if (!strcmp(argv[1], "--version")) {
		puts(KMC_VERSION_LINE);
		return 0;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
		print_help(stdout);
		return 0;
	}
	return run(argv[1], argc - 1, argv + 1);
}
