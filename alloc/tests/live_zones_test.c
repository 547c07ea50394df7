/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The running kernel's zones against page/watermark.c: a machine with this
 * host's managed pages must have the host's marks, protection and limits of
 * per-cpu lists, number by number.
 *
 * The kernel computes them when one of its sysctls is written. So both are
 * first written back with the values that they have, and the zones read until
 * two readings around that agree on what is managed (a balloon moves it).
 * Limits of per-cpu lists depend on which cpu is of which node: they are
 * compared where there is one node.
 *
 * Skipped without the right to write the sysctls, and where the kernel is of
 * no release that is imitated.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "live_kernel.h"
#include "../page/zone.h"

#define ATTEMPTS  25
#define SYSCTL_VM "/proc/sys/vm/"

/* the host's sysctls */

struct vm_sysctls {
	uint64_t min_free_kbytes, scale_factor, high_fraction;
	uint64_t reserve_ratio[8]; /* in the order of the host's zones */
	unsigned int nr_ratios;
};

static int read_text(const char *name, char *text, size_t size)
{
	FILE *file = fopen(name, "r");
	size_t got;

	if (!file)
		return -errno;
	got = fread(text, 1, size - 1, file);
	text[got] = '\0';
	fclose(file);
	return 0;
}

/* Written back as it stands: nothing changes, all that follows from it is computed anew. */
static int write_back(const char *name)
{
	char text[256];
	FILE *file;
	int err = read_text(name, text, sizeof(text));

	if (err)
		return err;
	file = fopen(name, "w");
	if (!file)
		return -errno;
	if (fputs(text, file) == EOF)
		err = -EIO;
	if (fclose(file))
		err = -errno;
	return err;
}

static uint64_t number_in(const char *name)
{
	char text[64];

	return read_text(name, text, sizeof(text)) ? 0 : strtoull(text, NULL, 10);
}

static int sysctls_read(struct vm_sysctls *vm)
{
	char text[256], *at = text, *end;
	int err = read_text(SYSCTL_VM "lowmem_reserve_ratio", text, sizeof(text));

	if (err)
		return err;
	memset(vm, 0, sizeof(*vm));
	while (vm->nr_ratios < 8) {
		uint64_t ratio = strtoull(at, &end, 10);

		if (end == at)
			break;
		vm->reserve_ratio[vm->nr_ratios++] = ratio;
		at = end;
	}
	vm->min_free_kbytes = number_in(SYSCTL_VM "min_free_kbytes");
	vm->scale_factor = number_in(SYSCTL_VM "watermark_scale_factor");
	vm->high_fraction = number_in(SYSCTL_VM "percpu_pagelist_high_fraction");
	return 0;
}

/* the host's zones */

struct host_zone {
	unsigned int node;
	char name[16];
	uint64_t start_pfn, managed, min, low, high;
	uint64_t protection[8];
	unsigned int nr_protections;
	/* of the first cpu that has lists; all have the same */
	uint64_t batch, pcp_high, high_min, high_max;
};

static void protections_read(struct host_zone *zone, const char *text)
{
	char *end;

	text = strchr(text, '(');
	for (zone->nr_protections = 0; text && zone->nr_protections < 8; text = strchr(end, ','))
		zone->protection[zone->nr_protections++] = strtoull(text + 1, &end, 10);
}

static void zone_line(struct host_zone *zone, const char *line)
{
	const struct {
		const char *word;
		uint64_t *into;
	} words[] = { { "min", &zone->min },	       { "low", &zone->low },
		      { "high", &zone->high },	       { "managed", &zone->managed },
		      { "batch:", &zone->batch },      { "high:", &zone->pcp_high },
		      { "high_min:", &zone->high_min }, { "high_max:", &zone->high_max },
		      { "start_pfn:", &zone->start_pfn } };
	char word[32];
	uint64_t value;

	if (strstr(line, "protection:"))
		protections_read(zone, line);
	if (sscanf(line, " %31s %" SCNu64, word, &value) != 2)
		return;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i].word))
			*words[i].into = value;
}

static int zones_read(struct host_zone *zones, unsigned int max, unsigned int *nr)
{
	FILE *file = fopen("/proc/zoneinfo", "r");
	struct host_zone *zone = NULL;
	char line[256], name[16];
	unsigned int node;

	*nr = 0;
	if (!file)
		return -errno;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Node %u, zone %15s", &node, name) == 2) {
			if (*nr == max)
				break;
			zone = &zones[(*nr)++];
			memset(zone, 0, sizeof(*zone));
			zone->node = node;
			strcpy(zone->name, name);
		} else if (zone) {
			zone_line(zone, line);
		}
	}
	fclose(file);
	return 0;
}

static bool same_managed(const struct host_zone *a, const struct host_zone *b, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++)
		if (a[i].managed != b[i].managed)
			return false;
	return true;
}

/* Zones whose numbers were computed from what they manage now. Return: 0, -EAGAIN, an error. */
static int zones_computed(struct host_zone *zones, unsigned int max, unsigned int *nr)
{
	static struct host_zone before[KMC_SIM_MAX_ZONES];
	unsigned int nr_before;
	int err;

	for (unsigned int i = 0; i < ATTEMPTS; i++) {
		if ((err = zones_read(before, KMC_SIM_MAX_ZONES, &nr_before)) ||
		    (err = write_back(SYSCTL_VM "lowmem_reserve_ratio")) ||
		    (err = write_back(SYSCTL_VM "min_free_kbytes")) ||
		    (err = zones_read(zones, max, nr)))
			return err;
		if (*nr == nr_before && same_managed(before, zones, *nr))
			return 0;
		usleep(200 * 1000);
	}
	return -EAGAIN;
}

/* the same machine */

static int type_of(const char *name)
{
	static const char *const names[KMC_NR_ZONE_TYPES] = { "DMA", "DMA32", "Normal", "HighMem",
							      "Movable" };

	for (int i = 0; i < KMC_NR_ZONE_TYPES; i++)
		if (!strcmp(name, names[i]))
			return i;
	return -1;
}

/* The zones of one node have all the places in the host's arrays, empty ones included. */
static unsigned int types_of_host(const struct host_zone *zones, unsigned int nr, int *types)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < nr && zones[i].node == zones[0].node && n < 8; i++)
		types[n++] = type_of(zones[i].name);
	return n;
}

static int machine_of(const struct host_zone *zones, unsigned int nr, enum kmc_profile profile,
		      struct kmc_sim **sim)
{
	struct kmc_sim_config config = { .profile = profile,
					 .nr_cpus = (unsigned int)sysconf(_SC_NPROCESSORS_ONLN) };

	for (unsigned int i = 0; i < nr; i++) {
		if (!zones[i].managed || type_of(zones[i].name) < 0)
			continue;
		if (config.nr_zones == KMC_SIM_MAX_ZONES || zones[i].node >= KMC_SIM_MAX_NODES)
			return -E2BIG;
		config.zones[config.nr_zones++] = (struct kmc_zone_layout){
			.type = (enum kmc_zone_type)type_of(zones[i].name),
			.node = (uint8_t)zones[i].node,
			.start_pfn = zones[i].start_pfn,
			.nr_pages = zones[i].managed,
		};
		if (zones[i].node >= config.nr_nodes)
			config.nr_nodes = zones[i].node + 1;
	}
	if (config.nr_cpus > KMC_SIM_MAX_CPUS)
		return -E2BIG;
	return kmc_sim_create(&config, sim);
}

static void sysctls_set(struct kmc_sim *sim, const struct vm_sysctls *vm, const int *types,
			unsigned int nr_types)
{
	struct kmc_page_state *state = sim->page;

	state->min_free_kbytes = vm->min_free_kbytes;
	state->watermark_scale_factor = vm->scale_factor;
	for (unsigned int i = 0; i < nr_types && i < vm->nr_ratios; i++)
		if (types[i] >= 0)
			state->lowmem_reserve_ratio[types[i]] = (uint32_t)vm->reserve_ratio[i];
	kmc_watermarks_refresh(sim);
}

/* the comparison */

static unsigned int numbers, wrong;

static void expect(const struct host_zone *zone, const char *what, uint64_t kernel, uint64_t ours)
{
	numbers++;
	if (kernel == ours)
		return;
	wrong++;
	printf("node %u %s %s: kernel %" PRIu64 ", alloc %" PRIu64 "\n", zone->node, zone->name,
	       what, kernel, ours);
}

static void compare_zone(const struct host_zone *host, const struct zone *ours, const int *types,
			 unsigned int nr_types)
{
	expect(host, "managed", host->managed, ours->managed);
	expect(host, "min", host->min, ours->watermark[WMARK_MIN]);
	expect(host, "low", host->low, ours->watermark[WMARK_LOW]);
	expect(host, "high", host->high, ours->watermark[WMARK_HIGH]);
	for (unsigned int i = 0; i < nr_types && i < host->nr_protections; i++)
		if (types[i] >= 0)
			expect(host, "protection", host->protection[i],
			       ours->lowmem_reserve[types[i]]);
}

static void compare_lists(const struct host_zone *host, const struct zone *ours,
			  enum kmc_profile profile)
{
	expect(host, "batch", host->batch, ours->pcp_batch);
	if (profile <= KMC_PROFILE_6_6_9) {
		expect(host, "pcp high", host->pcp_high, ours->pcp_high);
		return;
	}
	expect(host, "high_min", host->high_min, ours->pcp_high);
	expect(host, "high_max", host->high_max, ours->pcp_high_max);
}

static const struct zone *zone_like(const struct kmc_sim *sim, const struct host_zone *host)
{
	for (unsigned int i = 0; i < sim->page->nr_zones; i++) {
		const struct zone *zone = &sim->page->zones[i];

		if (zone->node == host->node && (int)zone->type == type_of(host->name))
			return zone;
	}
	return NULL;
}

int main(void)
{
	static struct host_zone zones[KMC_SIM_MAX_ZONES];
	unsigned int nr, nr_types, compared = 0;
	enum kmc_profile profile;
	struct vm_sysctls vm;
	struct utsname host;
	const char *why;
	struct kmc_sim *sim;
	int types[8], err;
	bool lists;

	why = live_kernel(&host, &profile);
	if (why)
		return live_skip(why);
	err = zones_computed(zones, KMC_SIM_MAX_ZONES, &nr);
	if (err == -EAGAIN)
		return live_skip("what the zones manage does not hold still");
	if (err || sysctls_read(&vm))
		return live_skip("no right to have the kernel compute its marks anew");
	nr_types = types_of_host(zones, nr, types);
	err = machine_of(zones, nr, profile, &sim);
	if (err)
		return live_skip("this machine is larger than those that alloc imitates");
	sysctls_set(sim, &vm, types, nr_types);
	lists = sim->config.nr_nodes == 1 && !vm.high_fraction;
	for (unsigned int i = 0; i < nr; i++) {
		const struct zone *ours = zone_like(sim, &zones[i]);

		if (!ours)
			continue;
		compared++;
		compare_zone(&zones[i], ours, types, nr_types);
		if (lists)
			compare_lists(&zones[i], ours, profile);
	}
	kmc_sim_destroy(sim);
	printf("%s: %u zones, %u numbers, %u differ%s\n", host.release, compared, numbers, wrong,
	       lists ? "" : "; per-cpu lists not compared");
	return wrong || !compared ? 1 : 0;
}
