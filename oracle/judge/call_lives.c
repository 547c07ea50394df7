// SPDX-License-Identifier: GPL-2.0-or-later
/* Lives begin and end with calls. A block that a caller misused becomes undefined. */
#include <errno.h>
#include "call_parts.h"

/* A constant string may be the program's own, which lies outside the direct map. */
bool kmc_takes_addresses(const struct kmc_judge *judge, unsigned int from, uint64_t addr)
{
	const struct kmc_machine *m = &judge->subject.machine;

	if (from == KMC_FROM_CONST)
		return m->direct_map && addr >= m->direct_map && addr < m->vmalloc_start;
	return from != KMC_FROM_PERCPU && from != KMC_FROM_ZS;
}

/* Memory that was freed may be handed out again at once. */
static void ask_reuse(struct kmc_judge *judge, const struct kmc_case *c,
		      const struct kmc_life *life)
{
	struct kmc_case again = *c;

	again.other = life->seq ? life : NULL;
	KMC_ASK(judge, FR_17, &again);
}

int kmc_life_begin(struct kmc_judge *judge, const struct kmc_case *c)
{
	struct kmc_life *life = kmc_shadow_put(&judge->shadow, c->addr);
	bool in_place = kmc_traits_of(c->ev->what)->how & R && c->addr == c->ev->addr2;

	if (!life)
		return -ENOMEM;
	if (life->state == KMC_LIFE_LIVE) {
		kmc_place_remove(judge, life->addr, kmc_life_size(life));
		kmc_book_end(judge, life, KMC_LIFE_FREED);
	}
	ask_reuse(judge, c, life);
	life->seq = judge->now;
	life->from = c->from;
	/* Who pays for a block pays on when it is resized where it is. */
	life->flags = in_place ? life->flags & KMC_LIFE_CHARGED : 0;
	if (c->zeroed)
		life->flags |= KMC_LIFE_ZEROED | KMC_LIFE_ZEROING;
	if (c->effects & 1u << KMC_EFF_CHARGED)
		life->flags |= KMC_LIFE_CHARGED;
	/* A packed object's two pages need not lie together. */
	if (judge->grace.nr && kmc_takes_addresses(judge, c->from, c->addr))
		kmc_objects_taken(judge, c);
	if (c->ev->marks & KMC_MARK_KEPT)
		life->flags |= KMC_LIFE_KEPT;
	kmc_life_set_size(life, c->size);
	life->granted = c->from >= KMC_FROM_PAGE ? 1 : c->granted; /* pages: references */
	life->gfp = c->gfp;
	life->cache = c->ev->cache;
	kmc_book_begin(judge, life);
	if (!kmc_takes_addresses(judge, c->from, c->addr)) {
		life->flags |= KMC_LIFE_NO_EXTENT;
		return 0;
	}
	return kmc_place_add(judge, c->addr, c->size);
}

void kmc_life_end(struct kmc_judge *judge, struct kmc_life *life, enum kmc_life_state state)
{
	if (life->state != KMC_LIFE_LIVE)
		return;
	if (!(life->flags & KMC_LIFE_NO_EXTENT))
		kmc_place_remove(judge, life->addr, kmc_life_size(life));
	kmc_book_end(judge, life, state);
}

/* After a caller's breach nothing about the object is held against the allocator. */
void kmc_life_undefine(struct kmc_judge *judge, struct kmc_life *life)
{
	kmc_life_end(judge, life, KMC_LIFE_UNDEFINED);
	life->flags |= KMC_LIFE_TAINTED;
}
