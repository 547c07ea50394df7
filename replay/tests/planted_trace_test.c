/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Faults planted in a copy of a real recording. The recording itself is
 * silent; each kind of fault, put where the trace shows what the rule needs
 * (for faults of a slab page: the page's allocation, and nothing lost since),
 * is found and named by its rule.
 *
 *   planted_trace_test TRACE.kmt
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "oracle/judge.h"
#include "trace/trace.h"

#define PAGE_BITS 12
#define TRIALS    24  /* places tried for each kind of fault */
#define NR_FRAMES (1u << 24)

static struct kmc_trace *trace;
static const struct kmc_trace_facts *facts;
static struct kmc_record *records;
static uint16_t *cpus;
static uint64_t *gap_before; /* events lost just before a record */
static size_t nr_records;
static uint8_t *page_seen;   /* by frame: its allocation was recorded, and no free since */

struct fault {
	const char *what, *rule;
	uint32_t edition;       /* 0: the kernel's own */
	bool needs_page;        /* the page's life must have been seen */
	uint8_t probe;
	bool (*fits)(const struct kmc_record *r);
	void (*plant)(struct kmc_record *r);
};

static uint64_t frame_of(uint64_t addr)
{
	uint64_t frame = (addr - facts->machine.direct_map) >> PAGE_BITS;

	return frame < NR_FRAMES ? frame : 0;
}

static const struct kmc_cache_desc *cache_of(const struct kmc_record *r)
{
	return r->cache < facts->nr_caches ? &facts->caches[r->cache] : NULL;
}

static bool is_pow2_class(const struct kmc_record *r)
{
	return r->size >= 64 && r->size <= 4096 && !(r->size & (r->size - 1)) && r->addr > 16;
}

static bool is_small(const struct kmc_record *r)
{
	return r->size >= 16 && r->size <= 4096 && r->addr > 16;
}

/* Objects that no alignment rule would name instead: aligned to a word only. */
static bool is_word_aligned(const struct kmc_record *r)
{
	const struct kmc_cache_desc *cache = cache_of(r);

	return cache && cache->align == 8 && cache->size >= 32 && r->addr > 16;
}

static bool is_cache_object(const struct kmc_record *r)
{
	return cache_of(r) && r->addr > 16;
}

static void misalign(struct kmc_record *r)
{
	r->addr += r->size / 2;
}

static void grant_less(struct kmc_record *r)
{
	r->granted = r->size - 8;
}

static void off_stride(struct kmc_record *r)
{
	r->addr += 8;
}

/* Another cache of no greater alignment and object size. */
static void other_cache(struct kmc_record *r)
{
	for (uint16_t i = 0; i < facts->nr_caches; i++)
		if (i != r->cache && facts->caches[i].align == 8 && !facts->caches[i].kmalloc &&
		    facts->caches[i].object_size == facts->caches[r->cache].object_size - 8) {
			r->cache = i;
			return;
		}
	for (uint16_t i = 0; i < facts->nr_caches; i++)
		if (i != r->cache && facts->caches[i].align == 8 && !facts->caches[i].kmalloc) {
			r->cache = i;
			return;
		}
}

static void into_the_middle(struct kmc_record *r)
{
	r->addr += 8;
}

static void by_kfree(struct kmc_record *r)
{
	r->probe = KMC_PROBE_KFREE;
	r->cache = KMC_RECORD_NO_CACHE;
}

static const struct fault faults[] = {
	{ "misaligned power of two", "ALIGN-2", 0, false, KMC_PROBE_KMALLOC, is_pow2_class,
	  misalign },
	{ "granted < requested", "KM-1", 0, false, KMC_PROBE_KMALLOC, is_small, grant_less },
	{ "off the page's stride", "KC-41", 0, true, KMC_PROBE_CACHE_ALLOC, is_word_aligned,
	  off_stride },
	{ "a second cache in the page", "KC-41", 0, true, KMC_PROBE_CACHE_ALLOC,
	  is_word_aligned, other_cache },
	{ "free into the middle", "FR-11", 0, true, KMC_PROBE_CACHE_FREE, is_cache_object,
	  into_the_middle },
	{ "kfree of a cache object before 6.4", "FR-6", KMC_RELEASE(6, 3, 0), true,
	  KMC_PROBE_CACHE_FREE, is_cache_object, by_kfree },
};

static int judge_all(const struct fault *fault, size_t planted, struct kmc_judge **judge)
{
	struct kmc_subject subject = { .name = "recording", .machine = facts->machine,
				       .bare = true };
	struct kmc_event ev;

	subject.edition = fault && fault->edition ? fault->edition : facts->machine.release;
	subject.shows = KMC_SHOWS_ADDRESS | KMC_SHOWS_SIZE | KMC_SHOWS_GRANTED | KMC_SHOWS_GFP |
			KMC_SHOWS_CACHES | KMC_SHOWS_PAGES;
	assert_int_equal(kmc_judge_create(&subject, judge), 0);
	for (size_t i = 0; i < facts->nr_caches; i++)
		assert_int_equal(kmc_judge_cache(*judge, &facts->caches[i]), 0);
	for (size_t i = 0; i < nr_records; i++) {
		struct kmc_record r = records[i];

		if (gap_before[i]) {
			kmc_event_init(&ev);
			ev.kind = KMC_EV_GAP;
			ev.cpu = cpus[i];
			ev.arg = gap_before[i];
			assert_true(kmc_judge_event(*judge, &ev) >= 0);
		}
		if (i == planted)
			fault->plant(&r);
		kmc_record_to_event(facts, &r, cpus[i], &ev);
		ev.seq = i + 1;
		assert_true(kmc_judge_event(*judge, &ev) >= 0);
	}
	return kmc_judge_finish(*judge);
}

static uint64_t violations(struct kmc_judge *judge, const char *only)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < kmc_judge_finding_count(judge); i++) {
		const struct kmc_finding *f = kmc_judge_finding(judge, i);
		const struct kmc_rule *rule = kmc_rule_at((size_t)f->rule);

		if (!only || !strcmp(rule->id, only))
			sum += f->occurrences;
		if (!only)
			print_message("%s: %s / %s / %s\n", rule->id, f->let, f->then, f->but);
	}
	return sum;
}

static void test_recording_is_silent(void **state)
{
	struct kmc_judge *judge;

	(void)state;
	judge_all(NULL, nr_records, &judge);
	assert_int_equal(violations(judge, NULL), 0);
	kmc_judge_destroy(judge);
}

/* Page lives as far as they were seen up to record @i; a loss ends all certainty. */
static void follow_pages(size_t i)
{
	const struct kmc_record *r = &records[i];

	if (gap_before[i])
		memset(page_seen, 0, NR_FRAMES);
	if ((r->probe == KMC_PROBE_PAGE_ALLOC || r->probe == KMC_PROBE_PAGE_FREE) &&
	    r->addr < NR_FRAMES - 1024)
		memset(page_seen + r->addr, r->probe == KMC_PROBE_PAGE_ALLOC, 1u << r->order);
}

/* The page was seen, and an object of the same cache in the same frame before. */
static bool page_is_known(size_t i)
{
	uint64_t frame = frame_of(records[i].addr);

	return frame && page_seen[frame] > 1;
}

static void note_object(size_t i)
{
	uint64_t frame = frame_of(records[i].addr);

	if (records[i].probe == KMC_PROBE_CACHE_ALLOC && frame && page_seen[frame] &&
	    page_seen[frame] < 255)
		page_seen[frame]++;
}

static bool is_found(const struct fault *fault, size_t at)
{
	struct kmc_judge *judge;
	uint64_t found;

	judge_all(fault, at, &judge);
	found = violations(judge, fault->rule);
	kmc_judge_destroy(judge);
	return found > 0;
}

static void test_planted_faults_are_named(void **state)
{
	(void)state;
	for (size_t f = 0; f < sizeof(faults) / sizeof(faults[0]); f++) {
		const struct fault *fault = &faults[f];
		unsigned int tried = 0, found = 0, next = 0;

		memset(page_seen, 0, NR_FRAMES);
		for (size_t i = 0; i < nr_records && tried < TRIALS; i++) {
			bool fits = records[i].probe == fault->probe && fault->fits(&records[i]) &&
				    (!fault->needs_page || page_is_known(i));

			follow_pages(i);
			note_object(i);
			if (!fits || next++ % 16)
				continue; /* spread over the recording */
			tried++;
			found += is_found(fault, i);
		}
		print_message("%-36s %s: %u of %u\n", fault->what, fault->rule, found, tried);
		assert_true(tried > 0);
		assert_int_equal(found, tried);
	}
}

static int read_records(const char *path)
{
	char error[256];
	struct kmc_trace_cursor *cursor;
	uint64_t gap;
	size_t max = 0;
	int n;

	if (kmc_trace_open(path, &trace, error, sizeof(error))) {
		fprintf(stderr, "%s\n", error);
		return -1;
	}
	facts = kmc_trace_facts(trace);
	for (size_t i = 0; i < kmc_trace_nr_blocks(trace); i++)
		max += kmc_trace_block(trace, i)->nr_records;
	records = calloc(max + 1024, sizeof(*records));
	cpus = calloc(max + 1024, sizeof(*cpus));
	gap_before = calloc(max + 1024, sizeof(*gap_before));
	page_seen = calloc(NR_FRAMES, 1);
	if (!records || !cpus || !gap_before || !page_seen ||
	    kmc_trace_cursor_open(trace, &cursor))
		return -1;
	while ((n = kmc_trace_cursor_next(cursor, records + nr_records, cpus + nr_records, 1024,
					  &gap)) > 0) {
		gap_before[nr_records] = gap;
		nr_records += (size_t)n;
	}
	kmc_trace_cursor_close(cursor);
	return n;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_recording_is_silent),
		cmocka_unit_test(test_planted_faults_are_named),
	};
	int failed;

	if (argc != 2 || read_records(argv[1]))
		return 2;
	print_message("%zu records\n", nr_records);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	free(records);
	free(cpus);
	free(gap_before);
	free(page_seen);
	kmc_trace_close(trace);
	return failed;
}
