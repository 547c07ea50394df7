/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every op of the catalogue on every target: carried out where the target says
 * that it has the call, refused everywhere else, never passed over in silence.
 */
#include "exec_run.h"

/* For each op that some target has: a program whose last line is the op, and must not be skipped. */
static const struct {
	uint16_t code;
	const char *text;
} lines[] = {
#define VAREA  "r5 = vmalloc(5000)\n"
#define SINGLE "r3 = alloc_pages(GFP_KERNEL, 0)\n"
#define OBJECT "r0 = kmalloc(64, GFP_KERNEL)\n"
#define CACHE  "r1 = kmem_cache_create(1, 64, 0, NO_MERGE, 0)\n"
#define CACHED CACHE "r2 = kmem_cache_alloc(r1, GFP_KERNEL)\n"
#define PAGE   "r3 = alloc_pages(GFP_KERNEL, 1)\n"
	{ KMC_OP_KMALLOC, "r9 = kmalloc(64, GFP_KERNEL)\n" },
	{ KMC_OP_KZALLOC, "r9 = kzalloc(64, GFP_KERNEL)\n" },
	{ KMC_OP_KMALLOC_NODE, "r9 = kmalloc_node(64, GFP_KERNEL, 0)\n" },
	{ KMC_OP_KZALLOC_NODE, "r9 = kzalloc_node(64, GFP_KERNEL, 0)\n" },
	{ KMC_OP_KMALLOC_TRACK_CALLER, "r9 = kmalloc_track_caller(64, GFP_KERNEL)\n" },
	{ KMC_OP_KMALLOC_NODE_TRACK_CALLER,
	  "r9 = kmalloc_node_track_caller(64, GFP_KERNEL, 0)\n" },
	{ KMC_OP_KMALLOC_ARRAY, "r9 = kmalloc_array(4, 16, GFP_KERNEL)\n" },
	{ KMC_OP_KMALLOC_ARRAY_NODE, "r9 = kmalloc_array_node(4, 16, GFP_KERNEL, 0)\n" },
	{ KMC_OP_KCALLOC, "r9 = kcalloc(4, 16, GFP_KERNEL)\n" },
	{ KMC_OP_KCALLOC_NODE, "r9 = kcalloc_node(4, 16, GFP_KERNEL, 0)\n" },
	{ KMC_OP_KREALLOC, OBJECT "r9 = krealloc(r0, 100, GFP_KERNEL)\n" },
	{ KMC_OP_KREALLOC_ARRAY, OBJECT "r9 = krealloc_array(r0, 10, 10, GFP_KERNEL)\n" },
	{ KMC_OP_KSIZE, OBJECT "r9 = ksize(r0)\n" },
	{ KMC_OP_KMALLOC_SIZE_ROUNDUP, "r9 = kmalloc_size_roundup(65)\n" },
	{ KMC_OP_ARRAY_SIZE, "r9 = array_size(3, 5)\n" },
	{ KMC_OP_ARRAY3_SIZE, "r9 = array3_size(3, 5, 7)\n" },
	{ KMC_OP_SIZE_MUL, "r9 = size_mul(3, 5)\n" },
	{ KMC_OP_SIZE_ADD, "r9 = size_add(3, 5)\n" },
	{ KMC_OP_SIZE_SUB, "r9 = size_sub(5, 3)\n" },
	{ KMC_OP_STRUCT_SIZE, "r9 = struct_size(16, 8, 4)\n" },
	{ KMC_OP_STRUCT_SIZE_T, "r9 = struct_size_t(16, 8, 4)\n" },
	{ KMC_OP_FLEX_ARRAY_SIZE, "r9 = flex_array_size(8, 4)\n" },
	{ KMC_OP_KREALLOC_NODE_ALIGN, OBJECT "r9 = krealloc_node_align(r0, 100, 64, GFP_KERNEL, 0)\n" },
	{ KMC_OP_KMALLOC_NOLOCK, "r9 = kmalloc_nolock(64, 0, 0)\n" },
	{ KMC_OP_KMALLOC_OBJ, "r9 = kmalloc_obj(64, GFP_KERNEL)\n" },
	{ KMC_OP_KMALLOC_OBJS, "r9 = kmalloc_objs(24, 5, GFP_KERNEL)\n" },
	{ KMC_OP_KMALLOC_FLEX, "r9 = kmalloc_flex(16, 8, 5, 32, GFP_KERNEL)\n" },
	{ KMC_OP_KMEM_BUCKETS_CREATE, "r9 = kmem_buckets_create(1, 0, 0, 0)\n" },
	{ KMC_OP_KMEM_BUCKETS_ALLOC,
	  "r1 = kmem_buckets_create(1, 0, 0, 0)\nr9 = kmem_buckets_alloc(r1, 64, GFP_KERNEL)\n" },
	{ KMC_OP_KMEM_BUCKETS_ALLOC_TRACK_CALLER,
	  "r9 = kmem_buckets_alloc_track_caller(NULL, 64, GFP_KERNEL)\n" },
	{ KMC_OP_KVMEMDUP, OBJECT "r9 = kvmemdup(r0, 64, GFP_KERNEL)\n" },
	{ KMC_OP_MEMDUP_USER, "r9 = memdup_user(64, 64)\n" },
	{ KMC_OP_MEMDUP_USER_NUL, "r9 = memdup_user_nul(64, 64)\n" },
	{ KMC_OP_VMEMDUP_USER, "r9 = vmemdup_user(64, 64)\n" },
	{ KMC_OP_STRNDUP_USER, "r9 = strndup_user(10, 64, 64)\n" },
#define SHEAF CACHE "r4 = kmem_cache_prefill_sheaf(r1, GFP_KERNEL, 5)\n"
	{ KMC_OP_KMEM_CACHE_PREFILL_SHEAF, SHEAF },
	{ KMC_OP_KMEM_CACHE_REFILL_SHEAF,
	  SHEAF "r9 = kmem_cache_refill_sheaf(r1, r4, GFP_KERNEL, 9)\n" },
	{ KMC_OP_KMEM_CACHE_ALLOC_FROM_SHEAF,
	  SHEAF "r9 = kmem_cache_alloc_from_sheaf(r1, r4, GFP_KERNEL)\n" },
	{ KMC_OP_KMEM_CACHE_RETURN_SHEAF, SHEAF "kmem_cache_return_sheaf(r1, r4, GFP_KERNEL)\n" },
	{ KMC_OP_KMEM_CACHE_CHARGE, CACHED "r9 = kmem_cache_charge(r2, GFP_KERNEL)\n" },
#define RUST "r7 = rust_alloc(kmalloc, 100, 64, GFP_KERNEL)\n"
	{ KMC_OP_RUST_ALLOC, RUST },
	{ KMC_OP_RUST_REALLOC, RUST "r9 = rust_realloc(r7, 5000, 64, 64, GFP_KERNEL)\n" },
	{ KMC_OP_RUST_FREE, RUST "rust_free(r7)\n" },
	{ KMC_OP_RUST_ALIGNED_SIZE, "r9 = rust_aligned_size(33, 32)\n" },
#define POOL "r5 = mempool_create(4, kmalloc, 100)\n"
#define ELEMENT POOL "r6 = mempool_alloc(r5, GFP_KERNEL)\n"
	{ KMC_OP_MEMPOOL_CREATE, POOL },
	{ KMC_OP_MEMPOOL_CREATE_SLAB, CACHE "r5 = mempool_create_slab_pool(4, r1)\n" },
	{ KMC_OP_MEMPOOL_ALLOC, ELEMENT },
	{ KMC_OP_MEMPOOL_ALLOC_PREALLOCATED, POOL "r9 = mempool_alloc_preallocated(r5)\n" },
	{ KMC_OP_MEMPOOL_ALLOC_BULK, POOL "r20 = mempool_alloc_bulk(r5, 3)\n" },
	{ KMC_OP_MEMPOOL_FREE, ELEMENT "mempool_free(r6, r5)\n" },
	{ KMC_OP_MEMPOOL_FREE_BULK,
	  POOL "r20 = mempool_alloc_bulk(r5, 3)\nr9 = mempool_free_bulk(r5, r20, 3)\n" },
	{ KMC_OP_MEMPOOL_RESIZE, POOL "r9 = mempool_resize(r5, 8)\n" },
	{ KMC_OP_MEMPOOL_DESTROY, POOL "mempool_destroy(r5)\n" },
	{ KMC_OP_KMEMDUP, OBJECT "r9 = kmemdup(r0, 64, GFP_KERNEL)\n" },
	{ KMC_OP_KMEMDUP_NUL, OBJECT "r9 = kmemdup_nul(r0, 64, GFP_KERNEL)\n" },
	{ KMC_OP_KMEMDUP_ARRAY, OBJECT "r9 = kmemdup_array(r0, 4, 16, GFP_KERNEL)\n" },
	{ KMC_OP_COPY_TO_USER, OBJECT "r9 = copy_to_user(r0+8, 16)\n" },
	{ KMC_OP_COPY_FROM_USER, OBJECT "r9 = copy_from_user(r0+8, 16)\n" },
	{ KMC_OP_KSTRDUP, "r9 = kstrdup(10, GFP_KERNEL)\n" },
	{ KMC_OP_KSTRNDUP, "r9 = kstrndup(10, 5, GFP_KERNEL)\n" },
	{ KMC_OP_KSTRDUP_CONST, "r9 = kstrdup_const(10, 0, GFP_KERNEL)\n" },
	{ KMC_OP_KMEM_CACHE_CREATE, "r9 = kmem_cache_create(1, 64, 0, 0, 0)\n" },
	{ KMC_OP_KMEM_CACHE_CREATE_USERCOPY,
	  "r9 = kmem_cache_create_usercopy(1, 64, 0, 0, 8, 16, 0)\n" },
	{ KMC_OP_KMEM_CACHE_CREATE_ARGS,
	  "r9 = kmem_cache_create_args(1, 64, 0, 0, 0, none, none)\n" },
	{ KMC_OP_KMEM_CACHE_DESTROY, CACHE "kmem_cache_destroy(r1)\n" },
	{ KMC_OP_SLAB_VALIDATE, "r1 = kmem_cache_create(1, 64, 0, 0x8, 0)\nr9 = slab_validate(r1)\n" },
	{ KMC_OP_KMEM_CACHE_SHRINK, CACHE "r9 = kmem_cache_shrink(r1)\n" },
	{ KMC_OP_KMEM_CACHE_SIZE, CACHE "r9 = kmem_cache_size(r1)\n" },
	{ KMC_OP_KMEM_CACHE_ALLOC, CACHE "r9 = kmem_cache_alloc(r1, GFP_KERNEL)\n" },
	{ KMC_OP_KMEM_CACHE_ALLOC_NODE, CACHE "r9 = kmem_cache_alloc_node(r1, GFP_KERNEL, 0)\n" },
	{ KMC_OP_KMEM_CACHE_ALLOC_LRU, CACHE "r9 = kmem_cache_alloc_lru(r1, GFP_KERNEL)\n" },
	{ KMC_OP_KMEM_CACHE_ZALLOC, CACHE "r9 = kmem_cache_zalloc(r1, GFP_KERNEL)\n" },
	{ KMC_OP_KMEM_CACHE_ALLOC_BULK, CACHE "r9 = kmem_cache_alloc_bulk(r1, GFP_KERNEL, 3)\n" },
	{ KMC_OP_KMEM_CACHE_FREE, CACHED "kmem_cache_free(r1, r2)\n" },
	{ KMC_OP_KMEM_CACHE_FREE_BULK, CACHED "kmem_cache_free_bulk(r1, r2, 1)\n" },
	{ KMC_OP_KFREE, OBJECT "kfree(r0)\n" },
	{ KMC_OP_KFREE_CONST, OBJECT "kfree_const(r0)\n" },
	{ KMC_OP_KFREE_SENSITIVE, OBJECT "kfree_sensitive(r0)\n" },
	{ KMC_OP_KFREE_BULK, OBJECT "kfree_bulk(r0, 1)\n" },
	{ KMC_OP_KVFREE, OBJECT "kvfree(r0)\n" },
	{ KMC_OP_KVFREE_SENSITIVE, OBJECT "kvfree_sensitive(r0, 64)\n" },
	{ KMC_OP_KFREE_NOLOCK, "kfree_nolock(NULL)\n" },
	{ KMC_OP_KFREE_RCU, OBJECT "kfree_rcu(r0, 16)\n" },
	{ KMC_OP_KVFREE_RCU, OBJECT "kvfree_rcu(r0, 48)\n" },
	{ KMC_OP_KFREE_RCU_MIGHTSLEEP, OBJECT "kfree_rcu_mightsleep(r0)\n" },
	{ KMC_OP_KVFREE_RCU_MIGHTSLEEP, OBJECT "kvfree_rcu_mightsleep(r0)\n" },
	{ KMC_OP_KVFREE_RCU_BARRIER, "kvfree_rcu_barrier()\n" },
	{ KMC_OP_RCU_BARRIER, "rcu_barrier()\n" },
	{ KMC_OP_SYNCHRONIZE_RCU, "synchronize_rcu()\n" },
	{ KMC_OP_RCU_READ_LOCK, "rcu_read_lock()\n" },
	{ KMC_OP_RCU_READ_UNLOCK, "rcu_read_lock()\nrcu_read_unlock()\n" },
	{ KMC_OP_RCU_GRACE_PERIOD, "rcu_grace_period()\n" },
	{ KMC_OP_CPU_UNBIND, "cpu_unbind(1)\n" },
	{ KMC_OP_CPU_BIND, "cpu_unbind(1)\ncpu_bind(1)\n" },
	{ KMC_OP_CPU_FLUSH, "cpu_flush(1)\n" },
	{ KMC_OP_YIELD, "yield(1)\n" },
	{ KMC_OP_VMALLOC, "r9 = vmalloc(5000)\n" },
	{ KMC_OP_VZALLOC, "r9 = vzalloc(5000)\n" },
	{ KMC_OP_VMALLOC_NODE, "r9 = vmalloc_node(5000, 0)\n" },
	{ KMC_OP_VZALLOC_NODE, "r9 = vzalloc_node(5000, 0)\n" },
	{ KMC_OP_VMALLOC_USER, "r9 = vmalloc_user(5000)\n" },
	{ KMC_OP_VMALLOC_32, "r9 = vmalloc_32(5000)\n" },
	{ KMC_OP_VMALLOC_32_USER, "r9 = vmalloc_32_user(5000)\n" },
	{ KMC_OP_VMALLOC_HUGE, "r9 = vmalloc_huge(2097152, GFP_KERNEL)\n" },
	{ KMC_OP_VMALLOC_GFP, "r9 = __vmalloc(5000, GFP_NOFS)\n" },
	{ KMC_OP_VREALLOC, VAREA "r9 = vrealloc(r5, 9000, GFP_KERNEL)\n" },
	{ KMC_OP_VREALLOC_NODE_ALIGN, VAREA "r9 = vrealloc_node_align(r5, 9000, 1, GFP_KERNEL, 0)\n" },
	{ KMC_OP_VFREE, VAREA "vfree(r5)\n" },
	{ KMC_OP_VFREE_ATOMIC, VAREA "vfree_atomic(r5)\n" },
	{ KMC_OP_VMAP, SINGLE "r9 = vmap(r3, 1, 0x4)\n" },
	{ KMC_OP_VUNMAP, SINGLE "r9 = vmap(r3, 1, 0x4)\nvunmap(r9)\n" },
	{ KMC_OP_VM_MAP_RAM, SINGLE "r9 = vm_map_ram(r3, 1, 0)\n" },
	{ KMC_OP_VM_UNMAP_RAM, SINGLE "r9 = vm_map_ram(r3, 1, 0)\nvm_unmap_ram(r9, 1)\n" },
	{ KMC_OP_VM_UNMAP_ALIASES, "vm_unmap_aliases()\n" },
	{ KMC_OP_IS_VMALLOC_ADDR, VAREA "r9 = is_vmalloc_addr(r5)\n" },
	{ KMC_OP_VMALLOC_TO_PAGE, VAREA "r9 = vmalloc_to_page(r5)\n" },
	{ KMC_OP_KVMALLOC, "r9 = kvmalloc(5000, GFP_KERNEL)\n" },
	{ KMC_OP_KVZALLOC, "r9 = kvzalloc(5000, GFP_KERNEL)\n" },
	{ KMC_OP_KVMALLOC_NODE, "r9 = kvmalloc_node(5000, GFP_KERNEL, 0)\n" },
	{ KMC_OP_KVZALLOC_NODE, "r9 = kvzalloc_node(5000, GFP_KERNEL, 0)\n" },
	{ KMC_OP_KVMALLOC_ARRAY, "r9 = kvmalloc_array(50, 100, GFP_KERNEL)\n" },
	{ KMC_OP_KVCALLOC, "r9 = kvcalloc(50, 100, GFP_KERNEL)\n" },
	{ KMC_OP_KVMALLOC_NODE_ALIGN, "r9 = kvmalloc_node_align(5000, 8, GFP_KERNEL, 0)\n" },
	{ KMC_OP_KVREALLOC, OBJECT "r9 = kvrealloc(r0, 9000, GFP_KERNEL)\n" },
	{ KMC_OP_KVREALLOC_OLD, OBJECT "r9 = kvrealloc_old(r0, 64, 9000, GFP_KERNEL)\n" },
	{ KMC_OP_KVREALLOC_NODE_ALIGN,
	  OBJECT "r9 = kvrealloc_node_align(r0, 9000, 8, GFP_KERNEL, 0)\n" },
	{ KMC_OP_KVFREE_ATOMIC, OBJECT "kvfree_atomic(r0)\n" },
	{ KMC_OP_VMALLOC_LIMIT, "vmalloc_limit(1048576)\n" },
	{ KMC_OP_ALLOC_PAGES, "r9 = alloc_pages(GFP_KERNEL, 1)\n" },
	{ KMC_OP_ALLOC_PAGES_NODE, "r9 = alloc_pages_node(0, GFP_KERNEL, 1)\n" },
	{ KMC_OP_GET_FREE_PAGES, "r9 = __get_free_pages(GFP_KERNEL, 1)\n" },
	{ KMC_OP_GET_ZEROED_PAGE, "r9 = get_zeroed_page(GFP_KERNEL)\n" },
	{ KMC_OP_FREE_PAGES_PAGE, PAGE "__free_pages(r3, 1)\n" },
	{ KMC_OP_FREE_PAGES, "r3 = __get_free_pages(GFP_KERNEL, 1)\nfree_pages(r3, 1)\n" },
	{ KMC_OP_ALLOC_PAGES_EXACT, "r9 = alloc_pages_exact(5000, GFP_KERNEL)\n" },
	{ KMC_OP_ALLOC_PAGES_EXACT_NID, "r9 = alloc_pages_exact_nid(0, 5000, GFP_KERNEL)\n" },
	{ KMC_OP_FREE_PAGES_EXACT,
	  "r3 = alloc_pages_exact(5000, GFP_KERNEL)\nfree_pages_exact(r3, 5000)\n" },
	{ KMC_OP_FOLIO_ALLOC, "r9 = folio_alloc(GFP_KERNEL, 1)\n" },
	{ KMC_OP_FOLIO_PUT, "r3 = folio_alloc(GFP_KERNEL, 1)\nfolio_put(r3)\n" },
	{ KMC_OP_GET_PAGE, PAGE "get_page(r3)\n" },
	{ KMC_OP_PUT_PAGE, "r3 = alloc_pages(GFP_KERNEL, 0)\nput_page(r3)\n" },
	{ KMC_OP_SPLIT_PAGE, PAGE "split_page(r3, 1)\n" },
	{ KMC_OP_PAGE_ADDRESS, PAGE "r9 = page_address(r3)\n" },
	{ KMC_OP_VIRT_TO_PAGE, PAGE "r9 = virt_to_page(r3)\n" },
	{ KMC_OP_PAGE_TO_PFN, PAGE "r9 = page_to_pfn(r3)\n" },
	{ KMC_OP_PAGE_REF_COUNT, PAGE "r9 = page_ref_count(r3)\n" },
	{ KMC_OP_COMPOUND_ORDER, PAGE "r9 = compound_order(r3)\n" },
	{ KMC_OP_PAGE_IS_PFMEMALLOC, PAGE "r9 = page_is_pfmemalloc(r3)\n" },
	{ KMC_OP_ALLOC_PAGES_BULK, "r9 = alloc_pages_bulk(GFP_KERNEL, 3, 0)\n" },
	{ KMC_OP_ALLOC_PAGES_BULK_LIST, "r9 = alloc_pages_bulk_list(GFP_KERNEL, 3)\n" },
	{ KMC_OP_PAGE_FRAG_ALLOC, "r9 = page_frag_alloc(100, 64, GFP_KERNEL)\n" },
	{ KMC_OP_PAGE_FRAG_FREE, "r3 = page_frag_alloc(100, 0, GFP_KERNEL)\npage_frag_free(r3)\n" },
	{ KMC_OP_ALLOC_CONTIG_RANGE, "r9 = alloc_contig_range(8192, 8200, GFP_KERNEL)\n" },
	{ KMC_OP_ALLOC_CONTIG_PAGES, "r9 = alloc_contig_pages(700, GFP_KERNEL, 0)\n" },
	{ KMC_OP_FREE_CONTIG_RANGE,
	  "r3 = alloc_contig_range(8192, 8200, GFP_KERNEL)\nfree_contig_range(r3, 8)\n" },
	{ KMC_OP_ALLOC_PAGES_NOLOCK, "r9 = alloc_pages_nolock(0, 0, 1)\n" },
	{ KMC_OP_FREE_PAGES_NOLOCK,
	  "r3 = alloc_pages_nolock(0, 0, 1)\nfree_pages_nolock(r3, 1)\n" },
#define AREA "r5 = cma_declare_contiguous(0, 8388608, 0, 0, 0, 0)\n"
	{ KMC_OP_CMA_DECLARE, AREA },
	{ KMC_OP_CMA_INIT_RESERVED, "r9 = cma_init_reserved_mem(33554432, 4194304, 0)\n" },
	{ KMC_OP_CMA_ALLOC, AREA "r9 = cma_alloc(r5, 100, 2, 0)\n" },
	{ KMC_OP_CMA_RELEASE, AREA "r6 = cma_alloc(r5, 100, 2, 0)\ncma_release(r5, r6, 100)\n" },
	{ KMC_OP_CMA_AVAILABLE, AREA "r9 = cma_available(r5)\n" },
	{ KMC_OP_KCOMPACTD_STEP, "kcompactd_step(0)\n" },
	{ KMC_OP_DRAIN_ALL_PAGES, "drain_all_pages()\n" },
	{ KMC_OP_MIGRATE_MOVABLE,
	  "r3 = alloc_pages(GFP_HIGHUSER_MOVABLE, 0)\nmigrate_movable(r3)\n" },
	{ KMC_OP_ZONE_PCP_DISABLE, "zone_pcp_disable(1, 0, 1)\n" },
	{ KMC_OP_MEMALLOC_NOIO_SAVE, "r9 = memalloc_noio_save()\n" },
	{ KMC_OP_MEMALLOC_NOIO_RESTORE,
	  "r4 = memalloc_noio_save()\nmemalloc_noio_restore(r4)\n" },
	{ KMC_OP_MEMALLOC_NOFS_SAVE, "r9 = memalloc_nofs_save()\n" },
	{ KMC_OP_MEMALLOC_NOFS_RESTORE,
	  "r4 = memalloc_nofs_save()\nmemalloc_nofs_restore(r4)\n" },
	{ KMC_OP_MEMALLOC_NORECLAIM_SAVE, "r9 = memalloc_noreclaim_save()\n" },
	{ KMC_OP_MEMALLOC_NORECLAIM_RESTORE,
	  "r4 = memalloc_noreclaim_save()\nmemalloc_noreclaim_restore(r4)\n" },
	{ KMC_OP_MEMALLOC_PIN_SAVE, "r9 = memalloc_pin_save()\n" },
	{ KMC_OP_MEMALLOC_PIN_RESTORE, "r4 = memalloc_pin_save()\nmemalloc_pin_restore(r4)\n" },
	{ KMC_OP_ALLOC_PERCPU, "r9 = alloc_percpu_gfp(100, 8, GFP_KERNEL)\n" },
	{ KMC_OP_FREE_PERCPU, "r3 = alloc_percpu_gfp(100, 8, GFP_KERNEL)\nfree_percpu(r3)\n" },
#define ZS "r5 = zs_create_pool(1)\nr6 = zs_malloc(r5, 3000, GFP_KERNEL, 0)\n"
	{ KMC_OP_ZS_CREATE_POOL, "r5 = zs_create_pool(1)\n" },
	{ KMC_OP_ZS_DESTROY_POOL, "r5 = zs_create_pool(1)\nzs_destroy_pool(r5)\n" },
	{ KMC_OP_ZS_MALLOC, ZS },
	{ KMC_OP_ZS_FREE, ZS "zs_free(r5, r6)\n" },
	{ KMC_OP_ZS_MAP_OBJECT, ZS "zs_map_object(r5, r6, 0)\n" },
	{ KMC_OP_ZS_UNMAP_OBJECT, ZS "zs_map_object(r5, r6, 0)\nzs_unmap_object(r5, r6)\n" },
	{ KMC_OP_ZS_OBJ_WRITE, ZS "zs_obj_write(r5, r6, 3000, 7)\n" },
	{ KMC_OP_ZS_OBJ_READ_BEGIN, ZS "zs_obj_read_begin(r5, r6, 4096)\n" },
	{ KMC_OP_ZS_OBJ_READ_END,
	  ZS "zs_obj_read_begin(r5, r6, 4096)\nzs_obj_read_end(r5, r6)\n" },
	{ KMC_OP_ZS_COMPACT, ZS "r9 = zs_compact(r5)\n" },
	{ KMC_OP_ZS_HUGE_CLASS_SIZE, ZS "r9 = zs_huge_class_size(r5)\n" },
	{ KMC_OP_ZS_GET_TOTAL_PAGES, ZS "r9 = zs_get_total_pages(r5)\n" },
#define DEVICE "r5 = dma_device(0xffffffff, 0xffffffff, 0x0)\n"
	{ KMC_OP_DMA_DEVICE, DEVICE },
	{ KMC_OP_DMA_SET_MASK, DEVICE "r9 = dma_set_mask(r5, 0xffffffffff)\n" },
	{ KMC_OP_DMA_SET_COHERENT_MASK, DEVICE "r9 = dma_set_coherent_mask(r5, 0xffffffffff)\n" },
#define BUFFER(kind) DEVICE "r6 = dma_alloc_" kind "(r5, 5000, GFP_KERNEL)\n"
	{ KMC_OP_DMA_ALLOC_COHERENT, BUFFER("coherent") },
	{ KMC_OP_DMA_ALLOC_ATTRS, DEVICE "r6 = dma_alloc_attrs(r5, 5000, GFP_KERNEL, 0x0)\n" },
	{ KMC_OP_DMA_ALLOC_PAGES, BUFFER("pages") },
	{ KMC_OP_DMA_ALLOC_NONCOHERENT, BUFFER("noncoherent") },
	{ KMC_OP_DMA_ALLOC_NONCONTIGUOUS, BUFFER("noncontiguous") },
	{ KMC_OP_DMA_FREE_COHERENT, BUFFER("coherent") "dma_free_coherent(r5, 5000, r6)\n" },
	{ KMC_OP_DMA_FREE_ATTRS, DEVICE "r6 = dma_alloc_attrs(r5, 5000, GFP_KERNEL, 0x0)\n"
	  "dma_free_attrs(r5, 5000, r6, 0x0)\n" },
	{ KMC_OP_DMA_FREE_PAGES, BUFFER("pages") "dma_free_pages(r5, 5000, r6)\n" },
	{ KMC_OP_DMA_FREE_NONCOHERENT,
	  BUFFER("noncoherent") "dma_free_noncoherent(r5, 5000, r6)\n" },
	{ KMC_OP_DMA_FREE_NONCONTIGUOUS,
	  BUFFER("noncontiguous") "dma_free_noncontiguous(r5, 5000, r6)\n" },
#define BLOCKS DEVICE "r6 = dma_pool_create(r5, 100, 16, 1024)\n"
#define BLOCK  BLOCKS "r7 = dma_pool_alloc(r6, GFP_KERNEL)\n"
	{ KMC_OP_DMA_POOL_CREATE, BLOCKS },
	{ KMC_OP_DMA_POOL_ALLOC, BLOCK },
	{ KMC_OP_DMA_POOL_FREE, BLOCK "dma_pool_free(r6, r7)\n" },
	{ KMC_OP_DMA_POOL_DESTROY, BLOCKS "dma_pool_destroy(r6)\n" },
#define GROUP "r5 = memcg_create(NULL, 1048576, 0, 0)\n"
	{ KMC_OP_SET_ACTIVE_MEMCG, GROUP "r9 = set_active_memcg(r5)\n" },
	{ KMC_OP_MEMCG_CREATE, GROUP },
	{ KMC_OP_MEMCG_SET_MAX, GROUP "memcg_set_max(r5, 4096)\n" },
	{ KMC_OP_MEMCG_SET_HIGH, GROUP "memcg_set_high(r5, 4096)\n" },
	{ KMC_OP_MEMCG_SET_LOW, GROUP "memcg_set_low(r5, 4096)\n" },
	{ KMC_OP_MEMCG_SET_MIN, GROUP "memcg_set_min(r5, 4096)\n" },
	{ KMC_OP_MEMCG_ATTACH, GROUP "memcg_attach(r5, 0)\n" },
	{ KMC_OP_MEMCG_OFFLINE, GROUP "memcg_offline(r5)\n" },
	{ KMC_OP_MEMCG_USAGE, GROUP "r9 = memcg_usage(r5)\n" },
	{ KMC_OP_MEMCG_POPULATIONS, "memcg_populations(1)\n" },
	{ KMC_OP_RETURN_TO_USER, "r9 = return_to_user()\n" },
	{ KMC_OP_WRITE, OBJECT "write(r0, 64, 0x1)\n" },
	{ KMC_OP_READ, OBJECT "read(r0, 64)\n" },
	{ KMC_OP_CHECK, OBJECT "write(r0, 64, 0x1)\ncheck(r0, 64, 0x1)\n" },
	{ KMC_OP_CHECK_ZERO, "r0 = kzalloc(64, GFP_KERNEL)\ncheck_zero(r0, 64)\n" },
	{ KMC_OP_MOVE_SLOT, OBJECT "r9 = move(r0)\n" },
	{ KMC_OP_SNAPSHOT, "r9 = snapshot()\n" },
	{ KMC_OP_RESTORE, "r4 = snapshot()\nrestore(r4)\n" },
	{ KMC_OP_CURRENT_GFP_CONTEXT, "r9 = current_gfp_context(GFP_KERNEL)\n" },
	{ KMC_OP_SYSCTL, "sysctl(min_free_kbytes, 4096)\n" },
	{ KMC_OP_PRESSURE, "pressure(1, 0, 1000)\n" },
	{ KMC_OP_TASK_SET, "task_set(1, memalloc, -1000)\n" },
	{ KMC_OP_TASK_EXIT, "task_exit(1)\n" },
	{ KMC_OP_CLOCK_ADVANCE, "clock_advance(1000)\n" },
	{ KMC_OP_POPULATE_LRU, "populate_lru(0, 8, 8, 8)\n" },
	{ KMC_OP_POPULATE_ANON, "populate_anon(3, 8, 0)\n" },
	{ KMC_OP_KSWAPD_STEP, "kswapd_step(0)\n" },
	{ KMC_OP_SHRINKER, "shrinker(16, 1, 2, GFP_NOFS)\n" },
	{ KMC_OP_BALLOON, "balloon(1, 0, 100)\n" },
	{ KMC_OP_MEMS_ALLOWED, "mems_allowed(1, 0x1)\n" },
	{ KMC_OP_SUSPEND_STORAGE, "suspend_storage(1)\n" },
	{ KMC_OP_FAIL_NTH, "fail_nth(failslab, 1, 0)\n" },
};

static const char *line_of(unsigned int code)
{
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
		if (lines[i].code == code)
			return lines[i].text;
	return NULL;
}

static struct seen seen;

static void expect_carried_out(struct kmc_target *target, unsigned int code)
{
	const char *text = line_of(code);

	if (!text)
		fail_msg("%s is said to be there; no line here tries it",
			 kmc_op_desc(code)->text);
	target->ops->reset(target);
	run_text(target, &seen, text);
	if (last_call(&seen)->what != code || last_call(&seen)->outcome == KMC_OUT_SKIPPED ||
	    last_call(&seen)->outcome == KMC_OUT_REFUSED)
		fail_msg("%s: %s", text, kmc_outcome_name(last_call(&seen)->outcome));
}

static void expect_refused(struct kmc_target *target, unsigned int code)
{
	struct kmc_sink sink = { .arg = &seen, .event = seen_event, .cache = seen_cache };
	struct kmc_op op;

	kmc_op_init(&op, code);
	seen.nr = 0;
	assert_int_equal(kmc_target_run(target, &op, 1, &sink, 1000), 0);
	assert_int_equal(seen.nr, 1);
	assert_int_equal(seen.events[0].what, code);
	if (seen.events[0].outcome != KMC_OUT_REFUSED)
		fail_msg("%s: %s, not refused", kmc_op_desc(code)->text,
			 kmc_outcome_name(seen.events[0].outcome));
}

/* Calls that the last profile has no more. */
static bool ended(unsigned int code)
{
	return code == KMC_OP_ZS_MAP_OBJECT || code == KMC_OP_ZS_UNMAP_OBJECT ||
	       code == KMC_OP_ALLOC_PAGES_BULK_LIST;
}

static void try_all(const char *name, size_t *carried_out, size_t *refused)
{
	struct kmc_target *target = open_target_with(name, 0, KMC_MO_memcg, 0);
	struct kmc_target *older = open_target_with(name, 0, 0, KMC_RELEASE(6, 12, 117));
	struct kmc_caps caps;
	unsigned int code;

	target->ops->caps(target, &caps);
	*carried_out = *refused = 0;
	for (size_t i = 0; (code = kmc_op_at(i)) != 0; i++) {
		if (kmc_caps_has(&caps, code)) {
			expect_carried_out(ended(code) ? older : target, code);
			++*carried_out;
		} else {
			expect_refused(target, code);
			++*refused;
		}
	}
	older->ops->close(older);
	target->ops->close(target);
}

static void test_target_alloc(void **state)
{
	size_t carried_out, refused;

	(void)state;
	try_all("alloc", &carried_out, &refused);
	assert_int_equal(carried_out + refused, kmc_op_count());
	/* Each line above is needed by alloc, so none is there in vain. */
	assert_int_equal(carried_out, sizeof(lines) / sizeof(lines[0]));
}

static void test_target_malloc(void **state)
{
	size_t carried_out, refused;

	(void)state;
	try_all("malloc", &carried_out, &refused);
	assert_int_equal(carried_out + refused, kmc_op_count());
	assert_int_equal(carried_out, 19);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_target_alloc),
		cmocka_unit_test(test_target_malloc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
