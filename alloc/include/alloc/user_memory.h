/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of the machine that is not the kernel's own memory: where user
 * accesses fault, and the kernel image's read-only data. Included by whoever
 * drives a machine.
 */
#pragma once
#include <stddef.h>
#include "alloc/sim.h"

/** kmc_sim_user_fault() - From now on user accesses fault at @addr and stop there; NULL: nowhere. */
void kmc_sim_user_fault(struct kmc_sim *sim, const void *addr);

/* Where the read-only data of the kernel image is, for observers. */
#define KMC_RODATA_BASE  0xffffffff82000000ull
#define KMC_RODATA_BYTES 4096u
/**
 * kmc_sim_rodata_string() - A string of @len characters in read-only data.
 * Return: NULL when there is none so long (KMC_RODATA_BYTES - 1 at most).
 */
const char *kmc_sim_rodata_string(struct kmc_sim *sim, size_t len);
/** kmc_sim_is_rodata() - Does @ptr lie in the machine's read-only data? */
bool kmc_sim_is_rodata(struct kmc_sim *sim, const void *ptr);
