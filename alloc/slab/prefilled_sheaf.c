/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sheaves that a caller fills while it may wait and empties where it may not:
 * so many objects are its own before it begins. Each is a block of kmalloc with
 * room for what was asked, the cache's capacity at least; what is in it counts
 * as in use.
 *
 * Contract: KC-36, KM-25, TRC-10. 6.18 on; looked at: 6.18.35.
 */
#include <errno.h>
#include "slub_core.h"
#include "memcg.h"

struct slab_sheaf {
	unsigned int size, capacity;
	void *objects[];
};

static unsigned int capacity_for(const struct kmem_cache *s, unsigned int size)
{
	return size > s->layout.sheaf_capacity ? size : s->layout.sheaf_capacity;
}

/* As many as are missing, or none. */
static bool sheaf_fill(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp,
		       struct slab_sheaf *sheaf, unsigned int size)
{
	unsigned int had = sheaf->size;

	sheaf->size += (unsigned int)kmc_objects_take(cpu, s, gfp, size - had,
						      sheaf->objects + had);
	if (sheaf->size == size)
		return true;
	while (sheaf->size > had)
		kmc_object_free(cpu, s, sheaf->objects[--sheaf->size]);
	return false;
}

/*
 * Rule: KC-36. Model: simplified: always a private block, where a kernel hands
 * out a cpu's spare or the barn's sheaf when the cache's capacity suffices.
 */
struct slab_sheaf *kmem_cache_prefill_sheaf(struct kmem_cache *s, gfp_t gfp, unsigned int size)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	unsigned int capacity = capacity_for(s, size);
	struct slab_sheaf *sheaf;

	kmc_attention(cpu);
	sheaf = kzalloc(struct_size(sheaf, objects, capacity), gfp);
	if (!sheaf)
		return NULL;
	sheaf->capacity = capacity;
	if (sheaf_fill(cpu, s, gfp, sheaf, size))
		return sheaf;
	kfree(sheaf);
	return NULL;
}

/* Rule: KC-36: a failure leaves the sheaf as it was. Model: exact in result. */
int kmem_cache_refill_sheaf(struct kmem_cache *s, gfp_t gfp, struct slab_sheaf **sheafp,
			    unsigned int size)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct slab_sheaf *larger;

	if (!sheafp || !*sheafp)
		return -EINVAL;
	if ((*sheafp)->size >= size)
		return 0;
	kmc_attention(cpu);
	if ((*sheafp)->capacity >= size)
		return sheaf_fill(cpu, s, gfp, *sheafp, size) ? 0 : -ENOMEM;
	larger = kmem_cache_prefill_sheaf(s, gfp, size);
	if (!larger)
		return -ENOMEM;
	kmem_cache_return_sheaf(s, gfp, *sheafp);
	*sheafp = larger;
	return 0;
}

/* An object that was promised is not refused for its charge. */
static void charge(struct kmc_cpu *cpu, struct kmem_cache *s, gfp_t gfp, void *object)
{
	struct kmc_object_charge charge;

	if (likely(!kmc_memcg_wants(cpu->sim, s, gfp)))
		return;
	if (kmc_memcg_objects_before(cpu, s, NULL, gfp, 1, &charge))
		kmc_memcg_objects_after(cpu, s, NULL, gfp, 1, &object, &charge);
}

/* Rule: KC-36, KM-25. Model: exact in result: no fallback when it is empty. */
void *kmem_cache_alloc_from_sheaf(struct kmem_cache *s, gfp_t gfp, struct slab_sheaf *sheaf)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	void *object = NULL;

	kmc_attention(cpu);
	if (sheaf->size > (KMC_PLANTED(sheaf_promise) ? 1u : 0u)) {
		object = sheaf->objects[--sheaf->size];
		kmc_object_finish(cpu, s, gfp, object, s->object_size);
		charge(cpu, s, gfp | __GFP_NOFAIL, object);
	}
	if (!object && KMC_PLANTED(sheaf_refills))
		object = kmem_cache_alloc(s, gfp);
	if (kmc_slab_traced(cpu))
		kmc_emit_cache_alloc(cpu, s, object, gfp, NUMA_NO_NODE,
				     __builtin_return_address(0));
	return object;
}

/* Model: simplified: what is left goes back as freed objects do, no sheaf enters the barn. */
void kmem_cache_return_sheaf(struct kmem_cache *s, gfp_t gfp, struct slab_sheaf *sheaf)
{
	struct kmc_cpu *cpu = kmc_this_cpu;

	(void)gfp;
	kmc_attention(cpu);
	while (sheaf->size > 0)
		kmc_object_free(cpu, s, sheaf->objects[--sheaf->size]);
	kfree(sheaf);
}

unsigned int kmem_cache_sheaf_size(struct slab_sheaf *sheaf)
{
	return sheaf->size;
}
