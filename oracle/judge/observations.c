// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a subject or the holder of memory saw: contents, what lies behind an
 * address, reports; and the tracepoints inside a call. Most of it is noted with
 * the call and judged at its end.
 */
#include "call_parts.h"

static struct kmc_case case_of(struct kmc_judge *judge, const struct kmc_event *ev,
			       const struct kmc_open_call *open, const struct kmc_life *life)
{
	struct kmc_case c = { .ev = ev, .open = open, .addr = ev->addr, .by = KMC_BY_NOBODY,
			      .call = open ? kmc_op_row(judge, open->what)->name :
						"observation",
			      .size = ev->size, .other = life, .cache = NULL };

	if (!life)
		return c;
	c.from = life->from;
	c.gfp = life->gfp;
	c.size = kmc_life_size(life);
	if (life->cache < judge->nr_caches)
		c.cache = judge->caches[life->cache];
	return c;
}

/* contents of a block that was resized or copied */

static bool is_copy(unsigned int code)
{
	return code >= KMC_OP_KMEMDUP && code <= KMC_OP_KMEMDUP_ARRAY;
}

static void ask_carried(struct kmc_judge *judge, const struct kmc_case *c)
{
	switch (c->chain->what) {
	case KMC_OP_KMEMDUP:
	case KMC_OP_KMEMDUP_ARRAY:
		KMC_ASK(judge, DUP_1, c);
		break;
	case KMC_OP_KMEMDUP_NUL:
		KMC_ASK(judge, DUP_4, c);
		break;
	case KMC_OP_VREALLOC:
	case KMC_OP_VREALLOC_NODE_ALIGN:
		KMC_ASK(judge, REA_15, c);
		break;
	case KMC_OP_RUST_REALLOC:
		KMC_ASK(judge, RS_5, c);
		break;
	case KMC_OP_KREALLOC_ARRAY:
		if (c->chain->failed) {
			KMC_ASK(judge, ARR_3, c);
			break;
		}
		KMC_ASK(judge, REA_1, c);
		break;
	default:
		if (c->chain->failed)
			KMC_ASK(judge, REA_4, c);
		else
			KMC_ASK(judge, REA_1, c);
	}
}

static void ask_exposed(struct kmc_judge *judge, const struct kmc_case *c)
{
	unsigned int code = c->chain->what;

	bool stored = judge->subject.machine.options & KMC_MO_slub_store_user &&
		      kmc_release_of(judge) >= KMC_RELEASE(6, 13, 0);

	if (code == KMC_OP_VREALLOC || code == KMC_OP_VREALLOC_NODE_ALIGN)
		KMC_ASK(judge, REA_15, c);
	else if (c->chain->in_place && stored && judge->on[KMC_R_REA_9])
		KMC_ASK(judge, REA_9, c);
	else
		KMC_ASK(judge, REA_7, c);
}

/* Return: is it for the rules of resizes and copies? */
static bool of_chain(struct kmc_judge *judge, const struct kmc_event *ev,
		     const struct kmc_open_call *open, const struct kmc_life *life)
{
	bool bad = ev->what == KMC_EFF_CONTENT_LOST || ev->what == KMC_EFF_CONTENT_DIRTY;
	bool zero = ev->what == KMC_EFF_CONTENT_DIRTY || ev->what == KMC_EFF_CONTENT_ZERO;
	const struct kmc_chain *chain = kmc_book_chain_find(&judge->chains, life->addr, life->seq);
	uint64_t offset = (bad ? ev->addr2 : ev->addr) - life->addr;
	struct kmc_case c;

	if (!chain || kmc_book_chain_written(chain, offset))
		return false;
	c = case_of(judge, ev, open, life);
	c.chain = chain;
	c.value = offset;
	if (offset < chain->carried) {
		if (zero && !chain->was_zero)
			return !is_copy(chain->what);
		ask_carried(judge, &c);
		return true;
	}
	if (!zero || chain->failed || is_copy(chain->what))
		return false;
	if (chain->zeroing)
		ask_exposed(judge, &c);
	return true;
}

/* options that zero or spare whatever the flags say */

static void ask_options(struct kmc_judge *judge, const struct kmc_event *ev,
			struct kmc_open_call *open)
{
	bool zeroes = judge->subject.machine.options & KMC_MO_init_on_alloc;
	struct kmc_case c;

	if (!zeroes && ev->what != KMC_EFF_CONTENT_DIRTY)
		return;
	c = case_of(judge, ev, open, NULL);
	c.gfp = open->begin.gfp;
	if (open->begin.cache < judge->nr_caches)
		c.cache = judge->caches[open->begin.cache];
	c.size = open->begin.size;
	KMC_ASK(judge, DBG_5, &c);
	KMC_ASK(judge, KM_8, &c);
}

/* Of an object that is free now. */
static void ask_wiped(struct kmc_judge *judge, const struct kmc_event *ev,
		      const struct kmc_open_call *open)
{
	const struct kmc_life *life = kmc_shadow_find(&judge->shadow, ev->addr);
	struct kmc_case c = case_of(judge, ev, open, NULL);

	if (!life || life->state == KMC_LIFE_PENDING || life->flags & KMC_LIFE_TAINTED)
		return;
	if (life->cache < judge->nr_caches)
		c.cache = judge->caches[life->cache];
	c.from = life->from;
	KMC_ASK(judge, DBG_5, &c);
}

static bool is_sensitive(unsigned int code)
{
	return code == KMC_OP_KFREE_SENSITIVE || code == KMC_OP_KVFREE_SENSITIVE;
}

bool kmc_objects_content(struct kmc_judge *judge, const struct kmc_event *ev,
			struct kmc_open_call *open)
{
	bool pattern = ev->what == KMC_EFF_CONTENT_KEPT || ev->what == KMC_EFF_CONTENT_LOST;
	bool look = open && (open->what == KMC_OP_CHECK || open->what == KMC_OP_READ ||
			     open->what == KMC_OP_CHECK_ZERO);
	const struct kmc_life *life;

	if (judge->grace.nr && (!open || look) && kmc_objects_pending_content(judge, ev, open))
		return true;
	if (open && !look) {
		if (pattern) {
			open->notes.kept |= ev->what == KMC_EFF_CONTENT_KEPT;
			open->notes.lost |= ev->what == KMC_EFF_CONTENT_LOST;
			if (ev->what == KMC_EFF_CONTENT_LOST)
				open->notes.bad_at = ev->addr2;
			return true;
		}
		if (kmc_op_is_free(open->what) && !is_sensitive(open->what)) {
			ask_wiped(judge, ev, open);
			return true;
		}
		if (is_sensitive(open->what) || open->what == KMC_OP_KMEM_CACHE_ALLOC_BULK) {
			bool dirty = ev->what == KMC_EFF_CONTENT_DIRTY;

			if (dirty || !open->dirty) {
				open->dirty = dirty ? 2 : 1;
				open->dirty_at = ev->addr2;
			}
			return true;
		}
		ask_options(judge, ev, open);
		return false;
	}
	if (!judge->chains.used)
		return false;
	life = kmc_place_find(judge, ev->addr, 1, 0);
	return life && of_chain(judge, ev, open, life);
}

/* what lies behind an address */

/* Return: rules of that call speak of it, no others. */
static bool backing_in_call(struct kmc_judge *judge, const struct kmc_open_call *open,
			    struct kmc_case *c)
{
	c->gfp = open->begin.gfp;
	switch (open->what) {
	case KMC_OP_VM_UNMAP_ALIASES:
		KMC_ASK(judge, VM_18, c);
		return true;
	case KMC_OP_VMAP:
		KMC_ASK(judge, VM_13, c);
		return true;
	case KMC_OP_VFREE:
		c->other = kmc_shadow_find(&judge->shadow, c->addr);
		KMC_ASK(judge, VM_11, c);
		return true;
	case KMC_OP_VFREE_ATOMIC:
		KMC_ASK(judge, VM_12, c);
		return true;
	case KMC_OP_VMALLOC_32:
	case KMC_OP_VMALLOC_32_USER:
		KMC_ASK(judge, VM_4, c);
		return false;
	case KMC_OP_KVMALLOC_NODE:
	case KMC_OP_KVZALLOC_NODE:
	case KMC_OP_KVMALLOC_NODE_ALIGN:
		KMC_ASK(judge, KV_12, c);
		return false;
	case KMC_OP_VREALLOC_NODE_ALIGN:
		KMC_ASK(judge, REA_16, c);
		return false;
	default:
		return false;
	}
}

static void observe_backing(struct kmc_judge *judge, const struct kmc_event *ev,
			    const struct kmc_open_call *open)
{
	const struct kmc_life *life = kmc_place_find(judge, ev->addr, 1, 0);
	struct kmc_case c = case_of(judge, ev, open, life);

	if (open && backing_in_call(judge, open, &c))
		return;
	if (life && (life->from == KMC_FROM_KMALLOC || life->from == KMC_FROM_KMALLOC_LARGE))
		KMC_ASK(judge, KM_2, &c);
	else if ((life && life->from == KMC_FROM_VMALLOC) ||
		 (open && !life && kmc_op_desc(open->what) &&
		  kmc_op_desc(open->what)->family == KMC_OPF_VMALLOC))
		KMC_ASK(judge, VM_1, &c);
}

/* charges of single objects */

static bool asks_for_pages(const struct kmc_open_call *open)
{
	const struct kmc_op_desc *desc = kmc_op_desc(open->what);

	return desc && desc->family == KMC_OPF_PAGES;
}

static void note_charge(struct kmc_judge *judge, const struct kmc_event *ev,
			struct kmc_open_call *open)
{
	struct kmc_life *life = ev->addr ? kmc_shadow_find(&judge->shadow, ev->addr) : NULL;

	kmc_note_charge_of(judge, ev);
	if (ev->what == KMC_EFF_CHARGED) {
		if (open) {
			open->notes.charged += ev->arg;
			kmc_ask_charged(judge, ev, open);
		}
		if (life && open && life->state == KMC_LIFE_LIVE)
			open->notes.charged_again |= (life->flags & KMC_LIFE_CHARGED) != 0;
		if (life)
			life->flags |= KMC_LIFE_CHARGED;
		return;
	}
	/* What is reclaimed in a request for pages was not charged for it. */
	if (open && (ev->addr || !asks_for_pages(open)))
		open->notes.uncharged += ev->arg;
	if (!life)
		return;
	if (life->state == KMC_LIFE_PENDING || life->state == KMC_LIFE_FREED) {
		struct kmc_case c = case_of(judge, ev, open, life);

		if (life->seq >= judge->blind_before && life->flags & KMC_LIFE_DEFERRED)
			KMC_ASK(judge, RCU_11, &c);
	}
	life->flags &= ~(unsigned int)KMC_LIFE_CHARGED & 0x3ff;
}

/* pools */

static void note_backend(const struct kmc_event *ev, struct kmc_notes *notes)
{
	if (ev->what == KMC_EFF_BACKEND_FREE) {
		notes->nr_backend_freed++;
		return;
	}
	if (!notes->nr_backend_got && !notes->nr_backend_failed)
		notes->backend_gfp = ev->gfp;
	if (ev->addr)
		notes->nr_backend_got++;
	else
		notes->nr_backend_failed++;
}

int kmc_objects_effect(struct kmc_judge *judge, const struct kmc_event *ev,
		      struct kmc_open_call *open)
{
	struct kmc_notes *notes = open ? &open->notes : NULL;

	switch (ev->what) {
	case KMC_EFF_RELEASED:
		if (notes) {
			notes->released = ev->addr;
			notes->nr_released++;
		}
		kmc_objects_released(judge, ev, open);
		break;
	case KMC_EFF_PAGES_BACK:
		if (notes) {
			notes->pages_back += ev->size;
			kmc_book_constructed_drop(&judge->constructed, ev->addr, ev->size);
			if (open->what == KMC_OP_KMEM_CACHE_DESTROY)
				notes->lives_back += kmc_place_lives(judge, ev->addr, ev->size);
		}
		kmc_objects_pages_back(judge, ev, open);
		break;
	case KMC_EFF_CHARGED:
	case KMC_EFF_UNCHARGED:
		note_charge(judge, ev, open);
		break;
	case KMC_EFF_CONSTRUCTED:
		kmc_note_constructed(judge, ev, open);
		break;
	case KMC_EFF_REPORTED:
		kmc_note_report(judge, ev, open);
		if (notes && ev->arg < 32)
			notes->reports |= 1u << ev->arg;
		break;
	case KMC_EFF_BACKED:
		observe_backing(judge, ev, open);
		break;
	case KMC_EFF_POOL_LEVEL:
		if (notes) {
			notes->level = ev->arg;
			notes->min_nr = ev->size;
			notes->levelled = true;
		}
		break;
	case KMC_EFF_BACKEND_ALLOC:
	case KMC_EFF_BACKEND_FREE:
		if (notes)
			note_backend(ev, notes);
		break;
	}
	return 0;
}

static void note_page(struct kmc_judge *judge, const struct kmc_event *ev,
		      struct kmc_open_call *open)
{
	struct kmc_notes *notes = &open->notes;
	bool got = ev->outcome != KMC_OUT_NULL && ev->addr;

	judge->page_points = true;
	notes->page_twice |= got && notes->page_at == ev->addr && notes->free_at != ev->addr;
	notes->page_at = ev->addr;
	if (!notes->nr_page_gets && !notes->nr_page_fails)
		notes->page_gfp = ev->gfp;
	notes->page_gfp_all |= ev->gfp;
	if (!(ev->gfp & KMC_GFP_COMP) && ev->order > notes->plain_order)
		notes->plain_order = ev->order;
	notes->tried_in_vain |= !got;
	if (!got) {
		notes->nr_page_fails++;
		return;
	}
	notes->nr_page_gets++;
	notes->nr_single_gets += !ev->order && !(ev->gfp & KMC_GFP_COMP);
	notes->pages_kept += 1ll << (ev->order & 31);
	if (judge->sources.nr_areas) {
		struct kmc_case c = case_of(judge, ev, open, NULL);

		c.gfp = ev->gfp;
		kmc_cma_ask_borrower(judge, &c);
	}
}

/*
 * Reclaim, the call's own or that of a kswapd which has its turn inside it, frees what others
 * had, as the reaper of a killed task does, and shrinkers ask for memory of their own: none of
 * it is the call's.
 */
static const struct {
	uint16_t begin, end;
} reclaims[] = {
	{ KMC_TP_EV_DIRECT_RECLAIM_BEGIN, KMC_TP_EV_DIRECT_RECLAIM_END },
	{ KMC_TP_EV_MEMCG_RECLAIM_BEGIN, KMC_TP_EV_MEMCG_RECLAIM_END },
	{ KMC_TP_EV_SHRINK_SLAB_START, KMC_TP_EV_SHRINK_SLAB_END },
	{ KMC_TP_EV_KSWAPD_WAKE, KMC_TP_EV_KSWAPD_SLEEP },
	{ KMC_TP_EV_START_TASK_REAPING, KMC_TP_EV_FINISH_TASK_REAPING },
};

static void note_reclaim(const struct kmc_event *ev, struct kmc_notes *notes)
{
	for (unsigned int i = 0; i < sizeof(reclaims) / sizeof(reclaims[0]); i++)
		if (ev->what == reclaims[i].begin)
			notes->reclaims |= (uint8_t)(1u << i);
		else if (ev->what == reclaims[i].end)
			notes->reclaims &= (uint8_t)~(1u << i);
}

/* What goes may come again. */
static void point_of_reclaim(struct kmc_judge *judge, const struct kmc_event *ev,
			     struct kmc_notes *notes)
{
	switch (ev->what) {
	case KMC_TP_EV_MM_PAGE_FREE:
		if (notes->page_at == ev->addr)
			notes->page_at = 0;
		break;
	case KMC_TP_EV_FREE_VMAP_AREA:
		judge->pages.areas_lazy++;
		break;
	case KMC_TP_EV_PURGE_VMAP_AREA:
		judge->pages.areas_lazy = 0;
		break;
	}
}

static bool is_accounted(const struct kmc_case *c, const struct kmc_open_call *open)
{
	return open->begin.gfp & KMC_GFP_ACCOUNT ||
	       (c->cache && c->cache->desc.flags & KMC_CF_ACCOUNT);
}

void kmc_objects_point(struct kmc_judge *judge, const struct kmc_event *ev)
{
	struct kmc_open_call *open = kmc_open_find(judge, ev->id ? ev->id : ev->parent);
	struct kmc_notes *notes = open ? &open->notes : NULL;

	if (!open)
		return;
	notes->saw_points = true;
	note_reclaim(ev, notes);
	if (ev->what == KMC_TP_EV_DIRECT_RECLAIM_BEGIN)
		open->notes.pages.in_reclaim = true;
	if (notes->reclaims) {
		point_of_reclaim(judge, ev, notes);
		return;
	}
	kmc_pages_point(judge, ev, open);
	switch (ev->what) {
	case KMC_TP_EV_KMALLOC:
		if (!notes->tried) {
			notes->try_size = ev->size;
			notes->try_gfp = ev->gfp;
			notes->tried = true;
		}
		notes->tried_in_vain |= ev->outcome == KMC_OUT_NULL;
		break;
	case KMC_TP_EV_MM_PAGE_ALLOC:
		note_page(judge, ev, open);
		if (open->what >= KMC_OP_KMEM_CACHE_ALLOC &&
		    open->what <= KMC_OP_KMEM_CACHE_ALLOC_BULK) {
			struct kmc_case c = case_of(judge, ev, open, NULL);

			c.gfp = ev->gfp;
			if (open->begin.cache < judge->nr_caches)
				c.cache = judge->caches[open->begin.cache];
			if (!is_accounted(&c, open)) /* for whom there are pages of another kind */
				KMC_ASK(judge, KC_16, &c);
		}
		break;
	case KMC_TP_EV_MM_PAGE_FREE:
		notes->pages_kept -= 1ll << (ev->order & 31);
		notes->nr_page_frees++;
		notes->free_order = ev->order;
		notes->free_at = ev->addr;
		if (notes->page_at == ev->addr)
			notes->page_at = 0; /* it may come again */
		judge->page_points = true;
		break;
	case KMC_TP_EV_ALLOC_VMAP_AREA:
		notes->areas_kept += ev->outcome == KMC_OUT_VALUE;
		break;
	case KMC_TP_EV_FREE_VMAP_AREA:
		notes->areas_kept--;
		judge->pages.areas_lazy++;
		break;
	case KMC_TP_EV_PURGE_VMAP_AREA:
		judge->pages.areas_lazy = 0;
		break;
	case KMC_TP_EV_CMA_ALLOC_START:
		notes->saw_cma = true;
		break;
	case KMC_TP_EV_KFREE:
		notes->freed_slab = true;
		break;
	}
}
