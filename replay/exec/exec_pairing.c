/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which call may end the life of which block: rules-slab Part 2 as two tables.
 * The executor asks it whether an op's operands fit; the verdict on the caller
 * is the oracle's, which has its own table and the edition. A pair that is
 * legal in any edition fits here.
 *
 *   k ok   4 ok from an edition on   n no effect, legal   i works, undocumented
 *   x wrong
 */
#include "exec_core.h"

/* Objects; rows and columns in the order of Part 2.1. */
enum { ROW_SMALL, ROW_LARGE, ROW_NOLOCK, ROW_OBJECT, ROW_TYPESAFE, ROW_CTOR, ROW_BUCKET,
       ROW_VMALLOC, ROW_VMAP, ROW_VMAP_PUT, ROW_MAP_RAM, ROW_KVMALLOC, ROW_CONST, ROW_NULL,
       ROW_ZERO_SIZE, NR_OBJECT_ROWS };
enum { COL_KFREE, COL_CONST, COL_SENSITIVE, COL_BULK, COL_KVFREE, COL_KVSENSITIVE, COL_RCU,
       COL_KVRCU, COL_MIGHTSLEEP, COL_CACHE_FREE, COL_CACHE_BULK, COL_VFREE, COL_VFREE_ATOMIC,
       COL_VUNMAP, COL_UNMAP_RAM, COL_NOLOCK, NR_OBJECT_COLUMNS };

static const char object_table[NR_OBJECT_ROWS][NR_OBJECT_COLUMNS + 1] = {
	[ROW_SMALL]     = "kkkkkkkkkiixxxxx",
	[ROW_LARGE]     = "kkkkkkkkkxxxxxxx",
	[ROW_NOLOCK]    = "kiiiiiiiixxxxxxk",
	[ROW_OBJECT]    = "4ii44i444kkxxxxx",
	[ROW_TYPESAFE]  = "4ii44i444kkxxxxx",
	[ROW_CTOR]      = "4ix44x444kkxxxxx",
	[ROW_BUCKET]    = "kikikkiiiiixxxxx",
	[ROW_VMALLOC]   = "xxxxkki44xxkkxxx",
	[ROW_VMAP]      = "xxxxxxxxxxxxxkxx",
	[ROW_VMAP_PUT]  = "xxxxixxxxxxkixxx",
	[ROW_MAP_RAM]   = "xxxxxxxxxxxxxxkx",
	[ROW_KVMALLOC]  = "xxxxkki44xxxxxxx",
	[ROW_CONST]     = "xkxxxxxxxxxxxxxx",
	[ROW_NULL]      = "nnnxnnnnnxxnnnxn",
	[ROW_ZERO_SIZE] = "nnnxnnxxxxxxxxxn",
};

/* Pages and the rest; Part 2.4. */
enum { ROW_PAGE, ROW_BLOCK, ROW_COMPOUND, ROW_SPLIT, ROW_BULK_PAGE, ROW_GFP, ROW_GFP_BLOCK,
       ROW_GFP_COMP, ROW_EXACT, ROW_FOLIO, ROW_PAGE_NOLOCK, ROW_FRAG, ROW_CONTIG, ROW_CMA, ROW_MEMPOOL, ROW_DMA, ROW_DMA_POOL,
       ROW_PERCPU, NR_PAGE_ROWS };
enum { COL_PAGES, COL_FREE_PAGES, COL_EXACT, COL_PUT, COL_FRAG, COL_CONTIG, COL_CMA, COL_ZS,
       COL_MEMPOOL, COL_DMA, COL_DMA_POOL, COL_PERCPU, NR_PAGE_COLUMNS };

static const char page_table[NR_PAGE_ROWS][NR_PAGE_COLUMNS + 1] = {
	[ROW_PAGE]        = "kixkiixxxxxx",
	[ROW_BLOCK]       = "kixxxxxxxxxx",
	[ROW_COMPOUND]    = "kixkiixxxxxx",
	[ROW_SPLIT]       = "kkikiixxxxxx",
	[ROW_BULK_PAGE]   = "kixkixxxxxxx",
	[ROW_GFP]         = "kkxkixxxxxxx",
	[ROW_GFP_BLOCK]   = "kkxxxxxxxxxx",
	[ROW_GFP_COMP]    = "kkxkxxxxxxxx",
	[ROW_EXACT]       = "xxkxxxxxxxxx",
	[ROW_FOLIO]       = "ixxkxixxxxxx",
	[ROW_PAGE_NOLOCK] = "kxxkxxxxxxxx",
	[ROW_FRAG]        = "xxxikxxxxxxx",
	[ROW_CONTIG]      = "kxxixkxxxxxx",
	[ROW_CMA]         = "xxxxxxkxxxxx",
	[ROW_MEMPOOL]     = "xxxxxxxxkxxx",
	[ROW_DMA]         = "xxxxxxxxxkxx",
	[ROW_DMA_POOL]    = "xxxxxxxxxxkx",
	[ROW_PERCPU]      = "xxxxxxxxxxxk",
};

/* Of vmap(): pages and their array go with the area. */
#define MAP_PUT_PAGES 0x200u

static int object_column(unsigned int code)
{
	switch (code) {
	case KMC_OP_KFREE: return COL_KFREE;
	case KMC_OP_KFREE_CONST: return COL_CONST;
	case KMC_OP_KFREE_SENSITIVE: return COL_SENSITIVE;
	case KMC_OP_KFREE_BULK: return COL_BULK;
	case KMC_OP_KVFREE:
	case KMC_OP_KVFREE_ATOMIC: return COL_KVFREE;
	case KMC_OP_KVFREE_SENSITIVE: return COL_KVSENSITIVE;
	case KMC_OP_KFREE_RCU: return COL_RCU;
	case KMC_OP_KVFREE_RCU: return COL_KVRCU;
	case KMC_OP_KFREE_RCU_MIGHTSLEEP:
	case KMC_OP_KVFREE_RCU_MIGHTSLEEP: return COL_MIGHTSLEEP;
	case KMC_OP_KMEM_CACHE_FREE: return COL_CACHE_FREE;
	case KMC_OP_KMEM_CACHE_FREE_BULK: return COL_CACHE_BULK;
	case KMC_OP_VFREE: return COL_VFREE;
	case KMC_OP_VFREE_ATOMIC: return COL_VFREE_ATOMIC;
	case KMC_OP_VUNMAP: return COL_VUNMAP;
	case KMC_OP_VM_UNMAP_RAM: return COL_UNMAP_RAM;
	case KMC_OP_KFREE_NOLOCK: return COL_NOLOCK;
	default: return -1;
	}
}

static int page_column(unsigned int code)
{
	switch (code) {
	case KMC_OP_FREE_PAGES_PAGE:
	case KMC_OP_FREE_PAGES_NOLOCK: return COL_PAGES;
	case KMC_OP_FREE_PAGES: return COL_FREE_PAGES;
	case KMC_OP_FREE_PAGES_EXACT: return COL_EXACT;
	case KMC_OP_FOLIO_PUT:
	case KMC_OP_PUT_PAGE: return COL_PUT;
	case KMC_OP_PAGE_FRAG_FREE: return COL_FRAG;
	case KMC_OP_FREE_CONTIG_RANGE: return COL_CONTIG;
	case KMC_OP_CMA_RELEASE: return COL_CMA;
	case KMC_OP_ZS_FREE: return COL_ZS;
	case KMC_OP_MEMPOOL_FREE:
	case KMC_OP_MEMPOOL_FREE_BULK: return COL_MEMPOOL;
	case KMC_OP_DMA_FREE_COHERENT:
	case KMC_OP_DMA_FREE_ATTRS:
	case KMC_OP_DMA_FREE_PAGES:
	case KMC_OP_DMA_FREE_NONCOHERENT:
	case KMC_OP_DMA_FREE_NONCONTIGUOUS: return COL_DMA;
	case KMC_OP_DMA_POOL_FREE: return COL_DMA_POOL;
	case KMC_OP_FREE_PERCPU: return COL_PERCPU;
	default: return -1;
	}
}

static int cache_row(const struct kmc_slot *slot)
{
	if (slot->ctor)
		return ROW_CTOR;
	return slot->flags & KMC_CF_TYPESAFE_BY_RCU ? ROW_TYPESAFE : ROW_OBJECT;
}

static int special_object_row(unsigned int origin)
{
	switch (origin) {
	case KMC_OP_KMALLOC_NOLOCK: return ROW_NOLOCK;
	case KMC_OP_KMEM_BUCKETS_ALLOC:
	case KMC_OP_KMEM_BUCKETS_ALLOC_TRACK_CALLER: return ROW_BUCKET;
	case KMC_OP_VM_MAP_RAM: return ROW_MAP_RAM;
	case KMC_OP_KSTRDUP_CONST: return ROW_CONST;
	case KMC_OP_KVMEMDUP:
	case KMC_OP_KVREALLOC:
	case KMC_OP_KVREALLOC_OLD:
	case KMC_OP_KVREALLOC_NODE_ALIGN:
	case KMC_OP_VMEMDUP_USER: return ROW_KVMALLOC;
	case KMC_OP_VREALLOC:
	case KMC_OP_VREALLOC_NODE_ALIGN: return ROW_VMALLOC;
	default: return -1;
	}
}

/* Row of a block that an object call made; -1: it is none. */
static int object_row(const struct kmc_slot *slot)
{
	int row = special_object_row(slot->origin);

	if (row >= 0)
		return row;
	if (slot->origin == KMC_OP_VMAP)
		return slot->value & MAP_PUT_PAGES ? ROW_VMAP_PUT : ROW_VMAP;
	switch (kmc_plan_of(slot->origin)->family) {
	case KMC_OPF_KMALLOC:
	case KMC_OPF_RESIZE:
	case KMC_OPF_DUP:
		return slot->size > 8192 ? ROW_LARGE : ROW_SMALL;
	case KMC_OPF_CACHE: return cache_row(slot);
	case KMC_OPF_VMALLOC: return ROW_VMALLOC;
	case KMC_OPF_KVMALLOC: return ROW_KVMALLOC;
	default: return -1;
	}
}

static int page_row_of_pages(const struct kmc_slot *slot)
{
	if (slot->parts)
		return ROW_SPLIT;
	if (slot->comp && slot->order)
		return ROW_COMPOUND;
	return slot->order ? ROW_BLOCK : ROW_PAGE;
}

static int page_row_of_get(const struct kmc_slot *slot)
{
	if (slot->parts)
		return ROW_SPLIT;
	if (!slot->order)
		return ROW_GFP;
	return slot->comp ? ROW_GFP_COMP : ROW_GFP_BLOCK;
}

static int page_row(const struct kmc_slot *slot)
{
	switch (slot->origin) {
	case KMC_OP_ALLOC_PAGES:
	case KMC_OP_ALLOC_PAGES_NODE: return page_row_of_pages(slot);
	case KMC_OP_GET_FREE_PAGES:
	case KMC_OP_GET_ZEROED_PAGE: return page_row_of_get(slot);
	case KMC_OP_ALLOC_PAGES_BULK:
	case KMC_OP_ALLOC_PAGES_BULK_LIST: return ROW_BULK_PAGE;
	case KMC_OP_ALLOC_PAGES_EXACT:
	case KMC_OP_ALLOC_PAGES_EXACT_NID: return ROW_EXACT;
	case KMC_OP_FOLIO_ALLOC: return ROW_FOLIO;
	case KMC_OP_ALLOC_PAGES_NOLOCK: return ROW_PAGE_NOLOCK;
	case KMC_OP_PAGE_FRAG_ALLOC: return ROW_FRAG;
	case KMC_OP_ALLOC_CONTIG_RANGE:
	case KMC_OP_ALLOC_CONTIG_PAGES: return ROW_CONTIG;
	case KMC_OP_CMA_ALLOC: return ROW_CMA;
	}
	switch (kmc_plan_of(slot->origin)->family) {
	case KMC_OPF_MEMPOOL: return ROW_MEMPOOL;
	case KMC_OPF_DMA: return slot->origin == KMC_OP_DMA_POOL_ALLOC ? ROW_DMA_POOL : ROW_DMA;
	case KMC_OPF_PERCPU: return ROW_PERCPU;
	default: return -1;
	}
}

static bool no_effect_on_pages(unsigned int code)
{
	switch (code) {
	case KMC_OP_FREE_PAGES:
	case KMC_OP_CMA_RELEASE:
	case KMC_OP_ZS_FREE:
	case KMC_OP_MEMPOOL_FREE:
	case KMC_OP_FREE_PERCPU:
	case KMC_OP_DMA_FREE_COHERENT:
	case KMC_OP_DMA_FREE_ATTRS:
	case KMC_OP_DMA_FREE_PAGES:
	case KMC_OP_DMA_FREE_NONCOHERENT:
	case KMC_OP_DMA_FREE_NONCONTIGUOUS:
		return true;
	default:
		return false;
	}
}

/* __free_pages and free_pages name the order, free_pages_exact the size. */
static bool extent_fits(const struct kmc_op *op, const struct kmc_slot *slot)
{
	switch (op->code) {
	case KMC_OP_FREE_PAGES_PAGE:
	case KMC_OP_FREE_PAGES:
	case KMC_OP_FREE_PAGES_NOLOCK:
		if (slot->origin == KMC_OP_ALLOC_CONTIG_RANGE ||
		    slot->origin == KMC_OP_ALLOC_CONTIG_PAGES)
			return !op->order && slot->size == 4096; /* page by page, of one page */
		return op->order == (slot->parts ? 0 : slot->order);
	case KMC_OP_FREE_PAGES_EXACT:
		return op->a == slot->size;
	case KMC_OP_FREE_CONTIG_RANGE:
	case KMC_OP_CMA_RELEASE:
		return op->a == slot->size / 4096;
	default:
		return true;
	}
}

static bool cell_fits(char cell)
{
	return cell == 'k' || cell == '4' || cell == 'n';
}

static bool null_fits(const struct kmc_op *op, const struct kmc_slot *slot)
{
	int column = object_column(op->code);
	bool zero_size = slot && slot->ptr;

	if (column >= 0)
		return cell_fits(object_table[zero_size ? ROW_ZERO_SIZE : ROW_NULL][column]);
	return !zero_size && no_effect_on_pages(op->code);
}

static bool object_fits(const struct kmc_op *op, const struct kmc_slot *slot,
			const struct kmc_slot *cache)
{
	int column = object_column(op->code);
	int row = object_row(slot);

	if (op->code == KMC_OP_VM_UNMAP_RAM && op->a != slot->size >> 12)
		return false;
	if (op->code == KMC_OP_KVFREE_SENSITIVE && op->a > slot->size)
		return false; /* it would wipe a neighbour */
	if (op->code == KMC_OP_KMEM_CACHE_FREE_BULK && !cache)
		column = COL_BULK; /* each object's own cache */
	if (column < 0 || row < 0 || !cell_fits(object_table[row][column]))
		return false;
	return !cache || cache->cache == slot->cache;
}

/* Rule: REA-14, REA-18. */
bool kmc_resize_fits(const struct kmc_op *op, const struct kmc_slot *slot)
{
	int row;

	if (!slot || (uintptr_t)slot->ptr <= 16)
		return op->code != KMC_OP_KVREALLOC_OLD || !op->b;
	row = object_row(slot);
	switch (op->code) {
	case KMC_OP_KREALLOC:
	case KMC_OP_KREALLOC_ARRAY:
	case KMC_OP_KREALLOC_NODE_ALIGN:
		return row == ROW_SMALL || row == ROW_LARGE || row == ROW_BUCKET ||
		       row == ROW_NOLOCK;
	case KMC_OP_VREALLOC:
	case KMC_OP_VREALLOC_NODE_ALIGN:
		return row == ROW_VMALLOC;
	case KMC_OP_KVREALLOC_OLD: /* it copies what it is told */
		if (op->b != slot->size)
			return false;
		/* fall through */
	case KMC_OP_KVREALLOC:
	case KMC_OP_KVREALLOC_NODE_ALIGN:
		return row == ROW_SMALL || row == ROW_LARGE || row == ROW_NOLOCK ||
		       row == ROW_VMALLOC || row == ROW_KVMALLOC;
	default:
		return row == ROW_SMALL || row == ROW_LARGE;
	}
}

static bool is_rust(const struct kmc_slot *slot)
{
	return kmc_plan_of(slot->origin)->family == KMC_OPF_RUST;
}

bool kmc_pairing_fits(const struct kmc_op *op, const struct kmc_slot *slot,
		      const struct kmc_slot *cache)
{
	int column, row;

	/* Rust memory goes back by its own call, which is not given NULL, nor what has no size. */
	if (op->code == KMC_OP_RUST_FREE)
		return slot && (uintptr_t)slot->ptr > 16 && is_rust(slot);
	if (!slot || (uintptr_t)slot->ptr <= 16)
		return null_fits(op, slot);
	if (is_rust(slot))
		return false;
	if (object_row(slot) >= 0)
		return object_fits(op, slot, cache);
	column = page_column(op->code);
	row = page_row(slot);
	/* A put that is not the last frees nothing. */
	if (column == COL_PUT && slot->refs > 1 && row >= 0)
		return true;
	return column >= 0 && row >= 0 && cell_fits(page_table[row][column]) &&
	       extent_fits(op, slot);
}
