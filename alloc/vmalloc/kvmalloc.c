/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kvmalloc: kmalloc, lightly tried, and vmalloc if that fails.
 *
 * Contract: KV-1 to KV-12, REA-11 to REA-13, REA-20, R9. Looked at: 6.18.44.
 */
#include <limits.h>
#include <string.h>
#include "linux/slab.h"
#include "slub_core.h"
#include "vmalloc_core.h"

/* Rule: KV-3, KV-7. Model: exact. */
static gfp_t kmalloc_gfp_adjust(const struct kmc_sim *sim, gfp_t flags, size_t size)
{
	if (size <= PAGE_SIZE)
		return flags;
	if (!KMC_PLANTED(kvmalloc_noisy))
		flags |= __GFP_NOWARN;
	if (!(flags & __GFP_RETRY_MAYFAIL) && !KMC_PLANTED(kvmalloc_heavy)) {
		if (sim->config.profile >= KMC_PROFILE_6_18_44)
			flags &= ~__GFP_DIRECT_RECLAIM;
		else
			flags |= __GFP_NORETRY;
	}
	return KMC_PLANTED(kvmalloc_tries_nofail) ? flags : flags & ~__GFP_NOFAIL;
}

/* Rule: KV-4, KV-6. Model: exact. */
static void *fall_back(struct kmc_cpu *cpu, size_t size, unsigned long align, gfp_t flags, int node)
{
	struct vm_request rq = { .size = size, .align = align, .gfp = flags,
				 .node = KMC_PLANTED(vmalloc_node_ignored) ? NUMA_NO_NODE : node,
				 .huge = true };

	if (KMC_PLANTED(kvmalloc_no_fallback))
		return NULL;
	if (!gfpflags_allow_blocking(flags) && !KMC_PLANTED(kvmalloc_atomic_falls_back))
		return NULL;
	if (size > INT_MAX) {
		if (!(flags & __GFP_NOWARN) || KMC_PLANTED(kvmalloc_int_max_warns))
			vm_warn_once(cpu, VM_WARN_KV_INT_MAX, "kvmalloc of more than INT_MAX");
		return NULL;
	}
	return __vmalloc_node_range(cpu, &rq);
}

/* Rule: KV-1, KV-2, KV-12. Model: exact: only vmalloc looks at the alignment. */
void *kmc_kvmalloc(struct kmem_cache **buckets, size_t size, unsigned long align, gfp_t flags,
		   int node, const void *call_site)
{
	struct kmc_cpu *cpu = vm_enter();
	void *block = kmc_kmalloc(buckets, size, kmalloc_gfp_adjust(cpu->sim, flags, size), node,
				  call_site);

	if (block || (size <= PAGE_SIZE && !KMC_PLANTED(kvmalloc_small_falls_back)))
		return block;
	return fall_back(cpu, size, align, flags, node);
}

void *kvmalloc_node_align(size_t size, unsigned long align, gfp_t flags, int node)
{
	return kmc_kvmalloc(NULL, size, align, flags, node, __builtin_return_address(0));
}

/* Rule: KV-11. Model: exact in its routing. */
void kvfree(const void *addr)
{
	if (unlikely(is_vmalloc_addr(addr)) && !KMC_PLANTED(kvfree_as_kfree))
		vfree(addr);
	else
		kfree(addr);
}

/* 7.1 has it first. Rule: KV-11. Model: exact in its routing. */
void kvfree_atomic(const void *addr)
{
	if (is_vmalloc_addr(addr))
		vfree_atomic(addr);
	else
		kfree(addr);
}

/* Rule: FR-13. Model: exact. */
void kvfree_sensitive(const void *addr, size_t len)
{
	if (ZERO_OR_NULL_PTR(addr))
		return;
	if (!KMC_PLANTED(kvfree_sensitive_dirty))
		explicit_bzero((void *)addr, len);
	kvfree(addr);
}

/* Rule: DUP-7. Model: exact. */
void *kvmemdup(const void *src, size_t len, gfp_t gfp)
{
	void *copy = kvmalloc(len, gfp);

	if (copy && len)
		memcpy(copy, src, len);
	return copy;
}

/* Rule: REA-12, REA-13, REA-20. Model: exact (6.12.117 and 6.18.44). */
void *kvrealloc_node_align(const void *p, size_t size, unsigned long align, gfp_t flags, int nid)
{
	struct kmc_cpu *cpu = vm_enter();
	size_t old;
	void *moved;

	if (vm_inside(cpu->sim, p) && KMC_PLANTED(kvrealloc_becomes_kmalloc)) {
		vfree(p);
		return kmalloc(size, flags);
	}
	if (vm_inside(cpu->sim, p))
		return vrealloc_node_align(p, size, align, flags, nid);
	old = ksize(p);
	moved = krealloc_node_align(p, size, align, kmalloc_gfp_adjust(cpu->sim, flags, size), nid);
	if (moved)
		return moved;
	moved = kvmalloc_node_align(size, align, flags, nid);
	if (moved && !ZERO_OR_NULL_PTR(p)) {
		kmc_unpoison(p, old);
		kmc_unpoison(moved, size);
		memcpy(moved, p, size < old ? size : old);
		kfree(p);
	}
	return moved;
}

/* Rule: REA-11. Model: exact (5.15 to 6.11). */
void *kvrealloc_from(const void *p, size_t oldsize, size_t newsize, gfp_t flags)
{
	void *moved;

	if (oldsize >= newsize && !KMC_PLANTED(kvrealloc_from_shrinks))
		return (void *)p;
	if (oldsize > newsize)
		oldsize = newsize;
	moved = kvmalloc(newsize, flags);
	if (!moved)
		return NULL;
	if (oldsize) /* of NULL nothing is copied */
		memcpy(moved, p, oldsize >> KMC_PLANTED(kvrealloc_from_half));
	kvfree(p);
	return moved;
}
