// SPDX-License-Identifier: GPL-2.0-or-later
/* Values on command lines: what is taken, and that all else ends with a message and status 2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "options/options.h"
#include "vocab/machine.h"

struct values {
	uint64_t number, bytes;
	double real;
	uint32_t release;
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct values *v = state->input;

	switch (key) {
	case 'n': v->number = kmc_option_number(state, arg, 1, 16, "--number"); break;
	case 's': v->number = kmc_option_number(state, arg, 0, UINT64_MAX, "--seed"); break;
	case 'b': v->bytes = kmc_option_bytes(state, arg, "--bytes"); break;
	case 'r': v->real = kmc_option_real(state, arg, 0.5, 100, "--real"); break;
	case 'p': v->release = kmc_option_release(state, arg, "--profile"); break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp_option options[] = {
	{ "number", 'n', "N", 0, NULL, 0 }, { "seed", 's', "N", 0, NULL, 0 },
	{ "bytes", 'b', "N", 0, NULL, 0 },  { "real", 'r', "N", 0, NULL, 0 },
	{ "profile", 'p', "R", 0, NULL, 0 }, { 0 }
};
static const struct argp argp = { .options = options, .parser = parse };

static struct values take(char *option, char *value)
{
	char *argv[] = { "program", option, value, NULL };
	struct values v = { 0 };

	argp_err_exit_status = 2;
	assert_int_equal(argp_parse(&argp, 3, argv, 0, NULL, &v), 0);
	return v;
}

/* In a child, since it ends. */
static void refuse(char *option, char *value, const char *says)
{
	char text[512] = "";
	int ends[2], status;
	pid_t child;

	assert_int_equal(pipe(ends), 0);
	fflush(NULL);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		dup2(ends[1], STDERR_FILENO);
		take(option, value);
		_exit(0);
	}
	close(ends[1]);
	assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 2);
	if (!strstr(text, says))
		fail_msg("%s %s: %s", option, value, text);
}

static void numbers(void **unused)
{
	(void)unused;
	assert_int_equal(take("-n", "1").number, 1);
	assert_int_equal(take("-n", "16").number, 16);
	assert_true(take("-s", "18446744073709551615").number == UINT64_MAX);
	refuse("-n", "0", "0 is no number from 1 to 16 for --number");
	refuse("-n", "17", "from 1 to 16");
	refuse("-n", " 3", "from 1 to 16");
	refuse("-n", "+3", "from 1 to 16");
	refuse("-n", "-3", "from 1 to 16");
	refuse("-n", "3x", "from 1 to 16");
	refuse("-n", "", "from 1 to 16");
	refuse("-s", "18446744073709551616", "is no number for --seed");
}

static void bytes(void **unused)
{
	(void)unused;
	assert_int_equal(take("-b", "7").bytes, 7);
	assert_int_equal(take("-b", "3K").bytes, 3072);
	assert_true(take("-b", "2T").bytes == 2ull << 40);
	refuse("-b", "0", "0 is no number of bytes for --bytes");
	refuse("-b", "1KB", "is no number of bytes");
	refuse("-b", "1k", "is no number of bytes");
	refuse("-b", "K", "is no number of bytes");
	refuse("-b", "16777216T", "is no number of bytes"); /* 2^64 */
}

static void reals(void **unused)
{
	(void)unused;
	assert_true(take("-r", "0.5").real == 0.5);
	assert_true(take("-r", "1e2").real == 100);
	refuse("-r", "0.4", "from 0.5 to 100 for --real");
	refuse("-r", "nan", "from 0.5 to 100");
	refuse("-r", "1 ", "from 0.5 to 100");
}

static void releases(void **unused)
{
	(void)unused;
	assert_int_equal(take("-p", "6.18").release, KMC_RELEASE(6, 18, 0));
	assert_int_equal(take("-p", "6.12.117").release, KMC_RELEASE(6, 12, 117));
	refuse("-p", "6", "6 is no release for --profile");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers),
		cmocka_unit_test(bytes),
		cmocka_unit_test(reals),
		cmocka_unit_test(releases),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
