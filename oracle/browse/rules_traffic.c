// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Who in a recording relies on a clause that differs between two editions: on
 * the alignment of kmalloc blocks (none promised, that of powers of two, the
 * largest power of two that divides the size), and on which call may free what.
 * A caller is a call site, with size and flags or with what it frees.
 *
 * A block's origin is known only when its allocation was recorded and nothing
 * was lost since; what is not known is counted, not guessed.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "catalogue.h"
#include "pairing.h"
#include "rules_cmd.h"
#include "shadow.h"
#include "trace/trace.h"

#define BATCH 256

struct caller {
	uint64_t site, size, count;
	uint32_t gfp;
	uint16_t cache; /* of a free: what it frees; KMC_RECORD_NO_CACHE */
	uint8_t by;     /* enum kmc_free_column; KMC_NR_FREE_COLUMNS: an allocation */
};

struct traffic {
	const struct kmc_trace_facts *facts;
	uint32_t from, to;
	struct kmc_shadow blocks;
	struct caller *callers; /* open addressing; count 0: empty */
	size_t mask, used;
	uint64_t unknown, frees, allocs;
};

/* clauses */

static uint64_t divisor(uint64_t size)
{
	return size & (~size + 1);
}

/* Bytes of alignment that an edition promises for a size. Rule: ALIGN-1 to ALIGN-3. */
static uint64_t promised(uint64_t size, uint32_t edition, uint64_t minimum)
{
	const struct kmc_rule *pow2 = kmc_rule_at(KMC_R_ALIGN_2);
	const struct kmc_rule *any = kmc_rule_at(KMC_R_ALIGN_3);
	uint64_t largest = divisor(size), align = 1;

	if (!size)
		return 1;
	if (edition >= kmc_rule_at(KMC_R_ALIGN_1)->since)
		align = minimum;
	if ((largest == size && edition >= pow2->since) || edition >= any->since)
		align = largest > align ? largest : align;
	return align;
}

static bool is_legal(enum kmc_pairing pairing)
{
	return pairing == KMC_PAIR_LEGAL || pairing == KMC_PAIR_NOOP;
}

static bool pair_differs(const struct traffic *t, unsigned int from, unsigned int by)
{
	return is_legal(kmc_pairing_of(from, by, t->from)) !=
	       is_legal(kmc_pairing_of(from, by, t->to));
}

/* callers */

static struct caller *find(struct caller *table, size_t mask, const struct caller *key)
{
	uint64_t hash = (key->site * 31 + key->size) * 31 + key->gfp + key->cache * 7u + key->by;

	for (size_t i = (hash * 0x9e3779b97f4a7c15ull >> 20) & mask;; i = (i + 1) & mask) {
		struct caller *c = &table[i];

		if (!c->count || (c->site == key->site && c->size == key->size &&
				  c->gfp == key->gfp && c->cache == key->cache && c->by == key->by))
			return c;
	}
}

static int grow(struct traffic *t)
{
	size_t mask = t->mask ? t->mask * 2 + 1 : 1023;
	struct caller *table = calloc(mask + 1, sizeof(*table));

	if (!table)
		return -ENOMEM;
	for (size_t i = 0; t->callers && i <= t->mask; i++)
		if (t->callers[i].count)
			*find(table, mask, &t->callers[i]) = t->callers[i];
	free(t->callers);
	t->callers = table;
	t->mask = mask;
	return 0;
}

static int count(struct traffic *t, const struct caller *key)
{
	struct caller *c;

	if (t->used * 2 >= t->mask && grow(t))
		return -ENOMEM;
	c = find(t->callers, t->mask, key);
	if (!c->count) {
		*c = *key;
		c->count = 0;
		t->used++;
	}
	c->count++;
	return 0;
}

/* events */

static int note_alloc(struct traffic *t, const struct kmc_record *r, enum kmc_provenance from)
{
	struct kmc_life *life;

	if (r->flags & KMC_RF_FAILED || r->addr <= 16)
		return 0;
	t->allocs++;
	life = kmc_shadow_put(&t->blocks, r->addr);
	if (!life)
		return -ENOMEM;
	life->state = KMC_LIFE_LIVE;
	life->from = from;
	life->cache = r->cache;
	return 0;
}

static int on_kmalloc(struct traffic *t, const struct kmc_record *r)
{
	uint64_t minimum = t->facts->machine.kmalloc_minalign ?: 8;
	struct caller key = { .site = r->site, .size = r->size, .gfp = r->gfp,
			      .cache = KMC_RECORD_NO_CACHE, .by = KMC_NR_FREE_COLUMNS };
	int ret = note_alloc(t, r, KMC_FROM_KMALLOC);

	if (ret || promised(r->size, t->from, minimum) == promised(r->size, t->to, minimum))
		return ret;
	return count(t, &key);
}

static int on_free(struct traffic *t, const struct kmc_record *r, enum kmc_free_column by)
{
	struct kmc_life *life;
	struct caller key = { .site = r->site, .by = by };

	if (r->addr <= 16)
		return 0;
	t->frees++;
	life = kmc_shadow_find(&t->blocks, r->addr);
	if (!life || life->state != KMC_LIFE_LIVE) {
		t->unknown++;
		return 0;
	}
	life->state = KMC_LIFE_FREED;
	key.cache = (uint16_t)life->cache;
	return pair_differs(t, life->from, by) ? count(t, &key) : 0;
}

static int on_record(struct traffic *t, const struct kmc_record *r)
{
	switch (r->probe) {
	case KMC_PROBE_KMALLOC: return on_kmalloc(t, r);
	case KMC_PROBE_CACHE_ALLOC: return note_alloc(t, r, KMC_FROM_CACHE);
	case KMC_PROBE_KFREE: return on_free(t, r, KMC_BY_KFREE);
	case KMC_PROBE_CACHE_FREE: return on_free(t, r, KMC_BY_CACHE_FREE);
	default: return 0;
	}
}

static int read_all(struct traffic *t, struct kmc_trace *trace)
{
	struct kmc_record batch[BATCH];
	struct kmc_trace_cursor *cursor;
	uint16_t cpus[BATCH];
	uint64_t gap;
	int n, ret = kmc_trace_cursor_open(trace, &cursor);

	if (ret)
		return ret;
	while (!ret && (n = kmc_trace_cursor_next(cursor, batch, cpus, BATCH, &gap))) {
		if (gap)
			kmc_shadow_reset(&t->blocks);
		for (int i = 0; i < n && !ret; i++)
			ret = on_record(t, &batch[i]);
	}
	kmc_trace_cursor_close(cursor);
	return ret;
}

/* output */

static int by_count(const void *a, const void *b)
{
	const struct caller *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	if (x->site != y->site)
		return x->site < y->site ? -1 : 1;
	if (x->size != y->size)
		return x->size < y->size ? -1 : 1;
	if (x->gfp != y->gfp)
		return x->gfp < y->gfp ? -1 : 1;
	return (int)x->cache - (int)y->cache;
}

static size_t pack(struct traffic *t)
{
	size_t nr = 0;

	for (size_t i = 0; t->callers && i <= t->mask; i++)
		if (t->callers[i].count)
			t->callers[nr++] = t->callers[i];
	if (nr)
		qsort(t->callers, nr, sizeof(*t->callers), by_count);
	return nr;
}

static const char *site_name(const struct traffic *t, uint64_t site, char *buf, size_t size)
{
	const char *name = kmc_trace_symbol(t->facts, site);

	if (name)
		return name;
	snprintf(buf, size, "%#" PRIx64, site);
	return buf;
}

static void print_alignment(const struct traffic *t, const struct caller *callers, size_t nr)
{
	uint64_t minimum = t->facts->machine.kmalloc_minalign ?: 8;
	unsigned int shown = 0;
	uint64_t blocks = 0;
	char buf[32];

	for (size_t i = 0; i < nr; i++) {
		const struct caller *c = &callers[i];

		if (c->by != KMC_NR_FREE_COLUMNS)
			continue;
		if (!shown++)
			printf("alignment of kmalloc blocks\n  %10s %7s %6s %6s  %-10s %s\n", "blocks",
			       "size", "before", "after", "gfp", "caller");
		blocks += c->count;
		printf("  %10" PRIu64 " %7" PRIu64 " %6" PRIu64 " %6" PRIu64 "  %#-10x %s\n", c->count,
		       c->size, promised(c->size, t->from, minimum),
		       promised(c->size, t->to, minimum), c->gfp,
		       site_name(t, c->site, buf, sizeof(buf)));
	}
	printf("alignment: %u callers, %" PRIu64 " of %" PRIu64 " blocks\n", shown, blocks, t->allocs);
}

static const char *freed_name(const struct traffic *t, uint16_t cache)
{
	return cache < t->facts->nr_caches ? t->facts->caches[cache].name : "an unnamed cache";
}

static void print_frees(const struct traffic *t, const struct caller *callers, size_t nr)
{
	unsigned int shown = 0;
	uint64_t frees = 0;
	char buf[32];

	for (size_t i = 0; i < nr; i++) {
		const struct caller *c = &callers[i];
		bool before;

		if (c->by == KMC_NR_FREE_COLUMNS)
			continue;
		before = is_legal(kmc_pairing_of(KMC_FROM_CACHE, c->by, t->from));
		if (!shown++)
			printf("freeing\n  %10s %-16s %-24s %-18s %s\n", "frees", "call", "object of",
			       "legal", "caller");
		frees += c->count;
		printf("  %10" PRIu64 " %-16s %-24s %-18s %s\n", c->count,
		       kmc_free_column_name(c->by), freed_name(t, c->cache),
		       before ? "before, not after" : "after, not before",
		       site_name(t, c->site, buf, sizeof(buf)));
	}
	printf("freeing: %u callers, %" PRIu64 " of %" PRIu64 " frees; of %" PRIu64
	       " the allocation was not seen\n", shown, frees, t->frees, t->unknown);
}

int kmc_rules_traffic(const char *path, uint32_t from, uint32_t to)
{
	struct traffic t = { .from = from, .to = to };
	struct kmc_trace *trace;
	char error[256];
	size_t nr;
	int ret;

	if (kmc_trace_open(path, &trace, error, sizeof(error)))
		return kmc_rules_fail("%s", error);
	t.facts = kmc_trace_facts(trace);
	ret = kmc_shadow_init(&t.blocks);
	if (!ret)
		ret = read_all(&t, trace);
	if (ret) {
		ret = kmc_rules_fail("%s: %s", path, strerror(-ret));
	} else {
		nr = pack(&t);
		print_alignment(&t, t.callers, nr);
		print_frees(&t, t.callers, nr);
	}
	kmc_shadow_free(&t.blocks);
	free(t.callers);
	kmc_trace_close(trace);
	return ret;
}
