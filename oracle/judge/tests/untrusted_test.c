// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The judge reads what others wrote: streams of nonsense must cost neither
 * memory without bound nor a crash (run under sanitizers), and leave books
 * that add up.
 */
#include <time.h>
#include "judge_tests.h"

#define STEPS 150000

static uint64_t dice;

static uint64_t roll(uint64_t below)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (dice >> 8) % below;
}

/* Mostly from a few places, so that things meet; sometimes anything. */
static uint64_t some_address(void)
{
	switch (roll(8)) {
	case 0:
		return roll(32);
	case 1:
		return UINT64_MAX - roll(8192);
	case 2:
		return dice;
	case 3:
		return 0xffffc90000000000ull + roll(1 << 16);
	default:
		return PAGE(16) + roll(1 << 15) * (roll(4) ? 8 : 1);
	}
}

static uint64_t some_size(void)
{
	switch (roll(8)) {
	case 0:
		return UINT64_MAX - roll(4);
	case 1:
		return 1ull << roll(64);
	case 2:
		return dice;
	default:
		return roll(10000);
	}
}

static void some_event(struct kmc_event *ev)
{
	kmc_event_init(ev);
	ev->seq = roll(3) ? 0 : dice;
	ev->kind = (uint8_t)roll(KMC_NR_EVENT_KINDS + 1);
	ev->what = (uint16_t)(ev->kind == KMC_EV_TRACEPOINT ? roll(KMC_NR_TRACEPOINTS + 1) :
			      ev->kind == KMC_EV_EFFECT	    ? roll(KMC_NR_EFFECTS) :
							      roll(KMC_OPCODE_END + 10));
	ev->outcome = (uint8_t)roll(KMC_NR_OUTCOMES + 1);
	ev->id = (uint32_t)roll(40);
	ev->parent = roll(4) ? 0 : (uint32_t)roll(40);
	ev->cpu = (uint16_t)(roll(100) ? roll(4) : dice);
	ev->order = (uint8_t)(roll(20) ? roll(12) : dice);
	ev->cache = roll(3) ? (uint32_t)roll(6) : (uint32_t)dice;
	ev->context = (uint8_t)roll(KMC_NR_CONTEXTS);
	ev->gfp = (uint32_t)dice & KMC_GFP_ALL_ATOMS;
	ev->marks = roll(10) ? 0 : (uint16_t)roll(4096);
	ev->node = (int8_t)roll(4);
	ev->addr = some_address();
	ev->addr2 = some_address();
	ev->size = some_size();
	ev->granted = roll(2) ? 0 : some_size();
	ev->arg = some_size();
	if (ev->kind == KMC_EV_TRACEPOINT && roll(8))
		ev->id = ev->parent = 0;
}

static void books_add_up(const struct kmc_judge *judge)
{
	struct kmc_life_count counts[128];
	size_t nr = kmc_judge_lives(judge, counts, 128);

	for (size_t i = 0; i < nr && i < 128; i++) {
		assert_true(counts[i].live <= counts[i].allocs);
		assert_true(counts[i].live_bytes <= counts[i].peak_live_bytes);
	}
	for (size_t i = 0; i < kmc_rule_count(); i++) {
		struct kmc_rule_result r;

		kmc_judge_result(judge, i, &r);
		assert_int_equal(r.exercised, r.passed + r.violated + r.unknown);
		assert_int_equal(r.state == KMC_RULE_VIOLATED, r.violated > 0);
	}
}

static void nonsense(bool bare)
{
	static const struct kmc_cache_desc odd[] = {
		{ .id = 1, .name = "widget", .object_size = 40, .size = 40, .align = 8 },
		{ .id = 2, .name = "none", .align = 24, .flags = KMC_CF_HWCACHE_ALIGN },
		{ .id = 3, .object_size = UINT32_MAX, .size = 1, .align = 1u << 31, .ctor = true },
		{ .id = UINT32_MAX - 1, .name = "far" },
	};
	struct kmc_judge *judge = make_judge(bare);
	struct kmc_event ev;

	for (unsigned int i = 0; i < 4; i++)
		kmc_judge_cache(judge, &odd[i]);
	for (unsigned int step = 0; step < STEPS; step++) {
		some_event(&ev);
		assert_true(kmc_judge_event(judge, &ev) >= 0);
		if (!roll(20000))
			kmc_judge_reset(judge);
	}
	assert_true(kmc_judge_finish(judge) >= 0);
	assert_int_equal(kmc_judge_events(judge), STEPS);
	books_add_up(judge);
	assert_true(kmc_judge_finding_count(judge) > 0);
	kmc_judge_destroy(judge);
}

static void nonsense_calls(void **state)
{
	(void)state;
	nonsense(false);
}

static void nonsense_tracepoints(void **state)
{
	(void)state;
	nonsense(true);
}

static void impossible_subjects(void **state)
{
	struct kmc_subject subject;
	struct kmc_judge *judge;

	(void)state;
	make_subject(&subject, true);
	subject.machine.page_shift = 16;
	assert_int_equal(kmc_judge_create(&subject, &judge), -22);
	make_subject(&subject, true);
	subject.machine.nr_zones = 99;
	assert_int_equal(kmc_judge_create(&subject, &judge), -22);
	kmc_judge_destroy(NULL);
}

static void feed_effect(struct kmc_judge *judge, unsigned int what, uint64_t addr, uint64_t addr2,
			uint64_t size)
{
	struct kmc_event ev;

	kmc_event_init(&ev);
	ev.kind = KMC_EV_EFFECT;
	ev.what = (uint16_t)what;
	ev.id = 7;
	ev.addr = addr;
	ev.addr2 = addr2;
	ev.size = size;
	assert_true(kmc_judge_event(judge, &ev) >= 0);
}

/* There is no block at address 0: one that moved there, or came from there, stays where it was. */
static void migrated_to_nowhere(void **state)
{
	struct kmc_judge *judge = make_judge(false);
	struct kmc_life_count counts[128];
	uint64_t live = 0;
	size_t nr;

	(void)state;
	for (unsigned int i = 0; i < 4; i++) {
		feed_call(judge, KMC_OP_ALLOC_PAGES, PAGE(16 + i), 4096);
		feed_effect(judge, KMC_EFF_MIGRATED, PAGE(16 + i), 0, 0);
		feed_effect(judge, KMC_EFF_MIGRATED, 0, PAGE(32 + i), 0);
	}
	assert_true(kmc_judge_finish(judge) >= 0);
	nr = kmc_judge_lives(judge, counts, 128);
	for (size_t i = 0; i < nr; i++)
		live += counts[i].live;
	assert_int_equal(live, 4);
	assert_int_equal(result_of(judge, "FR-20").violated, 4);
	kmc_judge_destroy(judge);
}

/* Pages that went back from address 0 on are no objects that were constructed there. */
static void pages_back_from_nowhere(void **state)
{
	struct kmc_cache_desc desc = { .id = 1, .name = "widget", .object_size = 64, .size = 64,
				       .align = 8, .ctor = true };
	struct kmc_judge *judge = make_judge(false);
	struct kmc_event begin;

	(void)state;
	kmc_judge_cache(judge, &desc);
	kmc_event_init(&begin);
	begin.kind = KMC_EV_BEGIN;
	begin.what = KMC_OP_KMEM_CACHE_ALLOC;
	begin.id = 7;
	begin.cache = 1;
	kmc_judge_event(judge, &begin);
	feed_effect(judge, KMC_EFF_CONSTRUCTED, PAGE(16), 0, 0);
	feed_effect(judge, KMC_EFF_PAGES_BACK, 0, 0, PAGE(8));
	/* Looks for a free place in the set: there must be one. */
	feed_effect(judge, KMC_EFF_CONSTRUCTED, PAGE(17), 0, 0);
	kmc_judge_destroy(judge);
}

/* A reset judge judges as a new one does, and keeps its counts. */
static void reset(void **state)
{
	struct kmc_judge *judge = make_judge(false);

	(void)state;
	for (unsigned int round = 0; round < 100; round++) {
		feed_call(judge, KMC_OP_KMALLOC, PAGE(16), 64);
		feed_call(judge, KMC_OP_KMALLOC, PAGE(16) + 64, 64);
		feed_call(judge, KMC_OP_KFREE, PAGE(16), 0);
		kmc_judge_reset(judge);
	}
	assert_int_equal(result_of(judge, "KM-1").violated, 0);
	assert_int_equal(result_of(judge, "KM-1").passed, 200);
	assert_int_equal(result_of(judge, "FR-10").violated, 0);
	kmc_judge_destroy(judge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nonsense_calls),
		cmocka_unit_test(nonsense_tracepoints),
		cmocka_unit_test(impossible_subjects),
		cmocka_unit_test(migrated_to_nowhere),
		cmocka_unit_test(pages_back_from_nowhere),
		cmocka_unit_test(reset),
	};
	const char *given = getenv("KMC_SEED");

	dice = given ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) * 2654435761u + 1;
	print_message("seed %llu (KMC_SEED repeats it)\n", (unsigned long long)dice);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
