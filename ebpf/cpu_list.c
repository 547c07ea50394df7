// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads cpu lists; see cpu_list.h. */
#include "cpu_list.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

int kmc_cpu_list_last(const char *list)
{
	long last = -1;
	char *end;

	while (isdigit((unsigned char)*list)) {
		long cpu = strtol(list, &end, 10);

		if (cpu > last && cpu < 1 << 16)
			last = cpu;
		if (*end != ',' && *end != '-')
			return *end == '\n' || !*end ? (int)last : -1;
		list = end + 1;
	}
	return -1;
}

unsigned int kmc_cpus_online(void)
{
	FILE *in = fopen("/sys/devices/system/cpu/online", "re");
	char list[1024] = "";
	int last = -1;

	if (in) {
		if (fgets(list, sizeof(list), in))
			last = kmc_cpu_list_last(list);
		fclose(in);
	}
	return last < 0 ? 1 : (unsigned int)last + 1;
}
