// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which tracepoints are taken, judged on made-up BTF: those of 6.1 and 6.18 are,
 * those with other arguments are refused, not misread.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <bpf/btf.h>
#include <stdio.h>
#include <string.h>
#include "probes.h"

struct types {
	struct btf *btf;
	int number, pointer, cache, page;
};

static struct types make_types(void)
{
	struct types t = { .btf = btf__new_empty() };
	int s;

	assert_non_null(t.btf);
	s = btf__add_int(t.btf, "unsigned long", 8, 0);
	t.number = btf__add_typedef(t.btf, "gfp_t", s);
	t.pointer = btf__add_ptr(t.btf, btf__add_const(t.btf, 0));
	s = btf__add_fwd(t.btf, "unused", BTF_FWD_STRUCT);
	s = btf__add_struct(t.btf, "kmem_cache", 8);
	t.cache = btf__add_ptr(t.btf, btf__add_const(t.btf, s));
	s = btf__add_struct(t.btf, "page", 64);
	t.page = btf__add_ptr(t.btf, s);
	return t;
}

/* typedef void (*btf_trace_NAME)(void *, ...): p, n, c, g are pointer, number, cache, page */
static void add(struct types *t, const char *name, const char *args)
{
	char full[80];
	int proto = btf__add_func_proto(t->btf, 0);

	btf__add_func_param(t->btf, "data", t->pointer);
	for (; *args; args++)
		btf__add_func_param(t->btf, "x", *args == 'n' ? t->number : *args == 'c' ?
				    t->cache : *args == 'g' ? t->page : t->pointer);
	snprintf(full, sizeof(full), "btf_trace_%s", name);
	btf__add_typedef(t->btf, full, btf__add_ptr(t->btf, proto));
}

static void test_kmalloc(void **state)
{
	static const struct {
		const char *args;
		enum kmc_probe_state state;
	} cases[] = {
		{ "npnnnn", KMC_PROBE_ATTACHED },   /* 6.1 to 6.18 */
		{ "npnnnnn", KMC_PROBE_ATTACHED },  /* one more behind does no harm */
		{ "npcnnn", KMC_PROBE_REFUSED },    /* 6.0: the cache in between, no node */
		{ "npnnn", KMC_PROBE_REFUSED },     /* 5.17: no node */
		{ "pnnnnn", KMC_PROBE_REFUSED },
		{ "", KMC_PROBE_REFUSED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct types t = make_types();

		add(&t, "kmalloc", cases[i].args);
		assert_int_equal(kmc_probes_examine(t.btf, KMC_PROBE_KMALLOC), cases[i].state);
		assert_int_equal(kmc_probes_examine(t.btf, KMC_PROBE_KFREE), KMC_PROBE_ABSENT);
		btf__free(t.btf);
	}
}

static void test_typed_pointers(void **state)
{
	struct types t = make_types();

	(void)state;
	add(&t, "kmem_cache_alloc", "npcnn");
	add(&t, "kmem_cache_free", "npp");
	add(&t, "mm_page_alloc", "gnnn");
	add(&t, "mm_page_free", "pn"); /* something else than a page */
	assert_int_equal(kmc_probes_examine(t.btf, KMC_PROBE_CACHE_ALLOC), KMC_PROBE_ATTACHED);
	assert_int_equal(kmc_probes_examine(t.btf, KMC_PROBE_CACHE_FREE), KMC_PROBE_ATTACHED);
	assert_int_equal(kmc_probes_examine(t.btf, KMC_PROBE_PAGE_ALLOC), KMC_PROBE_ATTACHED);
	assert_int_equal(kmc_probes_examine(t.btf, KMC_PROBE_PAGE_FREE), KMC_PROBE_REFUSED);
	btf__free(t.btf);
}

/* A base probe that is wanted and missing is an error that names it; nothing is loaded. */
static void test_missing_base_probe(void **state)
{
	struct types t = make_types();
	struct kmc_probes_options options;
	struct kmc_probes probes;
	char error[128];

	(void)state;
	add(&t, "kmalloc", "npcnnn");
	kmc_probes_options_init(&options);
	assert_true(kmc_probes_load(&probes, &options, t.btf, error, sizeof(error)) < 0);
	assert_non_null(strstr(error, "kmem:kmalloc"));
	options.wanted = 1 << KMC_PROBE_KFREE;
	assert_true(kmc_probes_load(&probes, &options, t.btf, error, sizeof(error)) < 0);
	assert_string_equal(error, "tracepoint kmem:kfree: this kernel has none");
	btf__free(t.btf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kmalloc),
		cmocka_unit_test(test_typed_pointers),
		cmocka_unit_test(test_missing_base_probe),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
