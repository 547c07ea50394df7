/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target `alloc`: ops executed by the userspace stack of alloc/, on one
 * simulated machine whose cpus all belong to the calling thread. The only file
 * that knows both alloc's numbers and the vocabulary's names for them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/sched/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "alloc/sim.h"
#include "exec_core.h"
#include "exec/alloc_machine.h"
#include "oracle/judge.h"

struct alloc_state {
	struct kmc_sim *sim;
	const struct kmc_gfp_table *gfp;
	/* the flags translated last: programs use few */
	struct kmc_gfp last_gfp;
	gfp_t last_raw;
	/* what is current on each cpu, so that entering an op costs a compare */
	int cpu;
	uint8_t task[KMC_SIM_MAX_CPUS], context[KMC_SIM_MAX_CPUS];
};

/* The constructor has no argument but the object: the executor that runs now. */
static __thread struct kmc_exec *running;

static struct alloc_state *state_of(struct kmc_exec *exec)
{
	return exec->state;
}

static gfp_t gfp_of(struct kmc_exec *exec, const struct kmc_op *op)
{
	struct alloc_state *state = state_of(exec);

	if (op->gfp.atoms != state->last_gfp.atoms || op->gfp.raw != state->last_gfp.raw) {
		state->last_gfp = op->gfp;
		state->last_raw = (gfp_t)kmc_gfp_to_raw(state->gfp, op->gfp, NULL);
	}
	return state->last_raw;
}

/* kmalloc and its kin */

static void *call_kmalloc(const struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;

	switch (op->code) {
	case KMC_OP_KMALLOC: return kmalloc(op->a, gfp);
	case KMC_OP_KZALLOC: return kzalloc(op->a, gfp);
	case KMC_OP_KMALLOC_NODE: return kmalloc_node(op->a, gfp, op->node);
	case KMC_OP_KZALLOC_NODE: return kzalloc_node(op->a, gfp, op->node);
	case KMC_OP_KMALLOC_TRACK_CALLER: return kmalloc_track_caller(op->a, gfp);
	case KMC_OP_KMALLOC_NODE_TRACK_CALLER:
		return kmalloc_node_track_caller(op->a, gfp, op->node);
	case KMC_OP_KMALLOC_ARRAY: return kmalloc_array(op->a, op->b, gfp);
	case KMC_OP_KMALLOC_ARRAY_NODE: return kmalloc_array_node(op->a, op->b, gfp, op->node);
	case KMC_OP_KCALLOC: return kcalloc(op->a, op->b, gfp);
	case KMC_OP_KCALLOC_NODE: return kcalloc_node(op->a, op->b, gfp, op->node);
	case KMC_OP_KREALLOC: return krealloc(call->ptr, op->a, gfp);
	case KMC_OP_KREALLOC_ARRAY: return krealloc_array(call->ptr, op->a, op->b, gfp);
	case KMC_OP_KMEMDUP: return kmemdup(call->ptr, op->a, gfp);
	case KMC_OP_KMEMDUP_NUL: return kmemdup_nul(call->ptr, op->a, gfp);
	case KMC_OP_KMEMDUP_ARRAY: return kmemdup_array(call->ptr, op->a, op->b, gfp);
	default: return NULL;
	}
}

/* A string of @len characters in the executor's own memory. */
static const char *string_of(struct kmc_exec *exec, uint64_t len)
{
	if (len >= exec->text_bytes) {
		char *text = realloc(exec->text, len + 1);

		if (!text)
			return NULL;
		memset(text, 'k', len + 1);
		exec->text = text;
		exec->text_bytes = len + 1;
	}
	return exec->text;
}

#define LONGEST_STRING (16ull << 20)

static const char read_only_text[] = "kmconform";

static void call_string(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	char *text = op->a <= LONGEST_STRING ? (char *)string_of(exec, op->a) : NULL;

	if (!text) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	text[op->a] = '\0';
	if (op->code == KMC_OP_KSTRNDUP)
		call->result = kstrndup(text, op->b, gfp);
	else
		call->result = kstrdup(text, gfp);
	text[op->a] = 'k';
}

/* caches */

static slab_flags_t slab_flags(uint64_t flags)
{
	static const struct {
		uint32_t ours;
		slab_flags_t theirs;
	} map[] = {
		{ KMC_CF_CONSISTENCY_CHECKS, SLAB_CONSISTENCY_CHECKS },
		{ KMC_CF_RED_ZONE, SLAB_RED_ZONE }, { KMC_CF_POISON, SLAB_POISON },
		{ KMC_CF_STORE_USER, SLAB_STORE_USER },
		{ KMC_CF_HWCACHE_ALIGN, SLAB_HWCACHE_ALIGN },
		{ KMC_CF_CACHE_DMA, SLAB_CACHE_DMA }, { KMC_CF_CACHE_DMA32, SLAB_CACHE_DMA32 },
		{ KMC_CF_PANIC, SLAB_PANIC }, { KMC_CF_TYPESAFE_BY_RCU, SLAB_TYPESAFE_BY_RCU },
		{ KMC_CF_RECLAIM_ACCOUNT, SLAB_RECLAIM_ACCOUNT },
		{ KMC_CF_ACCOUNT, SLAB_ACCOUNT }, { KMC_CF_NO_MERGE, SLAB_NO_MERGE },
		{ KMC_CF_NOLEAKTRACE, SLAB_NOLEAKTRACE }, { KMC_CF_KMALLOC, SLAB_KMALLOC },
		{ KMC_CF_TRACE, SLAB_TRACE },
	};
	slab_flags_t result = 0;

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (flags & map[i].ours)
			result |= map[i].theirs;
	/* What has no name must not become a legal flag. */
	if (flags >> 16)
		result |= 1;
	return result;
}

slab_flags_t kmc_alloc_slab_flags(uint64_t flags)
{
	return slab_flags(flags);
}

/* Reports each construction; leaves the object as it is. */
static void constructor(void *object)
{
	if (running && running->sink)
		kmc_exec_effect(running, KMC_EFF_CONSTRUCTED,
				kmc_sim_address(state_of(running)->sim, object), 0, 0, 0);
}

void kmc_alloc_describe_cache(struct kmem_cache *cache, struct kmc_cache_desc *desc)
{
	struct kmc_cache_info info;

	kmc_sim_cache_info(cache, &info);
	desc->size = info.size;
	desc->align = info.align;
	desc->inuse = info.inuse;
	desc->offset = info.offset;
	desc->order = info.order;
	desc->min_order = info.min_order;
	desc->objects = info.objects;
	desc->raw_flags = info.flags;
}

static void create_cache(struct kmc_call *call)
{
	const struct kmc_op *op = call->op;
	struct kmem_cache_args args = { .align = (unsigned int)op->c,
					.ctor = op->order ? constructor : NULL };
	struct kmc_cache_desc *desc = &call->cache;

	if (op->b > UINT32_MAX || op->c > UINT32_MAX) {
		call->outcome = KMC_OUT_SKIPPED;
		return;
	}
	if (op->code == KMC_OP_KMEM_CACHE_CREATE_USERCOPY) {
		desc->useroffset = args.useroffset = op->src != KMC_NO_SLOT ? op->src : 0;
		desc->usersize = args.usersize = op->third != KMC_NO_SLOT ? op->third : 0;
	} else if (op->code == KMC_OP_KMEM_CACHE_CREATE_ARGS) {
		args.use_freeptr_offset = op->third != KMC_NO_SLOT;
		args.freeptr_offset = args.use_freeptr_offset ? op->third : 0;
		args.sheaf_capacity = op->src != KMC_NO_SLOT ? op->src : 0;
	}
	snprintf(desc->name, sizeof(desc->name), "cache-%llu", (unsigned long long)op->a);
	call->result = kmem_cache_create(desc->name, (unsigned int)op->b, &args,
					 slab_flags(op->d));
	desc->object_size = (uint32_t)op->b;
	desc->flags = op->d;
	desc->ctor = args.ctor;
	if (call->result)
		kmc_alloc_describe_cache(call->result, desc);
}

static struct kmem_cache *cache_of(const struct kmc_call *call)
{
	return call->src ? call->src->ptr : NULL;
}

static void *call_cache_alloc(const struct kmc_call *call, gfp_t gfp)
{
	struct kmem_cache *cache = cache_of(call);

	switch (call->op->code) {
	case KMC_OP_KMEM_CACHE_ALLOC_NODE:
		return kmem_cache_alloc_node(cache, gfp, call->op->node);
	case KMC_OP_KMEM_CACHE_ALLOC_LRU: return kmem_cache_alloc_lru(cache, NULL, gfp);
	case KMC_OP_KMEM_CACHE_ZALLOC: return kmem_cache_zalloc(cache, gfp);
	default: return kmem_cache_alloc(cache, gfp);
	}
}

static void alloc_bulk(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	int n = kmem_cache_alloc_bulk(cache_of(call), gfp, call->op->a, exec->bulk);

	call->count = n > 0 ? (uint64_t)n : 0;
	call->value = call->count;
	call->outcome = n > 0 ? KMC_OUT_VALUE : KMC_OUT_NULL;
	call->bulk = exec->bulk;
	if (n > 0)
		call->granted = ksize(exec->bulk[0]);
}

/* freeing */

static void call_free(const struct kmc_call *call)
{
	const struct kmc_op *op = call->op;

	switch (op->code) {
	case KMC_OP_KFREE: kfree(call->ptr); break;
	case KMC_OP_KFREE_CONST: kfree_const(call->ptr); break;
	case KMC_OP_KFREE_SENSITIVE: kfree_sensitive(call->ptr); break;
	case KMC_OP_KVFREE: kvfree(call->ptr); break;
	case KMC_OP_KVFREE_SENSITIVE: kvfree_sensitive(call->ptr, op->a); break;
	case KMC_OP_KFREE_BULK: kfree_bulk(call->count, call->bulk); break;
	case KMC_OP_KMEM_CACHE_FREE: kmem_cache_free(cache_of(call), call->ptr); break;
	case KMC_OP_KMEM_CACHE_FREE_BULK:
		kmem_cache_free_bulk(cache_of(call), call->count, call->bulk);
		break;
	}
}

/* pages: slots hold their kernel address */

static void *address_of(struct page *page)
{
	return page ? page_address(page) : NULL;
}

static void *call_pages(const struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_op *op = call->op;
	struct folio *folio;

	switch (op->code) {
	case KMC_OP_ALLOC_PAGES: return address_of(alloc_pages(gfp, op->order));
	case KMC_OP_ALLOC_PAGES_NODE:
		return address_of(alloc_pages_node(op->node, gfp, op->order));
	case KMC_OP_GET_FREE_PAGES: return (void *)__get_free_pages(gfp, op->order);
	case KMC_OP_GET_ZEROED_PAGE: return (void *)get_zeroed_page(gfp);
	case KMC_OP_ALLOC_PAGES_EXACT: return alloc_pages_exact(op->a, gfp);
	case KMC_OP_ALLOC_PAGES_EXACT_NID: return alloc_pages_exact_nid(op->node, op->a, gfp);
	case KMC_OP_FOLIO_ALLOC:
		folio = folio_alloc(gfp, op->order);
		return folio ? folio_address(folio) : NULL;
	default: return NULL;
	}
}

static void free_page_call(const struct kmc_call *call)
{
	const struct kmc_op *op = call->op;

	switch (op->code) {
	case KMC_OP_FREE_PAGES_PAGE: __free_pages(virt_to_page(call->ptr), op->order); break;
	case KMC_OP_FREE_PAGES: free_pages((unsigned long)call->ptr, op->order); break;
	case KMC_OP_FREE_PAGES_EXACT: free_pages_exact(call->ptr, op->a); break;
	case KMC_OP_FOLIO_PUT: folio_put(page_folio(virt_to_page(call->ptr))); break;
	case KMC_OP_PUT_PAGE: put_page(virt_to_page(call->ptr)); break;
	}
}

static void page_number_call(struct kmc_exec *exec, struct kmc_call *call)
{
	struct page *page = virt_to_page(call->ptr);

	switch (call->op->code) {
	case KMC_OP_GET_PAGE:
		get_page(page);
		return;
	case KMC_OP_SPLIT_PAGE:
		split_page(page, call->op->order);
		return;
	case KMC_OP_PAGE_ADDRESS:
		call->value = kmc_sim_address(state_of(exec)->sim, page_address(page));
		break;
	case KMC_OP_VIRT_TO_PAGE:
	case KMC_OP_PAGE_TO_PFN:
		call->value = page_to_pfn(page);
		break;
	case KMC_OP_PAGE_REF_COUNT:
		call->value = (uint64_t)page_ref_count(page);
		break;
	}
	call->outcome = KMC_OUT_VALUE;
}

/* sizes: what the headers compute, with values the compiler cannot know */

static uint64_t call_pure(const struct kmc_op *op)
{
	size_t a = op->a, b = op->b, c = op->c;

	switch (op->code) {
	case KMC_OP_ARRAY_SIZE: return array_size(a, b);
	case KMC_OP_ARRAY3_SIZE: return array3_size(a, b, c);
	case KMC_OP_SIZE_MUL: return size_mul(a, b);
	case KMC_OP_SIZE_ADD: return size_add(a, b);
	case KMC_OP_SIZE_SUB: return size_sub(a, b);
	/* struct_size() is this sum; the type's size cannot be a run-time value. */
	case KMC_OP_STRUCT_SIZE:
	case KMC_OP_STRUCT_SIZE_T: return size_add(a, size_mul(c, b));
	case KMC_OP_FLEX_ARRAY_SIZE: return size_mul(c, b);
	case KMC_OP_KMALLOC_SIZE_ROUNDUP: return kmalloc_size_roundup(a);
	default: return 0;
	}
}

/* scopes */

static uint64_t scope_save(unsigned int code)
{
	switch (code) {
	case KMC_OP_MEMALLOC_NOIO_SAVE: return memalloc_noio_save();
	case KMC_OP_MEMALLOC_NOFS_SAVE: return memalloc_nofs_save();
	case KMC_OP_MEMALLOC_NORECLAIM_SAVE: return memalloc_noreclaim_save();
	default: return memalloc_pin_save();
	}
}

static void scope_restore(const struct kmc_call *call)
{
	unsigned int flags = (unsigned int)call->src->value;

	switch (call->op->code) {
	case KMC_OP_MEMALLOC_NOIO_RESTORE: memalloc_noio_restore(flags); break;
	case KMC_OP_MEMALLOC_NOFS_RESTORE: memalloc_nofs_restore(flags); break;
	case KMC_OP_MEMALLOC_NORECLAIM_RESTORE: memalloc_noreclaim_restore(flags); break;
	case KMC_OP_MEMALLOC_PIN_RESTORE: memalloc_pin_restore(flags); break;
	}
}

/* machine */

static void call_machine(struct kmc_exec *exec, struct kmc_call *call)
{
	struct kmc_sim *sim = state_of(exec)->sim;
	const struct kmc_op *op = call->op;

	if (op->code == KMC_OP_CLOCK_ADVANCE)
		kmc_sim_clock_advance(sim, op->a);
	else if (op->c < KMC_NR_SIM_FAULTS)
		kmc_sim_fail_nth(sim, (enum kmc_sim_fault)op->c, op->a, op->b);
	else
		call->outcome = KMC_OUT_SKIPPED;
}

/* dispatch */

static void memory_result(struct kmc_call *call, void *result)
{
	if (call->outcome == KMC_OUT_SKIPPED)
		return;
	call->result = result;
	call->outcome = !result ? KMC_OUT_NULL :
			result == ZERO_SIZE_PTR ? KMC_OUT_ZERO_SIZE : KMC_OUT_VALUE;
	if (call->outcome != KMC_OUT_VALUE)
		return;
	if (kmc_plan_of(call->op->code)->family != KMC_OPF_PAGES) {
		call->granted = ksize(result);
	} else {
		call->page = true;
		call->granted = call->op->code == KMC_OP_ALLOC_PAGES_EXACT ||
				call->op->code == KMC_OP_ALLOC_PAGES_EXACT_NID ?
			PAGE_ALIGN(call->size) : call->size;
	}
}

static void call_object(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	switch (call->op->code) {
	case KMC_OP_KSIZE:
		call->value = ksize(call->ptr);
		call->outcome = KMC_OUT_VALUE;
		return;
	case KMC_OP_KSTRDUP:
	case KMC_OP_KSTRNDUP:
		call_string(exec, call, gfp);
		memory_result(call, call->result);
		return;
	case KMC_OP_KSTRDUP_CONST:
		if (call->op->b) {
			call->result = (void *)(uintptr_t)read_only_text;
			call->outcome = KMC_OUT_SKIPPED; /* no read-only memory in this machine */
			return;
		}
		call_string(exec, call, gfp);
		memory_result(call, call->result);
		return;
	default:
		memory_result(call, call_kmalloc(call, gfp));
	}
}

static void call_cache(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	switch (call->op->code) {
	case KMC_OP_KMEM_CACHE_CREATE:
	case KMC_OP_KMEM_CACHE_CREATE_USERCOPY:
	case KMC_OP_KMEM_CACHE_CREATE_ARGS:
		create_cache(call);
		if (call->outcome != KMC_OUT_SKIPPED)
			call->outcome = call->result ? KMC_OUT_VALUE : KMC_OUT_NULL;
		break;
	case KMC_OP_KMEM_CACHE_DESTROY:
		kmem_cache_destroy(cache_of(call));
		break;
	case KMC_OP_KMEM_CACHE_SHRINK:
		call->value = (uint64_t)kmem_cache_shrink(cache_of(call));
		call->outcome = KMC_OUT_VALUE;
		break;
	case KMC_OP_KMEM_CACHE_SIZE:
		call->value = kmem_cache_size(cache_of(call));
		call->outcome = KMC_OUT_VALUE;
		break;
	case KMC_OP_KMEM_CACHE_ALLOC_BULK:
		alloc_bulk(exec, call, gfp);
		break;
	default:
		memory_result(call, call_cache_alloc(call, gfp));
	}
}

static void call_page(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	if (kmc_plan_of(call->op->code)->result == KMC_RES_PAGE)
		memory_result(call, call_pages(call, gfp));
	else
		page_number_call(exec, call);
}

static void call_scope(struct kmc_call *call)
{
	if (kmc_plan_of(call->op->code)->result == KMC_RES_TOKEN) {
		call->value = scope_save(call->op->code);
		call->outcome = KMC_OUT_VALUE;
	} else {
		scope_restore(call);
	}
}

static void alloc_call(struct kmc_exec *exec, struct kmc_call *call)
{
	const struct kmc_plan *plan = kmc_plan_of(call->op->code);
	gfp_t gfp = gfp_of(exec, call->op);

	call->outcome = KMC_OUT_NONE;
	running = exec;
	switch (plan->family) {
	case KMC_OPF_PURE:
		call->value = call_pure(call->op);
		call->outcome = KMC_OUT_VALUE;
		break;
	case KMC_OPF_KMALLOC:
	case KMC_OPF_RESIZE:
	case KMC_OPF_DUP:
		call_object(exec, call, gfp);
		break;
	case KMC_OPF_CACHE:
		call_cache(exec, call, gfp);
		break;
	case KMC_OPF_FREE:
		call_free(call);
		free_page_call(call);
		break;
	case KMC_OPF_PAGES:
		call_page(exec, call, gfp);
		break;
	case KMC_OPF_SCOPE:
		call_scope(call);
		break;
	case KMC_OPF_MACHINE:
		call_machine(exec, call);
		break;
	default:
		call->outcome = KMC_OUT_REFUSED;
	}
}

static const uint16_t codes[] = {
	KMC_OP_KMALLOC, KMC_OP_KZALLOC, KMC_OP_KMALLOC_NODE, KMC_OP_KZALLOC_NODE,
	KMC_OP_KMALLOC_TRACK_CALLER, KMC_OP_KMALLOC_NODE_TRACK_CALLER, KMC_OP_KMALLOC_ARRAY,
	KMC_OP_KMALLOC_ARRAY_NODE, KMC_OP_KCALLOC, KMC_OP_KCALLOC_NODE, KMC_OP_KREALLOC,
	KMC_OP_KREALLOC_ARRAY, KMC_OP_KSIZE, KMC_OP_KMALLOC_SIZE_ROUNDUP,
	KMC_OP_ARRAY_SIZE, KMC_OP_ARRAY3_SIZE, KMC_OP_SIZE_MUL, KMC_OP_SIZE_ADD, KMC_OP_SIZE_SUB,
	KMC_OP_STRUCT_SIZE, KMC_OP_STRUCT_SIZE_T, KMC_OP_FLEX_ARRAY_SIZE,
	KMC_OP_KMEMDUP, KMC_OP_KMEMDUP_NUL, KMC_OP_KMEMDUP_ARRAY, KMC_OP_KSTRDUP, KMC_OP_KSTRNDUP,
	KMC_OP_KSTRDUP_CONST,
	KMC_OP_KMEM_CACHE_CREATE, KMC_OP_KMEM_CACHE_CREATE_USERCOPY, KMC_OP_KMEM_CACHE_CREATE_ARGS,
	KMC_OP_KMEM_CACHE_DESTROY, KMC_OP_KMEM_CACHE_SHRINK, KMC_OP_KMEM_CACHE_SIZE,
	KMC_OP_KMEM_CACHE_ALLOC, KMC_OP_KMEM_CACHE_ALLOC_NODE, KMC_OP_KMEM_CACHE_ALLOC_LRU,
	KMC_OP_KMEM_CACHE_ZALLOC, KMC_OP_KMEM_CACHE_ALLOC_BULK, KMC_OP_KMEM_CACHE_FREE,
	KMC_OP_KMEM_CACHE_FREE_BULK,
	KMC_OP_KFREE, KMC_OP_KFREE_CONST, KMC_OP_KFREE_SENSITIVE, KMC_OP_KFREE_BULK, KMC_OP_KVFREE,
	KMC_OP_KVFREE_SENSITIVE,
	KMC_OP_ALLOC_PAGES, KMC_OP_ALLOC_PAGES_NODE, KMC_OP_GET_FREE_PAGES, KMC_OP_GET_ZEROED_PAGE,
	KMC_OP_FREE_PAGES_PAGE, KMC_OP_FREE_PAGES, KMC_OP_ALLOC_PAGES_EXACT,
	KMC_OP_ALLOC_PAGES_EXACT_NID, KMC_OP_FREE_PAGES_EXACT, KMC_OP_FOLIO_ALLOC,
	KMC_OP_FOLIO_PUT, KMC_OP_GET_PAGE, KMC_OP_PUT_PAGE, KMC_OP_SPLIT_PAGE, KMC_OP_PAGE_ADDRESS,
	KMC_OP_VIRT_TO_PAGE, KMC_OP_PAGE_TO_PFN, KMC_OP_PAGE_REF_COUNT,
	KMC_OP_MEMALLOC_NOIO_SAVE, KMC_OP_MEMALLOC_NOIO_RESTORE, KMC_OP_MEMALLOC_NOFS_SAVE,
	KMC_OP_MEMALLOC_NOFS_RESTORE, KMC_OP_MEMALLOC_NORECLAIM_SAVE,
	KMC_OP_MEMALLOC_NORECLAIM_RESTORE, KMC_OP_MEMALLOC_PIN_SAVE, KMC_OP_MEMALLOC_PIN_RESTORE,
	KMC_OP_CLOCK_ADVANCE, KMC_OP_FAIL_NTH,
	0
};

/* the rest of the backend */

static void alloc_enter(struct kmc_exec *exec, const struct kmc_op *op)
{
	struct alloc_state *state = state_of(exec);
	uint8_t context = op->context <= KMC_CTX_PREEMPT_OFF ? op->context : KMC_CTX_TASK;

	if (state->cpu != op->cpu) {
		kmc_sim_run_on(state->sim, op->cpu);
		state->cpu = op->cpu;
	}
	if (state->task[op->cpu] != op->task) {
		kmc_sim_set_task(op->task);
		state->task[op->cpu] = op->task;
	}
	if (state->context[op->cpu] != context) {
		kmc_sim_set_context((enum kmc_sim_context)context);
		state->context[op->cpu] = context;
	}
}

/* After a reset or restore: nothing is known of what is current. */
static void forget(struct alloc_state *state)
{
	state->cpu = -1;
	memset(state->task, 0xff, sizeof(state->task));
	memset(state->context, 0xff, sizeof(state->context));
}

static uint64_t alloc_address(struct kmc_exec *exec, const void *ptr)
{
	return kmc_sim_address(state_of(exec)->sim, ptr);
}

static enum kmc_misuse_report alloc_look(struct kmc_exec *exec, const void *ptr, uint64_t len)
{
	struct kmc_sim *sim = state_of(exec)->sim;
	uint64_t pfn;

	if ((uintptr_t)ptr <= 4096 || !kmc_sim_frame_of(sim, ptr, &pfn))
		return KMC_REPORT_NO_MEMORY;
	return kmc_object_poisoned(sim, ptr, len) ? KMC_REPORT_FREE : KMC_REPORT_LIVE;
}

static uint64_t alloc_clock(struct kmc_exec *exec)
{
	return kmc_sim_clock_ns(state_of(exec)->sim);
}

static int alloc_snapshot(struct kmc_exec *exec)
{
	return kmc_sim_snapshot(state_of(exec)->sim);
}

static int alloc_restore(struct kmc_exec *exec, int snapshot)
{
	forget(state_of(exec));
	return kmc_sim_restore(state_of(exec)->sim, snapshot);
}

static void alloc_snapshot_drop(struct kmc_exec *exec, int snapshot)
{
	kmc_sim_snapshot_drop(state_of(exec)->sim, snapshot);
}

static int alloc_reset(struct kmc_exec *exec)
{
	kmc_sim_reset(state_of(exec)->sim);
	forget(state_of(exec));
	return 0;
}

static uint64_t alloc_hash(struct kmc_exec *exec)
{
	return kmc_sim_hash(state_of(exec)->sim);
}

static void alloc_close(struct kmc_exec *exec)
{
	struct alloc_state *state = state_of(exec);

	if (running == exec)
		running = NULL;
	if (state && state->sim) {
		kmc_sim_unbind();
		kmc_sim_destroy(state->sim);
	}
	free(state);
}

static const struct kmc_backend backend = {
	.codes = codes,
	.enter = alloc_enter,
	.call = alloc_call,
	.address = alloc_address,
	.look = alloc_look,
	.clock_ns = alloc_clock,
	.snapshot = alloc_snapshot,
	.restore = alloc_restore,
	.snapshot_drop = alloc_snapshot_drop,
	.reset = alloc_reset,
	.hash = alloc_hash,
	.close = alloc_close,
};

/* what happened inside a call */

static const int8_t tracepoint_of[KMC_NR_TPS] = {
	[KMC_TP_KMALLOC] = KMC_TP_EV_KMALLOC,
	[KMC_TP_KFREE] = KMC_TP_EV_KFREE,
	[KMC_TP_KMEM_CACHE_ALLOC] = KMC_TP_EV_KMEM_CACHE_ALLOC,
	[KMC_TP_KMEM_CACHE_FREE] = KMC_TP_EV_KMEM_CACHE_FREE,
	[KMC_TP_MM_PAGE_ALLOC] = KMC_TP_EV_MM_PAGE_ALLOC,
	[KMC_TP_MM_PAGE_FREE] = KMC_TP_EV_MM_PAGE_FREE,
	[KMC_TP_MM_PAGE_FREE_BATCHED] = KMC_TP_EV_MM_PAGE_FREE_BATCHED,
	[KMC_TP_MM_PAGE_ALLOC_ZONE_LOCKED] = KMC_TP_EV_MM_PAGE_ALLOC_ZONE_LOCKED,
	[KMC_TP_MM_PAGE_PCPU_DRAIN] = KMC_TP_EV_MM_PAGE_PCPU_DRAIN,
	[KMC_TP_MM_PAGE_ALLOC_EXTFRAG] = KMC_TP_EV_MM_PAGE_ALLOC_EXTFRAG,
	[KMC_TP_WAKEUP_KSWAPD] = KMC_TP_EV_WAKEUP_KSWAPD,
	[KMC_TP_DIRECT_RECLAIM_BEGIN] = KMC_TP_EV_DIRECT_RECLAIM_BEGIN,
	[KMC_TP_DIRECT_RECLAIM_END] = KMC_TP_EV_DIRECT_RECLAIM_END,
	[KMC_TP_MARK_VICTIM] = KMC_TP_EV_MARK_VICTIM,
	[KMC_TP_ALLOC_VMAP_AREA] = KMC_TP_EV_ALLOC_VMAP_AREA,
	[KMC_TP_FREE_VMAP_AREA_NOFLUSH] = KMC_TP_EV_FREE_VMAP_AREA,
	[KMC_TP_PERCPU_ALLOC] = KMC_TP_EV_PERCPU_ALLOC,
	[KMC_TP_PERCPU_FREE] = KMC_TP_EV_PERCPU_FREE,
	[KMC_TP_WARN] = -1,
	[KMC_TP_SLEEP] = -1,
	[KMC_TP_FAULT_INJECTED] = -1,
};

void kmc_alloc_tracepoint_event(struct kmc_sim *sim, const struct kmc_gfp_table *table,
				const struct kmc_tp *tp, struct kmc_event *ev)
{
	struct kmc_gfp gfp = kmc_gfp_from_raw(table, tp->gfp);
	bool page = tp->id >= KMC_TP_MM_PAGE_ALLOC && tp->id <= KMC_TP_MM_PAGE_ALLOC_EXTFRAG;

	kmc_event_init(ev);
	ev->kind = KMC_EV_TRACEPOINT;
	ev->what = (uint16_t)tracepoint_of[tp->id];
	ev->cpu = (uint16_t)tp->cpu;
	ev->task = tp->task;
	ev->node = (int8_t)tp->node;
	ev->order = (uint8_t)tp->order;
	ev->gfp = gfp.atoms;
	ev->gfp_raw = gfp.raw;
	ev->size = page ? PAGE_SIZE << tp->order : tp->bytes_req;
	ev->granted = page ? ev->size : tp->bytes_alloc;
	if (page && tp->pfn != UINT64_MAX)
		ev->addr = KMC_DIRECT_MAP_BASE + (tp->pfn << PAGE_SHIFT);
	else if (!page)
		ev->addr = kmc_sim_address(sim, tp->ptr);
	ev->outcome = ev->addr ? KMC_OUT_VALUE : KMC_OUT_NULL;
}

static void on_tracepoint(void *arg, const struct kmc_tp *tp)
{
	struct kmc_exec *exec = arg;
	struct kmc_event ev;

	if (!exec->sink)
		return;
	if (tp->id == KMC_TP_WARN)
		kmc_exec_effect(exec, KMC_EFF_WARNED,
				kmc_sim_address(state_of(exec)->sim, tp->ptr), 0, 0, 0);
	else if (tp->id == KMC_TP_SLEEP)
		kmc_exec_effect(exec, KMC_EFF_SLEPT, 0, 0, 0, 0);
	else if (tp->id == KMC_TP_FAULT_INJECTED)
		kmc_exec_effect(exec, KMC_EFF_FAULT_INJECTED, 0, 0, 0, tp->bytes_req);
	else if (tp->id == KMC_TP_WAKEUP_KSWAPD)
		kmc_exec_effect(exec, KMC_EFF_WOKE_KSWAPD, 0, 0, 0, 0);
	if (tracepoint_of[tp->id] < 0 || !(exec->flags & KMC_TARGET_TRACEPOINTS))
		return;
	kmc_alloc_tracepoint_event(state_of(exec)->sim, state_of(exec)->gfp, tp, &ev);
	kmc_exec_tracepoint(exec, &ev);
}

/* opening */

static int profile_of(uint32_t release, enum kmc_profile *profile)
{
	static const uint32_t releases[KMC_NR_PROFILES] = {
		[KMC_PROFILE_6_1_192] = KMC_RELEASE(6, 1, 192),
		[KMC_PROFILE_6_6_9] = KMC_RELEASE(6, 6, 9),
		[KMC_PROFILE_6_12_117] = KMC_RELEASE(6, 12, 117),
		[KMC_PROFILE_6_18_44] = KMC_RELEASE(6, 18, 44),
	};

	for (int i = 0; i < KMC_NR_PROFILES; i++) {
		if (releases[i] != release)
			continue;
		*profile = (enum kmc_profile)i;
		return 0;
	}
	return -EINVAL;
}

static uint32_t options_of(uint32_t options)
{
	static const struct {
		uint32_t ours, theirs;
	} map[] = {
		{ KMC_MO_freelist_random, KMC_OPT_FREELIST_RANDOM },
		{ KMC_MO_freelist_hardened, KMC_OPT_FREELIST_HARDENED },
		{ KMC_MO_slab_nomerge, KMC_OPT_NOMERGE },
		{ KMC_MO_memcg, KMC_OPT_MEMCG },
		{ KMC_MO_init_on_alloc, KMC_OPT_INIT_ON_ALLOC },
		{ KMC_MO_init_on_free, KMC_OPT_INIT_ON_FREE },
		{ KMC_MO_no_zone_dma, KMC_OPT_NO_ZONE_DMA },
	};
	uint32_t result = 0;

	for (size_t i = 0; i < sizeof(map) / sizeof(map[0]); i++)
		if (options & map[i].ours)
			result |= map[i].theirs;
	return result;
}

static enum kmc_zone_type zone_type_of(unsigned int kind)
{
	static const enum kmc_zone_type types[KMC_NR_ZONE_KINDS] = {
		[KMC_DMA] = KMC_ZONE_DMA,	  [KMC_DMA32] = KMC_ZONE_DMA32,
		[KMC_NORMAL] = KMC_ZONE_NORMAL,	  [KMC_HIGHMEM] = KMC_ZONE_HIGHMEM,
		[KMC_MOVABLE] = KMC_ZONE_MOVABLE,
	};

	return kind < KMC_NR_ZONE_KINDS ? types[kind] : KMC_NR_ZONE_TYPES;
}

int kmc_alloc_config(const struct kmc_machine *machine, struct kmc_sim_config *config,
		     char *error, size_t size)
{
	*config = (struct kmc_sim_config){ .nr_cpus = machine->nr_cpus,
					   .nr_nodes = machine->nr_nodes,
					   .nr_zones = machine->nr_zones,
					   .options = options_of(machine->options),
					   .seed = machine->seed };
	if (machine->nr_zones > KMC_MACHINE_MAX_ZONES ||
	    profile_of(machine->profile, &config->profile)) {
		snprintf(error, size, "alloc has no such profile");
		return -EINVAL;
	}
	if (machine->page_shift != PAGE_SHIFT || machine->max_order != MAX_PAGE_ORDER) {
		snprintf(error, size, "alloc has pages of 4 KiB and blocks up to order 10");
		return -EINVAL;
	}
	for (unsigned int i = 0; i < machine->nr_zones; i++)
		config->zones[i] = (struct kmc_zone_layout){
			.type = zone_type_of(machine->zones[i].kind),
			.node = machine->zones[i].node,
			.start_pfn = machine->zones[i].start_pfn,
			.nr_pages = machine->zones[i].nr_pages,
		};
	return 0;
}

void kmc_alloc_address_ranges(struct kmc_machine *machine)
{
	machine->direct_map = KMC_DIRECT_MAP_BASE;
	machine->vmalloc_start = KMC_VMALLOC_BASE;
	machine->vmalloc_end = KMC_VMALLOC_BASE + (1ull << 45);
	machine->kmalloc_minalign = ARCH_KMALLOC_MINALIGN;
	machine->kmalloc_max_cache = KMALLOC_MAX_CACHE_SIZE;
	machine->kmalloc_max_size = KMALLOC_MAX_SIZE;
}

static void fill_caps(struct kmc_caps *caps)
{
	char release[24];

	kmc_release_print(release, sizeof(release), caps->machine.profile);
	snprintf(caps->name, sizeof(caps->name), "alloc %s", release);
	caps->deterministic = true;
	caps->shows = KMC_SHOWS_ADDRESS | KMC_SHOWS_SIZE | KMC_SHOWS_GRANTED | KMC_SHOWS_CALLS |
		      KMC_SHOWS_EVERY_FREE | KMC_SHOWS_CONTENT | KMC_SHOWS_CONTEXT |
		      KMC_SHOWS_CACHES | KMC_SHOWS_PAGES | KMC_SHOWS_EFFECTS | KMC_SHOWS_NODE |
		      KMC_SHOWS_VALUES | KMC_SHOWS_GFP;
	kmc_alloc_address_ranges(&caps->machine);
}

static int start_machine(struct kmc_exec *exec, char *error, size_t size)
{
	struct alloc_state *state = calloc(1, sizeof(*state));
	struct kmc_sim_config config;
	uint64_t mask = 1ull << KMC_TP_WARN | 1ull << KMC_TP_SLEEP |
			1ull << KMC_TP_WAKEUP_KSWAPD | 1ull << KMC_TP_FAULT_INJECTED;
	int err;

	exec->state = state;
	if (!state)
		return -ENOMEM;
	err = kmc_alloc_config(&exec->caps.machine, &config, error, size);
	if (err)
		return err;
	err = kmc_sim_create(&config, &state->sim);
	if (err) {
		snprintf(error, size, "%s", err == -ENOMEM ? "out of memory" :
			 "the machine's zones, nodes or cpus are not possible");
		return err;
	}
	kmc_sim_unbind();
	if (kmc_sim_bind_all(state->sim))
		return -EBUSY;
	state->gfp = kmc_gfp_table_of(exec->caps.machine.profile);
	forget(state);
	if (exec->flags & KMC_TARGET_TRACEPOINTS)
		mask = (1ull << KMC_NR_TPS) - 1;
	kmc_sim_trace(state->sim, mask, on_tracepoint, exec);
	return 0;
}

static int alloc_open(const struct kmc_target_config *config, struct kmc_target **target,
		      char *error, size_t size)
{
	struct kmc_exec *exec = kmc_exec_create(&kmc_target_alloc, &backend, config);
	int err;

	if (!exec) {
		snprintf(error, size, "out of memory");
		return -ENOMEM;
	}
	fill_caps(&exec->caps);
	err = start_machine(exec, error, size);
	if (err) {
		kmc_exec_close(&exec->target);
		return err;
	}
	*target = &exec->target;
	return 0;
}

const struct kmc_target_ops kmc_target_alloc = {
	.name = "alloc",
	.summary = "the userspace stack of this project on a simulated machine",
	.open = alloc_open,
	.close = kmc_exec_close,
	.caps = kmc_exec_caps,
	.reset = kmc_exec_reset,
	.submit = kmc_exec_submit,
	.collect = kmc_exec_collect,
	.snapshot = kmc_exec_snapshot,
	.restore = kmc_exec_restore,
	.hash = kmc_exec_hash,
};
