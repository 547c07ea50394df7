// SPDX-License-Identifier: GPL-2.0-or-later
/* Files of a recording; see output.h. */
#include "output.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int kmc_output_name(const char *path, unsigned int number, char *name, size_t size)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(path, '.');
	size_t stem = strlen(path);

	if (dot && dot > (slash ? slash + 1 : path))
		stem = (size_t)(dot - path);
	return snprintf(name, size, "%.*s.%04u%s", (int)stem, path, number, path + stem);
}

/* The old contents go only when there are new ones. */
static int open_file(struct kmc_output *o)
{
	struct stat st;

	if (o->numbered)
		kmc_output_name(o->path, o->number, o->name, sizeof(o->name));
	else
		snprintf(o->name, sizeof(o->name), "%s", o->path);
	o->fd = open(o->name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, o->mode);
	if (o->fd < 0)
		return -errno;
	if (!fstat(o->fd, &st) && S_ISREG(st.st_mode) && o->mode == 0600)
		fchmod(o->fd, o->mode); /* it may have been there, readable by all */
	return 0;
}

int kmc_output_open(struct kmc_output *o, const char *path, bool numbered, unsigned int keep,
		    bool secret)
{
	memset(o, 0, sizeof(*o));
	o->path = path;
	o->numbered = numbered;
	o->keep = keep;
	o->number = 1;
	o->mode = secret ? 0600 : 0644;
	o->fd = -1;
	return open_file(o);
}

int kmc_output_begin(struct kmc_output *o, const struct kmc_trace_facts *facts)
{
	if (ftruncate(o->fd, 0) && errno != EINVAL)
		return -errno;
	return kmc_trace_create(o->fd, facts, 0, &o->writer);
}

int kmc_output_end(struct kmc_output *o)
{
	int ret;

	if (!o->writer)
		return 0;
	o->bytes_done += kmc_trace_bytes(o->writer);
	ret = kmc_trace_finish(o->writer);
	o->writer = NULL;
	return ret;
}

static void remove_old(const struct kmc_output *o)
{
	char name[4096];

	if (!o->keep || o->number <= o->keep)
		return;
	kmc_output_name(o->path, o->number - o->keep, name, sizeof(name));
	unlink(name);
}

int kmc_output_next(struct kmc_output *o)
{
	close(o->fd);
	o->number++;
	remove_old(o);
	return open_file(o);
}

uint64_t kmc_output_bytes(const struct kmc_output *o)
{
	return o->bytes_done + (o->writer ? kmc_trace_bytes(o->writer) : 0);
}

void kmc_output_close(struct kmc_output *o)
{
	if (o->fd >= 0)
		close(o->fd);
	o->fd = -1;
}
