/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Machines: layouts, what is impossible, text; releases and guide editions. */
#include "vocab_tests.h"
#include "vocab/machine.h"

static void test_default(void **state)
{
	struct kmc_machine m;

	(void)state;
	kmc_machine_default(&m);
	assert_null(kmc_machine_check(&m));
	assert_int_equal(m.nr_cpus, 2);
	assert_int_equal(m.nr_nodes, 1);
	assert_int_equal(m.profile, KMC_RELEASE(6, 18, 44));
	assert_int_equal(m.nr_zones, 1);
	assert_int_equal(m.zones[0].kind, KMC_DMA32);
	assert_int_equal(m.zones[0].start_pfn, 4096);
	assert_int_equal(m.zones[0].nr_pages, 16384);
}

/*  1 MiB    16 MiB      4 GiB            8 GiB
 *  [ DMA   )[ DMA32    )[ Normal        )      */
static void test_simple_layout(void **state)
{
	struct kmc_machine m;

	(void)state;
	kmc_machine_simple(&m, 4, 8ull << 30);
	assert_null(kmc_machine_check(&m));
	assert_int_equal(m.nr_zones, 3);
	assert_int_equal(m.zones[0].start_pfn, 256);
	assert_int_equal(m.zones[0].nr_pages, 4096 - 256);
	assert_int_equal(m.zones[1].nr_pages, (1 << 20) - 4096);
	assert_int_equal(m.zones[2].kind, KMC_NORMAL);
	assert_int_equal(m.zones[2].start_pfn, 1 << 20);
	assert_int_equal(m.zones[2].nr_pages, 1 << 20);
	kmc_machine_simple(&m, 1, 4ull << 30);
	assert_int_equal(m.nr_zones, 2); /* nothing left for Normal */
	assert_null(kmc_machine_check(&m));
	kmc_machine_simple(&m, 1, (4ull << 30) - 1); /* 14 MiB of it above 4 GiB */
	assert_int_equal(m.nr_zones, 2);
	assert_int_equal(m.zones[1].kind, KMC_NORMAL);
	assert_int_equal(m.zones[1].nr_pages, 14 << 8);
	assert_null(kmc_machine_check(&m));
	kmc_machine_simple(&m, 1, 1);
	assert_int_equal(m.zones[0].nr_pages, 1024);
}

/* Each line makes the default machine impossible, and says why. */
static void test_impossible(void **state)
{
	struct kmc_machine good, m;

	(void)state;
	kmc_machine_default(&good);
#define IMPOSSIBLE(change, why)                                 \
	do {                                                    \
		m = good;                                       \
		change;                                         \
		assert_non_null(kmc_machine_check(&m));         \
		assert_string_equal(kmc_machine_check(&m), why); \
	} while (0)
	IMPOSSIBLE(m.page_shift = 11, "page size is not between 4 KiB and 64 KiB");
	IMPOSSIBLE(m.max_order = 21, "maximal order above 20");
	IMPOSSIBLE(m.nr_cpus = 0, "no cpu");
	IMPOSSIBLE(m.nr_nodes = 0, "number of nodes not between 1 and 64");
	IMPOSSIBLE(m.nr_zones = 0, "no zone");
	IMPOSSIBLE(m.nr_zones = 17, "more than 16 zones");
	IMPOSSIBLE(m.profile = KMC_RELEASE(6, 18, 45), "no such profile");
	IMPOSSIBLE(m.kmalloc_minalign = 24,
		   "minimal kmalloc alignment is no power of two up to 4096");
	IMPOSSIBLE(m.kmalloc_max_size = 4096,
		   "largest kmalloc cache not between 1 and the largest kmalloc size");
	IMPOSSIBLE(m.vmalloc_end = 0, "vmalloc range ends before it starts");
	IMPOSSIBLE(m.zones[0].kind = 5, "zone of an unknown kind");
	IMPOSSIBLE(m.zones[0].node = 1, "zone on a node that is not there");
	IMPOSSIBLE(m.zones[0].nr_pages = 0, "zone without pages");
	IMPOSSIBLE(m.zones[0].start_pfn = UINT64_MAX, "zone above 2^52 bytes");
	IMPOSSIBLE(m.zones[0].nr_pages = UINT64_MAX, "zone above 2^52 bytes");
	IMPOSSIBLE(m.direct_map = UINT64_MAX - 4096, "zone above the end of the direct map");
	IMPOSSIBLE(m.zones[0].managed = 16385, "zone with more managed pages than pages");
	IMPOSSIBLE(m.zones[0].min = 1, "zone whose watermarks do not rise");
	IMPOSSIBLE(m.zones[0].start_pfn = 0, "zone with frame 0");
	IMPOSSIBLE(m.zones[0].kind = KMC_DMA, "DMA zone above 16 MiB");
	IMPOSSIBLE(m.zones[0].start_pfn = 1 << 20, "DMA32 zone above 4 GiB");
	IMPOSSIBLE((m.nr_zones = 2, m.zones[1] = m.zones[0]),
		   "two zones of one kind on one node");
	IMPOSSIBLE((m.nr_zones = 2, m.zones[1] = m.zones[0], m.zones[1].kind = KMC_MOVABLE),
		   "zones overlap");
	m.release = KMC_RELEASE(6, 18, 44); /* spans of real zones may overlap */
	assert_null(kmc_machine_check(&m));
}

static const char *read_text(const char *text, struct kmc_machine *m)
{
	const char *why = NULL;

	kmc_machine_parse_begin(m);
	while (!why && *text) {
		size_t len = strcspn(text, "\n");

		assert_true(kmc_machine_parse_line(m, text, len, &why));
		text += len + (text[len] == '\n');
	}
	return why ? why : kmc_machine_parse_end(m);
}

static void test_text_of_default(void **state)
{
	char text[KMC_MACHINE_TEXT];
	struct kmc_machine m;

	(void)state;
	kmc_machine_default(&m);
	kmc_machine_print(text, sizeof(text), &m);
	assert_string_equal(text,
			    "machine cpus=2 nodes=1 page=4096 profile=6.18.44 memory=64M\n");
	m.zones[0].start_pfn = 16;
	m.options = KMC_MO_memcg | KMC_MO_freelist_random | 1u << 30;
	kmc_machine_print(text, sizeof(text), &m);
	assert_string_equal(text, "machine cpus=2 nodes=1 page=4096 profile=6.18.44"
				  " options=freelist_random,memcg,0x40000000\n"
				  "zone dma32 node=0 start=16 pages=16384\n");
}

static void test_bad_text(void **state)
{
	struct kmc_machine m;

	(void)state;
	assert_null(read_text("machine cpus=4", &m)); /* the rest as by default */
	assert_int_equal(m.zones[0].nr_pages, 16384);
	assert_string_equal(read_text("machine cpus", &m),
			    "unknown word in the description of the machine");
	assert_string_equal(read_text("machine cpus=65536", &m),
			    "number out of range in the description of the machine");
	assert_string_equal(read_text("machine page=4095", &m),
			    "bad value in the description of the machine");
	assert_string_equal(read_text("machine options=warp", &m),
			    "bad value in the description of the machine");
	assert_string_equal(read_text("zone cold node=0", &m), "zone of an unknown kind");
	assert_string_equal(read_text("machine memory=64M\nzone dma32 start=9 pages=9", &m),
			    "two zones of one kind on one node");
	assert_string_equal(read_text("machine memory=99999999999G", &m),
			    "number out of range in the description of the machine");
}

static void test_text_round_trip(void **state)
{
	struct dice dice = dice_new("machine text", 5000);
	char text[KMC_MACHINE_TEXT];
	unsigned long round;

	(void)state;
	for (round = 0; round < dice.rounds; round++) {
		struct kmc_machine m = dice_machine(&dice), back;

		assert_null(kmc_machine_check(&m));
		assert_true(kmc_machine_print(text, sizeof(text), &m) < (int)sizeof(text));
		assert_null(read_text(text, &back));
		if (!kmc_machine_equal(&m, &back))
			fail_msg("%s", text);
	}
}

/* 16 zones with every number at its widest still fit KMC_MACHINE_TEXT. */
static void test_longest_text(void **state)
{
	char text[KMC_MACHINE_TEXT];
	struct kmc_machine m;
	int i;

	(void)state;
	memset(&m, 0xff, sizeof(m));
	m.nr_zones = KMC_MACHINE_MAX_ZONES;
	for (i = 0; i < KMC_MACHINE_MAX_ZONES; i++)
		m.zones[i].kind = KMC_MOVABLE;
	assert_true(kmc_machine_print(text, sizeof(text), &m) < (int)sizeof(text));
}

static void test_releases(void **state)
{
	char text[32];

	(void)state;
	assert_int_equal(kmc_release_parse("6.18"), KMC_RELEASE(6, 18, 0));
	assert_int_equal(kmc_release_parse("v6.18.44-whatever"), KMC_RELEASE(6, 18, 44));
	assert_int_equal(kmc_release_parse("6.18-rc3"), KMC_RELEASE(6, 18, 0));
	assert_int_equal(kmc_release_parse("4.19.0-6-amd64"), KMC_RELEASE(4, 19, 0));
	assert_int_equal(kmc_release_parse("6"), 0);
	assert_int_equal(kmc_release_parse("6.18x"), 0);
	assert_int_equal(kmc_release_parse("6.1024"), 0);
	assert_int_equal(kmc_release_parse("6.1.1024"), 0);
	assert_int_equal(kmc_release_parse("99999999999.1"), 0);
	assert_int_equal(kmc_release_parse(""), 0);
	kmc_release_print(text, sizeof(text), KMC_RELEASE(6, 18, 44));
	assert_string_equal(text, "6.18.44");
	kmc_release_print(text, sizeof(text), KMC_RELEASE(4095, 1023, 0));
	assert_string_equal(text, "4095.1023");
}

static void test_guides(void **state)
{
	(void)state;
	assert_int_equal(kmc_guide_of(KMC_RELEASE(4, 19, 300)), KMC_G0);
	assert_int_equal(kmc_guide_of(KMC_RELEASE(4, 20, 0)), KMC_G1);
	assert_int_equal(kmc_guide_of(KMC_RELEASE(5, 3, 18)), KMC_G1);
	assert_int_equal(kmc_guide_of(KMC_RELEASE(5, 4, 0)), KMC_G2);
	assert_int_equal(kmc_guide_of(KMC_RELEASE(5, 14, 0)), KMC_G3);
	assert_int_equal(kmc_guide_of(KMC_RELEASE(6, 3, 8)), KMC_G3);
	assert_int_equal(kmc_guide_of(KMC_RELEASE(6, 4, 0)), KMC_G4);
	assert_int_equal(kmc_guide_of(KMC_RELEASE(6, 10, 9)), KMC_G4);
	assert_int_equal(kmc_guide_of(KMC_RELEASE(6, 11, 0)), KMC_G5);
	assert_int_equal(kmc_guide_of(KMC_RELEASE(7, 1, 5)), KMC_G5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default), cmocka_unit_test(test_simple_layout),
		cmocka_unit_test(test_impossible), cmocka_unit_test(test_text_of_default),
		cmocka_unit_test(test_bad_text), cmocka_unit_test(test_text_round_trip),
		cmocka_unit_test(test_longest_text), cmocka_unit_test(test_releases),
		cmocka_unit_test(test_guides),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
