// SPDX-License-Identifier: GPL-2.0-or-later
/* Made-up traces, see trace_sample.h. */
#include "trace_sample.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define DIRECT_MAP 0xffff91f740000000u
#define SITES      12u
#define LIVE       64u

/* As must(), in every build. */
static void must(bool held)
{
	if (!held)
		abort();
}

uint64_t kmc_sample_seed(void)
{
	const char *text = getenv("KMC_SEED");
	uint64_t seed = text ? strtoull(text, NULL, 0) : (uint64_t)time(NULL);

	printf("seed: KMC_SEED=%llu\n", (unsigned long long)seed);
	fflush(stdout);
	return seed;
}

uint64_t kmc_sample_draw(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Any number of bits, so that small and large values are equally likely. */
static uint64_t draw_magnitude(uint64_t *state)
{
	unsigned int bits = (unsigned int)(kmc_sample_draw(state) % 65);

	return bits ? kmc_sample_draw(state) >> (64 - bits) : 0;
}

void kmc_sample_wild(uint64_t *state, struct kmc_record *records, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct kmc_record *r = &records[i];

		/* Sometimes as the one before but for one field. */
		if (i && kmc_sample_draw(state) % 2)
			*r = records[i - 1];
		else
			*r = (struct kmc_record){
				.time_ns = draw_magnitude(state),
				.addr = draw_magnitude(state),
				.site = draw_magnitude(state),
				.size = draw_magnitude(state),
				.granted = draw_magnitude(state),
				.gfp = (uint32_t)draw_magnitude(state),
				.tid = (uint32_t)draw_magnitude(state),
				.cache = (uint16_t)draw_magnitude(state),
				.probe = (uint8_t)(kmc_sample_draw(state) % KMC_NR_PROBES),
				.order = (uint8_t)draw_magnitude(state),
				.node = (int8_t)draw_magnitude(state),
				.scope = (uint8_t)draw_magnitude(state),
				.flags = (uint8_t)draw_magnitude(state),
				.migratetype = (uint8_t)draw_magnitude(state),
			};
		switch (kmc_sample_draw(state) % 8) {
		case 0:
			r->time_ns = draw_magnitude(state);
			break;
		case 1:
			r->size = draw_magnitude(state);
			break;
		case 2:
			r->granted = draw_magnitude(state);
			break;
		case 3:
			r->tid = (uint32_t)draw_magnitude(state);
			break;
		case 4: /* an address that was there */
			r->addr = records[kmc_sample_draw(state) % (i + 1)].addr;
			break;
		default:
			r->addr += draw_magnitude(state);
		}
	}
}

/* The allocation side of a slot; the free side repeats its address. */
static struct kmc_record plausible_alloc(uint64_t *state)
{
	uint64_t pick = kmc_sample_draw(state);
	unsigned int site = (unsigned int)(pick % SITES);
	uint64_t object = pick >> 8 & 0xfff;
	struct kmc_record r = {
		.site = 0xffffffff91000000u + site * 0x1234,
		.gfp = 0xcc0,
		.node = KMC_NODE_NONE,
		.cache = KMC_RECORD_NO_CACHE,
	};

	if (site % 3 == 0) {
		r.probe = KMC_PROBE_KMALLOC;
		r.size = 1 + (pick >> 32) % 64;
		r.granted = r.size <= 8 ? 8 : r.size <= 16 ? 16 : r.size <= 32 ? 32 : 64;
		r.addr = DIRECT_MAP + 0x1000000 + object * 64;
	} else if (site % 3 == 1) {
		r.probe = KMC_PROBE_CACHE_ALLOC;
		r.cache = (uint16_t)(site % 2);
		r.addr = DIRECT_MAP + 0x2000000 * (2u + r.cache) + object * 192;
	} else {
		r.probe = KMC_PROBE_PAGE_ALLOC;
		r.order = (uint8_t)(site % 2);
		r.addr = 0x10000 + object * 2;
		r.site = 0;
	}
	return r;
}

static struct kmc_record plausible_free(const struct kmc_record *alloc)
{
	struct kmc_record r = *alloc;

	r.probe++; /* each free follows its allocation in the list of probes */
	r.size = r.granted = 0;
	r.gfp = 0;
	if (r.site)
		r.site += 0x100;
	return r;
}

void kmc_sample_plausible(uint64_t *state, struct kmc_record *records, size_t n,
			  uint64_t start_ns)
{
	struct kmc_record live[LIVE];
	size_t nr_live = 0;
	uint32_t tid = 100;

	for (size_t i = 0; i < n; i++) {
		if (nr_live == LIVE || (nr_live && kmc_sample_draw(state) % 2)) {
			records[i] = plausible_free(&live[--nr_live]);
		} else {
			records[i] = plausible_alloc(state);
			live[nr_live++] = records[i];
		}
		if (!(kmc_sample_draw(state) % 16))
			tid = 100 + (uint32_t)(kmc_sample_draw(state) % 8);
		start_ns += kmc_sample_draw(state) % 900;
		records[i].time_ns = start_ns;
		records[i].tid = tid;
	}
}

static void sample_caches(struct kmc_trace_facts *facts)
{
	facts->nr_caches = 2;
	facts->caches = calloc(2, sizeof(*facts->caches));
	must(facts->caches);
	facts->caches[0] = (struct kmc_cache_desc){
		.id = 0, .name = "dentry", .object_size = 192, .size = 192, .align = 64,
		.inuse = 192, .objects = 21, .flags = KMC_CF_RECLAIM_ACCOUNT | KMC_CF_PANIC,
		.raw_flags = 0x42000, .usersize = 40, .useroffset = 56,
	};
	facts->caches[1] = (struct kmc_cache_desc){
		.id = 1, .name = "odd \\ name\n", .object_size = 185, .size = 192, .align = 8,
		.inuse = 185, .offset = 96, .order = 1, .min_order = 0, .objects = 42,
		.ctor = true, .kmalloc = 2,
	};
}

void kmc_sample_facts(struct kmc_trace_facts *facts)
{
	kmc_trace_facts_init(facts);
	strcpy(facts->release, "6.18.44");
	strcpy(facts->arch, "x86_64");
	strcpy(facts->clock, "monotonic");
	strcpy(facts->tool, "sample");
	strcpy(facts->gfp_source, "static");
	strcpy(facts->cache_source, "iterator");
	facts->start_realtime_ns = 1700000000000000000u;
	facts->ring_bytes = 1 << 20;
	kmc_machine_default(&facts->machine);
	facts->machine.release = KMC_RELEASE(6, 18, 44);
	facts->machine.direct_map = DIRECT_MAP;
	facts->machine.vmalloc_start = 0xffffb3e480000000u;
	facts->machine.vmalloc_end = 0xffffd3e480000000u;
	facts->gfp = *kmc_gfp_table_of(KMC_RELEASE(6, 18, 44));
	for (unsigned int i = 0; i < KMC_NR_PROBES; i++)
		facts->probe_state[i] = i < 6 ? KMC_PROBE_ATTACHED : KMC_PROBE_ABSENT;
	facts->probe_state[KMC_PROBE_MARK_VICTIM] = KMC_PROBE_REFUSED;
	sample_caches(facts);
	facts->nr_symbols = 1;
	facts->symbols = calloc(1, sizeof(*facts->symbols));
	must(facts->symbols);
	facts->symbols[0].site = 0xffffffff91000000u;
	facts->symbols[0].name = strdup("do_thing+0x1c [some_module]");
	must(facts->symbols[0].name);
}

struct kmc_block_info kmc_sample_info(uint32_t cpu, uint64_t seq, const struct kmc_record *records,
				      size_t n)
{
	struct kmc_block_info info = { .cpu = cpu, .seq = seq, .nr_records = n };

	if (n) {
		info.first_ns = records[0].time_ns;
		info.last_ns = records[n - 1].time_ns;
	}
	for (size_t i = 0; i < n; i++) {
		info.delta[records[i].probe].hits++;
		info.delta[records[i].probe].written++;
	}
	return info;
}

static void sample_write(struct kmc_sample *s)
{
	struct kmc_trace_facts facts;
	struct kmc_trace_writer *w;
	int ret;

	kmc_sample_facts(&facts);
	ret = kmc_trace_create(s->fd, &facts, 0, &w);
	must(!ret);
	s->frame_end[0] = kmc_trace_bytes(w);
	for (unsigned int i = 0; i < KMC_SAMPLE_CPUS * KMC_SAMPLE_BLOCKS; i++) {
		uint32_t cpu = i % KMC_SAMPLE_CPUS;
		uint64_t seq = i / KMC_SAMPLE_CPUS;
		const struct kmc_record *r = s->records[cpu] + seq * s->block_records;
		struct kmc_block_info info = kmc_sample_info(cpu, seq, r, s->block_records);
		int64_t n = kmc_trace_write_block(w, &info, r);

		must(n > 0);
		s->frame_end[i + 1] = kmc_trace_bytes(w);
	}
	ret = kmc_trace_finish(w);
	must(!ret);
	kmc_trace_facts_free(&facts);
}

void kmc_sample_make(struct kmc_sample *s, uint64_t seed, size_t block_records)
{
	off_t size;

	memset(s, 0, sizeof(*s));
	s->block_records = block_records;
	for (unsigned int cpu = 0; cpu < KMC_SAMPLE_CPUS; cpu++) {
		size_t n = KMC_SAMPLE_BLOCKS * block_records;

		s->records[cpu] = calloc(n, sizeof(struct kmc_record));
		must(s->records[cpu]);
		kmc_sample_plausible(&seed, s->records[cpu], n, 1000 + cpu);
	}
	s->fd = memfd_create("sample", MFD_CLOEXEC);
	must(s->fd >= 0);
	snprintf(s->path, sizeof(s->path), "/proc/self/fd/%d", s->fd);
	sample_write(s);
	size = lseek(s->fd, 0, SEEK_END);
	s->size = (size_t)size;
	s->bytes = malloc(s->size);
	must(s->bytes && pread(s->fd, s->bytes, s->size, 0) == size);
}

void kmc_sample_free(struct kmc_sample *s)
{
	for (unsigned int cpu = 0; cpu < KMC_SAMPLE_CPUS; cpu++)
		free(s->records[cpu]);
	free(s->bytes);
	close(s->fd);
}
