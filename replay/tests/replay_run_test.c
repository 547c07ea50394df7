/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replays of traces made by hand, whose counts were worked out by hand.
 */
#include <time.h>
#include "replay_trace.h"
#include "replay.h"
#include "vocab/program.h"

static struct made made;
static struct kmc_replay replay;

#define OBJECT(n) (DIRECT_MAP + 0x10000000ull + (n) * 4096ull)

static void replay_it(const struct kmc_replay_options *options)
{
	char why[256] = "";

	assert_int_equal(kmc_replay_init(&replay, options, made_open(&made)), 0);
	assert_int_equal(kmc_replay_machine(&replay), 0);
	if (!options->no_judge)
		assert_int_equal(kmc_replay_judges(&replay), 0);
	assert_int_equal(kmc_replay_run(&replay), 0);
	if (!kmc_replay_adds_up(&replay, why, sizeof(why)))
		fail_msg("%s", why);
	kmc_sim_check(replay.sim);
}

static void done(void)
{
	kmc_replay_free(&replay);
	made_close(&made);
}

static const struct kmc_class *class_named(const char *name)
{
	for (size_t i = 0; i < replay.classes.nr; i++)
		if (!strcmp(replay.classes.facts[i].name, name))
			return &replay.classes.count[i];
	fail_msg("no class %s", name);
	return NULL;
}

static void expect(const char *name, uint64_t allocs, uint64_t freed, uint64_t implied,
		   uint64_t before)
{
	const struct kmc_class *count = class_named(name);

	if (count->allocs != allocs || count->matched != freed || count->implied != implied ||
	    count->before != before)
		fail_msg("%s: allocated %llu, freed %llu, implied %llu, before %llu", name,
			 (unsigned long long)count->allocs, (unsigned long long)count->matched,
			 (unsigned long long)count->implied, (unsigned long long)count->before);
}

static void expect_silence(const struct kmc_judge *judge)
{
	for (size_t i = 0; i < kmc_judge_finding_count(judge); i++) {
		const struct kmc_finding *f = kmc_judge_finding(judge, i);

		fail_msg("%s: %s / %s / %s", kmc_rule_at((size_t)f->rule)->id, f->let, f->then,
			 f->but);
	}
}

static const struct kmc_replay_options judged = { .run = { .command = "replay" } };
static const struct kmc_replay_options unjudged = { .run = { .command = "replay" },
						     .no_judge = true };

/* One of everything that can happen to an object. */
static void make_objects(void)
{
	made_init(&made);
	add_kmalloc(&made, 0, OBJECT(1), 100, 128);         /* freed on the other cpu */
	add(&made, 1, KMC_PROBE_KFREE, OBJECT(1));
	add_kmalloc(&made, 0, OBJECT(2), 100, 128);         /* comes again without a free */
	add_kmalloc(&made, 1, OBJECT(2), 90, 96);           /* live at the end */
	add(&made, 0, KMC_PROBE_KFREE, OBJECT(3));          /* from before the trace */
	add(&made, 0, KMC_PROBE_KFREE, 0);
	add(&made, 0, KMC_PROBE_KFREE, 16);
	add_kmalloc(&made, 0, 0, 64, 64);                   /* failed */
	add_cache(&made, 0, KMC_PROBE_CACHE_ALLOC, OBJECT(4), 0);
	add_cache(&made, 1, KMC_PROBE_CACHE_FREE, OBJECT(4), 0);
	add_cache(&made, 0, KMC_PROBE_CACHE_ALLOC, OBJECT(5), 1);
	add(&made, 0, KMC_PROBE_KFREE, OBJECT(5));          /* a cache's object by kfree */
	add_cache(&made, 0, KMC_PROBE_CACHE_FREE, OBJECT(6), 1); /* from before */
	add_cache(&made, 0, KMC_PROBE_CACHE_ALLOC, OBJECT(7), 0);
	add_cache(&made, 0, KMC_PROBE_CACHE_ALLOC, OBJECT(7), 1); /* changes its cache unseen */
	/* A large block, told twice, then again: the second pair implies a free. */
	add_kmalloc(&made, 0, OBJECT(8), 20000, 32768);
	add_kmalloc(&made, 0, OBJECT(8), 20000, 32768);
	add_kmalloc(&made, 0, OBJECT(8), 20000, 32768);
	add_kmalloc(&made, 0, OBJECT(8), 20000, 32768);
	add(&made, 0, KMC_PROBE_KFREE, OBJECT(8));
}

static void expect_objects(void)
{
	expect("kmalloc 128", 2, 1, 1, 0);
	expect("kmalloc 96", 1, 0, 0, 0);
	expect("kfree of the unknown", 0, 0, 0, 1);
	expect("first", 2, 1, 1, 0);
	expect("second", 2, 1, 0, 1);
	expect("kmalloc 32k (large)", 2, 1, 1, 0);
	assert_int_equal(class_named("kmalloc 32k (large)")->duplicates, 2);
	assert_int_equal(replay.duplicates, 2);
	assert_int_equal(replay.null_frees, 1);
	assert_int_equal(replay.zero_size_frees, 1);
	assert_int_equal(replay.failed_of[KMC_PROBE_KMALLOC], 1);
	assert_int_equal(replay.map.used, 2);
	assert_int_equal(replay.now, 20);
}

static void test_objects(void **state)
{
	(void)state;
	make_objects();
	replay_it(&unjudged);
	expect_objects();
	done();
}

static void test_objects_judged(void **state)
{
	(void)state;
	make_objects();
	replay_it(&judged);
	expect_objects();
	expect_silence(replay.theirs_judge);
	expect_silence(replay.ours_judge);
	assert_int_equal(kmc_judge_events(replay.theirs_judge), 20);
	done();
}

/* Before 6.12 no event came twice: the second is another allocation. Rule: TRC-7. */
static void test_no_duplicates_on_old_releases(void **state)
{
	(void)state;
	made_init(&made);
	made.facts.machine.release = KMC_RELEASE(6, 6, 9);
	add_kmalloc(&made, 0, OBJECT(8), 20000, 32768);
	add_kmalloc(&made, 0, OBJECT(8), 20000, 32768);
	replay_it(&unjudged);
	expect("kmalloc 32k (large)", 2, 0, 1, 0);
	assert_int_equal(replay.duplicates, 0);
	assert_int_equal(replay.machine.profile, KMC_RELEASE(6, 6, 9));
	done();
}

static void test_another_task_is_no_duplicate(void **state)
{
	(void)state;
	made_init(&made);
	add_kmalloc(&made, 0, OBJECT(8), 20000, 32768);
	add_kmalloc(&made, 0, OBJECT(8), 20000, 32768)->tid = 7;
	replay_it(&unjudged);
	expect("kmalloc 32k (large)", 2, 0, 1, 0);
	done();
}

static void test_pages(void **state)
{
	(void)state;
	made_init(&made);
	add_page(&made, 0, KMC_PROBE_PAGE_ALLOC, 8192, 0);
	add_page(&made, 1, KMC_PROBE_PAGE_FREE, 8192, 0);
	add_page(&made, 0, KMC_PROBE_PAGE_ALLOC, 8200, 3);
	add_page(&made, 0, KMC_PROBE_PAGE_ALLOC, 8204, 0);  /* inside it: freed unseen */
	add_page(&made, 0, KMC_PROBE_PAGE_ALLOC, 8208, 2);
	add_page(&made, 0, KMC_PROBE_PAGE_FREE, 8209, 0);   /* a part of it */
	add_page(&made, 0, KMC_PROBE_PAGE_FREE, 8208, 0);
	add_page(&made, 0, KMC_PROBE_PAGE_FREE, 9000, 1);   /* from before */
	add_page(&made, 0, KMC_PROBE_PAGE_ALLOC, UINT64_MAX, 4)->flags = KMC_RF_FAILED;
	add_page(&made, 0, KMC_PROBE_PAGE_ALLOC, UINT64_MAX - 2, 0); /* no such frame */
	add_page(&made, 0, KMC_PROBE_PAGE_FREE, UINT64_MAX - 2, 0);
	replay_it(&judged);
	expect("pages, order 3", 1, 0, 1, 0);
	/* 8192, 8204 and the four that 8208 broke up into. */
	expect("pages, order 0", 6, 3, 0, 0);
	expect("pages, order 2", 1, 1, 0, 0);
	expect("pages, order 1", 0, 0, 0, 1);
	expect("pages outside the known memory", 1, 0, 0, 1);
	assert_int_equal(replay.split_blocks, 1);
	assert_int_equal(replay.failed_of[KMC_PROBE_PAGE_ALLOC], 1);
	expect_silence(replay.ours_judge);
	done();
}

static uint64_t used_pages(void)
{
	uint64_t used = 0;

	for (unsigned int i = 0; i < kmc_sim_zone_count(replay.sim); i++) {
		struct kmc_zone_info info;

		kmc_sim_zone_info(replay.sim, i, &info);
		used += info.managed - info.nr_free - info.pcp_count;
	}
	return used;
}

/* A block in which an object appears is the recorded slab's: ours goes back. */
static void make_growth(void)
{
	made_init(&made);
	add_page(&made, 0, KMC_PROBE_PAGE_ALLOC, 8192, 3);
	add_kmalloc(&made, 0, DIRECT_MAP + 8195 * 4096ull, 2000, 2048);
	add(&made, 0, KMC_PROBE_KFREE, DIRECT_MAP + 8195 * 4096ull);
	add_page(&made, 0, KMC_PROBE_PAGE_ALLOC, 9216, 5);
}

static void test_slab_growth_is_adopted(void **state)
{
	uint64_t all;

	(void)state;
	make_growth();
	replay_it(&judged);
	assert_int_equal(replay.frames.adopted, 1);
	assert_int_equal(replay.frames.slab_pages, 8);
	all = used_pages();
	expect_silence(replay.ours_judge);
	done();

	make_growth();
	replay_it(&(struct kmc_replay_options){ .run = { .command = "replay" }, .no_judge = true,
						.pages = KMC_PAGES_ALL });
	assert_int_equal(replay.frames.adopted, 0);
	assert_int_equal(used_pages(), all + 8);
	done();

	make_growth();
	replay_it(&(struct kmc_replay_options){ .run = { .command = "replay" }, .no_judge = true,
						.pages = KMC_PAGES_NONE });
	assert_int_equal(used_pages(), all - 32);
	done();
}

/* Areas are counted and not replayed; their addresses do not meet those of objects. */
static void test_areas(void **state)
{
	(void)state;
	made_init(&made);
	add(&made, 0, KMC_PROBE_VMAP_ALLOC, OBJECT(1))->size = 8192;
	add_kmalloc(&made, 0, OBJECT(1), 8, 8);
	add(&made, 0, KMC_PROBE_VMAP_FREE, OBJECT(1));
	add(&made, 0, KMC_PROBE_PERCPU_ALLOC, OBJECT(1))->size = 8;
	add(&made, 0, KMC_PROBE_PERCPU_ALLOC, OBJECT(1))->size = 8;
	add(&made, 0, KMC_PROBE_PERCPU_FREE, OBJECT(2));
	replay_it(&unjudged);
	expect("vmap areas (not replayed)", 1, 1, 0, 0);
	expect("percpu (not replayed)", 2, 0, 1, 1);
	expect("kmalloc 8", 1, 0, 0, 0);
	done();
}

/* Our twin of a cache has its geometry; a table that lies is found out. */
static void test_geometry_is_compared(void **state)
{
	(void)state;
	made_init(&made);
	made.caches[1].size = 384;
	add_cache(&made, 0, KMC_PROBE_CACHE_ALLOC, OBJECT(1), 0);
	add_cache(&made, 0, KMC_PROBE_CACHE_ALLOC, OBJECT(2), 1);
	add_cache(&made, 0, KMC_PROBE_CACHE_ALLOC, OBJECT(3), 77); /* of no cache of the table */
	replay_it(&unjudged);
	assert_int_equal(replay.caches_made, 2);
	assert_int_equal(replay.caches_differ, 1);
	assert_int_equal(class_named("second")->ours, 320);
	expect("caches without a name", 1, 0, 0, 0);
	done();
}

static void test_granted_is_compared(void **state)
{
	(void)state;
	made_init(&made);
	add_kmalloc(&made, 0, OBJECT(1), 100, 128);
	add_kmalloc(&made, 0, OBJECT(2), 100, 112); /* no such class with us */
	add(&made, 0, KMC_PROBE_KFREE, OBJECT(2));
	replay_it(&unjudged);
	expect("kmalloc 128", 1, 0, 0, 0);
	expect("kmalloc 112, ours 128", 1, 1, 0, 0);
	done();
}

static void test_limit(void **state)
{
	(void)state;
	make_objects();
	replay_it(&(struct kmc_replay_options){ .run = { .command = "replay" }, .no_judge = true,
						.max_events = 3 });
	assert_int_equal(replay.now, 3);
	expect("kmalloc 128", 2, 1, 0, 0);
	done();
}

/* A planted fault of the recorded kernel is found, and is not ours. Rule: ALIGN-2. */
static void test_fault_is_found_at_the_right_side(void **state)
{
	const struct kmc_finding *finding;

	(void)state;
	made_init(&made);
	add_kmalloc(&made, 0, OBJECT(1) + 64, 128, 128);
	replay_it(&judged);
	assert_int_equal(kmc_judge_finding_count(replay.theirs_judge), 1);
	finding = kmc_judge_finding(replay.theirs_judge, 0);
	assert_string_equal(kmc_rule_at((size_t)finding->rule)->id, "ALIGN-2");
	assert_int_equal(kmc_judge_finding_count(replay.ours_judge), 0);
	done();
}

/* With a document wanted: a finding of the recorded kernel becomes a program of its blocks. */
static void test_finding_becomes_a_program(void **state)
{
	const struct kmc_replay_options wanted = { .run = { .command = "replay",
							    .document = "run.json" } };
	struct kmc_program program;
	char error[256], *text;
	uint64_t ops;

	(void)state;
	made_init(&made);
	add_kmalloc(&made, 0, DIRECT_MAP + 0x100000, 64, 64);
	add_kmalloc(&made, 0, DIRECT_MAP + 0x200008, 512, 512); /* not a multiple of 512 */
	add(&made, 0, KMC_PROBE_KFREE, DIRECT_MAP + 0x100000);
	add(&made, 0, KMC_PROBE_KFREE, DIRECT_MAP + 0x200008);
	replay_it(&wanted);
	assert_true(kmc_judge_finding_count(replay.theirs_judge) > 0);
	text = kmc_replay_program(&replay, kmc_judge_finding(replay.theirs_judge, 0), &ops);
	assert_non_null(text);
	assert_int_equal(ops, 2);
	assert_non_null(strstr(text, "r0 = kmalloc(512, GFP_KERNEL)\nkfree(r0)\n"));
	kmc_program_init(&program);
	assert_int_equal(kmc_program_parse(&program, text, strlen(text), "text", error,
					   sizeof(error)), 0);
	kmc_program_free(&program);
	free(text);
	done();
	unlink("run.json");
}

static void test_many_live_objects(void **state)
{
	(void)state;
	made_init(&made);
	for (unsigned int i = 0; i < 4000; i++)
		add_kmalloc(&made, i % 2, OBJECT(0) + i * 512ull, 500, 512);
	for (unsigned int i = 0; i < 4000; i += 2)
		add(&made, 1, KMC_PROBE_KFREE, OBJECT(0) + i * 512ull);
	replay_it(&unjudged);
	expect("kmalloc 512", 4000, 2000, 0, 0);
	assert_int_equal(replay.map.used, 2000);
	assert_int_equal(replay.samples[replay.nr_samples - 1].theirs, 2000 * 512);
	assert_int_equal(replay.samples[replay.nr_samples - 1].ours, 2000 * 512);
	done();
}

/* What no kernel would say: any record may follow any other. The books still add up. */
static uint64_t random_state;

static uint64_t draw(uint64_t below)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (random_state >> 20) % below;
}

static void add_random(void)
{
	static const uint64_t odd[] = { 0, 16, 17, UINT64_MAX, UINT64_MAX - 1, 1ull << 32,
					(1ull << 26) - 1, DIRECT_MAP, 4096 };
	struct kmc_record *record = add(&made, (unsigned int)draw(MADE_CPUS),
					(unsigned int)draw(KMC_NR_PROBES), 0);
	bool page = record->probe == KMC_PROBE_PAGE_ALLOC || record->probe == KMC_PROBE_PAGE_FREE;

	if (!draw(20))
		record->addr = odd[draw(sizeof(odd) / sizeof(odd[0]))];
	else
		record->addr = page ? 8192 + draw(64) : DIRECT_MAP + 8192 * 4096 + draw(512) * 512;
	record->size = draw(8) ? draw(20000) : draw(2) ? UINT64_MAX - draw(3) : 5u << 20;
	record->granted = draw(4) ? 8u << draw(14) : draw(1u << 20);
	record->gfp = draw(4) ? GFP_KERNEL_618 : (uint32_t)draw(1ull << 32);
	record->cache = draw(4) ? (uint16_t)draw(3) : KMC_RECORD_NO_CACHE;
	record->order = (uint8_t)(draw(30) ? draw(4) : draw(256));
	record->node = draw(10) ? KMC_NODE_NONE : (int8_t)draw(3);
	record->flags = draw(30) ? 0 : KMC_RF_FAILED;
}

static void test_random_records(void **state)
{
	(void)state;
	for (int round = 0; round < 20; round++) {
		made_init(&made);
		for (int i = 0; i < 4000; i++)
			add_random();
		replay_it(round % 2 ? &judged : &unjudged);
		done();
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_records),
		cmocka_unit_test(test_objects),
		cmocka_unit_test(test_objects_judged),
		cmocka_unit_test(test_no_duplicates_on_old_releases),
		cmocka_unit_test(test_another_task_is_no_duplicate),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_slab_growth_is_adopted),
		cmocka_unit_test(test_areas),
		cmocka_unit_test(test_geometry_is_compared),
		cmocka_unit_test(test_granted_is_compared),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_fault_is_found_at_the_right_side),
		cmocka_unit_test(test_finding_becomes_a_program),
		cmocka_unit_test(test_many_live_objects),
	};

	random_state = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);
	printf("seed %llu\n", (unsigned long long)random_state);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
