/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The choice of seeds, and of the ops in them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "distill.h"

int kmc_distill_begin(struct kmc_distill *d)
{
	int err = kmc_cover_init(&d->whole);

	return err ? err : kmc_cover_init(&d->ran);
}

static void drop(struct kmc_distill *d, size_t index)
{
	kmc_program_free(&d->seeds[index].program);
	kmc_cover_free(&d->seeds[index].cover);
	memmove(&d->seeds[index], &d->seeds[index + 1],
		(--d->nr - index) * sizeof(*d->seeds));
}

void kmc_distill_end(struct kmc_distill *d)
{
	while (d->nr)
		drop(d, d->nr - 1);
	free(d->seeds);
	kmc_cover_free(&d->whole);
	kmc_cover_free(&d->ran);
}

static int run(struct kmc_distill *d, const struct kmc_program *program)
{
	struct kmc_rig_run run;
	int err = kmc_cover_run(d->rigs, program, &d->ran, &run);

	d->runs++;
	if (!err)
		d->violated += run.violated;
	return err;
}

int kmc_distill_warm(struct kmc_distill *d, const struct kmc_program *program)
{
	return run(d, program);
}

int kmc_distill_add(struct kmc_distill *d, const struct kmc_program *program)
{
	struct kmc_seed *seed;
	int err = run(d, program);

	d->cuts++;
	if (err || !kmc_cover_add(&d->whole, &d->ran))
		return err;
	if (d->nr == d->max) {
		size_t max = d->max ? d->max * 2 : 64;
		void *more = reallocarray(d->seeds, max, sizeof(*d->seeds));

		if (!more)
			return -ENOMEM;
		d->seeds = more;
		d->max = max;
	}
	seed = &d->seeds[d->nr];
	err = kmc_cover_init(&seed->cover);
	if (err)
		return err;
	d->nr++;
	seed->cut = d->cuts - 1;
	kmc_cover_copy(&seed->cover, &d->ran);
	kmc_program_init(&seed->program);
	return kmc_program_copy(&seed->program, program);
}

uint64_t kmc_distill_ops(const struct kmc_distill *d)
{
	uint64_t ops = 0;

	for (size_t i = 0; i < d->nr; i++)
		ops += d->seeds[i].program.nr_ops;
	return ops;
}

/* What of the whole no seed but this one covers. */
static void only_here(const struct kmc_distill *d, size_t index, struct kmc_cover *wanted)
{
	kmc_cover_copy(wanted, &d->whole);
	for (size_t i = 0; i < d->nr; i++)
		if (i != index)
			kmc_cover_take_out(wanted, &d->seeds[i].cover);
}

static size_t largest_superfluous(const struct kmc_distill *d, struct kmc_cover *wanted,
				  const struct kmc_cover *nothing)
{
	size_t found = d->nr;

	for (size_t i = 0; i < d->nr; i++) {
		if (found < d->nr &&
		    d->seeds[i].program.nr_ops <= d->seeds[found].program.nr_ops)
			continue;
		only_here(d, i, wanted);
		if (!kmc_cover_lacks(nothing, wanted))
			found = i;
	}
	return found;
}

int kmc_distill_choose(struct kmc_distill *d)
{
	struct kmc_cover wanted, nothing = { NULL };
	int err = kmc_cover_init(&wanted);
	size_t index;

	if (!err)
		err = kmc_cover_init(&nothing);
	while (!err && (index = largest_superfluous(d, &wanted, &nothing)) < d->nr)
		drop(d, index);
	kmc_cover_free(&wanted);
	kmc_cover_free(&nothing);
	return err;
}

/*
 * A correct caller still: what nobody frees any more is kept on purpose, and what
 * was never allocated is not freed. A slot stands for one life of the whole program.
 */
static void settle(struct kmc_program *program)
{
	uint16_t birth[KMC_NR_SLOTS] = { 0 }; /* number of the op, from 1 */
	size_t nr = 0;

	for (size_t i = 0; i < program->nr_ops; i++) {
		struct kmc_op op = program->ops[i];

		if (kmc_op_is_free(op.code)) {
			uint16_t slot = op.code == KMC_OP_KMEM_CACHE_FREE ? op.dst : op.src;

			if (!birth[slot])
				continue;
			program->ops[birth[slot] - 1].attr &= (uint8_t)~KMC_ATTR_KEPT;
		} else if (op.code != KMC_OP_KMEM_CACHE_CREATE) {
			op.attr |= KMC_ATTR_KEPT;
			birth[op.dst] = (uint16_t)(nr + 1);
		}
		program->ops[nr++] = op;
	}
	program->nr_ops = nr;
}

/* Without @nr ops from @at on. */
static void leave_out(struct kmc_program *to, const struct kmc_program *from, size_t at, size_t nr)
{
	memcpy(to->ops, from->ops, at * sizeof(*to->ops));
	memcpy(to->ops + at, from->ops + at + nr, (from->nr_ops - at - nr) * sizeof(*to->ops));
	to->nr_ops = from->nr_ops - nr;
	settle(to);
}

static void take_ops(struct kmc_program *to, const struct kmc_program *from)
{
	memcpy(to->ops, from->ops, from->nr_ops * sizeof(*to->ops));
	to->nr_ops = from->nr_ops;
}

/*
 * Runs of ops go as long as what only this seed covers stays, halves first. What
 * it covers besides may go with them, which makes the others' share larger, so
 * its cover is seen anew after each step.
 */
static int reduce(struct kmc_distill *d, struct kmc_seed *seed, const struct kmc_cover *wanted)
{
	struct kmc_program *program = &seed->program, trial;
	int err;

	kmc_program_init(&trial);
	err = kmc_program_copy(&trial, program);

	for (size_t step = program->nr_ops; step && !err; step /= 2)
		for (size_t end = program->nr_ops; end && !err;) {
			size_t nr = step < end ? step : end;

			end -= nr;
			leave_out(&trial, program, end, nr);
			err = run(d, &trial);
			if (err || kmc_cover_lacks(&d->ran, wanted))
				continue;
			take_ops(program, &trial);
			kmc_cover_copy(&seed->cover, &d->ran);
			end = end < program->nr_ops ? end : program->nr_ops;
		}
	kmc_program_free(&trial);
	return err;
}

int kmc_distill_reduce(struct kmc_distill *d)
{
	struct kmc_cover wanted;
	int err = kmc_cover_init(&wanted);

	for (size_t i = d->nr; i-- && !err;) {
		only_here(d, i, &wanted);
		err = reduce(d, &d->seeds[i], &wanted);
		if (!err && !d->seeds[i].program.nr_ops)
			drop(d, i);
		if (d->tick)
			d->tick(d->arg, "seeds to reduce", i, 0);
	}
	kmc_cover_free(&wanted);
	return err;
}

int64_t kmc_distill_check(struct kmc_distill *d)
{
	struct kmc_cover all;
	int64_t lost;
	int err = kmc_cover_init(&all);

	d->violated = 0;
	for (size_t i = 0; i < d->nr && !err; i++) {
		err = run(d, &d->seeds[i].program);
		if (!err)
			kmc_cover_add(&all, &d->ran);
	}
	lost = err ? err : (int64_t)kmc_cover_lacks(&all, &d->whole);
	kmc_cover_free(&all);
	return lost;
}
