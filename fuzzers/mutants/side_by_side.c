/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Work in processes of its own, told of in the order in which it was given out. */
#include "side_by_side.h"
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

struct job {
	pid_t pid;
	bool ended;
};

void *side_by_side_room(size_t bytes)
{
	void *room = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return room == MAP_FAILED ? NULL : room;
}

void side_by_side_drop(void *room, size_t bytes)
{
	if (room)
		munmap(room, bytes);
}

static int start(const struct side_by_side *what, struct job *job, size_t i)
{
	fflush(NULL);
	job->pid = fork();
	if (job->pid < 0)
		return -errno;
	if (!job->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(-what->work(what->arg, i) & 255);
	}
	return 0;
}

/* Return: 0, -errno of what the process says, or of the wait. */
static int wait_for_one(struct job *jobs, size_t nr)
{
	int status;
	pid_t pid = wait(&status);

	if (pid < 0)
		return -errno;
	for (size_t i = 0; i < nr; i++)
		if (jobs[i].pid == pid)
			jobs[i].ended = true;
	if (!WIFEXITED(status))
		return -ECHILD;
	return -WEXITSTATUS(status);
}

int side_by_side(const struct side_by_side *what, size_t nr, unsigned int jobs)
{
	struct job *job = calloc(nr + 1, sizeof(*job));
	size_t begun = 0, told = 0;
	unsigned int running = 0;
	int err = job ? 0 : -ENOMEM;

	while (job && (running || (begun < nr && !err))) {
		int ret = 0;

		if (begun < nr && running < jobs && !err) {
			ret = start(what, &job[begun], begun);
			begun += !ret;
			running += !ret;
		} else {
			ret = wait_for_one(job, begun);
			running--;
		}
		if (ret && !err)
			err = ret;
		for (; !err && told < begun && job[told].ended; told++)
			if (what->done)
				what->done(what->arg, told);
	}
	free(job);
	return err;
}
