/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Equal programs give equal events and equal final states: again and again on
 * one target, on fresh ones, before and after a snapshot was taken up again.
 * The programs are drawn at random; the seed is printed.
 */
#include <stdlib.h>
#include <time.h>
#include "exec_run.h"
#include "vocab/event_digest.h"

#define RUNS 1000
#define OPS 200

static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(random_state >> 33) % below;
}

static const uint16_t drawn_codes[] = {
	KMC_OP_KMALLOC, KMC_OP_KMALLOC, KMC_OP_KZALLOC, KMC_OP_KFREE, KMC_OP_KFREE, KMC_OP_KFREE,
	KMC_OP_KREALLOC, KMC_OP_WRITE, KMC_OP_CHECK, KMC_OP_KMEM_CACHE_CREATE,
	KMC_OP_KMEM_CACHE_ALLOC, KMC_OP_KMEM_CACHE_ALLOC, KMC_OP_KMEM_CACHE_FREE,
	KMC_OP_KMEM_CACHE_DESTROY, KMC_OP_KMEM_CACHE_ALLOC_BULK, KMC_OP_ALLOC_PAGES,
	KMC_OP_FREE_PAGES_PAGE, KMC_OP_KMEM_CACHE_SHRINK, KMC_OP_SNAPSHOT, KMC_OP_RESTORE,
	KMC_OP_FAIL_NTH, KMC_OP_MEMALLOC_NOIO_SAVE, KMC_OP_KSTRDUP, KMC_OP_CHECK_ZERO,
};

static void draw_op(struct kmc_op *op)
{
	kmc_op_init(op, drawn_codes[draw(sizeof(drawn_codes) / sizeof(drawn_codes[0]))]);
	op->cpu = (uint8_t)draw(2);
	op->dst = (uint16_t)draw(24);
	op->src = (uint16_t)draw(24);
	op->order = (uint8_t)draw(4);
	op->a = 1u << draw(14);
	op->c = draw(3);
	op->gfp.atoms = KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_IO | KMC_GFP_FS;
	if (op->code == KMC_OP_KMEM_CACHE_CREATE) {
		op->b = 8u << draw(9);
		op->c = 0;
		op->order = (uint8_t)draw(2);
	}
	if (op->code == KMC_OP_KMEM_CACHE_ALLOC_BULK)
		op->a = 1 + draw(20);
	if (op->code == KMC_OP_FAIL_NTH)
		op->a = draw(4);
}

static void digest_event(void *arg, const struct kmc_event *ev)
{
	uint64_t *digest = arg;

	*digest = kmc_digest_event(*digest, ev);
}

struct result {
	uint64_t events, state;
};

static struct result run(struct kmc_target *target, const struct kmc_op *ops, size_t nr)
{
	struct result result = { KMC_DIGEST_START, 0 };
	struct kmc_sink sink = { .arg = &result.events, .event = digest_event };

	assert_int_equal(kmc_target_run(target, ops, nr, &sink, 1000), 0);
	assert_int_equal(target->ops->hash(target, &result.state), 0);
	return result;
}

static void expect_equal(struct result a, struct result b, const char *when, int n)
{
	if (a.events != b.events || a.state != b.state)
		fail_msg("%s, run %d: the %s differ", when, n,
			 a.events != b.events ? "events" : "final states");
}

static void test_thousand_runs_on_one_target(void **state)
{
	struct kmc_target *target = open_target("alloc", KMC_TARGET_OBSERVE);
	struct kmc_op ops[OPS];
	struct result first;

	(void)state;
	for (int i = 0; i < OPS; i++)
		draw_op(&ops[i]);
	first = run(target, ops, OPS);
	for (int i = 1; i < RUNS; i++) {
		target->ops->reset(target);
		expect_equal(first, run(target, ops, OPS), "after reset", i);
	}
	target->ops->close(target);
}

static void test_fresh_targets_and_other_programs_between(void **state)
{
	struct kmc_target *target;

	(void)state;
	for (int n = 0; n < 20; n++) {
		struct kmc_op ops[OPS], others[OPS];
		struct result first;

		for (int i = 0; i < OPS; i++) {
			draw_op(&ops[i]);
			draw_op(&others[i]);
		}
		target = open_target("alloc", 0);
		first = run(target, ops, OPS);
		target->ops->reset(target);
		run(target, others, OPS);
		target->ops->reset(target);
		expect_equal(first, run(target, ops, OPS), "after another program", n);
		target->ops->close(target);
		target = open_target("alloc", 0);
		expect_equal(first, run(target, ops, OPS), "on a fresh target", n);
		target->ops->close(target);
	}
}

static void test_before_and_after_a_snapshot(void **state)
{
	(void)state;
	for (int n = 0; n < 50; n++) {
		struct kmc_target *target = open_target("alloc", 0);
		struct kmc_op before[OPS / 4], ops[OPS], others[OPS];
		struct result first;
		int snapshot;

		for (int i = 0; i < OPS; i++) {
			draw_op(&before[i % (OPS / 4)]);
			draw_op(&ops[i]);
			draw_op(&others[i]);
		}
		run(target, before, OPS / 4);
		snapshot = target->ops->snapshot(target);
		assert_true(snapshot >= 0);
		first = run(target, ops, OPS);
		assert_int_equal(target->ops->restore(target, snapshot), 0);
		run(target, others, OPS);
		assert_int_equal(target->ops->restore(target, snapshot), 0);
		expect_equal(first, run(target, ops, OPS), "after restore", n);
		target->ops->close(target);
	}
}

/* Every byte string is a program; none may break the executor. Misuse is among them. */
static void test_any_bytes(void **state)
{
	static const char *const names[] = { "alloc", "malloc" };

	(void)state;
	for (int kind = 0; kind < 2; kind++) {
		struct kmc_target *target = open_target(names[kind], KMC_TARGET_OBSERVE);

		for (int n = 0; n < 300; n++) {
			uint8_t bytes[32 * 101];
			struct kmc_program program;
			uint64_t digest = 0;
			struct kmc_sink sink = { .arg = &digest, .event = digest_event };

			for (size_t i = 0; i < sizeof(bytes); i++)
				bytes[i] = (uint8_t)draw(draw(2) ? 256 : 8);
			kmc_program_init(&program);
			assert_int_equal(kmc_program_decode(&program, bytes, sizeof(bytes)), 0);
			target->ops->reset(target);
			assert_int_equal(kmc_target_run(target, program.ops, program.nr_ops, &sink,
							1000), 0);
			kmc_program_free(&program);
		}
		target->ops->close(target);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thousand_runs_on_one_target),
		cmocka_unit_test(test_fresh_targets_and_other_programs_between),
		cmocka_unit_test(test_before_and_after_a_snapshot),
		cmocka_unit_test(test_any_bytes),
	};

	random_state = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);
	printf("seed %llu\n", (unsigned long long)random_state);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
