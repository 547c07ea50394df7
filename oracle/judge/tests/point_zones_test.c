// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Zones on a bare trace: memory is placed by its frame number among the
 * recorded zones. Rules: GFP-28, GFP-29, KM-13, KM-20.
 */
#include "judge_tests.h"

#define MAP 0xffff888000000000ull
#define FRAME(n) (MAP + (n) * 4096ull)

/* Frames of DMA end at 0x1000, of DMA32 at 0x100000; two nodes share [0x180000, 0x200000). */
static struct kmc_judge *judge_of_zones(void)
{
	static const struct kmc_zone zones[] = {
		{ .kind = KMC_DMA, .node = 0, .start_pfn = 1, .nr_pages = 0xfff },
		{ .kind = KMC_DMA32, .node = 0, .start_pfn = 0x1000, .nr_pages = 0xff000 },
		{ .kind = KMC_NORMAL, .node = 0, .start_pfn = 0x100000, .nr_pages = 0x100000 },
		{ .kind = KMC_NORMAL, .node = 1, .start_pfn = 0x180000, .nr_pages = 0x100000 },
	};
	struct kmc_subject subject;
	struct kmc_judge *judge;

	make_subject(&subject, true);
	subject.shows |= KMC_SHOWS_NODE;
	subject.machine.direct_map = MAP;
	subject.machine.nr_zones = 4;
	memcpy(subject.machine.zones, zones, sizeof(zones));
	assert_int_equal(kmc_judge_create(&subject, &judge), 0);
	return judge;
}

static void feed(struct kmc_judge *judge, unsigned int what, uint64_t addr, uint32_t gfp, int node)
{
	struct kmc_event ev;

	kmc_event_init(&ev);
	ev.kind = KMC_EV_TRACEPOINT;
	ev.what = (uint16_t)what;
	ev.outcome = KMC_OUT_VALUE;
	ev.addr = addr;
	ev.gfp = gfp;
	ev.node = (int8_t)node;
	ev.size = ev.granted = what == KMC_TP_EV_KMALLOC ? 64 : 4096;
	assert_true(kmc_judge_event(judge, &ev) >= 0);
}

static void assert_result(const struct kmc_judge *judge, const char *id, uint64_t passed,
			  uint64_t violated, uint64_t unknown)
{
	struct kmc_rule_result result = result_of(judge, id);

	assert_int_equal(result.passed, passed);
	assert_int_equal(result.violated, violated);
	assert_int_equal(result.unknown, unknown);
}

static void test_pages(void **state)
{
	struct kmc_judge *judge = judge_of_zones();

	(void)state;
	feed(judge, KMC_TP_EV_MM_PAGE_ALLOC, FRAME(0x800), KMC_GFP_DMA, 0);
	feed(judge, KMC_TP_EV_MM_PAGE_ALLOC, FRAME(0x1000), KMC_GFP_DMA, 0);
	assert_result(judge, "GFP-28", 1, 1, 0);
	feed(judge, KMC_TP_EV_MM_PAGE_ALLOC, FRAME(0xfffff), KMC_GFP_DMA32, 0);
	feed(judge, KMC_TP_EV_MM_PAGE_ALLOC, FRAME(0x100000), KMC_GFP_DMA32, 0);
	assert_result(judge, "GFP-29", 1, 1, 0);
	/* Two zones named: the caller's breach, nothing is promised. */
	feed(judge, KMC_TP_EV_MM_PAGE_ALLOC, FRAME(0x100001), KMC_GFP_DMA | KMC_GFP_DMA32, 0);
	assert_result(judge, "GFP-28", 1, 1, 0);
	assert_result(judge, "GFP-29", 1, 1, 0);
	kmc_judge_destroy(judge);
}

static void test_objects(void **state)
{
	struct kmc_judge *judge = judge_of_zones();

	(void)state;
	feed(judge, KMC_TP_EV_KMALLOC, FRAME(0x900), KMC_GFP_DMA, 0);
	feed(judge, KMC_TP_EV_KMALLOC, FRAME(0x2000), KMC_GFP_DMA, 0);
	assert_result(judge, "KM-20", 1, 1, 0);
	feed(judge, KMC_TP_EV_KMALLOC, FRAME(0x3000), KMC_GFP_THISNODE, 0);
	feed(judge, KMC_TP_EV_KMALLOC, FRAME(0x240000), KMC_GFP_THISNODE, 0);
	/* Whose frame it is the spans of the zones do not say. */
	feed(judge, KMC_TP_EV_KMALLOC, FRAME(0x190000), KMC_GFP_THISNODE, 1);
	assert_result(judge, "KM-13", 1, 1, 1);
	/* A preference only. */
	feed(judge, KMC_TP_EV_KMALLOC, FRAME(0x3001), 0, 1);
	assert_result(judge, "KM-13", 1, 1, 1);
	kmc_judge_destroy(judge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_objects),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
