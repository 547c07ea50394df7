// SPDX-License-Identifier: GPL-2.0-or-later
/* Texts of several kernels, taken apart: zones, orders, options, constants. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include "proc_text.h"

/* Shortened; the per-cpu tables repeat the words of the marks with a colon. */
static const char zoneinfo[] =
	"Node 0, zone      DMA\n"
	"  per-node stats\n"
	"      nr_inactive_anon 1675\n"
	"  pages free     3840\n"
	"        boost    0\n"
	"        min      57\n"
	"        low      71\n"
	"        high     85\n"
	"        promo    99\n"
	"        spanned  4095\n"
	"        present  3998\n"
	"        managed  3840\n"
	"        cma      0\n"
	"        protection: (0, 3019, 4939, 4939, 4939)\n"
	"  pagesets\n"
	"    cpu: 0\n"
	"              count:    0\n"
	"              high:     13\n"
	"              high_min: 31\n"
	"              batch: 1\n"
	"  node_unreclaimable:  0\n"
	"  start_pfn:           1\n"
	"Node 0, zone   Normal\n"
	"  pages free     410834\n"
	"        min      6548\n"
	"        low      8185\n"
	"        high     9822\n"
	"        spanned  5505024\n"
	"        present  5505024\n"
	"        managed  491520\n"
	"  start_pfn:           1048576\n"
	"Node 0, zone  Movable\n"
	"  pages free     0\n"
	"        min      32\n"
	"        spanned  0\n"
	"        managed  0\n"
	"Node 1, zone   Normal\n"
	"  pages free     1\n"
	"        min      10\n"
	"        low      12\n"
	"        high     14\n"
	"        spanned  262144\n"
	"        managed  250000\n"
	"  start_pfn:           6553600\n"
	"Node 1, zone   Device\n"
	"        spanned  77\n";

static void test_zones(void **state)
{
	struct kmc_machine m = { .nr_zones = 9 };

	(void)state;
	assert_int_equal(kmc_zoneinfo_parse(zoneinfo, &m), 3);
	assert_int_equal(m.nr_zones, 3);
	assert_int_equal(m.nr_nodes, 2);
	assert_int_equal(m.zones[0].kind, KMC_DMA);
	assert_int_equal(m.zones[0].start_pfn, 1);
	assert_int_equal(m.zones[0].nr_pages, 4095);
	assert_int_equal(m.zones[0].managed, 3840);
	assert_int_equal(m.zones[0].min, 57);
	assert_int_equal(m.zones[0].low, 71);
	assert_int_equal(m.zones[0].high, 85);
	assert_int_equal(m.zones[1].kind, KMC_NORMAL);
	assert_int_equal(m.zones[1].start_pfn, 1048576);
	assert_int_equal(m.zones[2].node, 1);
	assert_int_equal(m.zones[2].high, 14);
}

static void test_no_zones(void **state)
{
	struct kmc_machine m = { .nr_zones = 9 };

	(void)state;
	assert_int_equal(kmc_zoneinfo_parse("", &m), -EINVAL);
	assert_int_equal(m.nr_zones, 0);
	assert_int_equal(kmc_zoneinfo_parse("nothing\nof the kind", &m), -EINVAL);
}

static void test_too_many_zones(void **state)
{
	char text[8192] = "";
	struct kmc_machine m;

	(void)state;
	for (int i = 0; i < KMC_MACHINE_MAX_ZONES + 2; i++)
		strcat(text, "Node 3, zone Normal\n  spanned 100\n  start_pfn: 1\n");
	assert_int_equal(kmc_zoneinfo_parse(text, &m), -E2BIG);
	assert_int_equal(m.nr_zones, KMC_MACHINE_MAX_ZONES);
	assert_int_equal(m.nr_nodes, 4);
}

static void test_max_order(void **state)
{
	(void)state;
	assert_int_equal(kmc_buddyinfo_max_order(
		"Node 0, zone      DMA      0      0      0      0      0      0      0      0      1      1      3 \n"
		"Node 0, zone    DMA32      1      2      4      2      5      4      3      3      4      2    752 \n"), 10);
	assert_int_equal(kmc_buddyinfo_max_order("Node 0, zone DMA 1 2 3"), 2);
	assert_int_equal(kmc_buddyinfo_max_order(""), -1);
	assert_int_equal(kmc_buddyinfo_max_order("Node 0, zone DMA\n"), -1);
}

static void test_vmallocinfo(void **state)
{
	uint64_t start, end;

	(void)state;
	assert_true(kmc_vmallocinfo_parse(
		"0xffffc90000042000-0xffffc90000044000    8192 ioremap phys=0x1\n"
		"0xffffc90000000000-0xffffc90000005000   20480 map_irq_stack+0x92/0xf0 vmap\n"
		"0xffffe8ffffc00000-0xffffe8ffffe00000 2097152 pcpu_get_vm_areas+0x0 vmalloc\n"
		"0xffffffffc0000000-0xffffffffc0002000    8192 move_module+0x1 vmalloc\n",
		&start, &end));
	assert_true(start == 0xffffc90000000000);
	assert_true(end == 0xffffe90000000000);
	assert_false(kmc_vmallocinfo_parse("0x0000000000000000-0x0000000000000000 1 x\n"
					   "0x00000000956385d3-0x00000000cbb2295f 20480 hashed\n",
					   &start, &end));
	assert_int_equal(start, 0);
	assert_int_equal(end, 0);
	assert_false(kmc_vmallocinfo_parse("", &start, &end));
}

static void test_config(void **state)
{
	const char *config = "CONFIG_SLAB_BUCKETS_X=n\nCONFIG_SLAB_BUCKETS=y\n"
			     "# CONFIG_DEBUG_VM is not set\nCONFIG_ZRAM=m\nX_CONFIG_EVIL=y\n"
			     "CONFIG_HZ=250\n";

	(void)state;
	assert_true(kmc_config_set(config, "SLAB_BUCKETS"));
	assert_true(kmc_config_set(config, "ZRAM"));
	assert_false(kmc_config_set(config, "SLAB_BUCKETS_X"));
	assert_false(kmc_config_set(config, "SLAB"));
	assert_false(kmc_config_set(config, "DEBUG_VM"));
	assert_false(kmc_config_set(config, "EVIL"));
	assert_false(kmc_config_set(config, "HZ"));
}

static void test_cmdline(void **state)
{
	char value[8];

	(void)state;
	assert_true(kmc_cmdline_find("quiet slub_debug=FZ,x y=1 slub_debug=P\n", "slub_debug",
				     value, sizeof(value)));
	assert_string_equal(value, "P");
	assert_true(kmc_cmdline_find("a slab_nomerge", "slab_nomerge", value, sizeof(value)));
	assert_string_equal(value, "");
	assert_false(kmc_cmdline_find("slab_nomergex xslab_nomerge", "slab_nomerge", value,
				      sizeof(value)));
	assert_true(kmc_cmdline_find("key=longer-than-eight", "key", value, sizeof(value)));
	assert_string_equal(value, "longer-");
}

static const char debian_61[] =
	"CONFIG_SLAB_MERGE_DEFAULT=y\nCONFIG_SLAB_FREELIST_RANDOM=y\n"
	"CONFIG_SLAB_FREELIST_HARDENED=y\nCONFIG_MEMCG=y\nCONFIG_MEMCG_KMEM=y\n"
	"CONFIG_ZONE_DMA=y\nCONFIG_INIT_ON_ALLOC_DEFAULT_ON=y\nCONFIG_HARDENED_USERCOPY=y\n"
	"# CONFIG_DEBUG_VM is not set\n";

static void test_options_of_configurations(void **state)
{
	uint32_t debian = KMC_MO_freelist_random | KMC_MO_freelist_hardened | KMC_MO_memcg |
			  KMC_MO_init_on_alloc | KMC_MO_hardened_usercopy;

	(void)state;
	assert_int_equal(kmc_options_parse(debian_61, ""), debian);
	assert_int_equal(kmc_options_parse(debian_61, "init_on_alloc=0 slab_nomerge"),
			 (debian & ~(uint32_t)KMC_MO_init_on_alloc) | KMC_MO_slab_nomerge);
	assert_int_equal(kmc_options_parse(debian_61, "cgroup.memory=nokmem,nosocket"),
			 debian & ~(uint32_t)KMC_MO_memcg);
	assert_int_equal(kmc_options_parse(debian_61, "init_on_free=1 hardened_usercopy=off"),
			 (debian | KMC_MO_init_on_free) & ~(uint32_t)KMC_MO_hardened_usercopy);
	assert_int_equal(kmc_options_parse("CONFIG_MEMCG=y\n# CONFIG_MEMCG_KMEM is not set\n", ""),
			 KMC_MO_no_zone_dma | KMC_MO_slab_nomerge);
	assert_int_equal(kmc_options_parse("CONFIG_PREEMPT_RT=y\nCONFIG_LOCKDEP=y\n"
					   "CONFIG_ZONE_DMA=y\nCONFIG_SLAB_MERGE_DEFAULT=y\n"
					   "CONFIG_RANDOM_KMALLOC_CACHES=y\n", ""),
			 KMC_MO_preempt_rt | KMC_MO_lockdep | KMC_MO_random_kmalloc);
}

static void test_options_without_configuration(void **state)
{
	(void)state;
	assert_int_equal(kmc_options_parse(NULL, "init_on_alloc=1 slub_nomerge"),
			 (uint32_t)KMC_MO_options_unknown | KMC_MO_init_on_alloc |
				 KMC_MO_slab_nomerge);
}

static bool names(void *arg, const char *name, size_t len, uint64_t *value)
{
	(void)arg;
	*value = 7;
	return len == 5 && !memcmp(name, "SEVEN", 5);
}

static void expect(const char *text, bool good, uint64_t value)
{
	uint64_t got;

	assert_true(kmc_constant(text, strlen(text), names, NULL, &got) == good);
	if (good)
		assert_int_equal(got, value);
}

static void test_constants(void **state)
{
	(void)state;
	expect("0x400u", true, 0x400);
	expect("( unsigned long)(( gfp_t)((((1UL))) << (10)))", true, 1024);
	expect("((( gfp_t)(0x400u|0x800u)) | (( gfp_t)0x40u)) & ~(( gfp_t)0x400u)", true, 0x840);
	expect("1UL << SEVEN", true, 128);
	expect("( gfp_t)(1 << (SEVEN))", true, 128);
	expect("(SEVEN)", true, 7);
	expect("1 | 2 << 1 & 4", true, 5);
	expect("3 - 1 + 4", true, 6);
	expect("-1", true, UINT64_MAX);
	expect("", false, 0);
	expect("1 +", false, 0);
	expect("(1", false, 0);
	expect("EIGHT", false, 0);
	expect("1 << 64", false, 0);
	expect("1)", false, 0);
	expect("0x", false, 0);
}

static void test_constants_deep(void **state)
{
	char text[5001];

	(void)state;
	memset(text, '(', 5000);
	text[5000] = 0;
	expect(text, false, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_zones),
		cmocka_unit_test(test_no_zones),
		cmocka_unit_test(test_too_many_zones),
		cmocka_unit_test(test_max_order),
		cmocka_unit_test(test_vmallocinfo),
		cmocka_unit_test(test_config),
		cmocka_unit_test(test_cmdline),
		cmocka_unit_test(test_options_of_configurations),
		cmocka_unit_test(test_options_without_configuration),
		cmocka_unit_test(test_constants),
		cmocka_unit_test(test_constants_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
