/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which call goes with what another call made: a guide for drawing, taken from
 * the pairing matrix of the contract, without its editions. What it gets wrong
 * costs a skipped op; the verdict is the oracle's. Private to mutate/.
 */
#ifndef MUTATE_PAIRS_H
#define MUTATE_PAIRS_H
#include <stdbool.h>
#include "dice.h"
#include "vocab/op.h"

/** pair_ends() - Does the call end what is in an operand of this kind (enum life_kind)? */
bool pair_ends(unsigned int code, unsigned int kind);
/** pair_fits() - May what @origin made be that operand of the call? */
bool pair_fits(unsigned int origin, unsigned int code, const struct kmc_param *param);
/** pair_release() - A call that gives back what @origin made, drawn; 0 none. */
unsigned int pair_release(unsigned int origin, struct dice *dice);

#endif
