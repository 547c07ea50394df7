/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmconform distill TRACE: the few programs that cover what a recorded trace covers. */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "distill.h"
#include "kmc-version.h"
#include "lives.h"
#include "options/options.h"

const char *argp_program_version = KMC_VERSION_LINE;

#define CANNOT 2

struct arguments {
	const char *trace, *out;
	uint64_t max_events;
	bool quiet;
};

enum { KEY_MAX_EVENTS = 0x100 };

static const struct argp_option options[] = {
	{ "out", 'o', "FOLDER", 0, "Write the seeds there (default: only say how many)", 0 },
	{ "max-events", KEY_MAX_EVENTS, "N", 0, "Read no more of the trace than N events", 0 },
	{ "quiet", 'q', NULL, 0, "No progress", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'o':
		a->out = arg;
		break;
	case KEY_MAX_EVENTS:
		a->max_events = kmc_option_number(state, arg, 1, UINT64_MAX, "--max-events");
		break;
	case 'q':
		a->quiet = true;
		break;
	case ARGP_KEY_ARG:
		if (a->trace)
			argp_error(state, "one trace at a time");
		a->trace = arg;
		break;
	case ARGP_KEY_END:
		if (!a->trace)
			argp_error(state, "no trace named");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "TRACE",
	.doc = "Cut a recorded trace into programs by the lives of its objects, run them, and keep the "
	       "fewest ops that cover every rule and, in a build of preset fuzz, every edge that "
	       "the whole trace covers. The seeds are programs for kmconform check and fuzz.\v"
	       "kmconform distill -o seeds corpus/traces/linux-6.18-mixed.kmt\n\n"
	       "Exit status: 0 done, 2 could not run.",
};

/* progress */

static void on_tick(void *arg, const char *what, uint64_t done, uint64_t all)
{
	const bool *terminal = arg;

	if (!*terminal)
		return;
	if (all)
		fprintf(stderr, "\r\033[K%s: %" PRIu64 " of %" PRIu64, what, done, all);
	else
		fprintf(stderr, "\r\033[K%s: %" PRIu64, what, done);
}

/* running */

static int run_cuts(struct kmc_distill *d, const struct kmc_lives *lives,
		    const struct kmc_trace_facts *facts, struct kmc_program *program,
		    int (*each)(struct kmc_distill *d, const struct kmc_program *program))
{
	for (size_t first = 0; first < lives->nr;) {
		int nr = kmc_lives_cut(lives, facts, first, program);
		int err = nr < 0 ? nr : each(d, program);

		if (err)
			return err;
		first += (size_t)nr;
		if (d->tick && first / KMC_LIVES_PER_CUT % 64 == 0)
			d->tick(d->arg, "lives run", first, lives->nr);
	}
	return 0;
}

/* Seen twice: what happens once in a process belongs to no cut. */
static int distill(struct kmc_distill *d, const struct kmc_lives *lives,
		   const struct kmc_trace_facts *facts)
{
	struct kmc_program program;
	int err;

	kmc_program_init(&program);
	kmc_lives_machine(facts, &program);
	err = run_cuts(d, lives, facts, &program, kmc_distill_warm);
	if (!err)
		err = run_cuts(d, lives, facts, &program, kmc_distill_add);
	if (!err)
		err = kmc_distill_choose(d);
	if (!err)
		err = kmc_distill_reduce(d);
	if (!err)
		err = kmc_distill_choose(d);
	kmc_program_free(&program);
	return err;
}

/* the seeds as files */

static int write_seed(const struct kmc_seed *seed, const char *folder, const char *name)
{
	char path[PATH_MAX];
	FILE *out;
	int err;

	if (snprintf(path, sizeof(path), "%s/%s-%05" PRIu64 ".op", folder, name, seed->cut) >=
	    (int)sizeof(path))
		return -ENAMETOOLONG;
	out = fopen(path, "w");
	if (!out)
		return -errno;
	err = kmc_program_print(&seed->program, out);
	if (fclose(out) && !err)
		err = -errno;
	return err;
}

static int write_seeds(const struct arguments *a, const struct kmc_distill *d)
{
	char *copy = strdup(a->trace), *name = copy ? basename(copy) : NULL;
	int err = copy ? 0 : -ENOMEM;

	if (copy && strrchr(name, '.'))
		*strrchr(name, '.') = '\0';
	if (!err && mkdir(a->out, 0777) && errno != EEXIST)
		err = -errno;
	for (size_t i = 0; i < d->nr && !err; i++)
		err = write_seed(&d->seeds[i], a->out, name);
	free(copy);
	return err;
}

static void print(const struct kmc_distill *d, const struct kmc_lives *lives, int64_t lost)
{
	struct kmc_cover_count whole;
	uint64_t ops = kmc_distill_ops(d);

	kmc_cover_count(&d->whole, &whole);
	printf("events read          : %" PRIu64 "\n", lives->events);
	printf("lives                : %zu in %" PRIu64 " programs\n", lives->nr, d->cuts);
	printf("passed over          : %" PRIu64 " frees of what was before, %" PRIu64
	       " failed, %" PRIu64 " told twice, %" PRIu64 " others\n",
	       lives->of_before, lives->failed, lives->twice, lives->other);
	printf("ops of the whole     : %" PRIu64 "\n", lives->ops);
	printf("seeds                : %zu\n", d->nr);
	printf("ops kept             : %" PRIu64 "\n", ops);
	printf("share of the ops     : %.3f %%\n",
	       lives->ops ? 100.0 * (double)ops / (double)lives->ops : 0);
	printf("rules exercised      : %zu, passed %zu\n", whole.rules, whole.passed);
	if (kmc_cover_edges())
		printf("edges                : %zu of %zu\n", whole.edges, kmc_cover_edges());
	else
		printf("edges                : not counted by this build (preset fuzz does)\n");
	printf("lost by the seeds    : %" PRId64 "\n", lost);
	printf("violated             : %" PRIu64 "\n", d->violated);
	printf("runs                 : %" PRIu64 "\n", d->runs);
}

static int complain(const struct arguments *a, const char *error, int err)
{
	fprintf(stderr, "kmconform distill: %s\n", *error ? error : a->trace);
	if (!*error)
		fprintf(stderr, "kmconform distill: %s\n", strerror(-err));
	return CANNOT;
}

static int work(const struct arguments *a, struct kmc_trace *trace, struct kmc_distill *d)
{
	struct kmc_lives lives = { 0 };
	int64_t lost = 0;
	int err = kmc_lives_read(&lives, trace, a->max_events);

	if (!err)
		err = kmc_distill_begin(d);
	if (!err)
		err = distill(d, &lives, kmc_trace_facts(trace));
	if (!err)
		lost = kmc_distill_check(d);
	if (!err && lost < 0)
		err = (int)lost;
	if (!err && a->out)
		err = write_seeds(a, d);
	if (*(bool *)d->arg)
		fprintf(stderr, "\r\033[K");
	if (!err)
		print(d, &lives, lost);
	kmc_lives_free(&lives);
	return err;
}

int main(int argc, char **argv)
{
	struct arguments arguments = { 0 };
	bool terminal = isatty(STDERR_FILENO);
	struct kmc_distill d = { .tick = on_tick, .arg = &terminal };
	struct kmc_trace *trace;
	char error[512] = "";
	int err;

	argp_err_exit_status = CANNOT;
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	terminal &= !arguments.quiet;
	err = kmc_trace_open(arguments.trace, &trace, error, sizeof(error));
	if (err)
		return complain(&arguments, error, err);
	d.rigs = kmc_rigs_create(1, 0);
	err = d.rigs ? work(&arguments, trace, &d) : -ENOMEM;
	kmc_distill_end(&d);
	kmc_rigs_destroy(d.rigs);
	kmc_trace_close(trace);
	return err ? complain(&arguments, "", err) : 0;
}
