// SPDX-License-Identifier: GPL-2.0-or-later
/* Votes; and on this kernel, where there are rights, that the layout found is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <stdio.h>
#include <unistd.h>
#include "calibrate.h"

static void test_votes(void **state)
{
	struct kmc_vote v = { 0 };
	uint32_t votes, against;

	(void)state;
	assert_int_equal(kmc_vote_result(&v, &votes, &against), 0);
	for (int i = 0; i < 7; i++)
		kmc_vote_add(&v, 100);
	for (int i = 0; i < 3; i++)
		kmc_vote_add(&v, (uint64_t)i);
	assert_int_equal(kmc_vote_result(&v, &votes, &against), 100);
	assert_int_equal(votes, 7);
	assert_int_equal(against, 3);
	kmc_vote_add(&v, 5); /* 7 of 11 are not two thirds */
	assert_int_equal(kmc_vote_result(&v, &votes, &against), 0);
	for (int i = 0; i < 40; i++)
		kmc_vote_add(&v, 1000 + (uint64_t)i); /* more values than places */
	assert_int_equal(kmc_vote_result(&v, &votes, &against), 0);
	assert_int_equal(votes + against, 51);
}

/* Frame numbers come from pagemap, so root is asked for. */
static void test_this_kernel(void **state)
{
	struct btf *btf = btf__load_vmlinux_btf();
	struct kmc_layout l;

	(void)state;
	if (!btf || geteuid() || kmc_calibrate(btf, 1 << 22, &l)) {
		print_message("skipped: no rights to look at this kernel\n");
		btf__free(btf);
		skip();
	}
	print_message("page structs %#lx (%u for, %u against)\n", l.page_structs, l.page_votes,
		      l.page_against);
	print_message("direct map %#lx (%u for, %u against)\n", l.direct_map, l.map_votes,
		      l.map_against);
	assert_true(l.page_votes >= 8);
	assert_true(l.map_votes >= 8);
	assert_true(l.page_struct_size >= 32 && l.page_struct_size <= 128);
	assert_true(l.page_structs >> 63 && l.direct_map >> 63);
	assert_int_equal(l.page_structs & 0xffff, 0);
	assert_int_equal(l.direct_map & ((1ul << 30) - 1), 0);
	btf__free(btf);
}

static int no_print(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_votes),
		cmocka_unit_test(test_this_kernel),
	};

	libbpf_set_print(no_print);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
