// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The yardstick of `kmconform bench-record`: programs on the six base probes
 * that do nothing. What they cost is the price of being called at all.
 */
#include "kernel_types.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define EMPTY(name)                                                     \
	SEC("raw_tp/" #name)                                            \
	int empty_##name(__attribute__((unused)) struct bpf_raw_tracepoint_args *ctx) \
	{                                                               \
		return 0;                                               \
	}

EMPTY(kmalloc)
EMPTY(kfree)
EMPTY(kmem_cache_alloc)
EMPTY(kmem_cache_free)
EMPTY(mm_page_alloc)
EMPTY(mm_page_free)
