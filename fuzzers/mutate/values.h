/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Boundary values of what calls take, by what it means. Private to mutate/. */
#ifndef MUTATE_VALUES_H
#define MUTATE_VALUES_H
#include <stdint.h>
#include "dice.h"
#include "draw.h"

enum size_class { SIZE_ODD, SIZE_POW2, SIZE_CLASS, SIZE_PAGES, SIZE_LARGE, SIZE_OVER, SIZE_ZERO,
		  NR_SIZE_CLASSES };

uint64_t draw_size(const struct maker *maker);
uint64_t draw_align(struct dice *dice);
uint64_t draw_small(struct dice *dice);
struct kmc_gfp draw_gfp(const struct maker *maker);
uint8_t draw_order(struct dice *dice);
int8_t draw_node(const struct maker *maker);
uint8_t draw_context(const struct maker *maker);
/** draw_near() - A neighbour of a value: one off, halved, doubled, rounded, another bit. */
uint64_t draw_near(struct dice *dice, uint64_t value);

/**
 * draw_number() - A value for a numeric parameter, by its name.
 * @op: drawn so far; @block: what the call's operand holds, NULL none.
 */
uint64_t draw_number(const struct maker *maker, const struct kmc_op *op,
		     const struct kmc_param *param, const struct life *block);

unsigned int gfp_base_count(void);

#endif
