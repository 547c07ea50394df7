// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The kernel's slab caches, one struct kmc_cache_item each, through the
 * kmem_cache iterator. An object of its own, because some kernels (6.1,
 * 6.12.0) have no such iterator and must still record.
 */
#include "cache_item.bpf.h"

char LICENSE[] SEC("license") = "GPL";

SEC("iter/kmem_cache")
int list_caches(struct bpf_iter__kmem_cache *ctx)
{
	struct seq_file *seq = ctx->meta->seq;
	struct kmem_cache *s = ctx->s;
	struct kmc_cache_item item = {};

	if (!s)
		return 0;
	describe_cache(&item, s);
	bpf_seq_write(seq, &item, sizeof(item));
	return 0;
}
