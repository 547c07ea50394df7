/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * 320 programs of 100 ops, handed to the engine in turn as its mutations: what is measured is
 * the running of inputs, not the finding of new ones. Both sides of the benchmark get the same.
 *
 * By default the mutator makes them, with the alphabet slab: some 100 calls, most of them the
 * first of their kind on a fresh machine. As under an engine, which mutates the same input
 * several times before it takes up another (libFuzzer five times, AFL++ more), five are
 * mutations of one after the other, and the sixth has nothing in common with them.
 *
 * RATE_INPUTS=plain: what the toy does as well, and nothing else: blocks of up to 64 bytes are
 * had, written, looked at and freed, on the machine that a program without a head has.
 *
 * Where the engine is in this process, its CPU time is told at the end: of what came after
 * two rounds, in which the programs were made and their machines booted.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "fuzz/body.h"
#include "mutate/input.h"
#include "mutate/mutate.h"
#include "rate_input.h"

#define FAMILIES  64
#define CHILDREN  5
#define POOL      (FAMILIES * CHILDREN)
#define MAX_BYTES 8192
#define PLAIN_SLOTS 32
#define KERNEL      (KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_IO | KMC_GFP_FS)
/* Programs that come before the time is taken. */
#define START_AFTER (2 * POOL)

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);

static struct {
	uint8_t bytes[MAX_BYTES];
	size_t len;
} pool[POOL];

/* Cut, or made longer by its own beginning. */
static size_t to_length(struct kmc_program *program, uint8_t *out)
{
	size_t had = program->nr_ops, len;
	void *bytes;

	for (size_t i = 0; had && program->nr_ops < RATE_OPS; i++) {
		struct kmc_op op = program->ops[i % had];

		if (kmc_program_add(program, &op))
			abort();
	}
	program->nr_ops = RATE_OPS;
	if (!had || kmc_program_encode(program, &bytes, &len) || len > MAX_BYTES)
		abort();
	memcpy(out, bytes, len);
	free(bytes);
	return len;
}

/* The first of a family grows from nothing until it is long enough. */
static void make_one(struct kmc_mutator *mutator, struct kmc_program *program, uint64_t i)
{
	bool first = i % CHILDREN == 0;
	uint8_t *bytes = pool[i].bytes;
	size_t len = 0;

	if (!first) {
		memcpy(bytes, pool[i - 1].bytes, MAX_BYTES);
		len = pool[i - 1].len;
	}
	program->nr_ops = 0;
	for (uint64_t k = 0; k == 0 || (first && k < 1000 && program->nr_ops < RATE_OPS); k++) {
		len = kmc_mutate(mutator, bytes, len, MAX_BYTES, NULL, 0, 1000 * i + k);
		if (kmc_input_decode(program, bytes, len))
			abort();
	}
	pool[i].len = to_length(program, bytes);
}

/* @draw: any number. */
static struct kmc_op plain_op(bool has[PLAIN_SLOTS], uint32_t size[PLAIN_SLOTS], uint32_t draw)
{
	uint16_t slot = (uint16_t)(draw % PLAIN_SLOTS);
	struct kmc_op op = { .src = slot, .dst = KMC_NO_SLOT, .third = KMC_NO_SLOT,
			     .node = KMC_NODE_NONE };

	if (!has[slot]) {
		op.code = KMC_OP_KMALLOC;
		op.src = KMC_NO_SLOT;
		op.dst = slot;
		op.a = size[slot] = 1 + draw / PLAIN_SLOTS % 64;
		op.gfp.atoms = KERNEL;
		has[slot] = true;
	} else if (draw >> 16 & 1) {
		op.code = KMC_OP_KFREE;
		has[slot] = false;
	} else {
		op.code = draw >> 17 & 1 ? KMC_OP_WRITE : KMC_OP_CHECK;
		op.a = size[slot];
		op.c = slot;
	}
	return op;
}

static void make_plain(struct kmc_program *program, uint64_t i)
{
	uint32_t size[PLAIN_SLOTS] = { 0 };
	bool has[PLAIN_SLOTS] = { false };

	program->nr_ops = 0;
	for (uint64_t k = 0; k < RATE_OPS; k++) {
		struct kmc_op op = plain_op(has, size, (uint32_t)((i * RATE_OPS + k + 1) *
								  0x9e3779b97f4a7c15ull >> 32));

		if (kmc_program_add(program, &op))
			abort();
	}
	pool[i].len = to_length(program, pool[i].bytes);
}

static void make_pool(void)
{
	const char *inputs = getenv("RATE_INPUTS");
	bool plain = inputs && !strcmp(inputs, "plain");
	struct kmc_mutator *mutator = kmc_mutator_create(&kmc_fuzz_slab);
	struct kmc_program program;

	if (!mutator)
		abort();
	kmc_program_init(&program);
	for (uint64_t i = 0; i < POOL; i++)
		if (plain)
			make_plain(&program, i);
		else
			make_one(mutator, &program, i);
	kmc_program_free(&program);
	kmc_mutator_destroy(mutator);
}

static unsigned long given; /* programs so far */
static struct timespec start;

static void tell_rate(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	if (given > START_AFTER)
		printf("rate: %lu executions in %.3f ms\n", given - START_AFTER,
		       (double)(now.tv_sec - start.tv_sec) * 1e3 +
			       (double)(now.tv_nsec - start.tv_nsec) / 1e6);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed)
{
	static unsigned int next;
	size_t len;

	(void)size, (void)seed;
	if (!pool[0].len) {
		make_pool();
		atexit(tell_rate);
	}
	if (given++ == START_AFTER)
		clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
	next = (next + 1) % POOL;
	len = pool[next].len < max_size ? pool[next].len : max_size;
	memcpy(data, pool[next].bytes, len);
	return len;
}
