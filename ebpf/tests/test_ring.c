// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rings filled by hand: what a slot says, the order of time between the two
 * rings of a cpu, positions, laps and the unwrapping of time.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include "ring.h"

#define NR_SLOTS 64

struct fixture {
	struct kmc_slot slots[NR_SLOTS], nest[KMC_NEST_SLOTS];
	struct kmc_cpu_state state;
	struct kmc_cpu_control control;
	struct kmc_ring ring;
	struct kmc_slot_context context;
	struct kmc_record records[4096];
};

static struct fixture *setup(uint64_t now)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	f->ring = (struct kmc_ring){ .slots = f->slots, .nest = f->nest, .state = &f->state,
				     .control = &f->control, .nr_slots = NR_SLOTS,
				     .near_ns = now, .poll_ns = now };
	f->context.text = 0xffffffff81000000;
	f->context.page_struct_size = 64;
	return f;
}

static struct kmc_slot slot(uint64_t ns, unsigned int probe, uint64_t addr, uint32_t aux)
{
	return (struct kmc_slot){
		.when = ns << KMC_SLOT_TID_BITS | 4711,
		.where = addr << KMC_SLOT_NODE_BITS | KMC_SLOT_NODE_NONE,
		.who = (uint64_t)0x81234567 << 32 | 0xcc0,
		.what = 100ull << 32 | (uint64_t)aux << KMC_SLOT_AUX_SHIFT |
			probe << KMC_SLOT_PROBE_SHIFT | 0x12 << KMC_SLOT_SCOPE_SHIFT,
	};
}

static void put(struct fixture *f, uint64_t ns)
{
	f->slots[f->state.head++ & (NR_SLOTS - 1)] = slot(ns, KMC_PROBE_KFREE, ns, 0);
}

static void put_nested(struct fixture *f, uint64_t ns)
{
	struct kmc_slot s = slot(ns, KMC_PROBE_KFREE, ns, 0);

	if (!(f->state.nest_head & KMC_NEST_SLOTS))
		s.what |= KMC_SLOT_LAP;
	f->nest[f->state.nest_head++ & (KMC_NEST_SLOTS - 1)] = s;
}

static size_t take(struct fixture *f, uint64_t now)
{
	size_t n = kmc_ring_read(&f->ring, &f->context, UINT64_MAX, now, f->records, 4096);

	kmc_ring_release(&f->ring);
	return n;
}

static void test_kmalloc_record(void **state)
{
	struct kmc_slot s = slot(1000, KMC_PROBE_KMALLOC, 0xffff888012345678, 128 >> 3);
	struct kmc_slot_context c = { .start_ns = 400, .text = 0xffffffff81000000,
				      .accounted = 0x40 };
	struct kmc_record r;

	(void)state;
	kmc_slot_record(&c, &s, 1000, &r);
	assert_int_equal(r.time_ns, 600);
	assert_true(r.addr == 0xffff888012345678);
	assert_true(r.site == 0xffffffff81234567);
	assert_int_equal(r.size, 100);
	assert_int_equal(r.granted, 128);
	assert_int_equal(r.gfp, 0xcc0);
	assert_int_equal(r.tid, 4711);
	assert_int_equal(r.node, -1);
	assert_int_equal(r.scope, 0x12);
	assert_int_equal(r.probe, KMC_PROBE_KMALLOC);
	assert_int_equal(r.cache, KMC_RECORD_NO_CACHE);
	assert_int_equal(r.flags, KMC_RF_ACCOUNTED);
	s.what |= KMC_SLOT_FAILED;
	s.where = s.where - KMC_SLOT_NODE_NONE + 3;
	kmc_slot_record(&c, &s, 300, &r);
	assert_int_equal(r.time_ns, 0);
	assert_int_equal(r.node, 3);
	assert_int_equal(r.flags, KMC_RF_ACCOUNTED | KMC_RF_FAILED);
}

static void test_page_record(void **state)
{
	struct kmc_slot_context c = { .page_structs = 0xffffea0000000000, .page_struct_size = 64 };
	struct kmc_slot s = slot(1, KMC_PROBE_PAGE_ALLOC, 0xffffea0000000000 + 64 * 12345,
				 3 | 2 << 8);
	struct kmc_record r;

	(void)state;
	kmc_slot_record(&c, &s, 1, &r);
	assert_int_equal(r.addr, 12345);
	assert_int_equal(r.order, 3);
	assert_int_equal(r.migratetype, 2);
	s.what |= KMC_SLOT_FAILED;
	kmc_slot_record(&c, &s, 1, &r);
	assert_true(r.addr == UINT64_MAX);
}

static void test_cache_record(void **state)
{
	uint16_t of[] = { 5, 4, 3 };
	struct kmc_slot_context c = { .cache_of = of, .nr_cache_of = 3 };
	struct kmc_slot s = slot(1, KMC_PROBE_CACHE_FREE, 1, 1);
	struct kmc_record r;

	(void)state;
	kmc_slot_record(&c, &s, 1, &r);
	assert_int_equal(r.cache, 4);
	s = slot(1, KMC_PROBE_CACHE_FREE, 1, 3);
	kmc_slot_record(&c, &s, 1, &r);
	assert_int_equal(r.cache, KMC_RECORD_NO_CACHE);
}

/* Addresses of 5-level page tables, of modules on both sides of the text, and low ones. */
static void test_addresses(void **state)
{
	static const uint64_t addrs[] = { 0xff11000000001000, 0xffffffffc0001000, 0x10, 0,
					  0x00007fffffffe000 };
	struct kmc_slot_context c = { .text = 0xffff800080010000 };
	struct kmc_slot s;
	struct kmc_record r;

	(void)state;
	for (size_t i = 0; i < sizeof(addrs) / sizeof(addrs[0]); i++) {
		s = slot(1, KMC_PROBE_KFREE, addrs[i], 0);
		kmc_slot_record(&c, &s, 1, &r);
		assert_true(r.addr == addrs[i]);
	}
	s.who = (uint64_t)0x7f000000 << 32; /* just below: an arm64 module */
	kmc_slot_record(&c, &s, 1, &r);
	assert_true(r.site == 0xffff80007f000000);
	s.who = 0;
	kmc_slot_record(&c, &s, 1, &r);
	assert_int_equal(r.site, 0);
}

static void test_granted_sizes(void **state)
{
	(void)state;
	assert_int_equal(kmc_granted_unpack(1), 8);
	assert_int_equal(kmc_granted_unpack(8192 >> 3), 8192);
	assert_int_equal(kmc_granted_unpack(KMC_GRANTED_PAGES | (4 << 20) >> 12), 4 << 20);
	assert_int_equal(kmc_granted_unpack(0x7fff), KMC_GRANTED_SMALL - 8);
}

static void test_order_and_laps(void **state)
{
	struct fixture *f = setup(1000);
	uint64_t ns = 1000, expected = 1000;

	(void)state;
	for (int round = 0; round < 50; round++) {
		for (int i = 0; i < 37; i++)
			put(f, ns++);
		assert_int_equal(kmc_ring_fill(&f->ring), 37);
		assert_int_equal(take(f, ns), 37);
		for (int i = 0; i < 37; i++)
			assert_int_equal(f->records[i].time_ns, expected++);
		assert_int_equal(f->control.tail, f->state.head);
	}
	assert_int_equal(take(f, ns), 0);
	free(f);
}

static void test_until_and_max(void **state)
{
	struct fixture *f = setup(1);

	(void)state;
	for (int i = 0; i < 20; i++)
		put(f, 10 + i);
	assert_int_equal(kmc_ring_read(&f->ring, &f->context, 7, 50, f->records, 100), 7);
	assert_int_equal(kmc_ring_read(&f->ring, &f->context, 7, 50, f->records, 100), 0);
	assert_int_equal(kmc_ring_read(&f->ring, &f->context, 100, 50, f->records, 5), 5);
	assert_int_equal(f->records[0].time_ns, 17);
	assert_int_equal(kmc_ring_read(&f->ring, &f->context, 100, 50, f->records, 100), 8);
	free(f);
}

/* main 10 .. 20 .. 30, interrupted at 15 and 25 */
static void test_nested_between(void **state)
{
	static const uint64_t expected[] = { 10, 15, 20, 25, 30 };
	struct fixture *f = setup(5);

	(void)state;
	put(f, 10);
	put_nested(f, 15);
	put(f, 20);
	put_nested(f, 25);
	put(f, 30);
	assert_int_equal(take(f, 100), 5);
	for (int i = 0; i < 5; i++)
		assert_int_equal(f->records[i].time_ns, expected[i]);
	assert_int_equal(f->control.nest_tail, 2);
	free(f);
}

/* The interrupted program's own slot (20) is not published yet: 25 has to wait for it. */
static void test_nested_waits(void **state)
{
	struct fixture *f = setup(5);

	(void)state;
	put(f, 10);
	put_nested(f, 25);
	assert_int_equal(take(f, 30), 1);
	put(f, 20);
	assert_int_equal(take(f, 40), 2);
	assert_int_equal(f->records[0].time_ns, 20);
	assert_int_equal(f->records[1].time_ns, 25);
	free(f);
}

/* An older slot of the main ring that may not be read yet still comes first. */
static void test_nested_behind_until(void **state)
{
	struct fixture *f = setup(5);

	(void)state;
	put(f, 10);
	put(f, 20);
	put_nested(f, 25);
	f->ring.poll_ns = 100;
	assert_int_equal(kmc_ring_read(&f->ring, &f->context, 1, 200, f->records, 10), 1);
	assert_int_equal(kmc_ring_read(&f->ring, &f->context, 9, 200, f->records, 10), 2);
	assert_int_equal(f->records[0].time_ns, 20);
	free(f);
}

static void test_nested_half_written(void **state)
{
	struct fixture *f = setup(5);

	(void)state;
	f->state.nest_head = 1; /* reserved, not written */
	put(f, 10);
	assert_int_equal(take(f, 50), 1);
	f->state.nest_head = 0;
	put_nested(f, 7); /* older than what was given out: is put after it, not before */
	assert_int_equal(take(f, 60), 1);
	assert_int_equal(f->records[0].addr, 7);
	assert_int_equal(f->records[0].time_ns, 10);
	free(f);
}

static void test_nested_laps(void **state)
{
	struct fixture *f = setup(0);

	(void)state;
	for (uint64_t i = 1; i <= 3 * KMC_NEST_SLOTS; i++) {
		put_nested(f, i);
		f->ring.poll_ns = i + 1;
		assert_int_equal(take(f, i + 2), 1);
		assert_int_equal(f->records[0].addr, i);
	}
	free(f);
}

/* 42 bits of time: 73 minutes, over which a ring read in time carries. */
static void test_time_unwraps(void **state)
{
	const uint64_t wrap = 1ull << KMC_SLOT_TIME_BITS;
	struct fixture *f = setup(7 * wrap - 100);
	uint64_t late = 7 * wrap + wrap / 3;

	(void)state;
	put(f, 7 * wrap - 50);
	put(f, 7 * wrap + 50);
	put(f, late);
	assert_int_equal(take(f, late + 1), 3);
	assert_true(f->records[0].time_ns == 7 * wrap - 50);
	assert_true(f->records[1].time_ns == 7 * wrap + 50);
	assert_true(f->records[2].time_ns == late);
	assert_int_equal(take(f, late + 20 * wrap), 0); /* idle for a day */
	put(f, late + 20 * wrap + 5);
	assert_int_equal(take(f, late + 20 * wrap + 6), 1);
	assert_true(f->records[0].time_ns == late + 20 * wrap + 5);
	free(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kmalloc_record),
		cmocka_unit_test(test_page_record),
		cmocka_unit_test(test_cache_record),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_granted_sizes),
		cmocka_unit_test(test_order_and_laps),
		cmocka_unit_test(test_until_and_max),
		cmocka_unit_test(test_nested_between),
		cmocka_unit_test(test_nested_waits),
		cmocka_unit_test(test_nested_behind_until),
		cmocka_unit_test(test_nested_half_written),
		cmocka_unit_test(test_nested_laps),
		cmocka_unit_test(test_time_unwraps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
