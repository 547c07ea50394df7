// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Perf as a witness; see witness.h. Where nobody has mounted tracefs, it is
 * opened without a place in the tree, so nothing on the machine changes.
 */
#include "witness.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A folder that holds events/; -errno. */
static int open_tracefs(void)
{
	int folder = open("/sys/kernel/tracing/events", O_PATH | O_DIRECTORY | O_CLOEXEC), fs;

	if (folder >= 0) {
		close(folder);
		return open("/sys/kernel/tracing", O_PATH | O_DIRECTORY | O_CLOEXEC);
	}
	fs = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
	if (fs < 0)
		return -errno;
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0))
		folder = -errno;
	else
		folder = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	close(fs);
	return folder;
}

/* The kernel's number of a tracepoint; 0 unknown. */
static uint64_t read_id(int tracefs, const char *name)
{
	char path[128], text[32] = "";
	const char *colon = strchr(name, ':');
	int fd;

	snprintf(path, sizeof(path), "events/%.*s/%s/id", (int)(colon - name), name, colon + 1);
	fd = openat(tracefs, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (read(fd, text, sizeof(text) - 1) < 0)
		*text = '\0';
	close(fd);
	return strtoull(text, NULL, 10);
}

static int open_counter(unsigned int cpu, uint64_t id, int leader)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr), .config = id,
		.read_format = PERF_FORMAT_GROUP,
	};

	return (int)syscall(SYS_perf_event_open, &attr, -1, cpu, leader, PERF_FLAG_FD_CLOEXEC);
}

static int open_cpu(struct kmc_witness *w, unsigned int cpu, const uint64_t id[KMC_NR_PROBES])
{
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++) {
		if (!id[p])
			continue;
		w->fd[cpu][p] = open_counter(cpu, id[p], w->leader[cpu]);
		if (w->fd[cpu][p] < 0)
			return errno == ENODEV ? 0 : -errno;
		if (w->leader[cpu] < 0)
			w->leader[cpu] = w->fd[cpu][p];
	}
	return 0;
}

/* A descriptor per cpu and probe: more than the usual limit on a large machine. */
static void allow_descriptors(rlim_t more)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) || limit.rlim_cur >= more + 64)
		return;
	limit.rlim_cur = more + 64;
	if (limit.rlim_max < limit.rlim_cur)
		limit.rlim_max = limit.rlim_cur;
	setrlimit(RLIMIT_NOFILE, &limit); /* without it, opening says so */
}

static int make_room(struct kmc_witness *w, unsigned int nr_cpus)
{
	*w = (struct kmc_witness){
		.fd = malloc(nr_cpus * sizeof(*w->fd)),
		.leader = malloc(nr_cpus * sizeof(*w->leader)),
	};
	if (!w->fd || !w->leader)
		return -ENOMEM;
	w->nr_cpus = nr_cpus;
	memset(w->fd, -1, nr_cpus * sizeof(*w->fd));
	memset(w->leader, -1, nr_cpus * sizeof(*w->leader));
	return 0;
}

static int read_ids(const uint8_t probe_state[KMC_NR_PROBES], uint64_t id[KMC_NR_PROBES])
{
	int tracefs = open_tracefs(), ret = 0;

	if (tracefs < 0)
		return tracefs;
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++) {
		if (probe_state[p] != KMC_PROBE_ATTACHED)
			continue;
		id[p] = read_id(tracefs, kmc_probe_name(p));
		if (!id[p])
			ret = -ENOENT;
	}
	close(tracefs);
	return ret;
}

int kmc_witness_open(struct kmc_witness *w, const uint8_t probe_state[KMC_NR_PROBES],
		     unsigned int nr_cpus, char *error, size_t size)
{
	uint64_t id[KMC_NR_PROBES] = { 0 };
	int ret = make_room(w, nr_cpus);

	if (!ret)
		ret = read_ids(probe_state, id);
	allow_descriptors((rlim_t)nr_cpus * KMC_NR_PROBES);
	for (unsigned int cpu = 0; cpu < nr_cpus && !ret; cpu++)
		ret = open_cpu(w, cpu, id);
	if (ret)
		snprintf(error, size, "--witness: perf cannot count the tracepoints: %s",
			 strerror(-ret));
	return ret;
}

int kmc_witness_count(struct kmc_witness *w, unsigned int cpu, bool on, bool inner)
{
	uint64_t group[1 + KMC_NR_PROBES] = { 0 }, *sum = inner ? w->inner : w->outer;
	unsigned int at = 1;

	if (cpu >= w->nr_cpus || w->leader[cpu] < 0)
		return 0;
	errno = EIO; /* of a read that gives nothing */
	if (read(w->leader[cpu], group, sizeof(group)) <= 0)
		return -errno;
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++)
		if (w->fd[cpu][p] >= 0)
			sum[p] += on ? -group[at++] : group[at++];
	return 0;
}

void kmc_witness_misses(struct kmc_witness *w, const struct kmc_probes *probes, bool on)
{
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++) {
		uint64_t misses = kmc_probes_misses(probes, p);

		w->misses[p] += on ? -misses : misses;
	}
}

static uint64_t less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

struct kmc_witness_count kmc_witness_says(const struct kmc_witness *w, unsigned int p,
					  uint64_t hits, uint64_t misses)
{
	return (struct kmc_witness_count){
		.fired = w->inner[p],
		.unseen_least = less(w->inner[p], hits + misses),
		.unseen_most = less(w->outer[p], hits + w->misses[p]),
	};
}

void kmc_witness_close(struct kmc_witness *w)
{
	for (unsigned int cpu = 0; cpu < w->nr_cpus; cpu++)
		for (unsigned int p = 0; p < KMC_NR_PROBES; p++)
			if (w->fd[cpu][p] >= 0)
				close(w->fd[cpu][p]);
	free(w->fd);
	free(w->leader);
	memset(w, 0, sizeof(*w));
}
