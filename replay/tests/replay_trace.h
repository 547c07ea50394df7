/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A trace made by hand: records of up to four cpus, written by the trace
 * writer into a file that vanishes with the test. Included by the tests of
 * replay only.
 */
#ifndef REPLAY_TESTS_REPLAY_TRACE_H
#define REPLAY_TESTS_REPLAY_TRACE_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "trace/trace.h"

#define DIRECT_MAP 0xffff888000000000ull
#define MADE_CPUS 4
#define MADE_MAX 4096

struct made {
	struct kmc_trace_facts facts;
	struct kmc_cache_desc caches[4];
	struct kmc_record records[MADE_CPUS][MADE_MAX];
	size_t nr[MADE_CPUS];
	uint64_t now;
	char path[64];
	struct kmc_trace *trace;
};

static inline void made_init(struct made *made)
{
	memset(made, 0, sizeof(*made));
	kmc_trace_facts_init(&made->facts);
	snprintf(made->facts.release, sizeof(made->facts.release), "6.18.44-made");
	snprintf(made->facts.clock, sizeof(made->facts.clock), "monotonic");
	kmc_machine_simple(&made->facts.machine, 2, 256ull << 20);
	made->facts.machine.release = KMC_RELEASE(6, 18, 44);
	made->facts.machine.profile = 0;
	made->facts.machine.direct_map = DIRECT_MAP;
	made->facts.gfp = *kmc_gfp_table_of(KMC_RELEASE(6, 18, 44));
	for (int i = 0; i < KMC_NR_PROBES; i++)
		made->facts.probe_state[i] = KMC_PROBE_ATTACHED;
	made->caches[0] = (struct kmc_cache_desc){ .id = 0, .name = "first", .object_size = 192,
						   .size = 192, .align = 8, .objects = 21,
						   .inuse = 192, .offset = 96 };
	made->caches[1] = (struct kmc_cache_desc){ .id = 1, .name = "second", .object_size = 320,
						   .size = 320, .align = 64, .order = 0,
						   .objects = 12, .inuse = 320, .offset = 160,
						   .flags = KMC_CF_HWCACHE_ALIGN };
	made->facts.caches = made->caches;
	made->facts.nr_caches = 2;
}

#define GFP_KERNEL_618 0xcc0u

static inline struct kmc_record *add(struct made *made, unsigned int cpu, unsigned int probe,
				     uint64_t addr)
{
	struct kmc_record *record = &made->records[cpu][made->nr[cpu]++];

	assert_true(made->nr[cpu] < MADE_MAX);
	*record = (struct kmc_record){ .time_ns = made->now += 100, .addr = addr,
				       .probe = (uint8_t)probe, .cache = KMC_RECORD_NO_CACHE,
				       .node = KMC_NODE_NONE, .tid = 100 + cpu };
	return record;
}

static inline struct kmc_record *add_kmalloc(struct made *made, unsigned int cpu, uint64_t addr,
					     uint64_t size, uint64_t granted)
{
	struct kmc_record *record = add(made, cpu, KMC_PROBE_KMALLOC, addr);

	record->size = size;
	record->granted = granted;
	record->gfp = GFP_KERNEL_618;
	record->site = 0xffffffff81000000ull;
	if (!addr)
		record->flags = KMC_RF_FAILED;
	return record;
}

static inline struct kmc_record *add_cache(struct made *made, unsigned int cpu,
					   unsigned int probe, uint64_t addr, uint16_t cache)
{
	struct kmc_record *record = add(made, cpu, probe, addr);

	record->cache = cache;
	if (probe == KMC_PROBE_CACHE_ALLOC)
		record->gfp = GFP_KERNEL_618;
	return record;
}

static inline struct kmc_record *add_page(struct made *made, unsigned int cpu, unsigned int probe,
					  uint64_t pfn, unsigned int order)
{
	struct kmc_record *record = add(made, cpu, probe, pfn);

	record->order = (uint8_t)order;
	if (probe == KMC_PROBE_PAGE_ALLOC)
		record->gfp = GFP_KERNEL_618;
	return record;
}

static inline void write_blocks(struct made *made, struct kmc_trace_writer *writer)
{
	for (unsigned int cpu = 0; cpu < MADE_CPUS; cpu++) {
		struct kmc_block_info info = { .cpu = cpu, .nr_records = made->nr[cpu] };

		if (!made->nr[cpu])
			continue;
		info.first_ns = made->records[cpu][0].time_ns;
		info.last_ns = made->records[cpu][made->nr[cpu] - 1].time_ns;
		for (size_t i = 0; i < made->nr[cpu]; i++) {
			info.delta[made->records[cpu][i].probe].hits++;
			info.delta[made->records[cpu][i].probe].written++;
		}
		assert_true(kmc_trace_write_block(writer, &info, made->records[cpu]) > 0);
	}
}

static inline void made_write(struct made *made)
{
	struct kmc_trace_writer *writer;
	int fd;

	snprintf(made->path, sizeof(made->path), "replay-test-XXXXXX");
	fd = mkstemp(made->path);
	assert_true(fd >= 0);
	assert_int_equal(kmc_trace_create(fd, &made->facts, 0, &writer), 0);
	write_blocks(made, writer);
	assert_int_equal(kmc_trace_finish(writer), 0);
	close(fd);
}

/* Write it and open it again; the file has no name from then on. */
static inline struct kmc_trace *made_open(struct made *made)
{
	char error[256] = "";

	made_write(made);
	if (kmc_trace_open(made->path, &made->trace, error, sizeof(error)))
		fail_msg("%s", error);
	unlink(made->path);
	return made->trace;
}

static inline void made_close(struct made *made)
{
	kmc_trace_close(made->trace);
}

#endif
