/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The parts of the call side, among themselves: each looks at one kind of call,
 * call_side.c sends every event to its parts. Included by judge/ only.
 */
#ifndef CALL_PARTS_H
#define CALL_PARTS_H
#include "judge_priv.h"

/* call_case.c */

/* Traits of call_traits.def. */
enum { Z = 1, A = 2, G = 4, R = 8, N = 16 };

struct kmc_traits {
	uint8_t gives; /* enum kmc_provenance; 0 nothing */
	uint8_t takes; /* enum kmc_free_column + 1; 0 nothing */
	uint8_t how;
};

extern const struct kmc_traits kmc_call_traits[KMC_OPCODE_END];

static inline const struct kmc_traits *kmc_traits_of(unsigned int code)
{
	return &kmc_call_traits[code < KMC_OPCODE_END ? code : 0];
}

static inline const char *kmc_call_name(const struct kmc_judge *judge, unsigned int code)
{
	return kmc_op_row(judge, code)->name;
}

static inline bool kmc_call_has_gfp(const struct kmc_judge *judge, unsigned int code)
{
	return kmc_op_row(judge, code)->has_gfp;
}

/** kmc_case_set() - The case of this event, as far as the event alone and the caches tell. */
void kmc_case_set(struct kmc_judge *judge, struct kmc_case *c, const struct kmc_event *ev);

/* What kind of memory, of free, of request. */

static inline bool kmc_is_page_memory(unsigned int from)
{
	return from >= KMC_FROM_PAGE && from <= KMC_FROM_CMA;
}

/* Of pages where they lie: what is in their place moves away first. */
static inline bool kmc_takes_range(unsigned int code)
{
	return code == KMC_OP_ALLOC_CONTIG_RANGE || code == KMC_OP_ALLOC_CONTIG_PAGES ||
	       code == KMC_OP_CMA_ALLOC;
}

static inline bool kmc_is_rcu_column(unsigned int by)
{
	return by == KMC_BY_KFREE_RCU || by == KMC_BY_KVFREE_RCU || by == KMC_BY_MIGHTSLEEP;
}

static inline bool kmc_is_slab_request(const struct kmc_case *c)
{
	return c->from >= KMC_FROM_KMALLOC && c->from <= KMC_FROM_BUCKET;
}

static inline bool kmc_is_rcu_free(unsigned int code)
{
	return code >= KMC_OP_KFREE_RCU && code <= KMC_OP_KVFREE_RCU_MIGHTSLEEP;
}

/* open_calls.c; kmc_open_find() is in judge_priv.h */

/** kmc_open_push() - A call begins. Return: 0, -ENOMEM. */
int kmc_open_push(struct kmc_judge *judge, const struct kmc_event *ev);
/** kmc_open_drop() - It has ended. Return: the same call, until another begins. */
struct kmc_open_call *kmc_open_drop(struct kmc_judge *judge, struct kmc_open_call *open);

/* call_lives.c */

/** kmc_takes_addresses() - Does memory of this kind at @addr take addresses from others? */
bool kmc_takes_addresses(const struct kmc_judge *judge, unsigned int from, uint64_t addr);
/** kmc_life_begin() - The block of this case is live from here on. Return: 0, -ENOMEM. */
int kmc_life_begin(struct kmc_judge *judge, const struct kmc_case *c);
/** kmc_life_end() - A live block stops being live; others are left as they are. */
void kmc_life_end(struct kmc_judge *judge, struct kmc_life *life, enum kmc_life_state state);
/** kmc_life_undefine() - After a caller's breach nothing about it is held against the allocator. */
void kmc_life_undefine(struct kmc_judge *judge, struct kmc_life *life);

static inline struct kmc_life *kmc_live_at(struct kmc_judge *judge, uint64_t addr)
{
	struct kmc_life *life = addr > KMC_ZERO_SIZE_PTR ? kmc_shadow_find(&judge->shadow, addr) :
							   NULL;

	return life && life->state == KMC_LIFE_LIVE && life->seq >= judge->blind_before ? life :
											  NULL;
}

/* request_side.c */

/** kmc_request_enter() - What the flags and the context of a request allow. */
void kmc_request_enter(struct kmc_judge *judge, const struct kmc_case *c);
/** kmc_request_end() - What it returned, and how. Return: 0, -ENOMEM. */
int kmc_request_end(struct kmc_judge *judge, struct kmc_case *c);
/** kmc_ask_place() - Nobody else's memory was handed out. */
void kmc_ask_place(struct kmc_judge *judge, struct kmc_case *c);
/** kmc_ask_content() - What was to be zero is zero, by what was seen in it. */
void kmc_ask_content(struct kmc_judge *judge, const struct kmc_case *c);

/* free_side.c */

void kmc_free_enter(struct kmc_judge *judge, struct kmc_case *c);
void kmc_free_end(struct kmc_judge *judge, struct kmc_case *c);

/* memory_side.c */

/** kmc_memory_enter() - A read, a write, a look at the bytes of a block. */
void kmc_memory_enter(struct kmc_judge *judge, struct kmc_case *c);

/* cache_side.c */

void kmc_cache_enter(struct kmc_judge *judge, struct kmc_case *c);
/** kmc_cache_close() - A cache was destroyed: into the books. */
void kmc_cache_close(struct kmc_judge *judge, const struct kmc_case *c);

/* page_side.c */

/** kmc_ask_pages() - A page block as such: aligned to its order, of its zone. */
void kmc_ask_pages(struct kmc_judge *judge, const struct kmc_case *c);
/** kmc_ask_traced() - Does a request, or a free, show as the event that it should? */
void kmc_ask_traced(struct kmc_judge *judge, const struct kmc_case *c);
void kmc_page_got(struct kmc_judge *judge, const struct kmc_case *c);
/** kmc_page_split() - Afterwards each page is a block of its own. Return: 0, -ENOMEM. */
int kmc_page_split(struct kmc_judge *judge, const struct kmc_case *c);
/** kmc_page_migrated() - A block lies elsewhere now. Return: 0, -ENOMEM. */
int kmc_page_migrated(struct kmc_judge *judge, const struct kmc_event *ev,
		      const struct kmc_open_call *open);

/* gfp_side.c */

/* The composite for huge pages, with direct reclaim or without; never one that wakes kswapd. */
static inline bool kmc_gfp_is_transhuge(uint32_t gfp)
{
	const uint32_t light = KMC_GFP_IO | KMC_GFP_FS | KMC_GFP_HARDWALL | KMC_GFP_HIGHMEM |
			       KMC_GFP_MOVABLE | KMC_GFP_COMP | KMC_GFP_NOMEMALLOC | KMC_GFP_NOWARN;

	return (gfp & light) == light && !(gfp & KMC_GFP_KSWAPD_RECLAIM);
}

/* Bits that say what hardware tags may leave out, where there are none. */
static inline bool kmc_gfp_skips(const struct kmc_judge *judge, uint32_t gfp)
{
	return gfp & (KMC_GFP_SKIP_ZERO | KMC_GFP_SKIP_KASAN | KMC_GFP_SKIP_KASAN_UNPOISON |
		      KMC_GFP_SKIP_KASAN_POISON) &&
	       !(judge->subject.machine.options & KMC_MO_kasan_hw_tags);
}

/** kmc_gfp_request() - The request of this case, for its rules. */
void kmc_gfp_request(struct kmc_judge *judge, const struct kmc_case *c,
		     struct kmc_request *request);
/** kmc_gfp_ask_effects() - What a request with flags did on its way. */
void kmc_gfp_ask_effects(struct kmc_judge *judge, const struct kmc_case *c);
/** kmc_gfp_ask_outcome() - What a page request returned. */
void kmc_gfp_ask_outcome(struct kmc_judge *judge, const struct kmc_case *c);
/** kmc_gfp_ask_stuck() - A call that never came back, or with which the machine died. */
void kmc_gfp_ask_stuck(struct kmc_judge *judge, const struct kmc_case *c);
void kmc_gfp_ask_warning(struct kmc_judge *judge, const struct kmc_event *ev,
			 const struct kmc_open_call *open);
/** kmc_gfp_ask_place() - The zone and the node of a page block. */
void kmc_gfp_ask_place(struct kmc_judge *judge, const struct kmc_case *c);

/* zone_marks.c, marks_side.c */

void kmc_marks_sysctl(struct kmc_judge *judge, const struct kmc_event *ev);
void kmc_marks_pressure(struct kmc_judge *judge, const struct kmc_event *ev);
void kmc_marks_report(struct kmc_judge *judge, const struct kmc_event *ev,
		      const struct kmc_open_call *open);
/** kmc_marks_enter() - A page call begins: is the number of free pages known for sure? */
void kmc_marks_enter(struct kmc_judge *judge, const struct kmc_event *ev);
/** kmc_marks_ask() - What a single page request got that was not served at once. */
void kmc_marks_ask(struct kmc_judge *judge, const struct kmc_case *c);
void kmc_marks_note_privileged(struct kmc_judge *judge, uint64_t addr);
/** kmc_marks_ask_avoided() - A fallback in Normal at the first look: was DMA32 below its mark? */
void kmc_marks_ask_avoided(struct kmc_judge *judge, struct kmc_case *c,
			   const struct kmc_zone *zone);
/** kmc_marks_have_zone() - Is there a zone that may serve the request, however full it is? */
bool kmc_marks_have_zone(const struct kmc_judge *judge, const struct kmc_case *c);
int kmc_marks_above_high(struct kmc_judge *judge, const struct kmc_case *c);

/* twins.c */

void kmc_twins_restored(struct kmc_judge *judge, uint64_t number);
void kmc_twins_enter(struct kmc_judge *judge, const struct kmc_event *ev);
void kmc_twins_end(struct kmc_judge *judge, const struct kmc_case *c);

/* reclaim_side.c */

/** kmc_reclaim_ask() - Rounds of reclaim and compaction of a request that ended. */
void kmc_reclaim_ask(struct kmc_judge *judge, const struct kmc_case *c);
void kmc_reclaim_ask_nested(struct kmc_judge *judge, const struct kmc_event *ev,
			    const struct kmc_open_call *open);
/** kmc_oom_ask_victim() - Somebody is killed; the books still have him alive. */
void kmc_oom_ask_victim(struct kmc_judge *judge, const struct kmc_event *ev,
			const struct kmc_open_call *open);

/* scope_side.c */

/** kmc_scope_end() - A scope was opened or closed, or current_gfp_context() was asked. */
void kmc_scope_end(struct kmc_judge *judge, struct kmc_case *c);

/* page_calls.c: what the page calls promise beside their blocks */

void kmc_page_call_enter(struct kmc_judge *judge, const struct kmc_case *c);
void kmc_page_call_end(struct kmc_judge *judge, const struct kmc_case *c);
/** kmc_page_question() - A reference count, an order, an address was asked for. */
void kmc_page_question(struct kmc_judge *judge, struct kmc_case *c);
void kmc_pages_ask_traced(struct kmc_judge *judge, const struct kmc_event *ev,
			  const struct kmc_open_call *open);
void kmc_pages_ask_fallback(struct kmc_judge *judge, const struct kmc_event *ev,
			    struct kmc_open_call *open);
void kmc_pages_ask_returned(struct kmc_judge *judge, const struct kmc_event *ev,
			    const struct kmc_open_call *open);

/* question_side.c */

void kmc_question_end(struct kmc_judge *judge, struct kmc_case *c);

/* effect_side.c */

int kmc_call_effect(struct kmc_judge *judge, const struct kmc_event *ev);

/* resize_side.c */

void kmc_resize_enter(struct kmc_judge *judge, struct kmc_case *c);
void kmc_resize_end(struct kmc_judge *judge, struct kmc_case *c);
void kmc_dup_end(struct kmc_judge *judge, const struct kmc_case *c);
/** kmc_chain_note_write() - Bytes that were carried are the holder's own now. */
void kmc_chain_note_write(struct kmc_judge *judge, const struct kmc_event *ev);
/** kmc_chain_done() - What was planned for a block is noted. Return: 0, -ENOMEM. */
int kmc_chain_done(struct kmc_judge *judge, const struct kmc_case *c);

/* cma_side.c, zs_side.c, dma_side.c */

void kmc_cma_end(struct kmc_judge *judge, struct kmc_case *c);
/** kmc_cma_ask_borrower() - A page outside cma_alloc: is it an area's, and may it be? */
void kmc_cma_ask_borrower(struct kmc_judge *judge, const struct kmc_case *c);
void kmc_zs_enter(struct kmc_judge *judge, struct kmc_case *c);
void kmc_zs_end(struct kmc_judge *judge, struct kmc_case *c);
void kmc_dma_enter(struct kmc_judge *judge, struct kmc_case *c);
void kmc_dma_end(struct kmc_judge *judge, struct kmc_case *c);
void kmc_percpu_end(struct kmc_judge *judge, const struct kmc_case *c);

/* payers.c; kmc_objects_group() is in judge_priv.h */

/** kmc_ask_group_effect() - A group was reclaimed from, or a task of it killed, in this call. */
void kmc_ask_group_effect(struct kmc_judge *judge, const struct kmc_event *ev,
			  const struct kmc_open_call *open);
/** kmc_oom_ask_group_victim() - A task was killed for group @ev->cache. */
void kmc_oom_ask_group_victim(struct kmc_judge *judge, const struct kmc_event *ev,
			      const struct kmc_open_call *open);
/** kmc_note_charge_of() - A group's account. */
void kmc_note_charge_of(struct kmc_judge *judge, const struct kmc_event *ev);
/** kmc_ask_charged() - Something was charged in this call: may it be? */
void kmc_ask_charged(struct kmc_judge *judge, const struct kmc_event *ev,
		     const struct kmc_open_call *open);
/** kmc_ask_payment() - A page request that a group pays for has ended. */
void kmc_ask_payment(struct kmc_judge *judge, struct kmc_case *c);

/* damage_side.c */

/** kmc_note_constructed() - An object's constructor ran. */
void kmc_note_constructed(struct kmc_judge *judge, const struct kmc_event *ev,
			  const struct kmc_open_call *open);
/** kmc_ask_constructed() - An object of a cache with a constructor was handed out. */
void kmc_ask_constructed(struct kmc_judge *judge, const struct kmc_case *c);
/** kmc_damage_end() - A call ended that damages, or that looks for damage. */
void kmc_damage_end(struct kmc_judge *judge, const struct kmc_case *c);
/** kmc_note_report() - The subject says that something is damaged. */
void kmc_note_report(struct kmc_judge *judge, const struct kmc_event *ev,
		     const struct kmc_open_call *open);

/* area_side.c */

void kmc_area_end(struct kmc_judge *judge, struct kmc_case *c);
/** kmc_area_ask_guard() - A page stays free between two areas. */
void kmc_area_ask_guard(struct kmc_judge *judge, struct kmc_case *c);
void kmc_kvmalloc_end(struct kmc_judge *judge, struct kmc_case *c);

#endif
