/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same input gives the same events and the same final state: twice in one
 * process, with other inputs on the same machines in between, and in a fresh
 * process, which runs beside it. Inputs are chains of mutations of each
 * target's alphabet. KMC_SEED repeats, KMC_INPUTS says how many (a long run:
 * a million); each is executed three times.
 *
 * With "--digests FD SEED INPUTS" it only writes the digests of that many of
 * each target to an open file.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <cmocka.h>
#include "fuzz/body.h"
#include "mutate/mutate.h"
#include "vocab/event_digest.h"

#define MAX_BYTES 4096
#define CHAIN 50 /* mutations from nothing to the end of an input's line */

static const char *self;
static uint64_t first_seed, inputs;

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

struct line {
	struct kmc_mutator *mutator;
	uint8_t bytes[MAX_BYTES];
	size_t len;
	uint64_t made;
};

/* The next input of a line; lines begin anew now and then. */
static void next_input(struct line *line, uint64_t seed)
{
	if (line->made++ % CHAIN == 0)
		line->len = 0;
	line->len = kmc_mutate(line->mutator, line->bytes, line->len, MAX_BYTES, NULL, 0, seed);
}

static size_t target_count(void)
{
	size_t nr = 0;

	while (kmc_fuzz_target_at(nr))
		nr++;
	return nr;
}

/* One word for each of @count inputs of the target's line: its events and the state at its end. */
static void run_target(size_t t, uint64_t seed, uint64_t count, struct kmc_rig_run *last,
		       uint64_t *each)
{
	const struct kmc_alphabet *target = kmc_fuzz_target_at(t);
	struct line line = { .mutator = kmc_mutator_create(target) };

	if (!line.mutator)
		abort();
	for (uint64_t i = 0; i < count; i++) {
		next_input(&line, seed + 1000003 * t + i);
		*last = (struct kmc_rig_run){ 0 };
		kmc_fuzz_input(target, line.bytes, line.len);
		each[i] = kmc_digest_word(last->digest, last->hash);
	}
	kmc_mutator_destroy(line.mutator);
}

/* All targets, the last first if @backwards: the machines have then run other programs before. */
static void run_all(uint64_t seed, uint64_t count, uint64_t *each, bool backwards)
{
	static struct kmc_rig_run last;
	size_t nr = target_count();

	kmc_fuzz_digest(&last);
	for (size_t i = 0; i < nr; i++) {
		size_t t = backwards ? nr - 1 - i : i;

		run_target(t, seed, count, &last, each + t * count);
	}
}

/* What the first pass of this process gave, and where the fresh one writes its own. */
static uint64_t *first;
static FILE *fresh_digests, *fresh;

static int start_both(void **state)
{
	char command[4200];

	(void)state;
	first = calloc(target_count() * inputs, sizeof(*first));
	fresh_digests = tmpfile();
	if (!first || !fresh_digests)
		return -1;
	snprintf(command, sizeof(command), "exec '%s' --digests %d %llu %llu", self,
		 fileno(fresh_digests), (unsigned long long)first_seed,
		 (unsigned long long)inputs);
	fresh = popen(command, "r");
	if (!fresh)
		return -1;
	run_all(first_seed, inputs, first, false);
	return 0;
}

static void assert_same(const uint64_t *other)
{
	uint64_t differ = 0, at = 0;

	for (size_t i = target_count() * inputs; i--;)
		if (first[i] != other[i]) {
			differ++;
			at = i;
		}
	if (differ)
		fail_msg("%llu inputs differ, first input %llu of target %s",
			 (unsigned long long)differ, (unsigned long long)(at % inputs),
			 kmc_fuzz_target_at(at / inputs)->name);
}

/* Digests tell inputs apart: were all the same, nothing would be compared. */
static void digests_differ(void **state)
{
	uint64_t changes = 0;

	(void)state;
	for (size_t i = 1; i < target_count() * inputs; i++)
		changes += first[i] != first[i - 1];
	assert_true(changes > target_count() * inputs / 2);
}

static void twice_in_one_process(void **state)
{
	uint64_t *second = calloc(target_count() * inputs, sizeof(*second));

	(void)state;
	assert_non_null(second);
	run_all(first_seed, inputs, second, true);
	assert_same(second);
	free(second);
}

static void in_a_fresh_process(void **state)
{
	size_t nr = target_count() * inputs;
	uint64_t *there = calloc(nr, sizeof(*there));

	(void)state;
	assert_non_null(there);
	assert_int_equal(pclose(fresh), 0);
	rewind(fresh_digests);
	assert_int_equal(fread(there, sizeof(*there), nr, fresh_digests), nr);
	assert_same(there);
	free(there);
}

/* The fresh process: it ends with the one that asks. */
static int write_digests(int fd, uint64_t seed, uint64_t count)
{
	size_t nr = target_count() * count;
	uint64_t *each = calloc(nr, sizeof(*each));
	FILE *out = fdopen(fd, "w");

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (!each || !out)
		return 1;
	run_all(seed, count, each, false);
	if (fwrite(each, sizeof(*each), nr, out) != nr || fclose(out))
		return 1;
	free(each);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_differ),
		cmocka_unit_test(twice_in_one_process),
		cmocka_unit_test(in_a_fresh_process),
	};

	self = argv[0];
	if (argc == 5 && !strcmp(argv[1], "--digests"))
		return write_digests(atoi(argv[2]), strtoull(argv[3], NULL, 0),
				     strtoull(argv[4], NULL, 0));
	first_seed = number("KMC_SEED", 1);
	inputs = number("KMC_INPUTS", 800) / target_count() + 1;
	printf("KMC_SEED=%llu KMC_INPUTS=%llu\n", (unsigned long long)first_seed,
	       (unsigned long long)(inputs * target_count()));
	return cmocka_run_group_tests(tests, start_both, NULL);
}
