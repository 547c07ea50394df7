/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Frees that wait for a grace period: batches, their limits, barriers, caches. */
#include "slab_fixture.h"
#include "alloc/memcg.h"
#include "alloc/rcu.h"
#include "alloc/reclaim.h"
#include "alloc/vmalloc_space.h"
#include "linux/mm.h"
#include "linux/rcupdate.h"
#include "linux/vmalloc.h"

#define ONLY(id) (1ull << (id))
#define SECOND   1000000000ull

struct block {
	uint64_t before;
	struct rcu_head rcu;
	uint8_t rest[104];
};

static unsigned int released;
static unsigned int events[KMC_NR_TPS];
static const void *last_released;

static void count(void *arg, const struct kmc_tp *tp)
{
	(void)arg;
	events[tp->id]++;
	if (tp->id == KMC_TP_RELEASED) {
		released++;
		last_released = tp->ptr;
	}
}

static void boot(enum kmc_profile profile)
{
	struct kmc_sim_config config = machine_config(2, 64 * MIB);

	config.profile = profile;
	machine_boot(&config);
	released = 0;
	memset(events, 0, sizeof(events));
	kmc_sim_trace(sim, UINT64_MAX, count, NULL);
}

static struct kmc_rcu_info rcu_info(void)
{
	struct kmc_rcu_info info;

	kmc_sim_rcu_info(sim, &info);
	return info;
}

static struct block *block_new(void)
{
	struct block *p = kmalloc(sizeof(*p), GFP_KERNEL);

	assert_non_null(p);
	memset(p, 0xa5, sizeof(*p));
	return p;
}

static bool live(const void *ptr)
{
	return where(ptr).backing != KMC_BACKING_NONE && where(ptr).live;
}

/* The worker that fetches batch pages runs when time passes. */
static void fill_page_cache(void)
{
	kvfree_rcu(block_new(), rcu);
	kmc_sim_clock_advance(sim, 1);
	kvfree_rcu_barrier();
	assert_int_equal(rcu_info().cached_pages, 5);
	released = 0;
	memset(events, 0, sizeof(events));
}

#define FOR_EACH_PROFILE(profile)                                         \
	for (enum kmc_profile profile = 0; profile < KMC_NR_PROFILES; profile++)

static void rcu1_rcu11_not_before_the_reader_ends(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(profile) {
		struct block *p;

		boot(profile);
		p = block_new();
		rcu_read_lock();
		kvfree_rcu(p, rcu);
		kmc_sim_clock_advance(sim, 60 * SECOND);
		assert_false(kmc_sim_rcu_grace_period(sim));
		assert_int_equal(released, 0);
		assert_true(live(p));
		rcu_read_unlock();
		assert_true(kmc_sim_rcu_grace_period(sim));
		assert_true(kmc_sim_rcu_grace_period(sim));
		assert_int_equal(released, 1);
		assert_ptr_equal(last_released, p);
		assert_false(live(p));
		machine_off();
	}
}

/* A block queued while a period is under way waits for the next one, not for this. */
static void rcu1_a_period_under_way_does_not_count(void **state)
{
	struct block *p;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	fill_page_cache();
	rcu_read_lock();
	assert_false(kmc_sim_rcu_grace_period(sim));
	kmc_sim_set_task(7);
	rcu_read_lock();
	kmc_sim_set_task(0);
	p = block_new();
	kvfree_rcu(p, rcu);
	rcu_read_unlock();
	assert_false(kmc_sim_rcu_grace_period(sim)); /* the first has ended, task 7 reads on */
	kmc_sim_clock_advance(sim, 60 * SECOND);
	assert_int_equal(released, 0);
	kmc_sim_set_task(7);
	rcu_read_unlock();
	kmc_sim_set_task(0);
	kmc_sim_clock_advance(sim, 60 * SECOND);
	assert_int_equal(released, 1);
	machine_off();
}

static void rcu2_contents_stay_but_the_head(void **state)
{
	const uint32_t options[] = { 0, KMC_OPT_INIT_ON_FREE };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct kmc_sim_config config = machine_config(1, 64 * MIB);
		struct block *p;

		config.options = options[i];
		machine_boot(&config);
		p = block_new();
		rcu_read_lock();
		kvfree_rcu(p, rcu);
		kmc_sim_clock_advance(sim, 60 * SECOND);
		assert_int_equal(p->before, 0xa5a5a5a5a5a5a5a5u);
		for (size_t j = 0; j < sizeof(p->rest); j++)
			assert_int_equal(p->rest[j], 0xa5);
		rcu_read_unlock();
		kvfree_rcu_barrier();
		assert_int_equal(rcu_info().in_lists + rcu_info().in_pages, 0);
		machine_off();
	}
}

/* Offsets up to the first page's end, in blocks of every kind. Beyond: compile time. */
static void rcu3_rcu13_offsets_of_the_head(void **state)
{
	const size_t offsets[] = { 0, 8, 2040, 4080, 4088 };

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		char *p = kmalloc(32768, GFP_KERNEL);

		released = 0;
		kvfree_call_rcu((struct rcu_head *)(p + offsets[i]), p);
		kvfree_rcu_barrier();
		assert_int_equal(released, 1);
		assert_ptr_equal(last_released, p);
		assert_false(where(p).backing == KMC_BACKING_LARGE);
	}
	char *p = kmalloc(32768, GFP_KERNEL);

	events[KMC_TP_WARN] = 0;
	kvfree_call_rcu((struct rcu_head *)(p + 4096), p);
	assert_int_equal(events[KMC_TP_WARN], 1);
	assert_int_equal(rcu_info().in_lists, 0);
	kfree(p);
	machine_off();
}

static void rcu4_headless_in_atomic_context_is_reported(void **state)
{
	struct block *p, *q;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	p = block_new();
	q = block_new();
	kvfree_rcu_mightsleep(p);
	assert_int_equal(events[KMC_TP_WARN], 0);
	kmc_sim_set_context(KMC_IN_SOFTIRQ);
	kfree_rcu_mightsleep(q);
	assert_int_equal(events[KMC_TP_WARN], 1);
	kmc_sim_set_context(KMC_IN_TASK);
	kvfree_rcu_barrier();
	assert_false(live(p));
	machine_off();
}

/* No page for a batch: the call waits itself and the block is free on return. */
static void rcu5_headless_without_memory_frees_inline(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(profile) {
		struct block *p;

		boot(profile);
		p = block_new();
		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 1);
		kvfree_rcu(p);
		assert_int_equal(released, 1);
		assert_false(live(p));
		assert_int_equal(events[KMC_TP_SLEEP], 1);
		assert_int_equal(events[KMC_TP_KFREE], 1);
		kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
		p = block_new();
		kvfree_rcu(p); /* with memory it only queues */
		assert_int_equal(released, 1);
		assert_int_equal(rcu_info().in_pages, 1);
		kvfree_rcu_barrier();
		machine_off();
	}
}

/* That wait cannot end inside one's own reader: said, and the block stays. */
static void rcu5_inline_free_inside_a_reader_would_hang(void **state)
{
	struct block *p;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	p = block_new();
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 1);
	rcu_read_lock();
	kvfree_rcu_mightsleep(p);
	rcu_read_unlock();
	assert_int_equal(events[KMC_TP_HUNG], 1);
	assert_int_equal(released, 0);
	assert_true(live(p));
	kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
	kfree(p);
	machine_off();
}

static void rcu6_with_a_head_never_sleeps_never_fails(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(profile) {
		boot(profile);
		for (int i = 0; i < 600; i++) {
			struct block *p = block_new();

			kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 1, 1);
			kmc_sim_set_context(i % 2 ? KMC_IN_HARDIRQ : KMC_IN_TASK);
			kvfree_rcu(p, rcu);
			kmc_sim_set_context(KMC_IN_TASK);
			kmc_sim_fail_nth(sim, KMC_FAULT_PAGE, 0, 0);
		}
		assert_int_equal(rcu_info().in_lists, 600);
		assert_int_equal(rcu_info().batch_pages, 0);
		assert_int_equal(events[KMC_TP_SLEEP] + events[KMC_TP_MM_PAGE_FREE], 0);
		kvfree_rcu_barrier();
		assert_int_equal(released, 600);
		machine_off();
	}
}

static void rcu7_trc10_kinds_in_one_batch(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(profile) {
		struct kmem_cache *s;
		struct block *small, *object, *large;

		boot(profile);
		s = kmem_cache_create("blocks", sizeof(struct block), 0, SLAB_NO_MERGE, NULL);
		fill_page_cache();
		small = block_new();
		object = kmem_cache_alloc(s, GFP_KERNEL);
		large = kmalloc(20000, GFP_KERNEL);
		kfree_rcu(small, rcu);
		kfree_rcu(object, rcu);
		kvfree_rcu(large, rcu);
		assert_int_equal(rcu_info().in_pages, 3);
		kvfree_rcu_barrier();
		assert_int_equal(released, 3);
		assert_false(live(small));
		assert_int_equal(cache_info(s).nr_active, 0);
		assert_int_not_equal(where(large).backing, KMC_BACKING_LARGE);
		/* Nothing tells of blocks in pages. */
		assert_int_equal(events[KMC_TP_KFREE] + events[KMC_TP_KMEM_CACHE_FREE], 0);
		kmem_cache_destroy(s);
		machine_off();
	}
}

static bool is_area(const void *ptr)
{
	return where(ptr).backing == KMC_BACKING_VMALLOC && where(ptr).live;
}

/* Areas have a channel of their own, with and without a page for it. */
static void rcu7_areas(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(profile) {
		struct kmc_vmalloc_info info;
		struct block *area, *either;

		boot(profile);
		for (int paged = 0; paged < 2; paged++) {
			if (paged)
				fill_page_cache();
			area = vmalloc(20000);
			either = kvmalloc(9000, GFP_KERNEL);
			kvfree_rcu(area, rcu);
			kvfree_rcu(either, rcu);
			kvfree_rcu_mightsleep(vmalloc(100));
			assert_true(is_area(area));
			assert_int_equal(paged ? rcu_info().in_pages : rcu_info().in_lists,
					 paged ? 3 : 2);
			kvfree_rcu_barrier();
			assert_false(is_area(area));
			assert_int_equal(rcu_info().in_pages + rcu_info().in_lists, 0);
			kmc_sim_vmalloc_info(sim, &info);
			assert_int_equal(info.nr_mapped + info.nr_deferred, 0);
		}
		assert_int_equal(events[KMC_TP_WARN], 0);
		machine_off();
	}
}

/* The list's blocks are freed one by one, each with its event. */
static void trc10_the_list_emits(void **state)
{
	(void)state;
	boot(KMC_PROFILE_6_18_44);
	kvfree_rcu(block_new(), rcu);
	kvfree_rcu(block_new(), rcu);
	assert_int_equal(rcu_info().in_lists, 2);
	assert_int_equal(events[KMC_TP_KFREE], 0);
	kvfree_rcu_barrier();
	assert_int_equal(events[KMC_TP_KFREE], 2);
	machine_off();
}

/* The page is full at 510 (6.1) or 507 (6.6 and later); the next block begins another. */
static void rcu1_page_boundaries(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(profile) {
		unsigned int room = profile == KMC_PROFILE_6_1_192 ? 510 : 507;
		struct block *last;

		boot(profile);
		fill_page_cache();
		rcu_read_lock();
		for (unsigned int i = 0; i < room; i++)
			kvfree_rcu(block_new(), rcu);
		assert_int_equal(rcu_info().batch_pages, 1);
		last = block_new();
		kvfree_rcu(last, rcu);
		assert_int_equal(rcu_info().batch_pages, 2);
		/* A tick later the drain begins; the period still waits for the reader. */
		kmc_sim_clock_advance(sim, SECOND);
		assert_int_equal(released, 0);
		rcu_read_unlock();
		kmc_sim_clock_advance(sim, SECOND);
		assert_int_equal(released, room + 1);
		assert_false(live(last));
		machine_off();
	}
}

/* A double queueing is a double free later; the chain's own loop ends all the same. */
static void rcu8_queued_twice_does_not_loop(void **state)
{
	struct block *p;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	p = block_new();
	kvfree_rcu(p, rcu);
	kvfree_rcu(p, rcu);
	assert_int_equal(rcu_info().in_lists, 2);
	kmc_sim_rcu_grace_period(sim);
	kvfree_rcu_barrier();
	assert_int_equal(released, 2);
	kmc_sim_trace(sim, 0, NULL, NULL);
	kmc_sim_unbind();
	kmc_sim_destroy(sim); /* unchecked: the object is free twice, as on a kernel */
}

static void rcu9_barrier_covers_all(void **state)
{
	(void)state;
	boot(KMC_PROFILE_6_18_44);
	fill_page_cache();
	for (unsigned int i = 0; i < 2000; i++) {
		kmc_sim_switch(sim, i % 2);
		kvfree_rcu(block_new(), rcu);
		if (i == 700)
			kmc_sim_clock_advance(sim, 5 * SECOND - 10000000);
	}
	assert_true(released < 2000);
	kvfree_rcu_barrier();
	assert_int_equal(released, 2000);
	assert_int_equal(rcu_info().in_pages + rcu_info().in_lists, 0);
	machine_off();
}

/* rcu_barrier() alone does not empty the batches. */
static void rcu10_rcu_barrier_is_not_enough(void **state)
{
	(void)state;
	boot(KMC_PROFILE_6_18_44);
	kvfree_rcu(block_new(), rcu);
	rcu_barrier();
	assert_int_equal(released, 0);
	kvfree_rcu_barrier();
	assert_int_equal(released, 1);
	machine_off();
}

static void rcu14_drained_by_time(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(profile) {
		boot(profile);
		kvfree_rcu(block_new(), rcu);
		kmc_sim_clock_advance(sim, 5 * SECOND - 1);
		assert_int_equal(released, 0);
		kmc_sim_clock_advance(sim, 1);
		assert_int_equal(released, 0); /* drained, and waits for its period */
		kmc_sim_clock_advance(sim, SECOND / 10);
		assert_int_equal(released, 1);
		machine_off();
	}
}

static void rcu14_drained_under_pressure(void **state)
{
	(void)state;
	boot(KMC_PROFILE_6_18_44);
	fill_page_cache();
	kvfree_rcu(block_new(), rcu);
	assert_int_equal(rcu_info().cached_pages, 4);
	assert_int_equal(kmc_sim_rcu_shrink(sim), 5);
	assert_int_equal(rcu_info().cached_pages, 0);
	kmc_sim_clock_advance(sim, SECOND / 10);
	assert_int_equal(released, 1);
	machine_off();
}

/* Direct reclaim and kswapd do not wait for the timer of five seconds. */
static void rcu14_reclaim_drains(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(profile)
		for (int daemon = 0; daemon < 2; daemon++) {
			boot(profile);
			for (int i = 0; i < 50; i++)
				kvfree_rcu(block_new(), rcu);
			while (alloc_pages(GFP_NOWAIT, 0))
				;
			kmc_sim_clock_advance(sim, SECOND / 10);
			assert_int_equal(released, 0);
			if (daemon)
				kmc_sim_kswapd_step(sim, 0);
			else
				alloc_pages(GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN, 0);
			assert_int_equal(released, 0); /* never before its period */
			kmc_sim_clock_advance(sim, SECOND / 10);
			assert_int_equal(released, 50);
			assert_int_equal(rcu_info().cached_pages, 0);
			machine_off();
		}
}

static void fr7_fr9_sentinels(void **state)
{
	struct block *none = NULL;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	kfree_rcu(none, rcu);
	kvfree_rcu_mightsleep(none);
	kfree_nolock(NULL);
	kfree_nolock(ZERO_SIZE_PTR);
	kvfree(NULL);
	kfree_bulk(0, NULL);
	assert_int_equal(events[KMC_TP_WARN], 0);
	kvfree_call_rcu(ZERO_SIZE_PTR, ZERO_SIZE_PTR);
	assert_int_equal(events[KMC_TP_WARN], 1);
	assert_int_equal(rcu_info().in_lists + rcu_info().in_pages, 0);
	machine_off();
}

/* rcu sheaves: a cache that asked for sheaves, 6.18 */

static void rcu1_rcu9_sheaf_boundary(void **state)
{
	struct kmem_cache_args args = { .sheaf_capacity = 60 };
	struct kmem_cache *s;
	struct block *p[61];

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	s = kmem_cache_create("sheafed", sizeof(struct block), &args, 0);
	assert_int_equal(cache_info(s).sheaf_capacity, 60);
	for (int i = 0; i < 61; i++)
		p[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (int i = 0; i < 61; i++)
		kfree_rcu(p[i], rcu);
	assert_int_equal(rcu_info().in_sheaves, 61);
	kmc_sim_rcu_grace_period(sim);
	assert_int_equal(released, 60); /* the full one; one object gathers on */
	assert_int_equal(rcu_info().in_sheaves, 1);
	kvfree_rcu_barrier();
	assert_int_equal(released, 61);
	assert_int_equal(cache_info(s).nr_active, 0);
	kmem_cache_destroy(s);
	machine_off();
}

static void rcu1_no_sheaves_before_6_18(void **state)
{
	struct kmem_cache_args args = { .sheaf_capacity = 28 };
	struct kmem_cache *s;
	struct block *p;

	(void)state;
	boot(KMC_PROFILE_6_12_117);
	s = kmem_cache_create("sheafed", sizeof(struct block), &args, 0);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	kfree_rcu(p, rcu);
	assert_int_equal(rcu_info().in_sheaves, 0);
	kmem_cache_destroy(s);
	assert_int_equal(released, 1);
	machine_off();
}

/* Who paid for a block pays until it is free, and once. */
static void rcu11_charges_go_once(void **state)
{
	struct kmem_cache_args args = { .sheaf_capacity = 60 };
	struct kmc_sim_config config = machine_config(1, 64 * MIB);
	struct mem_cgroup *group;
	struct kmem_cache *s;

	(void)state;
	config.options = KMC_OPT_MEMCG;
	machine_boot(&config);
	assert_int_equal(kmc_sim_memcg_create(sim, NULL, &group), 0);
	assert_int_equal(kmc_sim_memcg_attach(sim, group, 0), 0);
	s = kmem_cache_create("paid", sizeof(struct block), &args, SLAB_ACCOUNT);
	for (int i = 0; i < 200; i++) {
		struct block *p = i % 2 ? kmem_cache_alloc(s, GFP_KERNEL) :
					  kmalloc(sizeof(*p), GFP_KERNEL_ACCOUNT);

		kvfree_rcu(p, rcu);
	}
	kmc_sim_memcg_drain(sim);
	assert_true(kmc_sim_memcg_usage(group) >= 200 * sizeof(struct block));
	kvfree_rcu_barrier();
	kmc_sim_memcg_drain(sim);
	assert_int_equal(kmc_sim_memcg_usage(group), 0);
	kmem_cache_destroy(s);
	machine_off();
}

/* caches */

static void kc27_destroy_waits_for_rcu_frees(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(profile) {
		bool waits = profile >= KMC_PROFILE_6_12_117;
		struct kmem_cache *s;

		boot(profile);
		s = kmem_cache_create("mine", sizeof(struct block), 0, SLAB_NO_MERGE, NULL);
		for (int i = 0; i < 40; i++) {
			struct block *p = kmem_cache_alloc(s, GFP_KERNEL);

			kfree_rcu(p, rcu);
		}
		if (!waits)
			kvfree_rcu_barrier(); /* the user's duty then */
		kmem_cache_destroy(s);
		assert_int_equal(released, 40);
		assert_int_equal(events[KMC_TP_WARN], 0);
		machine_off();
	}
	/* Up to 6.6 who forgets gets the report, and the cache stays. */
	boot(KMC_PROFILE_6_6_9);
	struct kmem_cache *s = kmem_cache_create("mine", sizeof(struct block), 0, SLAB_NO_MERGE,
						 NULL);
	struct block *p = kmem_cache_alloc(s, GFP_KERNEL);

	kfree_rcu(p, rcu);
	kmem_cache_destroy(s);
	assert_int_equal(events[KMC_TP_WARN], 1);
	kvfree_rcu_barrier();
	assert_int_equal(released, 1);
	machine_off();
}

static void kc13_typesafe_pages_wait_objects_do_not(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(profile) {
		struct kmem_cache *s;
		void *p, *q;
		uint64_t pages;

		boot(profile);
		s = kmem_cache_create("stable", 256, 0, SLAB_TYPESAFE_BY_RCU, NULL);
		p = kmem_cache_alloc(s, GFP_KERNEL);
		rcu_read_lock();
		kmem_cache_free(s, p);
		q = kmem_cache_alloc(s, GFP_KERNEL);
		assert_ptr_equal(p, q); /* at once, by the same cache */
		kmem_cache_free(s, q);
		pages = free_pages_now();
		assert_int_equal(kmem_cache_shrink(s), 0);
		assert_int_equal(rcu_info().slabs, 1);
		assert_false(kmc_sim_rcu_grace_period(sim));
		assert_int_equal(where(p).backing, KMC_BACKING_SLAB);
		assert_ptr_equal(where(p).cache, s);
		assert_int_equal(free_pages_now(), pages);
		rcu_read_unlock();
		assert_true(kmc_sim_rcu_grace_period(sim));
		assert_int_not_equal(where(p).backing, KMC_BACKING_SLAB);
		assert_true(free_pages_now() > pages);
		kmem_cache_destroy(s);
		machine_off();
	}
}

/* What a reader sees of a free object is what was in it. */
static void kc14_typesafe_contents_stay_while_free(void **state)
{
	struct kmem_cache *s;
	unsigned char *p;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	s = kmem_cache_create("stable", 256, 0, SLAB_TYPESAFE_BY_RCU, NULL);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	pattern_fill(p, 256, 3);
	rcu_read_lock();
	kmem_cache_free(s, p);
	kmem_cache_shrink(s);
	assert_true(pattern_holds(p, 256, 3));
	rcu_read_unlock();
	kmem_cache_destroy(s);
	machine_off();
}

static void kc28_cache_outlives_its_slabs(void **state)
{
	(void)state;
	FOR_EACH_PROFILE(profile) {
		struct kmem_cache *s, *other;
		void *p;

		boot(profile);
		s = kmem_cache_create("stable", 256, 0, SLAB_TYPESAFE_BY_RCU, NULL);
		p = kmem_cache_alloc(s, GFP_KERNEL);
		kmem_cache_free(s, p);
		if (profile >= KMC_PROFILE_6_12_117) {
			kmem_cache_destroy(s);
			assert_int_equal(rcu_info().slabs, 0);
			assert_int_equal(events[KMC_TP_SLEEP], 1);
		} else {
			rcu_read_lock();
			kmem_cache_destroy(s);
			assert_ptr_equal(where(p).cache, s);
			other = kmem_cache_create("other", 512, 0, SLAB_NO_MERGE, NULL);
			assert_ptr_not_equal(other, s);
			rcu_read_unlock();
			kmc_sim_rcu_grace_period(sim);
			kmem_cache_destroy(other);
		}
		other = kmem_cache_create("next", 512, 0, SLAB_NO_MERGE, NULL);
		assert_ptr_equal(other, s); /* its slot is free again */
		kmem_cache_destroy(other);
		machine_off();
	}
}

/* kfree_nolock */

static void fr16_trc8_nolock(void **state)
{
	void *p[200], *large;

	(void)state;
	boot(KMC_PROFILE_6_18_44);
	for (int i = 0; i < 200; i++)
		p[i] = kmalloc(64, GFP_KERNEL);
	memset(events, 0, sizeof(events));
	kmc_sim_set_context(KMC_IN_NMI);
	for (int i = 0; i < 200; i++)
		kfree_nolock(p[i]);
	kmc_sim_set_context(KMC_IN_TASK);
	assert_int_equal(events[KMC_TP_KFREE] + events[KMC_TP_WARN] + events[KMC_TP_SLEEP], 0);
	kmc_sim_clock_advance(sim, 1); /* what was put off */
	for (int i = 0; i < 200; i++)
		assert_false(live(p[i]));
	large = kmalloc(16384, GFP_KERNEL);
	kfree_nolock(large);
	kfree_nolock(large);
	assert_int_equal(events[KMC_TP_WARN], 1); /* once a boot, and leaked */
	assert_int_equal(where(large).backing, KMC_BACKING_LARGE);
	machine_off();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rcu1_rcu11_not_before_the_reader_ends),
		cmocka_unit_test(rcu1_a_period_under_way_does_not_count),
		cmocka_unit_test(rcu2_contents_stay_but_the_head),
		cmocka_unit_test(rcu3_rcu13_offsets_of_the_head),
		cmocka_unit_test(rcu4_headless_in_atomic_context_is_reported),
		cmocka_unit_test(rcu5_headless_without_memory_frees_inline),
		cmocka_unit_test(rcu5_inline_free_inside_a_reader_would_hang),
		cmocka_unit_test(rcu6_with_a_head_never_sleeps_never_fails),
		cmocka_unit_test(rcu7_trc10_kinds_in_one_batch),
		cmocka_unit_test(rcu7_areas),
		cmocka_unit_test(trc10_the_list_emits),
		cmocka_unit_test(rcu1_page_boundaries),
		cmocka_unit_test(rcu8_queued_twice_does_not_loop),
		cmocka_unit_test(rcu9_barrier_covers_all),
		cmocka_unit_test(rcu10_rcu_barrier_is_not_enough),
		cmocka_unit_test(rcu14_drained_by_time),
		cmocka_unit_test(rcu14_drained_under_pressure),
		cmocka_unit_test(rcu14_reclaim_drains),
		cmocka_unit_test(fr7_fr9_sentinels),
		cmocka_unit_test(rcu1_rcu9_sheaf_boundary),
		cmocka_unit_test(rcu1_no_sheaves_before_6_18),
		cmocka_unit_test(rcu11_charges_go_once),
		cmocka_unit_test(kc27_destroy_waits_for_rcu_frees),
		cmocka_unit_test(kc13_typesafe_pages_wait_objects_do_not),
		cmocka_unit_test(kc14_typesafe_contents_stay_while_free),
		cmocka_unit_test(kc28_cache_outlives_its_slabs),
		cmocka_unit_test(fr16_trc8_nolock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
