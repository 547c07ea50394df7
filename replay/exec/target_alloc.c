/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target `alloc`: ops executed by the userspace stack of alloc/, on one
 * simulated machine whose cpus all belong to the calling thread. The calls
 * themselves are in alloc_*.c.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "alloc/movable.h"
#include "alloc/kmalloc_sites.h"
#include "alloc/vmalloc_space.h"
#include "exec/alloc_machine.h"
#include "oracle/judge.h"
#include "target_alloc.h"

static __thread struct kmc_exec *running;

struct kmc_exec *kmc_alloc_running(void)
{
	return running;
}

static gfp_t gfp_of(struct kmc_exec *exec, const struct kmc_op *op)
{
	struct alloc_state *state = kmc_alloc_state(exec);

	if (!(op->gfp.atoms | op->gfp.raw)) /* most ops have none */
		return 0;
	if (op->gfp.atoms != state->last_gfp.atoms || op->gfp.raw != state->last_gfp.raw) {
		state->last_gfp = op->gfp;
		state->last_raw = (gfp_t)kmc_gfp_to_raw(state->gfp, op->gfp, NULL);
	}
	return state->last_raw;
}

/* dispatch */

void kmc_alloc_memory_result(struct kmc_call *call, void *result)
{
	if (call->outcome == KMC_OUT_SKIPPED)
		return;
	call->result = result;
	call->outcome = !result ? KMC_OUT_NULL :
			result == ZERO_SIZE_PTR ? KMC_OUT_ZERO_SIZE : KMC_OUT_VALUE;
	if (call->outcome != KMC_OUT_VALUE)
		return;
	if (call->plan->result != KMC_RES_PAGE) {
		call->granted = kmc_sim_granted(result);
		if (!call->granted)
			call->granted = kmc_sim_vmalloc_granted(kmc_alloc_state(running)->sim, result);
	} else {
		call->page = true;
		call->granted = call->op->code == KMC_OP_ALLOC_PAGES_EXACT ||
				call->op->code == KMC_OP_ALLOC_PAGES_EXACT_NID ?
			PAGE_ALIGN(call->size) : call->size;
		kmc_alloc_may_move(call, result);
	}
}

static const struct kmc_alloc_op *const tables[] = {
	kmc_alloc_percpu_ops, kmc_alloc_zs_ops, kmc_alloc_dma_ops,
	kmc_alloc_size_ops, kmc_alloc_kmalloc_ops, kmc_alloc_cache_ops, kmc_alloc_free_ops,
	kmc_alloc_page_ops, kmc_alloc_scope_ops, kmc_alloc_machine_ops,
	kmc_alloc_contig_ops, kmc_alloc_cma_ops, kmc_alloc_movable_ops,
	kmc_alloc_rcu_ops, kmc_alloc_cpu_ops,
	kmc_alloc_memcg_ops, kmc_alloc_reclaim_ops,
	kmc_alloc_pool_ops, kmc_alloc_sheaf_ops, kmc_alloc_bucket_ops, kmc_alloc_rust_ops,
	kmc_alloc_debug_ops,
	kmc_alloc_vmalloc_ops, kmc_alloc_usercopy_ops,
};

static kmc_alloc_fn *calls[KMC_OPCODE_END];
/* The first profile that has a call, where that is not the oldest. */
static const uint8_t since[KMC_OPCODE_END] = {
	[KMC_OP_KVMEMDUP] = KMC_PROFILE_6_6_9,
	[KMC_OP_KMEM_BUCKETS_CREATE] = KMC_PROFILE_6_12_117,
	[KMC_OP_KMEM_BUCKETS_ALLOC] = KMC_PROFILE_6_12_117,
	[KMC_OP_KMEM_BUCKETS_ALLOC_TRACK_CALLER] = KMC_PROFILE_6_12_117,
	[KMC_OP_KMEM_CACHE_CHARGE] = KMC_PROFILE_6_12_117,
	[KMC_OP_MEMPOOL_ALLOC_PREALLOCATED] = KMC_PROFILE_6_12_117,
	[KMC_OP_KMALLOC_NOLOCK] = KMC_PROFILE_6_18_44,
	[KMC_OP_KFREE_NOLOCK] = KMC_PROFILE_6_18_44,
	[KMC_OP_KREALLOC_NODE_ALIGN] = KMC_PROFILE_6_18_44,
	[KMC_OP_KMEM_CACHE_PREFILL_SHEAF] = KMC_PROFILE_6_18_44,
	[KMC_OP_KMEM_CACHE_REFILL_SHEAF] = KMC_PROFILE_6_18_44,
	[KMC_OP_KMEM_CACHE_ALLOC_FROM_SHEAF] = KMC_PROFILE_6_18_44,
	[KMC_OP_KMEM_CACHE_RETURN_SHEAF] = KMC_PROFILE_6_18_44,
};

static uint16_t codes[KMC_OPCODE_END]; /* those that have one; 0 ends */

static void collect_calls(void)
{
	size_t nr = 0;

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct kmc_alloc_op *op = tables[t]; op->code; op++) {
			calls[op->code] = op->call;
			codes[nr++] = op->code;
		}
}

static void alloc_call(struct kmc_exec *exec, struct kmc_call *call)
{
	struct alloc_state *state = kmc_alloc_state(exec);

	call->outcome = KMC_OUT_NONE;
	running = exec;
	if (state->profile < since[call->op->code]) {
		call->outcome = KMC_OUT_REFUSED;
		return;
	}
	state->hung = state->died = false;
	/* Each call of a program with its own destination is a place in the code. */
	kmc_sim_call_site((uint64_t)call->op->code << 16 | call->op->dst);
	calls[call->op->code](exec, call, gfp_of(exec, call->op));
#ifdef KMC_CHECK_OPS
	kmc_sim_check(kmc_alloc_state(exec)->sim);
#endif
	/* A task that is current on several cpus is another one on each of them now. */
	if (call->plan->family == KMC_OPF_SCOPE || call->op->code == KMC_OP_TASK_SET)
		memset(state->task, 0xff, sizeof(state->task));
	/* A call that gives memory has ended: only one of the attempts inside it would have waited for ever. */
	if (state->hung && call->outcome != KMC_OUT_VALUE)
		call->outcome = KMC_OUT_HUNG;
	if (state->died)
		call->outcome = KMC_OUT_DIED;
}

/* the rest of the backend */

static void alloc_enter(struct kmc_exec *exec, const struct kmc_op *op)
{
	struct alloc_state *state = kmc_alloc_state(exec);
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
	state->last_gfp = (struct kmc_gfp){ 0 };
	state->last_raw = 0;
	memset(state->task, 0xff, sizeof(state->task));
	memset(state->context, 0xff, sizeof(state->context));
}

static uint64_t alloc_address(struct kmc_exec *exec, const void *ptr)
{
	return kmc_sim_address(kmc_alloc_state(exec)->sim, ptr);
}

static enum kmc_misuse_report alloc_look(struct kmc_exec *exec, const void *ptr, uint64_t len)
{
	struct kmc_sim *sim = kmc_alloc_state(exec)->sim;
	struct kmc_where where;
	uint64_t pfn;

	kmc_sim_where(sim, ptr, &where);
	if ((uintptr_t)ptr <= 4096 ||
	    (!kmc_sim_frame_of(sim, ptr, &pfn) && where.backing != KMC_BACKING_VMALLOC))
		return KMC_REPORT_NO_MEMORY;
	return kmc_object_poisoned(sim, ptr, len) ? KMC_REPORT_FREE : KMC_REPORT_LIVE;
}

static uint64_t alloc_clock(struct kmc_exec *exec)
{
	return kmc_sim_clock_ns(kmc_alloc_state(exec)->sim);
}

static int alloc_snapshot(struct kmc_exec *exec)
{
	return kmc_sim_snapshot(kmc_alloc_state(exec)->sim);
}

static int alloc_restore(struct kmc_exec *exec, int snapshot)
{
	forget(kmc_alloc_state(exec));
	return kmc_sim_restore(kmc_alloc_state(exec)->sim, snapshot);
}

static void alloc_snapshot_drop(struct kmc_exec *exec, int snapshot)
{
	kmc_sim_snapshot_drop(kmc_alloc_state(exec)->sim, snapshot);
}

/* Another machine of this thread may have run since: a thread owns the cpus of one at a time. */
static int alloc_reset(struct kmc_exec *exec)
{
	if (kmc_sim_bind_all(kmc_alloc_state(exec)->sim))
		return -EBUSY;
	kmc_sim_reset(kmc_alloc_state(exec)->sim);
	forget(kmc_alloc_state(exec));
	return 0;
}

static uint64_t alloc_hash(struct kmc_exec *exec)
{
	return kmc_sim_hash(kmc_alloc_state(exec)->sim);
}

static void alloc_close(struct kmc_exec *exec)
{
	struct alloc_state *state = kmc_alloc_state(exec);

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
	[KMC_TP_RELEASED] = -1,
	[KMC_TP_HUNG] = -1,
	[KMC_TP_STARTED_IO] = -1,
	[KMC_TP_STARTED_FS] = -1,
	[KMC_TP_PANIC] = -1,
	[KMC_TP_SLOW_PATH] = -1,
	[KMC_TP_RESERVE] = -1,
	[KMC_TP_PAGES_BACK] = -1,
	[KMC_TP_FAULT_INJECTED] = -1,
	[KMC_TP_SLAB_REPORT] = -1,
	[KMC_TP_MIGRATED] = -1,
	[KMC_TP_CHARGED] = -1,
	[KMC_TP_UNCHARGED] = -1,
	[KMC_TP_COMPACTION_TRY] = KMC_TP_EV_COMPACTION_TRY,
	[KMC_TP_COMPACTION_BEGIN] = KMC_TP_EV_COMPACTION_BEGIN,
	[KMC_TP_COMPACTION_END] = KMC_TP_EV_COMPACTION_END,
	[KMC_TP_COMPACTION_MIGRATEPAGES] = KMC_TP_EV_COMPACTION_MIGRATEPAGES,
	[KMC_TP_COMPACTION_SUITABLE] = KMC_TP_EV_COMPACTION_SUITABLE,
	[KMC_TP_COMPACTION_DEFERRED] = KMC_TP_EV_COMPACTION_DEFERRED,
	[KMC_TP_COMPACTION_DEFER_COMPACTION] = KMC_TP_EV_COMPACTION_DEFER_COMPACTION,
	[KMC_TP_COMPACTION_DEFER_RESET] = KMC_TP_EV_COMPACTION_DEFER_RESET,
	[KMC_TP_COMPACTION_WAKEUP_KCOMPACTD] = KMC_TP_EV_COMPACTION_WAKEUP_KCOMPACTD,
	[KMC_TP_COMPACTION_KCOMPACTD_WAKE] = KMC_TP_EV_COMPACTION_KCOMPACTD_WAKE,
	[KMC_TP_COMPACTION_KCOMPACTD_SLEEP] = KMC_TP_EV_COMPACTION_KCOMPACTD_SLEEP,
	[KMC_TP_CMA_ALLOC_START] = KMC_TP_EV_CMA_ALLOC_START,
	[KMC_TP_CMA_ALLOC_FINISH] = KMC_TP_EV_CMA_ALLOC_FINISH,
	[KMC_TP_CMA_ALLOC_BUSY_RETRY] = KMC_TP_EV_CMA_ALLOC_BUSY_RETRY,
	[KMC_TP_CMA_RELEASE] = KMC_TP_EV_CMA_RELEASE,
	[KMC_TP_PURGE_VMAP_AREA_LAZY] = KMC_TP_EV_PURGE_VMAP_AREA,
	[KMC_TP_KSWAPD_WAKE] = KMC_TP_EV_KSWAPD_WAKE,
	[KMC_TP_KSWAPD_SLEEP] = KMC_TP_EV_KSWAPD_SLEEP,
	[KMC_TP_SHRINK_SLAB_START] = KMC_TP_EV_SHRINK_SLAB_START,
	[KMC_TP_SHRINK_SLAB_END] = KMC_TP_EV_SHRINK_SLAB_END,
	[KMC_TP_MEMCG_RECLAIM_BEGIN] = KMC_TP_EV_MEMCG_RECLAIM_BEGIN,
	[KMC_TP_MEMCG_RECLAIM_END] = KMC_TP_EV_MEMCG_RECLAIM_END,
	[KMC_TP_RECLAIM_RETRY_ZONE] = KMC_TP_EV_RECLAIM_RETRY_ZONE,
	[KMC_TP_COMPACT_RETRY] = KMC_TP_EV_COMPACT_RETRY,
	[KMC_TP_OOM_SCORE_ADJ_UPDATE] = KMC_TP_EV_OOM_SCORE_ADJ_UPDATE,
	[KMC_TP_WAKE_REAPER] = KMC_TP_EV_WAKE_REAPER,
	[KMC_TP_START_TASK_REAPING] = KMC_TP_EV_START_TASK_REAPING,
	[KMC_TP_FINISH_TASK_REAPING] = KMC_TP_EV_FINISH_TASK_REAPING,
	[KMC_TP_SKIP_TASK_REAPING] = KMC_TP_EV_SKIP_TASK_REAPING,
	[KMC_TP_PERCPU_ALLOC_FAIL] = KMC_TP_EV_PERCPU_ALLOC_FAIL,
	[KMC_TP_PERCPU_CREATE_CHUNK] = KMC_TP_EV_PERCPU_CREATE_CHUNK,
	[KMC_TP_PERCPU_DESTROY_CHUNK] = KMC_TP_EV_PERCPU_DESTROY_CHUNK,
};

void kmc_alloc_tracepoint_event(struct kmc_sim *sim, const struct kmc_gfp_table *table,
				const struct kmc_tp *tp, struct kmc_event *ev)
{
	struct kmc_gfp gfp = kmc_gfp_from_raw(table, tp->gfp);
	bool page = (tp->id >= KMC_TP_MM_PAGE_ALLOC && tp->id <= KMC_TP_MM_PAGE_ALLOC_EXTFRAG) ||
		    (tp->id >= KMC_TP_COMPACTION_TRY && tp->id <= KMC_TP_CMA_RELEASE);

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
	if (tp->id == KMC_TP_MM_PAGE_ALLOC_EXTFRAG) {
		ev->arg = tp->bytes_req; /* the order that was fallen back to, its type */
		ev->addr2 = tp->bytes_alloc + 1;
	}
	if (page && tp->pfn != UINT64_MAX)
		ev->addr = KMC_DIRECT_MAP_BASE + (tp->pfn << PAGE_SHIFT);
	else if (!page)
		ev->addr = kmc_sim_address(sim, tp->ptr);
	ev->outcome = ev->addr ? KMC_OUT_VALUE : KMC_OUT_NULL;
}

/* By alloc's own words. */
static enum kmc_warning warning_of(const char *text)
{
	static const struct {
		const char *text;
		enum kmc_warning kind;
	} kinds[] = {
		{ "page allocation failure", KMC_WARNING_FAILURE },
		{ "order above MAX_PAGE_ORDER", KMC_WARNING_ORDER },
		{ "NOFAIL above order 1", KMC_WARNING_NOFAIL_ORDER },
		{ "NOFAIL without direct reclaim", KMC_WARNING_NOFAIL_ATOMIC },
		{ "NOFAIL in a noreclaim scope", KMC_WARNING_NOFAIL_NORECLAIM },
		{ "alloc_pages_exact with COMP or HIGHMEM", KMC_WARNING_EXACT_FLAGS },
		{ "ATOMIC with direct reclaim", KMC_WARNING_ATOMIC_SLEEPS },
	};

	for (size_t i = 0; text && i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(text, kinds[i].text))
			return kinds[i].kind;
	return KMC_WARNING_OTHER;
}

/* The zones as a page call finds them that is not served at once. */
static void report_zones(struct kmc_exec *exec)
{
	const struct kmc_machine *machine = &exec->caps.machine;
	struct kmc_sim *sim = kmc_alloc_state(exec)->sim;
	const struct kmc_op_desc *desc = kmc_op_desc(exec->open.what);
	struct kmc_zone_info info;
	struct kmc_event ev;

	if (!desc || desc->family != KMC_OPF_PAGES || desc->result == KMC_RES_BULK)
		return;
	for (unsigned int i = 0; i < machine->nr_zones; i++) {
		kmc_sim_zone_info(sim, i, &info);
		kmc_event_init(&ev);
		ev.what = KMC_EFF_FREE_PAGES;
		ev.cache = i;
		ev.arg = info.nr_free;
		ev.size = KMC_EV_PAIR(info.watermark_boost, info.managed);
		ev.granted = KMC_EV_PAIR(info.free_cma, info.free_highatomic);
		for (unsigned int type = 0; type < 5; type++)
			ev.addr2 |= (uint64_t)info.type_orders[type] << 11 * type;
		kmc_exec_effect_event(exec, &ev);
	}
}

/* For a group's limit the zones are not to blame, and not told of. */
static void killed(struct kmc_exec *exec, const struct kmc_tp *tp)
{
	if (!tp->bytes_alloc)
		report_zones(exec);
	kmc_exec_effect_of(exec, KMC_EFF_KILLED,
			   tp->bytes_alloc ? (uint32_t)tp->bytes_alloc : KMC_CACHE_NONE, 0,
			   tp->bytes_req);
}

static void woke_kswapd(struct kmc_exec *exec, const struct kmc_tp *tp)
{
	struct kmc_event ev;

	kmc_event_init(&ev);
	ev.what = KMC_EFF_WOKE_KSWAPD;
	ev.node = (int8_t)tp->node;
	kmc_exec_effect_event(exec, &ev);
}

static void on_wiped(struct kmc_exec *exec, const void *block)
{
	struct alloc_state *state = kmc_alloc_state(exec);

	if (block == state->wiped && state->wiped_bytes)
		kmc_memory_report_zero(exec, block, kmc_sim_address(state->sim, block),
				       (struct kmc_extent){ 0, state->wiped_bytes });
}

static void on_tracepoint(void *arg, const struct kmc_tp *tp)
{
	struct kmc_exec *exec = arg;
	struct kmc_event ev;

	if (!exec->sink)
		return;
	if (tp->id == KMC_TP_KFREE && kmc_alloc_state(exec)->wiped)
		on_wiped(exec, tp->ptr);
	if (tp->id == KMC_TP_WARN)
		kmc_exec_effect(exec, KMC_EFF_WARNED,
				kmc_sim_address(kmc_alloc_state(exec)->sim, tp->ptr), 0, 0,
				warning_of(tp->text));
	else if (tp->id == KMC_TP_SLAB_REPORT)
		kmc_alloc_slab_report(exec, tp);
	else if (tp->id == KMC_TP_SLEEP)
		kmc_exec_effect(exec, KMC_EFF_SLEPT, 0, 0, 0, 0);
	else if (tp->id == KMC_TP_RELEASED)
		kmc_exec_released(exec, kmc_sim_address(kmc_alloc_state(exec)->sim, tp->ptr));
	else if (tp->id == KMC_TP_PAGES_BACK)
		kmc_exec_effect(exec, KMC_EFF_PAGES_BACK,
				kmc_sim_address(kmc_alloc_state(exec)->sim, tp->ptr), 0,
				tp->bytes_req, 0);
	else if (tp->id == KMC_TP_HUNG)
		kmc_alloc_state(exec)->hung = true;
	else if (tp->id == KMC_TP_RESERVE)
		kmc_exec_effect(exec, KMC_EFF_RESERVE, KMC_DIRECT_MAP_BASE + (tp->pfn << PAGE_SHIFT),
				0, PAGE_SIZE << tp->order, 0);
	else if (tp->id == KMC_TP_PANIC)
		kmc_alloc_state(exec)->died = true;
	else if (tp->id == KMC_TP_DIRECT_RECLAIM_END)
		kmc_exec_effect(exec, KMC_EFF_RECLAIMED, 0, 0, 0, tp->bytes_req);
	else if (tp->id == KMC_TP_SLOW_PATH)
		report_zones(exec);
	else if (tp->id == KMC_TP_MARK_VICTIM)
		killed(exec, tp);
	else if (tp->id == KMC_TP_MEMCG_RECLAIM_END)
		kmc_exec_effect_of(exec, KMC_EFF_RECLAIMED, (uint32_t)tp->bytes_alloc, 0,
				   tp->bytes_req);
	else if (tp->id == KMC_TP_STARTED_IO || tp->id == KMC_TP_STARTED_FS)
		kmc_exec_effect(exec, tp->id == KMC_TP_STARTED_IO ? KMC_EFF_IO : KMC_EFF_FS, 0, 0, 0, 0);
	else if (tp->id == KMC_TP_FAULT_INJECTED)
		kmc_exec_effect(exec, KMC_EFF_FAULT_INJECTED, 0, 0, 0, tp->bytes_req);
	else if (tp->id == KMC_TP_CHARGED || tp->id == KMC_TP_UNCHARGED)
		kmc_exec_effect_of(exec, tp->id == KMC_TP_CHARGED ? KMC_EFF_CHARGED : KMC_EFF_UNCHARGED,
				   (uint32_t)tp->bytes_alloc,
				   kmc_sim_address(kmc_alloc_state(exec)->sim, tp->ptr),
				   tp->bytes_req);
	else if (tp->id == KMC_TP_WAKEUP_KSWAPD)
		woke_kswapd(exec, tp);
	else if (tp->id == KMC_TP_COMPACTION_TRY)
		kmc_exec_effect(exec, KMC_EFF_COMPACTED, 0, 0, 0, tp->bytes_req + 1);
	if (tracepoint_of[tp->id] < 0 || !(exec->flags & KMC_TARGET_TRACEPOINTS))
		return;
	kmc_alloc_tracepoint_event(kmc_alloc_state(exec)->sim, kmc_alloc_state(exec)->gfp, tp, &ev);
	kmc_exec_tracepoint(exec, &ev);
}

void kmc_alloc_listen(struct kmc_exec *exec, kmc_tp_mask more)
{
	struct alloc_state *state = kmc_alloc_state(exec);

	kmc_sim_trace(state->sim, state->heard | more, on_tracepoint, exec);
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
		{ KMC_MO_slab_buckets, KMC_OPT_SLAB_BUCKETS },
		{ KMC_MO_random_kmalloc, KMC_OPT_RANDOM_KMALLOC },
		{ KMC_MO_preempt_rt, KMC_OPT_PREEMPT_RT },
		{ KMC_MO_slub_red_zone, KMC_OPT_SLUB_RED_ZONE },
		{ KMC_MO_slub_poison, KMC_OPT_SLUB_POISON },
		{ KMC_MO_slub_store_user, KMC_OPT_SLUB_STORE_USER },
		{ KMC_MO_slub_consistency, KMC_OPT_SLUB_CONSISTENCY },
		{ KMC_MO_hardened_usercopy, KMC_OPT_HARDENED_USERCOPY },
		{ KMC_MO_debug_vm, KMC_OPT_DEBUG_VM },
		{ KMC_MO_thp, KMC_OPT_THP },
		{ KMC_MO_memory_recursiveprot, KMC_OPT_MEMCG_RECURSIVE },
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
	uint64_t pages = 0;

	for (unsigned int i = 0; i < machine->nr_zones; i++)
		pages += machine->zones[i].nr_pages;
	machine->direct_map = KMC_DIRECT_MAP_BASE;
	machine->vmalloc_start = KMC_VMALLOC_BASE;
	machine->vmalloc_end = KMC_VMALLOC_BASE + kmc_sim_vmalloc_window(pages);
	machine->kmalloc_minalign = ARCH_KMALLOC_MINALIGN;
	machine->kmalloc_max_cache = KMALLOC_MAX_CACHE_SIZE;
	machine->kmalloc_max_size = KMALLOC_MAX_SIZE;
}

/* All pages of a zone are managed, its marks are alloc's own: another machine's do not hold for it. */
static void forget_marks(struct kmc_machine *machine)
{
	for (unsigned int i = 0; i < machine->nr_zones; i++) {
		struct kmc_zone *zone = &machine->zones[i];

		zone->managed = zone->min = zone->low = zone->high = 0;
	}
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
		      KMC_SHOWS_VALUES | KMC_SHOWS_VMALLOC | KMC_SHOWS_GFP | KMC_SHOWS_STATE | KMC_SHOWS_RCU |
		      KMC_SHOWS_STATE;
	if (caps->machine.options & KMC_MO_memcg)
		caps->shows |= KMC_SHOWS_CHARGES;
	kmc_alloc_address_ranges(&caps->machine);
	forget_marks(&caps->machine);
}

static int start_machine(struct kmc_exec *exec, char *error, size_t size)
{
	struct alloc_state *state = calloc(1, sizeof(*state));
	struct kmc_sim_config config;
	kmc_tp_mask mask = KMC_TP_BIT(KMC_TP_DIRECT_RECLAIM_END) | KMC_TP_BIT(KMC_TP_MARK_VICTIM) |
			   KMC_TP_BIT(KMC_TP_STARTED_IO) | KMC_TP_BIT(KMC_TP_STARTED_FS) |
			   KMC_TP_BIT(KMC_TP_PANIC) | KMC_TP_BIT(KMC_TP_RESERVE) |
			   KMC_TP_BIT(KMC_TP_WARN) | KMC_TP_BIT(KMC_TP_SLEEP) |
			   KMC_TP_BIT(KMC_TP_RELEASED) | KMC_TP_BIT(KMC_TP_HUNG) |
			   KMC_TP_BIT(KMC_TP_PAGES_BACK) | KMC_TP_BIT(KMC_TP_WAKEUP_KSWAPD) |
			   KMC_TP_BIT(KMC_TP_FAULT_INJECTED) | KMC_TP_BIT(KMC_TP_MIGRATED) |
			   KMC_TP_BIT(KMC_TP_CHARGED) | KMC_TP_BIT(KMC_TP_UNCHARGED) |
			   KMC_TP_BIT(KMC_TP_COMPACTION_TRY) | KMC_TP_BIT(KMC_TP_SLAB_REPORT) |
			   KMC_TP_BIT(KMC_TP_SLOW_PATH) | KMC_TP_BIT(KMC_TP_MEMCG_RECLAIM_END);
	int err;

	exec->state = state;
	if (!state)
		return -ENOMEM;
	err = kmc_alloc_config(&exec->caps.machine, &config, error, size);
	if (err)
		return err;
	/* No op touches what it does not hold. */
	config.options |= KMC_OPT_KEEP_MAPPINGS;
	/* Zeros that are there by chance would be taken for zeroing. */
	if (exec->flags & KMC_TARGET_OBSERVE)
		config.options |= KMC_OPT_DIRTY_MEMORY;
	err = kmc_sim_create(&config, &state->sim);
	if (err) {
		snprintf(error, size, "%s", err == -ENOMEM ? "out of memory" :
			 "the machine's zones, nodes or cpus are not possible");
		return err;
	}
	kmc_sim_unbind();
	if (kmc_sim_bind_all(state->sim))
		return -EBUSY;
	state->profile = config.profile;
	state->gfp = kmc_gfp_table_of(exec->caps.machine.profile);
	forget(state);
	state->heard = exec->flags & KMC_TARGET_TRACEPOINTS ? KMC_ALL_TPS : mask;
	kmc_sim_holder(state->sim, &kmc_alloc_holder, exec);
	kmc_alloc_listen(exec, 0);
	return 0;
}

static int alloc_open(const struct kmc_target_config *config, struct kmc_target **target,
		      char *error, size_t size)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct kmc_exec *exec;
	int err;

	pthread_once(&once, collect_calls);
	exec = kmc_exec_create(&kmc_target_alloc, &backend, config);
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
