/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random input for the vocabulary's property tests. Each test prints its seed;
 * KMC_SEED repeats a run, KMC_ROUNDS says how long it is.
 */
#ifndef VOCAB_DICE_H
#define VOCAB_DICE_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>
#include "vocab/event.h"
#include "vocab/program.h"

struct dice {
	uint64_t state;
	unsigned long rounds;
};

static inline uint64_t dice_roll(struct dice *dice)
{
	uint64_t z = dice->state += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

static inline struct dice dice_new(const char *test, unsigned long rounds)
{
	const char *seed = getenv("KMC_SEED"), *count = getenv("KMC_ROUNDS");
	struct dice dice = { (uint64_t)time(NULL) << 20 ^ (uint64_t)getpid(), rounds };

	if (seed)
		dice.state = strtoull(seed, NULL, 0);
	if (count)
		dice.rounds = strtoul(count, NULL, 0);
	printf("%s: KMC_SEED=0x%llx KMC_ROUNDS=%lu\n", test, (unsigned long long)dice.state,
	       dice.rounds);
	return dice;
}

static inline uint64_t dice_below(struct dice *dice, uint64_t limit)
{
	return dice_roll(dice) % limit;
}

/* Numbers as programs have them: mostly small, sometimes at an edge. */
static inline uint64_t dice_number(struct dice *dice)
{
	uint64_t bits = dice_roll(dice);

	switch (dice_below(dice, 6)) {
	case 0:
		return 0;
	case 1:
		return bits % 100;
	case 2:
		return 1ull << bits % 64;
	case 3:
		return (1ull << bits % 64) - 1;
	case 4:
		return UINT64_MAX - bits % 3;
	}
	return bits;
}

static inline void dice_bytes(struct dice *dice, uint8_t *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		bytes[i] = (uint8_t)dice_roll(dice);
}

/* Any valid op, each call of the catalogue alike. */
static inline struct kmc_op dice_op(struct dice *dice)
{
	struct kmc_op op = {
		.code = (uint16_t)kmc_op_at(dice_below(dice, kmc_op_count())),
		.cpu = (uint8_t)dice_below(dice, 2), .task = (uint8_t)dice_number(dice),
		.context = (uint8_t)dice_roll(dice), .attr = (uint8_t)dice_roll(dice),
		.order = (uint8_t)dice_number(dice), .node = (int8_t)dice_number(dice),
		.dst = (uint16_t)dice_number(dice), .src = (uint16_t)dice_number(dice),
		.third = (uint16_t)dice_number(dice),
		.gfp = { (uint32_t)dice_number(dice), dice_below(dice, 3) ? 0 : dice_roll(dice) },
		.a = dice_number(dice), .b = dice_number(dice), .c = dice_number(dice),
		.d = dice_number(dice),
	};

	kmc_op_canonicalise(&op);
	return op;
}

/* Any possible machine. */
static inline struct kmc_machine dice_machine(struct dice *dice)
{
	static const uint32_t profiles[] = {
		0,
#define KMC_PROFILE(major, minor, point) KMC_RELEASE(major, minor, point),
		KMC_PROFILES(KMC_PROFILE)
#undef KMC_PROFILE
	};
	struct kmc_machine m;
	unsigned int i;

	kmc_machine_simple(&m, 2 + (unsigned int)dice_below(dice, 63),
			   dice_below(dice, 1ull << 34));
	m.profile = profiles[dice_below(dice, sizeof(profiles) / sizeof(profiles[0]))];
	m.options = (uint32_t)dice_number(dice);
	m.seed = dice_number(dice);
	m.max_order = (uint8_t)dice_below(dice, 21);
	m.kmalloc_minalign = (uint16_t)(1u << dice_below(dice, 13));
	m.kmalloc_max_size += dice_number(dice) >> 32;
	if (dice_below(dice, 2))
		return m;
	m.nr_nodes = (uint16_t)(1 + dice_below(dice, 4));
	m.nr_zones = (uint16_t)(1 + dice_below(dice, m.nr_nodes));
	m.release = dice_below(dice, 2) ? KMC_RELEASE(5, 15, 7) : 0;
	for (i = 0; i < m.nr_zones; i++)
		m.zones[i] = (struct kmc_zone){
			.kind = (uint8_t)dice_below(dice, 2) ? KMC_NORMAL : KMC_MOVABLE,
			.node = (uint8_t)i, .start_pfn = 16 + i * 100000, .nr_pages = 100000,
			.managed = dice_below(dice, 100000), .min = dice_below(dice, 10),
			.low = 10, .high = 10 + dice_below(dice, 10) };
	return m;
}

static inline void dice_program(struct dice *dice, struct kmc_program *program, size_t nr_ops)
{
	program->nr_ops = 0;
	program->machine = dice_machine(dice);
	program->edition = KMC_RELEASE(4 + dice_below(dice, 4), dice_below(dice, 20),
				       dice_below(dice, 200));
	while (nr_ops--) {
		struct kmc_op op = dice_op(dice);

		if (kmc_program_add(program, &op))
			abort();
	}
}

/* Any event of which kmc_event_check() approves. */
static inline struct kmc_event dice_event(struct dice *dice)
{
	struct kmc_event ev;

	kmc_event_init(&ev);
	do {
		ev.kind = (uint8_t)dice_below(dice, KMC_NR_EVENT_KINDS);
		ev.what = (uint16_t)dice_below(dice, KMC_OPCODE_END);
	} while (!kmc_event_what_name(ev.kind, ev.what));
	ev.seq = dice_number(dice);
	ev.time_ns = dice_number(dice);
	ev.id = (uint32_t)dice_number(dice);
	ev.parent = (uint32_t)dice_number(dice);
	ev.task = (uint32_t)dice_number(dice);
	ev.cpu = (uint16_t)dice_number(dice);
	ev.outcome = (uint8_t)dice_below(dice, KMC_NR_OUTCOMES);
	ev.marks = (uint16_t)(dice_number(dice) & KMC_ALL_MARKS);
	ev.context = (uint8_t)dice_below(dice, KMC_NR_CONTEXTS);
	ev.scope = (uint8_t)(dice_number(dice) & KMC_ALL_SCOPES);
	ev.order = (uint8_t)dice_number(dice);
	ev.node = (int8_t)dice_number(dice);
	ev.gfp = (uint32_t)dice_number(dice) & KMC_GFP_ALL_ATOMS;
	ev.cache = (uint32_t)dice_number(dice);
	ev.gfp_raw = dice_number(dice);
	ev.addr = dice_number(dice);
	ev.addr2 = dice_number(dice);
	ev.size = dice_number(dice);
	ev.granted = dice_number(dice);
	ev.site = dice_number(dice);
	ev.arg = dice_number(dice);
	return ev;
}

#endif
