// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Plain events are a shorter way to the same answer: random streams of events
 * that are plain, nearly plain and wrong are judged twice, once rule by rule
 * only, and every answer must be the same: what each event broke, what became
 * of each rule, the counts of lives, the findings.
 */
#include <inttypes.h>
#include <time.h>
#include "judge_tests.h"
#include "judge_priv.h"

#define STEPS 60000
#define ROUNDS 6

static uint64_t dice;

static uint64_t roll(uint64_t below)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return (dice >> 8) % below;
}

static const struct kmc_cache_desc caches[] = {
	{ .id = 0, .name = "plain", .object_size = 40, .size = 48, .align = 8 },
	{ .id = 1, .name = "hw", .object_size = 100, .size = 128, .align = 64,
	  .flags = KMC_CF_HWCACHE_ALIGN },
	{ .id = 2, .name = "ctor", .object_size = 64, .size = 64, .ctor = true },
	{ .id = 3, .name = "rcu", .object_size = 256, .size = 256,
	  .flags = KMC_CF_TYPESAFE_BY_RCU },
	{ .id = 4, .name = "kmalloc-64", .object_size = 64, .size = 64, .kmalloc = 1 },
	{ .id = 5, .name = "odd-align", .object_size = 64, .size = 64, .align = 24 },
	{ .id = 6, .name = "no-size", .object_size = 0, .size = 0 },
};
#define NR_CACHES 8 /* one that was never announced */

static uint64_t some_size(void)
{
	static const uint64_t sizes[] = { 8, 64, 64, 100, 192, 512, 1024, 4096, 8192 };

	switch (roll(16)) {
	case 0:
		return roll(3) ? roll(200) : roll(1 << 20);
	default:
		return sizes[roll(sizeof(sizes) / sizeof(sizes[0]))];
	}
}

static uint64_t some_address(uint64_t size)
{
	uint64_t align = size ? size & -size : 8;

	if (!roll(64))
		return roll(2) ? roll(32) : UINT64_MAX - roll(4096);
	if (!roll(32))
		return PAGE(32) + roll(16 * 4096);
	return PAGE(32) + (roll(16 * 4096) & -(align > 4096 ? 4096 : align));
}

static uint32_t some_flags(void)
{
	switch (roll(12)) {
	case 0:
		return (uint32_t)dice & KMC_GFP_ALL_ATOMS;
	case 1:
		return KMC_GFP_ZERO | KMC_GFP_KSWAPD_RECLAIM;
	case 2:
		return KMC_GFP_HIGHMEM | KMC_GFP_MOVABLE | KMC_GFP_DIRECT_RECLAIM;
	case 3:
		return 0;
	case 4:
		return KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_IO;
	default:
		return KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_IO | KMC_GFP_FS;
	}
}

static void some_request(struct kmc_event *ev)
{
	ev->gfp = some_flags();
	ev->gfp_raw = roll(200) ? 0 : 1;
	ev->outcome = roll(50) ? KMC_OUT_VALUE : (uint8_t)roll(KMC_NR_OUTCOMES);
}

static void fill_kmalloc(struct kmc_event *ev)
{
	ev->size = some_size();
	some_request(ev);
	ev->addr = roll(100) ? some_address(ev->size) : 0;
	ev->granted = ev->size && ev->size <= 8192 ? kmc_kmalloc_class_bytes(ev->size, 8) :
						     (ev->size + 4095) & -4096ull;
	if (!roll(30))
		ev->granted = roll(3) ? roll(9000) : dice;
}

static void fill_cache(struct kmc_event *ev)
{
	ev->cache = roll(40) ? (uint32_t)roll(NR_CACHES) : KMC_CACHE_NONE;
	some_request(ev);
	if (ev->cache < sizeof(caches) / sizeof(caches[0])) {
		ev->size = caches[ev->cache].object_size;
		ev->granted = caches[ev->cache].size;
	} else {
		ev->size = roll(100) ? 32 : dice;
	}
	ev->addr = roll(4) ? PAGE(32) + roll(16) * 4096 +
			     roll(16) * (ev->granted ? ev->granted : 64) : some_address(64);
}

static void fill_pages(struct kmc_event *ev)
{
	ev->order = roll(6) ? 0 : (uint8_t)roll(roll(20) ? 4 : 40);
	ev->size = ev->order < 32 ? KMC_PAGE << ev->order : KMC_PAGE;
	if (!roll(60))
		ev->size = some_size();
	some_request(ev);
	ev->addr = PAGE(32 + (roll(16) >> (roll(8) ? ev->order : 0) << (ev->order & 31)));
	if (!roll(60))
		ev->addr = some_address(64);
}

static void fill_free(struct kmc_event *ev, bool cached)
{
	if (cached)
		ev->cache = roll(40) ? (uint32_t)roll(NR_CACHES) : KMC_CACHE_NONE;
	ev->addr = some_address(1ull << roll(12));
}

/* Half of the frees are of something live, by a call that fits. */
static bool free_of_live(struct kmc_judge *judge, struct kmc_event *ev, bool points)
{
	size_t first = roll(judge->shadow.mask + 1);

	for (size_t i = 0; i <= judge->shadow.mask; i++) {
		const struct kmc_life *life = &judge->shadow.slots[(first + i) &
								   judge->shadow.mask];
		bool cached = life->from >= KMC_FROM_CACHE && life->from <= KMC_FROM_CACHE_CTOR;

		if (!life->addr || life->state != KMC_LIFE_LIVE)
			continue;
		ev->addr = life->addr;
		ev->cache = cached ? life->cache : KMC_CACHE_NONE;
		ev->order = (uint8_t)(life->size > 4096 ? 63 - __builtin_clzll(life->size >> 12) : 0);
		if (points)
			ev->what = cached ? KMC_TP_EV_KMEM_CACHE_FREE : KMC_TP_EV_KFREE;
		else
			ev->what = life->from >= KMC_FROM_PAGE ? KMC_OP_FREE_PAGES_PAGE :
				   cached ? KMC_OP_KMEM_CACHE_FREE : KMC_OP_KFREE;
		return true;
	}
	return false;
}

static void some_point(struct kmc_judge *judge, struct kmc_event *ev)
{
	static const uint16_t whats[] = { KMC_TP_EV_KMALLOC, KMC_TP_EV_KFREE,
					  KMC_TP_EV_KMEM_CACHE_ALLOC, KMC_TP_EV_KMEM_CACHE_FREE,
					  KMC_TP_EV_MM_PAGE_ALLOC, KMC_TP_EV_MM_PAGE_FREE };

	ev->kind = KMC_EV_TRACEPOINT;
	ev->what = whats[roll(6)];
	if (ev->what == KMC_TP_EV_KMALLOC)
		fill_kmalloc(ev);
	else if (ev->what == KMC_TP_EV_KMEM_CACHE_ALLOC)
		fill_cache(ev);
	else if (ev->what == KMC_TP_EV_MM_PAGE_ALLOC || ev->what == KMC_TP_EV_MM_PAGE_FREE)
		fill_pages(ev);
	else if (!roll(2) || !free_of_live(judge, ev, true))
		fill_free(ev, ev->what == KMC_TP_EV_KMEM_CACHE_FREE);
}

static void some_call(struct kmc_judge *judge, struct kmc_event *ev)
{
	static const uint16_t whats[] = { KMC_OP_KMALLOC, KMC_OP_KFREE, KMC_OP_KMEM_CACHE_ALLOC,
					  KMC_OP_KMEM_CACHE_FREE, KMC_OP_ALLOC_PAGES,
					  KMC_OP_FREE_PAGES_PAGE, KMC_OP_KSTRDUP_CONST };

	ev->kind = KMC_EV_CALL;
	ev->id = (uint32_t)roll(1 << 30) + 1;
	ev->parent = roll(100) ? 0 : 5;
	ev->what = whats[roll(roll(8) ? 6 : 7)];
	if (ev->what == KMC_OP_KMALLOC || ev->what == KMC_OP_KSTRDUP_CONST)
		fill_kmalloc(ev);
	else if (ev->what == KMC_OP_KMEM_CACHE_ALLOC)
		fill_cache(ev);
	else if (ev->what == KMC_OP_ALLOC_PAGES)
		fill_pages(ev);
	else if (!roll(6) || !free_of_live(judge, ev, false))
		fill_free(ev, ev->what == KMC_OP_KMEM_CACHE_FREE);
}

/* A group pays for a block from here on. */
static bool charge(struct kmc_judge *judge, struct kmc_event *ev)
{
	if (!free_of_live(judge, ev, false))
		return false;
	ev->kind = KMC_EV_EFFECT;
	ev->what = KMC_EFF_CHARGED;
	ev->cache = 1;
	ev->arg = 64;
	return true;
}

static void some_event(struct kmc_judge *judge, struct kmc_event *ev, uint64_t step)
{
	kmc_event_init(ev);
	ev->cpu = (uint16_t)roll(3);
	ev->time_ns = step * 1000;
	ev->context = roll(20) ? (uint8_t)(roll(3) ? KMC_CTX_TASK : KMC_CTX_UNKNOWN) :
				 (uint8_t)roll(KMC_NR_CONTEXTS);
	if (!roll(60))
		ev->marks = (uint16_t)(1u << roll(8)) & KMC_ALL_MARKS;
	if (!roll(500)) {
		ev->kind = KMC_EV_GAP;
		return;
	}
	if (judge->calls && !roll(100) && charge(judge, ev))
		return;
	if (judge->calls)
		ev->scope = roll(10) ? 0 : (uint8_t)roll(4);
	if (judge->calls)
		some_call(judge, ev);
	else
		some_point(judge, ev);
}

static void assert_same(const struct kmc_judge *a, const struct kmc_judge *b)
{
	static struct kmc_life_count lives[2][256];
	size_t nr;

	for (size_t i = 0; i < KMC_NR_RULES; i++) {
		struct kmc_rule_result x, y;

		kmc_judge_result(a, i, &x);
		kmc_judge_result(b, i, &y);
		if (x.passed != y.passed)
			print_error("%s: %" PRIu64 " passes, %" PRIu64 " rule by rule\n",
				    kmc_rule_at(i)->id, x.passed, y.passed);
		assert_int_equal(x.passed, y.passed);
		assert_int_equal(x.violated, y.violated);
		assert_int_equal(x.unknown, y.unknown);
		assert_int_equal(x.state, y.state);
		assert_int_equal(x.first_seq, y.first_seq);
		assert_int_equal(x.last_seq, y.last_seq);
	}
	assert_int_equal(a->shadow.live, b->shadow.live);
	nr = kmc_judge_lives(a, lives[0], 256);
	assert_int_equal(nr, kmc_judge_lives(b, lives[1], 256));
	assert_memory_equal(lives[0], lives[1], nr * sizeof(lives[0][0]));
	assert_int_equal(kmc_judge_finding_count(a), kmc_judge_finding_count(b));
	for (size_t i = 0; i < kmc_judge_finding_count(a); i++) {
		assert_string_equal(kmc_judge_finding(a, i)->key, kmc_judge_finding(b, i)->key);
		assert_string_equal(kmc_judge_finding(a, i)->but, kmc_judge_finding(b, i)->but);
	}
}

static struct kmc_judge *judge_for(bool bare, uint32_t edition, bool careful)
{
	struct kmc_subject subject;
	struct kmc_judge *judge;

	make_subject(&subject, bare);
	subject.edition = edition;
	subject.clock_slack_ns = bare && edition % 2 ? 3000 : 0;
	assert_int_equal(kmc_judge_create(&subject, &judge), 0);
	for (size_t i = 0; i < sizeof(caches) / sizeof(caches[0]); i++)
		assert_int_equal(kmc_judge_cache(judge, &caches[i]), 0);
	judge->careful = careful;
	return judge;
}

static uint64_t nr_plain(const struct kmc_judge *judge)
{
	uint64_t nr = 0;

	for (unsigned int i = 0; i < KMC_NR_PLAIN; i++)
		nr += judge->plain[i];
	for (unsigned int i = 0; i < KMC_NR_PLAIN_FREES; i++)
		for (unsigned int from = 0; from < KMC_NR_PROVENANCES; from++)
			nr += judge->plain_frees[i][from];
	return nr;
}

static void same_answers(bool bare)
{
	static const uint32_t editions[] = { KMC_RELEASE(6, 18, 0), KMC_RELEASE(5, 10, 0),
					     KMC_RELEASE(6, 3, 1) };
	const char *seed = getenv("KMC_SEED");

	dice = seed ? strtoull(seed, NULL, 0) : (uint64_t)time(NULL) * 2 + 1;
	print_message("KMC_SEED=%" PRIu64 "\n", dice);
	for (unsigned int round = 0; round < ROUNDS; round++) {
		struct kmc_judge *a = judge_for(bare, editions[round % 3], false);
		struct kmc_judge *b = judge_for(bare, editions[round % 3], true);

		for (uint64_t step = 0; step < STEPS; step++) {
			struct kmc_event ev;

			some_event(a, &ev, step);
			assert_int_equal(kmc_judge_event(a, &ev), kmc_judge_event(b, &ev));
			if (step % 20000 == 19999)
				assert_same(a, b);
			if (step == STEPS / 2) {
				kmc_judge_reset(a);
				kmc_judge_reset(b);
				for (size_t i = 0; i < 3; i++) {
					kmc_judge_cache(a, &caches[i]);
					kmc_judge_cache(b, &caches[i]);
				}
			}
		}
		assert_int_equal(kmc_judge_finish(a), kmc_judge_finish(b));
		assert_same(a, b);
		assert_true(nr_plain(a) > STEPS / 10);
		assert_int_equal(nr_plain(b), 0);
		kmc_judge_destroy(a);
		kmc_judge_destroy(b);
	}
}

static void test_points(void **state)
{
	(void)state;
	same_answers(true);
}

static void test_calls(void **state)
{
	(void)state;
	same_answers(false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_points),
		cmocka_unit_test(test_calls),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
