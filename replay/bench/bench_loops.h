/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How a loop calls a contestant: bench_get() and bench_put() take `kernel` as
 * a constant, BENCH_BOTH() compiles the loop for either value. Included by the
 * files with object loops.
 */
#pragma once
#include "bench.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

#define BENCH_BOTH(loop_fn, c, ...)                                \
	((c)->face.kmalloc ? loop_fn(&(c)->face, true, __VA_ARGS__) : \
			     loop_fn(&(c)->face, false, __VA_ARGS__))

static ALWAYS_INLINE void *bench_get(const struct bench_face *face, bool kernel, size_t size)
{
	return kernel ? face->kmalloc(size, face->gfp) : face->malloc(size);
}

static ALWAYS_INLINE void bench_put(const struct bench_face *face, bool kernel, void *ptr)
{
	if (kernel)
		face->kfree(ptr);
	else
		face->free(ptr);
}
