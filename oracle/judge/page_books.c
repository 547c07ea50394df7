// SPDX-License-Identifier: GPL-2.0-or-later
/* The page side's books: kept from machine events, calls about scopes and groups, and effects. */
#include <stddef.h>
#include <string.h>
#include "call_parts.h"

void kmc_pages_reset(struct kmc_judge *judge)
{
	struct kmc_page_books *books = &judge->pages;

	for (uint64_t used = books->used; used; used &= used - 1)
		books->tasks[__builtin_ctzll(used)] = (struct kmc_task_book){ .flags = 0 };
	memset((char *)books + offsetof(struct kmc_page_books, used), 0,
	       sizeof(*books) - offsetof(struct kmc_page_books, used));
}

struct kmc_task_book *kmc_pages_task(struct kmc_judge *judge, uint64_t task)
{
	struct kmc_page_books *books = &judge->pages;

	if (task >= KMC_BOOK_TASKS)
		return NULL;
	if (!(books->used >> task & 1)) {
		books->used |= 1ull << task;
		books->tasks[task].active = KMC_CACHE_NONE;
	}
	return &books->tasks[task];
}

const struct kmc_task_book *kmc_pages_task_seen(const struct kmc_judge *judge, uint64_t task)
{
	static const struct kmc_task_book unknown = { .active = KMC_CACHE_NONE };

	return task < KMC_BOOK_TASKS && judge->pages.used >> task & 1 ? &judge->pages.tasks[task] :
								      &unknown;
}

/* machine events */

static void note_task(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_task_book *task = kmc_pages_task(judge, ev->size);

	if (!task)
		return;
	if (ev->what == KMC_OP_TASK_EXIT) {
		task->flags |= KMC_TF_EXITING;
		task->flags &= (uint8_t)~KMC_TF_OOM_VICTIM;
		task->anon = 0;
		task->anon_unknown = false;
		task->adj = 0; /* who comes after it has none of it */
		return;
	}
	task->flags = (uint8_t)ev->granted;
	task->adj = (int16_t)ev->addr2;
	if (ev->granted & KMC_TF_MEMALLOC)
		task->scope |= KMC_SCOPE_MEMALLOC;
	else
		task->scope &= (uint8_t)~KMC_SCOPE_MEMALLOC;
}

static void note_anon(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_task_book *task = kmc_pages_task(judge, ev->size);

	if (!task)
		return;
	if (ev->outcome == KMC_OUT_ERROR) {
		task->anon_unknown = true;
		return;
	}
	task->anon += ev->granted;
	judge->pages.killer |= ev->granted != 0;
}

static unsigned int kswapd_node(const struct kmc_event *ev)
{
	return ev->node < 0 ? 0 : (unsigned int)ev->node & (KMC_BOOK_NODES - 1);
}

/* One that was not woken sleeps on; what is asked of it from here on, it is awake for again. */
void kmc_pages_kswapd_begins(struct kmc_judge *judge, const struct kmc_event *ev)
{
	judge->pages.awake &= ~(1ull << kswapd_node(ev));
}

static void note_kswapd(struct kmc_judge *judge, const struct kmc_event *ev)
{
	unsigned int node = kswapd_node(ev);

	if (ev->kind == KMC_EV_MACHINE) /* a call has had its entry */
		kmc_pages_kswapd_begins(judge, ev);
	if (judge->pages.kswapd_runs[node] < UINT8_MAX)
		judge->pages.kswapd_runs[node]++;
}

void kmc_pages_machine(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_task_book *task;

	judge->pages.ballooned |= ev->what == KMC_OP_BALLOON;
	judge->pages.pressed |= ev->what == KMC_OP_PRESSURE || ev->what == KMC_OP_BALLOON ||
				ev->what == KMC_OP_POPULATE_LRU || ev->what == KMC_OP_POPULATE_ANON;
	switch (ev->what) {
	case KMC_OP_TASK_SET:
	case KMC_OP_TASK_EXIT:
		if (ev->outcome == KMC_OUT_NONE)
			note_task(judge, ev);
		break;
	case KMC_OP_POPULATE_ANON:
		note_anon(judge, ev);
		break;
	case KMC_OP_SYSCTL:
		kmc_marks_sysctl(judge, ev);
		break;
	case KMC_OP_PRESSURE:
		kmc_marks_pressure(judge, ev);
		break;
	case KMC_OP_KSWAPD_STEP:
		note_kswapd(judge, ev);
		break;
	case KMC_OP_FAIL_NTH:
		judge->pages.fails_first &= (uint8_t)~(1u << (ev->addr2 & 7));
		if (ev->size == 1 && !ev->granted)
			judge->pages.fails_first |= (uint8_t)(1u << (ev->addr2 & 7));
		break;
	case KMC_OP_VMALLOC_LIMIT:
		judge->pages.areas_limited = ev->size != 0;
		break;
	case KMC_OP_SHRINKER:
		judge->pages.shrinkers = true;
		judge->pages.shrinkers_ask |= ev->addr2 != 0;
		break;
	case KMC_OP_SUSPEND_STORAGE:
		judge->pages.suspended = ev->size != 0;
		break;
	case KMC_OP_MEMS_ALLOWED:
		task = kmc_pages_task(judge, ev->size);
		if (task)
			task->mems = ev->granted;
		break;
	}
}

/* effects and points */

static void note_killed(struct kmc_judge *judge, const struct kmc_event *ev,
			struct kmc_open_call *open)
{
	struct kmc_task_book *task;

	if (open && ev->cache == KMC_CACHE_NONE)
		kmc_oom_ask_victim(judge, ev, open);
	task = kmc_pages_task(judge, ev->arg);
	if (task) {
		task->flags |= KMC_TF_OOM_VICTIM | KMC_TF_EXITING;
		task->anon = 0;
		task->anon_unknown = false;
	}
	if (!open || ev->cache != KMC_CACHE_NONE)
		return;
	open->notes.pages.killed++;
	open->notes.pages.killed_other |= ev->arg != open->begin.task;
}

static void note_round(const struct kmc_event *ev, struct kmc_page_notes *notes)
{
	notes->rounds++;
	if (ev->arg > notes->most_reclaimed)
		notes->most_reclaimed = ev->arg;
	notes->in_reclaim = false;
	notes->fruitless = ev->arg ? 0 : (uint16_t)(notes->fruitless + 1);
	if (notes->fruitless > notes->most_fruitless)
		notes->most_fruitless = notes->fruitless;
}

static void note_compaction(const struct kmc_event *ev, struct kmc_page_notes *notes)
{
	if (!notes->compactions++) {
		notes->first_compaction = (uint8_t)ev->arg;
		notes->reclaim_first = notes->rounds;
	}
}

static void note_warning(struct kmc_judge *judge, const struct kmc_event *ev,
			 struct kmc_open_call *open)
{
	if (ev->arg >= KMC_NR_WARNINGS)
		return;
	if (open)
		kmc_gfp_ask_warning(judge, ev, open);
	judge->pages.warned |= 1u << ev->arg;
	if (ev->arg == KMC_WARNING_FAILURE) {
		judge->pages.reports++;
		judge->pages.last_report_ns = ev->time_ns;
	}
	if (open)
		open->notes.pages.warned |= 1u << ev->arg;
}

/* Of which nodes something was reclaimed is seen where there is one only, or by its own kswapd. */
static void note_hope(struct kmc_judge *judge, struct kmc_open_call *open, int kswapd_of)
{
	if (open && open->effects & 1u << KMC_EFF_SLEPT)
		return; /* a kswapd that was waited for may have given up since */
	for (int node = 0; node < KMC_BOOK_NODES; node++) {
		if (kswapd_of >= 0 ? node != kswapd_of : judge->subject.machine.nr_nodes > 1)
			continue;
		if (open && judge->pages.kswapd_runs[node] >= KMC_HOPELESS_RUNS)
			open->notes.pages.hopeless |= 1ull << node;
		judge->pages.kswapd_runs[node] = 0;
	}
}

/* Rule: RCL-6. Whoever reclaims something gives kswapd hope again. */
static void note_progress(struct kmc_judge *judge, const struct kmc_event *ev,
			  struct kmc_open_call *open)
{
	bool kswapd = open && open->what == KMC_OP_KSWAPD_STEP;
	unsigned int node = kswapd ? kswapd_node(&open->begin) : 0;

	/* Who is throttled before it reclaims wakes kswapd without a word. */
	if (!kswapd && open && !(open->begin.gfp & KMC_GFP_KSWAPD_RECLAIM))
		judge->pages.awake = UINT64_MAX;
	if (ev->arg) {
		note_hope(judge, open, kswapd ? (int)node : -1);
		memset(judge->pages.kswapd_vain, 0, sizeof(judge->pages.kswapd_vain));
	} else if (kswapd && judge->pages.kswapd_vain[node] < UINT8_MAX) {
		judge->pages.kswapd_vain[node]++;
	}
}

static void note_woken(struct kmc_judge *judge, const struct kmc_event *ev,
		       struct kmc_open_call *open)
{
	uint64_t nodes = ev->node < 0 ? UINT64_MAX : 1ull << (ev->node & (KMC_BOOK_NODES - 1));
	struct kmc_case c = {
		.ev = ev, .call = open ? kmc_call_name(judge, open->what) : "wakeup",
		.by = KMC_BY_NOBODY, .gfp = open ? open->begin.gfp : 0, .open = open,
	};

	/* What a shrinker asks for comes while a round is under way: what that reclaimed is not told yet. */
	if (ev->node >= 0 && !judge->blind_before && !judge->pages.shrinkers_ask)
		KMC_ASK(judge, RCL_6, &c);
	if (open)
		open->notes.pages.woken |= nodes & ~judge->pages.awake;
	judge->pages.awake |= nodes;
}

void kmc_pages_effect(struct kmc_judge *judge, const struct kmc_event *ev,
		      struct kmc_open_call *open)
{
	struct kmc_page_notes *notes = open ? &open->notes.pages : NULL;

	/* For a group's limit: no matter of zones, nor of the machine's memory. */
	if (ev->what == KMC_EFF_RECLAIMED && ev->cache != KMC_CACHE_NONE)
		return;
	switch (ev->what) {
	case KMC_EFF_SLEPT: /* kswapd may have been waited for, and may have given up meanwhile */
		memset(judge->pages.kswapd_runs, UINT8_MAX, sizeof(judge->pages.kswapd_runs));
		break;
	case KMC_EFF_KILLED:
		note_killed(judge, ev, open);
		break;
	case KMC_EFF_WARNED:
		note_warning(judge, ev, open);
		break;
	case KMC_EFF_FREE_PAGES:
		kmc_marks_report(judge, ev, open);
		break;
	case KMC_EFF_WOKE_KSWAPD:
		note_woken(judge, ev, open);
		break;
	case KMC_EFF_RECLAIMED:
		note_progress(judge, ev, open);
		if (open && open->what == KMC_OP_KSWAPD_STEP)
			break;
		if (notes)
			note_round(ev, notes);
		if (open)
			kmc_reclaim_ask_nested(judge, ev, open);
		break;
	case KMC_EFF_COMPACTED:
		if (notes)
			note_compaction(ev, notes);
		break;
	case KMC_EFF_CHARGED:
		if (notes) {
			notes->group = ev->cache;
			notes->charged += ev->arg;
		}
		break;
	}
}

void kmc_pages_point(struct kmc_judge *judge, const struct kmc_event *ev,
		     struct kmc_open_call *open)
{
	struct kmc_page_notes *notes = &open->notes.pages;

	switch (ev->what) {
	case KMC_TP_EV_MM_PAGE_ALLOC:
		kmc_pages_ask_traced(judge, ev, open);
		break;
	case KMC_TP_EV_MM_PAGE_ALLOC_ZONE_LOCKED:
		notes->taken += 1ull << (ev->order & 31);
		break;
	case KMC_TP_EV_MM_PAGE_ALLOC_EXTFRAG:
		kmc_pages_ask_fallback(judge, ev, open);
		break;
	case KMC_TP_EV_MM_PAGE_FREE:
		notes->points_freed++;
		notes->pages_freed += 1ull << (ev->order & 31);
		kmc_pages_ask_returned(judge, ev, open);
		break;
	}
}
