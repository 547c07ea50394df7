// SPDX-License-Identifier: GPL-2.0-or-later
/* What redaction keeps and what it takes away. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "trace/redact.h"
#include "trace_sample.h"

#define N   20000u
#define GIB ((uint64_t)1 << 30)

static uint64_t seed;
static struct kmc_trace_facts facts;
static struct kmc_record before[N], after[N];

/* Names for two sites of three. */
static const char *name_site(void *data, uint64_t site)
{
	static char name[64];

	++*(unsigned int *)data;
	if (site % 3 == 0)
		return NULL;
	snprintf(name, sizeof(name), "function_%llx+0x10", (unsigned long long)site % 0x100000);
	return name;
}

static void vary(struct kmc_record *r)
{
	switch (kmc_sample_draw(&seed) % 8) {
	case 0:
		r->probe = KMC_PROBE_VMAP_ALLOC;
		r->addr = facts.machine.vmalloc_start + (kmc_sample_draw(&seed) >> 20 << 12) %
							       ((uint64_t)32 << 40);
		break;
	case 1:
		r->probe = KMC_PROBE_PERCPU_ALLOC;
		r->addr = kmc_sample_draw(&seed) % 2 ? kmc_sample_draw(&seed) % GIB :
						       kmc_sample_draw(&seed) >> 17;
		break;
	case 2: /* kernel image and module area */
		r->probe = KMC_PROBE_KFREE;
		r->addr = 0xffffffff80000000u + kmc_sample_draw(&seed) % (2 * GIB - 8192);
		break;
	case 3:
		r->probe = KMC_PROBE_KFREE;
		r->addr = kmc_sample_draw(&seed) % 2 ? 16 : 0;
		break;
	default:
		break;
	}
}

static int setup(void **state)
{
	(void)state;
	kmc_sample_facts(&facts);
	kmc_sample_plausible(&seed, before, N, 0);
	for (size_t i = 0; i < N; i++)
		vary(&before[i]);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kmc_trace_facts_free(&facts);
	return 0;
}

static struct kmc_redaction *redact(uint64_t with_seed, unsigned int *names)
{
	struct kmc_redaction *r;

	memcpy(after, before, sizeof(after));
	*names = 0;
	assert_int_equal(kmc_redaction_create(&facts, with_seed, name_site, names, &r), 0);
	assert_int_equal(kmc_redaction_records(r, after, N / 2), 0);
	assert_int_equal(kmc_redaction_records(r, after + N / 2, N - N / 2), 0);
	return r;
}

static bool is_page(const struct kmc_record *r)
{
	return r->probe == KMC_PROBE_PAGE_ALLOC || r->probe == KMC_PROBE_PAGE_FREE;
}

static bool is_percpu(const struct kmc_record *r)
{
	return r->probe == KMC_PROBE_PERCPU_ALLOC;
}

static bool in_direct_map(const struct kmc_record *r)
{
	return !is_page(r) && !is_percpu(r) && r->addr >= facts.machine.direct_map &&
	       r->addr < facts.machine.vmalloc_start;
}

static void only_addresses_and_sites_change(void **state)
{
	struct kmc_redaction *r;
	unsigned int names;

	(void)state;
	r = redact(0, &names);
	for (size_t i = 0; i < N; i++) {
		struct kmc_record same = after[i];

		same.addr = before[i].addr;
		same.site = before[i].site;
		assert_memory_equal(&same, &before[i], sizeof(same));
		if (is_page(&before[i]) || before[i].addr <= 16)
			assert_int_equal(after[i].addr, before[i].addr);
	}
	kmc_redaction_destroy(r);
}

static void alignment_survives(void **state)
{
	struct kmc_redaction *r;
	unsigned int names;

	(void)state;
	r = redact(0, &names);
	for (size_t i = 0; i < N; i++) {
		/* Up to 4 MiB everywhere, up to 1 GiB outside of the kernel's image. */
		assert_int_equal(after[i].addr % (4 << 20), before[i].addr % (4 << 20));
		if (before[i].addr < 0xffffffff80000000u)
			assert_int_equal(after[i].addr % GIB, before[i].addr % GIB);
	}
	kmc_redaction_destroy(r);
}

/* An object stays in its page frame, by the machine's direct map as it is told afterwards. */
static void page_relation_survives(void **state)
{
	struct kmc_trace_facts redacted;
	struct kmc_redaction *r;
	unsigned int names, objects = 0;

	(void)state;
	r = redact(0, &names);
	assert_int_equal(kmc_redaction_facts(r, &facts, &redacted), 0);
	for (size_t i = 0; i < N; i++) {
		if (!in_direct_map(&before[i]))
			continue;
		assert_int_equal(after[i].addr - redacted.machine.direct_map,
				 before[i].addr - facts.machine.direct_map);
		objects++;
	}
	assert_true(objects > 100);
	assert_int_equal(redacted.machine.vmalloc_end - redacted.machine.vmalloc_start,
			 facts.machine.vmalloc_end - facts.machine.vmalloc_start);
	kmc_trace_facts_free(&redacted);
	kmc_redaction_destroy(r);
}

static int by_addr(const void *a, const void *b)
{
	const struct kmc_record *x = &before[*(const uint32_t *)a];
	const struct kmc_record *y = &before[*(const uint32_t *)b];

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* Equal stays equal and different different, over all regions together. */
static void identity_survives(void **state)
{
	static uint32_t order[N];
	struct kmc_redaction *r;
	unsigned int names;
	size_t n = 0;

	(void)state;
	r = redact(0, &names);
	for (uint32_t i = 0; i < N; i++)
		if (!is_page(&before[i]))
			order[n++] = i;
	qsort(order, n, sizeof(*order), by_addr);
	for (size_t i = 1; i < n; i++) {
		const struct kmc_record *a = &before[order[i - 1]], *b = &before[order[i]];

		if (is_percpu(a) != is_percpu(b))
			continue;
		assert_int_equal(a->addr == b->addr,
				 after[order[i - 1]].addr == after[order[i]].addr);
	}
	kmc_redaction_destroy(r);
}

/*
 * The parts above 1 GiB of what comes out follow from the draw alone: moving the
 * recorded kernel's regions leaves the redacted trace as it is.
 */
static void bases_leave_no_trace(void **state)
{
	static struct kmc_record first[N];
	struct kmc_machine old = facts.machine;
	struct kmc_redaction *r;
	unsigned int names;

	(void)state;
	r = redact(99, &names);
	kmc_redaction_destroy(r);
	memcpy(first, after, sizeof(first));
	facts.machine.direct_map += 77 * GIB;
	facts.machine.vmalloc_start += 1234 * GIB;
	facts.machine.vmalloc_end += 1234 * GIB;
	for (size_t i = 0; i < N; i++) {
		if (before[i].probe == KMC_PROBE_VMAP_ALLOC)
			before[i].addr += 1234 * GIB;
		else if (!is_page(&before[i]) && !is_percpu(&before[i]) &&
			 before[i].addr >= old.direct_map && before[i].addr < old.vmalloc_start)
			before[i].addr += 77 * GIB;
	}
	r = redact(99, &names);
	kmc_redaction_destroy(r);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(first[i].addr, after[i].addr);
}

static void no_address_stays(void **state)
{
	struct kmc_redaction *r;
	unsigned int names, moved = 0, total = 0;

	(void)state;
	r = redact(0, &names);
	for (size_t i = 0; i < N; i++) {
		if (is_page(&before[i]) || before[i].addr < GIB)
			continue;
		total++;
		moved += after[i].addr / GIB != before[i].addr / GIB;
	}
	/* One draw in 4096 leaves a region where it was; all of them never. */
	assert_in_range(moved, total / 2, total);
	kmc_redaction_destroy(r);
}

static void sites_become_names(void **state)
{
	struct kmc_trace_facts redacted;
	struct kmc_redaction *r;
	unsigned int names, named = 0, unnamed = 0;

	(void)state;
	r = redact(0, &names);
	assert_int_equal(kmc_redaction_facts(r, &facts, &redacted), 0);
	assert_true(redacted.redacted);
	for (size_t i = 0; i < N; i++) {
		unsigned int ignored;
		const char *name, *want;

		if (!before[i].site) {
			assert_int_equal(after[i].site, 0);
			continue;
		}
		want = name_site(&ignored, before[i].site);
		name = kmc_trace_symbol(&redacted, after[i].site);
		assert_true(after[i].site < (uint64_t)1 << 48);
		if (want) {
			assert_non_null(name);
			assert_string_equal(name, want);
			assert_int_equal(after[i].site, kmc_site_id(want));
			named++;
		} else {
			assert_null(name);
			unnamed++;
		}
	}
	assert_true(named > 100 && unnamed > 100);
	assert_true(names < 100); /* each site was asked for once */
	/* The symbol that the facts had is there under its new id. */
	assert_string_equal(kmc_trace_symbol(&redacted, kmc_site_id("do_thing+0x1c [some_module]")),
			    "do_thing+0x1c [some_module]");
	assert_null(kmc_trace_symbol(&redacted, facts.symbols[0].site));
	kmc_trace_facts_free(&redacted);
	kmc_redaction_destroy(r);
}

static void same_seed_same_result(void **state)
{
	static struct kmc_record first[N];
	struct kmc_redaction *r;
	unsigned int names;
	size_t differ = 0;

	(void)state;
	r = redact(42, &names);
	kmc_redaction_destroy(r);
	memcpy(first, after, sizeof(first));
	r = redact(42, &names);
	kmc_redaction_destroy(r);
	assert_memory_equal(first, after, sizeof(first));
	r = redact(43, &names);
	kmc_redaction_destroy(r);
	for (size_t i = 0; i < N; i++)
		differ += first[i].addr != after[i].addr;
	assert_true(differ > N / 4);
}

static void twice_is_refused(void **state)
{
	struct kmc_trace_facts done = facts;
	struct kmc_redaction *r;

	(void)state;
	done.redacted = true;
	assert_int_equal(kmc_redaction_create(&done, 0, NULL, NULL, &r), -EALREADY);
	assert_null(r);
}

static void many_sites(void **state)
{
	struct kmc_redaction *r;
	unsigned int names = 0;

	(void)state;
	assert_int_equal(kmc_redaction_create(&facts, 0, name_site, &names, &r), 0);
	for (uint64_t site = 1; site <= 50000; site++) {
		struct kmc_record a = { .site = site * 8 }, b = a;

		assert_int_equal(kmc_redaction_records(r, &a, 1), 0);
		assert_int_equal(kmc_redaction_records(r, &b, 1), 0);
		assert_int_equal(a.site, b.site);
	}
	assert_int_equal(names, 50000);
	kmc_redaction_destroy(r);
}

static void blanking(void **state)
{
	struct kmc_trace_facts blank;
	unsigned int kmallocs = 0;

	(void)state;
	memcpy(after, before, sizeof(after));
	kmc_blank_records(after, N);
	for (size_t i = 0; i < N; i++) {
		struct kmc_record same = before[i];

		if (same.probe == KMC_PROBE_KMALLOC) {
			same.granted = 0;
			same.flags |= KMC_RF_BLANK;
			kmallocs++;
		}
		assert_memory_equal(&after[i], &same, sizeof(same));
	}
	assert_true(kmallocs > 100);
	kmc_sample_facts(&blank);
	blank.caches[0].flags |= KMC_CF_TYPESAFE_BY_RCU;
	blank.caches[0].offset = 8; /* inside the object: chosen by the creator */
	kmc_blank_facts(&blank);
	assert_int_equal(blank.caches[0].size, 0);
	assert_int_equal(blank.caches[0].offset, 8);
	assert_int_equal(blank.caches[0].inuse, 192);
	assert_int_equal(blank.caches[1].size, 0);
	assert_int_equal(blank.caches[1].order, 0);
	assert_int_equal(blank.caches[1].objects, 0);
	assert_int_equal(blank.caches[1].inuse, 0);
	assert_int_equal(blank.caches[1].offset, 0);
	assert_int_equal(blank.caches[1].object_size, 185);
	assert_int_equal(blank.caches[1].align, 8);
	assert_true(blank.caches[1].ctor);
	kmc_trace_facts_free(&blank);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_addresses_and_sites_change),
		cmocka_unit_test(alignment_survives),
		cmocka_unit_test(page_relation_survives),
		cmocka_unit_test(identity_survives),
		cmocka_unit_test(no_address_stays),
		cmocka_unit_test(sites_become_names),
		cmocka_unit_test(same_seed_same_result),
		cmocka_unit_test(twice_is_refused),
		cmocka_unit_test(many_sites),
		cmocka_unit_test(blanking),
		cmocka_unit_test(bases_leave_no_trace), /* last: it moves the records */
	};

	seed = kmc_sample_seed();
	return cmocka_run_group_tests(tests, setup, teardown);
}
