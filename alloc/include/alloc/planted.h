/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults that were put here on purpose. Who tests a judge needs an allocator that is
 * wrong in a known way: in builds with KMC_PLANTED_FAULTS one of them, chosen when the
 * program runs, is live; in all others the condition is the constant 0. Included by
 * machine/core.h and by public headers that compute something themselves.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A fault and what the allocator does then. */
struct kmc_planted_fault {
	const char *name, *summary;
};

#ifdef KMC_PLANTED_FAULTS
enum kmc_planted {
	KMC_PLANTED_none,
#define KMC_PLANTED_FAULT(name, summary) KMC_PLANTED_##name,
#include "alloc/planted.def"
#undef KMC_PLANTED_FAULT
};
extern enum kmc_planted kmc_planted_chosen;
#define KMC_PLANTED(name) (__builtin_expect(kmc_planted_chosen == KMC_PLANTED_##name, 0) && \
			   kmc_planted_reached())
/* Counts; true. */
bool kmc_planted_reached(void);

/* What a faulty allocator tells of: a wait, a warning. */
void kmc_planted_sleep(void);
void kmc_planted_warn(void);
#else
#define KMC_PLANTED(name) 0
static inline void kmc_planted_sleep(void)
{
}
static inline void kmc_planted_warn(void)
{
}
#endif

/** kmc_planted_at() - The i-th fault of this build; NULL past the end, and in builds without. */
const struct kmc_planted_fault *kmc_planted_at(size_t index);
/**
 * kmc_planted_choose() - From now on, until another is chosen (NULL: none). The environment's
 * KMC_PLANTED chooses before main(). Context: before the first machine boots.
 * Return: false: there is none of that name.
 */
bool kmc_planted_choose(const char *name);
/** kmc_planted_hits() - How often the chosen fault's condition was met since the program began. */
uint64_t kmc_planted_hits(void);
