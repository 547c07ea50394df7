/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmconform silence: random legal programs on a right allocator. Whatever a rule
 * says of it is a false alarm, of the rule or of the allocator.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "exec/library.h"
#include "exec/target.h"
#include "generate/generate.h"
#include "kmc-version.h"
#include "oracle/judge.h"

const char *argp_program_version = KMC_VERSION_LINE;

#define ALARM  1
#define CANNOT 2
#define PROGRAMS_A_MACHINE 64

struct arguments {
	uint64_t ops, seed;
	const char *target, *library;
	bool quiet;
};

enum { KEY_TARGET = 0x100, KEY_LIBRARY };

static const struct argp_option options[] = {
	{ "ops", 'n', "N", 0, "Run until N ops were judged (default 1000000)", 0 },
	{ "seed", 's', "N", 0, "The first program's seed (default 1)", 0 },
	{ "target", KEY_TARGET, "NAME", 0, "alloc (default) or malloc", 0 },
	{ "library", KEY_LIBRARY, "FILE", 0, "malloc: take it from this shared library", 0 },
	{ "quiet", 'q', NULL, 0, "No progress", 0 },
	{ 0 }
};

static const uint32_t profiles[] = { KMC_RELEASE(6, 1, 192), KMC_RELEASE(6, 6, 9),
				     KMC_RELEASE(6, 12, 117), KMC_RELEASE(6, 18, 44) };
static const uint32_t editions[] = { KMC_RELEASE(6, 1, 0), KMC_RELEASE(6, 6, 0),
				     KMC_RELEASE(6, 12, 0), KMC_RELEASE(6, 18, 0) };

struct run {
	const struct arguments *a;
	struct kmc_target *target;
	struct kmc_judge *judge;
	uint64_t seed, ops, events, programs, alarms;
	int error;
	struct kmc_gen_wish wish;
};

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool is_malloc(const struct arguments *a)
{
	return !strcmp(a->target, "malloc");
}

/* Advice that is not followed is a note, whoever the subject is. */
static bool is_note(const struct kmc_rule *rule)
{
	return rule->strength == KMC_SHOULD && rule->party == KMC_PARTY_CALLER;
}

static void on_violation(void *arg, const struct kmc_finding *finding)
{
	struct run *run = arg;
	const struct kmc_rule *rule = kmc_rule_at((size_t)finding->rule);

	if (is_note(rule))
		return;
	run->alarms++;
	printf("%s %s %s: seed %" PRIu64 " machine %" PRIu64 " profile %u.%u\n  let %s\n  then %s\n"
	       "  but %s\n", rule->id, finding->call, finding->clause, run->wish.seed,
	       run->wish.machine, run->wish.profile >> 20, run->wish.profile >> 10 & 1023,
	       finding->let, finding->then, finding->but);
}

static void on_event(void *arg, const struct kmc_event *ev)
{
	struct run *run = arg;

	run->events++;
	if (kmc_judge_event(run->judge, ev) < 0)
		run->error = -ENOMEM;
}

static void on_cache(void *arg, const struct kmc_cache_desc *cache)
{
	struct run *run = arg;

	if (kmc_judge_cache(run->judge, cache))
		run->error = -ENOMEM;
}

static void close_subject(struct run *run)
{
	kmc_judge_destroy(run->judge);
	if (run->target)
		run->target->ops->close(run->target);
	run->judge = NULL;
	run->target = NULL;
}

static int open_subject(struct run *run, const struct kmc_program *program)
{
	struct kmc_target_config config = { .machine = program->machine,
					    .library = run->a->library,
					    .flags = KMC_TARGET_OBSERVE };
	const struct kmc_target_ops *ops = kmc_target_find(run->a->target);
	struct kmc_subject subject = { .edition = program->edition };
	struct kmc_caps caps;
	char error[256] = "";
	int err;

	close_subject(run);
	if (program->machine.seed % 3 == 0)
		config.flags |= KMC_TARGET_TRACEPOINTS;
	err = ops->open(&config, &run->target, error, sizeof(error));
	if (err) {
		fprintf(stderr, "kmconform silence: %s\n", *error ? error : strerror(-err));
		return err;
	}
	run->target->ops->caps(run->target, &caps);
	memcpy(subject.name, caps.name, sizeof(subject.name));
	subject.machine = caps.machine;
	subject.shows = caps.shows;
	subject.disclaims = caps.disclaims;
	err = kmc_judge_create(&subject, &run->judge);
	if (!err)
		kmc_judge_on_violation(run->judge, on_violation, run);
	return err;
}

static int run_program(struct run *run, struct kmc_program *program)
{
	struct kmc_sink sink = { .arg = run, .event = on_event, .cache = on_cache };
	uint64_t machine = 1 + run->seed / PROGRAMS_A_MACHINE;
	bool first = !run->target || run->wish.machine != machine;
	const char *rule;
	int err;

	run->wish = (struct kmc_gen_wish){ .seed = run->seed++, .machine = machine,
					   .profile = profiles[machine % 4],
					   .edition = editions[machine % 4],
					   .kmalloc_only = is_malloc(run->a) };
	err = kmc_generate(program, &run->wish, &rule);
	if (!err && first)
		err = open_subject(run, program);
	if (!err)
		err = run->target->ops->reset(run->target);
	if (err)
		return err;
	kmc_judge_reset(run->judge);
	err = kmc_target_run(run->target, program->ops, program->nr_ops, &sink, 10000);
	if (!err && kmc_judge_finish(run->judge) < 0)
		err = -ENOMEM;
	run->ops += program->nr_ops;
	run->programs++;
	return err ? err : run->error;
}

static void progress(const struct run *run, double start)
{
	double seconds = now() - start, rate = (double)run->ops / (seconds > 0 ? seconds : 1);

	fprintf(stderr, "\r%" PRIu64 " ops, %" PRIu64 " false alarms, %.0f ops/s, %.0f s left   ",
		run->ops, run->alarms, rate, (double)(run->a->ops - run->ops) / rate);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;
	char *end;

	switch (key) {
	case 'n':
	case 's':
		errno = 0;
		*(key == 'n' ? &a->ops : &a->seed) = strtoull(arg, &end, 10);
		if (errno || *end || end == arg || *arg == '-')
			argp_error(state, "%s is no number", arg);
		break;
	case KEY_TARGET:
		a->target = arg;
		if (!kmc_target_find(arg))
			argp_error(state, "no target %s", arg);
		break;
	case KEY_LIBRARY: a->library = arg; break;
	case 'q': a->quiet = true; break;
	case ARGP_KEY_ARG: argp_error(state, "what is %s?", arg); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Run random programs of correct callers on a correct allocator, over all "
		       "profiles with matching editions, and report what a rule says all the same."
		       "\vExit status: 0 silent, 1 a false alarm, 2 could not run.",
	};
	struct arguments a = { .ops = 1000000, .seed = 1, .target = "alloc" };
	struct kmc_program program;
	struct run run = { .a = &a };
	double start;
	int err = 0;

	argp_err_exit_status = CANNOT;
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	kmc_library_prepare(a.library, argv);
	run.seed = a.seed;
	kmc_program_init(&program);
	start = now();
	while (!err && run.ops < a.ops) {
		err = run_program(&run, &program);
		if (!a.quiet && isatty(STDERR_FILENO) && run.programs % 256 == 0)
			progress(&run, start);
	}
	if (isatty(STDERR_FILENO) && !a.quiet)
		fprintf(stderr, "\r%70s\r", "");
	close_subject(&run);
	kmc_program_free(&program);
	if (err) {
		fprintf(stderr, "kmconform silence: seed %" PRIu64 ": %s\n", run.wish.seed,
			strerror(-err));
		return CANNOT;
	}
	printf("%" PRIu64 " ops of %" PRIu64 " programs judged on %s, %" PRIu64 " events, %" PRIu64
	       " false alarms\n", run.ops, run.programs, a.target, run.events, run.alarms);
	return run.alarms ? ALARM : 0;
}
