// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kmconform-bench-record: what recording costs the recorded, as a ratio to
 * empty programs on the same tracepoints under the same load. Rounds alternate
 * nothing, empty programs and a real recording (to a file, by a process of its
 * own); the load's own cpu time is measured, the fastest of some slices in each
 * round, the median over the rounds.
 */
#include <argp.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/msg.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "empty.skel.h"
#include "kmc-version.h"
#include "recorder.h"

#define MAX_ROUNDS 201
#define SLICES     80
#define MUST_RATIO 6.0
#define GOOD_RATIO 4.5

enum mode { NONE, EMPTY, RECORD, COARSE, NR_MODES };
static const char *const mode_names[NR_MODES] = {
	"nothing", "empty programs", "recorder, exact clock", "recorder, coarse clock",
};

struct load {
	const char *name;
	void (*run)(long count);
	long count;       /* operations of a slice: somewhat over 1 ms */
	double events;    /* per operation; measured */
	double ns[NR_MODES][MAX_ROUNDS];
};

static int queue;

static void run_access(long count)
{
	for (long i = 0; i < count; i++)
		access("", F_OK);
}

static void run_message(long count)
{
	struct {
		long type;
		char text[64];
	} message = { 1, "" };

	for (long i = 0; i < count; i++) {
		message.type = 1;
		if (msgsnd(queue, &message, 40, 0) ||
		    msgrcv(queue, &message, sizeof(message.text), 0, 0) < 0)
			return;
	}
}

static struct load loads[] = {
	{ .name = "access of an empty path", .run = run_access, .count = 6000 },
	{ .name = "message queue", .run = run_message, .count = 2500 },
};
#define NR_LOADS (sizeof(loads) / sizeof(loads[0]))

static double cpu_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Nanoseconds of cpu time per operation, the fastest slice. */
static double measure(const struct load *load)
{
	double best = 1e18;

	for (int i = 0; i < SLICES; i++) {
		double start = cpu_ns(), ns;

		load->run(load->count);
		ns = (cpu_ns() - start) / (double)load->count;
		if (ns < best)
			best = ns;
	}
	return best;
}

/* the recording process */

struct link_ends {
	int ready[2], end[2];
	pid_t pid;
};

static uint64_t all_hits(struct kmc_recorder *r)
{
	struct kmc_recorder_stats stats;
	uint64_t hits = 0;

	kmc_recorder_stats(r, &stats);
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++)
		hits += stats.count[p].hits;
	return hits;
}

/* Records until told to end; says when it is ready, and at each byte how often programs ran. */
static int record_child(struct link_ends *link, bool coarse)
{
	struct kmc_recorder_options options;
	const struct timespec pause = { 0, 1000000 };
	char path[] = "/tmp/kmc-bench-XXXXXX", error[256];
	int fd = mkstemp(path), ret;
	struct kmc_recorder *r;
	uint64_t hits;
	char byte;

	if (fd < 0)
		return 2;
	close(fd);
	kmc_recorder_options_init(&options);
	options.path = path;
	options.clock_coarse = coarse;
	ret = kmc_recorder_open(&options, &r, error, sizeof(error));
	unlink(path);
	if (ret || kmc_recorder_start(r)) {
		fprintf(stderr, "kmconform bench-record: %s\n", ret ? error : path);
		return 2;
	}
	fcntl(link->end[0], F_SETFL, O_NONBLOCK);
	hits = 0;
	if (write(link->ready[1], &hits, sizeof(hits)) < 0)
		return 2;
	for (;;) {
		ssize_t n = read(link->end[0], &byte, 1);

		if (!n)
			break;
		if (n == 1) {
			hits = all_hits(r);
			if (write(link->ready[1], &hits, sizeof(hits)) < 0)
				break;
		}
		nanosleep(&pause, NULL);
		if (kmc_recorder_poll(r))
			return 2;
	}
	ret = kmc_recorder_stop(r, false);
	kmc_recorder_close(r);
	return ret ? 2 : 0;
}

static uint64_t ask_hits(const struct link_ends *link)
{
	uint64_t hits = 0;

	if (write(link->end[1], "", 1) != 1 ||
	    read(link->ready[0], &hits, sizeof(hits)) != sizeof(hits))
		return 0;
	return hits;
}

static int start_recording(struct link_ends *link, bool coarse)
{
	uint64_t hits;

	if (pipe(link->ready) || pipe(link->end))
		return -errno;
	fflush(NULL);
	link->pid = fork();
	if (!link->pid) {
		cpu_set_t all;

		memset(&all, 0xff, sizeof(all));
		sched_setaffinity(0, sizeof(all), &all);
		close(link->ready[0]);
		close(link->end[1]);
		_exit(record_child(link, coarse));
	}
	close(link->ready[1]);
	close(link->end[0]);
	return read(link->ready[0], &hits, sizeof(hits)) == sizeof(hits) ? 0 : -EIO;
}

static int end_recording(struct link_ends *link)
{
	int status = 0;

	close(link->end[1]);
	close(link->ready[0]);
	waitpid(link->pid, &status, 0);
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -EIO;
}

/* rounds */

static void measure_all(enum mode mode, int round)
{
	for (size_t l = 0; l < NR_LOADS; l++)
		loads[l].ns[mode][round] = measure(&loads[l]);
}

static int round_empty(int round)
{
	struct empty_bpf *skel = empty_bpf__open_and_load();

	if (!skel)
		return -errno;
	if (empty_bpf__attach(skel)) {
		empty_bpf__destroy(skel);
		return -EIO;
	}
	measure_all(EMPTY, round);
	empty_bpf__destroy(skel);
	return 0;
}

static int round_record(enum mode mode, int round)
{
	struct link_ends link;
	int ret = start_recording(&link, mode == COARSE);

	for (size_t l = 0; l < NR_LOADS && !ret; l++) {
		uint64_t hits = ask_hits(&link);

		loads[l].ns[mode][round] = measure(&loads[l]);
		hits = ask_hits(&link) - hits;
		loads[l].events = (double)(hits / ((uint64_t)loads[l].count * SLICES));
	}
	return ret ? ret : end_recording(&link);
}

static int one_round(int round, bool coarse)
{
	int ret;

	measure_all(NONE, round);
	ret = round_empty(round);
	if (!ret)
		ret = round_record(RECORD, round);
	if (!ret && coarse)
		ret = round_record(COARSE, round);
	return ret;
}

/* report */

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values, int nr)
{
	qsort(values, (size_t)nr, sizeof(*values), by_value);
	return nr % 2 ? values[nr / 2] : (values[nr / 2 - 1] + values[nr / 2]) / 2;
}

/* Median over the rounds of what a mode adds to an event, with its quartiles. */
static double added(const struct load *load, enum mode mode, int rounds, double *q1, double *q3)
{
	double diff[MAX_ROUNDS], mid;

	for (int i = 0; i < rounds; i++)
		diff[i] = (load->ns[mode][i] - load->ns[NONE][i]) / load->events;
	mid = median(diff, rounds);
	*q1 = diff[rounds / 4];
	*q3 = diff[rounds - 1 - rounds / 4];
	return mid;
}

/* The same of the fastest slices of all rounds: what is left when others leave the cpu alone. */
static double added_at_best(const struct load *load, enum mode mode, int rounds)
{
	double best = 1e18, none = 1e18;

	for (int i = 0; i < rounds; i++) {
		if (load->ns[mode][i] < best)
			best = load->ns[mode][i];
		if (load->ns[NONE][i] < none)
			none = load->ns[NONE][i];
	}
	return (best - none) / load->events;
}

static bool report_load(struct load *load, int rounds, bool coarse)
{
	double none[MAX_ROUNDS], empty = 0, cost, best, q1, q3;
	bool good = true;

	memcpy(none, load->ns[NONE], sizeof(none));
	printf("%s: %.0f ns and %.0f events an operation\n", load->name, median(none, rounds),
	       load->events);
	for (enum mode m = EMPTY; m <= (coarse ? COARSE : RECORD); m++) {
		cost = added(load, m, rounds, &q1, &q3);
		best = added_at_best(load, m, rounds);
		printf("  %-24s %6.1f ns an event (quartiles %.1f to %.1f; best of all %.1f)",
		       mode_names[m], cost, q1, q3, best);
		if (m == EMPTY)
			empty = cost;
		else
			printf(", %.2f times empty programs", cost / empty);
		putchar('\n');
		if (m == RECORD) {
			good = cost <= MUST_RATIO * empty;
			printf("  exact clock: %s (must %.1f, good %.1f)\n",
			       !good ? "TOO MUCH" :
			       cost <= GOOD_RATIO * empty ? "good" : "within must",
			       MUST_RATIO, GOOD_RATIO);
		}
	}
	return good;
}

struct args {
	int rounds;
	bool coarse, check;
};

static const struct argp_option options[] = {
	{ "rounds", 'r', "N", 0, "Alternations; default 15", 0 },
	{ "coarse", 'c', NULL, 0, "The coarse clock too", 0 },
	{ "check", 'k', NULL, 0, "Exit status 1 when it costs more than it must", 0 },
	{ 0 },
};

static error_t take(int key, char *arg, struct argp_state *state)
{
	struct args *a = state->input;

	switch (key) {
	case 'r':
		a->rounds = atoi(arg);
		if (a->rounds < 1 || a->rounds > MAX_ROUNDS)
			argp_error(state, "--rounds %s: 1 to %d", arg, MAX_ROUNDS);
		break;
	case 'c': a->coarse = true; break;
	case 'k': a->check = true; break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static void print_version(FILE *out, struct argp_state *state)
{
	(void)state;
	fprintf(out, "%s\n", KMC_VERSION_LINE);
}

static int quiet_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

/* One cpu for the load, so that its cache and its ring are the same all the time. */
static void pin(void)
{
	cpu_set_t cpus;
	long last = sysconf(_SC_NPROCESSORS_ONLN) - 1;

	CPU_ZERO(&cpus);
	CPU_SET((size_t)last, &cpus);
	sched_setaffinity(0, sizeof(cpus), &cpus);
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options, take, NULL, "What recording costs, against empty programs.",
		NULL, NULL, NULL,
	};
	struct args args = { .rounds = 15 };
	bool good = true;
	int ret = 0;

	argp_program_version_hook = print_version;
	argp_err_exit_status = 2;
	if (argp_parse(&argp, argc, argv, 0, NULL, &args))
		return 2;
	libbpf_set_print(quiet_libbpf);
	signal(SIGPIPE, SIG_IGN);
	queue = msgget(IPC_PRIVATE, 0600);
	pin();
	for (int i = 0; i < args.rounds && !ret; i++) {
		ret = one_round(i, args.coarse);
		if (isatty(2))
			fprintf(stderr, "\rround %d of %d ", i + 1, args.rounds);
	}
	msgctl(queue, IPC_RMID, NULL);
	if (ret) {
		fprintf(stderr, "kmconform bench-record: %s\n", kmc_probes_why_not(ret));
		return 2;
	}
	printf("%d alternations on one cpu; medians\n", args.rounds);
	for (size_t l = 0; l < NR_LOADS; l++)
		good &= report_load(&loads[l], args.rounds, args.coarse);
	return args.check && !good;
}
