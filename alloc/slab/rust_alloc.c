/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's Rust allocators over the C functions: Kmalloc, Vmalloc, KVmalloc.
 *
 * Contract: RS-1 to RS-8. Looked at: the contract's account of 6.6, 6.12, 6.18.
 */
#include <errno.h>
#include "slub_core.h"
#include "alloc/rust_layout.h"
#include "linux/vmalloc.h"

static size_t power_of_two_above(size_t size)
{
	size_t power = 1;

	while (power < size)
		power *= 2;
	return power;
}

/* Rule: RS-1 .. RS-3. Model: exact. */
bool kmc_rust_aligned_size(enum kmc_profile profile, struct kmc_rust_layout layout, size_t *bytes)
{
	size_t align = layout.align, limit = (size_t)PTRDIFF_MAX;

	if (!align || (align & (align - 1)) || layout.size > limit - (align - 1))
		return false;
	*bytes = KMC_PLANTED(rust_unpadded) ? layout.size :
					      (layout.size + align - 1) & ~(align - 1);
	if ((profile < KMC_PROFILE_6_12_117) != KMC_PLANTED(rust_power_of_two) && align > ARCH_SLAB_MINALIGN)
		*bytes = power_of_two_above(*bytes);
	return true;
}

/* Bytes that are asked of C: pages need no padding. */
static bool size_for(enum kmc_rust_backend backend, struct kmc_rust_layout layout, size_t *bytes)
{
	if (!kmc_rust_aligned_size(kmc_this_cpu->sim->config.profile, layout, bytes))
		return false;
	if (backend == KMC_RUST_VMALLOC)
		*bytes = layout.size;
	return true;
}

/* Without an alignment argument: what it would have asked for must hold by itself. */
static void *plain_call(enum kmc_rust_backend backend, void *p, size_t size, gfp_t flags)
{
	switch (backend) {
	case KMC_RUST_VMALLOC: return vrealloc(p, size, flags);
	case KMC_RUST_KVMALLOC: return kvrealloc(p, size, flags);
	default: return krealloc(p, size, flags);
	}
}

static void *aligned_call(enum kmc_rust_backend backend, void *p, size_t size, size_t align,
			  gfp_t flags)
{
	switch (backend) {
	case KMC_RUST_VMALLOC:
		return vrealloc_node_align(p, size, align, flags, NUMA_NO_NODE);
	case KMC_RUST_KVMALLOC:
		return kvrealloc_node_align(p, size, align, flags, NUMA_NO_NODE);
	default:
		return krealloc_node_align(p, size, align, flags, NUMA_NO_NODE);
	}
}

/* Rule: RS-4 .. RS-8. Model: exact. */
int kmc_rust_realloc(enum kmc_rust_backend backend, void *p, struct kmc_rust_layout old,
		     struct kmc_rust_layout layout, gfp_t flags, void **result)
{
	enum kmc_profile profile = kmc_this_cpu->sim->config.profile;
	size_t bytes;
	void *block;

	if (backend != KMC_RUST_KMALLOC && profile < KMC_PROFILE_6_12_117)
		return -ENOSYS;
	if (!size_for(backend, layout, &bytes))
		return -EINVAL;
	if (old.size == 0 && !KMC_PLANTED(rust_old_empty))
		p = NULL;
	if (layout.size == 0 && KMC_PLANTED(rust_empty_allocates)) {
		*result = kmalloc(8, flags);
		return *result ? 0 : -ENOMEM;
	}
	if (layout.size == 0) {
		if (p)
			plain_call(backend, p, 0, flags);
		*result = (void *)layout.align;
		return 0;
	}
	if (profile >= KMC_PROFILE_6_18_44)
		block = KMC_PLANTED(rust_align_lost) ?
				plain_call(backend, p, bytes, flags) :
				aligned_call(backend, p, bytes, layout.align, flags);
	else if (backend != KMC_RUST_KMALLOC && layout.align > PAGE_SIZE &&
		 !KMC_PLANTED(rust_page_align))
		block = NULL; /* RS-6: refused, with a message */
	else
		block = plain_call(backend, p, bytes, flags);
	if (!block)
		return -ENOMEM;
	*result = block;
	return 0;
}
