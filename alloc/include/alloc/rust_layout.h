/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the kernel's Rust allocators make of a layout, and the one call that
 * they come down to. Included by whoever plays a Rust program.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "alloc/sim.h"
#include "linux/gfp.h"

enum kmc_rust_backend {
	KMC_RUST_KMALLOC,
	KMC_RUST_VMALLOC,  /* 6.12 and later */
	KMC_RUST_KVMALLOC, /* 6.12 and later */
};

struct kmc_rust_layout {
	size_t size, align; /* bytes; align a power of two */
};

/**
 * kmc_rust_aligned_size() - Bytes that Kmalloc asks of C for a layout.
 * @bytes: a multiple of the alignment; before 6.11 a power of two where the
 *         alignment exceeds the slab minimum.
 * Return: false: no layout (RS-3). Rule: RS-1, RS-2.
 */
bool kmc_rust_aligned_size(enum kmc_profile profile, struct kmc_rust_layout layout,
			   size_t *bytes);

/**
 * kmc_rust_realloc() - The allocators' one function: allocate (@p NULL), resize, free (no size).
 * @old: what @p was allocated with; of no size: there is nothing behind @p.
 * @result: the block, or for no size the alignment as an address: nothing to be freed.
 *
 * Return: 0; -ENOMEM, with the old block as it was; -EINVAL: no layout; -ENOSYS:
 * the profile has no such backend. Rule: RS-4 .. RS-8.
 */
int kmc_rust_realloc(enum kmc_rust_backend backend, void *p, struct kmc_rust_layout old,
		     struct kmc_rust_layout layout, gfp_t flags, void **result);
