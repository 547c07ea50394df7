// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Redaction: where each region of addresses moves to, and what call sites are
 * called. A new base never depends on the old one but for its bits below
 * 1 GiB, so the old one cannot be computed back.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "trace/redact.h"
#include "trace_facts.h"

#define GIB ((uint64_t)1 << 30)
#define MIB ((uint64_t)1 << 20)

/*
 * Where the regions go. The windows do not touch each other whatever is drawn:
 * direct map 64 TiB from one of 4096 places, vmalloc likewise, all else behind.
 */
#define NEW_DIRECT  0xffff888000000000u
#define NEW_VMALLOC 0xffffcd0000000000u
#define NEW_OTHER   0xfffff80000000000u
#define PLACES      4096u
#define DIRECT_MAX  ((uint64_t)64 << 40)
/* Kernel text and data: their place within 1 GiB is a secret too. */
#define IMAGE_START 0xffffffff80000000u
/* Per-cpu offsets are small, or differences of regions in the lower half. */
#define PERCPU_END  ((uint64_t)1 << 47)

#define UNNAMED_SITES ((uint64_t)1 << 47)
#define OTHER_WINDOWS 1024u

struct region {
	uint64_t start, end, shift;
};

struct site_slot {
	uint64_t site; /* 0 free */
	uint64_t id;
	char *name;    /* NULL unknown */
};

struct kmc_redaction {
	struct region direct, vmalloc;
	uint64_t percpu_shift, image_shift;
	uint64_t windows[OTHER_WINDOWS]; /* address >> 30, by new number */
	unsigned int nr_windows;
	kmc_symbol_fn symbol;
	void *data;
	struct site_slot *sites;         /* open addressing */
	unsigned int sites_log;
	size_t nr_sites, nr_unnamed;
};

static uint64_t draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Move a region that starts at @start to the window at @window. */
static struct region place(uint64_t start, uint64_t end, uint64_t window, uint64_t random)
{
	uint64_t base = window + random % PLACES * GIB + start % GIB;

	return (struct region){ .start = start, .end = end, .shift = base - start };
}

static void place_regions(struct kmc_redaction *r, const struct kmc_machine *m, uint64_t *state)
{
	uint64_t direct_end = m->direct_map + DIRECT_MAX;

	if (m->vmalloc_start > m->direct_map && m->vmalloc_start < direct_end)
		direct_end = m->vmalloc_start;
	if (m->direct_map)
		r->direct = place(m->direct_map, direct_end, NEW_DIRECT, draw(state));
	if (m->vmalloc_end > m->vmalloc_start)
		r->vmalloc = place(m->vmalloc_start, m->vmalloc_end, NEW_VMALLOC, draw(state));
	r->percpu_shift = draw(state) % (PERCPU_END / GIB - 1) * GIB;
	r->image_shift = draw(state) % (GIB / (4 * MIB)) * 4 * MIB;
}

static int seed_state(uint64_t seed, uint64_t *state)
{
	*state = seed;
	if (!seed && getrandom(state, sizeof(*state), 0) != sizeof(*state))
		return -EIO;
	return 0;
}

int kmc_redaction_create(const struct kmc_trace_facts *facts, uint64_t seed, kmc_symbol_fn symbol,
			 void *data, struct kmc_redaction **redaction)
{
	struct kmc_redaction *r;
	uint64_t state;

	*redaction = NULL;
	if (facts->redacted)
		return -EALREADY;
	if (seed_state(seed, &state))
		return -EIO;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->symbol = symbol;
	r->data = data;
	r->sites_log = 10;
	r->sites = calloc((size_t)1 << r->sites_log, sizeof(*r->sites));
	if (!r->sites) {
		free(r);
		return -ENOMEM;
	}
	place_regions(r, &facts->machine, &state);
	*redaction = r;
	return 0;
}

void kmc_redaction_destroy(struct kmc_redaction *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < (size_t)1 << r->sites_log; i++)
		free(r->sites[i].name);
	free(r->sites);
	free(r);
}

/* call sites */

uint64_t kmc_site_id(const char *name)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *name; name++)
		h = (h ^ (unsigned char)*name) * 0x100000001b3u;
	h = (h ^ h >> 32) * 0xbf58476d1ce4e5b9u;
	h = (h ^ h >> 29) >> 17;
	return h ? h : 1;
}

static struct site_slot *site_slot(const struct kmc_redaction *r, uint64_t site)
{
	size_t mask = ((size_t)1 << r->sites_log) - 1;
	size_t i = (site * 0x9e3779b97f4a7c15u) >> (64 - r->sites_log);

	while (r->sites[i].site && r->sites[i].site != site)
		i = (i + 1) & mask;
	return &r->sites[i];
}

static int sites_grow(struct kmc_redaction *r)
{
	size_t n = (size_t)1 << r->sites_log;
	struct site_slot *old = r->sites;

	r->sites = calloc(2 * n, sizeof(*r->sites));
	if (!r->sites) {
		r->sites = old;
		return -ENOMEM;
	}
	r->sites_log++;
	for (size_t i = 0; i < n; i++)
		if (old[i].site)
			*site_slot(r, old[i].site) = old[i];
	free(old);
	return 0;
}

static int site_add(struct kmc_redaction *r, uint64_t site, const char *name)
{
	struct site_slot *slot;
	char *copy = NULL;

	if (2 * (r->nr_sites + 1) > (size_t)1 << r->sites_log && sites_grow(r))
		return -ENOMEM;
	if (name) {
		copy = strdup(name);
		if (!copy)
			return -ENOMEM;
	}
	slot = site_slot(r, site);
	slot->site = site;
	slot->name = copy;
	slot->id = copy ? kmc_site_id(copy) : UNNAMED_SITES + r->nr_unnamed++;
	r->nr_sites++;
	return 0;
}

static int redact_site(struct kmc_redaction *r, uint64_t *site)
{
	if (!*site)
		return 0;
	if (!site_slot(r, *site)->site &&
	    site_add(r, *site, r->symbol ? r->symbol(r->data, *site) : NULL))
		return -ENOMEM;
	*site = site_slot(r, *site)->id;
	return 0;
}

/* addresses */

static bool in_region(const struct region *region, uint64_t addr)
{
	return addr - region->start < region->end - region->start;
}

/* An address of no known region: each GiB that occurs gets the next free place. */
static uint64_t redact_other(struct kmc_redaction *r, uint64_t addr)
{
	uint64_t window = addr / GIB, offset = addr % GIB;
	unsigned int i = 0;

	if (addr >= IMAGE_START)
		offset = (offset + r->image_shift) % GIB;
	while (i < r->nr_windows && r->windows[i] != window)
		i++;
	if (i == r->nr_windows) {
		if (i == OTHER_WINDOWS)
			i = (unsigned int)(window % OTHER_WINDOWS);
		else
			r->windows[r->nr_windows++] = window;
	}
	return NEW_OTHER + i * GIB + offset;
}

static uint64_t redact_percpu(const struct kmc_redaction *r, uint64_t addr)
{
	if (addr < GIB)
		return addr; /* in the first chunk: no difference of regions in it */
	return GIB + (addr - GIB + r->percpu_shift) % (PERCPU_END - GIB);
}

static uint64_t redact_addr(struct kmc_redaction *r, uint64_t addr)
{
	if (in_region(&r->direct, addr))
		return addr + r->direct.shift;
	if (in_region(&r->vmalloc, addr))
		return addr + r->vmalloc.shift;
	return redact_other(r, addr);
}

static bool addr_is_number(const struct kmc_record *record)
{
	switch (record->probe) {
	case KMC_PROBE_KMALLOC:
	case KMC_PROBE_KFREE:
	case KMC_PROBE_CACHE_ALLOC:
	case KMC_PROBE_CACHE_FREE:
	case KMC_PROBE_VMAP_ALLOC:
	case KMC_PROBE_VMAP_FREE:
	case KMC_PROBE_PERCPU_ALLOC:
	case KMC_PROBE_PERCPU_FREE:
		/* NULL, ZERO_SIZE_PTR, error pointers */
		return record->addr < 4096 || record->addr >= 0 - (uint64_t)4096;
	default: /* frame numbers, or no address at all */
		return true;
	}
}

static uint64_t redact_record_addr(struct kmc_redaction *r, const struct kmc_record *record)
{
	bool percpu = record->probe == KMC_PROBE_PERCPU_ALLOC ||
		      record->probe == KMC_PROBE_PERCPU_FREE;

	if (addr_is_number(record))
		return record->addr;
	if (percpu && record->addr < PERCPU_END)
		return redact_percpu(r, record->addr);
	return redact_addr(r, record->addr);
}

int kmc_redaction_records(struct kmc_redaction *r, struct kmc_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int ret = redact_site(r, &records[i].site);

		if (ret)
			return ret;
		records[i].addr = redact_record_addr(r, &records[i]);
	}
	return 0;
}

/* facts */

static int symbol_order(const void *a, const void *b)
{
	uint64_t x = ((const struct kmc_symbol *)a)->site, y = ((const struct kmc_symbol *)b)->site;

	return x < y ? -1 : x > y;
}

static void sort_symbols(struct kmc_trace_facts *facts)
{
	size_t kept = 0;

	if (facts->nr_symbols)
		qsort(facts->symbols, facts->nr_symbols, sizeof(*facts->symbols), symbol_order);
	for (size_t i = 0; i < facts->nr_symbols; i++) {
		if (kept && facts->symbols[kept - 1].site == facts->symbols[i].site)
			free(facts->symbols[i].name);
		else
			facts->symbols[kept++] = facts->symbols[i];
	}
	facts->nr_symbols = kept;
}

/* The named sites seen so far, behind the symbols that are there already. */
static int add_seen_sites(const struct kmc_redaction *r, struct kmc_trace_facts *facts)
{
	struct kmc_symbol *symbols = reallocarray(facts->symbols,
						  facts->nr_symbols + r->nr_sites + 1,
						  sizeof(*symbols));

	if (!symbols)
		return -ENOMEM;
	facts->symbols = symbols;
	for (size_t i = 0; i < (size_t)1 << r->sites_log; i++) {
		struct kmc_symbol *s = &symbols[facts->nr_symbols];

		if (!r->sites[i].name)
			continue;
		s->site = r->sites[i].id;
		s->name = strdup(r->sites[i].name);
		if (!s->name)
			return -ENOMEM;
		facts->nr_symbols++;
	}
	return 0;
}

int kmc_redaction_facts(struct kmc_redaction *r, const struct kmc_trace_facts *from,
			struct kmc_trace_facts *to)
{
	int ret = kmc_facts_copy(to, from);

	if (ret)
		return ret;
	to->redacted = true;
	if (to->machine.direct_map)
		to->machine.direct_map = redact_addr(r, from->machine.direct_map);
	if (to->machine.vmalloc_end > to->machine.vmalloc_start) {
		to->machine.vmalloc_start += r->vmalloc.shift;
		to->machine.vmalloc_end += r->vmalloc.shift;
	}
	for (size_t i = 0; i < to->nr_symbols; i++)
		to->symbols[i].site = kmc_site_id(to->symbols[i].name);
	ret = add_seen_sites(r, to);
	if (ret)
		kmc_trace_facts_free(to);
	else
		sort_symbols(to);
	return ret;
}

/* blanking */

void kmc_blank_records(struct kmc_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (records[i].probe != KMC_PROBE_KMALLOC)
			continue;
		records[i].granted = 0;
		records[i].flags |= KMC_RF_BLANK;
	}
}

/*
 * A type-safe cache whose free pointer lies inside the object has it where the
 * creator chose (KC-8): that was asked for, like the alignment, and stays. An
 * `inuse` that is not 0 says so, for the place may be offset 0.
 */
static bool chose_free_pointer(const struct kmc_cache_desc *c)
{
	return (c->flags & KMC_CF_TYPESAFE_BY_RCU) && c->inuse && c->offset < c->object_size;
}

void kmc_blank_facts(struct kmc_trace_facts *facts)
{
	for (size_t i = 0; i < facts->nr_caches; i++) {
		struct kmc_cache_desc *c = &facts->caches[i];

		c->size = c->order = c->min_order = c->objects = 0;
		if (!chose_free_pointer(c))
			c->inuse = c->offset = 0;
		else
			c->inuse = c->object_size;
	}
}
