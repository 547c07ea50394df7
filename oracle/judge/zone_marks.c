// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The oracle's own watermarks and reserves, from the described zones and the sysctls that were
 * set since: rules-page R-5. What a recorded kernel's description says itself stands first.
 */
#include "call_parts.h"

enum {
#define SYSCTL(name, text, number) SYSCTL_##name = number,
	KMC_SYSCTLS(SYSCTL)
#undef SYSCTL
};

static uint64_t root_of(uint64_t x)
{
	uint64_t low = 0, high = 1ull << 32;

	while (high - low > 1) {
		uint64_t middle = (low + high) / 2;

		if (middle * middle <= x)
			low = middle;
		else
			high = middle;
	}
	return low;
}

static uint64_t clamp(uint64_t x, uint64_t least, uint64_t most)
{
	return x < least ? least : x > most ? most : x;
}

static uint64_t managed_of(const struct kmc_zone *zone)
{
	return zone->managed ? zone->managed : zone->nr_pages;
}

/* zones of which nobody's kernel memory is taken have a min of their own. */
static bool shares_min(const struct kmc_judge *judge, const struct kmc_zone *zone)
{
	return zone->kind != KMC_HIGHMEM &&
	       (zone->kind != KMC_MOVABLE || kmc_release_of(judge) < KMC_RELEASE(6, 6, 0));
}

/* */
static uint64_t plain_min_free_kbytes(const struct kmc_judge *judge)
{
	const struct kmc_machine *machine = &judge->subject.machine;
	uint64_t most = kmc_release_of(judge) < KMC_RELEASE(5, 0, 0) ? 65536 : 262144;
	uint64_t pages = 0;

	for (unsigned int i = 0; i < machine->nr_zones; i++)
		if (machine->zones[i].kind <= KMC_NORMAL)
			pages += managed_of(&machine->zones[i]);
	return clamp(root_of(16 * 4 * pages), 128, most);
}

/* */
static void set_reserve(const struct kmc_judge *judge, unsigned int i, struct kmc_marks *marks)
{
	static const uint32_t usual[KMC_NR_ZONE_KINDS] = { 256, 256, 32, 0, 0 };
	const struct kmc_machine *machine = &judge->subject.machine;
	const struct kmc_zone *zone = &machine->zones[i];
	uint64_t ratio = usual[zone->kind], above = 0;

	if (judge->pages.ratio_set && zone->kind <= KMC_NORMAL)
		ratio = judge->pages.ratio;
	for (unsigned int kind = 0; kind < KMC_NR_ZONE_KINDS; kind++) {
		for (unsigned int k = 0; k < machine->nr_zones; k++)
			if (machine->zones[k].kind == kind && kind > zone->kind &&
			    machine->zones[k].node == zone->node)
				above += managed_of(&machine->zones[k]);
		marks->reserve[kind] = ratio ? above / ratio : 0;
	}
}

static void set_marks(const struct kmc_judge *judge, unsigned int i, uint64_t pages_min,
		      uint64_t lowmem, struct kmc_marks *marks)
{
	const struct kmc_zone *zone = &judge->subject.machine.zones[i];
	uint64_t managed = managed_of(zone), t = lowmem ? pages_min * managed / lowmem : 0;
	uint64_t scale = judge->pages.scale ? judge->pages.scale : 10;
	uint64_t step = t / 4 > managed * scale / 10000 ? t / 4 : managed * scale / 10000;

	marks->min = shares_min(judge, zone) ? t : clamp(managed / 1024, 32, 128);
	marks->low = marks->min + step;
	marks->high = marks->min + 2 * step;
	if (zone->min && !judge->pages.min_free_set && !judge->pages.scale) {
		marks->min = zone->min;
		marks->low = zone->low;
		marks->high = zone->high;
	}
	set_reserve(judge, i, marks);
}

static void compute_for(struct kmc_judge *judge, uint64_t min_free_kbytes)
{
	const struct kmc_machine *machine = &judge->subject.machine;
	uint64_t lowmem = 0, pages_min = min_free_kbytes / 4;

	for (unsigned int i = 0; i < machine->nr_zones; i++)
		if (shares_min(judge, &machine->zones[i]))
			lowmem += managed_of(&machine->zones[i]);
	for (unsigned int i = 0; i < machine->nr_zones; i++)
		set_marks(judge, i, pages_min, lowmem, &judge->pages.marks[i]);
}

/*
 * where huge pages are, the value is raised: eleven pageblocks for each zone of which
 * kernel memory is taken, at most 5 % of what these have above their high marks. 0: no raise.
 */
static uint64_t huge_min_free_kbytes(const struct kmc_judge *judge)
{
	const struct kmc_machine *machine = &judge->subject.machine;
	uint64_t pages = 0, above = 0;

	if (!(machine->options & KMC_MO_thp))
		return 0;
	for (unsigned int i = 0; i < machine->nr_zones; i++) {
		uint64_t managed = managed_of(&machine->zones[i]);

		if (machine->zones[i].kind > KMC_NORMAL || !managed)
			continue;
		pages += 512 * 11;
		if (managed > judge->pages.marks[i].high)
			above += managed - judge->pages.marks[i].high;
	}
	return 4 * (pages < above / 20 ? pages : above / 20);
}

static void compute(struct kmc_judge *judge)
{
	struct kmc_page_books *books = &judge->pages;

	if (!books->marks_set) {
		uint64_t huge;

		books->min_free_kbytes = plain_min_free_kbytes(judge);
		compute_for(judge, books->min_free_kbytes);
		huge = huge_min_free_kbytes(judge);
		if (huge > books->min_free_kbytes)
			books->min_free_kbytes = huge;
		books->marks_set = true;
	}
	compute_for(judge, books->min_free_kbytes);
}

const struct kmc_marks *kmc_marks_of(struct kmc_judge *judge, unsigned int zone)
{
	if (!judge->pages.marks_set)
		compute(judge);
	return &judge->pages.marks[zone];
}

void kmc_marks_sysctl(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_page_books *books = &judge->pages;

	if (ev->outcome != KMC_OUT_NONE)
		return;
	if (!books->marks_set)
		compute(judge);
	switch (ev->granted) {
	case SYSCTL_MIN_FREE_KBYTES:
		books->min_free_kbytes = ev->size;
		books->min_free_set = true;
		break;
	case SYSCTL_WATERMARK_SCALE_FACTOR:
		books->scale = (uint32_t)ev->size;
		break;
	case SYSCTL_LOWMEM_RESERVE_RATIO:
		books->ratio = ev->size;
		books->ratio_set = true;
		break;
	case SYSCTL_WATERMARK_BOOST_FACTOR:
		if (ev->size > books->boost_most)
			books->boost_most = ev->size;
		return;
	case SYSCTL_DEFRAG_MODE:
		books->defrag = ev->size;
		return;
	default:
		return;
	}
	for (unsigned int i = 0; i < judge->subject.machine.nr_zones; i++)
		books->marks_before[i] = books->marks[i];
	books->marks_changed = true;
	compute(judge);
}
