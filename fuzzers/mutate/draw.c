/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fresh ops. An operand is drawn among what is live and fits; where nothing
 * does, a call that makes it comes first: so caches, pools, groups and scopes
 * are set up on the way to what needs them.
 */
#include <string.h>
#include "draw.h"
#include "values.h"
#include "vocab/event.h"

/* swarms */

static uint32_t about_half(struct dice *dice, bool all)
{
	return all ? UINT32_MAX : (uint32_t)dice_roll(dice);
}

/* One to three families: what belongs together meets often. */
static uint64_t some_families(const struct swarm *swarm, size_t nr, struct dice *dice)
{
	uint64_t families = 1ull << KMC_OPF_MEMORY;

	do
		families |= 1ull << kmc_op_desc(swarm->codes[dice_below(dice, nr)])->family;
	while (dice_one_in(dice, 2));
	return families;
}

void swarm_draw(struct swarm *swarm, const struct kmc_alphabet *alphabet, struct dice *dice)
{
	bool all = dice_one_in(dice, 3);
	size_t nr = kmc_alphabet_codes(alphabet, swarm->codes);
	uint64_t families = !all && nr && !dice_one_in(dice, 3) ? some_families(swarm, nr, dice) : 0;

	swarm->nr_codes = 0;
	for (size_t i = 0; i < nr; i++)
		if (all || kmc_op_is_free(swarm->codes[i]) ||
		    (families ? families >> kmc_op_desc(swarm->codes[i])->family & 1 :
				dice_one_in(dice, 3)))
			swarm->codes[swarm->nr_codes++] = swarm->codes[i];
	swarm->size_classes = about_half(dice, all || dice_one_in(dice, 2));
	swarm->gfp_bases = about_half(dice, all || dice_one_in(dice, 2));
	swarm->gfp_modifiers = about_half(dice, all || dice_one_in(dice, 2));
	swarm->contexts = about_half(dice, dice_one_in(dice, 2)) & about_half(dice, all);
	swarm->faults = dice_one_in(dice, 3);
	swarm->misuse = dice_one_in(dice, 3);
}

/* operands */

static const struct life *life_in(const struct maker *maker, uint16_t slot)
{
	return slot < KMC_NR_SLOTS && maker->lives->of[slot].kind ? &maker->lives->of[slot] : NULL;
}

static const struct kmc_param *param_of_kind(const struct kmc_op_desc *desc, enum life_kind kind)
{
	for (unsigned int i = 0; i < desc->nr_params; i++)
		if (operand_of(&desc->params[i]).kind == kind)
			return &desc->params[i];
	return NULL;
}

/*
 * An execution is to cost what its ops are about. A state of the whole machine costs as much as
 * hundreds of calls; of a free of what the alphabet does not make, the set-up is another target's work.
 */
static bool is_dear(const struct maker *maker, unsigned int code)
{
	const struct kmc_op_desc *desc = kmc_op_desc(code);
	unsigned int origin;

	if (code == KMC_OP_SNAPSHOT || code == KMC_OP_RESTORE)
		return true;
	for (unsigned int i = 0; kmc_op_is_free(code) && i < desc->nr_params; i++) {
		if (!operand_of(&desc->params[i]).kind)
			continue;
		origin = life_maker(code, &desc->params[i], maker->dice);
		if (origin && !kmc_alphabet_has(maker->alphabet, origin))
			return true;
	}
	return false;
}

/* Dear calls an eighth as often as others, unless there is nothing else. */
unsigned int draw_code(const struct maker *maker)
{
	const struct swarm *swarm = &maker->swarm;
	unsigned int code = 0;

	for (int tries = 0; tries < 8 && swarm->nr_codes; tries++) {
		code = swarm->codes[dice_below(maker->dice, swarm->nr_codes)];
		if (!is_dear(maker, code) || dice_one_in(maker->dice, 8))
			break;
	}
	return code;
}

/* The block that the call is about. */
static const struct life *block_of(const struct maker *maker, struct kmc_op *op)
{
	const struct kmc_param *param = param_of_kind(kmc_op_desc(op->code), LIFE_MEMORY);

	return param ? life_in(maker, *slot_field(op, param->field)) : NULL;
}

/* What goes with the block by the contract: its order, its size, where it came from. */
static void fit_to_block(struct maker *maker, struct kmc_op *op, const struct life *block)
{
	const struct kmc_op_desc *desc = kmc_op_desc(op->code);

	for (unsigned int i = 0; i < desc->nr_params; i++) {
		const struct kmc_param *param = &desc->params[i];
		struct operand want = operand_of(param);

		if (want.kind > LIFE_MEMORY && block->handle != KMC_NO_SLOT)
			*slot_field(op, want.field) = block->handle;
		else if (param->field == 'o')
			op->order = block->order;
		else if (!strcmp(param->name, "size"))
			op->a = block->size;
		else if (!strcmp(param->name, "len"))
			op->a = block->size;
		else if (!strcmp(param->name, "head"))
			op->a = block->size >= 32 && dice_one_in(maker->dice, 4) ?
					8 * dice_below(maker->dice, (block->size - 16) / 8) : 0;
	}
	if (op->code == KMC_OP_VM_UNMAP_RAM || op->code == KMC_OP_FREE_CONTIG_RANGE ||
	    op->code == KMC_OP_CMA_RELEASE)
		op->a = block->size >> 12;
}

static bool takes_null(struct dice *dice, const struct operand *want)
{
	return dice_one_in(dice, want->kind == LIFE_MEMORY ? 32 : 64);
}

/* A slot of the kind that does not fit, or no longer: named as misuse. */
static uint16_t draw_misfit(const struct maker *maker, unsigned int kind)
{
	uint16_t dead = lives_any(maker->lives, maker->dice, kind, false);

	if (dead != KMC_NO_SLOT && dice_one_in(maker->dice, 2))
		return dead;
	return lives_any(maker->lives, maker->dice, kind, true);
}

static unsigned int draw_at(struct maker *maker, unsigned int code, struct kmc_op *ops,
			    unsigned int room);

/* Rather one of the alphabet. */
static unsigned int draw_maker(const struct maker *maker, unsigned int code,
			       const struct kmc_param *param)
{
	unsigned int origin = 0;

	for (int tries = 0; tries < 8; tries++) {
		origin = life_maker(code, param, maker->dice);
		if (!origin || kmc_alphabet_has(maker->alphabet, origin) ||
		    dice_one_in(maker->dice, 8))
			break;
	}
	return origin;
}

/* Return: ops of set-up put to @ops. */
static unsigned int draw_operand(struct maker *maker, struct kmc_op *op,
				 const struct kmc_param *param, struct kmc_op *ops,
				 unsigned int room)
{
	struct operand want = operand_of(param);
	uint16_t *slot = slot_field(op, want.field);
	unsigned int made = 0, origin;

	if (takes_null(maker->dice, &want))
		return 0;
	if (maker->swarm.misuse && dice_one_in(maker->dice, 16)) {
		*slot = draw_misfit(maker, want.kind);
		op->attr |= KMC_ATTR_MISUSE;
		return 0;
	}
	*slot = lives_find(maker->lives, maker->dice, op->code, param);
	if (*slot == KMC_NO_SLOT && room > 1) {
		origin = draw_maker(maker, op->code, param);
		made = origin ? draw_at(maker, origin, ops, room - 1) : 0;
		*slot = lives_find(maker->lives, maker->dice, op->code, param);
	}
	if (want.range && *slot != KMC_NO_SLOT)
		op->a = lives_run(maker->lives, *slot, op->code, param,
				  1 + dice_below(maker->dice, 48));
	return made;
}

static bool is_bulk(const struct kmc_op_desc *desc)
{
	return desc->result == KMC_RES_BULK;
}

/* Bulk results lie in rows of their own, where runs stay together. */
static void draw_destination(struct maker *maker, struct kmc_op *op)
{
	const struct kmc_op_desc *desc = kmc_op_desc(op->code);

	if (desc->result == KMC_RES_NONE)
		return;
	if (is_bulk(desc)) {
		static const uint8_t counts[] = { 1, 2, 3, 4, 8, 15, 16, 17, 28, 31, 32, 33, 60 };

		op->dst = (uint16_t)(64 + 64 * dice_below(maker->dice, 12));
		op->a = dice_one_in(maker->dice, 32) ? 0 : dice_pick(maker->dice, counts);
	} else if (desc->result == KMC_RES_NUM && dice_one_in(maker->dice, 2)) {
		op->dst = KMC_NO_SLOT;
	} else {
		op->dst = lives_empty_slot(maker->lives, maker->dice);
	}
}

static void draw_number_field(struct maker *maker, struct kmc_op *op,
			      const struct kmc_param *param)
{
	const struct life *block = block_of(maker, op);
	uint64_t value;

	switch (param->field) {
	case 'g':
		op->gfp = draw_gfp(maker);
		return;
	case 'n':
		op->node = draw_node(maker);
		return;
	case 'o':
		op->order = !strcmp(param->name, "order") || dice_one_in(maker->dice, 12) ?
				    draw_order(maker->dice) : (uint8_t)dice_below(maker->dice, 3);
		return;
	case 's':
		op->src = dice_one_in(maker->dice, 2) ? KMC_NO_SLOT :
							(uint16_t)(8 * dice_below(maker->dice, 8));
		return;
	case 'u':
		op->third = dice_one_in(maker->dice, 2) ? KMC_NO_SLOT :
							  (uint16_t)(8 * dice_below(maker->dice, 8));
		return;
	}
	value = draw_number(maker, op, param, block);
	*(param->field == 'a' ? &op->a : param->field == 'b' ? &op->b :
	  param->field == 'c' ? &op->c : &op->d) = value;
}

static bool has_range(const struct kmc_op_desc *desc)
{
	for (unsigned int i = 0; i < desc->nr_params; i++)
		if (operand_of(&desc->params[i]).range)
			return true;
	return false;
}

static void draw_numbers(struct maker *maker, struct kmc_op *op, const struct kmc_op_desc *desc)
{
	for (unsigned int i = desc->nr_params; i-- > 0;) {
		const struct kmc_param *param = &desc->params[i];

		if (operand_of(param).kind)
			continue;
		if (param->field == 'a' && (is_bulk(desc) || has_range(desc)))
			continue; /* a count of slots, drawn with them */
		draw_number_field(maker, op, param);
	}
}

/* Inside of a block, sometimes; a freeing call is wrong there. */
static void draw_offset(struct maker *maker, struct kmc_op *op, const struct kmc_op_desc *desc)
{
	const struct kmc_param *param = param_of_kind(desc, LIFE_MEMORY);
	const struct life *block = block_of(maker, op);
	bool looks = desc->family == KMC_OPF_MEMORY || desc->family == KMC_OPF_USERCOPY;

	if (!param || !param->offset || !block || !block->size)
		return;
	if (looks && dice_one_in(maker->dice, 3))
		op->b = dice_below(maker->dice, block->size);
	else if (desc->family == KMC_OPF_PAGES && dice_one_in(maker->dice, 4))
		op->b = dice_below(maker->dice, block->size) & ~4095ull;
	else if (maker->swarm.misuse && dice_one_in(maker->dice, 32))
		op->b = 1 + dice_below(maker->dice, block->size);
	if (op->b && !looks && desc->family != KMC_OPF_PAGES)
		op->attr |= KMC_ATTR_MISUSE;
}

static void draw_surroundings(struct maker *maker, struct kmc_op *op)
{
	struct dice *dice = maker->dice;

	op->cpu = dice_one_in(dice, 3) ? (uint8_t)dice_below(dice, maker->machine->nr_cpus) : 0;
	op->task = dice_one_in(dice, 4) ? (uint8_t)dice_below(dice, 4) : 0;
	op->context = draw_context(maker);
	if (dice_one_in(dice, 24))
		op->attr |= (uint8_t)(2 << dice_below(dice, 5));
}

/* The wanted call with its set-up before it, where the lives stand. */
static unsigned int draw_at(struct maker *maker, unsigned int code, struct kmc_op *ops,
			    unsigned int room)
{
	const struct kmc_op_desc *desc = kmc_op_desc(code);
	const struct life *block;
	unsigned int made = 0;
	struct kmc_op op;

	kmc_op_init(&op, code);
	for (unsigned int i = 0; i < desc->nr_params; i++)
		if (operand_of(&desc->params[i]).kind)
			made += draw_operand(maker, &op, &desc->params[i], ops + made,
					     room - made);
	draw_destination(maker, &op);
	draw_surroundings(maker, &op);
	draw_offset(maker, &op, desc);
	draw_numbers(maker, &op, desc);
	block = block_of(maker, &op);
	if (block && kmc_op_is_free(code) && !dice_one_in(maker->dice, 48))
		fit_to_block(maker, &op, block);
	kmc_op_canonicalise(&op);
	lives_note(maker->lives, &op);
	ops[made] = op;
	return made + 1;
}

unsigned int draw_ops(struct maker *maker, unsigned int code, struct kmc_op *ops)
{
	return draw_at(maker, code, ops, MAX_SETUP);
}

bool draw_release(struct maker *maker, uint16_t slot, struct kmc_op *op)
{
	const struct life *life = &maker->lives->of[slot];
	unsigned int code = life->live ? life_release(life, maker->dice) : 0;
	const struct kmc_op_desc *desc = kmc_op_desc(code);
	const struct kmc_param *param;

	if (!desc)
		return false;
	kmc_op_init(op, code);
	param = param_of_kind(desc, (enum life_kind)life->kind);
	if (!param) { /* set_active_memcg() puts back what it gave */
		op->src = slot;
		lives_note(maker->lives, op);
		maker->lives->of[slot].live = false;
		return true;
	}
	*slot_field(op, param->field) = slot;
	if (operand_of(param).range)
		op->a = lives_run(maker->lives, slot, code, param, 64);
	draw_surroundings(maker, op);
	op->attr = 0;
	if (life->kind == LIFE_MEMORY && !operand_of(param).range)
		fit_to_block(maker, op, life);
	else if (life->handle != KMC_NO_SLOT && desc->params[0].field == 's' &&
		 operand_of(&desc->params[0]).kind != life->kind)
		op->src = life->handle;
	kmc_op_canonicalise(op);
	lives_note(maker->lives, op);
	return true;
}

/* fields */

static void redraw_param(struct maker *maker, struct kmc_op *op, const struct kmc_param *param)
{
	struct operand want = operand_of(param);
	uint64_t *number = param->field == 'a' ? &op->a : param->field == 'b' ? &op->b :
			   param->field == 'c' ? &op->c : &op->d;

	if (want.kind) {
		*slot_field(op, want.field) =
			maker->swarm.misuse && dice_one_in(maker->dice, 8) ?
				draw_misfit(maker, want.kind) :
				lives_find(maker->lives, maker->dice, op->code, param);
		return;
	}
	if (strchr("abcd", param->field) && dice_one_in(maker->dice, 2))
		*number = draw_near(maker->dice, *number);
	else
		draw_number_field(maker, op, param);
}

static void redraw_surroundings(struct maker *maker, struct kmc_op *op)
{
	switch (dice_below(maker->dice, 5)) {
	case 0:
		op->cpu = (uint8_t)dice_below(maker->dice, maker->machine->nr_cpus);
		break;
	case 1:
		op->task = (uint8_t)dice_below(maker->dice, 4);
		break;
	case 2:
		op->context = (uint8_t)dice_below(maker->dice, KMC_CTX_UNKNOWN);
		break;
	case 3:
		op->attr ^= (uint8_t)(1 << dice_below(maker->dice, 6));
		break;
	default:
		op->dst = op->dst < KMC_NR_SLOTS && kmc_op_desc(op->code)->result ?
				  lives_empty_slot(maker->lives, maker->dice) : op->dst;
	}
}

void draw_field(struct maker *maker, struct kmc_op *op)
{
	const struct kmc_op_desc *desc = kmc_op_desc(op->code);
	uint64_t which = dice_below(maker->dice, desc->nr_params + 1);

	if (which < desc->nr_params)
		redraw_param(maker, op, &desc->params[which]);
	else
		redraw_surroundings(maker, op);
	kmc_op_canonicalise(op);
}

static bool leaves_nothing(const struct kmc_op_desc *desc)
{
	return desc->result == KMC_RES_NONE || desc->result == KMC_RES_NUM;
}

static bool has_field(const struct kmc_op_desc *desc, char field)
{
	for (unsigned int i = 0; i < desc->nr_params; i++)
		if (desc->params[i].field == field)
			return true;
	return false;
}

bool draw_neighbour(struct maker *maker, struct kmc_op *op)
{
	const struct kmc_op_desc *was = kmc_op_desc(op->code), *is;
	uint16_t codes[KMC_OPCODE_END];
	size_t nr = 0;

	for (size_t i = 0; i < maker->swarm.nr_codes; i++) {
		is = kmc_op_desc(maker->swarm.codes[i]);
		if (maker->swarm.codes[i] != op->code && is->family == was->family &&
		    (is->result == was->result || (leaves_nothing(is) && leaves_nothing(was))))
			codes[nr++] = maker->swarm.codes[i];
	}
	if (!nr)
		return false;
	op->code = codes[dice_below(maker->dice, nr)];
	is = kmc_op_desc(op->code);
	if (is->result != was->result)
		op->dst = KMC_NO_SLOT;
	if (has_field(is, 'g') && !has_field(was, 'g'))
		op->gfp = draw_gfp(maker);
	kmc_op_canonicalise(op);
	return true;
}

/* machines */

uint32_t draw_profile(const struct kmc_alphabet *alphabet, struct dice *dice)
{
	static const uint32_t profiles[] = {
#define KMC_PROFILE(major, minor, point) KMC_RELEASE(major, minor, point),
		KMC_PROFILES(KMC_PROFILE)
#undef KMC_PROFILE
	};
	uint32_t newest = profiles[sizeof(profiles) / sizeof(profiles[0]) - 1];

	return alphabet->newest_only || dice_one_in(dice, 2) ? newest : dice_pick(dice, profiles);
}

void draw_machine(const struct kmc_alphabet *alphabet, struct dice *dice,
		  struct kmc_program *program)
{
	uint32_t profile = draw_profile(alphabet, dice);

	kmc_shape_machine(&alphabet->shapes[dice_below(dice, alphabet->nr_shapes)],
			  &program->machine);
	program->machine.profile = profile;
	program->machine.seed = dice_one_in(dice, 2) ? TRACED_SEED : dice_below(dice, TRACED_SEED);
	program->edition = KMC_SERIES(profile); /* by the texts of its own release */
}
