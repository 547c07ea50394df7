// SPDX-License-Identifier: GPL-2.0-or-later
/* What the holder of a block does with its bytes. */
#include "call_parts.h"

static struct kmc_life *block_at(struct kmc_judge *judge, uint64_t addr)
{
	struct kmc_life *life = kmc_shadow_find(&judge->shadow, addr);

	if (life && life->state == KMC_LIFE_LIVE)
		return life;
	return kmc_place_find(judge, addr, 1, 0);
}

/* The block that a misuse beyond its end was meant to leave: the last one before. */
static struct kmc_life *block_before(struct kmc_judge *judge, uint64_t addr)
{
	for (uint64_t back = 8; back <= 64; back += 8) {
		struct kmc_life *life = back < addr ? block_at(judge, addr - back) : NULL;

		if (life)
			return life;
	}
	return NULL;
}

void kmc_memory_enter(struct kmc_judge *judge, struct kmc_case *c)
{
	bool misuse = c->ev->marks & KMC_MARK_MISUSE;
	/* Beyond its block a misuse may touch a neighbour: it says which block it meant. */
	struct kmc_life *life = block_at(judge, misuse && c->ev->addr2 ? c->ev->addr2 : c->addr);
	struct kmc_life *dead = life ? NULL : kmc_shadow_find(&judge->shadow, c->addr);

	if (!c->addr || kmc_is_error_pointer(c->addr)) {
		if (c->ev->size)
			KMC_ASK(judge, GFP_46, c);
		return;
	}
	KMC_COUNT(judge, KMC_R_GFP_46);
	if (!life && dead && c->ev->size && dead->state == KMC_LIFE_FREED && dead->seq > judge->blind_before) {
		c->other = dead;
		c->from = dead->from;
		KMC_ASK(judge, FR_10, c);
		return;
	}
	if (!life && misuse)
		life = block_before(judge, c->addr);
	if (!life)
		return;
	c->other = life;
	c->from = life->from;
	if (life->from >= KMC_FROM_KMALLOC && life->from <= KMC_FROM_KMALLOC_NOLOCK) {
		KMC_ASK(judge, KM_18, c);
		KMC_ASK(judge, KM_9, c);
	}
	if (c->ev->what == KMC_OP_WRITE && !misuse)
		life->flags &= ~(unsigned int)KMC_LIFE_ZEROED & 0x3ff;
}
