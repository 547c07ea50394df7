// SPDX-License-Identifier: GPL-2.0-or-later
/* Command line of kmconform-record; see record_args.h. */
#include "record_args.h"
#include <argp.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kmc-version.h"

enum {
	OPT_MAX_SIZE = 256, OPT_ROTATE_SIZE, OPT_ROTATE_SECONDS, OPT_KEEP, OPT_RING_SIZE,
	OPT_CLOCK, OPT_CACHE, OPT_OBJECT_MIN, OPT_OBJECT_MAX, OPT_PID, OPT_PROBES,
	OPT_NULL_FREES, OPT_WITNESS, OPT_NO_REDACT, OPT_KEEP_RIGHTS, OPT_VERBOSE,
};

static const struct argp_option options[] = {
	{ "duration", 'd', "SECONDS", 0, "Stop after so long; 0 (default): at SIGINT", 1 },
	{ "output", 'o', "FILE", 0, "The trace (required)", 1 },
	{ "max-size", OPT_MAX_SIZE, "BYTES", 0, "Stop when so much is written (K, M, G)", 1 },
	{ "quiet", 'q', NULL, 0, "No progress, no summary", 1 },
	{ "rotate-size", OPT_ROTATE_SIZE, "BYTES", 0,
	  "Write FILE.0001 and so on, a new one at this size", 2 },
	{ "rotate-seconds", OPT_ROTATE_SECONDS, "N", 0, "The same by time", 2 },
	{ "keep", OPT_KEEP, "N", 0, "Keep the last N of these files only", 2 },
	{ "probes", OPT_PROBES, "LIST", 0,
	  "Tracepoints to record, by name or group (object, page, reclaim, oom, vmap, "
	  "percpu); default all", 3 },
	{ "cache", OPT_CACHE, "NAME", 0,
	  "Cache events of this cache only, no kmalloc or pages", 3 },
	{ "object-min", OPT_OBJECT_MIN, "BYTES", 0,
	  "No kmalloc of less; frees do not tell sizes and stay", 3 },
	{ "object-max", OPT_OBJECT_MAX, "BYTES", 0, "No kmalloc of more", 3 },
	{ "pid", OPT_PID, "PID", 0,
	  "Events while this process runs; what others free for it is missing then", 3 },
	{ "null-frees", OPT_NULL_FREES, NULL, 0,
	  "Record frees of NULL one by one; else they are counted", 3 },
	{ "ring-size", OPT_RING_SIZE, "BYTES", 0, "Buffer per cpu; default 32M", 4 },
	{ "clock", OPT_CLOCK, "exact|coarse", 0,
	  "coarse: ticks of the kernel, cheaper by the cost of a clock", 4 },
	{ "witness", OPT_WITNESS, NULL, 0,
	  "Let perf count the same tracepoints and state what no program was run for; "
	  "costs some 90 ns an event, as much again as recording", 4 },
	{ "no-redact", OPT_NO_REDACT, NULL, 0,
	  "Keep the kernel's addresses; the file is then for its owner only", 4 },
	{ "keep-rights", OPT_KEEP_RIGHTS, NULL, 0, "Do not drop rights after loading", 4 },
	{ "verbose", OPT_VERBOSE, NULL, 0, "Say what libbpf says", 4 },
	{ 0 },
};

static const struct {
	const char *name;
	uint32_t probes;
} groups[] = {
	{ "object", 1u << KMC_PROBE_KMALLOC | 1u << KMC_PROBE_KFREE |
		    1u << KMC_PROBE_CACHE_ALLOC | 1u << KMC_PROBE_CACHE_FREE },
	{ "page", 1u << KMC_PROBE_PAGE_ALLOC | 1u << KMC_PROBE_PAGE_FREE },
	{ "reclaim", 1u << KMC_PROBE_RECLAIM_BEGIN | 1u << KMC_PROBE_RECLAIM_END |
		     1u << KMC_PROBE_KSWAPD_WAKE },
	{ "oom", 1u << KMC_PROBE_MARK_VICTIM },
	{ "vmap", 1u << KMC_PROBE_VMAP_ALLOC | 1u << KMC_PROBE_VMAP_FREE },
	{ "percpu", 1u << KMC_PROBE_PERCPU_ALLOC | 1u << KMC_PROBE_PERCPU_FREE },
	{ "all", (1u << KMC_NR_PROBES) - 1 },
};

int kmc_bytes_parse(const char *text, uint64_t *bytes)
{
	static const char units[] = "KMGT";
	char *end;
	const char *unit;
	unsigned int shift = 0;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	*bytes = strtoull(text, &end, 10);
	unit = *end ? strchr(units, *end & ~0x20) : NULL;
	if (unit) {
		shift = 10 * (unsigned int)(unit - units + 1);
		end++;
	}
	if (*end || errno || *bytes > UINT64_MAX >> shift)
		return -EINVAL;
	*bytes <<= shift;
	return 0;
}

static uint32_t probes_of(const char *word, size_t len)
{
	int probe = kmc_probes_find(word, len);

	if (probe >= 0)
		return 1u << probe;
	for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
		if (strlen(groups[i].name) == len && !memcmp(groups[i].name, word, len))
			return groups[i].probes;
	return 0;
}

int kmc_probe_list_parse(const char *list, uint32_t *wanted, const char **bad, int *bad_len)
{
	*wanted = 0;
	for (const char *word = list;; word++) {
		size_t len = strcspn(word, ",");
		uint32_t probes = probes_of(word, len);

		if (!probes) {
			*bad = word;
			*bad_len = (int)len;
			return -EINVAL;
		}
		*wanted |= probes;
		word += len;
		if (!*word)
			return 0;
	}
}

static void take_bytes(struct argp_state *state, const char *option, const char *arg,
		       uint64_t *bytes)
{
	if (kmc_bytes_parse(arg, bytes))
		argp_error(state, "--%s %s: not a number of bytes", option, arg);
}

static double take_seconds(struct argp_state *state, const char *option, const char *arg)
{
	char *end;
	double seconds = strtod(arg, &end);

	if (end == arg || *end || !isfinite(seconds) || seconds < 0 || seconds > 1e9)
		argp_error(state, "--%s %s: not a number of seconds", option, arg);
	return seconds;
}

static long take_number(struct argp_state *state, const char *option, const char *arg)
{
	char *end;
	long number = strtol(arg, &end, 10);

	if (end == arg || *end || number < 1 || number > 1 << 30)
		argp_error(state, "--%s %s: not a positive number", option, arg);
	return number;
}

static void take_probes(struct argp_state *state, const char *arg, uint32_t *wanted)
{
	const char *bad;
	int len;

	if (kmc_probe_list_parse(arg, wanted, &bad, &len))
		argp_error(state, "--probes: \"%.*s\" is no tracepoint that is recorded", len, bad);
}

static void take_clock(struct argp_state *state, const char *arg, bool *coarse)
{
	*coarse = !strcmp(arg, "coarse");
	if (!*coarse && strcmp(arg, "exact"))
		argp_error(state, "--clock %s: exact or coarse", arg);
}

static error_t take(int key, char *arg, struct argp_state *state)
{
	struct kmc_record_args *a = state->input;
	struct kmc_recorder_options *r = &a->recorder;

	switch (key) {
	case 'd': a->duration = take_seconds(state, "duration", arg); break;
	case 'o': r->path = arg; break;
	case 'q': a->quiet = true; break;
	case OPT_MAX_SIZE: take_bytes(state, "max-size", arg, &a->max_bytes); break;
	case OPT_ROTATE_SIZE: take_bytes(state, "rotate-size", arg, &r->rotate_bytes); break;
	case OPT_ROTATE_SECONDS:
		r->rotate_ns = (uint64_t)(take_seconds(state, "rotate-seconds", arg) * 1e9);
		break;
	case OPT_KEEP: r->keep = (unsigned int)take_number(state, "keep", arg); break;
	case OPT_PROBES: take_probes(state, arg, &r->wanted); break;
	case OPT_CACHE: r->only_cache = arg; break;
	case OPT_OBJECT_MIN: take_bytes(state, "object-min", arg, &r->object_min); break;
	case OPT_OBJECT_MAX: take_bytes(state, "object-max", arg, &r->object_max); break;
	case OPT_PID: r->only_pid = (int)take_number(state, "pid", arg); break;
	case OPT_NULL_FREES: r->null_frees = true; break;
	case OPT_RING_SIZE: take_bytes(state, "ring-size", arg, &r->ring_bytes); break;
	case OPT_WITNESS: r->witness = true; break;
	case OPT_CLOCK: take_clock(state, arg, &r->clock_coarse); break;
	case OPT_NO_REDACT: r->redact = false; break;
	case OPT_KEEP_RIGHTS: a->keep_rights = true; break;
	case OPT_VERBOSE: a->verbose = true; break;
	case ARGP_KEY_END:
		if (!r->path)
			argp_error(state, "where to? (-o FILE)");
		if (r->keep && !r->rotate_bytes && !r->rotate_ns)
			argp_error(state, "--keep needs --rotate-size or --rotate-seconds");
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void print_version(FILE *out, struct argp_state *state)
{
	(void)state;
	fprintf(out, "%s\n", KMC_VERSION_LINE);
}

int kmc_record_args_parse(int argc, char **argv, struct kmc_record_args *args)
{
	static const struct argp argp = {
		.options = options,
		.parser = take,
		.doc = "Records the allocations of the running kernel into a trace.\v"
		       "Needs CAP_BPF and CAP_PERFMON, and root for frame numbers and names. "
		       "Exit status: 0 recorded, 2 could not (what was recorded is kept).",
	};

	*args = (struct kmc_record_args){ 0 };
	kmc_recorder_options_init(&args->recorder);
	args->recorder.tool = KMC_VERSION_LINE;
	argp_program_version_hook = print_version;
	argp_err_exit_status = 2;
	return argp_parse(&argp, argc, argv, 0, NULL, args) ? 2 : -1;
}
