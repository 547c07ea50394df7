// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kmconform-record: records the running kernel. Everything that needs rights
 * comes first; then they are dropped, and a loop wakes every millisecond to
 * empty the rings until a signal, the time or the size ends it.
 */
#include <bpf/libbpf.h>
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include "progress.h"
#include "record_args.h"
#include "recorder.h"
#include "rights.h"

#define POLL_NS 1000000

static volatile sig_atomic_t stop;

static void on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static void catch_signals(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	sigaction(SIGHUP, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* a size limit is an error of writing, not a death */
}

static int quiet_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static uint64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int fail(const char *what)
{
	fprintf(stderr, "kmconform record: %s\n", what);
	return 2;
}

static int fail_file(const struct kmc_recorder *r, int error, const char *then)
{
	fprintf(stderr, "kmconform record: %s: %s%s\n", kmc_recorder_file(r), strerror(-error),
		then);
	return 2;
}

/* Records until it is time to end. Return: 0, -errno of writing. */
static int run(struct kmc_recorder *r, const struct kmc_record_args *args)
{
	const struct timespec pause = { 0, POLL_NS };
	uint64_t now = monotonic_ns(), duration = (uint64_t)(args->duration * 1e9);
	uint64_t end = duration ? now + duration : UINT64_MAX;
	struct kmc_recorder_stats stats;
	struct kmc_progress progress;
	int ret = 0;

	kmc_progress_start(&progress, stderr, args->quiet, now, duration);
	while (!stop && now < end && !ret) {
		nanosleep(&pause, NULL);
		ret = kmc_recorder_poll(r);
		now = monotonic_ns();
		if (!kmc_progress_due(&progress, now) && !args->max_bytes)
			continue;
		kmc_recorder_stats(r, &stats);
		if (args->max_bytes && stats.bytes >= args->max_bytes)
			break;
		if (kmc_progress_due(&progress, now))
			kmc_progress_show(&progress, now, &stats);
	}
	kmc_progress_clear(&progress);
	return ret;
}

static void summary(struct kmc_recorder *r, const struct kmc_record_args *args)
{
	struct kmc_recorder_stats s;
	uint64_t misses = 0, self = 0, null = 0, filtered = 0;
	char bytes[32];

	if (args->quiet)
		return;
	kmc_recorder_stats(r, &s);
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++) {
		misses += s.count[p].recursion_misses;
		self += s.count[p].skipped_self;
		null += s.count[p].skipped_null;
		filtered += s.count[p].filtered;
	}
	fprintf(stderr,
		"%s: %llu events, %s (%.2f B/event); lost %llu, missed by recursion %llu, "
		"frees of NULL %llu, own %llu, filtered %llu\n",
		kmc_recorder_file(r), (unsigned long long)s.events,
		kmc_bytes_print(bytes, sizeof(bytes), s.bytes),
		s.events ? (double)s.bytes / (double)s.events : 0, (unsigned long long)s.lost,
		(unsigned long long)misses, (unsigned long long)null, (unsigned long long)self,
		(unsigned long long)filtered);
}

/* Ends the recording; says what went wrong, if anything did. */
static int finish(struct kmc_recorder *r, const struct kmc_record_args *args, int error)
{
	int ret = kmc_recorder_stop(r, error != 0);

	if (error)
		return fail_file(r, error, "; recording ended, all complete blocks are kept");
	if (ret == -EPROTO)
		return fail("bug: the accounting does not close; the trace is kept");
	if (ret)
		return fail_file(r, ret, "; all complete blocks are kept");
	summary(r, args);
	return 0;
}

int main(int argc, char **argv)
{
	struct kmc_record_args args;
	struct kmc_recorder *r;
	char error[256];
	int status = kmc_record_args_parse(argc, argv, &args), ret;

	if (status >= 0)
		return status;
	if (!args.verbose)
		libbpf_set_print(quiet_libbpf);
	catch_signals();
	if (kmc_recorder_open(&args.recorder, &r, error, sizeof(error)))
		return fail(error);
	setpriority(PRIO_PROCESS, 0, -15); /* without the right to it, it runs as it is */
	if (!args.keep_rights) {
		ret = kmc_rights_drop(args.recorder.rotate_bytes || args.recorder.rotate_ns);
		if (ret) {
			kmc_recorder_close(r);
			return fail("could not drop rights (--keep-rights to record all the same)");
		}
	}
	ret = kmc_recorder_start(r);
	if (!ret)
		ret = run(r, &args);
	status = finish(r, &args, ret);
	kmc_recorder_close(r);
	return status;
}
