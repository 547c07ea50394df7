/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The faults that `alloc` carries in a build for it: what they are, and which one is
 * live. Included by who runs programs against a faulty allocator.
 */
#ifndef EXEC_PLANTED_FAULTS_H
#define EXEC_PLANTED_FAULTS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** kmc_exec_planted_name() - Of the i-th fault; NULL past the end, and in builds without. */
const char *kmc_exec_planted_name(size_t index);
/** kmc_exec_planted_summary() - What the allocator does then. */
const char *kmc_exec_planted_summary(size_t index);
/**
 * kmc_exec_planted_choose() - Make one live; NULL none.
 * Context: before a target is opened; those there are were booted with the fault before.
 * Return: false: there is none of that name.
 */
bool kmc_exec_planted_choose(const char *name);
/** kmc_exec_planted_hits() - How often the chosen one was met since the program began. */
uint64_t kmc_exec_planted_hits(void);

#endif
