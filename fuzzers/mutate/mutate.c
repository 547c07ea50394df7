/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Mutations of whole programs. Ops are inserted where they mean something:
 * the lives up to the place are followed first. Weights after what fuzzers of
 * stateful interfaces report: mostly insertions and arguments.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bytes.h"
#include "draw.h"
#include "generate/generate.h"
#include "mutate/input.h"
#include "mutate/mutate.h"

#define MAX_STEPS 6 /* mutations of one child */
#define MAX_RUN 64  /* ops that are copied at once */
#define MAX_OPS 512 /* beyond, a program grows by single ops only */

struct kmc_mutator {
	const struct kmc_alphabet *alphabet;
	struct kmc_program program, other;
	struct lives lives;
	uint8_t last[MAX_STEPS];
	unsigned int nr_last;
};

const char *kmc_mutation_name(unsigned int kind)
{
	static const char *const names[] = {
#define KMC_MUTATION(name, text, weight) text,
		KMC_MUTATIONS(KMC_MUTATION)
#undef KMC_MUTATION
		"bytes", "fresh",
	};

	return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : NULL;
}

struct kmc_mutator *kmc_mutator_create(const struct kmc_alphabet *alphabet)
{
	struct kmc_mutator *mutator = calloc(1, sizeof(*mutator));

	if (!mutator)
		return NULL;
	lives_prepare();
	mutator->alphabet = alphabet;
	kmc_program_init(&mutator->program);
	kmc_program_init(&mutator->other);
	return mutator;
}

void kmc_mutator_destroy(struct kmc_mutator *mutator)
{
	if (!mutator)
		return;
	kmc_program_free(&mutator->program);
	kmc_program_free(&mutator->other);
	free(mutator);
}

/* lists of ops */

/* Open a gap of @nr ops at @at. Return: false no memory. */
static bool make_room(struct kmc_program *program, size_t at, size_t nr)
{
	static const struct kmc_op nothing;
	size_t before = program->nr_ops;

	for (size_t i = 0; i < nr; i++)
		if (kmc_program_add(program, &nothing)) {
			program->nr_ops = before;
			return false;
		}
	memmove(&program->ops[at + nr], &program->ops[at], (before - at) * sizeof(program->ops[0]));
	return true;
}

static bool put_ops(struct kmc_program *program, size_t at, const struct kmc_op *ops, size_t nr)
{
	if (!make_room(program, at, nr))
		return false;
	memcpy(&program->ops[at], ops, nr * sizeof(*ops));
	return true;
}

static void take_ops(struct kmc_program *program, size_t at, size_t nr)
{
	memmove(&program->ops[at], &program->ops[at + nr],
		(program->nr_ops - at - nr) * sizeof(program->ops[0]));
	program->nr_ops -= nr;
}

/* Follow the lives up to the op at @at. */
static void go_to(struct maker *maker, const struct kmc_program *program, size_t at)
{
	lives_reset(maker->lives);
	for (size_t i = 0; i < at; i++)
		lives_note(maker->lives, &program->ops[i]);
}

/* Ends are where state has piled up. */
static size_t draw_place(struct dice *dice, size_t nr)
{
	return dice_one_in(dice, 3) ? nr : (size_t)dice_below(dice, nr + 1);
}

/* A run of ops, mostly short. */
static size_t draw_run(struct dice *dice, size_t nr, size_t *at)
{
	size_t len = 1;

	while (len < nr && len < MAX_RUN && dice_one_in(dice, 2))
		len += 1 + (size_t)dice_below(dice, len);
	if (len > MAX_RUN)
		len = MAX_RUN;
	if (len > nr)
		len = nr;
	*at = (size_t)dice_below(dice, nr - len + 1);
	return len;
}

/* the mutations */

static bool insert(struct maker *maker, struct kmc_program *program)
{
	struct kmc_op ops[MAX_SETUP];
	size_t at = draw_place(maker->dice, program->nr_ops);
	unsigned int code = draw_code(maker);

	if (!code)
		return false;
	go_to(maker, program, at);
	return put_ops(program, at, ops, draw_ops(maker, code, ops));
}

/*
 * Many ops at once: an execution costs more than its ops, and what takes several things that fit
 * together is not led to step by step where the steps show nothing new.
 */
static bool burst(struct maker *maker, struct kmc_program *program)
{
	struct kmc_op ops[MAX_SETUP];
	size_t at = draw_place(maker->dice, program->nr_ops);
	size_t end = at + (4ull << dice_below(maker->dice, 6));

	if (program->nr_ops >= MAX_OPS)
		return false;
	go_to(maker, program, at);
	while (at < end) {
		unsigned int code = draw_code(maker);
		size_t nr = code ? draw_ops(maker, code, ops) : 0;

		if (!nr || !put_ops(program, at, ops, nr))
			return false;
		at += nr;
	}
	return true;
}

static bool argument(struct maker *maker, struct kmc_program *program)
{
	size_t at = (size_t)dice_below(maker->dice, program->nr_ops);

	if (!program->nr_ops)
		return false;
	go_to(maker, program, at);
	draw_field(maker, &program->ops[at]);
	while (dice_one_in(maker->dice, 3))
		draw_field(maker, &program->ops[at]);
	return true;
}

/* Does it ask for memory? */
static bool asks(const struct kmc_op *op)
{
	switch (kmc_op_desc(op->code)->result) {
	case KMC_RES_OBJ:
	case KMC_RES_PAGE:
	case KMC_RES_BULK:
	case KMC_RES_CACHE:
	case KMC_RES_POOL:
	case KMC_RES_HANDLE:
		return true;
	default:
		return false;
	}
}

/* The first, second or third page or slab object from here on is refused, or all are. */
static void draw_failure(struct dice *dice, struct kmc_op *op)
{
	kmc_op_init(op, KMC_OP_FAIL_NTH);
	op->a = dice_one_in(dice, 2) ? 1 : 1 + dice_below(dice, 3);
	op->b = dice_below(dice, 2);
	op->c = dice_below(dice, 2);
}

/* Each zone is left with so many pages: none, or some around a small machine's marks. */
static size_t draw_shortage(struct dice *dice, const struct kmc_machine *machine,
			    struct kmc_op ops[KMC_MACHINE_MAX_ZONES])
{
	uint64_t pages = dice_one_in(dice, 2) ? 0 : dice_below(dice, 4ull << dice_below(dice, 7));

	for (size_t i = 0; i < machine->nr_zones; i++) {
		kmc_op_init(&ops[i], KMC_OP_PRESSURE);
		ops[i].order = machine->zones[i].kind;
		ops[i].node = (int8_t)machine->zones[i].node;
		ops[i].a = pages;
	}
	return machine->nr_zones;
}

/* What happens when memory cannot be had is half of the contract, and no byte of a call leads there. */
static bool hardship(struct maker *maker, struct kmc_program *program)
{
	bool fails = kmc_alphabet_has(maker->alphabet, KMC_OP_FAIL_NTH);
	bool lacks = kmc_alphabet_has(maker->alphabet, KMC_OP_PRESSURE);
	struct kmc_op ops[KMC_MACHINE_MAX_ZONES];
	size_t at, tries = 0;

	if (!program->nr_ops || (!fails && !lacks))
		return false;
	do {
		at = (size_t)dice_below(maker->dice, program->nr_ops);
	} while (!asks(&program->ops[at]) && ++tries < 16);
	if (tries == 16)
		return false;
	if (!lacks || (fails && dice_one_in(maker->dice, 2))) {
		draw_failure(maker->dice, &ops[0]);
		return put_ops(program, at, ops, 1);
	}
	return put_ops(program, at, ops, draw_shortage(maker->dice, &program->machine, ops));
}

/* What is around an op fits its neighbours too: kmalloc becomes kzalloc, destroy becomes shrink. */
static bool other_call(struct maker *maker, struct kmc_program *program)
{
	size_t at = (size_t)dice_below(maker->dice, program->nr_ops);

	if (!program->nr_ops)
		return false;
	go_to(maker, program, at);
	return draw_neighbour(maker, &program->ops[at]);
}

static bool delete(struct maker *maker, struct kmc_program *program)
{
	size_t at, nr;

	if (!program->nr_ops)
		return false;
	nr = draw_run(maker->dice, program->nr_ops, &at);
	take_ops(program, at, nr);
	return true;
}

static bool replace(struct maker *maker, struct kmc_program *program)
{
	size_t at = (size_t)dice_below(maker->dice, program->nr_ops);
	struct kmc_op ops[MAX_SETUP];
	unsigned int code = draw_code(maker);

	if (!program->nr_ops || !code)
		return false;
	go_to(maker, program, at);
	take_ops(program, at, 1);
	return put_ops(program, at, ops, draw_ops(maker, code, ops));
}

static bool copy_run(struct maker *maker, struct kmc_program *program,
		     const struct kmc_program *from)
{
	struct kmc_op ops[MAX_RUN];
	size_t at, nr;

	if (!from->nr_ops)
		return false;
	nr = draw_run(maker->dice, from->nr_ops, &at);
	memcpy(ops, &from->ops[at], nr * sizeof(ops[0]));
	return put_ops(program, draw_place(maker->dice, program->nr_ops), ops, nr);
}

/* Two ops that take the same sort of thing are to take the same one. */
static bool same_object(struct maker *maker, struct kmc_program *program)
{
	size_t at = (size_t)dice_below(maker->dice, program->nr_ops);
	struct operand want = { 0 };
	const struct kmc_op_desc *desc;
	uint16_t *slot;

	for (size_t tries = 0; tries < program->nr_ops && !want.kind; tries++) {
		at = (at + 1) % program->nr_ops;
		desc = kmc_op_desc(program->ops[at].code);
		for (unsigned int i = 0; i < desc->nr_params && !want.kind; i++)
			want = operand_of(&desc->params[i]);
	}
	if (!want.kind)
		return false;
	slot = slot_field(&program->ops[at], want.field);
	for (size_t tries = 0; tries < 8; tries++) {
		struct kmc_op *other = &program->ops[dice_below(maker->dice, program->nr_ops)];

		desc = kmc_op_desc(other->code);
		for (unsigned int i = 0; i < desc->nr_params; i++) {
			struct operand theirs = operand_of(&desc->params[i]);

			if (theirs.kind == want.kind &&
			    *slot_field(other, theirs.field) != *slot) {
				*slot = *slot_field(other, theirs.field);
				return true;
			}
		}
	}
	return false;
}

/* At the end, what is live is given back: one thing, or everything in drawn order. */
static bool release(struct maker *maker, struct kmc_program *program)
{
	unsigned int most = dice_one_in(maker->dice, 2) ? 1 : 64;
	unsigned int start;
	bool done = false;

	go_to(maker, program, program->nr_ops);
	start = (unsigned int)dice_below(maker->dice, maker->lives->nr_used);
	for (unsigned int i = 0; i < maker->lives->nr_used && most; i++) {
		uint16_t slot = maker->lives->used[(start + i) % maker->lives->nr_used];
		struct kmc_op op;

		if (!draw_release(maker, slot, &op))
			continue;
		if (kmc_program_add(program, &op))
			return done;
		done = true;
		most--;
	}
	return done;
}

static bool move(struct maker *maker, struct kmc_program *program)
{
	size_t from, to;
	struct kmc_op op;

	if (program->nr_ops < 2)
		return false;
	from = (size_t)dice_below(maker->dice, program->nr_ops);
	op = program->ops[from];
	take_ops(program, from, 1);
	to = (size_t)dice_below(maker->dice, program->nr_ops + 1);
	if (to == from)
		to = (to + 1) % (program->nr_ops + 1);
	return put_ops(program, to, &op, 1);
}

static bool machine(struct maker *maker, struct kmc_program *program)
{
	draw_machine(maker->alphabet, maker->dice, program);
	for (size_t i = 0; i < program->nr_ops; i++)
		program->ops[i].cpu %= program->machine.nr_cpus;
	return true;
}

static bool mutate_as(struct maker *maker, struct kmc_program *program,
		      const struct kmc_program *other, unsigned int kind)
{
	switch (kind) {
	case KMC_MUTATE_INSERT: return insert(maker, program);
	case KMC_MUTATE_BURST: return burst(maker, program);
	case KMC_MUTATE_ARGUMENT: return argument(maker, program);
	case KMC_MUTATE_CALL: return other_call(maker, program);
	case KMC_MUTATE_HARDSHIP: return hardship(maker, program);
	case KMC_MUTATE_DELETE: return delete(maker, program);
	case KMC_MUTATE_REPLACE: return replace(maker, program);
	case KMC_MUTATE_DUPLICATE: return copy_run(maker, program, program);
	case KMC_MUTATE_SPLICE: return copy_run(maker, program, other);
	case KMC_MUTATE_SAME_OBJECT: return same_object(maker, program);
	case KMC_MUTATE_RELEASE: return release(maker, program);
	case KMC_MUTATE_MOVE: return move(maker, program);
	default: return machine(maker, program);
	}
}

static unsigned int draw_kind(struct dice *dice)
{
	static const uint8_t weights[] = {
#define KMC_MUTATION(name, text, weight) weight,
		KMC_MUTATIONS(KMC_MUTATION)
#undef KMC_MUTATION
	};
	uint64_t at = 0, total = 0;
	unsigned int kind = 0;

	for (unsigned int i = 0; i < KMC_NR_MUTATIONS; i++)
		total += weights[i];
	at = dice_below(dice, total);
	while (at >= weights[kind])
		at -= weights[kind++];
	return kind;
}

/* children */

static void begin(struct kmc_mutator *mutator, struct maker *maker, struct dice *dice,
		  const struct kmc_machine *machine)
{
	*maker = (struct maker){ .alphabet = mutator->alphabet, .machine = machine,
				 .dice = dice, .lives = &mutator->lives };
	lives_reset(&mutator->lives);
	swarm_draw(&maker->swarm, mutator->alphabet, dice);
	mutator->nr_last = 0;
}

static void mutate_program(struct kmc_mutator *mutator, struct dice *dice,
			   struct kmc_program *program, const struct kmc_program *other)
{
	struct maker maker;

	begin(mutator, &maker, dice, &program->machine);
	for (int tries = 0; mutator->nr_last < MAX_STEPS && tries < 24; tries++) {
		unsigned int kind = draw_kind(dice);

		if (!mutate_as(&maker, program, other, kind))
			continue;
		mutator->last[mutator->nr_last++] = (uint8_t)kind;
		if (dice_one_in(dice, 2))
			break;
	}
}

bool kmc_mutate_once(struct kmc_mutator *mutator, struct kmc_program *program,
		     const struct kmc_program *other, enum kmc_mutation kind, uint64_t seed)
{
	struct dice dice = { seed };
	struct maker maker;

	begin(mutator, &maker, &dice, &program->machine);
	return mutate_as(&maker, program, other ? other : program, kind);
}

/* Written op by op, so that the end is what is cut. Return: 0 not even the head fits. */
static size_t write_program(struct kmc_program *program, uint8_t *out, size_t max)
{
	size_t nr = program->nr_ops, len;
	uint8_t record[2 * KMC_RECORD_BYTES];
	void *head = NULL;

	program->nr_ops = 0;
	if (kmc_program_encode(program, &head, &len))
		len = max + 1;
	program->nr_ops = nr;
	if (len <= max)
		memcpy(out, head, len);
	free(head);
	if (len > max)
		return 0;
	for (size_t i = 0; i < nr; i++) {
		size_t bytes = KMC_RECORD_BYTES * kmc_op_encode(&program->ops[i], record);

		if (len + bytes > max)
			break;
		memcpy(out + len, record, bytes);
		len += bytes;
	}
	return len;
}

static bool has_head(const uint8_t *bytes, size_t len)
{
	return len >= 5 && (!memcmp(bytes, "KMCOP", 5) || !memcmp(bytes, "# kmc", 5));
}

/* How much of the records is the head; 0 for what has none of its own. */
static size_t head_bytes(struct kmc_program *program, const uint8_t *bytes, size_t len)
{
	void *head = NULL;
	size_t head_len = 0;

	if (len < 5 || memcmp(bytes, "KMCOP", 5) || kmc_input_decode(program, bytes, len))
		return 0;
	program->nr_ops = 0;
	if (kmc_program_encode(program, &head, &head_len))
		return 0;
	free(head);
	return head_len < len ? head_len : 0;
}

/*
 * Bytes of the head make a machine of its own of each child, which has to be booted: seldom. What
 * is worth trying there, the mutation "machine" does.
 */
static size_t mutate_bytes(struct kmc_mutator *mutator, struct dice *dice, uint8_t *bytes,
			   size_t len, size_t max)
{
	size_t skip = dice_one_in(dice, 64) ? 0 : head_bytes(&mutator->program, bytes, len);

	if (skip >= max)
		skip = 0;
	return skip + kmc_mutate_bytes(dice, bytes + skip, len - skip, max - skip);
}

#define FRESH_ONE_IN 16
#define FRESH_MACHINES 8 /* few: each has to be booted */

/*
 * No child: a program of the generator, now and then with a misuse. It knows whole sequences that
 * a chain of single steps, each rewarded by an edge, does not lead to.
 */
static bool make_fresh(const struct kmc_alphabet *alphabet, struct dice *dice,
		       struct kmc_program *program)
{
	uint32_t profile = draw_profile(alphabet, dice);
	struct kmc_gen_wish wish = {
		.seed = dice_roll(dice), .machine = 1 + dice_below(dice, FRESH_MACHINES),
		.profile = profile, .edition = KMC_SERIES(profile),
		.misuse = dice_one_in(dice, 4) ?
				  (enum kmc_gen_misuse)(1 + dice_below(dice, KMC_GEN_NR_MISUSES - 1)) :
				  KMC_GEN_NONE,
	};
	const char *broken;
	size_t nr = 0;

	if (kmc_generate(program, &wish, &broken))
		return false;
	if (wish.machine % 2)
		program->machine.seed = TRACED_SEED;
	for (size_t i = 0; i < program->nr_ops; i++)
		if (kmc_alphabet_has(alphabet, program->ops[i].code))
			program->ops[nr++] = program->ops[i];
	program->nr_ops = nr;
	return nr;
}

size_t kmc_mutate(struct kmc_mutator *mutator, uint8_t *bytes, size_t len, size_t max,
		  const uint8_t *other, size_t other_len, uint64_t seed)
{
	struct dice dice = { seed };
	struct kmc_program *program = &mutator->program, *from = program;
	size_t made;

	mutator->nr_last = 1;
	mutator->last[0] = KMC_MUTATE_BYTES;
	if (len && dice_one_in(&dice, 8))
		return mutate_bytes(mutator, &dice, bytes, len, max);
	if (kmc_input_decode(program, bytes, len))
		return len;
	if (!has_head(bytes, len))
		draw_machine(mutator->alphabet, &dice, program);
	if (dice_one_in(&dice, FRESH_ONE_IN) &&
	    make_fresh(mutator->alphabet, &dice, &mutator->other)) {
		mutator->last[0] = KMC_MUTATE_FRESH;
		program = &mutator->other;
	} else {
		if (other && other_len && !kmc_input_decode(&mutator->other, other, other_len))
			from = &mutator->other;
		mutate_program(mutator, &dice, program, from);
	}
	made = write_program(program, bytes, max);
	return made ? made : kmc_mutate_bytes(&dice, bytes, len, max);
}

size_t kmc_cross_over(struct kmc_mutator *mutator, const uint8_t *a, size_t a_len,
		      const uint8_t *b, size_t b_len, uint8_t *out, size_t max, uint64_t seed)
{
	struct dice dice = { seed };
	struct kmc_program *one = &mutator->program, *two = &mutator->other;
	size_t cut, from, at = 0;

	mutator->nr_last = 1;
	mutator->last[0] = KMC_MUTATE_SPLICE;
	if (kmc_input_decode(one, a, a_len) || kmc_input_decode(two, b, b_len))
		return 0;
	cut = (size_t)dice_below(&dice, one->nr_ops + 1);
	from = (size_t)dice_below(&dice, two->nr_ops + 1);
	if (dice_one_in(&dice, 2)) { /* the beginning of one, the end of the other */
		one->nr_ops = cut;
		at = from;
	} else {                     /* all of one, after it the other */
		cut = one->nr_ops;
	}
	for (size_t i = at; i < two->nr_ops; i++) {
		struct kmc_op op = two->ops[i];

		op.cpu %= one->machine.nr_cpus;
		if (kmc_program_add(one, &op))
			break;
	}
	return write_program(one, out, max);
}

size_t kmc_mutator_last(const struct kmc_mutator *mutator, char *text, size_t max)
{
	size_t len = 0;

	if (!max)
		return 0;
	*text = '\0';
	for (unsigned int i = 0; i < mutator->nr_last && len < max; i++) {
		int n = snprintf(text + len, max - len, "%s%s", i ? "+" : "",
				 kmc_mutation_name(mutator->last[i]));

		if (n < 0 || (size_t)n >= max - len) {
			text[len] = '\0';
			break;
		}
		len += (size_t)n;
	}
	return len;
}
