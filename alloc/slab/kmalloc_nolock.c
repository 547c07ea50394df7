/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmalloc for who may not wait for anything, not even a lock. A cache whose
 * lock somebody holds is passed over once, for the next larger class; no event
 * tells of what was given or taken back.
 *
 * Contract: KM-21, KM-24, TRC-8. 6.18 on; looked at: 6.18.35.
 */
#include "slub_core.h"
#include "memcg.h"

/* A real-time kernel's locks sleep. Rule: KM-25 (`ctx`). */
static bool context_forbids(const struct kmc_cpu *cpu)
{
	return (cpu->sim->config.options & KMC_OPT_PREEMPT_RT) && cpu->context != KMC_IN_TASK;
}

static void *alloc_at_hand(struct kmc_cpu *cpu, struct kmem_cache *s, int node, bool *busy)
{
	bool here = node < 0 || (unsigned int)node >= cpu->sim->config.nr_nodes ||
		    (unsigned int)node == cpu->node;
	void *object = here ? kmc_sheaf_try_alloc(cpu, s) : NULL;

	if (!object)
		object = kmc_slab_try_take(cpu->sim, s, here ? cpu->node : (unsigned int)node,
					   busy);
	if (!object && !*busy)
		object = kmc_slab_try_grow(cpu, s, here ? NUMA_NO_NODE : node, busy);
	return object;
}

/* The charge may neither wait nor reclaim. */
static void *charged(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp, void *object)
{
	struct kmc_object_charge charge;

	if (likely(!kmc_memcg_wants(cpu->sim, s, gfp)))
		return object;
	if (kmc_memcg_objects_before(cpu, s, NULL, gfp, 1, &charge) &&
	    kmc_memcg_objects_after(cpu, s, NULL, gfp, 1, &object, &charge))
		return object;
	kmc_object_free(cpu, s, object);
	return NULL;
}

/*
 * Rule: KM-21. Model: exact in result; what keeps a cache busy here is its
 * node's lock, on a kernel also the cpu's own slab in the middle of a change.
 */
void *kmalloc_nolock(size_t size, gfp_t gfp_flags, int node)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	const void *call_site = __builtin_return_address(0);
	size_t class_size = size;

	if (size == 0)
		return KMC_PLANTED(nolock_zero_null) ? NULL : ZERO_SIZE_PTR;
	if (KMC_PLANTED(nolock_sleeps))
		kmc_planted_sleep();
	if (size > KMALLOC_MAX_CACHE_SIZE && KMC_PLANTED(nolock_large))
		return kmc_kmalloc(NULL, size, __GFP_NOWARN, node, call_site);
	if (context_forbids(cpu))
		return NULL;
	for (unsigned int try = 0; try < 2 && class_size <= KMALLOC_MAX_CACHE_SIZE; try++) {
		struct kmem_cache *s = kmc_kmalloc_cache(cpu, class_size, gfp_flags, call_site);
		bool busy = false;
		void *object = alloc_at_hand(cpu, s, node, &busy);

		if (object)
			kmc_object_finish(cpu, s, gfp_flags, object, size);
		if (object || !busy)
			return object ? charged(cpu, s, gfp_flags, object) : NULL;
		class_size = s->object_size + 1;
	}
	return NULL;
}
