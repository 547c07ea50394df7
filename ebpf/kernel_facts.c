// SPDX-License-Identifier: GPL-2.0-or-later
/* Collects facts about the running kernel; see kernel_facts.h. */
#include "kernel_facts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>
#include "cpu_list.h"
#include "file_text.h"
#include "gfp_find.h"
#include "proc_text.h"

/* The configuration, from wherever this kernel keeps it; NULL: nowhere. */
static char *read_config(const char *release)
{
	char paths[3][128] = { "/proc/config.gz" }, *text;

	snprintf(paths[1], sizeof(paths[1]), "/boot/config-%.100s", release);
	snprintf(paths[2], sizeof(paths[2]), "/lib/modules/%.100s/config", release);
	for (int i = 0; i < 3; i++)
		if (kmc_file_text(paths[i], &text) >= 0)
			return text;
	return NULL;
}

static uint32_t read_options(const char *release)
{
	char *config = read_config(release), *cmdline = NULL;
	uint32_t options;

	kmc_file_text("/proc/cmdline", &cmdline);
	options = kmc_options_parse(config, cmdline ? cmdline : "");
	free(config);
	free(cmdline);
	return options;
}

static void read_zones(struct kmc_machine *machine)
{
	char *text;

	if (kmc_file_text("/proc/zoneinfo", &text) >= 0) {
		kmc_zoneinfo_parse(text, machine);
		free(text);
	}
	if (!machine->nr_nodes)
		machine->nr_nodes = 1;
}

static uint8_t read_max_order(void)
{
	int order = -1;
	char *text;

	if (kmc_file_text("/proc/buddyinfo", &text) >= 0) {
		order = kmc_buddyinfo_max_order(text);
		free(text);
	}
	return order > 0 ? (uint8_t)order : 10;
}

static uint64_t realtime_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void kmc_kernel_facts(const struct btf *btf, struct kmc_trace_facts *facts)
{
	struct kmc_machine *m = &facts->machine;
	struct utsname u;

	memset(m, 0, sizeof(*m));
	uname(&u);
	snprintf(facts->release, sizeof(facts->release), "%.63s", u.release);
	snprintf(facts->arch, sizeof(facts->arch), "%.15s", u.machine);
	facts->start_realtime_ns = realtime_ns();
	m->release = kmc_release_parse(u.release);
	m->page_shift = (uint8_t)__builtin_ctzl((unsigned long)sysconf(_SC_PAGESIZE));
	m->max_order = read_max_order();
	m->nr_cpus = (uint16_t)kmc_cpus_online();
	m->options = read_options(u.release);
	m->kmalloc_max_size = 1ull << (m->page_shift + m->max_order);
	read_zones(m);
	kmc_gfp_find(btf, m->release, &facts->gfp, facts->gfp_source);
}

void kmc_vmalloc_of_listing(struct kmc_machine *m)
{
	char *text;

	if (kmc_file_text("/proc/vmallocinfo", &text) < 0)
		return;
	kmc_vmallocinfo_parse(text, &m->vmalloc_start, &m->vmalloc_end);
	free(text);
}

uint64_t kmc_machine_max_frames(const struct kmc_machine *m)
{
	uint64_t max = 0;

	for (unsigned int i = 0; i < m->nr_zones; i++)
		if (m->zones[i].start_pfn + m->zones[i].nr_pages > max)
			max = m->zones[i].start_pfn + m->zones[i].nr_pages;
	return max;
}

void kmc_machine_of_caches(const struct kmc_cache_desc *desc, size_t nr, struct kmc_machine *m)
{
	static const struct {
		uint32_t flag, option;
	} debug[] = {
		{ KMC_CF_RED_ZONE, KMC_MO_slub_red_zone }, { KMC_CF_POISON, KMC_MO_slub_poison },
		{ KMC_CF_STORE_USER, KMC_MO_slub_store_user },
		{ KMC_CF_CONSISTENCY_CHECKS, KMC_MO_slub_consistency },
	};
	uint32_t smallest = UINT32_MAX;

	for (size_t i = 0; i < nr; i++) {
		const struct kmc_cache_desc *c = &desc[i];

		if (c->kmalloc != 1)
			continue;
		if (c->object_size < smallest)
			smallest = c->object_size;
		if (c->object_size > m->kmalloc_max_cache)
			m->kmalloc_max_cache = c->object_size;
		for (size_t d = 0; d < sizeof(debug) / sizeof(debug[0]); d++)
			if (c->flags & debug[d].flag)
				m->options |= debug[d].option;
	}
	/*
	 * SLUB's two full orders where no cache is known; its least alignment is the smallest
	 * class
	 */
	if (!m->kmalloc_max_cache)
		m->kmalloc_max_cache = 2u << m->page_shift;
	m->kmalloc_minalign = smallest == UINT32_MAX ? 8 : (uint16_t)smallest;
}
