/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The inside of the slab layer as far as the kernel's own test of it looks:
 * where a free object keeps its pointer, and the check of a whole cache. Found
 * from lib/ as "../mm/slab.h".
 */
#pragma once
#include "slub_core.h"
#include "alloc/slab_report.h"

static inline long validate_slab_cache(struct kmem_cache *s)
{
	return kmc_sim_slab_validate(s);
}

/* Such a kernel has no KASAN that could be in the way. */
static inline void kasan_disable_current(void)
{
}

static inline void kasan_enable_current(void)
{
}
