// SPDX-License-Identifier: GPL-2.0-or-later
/* The facts as text and back, the table of probes, call sites. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <errno.h>
#include "trace_facts.h"
#include "trace_sample.h"
#include <string.h>

static int parse(const char *text, struct kmc_trace_facts *facts, unsigned int *line)
{
	size_t len = strlen(text);
	char *copy = strdup(text);
	int ret;

	assert_non_null(copy);
	ret = kmc_facts_parse(copy, len, facts, line);
	free(copy);
	return ret;
}

static void text_round_trip(void **state)
{
	struct kmc_trace_facts facts, back;
	char *text, *again;
	size_t len, again_len;
	unsigned int line;

	(void)state;
	kmc_sample_facts(&facts);
	facts.machine.options = KMC_MO_memcg | KMC_MO_slub_red_zone;
	assert_int_equal(kmc_facts_print(&facts, &text, &len), 0);
	assert_int_equal(parse(text, &back, &line), 0);
	assert_int_equal(kmc_facts_print(&back, &again, &again_len), 0);
	assert_string_equal(text, again);
	assert_string_equal(back.release, "6.18.44");
	assert_memory_equal(&back.machine, &facts.machine, sizeof(facts.machine));
	assert_memory_equal(&back.gfp, &facts.gfp, sizeof(facts.gfp));
	assert_memory_equal(back.probe_state, facts.probe_state, sizeof(facts.probe_state));
	assert_int_equal(back.nr_caches, 2);
	assert_memory_equal(back.caches, facts.caches, 2 * sizeof(*facts.caches));
	assert_int_equal(back.nr_symbols, 1);
	assert_string_equal(back.symbols[0].name, "do_thing+0x1c [some_module]");
	free(text);
	free(again);
	kmc_trace_facts_free(&facts);
	kmc_trace_facts_free(&back);
}

#define HEAD "kmconform-facts 1\nmachine.page_shift 12\n"

static void a_witness_is_optional(void **state)
{
	struct kmc_trace_facts facts, back;
	char *text;
	size_t len;
	unsigned int line;

	(void)state;
	kmc_sample_facts(&facts);
	assert_int_equal(kmc_facts_print(&facts, &text, &len), 0);
	assert_null(strstr(text, "witness")); /* as before there was one */
	free(text);
	strcpy(facts.witness, "perf");
	facts.witnessed[KMC_PROBE_KFREE] = (struct kmc_witness_count){ 1000, 3, 7 };
	assert_int_equal(kmc_facts_print(&facts, &text, &len), 0);
	assert_int_equal(parse(text, &back, &line), 0);
	assert_string_equal(back.witness, "perf");
	assert_memory_equal(back.witnessed, facts.witnessed, sizeof(facts.witnessed));
	free(text);
	kmc_trace_facts_free(&facts);
	kmc_trace_facts_free(&back);
}

static void later_keys_are_passed_over(void **state)
{
	struct kmc_trace_facts facts;
	unsigned int line;

	(void)state;
	assert_int_equal(parse(HEAD "a_new_key 1 2 3\ngfp NO_SUCH_ATOM 30\n"
			       "probe kmem:new attached\n"
			       "machine.options memcg|from_the_future\n", &facts, &line), 0);
	assert_int_equal(facts.machine.options, KMC_MO_memcg);
	kmc_trace_facts_free(&facts);
}

static void bad_text_is_refused_by_line(void **state)
{
	static const struct {
		const char *text;
		unsigned int line;
	} cases[] = {
		{ "", 1 },
		{ "kmconform-facts 2\n", 1 },
		{ "kmconform-facts 1\n", 2 },                       /* no page size */
		{ "kmconform-facts 1\nmachine.page_shift 60\n", 3 },
		{ HEAD "redacted 2\n", 3 },
		{ HEAD "ring_bytes -1\n", 3 },
		{ HEAD "ring_bytes 18446744073709551616\n", 3 },
		{ HEAD "machine.nr_cpus 65536\n", 3 },
		{ HEAD "release 6", 3 },                            /* no end of line */
		{ HEAD "arch a_very_long_architecture\n", 3 },
		{ HEAD "zone Odd 0 0 0 0 0 0 0\n", 3 },
		{ HEAD "zone Normal 0 0 0\n", 3 },
		{ HEAD "gfp DMA 32\n", 3 },
		{ HEAD "probe kmem:kfree maybe\n", 3 },
		{ HEAD "witnessed kmem:kfree 5 2\n", 3 },
		{ HEAD "witnessed kmem:kfree 5 2 1\n", 3 },
		{ HEAD "cache 1 8 8 8 8 0 0 0 1 0 0 0 0 0x0 - late\n", 3 },
		{ HEAD "cache 0 8 8\n", 3 },
		{ HEAD "symbol 10 a\nsymbol 10 b\n", 4 },
		{ HEAD "symbol xyz a\n", 3 },
		{ HEAD "tool bad \\escape\n", 3 },
		{ HEAD "\n", 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kmc_trace_facts facts;
		unsigned int line = 99;

		assert_int_equal(parse(cases[i].text, &facts, &line), -EINVAL);
		assert_int_equal(line, cases[i].line);
		kmc_trace_facts_free(&facts);
	}
}

static void too_many_zones(void **state)
{
	struct kmc_trace_facts facts;
	char text[4096] = HEAD;
	unsigned int line;

	(void)state;
	for (unsigned int i = 0; i <= KMC_MACHINE_MAX_ZONES; i++)
		strcat(text, "zone Normal 0 0 1 1 0 0 0\n");
	assert_int_equal(parse(text, &facts, &line), -EINVAL);
	assert_int_equal(line, 3 + KMC_MACHINE_MAX_ZONES);
	kmc_trace_facts_free(&facts);
}

static void symbols_are_found(void **state)
{
	struct kmc_trace_facts facts;
	unsigned int line;

	(void)state;
	assert_int_equal(parse(HEAD "symbol 10 a\nsymbol 20 b c\n"
			       "symbol ffffffffffffffff d\n", &facts, &line), 0);
	assert_string_equal(kmc_trace_symbol(&facts, 0x10), "a");
	assert_string_equal(kmc_trace_symbol(&facts, 0x20), "b c");
	assert_string_equal(kmc_trace_symbol(&facts, UINT64_MAX), "d");
	assert_null(kmc_trace_symbol(&facts, 0x11));
	kmc_trace_facts_free(&facts);
	assert_null(kmc_trace_symbol(&facts, 0x10));
}

static void every_probe_has_its_tracepoint(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < KMC_NR_PROBES; i++) {
		const char *name = strchr(kmc_probe_name(i), ':');

		assert_non_null(name);
		assert_string_equal(name + 1, kmc_tracepoint_name(kmc_probe_tracepoint(i)));
	}
	assert_null(kmc_probe_name(KMC_NR_PROBES));
	assert_int_equal(kmc_probe_tracepoint(KMC_NR_PROBES), KMC_NR_TRACEPOINTS);
}

static void copy_is_deep(void **state)
{
	struct kmc_trace_facts facts, copy;

	(void)state;
	kmc_sample_facts(&facts);
	assert_int_equal(kmc_facts_copy(&copy, &facts), 0);
	facts.caches[0].size = 1;
	facts.symbols[0].name[0] = 'X';
	assert_int_equal(copy.caches[0].size, 192);
	assert_string_equal(copy.symbols[0].name, "do_thing+0x1c [some_module]");
	kmc_trace_facts_free(&facts);
	kmc_trace_facts_free(&copy);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_round_trip),
		cmocka_unit_test(a_witness_is_optional),
		cmocka_unit_test(later_keys_are_passed_over),
		cmocka_unit_test(bad_text_is_refused_by_line),
		cmocka_unit_test(too_many_zones),
		cmocka_unit_test(symbols_are_found),
		cmocka_unit_test(every_probe_has_its_tracepoint),
		cmocka_unit_test(copy_is_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
