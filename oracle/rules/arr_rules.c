// SPDX-License-Identifier: GPL-2.0-or-later
/* ARR: sizes that saturate instead of wrapping, and what allocators make of them. */
#include <inttypes.h>
#include "judge_priv.h"

#define NUM "%" PRIu64

static uint64_t saturating_mul(uint64_t a, uint64_t b)
{
	uint64_t product;

	return __builtin_mul_overflow(a, b, &product) ? UINT64_MAX : product;
}

static uint64_t saturating_add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

#define VALUE_RULE(token, expected)                                                                \
	KMC_RULE_FN(token)                                                                         \
	{                                                                                          \
		uint64_t right = expected;                                                         \
                                                                                                   \
		if (c->ev->arg == right) {                                                            \
			KMC_PASS(token);                                                           \
			return;                                                                    \
		}                                                                                  \
		KMC_BREACH(token, "value", (j, "the result is " NUM, right),                       \
			   (j, "%s returned " NUM, c->call, c->ev->arg));                          \
	}

/* The operands a, b, c as events carry them: size, granted, addr2; the result in arg. */
VALUE_RULE(ARR_4, saturating_mul(c->ev->size, c->ev->granted))
VALUE_RULE(ARR_6, c->ev->what == KMC_OP_SIZE_ADD ?
			  saturating_add(c->ev->size, c->ev->granted) :
			  saturating_mul(c->ev->size, c->ev->granted))
/* header, element, count */
VALUE_RULE(ARR_8, saturating_add(c->ev->size, saturating_mul(c->ev->granted, c->ev->addr2)))
VALUE_RULE(ARR_9, saturating_mul(c->ev->granted, c->ev->addr2))
VALUE_RULE(ARR_10, saturating_add(c->ev->size, saturating_mul(c->ev->granted, c->ev->addr2)))

/* A later factor of 0 gives 0 from 5.18 on; before, an overflow on the way stayed. */
static uint64_t three(const struct kmc_judge *j, const struct kmc_event *ev)
{
	uint64_t first, a = ev->size, b = ev->granted;
	bool over = __builtin_mul_overflow(a, b, &first);

	if (over && j->subject.edition < KMC_RELEASE(5, 18, 0))
		return UINT64_MAX;
	return saturating_mul(saturating_mul(a, b), ev->addr2);
}

VALUE_RULE(ARR_5, three(j, c->ev))

static uint64_t difference(uint64_t a, uint64_t b)
{
	return a == UINT64_MAX || b == UINT64_MAX || a < b ? UINT64_MAX : a - b;
}

VALUE_RULE(ARR_7, difference(c->ev->size, c->ev->granted))

KMC_RULE_FN(ARR_1)
{
	if (!c->overflow)
		return;
	if (c->ev->outcome == KMC_OUT_NULL) {
		KMC_PASS(ARR_1);
		return;
	}
	KMC_BREACH(ARR_1, "overflow",
		   (j, NUM " * " NUM " overflows: NULL", c->ev->arg, c->ev->addr2),
		   (j, "it returned %s", kmc_outcome_name(c->ev->outcome)));
}

KMC_RULE_FN(ARR_11)
{
	if (c->ev->outcome == KMC_OUT_NULL) {
		KMC_PASS(ARR_11);
		return;
	}
	KMC_BREACH(ARR_11, "saturated", (j, "a saturated size fails in every allocator"),
		   (j, "it returned %s", kmc_outcome_name(c->ev->outcome)));
}
