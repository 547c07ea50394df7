/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * <linux/overflow.h> and the array forms of kmalloc against 128-bit arithmetic
 * (ARR-1 to ARR-11, edge values of R14).
 */
#include "slab_fixture.h"

static const size_t edges[] = {
	0, 1, 2, 3, 7, 8, 255, 4096, 0xffff, 0x10000, 0xffffffff, 0x100000000, 0x100000001,
	0x200000000, SIZE_MAX / 3, SIZE_MAX / 2, SIZE_MAX / 2 + 1, SIZE_MAX - 4095, SIZE_MAX - 1,
	SIZE_MAX,
};
#define NR_EDGES (sizeof(edges) / sizeof(edges[0]))

typedef unsigned __int128 wide;

static size_t saturate(wide value)
{
	return value > SIZE_MAX ? SIZE_MAX : (size_t)value;
}

static void arr4_arr6_products_and_sums(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_EDGES; i++)
		for (size_t j = 0; j < NR_EDGES; j++) {
			size_t a = edges[i], b = edges[j];

			assert_true(size_mul(a, b) == saturate((wide)a * b));
			assert_true(array_size(a, b) == saturate((wide)a * b));
			assert_true(size_add(a, b) == saturate((wide)a + b));
		}
	assert_true(array_size(0x100000000, 0x100000000) == SIZE_MAX);
}

static void arr5_three_factors(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_EDGES; i++)
		for (size_t j = 0; j < NR_EDGES; j++)
			for (size_t k = 0; k < NR_EDGES; k++) {
				size_t inner = saturate((wide)edges[i] * edges[j]);

				assert_true(array3_size(edges[i], edges[j], edges[k]) ==
					    saturate((wide)inner * edges[k]));
			}
	assert_true(array3_size(1ul << 33, 1ul << 33, 0) == 0);
	assert_true(array3_size(1ul << 33, 1ul << 33, 1) == SIZE_MAX);
}

static void arr7_difference(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_EDGES; i++)
		for (size_t j = 0; j < NR_EDGES; j++) {
			size_t a = edges[i], b = edges[j];
			size_t want = a == SIZE_MAX || b == SIZE_MAX || a < b ? SIZE_MAX : a - b;

			assert_true(size_sub(a, b) == want);
		}
	assert_true(size_sub(SIZE_MAX, 1) == SIZE_MAX);
	assert_true(size_sub(3, 4) == SIZE_MAX);
}

struct flexible {
	uint32_t count;
	uint64_t header;
	uint16_t item[];
};

static void arr8_arr9_arr10_structures(void **state)
{
	struct flexible *p = NULL;

	(void)state;
	for (size_t i = 0; i < NR_EDGES; i++) {
		volatile size_t run_time = edges[i];
		size_t n = run_time, flex = saturate((wide)n * 2);

		assert_true(flex_array_size(p, item, n) == flex);
		assert_true(struct_size(p, item, n) == saturate((wide)flex + sizeof(*p)));
		assert_true(struct_size_t(struct flexible, item, n) == struct_size(p, item, n));
	}
	assert_int_equal(struct_size(p, item, 5), sizeof(*p) + 10);
}

static void arr1_arr2_arrays(void **state)
{
	(void)state;
	tp_listen(KMC_TP_BIT(KMC_TP_KMALLOC));
	for (size_t i = 0; i < NR_EDGES; i++)
		for (size_t j = 0; j < NR_EDGES; j++) {
			volatile size_t n = edges[i], size = edges[j];
			wide bytes = (wide)n * size;
			unsigned int before = tp_count;
			uint8_t *p = kcalloc(n, size, GFP_KERNEL);

			if (bytes == 0) {
				assert_ptr_equal(p, ZERO_SIZE_PTR);
			} else if (bytes > KMALLOC_MAX_SIZE) {
				assert_null(p);
				/* A product that overflows never reaches the allocator. */
				assert_int_equal(tp_count != before, bytes <= SIZE_MAX);
			} else {
				assert_non_null(p);
				assert_true(all_zero(p, (size_t)bytes));
				memset(p, 0xff, (size_t)bytes);
			}
			kfree(p);
		}
	tp_listen(0);
}

/* Rule: ARR-3. */
static void arr3_resize_overflow_keeps_the_block(void **state)
{
	volatile size_t huge = SIZE_MAX / 3;
	uint8_t *p = kmalloc(40, GFP_KERNEL);

	(void)state;
	pattern_fill(p, 40, 1);
	assert_null(krealloc_array(p, huge, 4, GFP_KERNEL));
	assert_null(krealloc_array(p, 4, huge, GFP_KERNEL));
	assert_true(pattern_holds(p, 40, 1));
	assert_true(where(p).live);
	p = krealloc_array(p, 10, 40, GFP_KERNEL);
	assert_non_null(p);
	assert_true(pattern_holds(p, 40, 1));
	kfree(p);
}

static void arr11_saturated_size_fails(void **state)
{
	volatile size_t sizes[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX - 4095, 1ul << 63 };
	void *p;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_null(kmalloc(sizes[i], GFP_KERNEL | __GFP_NOWARN));
		assert_null(kmalloc(sizes[i], GFP_KERNEL | __GFP_NOWARN | __GFP_NOFAIL));
		p = kmalloc(8, GFP_KERNEL);
		assert_null(krealloc(p, sizes[i], GFP_KERNEL | __GFP_NOWARN));
		assert_true(where(p).live);
		kfree(p);
	}
}

/* check_shl_overflow() into @type, for all shifts, against 128 bits. */
#define shift_into(type, value, high)                                        \
	do {                                                                      \
		for (int by = -2; by <= 70; by++) {                               \
			bool fits = by >= 0 && by < 8 * (int)sizeof(type);        \
			wide exact = fits ? (wide)(value) << by : 0;              \
			type result;                                              \
                                                                                  \
			fits = fits && (value) >= 0 && exact >> by == (wide)(value) && \
			       exact <= (wide)(high);                             \
			assert_int_equal(check_shl_overflow(value, by, &result), !fits); \
			if (fits)                                                 \
				assert_true(result == (type)exact);               \
		}                                                                 \
	} while (0)

static void shift_against_wide_arithmetic(void **state)
{
	(void)state;
	for (size_t i = 0; i < NR_EDGES; i++) {
		int64_t value = (int64_t)(edges[i] & INT64_MAX);

		shift_into(uint8_t, value, UINT8_MAX);
		shift_into(int8_t, value, INT8_MAX);
		shift_into(uint16_t, value, UINT16_MAX);
		shift_into(int32_t, value, INT32_MAX);
		shift_into(uint64_t, value, UINT64_MAX);
		shift_into(int64_t, value, INT64_MAX);
		shift_into(int64_t, -value - 1, INT64_MAX);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(shift_against_wide_arithmetic),
		cmocka_unit_test(arr4_arr6_products_and_sums),
		cmocka_unit_test(arr5_three_factors),
		cmocka_unit_test(arr7_difference),
		cmocka_unit_test(arr8_arr9_arr10_structures),
		cmocka_unit_test(arr1_arr2_arrays),
		cmocka_unit_test(arr3_resize_overflow_keeps_the_block),
		cmocka_unit_test(arr11_saturated_size_fails),
	};

	return cmocka_run_group_tests(tests, setup_machine, teardown_machine);
}
