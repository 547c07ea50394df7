/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmconform silence: random legal programs on a right allocator. Whatever a rule
 * says of it is a false alarm, of the rule or of the allocator.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "exec/library.h"
#include "exec/target.h"
#include "kmc-version.h"
#include "options/options.h"
#include "silence.h"

const char *argp_program_version = KMC_VERSION_LINE;

#define ALARM  1
#define CANNOT 2
#define PLAIN_S    15  /* between lines where nobody rewrites them, as kmconform fuzz has it */
#define TERMINAL_S 0.5 /* between looks at a terminal */
#define STATE_S    1   /* between states */

enum { KEY_TARGET = 0x100, KEY_LIBRARY, KEY_STATE, KEY_COST, KEY_ACCEPT };

static const struct argp_option options[] = {
	{ "ops", 'n', "N", 0, "Run until N ops were judged (default 1000000)", 0 },
	{ "seed", 's', "N", 0, "The first program's seed (default 1)", 0 },
	{ "jobs", 'j', "N", 0, "Run N processes at a time (default 1); the result is the same", 0 },
	{ "state", KEY_STATE, "FILE", 0,
	  "Keep in FILE how far it is; the same command goes on from there, after kill -9 too", 0 },
	{ "cost", KEY_COST, NULL, 0,
	  "Judge all events once more, from memory, and print what an op costs the oracle", 0 },
	{ "target", KEY_TARGET, "NAME", 0, "alloc (default) or malloc", 0 },
	{ "library", KEY_LIBRARY, "FILE", 0, "malloc: take it from this shared library", 0 },
	{ "accept", KEY_ACCEPT, "FILE", 0,
	  "Findings with these keys, or of these rules' clauses, are known and no alarms", 0 },
	{ "quiet", 'q', NULL, 0, "No progress", 0 },
	{ 0 }
};

static volatile sig_atomic_t stopped;

static void on_signal(int signal)
{
	(void)signal;
	stopped = 1;
}

/* A wait for a job ends when a signal comes; who hangs ends with the second. */
static void catch_signals(void)
{
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct silence_wish *wish = state->input;

	switch (key) {
	case 'n': wish->ops = kmc_option_number(state, arg, 0, UINT64_MAX, "--ops"); break;
	case 's': wish->seed = kmc_option_number(state, arg, 0, UINT64_MAX / 2, "--seed"); break;
	case 'j':
		wish->jobs = (unsigned int)kmc_option_number(state, arg, 1, SILENCE_MAX_JOBS, "--jobs");
		break;
	case KEY_TARGET:
		wish->target = arg;
		if (!kmc_target_find(arg))
			argp_error(state, "no target %s", arg);
		break;
	case KEY_LIBRARY: wish->library = arg; break;
	case KEY_ACCEPT: wish->accept = arg; break;
	case KEY_STATE: wish->state = arg; break;
	case KEY_COST: wish->cost = true; break;
	case 'q': wish->quiet = true; break;
	case ARGP_KEY_ARG: argp_error(state, "what is %s?", arg); break;
	case ARGP_KEY_END:
		if (wish->library && strcmp(wish->target, "malloc"))
			argp_error(state, "--library is for --target malloc");
		if (wish->cost && (wish->jobs > 1 || wish->state))
			argp_error(state, "--cost is for one job, from the beginning");
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* The rate is that of this run, the counts those of all before as well. */
static void progress_line(const struct silence_wish *wish, const struct silence_sum *sum,
			  uint64_t ops_before, double seconds, bool terminal)
{
	double rate = (double)(sum->ops - ops_before) / (seconds > 0 ? seconds : 1);

	fprintf(stderr, "%s%" PRIu64 " of %" PRIu64 " ops, %" PRIu64
		" false alarms, %.0f ops/s, %.0f s left%s", terminal ? "\r\033[K" : "", sum->ops,
		wish->ops, sum->alarms, rate,
		rate > 0 && sum->ops < wish->ops ? (double)(wish->ops - sum->ops) / rate : 0,
		terminal ? "" : "\n");
}

static void progress(const struct silence_wish *wish, const struct silence_sum *sum,
		     uint64_t ops_before, double start)
{
	static double next;
	bool terminal = isatty(STDERR_FILENO);
	double time = now();

	if (wish->quiet)
		return;
	/* The first plain line after a while only: short runs have none. */
	if (!next)
		next = terminal ? start : start + PLAIN_S;
	if (time < next)
		return;
	progress_line(wish, sum, ops_before, time - start, terminal);
	next = time + (terminal ? TERMINAL_S : PLAIN_S);
}

static void progress_clear(const struct silence_wish *wish)
{
	if (!wish->quiet && isatty(STDERR_FILENO))
		fprintf(stderr, "\r\033[K");
}

/* Alarms are told once: what was said is on record before it goes on. */
static int account(const struct silence_wish *wish, struct silence_sum *sum,
		   const struct silence_result *result)
{
	static double next_state;
	double time;

	sum->next_seed = result->seed + 1;
	sum->ops += result->ops;
	sum->events += result->events;
	sum->alarms += result->alarms;
	sum->known += result->known;
	sum->programs++;
	if (result->alarms) {
		progress_clear(wish);
		fwrite(result->text, 1, result->length, stdout);
		fflush(stdout);
	}
	if (!wish->state)
		return 0;
	time = now();
	if (!result->alarms && time < next_state)
		return 0;
	next_state = time + STATE_S;
	return silence_state_write(wish, sum);
}

static int run_all(const struct silence_wish *wish, struct silence_sum *sum)
{
	uint64_t ops_before = sum->ops;
	struct silence_jobs *jobs;
	double start = now();
	int err = 0;

	if (sum->ops >= wish->ops)
		return 0;
	jobs = silence_jobs_start(wish, sum->next_seed);
	if (!jobs)
		return -ECHILD;
	while (!err && !stopped && sum->ops < wish->ops) {
		struct silence_result result;

		err = silence_jobs_next(jobs, &result);
		if (err == -EINTR) {
			err = 0;
			continue;
		}
		err = err ? err : account(wish, sum, &result);
		progress(wish, sum, ops_before, start);
	}
	progress_clear(wish);
	if (!err && wish->cost)
		err = silence_jobs_cost(jobs);
	silence_jobs_stop(jobs);
	if (!err)
		err = silence_state_write(wish, sum);
	return err;
}

static int conclude(const struct silence_wish *wish, const struct silence_sum *sum)
{
	bool whole = sum->ops >= wish->ops;

	if (silence_subject_print(wish))
		return CANNOT;
	printf("%" PRIu64 " ops of %" PRIu64 " programs judged on %s, %" PRIu64 " events, %" PRIu64
	       " false alarms", sum->ops, sum->programs, wish->target, sum->events, sum->alarms);
	if (wish->accept)
		printf(", %" PRIu64 " known", sum->known);
	putchar('\n');
	if (!whole)
		fprintf(stderr, "kmconform silence: stopped before %" PRIu64 " ops%s\n", wish->ops,
			wish->state ? "; the same command goes on" : "");
	return sum->alarms ? ALARM : whole ? 0 : CANNOT;
}

static int load_known(struct silence_wish *wish)
{
	char error[640];
	int err = wish->accept ? kmc_known_load(&wish->known, wish->accept, error, sizeof(error)) : 0;

	if (err)
		fprintf(stderr, "kmconform silence: %s\n", error);
	return err;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Run random programs of correct callers on a correct allocator, over all "
		       "profiles with matching editions, and report what a rule says all the same."
		       "\vPrograms are numbered by their seeds; what is printed does not depend on the "
		       "number of jobs, nor on how often a run with --state was taken up again.\n\n"
		       "What a malloc does not promise is found out or known when it is opened, and "
		       "named at the end; rules that rest on it are unreachable.\n\n"
		       "Exit status: 0 silent, 1 a false alarm, 2 could not run, or was stopped before "
		       "the end.",
	};
	struct silence_wish wish = { .ops = 1000000, .seed = 1, .jobs = 1, .target = "alloc" };
	struct silence_sum sum;
	int status;

	argp_err_exit_status = CANNOT;
	argp_parse(&argp, argc, argv, 0, NULL, &wish);
	kmc_library_prepare(wish.library, argv);
	if (load_known(&wish) || silence_state_read(&wish, &sum))
		return CANNOT;
	catch_signals();
	status = run_all(&wish, &sum) ? CANNOT : conclude(&wish, &sum);
	kmc_known_free(&wish.known);
	return status;
}
