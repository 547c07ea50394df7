/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmconform generate: the legal program of a seed, as text. */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "generate/generate.h"
#include "generate/outcome_matrix.h"
#include "kmc-version.h"
#include "options/options.h"

const char *argp_program_version = KMC_VERSION_LINE;

#define CANNOT 2

enum { KEY_MACHINE = 0x100, KEY_PROFILE, KEY_EDITION, KEY_MISUSE, KEY_KMALLOC, KEY_MATRIX };

static const struct argp_option options[] = {
	{ "seed", 's', "N", 0, "The program's number (default 1)", 0 },
	{ "machine", KEY_MACHINE, "N", 0, "The machine's number (default: the program's own)", 0 },
	{ "profile", KEY_PROFILE, "RELEASE", 0, "What alloc imitates (default 6.18.44)", 0 },
	{ "edition", KEY_EDITION, "RELEASE", 0, "The texts that callers keep to (default: of the profile)",
	  0 },
	{ "misuse", KEY_MISUSE, "TEXT", 0, "Let one caller be wrong (\"list\" lists)", 0 },
	{ "kmalloc-only", KEY_KMALLOC, NULL, 0, "Only calls that target malloc has", 0 },
	{ "matrix", KEY_MATRIX, "AXES", 0, "A state of the outcome matrix with these axes instead, by --seed "
	  "from 0 on; past the last, nothing", 0 },
	{ 0 }
};

struct request {
	struct kmc_gen_wish wish;
	const char *axes;
};

static enum kmc_gen_misuse misuse(struct argp_state *state, const char *text)
{
	for (int i = 0; i < KMC_GEN_NR_MISUSES; i++)
		if (!strcmp(kmc_gen_misuse_name((enum kmc_gen_misuse)i), text))
			return (enum kmc_gen_misuse)i;
	if (strcmp(text, "list"))
		argp_error(state, "no misuse \"%s\"", text);
	for (int i = 0; i < KMC_GEN_NR_MISUSES; i++)
		printf("%s\n", kmc_gen_misuse_name((enum kmc_gen_misuse)i));
	exit(0);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct request *request = state->input;
	struct kmc_gen_wish *wish = &request->wish;

	switch (key) {
	case 's': wish->seed = kmc_option_number(state, arg, 0, UINT64_MAX, "--seed"); break;
	case KEY_MACHINE: wish->machine = kmc_option_number(state, arg, 0, UINT64_MAX, "--machine"); break;
	case KEY_PROFILE: wish->profile = kmc_option_release(state, arg, "--profile"); break;
	case KEY_EDITION: wish->edition = kmc_option_release(state, arg, "--edition"); break;
	case KEY_MISUSE: wish->misuse = misuse(state, arg); break;
	case KEY_KMALLOC: wish->kmalloc_only = true; break;
	case KEY_MATRIX: request->axes = arg; break;
	case ARGP_KEY_ARG: argp_error(state, "what is %s?", arg); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* Return: 0; 1: there is no such state; negative: the error, told of. */
static int make_state(struct kmc_program *program, const struct request *request)
{
	FILE *file = fopen(request->axes, "r");
	struct kmc_matrix_state state;
	struct kmc_matrix matrix;
	char error[256];
	size_t first;
	int err;

	if (!file) {
		err = -errno;
		fprintf(stderr, "kmconform generate: %s: %s\n", request->axes, strerror(errno));
		return err;
	}
	err = kmc_matrix_read(&matrix, file, error, sizeof(error));
	fclose(file);
	if (err) {
		fprintf(stderr, "kmconform generate: %s: %s\n", request->axes, error);
		return err;
	}
	if (!kmc_matrix_state_at(&matrix, request->wish.seed, &state))
		return 1;
	return kmc_matrix_program(program, &matrix, &state, request->wish.profile, &first);
}

static int make(struct kmc_program *program, const struct request *request)
{
	const char *rule = NULL;
	int err = kmc_generate(program, &request->wish, &rule);

	if (!err && request->wish.misuse)
		printf("# breaks %s\n", rule ? rule : "nothing: no block to do it to");
	return err;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Print the program that a seed makes: calls by correct callers, everything "
		       "given back.\vOn one with --misuse a comment says which rule it breaks.",
	};
	struct request request = { .wish = { .seed = 1, .profile = KMC_RELEASE(6, 18, 44) } };
	struct kmc_program program;
	int err;

	argp_err_exit_status = CANNOT;
	argp_parse(&argp, argc, argv, 0, NULL, &request);
	if (!request.wish.edition) /* the texts of the same series */
		request.wish.edition = KMC_SERIES(request.wish.profile);
	kmc_program_init(&program);
	err = request.axes ? make_state(&program, &request) : make(&program, &request);
	if (!err)
		err = kmc_program_print(&program, stdout);
	kmc_program_free(&program);
	if (err < 0 || fflush(stdout)) {
		fprintf(stderr, "kmconform generate: %s\n", strerror(err ? -err : errno));
		return CANNOT;
	}
	return 0;
}
