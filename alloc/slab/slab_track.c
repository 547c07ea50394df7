/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SLAB_STORE_USER: who allocated and who freed an object last, and for kmalloc
 * how much was asked for. The records lie behind the object, 32 bytes each.
 */
#include "slab_debug.h"
#include <string.h>

extern const char __executable_start[] __attribute__((weak));

_Static_assert(sizeof(struct kmc_slab_track) == 32, "R5: two tracks of 32 bytes");

/* Between a slow path's entry and the object that it gets nothing else is allocated. */
static __thread const void *site_now;

void kmc_track_site(const void *call_site)
{
	site_now = call_site;
}

static size_t records_start(const struct kmem_cache *s)
{
	return s->offset >= s->layout.inuse ? s->offset + sizeof(void *) : s->layout.inuse;
}

size_t kmc_track_end(const struct kmem_cache *s)
{
	size_t end = records_start(s);

	if (s->flags & SLAB_STORE_USER) {
		end += 2 * sizeof(struct kmc_slab_track);
		if (s->flags & SLAB_KMALLOC)
			end += sizeof(unsigned int);
	}
	return end;
}

static void *record_at(const struct kmem_cache *s, const void *object, enum kmc_track which)
{
	return (char *)object + records_start(s) + which * sizeof(struct kmc_slab_track);
}

/* Rule: DBG-3. Model: exact in what is kept; a place in the code instead of a stack. */
void kmc_track_set(struct kmc_cpu *cpu, const struct kmem_cache *s, void *object,
		   enum kmc_track which)
{
	struct kmc_slab_track track = {
		.site = cpu->call_site,
		.time_ns = kmc_sim_clock_ns(cpu->sim),
		.cpu = cpu->id,
		.task = cpu->task->id,
		.known = 1,
	};

	if (!(s->flags & SLAB_STORE_USER))
		return;
	if (!track.site && site_now)
		track.site = (uint64_t)((const char *)site_now - __executable_start);
	kmc_raw_copy(record_at(s, object, which), &track, sizeof(track));
}

void kmc_track_clear(const struct kmem_cache *s, void *object)
{
	if (s->flags & SLAB_STORE_USER)
		kmc_raw_fill(record_at(s, object, KMC_TRACK_ALLOC), 0,
			     kmc_track_end(s) - records_start(s));
}

bool kmc_track_get(const struct kmem_cache *s, const void *object, enum kmc_track which,
		   struct kmc_slab_track *track)
{
	if (!(s->flags & SLAB_STORE_USER))
		return false;
	kmc_raw_copy(track, record_at(s, object, which), sizeof(*track));
	return track->known;
}
