/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Copies of user memory. They fail with an error pointer, never with NULL, and
 * come from caches of their own where the kernel has such.
 *
 * Contract: DUP-8, ALIGN-15. Looked at: 6.1.192, 6.12, 6.18.
 */
#include <errno.h>
#include "slub_core.h"
#include "linux/err.h"
#include "linux/uaccess.h"

static struct kmem_cache **user_buckets(struct kmc_cpu *cpu)
{
	struct kmc_slab_state *st = cpu->sim->slab;

	return st->bucket_sets ? st->user_buckets : NULL;
}

static void *take_copy(void *p, const void __user *src, size_t len)
{
	if (raw_copy_from_user(p, src, len) == 0)
		return p;
	kvfree(p);
	return KMC_PLANTED(memdup_user_null) ? NULL : ERR_PTR(-EFAULT);
}

static void *memdup_from(const void __user *src, size_t len, const void *call_site)
{
	void *p = kmc_kmalloc(user_buckets(kmc_this_cpu), len, GFP_USER | __GFP_NOWARN,
			      NUMA_NO_NODE, call_site);

	if (!p && KMC_PLANTED(memdup_user_nomem_null))
		return NULL;
	return p ? take_copy(p, src, len) : ERR_PTR(-ENOMEM);
}

/* Rule: DUP-8. Model: exact. */
void *memdup_user(const void __user *src, size_t len)
{
	return memdup_from(src, len, __builtin_return_address(0));
}

/* Rule: DUP-8. Model: exact. */
void *vmemdup_user(const void __user *src, size_t len)
{
	void *p = kmc_kvmalloc(user_buckets(kmc_this_cpu), len, 1, GFP_USER, NUMA_NO_NODE,
			       __builtin_return_address(0));

	return p ? take_copy(p, src, len) : ERR_PTR(-ENOMEM);
}

/* Rule: DUP-8. Model: exact: up to 6.12 plain kmalloc, with a report of failure. */
void *memdup_user_nul(const void __user *src, size_t len)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	bool buckets = cpu->sim->config.profile >= KMC_PROFILE_6_18_44;
	char *p = kmc_kmalloc(buckets ? user_buckets(cpu) : NULL, len + 1,
			      buckets ? GFP_USER | __GFP_NOWARN : GFP_KERNEL, NUMA_NO_NODE,
			      __builtin_return_address(0));

	if (!p)
		return ERR_PTR(-ENOMEM);
	p = take_copy(p, src, len);
	if (!IS_ERR(p))
		p[len] = '\0';
	return p;
}

/* Rule: DUP-8. Model: exact. */
char *strndup_user(const char __user *s, long n)
{
	long length = strnlen_user(s, n);
	char *p;

	if (!length)
		return ERR_PTR(-EFAULT);
	if (length > n)
		return ERR_PTR(-EINVAL);
	p = memdup_from(s, (size_t)length, __builtin_return_address(0));
	if (!IS_ERR(p))
		p[length - 1] = '\0';
	return p;
}
