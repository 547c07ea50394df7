/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The everyday macros that kernel code takes for granted and that have nothing
 * to do with allocation, written anew for tests/kernel_code. Included by the
 * code under test; printing goes to standard output.
 */
#pragma once
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <linux/err.h>
#include <linux/types.h>

#define U8_MAX  UINT8_MAX
#define S8_MAX  INT8_MAX
#define S8_MIN  INT8_MIN
#define U16_MAX UINT16_MAX
#define S16_MAX INT16_MAX
#define S16_MIN INT16_MIN
#define U32_MAX UINT32_MAX
#define S32_MAX INT32_MAX
#define S32_MIN INT32_MIN
#define U64_MAX ((u64)UINT64_MAX)
#define S64_MAX ((s64)INT64_MAX)
#define S64_MIN ((s64)INT64_MIN)

#define BITS_PER_LONG 64
#define HZ            100
#define THREAD_ALIGN  16384ul

#define __init
#define __exit
#define __maybe_unused __attribute__((unused))

#define ARRAY_SIZE(a)     (sizeof(a) / sizeof((a)[0]))
/* The compiler is not to know what it holds. */
#define OPTIMIZER_HIDE_VAR(var) __asm__("" : "=r"(var) : "0"(var))

#define __same_type(a, b) __builtin_types_compatible_p(typeof(a), typeof(b))

#define swap(a, b)                  \
	do {                        \
		typeof(a) t_ = (a); \
		(a) = (b);          \
		(b) = t_;           \
	} while (0)
#define clamp(v, lo, hi) ((v) < (lo) ? (lo) : (v) > (hi) ? (hi) : (v))

/* Division of a 64-bit number in place; the remainder is the value. */
#define do_div(n, base)                    \
	({                                 \
		u32 rest_ = (n) % (base);  \
		(n) /= (base);             \
		rest_;                     \
	})

/* Number of the highest set bit, counted from 1; 0 of 0. */
static inline int fls(unsigned int x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

/* cpus of the simulated machine */
unsigned int kmc_code_nr_cpus(void);
#define num_online_cpus() kmc_code_nr_cpus()

#ifndef KBUILD_MODNAME
#define KBUILD_MODNAME "module"
#endif
#ifndef pr_fmt
#define pr_fmt(fmt) fmt
#endif
#define pr_info(fmt, ...) printf(pr_fmt(fmt), ##__VA_ARGS__)
#define pr_warn           pr_info
#define pr_err            pr_info

/* A warning counts as a failure of the module. */
void kmc_code_warned(const char *what, const char *file, int line);
#define WARN_ON(condition)                                                \
	({                                                                \
		bool warned_ = (condition);                               \
		if (warned_)                                              \
			kmc_code_warned(#condition, __FILE__, __LINE__);  \
		warned_;                                                  \
	})

/* time and cycles, for reports only */
typedef s64 ktime_t;
ktime_t ktime_get(void);
unsigned long get_cycles(void);
static inline s64 ktime_us_delta(ktime_t later, ktime_t earlier)
{
	return (later - earlier) / 1000;
}

static inline void atomic_inc(atomic_t *v)
{
	__atomic_add_fetch(&v->counter, 1, __ATOMIC_SEQ_CST);
}

static inline bool atomic_dec_and_test(atomic_t *v)
{
	return !__atomic_sub_fetch(&v->counter, 1, __ATOMIC_SEQ_CST);
}

#define ATOMIC_INIT(i) { (i) }
