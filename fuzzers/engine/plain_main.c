/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The main of a fuzz target without an engine: runs each file named, and each
 * file of a folder named, in order of names.
 *
 * With --print first the programs are printed as text and not run.
 *
 * Exit status: 0 all ran, 2 a file could not be read. A finding traps.
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "mutate/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned long files;
static bool print;

/* The text of what the bytes stand for. */
static void print_program(const uint8_t *bytes, size_t len)
{
	struct kmc_program program;

	kmc_program_init(&program);
	if (!kmc_input_decode(&program, bytes, len))
		kmc_program_print(&program, stdout);
	kmc_program_free(&program);
}

static void use_input(const uint8_t *bytes, size_t len)
{
	if (print)
		print_program(bytes, len);
	else
		LLVMFuzzerTestOneInput(bytes, len);
}

static int run_file(const char *path)
{
	FILE *in = fopen(path, "rb");
	uint8_t *bytes = NULL;
	struct stat st;
	int err = 2;

	if (in && !fstat(fileno(in), &st)) {
		bytes = malloc((size_t)st.st_size + 1);
		if (bytes && fread(bytes, 1, (size_t)st.st_size, in) == (size_t)st.st_size)
			err = 0;
	}
	if (in)
		fclose(in);
	if (err)
		fprintf(stderr, "%s: %s\n", path, strerror(errno ? errno : EIO));
	else
		use_input(bytes, (size_t)st.st_size);
	free(bytes);
	return err;
}

static int run_path(const char *path);

static int is_input(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int run_folder(const char *path)
{
	struct dirent **entries;
	int err = 0, n = scandir(path, &entries, is_input, alphasort);

	if (n < 0) {
		perror(path);
		return 2;
	}
	for (int i = 0; i < n; i++) {
		char name[4096];

		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		err |= run_path(name);
		free(entries[i]);
	}
	free(entries);
	return err;
}

static int run_path(const char *path)
{
	struct stat st;

	if (!stat(path, &st) && S_ISDIR(st.st_mode))
		return run_folder(path);
	files++;
	return run_file(path);
}

int main(int argc, char **argv)
{
	int err = 0;

	print = argc > 1 && !strcmp(argv[1], "--print");
	for (int i = 1 + print; i < argc; i++)
		err |= run_path(argv[i]);
	if (!print)
		printf("%lu inputs\n", files);
	return err;
}
