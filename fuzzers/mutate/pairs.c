/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Who makes what, and who gives it back. */
#include <string.h>
#include "lives.h"
#include "pairs.h"

/* What things are, as far as the calls that take them care. */
enum sort {
	SORT_NONE, SORT_KMALLOC, SORT_NOLOCK, SORT_CONST, SORT_OBJECT, SORT_BUCKET, SORT_VMALLOC,
	SORT_VMAP, SORT_MAP_RAM, SORT_KVMALLOC, SORT_PAGES, SORT_ADDRESS, SORT_EXACT, SORT_FOLIO,
	SORT_PAGE_NOLOCK, SORT_FRAG, SORT_CONTIG, SORT_CMA, SORT_ELEMENT, SORT_COHERENT,
	SORT_ATTRS, SORT_DMA_PAGES, SORT_NONCOHERENT, SORT_NONCONTIGUOUS, SORT_DMA_BLOCK,
	SORT_PERCPU, SORT_RUST, SORT_CACHE, SORT_BUCKETS, SORT_MEMPOOL, SORT_AREA, SORT_ZSPOOL,
	SORT_DEVICE, SORT_DMAPOOL, SORT_SHEAF, SORT_ZS, SORT_NOIO, SORT_NOFS, SORT_NORECLAIM,
	SORT_PIN, SORT_ACTIVE, SORT_GROUP, SORT_SNAP, NR_SORTS
};

static enum sort sort_by_family(const struct kmc_op_desc *desc)
{
	switch (desc->family) {
	case KMC_OPF_KMALLOC:
	case KMC_OPF_RESIZE:
	case KMC_OPF_DUP:
		return SORT_KMALLOC;
	case KMC_OPF_CACHE:
		return desc->result == KMC_RES_CACHE ? SORT_CACHE : SORT_OBJECT;
	case KMC_OPF_VMALLOC:
		return SORT_VMALLOC;
	case KMC_OPF_KVMALLOC:
		return SORT_KVMALLOC;
	case KMC_OPF_MEMPOOL:
		return desc->result == KMC_RES_POOL ? SORT_MEMPOOL : SORT_ELEMENT;
	case KMC_OPF_RUST:
		return SORT_RUST;
	case KMC_OPF_PAGES:
		return SORT_PAGES;
	case KMC_OPF_CMA:
		return desc->result == KMC_RES_POOL ? SORT_AREA : SORT_CMA;
	case KMC_OPF_ZS:
		return desc->result == KMC_RES_POOL ? SORT_ZSPOOL : SORT_ZS;
	case KMC_OPF_PERCPU:
		return SORT_PERCPU;
	case KMC_OPF_MEMCG:
		return SORT_GROUP;
	default:
		return SORT_NONE;
	}
}

static enum sort sort_of(unsigned int origin)
{
	const struct kmc_op_desc *desc = kmc_op_desc(origin);

	if (!desc || desc->result == KMC_RES_NONE || desc->result == KMC_RES_NUM)
		return SORT_NONE;
	switch (origin) {
	case KMC_OP_KMALLOC_NOLOCK: return SORT_NOLOCK;
	case KMC_OP_KSTRDUP_CONST: return SORT_CONST;
	case KMC_OP_KMEM_BUCKETS_CREATE: return SORT_BUCKETS;
	case KMC_OP_KMEM_BUCKETS_ALLOC:
	case KMC_OP_KMEM_BUCKETS_ALLOC_TRACK_CALLER: return SORT_BUCKET;
	case KMC_OP_KVMEMDUP:
	case KMC_OP_VMEMDUP_USER:
	case KMC_OP_KVREALLOC:
	case KMC_OP_KVREALLOC_OLD:
	case KMC_OP_KVREALLOC_NODE_ALIGN: return SORT_KVMALLOC;
	case KMC_OP_VREALLOC:
	case KMC_OP_VREALLOC_NODE_ALIGN: return SORT_VMALLOC;
	case KMC_OP_VMAP: return SORT_VMAP;
	case KMC_OP_VM_MAP_RAM: return SORT_MAP_RAM;
	case KMC_OP_GET_FREE_PAGES:
	case KMC_OP_GET_ZEROED_PAGE: return SORT_ADDRESS;
	case KMC_OP_ALLOC_PAGES_EXACT:
	case KMC_OP_ALLOC_PAGES_EXACT_NID: return SORT_EXACT;
	case KMC_OP_FOLIO_ALLOC: return SORT_FOLIO;
	case KMC_OP_ALLOC_PAGES_NOLOCK: return SORT_PAGE_NOLOCK;
	case KMC_OP_PAGE_FRAG_ALLOC: return SORT_FRAG;
	case KMC_OP_ALLOC_CONTIG_RANGE:
	case KMC_OP_ALLOC_CONTIG_PAGES: return SORT_CONTIG;
	case KMC_OP_DMA_DEVICE: return SORT_DEVICE;
	case KMC_OP_DMA_POOL_CREATE: return SORT_DMAPOOL;
	case KMC_OP_DMA_ALLOC_COHERENT: return SORT_COHERENT;
	case KMC_OP_DMA_ALLOC_ATTRS: return SORT_ATTRS;
	case KMC_OP_DMA_ALLOC_PAGES: return SORT_DMA_PAGES;
	case KMC_OP_DMA_ALLOC_NONCOHERENT: return SORT_NONCOHERENT;
	case KMC_OP_DMA_ALLOC_NONCONTIGUOUS: return SORT_NONCONTIGUOUS;
	case KMC_OP_DMA_POOL_ALLOC: return SORT_DMA_BLOCK;
	case KMC_OP_KMEM_CACHE_PREFILL_SHEAF: return SORT_SHEAF;
	case KMC_OP_MEMALLOC_NOIO_SAVE: return SORT_NOIO;
	case KMC_OP_MEMALLOC_NOFS_SAVE: return SORT_NOFS;
	case KMC_OP_MEMALLOC_NORECLAIM_SAVE: return SORT_NORECLAIM;
	case KMC_OP_MEMALLOC_PIN_SAVE: return SORT_PIN;
	case KMC_OP_SET_ACTIVE_MEMCG: return SORT_ACTIVE;
	case KMC_OP_SNAPSHOT: return SORT_SNAP;
	}
	return sort_by_family(desc);
}

/* A call named more often is drawn more often. */
static const uint16_t releases[NR_SORTS][16] = {
	[SORT_KMALLOC] = { KMC_OP_KFREE, KMC_OP_KFREE, KMC_OP_KFREE, KMC_OP_KFREE_CONST,
			   KMC_OP_KFREE_SENSITIVE, KMC_OP_KFREE_BULK, KMC_OP_KVFREE,
			   KMC_OP_KVFREE_SENSITIVE, KMC_OP_KVFREE_ATOMIC, KMC_OP_KFREE_RCU,
			   KMC_OP_KVFREE_RCU, KMC_OP_KFREE_RCU_MIGHTSLEEP,
			   KMC_OP_KVFREE_RCU_MIGHTSLEEP },
	[SORT_NOLOCK] = { KMC_OP_KFREE, KMC_OP_KFREE_NOLOCK },
	[SORT_CONST] = { KMC_OP_KFREE_CONST },
	[SORT_OBJECT] = { KMC_OP_KMEM_CACHE_FREE, KMC_OP_KMEM_CACHE_FREE, KMC_OP_KMEM_CACHE_FREE,
			  KMC_OP_KMEM_CACHE_FREE_BULK, KMC_OP_KFREE, KMC_OP_KFREE_RCU,
			  KMC_OP_KFREE_RCU_MIGHTSLEEP, KMC_OP_KVFREE, KMC_OP_KFREE_BULK },
	[SORT_BUCKET] = { KMC_OP_KFREE, KMC_OP_KFREE_SENSITIVE, KMC_OP_KVFREE },
	[SORT_VMALLOC] = { KMC_OP_VFREE, KMC_OP_VFREE, KMC_OP_VFREE_ATOMIC, KMC_OP_KVFREE,
			   KMC_OP_KVFREE_SENSITIVE, KMC_OP_KVFREE_RCU,
			   KMC_OP_KVFREE_RCU_MIGHTSLEEP },
	[SORT_VMAP] = { KMC_OP_VUNMAP, KMC_OP_VFREE },
	[SORT_MAP_RAM] = { KMC_OP_VM_UNMAP_RAM },
	[SORT_KVMALLOC] = { KMC_OP_KVFREE, KMC_OP_KVFREE, KMC_OP_KVFREE_SENSITIVE,
			    KMC_OP_KVFREE_ATOMIC, KMC_OP_KVFREE_RCU,
			    KMC_OP_KVFREE_RCU_MIGHTSLEEP },
	[SORT_PAGES] = { KMC_OP_FREE_PAGES_PAGE, KMC_OP_FREE_PAGES_PAGE, KMC_OP_PUT_PAGE,
			 KMC_OP_FREE_PAGES_NOLOCK },
	[SORT_ADDRESS] = { KMC_OP_FREE_PAGES, KMC_OP_FREE_PAGES, KMC_OP_FREE_PAGES_PAGE },
	[SORT_EXACT] = { KMC_OP_FREE_PAGES_EXACT },
	[SORT_FOLIO] = { KMC_OP_FOLIO_PUT, KMC_OP_PUT_PAGE },
	[SORT_PAGE_NOLOCK] = { KMC_OP_FREE_PAGES_NOLOCK, KMC_OP_FREE_PAGES_PAGE,
			       KMC_OP_PUT_PAGE },
	[SORT_FRAG] = { KMC_OP_PAGE_FRAG_FREE },
	[SORT_CONTIG] = { KMC_OP_FREE_CONTIG_RANGE },
	[SORT_CMA] = { KMC_OP_CMA_RELEASE },
	[SORT_ELEMENT] = { KMC_OP_MEMPOOL_FREE, KMC_OP_MEMPOOL_FREE_BULK },
	[SORT_COHERENT] = { KMC_OP_DMA_FREE_COHERENT },
	[SORT_ATTRS] = { KMC_OP_DMA_FREE_ATTRS },
	[SORT_DMA_PAGES] = { KMC_OP_DMA_FREE_PAGES },
	[SORT_NONCOHERENT] = { KMC_OP_DMA_FREE_NONCOHERENT },
	[SORT_NONCONTIGUOUS] = { KMC_OP_DMA_FREE_NONCONTIGUOUS },
	[SORT_DMA_BLOCK] = { KMC_OP_DMA_POOL_FREE },
	[SORT_PERCPU] = { KMC_OP_FREE_PERCPU },
	[SORT_RUST] = { KMC_OP_RUST_FREE },
	[SORT_CACHE] = { KMC_OP_KMEM_CACHE_DESTROY },
	[SORT_MEMPOOL] = { KMC_OP_MEMPOOL_DESTROY },
	[SORT_ZSPOOL] = { KMC_OP_ZS_DESTROY_POOL },
	[SORT_DMAPOOL] = { KMC_OP_DMA_POOL_DESTROY },
	[SORT_SHEAF] = { KMC_OP_KMEM_CACHE_RETURN_SHEAF },
	[SORT_ZS] = { KMC_OP_ZS_FREE },
	[SORT_NOIO] = { KMC_OP_MEMALLOC_NOIO_RESTORE },
	[SORT_NOFS] = { KMC_OP_MEMALLOC_NOFS_RESTORE },
	[SORT_NORECLAIM] = { KMC_OP_MEMALLOC_NORECLAIM_RESTORE },
	[SORT_PIN] = { KMC_OP_MEMALLOC_PIN_RESTORE },
	[SORT_ACTIVE] = { KMC_OP_SET_ACTIVE_MEMCG },
	[SORT_GROUP] = { KMC_OP_MEMCG_OFFLINE },
};

unsigned int pair_release(unsigned int origin, struct dice *dice)
{
	const uint16_t *list = releases[sort_of(origin)];
	unsigned int nr = 0;

	while (nr < 16 && list[nr])
		nr++;
	return nr ? list[dice_below(dice, nr)] : 0;
}

static bool releases_it(enum sort sort, unsigned int code)
{
	for (unsigned int i = 0; i < 16 && releases[sort][i]; i++)
		if (releases[sort][i] == code)
			return true;
	return false;
}

bool pair_ends(unsigned int code, unsigned int kind)
{
	const struct kmc_op_desc *desc = kmc_op_desc(code);

	switch (kind) {
	case LIFE_MEMORY:
		return desc->family == KMC_OPF_FREE || desc->family == KMC_OPF_RESIZE ||
		       code == KMC_OP_RUST_REALLOC || code == KMC_OP_MOVE_SLOT;
	case LIFE_CACHE:
		return code == KMC_OP_KMEM_CACHE_DESTROY;
	case LIFE_POOL:
		return code == KMC_OP_MEMPOOL_DESTROY || code == KMC_OP_ZS_DESTROY_POOL ||
		       code == KMC_OP_DMA_POOL_DESTROY;
	case LIFE_HANDLE:
		return code == KMC_OP_ZS_FREE || code == KMC_OP_KMEM_CACHE_RETURN_SHEAF;
	case LIFE_TOKEN:
		return desc->family == KMC_OPF_SCOPE;
	default:
		return false;
	}
}

static bool resizes(enum sort sort, unsigned int code)
{
	switch (code) {
	case KMC_OP_KREALLOC:
	case KMC_OP_KREALLOC_ARRAY:
	case KMC_OP_KREALLOC_NODE_ALIGN:
		return sort == SORT_KMALLOC || sort == SORT_BUCKET || sort == SORT_NOLOCK;
	case KMC_OP_VREALLOC:
	case KMC_OP_VREALLOC_NODE_ALIGN:
		return sort == SORT_VMALLOC;
	case KMC_OP_RUST_REALLOC:
		return sort == SORT_RUST;
	default:
		return sort == SORT_KMALLOC || sort == SORT_KVMALLOC || sort == SORT_VMALLOC;
	}
}

/* Memory that a call looks at or works on, without ending it. */
static bool works_on(enum sort sort, unsigned int code)
{
	const struct kmc_op_desc *desc = kmc_op_desc(code);
	bool pages = sort >= SORT_PAGES && sort <= SORT_PAGE_NOLOCK;

	switch (desc->family) {
	case KMC_OPF_PAGES:
		return pages;
	case KMC_OPF_VMALLOC:
		return code == KMC_OP_VMAP || code == KMC_OP_VM_MAP_RAM ? sort == SORT_PAGES : true;
	case KMC_OPF_KMALLOC:
		return sort == SORT_KMALLOC || sort == SORT_BUCKET;
	case KMC_OPF_CACHE:
		return sort == SORT_KMALLOC || sort == SORT_OBJECT;
	default:
		return code != KMC_OP_MIGRATE_MOVABLE || pages;
	}
}

static enum sort handle_wanted(unsigned int code, const char *name)
{
	const struct kmc_op_desc *desc = kmc_op_desc(code);

	if (!strcmp(name, "cache"))
		return SORT_CACHE;
	if (!strcmp(name, "buckets"))
		return SORT_BUCKETS;
	if (!strcmp(name, "area"))
		return SORT_AREA;
	if (!strcmp(name, "device"))
		return SORT_DEVICE;
	if (!strcmp(name, "sheaf"))
		return SORT_SHEAF;
	if (!strcmp(name, "handle"))
		return SORT_ZS;
	if (!strcmp(name, "snapshot"))
		return SORT_SNAP;
	if (!strcmp(name, "pool")) {
		if (desc->family == KMC_OPF_ZS || code == KMC_OP_ZS_FREE)
			return SORT_ZSPOOL;
		return desc->family == KMC_OPF_DMA || code == KMC_OP_DMA_POOL_FREE ?
			       SORT_DMAPOOL : SORT_MEMPOOL;
	}
	return SORT_GROUP;
}

bool pair_fits(unsigned int origin, unsigned int code, const struct kmc_param *param)
{
	const struct kmc_op_desc *desc = kmc_op_desc(code);
	enum sort sort = sort_of(origin);

	if (!sort || !desc)
		return false;
	switch (operand_of(param).kind) {
	case LIFE_MEMORY:
		if (desc->family == KMC_OPF_FREE)
			return releases_it(sort, code);
		if (desc->family == KMC_OPF_RESIZE || code == KMC_OP_RUST_REALLOC)
			return resizes(sort, code);
		return works_on(sort, code);
	case LIFE_TOKEN:
		return releases_it(sort, code);
	case LIFE_NONE:
		return false;
	default:
		return sort == handle_wanted(code, param->name);
	}
}
