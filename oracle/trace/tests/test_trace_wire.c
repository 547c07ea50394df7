// SPDX-License-Identifier: GPL-2.0-or-later
/* Checksums and varints of the trace file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include "trace_sample.h"
#include "trace_wire.h"

/* The check value of CRC-32C, and the vectors of RFC 3720 B.4. */
static void crc32c_known_values(void **state)
{
	uint8_t bytes[32];

	(void)state;
	assert_int_equal(kmc_crc32c(0, "123456789", 9), 0xe3069283u);
	memset(bytes, 0, sizeof(bytes));
	assert_int_equal(kmc_crc32c(0, bytes, 32), 0x8a9136aau);
	memset(bytes, 0xff, sizeof(bytes));
	assert_int_equal(kmc_crc32c(0, bytes, 32), 0x62a8ab43u);
	for (unsigned int i = 0; i < 32; i++)
		bytes[i] = (uint8_t)i;
	assert_int_equal(kmc_crc32c(0, bytes, 32), 0x46dd794eu);
}

static void crc32c_in_parts(void **state)
{
	uint8_t bytes[100];
	uint64_t seed = 1;

	(void)state;
	for (unsigned int i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)kmc_sample_draw(&seed);
	for (unsigned int cut = 0; cut <= sizeof(bytes); cut++) {
		uint32_t crc = kmc_crc32c(0, bytes, cut);

		crc = kmc_crc32c(crc, bytes + cut, sizeof(bytes) - cut);
		assert_int_equal(crc, kmc_crc32c(0, bytes, sizeof(bytes)));
	}
}

static void varint_round_trip(void **state)
{
	uint8_t buf[KMC_VARINT_MAX];

	(void)state;
	for (unsigned int bit = 0; bit <= 64; bit++)
		for (int around = -1; around <= 1; around++) {
			uint64_t v = (bit < 64 ? (uint64_t)1 << bit : 0) + (uint64_t)around;
			uint8_t *end = kmc_put_varint(buf, v);
			struct kmc_bytes b = kmc_bytes_of(buf, (size_t)(end - buf));

			assert_int_equal(kmc_bytes_varint(&b), v);
			assert_false(b.bad);
			assert_ptr_equal(b.p, b.end);
			assert_int_equal(kmc_unzigzag(kmc_zigzag(v)), v);
			/* One byte less must be noticed. */
			b = kmc_bytes_of(buf, (size_t)(end - buf) - 1);
			assert_int_equal(kmc_bytes_varint(&b), 0);
			assert_true(b.bad);
		}
}

static void varint_too_long(void **state)
{
	uint8_t buf[16];
	struct kmc_bytes b = kmc_bytes_of(buf, sizeof(buf));

	(void)state;
	memset(buf, 0x80, sizeof(buf));
	kmc_bytes_varint(&b);
	assert_true(b.bad);
	memset(buf, 0xff, sizeof(buf));
	buf[9] = 0x02; /* the 65th bit */
	b = kmc_bytes_of(buf, sizeof(buf));
	kmc_bytes_varint(&b);
	assert_true(b.bad);
}

static void zigzag_of_small_magnitudes(void **state)
{
	(void)state;
	assert_int_equal(kmc_zigzag(0), 0);
	assert_int_equal(kmc_zigzag((uint64_t)-1), 1);
	assert_int_equal(kmc_zigzag(1), 2);
	assert_int_equal(kmc_zigzag((uint64_t)INT64_MIN), UINT64_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(crc32c_known_values),
		cmocka_unit_test(crc32c_in_parts),
		cmocka_unit_test(varint_round_trip),
		cmocka_unit_test(varint_too_long),
		cmocka_unit_test(zigzag_of_small_magnitudes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
