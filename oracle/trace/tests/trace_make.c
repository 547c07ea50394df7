// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Writes a made-up trace for the script tests: trace_make FILE [KEY=VALUE...]
 * with seed, records (of a block), blocks (of a cpu), cpu (only this one),
 * start (realtime, ns), release, direct_map, lost (before each second block),
 * skew (added to kmalloc's hits: accounting that does not add up), witness
 * (one saw 1000 frees fire, of which so many were unseen).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "trace_sample.h"

struct wishes {
	uint64_t seed, records, blocks, lost, skew;
	int64_t cpu;
};

static uint64_t number(const char *text)
{
	return strtoull(text, NULL, 0);
}

static void call_witness(struct kmc_trace_facts *facts, uint64_t unseen)
{
	strcpy(facts->witness, "perf");
	facts->witnessed[KMC_PROBE_KFREE] =
		(struct kmc_witness_count){ 1000, unseen, unseen + 2 };
}

static int take_wish(struct wishes *w, struct kmc_trace_facts *facts, const char *arg)
{
	const char *value = strchr(arg, '=');
	size_t len = value ? (size_t)(value - arg) : 0;

	if (!value++)
		return -EINVAL;
	if (!strncmp(arg, "seed", len))
		w->seed = number(value);
	else if (!strncmp(arg, "records", len))
		w->records = number(value);
	else if (!strncmp(arg, "blocks", len))
		w->blocks = number(value);
	else if (!strncmp(arg, "cpu", len))
		w->cpu = (int64_t)number(value);
	else if (!strncmp(arg, "start", len))
		facts->start_realtime_ns = number(value);
	else if (!strncmp(arg, "direct_map", len))
		facts->machine.direct_map = number(value);
	else if (!strncmp(arg, "release", len))
		snprintf(facts->release, sizeof(facts->release), "%s", value);
	else if (!strncmp(arg, "lost", len))
		w->lost = number(value);
	else if (!strncmp(arg, "skew", len))
		w->skew = number(value);
	else if (!strncmp(arg, "witness", len))
		call_witness(facts, number(value));
	else
		return -EINVAL;
	return 0;
}

static int64_t write_block(struct kmc_trace_writer *writer, const struct wishes *w, uint32_t cpu,
			   uint64_t seq, const struct kmc_record *records)
{
	struct kmc_block_info info = kmc_sample_info(cpu, seq, records, w->records);

	if (seq % 2) {
		info.delta[KMC_PROBE_KFREE].lost = w->lost;
		info.delta[KMC_PROBE_KFREE].hits += w->lost;
	}
	info.delta[KMC_PROBE_KMALLOC].hits += w->skew;
	return kmc_trace_write_block(writer, &info, records);
}

static int64_t write_trace(int fd, const struct kmc_trace_facts *facts, struct wishes *w)
{
	struct kmc_trace_writer *writer;
	struct kmc_record *records[KMC_SAMPLE_CPUS];
	int64_t ret = kmc_trace_create(fd, facts, 0, &writer);

	for (uint32_t cpu = 0; cpu < KMC_SAMPLE_CPUS; cpu++) {
		records[cpu] = calloc(w->records * w->blocks + 1, sizeof(struct kmc_record));
		if (!records[cpu])
			return -ENOMEM;
		kmc_sample_plausible(&w->seed, records[cpu], w->records * w->blocks, cpu);
	}
	for (uint64_t seq = 0; ret >= 0 && seq < w->blocks; seq++)
		for (uint32_t cpu = 0; ret >= 0 && cpu < KMC_SAMPLE_CPUS; cpu++)
			if (w->cpu < 0 || w->cpu == cpu)
				ret = write_block(writer, w, cpu, seq,
						  records[cpu] + seq * w->records);
	for (uint32_t cpu = 0; cpu < KMC_SAMPLE_CPUS; cpu++)
		free(records[cpu]);
	return ret < 0 ? ret : kmc_trace_finish(writer);
}

int main(int argc, char **argv)
{
	struct wishes w = { .seed = 1, .records = 200, .blocks = 3, .cpu = -1 };
	struct kmc_trace_facts facts;
	int fd, ret = argc < 2 ? -EINVAL : 0;

	kmc_sample_facts(&facts);
	for (int i = 2; i < argc && !ret; i++)
		ret = take_wish(&w, &facts, argv[i]);
	fd = ret ? -1 : open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return 2;
	ret = (int)write_trace(fd, &facts, &w);
	close(fd);
	kmc_trace_facts_free(&facts);
	return ret ? 2 : 0;
}
