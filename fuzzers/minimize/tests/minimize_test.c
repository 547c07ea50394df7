/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs with one wrong caller among many right ones come down to that
 * caller: the finding's key stays, no op can be left out, few are left. The
 * same program gives the same result. KMC_SEED repeats.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "generate/generate.h"
#include "minimize/minimize.h"

static uint64_t first_seed;
static struct kmc_rigs *rigs;

struct seen {
	const char *key;
	bool it;
};

static void on_violation(void *arg, const struct kmc_finding *finding)
{
	struct seen *seen = arg;

	seen->it |= !strcmp(finding->key, seen->key);
}

static bool violates(const struct kmc_program *program, const struct kmc_op *ops, size_t nr,
		     const char *key)
{
	struct seen seen = { .key = key };
	struct kmc_rig_run run;
	struct kmc_rig *rig;
	char error[256];

	kmc_rigs_listen(rigs, on_violation, &seen);
	assert_int_equal(kmc_rigs_take(rigs, &program->machine, program->edition, &rig, error,
				       sizeof(error)), 0);
	kmc_rig_run(rig, ops, nr, &run);
	assert_int_equal(run.error, 0);
	kmc_rigs_listen(rigs, NULL, NULL);
	return seen.it;
}

static void expect_minimal(const struct kmc_program *program, const char *key)
{
	struct kmc_op *ops = calloc(program->nr_ops + 1, sizeof(*ops));

	assert_non_null(ops);
	assert_true(violates(program, program->ops, program->nr_ops, key));
	for (size_t i = 0; i < program->nr_ops; i++) {
		memcpy(ops, program->ops, i * sizeof(*ops));
		memcpy(ops + i, program->ops + i + 1, (program->nr_ops - i - 1) * sizeof(*ops));
		assert_false(violates(program, ops, program->nr_ops - 1, key));
	}
	free(ops);
}

static size_t sizes[1024], nr_sizes;

static void make(struct kmc_program *program, uint64_t seed, enum kmc_gen_misuse misuse,
		 const char **rule)
{
	struct kmc_gen_wish wish = { .seed = seed, .profile = KMC_RELEASE(6, 18, 44),
				     .edition = KMC_RELEASE(6, 18, 0), .misuse = misuse };

	kmc_program_init(program);
	assert_int_equal(kmc_generate(program, &wish, rule), 0);
}

static void try_one(uint64_t seed, enum kmc_gen_misuse misuse)
{
	struct kmc_minimize_wish wish = { .key = NULL };
	struct kmc_minimized result, again;
	struct kmc_program program, twin;
	char error[256] = "";
	const char *rule;

	make(&program, seed, misuse, &rule);
	if (!rule) {
		kmc_program_free(&program);
		return;
	}
	assert_int_equal(kmc_minimize(rigs, &program, &wish, &result, error, sizeof(error)), 0);
	assert_true(result.minimal);
	assert_int_equal(result.ops_after, program.nr_ops);
	expect_minimal(&program, result.key);
	if (program.nr_ops > 10) {
		printf("seed %llu, %s: %zu ops are left of %zu\n", (unsigned long long)seed,
		       kmc_gen_misuse_name(misuse), program.nr_ops, result.ops_before);
		kmc_program_print(&program, stdout);
	}
	sizes[nr_sizes++] = program.nr_ops;
	make(&twin, seed, misuse, &rule);
	assert_int_equal(kmc_minimize(rigs, &twin, &wish, &again, error, sizeof(error)), 0);
	assert_int_equal(again.runs, result.runs);
	assert_int_equal(twin.nr_ops, program.nr_ops);
	for (size_t i = 0; i < twin.nr_ops; i++)
		assert_true(kmc_op_equal(&twin.ops[i], &program.ops[i]));
	kmc_program_free(&twin);
	kmc_program_free(&program);
}

static int by_size(const void *a, const void *b)
{
	return *(const size_t *)a < *(const size_t *)b ? -1 : *(const size_t *)a > *(const size_t *)b;
}

static void test_misuses_come_down_to_few_ops(void **state)
{
	(void)state;
	for (uint64_t i = 0; i < 3; i++)
		for (int misuse = 1; misuse < KMC_GEN_NR_MISUSES; misuse++)
			try_one(first_seed + i, (enum kmc_gen_misuse)misuse);
	qsort(sizes, nr_sizes, sizeof(sizes[0]), by_size);
	assert_true(nr_sizes > 10);
	printf("%zu programs, median %zu ops, 90 %% at most %zu\n", nr_sizes, sizes[nr_sizes / 2],
	       sizes[nr_sizes * 9 / 10]);
	assert_true(sizes[nr_sizes / 2] <= 6);
	assert_true(sizes[nr_sizes * 9 / 10] <= 10);
}

static void test_nothing_to_keep(void **state)
{
	struct kmc_minimize_wish wish = { .rule = "KM-1" };
	struct kmc_minimized result;
	struct kmc_program program;
	char error[256] = "";
	const char *rule;
	size_t before;

	(void)state;
	make(&program, first_seed, KMC_GEN_NONE, &rule);
	before = program.nr_ops;
	assert_int_equal(kmc_minimize(rigs, &program, &wish, &result, error, sizeof(error)),
			 -ENOENT);
	wish = (struct kmc_minimize_wish){ .key = "v1-0000000000000000" };
	assert_int_equal(kmc_minimize(rigs, &program, &wish, &result, error, sizeof(error)),
			 -ENOENT);
	assert_int_equal(program.nr_ops, before);
	kmc_program_free(&program);
}

static void test_values_become_plain(void **state)
{
	static const char text[] =
		"# kmconform program 1\n"
		"edition 6.18\n"
		"machine cpus=2 memory=256M profile=6.18.44 options=init_on_alloc,slab_nomerge\n"
		"r17 = kmalloc(777, GFP_NOFS|__GFP_ZERO|__GFP_NOWARN) on cpu 1, task 2\n"
		"r18 = kmalloc(32, GFP_KERNEL)\n"
		"kfree(r18)\n"
		"kfree(r17) on cpu 1\n"
		"kfree(r17) misuse\n"
		"r19 = kmalloc(32, GFP_KERNEL)\n"
		"kfree(r19)\n";
	struct kmc_minimize_wish wish = { .rule = "FR-10" };
	struct kmc_minimized result;
	struct kmc_program program;
	struct kmc_machine plain;
	char error[256] = "";

	(void)state;
	kmc_program_init(&program);
	if (kmc_program_parse(&program, text, strlen(text), "text", error, sizeof(error)))
		fail_msg("%s", error);
	assert_int_equal(kmc_minimize(rigs, &program, &wish, &result, error, sizeof(error)), 0);
	assert_int_equal(program.nr_ops, 3);
	assert_int_equal(program.ops[0].dst, 0);
	assert_int_equal(program.ops[0].cpu, 0);
	assert_int_equal(program.ops[0].task, 0);
	assert_true(program.ops[0].a <= 1);
	assert_int_equal(program.ops[1].src, 0);
	kmc_machine_default(&plain);
	assert_true(kmc_machine_equal(&program.machine, &plain));
	kmc_program_free(&program);
}

static void test_runs_are_limited(void **state)
{
	struct kmc_minimize_wish wish = { .max_runs = 3 };
	struct kmc_minimized result;
	struct kmc_program program;
	char error[256] = "";
	const char *rule = NULL;
	uint64_t seed = first_seed;

	(void)state;
	for (;; seed++) {
		make(&program, seed, KMC_GEN_DOUBLE_FREE, &rule);
		if (rule)
			break;
		kmc_program_free(&program);
	}
	assert_int_equal(kmc_minimize(rigs, &program, &wish, &result, error, sizeof(error)), 0);
	assert_false(result.minimal);
	assert_true(result.runs <= 5);
	assert_true(violates(&program, program.ops, program.nr_ops, result.key));
	kmc_program_free(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_misuses_come_down_to_few_ops),
		cmocka_unit_test(test_nothing_to_keep),
		cmocka_unit_test(test_values_become_plain),
		cmocka_unit_test(test_runs_are_limited),
	};
	const char *seed = getenv("KMC_SEED");
	int failed;

	first_seed = seed && *seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL);
	printf("KMC_SEED=%llu\n", (unsigned long long)first_seed);
	rigs = kmc_rigs_create(4, 0);
	if (!rigs)
		return 2;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	kmc_rigs_destroy(rigs);
	return failed;
}
