/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lives of traces made by hand, the programs they are cut into, and the choice of ops. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <cmocka.h>
#include "distill.h"
#include "lives.h"

#define BASE 0xffff888000100000ull
#define GFP_KERNEL_6_18 0xcc0u

static struct kmc_record records[4096];
static unsigned int nr_records;

static struct kmc_record *record(unsigned int probe, uint64_t addr, uint64_t size)
{
	struct kmc_record *r = &records[nr_records];

	*r = (struct kmc_record){ .time_ns = 1000ull * ++nr_records, .addr = addr, .size = size,
				  .granted = size, .probe = (uint8_t)probe, .node = -1, .tid = 7,
				  .gfp = GFP_KERNEL_6_18, .cache = KMC_RECORD_NO_CACHE };
	return r;
}

/* One block of cpu 0 in memory; the caller closes trace and bytes. */
static struct kmc_trace *make_trace(void)
{
	static struct kmc_cache_desc cache = { .name = "thing", .object_size = 120, .size = 128,
					       .align = 8, .objects = 32 };
	int fd = memfd_create("trace", 0);
	struct kmc_block_info info = { .nr_records = nr_records, .first_ns = 1000,
				       .last_ns = 1000ull * nr_records };
	struct kmc_trace_facts facts;
	struct kmc_trace_writer *writer;
	struct kmc_trace *trace;
	char error[256], path[64];

	kmc_trace_facts_init(&facts);
	kmc_machine_simple(&facts.machine, 2, 1ull << 30);
	facts.machine.release = KMC_RELEASE(6, 18, 2);
	facts.gfp = *kmc_gfp_table_of(KMC_RELEASE(6, 18, 2));
	facts.caches = &cache;
	facts.nr_caches = 1;
	assert_int_equal(kmc_trace_create(fd, &facts, 0, &writer), 0);
	assert_true(kmc_trace_write_block(writer, &info, records) > 0);
	assert_int_equal(kmc_trace_finish(writer), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(kmc_trace_open(path, &trace, error, sizeof(error)), 0);
	close(fd);
	nr_records = 0;
	return trace;
}

static void read_all(struct kmc_lives *lives, struct kmc_trace *trace)
{
	*lives = (struct kmc_lives){ 0 };
	assert_int_equal(kmc_lives_read(lives, trace, 0), 0);
}

static void matched_by_address(void **state)
{
	struct kmc_trace *trace;
	struct kmc_lives lives;

	(void)state;
	record(KMC_PROBE_KMALLOC, BASE, 100);
	record(KMC_PROBE_CACHE_ALLOC, BASE + 0x1000, 0)->cache = 0;
	record(KMC_PROBE_KFREE, BASE + 0x2000, 0); /* before the trace */
	record(KMC_PROBE_PAGE_ALLOC, 0x100, 0)->order = 2;
	record(KMC_PROBE_KFREE, BASE, 0);
	record(KMC_PROBE_KMALLOC, BASE, 60);
	record(KMC_PROBE_PAGE_FREE, 0x100, 0)->order = 2;
	trace = make_trace();
	read_all(&lives, trace);
	assert_int_equal(lives.nr, 4);
	assert_int_equal(lives.ops, 6);
	assert_int_equal(lives.of_before, 1);
	assert_int_equal(lives.lives[0].died, 5);
	assert_true(lives.lives[1].died == UINT64_MAX);
	assert_int_equal(lives.lives[2].died, 7);
	assert_true(lives.lives[3].died == UINT64_MAX);
	kmc_lives_free(&lives);
	kmc_trace_close(trace);
}

/* Rule: TRC-7, TRC-10. */
static void twice_and_implied(void **state)
{
	struct kmc_trace *trace;
	struct kmc_lives lives;

	(void)state;
	record(KMC_PROBE_KMALLOC, BASE, 16384);
	record(KMC_PROBE_KMALLOC, BASE, 16384); /* the second event of a large one */
	record(KMC_PROBE_KMALLOC, BASE + 0x8000, 64);
	record(KMC_PROBE_KMALLOC, BASE + 0x8000, 64); /* small: it was freed unseen */
	record(KMC_PROBE_KMALLOC, 16, 0)->granted = 0;
	trace = make_trace();
	read_all(&lives, trace);
	assert_int_equal(lives.nr, 3);
	assert_int_equal(lives.twice, 1);
	assert_int_equal(lives.implied, 1);
	assert_int_equal(lives.failed, 1);
	assert_int_equal(lives.lives[1].died, 4);
	kmc_lives_free(&lives);
	kmc_trace_close(trace);
}

static void cut_is_a_correct_caller(void **state)
{
	struct kmc_program program;
	struct kmc_trace *trace;
	struct kmc_lives lives;

	(void)state;
	record(KMC_PROBE_CACHE_ALLOC, BASE, 0)->cache = 0;
	record(KMC_PROBE_KMALLOC, BASE + 0x1000, 100);
	record(KMC_PROBE_CACHE_FREE, BASE, 0)->cache = 0;
	trace = make_trace();
	read_all(&lives, trace);
	kmc_program_init(&program);
	kmc_lives_machine(kmc_trace_facts(trace), &program);
	assert_int_equal(program.machine.profile, KMC_RELEASE(6, 18, 44));
	assert_int_equal(kmc_lives_cut(&lives, kmc_trace_facts(trace), 0, &program), 2);
	assert_int_equal(program.nr_ops, 4);
	assert_int_equal(program.ops[0].code, KMC_OP_KMEM_CACHE_CREATE);
	assert_int_equal(program.ops[0].b, 120);
	assert_int_equal(program.ops[1].code, KMC_OP_KMEM_CACHE_ALLOC);
	assert_int_equal(program.ops[1].src, program.ops[0].dst);
	assert_int_equal(program.ops[2].code, KMC_OP_KMALLOC);
	assert_true(program.ops[2].attr & KMC_ATTR_KEPT);
	assert_int_equal(program.ops[3].code, KMC_OP_KMEM_CACHE_FREE);
	assert_int_equal(program.ops[3].dst, program.ops[1].dst);
	kmc_program_free(&program);
	kmc_lives_free(&lives);
	kmc_trace_close(trace);
}

static int run_cuts(struct kmc_distill *d, const struct kmc_lives *lives,
		    const struct kmc_trace_facts *facts,
		    int (*each)(struct kmc_distill *d, const struct kmc_program *program))
{
	struct kmc_program program;
	int err = 0;

	kmc_program_init(&program);
	kmc_lives_machine(facts, &program);
	for (size_t first = 0; first < lives->nr && !err; first += KMC_LIVES_PER_CUT) {
		assert_true(kmc_lives_cut(lives, facts, first, &program) > 0);
		err = each(d, &program);
	}
	kmc_program_free(&program);
	return err;
}

/* A thousand lives of one kind are worth one or a few ops; the page among them stays. */
static void few_ops_stand_for_many(void **state)
{
	struct kmc_distill d = { .rigs = kmc_rigs_create(1, 0) };
	struct kmc_trace *trace;
	struct kmc_lives lives;
	bool has_pages = false;

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		record(KMC_PROBE_KMALLOC, BASE + i * 128, 100);
		record(KMC_PROBE_KFREE, BASE + i * 128, 0);
		if (i == 700)
			record(KMC_PROBE_PAGE_ALLOC, 0x5000, 0)->order = 3;
	}
	trace = make_trace();
	read_all(&lives, trace);
	assert_int_equal(lives.nr, 1001);
	assert_int_equal(kmc_distill_begin(&d), 0);
	assert_int_equal(run_cuts(&d, &lives, kmc_trace_facts(trace), kmc_distill_warm), 0);
	assert_int_equal(run_cuts(&d, &lives, kmc_trace_facts(trace), kmc_distill_add), 0);
	assert_int_equal(kmc_distill_choose(&d), 0);
	assert_int_equal(kmc_distill_reduce(&d), 0);
	assert_int_equal(kmc_distill_check(&d), 0);
	assert_int_equal(d.violated, 0);
	assert_in_range(kmc_distill_ops(&d), 2, 20);
	for (size_t i = 0; i < d.nr; i++)
		for (size_t k = 0; k < d.seeds[i].program.nr_ops; k++)
			has_pages |= d.seeds[i].program.ops[k].code == KMC_OP_ALLOC_PAGES;
	assert_true(has_pages);
	kmc_distill_end(&d);
	kmc_rigs_destroy(d.rigs);
	kmc_lives_free(&lives);
	kmc_trace_close(trace);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(matched_by_address),
		cmocka_unit_test(twice_and_implied),
		cmocka_unit_test(cut_is_a_correct_caller),
		cmocka_unit_test(few_ops_stand_for_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
