/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory of which each cpu of the machine has its own copy. A percpu pointer
 * here is the address of cpu 0's copy; only per_cpu_ptr() may rely on that.
 */
#pragma once
#include <linux/gfp.h>
#include <linux/types.h>

#define PCPU_MIN_ALLOC_SIZE 4
#define PCPU_MIN_UNIT_SIZE  (32ul << 10)

/**
 * __alloc_percpu_gfp() - A zeroed area for each possible cpu.
 * @size:  1 byte to PCPU_MIN_UNIT_SIZE.
 * @align: a power of two, a page at most.
 *
 * Context: any; without what makes a request sleep only memory that is there already is
 * used. Return: the percpu pointer or NULL. Rule: PCU-1..4.
 */
void *__alloc_percpu_gfp(size_t size, size_t align, gfp_t gfp);
static inline void *__alloc_percpu(size_t size, size_t align)
{
	return __alloc_percpu_gfp(size, align, GFP_KERNEL);
}
#define alloc_percpu_gfp(type, gfp)                                                       \
	((type __percpu *)__alloc_percpu_gfp(sizeof(type), __alignof__(type), gfp))
#define alloc_percpu(type)                                                                \
	((type __percpu *)__alloc_percpu(sizeof(type), __alignof__(type)))

/** free_percpu() - NULL is a no-op. Context: any. Rule: FR-7. */
void free_percpu(void *pdata);

void *kmc_per_cpu_ptr(void *ptr, unsigned int cpu);
unsigned int kmc_smp_processor_id(void);
#define per_cpu_ptr(ptr, cpu) ((__typeof__(ptr))kmc_per_cpu_ptr((void *)(ptr), (cpu)))
#define this_cpu_ptr(ptr)     per_cpu_ptr(ptr, kmc_smp_processor_id())
