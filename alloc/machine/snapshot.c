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
 * Of memory that pressure, a balloon or a population has, the contents are not worth
 * keeping; the poison is.
 */
static bool is_held(const struct kmc_sim *sim, const struct page *page)
{
#ifdef KMC_ASAN
	(void)sim, (void)page;
	return false;
#else
	if (page->kind == FRAME_TAIL)
		page = sim->pages + page->link.next;
	return page->flags & PGF_HELD;
#endif
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

void kmc_each_frame_in_use(struct kmc_sim *sim, frame_fn fn, void *arg)
{
	const struct kmc_dirty *list = sim->dirty_list;
	size_t start = (size_t)((uint8_t *)sim->pages - sim->arena);
	size_t end = start + sim->max_pfn * sizeof(struct page);

	for (size_t i = 0; i < list->nr; i++) {
		size_t offset = (size_t)list->pages[i] << PAGE_SHIFT;
		const struct page *page = (const struct page *)(sim->arena + offset);

		if (offset < start || offset >= end)
			continue;
		for (size_t j = 0; j < PAGE_SIZE / sizeof(*page); j++)
			each_frame_of(sim, page + j, fn, arg);
	}
}

static void frame_count(struct kmc_sim *sim, uint64_t pfn, void *arg)
{
	struct kmc_snapshot *s = arg;

	if (kmc_page_all_zero(pfn_to_virt_in(sim, pfn)))
		s->nr_zero_frames++;
	else
		s->nr_frames++;
}

static void frame_save(struct kmc_sim *sim, uint64_t pfn, void *arg)
{
	struct kmc_snapshot *s = arg;
	const void *frame = pfn_to_virt_in(sim, pfn);

	if (kmc_page_all_zero(frame)) {
		s->zero_frames[s->nr_zero_frames++] = pfn;
		return;
	}
	kmc_raw_copy(s->frame_bytes + (s->nr_frames << PAGE_SHIFT), frame, PAGE_SIZE);
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

void kmc_snapshot_free(struct kmc_snapshot *s)
{
	free(s->arena_pages);
	free(s->arena_dirty);
	free(s->arena_bytes);
	free(s->frames);
	free(s->frame_bytes);
	free(s->zero_frames);
	free(s->frame_shadow);
	free(s->area_pages);
	free(s->area_bytes);
	*s = (struct kmc_snapshot){ .valid = false };
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

static int snapshot_allocate(struct kmc_sim *sim, struct kmc_snapshot *s)
{
	size_t nr = sim->dirty_list->nr;

	kmc_each_frame_in_use(sim, frame_count, s);
	if (is_too_much(sim, s))
		return -ENOSPC;
	s->arena_pages = malloc((nr + 1) * sizeof(*s->arena_pages));
	s->arena_dirty = malloc(nr + 1);
	s->arena_bytes = malloc((nr << PAGE_SHIFT) + 1);
	s->frames = malloc((s->nr_frames + 1) * sizeof(*s->frames));
	s->frame_bytes = malloc((s->nr_frames << PAGE_SHIFT) + 1);
	s->zero_frames = malloc((s->nr_zero_frames + 1) * sizeof(*s->zero_frames));
#ifdef KMC_ASAN
	s->frame_shadow = malloc((s->nr_frames + s->nr_zero_frames) * SHADOW_BYTES + 1);
	if (!s->frame_shadow)
		return -ENOMEM;
#endif
	s->nr_frames = s->nr_zero_frames = 0;
	return s->arena_pages && s->arena_dirty && s->arena_bytes && s->frames &&
			       s->frame_bytes && s->zero_frames
		       ? 0
		       : -ENOMEM;
}

static void snapshot_fill(struct kmc_sim *sim, struct kmc_snapshot *s)
{
	const struct kmc_dirty *list = sim->dirty_list;

	for (size_t i = 0; i < list->nr; i++) {
		s->arena_pages[i] = list->pages[i];
		s->arena_dirty[i] = sim->dirty[list->pages[i]];
		memcpy(s->arena_bytes + (i << PAGE_SHIFT),
		       sim->arena + ((size_t)list->pages[i] << PAGE_SHIFT), PAGE_SIZE);
	}
	s->nr_arena_pages = list->nr;
	kmc_each_frame_in_use(sim, frame_save, s);
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
		kmc_snapshot_free(&s[id]);
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
	kmc_arena_reset(sim);
	for (size_t i = 0; i < s->nr_arena_pages; i++) {
		kmc_touch_slow(sim, s->arena_pages[i], s->arena_dirty[i]);
		memcpy(sim->arena + ((size_t)s->arena_pages[i] << PAGE_SHIFT),
		       s->arena_bytes + (i << PAGE_SHIFT), PAGE_SIZE);
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
	kmc_snapshot_free(s);
	return 0;
}
