/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From the records of a trace to lives: addresses are matched, then forgotten. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "lives.h"

#define BATCH 512
#define FRAME_KEY (1ull << 63) /* frames beside addresses; no object lies there and below */
/* The second event of a large kmalloc follows so soon. Rule: TRC-7. */
#define TWICE_REACH 32
#define LARGE_BYTES 8192

/* Address -> life that is under way: open addressing, a freed one leaves a tombstone. */
struct now {
	struct entry {
		uint64_t key; /* 0 none, 1 was one */
		size_t life;
	} *entries;
	size_t room, used;
};

static size_t place(const struct now *now, uint64_t key)
{
	return (size_t)((key * 0x9e3779b97f4a7c15ull) >> 20) & (now->room - 1);
}

static struct entry *find(const struct now *now, uint64_t key)
{
	if (!now->room)
		return NULL;
	for (size_t i = place(now, key); now->entries[i].key; i = (i + 1) & (now->room - 1))
		if (now->entries[i].key == key)
			return &now->entries[i];
	return NULL;
}

static void put(struct now *now, uint64_t key, size_t life)
{
	size_t i = place(now, key);

	while (now->entries[i].key > 1)
		i = (i + 1) & (now->room - 1);
	now->used += !now->entries[i].key;
	now->entries[i] = (struct entry){ key, life };
}

static int make_room(struct now *now)
{
	struct now more = { .room = now->room ? now->room : 1 << 12 };
	size_t live = 0;

	if (now->used * 2 < now->room)
		return 0;
	for (size_t i = 0; i < now->room; i++)
		live += now->entries[i].key > 1;
	while (live * 4 >= more.room)
		more.room *= 2;
	more.entries = calloc(more.room, sizeof(*more.entries));
	if (!more.entries)
		return -ENOMEM;
	for (size_t i = 0; i < now->room; i++)
		if (now->entries[i].key > 1)
			put(&more, now->entries[i].key, now->entries[i].life);
	free(now->entries);
	*now = more;
	return 0;
}

static int add(struct kmc_lives *lives, const struct kmc_life *life)
{
	if (lives->nr == lives->max) {
		size_t max = lives->max ? lives->max * 2 : 4096;
		void *more = reallocarray(lives->lives, max, sizeof(*lives->lives));

		if (!more)
			return -ENOMEM;
		lives->lives = more;
		lives->max = max;
	}
	lives->lives[lives->nr++] = *life;
	return 0;
}

static bool is_twice(const struct kmc_lives *lives, const struct kmc_life *had,
		     const struct kmc_life *life)
{
	return life->kind == KMC_LIFE_KMALLOC && had->kind == KMC_LIFE_KMALLOC &&
	       life->size > LARGE_BYTES && life->size == had->size &&
	       life->born_cpu == had->born_cpu && lives->events - had->born <= TWICE_REACH;
}

static int born(struct kmc_lives *lives, struct now *now, uint64_t key,
		const struct kmc_life *life)
{
	struct entry *entry = find(now, key);
	int err;

	if (entry && is_twice(lives, &lives->lives[entry->life], life)) {
		lives->twice++;
		return 0;
	}
	if (entry) { /* freed, and no event told */
		lives->lives[entry->life].died = life->born;
		lives->lives[entry->life].died_cpu = life->born_cpu;
		lives->implied++;
		entry->key = 1;
	}
	err = make_room(now);
	if (!err)
		err = add(lives, life);
	if (err)
		return err;
	put(now, key, lives->nr - 1);
	lives->ops++;
	return 0;
}

static void died(struct kmc_lives *lives, struct now *now, uint64_t key, uint16_t cpu)
{
	struct entry *entry = find(now, key);

	if (!entry) {
		lives->of_before++;
		return;
	}
	lives->lives[entry->life].died = lives->events;
	lives->lives[entry->life].died_cpu = cpu;
	lives->ops++;
	entry->key = 1;
}

static struct kmc_life life_of(const struct kmc_lives *lives, const struct kmc_trace_facts *facts,
			       const struct kmc_record *record, uint16_t cpu)
{
	struct kmc_life life = {
		.born = lives->events, .died = UINT64_MAX,
		.size = record->size, .order = record->order, .node = record->node,
		.cache = record->cache, .born_cpu = cpu,
		.gfp = kmc_gfp_from_raw(&facts->gfp, record->gfp).atoms,
	};

	life.kind = record->probe == KMC_PROBE_PAGE_ALLOC  ? KMC_LIFE_PAGES :
		    record->probe == KMC_PROBE_CACHE_ALLOC ? KMC_LIFE_CACHE :
							     KMC_LIFE_KMALLOC;
	return life;
}

/* A cache that the table does not describe cannot be made. */
static bool is_described(const struct kmc_trace_facts *facts, const struct kmc_record *record)
{
	return record->probe != KMC_PROBE_CACHE_ALLOC ||
	       (record->cache < facts->nr_caches && facts->caches[record->cache].object_size);
}

static int take(struct kmc_lives *lives, struct now *now, const struct kmc_trace_facts *facts,
		const struct kmc_record *record, uint16_t cpu)
{
	struct kmc_life life;

	lives->events++;
	switch (record->probe) {
	case KMC_PROBE_KMALLOC:
	case KMC_PROBE_CACHE_ALLOC:
	case KMC_PROBE_PAGE_ALLOC:
		if (record->flags & KMC_RF_FAILED || record->addr == UINT64_MAX ||
		    (record->probe != KMC_PROBE_PAGE_ALLOC && record->addr <= 16)) {
			lives->failed++;
			return 0;
		}
		if (!is_described(facts, record))
			break;
		life = life_of(lives, facts, record, cpu);
		return born(lives, now, life.kind == KMC_LIFE_PAGES ? record->addr | FRAME_KEY :
								      record->addr << 1 >> 1, &life);
	case KMC_PROBE_KFREE:
	case KMC_PROBE_CACHE_FREE:
		died(lives, now, record->addr << 1 >> 1, cpu);
		return 0;
	case KMC_PROBE_PAGE_FREE:
		died(lives, now, record->addr | FRAME_KEY, cpu);
		return 0;
	}
	lives->other++;
	return 0;
}

int kmc_lives_read(struct kmc_lives *lives, struct kmc_trace *trace, uint64_t max_events)
{
	const struct kmc_trace_facts *facts = kmc_trace_facts(trace);
	struct kmc_record records[BATCH];
	struct kmc_trace_cursor *cursor;
	struct now now = { .room = 0 };
	uint16_t cpus[BATCH];
	uint64_t gap;
	int nr, err = kmc_trace_cursor_open(trace, &cursor);

	if (err)
		return err;
	err = make_room(&now);
	while (!err && (nr = kmc_trace_cursor_next(cursor, records, cpus, BATCH, &gap))) {
		if (nr < 0)
			err = nr;
		for (int i = 0; i < nr && !err; i++) {
			if (max_events && lives->events == max_events)
				goto out;
			err = take(lives, &now, facts, &records[i], cpus[i]);
		}
	}
out:
	kmc_trace_cursor_close(cursor);
	free(now.entries);
	return err;
}

void kmc_lives_free(struct kmc_lives *lives)
{
	free(lives->lives);
	*lives = (struct kmc_lives){ 0 };
}
