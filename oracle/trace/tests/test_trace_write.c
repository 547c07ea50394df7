// SPDX-License-Identifier: GPL-2.0-or-later
/* Writing: all of a block or nothing, on full disks of several kinds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "trace_sample.h"

#define N 500u

static struct kmc_record records[N];
static struct kmc_trace_facts facts;

static int setup(void **state)
{
	uint64_t seed = 7;

	(void)state;
	kmc_sample_plausible(&seed, records, N, 0);
	kmc_sample_facts(&facts);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kmc_trace_facts_free(&facts);
	return 0;
}

static int64_t write_block(struct kmc_trace_writer *w, uint64_t seq)
{
	struct kmc_block_info info = kmc_sample_info(0, seq, records, N);

	return kmc_trace_write_block(w, &info, records);
}

static uint64_t size_of(int fd)
{
	struct stat st;

	assert_int_equal(fstat(fd, &st), 0);
	return (uint64_t)st.st_size;
}

/* The trace in @fd has @blocks good blocks and nothing behind them. */
static void check_blocks(int fd, size_t blocks, bool cut)
{
	char path[64], error[256];
	struct kmc_trace *trace;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(kmc_trace_open(path, &trace, error, sizeof(error)), 0);
	assert_int_equal(kmc_trace_nr_blocks(trace), blocks);
	assert_int_equal(kmc_trace_damage(trace)->blocks_bad, 0);
	assert_int_equal(kmc_trace_damage(trace)->blocks_missing, 0);
	assert_false(kmc_trace_damage(trace)->tail_partial);
	assert_int_equal(kmc_trace_damage(trace)->cut, cut);
	kmc_trace_close(trace);
}

static void bytes_are_what_the_file_has(void **state)
{
	int fd = memfd_create("t", MFD_CLOEXEC);
	struct kmc_trace_writer *w;
	uint64_t before;
	int64_t n;

	(void)state;
	assert_int_equal(kmc_trace_create(fd, &facts, 0, &w), 0);
	before = kmc_trace_bytes(w);
	assert_int_equal(before, size_of(fd));
	n = write_block(w, 0);
	assert_true(n > 0);
	assert_int_equal(kmc_trace_bytes(w), before + (uint64_t)n);
	assert_int_equal(kmc_trace_bytes(w), size_of(fd));
	assert_int_equal(kmc_trace_finish(w), 0);
	check_blocks(fd, 1, false);
	close(fd);
}

/* The file may be as large as the limit says and not a byte larger. */
static void limit_file_size(uint64_t size)
{
	struct rlimit limit;

	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = size == UINT64_MAX ? limit.rlim_max : size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void short_write_cuts_back_and_goes_on(void **state)
{
	FILE *file = tmpfile();
	int fd;
	struct kmc_trace_writer *w;
	uint64_t good;
	int64_t n;

	(void)state;
	assert_non_null(file);
	fd = fileno(file);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(kmc_trace_create(fd, &facts, 0, &w), 0);
	n = write_block(w, 0);
	assert_true(n > 0);
	good = kmc_trace_bytes(w);
	/* From nothing of the block to all but one byte of it. */
	for (int64_t room = 0; room < n; room += n / 16 + 1) {
		limit_file_size(good + (uint64_t)room);
		assert_int_equal(write_block(w, 1), -EFBIG);
		assert_int_equal(size_of(fd), good);
		assert_int_equal(kmc_trace_bytes(w), good);
		check_blocks(fd, 1, true);
	}
	limit_file_size(UINT64_MAX);
	assert_int_equal(write_block(w, 1), n);
	assert_int_equal(kmc_trace_finish(w), 0);
	check_blocks(fd, 2, false);
	fclose(file);
}

/* A small file system of this process alone; gone with it. Return: whether there may be one. */
static bool mount_small(const char *dir)
{
	return !unshare(CLONE_NEWNS) && !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("none", dir, "tmpfs", 0, "size=64k");
}

/* A real full file system, where the rights to mount one are there. */
static void full_file_system(void **state)
{
	char dir[] = "/tmp/kmc-full-XXXXXX", path[64];
	struct kmc_trace_writer *w;
	uint64_t seq = 0;
	int64_t n = 1;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	if (!mount_small(dir)) {
		rmdir(dir);
		skip();
	}
	snprintf(path, sizeof(path), "%s/t.kmt", dir);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(kmc_trace_create(fd, &facts, 0, &w), 0);
	while (n > 0 && seq < 1000) {
		n = write_block(w, seq);
		seq += n > 0;
	}
	assert_int_equal(n, -ENOSPC);
	assert_in_range(seq, 1, 999);
	check_blocks(fd, seq, true);
	kmc_trace_finish(w);
	close(fd);
	assert_int_equal(umount(dir), 0);
	rmdir(dir);
}

static void full_device_fails_at_the_start(void **state)
{
	int fd = open("/dev/full", O_WRONLY | O_CLOEXEC);
	struct kmc_trace_writer *w = (void *)1;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(kmc_trace_create(fd, &facts, 0, &w), -ENOSPC);
	assert_null(w);
	close(fd);
}

/* Where nothing can be cut back, nothing more is written. */
static void broken_pipe_stays_broken(void **state)
{
	struct kmc_trace_writer *w;
	int fds[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(kmc_trace_create(fds[1], &facts, 0, &w), 0);
	close(fds[0]);
	assert_int_equal(write_block(w, 0), -EPIPE);
	assert_int_equal(write_block(w, 0), -EPIPE);
	assert_int_equal(kmc_trace_finish(w), -EPIPE);
	close(fds[1]);
}

static void impossible_blocks_are_refused(void **state)
{
	struct kmc_block_info info = kmc_sample_info(0, 0, records, N);
	int fd = memfd_create("t", MFD_CLOEXEC);
	struct kmc_trace_writer *w;

	(void)state;
	assert_int_equal(kmc_trace_create(fd, &facts, 0, &w), 0);
	info.cpu = 65536;
	assert_int_equal(kmc_trace_write_block(w, &info, records), -EINVAL);
	info.cpu = 0;
	info.last_ns = info.first_ns;
	info.first_ns++;
	assert_int_equal(kmc_trace_write_block(w, &info, records), -EINVAL);
	info.first_ns = 0;
	info.nr_records = KMC_TRACE_BLOCK_RECORDS_MAX + 1;
	assert_int_equal(kmc_trace_write_block(w, &info, records), -EINVAL);
	assert_int_equal(kmc_trace_finish(w), 0);
	check_blocks(fd, 0, false);
	close(fd);
}

static void facts_that_cannot_be_read_are_refused(void **state)
{
	struct kmc_trace_facts bad = facts;
	struct kmc_trace_writer *w;
	int fd = memfd_create("t", MFD_CLOEXEC);

	(void)state;
	bad.machine.page_shift = 0;
	assert_int_equal(kmc_trace_create(fd, &bad, 0, &w), -EINVAL);
	assert_int_equal(size_of(fd), 0);
	close(fd);
}

/* A block that shrinks to almost nothing is stored as it is: a reader trusts no large factor. */
static void extreme_ratio_is_readable(void **state)
{
	size_t n = KMC_TRACE_BLOCK_RECORDS_MAX;
	struct kmc_record *same = calloc(n, sizeof(*same)), *back = calloc(n, sizeof(*same));
	struct kmc_block_info info;
	int fd = memfd_create("t", MFD_CLOEXEC);
	struct kmc_trace_writer *w;
	struct kmc_trace *trace;
	char path[64], error[256];

	(void)state;
	assert_true(same && back);
	info = kmc_sample_info(3, 0, same, n);
	assert_int_equal(kmc_trace_create(fd, &facts, 0, &w), 0);
	assert_true(kmc_trace_write_block(w, &info, same) > 0);
	assert_int_equal(kmc_trace_finish(w), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(kmc_trace_open(path, &trace, error, sizeof(error)), 0);
	assert_int_equal(kmc_trace_nr_blocks(trace), 1);
	assert_int_equal(kmc_trace_block_read(trace, 0, back), 0);
	assert_memory_equal(same, back, n * sizeof(*same));
	kmc_trace_close(trace);
	close(fd);
	free(same);
	free(back);
}

static void finish_of_nothing(void **state)
{
	(void)state;
	assert_int_equal(kmc_trace_finish(NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_what_the_file_has),
		cmocka_unit_test(short_write_cuts_back_and_goes_on),
		cmocka_unit_test(full_file_system),
		cmocka_unit_test(full_device_fails_at_the_start),
		cmocka_unit_test(broken_pipe_stays_broken),
		cmocka_unit_test(impossible_blocks_are_refused),
		cmocka_unit_test(facts_that_cannot_be_read_are_refused),
		cmocka_unit_test(extreme_ratio_is_readable),
		cmocka_unit_test(finish_of_nothing),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
