/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs a command and writes to descriptor 3 the milliseconds of CPU that it and all its descendants
 * took: also of those that it did not wait for itself, as afl-fuzz does not for its target.
 *
 * Exit status: the command's; 2 it could not be run.
 */
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static long milliseconds(const struct timeval *t)
{
	return t->tv_sec * 1000 + t->tv_usec / 1000;
}

int main(int argc, char **argv)
{
	struct rusage used;
	int status = 0, end = 2;
	pid_t child, who;

	if (argc < 2 || prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0))
		return 2;
	child = fork();
	if (!child) {
		close(3);
		execvp(argv[1], argv + 1);
		_exit(2);
	}
	while ((who = wait(&status)) > 0)
		if (who == child && WIFEXITED(status))
			end = WEXITSTATUS(status);
	if (child < 0 || getrusage(RUSAGE_CHILDREN, &used))
		return 2;
	dprintf(3, "%ld\n", milliseconds(&used.ru_utime) + milliseconds(&used.ru_stime));
	return end;
}
