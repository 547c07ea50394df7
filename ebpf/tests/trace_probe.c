// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Looks into a recorded trace for the shell tests: every block is decoded and
 * its order checked, the accounting is summed, kmallocs of a size are counted.
 *
 *   trace_probe FILE [--cut] [--size N --tid T]
 *
 * Prints one "key value" line each; exit status 0 when all holds, 1 when not,
 * 2 when the file cannot be read. --cut: the recorder was killed, so no end
 * mark is asked for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "trace/trace.h"

static int bad;

#define CHECK(condition, ...)                          \
	do {                                           \
		if (!(condition)) {                    \
			printf("FAILED " __VA_ARGS__); \
			putchar('\n');                 \
			bad = 1;                       \
		}                                      \
	} while (0)

struct search {
	uint64_t size, tid, allocs, frees, live[64];
	unsigned int nr_live;
};

static void search_record(struct search *s, const struct kmc_record *r)
{
	if (r->tid != s->tid)
		return;
	if (r->probe == KMC_PROBE_KMALLOC && r->size == s->size) {
		s->allocs++;
		if (s->nr_live < 64)
			s->live[s->nr_live++] = r->addr;
	}
	for (unsigned int i = 0; r->probe == KMC_PROBE_KFREE && i < s->nr_live; i++) {
		if (s->live[i] != r->addr)
			continue;
		s->frees++;
		s->live[i] = s->live[--s->nr_live];
		break;
	}
}

static uint64_t check_records(struct kmc_trace *trace, struct search *search)
{
	uint64_t *last = calloc(65536, sizeof(*last)), total = 0;
	struct kmc_record *records = calloc(KMC_TRACE_BLOCK_RECORDS_MAX, sizeof(*records));
	const struct kmc_trace_facts *facts = kmc_trace_facts(trace);
	uint64_t unnamed = 0;

	for (size_t b = 0; b < kmc_trace_nr_blocks(trace); b++) {
		const struct kmc_block_info *info = kmc_trace_block(trace, b);

		CHECK(!kmc_trace_block_read(trace, b, records), "block %zu does not decode", b);
		for (uint64_t i = 0; i < info->nr_records; i++) {
			CHECK(records[i].time_ns >= last[info->cpu],
			      "cpu %u goes back in time in block %zu", info->cpu, b);
			last[info->cpu] = records[i].time_ns;
			if ((records[i].probe == KMC_PROBE_CACHE_ALLOC ||
			     records[i].probe == KMC_PROBE_CACHE_FREE) &&
			    records[i].cache >= facts->nr_caches)
				unnamed++;
			search_record(search, &records[i]);
		}
		total += info->nr_records;
	}
	printf("unnamed_cache_events %llu\n", (unsigned long long)unnamed);
	free(records);
	free(last);
	return total;
}

/* They close in a cut file as well: a block tells the hits whose outcome it holds. */
static void check_accounts(const struct kmc_trace *trace)
{
	struct kmc_probe_count total[KMC_NR_PROBES];

	kmc_trace_totals(trace, total);
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++) {
		const struct kmc_probe_count *c = &total[p];
		uint64_t sum = c->written + c->lost + c->filtered + c->skipped_self +
			       c->skipped_null;

		printf("%s state %u hits %llu written %llu lost %llu filtered %llu self %llu "
		       "null %llu misses %llu\n",
		       kmc_probe_name(p), kmc_trace_facts(trace)->probe_state[p],
		       (unsigned long long)c->hits, (unsigned long long)c->written,
		       (unsigned long long)c->lost, (unsigned long long)c->filtered,
		       (unsigned long long)c->skipped_self, (unsigned long long)c->skipped_null,
		       (unsigned long long)c->recursion_misses);
		CHECK(c->hits == sum, "%s: %llu hits, %llu accounted", kmc_probe_name(p),
			      (unsigned long long)c->hits, (unsigned long long)sum);
	}
}

/* Recursion misses are told by blocks of a short time each. */
static void print_misses(const struct kmc_trace *trace)
{
	uint64_t blocks = 0, span = 0;

	for (size_t b = 0; b < kmc_trace_nr_blocks(trace); b++) {
		const struct kmc_block_info *info = kmc_trace_block(trace, b);
		uint64_t misses = 0;

		for (unsigned int p = 0; p < KMC_NR_PROBES; p++)
			misses += info->delta[p].recursion_misses;
		blocks += misses != 0;
		span += misses ? info->last_ns - info->first_ns : 0;
	}
	printf("miss_blocks %llu\nmiss_block_mean_us %llu\n", (unsigned long long)blocks,
	       (unsigned long long)(blocks ? span / blocks / 1000 : 0));
}

static void print_facts(const struct kmc_trace_facts *f)
{
	const struct kmc_machine *m = &f->machine;

	printf("release %s arch %s clock %s gfp %s caches %zu from %s symbols %zu redacted %d "
	       "filter \"%s\"\n",
	       f->release, f->arch, f->clock, f->gfp_source, f->nr_caches, f->cache_source,
	       f->nr_symbols, f->redacted, f->filter);
	printf("machine page_shift %u max_order %u cpus %u nodes %u zones %u options 0x%x "
	       "minalign %u max_cache %u max_size %llu direct_map 0x%llx vmalloc 0x%llx-0x%llx\n",
	       m->page_shift, m->max_order, m->nr_cpus, m->nr_nodes, m->nr_zones, m->options,
	       m->kmalloc_minalign, m->kmalloc_max_cache, (unsigned long long)m->kmalloc_max_size,
	       (unsigned long long)m->direct_map, (unsigned long long)m->vmalloc_start,
	       (unsigned long long)m->vmalloc_end);
	printf("witness %s\n", *f->witness ? f->witness : "none");
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++)
		printf("witnessed %s fired %llu unseen %llu %llu\n", kmc_probe_name(p),
		       (unsigned long long)f->witnessed[p].fired,
		       (unsigned long long)f->witnessed[p].unseen_least,
		       (unsigned long long)f->witnessed[p].unseen_most);
	CHECK(!kmc_machine_check(m), "machine: %s", kmc_machine_check(m));
}

int main(int argc, char **argv)
{
	struct search search = { 0 };
	const struct kmc_trace_damage *damage;
	struct kmc_trace *trace;
	char error[256];
	int cut = 0;

	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "--cut"))
			cut = 1;
		else if (!strcmp(argv[i], "--size") && i + 1 < argc)
			search.size = strtoull(argv[++i], NULL, 0);
		else if (!strcmp(argv[i], "--tid") && i + 1 < argc)
			search.tid = strtoull(argv[++i], NULL, 0);
	}
	if (argc < 2 || kmc_trace_open(argv[1], &trace, error, sizeof(error))) {
		fprintf(stderr, "trace_probe: %s\n", argc < 2 ? "which file?" : error);
		return 2;
	}
	damage = kmc_trace_damage(trace);
	CHECK(!damage->blocks_bad && !damage->blocks_missing, "damaged blocks");
	CHECK(cut || (!damage->cut && !damage->tail_partial), "no end mark");
	print_facts(kmc_trace_facts(trace));
	printf("records %llu\n", (unsigned long long)check_records(trace, &search));
	printf("blocks %zu\n", kmc_trace_nr_blocks(trace));
	check_accounts(trace);
	print_misses(trace);
	printf("sentinel_allocs %llu\nsentinel_frees %llu\n", (unsigned long long)search.allocs,
	       (unsigned long long)search.frees);
	kmc_trace_close(trace);
	return bad;
}
