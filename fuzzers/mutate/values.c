/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where behaviour changes: class sizes of kmalloc, pages, the largest cache,
 * the largest block, products that just do and just do not fit.
 */
#include <string.h>
#include "values.h"
#include "vocab/event.h"

/* sizes */

static const uint64_t class_sizes[] = {
	8, 16, 32, 64, 96, 128, 192, 256, 512, 1024, 2048, 4096, 8192,
};

static uint64_t off_by_one(struct dice *dice, uint64_t value)
{
	switch (dice_below(dice, 4)) {
	case 0: return value + 1;
	case 1: return value ? value - 1 : 0;
	default: return value;
	}
}

/*
 * Contents of MiB are written and read back by every call on them: what an execution costs is
 * decided here. The largest blocks are drawn, but seldom.
 */
static uint64_t size_over(struct dice *dice)
{
	static const uint64_t some[] = { (4ull << 20) + 1, 8ull << 20 };
	static const uint64_t over[] = {
		64ull << 20, 1ull << 31, (1ull << 31) + 1, 1ull << 32, 1ull << 40,
		UINT64_MAX >> 1, UINT64_MAX - 4095, UINT64_MAX - 1, UINT64_MAX,
	};

	return dice_one_in(dice, 24) ? dice_pick(dice, some) : dice_pick(dice, over);
}

static uint64_t size_large(struct dice *dice)
{
	return dice_one_in(dice, 12) ? 1ull << (17 + dice_below(dice, 6)) :
				       1ull << (13 + dice_below(dice, 4));
}

static enum size_class draw_size_class(const struct maker *maker)
{
	/* by weight */
	static const uint8_t classes[] = {
		SIZE_ODD, SIZE_ODD, SIZE_ODD, SIZE_POW2, SIZE_POW2, SIZE_POW2, SIZE_CLASS,
		SIZE_CLASS, SIZE_CLASS, SIZE_CLASS, SIZE_PAGES, SIZE_PAGES, SIZE_LARGE, SIZE_OVER,
		SIZE_ZERO, SIZE_ODD,
	};

	for (int i = 0; i < 8; i++) {
		enum size_class class = dice_pick(maker->dice, classes);

		if (maker->swarm.size_classes >> class & 1)
			return class;
	}
	return SIZE_CLASS;
}

uint64_t draw_size(const struct maker *maker)
{
	struct dice *dice = maker->dice;

	switch (draw_size_class(maker)) {
	case SIZE_ODD:
		return 1 + dice_below(dice, 1ull << (3 + dice_below(dice, 10)));
	case SIZE_POW2:
		return off_by_one(dice, 1ull << dice_below(dice, 15));
	case SIZE_CLASS:
		return off_by_one(dice, dice_pick(dice, class_sizes));
	case SIZE_PAGES:
		return off_by_one(dice, 4096 * (1 + dice_below(dice, 16)));
	case SIZE_LARGE:
		return off_by_one(dice, size_large(dice));
	case SIZE_OVER:
		return size_over(dice);
	default:
		return 0;
	}
}

uint64_t draw_align(struct dice *dice)
{
	static const uint64_t odd[] = { 0, 3, 12, 24, 48, 100, 4097, 1ull << 31, 1ull << 40 };

	return dice_one_in(dice, 8) ? dice_pick(dice, odd) : 1ull << dice_below(dice, 14);
}

uint64_t draw_small(struct dice *dice)
{
	static const uint64_t far[] = { 255, 256, 1000, 4096, 65535, 1ull << 20, 1ull << 32,
					UINT64_MAX };

	return dice_one_in(dice, 48) ? dice_pick(dice, far) : dice_below(dice, 17);
}

uint64_t draw_near(struct dice *dice, uint64_t value)
{
	switch (dice_below(dice, 9)) {
	case 8: return 0;
	case 0: return value + 1;
	case 1: return value - 1;
	case 2: return value / 2;
	case 3: return value * 2;
	case 4: return value ^ 1ull << dice_below(dice, 64);
	case 5: return (value + 4095) & ~4095ull;
	case 6: return value + 1 + dice_below(dice, 16);
	default: return value & (value - 1); /* without its lowest bit */
	}
}

/* flags */

#define RECLAIM ((uint32_t)(KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM))
#define KERNEL  (RECLAIM | (uint32_t)(KMC_GFP_IO | KMC_GFP_FS))
/* Often wanted first; swarms take bits of this table. */
static const uint32_t bases[] = {
	KERNEL,
	(uint32_t)(KMC_GFP_HIGH | KMC_GFP_KSWAPD_RECLAIM),
	KMC_GFP_KSWAPD_RECLAIM,
	RECLAIM | (uint32_t)KMC_GFP_IO,
	RECLAIM,
	KERNEL | (uint32_t)KMC_GFP_HARDWALL,
	KERNEL | (uint32_t)(KMC_GFP_HARDWALL | KMC_GFP_HIGHMEM),
	KERNEL | (uint32_t)(KMC_GFP_HARDWALL | KMC_GFP_HIGHMEM | KMC_GFP_MOVABLE),
	KERNEL | (uint32_t)KMC_GFP_ACCOUNT,
	KERNEL | (uint32_t)KMC_GFP_RETRY_MAYFAIL,
	KERNEL | (uint32_t)KMC_GFP_NORETRY,
	KERNEL | (uint32_t)KMC_GFP_NOFAIL,
	KERNEL | (uint32_t)KMC_GFP_DMA,
	KERNEL | (uint32_t)KMC_GFP_DMA32,
	KERNEL | (uint32_t)KMC_GFP_MOVABLE,
	KERNEL | (uint32_t)KMC_GFP_RECLAIMABLE,
	0,
};

unsigned int gfp_base_count(void)
{
	return sizeof(bases) / sizeof(bases[0]);
}

static uint32_t draw_base(const struct maker *maker)
{
	for (int i = 0; i < 8; i++) {
		/* a third of the time the first three, mostly the very first */
		uint64_t at = dice_one_in(maker->dice, 3) ? dice_below(maker->dice, 3) :
			      dice_one_in(maker->dice, 2) ? 0 :
			      dice_below(maker->dice, gfp_base_count());

		if (maker->swarm.gfp_bases >> at & 1)
			return bases[at];
	}
	return KERNEL;
}

struct kmc_gfp draw_gfp(const struct maker *maker)
{
	static const uint32_t modifiers[] = {
		KMC_GFP_ZERO, KMC_GFP_ZERO, KMC_GFP_ZERO, KMC_GFP_NOWARN, KMC_GFP_COMP,
		KMC_GFP_COMP, KMC_GFP_ACCOUNT, KMC_GFP_NOMEMALLOC, KMC_GFP_MEMALLOC,
		KMC_GFP_THISNODE, KMC_GFP_HIGH, KMC_GFP_NORETRY, KMC_GFP_RETRY_MAYFAIL,
		KMC_GFP_MOVABLE, KMC_GFP_RECLAIMABLE, KMC_GFP_DMA, KMC_GFP_DMA32, KMC_GFP_WRITE,
	};
	struct kmc_gfp gfp = { .atoms = draw_base(maker) };

	while (dice_one_in(maker->dice, 3))
		gfp.atoms |= dice_pick(maker->dice, modifiers) & maker->swarm.gfp_modifiers;
	if (dice_one_in(maker->dice, 48))
		gfp.atoms ^= 1u << dice_below(maker->dice, KMC_NR_GFP_ATOMS);
	if (dice_one_in(maker->dice, 256))
		gfp.raw = 1ull << dice_below(maker->dice, 32);
	return gfp;
}

/* places and contexts */

uint8_t draw_order(struct dice *dice)
{
	static const uint8_t high[] = { 4, 4, 4, 5, 5, 6, 7, 8, 9, 10, 10, 11, 12, 63 };

	return dice_one_in(dice, 8) ? dice_pick(dice, high) :
	       dice_one_in(dice, 2) ? 0 : (uint8_t)dice_below(dice, 4);
}

int8_t draw_node(const struct maker *maker)
{
	if (dice_one_in(maker->dice, 24))
		return (int8_t)dice_below(maker->dice, KMC_MAX_OP_NODES);
	return dice_one_in(maker->dice, 2) ?
		       KMC_NODE_NONE : (int8_t)dice_below(maker->dice, maker->machine->nr_nodes);
}

uint8_t draw_context(const struct maker *maker)
{
	uint8_t context = KMC_CTX_TASK;

	if (dice_one_in(maker->dice, 8))
		context = (uint8_t)dice_below(maker->dice, KMC_CTX_UNKNOWN);
	return maker->swarm.contexts >> context & 1 ? context : (uint8_t)KMC_CTX_TASK;
}

/* numbers by name */

static bool is(const struct kmc_param *param, const char *name)
{
	return !strcmp(param->name, name);
}

/* The factor of a product: small, or where it stops to fit. */
static uint64_t draw_factor(const struct maker *maker, uint64_t other)
{
	struct dice *dice = maker->dice;

	if (dice_one_in(dice, 12))
		return UINT64_MAX / (other ? other : 1) + dice_below(dice, 2);
	if (dice_one_in(dice, 96))
		return (4ull << 20) / (other ? other : 1) + dice_below(dice, 2);
	return draw_small(dice);
}

static uint64_t draw_flags(struct dice *dice)
{
	static const uint64_t some[] = {
		0, 0, KMC_CF_HWCACHE_ALIGN, KMC_CF_TYPESAFE_BY_RCU, KMC_CF_ACCOUNT,
		KMC_CF_RECLAIM_ACCOUNT, KMC_CF_NO_MERGE, KMC_CF_CACHE_DMA, KMC_CF_RED_ZONE,
		KMC_CF_POISON, KMC_CF_STORE_USER, KMC_CF_CONSISTENCY_CHECKS,
		KMC_CF_RED_ZONE | KMC_CF_POISON | KMC_CF_CONSISTENCY_CHECKS,
	};

	if (dice_one_in(dice, 3)) /* the only ones that are merged without a condition */
		return 0;
	return dice_pick(dice, some) | (dice_one_in(dice, 3) ? dice_pick(dice, some) : 0);
}

static uint64_t draw_opcode(struct dice *dice)
{
	static const uint64_t backends[] = { KMC_OP_KMALLOC, KMC_OP_KMALLOC, KMC_OP_ALLOC_PAGES,
					     KMC_OP_VMALLOC, KMC_OP_KVMALLOC };

	return dice_pick(dice, backends);
}

static uint64_t draw_formatted(const struct maker *maker, const struct kmc_op *op,
			       const struct kmc_param *param)
{
	struct dice *dice = maker->dice;

	switch (param->format) {
	case 'f': return draw_flags(dice);
	case 'p': return 1ull << dice_below(dice, 6) | (dice_one_in(dice, 4) ? 1 : 0);
	case 'k': return draw_opcode(dice);
	case 'e': return dice_below(dice, 2);
	case 'y': return dice_below(dice, 5);
	case 'i': return (uint64_t)(int64_t)(int)(dice_below(dice, 3) * 500) - 500;
	}
	if (op->code == KMC_OP_VMAP) /* sometimes the pages go with the area */
		return dice_one_in(dice, 4) ? 0x200 : dice_below(dice, 16);
	if (is(param, "nodes"))
		return 1 + dice_below(dice, (1ull << maker->machine->nr_nodes) - 1);
	if (is(param, "attrs"))
		return dice_one_in(dice, 2) ? 0 : 1ull << dice_below(dice, 12);
	if (strstr(param->name, "mask"))
		return (1ull << (20 + dice_below(dice, 44))) - 1;
	return is(param, "pattern") ? dice_roll(dice) & 0xffff : draw_small(dice);
}

/* What lies within the block, or just does not. */
static uint64_t draw_length(const struct maker *maker, const struct kmc_op *op,
			    const struct life *block)
{
	struct dice *dice = maker->dice;
	uint64_t offset = op->b < block->size ? op->b : 0;

	if (maker->swarm.misuse && dice_one_in(dice, 24))
		return block->size - offset + 1;
	return dice_one_in(dice, 2) ? block->size - offset :
				      1 + dice_below(dice, block->size - offset);
}

/* Machine events: in the order of what they can do to a small machine. */
static uint64_t draw_pages(const struct maker *maker)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < maker->machine->nr_zones; i++)
		pages += maker->machine->zones[i].nr_pages;
	switch (dice_below(maker->dice, 4)) {
	case 0: return dice_below(maker->dice, 64);
	case 1: return dice_below(maker->dice, pages);
	case 2: return pages / (1 + dice_below(maker->dice, 8));
	default: return 64 << dice_below(maker->dice, 6);
	}
}

static bool is_pages(const struct kmc_param *param)
{
	static const char *const names[] = { "pages", "free_pages", "clean", "needs_io",
					     "needs_fs", "objects" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is(param, names[i]))
			return true;
	return false;
}

/* Mostly an area that can be had, for which the rest is 0; what is refused, for one reason at a time. */
static uint64_t draw_cma(struct dice *dice, const struct kmc_op *op, const struct kmc_param *param,
			 uint64_t start)
{
	static const uint64_t sizes[] = { 1ull << 20, 2ull << 20, 3ull << 20, (4ull << 20) + 4096, 0 };
	static const uint64_t aligns[] = { 4096, 3ull << 20, 8ull << 20, 16ull << 20, 1 };

	if (is(param, "size"))
		return dice_one_in(dice, 6) ? dice_pick(dice, sizes) :
					      4ull << 20 << dice_below(dice, 2);
	if (is(param, "base") && (op->code == KMC_OP_CMA_INIT_RESERVED || dice_one_in(dice, 4)))
		return start + (dice_below(dice, 8) << 22) + (dice_one_in(dice, 6) ? 4096 : 0);
	if (is(param, "align") && dice_one_in(dice, 6))
		return dice_pick(dice, aligns);
	return is(param, "limit") && dice_one_in(dice, 8) ? start + (dice_below(dice, 8) << 22) : 0;
}

static uint64_t draw_by_family(const struct maker *maker, const struct kmc_op *op,
			       const struct kmc_param *param)
{
	struct dice *dice = maker->dice;
	uint64_t start = maker->machine->nr_zones ? maker->machine->zones[0].start_pfn : 0;

	switch (op->code) {
	case KMC_OP_CMA_DECLARE:
	case KMC_OP_CMA_INIT_RESERVED:
		return draw_cma(dice, op, param, start << 12);
	case KMC_OP_ALLOC_CONTIG_RANGE:
		return is(param, "start") ? start + dice_below(dice, 4096) :
					    op->a + (1ull << dice_below(dice, 10));
	case KMC_OP_MEMCG_CREATE:
	case KMC_OP_MEMCG_SET_MAX:
	case KMC_OP_MEMCG_SET_HIGH:
	case KMC_OP_MEMCG_SET_LOW:
	case KMC_OP_MEMCG_SET_MIN:
		return dice_one_in(dice, 3) ? UINT64_MAX : 4096ull << dice_below(dice, 12);
	case KMC_OP_MEMCG_POPULATIONS:
		return !dice_one_in(dice, 4);
	case KMC_OP_SYSCTL:
		return dice_below(dice, 1ull << dice_below(dice, 14));
	case KMC_OP_CLOCK_ADVANCE:
		return 1000000ull << dice_below(dice, 14);
	case KMC_OP_VMALLOC_LIMIT:
		return 65536ull << dice_below(dice, 12);
	case KMC_OP_KMEM_CACHE_PREFILL_SHEAF: /* objects, not bytes */
	case KMC_OP_KMEM_CACHE_REFILL_SHEAF:
		return draw_small(dice);
	case KMC_OP_FAIL_NTH:
		return is(param, "nth") && !maker->swarm.faults ? 0 : dice_below(dice, 6);
	default:
		return UINT64_MAX - 1; /* none of these */
	}
}

uint64_t draw_number(const struct maker *maker, const struct kmc_op *op,
		     const struct kmc_param *param, const struct life *block)
{
	struct dice *dice = maker->dice;
	uint64_t special = draw_by_family(maker, op, param);

	if (param->format)
		return is(param, "pattern") && block && op->code == KMC_OP_CHECK ?
			       block->pattern : draw_formatted(maker, op, param);
	if (special != UINT64_MAX - 1)
		return special;
	if (is(param, "len") && block && block->size)
		return draw_length(maker, op, block);
	if (is(param, "oldsize") || is(param, "old_align"))
		return block && param->name[3] == 's' ? block->size : 8;
	if (is(param, "cpu"))
		return dice_below(dice, maker->machine->nr_cpus);
	if (is(param, "task"))
		return dice_below(dice, 4);
	if (is_pages(param))
		return draw_pages(maker);
	if (is(param, "align") || is(param, "boundary"))
		return draw_align(dice);
	if (is(param, "size") || is(param, "header") || is(param, "len") || is(param, "bytes"))
		return draw_size(maker);
	if (is(param, "n") || is(param, "count"))
		return draw_factor(maker, op->b);
	if (is(param, "fault_at") || is(param, "max"))
		return dice_one_in(dice, 3) ? draw_size(maker) : UINT64_MAX;
	if (is(param, "useroffset") || is(param, "usersize") || is(param, "head"))
		return 8 * dice_below(dice, 8);
	if (is(param, "min_nr"))
		return dice_below(dice, 12);
	return draw_small(dice);
}
