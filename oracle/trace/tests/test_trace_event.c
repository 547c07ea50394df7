// SPDX-License-Identifier: GPL-2.0-or-later
/* Records as events. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <string.h>
#include "trace_sample.h"

static struct kmc_trace_facts facts;

static int setup(void **state)
{
	(void)state;
	kmc_sample_facts(&facts);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kmc_trace_facts_free(&facts);
	return 0;
}

static struct kmc_record record_of(unsigned int probe)
{
	return (struct kmc_record){
		.probe = (uint8_t)probe, .time_ns = 5, .tid = 77, .site = 0x1234,
		.node = KMC_NODE_NONE, .cache = KMC_RECORD_NO_CACHE,
	};
}

static void kmalloc_event(void **state)
{
	struct kmc_record r = record_of(KMC_PROBE_KMALLOC);
	struct kmc_event ev;

	(void)state;
	r.addr = 0xffff91f740001000u;
	r.size = 100;
	r.granted = 128;
	r.gfp = 0xcc0; /* GFP_KERNEL on 6.18 */
	r.flags = KMC_RF_ACCOUNTED;
	r.scope = KMC_SCOPE_NOFS;
	r.node = 1;
	kmc_record_to_event(&facts, &r, 3, &ev);
	assert_int_equal(ev.kind, KMC_EV_TRACEPOINT);
	assert_int_equal(ev.what, KMC_TP_EV_KMALLOC);
	assert_int_equal(ev.outcome, KMC_OUT_VALUE);
	assert_int_equal(ev.addr, r.addr);
	assert_int_equal(ev.size, 100);
	assert_int_equal(ev.granted, 128);
	assert_int_equal(ev.cpu, 3);
	assert_int_equal(ev.task, 77);
	assert_int_equal(ev.time_ns, 5);
	assert_int_equal(ev.site, 0x1234);
	assert_int_equal(ev.node, 1);
	assert_int_equal(ev.scope, KMC_SCOPE_NOFS);
	assert_int_equal(ev.marks, KMC_MARK_ACCOUNTED);
	assert_int_equal(ev.context, KMC_CTX_UNKNOWN);
	assert_true(ev.cache == KMC_CACHE_NONE);
	assert_int_equal(ev.gfp, KMC_GFP_IO | KMC_GFP_FS | KMC_GFP_DIRECT_RECLAIM |
					 KMC_GFP_KSWAPD_RECLAIM);
	assert_int_equal(ev.gfp_raw, 0);
}

static void failed_requests(void **state)
{
	static const uint8_t probes[] = { KMC_PROBE_KMALLOC, KMC_PROBE_CACHE_ALLOC,
					  KMC_PROBE_PAGE_ALLOC, KMC_PROBE_VMAP_ALLOC,
					  KMC_PROBE_PERCPU_ALLOC };
	struct kmc_event ev;

	(void)state;
	for (size_t i = 0; i < sizeof(probes); i++) {
		struct kmc_record r = record_of(probes[i]);

		r.flags = KMC_RF_FAILED;
		kmc_record_to_event(&facts, &r, 0, &ev);
		assert_int_equal(ev.outcome, KMC_OUT_NULL);
		assert_int_equal(ev.addr, 0);
		assert_int_equal(ev.granted, 0);
		r.flags = 0;
		kmc_record_to_event(&facts, &r, 0, &ev);
		assert_int_equal(ev.outcome, KMC_OUT_VALUE);
	}
}

static void cache_events_use_the_table(void **state)
{
	struct kmc_record r = record_of(KMC_PROBE_CACHE_ALLOC);
	struct kmc_event ev;

	(void)state;
	r.cache = 1;
	kmc_record_to_event(&facts, &r, 0, &ev);
	assert_int_equal(ev.cache, 1);
	assert_int_equal(ev.size, 185);
	assert_int_equal(ev.granted, 192);
	r.probe = KMC_PROBE_CACHE_FREE;
	kmc_record_to_event(&facts, &r, 0, &ev);
	assert_int_equal(ev.cache, 1);
	assert_int_equal(ev.size, 0);
	assert_int_equal(ev.outcome, KMC_OUT_NONE);
	r.cache = 2; /* not in the table */
	kmc_record_to_event(&facts, &r, 0, &ev);
	assert_true(ev.cache == KMC_CACHE_NONE);
}

static void page_events_are_addresses(void **state)
{
	struct kmc_record r = record_of(KMC_PROBE_PAGE_ALLOC);
	struct kmc_event ev;

	(void)state;
	r.addr = 0x12345;
	r.order = 3;
	r.migratetype = 2;
	kmc_record_to_event(&facts, &r, 0, &ev);
	assert_int_equal(ev.addr, facts.machine.direct_map + 0x12345000u);
	assert_int_equal(ev.size, 32768);
	assert_int_equal(ev.granted, 32768);
	assert_int_equal(ev.order, 3);
	assert_int_equal(ev.arg, 2);
	r.addr = UINT64_MAX;
	kmc_record_to_event(&facts, &r, 0, &ev);
	assert_int_equal(ev.outcome, KMC_OUT_NULL);
	assert_int_equal(ev.addr, 0);
	r.order = 200; /* from a damaged mind: no shift beyond the word */
	kmc_record_to_event(&facts, &r, 0, &ev);
	assert_int_equal(ev.size, 0);
}

static void numbers_of_other_probes(void **state)
{
	struct kmc_record r = record_of(KMC_PROBE_RECLAIM_END);
	struct kmc_event ev;

	(void)state;
	r.size = 32;
	kmc_record_to_event(&facts, &r, 0, &ev);
	assert_int_equal(ev.what, KMC_TP_EV_DIRECT_RECLAIM_END);
	assert_int_equal(ev.arg, 32);
	assert_int_equal(ev.size, 0);
	r.probe = KMC_PROBE_MARK_VICTIM;
	r.size = 4711;
	kmc_record_to_event(&facts, &r, 0, &ev);
	assert_int_equal(ev.arg, 4711);
	assert_int_equal(ev.outcome, KMC_OUT_NONE);
}

/* Every word by every table, in an order that mixes them: what is remembered never leaks over. */
static void flags_are_those_of_the_table(void **state)
{
	static const uint32_t releases[] = { KMC_RELEASE(4, 19, 0), KMC_RELEASE(6, 1, 0),
					     KMC_RELEASE(6, 18, 0) };
	struct kmc_trace_facts tables[3];
	uint64_t seed = 3;

	(void)state;
	for (unsigned int i = 0; i < 3; i++) {
		kmc_trace_facts_init(&tables[i]);
		tables[i].gfp = *kmc_gfp_table_of(releases[i]);
	}
	for (unsigned int i = 0; i < 20000; i++) {
		const struct kmc_trace_facts *t = &tables[kmc_sample_draw(&seed) / 64 % 3];
		struct kmc_record r = record_of(KMC_PROBE_KMALLOC);
		struct kmc_gfp gfp;
		struct kmc_event ev;

		r.gfp = (uint32_t)kmc_sample_draw(&seed) >> kmc_sample_draw(&seed) % 32;
		gfp = kmc_gfp_from_raw(&t->gfp, r.gfp);
		kmc_record_to_event(t, &r, 0, &ev);
		assert_int_equal(ev.gfp, gfp.atoms);
		assert_int_equal(ev.gfp_raw, gfp.raw);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kmalloc_event),
		cmocka_unit_test(failed_requests),
		cmocka_unit_test(cache_events_use_the_table),
		cmocka_unit_test(page_events_are_addresses),
		cmocka_unit_test(numbers_of_other_probes),
		cmocka_unit_test(flags_are_those_of_the_table),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
