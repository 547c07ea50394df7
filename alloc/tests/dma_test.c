/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Memory for devices: DMA-1..7, DMA-9..16, FR-7. */
#include <errno.h>
#include "core.h"
#include "slab_fixture.h"
#include "linux/cma.h"
#include "linux/dma-mapping.h"
#include "linux/dmapool.h"
#include "linux/mm.h"

#define FOR_EACH_PROFILE(p) for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++)

static u64 streaming;
static struct device dev;

/* Three zones: DMA below 16 MiB, DMA32, and 32 MiB of Normal above 4 GiB. */
static void boot(enum kmc_profile profile)
{
	struct kmc_sim_config config = machine_config(1, 64 * MIB);

	config.profile = profile;
	config.nr_zones = 3;
	config.zones[0] = (struct kmc_zone_layout){ .type = KMC_ZONE_DMA, .start_pfn = 512,
						    .nr_pages = 3584 };
	config.zones[1] = (struct kmc_zone_layout){ .type = KMC_ZONE_DMA32, .start_pfn = 4096,
						    .nr_pages = 8192 };
	config.zones[2] = (struct kmc_zone_layout){ .type = KMC_ZONE_NORMAL, .start_pfn = 1 << 20,
						    .nr_pages = 8192 };
	machine_boot(&config);
	streaming = DMA_BIT_MASK(64);
	dev = (struct device){ .dma_mask = &streaming, .coherent_dma_mask = DMA_BIT_MASK(64),
			       .numa_node = NUMA_NO_NODE };
}

static void dma1_dma2_dma7_coherent(void **state)
{
	static const size_t sizes[] = { 1, 4096, 4097, 3 * 4096, 65536, 66560, 3 << 20 };

	(void)state;
	FOR_EACH_PROFILE(p) {
		boot(p);
		for (unsigned int i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++)
			for (unsigned int round = 0; round < 2; round++) {
				uint64_t align = PAGE_SIZE << get_order(sizes[i]);
				dma_addr_t bus = 1;
				void *block = dma_alloc_coherent(&dev, sizes[i], &bus, GFP_KERNEL);

				assert_non_null(block);
				assert_int_equal(bus, virt_to_phys(block));
				assert_int_equal(bus % align, 0);
				assert_true(all_zero(block, PAGE_ALIGN(sizes[i])));
				memset(block, 0xaa, sizes[i]);
				dma_free_coherent(&dev, sizes[i], block, bus);
				kmc_sim_check(sim);
			}
		dma_free_coherent(&dev, 4096, NULL, 0); /* FR-7 */
		assert_null(dma_alloc_coherent(&dev, 0, &(dma_addr_t){ 0 },
					       GFP_KERNEL | __GFP_NOWARN));
		machine_off();
	}
}

static void dma3_within_reach(void **state)
{
	(void)state;
	boot(KMC_PROFILE_6_18_44);
	for (unsigned int bits = 24; bits <= 64; bits++)
		for (unsigned int limited = 0; limited < 2; limited++) {
			u64 reach = DMA_BIT_MASK(bits);
			dma_addr_t bus;
			void *block;

			dev.coherent_dma_mask = limited ? DMA_BIT_MASK(64) : reach;
			dev.bus_dma_limit = limited ? reach : 0;
			block = dma_alloc_coherent(&dev, 20000, &bus, GFP_KERNEL);
			assert_non_null(block);
			assert_true(bus + 20000 - 1 <= reach);
			dma_free_coherent(&dev, 20000, block, bus);
		}
	dev.coherent_dma_mask = DMA_BIT_MASK(25); /* between zones: falls through to DMA */
	dev.bus_dma_limit = 0;
	for (unsigned int i = 0; i < 1000; i++) {
		dma_addr_t bus;

		if (!dma_alloc_coherent(&dev, 4096, &bus, GFP_KERNEL | __GFP_NOWARN))
			break;
		assert_true(bus + 4095 <= DMA_BIT_MASK(25));
	}
	machine_off();
}

static void dma4_dma5_zone_bits(void **state)
{
	static const gfp_t bits[] = { __GFP_DMA, __GFP_DMA32, __GFP_HIGHMEM };

	(void)state;
	FOR_EACH_PROFILE(p) {
		boot(p);
		tp_listen(KMC_TP_BIT(KMC_TP_WARN));
		for (unsigned int i = 0; i < 3; i++) {
			dma_addr_t bus;
			void *block = dma_alloc_coherent(&dev, 4096, &bus, GFP_KERNEL | bits[i]);

			assert_true(bus >= 1ull << 32); /* as without the bit */
			dma_free_coherent(&dev, 4096, block, bus);
			assert_null(dma_alloc_pages(&dev, 4096, &bus, DMA_TO_DEVICE,
						    GFP_KERNEL | bits[i]));
			assert_null(dma_alloc_noncoherent(&dev, 4096, &bus, DMA_TO_DEVICE,
							  GFP_KERNEL | bits[i]));
			assert_null(dma_alloc_noncontiguous(&dev, 4096, DMA_TO_DEVICE,
							    GFP_KERNEL | bits[i], 0));
		}
		assert_int_equal(tp_count, 1);
		machine_off();
	}
}

static void dma6_comp(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		bool refused = p >= KMC_PROFILE_6_6_9;
		dma_addr_t bus;
		void *block;

		boot(p);
		tp_listen(KMC_TP_BIT(KMC_TP_WARN));
		block = dma_alloc_coherent(&dev, 8192, &bus, GFP_KERNEL | __GFP_COMP);
		assert_int_equal(block == NULL, refused);
		dma_free_coherent(&dev, 8192, block, bus);
		assert_null(refused ? dma_alloc_pages(&dev, 8192, &bus, DMA_TO_DEVICE,
						      GFP_KERNEL | __GFP_COMP) : NULL);
		assert_int_equal(tp_count, refused ? 2 : 0);
		machine_off();
	}
}

static void dma9_zero_mask(void **state)
{
	dma_addr_t bus;
	void *block;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	dev.coherent_dma_mask = 0;
	tp_listen(KMC_TP_BIT(KMC_TP_WARN));
	for (unsigned int i = 0; i < 2; i++) {
		block = dma_alloc_coherent(&dev, 4096, &bus, GFP_KERNEL);
		assert_non_null(block);
		dma_free_coherent(&dev, 4096, block, bus);
		assert_null(dma_alloc_pages(&dev, 4096, &bus, DMA_TO_DEVICE, GFP_KERNEL));
	}
	assert_int_equal(tp_count, 2);
	machine_off();
}

static void dma10_masks(void **state)
{
	(void)state;
	boot(KMC_PROFILE_6_18_44);
	for (unsigned int bits = 1; bits <= 64; bits++) {
		int want = bits >= 24 ? 0 : -EIO;

		streaming = dev.coherent_dma_mask = 7;
		assert_int_equal(dma_set_mask(&dev, DMA_BIT_MASK(bits)), want);
		assert_int_equal(dma_set_coherent_mask(&dev, DMA_BIT_MASK(bits)), want);
		assert_int_equal(streaming, want ? 7 : DMA_BIT_MASK(bits));
		assert_int_equal(dev.coherent_dma_mask, want ? 7 : DMA_BIT_MASK(bits));
	}
	dev.dma_mask = NULL;
	assert_int_equal(dma_set_mask(&dev, DMA_BIT_MASK(64)), -EIO);
	machine_off();
}

static void dma11_contiguous_area(void **state)
{
	struct cma *cma;
	dma_addr_t bus;
	void *block;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	assert_int_equal(cma_declare_contiguous(32 * MIB, 4 * MIB, 0, 0, 0, true, "dma", &cma), 0);
	dma_contiguous_set_default(cma);
	block = dma_alloc_coherent(&dev, 8192, &bus, GFP_KERNEL);
	assert_in_range(bus, 32 * MIB, 36 * MIB - 8192);
	dma_free_coherent(&dev, 8192, block, bus);
	block = dma_alloc_coherent(&dev, 4096, &bus, GFP_KERNEL); /* one page: not from there */
	assert_true(bus >= 1ull << 32);
	dma_free_coherent(&dev, 4096, block, bus);
	block = dma_alloc_coherent(&dev, 8192, &bus, GFP_ATOMIC);
	assert_true(bus >= 1ull << 32);
	dma_free_coherent(&dev, 8192, block, bus);
	dev.cma_area = cma; /* its own: one page too */
	block = dma_alloc_coherent(&dev, 4096, &bus, GFP_KERNEL);
	assert_in_range(bus, 32 * MIB, 36 * MIB - 4096);
	dma_free_coherent(&dev, 4096, block, bus);
	kmc_sim_check(sim);
	machine_off();
}

static void dma12_dma13_pools(void **state)
{
	static const size_t sizes[] = { 1, 4, 15, 16, 24, 100, 513, 2048, 4096, 5000 };

	(void)state;
	FOR_EACH_PROFILE(p) {
		size_t least = p == KMC_PROFILE_6_1_192 ? 4 : 16;

		boot(p);
		assert_null(dma_pool_create("p", &dev, 0, 8, 0));
		assert_null(dma_pool_create("p", &dev, 1ul << 31, 8, 0));
		assert_null(dma_pool_create("p", &dev, 64, 24, 0));
		assert_null(dma_pool_create("p", &dev, 64, 8, 32));
		assert_null(dma_pool_create("p", &dev, 64, 8, 96));
		dma_pool_destroy(NULL);
		for (unsigned int s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
			for (size_t align = 0; align <= 256; align = align ? align * 4 : 1) {
				size_t unit = align ? align : 1, size = sizes[s] < least ? least : sizes[s];
				size_t whole = (size + unit - 1) / unit * unit, boundary = 1024;
				struct dma_pool *pool;
				dma_addr_t bus[30];
				void *block[30];

				while (boundary < whole)
					boundary *= 2;
				pool = dma_pool_create("p", &dev, sizes[s], align, boundary);
				assert_non_null(pool);
				for (unsigned int i = 0; i < 30; i++) {
					block[i] = dma_pool_alloc(pool, GFP_KERNEL, &bus[i]);
					assert_non_null(block[i]);
					assert_int_equal(bus[i], virt_to_phys(block[i]));
					assert_int_equal(bus[i] % unit, 0);
					if (whole <= 4096)
						assert_int_equal(bus[i] / boundary,
								 (bus[i] + whole - 1) / boundary);
					pattern_fill(block[i], whole, i);
				}
				for (unsigned int i = 0; i < 30; i++) {
					assert_true(pattern_holds(block[i], whole, i));
					dma_pool_free(pool, block[i], bus[i]);
				}
				dma_pool_destroy(pool);
			}
		kmc_sim_check(sim);
		machine_off();
	}
}

static void dma14_dma16_blocks(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		struct dma_pool *pool;
		dma_addr_t bus, other;
		void *block;

		boot(p);
		pool = dma_pool_create("p", &dev, 256, 16, 0);
		tp_listen(KMC_TP_BIT(KMC_TP_MM_PAGE_ALLOC));
		block = dma_pool_alloc(pool, GFP_KERNEL | __GFP_ZERO, &bus);
		for (unsigned int i = 0; i < tp_count && i < TP_KEPT; i++)
			assert_false(tp_seen[i].gfp & __GFP_ZERO);
		tp_listen(0);
		assert_int_equal(bus % 4096, 0); /* the chunk's first block */
		assert_true(all_zero(block, 256));
		memset(block, 0x5a, 256);
		dma_pool_free(pool, block, bus);
		assert_ptr_equal(dma_pool_alloc(pool, GFP_KERNEL, &other), block);
		assert_false(all_zero(block, 256)); /* nothing was promised */
		dma_pool_free(pool, block, other);
		assert_ptr_equal(dma_pool_alloc(pool, GFP_KERNEL | __GFP_ZERO, &other), block);
		assert_true(all_zero(block, 256));
		dma_pool_free(pool, block, other);
		dma_pool_destroy(pool);
		machine_off();
	}
}

static void dma15_destroy_with_blocks(void **state)
{
	struct dma_pool *pool;
	uint64_t free;
	dma_addr_t bus;
	void *block;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	kfree(kmalloc(200, GFP_KERNEL));
	pool = dma_pool_create("p", &dev, 64, 0, 0);
	block = dma_pool_alloc(pool, GFP_KERNEL, &bus);
	free = free_pages_now();
	tp_listen(KMC_TP_BIT(KMC_TP_WARN));
	dma_pool_destroy(pool);
	assert_int_equal(tp_count, 1);
	assert_int_equal(free_pages_now(), free);
	memset(block, 1, 64); /* leaked, not freed */
	machine_off();
}

/* Whatever fails, nothing is lost. */
static void dma5_nth_failure(void **state)
{
	(void)state;
	boot(KMC_PROFILE_6_18_44);
	kfree(kmalloc(sizeof(struct sg_table), GFP_KERNEL));
	kfree(kmalloc(sizeof(struct scatterlist), GFP_KERNEL));
	for (unsigned int n = 1; n <= 3; n++) {
		uint64_t free = free_pages_now();
		struct sg_table *sgt;

		kmc_sim_fail_nth(sim, n < 3 ? KMC_FAULT_SLAB : KMC_FAULT_PAGE, n < 3 ? n : 1, 0);
		assert_null(dma_alloc_noncontiguous(&dev, 9000, DMA_TO_DEVICE, GFP_KERNEL, 0));
		assert_int_equal(free_pages_now(), free);
		sgt = dma_alloc_noncontiguous(&dev, 9000, DMA_TO_DEVICE, GFP_KERNEL, 0);
		assert_non_null(sgt);
		assert_true(all_zero(page_address(sgt->sgl->page), 12288));
		dma_free_noncontiguous(&dev, 9000, sgt, DMA_TO_DEVICE);
		assert_int_equal(free_pages_now(), free);
	}
	machine_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dma1_dma2_dma7_coherent),
		cmocka_unit_test(dma3_within_reach),
		cmocka_unit_test(dma4_dma5_zone_bits),
		cmocka_unit_test(dma6_comp),
		cmocka_unit_test(dma9_zero_mask),
		cmocka_unit_test(dma10_masks),
		cmocka_unit_test(dma11_contiguous_area),
		cmocka_unit_test(dma12_dma13_pools),
		cmocka_unit_test(dma14_dma16_blocks),
		cmocka_unit_test(dma15_destroy_with_blocks),
		cmocka_unit_test(dma5_nth_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
