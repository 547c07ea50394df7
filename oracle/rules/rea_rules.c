// SPDX-License-Identifier: GPL-2.0-or-later
/* REA: what a resize does to the block, and what its caller may give it. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define BIT(effect) (1u << KMC_EFF_##effect)

static bool content_bad(const struct kmc_case *c)
{
	return c->ev->what == KMC_EFF_CONTENT_LOST || c->ev->what == KMC_EFF_CONTENT_DIRTY;
}

static bool harmed(const struct kmc_case *c)
{
	return c->effects & (BIT(DIED) | BIT(REPORTED) | BIT(FAULTED));
}

static bool in_window(const struct kmc_judge *j, uint64_t addr)
{
	return addr >= j->subject.machine.vmalloc_start && addr < j->subject.machine.vmalloc_end;
}

static bool is_kmalloc(const struct kmc_life *life)
{
	return life->from >= KMC_FROM_KMALLOC && life->from <= KMC_FROM_KMALLOC_NOLOCK;
}

/* An observation of bytes that the call carried over. */
#define CARRIED(token, words)                                                                      \
	KMC_VERDICT(token, !content_bad(c), "content",                                             \
		    (j, words " keeps the first " NUM " bytes of B, and nobody wrote them since",   \
		     c->chain->carried),                                                           \
		    (j, "the byte at " ADDR " (offset " NUM ") is another", c->ev->addr2, c->value))

KMC_RULE_FN(REA_1)
{
	CARRIED(REA_1, "a resize");
}

KMC_RULE_FN(REA_2)
{
	bool right = c->ev->outcome == KMC_OUT_NULL || c->ev->outcome == KMC_OUT_VALUE;

	KMC_VERDICT(REA_2, right && !harmed(c), "fresh",
		    (j, "krealloc(" ADDR ", " NUM ") is kmalloc(" NUM "): a block or NULL, and "
			"nothing is read from the old pointer", c->ev->addr2, c->size, c->size),
		    (j, "it ended with %s (effects %#x)", kmc_outcome_name(c->ev->outcome),
		     c->effects));
}

KMC_RULE_FN(REA_3)
{
	KMC_VERDICT(REA_3, c->ev->outcome == KMC_OUT_ZERO_SIZE, "zero-size",
		    (j, "krealloc(" ADDR ", 0) frees and returns ZERO_SIZE_PTR", c->ev->addr2),
		    (j, "it returned %s", kmc_outcome_name(c->ev->outcome)));
}

static bool released_old(const struct kmc_case *c)
{
	return c->open->notes.nr_released && c->open->notes.released == c->ev->addr2;
}

KMC_RULE_FN(REA_4)
{
	if (c->ev->kind == KMC_EV_EFFECT) {
		CARRIED(REA_4, "a krealloc that failed");
		return;
	}
	KMC_VERDICT(REA_4, !released_old(c), "freed",
		    (j, "a krealloc that returns NULL leaves B as it was"),
		    (j, "B was released in it"));
}

KMC_RULE_FN(ARR_3)
{
	if (c->ev->kind == KMC_EV_EFFECT) {
		CARRIED(ARR_3, "a krealloc_array whose product overflowed");
		return;
	}
	KMC_VERDICT(ARR_3, c->ev->outcome == KMC_OUT_NULL && !released_old(c), "overflow",
		    (j, "a product that overflows makes krealloc_array return NULL and leave the "
			"old block alone"),
		    (j, "it returned %s%s", kmc_outcome_name(c->ev->outcome),
		     released_old(c) ? " and released it" : ""));
}

KMC_RULE_FN(REA_5)
{
	bool in_place = c->addr == c->ev->addr2;
	unsigned int most = in_place ? 0 : 1;

	KMC_VERDICT(REA_5, !released_old(c) || c->open->notes.nr_released <= most, "free-once",
		    (j, "a resize %s frees the old block %u times", in_place ? "in place" :
			"that moves", most),
		    (j, "it was released %u times", c->open->notes.nr_released));
}

KMC_RULE_FN(REA_6)
{
	const struct kmc_life *old = c->other;
	bool fits = c->size <= old->granted;

	if (!is_kmalloc(old) || !old->granted || c->gfp & KMC_GFP_THISNODE ||
	    j->layout != KMC_LAYOUT_PLAIN)
		return;
	KMC_VERDICT(REA_6, fits == (c->addr == old->addr), fits ? "moved" : "stayed",
		    (j, "B has room for %u bytes: a resize to " NUM " %s", old->granted, c->size,
		     fits ? "stays in place" : "moves"),
		    (j, "it returned " ADDR, c->addr));
}

KMC_RULE_FN(REA_7)
{
	KMC_VERDICT(REA_7, !content_bad(c), "exposed",
		    (j, "every request of this block asked for __GFP_ZERO: bytes that a resize "
			"exposed read zero"),
		    (j, "the byte at " ADDR " (offset " NUM ") does not", c->ev->addr2, c->value));
}

KMC_RULE_FN(REA_9)
{
	KMC_VERDICT(REA_9, !content_bad(c), "exposed",
		    (j, "a machine that stores users knows the old request: what a growth in place "
			"exposed behind it reads zero"),
		    (j, "the byte at " ADDR " (offset " NUM ") does not", c->ev->addr2, c->value));
}

/* Alignment that a size carries by itself. */
static bool is_promised(const struct kmc_case *c)
{
	uint64_t align = c->ev->arg;

	return kmc_is_pow2(align) && (align <= 8 || align <= kmc_divisor(c->size));
}

KMC_RULE_FN(REA_10)
{
	const struct kmc_zone *zone = kmc_zone_of(j, c->addr);
	bool in_place = c->addr == c->ev->addr2;
	bool aligned = !is_promised(c) || !(c->addr & (c->ev->arg - 1));
	bool other_node = c->gfp & KMC_GFP_THISNODE && c->ev->node != KMC_NODE_NONE && zone &&
			  kmc_zone_is_sure(j, c->addr) && zone->node != c->ev->node;

	KMC_VERDICT(REA_10, !in_place || (aligned && !other_node), aligned ? "node" : "align",
		    (j, "a block that misses the alignment of " NUM " or the node is moved",
		     c->ev->arg),
		    (j, "it stayed at " ADDR, c->addr));
}

KMC_RULE_FN(ALIGN_12)
{
	if (!is_promised(c) || (c->addr == c->ev->addr2 && j->on[KMC_R_REA_10] &&
				c->ev->what == KMC_OP_KREALLOC_NODE_ALIGN))
		return;
	KMC_VERDICT(ALIGN_12, !(c->addr & (c->ev->arg - 1)), "align",
		    (j, "an alignment of " NUM ", which " NUM " bytes carry, is honoured",
		     c->ev->arg, c->size),
		    (j, "it returned " ADDR, c->addr));
}

KMC_RULE_FN(REA_11)
{
	uint64_t old = c->ev->arg;
	bool in_place = c->addr == c->ev->addr2;

	if (c->ev->addr2 <= KMC_ZERO_SIZE_PTR)
		return;
	if (c->size <= old)
		KMC_VERDICT(REA_11, c->ev->outcome == KMC_OUT_VALUE && in_place, "shrink",
			    (j, NUM " bytes are not more than the " NUM " there were: B stays",
			     c->size, old),
			    (j, "it returned %s " ADDR, kmc_outcome_name(c->ev->outcome), c->addr));
	else
		KMC_VERDICT(REA_11, c->ev->outcome == KMC_OUT_NULL || !in_place, "grow",
			    (j, "growth from " NUM " to " NUM " gives a new block", old, c->size),
			    (j, "it stayed at " ADDR, c->addr));
}

KMC_RULE_FN(REA_12)
{
	if (!j->subject.machine.vmalloc_end)
		return;
	KMC_VERDICT(REA_12, !in_window(j, c->ev->addr2) || in_window(j, c->addr), "kind",
		    (j, "memory from vmalloc is resized as such, never into kmalloc memory"),
		    (j, "B at " ADDR " became " ADDR, c->ev->addr2, c->addr));
}

KMC_RULE_FN(REA_13)
{
	bool area = in_window(j, c->ev->addr2) || c->ev->what == KMC_OP_VREALLOC ||
		    c->ev->what == KMC_OP_VREALLOC_NODE_ALIGN;
	unsigned int want = area ? KMC_OUT_NULL : KMC_OUT_ZERO_SIZE;

	KMC_VERDICT(REA_13, c->ev->outcome == want, "size-zero",
		    (j, "resized to 0, %s gives %s", area ? "an area" : "a kmalloc block",
		     kmc_outcome_name(want)),
		    (j, "it gave %s", kmc_outcome_name(c->ev->outcome)));
}

/* vmalloc fails for want of pages or (aligned) addresses, for a task that is killed, or for what it says. */
static bool may_have_failed(const struct kmc_judge *j, const struct kmc_case *c)
{
	uint64_t align = c->ev->what == KMC_OP_VREALLOC_NODE_ALIGN ? c->ev->arg : 0;

	/* Tables lie where everybody can reach them. */
	if (!kmc_has_low_zone(j))
		return true;
	/* Who may have all there is, or lost his last page to the machine, need not strain for more. */
	return !c->size || c->size > 1 << 20 || align > 1 << 20 || c->effects ||
	       j->pages.areas_limited || j->pages.pressed ||
	       c->gfp & (KMC_GFP_THISNODE | KMC_GFP_ACCOUNT) || !(c->gfp & KMC_GFP_DIRECT_RECLAIM) ||
	       (kmc_pages_task_seen(j, c->ev->task)->flags & KMC_TF_FATAL_SIGNAL);
}

KMC_RULE_FN(REA_14)
{
	bool foreign = c->ev->addr2 > KMC_ZERO_SIZE_PTR;
	bool null = c->ev->outcome == KMC_OUT_NULL;

	if (foreign)
		KMC_VERDICT(REA_14, null && c->effects & BIT(WARNED) && !released_old(c), "foreign",
			    (j, "vrealloc of what is not from vmalloc warns, returns NULL and "
				"changes nothing"),
			    (j, "it returned %s (effects %#x)", kmc_outcome_name(c->ev->outcome),
			     c->effects));
	else
		KMC_VERDICT(REA_14, c->ev->outcome == KMC_OUT_VALUE || (null && may_have_failed(j, c)),
			    "fresh",
			    (j, "vrealloc(NULL, " NUM ") is vmalloc(" NUM ")", c->size, c->size),
			    (j, "it returned %s", kmc_outcome_name(c->ev->outcome)));
}

KMC_RULE_FN(REA_15)
{
	KMC_VERDICT(REA_15, !content_bad(c), "content",
		    (j, "vrealloc keeps what both sizes have, and exposes zeroes where zeroed "
			"memory was asked for throughout"),
		    (j, "the byte at " ADDR " (offset " NUM ") is another", c->ev->addr2, c->value));
}

/* A page of an area that was wanted on one node. */
static void ask_moved_to_node(struct kmc_judge *j, const struct kmc_case *c)
{
	int node = c->open->begin.node;
	const struct kmc_zone *zone = kmc_zone_of(j, c->ev->addr2);

	if (!(c->gfp & KMC_GFP_THISNODE) || node == KMC_NODE_NONE || !zone ||
	    !kmc_zone_is_sure(j, c->ev->addr2))
		return;
	KMC_VERDICT(REA_16, zone->node == node, "node",
		    (j, "with __GFP_THISNODE an area of another node is moved to node %d", node),
		    (j, "the page behind " ADDR " lies on node %u", c->ev->addr, zone->node));
}

KMC_RULE_FN(REA_16)
{
	uint64_t align = c->ev->arg;

	if (c->ev->kind == KMC_EV_EFFECT) {
		ask_moved_to_node(j, c);
		return;
	}
	if (align <= KMC_PAGE || !(c->ev->addr2 & (align - 1)) || c->gfp & KMC_GFP_THISNODE)
		return;
	KMC_VERDICT(REA_16, c->ev->outcome == KMC_OUT_NULL, "align",
		    (j, "an area at " ADDR " cannot be given the alignment " NUM ": NULL",
		     c->ev->addr2, align),
		    (j, "it returned " ADDR, c->addr));
}

KMC_RULE_FN(REA_17)
{
	KMC_VERDICT(REA_17, !c->value, "concurrent",
		    (j, "one block is resized by one call at a time, and not while it is freed"),
		    (j, "another call on " ADDR " has not returned", c->ev->addr2));
}

KMC_RULE_FN(REA_18)
{
	bool right = is_kmalloc(c->other) || c->other->from == KMC_FROM_BUCKET;

	KMC_VERDICT(REA_18, right, "provenance",
		    (j, "krealloc is for memory from kmalloc"),
		    (j, "B is from %s", kmc_provenance_name(c->other->from)));
}
