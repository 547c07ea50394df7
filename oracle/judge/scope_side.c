// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Scopes of tasks, from the calls that open and close them alone. A closing call says in arg
 * which call opened the scope (its id); where that is unknown the last one of its kind is taken.
 */
#include "call_parts.h"

/* What a scope may take away, and what else no call may lose. */
#define SCOPED                                                                             \
	(KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_IO | KMC_GFP_FS |        \
	 KMC_GFP_MOVABLE | KMC_GFP_ZERO)

static const struct {
	uint16_t save, restore;
	uint8_t bit;
} kinds[] = {
	{ KMC_OP_MEMALLOC_NOIO_SAVE, KMC_OP_MEMALLOC_NOIO_RESTORE, KMC_SCOPE_NOIO },
	{ KMC_OP_MEMALLOC_NOFS_SAVE, KMC_OP_MEMALLOC_NOFS_RESTORE, KMC_SCOPE_NOFS },
	{ KMC_OP_MEMALLOC_NORECLAIM_SAVE, KMC_OP_MEMALLOC_NORECLAIM_RESTORE, KMC_SCOPE_MEMALLOC },
	{ KMC_OP_MEMALLOC_PIN_SAVE, KMC_OP_MEMALLOC_PIN_RESTORE, KMC_SCOPE_PIN },
};

static void save(struct kmc_task_book *task, const struct kmc_event *ev, uint8_t bit)
{
	if (task->nr_saves == KMC_BOOK_SAVES) {
		task->crossed = true; /* deeper than the books go */
		return;
	}
	task->saves[task->nr_saves++] =
		(struct kmc_save){ .id = ev->id, .bit = bit, .was = task->scope & bit };
	task->scope |= bit;
}

/* Which opened scope is meant? Return: its place, -1 none that is known. */
static int save_of(const struct kmc_task_book *task, const struct kmc_event *ev, uint8_t bit)
{
	for (int i = task->nr_saves; i-- > 0;)
		if (ev->arg ? task->saves[i].id == ev->arg : task->saves[i].bit == bit)
			return i;
	return -1;
}

/* Rule: SCP-6. What a token does when it is given back, by the edition. */
static void apply(const struct kmc_judge *judge, struct kmc_task_book *task,
		  const struct kmc_save *token, uint8_t bit)
{
	if (kmc_release_of(judge) < KMC_RELEASE(6, 9, 0))
		task->scope = (uint8_t)((task->scope & ~bit) | (token->was ? bit : 0));
	else if (!token->was)
		task->scope &= (uint8_t)~bit;
}

static void restore(struct kmc_judge *judge, struct kmc_case *c, struct kmc_task_book *task,
		    uint8_t bit)
{
	int place = save_of(task, c->ev, bit);
	struct kmc_save token;

	if (place < 0) { /* another task's token, or one from before the stream */
		task->crossed = task->foreign = true;
		return;
	}
	token = task->saves[place];
	c->value = place + 1 == task->nr_saves && token.bit == bit;
	KMC_ASK(judge, SCP_5, c);
	if (!c->value)
		task->crossed = true;
	apply(judge, task, &token, bit);
	for (int i = place; i + 1 < task->nr_saves; i++)
		task->saves[i] = task->saves[i + 1];
	task->nr_saves--;
	task->inner_closed = token.was && task->scope & bit;
	if (!task->nr_saves)
		task->inner_closed = false;
}

/* Whose rule is it, when a flag stayed or went that should not have? */
static void ask_context(struct kmc_judge *judge, struct kmc_case *c)
{
	const struct kmc_task_book *task = kmc_pages_task_seen(judge, c->ev->task);
	struct kmc_request request;

	kmc_gfp_request(judge, c, &request);
	/* What a suspended machine takes away is not the scope's; bits without a name get one on the way. */
	if (judge->pages.suspended || task->foreign || c->ev->gfp_raw)
		return;
	c->request = &request;
	/* What a release has no bit for gets lost on the way. */
	c->value = c->ev->arg | (c->gfp & ~(uint64_t)SCOPED);
	if (task->crossed) {
		KMC_ASK(judge, SCP_6, c);
		return;
	}
	request.scope = task->scope;
	request.flags = c->gfp;
	if (task->scope & KMC_SCOPE_NOIO)
		request.flags &= ~(uint32_t)(KMC_GFP_IO | KMC_GFP_FS);
	if (task->scope & KMC_SCOPE_NOFS)
		request.flags &= ~(uint32_t)KMC_GFP_FS;
	if (task->scope & KMC_SCOPE_PIN)
		request.flags &= ~(uint32_t)KMC_GFP_MOVABLE;
	if (c->value & ~(uint64_t)c->gfp)
		KMC_ASK(judge, SCP_8, c);
	else if (!(task->scope & (KMC_SCOPE_NOIO | KMC_SCOPE_NOFS | KMC_SCOPE_PIN)))
		KMC_ASK(judge, SCP_7, c);
	else if (task->inner_closed)
		KMC_ASK(judge, SCP_4, c);
	else if (task->scope & KMC_SCOPE_NOIO && task->scope & KMC_SCOPE_NOFS)
		KMC_ASK(judge, SCP_3, c);
	else if (task->scope & KMC_SCOPE_NOIO)
		KMC_ASK(judge, SCP_1, c);
	else if (task->scope & KMC_SCOPE_NOFS)
		KMC_ASK(judge, SCP_2, c);
	else
		KMC_ASK(judge, SCP_10, c);
}

void kmc_scope_end(struct kmc_judge *judge, struct kmc_case *c)
{
	struct kmc_task_book *task;

	if (c->ev->what == KMC_OP_CURRENT_GFP_CONTEXT) {
		ask_context(judge, c);
		return;
	}
	task = kmc_pages_task(judge, c->ev->task);
	if (!task)
		return;
	if (c->ev->what == KMC_OP_SET_ACTIVE_MEMCG) {
		/* In interrupt it is the cpu's own group that is set. A token given back names none. */
		if (c->ev->context == KMC_CTX_TASK || c->ev->context == KMC_CTX_PREEMPT_OFF)
			task->active = c->ev->cache == KMC_CACHE_NONE ? KMC_GROUP_UNKNOWN : c->ev->cache;
		return;
	}
	for (unsigned int i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (c->ev->what == kinds[i].save)
			save(task, c->ev, kinds[i].bit);
		else if (c->ev->what == kinds[i].restore)
			restore(judge, c, task, kinds[i].bit);
}
