/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Overlapping calls: every call is a begin and an end, an op waits for the ops
 * whose slots it shares, the same decisions give the same events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>
#include "exec/overlap.h"
#include "vocab/event_digest.h"

#define MAX_EVENTS 4096

static struct kmc_event events[MAX_EVENTS];
static size_t nr_events;
static struct kmc_target *target;

static void on_event(void *arg, const struct kmc_event *ev)
{
	(void)arg;
	assert_true(nr_events < MAX_EVENTS);
	events[nr_events++] = *ev;
}

struct turns {
	unsigned int every, count; /* another cpu at every n-th point */
};

static unsigned int take_turns(void *arg, unsigned int cpu, size_t op, const char *point,
			       uint64_t runnable)
{
	struct turns *turns = arg;

	(void)op, (void)point;
	if (++turns->count % turns->every)
		return cpu;
	return runnable >> !cpu & 1 ? !cpu : cpu;
}

static uint64_t run(const struct kmc_op *ops, size_t nr, unsigned int every)
{
	struct kmc_sink sink = { .event = on_event };
	struct turns turns = { .every = every };
	uint64_t digest = KMC_DIGEST_START;

	nr_events = 0;
	assert_int_equal(target->ops->reset(target), 0);
	assert_int_equal(kmc_overlap_run(target, ops, nr, &sink, take_turns, &turns), 0);
	for (size_t i = 0; i < nr_events; i++)
		digest = kmc_digest_event(digest, &events[i]);
	return digest;
}

static struct kmc_op op_on(unsigned int code, unsigned int cpu, uint16_t dst, uint16_t src,
			   uint64_t a)
{
	struct kmc_op op;

	kmc_op_init(&op, code);
	op.cpu = (uint8_t)cpu;
	op.dst = dst;
	op.src = src;
	op.a = a;
	op.gfp.atoms = (uint32_t)(KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_IO |
				  KMC_GFP_FS);
	kmc_op_canonicalise(&op);
	return op;
}

/* Blocks come and go on both cpus; some are freed where they were not made. */
static size_t busy(struct kmc_op *ops)
{
	size_t nr = 0;

	for (uint16_t i = 0; i < 40; i++)
		ops[nr++] = op_on(KMC_OP_KMALLOC, i & 1, i, KMC_NO_SLOT, 64 + 64 * (i & 3));
	for (uint16_t i = 0; i < 40; i++)
		ops[nr++] = op_on(KMC_OP_KFREE, i >> 1 & 1, KMC_NO_SLOT, i, 0);
	return nr;
}

static void decisions_are_all(void **state)
{
	struct kmc_op ops[80];
	size_t nr = busy(ops);
	uint64_t digest = run(ops, nr, 3);

	(void)state;
	assert_true(run(ops, nr, 3) == digest);
	assert_true(run(ops, nr, 1000000) != digest);
	assert_true(run(ops, nr, 3) == digest);
}

static void calls_overlap(void **state)
{
	struct kmc_op ops[80];
	size_t nr = busy(ops);
	unsigned int open = 0, most = 0;

	(void)state;
	run(ops, nr, 2);
	for (size_t i = 0; i < nr_events; i++) {
		assert_true(events[i].kind != KMC_EV_CALL);
		open += events[i].kind == KMC_EV_BEGIN;
		open -= events[i].kind == KMC_EV_END;
		most = open > most ? open : most;
	}
	assert_int_equal(open, 0);
	assert_int_equal(most, 2);
}

/* The free of a block begins after its allocation has ended, whichever cpu does it. */
static void who_shares_a_slot_waits(void **state)
{
	struct kmc_op ops[80];
	size_t nr = busy(ops), frees = 0;

	(void)state;
	for (unsigned int every = 1; every < 9; every++) {
		run(ops, nr, every);
		for (size_t i = 0; i < nr_events; i++) {
			bool made = false;

			if (events[i].kind != KMC_EV_BEGIN || events[i].what != KMC_OP_KFREE)
				continue;
			frees++;
			assert_true(events[i].addr != 0);
			for (size_t k = 0; k < i; k++)
				made |= events[k].kind == KMC_EV_END &&
					events[k].what == KMC_OP_KMALLOC &&
					events[k].addr == events[i].addr;
			assert_true(made);
		}
		for (size_t i = 0; i < nr_events; i++)
			assert_true(events[i].outcome != KMC_OUT_SKIPPED);
	}
	assert_int_equal(frees, 8 * 40);
}

static void whole_machine_alone(void **state)
{
	struct kmc_op ops[9];
	size_t open = 0;

	(void)state;
	for (unsigned int i = 0; i < 9; i++)
		ops[i] = i == 4 ? op_on(KMC_OP_CLOCK_ADVANCE, 1, KMC_NO_SLOT, KMC_NO_SLOT, 1000) :
				  op_on(KMC_OP_KMALLOC, i & 1, (uint16_t)i, KMC_NO_SLOT, 100);
	run(ops, 9, 2);
	for (size_t i = 0; i < nr_events; i++) {
		if (events[i].what == KMC_OP_CLOCK_ADVANCE && events[i].kind == KMC_EV_BEGIN)
			assert_int_equal(open, 0);
		open += events[i].kind == KMC_EV_BEGIN;
		open -= events[i].kind == KMC_EV_END;
	}
}

static int open_alloc(void **state)
{
	struct kmc_target_config config = { 0 };
	char error[256];

	(void)state;
	kmc_machine_default(&config.machine);
	return kmc_target_find("alloc")->open(&config, &target, error, sizeof(error));
}

static int close_alloc(void **state)
{
	(void)state;
	target->ops->close(target);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decisions_are_all),
		cmocka_unit_test(calls_overlap),
		cmocka_unit_test(who_shares_a_slot_waits),
		cmocka_unit_test(whole_machine_alone),
	};

	return cmocka_run_group_tests(tests, open_alloc, close_alloc);
}
