// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Traces that a command writes: under a temporary name in the same folder,
 * renamed when complete. An input is never written over.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "trace_cmd.h"

static bool same_file(const char *a, const char *b)
{
	struct stat x, y;

	return !stat(a, &x) && !stat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static int check_path(const char *path, char *const *inputs, unsigned int nr_inputs)
{
	struct stat st;

	if (!path)
		return kmc_trace_fail("no output named, see --help (-o FILE)");
	for (unsigned int i = 0; i < nr_inputs; i++)
		if (same_file(path, inputs[i]))
			return kmc_trace_fail("%s: is an input, not written over", path);
	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return kmc_trace_fail("%s: %s", path, S_ISDIR(st.st_mode) ?
				      "is a directory" : "not a regular file");
	return 0;
}

static int open_temp(struct kmc_trace_output *out)
{
	mode_t mask = umask(0);

	umask(mask);
	if (asprintf(&out->temp, "%s.XXXXXX", out->path) < 0) {
		out->temp = NULL;
		return kmc_trace_fail("out of memory");
	}
	out->fd = mkstemp(out->temp);
	if (out->fd < 0) {
		int status = kmc_trace_fail("%s: %s", out->path, strerror(errno));

		free(out->temp);
		out->temp = NULL;
		return status;
	}
	fchmod(out->fd, 0666 & ~mask);
	return 0;
}

int kmc_trace_output_open(struct kmc_trace_output *out, const char *path,
			  const struct kmc_trace_facts *facts, char *const *inputs,
			  unsigned int nr_inputs)
{
	int ret;

	*out = (struct kmc_trace_output){ .path = path, .fd = -1 };
	if (check_path(path, inputs, nr_inputs) || open_temp(out))
		return KMC_TRACE_CANNOT;
	if (!facts)
		return 0;
	ret = kmc_trace_create(out->fd, facts, 0, &out->writer);
	if (!ret)
		return 0;
	kmc_trace_fail("%s: %s", path, strerror(-ret));
	return kmc_trace_output_close(out, KMC_TRACE_CANNOT);
}

int kmc_trace_output_block(struct kmc_trace_output *out, const struct kmc_block_info *info,
			   const struct kmc_record *records)
{
	int64_t ret = kmc_trace_write_block(out->writer, info, records);

	return ret < 0 ? kmc_trace_fail("%s: %s", out->path, strerror((int)-ret)) : 0;
}

/* To the disk, then to its name: whoever sees the name sees all of it. */
static int give_name(struct kmc_trace_output *out)
{
	int ret = kmc_trace_finish(out->writer);

	out->writer = NULL;
	if (!ret && fsync(out->fd))
		ret = -errno;
	if (!ret && rename(out->temp, out->path))
		ret = -errno;
	return ret ? kmc_trace_fail("%s: %s", out->path, strerror(-ret)) : 0;
}

int kmc_trace_output_close(struct kmc_trace_output *out, int failed)
{
	if (!failed)
		failed = give_name(out);
	else
		kmc_trace_finish(out->writer);
	if (failed && out->temp)
		unlink(out->temp);
	if (out->fd >= 0)
		close(out->fd);
	free(out->temp);
	*out = (struct kmc_trace_output){ .fd = -1 };
	return failed;
}
