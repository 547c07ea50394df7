/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs as text: how ops look, the round trip, and one clear message for what is wrong. */
#include "vocab_tests.h"
#include "vocab_programs.h"

static int parse(struct kmc_program *program, const char *text, char *error)
{
	return kmc_program_parse(program, text, strlen(text), "x.op", error, 256);
}

static void fails(const char *text, const char *expected)
{
	struct kmc_program program;
	char error[256] = "";

	kmc_program_init(&program);
	assert_int_equal(parse(&program, text, error), -EINVAL);
	assert_string_equal(error, expected);
	kmc_program_free(&program);
}

/* @text parses to one op that prints as @expected. */
static void reads_as(const char *text, const char *expected)
{
	struct kmc_program program;
	char error[256], line[4096];

	kmc_program_init(&program);
	if (parse(&program, text, error))
		fail_msg("%s", error);
	assert_int_equal(program.nr_ops, 1);
	kmc_op_print(line, sizeof(line), &program.ops[0]);
	assert_string_equal(line, expected);
	kmc_program_free(&program);
}

#define SAME(text) reads_as(text, text)

static void test_ops_as_they_look(void **state)
{
	(void)state;
	SAME("r3 = kmalloc(96, GFP_KERNEL|__GFP_ZERO)"
	     " on cpu 1, task 2, in softirq, misuse, untrusted");
	SAME("kmalloc(SIZE_MAX, 0)");
	SAME("kfree(r3+8) misuse");
	SAME("kfree(r3-8) in nmi");
	SAME("kfree(r3-9223372036854775808)");
	SAME("kfree(NULL)");
	SAME("r1 = krealloc(NULL, 96, GFP_KERNEL|raw(0x40000000))");
	SAME("r0 = alloc_pages_node(NUMA_NO_NODE, __GFP_DMA, 3)");
	SAME("r1023 = kmalloc_node(5, GFP_NOWAIT, 63) on cpu 1");
	SAME("kmem_cache_free(r1, r2+4) limited_device, kept");
	SAME("r5 = kmem_cache_create(1, 96, 8, HWCACHE_ALIGN|TYPESAFE_BY_RCU, 0)");
	SAME("r5 = kmem_cache_create(1, 96, 8, 0, 0)");
	SAME("r5 = kmem_cache_create_usercopy(1, 96, 8, PANIC|0x10000, 16, none, 0)");
	SAME("r1 = kmem_cache_alloc_from_sheaf(r2, r3, GFP_ATOMIC)");
	SAME("r6 = mempool_create(4, kmem_cache_alloc, 96)");
	SAME("r6 = mempool_create(4, 999, 96)");
	SAME("write(r1+16, 32, 0xa5)");
	SAME("task_set(3, kthread|exiting, -1000)");
	SAME("fail_nth(failslab, 3, 0)");
	SAME("sysctl(min_free_kbytes, 1024)");
	SAME("sysctl(77, 1024)");
	SAME("r1 = cma_declare_contiguous(0, 1048576, 0, 0, 0, -1)");
	SAME("r1 = memcg_create(NULL, 1048576, 0, 0)");
	SAME("rcu_barrier()");
}

static void test_other_ways_to_write(void **state)
{
	(void)state;
	reads_as("  r3=kmalloc( 4K ,GFP_KERNEL )  on  cpu 1 ,misuse # why",
		 "r3 = kmalloc(4096, GFP_KERNEL) on cpu 1, misuse");
	reads_as("r03 = kmalloc(0x10, __GFP_RECLAIM)\r\n", "r3 = kmalloc(16, GFP_NOIO)");
	reads_as("kfree( r3 + 8 ) task 0, in task", "kfree(r3+8)");
	reads_as("kfree(r3+0)", "kfree(r3)");
	reads_as("vmalloc(2G)", "vmalloc(2147483648)");
	reads_as("write(r1, 1M, 7)", "write(r1, 1048576, 0x7)");
	reads_as("r0 = alloc_pages_node(-1, 0, 0)", "r0 = alloc_pages_node(NUMA_NO_NODE, 0, 0)");
}

static void test_head(void **state)
{
	struct kmc_program program;
	char error[256], *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	kmc_program_init(&program);
	assert_int_equal(parse(&program,
			       "# kmconform program 1\n"
			       "edition 6.12\n"
			       "machine cpus=4 profile=6.12.117 options=memcg\n"
			       "zone dma32 node=0 start=16 pages=16K\n\n"
			       "kfree(NULL) on cpu 3\n",
			       error), 0);
	assert_int_equal(program.edition, KMC_RELEASE(6, 12, 0));
	assert_int_equal(program.machine.nr_cpus, 4);
	assert_int_equal(kmc_program_print(&program, out), 0);
	fclose(out);
	assert_string_equal(text, "# kmconform program 1\n"
				  "edition 6.12\n"
				  "machine cpus=4 nodes=1 page=4096 profile=6.12.117"
				  " options=memcg\n"
				  "zone dma32 node=0 start=16 pages=16384\n"
				  "kfree(NULL) on cpu 3\n");
	free(text);
	kmc_program_free(&program);
}

static void test_no_text_is_the_default_program(void **state)
{
	struct kmc_program program, usual;
	char error[256];

	(void)state;
	kmc_program_init(&program);
	kmc_program_init(&usual);
	assert_int_equal(parse(&program, "", error), 0);
	assert_same_program(&program, &usual);
	kmc_program_free(&program);
}

static void test_bad_calls(void **state)
{
	(void)state;
	fails("kmaloc(3)", "x.op:1: unknown call 'kmaloc'");
	fails("\n# c\n\nfrob(3) misuse", "x.op:4: unknown call 'frob'");
	fails("kfree r3", "x.op:1: no call: 'kfree r3'");
	fails("kfree(r3", "x.op:1: no call: 'kfree(r3'");
	fails("r1 = kfree(r2)", "x.op:1: kfree has no result");
	fails("x = kmalloc(1, 0)", "x.op:1: 'x' is no slot: r0 to r1023");
	fails("r1024 = kmalloc(1, 0)", "x.op:1: 'r1024' is no slot: r0 to r1023");
	fails("NULL = kmalloc(1, 0)", "x.op:1: 'NULL' is no slot: r0 to r1023");
	fails("kmalloc(1)", "x.op:1: kmalloc takes 2 arguments");
	fails("kmalloc(1, 0, 0)", "x.op:1: kmalloc takes 2 arguments");
	fails("rcu_barrier(1)", "x.op:1: rcu_barrier takes 0 arguments");
	fails("kfree()", "x.op:1: kfree takes 1 argument");
	fails("kfree(\x01)", "x.op:1: kfree: bad value '?' for p");
}

static void test_bad_values(void **state)
{
	(void)state;
	fails("kmalloc(18446744073709551616, 0)",
	      "x.op:1: kmalloc: out of range: '18446744073709551616' for size");
	fails("kmalloc(16777216T, 0)", "x.op:1: kmalloc: out of range: '16777216T' for size");
	fails("kmalloc(-1, 0)", "x.op:1: kmalloc: bad value '-1' for size");
	fails("kmalloc(1, GFP_KERNAL)", "x.op:1: kmalloc: bad value 'GFP_KERNAL' for gfp");
	fails("kmalloc(, 0)", "x.op:1: kmalloc: bad value '' for size");
	fails("kfree(3)", "x.op:1: kfree: bad value '3' for p");
	fails("kfree(r1+-8)", "x.op:1: kfree: bad value 'r1+-8' for p");
	fails("kfree_bulk(r1+8, 2)", "x.op:1: kfree_bulk: bad value 'r1+8' for first");
	fails("alloc_pages(0, 64)", "x.op:1: alloc_pages: out of range: '64' for order");
	fails("kmalloc_node(1, 0, 64)", "x.op:1: kmalloc_node: out of range: '64' for node");
	fails("task_set(1, fast, 0)", "x.op:1: task_set: bad value 'fast' for flags");
	fails("fail_nth(rain, 1, 1)", "x.op:1: fail_nth: bad value 'rain' for fault");
	fails("kmem_cache_create_args(1, 2, 3, 0, 0, 65535, none)",
	      "x.op:1: kmem_cache_create_args: out of range: '65535' for freeptr");
}

static void test_bad_circumstances(void **state)
{
	(void)state;
	fails("kfree(r1) on cpu 2", "x.op:1: out of range: 'on cpu 2' after the call");
	fails("kfree(r1) on fire", "x.op:1: 'on' without 'cpu'");
	fails("kfree(r1) task 64", "x.op:1: out of range: 'task 64' after the call");
	fails("kfree(r1) in bed", "x.op:1: unknown words 'in bed' after the call");
	fails("kfree(r1) in unknown", "x.op:1: unknown words 'in unknown' after the call");
	fails("kfree(r1) misuse kept", "x.op:1: unknown words 'misuse kept' after the call");
	fails("kfree(r1) misuse,", "x.op:1: unknown words '' after the call");
	fails("kfree(r1))", "x.op:1: unknown words ')' after the call");
}

static void test_bad_heads(void **state)
{
	(void)state;
	fails("# kmconform program 2\n",
	      "x.op:1: not a program of version 1: '# kmconform program 2'");
	fails("# kmconform events 1\n",
	      "x.op:1: not a program of version 1: '# kmconform events 1'");
	fails("edition new\n", "x.op:1: edition 'new' is no release");
	fails("machine cpus=65\n", "x.op:1: impossible machine: more than 64 cpus");
	fails("machine cpus=1 profile=6.17\n", "x.op:1: impossible machine: no such profile");
	fails("machine speed=9\n", "x.op:1: unknown word in the description of the machine");
	fails("kfree(r1)\nedition 6.1\n", "x.op:2: line of the head after the first call");
}

static void test_line_too_long(void **state)
{
	char text[4200], error[256];
	struct kmc_program program;

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text + 4088, "kfree(r1)", 9);
	kmc_program_init(&program);
	assert_int_equal(kmc_program_parse(&program, text, 4097, "x.op", error, 256), -EINVAL);
	assert_string_equal(error, "x.op:1: line longer than 4096 bytes");
	memmove(text + 4087, text + 4088, 9); /* exactly as long as a line may be */
	assert_int_equal(kmc_program_parse(&program, text, 4096, "x.op", error, 256), 0);
	assert_int_equal(program.nr_ops, 1);
	kmc_program_free(&program);
}

static void test_round_trip(void **state)
{
	struct dice dice = dice_new("program -> text -> program", 1000);
	struct kmc_program program, back;
	unsigned long round;
	char error[256];

	(void)state;
	kmc_program_init(&program);
	kmc_program_init(&back);
	for (round = 0; round < dice.rounds; round++) {
		char *text = NULL;
		size_t len;
		FILE *out = open_memstream(&text, &len);

		dice_program(&dice, &program, dice_below(&dice, 40));
		assert_int_equal(kmc_program_print(&program, out), 0);
		fclose(out);
		if (kmc_program_parse(&back, text, len, "x.op", error, sizeof(error)))
			fail_msg("%s\n%s", error, text);
		assert_same_program(&program, &back);
		free(text);
	}
	kmc_program_free(&program);
	kmc_program_free(&back);
}

/* Each call of the catalogue, in its neutral and in its fullest form. */
static void test_every_op_prints(void **state)
{
	struct kmc_program program;
	char line[4096], error[256];
	struct kmc_op op;
	size_t i, full;

	(void)state;
	kmc_program_init(&program);
	for (i = 0; i < 2 * kmc_op_count(); i++) {
		full = i & 1;
		memset(&op, full ? 0xa7 : 0, sizeof(op));
		op.code = (uint16_t)kmc_op_at(i / 2);
		kmc_op_canonicalise(&op);
		op.cpu &= 1;
		assert_in_range(kmc_op_print(line, sizeof(line), &op), 3, sizeof(line) - 1);
		if (parse(&program, line, error))
			fail_msg("%s: %s", error, line);
		assert_int_equal(program.nr_ops, 1);
		if (!kmc_op_equal(&program.ops[0], &op))
			fail_msg("%s", line);
	}
	kmc_program_free(&program);
}

/* Any bytes get an answer, with a message when it is no. */
static void test_any_text_gets_an_answer(void **state)
{
	static const char alphabet[] = "r0129=(),|+-#\n x_ka" "kfree(NULL)";
	struct dice dice = dice_new("bytes -> text parser", 20000);
	struct kmc_program program;
	unsigned long round;

	(void)state;
	kmc_program_init(&program);
	for (round = 0; round < dice.rounds; round++) {
		char text[128], error[256] = "";
		size_t len = dice_below(&dice, sizeof(text)), i;

		dice_bytes(&dice, (uint8_t *)text, len);
		for (i = 0; i < len && round & 1; i++)
			text[i] = alphabet[(uint8_t)text[i] % (sizeof(alphabet) - 1)];
		if (kmc_program_parse(&program, text, len, "x", error, sizeof(error)))
			assert_memory_equal(error, "x:", 2);
		else
			assert_int_equal(error[0], 0);
	}
	kmc_program_free(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ops_as_they_look), cmocka_unit_test(test_other_ways_to_write),
		cmocka_unit_test(test_head), cmocka_unit_test(test_no_text_is_the_default_program),
		cmocka_unit_test(test_bad_calls), cmocka_unit_test(test_bad_values),
		cmocka_unit_test(test_bad_circumstances), cmocka_unit_test(test_bad_heads),
		cmocka_unit_test(test_line_too_long), cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_every_op_prints),
		cmocka_unit_test(test_any_text_gets_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
