// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Several processes share the machines: job i takes the i-th of every N and
 * sends a record for each program down its pipe. Here they are put together
 * again in the order of seeds, so that what is said does not depend on N.
 * A pipe that is full makes its job wait. One job is this process itself.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include "silence.h"

struct job {
	pid_t pid;
	int fd;
};

struct silence_jobs {
	const struct silence_wish *wish;
	struct silence_run *run; /* of one job; NULL: there are several */
	uint64_t first, next;    /* seeds */
	char *text;
	size_t room;
	unsigned int nr;
	struct job job[SILENCE_MAX_JOBS];
};

/* Return: 0; -EPIPE: the other side is gone. */
static int put(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;

	while (size) {
		ssize_t n = write(fd, at, size);

		if (n < 0)
			return -EPIPE;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

/* Return: 0; -EINTR before anything was read; -EPIPE: the other side is gone. */
static int get(int fd, void *bytes, size_t size)
{
	char *at = bytes;

	while (size) {
		ssize_t n = read(fd, at, size);

		if (n < 0 && errno == EINTR) {
			if (at == bytes)
				return -EINTR;
			continue;
		}
		if (n <= 0)
			return -EPIPE;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

static unsigned int job_of(const struct silence_jobs *jobs, uint64_t seed)
{
	return (unsigned int)((seed / SILENCE_A_MACHINE - jobs->first / SILENCE_A_MACHINE) %
			      jobs->nr);
}

/* The next seed of a job: what belongs to others is passed over by machines. */
static uint64_t seed_from(const struct silence_jobs *jobs, unsigned int mine, uint64_t seed)
{
	while (job_of(jobs, seed) != mine)
		seed = (seed / SILENCE_A_MACHINE + 1) * SILENCE_A_MACHINE;
	return seed;
}

static int work(const struct silence_jobs *jobs, unsigned int mine, int fd)
{
	struct silence_run *run = silence_run_new(jobs->wish);
	int err = run ? 0 : -ENOMEM;

	for (uint64_t seed = jobs->first; !err; seed++) {
		struct silence_result result;

		seed = seed_from(jobs, mine, seed);
		err = silence_run_program(run, seed, &result);
		err = err ? err : put(fd, &result, sizeof(result));
		err = err ? err : put(fd, result.text, result.length);
	}
	silence_run_free(run);
	return err == -EPIPE ? 0 : 1;
}

/* A job does not outlive this process, and leaves signals from the terminal to it. */
static void child(struct silence_jobs *jobs, unsigned int mine, int fd, pid_t parent)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	for (unsigned int i = 0; i < mine; i++)
		close(jobs->job[i].fd);
	_exit(work(jobs, mine, fd));
}

static int start(struct silence_jobs *jobs, unsigned int mine)
{
	struct job *job = &jobs->job[mine];
	pid_t parent = getpid();
	int fd[2];

	if (pipe2(fd, O_CLOEXEC))
		return -errno;
	fflush(NULL);
	job->pid = fork();
	if (!job->pid) {
		close(fd[0]);
		child(jobs, mine, fd[1], parent);
	}
	close(fd[1]);
	job->fd = fd[0];
	if (job->pid > 0)
		return 0;
	close(fd[0]);
	return -EAGAIN;
}

struct silence_jobs *silence_jobs_start(const struct silence_wish *wish, uint64_t seed)
{
	struct silence_jobs *jobs = calloc(1, sizeof(*jobs));
	int err = jobs ? 0 : -ENOMEM;

	if (!err) {
		*jobs = (struct silence_jobs){ .wish = wish, .first = seed, .next = seed };
		if (wish->jobs < 2)
			err = (jobs->run = silence_run_new(wish)) ? 0 : -ENOMEM;
	}
	/* How many there are is known before the first starts. */
	if (!err && !jobs->run)
		jobs->nr = wish->jobs;
	for (unsigned int i = 0; !err && i < jobs->nr; i++) {
		err = start(jobs, i);
		if (err)
			jobs->nr = i;
	}
	if (err) {
		fprintf(stderr, "kmconform silence: %s\n", strerror(-err));
		silence_jobs_stop(jobs);
		return NULL;
	}
	return jobs;
}

static int text_room(struct silence_jobs *jobs, uint64_t length)
{
	char *more;

	if (length <= jobs->room)
		return 0;
	more = realloc(jobs->text, length);
	if (!more)
		return -ENOMEM;
	jobs->text = more;
	jobs->room = length;
	return 0;
}

/* A job that failed has said why; one that was killed could not. */
static int died(struct silence_jobs *jobs, struct job *job)
{
	int status = 0;

	while (waitpid(job->pid, &status, 0) < 0 && errno == EINTR)
		;
	job->pid = 0;
	if (WIFSIGNALED(status))
		fprintf(stderr, "kmconform silence: seed %" PRIu64 ": %s\n", jobs->next,
			strsignal(WTERMSIG(status)));
	return -ECHILD;
}

static int take(struct silence_jobs *jobs, struct job *job, struct silence_result *result)
{
	int err = get(job->fd, result, sizeof(*result));

	if (!err)
		err = text_room(jobs, result->length);
	if (!err && result->length)
		while ((err = get(job->fd, jobs->text, result->length)) == -EINTR)
			;
	result->text = jobs->text;
	return err;
}

int silence_jobs_next(struct silence_jobs *jobs, struct silence_result *result)
{
	struct job *job;
	int err;

	if (jobs->run) {
		err = silence_run_program(jobs->run, jobs->next, result);
	} else {
		job = &jobs->job[job_of(jobs, jobs->next)];
		err = take(jobs, job, result);
		if (err == -EPIPE)
			err = died(jobs, job);
	}
	jobs->next += !err;
	return err;
}

int silence_jobs_cost(struct silence_jobs *jobs)
{
	return silence_run_cost(jobs->run);
}

void silence_jobs_stop(struct silence_jobs *jobs)
{
	if (!jobs)
		return;
	for (unsigned int i = 0; i < jobs->nr; i++) {
		struct job *job = &jobs->job[i];

		close(job->fd);
		if (!job->pid)
			continue;
		kill(job->pid, SIGKILL);
		while (waitpid(job->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	silence_run_free(jobs->run);
	free(jobs->text);
	free(jobs);
}
