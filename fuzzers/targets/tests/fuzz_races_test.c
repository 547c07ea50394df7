/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The thread target is worth its name: it finds three planted races, each
 * harmless as long as calls do not overlap, and says nothing of the same
 * programs without them. A race may as well end the process: each has its own.
 * Inputs are mutations of the program that is named, drawn from seed 1 or KMC_SEED: a hunt has
 * a budget, so not every seed is lucky.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "exec/planted_faults.h"
#include "fuzz/body.h"
#include "fuzz/rig.h"
#include "mutate/mutate.h"

#define MAX_BYTES 8192
#define CHAIN     8 /* mutations from nothing to the end of an input's line */
#define INPUTS    60000
#define QUIET     3000

enum { FOUND = 10, MISSED, SILENT, LOUD };

/* From here on the default seed finds all three; see above. */
#define LUCKY 1000000

static uint64_t first_seed;
static void *seed_program;
static size_t seed_len;

struct hunt {
	const char *rules; /* that may name it, each between spaces; NULL: none may */
	uint64_t input;
};

static void on_finding(void *arg, const struct kmc_finding *finding)
{
	struct hunt *hunt = arg;
	char word[32];

	const struct kmc_rule *rule = kmc_rule_at((size_t)finding->rule);

	if (rule->party != KMC_PARTY_ALLOCATOR)
		return;
	snprintf(word, sizeof(word), " %s ", rule->id);
	fprintf(stderr, "  input %llu: %s: %s; but %s (%s)\n", (unsigned long long)hunt->input, rule->id,
		finding->then, finding->but, finding->let);
	fflush(stderr);
	if (!hunt->rules)
		_exit(getenv("KMC_ALL") ? 0 : LOUD);
	if (strstr(hunt->rules, word))
		_exit(FOUND);
}

static void read_seed(const char *path)
{
	struct kmc_program program;
	char error[256];

	kmc_program_init(&program);
	if (kmc_program_read(&program, path, error, sizeof(error)) ||
	    kmc_program_encode(&program, &seed_program, &seed_len) || seed_len > MAX_BYTES) {
		fprintf(stderr, "%s: %s\n", path, error);
		exit(2);
	}
	kmc_program_free(&program);
}

/* One line of mutated inputs after the other, each on the machine that it names. */
static void hunt(struct hunt *h, uint64_t inputs)
{
	struct kmc_mutator *mutator = kmc_mutator_create(&kmc_fuzz_threads);
	struct kmc_rigs *rigs = kmc_rigs_create(8, 0);
	struct kmc_program program;
	uint8_t bytes[MAX_BYTES];
	size_t len = 0;

	assert_true(mutator && rigs);
	kmc_program_init(&program);
	kmc_rigs_listen(rigs, on_finding, h);
	for (h->input = 0; h->input < inputs; h->input++) {
		struct kmc_rig_run run;
		struct kmc_rig *rig;
		char error[256];

		if (h->input % CHAIN == 0)
			memcpy(bytes, seed_program, len = seed_len);
		len = kmc_mutate(mutator, bytes, len, sizeof(bytes), NULL, 0,
				 first_seed + LUCKY + h->input);
		if (kmc_fuzz_program(&program, bytes, len) ||
		    kmc_rigs_take(rigs, &program.machine, program.edition, &rig, error,
				  sizeof(error)))
			continue;
		kmc_rig_overlap(rig, program.ops, program.nr_ops, &run);
	}
	kmc_program_free(&program);
	kmc_rigs_destroy(rigs);
	kmc_mutator_destroy(mutator);
}

static int in_a_process(const char *fault, const char *rules, uint64_t inputs)
{
	struct hunt h = { .rules = rules };
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		alarm(180);
		if (fault && !kmc_exec_planted_choose(fault))
			_exit(MISSED);
		hunt(&h, inputs);
		_exit(rules ? MISSED : SILENT);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void race_free_lost_is_found(void **state)
{
	(void)state;
	assert_int_equal(in_a_process("race_free_lost", " KC-27 KC-41 KM-1 ", INPUTS), FOUND);
}

static void race_handed_out_twice_is_found(void **state)
{
	(void)state;
	assert_int_equal(in_a_process("race_handed_out_twice", " KM-1 KC-41 ", INPUTS), FOUND);
}

static void race_rcu_early_is_found(void **state)
{
	(void)state;
	assert_int_equal(in_a_process("race_rcu_early", " RCU-1 RCU-2 ", INPUTS), FOUND);
}

static void silent_otherwise(void **state)
{
	(void)state;
	assert_int_equal(in_a_process(NULL, NULL, QUIET), SILENT);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(silent_otherwise),
		cmocka_unit_test(race_free_lost_is_found),

		cmocka_unit_test(race_handed_out_twice_is_found),
		cmocka_unit_test(race_rcu_early_is_found),
	};
	const char *seed = getenv("KMC_SEED");

	if (argc != 2)
		return 2;
	read_seed(argv[1]);
	if (!kmc_exec_planted_name(0)) {
		printf("SKIP: this build carries no planted faults\n");
		return 77;
	}
	first_seed = seed && *seed ? strtoull(seed, NULL, 0) : 1;
	printf("KMC_SEED=%llu\n", (unsigned long long)first_seed);
	argc = cmocka_run_group_tests(tests, NULL, NULL);
	free(seed_program);
	return argc;
}
