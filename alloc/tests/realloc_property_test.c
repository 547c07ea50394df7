// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * krealloc, kvrealloc and vrealloc over a grid of sizes, flags, nodes, alignments
 * and profiles, beside a model of the bytes: what was there is kept, what was to be
 * zero is, a failure leaves all as it was, nothing is lost.
 */
#include "vmalloc_fixture.h"

enum call { KREALLOC, KVREALLOC, VREALLOC, KVREALLOC_OLD, NR_CALLS };

#define LARGEST (KMALLOC_MAX_SIZE + 1)
static const size_t sizes[] = { 1,    7,    8,	  9,	 64,	96,   97,   192,     2048,   4095, 4096,
				4097, 8191, 8192, 8193, 12289, 40000, 65536, LARGEST };
#define NR_SIZES (sizeof(sizes) / sizeof(sizes[0]))

static uint8_t pattern[LARGEST], zeroes[LARGEST];

struct model {
	enum call call;
	enum kmc_profile profile;
	uint8_t *block;
	size_t size;
	bool zeroing;
};

static void *resize(const struct model *m, size_t size, gfp_t gfp, unsigned long align, int nid)
{
	switch (m->call) {
	case KREALLOC: return krealloc_node_align(m->block, size, align, gfp, nid);
	case KVREALLOC: return kvrealloc_node_align(m->block, size, align, gfp, nid);
	case VREALLOC: return vrealloc_node_align(m->block, size, align, gfp, nid);
	default: return kvrealloc(m->block, m->size, size, gfp);
	}
}

static void *first(const struct model *m, size_t size, gfp_t gfp)
{
	switch (m->call) {
	case KREALLOC: return kmalloc(size, gfp);
	case VREALLOC: return __vmalloc(size, gfp);
	default: return kvmalloc(size, gfp);
	}
}

static int node_of(const void *p)
{
	return page_to_nid(is_vmalloc_addr(p) ? vmalloc_to_page(p) : virt_to_page(p));
}

/* Zeroes are promised where every request asked for them; 6.6 leaves them out in place. */
static bool zeroes_promised(const struct model *m)
{
	return m->zeroing && (m->call == VREALLOC || m->profile != KMC_PROFILE_6_6_9);
}

static void step(struct model *m, size_t size, gfp_t gfp, unsigned long align, int nid)
{
	size_t kept = m->size < size ? m->size : size;
	uint8_t *now;

	/* Where nothing can be had it fails or stays; and who fails has changed nothing. */
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 1, 1);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 1);
	now = resize(m, size, gfp, align, nid);
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 0, 0);
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
	if (now) {
		assert_ptr_equal(now, m->block);
	} else {
		assert_memory_equal(m->block, pattern, m->size);
		now = resize(m, size, gfp, align, nid);
		if (!now) { /* then for a reason of its own */
			assert_true(m->call == KREALLOC ? size > KMALLOC_MAX_SIZE :
				    m->call == VREALLOC && (uintptr_t)m->block & (align - 1));
			assert_memory_equal(m->block, pattern, m->size);
			return;
		}
	}
	m->zeroing = m->zeroing && (gfp & __GFP_ZERO);
	assert_memory_equal(now, pattern, kept);
	if (zeroes_promised(m) && size > kept)
		assert_memory_equal(now + kept, zeroes, size - kept);
	assert_int_equal((uintptr_t)now % (is_vmalloc_addr(now) ? PAGE_SIZE : 8), 0);
	if (m->call != KVREALLOC_OLD) /* which has no such argument */
		assert_int_equal((uintptr_t)now % align, 0);
	if (m->call != KVREALLOC_OLD && (gfp & __GFP_THISNODE) && nid >= 0)
		assert_int_equal(node_of(now), nid);
	if (m->call != KREALLOC && m->block && is_vmalloc_addr(m->block) && m->call != KVREALLOC_OLD)
		assert_true(is_vmalloc_addr(now)); /* never back to kmalloc */
	memcpy(now, pattern, size);
	m->block = now;
	m->size = size;
}

static void end(struct model *m)
{
	if (m->call == KREALLOC)
		kfree(m->block);
	else if (m->call == VREALLOC)
		vfree(m->block);
	else
		kvfree(m->block);
}

/* From one size to another and back: what a shrink leaves behind shows at the growth. */
static void there_and_back(enum call call, enum kmc_profile profile, size_t from, size_t to,
			   gfp_t zero, unsigned long align, int nid)
{
	struct model m = { .call = call, .profile = profile, .size = from, .zeroing = zero != 0 };
	gfp_t node = nid >= 0 && call != KVREALLOC_OLD ? __GFP_THISNODE : 0;

	m.block = first(&m, from, GFP_KERNEL | zero);
	if (!m.block)
		return; /* kmalloc above its ceiling */
	memcpy(m.block, pattern, from);
	step(&m, to, GFP_KERNEL | __GFP_NOWARN | zero | node, align, nid);
	step(&m, from, GFP_KERNEL | __GFP_NOWARN | zero, 1, NUMA_NO_NODE);
	step(&m, to, GFP_KERNEL | __GFP_NOWARN, 1, NUMA_NO_NODE); /* no zeroes are promised after this */
	step(&m, from, GFP_KERNEL | __GFP_NOWARN | zero, 1, NUMA_NO_NODE);
	end(&m);
}

static void boot_two_nodes(enum kmc_profile profile, bool aliased)
{
	struct kmc_sim_config config = {
		.profile = profile,
		.nr_cpus = 2,
		.nr_nodes = 2,
		.nr_zones = 2,
		.options = aliased ? KMC_OPT_VMALLOC_ALIASED : 0,
		.zones = { { .type = KMC_ZONE_NORMAL, .node = 0, .start_pfn = 4096, .nr_pages = 8192 },
			   { .type = KMC_ZONE_NORMAL, .node = 1, .start_pfn = 16384,
			     .nr_pages = 8192 } },
	};

	boot_config(&config);
}

static void grid(enum call call, enum kmc_profile profile, bool aliased)
{
	uint64_t before;

	boot_two_nodes(profile, aliased);
	before = nr_unused_pages();
	for (size_t from = 0; from < NR_SIZES; from++)
		for (size_t to = 0; to < NR_SIZES; to++) {
			bool odd = (from + to) & 1, slow = from == NR_SIZES - 1 || to == NR_SIZES - 1;

			if (slow && (from + to) % 4)
				continue;

			there_and_back(call, profile, sizes[from], sizes[to], __GFP_ZERO, 1,
				       NUMA_NO_NODE);
			there_and_back(call, profile, sizes[from], sizes[to], 0, 1, NUMA_NO_NODE);
			/* Node and alignment are of 6.18; not with the size that takes long. */
			if (profile < KMC_PROFILE_6_18_44 || slow)
				continue;
			there_and_back(call, profile, sizes[from], sizes[to], __GFP_ZERO,
				       odd ? 64 : PAGE_SIZE, NUMA_NO_NODE);
			there_and_back(call, profile, sizes[from], sizes[to], __GFP_ZERO, 1, 1);
			there_and_back(call, profile, sizes[from], sizes[to], 0, odd ? 128 : 512, 1);
			there_and_back(call, profile, sizes[from], sizes[to], 0, odd ? 4096 : 1, 0);
		}
	assert_int_equal(vm_info().nr_areas, 0);
	assert_int_equal(nr_unused_pages(), before);
	power_off();
}

static void all_profiles(enum call call)
{
	for (size_t i = 0; i < sizeof(pattern); i++)
		pattern[i] = pattern_at(7, i) | 1; /* never zero */
	for (int profile = 0; profile < KMC_NR_PROFILES; profile++)
		grid(call, (enum kmc_profile)profile, false);
}

static void rea1_rea4_rea5_rea7_rea10_krealloc(void **state)
{
	(void)state;
	all_profiles(KREALLOC);
}

static void rea12_rea20_kvrealloc(void **state)
{
	(void)state;
	all_profiles(KVREALLOC);
}

static void rea15_rea16_vrealloc(void **state)
{
	(void)state;
	all_profiles(VREALLOC);
	grid(VREALLOC, KMC_PROFILE_6_18_44, true);
}

static void rea11_kvrealloc_old(void **state)
{
	(void)state;
	all_profiles(KVREALLOC_OLD);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rea1_rea4_rea5_rea7_rea10_krealloc),
		cmocka_unit_test(rea12_rea20_kvrealloc),
		cmocka_unit_test(rea15_rea16_vrealloc),
		cmocka_unit_test(rea11_kvrealloc_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
