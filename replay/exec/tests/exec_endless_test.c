/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What would wait for ever is the outcome hung, of whatever call it is asked by, with
 * nothing in its slot; the program goes on, and the same call is served when there is
 * memory again. Each release.
 */
#include "exec_alloc.h"

static const uint32_t releases[] = { KMC_RELEASE(6, 1, 192), KMC_RELEASE(6, 6, 9),
				     KMC_RELEASE(6, 12, 117), KMC_RELEASE(6, 18, 44) };

#define FOR_EACH_RELEASE(p) for (size_t p = 0; p < 4; p++)
#define NOTHING_FREE	    "pressure(1, 0, 0)\n"
#define PLENTY		    "pressure(1, 0, 1048576)\n"

static void boot(uint32_t release, uint32_t options)
{
	target = open_target_with("alloc", KMC_TARGET_OBSERVE, options, release);
}

static void off(void)
{
	target->ops->close(target);
}

/* @before brings the machine there; then @call hangs, and after @after it does not. */
static void hangs(const char *before, const char *call, const char *after)
{
	char text[1024];
	unsigned int n = 0;

	for (const char *c = before; *c; c++)
		n += *c == '\n';
	snprintf(text, sizeof(text), "%s%s\ncheck(r9, 8, 0x1)\n", before, call);
	run_text(target, &seen, text);
	if (outcome_at(n) != KMC_OUT_HUNG)
		fail_msg("%s: %s", call, kmc_outcome_name(outcome_at(n)));
	assert_int_equal(outcome_at(n + 1), KMC_OUT_SKIPPED); /* nothing is in the slot */
	n = 0;
	for (const char *c = after; *c; c++)
		n += *c == '\n';
	snprintf(text, sizeof(text), "%s%s\n", after, call);
	run_text(target, &seen, text);
	if (outcome_at(n) != KMC_OUT_VALUE)
		fail_msg("%s with memory: %s", call, kmc_outcome_name(outcome_at(n)));
}

/* Whatever the call is made of. */
static void gfp13_nofail_without_progress(void **state)
{
	static const char *const calls[] = {
		"r9 = alloc_pages(GFP_KERNEL|__GFP_NOFAIL, 0)",
		"r9 = alloc_pages(GFP_KERNEL|__GFP_NOFAIL, 1)",
		"r9 = __get_free_pages(GFP_KERNEL|__GFP_NOFAIL, 0)",
		"r9 = get_zeroed_page(GFP_KERNEL|__GFP_NOFAIL)",
		"r9 = alloc_pages_exact(4000, GFP_KERNEL|__GFP_NOFAIL)",
		"r9 = folio_alloc(GFP_KERNEL|__GFP_NOFAIL, 0)",
		"r9 = kmalloc(4000, GFP_KERNEL|__GFP_NOFAIL)",
		"r9 = kmalloc(8192, GFP_KERNEL|__GFP_NOFAIL)",
		"r9 = kvmalloc(300000, GFP_KERNEL|__GFP_NOFAIL)",
		"r9 = __vmalloc(30000, GFP_KERNEL|__GFP_NOFAIL)",
	};

	(void)state;
	FOR_EACH_RELEASE(p)
		for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
			boot(releases[p], 0);
			/* what cpus keep goes to the zone first */
			hangs(NOTHING_FREE, calls[i], PLENTY);
			off();
		}
}

/* There is somebody to kill, and what he has is not looked for: nobody is killed for such an order. */
static void gfp13_gfp17_costly_nofail(void **state)
{
	(void)state;
	FOR_EACH_RELEASE(p) {
		boot(releases[p], 0);
		hangs("populate_anon(40, 64, 0)\n" NOTHING_FREE,
		      "r9 = alloc_pages(GFP_KERNEL|__GFP_NOFAIL, 4)", PLENTY);
		assert_int_equal(effects_seen(&seen, KMC_EFF_KILLED), 0);
		off();
	}
}

/* By flag or by scope. */
static void oom2_nofs_at_exhaustion(void **state)
{
	(void)state;
	FOR_EACH_RELEASE(p) {
		boot(releases[p], 0);
		hangs("populate_anon(40, 64, 0)\n" NOTHING_FREE, "r9 = alloc_pages(GFP_NOFS, 0)", PLENTY);
		hangs("__free_pages(r9, 0)\n" NOTHING_FREE, "r9 = alloc_pages(GFP_NOIO, 0)", PLENTY);
		hangs("__free_pages(r9, 0)\nr1 = memalloc_nofs_save()\n" NOTHING_FREE,
		      "r9 = alloc_pages(GFP_KERNEL, 0)", PLENTY);
		assert_int_equal(effects_seen(&seen, KMC_EFF_KILLED), 0);
		off();
	}
}

/* A limit is passed by, injected failures pass it by; what the machine has not it waits for. */
static void gfp13_mcg5_limits_and_failures(void **state)
{
	(void)state;
	FOR_EACH_RELEASE(p) {
		boot(releases[p], KMC_MO_memcg);
		run_text(target, &seen,
			 "r0 = memcg_create(NULL, 4096, 0, 0)\nmemcg_attach(r0, 0)\n"
			 "fail_nth(fail_page_alloc, 1, 1)\n"
			 "r1 = alloc_pages(GFP_KERNEL_ACCOUNT, 1)\n"
			 "r2 = alloc_pages(GFP_KERNEL_ACCOUNT|__GFP_NOFAIL, 1)\n");
		assert_int_equal(outcome_at(3), KMC_OUT_NULL);
		assert_int_equal(outcome_at(4), KMC_OUT_VALUE);
		hangs(NOTHING_FREE, "r9 = alloc_pages(GFP_KERNEL_ACCOUNT|__GFP_NOFAIL, 0)", PLENTY);
		off();
	}
}

/* Snapshots taken before are there after it, and a hung run is the same run again. */
static void test_what_hung_can_be_taken_back(void **state)
{
	const char *text = "r0 = alloc_pages(GFP_KERNEL, 0)\nwrite(r0, 4096, 0x7)\n" NOTHING_FREE
			   "r1 = snapshot()\nr9 = alloc_pages(GFP_KERNEL|__GFP_NOFAIL, 0)\n"
			   "restore(r1)\ncheck(r0, 4096, 0x7)\n" PLENTY
			   "r9 = alloc_pages(GFP_KERNEL|__GFP_NOFAIL, 0)\n";
	static struct kmc_event first[MAX_SEEN];
	size_t nr;

	(void)state;
	boot(releases[3], 0);
	run_text(target, &seen, text);
	assert_int_equal(outcome_at(4), KMC_OUT_HUNG);
	assert_int_equal(outcome_at(8), KMC_OUT_VALUE);
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_KEPT), 1);
	nr = seen.nr;
	memcpy(first, seen.events, nr * sizeof(first[0]));
	off();
	boot(releases[3], 0);
	run_text(target, &seen, text);
	assert_int_equal(seen.nr, nr);
	for (size_t i = 0; i < nr; i++)
		assert_int_equal(first[i].outcome, seen.events[i].outcome);
	off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gfp13_nofail_without_progress),
		cmocka_unit_test(gfp13_gfp17_costly_nofail),
		cmocka_unit_test(oom2_nofs_at_exhaustion),
		cmocka_unit_test(gfp13_mcg5_limits_and_failures),
		cmocka_unit_test(test_what_hung_can_be_taken_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
