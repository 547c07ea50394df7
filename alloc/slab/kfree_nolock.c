/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kfree_nolock(): a free that takes no lock. What has no place in the cpu's own
 * sheaf is chained through its free pointer's word and freed when the cpu can
 * take locks: at a flush, a destroy, or when deferred work runs.
 */
#include "slub_core.h"
#include <string.h>

static uint64_t link_of(struct kmc_sim *sim, const void *object)
{
	return kmc_sim_address(sim, object);
}

/* The word lies in memory that is no longer the program's, but may be damaged by it. */
KMC_NO_ASAN static uint64_t word_read(const struct kmem_cache *s, const void *object)
{
	return *(const uint64_t *)((const char *)object + s->offset);
}

KMC_NO_ASAN static void word_write(const struct kmem_cache *s, void *object, uint64_t link)
{
	*(uint64_t *)((char *)object + s->offset) = link;
}

static void put_off(struct kmc_cpu *cpu, const struct kmem_cache *s, void *object)
{
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);

	kmc_touch(cpu->sim, &sc->deferred, sizeof(sc->deferred));
	word_write(s, object, sc->deferred);
	sc->deferred = link_of(cpu->sim, object);
}

static bool has_room(struct kmc_cpu *cpu, const struct kmem_cache *s, const void *object)
{
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);
	struct kmc_pcs *pcs = kmc_pcs_at(sc, s);

	return pcs->top != pcs->end && (kmc_tag_of(kmc_page_of(sc, object)) ^ sc->node_tag) == s->slot;
}

/*
 * Rule: FR-16, FR-22, TRC-8. Model: simplified (6.18: deferred when the cpu's sheaf has no
 * place, where the kernel asks for the cpu's slab; a large block is exact: warned once, leaked).
 */
void kfree_nolock(const void *object)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);
	struct page *page;
	struct kmem_cache *s;

	if (ZERO_OR_NULL_PTR(object))
		return;
	page = kmc_in_frames(sc, object) ? kmc_page_of(sc, object) : NULL;
	if (!page || page->kind != FRAME_SLAB) {
		kmc_slab_warn_once(cpu, WARN_NOLOCK_OF_LARGE, "kfree_nolock of no slab object",
				   object);
		return;
	}
	s = page->slab.cache;
	if (has_room(cpu, s, object))
		kmc_object_free(cpu, s, (void *)object);
	else
		put_off(cpu, s, (void *)object);
}

void kmc_slab_run_deferred(struct kmc_cpu *cpu)
{
	struct kmc_slab_cpu *sc = kmc_slab_cpu_of(cpu);
	uint64_t link = sc->deferred;

	if (likely(!link))
		return;
	kmc_touch(cpu->sim, &sc->deferred, sizeof(sc->deferred));
	sc->deferred = 0;
	while (link) {
		void *object = kmc_sim_pointer(cpu->sim, link);
		struct page *page = kmc_in_frames(sc, object) ? kmc_page_of(sc, object) : NULL;

		if (!page || page->kind != FRAME_SLAB) {
			kmc_slab_warn(cpu, "Deferred free of a damaged object", object);
			break;
		}
		link = word_read(page->slab.cache, object);
		/* The word was ours: the checks of a debugged cache would take it for damage. */
		kmc_slab_end_chain(cpu->sim, page->slab.cache, object);
		kmc_object_free(cpu, page->slab.cache, object);
	}
}
