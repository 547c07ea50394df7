// SPDX-License-Identifier: GPL-2.0-or-later
/* The set of sites and the symbols made of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "sites.h"

static void test_symbols(void **state)
{
	struct kmc_trace_facts facts;
	struct kmc_sites sites = { 0 };
	struct kmc_ksyms ksyms;
	struct kmc_record r;

	(void)state;
	kmc_trace_facts_init(&facts);
	assert_int_equal(kmc_ksyms_parse(strdup("1000 T f\n2000000 T g\n"), &ksyms), 0);
	for (uint64_t i = 0; i < 20000; i++) {
		r = (struct kmc_record){ .site = i % 10000 };
		assert_int_equal(kmc_sites_add(&sites, &r, 1), 0);
	}
	assert_int_equal(sites.nr, 9999); /* 0 is no site */
	for (int twice = 0; twice < 2; twice++) {
		assert_int_equal(kmc_sites_symbols(&sites, &ksyms, &facts), 0);
		assert_int_equal(facts.nr_symbols, 9999 - 0xfff);
		assert_int_equal(facts.symbols[0].site, 0x1000);
		assert_string_equal(facts.symbols[1].name, "f+0x1");
		for (size_t i = 1; i < facts.nr_symbols; i++)
			assert_true(facts.symbols[i - 1].site < facts.symbols[i].site);
	}
	kmc_trace_facts_free(&facts);
	kmc_sites_free(&sites);
	kmc_ksyms_free(&ksyms);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_symbols) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
