/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A workload over all calls of the object side, for every_nth_test.c: any of them
 * may fail. That none is missing is checked by every_nth_covers.sh.
 */
#pragma once
#include <errno.h>
#include "core.h"
#include "slab_fixture.h"
#include "alloc/rust_layout.h"
#include "alloc/slab_report.h"
#include "alloc/user_memory.h"
#include "linux/err.h"
#include "linux/mempool.h"
#include "linux/mm.h"
#include "linux/overflow.h"
#include "linux/rcupdate.h"
#include "linux/string.h"
#include "linux/uaccess.h"
#include "linux/vmalloc.h"

/* What the workload holds, in the order it was had. */
#define MOST_HELD 256
static struct held {
	void *p;
	void (*give)(void *p);
} held[MOST_HELD];
static unsigned int nr_held;

static void give_kfree(void *p)
{
	kfree(p);
}

static void give_kvfree(void *p)
{
	kvfree(p);
}

static void give_vfree(void *p)
{
	vfree(p);
}

static void give_const(void *p)
{
	kfree_const(p);
}

static void give_sensitive(void *p)
{
	kfree_sensitive(p);
}

static void give_bulk(void *p)
{
	kfree_bulk(1, &p);
}

static void give_nolock(void *p)
{
	kfree_nolock(p);
}

static void give_kv_sensitive(void *p)
{
	kvfree_sensitive(p, 16);
}

static void give_kv_atomic(void *p)
{
	kvfree_atomic(p);
}

static void give_v_atomic(void *p)
{
	vfree_atomic(p);
}

static void give_page(void *p)
{
	__free_page(p);
}

static void give_map(void *p)
{
	vunmap(p);
}

static void give_map_ram(void *p)
{
	vm_unmap_ram(p, 1);
}

static void give_pool(void *p)
{
	mempool_destroy(p);
}

static void give_cache(void *p)
{
	kmem_cache_destroy(p);
}

static void *hold(void *p, void (*give)(void *p))
{
	if (ZERO_OR_NULL_PTR(p) || IS_ERR(p))
		return NULL;
	assert_true(nr_held < MOST_HELD);
	held[nr_held++] = (struct held){ p, give };
	return p;
}

/* The last one becomes another block, or stays what it was. */
static void hold_resized(void *p)
{
	if (p)
		held[nr_held - 1].p = p;
}

static void give_all(void)
{
	while (nr_held > 0) {
		nr_held--;
		held[nr_held].give(held[nr_held].p);
	}
}

static void kmalloc_calls(void)
{
	static char text[300];
	uint8_t *p;

	memset(text, 't', sizeof(text) - 1);
	for (size_t size = 8; size <= 65536; size *= 3)
		hold(kmalloc(size, GFP_KERNEL), give_kfree);
	hold(kzalloc(3000, GFP_NOWAIT), give_kfree);
	hold(kcalloc(30, 40, GFP_KERNEL), give_kfree);
	hold(kmalloc_node(90, GFP_KERNEL, 0), give_kfree);
	hold(kmalloc_nolock(700, 0, NUMA_NO_NODE), give_kfree);
	hold(kmemdup(text, 200, GFP_KERNEL), give_kfree);
	hold(kstrdup(text, GFP_KERNEL), give_kfree);
	hold(memdup_user(text, 250), give_kfree);
	hold(strndup_user(text, 300), give_kfree);
	p = hold(kmalloc(40, GFP_KERNEL), give_kfree);
	if (!p)
		return;
	pattern_fill(p, 40, 1);
	hold_resized(krealloc(p, 5000, GFP_KERNEL));
	assert_true(pattern_holds(held[nr_held - 1].p, 40, 1));
	hold_resized(krealloc_node_align(held[nr_held - 1].p, 64, 8192, GFP_KERNEL, NUMA_NO_NODE));
	assert_true(pattern_holds(held[nr_held - 1].p, 40, 1));
}

static void array_calls(void)
{
	void *p = hold(kmalloc_array(7, 13, GFP_KERNEL), give_bulk);

	if (p)
		hold_resized(krealloc_array(p, 70, 13, GFP_KERNEL));
	hold(kmalloc_array_node(9, 21, GFP_KERNEL, 0), give_kfree);
	hold(kcalloc_node(5, 50, GFP_KERNEL, 0), give_sensitive);
	hold(kzalloc_node(33, GFP_KERNEL, 0), give_kfree);
	hold(kmalloc_track_caller(77, GFP_KERNEL), give_kfree);
	hold(kmalloc_node_track_caller(99, GFP_KERNEL, 0), give_kfree);
	p = hold(kmalloc(kmalloc_size_roundup(65), GFP_KERNEL), give_kfree);
	assert_true(!p || ksize(p) >= 65);
}

struct flexible {
	unsigned long nr;
	unsigned long words[];
};

static void typed_calls(void)
{
	hold(kmalloc_obj(struct held, GFP_KERNEL), give_kfree);
	hold(kmalloc_objs(struct held, 9, GFP_KERNEL), give_kfree);
	hold(kmalloc_flex(struct flexible, words, 20, GFP_KERNEL), give_kfree);
	hold(kmalloc(struct_size((struct flexible *)NULL, words, 3), GFP_KERNEL), give_kfree);
}

static void copy_calls(void)
{
	static const char text[100] = "what is copied";

	hold(kmemdup_nul(text, 50, GFP_KERNEL), give_kfree);
	hold(kmemdup_array(text, 10, 10, GFP_KERNEL), give_kfree);
	hold(kvmemdup(text, 60, GFP_KERNEL), give_kvfree);
	hold(kstrndup(text, 9, GFP_KERNEL), give_kfree);
	hold((void *)(uintptr_t)kstrdup_const(text, GFP_KERNEL), give_const);
	hold((void *)(uintptr_t)kstrdup_const(kmc_sim_rodata_string(sim, 5), GFP_KERNEL), give_const);
	hold(memdup_user_nul(text, 30), give_kfree);
}

/* A set stays for ever, there is no call that ends it: one is enough. */
static kmem_buckets *buckets;

static void bucket_calls(void)
{
	if (!buckets)
		buckets = kmem_buckets_create("nth", 0, 0, 0, NULL);
	hold(kmem_buckets_alloc(buckets, 100, GFP_KERNEL), give_kfree);
	hold(kmem_buckets_alloc_track_caller(buckets, 300, GFP_KERNEL), give_kfree);
}

static void nolock_calls(void)
{
	if (sim->config.profile == KMC_PROFILE_6_18_44)
		hold(kmalloc_nolock(60, 0, NUMA_NO_NODE), give_nolock);
}

static void bulk_calls(struct kmem_cache *s)
{
	void *p[70];
	int got = kmem_cache_alloc_bulk(s, GFP_KERNEL, 70, p);

	assert_true(got == 0 || got == 70);
	if (got)
		kmem_cache_free_bulk(s, 70, p);
}

static void sheaf_calls(struct kmem_cache *s)
{
	struct slab_sheaf *sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 20);
	unsigned int size = 20;
	void *p[20];

	if (!sheaf)
		return;
	if (!kmem_cache_refill_sheaf(s, GFP_KERNEL, &sheaf, 80))
		size = 80;
	assert_int_equal(kmem_cache_sheaf_size(sheaf), size);
	for (int i = 0; i < 20; i++)
		assert_non_null(p[i] = kmem_cache_alloc_from_sheaf(s, GFP_NOWAIT, sheaf));
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
	for (int i = 0; i < 20; i++)
		kmem_cache_free(s, p[i]);
}

static void cache_calls(void)
{
	struct kmem_cache *s = hold(kmem_cache_create("nth", 600, 64, SLAB_NO_MERGE, NULL),
				    give_cache);
	void *p;

	if (!s)
		return;
	p = kmem_cache_alloc(s, GFP_KERNEL);
	if (p)
		kmem_cache_free(s, p);
	p = kmem_cache_zalloc(s, GFP_NOWAIT);
	if (p)
		kfree(p);
	bulk_calls(s);
	sheaf_calls(s);
	kmem_cache_shrink(s);
}

static void other_cache_calls(void)
{
	struct kmem_cache_args args = { .align = 32, .useroffset = 8, .usersize = 16 };
	struct kmem_cache *s = hold(kmem_cache_create("nth_args", 90, &args,
						      SLAB_CONSISTENCY_CHECKS | SLAB_ACCOUNT),
				    give_cache);
	struct kmem_cache *u = hold(kmem_cache_create_usercopy("nth_user", 120, 0, 0, 8, 40, NULL),
				    give_cache);
	void *p;

	if (s) {
		assert_int_equal(kmem_cache_size(s), 90);
		p = kmem_cache_alloc_node(s, GFP_KERNEL, 0);
		if (p)
			kmem_cache_charge(p, GFP_KERNEL);
		kmem_cache_free(s, p ?: kmem_cache_alloc(s, GFP_KERNEL));
		assert_int_equal(kmc_sim_slab_validate(s), 0);
	}
	if (u) {
		char user[40];

		p = kmem_cache_alloc_lru(u, NULL, GFP_KERNEL);
		if (!p)
			return;
		memset(p, 0, 120);
		assert_int_equal(copy_to_user(user, (char *)p + 8, 40), 0);
		assert_int_equal(copy_from_user((char *)p + 8, user, 40), 0);
		kmem_cache_free_bulk(u, 1, &p);
	}
}

static void pool_calls(void)
{
	mempool_t *pool = hold(mempool_create_kmalloc_pool(3, 1000), give_pool);
	int min_nr;
	void *p;

	if (!pool)
		return;
	assert_int_equal(pool->curr_nr, 3);
	min_nr = mempool_resize(pool, 40) ? 3 : 40;
	assert_int_equal(pool->min_nr, min_nr);
	assert_true(pool->curr_nr <= min_nr);
	p = mempool_alloc(pool, GFP_KERNEL);
	assert_non_null(p);
	mempool_free(p, pool);
}

static void other_pool_calls(void)
{
	struct kmem_cache *s = hold(kmem_cache_create("nth_pool", 200, 0, 0, NULL), give_cache);
	mempool_t *pool = s ? hold(mempool_create_slab_pool(5, s), give_pool) : NULL;
	void *elem[4] = { NULL }, *p;

	hold(mempool_create(2, mempool_kmalloc, mempool_kfree, (void *)50), give_pool);
	if (!pool)
		return;
	assert_non_null(p = mempool_alloc_preallocated(pool));
	mempool_free(p, pool);
	assert_int_equal(mempool_alloc_bulk(pool, elem, 4, 0), 0);
	for (unsigned int i = mempool_free_bulk(pool, elem, 4); i < 4; i++)
		mempool_free(elem[i], pool);
}

static void vmalloc_calls(void)
{
	uint8_t *p = hold(vmalloc(30000), give_vfree);

	if (p)
		pattern_fill(p, 30000, 2);
	if (p) {
		hold_resized(vrealloc(p, 90000, GFP_KERNEL));
		assert_true(pattern_holds(held[nr_held - 1].p, 30000, 2));
	}
	hold(vzalloc(5000), give_vfree);
	hold(kvmalloc(200, GFP_KERNEL), give_kvfree);
	hold(kvmalloc(300000, GFP_KERNEL), give_kvfree);
	hold(kvcalloc(100, 200, GFP_KERNEL), give_kvfree);
	hold(vmemdup_user(held, sizeof(held)), give_kvfree);
	p = hold(kvmalloc(100, GFP_KERNEL), give_kvfree);
	if (p) {
		pattern_fill(p, 100, 3);
		hold_resized(kvrealloc(p, 50000, GFP_KERNEL));
		assert_true(pattern_holds(held[nr_held - 1].p, 100, 3));
	}
}

static void area_calls(void)
{
	struct page *page = hold(alloc_pages(GFP_KERNEL, 0), give_page);
	void *p;

	hold(vmalloc_node(9000, 0), give_v_atomic);
	hold(vzalloc_node(9000, 0), give_vfree);
	hold(vmalloc_user(5000), give_vfree);
	hold(vmalloc_32(5000), give_vfree);
	hold(vmalloc_32_user(5000), give_vfree);
	hold(vmalloc_huge(3 * MIB, GFP_KERNEL), give_vfree);
	p = hold(__vmalloc(20000, GFP_NOFS), give_vfree);
	if (p) {
		assert_true(is_vmalloc_addr(p) && vmalloc_to_page(p));
		hold_resized(vrealloc_node_align(p, 40000, 1, GFP_KERNEL, NUMA_NO_NODE));
	}
	if (page) {
		hold(vmap(&page, 1, VM_MAP, PAGE_KERNEL), give_map);
		hold(vm_map_ram(&page, 1, NUMA_NO_NODE), give_map_ram);
	}
	vm_unmap_aliases();
}

static void kvmalloc_calls(void)
{
	void *p;

	hold(kvzalloc(70, GFP_KERNEL), give_kvfree);
	hold(kvmalloc_node(20000, GFP_KERNEL, 0), give_kv_sensitive);
	hold(kvzalloc_node(70000, GFP_KERNEL, 0), give_kv_atomic);
	hold(kvmalloc_array(30, 3000, GFP_KERNEL), give_kvfree);
	hold(kvmalloc_node_align(5000, 1, GFP_KERNEL, NUMA_NO_NODE), give_kvfree);
	p = hold(kvmalloc(90, GFP_KERNEL), give_kvfree);
	if (p)
		hold_resized(kvrealloc_node_align(p, 9000, 1, GFP_KERNEL, NUMA_NO_NODE));
	p = hold(kvmalloc(90, GFP_KERNEL), give_kvfree);
	if (p)
		hold_resized(kvrealloc(p, 90, 60000, GFP_KERNEL));
}

/* Allocating, resizing and freeing are one call. */
static void rust_calls(void)
{
	static const enum kmc_rust_backend backends[] = { KMC_RUST_KMALLOC, KMC_RUST_VMALLOC,
							  KMC_RUST_KVMALLOC };
	struct kmc_rust_layout none = { 0, 8 }, small = { 100, 8 }, large = { 9000, 8 };
	void *p, *q;

	for (unsigned int i = 0; i < 3; i++) {
		if (kmc_rust_realloc(backends[i], NULL, none, small, GFP_KERNEL, &p))
			continue;
		pattern_fill(p, 100, i);
		if (!kmc_rust_realloc(backends[i], p, small, large, GFP_KERNEL, &q)) {
			assert_true(pattern_holds(q, 100, i));
			assert_int_equal(kmc_rust_realloc(backends[i], q, large, none, GFP_KERNEL, &p), 0);
			continue;
		}
		assert_true(pattern_holds(p, 100, i));
		assert_int_equal(kmc_rust_realloc(backends[i], p, small, none, GFP_KERNEL, &q), 0);
	}
}

struct waits {
	struct rcu_head rcu;
	char rest[100];
};

static void deferred_calls(void)
{
	for (int i = 0; i < 5; i++) {
		struct waits *w = kmalloc(sizeof(*w), GFP_KERNEL);
		void *p = kmalloc(90, GFP_KERNEL);

		if (w)
			kfree_rcu(w, rcu);
		if (p)
			kfree_rcu_mightsleep(p);
		w = kvmalloc(sizeof(*w), GFP_KERNEL);
		p = vmalloc(90);
		if (w)
			kvfree_rcu(w, rcu);
		if (p)
			kvfree_rcu_mightsleep(p);
	}
	rcu_read_lock();
	rcu_read_unlock();
	synchronize_rcu();
	kvfree_rcu_barrier();
	rcu_barrier();
}

static void workload(void)
{
	kmalloc_calls();
	array_calls();
	typed_calls();
	copy_calls();
	bucket_calls();
	nolock_calls();
	cache_calls();
	other_cache_calls();
	pool_calls();
	other_pool_calls();
	vmalloc_calls();
	area_calls();
	kvmalloc_calls();
	rust_calls();
	deferred_calls();
	give_all();
}
