/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmconform COMMAND: runs kmconform-COMMAND, which is looked for beside this
 * program (a build tree) and in ../libexec/kmconform (an installation). So
 * only the commands that need a library or rights are linked with them.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kmc-version.h"

static const struct {
	const char *name, *summary;
} commands[] = {
	{ "record", "record the running kernel's allocations into a trace (needs BPF rights)" },
	{ "bench-record", "measure what recording costs" },
	{ "trace", "show, cut, merge and redact traces" },
	{ "replay", "replay a trace into our own allocator and judge both" },
	{ "report", "show a run in the form that CI, dashboards or people take" },
	{ "rules", "look up the contract: list, explain, compare editions" },
	{ "check", "run programs on a target and judge them" },
	{ "fuzz", "fuzz the allocator stack with libFuzzer and AFL++, for minutes or weeks" },
	{ "minimize", "make a program that violates a rule as small as can be" },
	{ "explore", "try every short sequence of a program's ops" },
	{ "generate", "print the legal program of a seed" },
	{ "silence", "see that no rule speaks of correct callers and allocators" },
	{ "mutants", "see which rules catch the faults planted in the allocator" },
	{ "distill", "make few and short programs of a recorded trace that cover what it covers" },
	{ "coverage", "say which rules and edges a corpus of programs covers" },
	{ "bench", "measure the allocator against others" },
};
#define NR_COMMANDS (sizeof(commands) / sizeof(commands[0]))

/* Folder of this program, without a slash at its end. */
static int own_folder(char *folder, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", folder, size - 1);
	char *slash;

	if (n < 0)
		return -errno;
	folder[n] = '\0';
	slash = strrchr(folder, '/');
	if (!slash)
		return -ENOENT;
	*slash = '\0';
	return 0;
}

static int find_command(const char *name, char *path, size_t size)
{
	static const char *const places[] = { "", "/../libexec/kmconform" };
	char folder[PATH_MAX];
	int err = own_folder(folder, sizeof(folder));

	for (size_t i = 0; !err && i < sizeof(places) / sizeof(places[0]); i++) {
		int n = snprintf(path, size, "%s%s/kmconform-%s", folder, places[i], name);

		if (n > 0 && (size_t)n < size && !access(path, X_OK))
			return 0;
	}
	return err ? err : -ENOENT;
}

static int is_command(const char *name)
{
	for (size_t i = 0; i < NR_COMMANDS; i++)
		if (!strcmp(commands[i].name, name))
			return 1;
	return 0;
}

static void print_help(FILE *out)
{
	char path[PATH_MAX];

	fprintf(out, "Usage: kmconform COMMAND [ARGUMENT...]\n"
		     "Checks the Linux kernel's memory-allocation contract.\n\n");
	for (size_t i = 0; i < NR_COMMANDS; i++)
		fprintf(out, "  %-14s%s%s\n", commands[i].name, commands[i].summary,
			find_command(commands[i].name, path, sizeof(path)) ? " (not built)" : "");
	fprintf(out, "\nkmconform help COMMAND tells more; kmconform --version names the build.\n");
}

static int run_command(const char *name, char **argv)
{
	char path[PATH_MAX];
	int err;

	if (!is_command(name)) {
		fprintf(stderr, "kmconform: no command %s; see kmconform help\n", name);
		return 2;
	}
	err = find_command(name, path, sizeof(path));
	if (!err) {
		argv[0] = path;
		execv(path, argv);
		err = -errno;
	}
	fprintf(stderr, "kmconform: kmconform-%s: %s\n", name,
		err == -ENOENT ? "not built or not installed" : strerror(-err));
	return 2;
}

static int help(int argc, char **argv)
{
	char *args[] = { argv[0], (char[]){ "--help" }, NULL };

	if (argc > 2)
		return run_command(argv[2], args);
	print_help(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc < 2) {
		print_help(stderr);
		return 2;
	}
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "version")) {
		puts(KMC_VERSION_LINE);
		return 0;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help"))
		return help(argc, argv);
	return run_command(argv[1], argv + 1);
}
