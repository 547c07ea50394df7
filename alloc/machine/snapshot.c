/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reset, snapshot and restore. A snapshot is the arena pages that differ from
 * boot and the contents of the frames in use; free frames have no contents
 * worth keeping. Frames of zeros, which are many when programs only allocate,
 * are kept as a number.
 *
 * Nobody may be inside the machine meanwhile: the caller sees to it.
 *
 * In ASan builds the poison of the frames belongs to their contents.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "machine.h"

#ifdef KMC_ASAN
void __asan_get_shadow_mapping(size_t *scale, size_t *offset);
#define SHADOW_BYTES (PAGE_SIZE >> 3)

static uint8_t *shadow_of(const void *frame)
{
	size_t scale, offset;

	__asan_get_shadow_mapping(&scale, &offset);
	return (uint8_t *)(((uintptr_t)frame >> scale) + offset);
}
#endif

bool kmc_page_all_zero(const void *page)
{
	return kmc_raw_other(page, 0, PAGE_SIZE) == PAGE_SIZE;
}

/*
 * Frames in use. A descriptor that was ever written lies on a dirty arena page; of
 * a plain block only the head's was.
 */
typedef void (*frame_fn)(struct kmc_sim *sim, uint64_t pfn, void *arg);

/*
 * Memory that pressure, a balloon or a population has: its contents are not worth keeping, and
 * in ASan builds it is poisoned as free memory is.
 */
static bool is_held(const struct kmc_sim *sim, const struct page *page)
{
	if (page->kind == FRAME_TAIL)
		page = sim->pages + page->link.next;
	return page->flags & PGF_HELD;
}

static void each_frame_of(struct kmc_sim *sim, const struct page *page, frame_fn fn, void *arg)
{
	uint64_t pfn = page_to_pfn_in(sim, page);
	bool plain = page->kind == FRAME_USED && !(page->flags & PGF_COMPOUND);
	uint64_t nr = plain ? 1ull << page->order : 1;

	if (page->kind < FRAME_USED || is_held(sim, page))
		return;
	for (uint64_t i = 0; i < nr; i++)
		fn(sim, pfn + i, arg);
}

/* Descriptors lie in dirty eighths of arena pages, or are as at boot: free. */
#define PAGES_IN_EIGHTH (KMC_DIRTY_BYTES / sizeof(struct page))
_Static_assert(KMC_DIRTY_BYTES % sizeof(struct page) == 0, "no descriptor crosses an eighth");

void kmc_each_frame_in_use(struct kmc_sim *sim, frame_fn fn, void *arg)
{
	const struct kmc_dirty *list = sim->dirty_list;
	size_t start = (size_t)((uint8_t *)sim->pages - sim->arena);
	size_t end = start + sim->max_pfn * sizeof(struct page);

	for (size_t i = 0; i < list->nr; i++) {
		size_t offset = (size_t)list->pages[i] << PAGE_SHIFT;
		const struct page *page = (const struct page *)(sim->arena + offset);
		unsigned int mask = sim->dirty[list->pages[i]];

		if (offset < start || offset >= end)
			continue;
		for (; mask; mask >>= 1, page += PAGES_IN_EIGHTH)
			for (size_t j = 0; mask & 1 && j < PAGES_IN_EIGHTH; j++)
				each_frame_of(sim, page + j, fn, arg);
	}
}

static void frame_count(struct kmc_sim *sim, uint64_t pfn, void *arg)
{
	struct kmc_snapshot *s = arg;

	(void)sim, (void)pfn;
	s->nr_frames++;
}

static void frame_note(struct kmc_sim *sim, uint64_t pfn, void *arg)
{
	struct kmc_snapshot *s = arg;

	if (kmc_page_all_zero(pfn_to_virt_in(sim, pfn)))
		s->zero_frames[s->nr_zero_frames++] = pfn;
	else
		s->frames[s->nr_frames++] = pfn;
}

static void shadow_save(struct kmc_sim *sim, struct kmc_snapshot *s)
{
#ifdef KMC_ASAN
	uint8_t *to = s->frame_shadow;

	for (size_t i = 0; i < s->nr_frames; i++, to += SHADOW_BYTES)
		kmc_raw_copy(to, shadow_of(pfn_to_virt_in(sim, s->frames[i])), SHADOW_BYTES);
	for (size_t i = 0; i < s->nr_zero_frames; i++, to += SHADOW_BYTES)
		kmc_raw_copy(to, shadow_of(pfn_to_virt_in(sim, s->zero_frames[i])), SHADOW_BYTES);
#else
	(void)sim;
	(void)s;
#endif
}

static void shadow_restore(struct kmc_sim *sim, const struct kmc_snapshot *s)
{
#ifdef KMC_ASAN
	const uint8_t *from = s->frame_shadow;

	for (size_t i = 0; i < s->nr_frames; i++, from += SHADOW_BYTES)
		kmc_raw_copy(shadow_of(pfn_to_virt_in(sim, s->frames[i])), from, SHADOW_BYTES);
	for (size_t i = 0; i < s->nr_zero_frames; i++, from += SHADOW_BYTES)
		kmc_raw_copy(shadow_of(pfn_to_virt_in(sim, s->zero_frames[i])), from, SHADOW_BYTES);
#else
	(void)sim;
	(void)s;
#endif
}

#ifdef KMC_ASAN
static void frame_poison(struct kmc_sim *sim, uint64_t pfn, void *arg)
{
	(void)arg;
	kmc_poison(pfn_to_virt_in(sim, pfn), PAGE_SIZE);
}
#endif

/* What is in use now is free in the state that we go to, unless that state says otherwise. */
static void forget_frames(struct kmc_sim *sim)
{
	kmc_vmalloc_forget(sim);
#ifdef KMC_ASAN
	kmc_each_frame_in_use(sim, frame_poison, NULL);
#endif
}

void kmc_sim_reset(struct kmc_sim *sim)
{
	forget_frames(sim);
	kmc_arena_reset(sim);
	kmc_tasks_reload(sim);
}

/* Kept for the next snapshot: as much in each room of those that are used first. */
#define ROOM_KEPT (2u << 20)
#define SNAPSHOTS_KEPT 2

void *kmc_snapshot_room(struct kmc_snapshot *s, enum kmc_room room, size_t bytes)
{
	size_t want = bytes + bytes / 2 + PAGE_SIZE;

	if (s->rooms[room].bytes >= bytes && s->rooms[room].at)
		return s->rooms[room].at;
	free(s->rooms[room].at);
	s->rooms[room].at = malloc(want);
	s->rooms[room].bytes = s->rooms[room].at ? want : 0;
	return s->rooms[room].at;
}

static void rooms_free(struct kmc_snapshot *s, size_t kept_bytes)
{
	for (int i = 0; i < NR_ROOMS; i++)
		if (s->rooms[i].bytes > kept_bytes) {
			free(s->rooms[i].at);
			s->rooms[i].at = NULL;
			s->rooms[i].bytes = 0;
		}
}

static void snapshot_drop(struct kmc_sim *sim, struct kmc_snapshot *s)
{
	rooms_free(s, s - sim->priv->snapshots < SNAPSHOTS_KEPT ? ROOM_KEPT : 0);
	s->valid = false;
	s->nr_arena_pages = s->nr_frames = s->nr_zero_frames = s->nr_area_pages = 0;
}

void kmc_snapshot_free(struct kmc_snapshot *s)
{
	rooms_free(s, 0);
	s->valid = false;
}

/* What all snapshots hold of contents, @s too, which has been counted. */
static bool is_too_much(const struct kmc_sim *sim, const struct kmc_snapshot *s)
{
	size_t pages = sim->dirty_list->nr + s->nr_frames;

	for (int i = 0; i < KMC_SIM_MAX_SNAPSHOTS; i++)
		if (sim->priv->snapshots[i].valid)
			pages += sim->priv->snapshots[i].nr_arena_pages +
				 sim->priv->snapshots[i].nr_frames;
	return pages > KMC_SIM_SNAPSHOT_BYTES >> PAGE_SHIFT;
}

/* Which frames, before there is room for their contents. */
static int frames_note(struct kmc_sim *sim, struct kmc_snapshot *s)
{
	s->nr_frames = s->nr_zero_frames = 0;
	kmc_each_frame_in_use(sim, frame_count, s);
	s->frames = kmc_snapshot_room(s, ROOM_FRAMES, s->nr_frames * sizeof(*s->frames));
	s->zero_frames = kmc_snapshot_room(s, ROOM_ZERO_FRAMES,
					   s->nr_frames * sizeof(*s->zero_frames));
	s->nr_frames = 0;
	if (!s->frames || !s->zero_frames)
		return -ENOMEM;
	kmc_each_frame_in_use(sim, frame_note, s);
	return 0;
}

static size_t dirty_eighths(const struct kmc_sim *sim)
{
	const struct kmc_dirty *list = sim->dirty_list;
	size_t nr = 0;

	for (size_t i = 0; i < list->nr; i++)
		nr += (size_t)__builtin_popcount(sim->dirty[list->pages[i]]);
	return nr;
}

static int snapshot_allocate(struct kmc_sim *sim, struct kmc_snapshot *s)
{
	size_t nr = sim->dirty_list->nr;
	int err = frames_note(sim, s);

	if (err)
		return err;
	if (is_too_much(sim, s))
		return -ENOSPC;
	s->arena_pages = kmc_snapshot_room(s, ROOM_ARENA_PAGES, nr * sizeof(*s->arena_pages));
	s->arena_dirty = kmc_snapshot_room(s, ROOM_ARENA_DIRTY, nr);
	s->arena_bytes = kmc_snapshot_room(s, ROOM_ARENA_BYTES, dirty_eighths(sim) << KMC_DIRTY_SHIFT);
	s->frame_bytes = kmc_snapshot_room(s, ROOM_FRAME_BYTES, s->nr_frames << PAGE_SHIFT);
#ifdef KMC_ASAN
	s->frame_shadow = kmc_snapshot_room(s, ROOM_FRAME_SHADOW,
					    (s->nr_frames + s->nr_zero_frames) * SHADOW_BYTES);
	if (!s->frame_shadow)
		return -ENOMEM;
#endif
	return s->arena_pages && s->arena_dirty && s->arena_bytes && s->frame_bytes ? 0 : -ENOMEM;
}

/* The next run of set bits; false: none is left. */
static bool next_run(unsigned int *mask, size_t *start, size_t *bytes)
{
	unsigned int first, nr;

	if (!*mask)
		return false;
	first = (unsigned int)__builtin_ctz(*mask);
	nr = (unsigned int)__builtin_ctz(~(*mask >> first));
	*start = (size_t)first << KMC_DIRTY_SHIFT;
	*bytes = (size_t)nr << KMC_DIRTY_SHIFT;
	*mask &= ~((1u << (first + nr)) - 1);
	return true;
}

static void arena_save(struct kmc_sim *sim, struct kmc_snapshot *s)
{
	const struct kmc_dirty *list = sim->dirty_list;
	uint8_t *to = s->arena_bytes;
	size_t start, bytes;

	for (size_t i = 0; i < list->nr; i++) {
		const uint8_t *page = sim->arena + ((size_t)list->pages[i] << PAGE_SHIFT);
		unsigned int mask = sim->dirty[list->pages[i]];

		s->arena_pages[i] = list->pages[i];
		s->arena_dirty[i] = (uint8_t)mask;
		for (; next_run(&mask, &start, &bytes); to += bytes)
			memcpy(to, page + start, bytes);
	}
	s->nr_arena_pages = list->nr;
}

static void snapshot_fill(struct kmc_sim *sim, struct kmc_snapshot *s)
{
	arena_save(sim, s);
	for (size_t i = 0; i < s->nr_frames; i++)
		kmc_raw_copy(s->frame_bytes + (i << PAGE_SHIFT),
			     pfn_to_virt_in(sim, s->frames[i]), PAGE_SIZE);
	shadow_save(sim, s);
	s->valid = true;
}

int kmc_sim_snapshot(struct kmc_sim *sim)
{
	struct kmc_snapshot *s = sim->priv->snapshots;
	int id = 0, err;

	while (id < KMC_SIM_MAX_SNAPSHOTS && s[id].valid)
		id++;
	if (id == KMC_SIM_MAX_SNAPSHOTS)
		return -ENOSPC;
	err = snapshot_allocate(sim, &s[id]);
	if (!err && kmc_vmalloc_save(sim, &s[id]))
		err = -ENOMEM;
	if (err) {
		snapshot_drop(sim, &s[id]);
		return err;
	}
	snapshot_fill(sim, &s[id]);
	return id;
}

static struct kmc_snapshot *snapshot_of(struct kmc_sim *sim, int id)
{
	if (id < 0 || id >= KMC_SIM_MAX_SNAPSHOTS || !sim->priv->snapshots[id].valid)
		return NULL;
	return &sim->priv->snapshots[id];
}

static void restore_arena(struct kmc_sim *sim, const struct kmc_snapshot *s)
{
	const uint8_t *from = s->arena_bytes;
	size_t start, bytes;

	kmc_arena_reset(sim);
	for (size_t i = 0; i < s->nr_arena_pages; i++) {
		uint8_t *page = sim->arena + ((size_t)s->arena_pages[i] << PAGE_SHIFT);
		unsigned int mask = s->arena_dirty[i];

		kmc_touch_slow(sim, s->arena_pages[i], mask);
		for (; next_run(&mask, &start, &bytes); from += bytes)
			memcpy(page + start, from, bytes);
	}
}

static void restore_frames(struct kmc_sim *sim, const struct kmc_snapshot *s)
{
	for (size_t i = 0; i < s->nr_frames; i++)
		kmc_raw_copy(pfn_to_virt_in(sim, s->frames[i]), s->frame_bytes + (i << PAGE_SHIFT),
			   PAGE_SIZE);
	for (size_t i = 0; i < s->nr_zero_frames; i++) {
		void *frame = pfn_to_virt_in(sim, s->zero_frames[i]);

		if (!kmc_page_all_zero(frame))
			kmc_raw_fill(frame, 0, PAGE_SIZE);
	}
}

int kmc_sim_restore(struct kmc_sim *sim, int snapshot)
{
	const struct kmc_snapshot *s = snapshot_of(sim, snapshot);

	if (!s)
		return -EINVAL;
	forget_frames(sim);
	restore_arena(sim, s);
	restore_frames(sim, s);
	shadow_restore(sim, s);
	kmc_vmalloc_restore(sim, s);
	kmc_tasks_reload(sim);
	return 0;
}

int kmc_sim_snapshot_drop(struct kmc_sim *sim, int snapshot)
{
	struct kmc_snapshot *s = snapshot_of(sim, snapshot);

	if (!s)
		return -EINVAL;
	snapshot_drop(sim, s);
	return 0;
}
