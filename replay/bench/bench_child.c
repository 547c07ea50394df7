/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A line of what another of our programs prints. The program beside this one
 * is taken, else that of the PATH.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "bench.h"

#define MAX_ARGS 14

static void program_path(const char *program, char *out, size_t size)
{
	ssize_t len = readlink("/proc/self/exe", out, size - 1);
	char *slash;

	out[len > 0 ? len : 0] = '\0';
	slash = strrchr(out, '/');
	if (slash)
		snprintf(slash + 1, size - (size_t)(slash + 1 - out), "%s", program);
	if (!slash || access(out, X_OK))
		snprintf(out, size, "%s", program);
}

static void child_exec(int out, const char *program, char *const *args)
{
	char path[4096];
	char *argv[MAX_ARGS + 2];
	size_t n = 0;

	program_path(program, path, sizeof(path));
	argv[n++] = path;
	while (*args && n <= MAX_ARGS)
		argv[n++] = *args++;
	argv[n] = NULL;
	bench_host_unpin();
	dup2(out, STDOUT_FILENO);
	execvp(path, argv);
	bench_fail("%s: %s", path, strerror(errno));
	_exit(127);
}

/* All is read, the last line that begins so is kept. */
static bool line_read(int fd, const char *prefix, char *line, size_t size)
{
	FILE *f = fdopen(fd, "r");
	char text[512];
	bool found = false;

	while (f && fgets(text, sizeof(text), f)) {
		if (strncmp(text, prefix, strlen(prefix)))
			continue;
		snprintf(line, size, "%s", text);
		found = true;
	}
	if (f)
		fclose(f);
	else
		close(fd);
	return found;
}

/**
 * bench_child_line() - Run a program of ours and keep a line of its output.
 * @args: up to 14, NULL behind them.
 * @line: receives the last line that begins with @prefix.
 * @status: receives the exit status.
 * Return: 0; -ENOEXEC when it was killed or printed no such line; -errno.
 */
int bench_child_line(const char *program, char *const *args, const char *prefix, char *line,
		     size_t size, int *status)
{
	int fd[2], waited = 0;
	bool found;
	pid_t pid;

	if (pipe(fd))
		return -errno;
	fflush(NULL);
	pid = fork();
	if (!pid) {
		close(fd[0]);
		child_exec(fd[1], program, args);
	}
	close(fd[1]);
	if (pid < 0) {
		close(fd[0]);
		return -EAGAIN;
	}
	found = line_read(fd[0], prefix, line, size);
	while (waitpid(pid, &waited, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(waited))
		return -ENOEXEC;
	*status = WEXITSTATUS(waited);
	return found ? 0 : -ENOEXEC;
}
