/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sizes that saturate instead of wrapping. Included by <linux/slab.h> and by
 * callers that compute a size before they ask for it: SIZE_MAX fails in every
 * allocator (ARR-11), so a product that does not fit never becomes a short
 * block.
 *
 * Model: exact (5.18 and later, looked at 6.18: nested products are saturated
 * one by one, so a later factor of 0 gives 0).
 */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include "alloc/planted.h"

#define check_add_overflow(a, b, d) __builtin_add_overflow(a, b, d)
#define check_sub_overflow(a, b, d) __builtin_sub_overflow(a, b, d)
#define check_mul_overflow(a, b, d) __builtin_mul_overflow(a, b, d)

/* Said so that no compiler warns of types that cannot be. */
#define kmc_is_negative(v) ((v) < 1 && (v) != 0)

/**
 * check_shl_overflow() - *@d = @a << @s, computed in *@d's type.
 *
 * Return: true when bits or the sign are lost, @s is negative or as wide as the
 * type, or @a is negative; *@d then has no value to be used.
 */
#define check_shl_overflow(a, s, d)                                                   \
	({                                                                            \
		__typeof__(a) shl_value_ = (a);                                       \
		__typeof__(s) shl_by_ = (s);                                          \
		__typeof__(d) shl_to_ = (d);                                          \
		_Bool shl_wide_ = kmc_is_negative(shl_by_) ||                         \
				  shl_by_ >= 8 * (int)sizeof(*shl_to_);               \
		*shl_to_ = (__typeof__(*shl_to_))((uint64_t)shl_value_                \
						  << (shl_wide_ ? 0 : shl_by_));       \
		shl_wide_ || kmc_is_negative(*shl_to_) || kmc_is_negative(shl_value_) || \
			(uint64_t)(*shl_to_ >> (shl_wide_ ? 0 : shl_by_)) !=           \
				(uint64_t)shl_value_;                                  \
	})

/**
 * size_mul() - Product, SIZE_MAX when it does not fit. Rule: ARR-4, ARR-6.
 */
static inline size_t size_mul(size_t factor1, size_t factor2)
{
	size_t bytes;

	return __builtin_mul_overflow(factor1, factor2, &bytes) && !KMC_PLANTED(size_mul_wraps) ?
		       SIZE_MAX : bytes;
}

/**
 * size_add() - Sum, SIZE_MAX when it does not fit. Rule: ARR-6.
 */
static inline size_t size_add(size_t addend1, size_t addend2)
{
	size_t bytes;

	return __builtin_add_overflow(addend1, addend2, &bytes) && !KMC_PLANTED(size_add_wraps) ?
		       SIZE_MAX : bytes;
}

/**
 * size_sub() - Difference, SIZE_MAX when negative or either side is
 * saturated already: a saturated size never becomes a small one. Rule: ARR-7.
 */
static inline size_t size_sub(size_t minuend, size_t subtrahend)
{
	size_t bytes;

	if ((minuend == SIZE_MAX && !KMC_PLANTED(size_sub_saturated)) || subtrahend == SIZE_MAX ||
	    __builtin_sub_overflow(minuend, subtrahend, &bytes))
		return KMC_PLANTED(size_sub_wraps) ? minuend - subtrahend : SIZE_MAX;
	return bytes;
}

/* Rule: ARR-4, ARR-5. */
#define array_size(a, b)     size_mul(a, b)
#define array3_size(a, b, c) size_mul(size_mul(a, b), c)

/**
 * flex_array_size() - Bytes of @count elements of a trailing array.
 * @p: pointer to the structure, not evaluated.
 * Rule: ARR-9. A constant count is computed as in the kernel, by the compiler
 * and without saturation (R14).
 */
#define flex_array_size(p, member, count)                                      \
	__builtin_choose_expr(__builtin_constant_p(count),                     \
			      (count) * sizeof(*(p)->member),                  \
			      size_mul((count), sizeof(*(p)->member)))

/** struct_size() - Bytes of a structure with @count trailing elements. Rule: ARR-8. */
#define struct_size(p, member, count)                                          \
	__builtin_choose_expr(__builtin_constant_p(count),                     \
			      sizeof(*(p)) + flex_array_size(p, member, count), \
			      size_add(sizeof(*(p)), flex_array_size(p, member, count)))

/** struct_size_t() - struct_size() from a type's name. Rule: ARR-10. */
#define struct_size_t(type, member, count) struct_size((type *)NULL, member, count)
