/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the run ran on, for the head of the table, and where its threads run. */
#include <ctype.h>
#include <errno.h>
#include <gnu/libc-version.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>
#include "bench.h"

static void trim(char *text)
{
	size_t n = strlen(text);

	while (n && isspace((unsigned char)text[n - 1]))
		text[--n] = '\0';
}

static void cpu_name(char *out, size_t size)
{
	FILE *f = fopen("/proc/cpuinfo", "re");
	char line[256];

	snprintf(out, size, "unknown processor");
	while (f && fgets(line, sizeof(line), f)) {
		char *colon = strchr(line, ':');

		if (colon && !strncmp(line, "model name", 10)) {
			trim(colon);
			snprintf(out, size, "%.*s", (int)size - 1, colon + 2);
			break;
		}
	}
	if (f)
		fclose(f);
}

void bench_host_read(struct bench_host *host)
{
	struct utsname uts;

	memset(host, 0, sizeof(*host));
	cpu_name(host->cpu, sizeof(host->cpu));
	if (!uname(&uts))
		snprintf(host->kernel, sizeof(host->kernel), "%s %s %s", uts.sysname, uts.release,
			 uts.machine);
	snprintf(host->libc, sizeof(host->libc), "glibc %s", gnu_get_libc_version());
	host->nr_cpus = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN);
	if (getloadavg(&host->load, 1) != 1)
		host->load = -1;
	host->pinned[0] = host->pinned[1] = -1;
}

/** bench_thread_pin() - Keep the calling thread on @cpu. Return: 0 or -errno. */
int bench_thread_pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	return sched_setaffinity(0, sizeof(set), &set) ? -errno : 0;
}

static cpu_set_t allowed; /* before pinning */

/** bench_host_unpin() - Let the caller run where the program may, for a child. */
void bench_host_unpin(void)
{
	if (CPU_COUNT(&allowed))
		sched_setaffinity(0, sizeof(allowed), &allowed);
}

/** bench_host_pin() - Choose the two threads' cpus and pin the caller to the first. */
void bench_host_pin(struct bench_host *host)
{
	int found = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed))
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE && found < 2; cpu++)
		if (CPU_ISSET((size_t)cpu, &allowed))
			host->pinned[found++] = cpu;
	if (found && bench_thread_pin(host->pinned[0]))
		host->pinned[0] = -1;
	if (found == 1)
		host->pinned[1] = host->pinned[0];
}
