// SPDX-License-Identifier: GPL-2.0-or-later
/* Law: decoding what was encoded gives the same records; bad columns are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "trace_columns.h"
#include "trace_sample.h"

static uint64_t seed;

struct encoded {
	uint8_t *bytes;
	size_t len;
	uint32_t lens[KMC_NR_COLUMNS];
};

static struct encoded encode(const struct kmc_record *records, size_t n, uint64_t first_ns)
{
	struct kmc_encoder *enc = kmc_encoder_create();
	const struct kmc_column_bytes *columns;
	struct encoded e = { 0 };
	uint8_t *p;

	assert_non_null(enc);
	assert_int_equal(kmc_encode_columns(enc, records, n, first_ns, &columns), 0);
	for (int i = 0; i < KMC_NR_COLUMNS; i++) {
		e.lens[i] = (uint32_t)(columns[i].end - columns[i].data);
		e.len += e.lens[i];
	}
	p = e.bytes = malloc(e.len + 1);
	assert_non_null(p);
	for (int i = 0; i < KMC_NR_COLUMNS; i++) {
		memcpy(p, columns[i].data, e.lens[i]);
		p += e.lens[i];
	}
	kmc_encoder_destroy(enc);
	return e;
}

/* Return: records decoded, -EINVAL. Decodes in steps of @step. */
static int decode(const struct encoded *e, size_t n, uint64_t first_ns, struct kmc_record *out,
		  unsigned int step)
{
	struct kmc_decoder *dec = kmc_decoder_create();
	void *buffer;
	int done = 0, ret;

	assert_non_null(dec);
	buffer = kmc_decoder_buffer(dec, e->len);
	assert_non_null(buffer);
	memcpy(buffer, e->bytes, e->len);
	ret = kmc_decoder_start(dec, e->lens, n, first_ns);
	while (!ret) {
		int got = kmc_decoder_next(dec, out + done, step);

		if (got <= 0) {
			ret = got;
			break;
		}
		done += got;
	}
	kmc_decoder_destroy(dec);
	return ret ? ret : done;
}

static void check_round_trip(const struct kmc_record *records, size_t n, uint64_t first_ns,
			     unsigned int step)
{
	struct encoded e = encode(records, n, first_ns);
	struct kmc_record *out = calloc(n + 1, sizeof(*out));

	assert_non_null(out);
	assert_int_equal(decode(&e, n, first_ns, out, step), n);
	assert_memory_equal(out, records, n * sizeof(*out));
	free(out);
	free(e.bytes);
}

static void round_trip_wild(void **state)
{
	struct kmc_record records[700];

	(void)state;
	for (unsigned int i = 0; i < 200; i++) {
		size_t n = kmc_sample_draw(&seed) % 700;

		kmc_sample_wild(&seed, records, n);
		check_round_trip(records, n, n ? records[0].time_ns : 0, 1 + i);
	}
}

static void round_trip_plausible(void **state)
{
	size_t n = 70000;
	struct kmc_record *records = calloc(n, sizeof(*records));

	(void)state;
	assert_non_null(records);
	for (unsigned int i = 0; i < 5; i++) {
		kmc_sample_plausible(&seed, records, n, seed);
		check_round_trip(records, n, 7, 256);
	}
	free(records);
}

/* More kinds than fit one byte, and sizes at the limits of the guess. */
static void round_trip_many_kinds(void **state)
{
	size_t n = 3000;
	struct kmc_record *records = calloc(n, sizeof(*records));

	(void)state;
	assert_non_null(records);
	for (size_t i = 0; i < n; i++) {
		records[i].site = 1 + i % 1500;
		records[i].size = i * 7;
		records[i].granted = kmc_granted_guess(i * 7) + (i % 11 == 0);
		records[i].addr = 4096 * (i % 37);
	}
	check_round_trip(records, n, 0, 100);
	free(records);
}

static void no_records(void **state)
{
	(void)state;
	check_round_trip(NULL, 0, 5, 1);
}

static void repeating_traffic_is_small(void **state)
{
	size_t n = 60000, total = 0;
	struct kmc_record *records = calloc(n, sizeof(*records));
	struct encoded e;

	(void)state;
	assert_non_null(records);
	kmc_sample_plausible(&seed, records, n, 0);
	e = encode(records, n, 0);
	for (int i = 0; i < KMC_NR_COLUMNS; i++)
		total += e.lens[i];
	/* Four bytes an event are fixed; all else must stay the exception. */
	assert_in_range(total, 4 * n, 6 * n);
	free(records);
	free(e.bytes);
}

/* Any byte changed: either refused, or other records, but never beyond bounds (sanitizers). */
static void changed_bytes_are_survived(void **state)
{
	struct kmc_record records[64], out[64];
	struct encoded e;
	unsigned int refused = 0;

	(void)state;
	kmc_sample_plausible(&seed, records, 64, 0);
	e = encode(records, 64, 0);
	for (size_t at = 0; at < e.len; at++)
		for (unsigned int bit = 0; bit < 8; bit++) {
			int ret;

			e.bytes[at] ^= (uint8_t)(1u << bit);
			ret = decode(&e, 64, 0, out, 10);
			assert_true(ret == 64 || ret < 0);
			refused += ret < 0;
			e.bytes[at] ^= (uint8_t)(1u << bit);
		}
	assert_true(refused > 0);
	free(e.bytes);
}

static void changed_lengths_are_refused(void **state)
{
	struct kmc_record records[64], out[64];
	struct encoded e;

	(void)state;
	kmc_sample_plausible(&seed, records, 64, 0);
	e = encode(records, 64, 0);
	for (int i = 0; i < KMC_NR_COLUMNS; i++)
		for (int d = -1; d <= 1; d += 2) {
			if (!e.lens[i] && d < 0)
				continue;
			e.lens[i] += (uint32_t)d;
			assert_true(decode(&e, 64, 0, out, 64) < 0);
			e.lens[i] -= (uint32_t)d;
		}
	assert_int_equal(decode(&e, 64, 0, out, 64), 64);
	assert_true(decode(&e, 63, 0, out, 64) < 0);
	free(e.bytes);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip_wild),
		cmocka_unit_test(round_trip_plausible),
		cmocka_unit_test(round_trip_many_kinds),
		cmocka_unit_test(no_records),
		cmocka_unit_test(repeating_traffic_is_small),
		cmocka_unit_test(changed_bytes_are_survived),
		cmocka_unit_test(changed_lengths_are_refused),
	};

	seed = kmc_sample_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
