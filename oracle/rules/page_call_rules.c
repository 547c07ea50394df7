// SPDX-License-Identifier: GPL-2.0-or-later
/* PAGE: what the single page calls promise, beside what page_rules.c says of every block. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64

KMC_RULE_FN(PAGE_4)
{
	KMC_VERDICT(PAGE_4, c->ev->arg == 1, "references",
		    (j, "B has the one reference that it came with"),
		    (j, NUM " were counted", c->ev->arg));
}

KMC_RULE_FN(PAGE_7)
{
	if (c->ev->kind == KMC_EV_TRACEPOINT) {
		KMC_BREACH(PAGE_7, "returned",
			   (j, "B goes back when its last reference is dropped"),
			   (j, "it went back, and %u are held", c->other->granted));
		return;
	}
	KMC_VERDICT(PAGE_7, c->ev->arg == c->value, "references",
		    (j, "B is held by " NUM " references, one dropped by each free", c->value),
		    (j, NUM " were counted", c->ev->arg));
}

/* The rest goes at once, the head stays. */
KMC_RULE_FN(PAGE_8)
{
	uint64_t rest = (c->ev->size >> 12) - 1;

	if (c->ev->kind == KMC_EV_TRACEPOINT) {
		KMC_BREACH(PAGE_8, "head", (j, "the head of B is held and stays"),
			   (j, "it went back"));
		return;
	}
	KMC_VERDICT(PAGE_8, c->open->notes.pages.pages_freed == rest, "rest",
		    (j, "the other " NUM " pages of the block go back at once", rest),
		    (j, NUM " did", c->open->notes.pages.pages_freed));
}

KMC_RULE_FN(PAGE_9)
{
	KMC_VERDICT(PAGE_9, KMC_PAGE << (c->ev->order & 31) == c->value, "part",
		    (j, "the last put of B frees its " NUM " pages as one", c->value >> 12),
		    (j, "an order of %u went back", c->ev->order));
}

KMC_RULE_FN(PAGE_11)
{
	KMC_VERDICT(PAGE_11, c->open->dirty == 1 && c->size == KMC_PAGE, "zero",
		    (j, "get_zeroed_page returns one page that reads zero"),
		    (j, "the byte at " ADDR " does not", c->open->dirty_at));
}

static uint64_t pages_of(uint64_t bytes)
{
	return (bytes + KMC_PAGE - 1) / KMC_PAGE;
}

/* Whatever it took in one block beyond the pages asked for went back before it returned. */
KMC_RULE_FN(PAGE_13)
{
	uint64_t nr = pages_of(c->size), block = 1;

	if (c->addr & (KMC_PAGE - 1) || (c->granted && c->granted != nr * KMC_PAGE)) {
		KMC_BREACH(PAGE_13, "size", (j, NUM " bytes are " NUM " whole pages", c->size, nr),
			   (j, "%u bytes at " ADDR " were granted", c->granted, c->addr));
		return;
	}
	while (block < nr)
		block *= 2;
	KMC_VERDICT(PAGE_13, !c->open->notes.saw_points ||
				     c->open->notes.pages.pages_freed == block - nr, "tail",
		    (j, "of " NUM " pages the " NUM " not asked for go straight back", block,
		     block - nr),
		    (j, NUM " did", c->open->notes.pages.pages_freed));
}

KMC_RULE_FN(PAGE_16)
{
	(void)c;
	KMC_PASS(PAGE_16);
}

KMC_RULE_FN(PAGE_17)
{
	uint64_t asked = c->open->begin.arg, left = c->ev->arg;

	KMC_VERDICT(PAGE_17, left <= asked && c->open->children <= left, "count",
		    (j, "of " NUM " places as many are filled as the result says, at most all",
		     asked),
		    (j, "it says " NUM ", and %u were filled now", left, c->open->children));
}

KMC_RULE_FN(PAGE_18)
{
	KMC_VERDICT(PAGE_18, c->open->children <= 1, "batch",
		    (j, "a bulk request that a group pays for gets one new page at most"),
		    (j, "it got %u", c->open->children));
}

KMC_RULE_FN(PAGE_21)
{
	unsigned int from = c->other->from;
	bool live = c->other->state == KMC_LIFE_LIVE;
	bool plain = from == KMC_FROM_PAGE || from == KMC_FROM_PAGE_PLAIN || from == KMC_FROM_GET ||
		     from == KMC_FROM_GET_PLAIN || from == KMC_FROM_PAGE_SPLIT ||
		     from == KMC_FROM_PAGE_BULK;

	KMC_VERDICT(PAGE_21, live && plain, live ? "compound" : "freed",
		    (j, "split_page is for a block in use that is not compound"),
		    (j, live ? "B is %s" : "B is not in use (%s)",
		     kmc_provenance_name(from) ? kmc_provenance_name(from) : "unknown"));
}

/* No memory at all is the page request's affair: GFP-16. */
KMC_RULE_FN(PAGE_23)
{
	const struct kmc_notes *notes = &c->open->notes;
	bool asked = c->effects || notes->nr_page_fails || !(c->gfp & KMC_GFP_DIRECT_RECLAIM);

	/* Who pays may be refused for his group. */
	KMC_VERDICT(PAGE_23, asked || c->gfp & (KMC_GFP_NORETRY | KMC_GFP_RETRY_MAYFAIL | KMC_GFP_ACCOUNT) ||
			     c->request->task->flags || j->blind_before, "no-room",
		    (j, "a fragment of up to one page fits after a refill"),
		    (j, "NULL was returned, and no page request failed"));
}

KMC_RULE_FN(PAGE_24)
{
	if (c->other) {
		KMC_BREACH(PAGE_24, "overlap", (j, "fragments never overlap"),
			   (j, "B lives at [" ADDR ", " ADDR ")", c->other->addr,
			    c->other->addr + kmc_life_size(c->other)));
		return;
	}
	if (c->ev->kind != KMC_EV_EFFECT && c->ev->arg && !(c->addr & (c->ev->arg - 1)))
		KMC_PASS(PAGE_24);
	else if (c->ev->arg)
		KMC_BREACH(PAGE_24, "align", (j, "the fragment is a multiple of " NUM, c->ev->arg),
			   (j, ADDR " is not", c->addr));
}

KMC_RULE_FN(PAGE_25)
{
	const uint32_t meek = KMC_GFP_NORETRY | KMC_GFP_NOWARN | KMC_GFP_NOMEMALLOC;
	bool sleeps = kmc_release_of(j) >= KMC_RELEASE(6, 12, 0) &&
		      c->ev->gfp & KMC_GFP_DIRECT_RECLAIM;

	KMC_VERDICT(PAGE_25, (c->ev->gfp & meek) == meek && !sleeps, sleeps ? "sleeps" : "flags",
		    (j, "a refill tries a large chunk without retries, reserves or a report%s",
		     sleeps ? ", and without direct reclaim" : ""),
		    (j, "atoms %#x were passed", c->ev->gfp));
}

KMC_RULE_FN(PAGE_26)
{
	const struct kmc_zone *first = kmc_zone_of(j, c->addr);

	KMC_VERDICT(PAGE_26, !(c->addr & (KMC_PAGE - 1)) && first &&
			     kmc_zone_of(j, c->addr + c->size - 1) == first, "zone",
		    (j, "a range that is given lies in one zone"),
		    (j, "[" ADDR ", " ADDR ") does not", c->addr, c->addr + c->size));
}

KMC_RULE_FN(PAGE_28)
{
	KMC_VERDICT(PAGE_28, c->ev->outcome != KMC_OUT_VALUE, "flags",
		    (j, "flags that a range does not take give -EINVAL"),
		    (j, "atoms %#x were taken", c->gfp));
}

KMC_RULE_FN(PAGE_29)
{
	KMC_VERDICT(PAGE_29, c->ev->outcome != KMC_OUT_VALUE, "size",
		    (j, "a compound range has a power of two of pages, else -EINVAL"),
		    (j, NUM " pages were given as one", c->size >> 12));
}

KMC_RULE_FN(PAGE_30)
{
	uint64_t offset = c->addr - j->subject.machine.direct_map;

	KMC_VERDICT(PAGE_30, !(offset & (c->size - 1)), "align",
		    (j, NUM " contiguous pages start at a multiple of their count", c->size >> 12),
		    (j, "they start at frame " NUM, offset >> 12));
}

KMC_RULE_FN(PAGE_22)
{
	KMC_VERDICT(PAGE_22, c->ev->arg == c->value, "order",
		    (j, "the folio B is of the order asked for, " NUM, c->value),
		    (j, "it is of order " NUM, c->ev->arg));
}

KMC_RULE_FN(GFP_21)
{
	KMC_VERDICT(GFP_21, c->ev->arg == c->value, c->value ? "not-compound" : "compound",
		    (j, "B is %s: compound order " NUM, c->value ? "compound" : "not compound",
		     c->value),
		    (j, NUM " is what its metadata says", c->ev->arg));
}

/* The data may be elsewhere, and is the same: PAGE-35, CPT-6. */
KMC_RULE_FN(GFP_32)
{
	(void)c;
	KMC_PASS(GFP_32);
}

/* The single path behind it either finds a page or goes the long way. */
KMC_RULE_FN(PAGE_19)
{
	bool nothing = !c->ev->arg && c->open->begin.arg && !c->effects;

	KMC_VERDICT(PAGE_19, !nothing || j->blind_before, "nothing",
		    (j, "a bulk request gets a page at least, by the path of single ones"),
		    (j, "it got none, and nothing was done for it"));
}

KMC_RULE_FN(PAGE_31)
{
	KMC_VERDICT(PAGE_31, c->effects & 1u << KMC_EFF_WARNED, "silent",
		    (j, "a range that is freed while pages of it are held is warned of"),
		    (j, "it was not"));
}
