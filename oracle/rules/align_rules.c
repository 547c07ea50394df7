// SPDX-License-Identifier: GPL-2.0-or-later
/* ALIGN: what alignment an address must have. Judged on calls and on bare traces alike. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64

/* The class that serves a request: 8, 16, 32, 64, 96, 128, 192, 256, then doubling. */
uint64_t kmc_kmalloc_class_bytes(uint64_t size, uint64_t least)
{
	if (size < least)
		size = least;
	if (size <= 8)
		return 8;
	if (size > 64 && size <= 96 && least < 64)
		return 96;
	if (size > 128 && size <= 192 && least < 128)
		return 192;
	return 1ull << (64 - __builtin_clzll(size - 1));
}

enum kmc_layout kmc_layout_of(const struct kmc_judge *judge, const struct kmc_case *c)
{
	const struct kmc_machine *machine = &judge->subject.machine;

	if (c->size > machine->kmalloc_max_cache)
		return KMC_LAYOUT_PLAIN;
	/* Who shows every call says its options; what it grants is its own affair. */
	if (judge->calls || !c->granted || !c->size)
		return judge->layout;
	/* Metadata makes an object's stride larger than its class. */
	return c->granted == kmc_kmalloc_class_bytes(c->size, machine->kmalloc_minalign) ?
		       KMC_LAYOUT_PLAIN : KMC_LAYOUT_DEBUG;
}

static uint64_t minalign(const struct kmc_judge *judge)
{
	return judge->subject.machine.kmalloc_minalign ? judge->subject.machine.kmalloc_minalign :
							 8;
}

KMC_RULE_FN(ALIGN_1)
{
	if (!(c->addr & (minalign(j) - 1))) {
		KMC_PASS(ALIGN_1);
		return;
	}
	KMC_BREACH(ALIGN_1, "minimum",
		   (j, "every kmalloc address is a multiple of " NUM, minalign(j)),
		   (j, ADDR " is a multiple of " NUM " only", c->addr, kmc_divisor(c->addr)));
}

KMC_RULE_FN(ALIGN_2)
{
	if (!(c->addr & (c->size - 1))) {
		KMC_PASS(ALIGN_2);
		return;
	}
	KMC_BREACH(ALIGN_2, "natural",
		   (j, NUM " is a power of two: the address must be a multiple of it", c->size),
		   (j, ADDR " is a multiple of " NUM " only", c->addr, kmc_divisor(c->addr)));
}

KMC_RULE_FN(ALIGN_3)
{
	uint64_t align = kmc_divisor(c->size);

	if (!(c->addr & (align - 1))) {
		KMC_PASS(ALIGN_3);
		return;
	}
	KMC_BREACH(ALIGN_3, "divisor",
		   (j, NUM " = " NUM " * " NUM ": the address must be a multiple of " NUM, c->size,
		    c->size / align, align, align),
		   (j, ADDR " is a multiple of " NUM " only", c->addr, kmc_divisor(c->addr)));
}

/* On a bare trace a bucket's object looks like kmalloc, and promises nothing here (ALIGN-15). */
static bool may_be_bucket(const struct kmc_judge *j)
{
	const struct kmc_machine *machine = &j->subject.machine;
	uint32_t release = machine->release ? machine->release : machine->profile;

	return !j->calls && (!release || release >= KMC_RELEASE(6, 11, 0)) &&
	       machine->options & (uint32_t)(KMC_MO_slab_buckets | KMC_MO_options_unknown);
}

KMC_RULE_FN(ALIGN_4)
{
	bool pow2 = kmc_is_pow2(c->size);
	uint64_t align = kmc_divisor(c->size);

	if (!pow2 && j->subject.edition < KMC_RELEASE(6, 11, 0))
		return;
	if (!(c->addr & (align - 1))) {
		KMC_PASS(ALIGN_4);
		return;
	}
	if (may_be_bucket(j)) {
		KMC_UNKNOWN_HERE(ALIGN_4);
		return;
	}
	KMC_BREACH(ALIGN_4, pow2 ? "natural" : "divisor",
		   (j, "debug metadata does not change that the address of " NUM
		       " bytes is a multiple of " NUM, c->size, align),
		   (j, ADDR " is a multiple of " NUM " only", c->addr, kmc_divisor(c->addr)));
}

/* Its breach is the finding of ALIGN-2 or ALIGN-3: the product is the size. */
KMC_RULE_FN(ALIGN_5)
{
	if (c->array && !(c->addr & (kmc_divisor(c->size) - 1)))
		KMC_PASS(ALIGN_5);
}

KMC_RULE_FN(ALIGN_6)
{
	uint64_t block = KMC_PAGE;

	/* What ALIGN-2 or ALIGN-3 demands is theirs to report. */
	if (c->addr & (kmc_divisor(c->size) - 1) || c->size > 1ull << 40)
		return;
	while (block < c->size)
		block *= 2;
	if (!(c->addr & (block - 1))) {
		KMC_PASS(ALIGN_6);
		return;
	}
	KMC_BREACH(ALIGN_6, "block",
		   (j, NUM " bytes are a page block of " NUM " bytes, aligned to itself", c->size,
		    block),
		   (j, ADDR " is a multiple of " NUM " only", c->addr, kmc_divisor(c->addr)));
}

KMC_RULE_FN(ALIGN_7)
{
	uint64_t align = c->cache ? c->cache->align : 0;

	if (!align)
		return;
	if (!(c->addr & (align - 1))) {
		KMC_PASS(ALIGN_7);
		return;
	}
	KMC_BREACH(ALIGN_7, "cache-align",
		   (j, "objects of %s are aligned to " NUM, c->cache->desc.name, align),
		   (j, ADDR " is a multiple of " NUM " only", c->addr, kmc_divisor(c->addr)));
}

KMC_RULE_FN(ALIGN_8)
{
	uint64_t align = c->cache ? c->cache->hwalign : 0;

	if (!align)
		return;
	if (!(c->addr & (align - 1))) {
		KMC_PASS(ALIGN_8);
		return;
	}
	KMC_BREACH(ALIGN_8, "hwcache",
		   (j, "HWCACHE_ALIGN aligns objects of %u bytes (%s) to " NUM,
		    c->cache->desc.object_size, c->cache->desc.name, align),
		   (j, ADDR " is a multiple of " NUM " only", c->addr, kmc_divisor(c->addr)));
}

KMC_RULE_FN(ALIGN_11)
{
	if (!(c->addr & (KMC_PAGE - 1))) {
		KMC_PASS(ALIGN_11);
		return;
	}
	KMC_BREACH(ALIGN_11, "page", (j, "addresses of the vmalloc family are page aligned"),
		   (j, ADDR " is not", c->addr));
}

KMC_RULE_FN(ALIGN_14)
{
	uint64_t align = c->ev->arg;

	if (!align || kmc_is_pow2(align)) {
		KMC_PASS(ALIGN_14);
		return;
	}
	KMC_BREACH(ALIGN_14, "power-of-two",
		   (j, "a cache's alignment is 0 or a power of two"),
		   (j, "the caller asked for " NUM, align));
}

void kmc_ask_alignment(struct kmc_judge *judge, const struct kmc_case *c)
{
	enum kmc_layout layout = kmc_layout_of(judge, c);
	bool pow2 = kmc_is_pow2(c->size);

	KMC_ASK(judge, ALIGN_1, c);
	/* Every number divides 0: nothing more is promised of a block of no bytes. */
	if (!c->size)
		return;
	if (layout == KMC_LAYOUT_DEBUG) {
		/* A wrong granted size (KM-1) must not pass for metadata. */
		if (c->granted >= c->size || !c->granted)
			KMC_ASK(judge, ALIGN_4, c);
	} else if (layout == KMC_LAYOUT_UNKNOWN) {
		if (pow2)
			judge->count[KMC_R_ALIGN_2].unknown += judge->on[KMC_R_ALIGN_2];
		else
			judge->count[KMC_R_ALIGN_3].unknown += judge->on[KMC_R_ALIGN_3];
	} else if (pow2) {
		KMC_ASK(judge, ALIGN_2, c);
	} else {
		KMC_ASK(judge, ALIGN_3, c);
	}
	if (c->array)
		KMC_ASK(judge, ALIGN_5, c);
	if (c->size > judge->subject.machine.kmalloc_max_cache)
		KMC_ASK(judge, ALIGN_6, c);
}
