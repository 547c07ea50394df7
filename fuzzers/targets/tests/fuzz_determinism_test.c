/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The same input gives the same events and the same final state: twice in one
 * process, with other inputs on the same machines in between, and in a fresh
 * process. Inputs are chains of mutations of each target's alphabet. KMC_SEED
 * repeats, KMC_INPUTS says how many (a long run: a million).
 *
 * With "--digest SEED INPUTS" it only prints the digest of that many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
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

/* The digest of all inputs of all targets; @each: where to put one of each input, NULL nowhere. */
static uint64_t run_all(uint64_t seed, uint64_t count, uint64_t *each)
{
	static struct kmc_rig_run last;
	uint64_t digest = KMC_DIGEST_START, at = 0;
	const struct kmc_alphabet *target;

	kmc_fuzz_digest(&last);
	for (size_t t = 0; (target = kmc_fuzz_target_at(t)); t++) {
		struct line line = { .mutator = kmc_mutator_create(target) };

		if (!line.mutator)
			abort();
		for (uint64_t i = 0; i < count; i++) {
			next_input(&line, seed + 1000003 * t + i);
			kmc_fuzz_input(target, line.bytes, line.len);
			digest = kmc_digest_word(kmc_digest_word(digest, last.digest), last.hash);
			if (each)
				each[at++] = last.digest ^ last.hash;
		}
		kmc_mutator_destroy(line.mutator);
	}
	return digest;
}

static size_t target_count(void)
{
	size_t nr = 0;

	while (kmc_fuzz_target_at(nr))
		nr++;
	return nr;
}

/* The second time on machines that have been used, and from the last target to the first. */
static void twice_in_one_process(void **state)
{
	size_t nr = target_count() * inputs;
	uint64_t *one = calloc(nr, sizeof(*one)), *two = calloc(nr, sizeof(*two));

	(void)state;
	assert_non_null(one);
	assert_non_null(two);
	run_all(first_seed, inputs, one);
	run_all(first_seed, inputs, two);
	for (size_t i = 0; i < nr; i++)
		if (one[i] != two[i])
			fail_msg("target %s, input %zu differs",
				 kmc_fuzz_target_at(i / inputs)->name, i % inputs);
	free(one);
	free(two);
}

static void in_a_fresh_process(void **state)
{
	uint64_t here = run_all(first_seed, inputs, NULL);
	unsigned long long there = 0;
	char command[4200];
	FILE *out;

	(void)state;
	snprintf(command, sizeof(command), "'%s' --digest %llu %llu", self,
		 (unsigned long long)first_seed, (unsigned long long)inputs);
	out = popen(command, "r");
	assert_non_null(out);
	assert_int_equal(fscanf(out, "%llx", &there), 1);
	assert_int_equal(pclose(out), 0);
	assert_int_equal(here, there);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twice_in_one_process),
		cmocka_unit_test(in_a_fresh_process),
	};

	self = argv[0];
	if (argc == 4 && !strcmp(argv[1], "--digest")) {
		printf("%llx\n", (unsigned long long)run_all(strtoull(argv[2], NULL, 0),
							     strtoull(argv[3], NULL, 0), NULL));
		return 0;
	}
	first_seed = number("KMC_SEED", 1);
	inputs = number("KMC_INPUTS", 800) / target_count() + 1;
	printf("KMC_SEED=%llu KMC_INPUTS=%llu\n", (unsigned long long)first_seed,
	       (unsigned long long)(inputs * target_count()));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
