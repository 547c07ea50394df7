/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Plainer ops: cpu 0, task 0, in task context, no attributes, GFP_KERNEL, no
 * node, the smallest numbers, low slots. Each is tried by itself and kept where
 * the rule is still violated.
 */
#include <string.h>
#include "minimize_priv.h"

/* op @at of the best becomes @op, if the program then still does it. */
static bool change(struct shrink *s, size_t at, struct kmc_op op)
{
	struct kmc_op before = s->best->ops[at];

	kmc_op_canonicalise(&op);
	if (kmc_op_equal(&op, &before))
		return false;
	s->best->ops[at] = op;
	if (kmc_still_does(s, s->best))
		return true;
	s->best->ops[at] = before;
	return false;
}

/* flags */

#define KERNEL (KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_IO | KMC_GFP_FS)

static bool shrink_flags(struct shrink *s, size_t at)
{
	struct kmc_op op = s->best->ops[at];
	bool any = false;

	op.gfp.atoms = KERNEL;
	op.gfp.raw = 0;
	if (change(s, at, op))
		return true;
	for (uint32_t bit = 1; bit; bit <<= 1) {
		op = s->best->ops[at];
		if (!(op.gfp.atoms & bit) || (KERNEL & bit))
			continue;
		op.gfp.atoms &= ~bit;
		any |= change(s, at, op);
	}
	op = s->best->ops[at];
	op.gfp.atoms |= KERNEL;
	return any | change(s, at, op);
}

/* numbers */

static uint64_t *field(struct kmc_op *op, unsigned int which)
{
	uint64_t *const fields[] = { &op->a, &op->b, &op->c, &op->d };

	return fields[which];
}

static bool set_number(struct shrink *s, size_t at, unsigned int which, uint64_t value)
{
	struct kmc_op op = s->best->ops[at];

	*field(&op, which) = value;
	return change(s, at, op);
}

/* The smallest that does it, if it does it from some number on; else a smaller one. */
static bool shrink_number(struct shrink *s, size_t at, unsigned int which)
{
	uint64_t value = *field(&s->best->ops[at], which), low = 0;
	bool any = false;

	if (!value)
		return false;
	if (set_number(s, at, which, 0) || (value > 1 && set_number(s, at, which, 1)) ||
	    (value > 64 && set_number(s, at, which, 64)))
		any = true;
	value = *field(&s->best->ops[at], which);
	if (value <= 1)
		return any;
	while (low + 1 < value && !s->stopped) {
		uint64_t middle = low + (value - low) / 2;

		if (set_number(s, at, which, middle)) {
			value = middle;
			any = true;
		} else {
			low = middle;
		}
	}
	return any;
}

/* where it runs */

static bool shrink_place(struct shrink *s, size_t at)
{
	struct kmc_op op = s->best->ops[at];
	bool any;

	op.cpu = op.task = op.context = 0;
	if (change(s, at, op))
		return true;
	op = s->best->ops[at];
	op.cpu = 0;
	any = change(s, at, op);
	op = s->best->ops[at];
	op.task = 0;
	any |= change(s, at, op);
	op = s->best->ops[at];
	op.context = 0;
	return any | change(s, at, op);
}

static bool shrink_rest(struct shrink *s, size_t at)
{
	struct kmc_op op = s->best->ops[at];
	bool any = false;

	for (unsigned int bit = 1; bit <= KMC_ALL_ATTRS; bit <<= 1) {
		op = s->best->ops[at];
		op.attr &= (uint8_t)~bit;
		any |= change(s, at, op);
	}
	op = s->best->ops[at];
	op.node = KMC_NODE_NONE;
	any |= change(s, at, op);
	while (s->best->ops[at].order) {
		op = s->best->ops[at];
		op.order--;
		if (!change(s, at, op))
			break;
		any = true;
	}
	return any;
}

/* slots */

/* Does a field of the op name a slot? Those that are plain numbers do not. */
static bool is_slot(const struct kmc_op_desc *desc, char name)
{
	for (unsigned int i = 0; i < desc->nr_params; i++)
		if (desc->params[i].field == name)
			return desc->params[i].format != 'd';
	return false;
}

static bool names_slot(const struct kmc_op *op, uint16_t slot)
{
	const struct kmc_op_desc *desc = kmc_op_desc(op->code);

	return desc && (op->dst == slot || (op->src == slot && is_slot(desc, 's')) ||
			(op->third == slot && is_slot(desc, 'u')));
}

static void rename_slot(struct kmc_op *op, uint16_t from, uint16_t to)
{
	const struct kmc_op_desc *desc = kmc_op_desc(op->code);

	if (op->dst == from)
		op->dst = to;
	if (op->src == from && is_slot(desc, 's'))
		op->src = to;
	if (op->third == from && is_slot(desc, 'u'))
		op->third = to;
}

static bool in_use(const struct shrink *s, uint16_t slot)
{
	for (size_t i = 0; i < s->best->nr_ops; i++)
		if (names_slot(&s->best->ops[i], slot))
			return true;
	return false;
}

/* Slots in order of first use: r0, r1, ... Runs of slots that do not survive it keep their names. */
static bool rename_all(struct shrink *s)
{
	bool any = false;

	for (uint16_t slot = 1, lowest = 0; slot < KMC_NR_SLOTS && !s->stopped; slot++) {
		struct kmc_program candidate = *s->best;

		if (!in_use(s, slot))
			continue;
		while (lowest < slot && in_use(s, lowest))
			lowest++;
		if (lowest == slot)
			continue;
		memcpy(s->trial, s->best->ops, s->best->nr_ops * sizeof(*s->trial));
		candidate.ops = s->trial;
		for (size_t i = 0; i < candidate.nr_ops; i++)
			rename_slot(&s->trial[i], slot, lowest);
		if (!kmc_still_does(s, &candidate))
			continue;
		memcpy(s->best->ops, s->trial, candidate.nr_ops * sizeof(*s->trial));
		any = true;
	}
	return any;
}

bool kmc_shrink_values(struct shrink *s)
{
	bool any = false;

	for (size_t at = 0; at < s->best->nr_ops && !s->stopped; at++) {
		any |= shrink_place(s, at);
		any |= shrink_rest(s, at);
		any |= shrink_flags(s, at);
		for (unsigned int which = 0; which < 4; which++)
			any |= shrink_number(s, at, which);
	}
	return any | rename_all(s);
}

/* the machine */

static bool change_machine(struct shrink *s, const struct kmc_machine *machine)
{
	struct kmc_machine before = s->best->machine;

	if (kmc_machine_equal(&before, machine) || kmc_machine_check(machine))
		return false;
	s->best->machine = *machine;
	if (kmc_still_does(s, s->best))
		return true;
	s->best->machine = before;
	return false;
}

bool kmc_shrink_machine(struct shrink *s)
{
	struct kmc_machine machine;
	bool any = false;

	kmc_machine_default(&machine);
	if (change_machine(s, &machine))
		return true;
	machine.profile = s->best->machine.profile;
	if (change_machine(s, &machine))
		return true;
	for (uint32_t bit = 1; bit; bit <<= 1) {
		machine = s->best->machine;
		if (!(machine.options & bit))
			continue;
		machine.options &= ~bit;
		any |= change_machine(s, &machine);
	}
	machine = s->best->machine;
	machine.seed = 0;
	any |= change_machine(s, &machine);
	kmc_machine_default(&machine);
	machine.options = s->best->machine.options;
	machine.profile = s->best->machine.profile;
	return any | change_machine(s, &machine);
}
