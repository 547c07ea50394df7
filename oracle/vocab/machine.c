/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machines, releases and editions: default layouts and what is possible at
 * all. Used wherever a head is made or read; the text form is in
 * machine_text.c.
 */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "vocab/machine.h"
#include "vocab_text.h"

#define MIB (1ull << 20)
#define GIB (1ull << 30)
/* Physical addresses have at most so many bits. */
#define MAX_PHYS_BITS 52

static void add_zone(struct kmc_machine *m, uint8_t kind, uint64_t start, uint64_t end)
{
	uint64_t first = start >> m->page_shift, behind = end >> m->page_shift;

	if (behind > first)
		m->zones[m->nr_zones++] = (struct kmc_zone){
			.kind = kind, .start_pfn = first, .nr_pages = behind - first };
}

void kmc_machine_layout(struct kmc_machine *machine, uint64_t memory_bytes)
{
	uint64_t bytes = memory_bytes & ~(2 * MIB - 1);

	if (bytes < 4 * MIB)
		bytes = 4 * MIB;
	machine->nr_zones = 0;
	memset(machine->zones, 0, sizeof(machine->zones));
	if (bytes >= 4 * GIB)
		add_zone(machine, KMC_DMA, MIB, 16 * MIB);
	else
		bytes += 16 * MIB;
	add_zone(machine, KMC_DMA32, 16 * MIB, bytes < 4 * GIB ? bytes : 4 * GIB);
	add_zone(machine, KMC_NORMAL, 4 * GIB, bytes);
}

void kmc_machine_simple(struct kmc_machine *machine, unsigned int nr_cpus, uint64_t memory_bytes)
{
	*machine = (struct kmc_machine){
		.page_shift = 12,
		.max_order = 10,
		.nr_cpus = (uint16_t)nr_cpus,
		.nr_nodes = 1,
		.profile = KMC_RELEASE(6, 18, 44),
		.kmalloc_minalign = 8,
		.kmalloc_max_cache = 8192,
		.kmalloc_max_size = 4 * MIB,
		.direct_map = 0xffff888000000000,
		.vmalloc_start = 0xffffc90000000000,
		.vmalloc_end = 0xffffe90000000000,
	};
	kmc_machine_layout(machine, memory_bytes);
}

void kmc_machine_default(struct kmc_machine *machine)
{
	kmc_machine_simple(machine, 2, 64 * MIB);
}

static bool is_power_of_two(uint64_t n)
{
	return n && !(n & (n - 1));
}

static bool profile_known(uint32_t profile)
{
#define KMC_PROFILE(major, minor, point) || profile == KMC_RELEASE(major, minor, point)
	return !profile KMC_PROFILES(KMC_PROFILE);
#undef KMC_PROFILE
}

static const char *check_numbers(const struct kmc_machine *m)
{
	if (m->page_shift < 12 || m->page_shift > 16)
		return "page size is not between 4 KiB and 64 KiB";
	if (m->max_order > 20)
		return "maximal order above 20";
	if (!m->nr_cpus)
		return "no cpu";
	if (!m->nr_nodes || m->nr_nodes > 64)
		return "number of nodes not between 1 and 64";
	if (m->nr_zones > KMC_MACHINE_MAX_ZONES)
		return "more than 16 zones";
	if (!m->nr_zones && !m->release)
		return "no zone";
	if (!profile_known(m->profile))
		return "no such profile";
	return NULL;
}

static const char *check_kmalloc(const struct kmc_machine *m)
{
	if (!is_power_of_two(m->kmalloc_minalign) || m->kmalloc_minalign > 4096)
		return "minimal kmalloc alignment is no power of two up to 4096";
	if (!m->kmalloc_max_cache || m->kmalloc_max_cache > m->kmalloc_max_size)
		return "largest kmalloc cache not between 1 and the largest kmalloc size";
	if (m->vmalloc_start > m->vmalloc_end)
		return "vmalloc range ends before it starts";
	return NULL;
}

static const char *check_zone(const struct kmc_machine *m, const struct kmc_zone *z)
{
	uint64_t max_pfn = 1ull << (MAX_PHYS_BITS - m->page_shift);

	if (z->kind >= KMC_NR_ZONE_KINDS)
		return "zone of an unknown kind";
	if (z->node >= m->nr_nodes)
		return "zone on a node that is not there";
	if (!z->nr_pages)
		return "zone without pages";
	if (z->start_pfn >= max_pfn || z->nr_pages > max_pfn - z->start_pfn)
		return "zone above 2^52 bytes";
	if ((z->start_pfn + z->nr_pages) << m->page_shift > UINT64_MAX - m->direct_map)
		return "zone above the end of the direct map";
	if (z->managed > z->nr_pages)
		return "zone with more managed pages than pages";
	if (z->min > z->low || z->low > z->high)
		return "zone whose watermarks do not rise";
	return NULL;
}

/* A zone that we lay out ourselves follows x86-64; a real kernel may differ. */
static const char *check_own_zone(const struct kmc_machine *m, const struct kmc_zone *z)
{
	uint64_t end = (z->start_pfn + z->nr_pages) << m->page_shift;

	if (!z->start_pfn)
		return "zone with frame 0";
	if (z->kind == KMC_DMA && end > 16 * MIB)
		return "DMA zone above 16 MiB";
	if (z->kind == KMC_DMA32 && end > 4 * GIB)
		return "DMA32 zone above 4 GiB";
	return NULL;
}

static const char *check_pair(const struct kmc_machine *m, const struct kmc_zone *a,
			      const struct kmc_zone *b)
{
	if (a->kind == b->kind && a->node == b->node)
		return "two zones of one kind on one node";
	/* spans of a real kernel's zones may overlap */
	if (!m->release && a->start_pfn < b->start_pfn + b->nr_pages &&
	    b->start_pfn < a->start_pfn + a->nr_pages)
		return "zones overlap";
	return NULL;
}

const char *kmc_machine_check(const struct kmc_machine *machine)
{
	const char *why = check_numbers(machine);
	unsigned int i, j;

	if (!why)
		why = check_kmalloc(machine);
	for (i = 0; !why && i < machine->nr_zones; i++) {
		why = check_zone(machine, &machine->zones[i]);
		if (!why && !machine->release)
			why = check_own_zone(machine, &machine->zones[i]);
		for (j = 0; !why && j < i; j++)
			why = check_pair(machine, &machine->zones[i], &machine->zones[j]);
	}
	return why;
}

bool kmc_zone_equal(const struct kmc_zone *a, const struct kmc_zone *b)
{
	return a->kind == b->kind && a->node == b->node && a->start_pfn == b->start_pfn &&
	       a->nr_pages == b->nr_pages && a->managed == b->managed && a->min == b->min &&
	       a->low == b->low && a->high == b->high;
}

bool kmc_machine_equal(const struct kmc_machine *a, const struct kmc_machine *b)
{
	bool equal = a->page_shift == b->page_shift && a->max_order == b->max_order &&
		     a->nr_cpus == b->nr_cpus && a->nr_nodes == b->nr_nodes &&
		     a->nr_zones == b->nr_zones && a->options == b->options &&
		     a->profile == b->profile && a->release == b->release &&
		     a->kmalloc_minalign == b->kmalloc_minalign &&
		     a->kmalloc_max_cache == b->kmalloc_max_cache &&
		     a->kmalloc_max_size == b->kmalloc_max_size && a->seed == b->seed &&
		     a->direct_map == b->direct_map && a->vmalloc_start == b->vmalloc_start &&
		     a->vmalloc_end == b->vmalloc_end;
	unsigned int i;

	for (i = 0; equal && i < a->nr_zones && i < KMC_MACHINE_MAX_ZONES; i++)
		equal = kmc_zone_equal(&a->zones[i], &b->zones[i]);
	return equal;
}

enum kmc_guide kmc_guide_of(uint32_t release)
{
	if (release >= KMC_RELEASE(6, 11, 0))
		return KMC_G5;
	if (release >= KMC_RELEASE(6, 4, 0))
		return KMC_G4;
	if (release >= KMC_RELEASE(5, 14, 0))
		return KMC_G3;
	if (release >= KMC_RELEASE(5, 4, 0))
		return KMC_G2;
	return release >= KMC_RELEASE(4, 20, 0) ? KMC_G1 : KMC_G0;
}

/* A number below @limit at *@text, which moves behind it; -1 none. */
static int read_part(const char **text, int limit)
{
	int number = 0;
	const char *p = *text;

	if (*p < '0' || *p > '9')
		return -1;
	for (; *p >= '0' && *p <= '9'; p++) {
		number = number * 10 + (*p - '0');
		if (number >= limit)
			return -1;
	}
	*text = p;
	return number;
}

uint32_t kmc_release_parse(const char *text)
{
	int major, minor, point = 0;

	if (*text == 'v')
		text++;
	major = read_part(&text, 1 << 12);
	if (major < 0 || *text++ != '.')
		return 0;
	minor = read_part(&text, 1 << 10);
	if (minor < 0)
		return 0;
	if (text[0] == '.' && text[1] >= '0' && text[1] <= '9') {
		text++;
		point = read_part(&text, 1 << 10);
	}
	if (point < 0 || (*text && !strchr("-+.~_ \t\n", *text)))
		return 0;
	return KMC_RELEASE(major, minor, point);
}

int kmc_release_print(char *buf, size_t size, uint32_t release)
{
	unsigned int major = release >> 20, minor = release >> 10 & 1023, point = release & 1023;

	if (!point)
		return snprintf(buf, size, "%u.%u", major, minor);
	return snprintf(buf, size, "%u.%u.%u", major, minor, point);
}
