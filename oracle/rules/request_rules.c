// SPDX-License-Identifier: GPL-2.0-or-later
/* Single requests and frees: flags that are ignored, wipes, charges, reasons for NULL. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define BIT(effect) (1u << KMC_EFF_##effect)

KMC_RULE_FN(KM_2)
{
	KMC_VERDICT(KM_2, c->ev->addr2 == c->ev->addr, "contiguous",
		    (j, "kmalloc memory is physically contiguous: behind " ADDR " is that frame",
		     c->ev->addr),
		    (j, ADDR " is there", c->ev->addr2));
}

KMC_RULE_FN(KM_4)
{
	KMC_VERDICT(KM_4, c->effects & (BIT(FAULTED) | BIT(DIED)), "fault",
		    (j, "an access through ZERO_SIZE_PTR, to " ADDR ", faults", c->addr),
		    (j, "it did not"));
}

/* What is permitted: seen, it is counted. */
KMC_RULE_FN(KM_8)
{
	if (c->ev->what == KMC_EFF_CONTENT_DIRTY && !(c->gfp & KMC_GFP_ZERO) &&
	    c->open->what == KMC_OP_KMALLOC)
		KMC_PASS(KM_8);
}

KMC_RULE_FN(FR_17)
{
	if (c->other)
		KMC_PASS(FR_17);
}

KMC_RULE_FN(KM_12)
{
	const uint32_t odd = KMC_GFP_HIGHMEM | KMC_GFP_DMA32;
	bool got = c->ev->outcome == KMC_OUT_VALUE;

	if (!(c->gfp & odd) && !c->ev->gfp_raw)
		return;
	KMC_VERDICT(KM_12, c->ev->outcome != KMC_OUT_ERROR && (!got || kmc_zone_of(j, c->addr) ||
							      !j->subject.machine.nr_zones),
		    "mapped",
		    (j, "__GFP_HIGHMEM, __GFP_DMA32 and unknown bits change nothing: memory that is "
			"mapped, or NULL"),
		    (j, "it returned %s " ADDR, kmc_outcome_name(c->ev->outcome), c->addr));
}

KMC_RULE_FN(KM_14)
{
	bool no_node = c->ev->node >= 0 && c->ev->node >= j->subject.machine.nr_nodes;

	if (no_node && c->ev->outcome == KMC_OUT_VALUE)
		KMC_PASS(KM_14);
}

KMC_RULE_FN(KM_15)
{
	uint64_t most = j->subject.machine.kmalloc_max_cache;
	uint64_t class = c->size && c->size <= most ?
		kmc_kmalloc_class_bytes(c->size, j->subject.machine.kmalloc_minalign) : 0;

	/* Memory that is in no zone has classes of its own. */
	if (!class || !c->granted || c->ev->outcome != KMC_OUT_VALUE ||
	    j->layout != KMC_LAYOUT_PLAIN || !kmc_zone_of(j, c->addr))
		return;
	KMC_VERDICT(KM_15, c->granted == class, "class",
		    (j, "%s(" NUM ") is kmalloc(" NUM ") but for the recorded caller: " NUM " bytes",
		     c->call, c->size, c->size, class),
		    (j, "%u bytes were granted", c->granted));
}

KMC_RULE_FN(KM_19)
{
	bool asked = c->gfp & KMC_GFP_ACCOUNT;

	if (asked && !c->open->notes.charged && !kmc_payment_is_sure(j, c)) {
		KMC_UNKNOWN_HERE(KM_19);
		return;
	}
	/* Who stays where he is was charged, or not, when he came. */
	if (c->ev->addr2 && c->ev->addr2 == c->addr)
		return;
	/* A set of buckets may be made of caches that charge by themselves. */
	if (!asked && c->from == KMC_FROM_BUCKET)
		return;
	KMC_VERDICT(KM_19, asked == (c->open->notes.charged != 0), asked ? "uncharged" : "charged",
		    (j, asked ? "__GFP_ACCOUNT charges the group of the caller" :
			"without __GFP_ACCOUNT nothing is charged"),
		    (j, NUM " bytes were charged", c->open->notes.charged));
}

KMC_RULE_FN(KM_23)
{
	if (c->size != UINT64_MAX)
		return;
	KMC_VERDICT(KM_23, c->ev->outcome == KMC_OUT_NULL, "overflow",
		    (j, "%s of more bytes than there are numbers for returns NULL", c->call),
		    (j, "it returned " ADDR, c->addr));
}

KMC_RULE_FN(ARR_2)
{
	KMC_VERDICT(ARR_2, c->open->dirty == 1, "zero",
		    (j, "kcalloc zeroes the whole array, " NUM " bytes", c->size),
		    (j, "the byte at " ADDR " is not zero", c->open->dirty_at));
}

KMC_RULE_FN(ARR_12)
{
	KMC_VERDICT(ARR_12, c->array || c->ev->what == KMC_OP_KREALLOC_ARRAY ||
			    c->ev->what == KMC_OP_KMEMDUP_ARRAY, "helper",
		    (j, "a size that is a product is made by a helper, or by an array form"),
		    (j, "it was multiplied for %s", c->call));
}

KMC_RULE_FN(FR_13)
{
	if (!c->open->dirty)
		return;
	KMC_VERDICT(FR_13, c->open->dirty == 1, "wiped",
		    (j, "%s zeroes the block before it frees it", c->call),
		    (j, "the byte at " ADDR " was not zero", c->open->dirty_at));
}

KMC_RULE_FN(FR_18)
{
	const struct kmc_notes *notes = &c->open->notes;
	bool rodata = c->addr > KMC_ZERO_SIZE_PTR && !kmc_zone_of(j, c->addr);

	if (!rodata || !j->subject.machine.nr_zones)
		return;
	KMC_VERDICT(FR_18, !notes->freed_slab && !notes->nr_released && !notes->pages_back, "rodata",
		    (j, "kfree_const leaves read-only data alone"), (j, ADDR " was freed", c->addr));
}

KMC_RULE_FN(FR_19)
{
	KMC_VERDICT(FR_19, !(c->effects & BIT(SLEPT)), "no-sleep",
		    (j, "kvfree_atomic never sleeps"), (j, "it slept"));
}

/* A free object may carry a word of the allocator's (KC-8): so much may differ from zero. */
static void ask_init_on_free(struct kmc_judge *j, const struct kmc_case *c)
{
	if (!(j->subject.machine.options & KMC_MO_init_on_free))
		return;
	KMC_VERDICT(DBG_5, c->ev->what == KMC_EFF_CONTENT_ZERO || c->ev->arg <= 8, "init-on-free",
		    (j, "with init_on_free a block is wiped when it is freed"),
		    (j, NUM " of its " NUM " bytes are not zero, the first at " ADDR, c->ev->arg,
		     c->ev->size, c->ev->addr2));
}

/* Does the rule speak of what this call got? What it asked zeroed has rules of its own. */
static bool is_init_on_alloc(const struct kmc_judge *j, const struct kmc_case *c)
{
	const struct kmc_op_desc *desc = kmc_op_desc(c->open->what);

	if (!(j->subject.machine.options & KMC_MO_init_on_alloc) || c->gfp & KMC_GFP_ZERO || !desc)
		return false;
	return desc->family == KMC_OPF_KMALLOC || (desc->family == KMC_OPF_CACHE && c->cache);
}

/* The flags of a set of buckets are its creator's; a block of it does not show them. */
static bool is_of_buckets(const struct kmc_case *c)
{
	return !c->cache && (c->from == KMC_FROM_BUCKET ||
			     c->open->what == KMC_OP_KMEM_BUCKETS_ALLOC ||
			     c->open->what == KMC_OP_KMEM_BUCKETS_ALLOC_TRACK_CALLER);
}

KMC_RULE_FN(DBG_5)
{
	uint64_t flags = c->cache ? c->cache->desc.flags : 0;
	bool spared = flags & (KMC_CF_TYPESAFE_BY_RCU | KMC_CF_POISON) ||
		      (c->cache && c->cache->desc.ctor) ||
		      j->subject.machine.options & KMC_MO_slub_poison;

	if (spared || is_of_buckets(c))
		return;
	if (kmc_op_is_free(c->open->what)) {
		ask_init_on_free(j, c);
		return;
	}
	if (!is_init_on_alloc(j, c))
		return;
	KMC_VERDICT(DBG_5, c->ev->what == KMC_EFF_CONTENT_ZERO, "init-on-alloc",
		    (j, "with init_on_alloc every new block reads zero"),
		    (j, "the byte at " ADDR " does not", c->ev->addr2));
}

/*
 * Reasons for NULL, rules-slab Part 2b. A page request that failed leaves traces:
 * who may block reclaims first. GFP-16 judges whether it had a reason itself.
 */
static bool has_reason(const struct kmc_judge *j, const struct kmc_case *c)
{
	const uint32_t strain = BIT(RECLAIMED) | BIT(COMPACTED) | BIT(KILLED) | BIT(WOKE_KSWAPD) |
				BIT(RESERVE) | BIT(FAULT_INJECTED);
	const struct kmc_machine *machine = &j->subject.machine;
	/* A duplicate of nothing is nothing. */
	bool no_source = kmc_op_desc(c->ev->what)->family == KMC_OPF_DUP && !c->ev->addr2;

	return no_source || c->overflow || c->effects & strain || c->open->notes.tried_in_vain ||
	       (machine->kmalloc_max_size && c->size > machine->kmalloc_max_size);
}

/* Could there be one that the subject does not show? */
static bool may_have_reason(const struct kmc_judge *j, const struct kmc_case *c)
{
	const uint32_t narrow = KMC_GFP_THISNODE | KMC_GFP_DMA | KMC_GFP_DMA32 | KMC_GFP_ACCOUNT |
				KMC_GFP_MEMALLOC; /* rules-page 4.2 (4): it does not reclaim */

	/* Objects lie where everybody can reach them. */
	if (!kmc_has_low_zone(j))
		return true;
	/* A set of buckets may be for zones that exclude each other; for which no event says. */
	if (c->from == KMC_FROM_BUCKET)
		return true;
	/* A task that crossed its scopes may be in one that nobody sees. */
	return c->gfp & narrow || !(c->gfp & KMC_GFP_DIRECT_RECLAIM) ||
	       c->ev->scope & KMC_SCOPE_MEMALLOC ||
	       kmc_pages_task_seen(j, c->ev->task)->crossed ||
	       c->size > j->subject.machine.kmalloc_max_cache ||
	       (c->cache && c->cache->desc.flags & (KMC_CF_ACCOUNT | KMC_CF_CACHE_DMA |
						    KMC_CF_CACHE_DMA32));
}

KMC_RULE_FN(KM_25)
{
	bool slab = c->from >= KMC_FROM_KMALLOC && c->from <= KMC_FROM_BUCKET;

	/* kmalloc_nolock may always say no; of sheaves KC-36 speaks. */
	if (!slab || c->ev->outcome != KMC_OUT_NULL || c->from == KMC_FROM_KMALLOC_NOLOCK ||
	    c->ev->what == KMC_OP_KMEM_CACHE_ALLOC_FROM_SHEAF || !c->size)
		return;
	if (has_reason(j, c))
		KMC_PASS(KM_25);
	else if (may_have_reason(j, c))
		KMC_UNKNOWN_HERE(KM_25);
	else
		KMC_BREACH(KM_25, "no-reason",
			   (j, "NULL has a reason: no page in spite of reclaim, a charge refused, a "
			       "failure injected"),
			   (j, "it returned NULL, and nothing of that kind happened"));
}
