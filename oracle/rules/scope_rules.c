// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * SCP: scopes. They are seen twice: in what current_gfp_context() leaves of flags, and in what
 * reclaim does for a request.
 */
#include <inttypes.h>
#include "judge_priv.h"

#define BIT(effect) (1u << KMC_EFF_##effect)

/* Flags that should be left; or forbidden work. */
static bool is_kept(const struct kmc_case *c, uint32_t forbidden)
{
	if (c->ev->what == KMC_OP_CURRENT_GFP_CONTEXT)
		return c->value == c->request->flags;
	return !(c->effects & forbidden);
}

static void say_other(struct kmc_judge *j, const struct kmc_case *c)
{
	if (c->ev->what == KMC_OP_CURRENT_GFP_CONTEXT)
		kmc_breach_but(j, "atoms %#x are left of %#x, not %#x", (uint32_t)c->value, c->gfp,
			       c->request->flags);
	else
		kmc_breach_but(j, "it %s", c->effects & BIT(FS) ? "entered a filesystem" :
								   "started IO");
}

#define SCOPE_RULE(token, forbidden, clause, then)                                                 \
	KMC_RULE_FN(token)                                                                         \
	{                                                                                          \
		if (is_kept(c, forbidden)) {                                                       \
			KMC_PASS(token);                                                           \
			return;                                                                    \
		}                                                                                  \
		if (kmc_breach_open(j, KMC_R_##token, c, clause)) {                                \
			kmc_breach_then(j, "%s", then);                                            \
			say_other(j, c);                                                           \
		}                                                                                  \
		kmc_breach_close(j);                                                               \
		if (kmc_breach_traps(j))                                                           \
			__builtin_trap();                                                          \
	}

static uint32_t of_scope(const struct kmc_case *c)
{
	return c->request->scope & KMC_SCOPE_NOIO ? BIT(IO) | BIT(FS) : BIT(FS);
}

SCOPE_RULE(SCP_1, BIT(IO) | BIT(FS), "noio", "in a noio scope a request has neither IO nor FS")
SCOPE_RULE(SCP_2, BIT(FS), "nofs", "in a nofs scope a request has no FS, and keeps IO")
SCOPE_RULE(SCP_3, BIT(IO) | BIT(FS), "both", "of a noio and a nofs scope together noio counts")
SCOPE_RULE(SCP_4, of_scope(c), "nest", "the end of an inner scope leaves the outer one in force")
SCOPE_RULE(SCP_11, of_scope(c), "deeper",
	   "the task's scope holds for ranges, areas and percpu chunks too")

KMC_RULE_FN(SCP_5)
{
	KMC_VERDICT(SCP_5, c->value, "crossed",
		    (j, "scopes are closed in the opposite order, each with its own token"),
		    (j, "another one was opened last"));
}

/* What a crossed token does differs by release; either is possible, neither demanded. */
KMC_RULE_FN(SCP_6)
{
	(void)c;
	KMC_PASS(SCP_6);
}

KMC_RULE_FN(SCP_7)
{
	KMC_VERDICT(SCP_7, c->value == c->gfp, "other-task",
		    (j, "task %u is in no scope: its flags stay as they are", c->ev->task),
		    (j, "atoms %#x are left of %#x", (uint32_t)c->value, c->gfp));
}

/* The core's own additions are cpuset's and the calls' forms. */
KMC_RULE_FN(SCP_8)
{
	const uint32_t added = KMC_GFP_HARDWALL | KMC_GFP_COMP | KMC_GFP_ZERO;
	uint32_t left = c->ev->kind == KMC_EV_TRACEPOINT ? c->ev->gfp & ~added : (uint32_t)c->value;

	KMC_VERDICT(SCP_8, !(left & ~c->gfp), "added", (j, "a scope takes flags away and adds none"),
		    (j, "atoms %#x became %#x", c->gfp, left));
}

KMC_RULE_FN(SCP_9)
{
	bool denied = c->ev->outcome == KMC_OUT_NULL && c->value;

	KMC_VERDICT(SCP_9, !denied && !(c->effects & BIT(RECLAIMED)), denied ? "denied" : "reclaim",
		    (j, "in a noreclaim scope nothing is reclaimed for a request, which may have all"),
		    (j, denied ? "it was denied what is free" : "it was"));
}

KMC_RULE_FN(SCP_10)
{
	bool context = c->ev->what == KMC_OP_CURRENT_GFP_CONTEXT;
	bool kept = context ? c->value == c->request->flags :
			      c->request->zone->kind <= (c->gfp & KMC_GFP_HIGHMEM ? KMC_HIGHMEM :
										    KMC_NORMAL);

	KMC_VERDICT(SCP_10, kept, context ? "flags" : "zone",
		    (j, "in a pin scope a request is not movable: no page of the Movable zone"),
		    (j, context ? "MOVABLE is left" : "the page lies there"));
}

KMC_RULE_FN(SCP_12)
{
	const struct kmc_task_book *task = c->request->task;

	if (c->ev->context != KMC_CTX_TASK || task->active >= KMC_GROUP_UNKNOWN ||
	    j->pages.groups_gone)
		return;
	KMC_VERDICT(SCP_12, c->open->notes.pages.group == task->active, "group",
		    (j, "group %u is the active one: it is charged", task->active),
		    (j, "group %u was", c->open->notes.pages.group));
}

/* The trace of 4.19's fast path is from before the scope. */
KMC_RULE_FN(SCP_13)
{
	(void)c;
	KMC_PASS(SCP_13);
}
