// SPDX-License-Identifier: GPL-2.0-or-later
/* Which tasks are in a group that pays for what they ask for. */
#include "judge_priv.h"

/* Who pays: only what callers said themselves. An active group may be any. */
void kmc_objects_group(struct kmc_judge *judge, const struct kmc_event *ev)
{
	if (ev->what == KMC_OP_MEMCG_ATTACH && ev->size < 64) {
		judge->paying &= ~(1ull << ev->size);
		if (ev->cache != KMC_CACHE_NONE)
			judge->paying |= 1ull << ev->size;
	} else if (ev->what == KMC_OP_SET_ACTIVE_MEMCG || ev->what == KMC_OP_MEMCG_OFFLINE) {
		judge->paying = 0;
	}
}

bool kmc_task_pays(const struct kmc_judge *judge, const struct kmc_event *ev)
{
	return ev->task < 64 && judge->paying >> ev->task & 1 && ev->context == KMC_CTX_TASK &&
	       !(ev->scope & (KMC_SCOPE_KTHREAD | KMC_SCOPE_MEMALLOC));
}
