// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading what is whole, and everything good of what is not: a trace cut at
 * every length, and with a byte changed at every offset.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "trace_sample.h"
#include "trace_wire.h"

#define PER_BLOCK 24u
#define NR_BLOCKS (KMC_SAMPLE_CPUS * KMC_SAMPLE_BLOCKS)

static struct kmc_sample sample;
static char error[256];

static int setup(void **state)
{
	(void)state;
	kmc_sample_make(&sample, kmc_sample_seed(), PER_BLOCK);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kmc_sample_free(&sample);
	return 0;
}

/* Every block that is given out holds what was written. Return: which ones, as bits. */
static unsigned int check_records(struct kmc_trace *trace)
{
	struct kmc_record back[PER_BLOCK];
	unsigned int seen = 0;

	for (size_t i = 0; i < kmc_trace_nr_blocks(trace); i++) {
		const struct kmc_block_info *info = kmc_trace_block(trace, i);

		assert_in_range(info->cpu, 0, KMC_SAMPLE_CPUS - 1);
		assert_in_range(info->seq, 0, KMC_SAMPLE_BLOCKS - 1);
		assert_int_equal(info->nr_records, PER_BLOCK);
		assert_int_equal(kmc_trace_block_read(trace, i, back), 0);
		assert_memory_equal(back, sample.records[info->cpu] + info->seq * PER_BLOCK,
				    sizeof(back));
		seen |= 1u << (info->seq * KMC_SAMPLE_CPUS + info->cpu);
	}
	return seen;
}

static void whole(void **state)
{
	struct kmc_probe_count total[KMC_NR_PROBES];
	struct kmc_trace *trace;
	uint64_t written = 0, last = 0;

	(void)state;
	assert_int_equal(kmc_trace_open(sample.path, &trace, error, sizeof(error)), 0);
	assert_int_equal(check_records(trace), (1u << NR_BLOCKS) - 1);
	for (size_t i = 0; i < NR_BLOCKS; i++) {
		assert_true(kmc_trace_block(trace, i)->first_ns >= last);
		last = kmc_trace_block(trace, i)->first_ns;
	}
	kmc_trace_totals(trace, total);
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++) {
		written += total[p].written;
		assert_int_equal(total[p].hits, total[p].written);
	}
	assert_int_equal(written, NR_BLOCKS * PER_BLOCK);
	assert_int_equal(kmc_trace_damage(trace)->blocks_bad, 0);
	assert_int_equal(kmc_trace_damage(trace)->bytes_skipped, 0);
	assert_int_equal(kmc_trace_damage(trace)->blocks_missing, 0);
	assert_false(kmc_trace_damage(trace)->cut);
	assert_false(kmc_trace_damage(trace)->tail_partial);
	assert_string_equal(kmc_trace_facts(trace)->release, "6.18.44");
	kmc_trace_close(trace);
}

static void cut_at(size_t len)
{
	struct kmc_trace *trace;
	unsigned int whole_blocks = 0;
	bool at_end = len == sample.frame_end[0];
	int ret = kmc_trace_open_memory(sample.bytes, len, "sample", &trace, error, sizeof(error));

	if (len < sample.frame_end[0]) {
		assert_int_equal(ret, -EINVAL);
		assert_null(trace);
		assert_non_null(strstr(error, len ? "offset" : "empty file"));
		return;
	}
	assert_int_equal(ret, 0);
	for (unsigned int i = 1; i <= NR_BLOCKS; i++) {
		whole_blocks += sample.frame_end[i] <= len;
		at_end |= sample.frame_end[i] == len;
	}
	assert_int_equal(check_records(trace), (1u << whole_blocks) - 1);
	assert_int_equal(kmc_trace_damage(trace)->cut, len < sample.size);
	assert_int_equal(kmc_trace_damage(trace)->tail_partial, !at_end && len < sample.size);
	assert_int_equal(kmc_trace_damage(trace)->blocks_bad, 0);
	kmc_trace_close(trace);
}

static void every_prefix_is_a_trace(void **state)
{
	(void)state;
	for (size_t len = 0; len <= sample.size; len++)
		cut_at(len);
}

/* The frame that an offset lies in: 0 header, 1.. blocks, NR_BLOCKS + 1 the end mark. */
static unsigned int frame_of(size_t offset)
{
	unsigned int i = 0;

	while (i <= NR_BLOCKS && offset >= sample.frame_end[i])
		i++;
	return i;
}

/* One frame is bad; all others are read. */
static void check_one_bad(struct kmc_trace *trace, unsigned int frame)
{
	const struct kmc_trace_damage *d = kmc_trace_damage(trace);
	unsigned int all = (1u << NR_BLOCKS) - 1;
	unsigned int bad = frame <= NR_BLOCKS ? 1u << (frame - 1) : 0;
	size_t end = frame <= NR_BLOCKS ? sample.frame_end[frame] : sample.size;

	assert_int_equal(check_records(trace), all & ~bad);
	assert_int_equal(d->cut, frame > NR_BLOCKS);
	assert_int_equal(d->blocks_bad + d->tail_partial, 1);
	assert_int_equal(d->first_bad_offset, sample.frame_end[frame - 1]);
	assert_int_equal(d->bytes_skipped, end - sample.frame_end[frame - 1]);
	assert_true(d->blocks_missing <= 1);
}

static void every_changed_byte_costs_its_block(void **state)
{
	(void)state;
	for (size_t at = 0; at < sample.size; at++)
		for (unsigned int bit = 0; bit < 8; bit++) {
			struct kmc_trace *trace;
			int ret;

			sample.bytes[at] ^= (uint8_t)(1u << bit);
			ret = kmc_trace_open_memory(sample.bytes, sample.size, "sample", &trace,
						    error, sizeof(error));
			if (!frame_of(at)) {
				assert_int_equal(ret, -EINVAL);
				assert_non_null(strstr(error, "sample: offset "));
			} else {
				assert_int_equal(ret, 0);
				check_one_bad(trace, frame_of(at));
				kmc_trace_close(trace);
			}
			sample.bytes[at] ^= (uint8_t)(1u << bit);
		}
}

/* Bytes taken out of the middle, so that a good head has too little payload. */
static void cut_out_middle(void **state)
{
	size_t from = sample.frame_end[2] + KMC_FRAME_HEAD_SIZE + 200;
	uint8_t *bytes = malloc(sample.size);

	(void)state;
	assert_non_null(bytes);
	for (size_t n = 1; n < 60; n++) {
		struct kmc_trace *trace;

		memcpy(bytes, sample.bytes, from);
		memcpy(bytes + from, sample.bytes + from + n, sample.size - from - n);
		assert_int_equal(kmc_trace_open_memory(bytes, sample.size - n, "s", &trace, error,
						       sizeof(error)), 0);
		assert_int_equal(check_records(trace) & ~4u, 0x3bu); /* all but block 2 */
		assert_int_equal(kmc_trace_damage(trace)->blocks_bad, 1);
		assert_false(kmc_trace_damage(trace)->cut);
		kmc_trace_close(trace);
	}
	free(bytes);
}

static void garbage_between_frames(void **state)
{
	size_t at = sample.frame_end[3], n = 777;
	uint8_t *bytes = malloc(sample.size + n);
	struct kmc_trace *trace;

	(void)state;
	assert_non_null(bytes);
	memcpy(bytes, sample.bytes, at);
	for (size_t i = 0; i < n; i++)
		bytes[at + i] = (uint8_t)KMC_FRAME_SYNC[i % KMC_FRAME_SYNC_SIZE];
	memcpy(bytes + at + n, sample.bytes + at, sample.size - at);
	assert_int_equal(kmc_trace_open_memory(bytes, sample.size + n, "s", &trace, error,
					       sizeof(error)), 0);
	assert_int_equal(check_records(trace), (1u << NR_BLOCKS) - 1);
	assert_int_equal(kmc_trace_damage(trace)->blocks_bad, 1);
	assert_int_equal(kmc_trace_damage(trace)->bytes_skipped, n);
	assert_int_equal(kmc_trace_damage(trace)->first_bad_offset, at);
	kmc_trace_close(trace);
	free(bytes);
}

static void expect_refusal(const char *path, int errnum, const char *words)
{
	struct kmc_trace *trace = (void *)1;

	assert_int_equal(kmc_trace_open(path, &trace, error, sizeof(error)), errnum);
	assert_null(trace);
	assert_non_null(strstr(error, path));
	assert_non_null(strstr(error, words));
}

static void no_traces(void **state)
{
	char empty[] = "/tmp/kmc-empty-XXXXXX", fifo[] = "/tmp/kmc-fifo-XXXXXX";
	char text[] = "/tmp/kmc-text-XXXXXX";
	int fd;

	(void)state;
	expect_refusal("/nonexistent/file", -ENOENT, "No such file");
	expect_refusal("/tmp", -EISDIR, "directory");
	fd = mkstemp(empty);
	expect_refusal(empty, -EINVAL, "empty");
	close(fd);
	unlink(empty);
	fd = mkstemp(text);
	assert_int_equal(write(fd, "#!/bin/sh\necho a program, not a trace\n", 38), 38);
	expect_refusal(text, -EINVAL, "not a trace");
	close(fd);
	unlink(text);
	fd = mkstemp(fifo);
	close(fd);
	unlink(fifo);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	expect_refusal(fifo, -EINVAL, "not a regular file"); /* and does not hang */
	unlink(fifo);
}

static void other_version_is_named(void **state)
{
	struct kmc_trace *trace;
	uint8_t *bytes = malloc(sample.size);

	(void)state;
	assert_non_null(bytes);
	memcpy(bytes, sample.bytes, sample.size);
	bytes[8] = 2;
	kmc_put_le32(bytes + 12, kmc_crc32c(0, bytes, 12));
	assert_int_equal(kmc_trace_open_memory(bytes, sample.size, "s", &trace, error,
					       sizeof(error)), -EINVAL);
	assert_non_null(strstr(error, "format 2"));
	free(bytes);
}

/* Facts appended later replace the first ones. */
static void last_facts_win(void **state)
{
	struct kmc_trace_facts facts;
	struct kmc_trace_writer *w;
	struct kmc_trace *trace;
	FILE *file = tmpfile();
	char path[64];

	(void)state;
	assert_non_null(file);
	kmc_sample_facts(&facts);
	assert_int_equal(kmc_trace_create(fileno(file), &facts, 0, &w), 0);
	strcpy(facts.symbols[0].name, "later+0x0");
	assert_int_equal(kmc_trace_write_facts(w, &facts), 0);
	assert_int_equal(kmc_trace_finish(w), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fileno(file));
	assert_int_equal(kmc_trace_open(path, &trace, error, sizeof(error)), 0);
	assert_string_equal(kmc_trace_symbol(kmc_trace_facts(trace), facts.symbols[0].site),
			    "later+0x0");
	kmc_trace_close(trace);
	kmc_trace_facts_free(&facts);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole),
		cmocka_unit_test(every_prefix_is_a_trace),
		cmocka_unit_test(every_changed_byte_costs_its_block),
		cmocka_unit_test(cut_out_middle),
		cmocka_unit_test(garbage_between_frames),
		cmocka_unit_test(no_traces),
		cmocka_unit_test(other_version_is_named),
		cmocka_unit_test(last_facts_win),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
