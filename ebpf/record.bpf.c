// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The recording programs: one raw tracepoint program per probe, each filling
 * one slot of its cpu's ring. Raw tracepoints and plain numbers throughout,
 * since 6.1 refuses typed const void pointers. Loaded by probes.c.
 *
 * Accounting: every run of a program ends in exactly one of written, lost,
 * filtered, skipped_self, skipped_null, and adds one to hits. The counters of a
 * program on a cpu have one writer: the kernel's recursion guard lets no
 * program in twice on one cpu (what it keeps out is its own count of misses).
 */
#include "cache_item.bpf.h"

char LICENSE[] SEC("license") = "GPL";

/* Order as in enum kmc_probe. */
enum probe {
	KMALLOC, KFREE, CACHE_ALLOC, CACHE_FREE, PAGE_ALLOC, PAGE_FREE,
	RECLAIM_BEGIN, RECLAIM_END, KSWAPD_WAKE, MARK_VICTIM,
	VMAP_ALLOC, VMAP_FREE, PERCPU_ALLOC, PERCPU_FREE,
};

/* Set before loading, constant for the verifier: what is off costs nothing. */
const volatile __u64 nr_slots = 1;      /* of a cpu's ring, a power of two */
const volatile __u64 cache_seed = 1;
const volatile __u32 nr_rings = 1;
const volatile int own_tgid = 0;
const volatile int only_tgid = 0;       /* 0: all */
const volatile __u32 only_cache = ~0u;  /* index; ~0: all */
const volatile __u64 only_min = 0, only_max = ~0ull; /* requested bytes of kmalloc */
const volatile bool clock_coarse = false; /* jiffies */
const volatile __u64 tick_ns = 4000000;
const volatile bool keep_null_frees = false;
const volatile bool victim_is_task = false; /* mark_victim has a task, not a pid */
const volatile bool free_has_cache = true;  /* kmem_cache_free has the cache */

/* The monotonic clock at jiffy 0, with clock_coarse. */
__u64 jiffies_base = 0;
/* Next index for a cache first seen here; the recorder sets the first. */
__u32 next_cache = 0;
/* The widest range any vmap area was asked from, and the first pcpu address. */
__u64 vmap_start = 0, vmap_end = 0;
struct kmc_cache_entry cache_table[1 << KMC_CACHE_TABLE_BITS];

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kmc_slot);
} ring SEC(".maps"), nest SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct kmc_cpu);
} cpus SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, KMC_CACHES_MISSED_MAX);
	__type(key, __u64);
	__type(value, struct kmc_cache_item);
} missed SEC(".maps");

struct event {
	__u64 addr, site, size;
	__u32 gfp, aux;
	int node;
	bool failed;
};

#define READ(x)     (*(volatile typeof(x) *)&(x))
#define WRITE(x, v) (*(volatile typeof(x) *)&(x) = (v))
#define compiler_barrier() asm volatile("" ::: "memory")

/* Makes what was stored before visible before what is stored through this. */
static __always_inline void publish(__u64 *word, __u64 value)
{
#if defined(__TARGET_ARCH_x86)
	compiler_barrier();
	WRITE(*word, value);
#else
	__sync_lock_test_and_set(word, value);
#endif
}

/* KMC_SCOPE_*: NOIO 1, NOFS 2, MEMALLOC 4, PIN 8, KTHREAD 16, by shifts only. */
static __always_inline __u64 scope_of(__u32 flags)
{
	return (flags >> 19 & 1) | (flags >> 17 & 2) | (flags >> 9 & 4) |
	       (flags >> 25 & 8) | (flags >> 17 & 16);
}
_Static_assert(PF_MEMALLOC_NOIO >> 19 == 1 && PF_MEMALLOC_NOFS >> 17 == 2 &&
	       PF_MEMALLOC >> 9 == 4 && PF_MEMALLOC_PIN >> 25 == 8 &&
	       PF_KTHREAD >> 17 == 16, "scope_of() shifts");

static __always_inline __u64 now_ns(void)
{
	return clock_coarse ? bpf_jiffies64() * tick_ns + jiffies_base : bpf_ktime_get_ns();
}

static __always_inline void fill(struct kmc_slot *slot, const struct event *e,
				 __u64 tid, __u64 what)
{
	slot->when = now_ns() << KMC_SLOT_TID_BITS | tid;
	slot->where = e->addr << KMC_SLOT_NODE_BITS | (e->node & KMC_SLOT_NODE_NONE);
	slot->who = e->site << 32 | e->gfp;
	publish(&slot->what, what);
}

/* Interrupted another program of this cpu: rare, and may itself be interrupted. */
static __always_inline bool write_nested(struct kmc_cpu *c, __u32 cpu,
					 const struct event *e, __u64 tid, __u64 what)
{
	struct kmc_slot *slot;
	__u64 at;
	__u32 i;

	if (READ(c->state.nest_head) - READ(c->control.nest_tail) >=
	    KMC_NEST_SLOTS - KMC_NEST_SPARE)
		return false;
	i = cpu * KMC_NEST_SLOTS;
	at = __sync_fetch_and_add(&c->state.nest_head, 1);
	i += at & (KMC_NEST_SLOTS - 1);
	slot = bpf_map_lookup_elem(&nest, &i);
	if (!slot)
		return false; /* not reached: cpu < nr_rings */
	if (!(at & KMC_NEST_SLOTS))
		what |= KMC_SLOT_LAP;
	fill(slot, e, tid, what);
	return true;
}

static __always_inline bool write_slot(struct kmc_cpu *c, __u32 cpu,
				       const struct event *e, __u64 tid, __u64 what)
{
	struct kmc_slot *slot;
	__u64 head;
	__u32 i;

	if (READ(c->state.busy))
		return write_nested(c, cpu, e, tid, what);
	/* From here to busy = 0 the main ring is ours; so is its order of time. */
	WRITE(c->state.busy, 1);
	head = READ(c->state.head);
	if (head - READ(c->control.tail) >= nr_slots)
		goto full;
	i = cpu * nr_slots + (head & (nr_slots - 1));
	slot = bpf_map_lookup_elem(&ring, &i);
	if (!slot)
		goto full;
	fill(slot, e, tid, what);
	publish(&c->state.head, head + 1);
	WRITE(c->state.busy, 0);
	return true;
full:
	WRITE(c->state.lost_at, head);
	WRITE(c->state.busy, 0);
	return false;
}

/* The only way for an event into the stream; one call per run of a program. */
static __always_inline int record(enum probe probe, const struct event *e,
				  bool null_free, bool filtered)
{
	__u32 cpu = bpf_get_smp_processor_id();
	struct kmc_cpu *c = bpf_map_lookup_elem(&cpus, &cpu);
	struct kmc_slot_count *count;
	struct task_struct *task;
	__u64 size = e->size, what;

	if (!c || !READ(c->control.enabled))
		return 0;
	count = &c->state.count[probe];
	count->hits++;
	task = bpf_get_current_task_btf();
	/*
	 * Pages and areas are recorded whosever they are: a page of the recorder's
	 * that slab takes afterwards would else be taken twice without a free.
	 */
	if (probe <= CACHE_FREE && task->tgid == own_tgid) {
		count->skipped_self++;
		return 0;
	}
	if (null_free) {
		count->skipped_null++;
		return 0;
	}
	if (filtered || (only_tgid && task->tgid != only_tgid)) {
		count->filtered++;
		return 0;
	}
	if (size > 0xffffffff)
		size = 0xffffffff;
	what = size << 32 | e->aux << KMC_SLOT_AUX_SHIFT | probe << KMC_SLOT_PROBE_SHIFT |
	       scope_of(task->flags) << KMC_SLOT_SCOPE_SHIFT;
	if (e->failed)
		what |= KMC_SLOT_FAILED;
	if (cpu >= nr_rings || !write_slot(c, cpu, e, (__u32)task->pid, what))
		count->lost++;
	return 0;
}

/*
 * First sight of a cache, or one met before that was not there at the start.
 * It is described at once: later it may be gone.
 */
static __noinline __u32 cache_index_slow(__u64 cache)
{
	struct kmc_cache_item *known, item = {};

	known = bpf_map_lookup_elem(&missed, &cache);
	if (known)
		return known->index;
	item.index = __sync_fetch_and_add(&next_cache, 1);
	if (item.index >= KMC_SLOT_NO_CACHE)
		return KMC_SLOT_NO_CACHE;
	describe_cache(&item, (struct kmem_cache *)cache);
	if (!bpf_map_update_elem(&missed, &cache, &item, BPF_NOEXIST))
		return item.index;
	known = bpf_map_lookup_elem(&missed, &cache); /* another cpu was first */
	return known ? known->index : KMC_SLOT_NO_CACHE;
}

static __always_inline __u32 cache_index(__u64 cache)
{
	__u64 i = cache * cache_seed >> (64 - KMC_CACHE_TABLE_BITS);

	if (cache_table[i].cache == cache)
		return cache_table[i].index;
	return cache_index_slow(cache);
}

static __always_inline __u32 granted_pack(__u64 granted)
{
	if (granted < KMC_GRANTED_SMALL)
		return granted >> 3;
	granted >>= 12;
	return KMC_GRANTED_PAGES | (granted < 0x7fff ? granted : 0x7fff);
}

/* Run once by the recorder, not attached: relates jiffies to the monotonic clock. */
SEC("raw_tp")
int relate_clocks(__attribute__((unused)) struct bpf_raw_tracepoint_args *ctx)
{
	jiffies_base = bpf_ktime_get_ns() - bpf_jiffies64() * tick_ns;
	return 0;
}

/* NULL and ZERO_SIZE_PTR: what kfree() takes for nothing */
static __always_inline bool no_object(__u64 addr)
{
	return addr <= 16;
}

SEC("raw_tp/kmalloc")
int on_kmalloc(struct bpf_raw_tracepoint_args *ctx)
{
	struct event e = {
		.site = ctx->args[0], .addr = ctx->args[1], .size = ctx->args[2],
		.aux = granted_pack(ctx->args[3]), .gfp = ctx->args[4],
		.node = ctx->args[5], .failed = no_object(ctx->args[1]),
	};

	return record(KMALLOC, &e, false,
		      only_cache != ~0u || e.size < only_min || e.size > only_max);
}

SEC("raw_tp/kfree")
int on_kfree(struct bpf_raw_tracepoint_args *ctx)
{
	struct event e = { .site = ctx->args[0], .addr = ctx->args[1], .node = -1 };

	return record(KFREE, &e, !keep_null_frees && no_object(e.addr), only_cache != ~0u);
}

SEC("raw_tp/kmem_cache_alloc")
int on_cache_alloc(struct bpf_raw_tracepoint_args *ctx)
{
	struct event e = {
		.site = ctx->args[0], .addr = ctx->args[1],
		.aux = cache_index(ctx->args[2]), .gfp = ctx->args[3],
		.node = ctx->args[4], .failed = no_object(ctx->args[1]),
	};

	return record(CACHE_ALLOC, &e, false, only_cache != ~0u && e.aux != only_cache);
}

SEC("raw_tp/kmem_cache_free")
int on_cache_free(struct bpf_raw_tracepoint_args *ctx)
{
	struct event e = {
		.site = ctx->args[0], .addr = ctx->args[1], .node = -1,
		.aux = free_has_cache ? cache_index(ctx->args[2]) : KMC_SLOT_NO_CACHE,
	};

	return record(CACHE_FREE, &e, !keep_null_frees && no_object(e.addr),
		      only_cache != ~0u && e.aux != only_cache);
}

/* Page events carry the struct page; the recorder turns it into a frame number. */
SEC("raw_tp/mm_page_alloc")
int on_page_alloc(struct bpf_raw_tracepoint_args *ctx)
{
	struct event e = {
		.addr = ctx->args[0], .gfp = ctx->args[2], .node = -1,
		.aux = (ctx->args[1] & 0xff) | (ctx->args[3] & 0xff) << 8,
		.failed = !ctx->args[0],
	};

	return record(PAGE_ALLOC, &e, false, only_cache != ~0u);
}

SEC("raw_tp/mm_page_free")
int on_page_free(struct bpf_raw_tracepoint_args *ctx)
{
	struct event e = {
		.addr = ctx->args[0], .aux = ctx->args[1] & 0xff, .node = -1,
	};

	return record(PAGE_FREE, &e, false, only_cache != ~0u);
}

SEC("raw_tp/mm_vmscan_direct_reclaim_begin")
int on_reclaim_begin(struct bpf_raw_tracepoint_args *ctx)
{
	struct event e = { .aux = ctx->args[0] & 0xff, .gfp = ctx->args[1], .node = -1 };

	return record(RECLAIM_BEGIN, &e, false, false);
}

/* size = pages reclaimed */
SEC("raw_tp/mm_vmscan_direct_reclaim_end")
int on_reclaim_end(struct bpf_raw_tracepoint_args *ctx)
{
	struct event e = { .size = ctx->args[0], .node = -1 };

	return record(RECLAIM_END, &e, false, false);
}

SEC("raw_tp/mm_vmscan_kswapd_wake")
int on_kswapd_wake(struct bpf_raw_tracepoint_args *ctx)
{
	struct event e = { .node = ctx->args[0], .aux = ctx->args[2] & 0xff };

	return record(KSWAPD_WAKE, &e, false, false);
}

/* size = pid of the victim */
SEC("raw_tp/mark_victim")
int on_mark_victim(struct bpf_raw_tracepoint_args *ctx)
{
	struct event e = { .node = -1 };
	int pid = ctx->args[0];

	if (victim_is_task)
		bpf_core_read(&pid, sizeof(pid), &((struct task_struct *)ctx->args[0])->pid);
	e.size = (__u32)pid;
	return record(MARK_VICTIM, &e, false, false);
}

SEC("raw_tp/alloc_vmap_area")
int on_vmap_alloc(struct bpf_raw_tracepoint_args *ctx)
{
	struct event e = {
		.addr = ctx->args[0], .size = ctx->args[1], .node = -1,
		.failed = ctx->args[5] != 0,
	};

	if (ctx->args[4] - ctx->args[3] > vmap_end - vmap_start) {
		vmap_start = ctx->args[3];
		vmap_end = ctx->args[4];
	}
	return record(VMAP_ALLOC, &e, false, only_cache != ~0u);
}

SEC("raw_tp/free_vmap_area_noflush")
int on_vmap_free(struct bpf_raw_tracepoint_args *ctx)
{
	struct event e = { .addr = ctx->args[0], .node = -1 };

	return record(VMAP_FREE, &e, false, only_cache != ~0u);
}

SEC("raw_tp/percpu_alloc_percpu")
int on_percpu_alloc(struct bpf_raw_tracepoint_args *ctx)
{
	struct event e = {
		.site = ctx->args[0], .addr = ctx->args[7], .size = ctx->args[3],
		.gfp = ctx->args[9], .node = -1, .failed = !ctx->args[7],
	};

	return record(PERCPU_ALLOC, &e, false, only_cache != ~0u);
}

SEC("raw_tp/percpu_free_percpu")
int on_percpu_free(struct bpf_raw_tracepoint_args *ctx)
{
	struct event e = { .addr = ctx->args[2], .node = -1 };

	return record(PERCPU_FREE, &e, false, only_cache != ~0u);
}
