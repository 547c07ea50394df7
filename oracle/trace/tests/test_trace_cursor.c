// SPDX-License-Identifier: GPL-2.0-or-later
/* Merging by time, and where losses are told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "trace_columns.h"
#include "trace_sample.h"

#define MAX_RECORDS 4096u

/* A trace put together block by block. */
struct maker {
	int fd;
	struct kmc_trace_facts facts;
	struct kmc_trace_writer *writer;
};

static struct maker maker_open(void)
{
	struct maker m = { .fd = memfd_create("t", MFD_CLOEXEC) };

	assert_true(m.fd >= 0);
	kmc_sample_facts(&m.facts);
	assert_int_equal(kmc_trace_create(m.fd, &m.facts, 0, &m.writer), 0);
	return m;
}

/* @n records from @time on, @step apart; the address tells cpu and number. */
static void maker_block_of(struct maker *m, unsigned int lost_probe, unsigned int missed_probe,
			   uint32_t cpu, uint64_t seq, uint64_t time, uint64_t step, size_t n,
			   uint64_t lost, uint64_t misses)
{
	struct kmc_record *r = calloc(n + 1, sizeof(*r));
	struct kmc_block_info info;

	assert_non_null(r);
	for (size_t i = 0; i < n; i++) {
		r[i].probe = KMC_PROBE_KFREE;
		r[i].time_ns = time + i * step;
		r[i].addr = (uint64_t)cpu << 32 | seq << 16 | i;
	}
	info = kmc_sample_info(cpu, seq, r, n);
	info.delta[lost_probe].lost = lost;
	info.delta[missed_probe].recursion_misses = misses;
	assert_true(kmc_trace_write_block(m->writer, &info, r) > 0);
	free(r);
}

static void maker_block(struct maker *m, uint32_t cpu, uint64_t seq, uint64_t time, uint64_t step,
			size_t n, uint64_t lost, uint64_t misses)
{
	maker_block_of(m, KMC_PROBE_KFREE, KMC_PROBE_KFREE, cpu, seq, time, step, n, lost, misses);
}

static struct kmc_trace *maker_close(struct maker *m)
{
	struct kmc_trace *trace;
	char path[64], error[256];

	assert_int_equal(kmc_trace_finish(m->writer), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", m->fd);
	assert_int_equal(kmc_trace_open(path, &trace, error, sizeof(error)), 0);
	kmc_trace_facts_free(&m->facts);
	close(m->fd);
	return trace;
}

/* Everything the cursor said. */
struct heard {
	size_t n;
	struct kmc_record records[MAX_RECORDS];
	uint16_t cpus[MAX_RECORDS];
	uint64_t gap[MAX_RECORDS + 1]; /* before record i; after the last */
	bool open[MAX_RECORDS];
	uint32_t probes[MAX_RECORDS + 1];
	int error;
};

static struct heard *hear(struct kmc_trace *trace, unsigned int batch)
{
	struct heard *h = calloc(1, sizeof(*h));
	struct kmc_trace_cursor *cursor;

	assert_non_null(h);
	assert_int_equal(kmc_trace_cursor_open(trace, &cursor), 0);
	for (;;) {
		uint64_t gap;
		int n = kmc_trace_cursor_next(cursor, h->records + h->n, h->cpus + h->n, batch,
					      &gap);

		if (n < 0) {
			h->error = n;
			continue;
		}
		h->gap[h->n] = gap;
		h->probes[h->n] = kmc_trace_cursor_gap_probes(cursor);
		if (!n)
			break;
		for (int i = 0; i < n; i++) {
			h->open[h->n + (size_t)i] = kmc_trace_cursor_gap_open(cursor);
			h->probes[h->n + (size_t)i] = kmc_trace_cursor_gap_probes(cursor);
		}
		h->n += (size_t)n;
	}
	kmc_trace_cursor_close(cursor);
	return h;
}

static void check_order(const struct heard *h)
{
	for (size_t i = 1; i < h->n; i++) {
		const struct kmc_record *a = &h->records[i - 1], *b = &h->records[i];

		assert_true(a->time_ns <= b->time_ns);
		if (a->time_ns == b->time_ns && h->cpus[i - 1] != h->cpus[i])
			assert_true(h->cpus[i - 1] < h->cpus[i]);
		assert_int_equal(b->addr >> 32, h->cpus[i]);
	}
}

static void merged_by_time_and_cpu(void **state)
{
	(void)state;
	for (unsigned int batch = 1; batch < 400; batch = batch * 3 + 1)
		for (unsigned int nr_cpus = 1; nr_cpus <= 7; nr_cpus += 2) {
			struct maker m = maker_open();
			struct kmc_trace *trace;
			struct heard *h;

			for (uint32_t cpu = 0; cpu < nr_cpus; cpu++) {
				maker_block(&m, cpu, 0, 10 * cpu, cpu + 1, 280, 0, 0);
				maker_block(&m, cpu, 1, 10 * cpu + 300 * (cpu + 1), 2, 100, 0, 0);
			}
			trace = maker_close(&m);
			h = hear(trace, batch);
			assert_int_equal(h->n, 380 * nr_cpus);
			assert_int_equal(h->error, 0);
			check_order(h);
			for (size_t i = 0; i <= h->n; i++)
				assert_int_equal(h->gap[i], 0);
			free(h);
			kmc_trace_close(trace);
		}
}

/* Times of one cpu that step back (an interrupt between clock and slot) keep their order. */
static void order_within_a_cpu_is_kept(void **state)
{
	struct kmc_record r[4] = {
		{ .time_ns = 10, .addr = 0 }, { .time_ns = 30, .addr = 1 },
		{ .time_ns = 20, .addr = 2 }, { .time_ns = 40, .addr = 3 },
	};
	struct maker m = maker_open();
	struct kmc_block_info info = kmc_sample_info(0, 0, r, 4);
	struct kmc_trace *trace;
	struct heard *h;

	(void)state;
	assert_true(kmc_trace_write_block(m.writer, &info, r) > 0);
	trace = maker_close(&m);
	h = hear(trace, 10);
	assert_int_equal(h->n, 4);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(h->records[i].addr, i);
	free(h);
	kmc_trace_close(trace);
}

static size_t find_addr(const struct heard *h, uint64_t addr)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->records[i].addr == addr)
			return i;
	fail_msg("address %llx not seen", (unsigned long long)addr);
	return 0;
}

/* Cpu 1 loses events between time 100 and 300 while cpu 0 goes on. */
static void loss_is_told_in_its_place(void **state)
{
	struct maker m = maker_open();
	struct kmc_trace *trace;
	struct heard *h;
	size_t at;

	(void)state;
	maker_block(&m, 0, 0, 0, 10, 50, 0, 0);
	maker_block(&m, 1, 0, 0, 10, 11, 0, 0);
	maker_block(&m, 1, 1, 300, 10, 11, 77, 0);
	trace = maker_close(&m);
	h = hear(trace, 1000);
	assert_int_equal(h->n, 72);
	at = find_addr(h, (uint64_t)1 << 32 | 1 << 16);
	for (size_t i = 0; i <= h->n; i++)
		assert_int_equal(h->gap[i], i == at ? 77 : 0);
	for (size_t i = 0; i < h->n; i++) {
		uint64_t t = h->records[i].time_ns;
		bool between = t > 100 && (t < 300 || (t == 300 && !h->cpus[i]));

		assert_int_equal(h->open[i], between);
	}
	free(h);
	kmc_trace_close(trace);
}

/* Recursion was noticed in cpu 1's second block, from 200 to 300: anywhere in it. */
static void miss_is_open_for_its_block(void **state)
{
	struct maker m = maker_open();
	struct kmc_trace *trace;
	struct heard *h;
	size_t at;

	(void)state;
	maker_block(&m, 0, 0, 0, 10, 50, 0, 0);
	maker_block(&m, 1, 0, 0, 10, 11, 0, 0);
	maker_block(&m, 1, 1, 200, 10, 11, 0, 3);
	maker_block(&m, 1, 2, 400, 10, 5, 0, 0);
	trace = maker_close(&m);
	h = hear(trace, 1000);
	assert_int_equal(h->n, 77);
	at = find_addr(h, (uint64_t)1 << 32 | 2 << 16);
	for (size_t i = 0; i <= h->n; i++)
		assert_int_equal(h->gap[i], i == at ? 3 : 0);
	for (size_t i = 0; i < h->n; i++)
		assert_int_equal(h->open[i], h->records[i].time_ns > 100 && i < at);
	free(h);
	kmc_trace_close(trace);
}

#define MALLOC (1u << KMC_PROBE_KMALLOC)
#define PAGE   (1u << KMC_PROBE_PAGE_ALLOC)
#define VMAP   (1u << KMC_PROBE_VMAP_FREE)

/*
 * Cpu 0 runs through; cpu 1 loses kmallocs from 100 to 200 and misses pages in
 * its second block, 200 to 300, told at 400; cpu 2 loses vmap frees from 350 to 450.
 */
static void gaps_name_their_probes(void **state)
{
	struct maker m = maker_open();
	struct kmc_trace *trace;
	struct heard *h, *whole;

	(void)state;
	maker_block(&m, 0, 0, 0, 10, 60, 0, 0);
	maker_block(&m, 1, 0, 0, 10, 11, 0, 0);
	maker_block_of(&m, KMC_PROBE_KMALLOC, KMC_PROBE_PAGE_ALLOC, 1, 1, 200, 10, 11, 4, 3);
	maker_block(&m, 1, 2, 400, 10, 10, 0, 0);
	maker_block(&m, 2, 0, 0, 10, 36, 0, 0);
	maker_block_of(&m, KMC_PROBE_VMAP_FREE, 0, 2, 1, 450, 10, 5, 1, 0);
	trace = maker_close(&m);
	h = hear(trace, 1);
	for (size_t i = 0; i < h->n; i++) {
		uint64_t t = h->records[i].time_ns;
		uint16_t cpu = h->cpus[i];
		uint32_t expect = 0;

		/* of two at the same time the lower cpu comes first */
		if ((t > 100 || (t == 100 && cpu == 2)) && (t < 200 || (t == 200 && cpu <= 1)))
			expect |= MALLOC | PAGE;
		else if (t >= 200 && (t < 400 || (t == 400 && cpu <= 1)))
			expect |= PAGE;
		if (t > 350 && t <= 450)
			expect |= VMAP;
		assert_int_equal(h->probes[i], expect);
	}
	free(h);
	/* A longer batch has those of all its records. */
	whole = hear(trace, 1000);
	for (size_t i = 0; i < whole->n; i++) {
		uint64_t t = whole->records[i].time_ns;

		if (t > 110 && t < 200)
			assert_int_equal(whole->probes[i], MALLOC | PAGE);
		if (t > 360 && t < 400)
			assert_int_equal(whole->probes[i], PAGE | VMAP);
	}
	free(whole);
	kmc_trace_close(trace);
}

/* What a missing block held nobody knows, whatever else was lost beside it. */
static void unknown_gap_names_no_probe(void **state)
{
	struct maker m = maker_open();
	struct kmc_trace *trace;
	struct heard *h;

	(void)state;
	maker_block(&m, 0, 0, 0, 10, 10, 0, 0);
	maker_block_of(&m, KMC_PROBE_KMALLOC, 0, 0, 2, 300, 10, 10, 5, 0);
	maker_block_of(&m, KMC_PROBE_KMALLOC, 0, 0, 3, 500, 10, 10, 5, 0);
	maker_block_of(&m, KMC_PROBE_PAGE_ALLOC, 0, 0, 4, 700, 10, 0, 2, 0);
	trace = maker_close(&m);
	h = hear(trace, 1000);
	assert_int_equal(h->n, 30);
	assert_true(h->gap[10] == KMC_TRACE_GAP_UNKNOWN);
	assert_int_equal(h->probes[10], 0);
	assert_int_equal(h->gap[20], 5);
	assert_int_equal(h->probes[20], MALLOC);
	assert_int_equal(h->gap[30], 2);
	assert_int_equal(h->probes[30], PAGE);
	free(h);
	kmc_trace_close(trace);
}

/* A block of counters alone hands its loss to the next record, or to the end. */
static void loss_of_empty_blocks(void **state)
{
	struct maker m = maker_open();
	struct kmc_trace *trace;
	struct heard *h;

	(void)state;
	maker_block(&m, 0, 0, 0, 10, 0, 1, 0);
	maker_block(&m, 0, 1, 0, 10, 0, 0, 2);
	maker_block(&m, 0, 2, 5, 10, 3, 4, 0);
	maker_block(&m, 0, 3, 50, 10, 0, 8, 0);
	trace = maker_close(&m);
	h = hear(trace, 10);
	assert_int_equal(h->n, 3);
	assert_int_equal(h->gap[0], 7);
	assert_int_equal(h->gap[3], 8);
	free(h);
	kmc_trace_close(trace);
}

static void missing_block_is_unknown_loss(void **state)
{
	struct maker m = maker_open();
	struct kmc_trace *trace;
	struct heard *h;

	(void)state;
	maker_block(&m, 0, 1, 0, 1, 5, 0, 0);
	maker_block(&m, 0, 2, 10, 1, 5, 0, 0);
	maker_block(&m, 0, 5, 20, 1, 5, 9, 0);
	trace = maker_close(&m);
	assert_int_equal(kmc_trace_damage(trace)->blocks_missing, 3);
	h = hear(trace, 100);
	assert_int_equal(h->n, 15);
	assert_true(h->gap[0] == KMC_TRACE_GAP_UNKNOWN);
	assert_int_equal(h->gap[5], 0);
	assert_true(h->gap[10] == KMC_TRACE_GAP_UNKNOWN);
	assert_int_equal(h->gap[15], 0);
	free(h);
	kmc_trace_close(trace);
}

/* The same sequence number twice, as by a merge with itself. */
static void twin_is_dropped(void **state)
{
	struct maker m = maker_open();
	struct kmc_trace *trace;
	struct heard *h;

	(void)state;
	maker_block(&m, 0, 0, 0, 1, 5, 0, 0);
	maker_block(&m, 0, 1, 10, 1, 5, 0, 0);
	maker_block(&m, 0, 0, 0, 1, 5, 0, 0);
	trace = maker_close(&m);
	assert_int_equal(kmc_trace_damage(trace)->blocks_bad, 1);
	assert_int_equal(kmc_trace_nr_blocks(trace), 2);
	h = hear(trace, 100);
	assert_int_equal(h->n, 10);
	free(h);
	kmc_trace_close(trace);
}

/* A sample with one block's payload or head broken: what the cursor says of it. */
static struct heard *hear_broken(struct kmc_sample *s, unsigned int frame, bool head)
{
	size_t at = head ? s->frame_end[frame] + 9 : s->frame_end[frame + 1] - 1;
	struct kmc_trace *trace;
	struct heard *h;
	char error[256];

	s->bytes[at] ^= 0x10;
	assert_int_equal(kmc_trace_open_memory(s->bytes, s->size, "s", &trace, error,
					       sizeof(error)), 0);
	h = hear(trace, 100);
	kmc_trace_close(trace);
	s->bytes[at] ^= 0x10;
	return h;
}

static uint64_t sum_gaps(const struct heard *h)
{
	uint64_t sum = 0;

	for (size_t i = 0; i <= h->n; i++)
		sum += h->gap[i];
	return sum;
}

static void broken_block_is_a_gap(void **state)
{
	struct kmc_sample s;

	(void)state;
	kmc_sample_make(&s, 5, 30);
	for (unsigned int frame = 0; frame < KMC_SAMPLE_CPUS * KMC_SAMPLE_BLOCKS; frame++) {
		struct heard *h = hear_broken(&s, frame, false);

		/* The head is good: it says how many are missing. */
		assert_int_equal(h->n, 5 * 30);
		assert_int_equal(sum_gaps(h), 30);
		for (size_t i = 0; i <= h->n; i++)
			assert_int_equal(h->probes[i], 0);
		free(h);
		h = hear_broken(&s, frame, true);
		assert_int_equal(h->n, 5 * 30);
		assert_true(sum_gaps(h) == KMC_TRACE_GAP_UNKNOWN);
		free(h);
	}
	kmc_sample_free(&s);
}

static void no_blocks_at_all(void **state)
{
	struct maker m = maker_open();
	struct kmc_trace *trace = maker_close(&m);
	struct heard *h = hear(trace, 10);

	(void)state;
	assert_int_equal(h->n, 0);
	free(h);
	kmc_trace_close(trace);
}

/* Decoding in parts and a whole block at once are the same. */
static void long_blocks(void **state)
{
	struct kmc_sample s;
	struct kmc_trace *trace;
	struct kmc_trace_cursor *cursor;
	struct kmc_record batch[333];
	uint16_t cpus[333];
	size_t pos[KMC_SAMPLE_CPUS] = { 0 };
	uint64_t gap;
	char error[256];
	int n;

	(void)state;
	kmc_sample_make(&s, 11, 20000);
	assert_int_equal(kmc_trace_open(s.path, &trace, error, sizeof(error)), 0);
	assert_int_equal(kmc_trace_cursor_open(trace, &cursor), 0);
	while ((n = kmc_trace_cursor_next(cursor, batch, cpus, 333, &gap)) > 0)
		for (int i = 0; i < n; i++)
			assert_memory_equal(&batch[i], &s.records[cpus[i]][pos[cpus[i]]++],
					    sizeof(batch[i]));
	assert_int_equal(n, 0);
	assert_int_equal(pos[0], 60000);
	assert_int_equal(pos[1], 60000);
	assert_true(kmc_trace_cursor_decode_ns(cursor) > 0);
	kmc_trace_cursor_close(cursor);
	kmc_trace_close(trace);
	kmc_sample_free(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(merged_by_time_and_cpu),
		cmocka_unit_test(order_within_a_cpu_is_kept),
		cmocka_unit_test(loss_is_told_in_its_place),
		cmocka_unit_test(miss_is_open_for_its_block),
		cmocka_unit_test(gaps_name_their_probes),
		cmocka_unit_test(unknown_gap_names_no_probe),
		cmocka_unit_test(loss_of_empty_blocks),
		cmocka_unit_test(missing_block_is_unknown_loss),
		cmocka_unit_test(twin_is_dropped),
		cmocka_unit_test(broken_block_is_a_gap),
		cmocka_unit_test(no_blocks_at_all),
		cmocka_unit_test(long_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
