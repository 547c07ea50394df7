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

static unsigned int wish = KMC_TRAP_CONFORMANCE;
static const char *known; /* key accepted before; NULL none */

/* Return: did the child trap? */
static bool traps(void (*act)(struct kmc_judge *judge), bool bare)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		struct kmc_judge *judge = make_judge(bare);

		catch_traps();
		kmc_judge_trap(judge, wish);
		if (known)
			kmc_judge_accept(judge, known);
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

/* RCL-4, a should rule: a round for one page gives a hundred times what it is after. */
static void reclaims_all(struct kmc_judge *judge)
{
	struct kmc_event ev;

	kmc_event_init(&ev);
	ev.kind = KMC_EV_BEGIN;
	ev.id = 1000;
	ev.what = KMC_OP_ALLOC_PAGES;
	ev.size = 4096;
	ev.gfp = KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_IO | KMC_GFP_FS;
	kmc_judge_event(judge, &ev);
	ev.kind = KMC_EV_EFFECT;
	ev.what = KMC_EFF_RECLAIMED;
	ev.arg = 3200;
	kmc_judge_event(judge, &ev);
	ev.kind = KMC_EV_END;
	ev.what = KMC_OP_ALLOC_PAGES;
	ev.outcome = KMC_OUT_VALUE;
	ev.addr = PAGE(16);
	kmc_judge_event(judge, &ev);
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

static void equivalence_traps_on_wish(void **state)
{
	(void)state;
	wish = KMC_TRAP_CONFORMANCE | KMC_TRAP_EQUIVALENCE;
	assert_true(traps(as_linux_does_not, true));
	assert_true(traps(misaligned, true));
	assert_false(traps(callers_breach, false));
	wish = KMC_TRAP_CONFORMANCE;
}

static void should_traps_on_wish(void **state)
{
	(void)state;
	wish = KMC_TRAP_CONFORMANCE | KMC_TRAP_EQUIVALENCE;
	assert_false(traps(reclaims_all, false));
	wish |= KMC_TRAP_SHOULD;
	assert_true(traps(reclaims_all, false));
	assert_true(traps(misaligned, true));
	assert_false(traps(callers_breach, false));
	wish = KMC_TRAP_CONFORMANCE | KMC_TRAP_SHOULD; /* this one is of origin I */
	assert_false(traps(reclaims_all, false));
	wish = KMC_TRAP_CONFORMANCE;
}

static void note_key(void *arg, const struct kmc_finding *finding)
{
	snprintf(arg, sizeof(finding->key), "%s", finding->key);
}

/* A finding that was accepted is silent, another one is not. */
static void known_findings_do_not_trap(void **state)
{
	struct kmc_judge *judge = make_judge(true);
	char key[sizeof(((struct kmc_finding *)0)->key)];

	(void)state;
	kmc_judge_on_violation(judge, note_key, key);
	misaligned(judge);
	kmc_judge_destroy(judge);
	known = key;
	assert_false(traps(misaligned, true));
	assert_true(traps(overlap, false));
	known = NULL;
}

/* While trapping is on, what cannot trap is counted and makes no finding. */
static void callers_are_counted_only(void **state)
{
	struct kmc_judge *judge = make_judge(false);

	(void)state;
	kmc_judge_trap(judge, KMC_TRAP_CONFORMANCE);
	feed_call(judge, KMC_OP_KMALLOC, PAGE(16), 64);
	assert_int_equal(feed_call(judge, KMC_OP_VFREE, PAGE(16), 0), 1);
	assert_int_equal(kmc_judge_finding_count(judge), 0);
	kmc_judge_destroy(judge);
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
		cmocka_unit_test(equivalence_traps_on_wish),
		cmocka_unit_test(should_traps_on_wish),
		cmocka_unit_test(known_findings_do_not_trap),
		cmocka_unit_test(callers_are_counted_only),
		cmocka_unit_test(without_the_wish_nothing_traps),
		cmocka_unit_test(functions_are_distinct),
	};
	struct rlimit none = { 0, 0 };

	setrlimit(RLIMIT_CORE, &none);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
