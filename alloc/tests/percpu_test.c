/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Percpu areas: PCU-1..4, SCP-11, FR-7. */
#include "slab_fixture.h"
#include "alloc/memcg.h"
#include "linux/percpu.h"
#include "linux/sched/mm.h"

#define NR_CPUS 3
#define FOR_EACH_PROFILE(p) for (enum kmc_profile p = 0; p < KMC_NR_PROFILES; p++)

static void boot(enum kmc_profile profile, uint32_t options)
{
	struct kmc_sim_config config = machine_config(NR_CPUS, 64 * MIB);

	config.profile = profile;
	config.options = options;
	machine_boot(&config);
}

static void pcu1_limits(void **state)
{
	static const struct {
		size_t size, align;
		bool fits;
	} grid[] = {
		{ 0, 1, false }, { 1, 1, true }, { 1, 0, true }, { 4, 4, true }, { 32768, 4, true },
		{ 32769, 4, false }, { SIZE_MAX, 4, false }, { SIZE_MAX - 2, 4, false },
		{ 8, 4096, true }, { 8, 8192, false }, { 8, 3, true }, { 8, 24, false },
	};

	(void)state;
	boot(KMC_PROFILE_6_18_44, 0);
	tp_listen(KMC_TP_BIT(KMC_TP_WARN));
	for (size_t i = 0; i < sizeof(grid) / sizeof(grid[0]); i++) {
		void *area;

		tp_count = 0;
		assert_null(grid[i].fits ? NULL : __alloc_percpu_gfp(grid[i].size, grid[i].align,
								     GFP_KERNEL | __GFP_NOWARN));
		assert_int_equal(tp_count, 0);
		area = __alloc_percpu_gfp(grid[i].size, grid[i].align, GFP_KERNEL);
		assert_int_equal(area != NULL, grid[i].fits);
		assert_int_equal(tp_count, !grid[i].fits);
		if (grid[i].align > 4)
			assert_int_equal((uintptr_t)area % grid[i].align, 0);
		free_percpu(area);
		kmc_sim_check(sim);
	}
	machine_off();
}

/* Areas neither overlap nor leave their granule; each cpu has its own copy, all of them zero. */
static void pcu2_zeroed_copies(void **state)
{
	static const size_t sizes[] = { 1, 4, 5, 64, 100, 4096, 5000, 32768 };
	char *area[64];
	uint64_t free;

	(void)state;
	boot(KMC_PROFILE_6_18_44, 0);
	free_percpu(__alloc_percpu(4, 4)); /* one empty chunk stays */
	free = free_pages_now();
	for (unsigned int round = 0; round < 3; round++) {
		for (unsigned int i = 0; i < 64; i++) {
			size_t size = sizes[(i * 5 + round) % 8];

			area[i] = __alloc_percpu_gfp(size, 1u << i % 13, GFP_KERNEL);
			assert_non_null(area[i]);
			for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++) {
				assert_true(all_zero(per_cpu_ptr(area[i], cpu), size));
				pattern_fill(per_cpu_ptr(area[i], cpu), size, i * 7 + cpu);
			}
		}
		for (unsigned int i = 0; i < 64; i++) {
			for (unsigned int cpu = 0; cpu < NR_CPUS; cpu++)
				assert_true(pattern_holds(per_cpu_ptr(area[i], cpu),
							  sizes[(i * 5 + round) % 8],
							  i * 7 + cpu));
			free_percpu(area[i]);
		}
		kmc_sim_check(sim);
	}
	assert_int_equal(free_pages_now(), free);
	machine_off();
}

static void pcu3_atomic_means(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(p) {
		bool old = p == KMC_PROFILE_6_6_9 || p == KMC_PROFILE_6_12_117;
		unsigned int token;
		uint64_t free;
		void *area;

		boot(p, 0);
		free = free_pages_now();
		assert_null(__alloc_percpu_gfp(8, 8, GFP_NOWAIT));
		assert_null(__alloc_percpu_gfp(8, 8, GFP_ATOMIC));
		assert_int_equal(free_pages_now(), free); /* the backend was not asked */
		area = __alloc_percpu_gfp(8, 8, GFP_NOFS);
		assert_int_equal(area == NULL, old);
		free_percpu(area);
		machine_off();
		boot(p, 0);
		token = memalloc_noio_save(); /* a scope counts as the flag does: SCP-11 */
		area = __alloc_percpu_gfp(8, 8, GFP_KERNEL);
		assert_int_equal(area == NULL, old);
		free_percpu(area);
		memalloc_noio_restore(token);
		area = __alloc_percpu_gfp(8, 8, GFP_KERNEL);
		assert_non_null(area);
		assert_non_null(__alloc_percpu_gfp(8, 8, GFP_ATOMIC)); /* there is room now */
		machine_off();
	}
}

static void pcu4_flags_of_the_backend(void **state)
{
	(void)state;
	boot(KMC_PROFILE_6_18_44, 0);
	tp_listen(KMC_TP_BIT(KMC_TP_MM_PAGE_ALLOC) | KMC_TP_BIT(KMC_TP_PERCPU_ALLOC) |
		  KMC_TP_BIT(KMC_TP_PERCPU_FREE));
	free_percpu(__alloc_percpu_gfp(10, 4, GFP_KERNEL | __GFP_ZERO | __GFP_HIGH | __GFP_NORETRY |
					      __GFP_NOFAIL | __GFP_DMA));
	assert_int_equal(tp_count, NR_CPUS + 2);
	for (unsigned int i = 0; i < NR_CPUS; i++)
		assert_int_equal(tp_seen[i].gfp, GFP_KERNEL | __GFP_NORETRY | __GFP_COMP);
	assert_int_equal(tp_seen[NR_CPUS].id, KMC_TP_PERCPU_ALLOC);
	assert_int_equal(tp_seen[NR_CPUS].bytes_req, 12);
	assert_int_equal(tp_seen[NR_CPUS + 1].id, KMC_TP_PERCPU_FREE);
	machine_off();
}

static void pcu3_nth_failure(void **state)
{
	(void)state;
	boot(KMC_PROFILE_6_18_44, 0);
	for (unsigned int n = 1; n <= NR_CPUS; n++) {
		uint64_t free = free_pages_now();

		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, n, 0);
		assert_null(__alloc_percpu(100, 4));
		assert_int_equal(free_pages_now(), free);
		kmc_sim_check(sim);
	}
	assert_non_null(__alloc_percpu(100, 4));
	machine_off();
}

/* All cpus' copies and a word a granule are paid for, and given back. */
static void gfp44_percpu_is_charged(void **state)
{
	struct kmc_memcg_info info;
	struct mem_cgroup *memcg;
	void *area;

	(void)state;
	boot(KMC_PROFILE_6_18_44, KMC_OPT_MEMCG);
	kmc_sim_memcg_create(sim, NULL, &memcg);
	kmc_sim_memcg_attach(sim, memcg, 0);
	area = __alloc_percpu_gfp(100, 4, GFP_KERNEL_ACCOUNT);
	kmc_sim_memcg_info(memcg, &info);
	assert_int_equal(info.object_bytes, 100 * NR_CPUS + 25 * 8);
	free_percpu(area);
	kmc_sim_memcg_info(memcg, &info);
	assert_int_equal(info.object_bytes, 0);
	kmc_sim_memcg_drain(sim);
	kmc_sim_memcg_set_max(memcg, 0);
	assert_null(__alloc_percpu_gfp(100, 4, GFP_KERNEL_ACCOUNT));
	assert_non_null(__alloc_percpu_gfp(100, 4, GFP_KERNEL));
	machine_off();
}

static void fr7_free_of_nothing(void **state)
{
	void *area;

	(void)state;
	boot(KMC_PROFILE_6_18_44, 0);
	free_percpu(NULL);
	area = __alloc_percpu(16, 8);
	tp_listen(KMC_TP_BIT(KMC_TP_WARN));
	free_percpu((char *)area + 4);
	assert_int_equal(tp_count, 1);
	free_percpu(area);
	free_percpu(area); /* reported, nothing is damaged */
	assert_int_equal(tp_count, 2);
	machine_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcu1_limits),
		cmocka_unit_test(pcu2_zeroed_copies),
		cmocka_unit_test(pcu3_atomic_means),
		cmocka_unit_test(pcu4_flags_of_the_backend),
		cmocka_unit_test(pcu3_nth_failure),
		cmocka_unit_test(gfp44_percpu_is_charged),
		cmocka_unit_test(fr7_free_of_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
