// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Runs a recording: empties the rings of all cpus into blocks.
 *
 * Loss has a place. While a ring is full its head stands still, so all events
 * lost between two releases of slots were lost at one position, which the
 * programs leave in lost_at. The block ends there and what was lost is counted
 * in the next one. A release is preceded by a look at the loss counters, so a
 * position is off by one release at most; the number is exact always.
 *
 * What is still in the rings when a block is written has been hit and not yet
 * written. Therefore a block's hits are those whose outcome is told by it, and
 * the accounts close wherever a file ends; but the blocks after the end of the
 * recording have the rest of the programs' own count, so that a fault in the
 * sums shows in the file as well as in accounts_close().
 *
 * Recursion misses have a time: between two looks at the kernel's counters.
 * When those have moved, one cpu's records of that time become a block by
 * themselves, which tells the misses (miss_place.h). So that they are not in a
 * block already, a block that is due leaves out what came after the latest look.
 */
#include "recorder.h"
#include <bpf/btf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "cache_table.h"
#include "calibrate.h"
#include "kernel_facts.h"
#include "ksyms.h"
#include "miss_place.h"
#include "output.h"
#include "ring.h"
#include "sites.h"
#include "trace/redact.h"
#include "witness.h"

#define BLOCK_RECORDS  65536u
#define BLOCK_NS       250000000ull
#define CHUNK_RECORDS  4096u
#define MISSES_NS      10000000ull
#define COARSE_NS      20000000ull /* two ticks, at 100 a second */
#define FACTS_FIRST_NS 5000000000ull
#define MAX_GAPS       512u
/* Kernel text of x86-64 and of arm64's plain layout lies in this upper half. */
#define ANY_TEXT       0xffffffff81000000ull

struct gap {
	uint64_t at; /* position in the main ring before which events were lost */
	uint64_t lost[KMC_NR_PROBES];
};

/* A cpu's ring and the block that is being filled from it. */
struct stage {
	struct kmc_ring ring;
	struct kmc_record *records;
	uint32_t nr;
	uint64_t seq;
	uint64_t due_ns; /* when the block is to be written, if it has records */
	uint64_t written_ns; /* time of the last record that is in a block */
	struct kmc_slot_count seen[KMC_NR_PROBES];    /* what the blocks so far have told */
	uint64_t lost_seen[KMC_NR_PROBES];            /* lost counters at the last look */
	uint64_t lost_before[KMC_NR_PROBES];          /* just before this block's first record */
	struct gap *gaps;
	unsigned int nr_gaps;
};

struct kmc_recorder {
	struct kmc_recorder_options options;
	struct btf *btf;
	struct kmc_probes probes;
	struct kmc_cache_table caches;
	struct kmc_layout layout;
	struct kmc_ksyms ksyms;
	struct kmc_slot_context context;
	struct kmc_trace_facts facts;
	struct kmc_redaction *redaction;
	struct kmc_sites sites;
	struct kmc_output output;
	struct kmc_witness witness;
	struct stage *stages;      /* one per ring */
	uint64_t written[KMC_NR_PROBES];
	uint64_t misses_seen[KMC_NR_PROBES];  /* put into blocks so far */
	uint64_t misses_now[KMC_NR_PROBES];
	uint64_t look_ns[KMC_NR_PROBES]; /* trace time just before the latest look at them */
	uint64_t missed_from_ns, missed_to_ns; /* of those in no block yet, if missed */
	bool missed;
	uint64_t misses_due_ns, facts_due_ns, facts_wait_ns, rotate_due_ns;
	uint64_t blocks, files, fill_max;
	uint32_t caches_met, caches_looks;
	bool ended;                /* the programs have run for the last time */
	char symbol[256];
};

static uint64_t monotonic_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static uint64_t trace_ns(const struct kmc_recorder *r)
{
	return monotonic_ns() - r->context.start_ns;
}

void kmc_recorder_options_init(struct kmc_recorder_options *o)
{
	*o = (struct kmc_recorder_options){
		.wanted = (1u << KMC_NR_PROBES) - 1,
		.redact = true,
		.object_max = UINT64_MAX,
		.tool = "kmconform-record",
	};
}

/* facts */

static const char *symbol_of(void *data, uint64_t site)
{
	struct kmc_recorder *r = data;

	return kmc_ksyms_name(&r->ksyms, site, r->symbol, sizeof(r->symbol)) > 0 ? r->symbol : NULL;
}

static void describe_filter(struct kmc_trace_facts *facts, const struct kmc_recorder_options *o)
{
	int n = 0;

#define ADD(...) \
	(n < (int)sizeof(facts->filter) ? \
	 n += snprintf(facts->filter + n, sizeof(facts->filter) - (size_t)n, __VA_ARGS__) : 0)
	if (o->only_pid)
		ADD("pid=%d ", o->only_pid);
	if (o->only_cache)
		ADD("cache=%s ", o->only_cache);
	if (o->object_min)
		ADD("object-min=%llu ", (unsigned long long)o->object_min);
	if (o->object_max != UINT64_MAX)
		ADD("object-max=%llu ", (unsigned long long)o->object_max);
#undef ADD
	n = (int)strlen(facts->filter);
	if (n)
		facts->filter[n - 1] = 0;
}

/* The table grows while caches are met: facts always point to its present place. */
static void facts_caches(struct kmc_recorder *r)
{
	r->facts.caches = r->caches.desc;
	r->facts.nr_caches = r->caches.nr;
	r->context.cache_of = r->caches.of_index;
	r->context.nr_cache_of = r->caches.nr_of_index;
}

static void met_cache(void *arg, const struct kmc_cache_item *item)
{
	struct kmc_recorder *r = arg;

	kmc_cache_table_met(&r->caches, item);
}

static void learn_caches(struct kmc_recorder *r)
{
	kmc_probes_met_caches(&r->probes, met_cache, r);
	facts_caches(r);
}

static int collect(struct kmc_recorder *r, char *error, size_t size)
{
	const struct kmc_recorder_options *o = &r->options;
	struct kmc_trace_facts *f = &r->facts;
	int ret;

	kmc_kernel_facts(r->btf, f);
	ret = kmc_cache_table_fill(&r->caches, r->btf);
	if (ret) {
		snprintf(error, size, "%s", kmc_probes_why_not(ret));
		return ret;
	}
	kmc_machine_of_caches(r->caches.desc, r->caches.nr, &f->machine);
	snprintf(f->cache_source, sizeof(f->cache_source), "%s", r->caches.source);
	snprintf(f->clock, sizeof(f->clock), "%s", o->clock_coarse ? "coarse" : "monotonic");
	snprintf(f->tool, sizeof(f->tool), "%s", o->tool);
	describe_filter(f, o);
	kmc_ksyms_read(&r->ksyms); /* without it sites have no names, no more */
	ret = kmc_calibrate(r->btf, kmc_machine_max_frames(&f->machine), &r->layout);
	if (ret) {
		snprintf(error, size, "%s", kmc_probes_why_not(ret));
		return ret;
	}
	f->machine.direct_map = r->layout.direct_map;
	f->machine.vmalloc_start = r->layout.vmalloc_start;
	f->machine.vmalloc_end = r->layout.vmalloc_end;
	if (!r->layout.vmalloc_end)
		kmc_vmalloc_of_listing(&f->machine);
	return 0;
}

/* loading */

static int cache_filter(struct kmc_recorder *r, struct kmc_probes_options *p, char *error,
			size_t size)
{
	const char *name = r->options.only_cache;
	int index;

	if (!name)
		return 0;
	index = kmc_cache_table_find(&r->caches, name);
	if (index < 0 || !r->caches.cache[index]) {
		snprintf(error, size, "--cache %s: no such cache in this kernel", name);
		return -EINVAL;
	}
	if (r->caches.desc[index].kmalloc) {
		snprintf(error, size,
			 "--cache %s: kmalloc events do not name their cache; "
			 "use --object-min and --object-max", name);
		return -EINVAL;
	}
	p->only_cache = (uint32_t)index;
	return 0;
}

static int load(struct kmc_recorder *r, char *error, size_t size)
{
	const struct kmc_recorder_options *o = &r->options;
	struct kmc_probes_options p;
	struct kmc_cache_key *keys;
	int64_t nr;
	int ret;

	kmc_probes_options_init(&p);
	p.wanted = o->wanted;
	p.ring_bytes = o->ring_bytes;
	p.clock_coarse = o->clock_coarse;
	p.keep_null_frees = o->null_frees;
	p.own_tgid = o->own_tgid;
	p.only_tgid = o->only_pid;
	p.only_min = o->object_min;
	p.only_max = o->object_max;
	ret = cache_filter(r, &p, error, size);
	if (ret)
		return ret;
	nr = kmc_cache_table_keys(&r->caches, &keys);
	if (nr < 0) {
		snprintf(error, size, "no memory");
		return (int)nr;
	}
	p.caches = keys;
	p.nr_caches = (size_t)nr;
	ret = kmc_probes_load(&r->probes, &p, r->btf, error, size);
	free(keys);
	if (ret)
		return ret;
	memcpy(r->facts.probe_state, r->probes.probe_state, sizeof(r->facts.probe_state));
	r->facts.ring_bytes = r->probes.nr_slots * sizeof(struct kmc_slot);
	return 0;
}

static int make_stages(struct kmc_recorder *r)
{
	r->stages = calloc(r->probes.nr_rings, sizeof(*r->stages));
	if (!r->stages)
		return -ENOMEM;
	for (unsigned int cpu = 0; cpu < r->probes.nr_rings; cpu++) {
		struct stage *s = &r->stages[cpu];

		s->ring = (struct kmc_ring){
			.slots = r->probes.ring + cpu * r->probes.nr_slots,
			.nest = r->probes.nest + cpu * KMC_NEST_SLOTS,
			.state = &r->probes.cpus[cpu].state,
			.control = &r->probes.cpus[cpu].control,
			.nr_slots = r->probes.nr_slots,
		};
		s->records = calloc(BLOCK_RECORDS, sizeof(*s->records));
		s->gaps = calloc(MAX_GAPS, sizeof(*s->gaps));
		if (!s->records || !s->gaps)
			return -ENOMEM;
	}
	return 0;
}

static void make_context(struct kmc_recorder *r)
{
	int bit = r->facts.gfp.bit[KMC_GFP_BIT_ACCOUNT];

	r->context.text = r->ksyms.text_start ? r->ksyms.text_start : ANY_TEXT;
	r->context.page_structs = r->layout.page_structs;
	r->context.page_struct_size = r->layout.page_struct_size;
	r->context.accounted = bit >= 0 && bit < 32 ? 1u << bit : 0;
	facts_caches(r);
}

static int open_output(struct kmc_recorder *r, char *error, size_t size)
{
	const struct kmc_recorder_options *o = &r->options;
	int ret = kmc_output_open(&r->output, o->path, o->rotate_bytes || o->rotate_ns, o->keep,
				  !o->redact);

	if (ret)
		snprintf(error, size, "%s: %s", r->output.name, strerror(-ret));
	return ret;
}

int kmc_recorder_open(const struct kmc_recorder_options *options, struct kmc_recorder **recorder,
		      char *error, size_t size)
{
	struct kmc_recorder *r = calloc(1, sizeof(*r));
	int ret = -ENOMEM;

	*recorder = NULL;
	snprintf(error, size, "no memory");
	if (!r)
		return ret;
	r->options = *options;
	r->output.fd = -1;
	kmc_trace_facts_init(&r->facts);
	ret = open_output(r, error, size);
	if (ret)
		goto fail;
	r->btf = btf__load_vmlinux_btf();
	if (!r->btf) {
		ret = -errno;
		snprintf(error, size,
			 "this kernel tells nothing of its types (no /sys/kernel/btf/vmlinux)");
		goto fail;
	}
	ret = collect(r, error, size);
	if (!ret)
		ret = load(r, error, size);
	if (ret)
		goto fail;
	ret = make_stages(r);
	if (ret) {
		snprintf(error, size, "no memory");
		goto fail;
	}
	make_context(r);
	if (r->options.witness) {
		ret = kmc_witness_open(&r->witness, r->probes.probe_state, r->probes.nr_rings,
				       error, size);
		if (ret)
			goto fail;
	}
	if (r->options.redact) {
		ret = kmc_redaction_create(&r->facts, 0, symbol_of, r, &r->redaction);
		if (ret) {
			snprintf(error, size, "redaction: %s", strerror(-ret));
			goto fail;
		}
	}
	*recorder = r;
	return 0;
fail:
	kmc_recorder_close(r);
	return ret;
}

/* writing */

/* The facts as they go to the file: @to is the caller's to free unless it borrows ours. */
static int public_facts(struct kmc_recorder *r, struct kmc_trace_facts *to, bool *borrowed)
{
	int ret = 0;

	*borrowed = !r->redaction;
	if (r->redaction)
		return kmc_redaction_facts(r->redaction, &r->facts, to);
	ret = kmc_sites_symbols(&r->sites, &r->ksyms, &r->facts);
	*to = r->facts;
	return ret;
}

static int begin_file(struct kmc_recorder *r)
{
	struct kmc_trace_facts facts;
	bool borrowed;
	int ret = public_facts(r, &facts, &borrowed);

	if (ret)
		return ret;
	ret = kmc_output_begin(&r->output, &facts);
	if (!borrowed)
		kmc_trace_facts_free(&facts);
	r->files++;
	r->rotate_due_ns = monotonic_ns() + r->options.rotate_ns;
	return ret;
}

/* Names of sites and caches met since: so that a killed recording has most of them. */
static int append_facts(struct kmc_recorder *r)
{
	struct kmc_trace_facts facts;
	bool borrowed;
	int ret;

	learn_caches(r);
	ret = public_facts(r, &facts, &borrowed);
	if (ret)
		return ret;
	ret = kmc_trace_write_facts(r->output.writer, &facts);
	if (!borrowed)
		kmc_trace_facts_free(&facts);
	return ret;
}

static int hide(struct kmc_recorder *r, struct stage *s, uint32_t nr)
{
	if (r->redaction)
		return kmc_redaction_records(r->redaction, s->records, nr);
	return kmc_sites_add(&r->sites, s->records, nr);
}

/* @nr: of the stage's records; @told: recursion misses are told by this block. */
static void block_counts(struct kmc_recorder *r, unsigned int cpu, uint32_t nr, bool told,
			 struct kmc_block_info *info)
{
	struct stage *s = &r->stages[cpu];

	for (uint32_t i = 0; i < nr; i++)
		info->delta[s->records[i].probe].written++;
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++) {
		struct kmc_slot_count now = kmc_probes_count(&r->probes, cpu, p);
		struct kmc_probe_count *d = &info->delta[p];

		d->filtered = now.filtered - s->seen[p].filtered;
		d->skipped_self = now.skipped_self - s->seen[p].skipped_self;
		d->skipped_null = now.skipped_null - s->seen[p].skipped_null;
		d->lost = s->lost_before[p];
		d->hits = r->ended ? now.hits - s->seen[p].hits :
				     d->written + d->lost + d->filtered + d->skipped_self +
					     d->skipped_null;
		if (told) {
			d->recursion_misses = r->misses_now[p] - r->misses_seen[p];
			r->misses_seen[p] = r->misses_now[p];
		}
		r->written[p] += d->written;
		s->lost_before[p] = 0;
		now.hits = s->seen[p].hits + d->hits;
		s->seen[p] = now;
	}
}

static void drop_records(struct stage *s, uint32_t nr)
{
	if (nr)
		s->written_ns = s->records[nr - 1].time_ns;
	s->nr -= nr;
	memmove(s->records, s->records + nr, s->nr * sizeof(*s->records));
}

/* Writes the cpu's first @nr records as a block, also if they are none. */
static int flush_part(struct kmc_recorder *r, unsigned int cpu, uint32_t nr, bool told)
{
	struct stage *s = &r->stages[cpu];
	struct kmc_block_info info = { .cpu = cpu, .seq = s->seq, .nr_records = nr };
	int64_t ret;

	if (nr) {
		info.first_ns = s->records[0].time_ns;
		info.last_ns = s->records[nr - 1].time_ns;
	} else {
		info.first_ns = info.last_ns = trace_ns(r);
	}
	block_counts(r, cpu, nr, told, &info);
	ret = hide(r, s, nr);
	if (!ret)
		ret = kmc_trace_write_block(r->output.writer, &info, s->records);
	drop_records(s, nr);
	s->due_ns = monotonic_ns() + BLOCK_NS;
	if (ret < 0)
		return (int)ret;
	s->seq++;
	r->blocks++;
	return 0;
}

/* Writes all of the cpu's records. */
static int flush(struct kmc_recorder *r, unsigned int cpu)
{
	return flush_part(r, cpu, r->stages[cpu].nr, false);
}

/* Writes a block that is full or due, without what later misses may lie among. */
static int flush_due(struct kmc_recorder *r, unsigned int cpu)
{
	const struct stage *s = &r->stages[cpu];
	uint64_t safe_ns = r->missed ? r->missed_from_ns : UINT64_MAX;
	uint32_t nr;

	for (unsigned int p = 0; p < KMC_NR_PROBES; p++)
		if (r->look_ns[p] < safe_ns)
			safe_ns = r->look_ns[p];
	nr = kmc_records_before(s->records, s->nr, safe_ns);

	return flush_part(r, cpu, nr > s->nr / 2 ? nr : s->nr, false);
}

static bool counts_moved(const struct kmc_recorder *r, unsigned int cpu, const struct stage *s)
{
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++) {
		struct kmc_slot_count now = kmc_probes_count(&r->probes, cpu, p);

		if (now.hits != s->seen[p].hits || s->lost_before[p])
			return true;
	}
	return false;
}

/* losses */

/* Looks at the loss counters; what is new becomes a gap at the programs' lost_at. */
static void note_losses(struct kmc_recorder *r, unsigned int cpu, struct stage *s)
{
	struct gap *gap = NULL;

	for (unsigned int p = 0; p < KMC_NR_PROBES; p++) {
		uint64_t lost = kmc_probes_count(&r->probes, cpu, p).lost;

		if (lost == s->lost_seen[p])
			continue;
		if (!gap) {
			uint64_t at = __atomic_load_n(&s->ring.state->lost_at, __ATOMIC_ACQUIRE);

			gap = s->nr_gaps ? &s->gaps[s->nr_gaps - 1] : NULL;
			if (!gap || (gap->at != at && s->nr_gaps < MAX_GAPS)) {
				gap = &s->gaps[s->nr_gaps++];
				memset(gap, 0, sizeof(*gap));
			}
			/* a loss of nested events alone leaves lost_at behind */
			gap->at = at > s->ring.tail ? at : s->ring.tail;
		}
		gap->lost[p] += lost - s->lost_seen[p];
		s->lost_seen[p] = lost;
	}
}

/* At the place of a loss: ends the block, and the next one starts with what was lost. */
static int take_gap(struct kmc_recorder *r, unsigned int cpu, struct stage *s)
{
	int ret = s->nr ? flush(r, cpu) : 0;

	for (unsigned int p = 0; p < KMC_NR_PROBES; p++)
		s->lost_before[p] += s->gaps[0].lost[p];
	s->nr_gaps--;
	memmove(s->gaps, s->gaps + 1, s->nr_gaps * sizeof(*s->gaps));
	return ret;
}

/*
 * A cache first met by a program is to be known before its slots are read. The
 * program counts first and describes then, so one look at a new count may be
 * too early: some more follow.
 */
static void check_new_caches(struct kmc_recorder *r)
{
	uint32_t met = kmc_probes_caches_met(&r->probes);

	if (met != r->caches_met) {
		r->caches_met = met;
		r->caches_looks = 5;
	}
	if (r->caches_looks) {
		r->caches_looks--;
		learn_caches(r);
	}
}

/* Empties a cpu's ring as far as it is filled now. */
static int drain(struct kmc_recorder *r, unsigned int cpu, uint64_t now)
{
	struct stage *s = &r->stages[cpu];
	uint64_t fill = kmc_ring_fill(&s->ring), target = s->ring.tail + fill, until;
	size_t want, n;
	int ret = 0;

	check_new_caches(r);
	if (fill > r->fill_max)
		r->fill_max = fill;
	do {
		while (!ret && s->nr_gaps && s->gaps[0].at <= s->ring.tail)
			ret = take_gap(r, cpu, s);
		want = BLOCK_RECORDS - s->nr;
		if (want > CHUNK_RECORDS)
			want = CHUNK_RECORDS;
		until = s->nr_gaps && s->gaps[0].at < target ? s->gaps[0].at : target;
		n = kmc_ring_read(&s->ring, &r->context, until, now, s->records + s->nr, want);
		if (n && !s->nr)
			s->due_ns = now + BLOCK_NS;
		s->nr += (uint32_t)n;
		note_losses(r, cpu, s);
		kmc_ring_release(&s->ring);
		if (!ret && s->nr == BLOCK_RECORDS)
			ret = flush_due(r, cpu);
	} while (!ret && s->ring.tail < target);
	return ret;
}

/* At the end: what the interrupted programs left, and losses that no record followed. */
static int settle(struct kmc_recorder *r, unsigned int cpu, uint64_t now)
{
	struct stage *s = &r->stages[cpu];
	int ret = drain(r, cpu, now);

	if (!ret)
		ret = drain(r, cpu, now + 1); /* nested events wait for a second look */
	while (!ret && s->nr_gaps)
		ret = take_gap(r, cpu, s);
	return ret;
}

/* recursion misses */

/* Looks at a program's misses. What is new happened since just before the last look. */
static void look(struct kmc_recorder *r, unsigned int p)
{
	uint64_t from = r->look_ns[p];

	/* times of this clock may be off by a tick either way */
	if (r->options.clock_coarse)
		from -= from < COARSE_NS ? from : COARSE_NS;
	r->look_ns[p] = trace_ns(r);
	r->misses_now[p] = kmc_probes_misses(&r->probes, p);
	if (r->misses_now[p] == r->misses_seen[p])
		return;
	if (!r->missed || from < r->missed_from_ns)
		r->missed_from_ns = from;
	r->missed = true;
	r->missed_to_ns = trace_ns(r);
}

static void read_misses(struct kmc_recorder *r, uint64_t now)
{
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++)
		look(r, p);
	r->misses_due_ns = now + MISSES_NS;
}

/* Programs that have missed miss again: a look each turn keeps their gaps narrow. */
static void read_known_misses(struct kmc_recorder *r)
{
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++)
		if (r->misses_now[p])
			look(r, p);
}

/* A look is due: by time, or since a block is to be written that ends with it. */
static bool look_due(const struct kmc_recorder *r, uint64_t now)
{
	if (now >= r->misses_due_ns)
		return true;
	for (unsigned int cpu = 0; cpu < r->probes.nr_rings; cpu++)
		if (r->stages[cpu].nr && now >= r->stages[cpu].due_ns)
			return true;
	return false;
}

/* The rings have been emptied since the look: the records of the time are all there. */
static int tell_misses(struct kmc_recorder *r)
{
	struct kmc_miss_place best = { 0 };
	unsigned int best_cpu = 0;
	int ret = 0;

	if (!r->missed)
		return 0;
	for (unsigned int cpu = 0; cpu < r->probes.nr_rings; cpu++) {
		const struct stage *s = &r->stages[cpu];
		struct kmc_miss_place place =
			kmc_miss_place_find(s->records, s->nr, s->written_ns, r->missed_from_ns,
					    r->missed_to_ns);

		if (cpu && !kmc_miss_place_better(&place, &best))
			continue;
		best = place;
		best_cpu = cpu;
	}
	r->missed = false;
	if (best.before)
		ret = flush_part(r, best_cpu, best.before, false);
	return ret ? ret : flush_part(r, best_cpu, best.within, true);
}

static int flush_all(struct kmc_recorder *r)
{
	int ret = 0;

	for (unsigned int cpu = 0; cpu < r->probes.nr_rings && !ret; cpu++)
		if (r->stages[cpu].nr || counts_moved(r, cpu, &r->stages[cpu]))
			ret = flush(r, cpu);
	return ret;
}

static int end_file(struct kmc_recorder *r)
{
	int ret = tell_misses(r), end;

	if (!ret)
		ret = flush_all(r);
	if (!ret)
		ret = append_facts(r);
	end = kmc_output_end(&r->output);
	return ret ? ret : end;
}

static int rotate(struct kmc_recorder *r)
{
	int ret;

	read_misses(r, monotonic_ns()); /* so far they are of this file */
	ret = end_file(r);
	if (!ret)
		ret = kmc_output_next(&r->output);
	for (unsigned int cpu = 0; cpu < r->probes.nr_rings; cpu++)
		r->stages[cpu].seq = 0;
	return ret ? ret : begin_file(r);
}

static bool rotation_due(const struct kmc_recorder *r, uint64_t now)
{
	return (r->options.rotate_bytes &&
		kmc_trace_bytes(r->output.writer) >= r->options.rotate_bytes) ||
	       (r->options.rotate_ns && now >= r->rotate_due_ns);
}

/*
 * On and off. A witness is asked before and after, cpu by cpu, so that what it counted
 * lies between two numbers; so do the misses, which are counted whether on or off.
 */
static int switch_programs(struct kmc_recorder *r, bool on)
{
	int ret = 0;

	if (!r->options.witness) {
		kmc_probes_enable(&r->probes, on);
		return 0;
	}
	if (on)
		kmc_probes_misses_reset(&r->probes);
	else
		kmc_witness_misses(&r->witness, &r->probes, false);
	for (unsigned int cpu = 0; cpu < r->probes.nr_cpus; cpu++) {
		int before = kmc_witness_count(&r->witness, cpu, on, !on);
		int after;

		kmc_probes_enable_cpu(&r->probes, cpu, on);
		after = kmc_witness_count(&r->witness, cpu, on, on);
		if (!ret)
			ret = before ? before : after;
	}
	if (on)
		kmc_witness_misses(&r->witness, &r->probes, true);
	return ret;
}

static void take_testimony(struct kmc_recorder *r)
{
	if (!r->options.witness)
		return;
	snprintf(r->facts.witness, sizeof(r->facts.witness), "perf");
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++) {
		uint64_t hits = 0;

		for (unsigned int cpu = 0; cpu < r->probes.nr_rings; cpu++)
			hits += kmc_probes_count(&r->probes, cpu, p).hits;
		r->facts.witnessed[p] = kmc_witness_says(&r->witness, p, hits, r->misses_now[p]);
	}
}

int kmc_recorder_start(struct kmc_recorder *r)
{
	uint64_t now;
	int ret;

	r->context.start_ns = monotonic_ns();
	ret = begin_file(r);
	if (ret)
		return ret;
	now = monotonic_ns();
	for (unsigned int cpu = 0; cpu < r->probes.nr_rings; cpu++)
		r->stages[cpu].ring.near_ns = r->stages[cpu].ring.poll_ns = now;
	r->facts_wait_ns = FACTS_FIRST_NS;
	r->facts_due_ns = now + r->facts_wait_ns;
	return switch_programs(r, true);
}

/* A first facts block early, then ever more rarely: they cost some ten KiB each. */
static int facts_due(struct kmc_recorder *r, uint64_t now)
{
	if (now < r->facts_due_ns)
		return 0;
	r->facts_wait_ns *= 3;
	r->facts_due_ns = now + r->facts_wait_ns;
	return append_facts(r);
}

int kmc_recorder_poll(struct kmc_recorder *r)
{
	uint64_t now = monotonic_ns();
	int ret = 0;

	if (look_due(r, now))
		read_misses(r, now);
	else
		read_known_misses(r);
	for (unsigned int cpu = 0; cpu < r->probes.nr_rings && !ret; cpu++) {
		struct stage *s = &r->stages[cpu];

		ret = drain(r, cpu, now);
		if (!ret && s->nr && now >= s->due_ns)
			ret = flush_due(r, cpu);
	}
	if (!ret)
		ret = tell_misses(r);
	if (!ret && rotation_due(r, now))
		return rotate(r);
	return ret ? ret : facts_due(r, now);
}

/* Events of cpus that came online later have no ring: counted, all lost. */
static int flush_offline(struct kmc_recorder *r)
{
	int64_t ret = 0;

	for (unsigned int cpu = r->probes.nr_rings; cpu < r->probes.nr_cpus && ret >= 0; cpu++) {
		struct kmc_block_info info = { .cpu = cpu };
		uint64_t hits = 0;

		for (unsigned int p = 0; p < KMC_NR_PROBES; p++) {
			struct kmc_slot_count c = kmc_probes_count(&r->probes, cpu, p);

			info.delta[p] = (struct kmc_probe_count){
				.hits = c.hits, .lost = c.lost, .filtered = c.filtered,
				.skipped_self = c.skipped_self, .skipped_null = c.skipped_null,
			};
			hits += c.hits;
		}
		info.first_ns = info.last_ns = monotonic_ns() - r->context.start_ns;
		if (hits)
			ret = kmc_trace_write_block(r->output.writer, &info, NULL);
	}
	return ret < 0 ? (int)ret : 0;
}

/* hits = written + lost + filtered + skipped, per probe, over all cpus. */
static bool accounts_close(struct kmc_recorder *r)
{
	struct kmc_recorder_stats stats;

	kmc_recorder_stats(r, &stats);
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++) {
		const struct kmc_probe_count *c = &stats.count[p];

		if (c->hits != c->written + c->lost + c->filtered + c->skipped_self +
				       c->skipped_null)
			return false;
	}
	return true;
}

int kmc_recorder_stop(struct kmc_recorder *r, bool failed)
{
	uint64_t now;
	int ret = 0;

	ret = switch_programs(r, false);
	read_misses(r, monotonic_ns()); /* later ones are not of this recording */
	kmc_probes_detach(&r->probes);
	usleep(20000); /* programs that had begun have ended */
	now = monotonic_ns();
	take_testimony(r);
	if (failed) {
		kmc_output_end(&r->output);
		return 0;
	}
	for (unsigned int cpu = 0; cpu < r->probes.nr_rings && !ret; cpu++)
		ret = settle(r, cpu, now);
	if (!ret)
		ret = tell_misses(r);
	r->ended = true;
	if (!ret)
		ret = flush_all(r);
	if (!ret)
		ret = flush_offline(r);
	if (!ret)
		ret = end_file(r);
	else
		kmc_output_end(&r->output);
	if (!ret && !accounts_close(r))
		ret = -EPROTO;
	return ret;
}

void kmc_recorder_stats(struct kmc_recorder *r, struct kmc_recorder_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++) {
		struct kmc_probe_count *t = &stats->count[p];

		t->written = r->written[p];
		t->recursion_misses = r->misses_now[p];
		for (unsigned int cpu = 0; cpu < r->probes.nr_cpus; cpu++) {
			struct kmc_slot_count c = kmc_probes_count(&r->probes, cpu, p);

			t->hits += c.hits;
			t->lost += c.lost;
			t->filtered += c.filtered;
			t->skipped_self += c.skipped_self;
			t->skipped_null += c.skipped_null;
		}
		stats->lost += t->lost;
		stats->events += t->written;
	}
	for (unsigned int cpu = 0; cpu < r->probes.nr_rings; cpu++) {
		stats->events += r->stages[cpu].nr;
		stats->nested += r->stages[cpu].ring.nest_tail;
	}
	stats->bytes = kmc_output_bytes(&r->output);
	stats->blocks = r->blocks;
	stats->files = r->files;
	stats->ring_fill_max = r->fill_max;
}

const struct kmc_trace_facts *kmc_recorder_facts(const struct kmc_recorder *r)
{
	return &r->facts;
}

struct kmc_probes *kmc_recorder_probes(struct kmc_recorder *r)
{
	return &r->probes;
}

const char *kmc_recorder_file(const struct kmc_recorder *r)
{
	return r->output.name;
}

void kmc_recorder_close(struct kmc_recorder *r)
{
	if (!r)
		return;
	for (unsigned int cpu = 0; r->stages && cpu < r->probes.nr_rings; cpu++) {
		free(r->stages[cpu].records);
		free(r->stages[cpu].gaps);
	}
	free(r->stages);
	kmc_witness_close(&r->witness);
	kmc_probes_close(&r->probes);
	kmc_output_end(&r->output);
	kmc_output_close(&r->output);
	kmc_redaction_destroy(r->redaction);
	kmc_sites_free(&r->sites);
	kmc_ksyms_free(&r->ksyms);
	r->facts.caches = NULL; /* the table's */
	r->facts.nr_caches = 0;
	kmc_trace_facts_free(&r->facts);
	kmc_cache_table_free(&r->caches);
	btf__free(r->btf);
	free(r);
}
