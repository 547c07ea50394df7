/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs as a container and as files of either form; files that are none. */
#include <sys/stat.h>
#include "vocab_tests.h"
#include "vocab_programs.h"

static char folder[] = "/tmp/vocab-program-XXXXXX";
static char path[64];

static int make_folder(void **state)
{
	(void)state;
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof(path), "%s/program", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static void write_file(const void *bytes, size_t len)
{
	FILE *out = fopen(path, "wb");

	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, len, out), len);
	assert_int_equal(fclose(out), 0);
}

/* The message without the path in front of it. */
static void read_fails(const char *what, int expected_err, const char *expected)
{
	struct kmc_program program;
	char error[256] = "";

	kmc_program_init(&program);
	assert_int_equal(kmc_program_read(&program, what, error, sizeof(error)), expected_err);
	assert_memory_equal(error, what, strlen(what));
	assert_string_equal(error + strlen(what), expected);
	kmc_program_free(&program);
}

static void test_container(void **state)
{
	struct kmc_program program;
	struct kmc_op op;
	size_t i;

	(void)state;
	kmc_program_init(&program);
	for (i = 0; i < 1000; i++) {
		kmc_op_init(&op, KMC_OP_KMALLOC);
		op.a = i;
		assert_int_equal(kmc_program_add(&program, &op), 0);
	}
	assert_int_equal(program.nr_ops, 1000);
	for (i = 0; i < 1000; i++)
		assert_int_equal(program.ops[i].a, i);
	kmc_program_free(&program);
	assert_int_equal(program.nr_ops, 0);
	assert_null(program.ops);
	assert_null(kmc_machine_check(&program.machine));
}

static void test_either_form(void **state)
{
	struct dice dice = dice_new("program files", 30);
	struct kmc_program program, back;
	char error[256];

	(void)state;
	kmc_program_init(&program);
	kmc_program_init(&back);
	while (dice.rounds--) {
		void *bytes;
		size_t len;
		FILE *out;

		dice_program(&dice, &program, dice_below(&dice, 3000));
		assert_int_equal(kmc_program_encode(&program, &bytes, &len), 0);
		write_file(bytes, len);
		free(bytes);
		assert_int_equal(kmc_program_read(&back, path, error, sizeof(error)), 0);
		assert_same_program(&program, &back);
		out = fopen(path, "w");
		assert_non_null(out);
		assert_int_equal(kmc_program_print(&program, out), 0);
		fclose(out);
		assert_int_equal(kmc_program_read(&back, path, error, sizeof(error)), 0);
		assert_same_program(&program, &back);
	}
	kmc_program_free(&program);
	kmc_program_free(&back);
}

static void test_no_program(void **state)
{
	(void)state;
	read_fails(folder, -EISDIR, ": Is a directory");
	read_fails("/dev/null", -EINVAL, ": empty file");
	read_fails("/nowhere/x.op", -ENOENT, ": No such file or directory");
	write_file("kfree(r1)\n", 10);
	read_fails(path, -EINVAL,
		   ": no program: begins neither with '# kmconform program 1' nor with KMCOP");
	write_file("# kmconform program 1\n\nfrob(r1)\n", 32);
	read_fails(path, -EINVAL, ":3: unknown call 'frob'");
	write_file("# kmconform events 1\n", 21);
	read_fails(path, -EINVAL, ":1: not a program of version 1: '# kmconform events 1'");
}

/* What decoding would fold is refused in a file, with the record's number. */
static void test_damaged_records(void **state)
{
	struct kmc_program program;
	struct kmc_op op;
	uint8_t *bytes;
	size_t len;
	void *all;

	(void)state;
	kmc_program_init(&program);
	kmc_op_init(&op, KMC_OP_KMALLOC_FLEX);
	op.c = 1;
	assert_int_equal(kmc_program_add(&program, &op), 0);
	assert_int_equal(kmc_program_encode(&program, &all, &len), 0);
	assert_int_equal(len, (3 + 2 + 2) * 32);
	bytes = all;
	write_file(bytes, len - 1);
	read_fails(path, -EINVAL, ": record 6: the record is cut short");
	write_file(bytes, 100);
	read_fails(path, -EINVAL, ": record 0: the head is cut short");
	write_file(bytes, 20);
	read_fails(path, -EINVAL, ": record 0: the head is cut short");
	bytes[5 * 32] = 0;
	write_file(bytes, len);
	read_fails(path, -EINVAL, ": record 5: no call has this number");
	bytes[5 * 32] = KMC_OP_MORE & 0xff;
	bytes[5 * 32 + 1] = KMC_OP_MORE >> 8;
	write_file(bytes, len);
	read_fails(path, -EINVAL, ": record 5: a continuation of no op");
	bytes[24] = 0;
	write_file(bytes, len);
	read_fails(path, -EINVAL, ": record 0: no cpu");
	bytes[5] = 9;
	write_file(bytes, len);
	read_fails(path, -EINVAL, ": record 0: unknown version of the records");
	free(all);
	kmc_program_free(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_container), cmocka_unit_test(test_either_form),
		cmocka_unit_test(test_no_program), cmocka_unit_test(test_damaged_records),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
