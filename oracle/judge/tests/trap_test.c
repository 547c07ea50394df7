// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Trapping: a broken allocator rule of conformance ends the process in the
 * rule's own function; nothing else does.
 */
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>
#include "judge_tests.h"
#include "judge_priv.h"

/* Also where a sanitizer would turn the signal into a report of its own. */
static void on_trap(int number)
{
	(void)number;
	_exit(99);
}

static void catch_traps(void)
{
	signal(SIGILL, on_trap);
	signal(SIGTRAP, on_trap);
}

/* Return: did the child trap? */
static bool traps(void (*act)(struct kmc_judge *judge), bool bare)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		struct kmc_judge *judge = make_judge(bare);

		catch_traps();
		kmc_judge_trap(judge, true);
		act(judge);
		kmc_judge_finish(judge);
		kmc_judge_destroy(judge);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	assert_true(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 99);
	return WEXITSTATUS(status) == 99;
}

static void misaligned(struct kmc_judge *judge)
{
	feed_kmalloc(judge, PAGE(16) + 256, 512, 512);
}

static void aligned(struct kmc_judge *judge)
{
	feed_kmalloc(judge, PAGE(16) + 512, 512, 512);
}

static void as_linux_does_not(struct kmc_judge *judge)
{
	feed_kmalloc(judge, PAGE(17), 12288, 16384); /* ALIGN-6, origin I */
}

static void callers_breach(struct kmc_judge *judge)
{
	feed_call(judge, KMC_OP_KMALLOC, PAGE(16), 64);
	feed_call(judge, KMC_OP_VFREE, PAGE(16), 0);
}

static void overlap(struct kmc_judge *judge)
{
	feed_call(judge, KMC_OP_KMALLOC, PAGE(16), 64);
	feed_call(judge, KMC_OP_KMALLOC, PAGE(16) + 32, 32);
}

static void what_traps(void **state)
{
	(void)state;
	assert_true(traps(misaligned, true));
	assert_true(traps(overlap, false));
	assert_false(traps(aligned, true));
	assert_false(traps(as_linux_does_not, true));
	assert_false(traps(callers_breach, false));
}

static void without_the_wish_nothing_traps(void **state)
{
	struct kmc_judge *judge = make_judge(true);

	(void)state;
	assert_int_equal(feed_kmalloc(judge, PAGE(16) + 256, 512, 512), 1);
	assert_int_equal(result_of(judge, "ALIGN-2").violated, 1);
	kmc_judge_destroy(judge);
}

/* A function of its own for each rule: no two share an address, so no two share a frame. */
static void functions_are_distinct(void **state)
{
	(void)state;
	for (int i = 0; i < KMC_NR_RULES; i++)
		for (int k = 0; k < i; k++)
			if (kmc_rule_function(i))
				assert_true(kmc_rule_function(i) != kmc_rule_function(k));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_traps),
		cmocka_unit_test(without_the_wish_nothing_traps),
		cmocka_unit_test(functions_are_distinct),
	};
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
