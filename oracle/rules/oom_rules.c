// SPDX-License-Identifier: GPL-2.0-or-later
/* OOM: for whom the killer is called, and whom it takes. */
#include <inttypes.h>
#include "judge_priv.h"

KMC_RULE_FN(OOM_1)
{
	bool dumps = c->request->task->flags & KMC_TF_DUMPCORE;

	KMC_VERDICT(OOM_1, !c->open->notes.pages.killed,
		    j->pages.suspended ? "suspended" : dumps ? "dumping" : "low-zone",
		    (j, j->pages.suspended ? "nobody is killed while storage is suspended" :
			dumps ? "nobody is killed for a task that dumps its core" :
				"nobody is killed for a request of a low zone"),
		    (j, "%u tasks were", c->open->notes.pages.killed));
}

KMC_RULE_FN(OOM_2)
{
	KMC_VERDICT(OOM_2, !c->open->notes.pages.killed_other, "nofs",
		    (j, "for a request without FS nobody but its own dying task is killed"),
		    (j, "another one was"));
}

KMC_RULE_FN(OOM_4)
{
	KMC_VERDICT(OOM_4, c->ev->arg == c->open->begin.task, "current-first",
		    (j, "task %u is dying: it is chosen itself", c->open->begin.task),
		    (j, "task %" PRIu64 " was killed", c->ev->arg));
}

KMC_RULE_FN(OOM_5)
{
	bool immune = c->request->task->adj == -1000;

	if (!immune && c->value == UINT64_MAX) {
		KMC_PASS(OOM_5);
		return;
	}
	if (c->value == KMC_VICTIM_OUTSIDE)
		KMC_BREACH(OOM_5, "group", (j, "for a group's limit one of its own tasks is killed"),
			   (j, "task %" PRIu64 " is not of group %u", c->ev->arg, c->ev->cache));
	else if (immune)
		KMC_BREACH(OOM_5, "immune", (j, "an oom_score_adj of -1000 is immunity"),
			   (j, "task %" PRIu64 " has it and was killed", c->ev->arg));
	else
		KMC_BREACH(OOM_5, "badness",
			   (j, "the task of most memory, with its adjustment, is killed: %" PRIu64,
			    c->value),
			   (j, "task %" PRIu64 " was killed", c->ev->arg));
}

static bool is_eligible(const struct kmc_task_book *task)
{
	return task->anon && !task->anon_unknown && task->adj != -1000 &&
	       !(task->flags & (KMC_TF_KTHREAD | KMC_TF_OOM_VICTIM | KMC_TF_EXITING));
}

KMC_RULE_FN(OOM_6)
{
	for (uint64_t used = j->pages.used; used; used &= used - 1) {
		unsigned int task = (unsigned int)__builtin_ctzll(used);

		if (!is_eligible(&j->pages.tasks[task]))
			continue;
		KMC_BREACH(OOM_6, "panic", (j, "the machine panics when nobody is left to be killed"),
			   (j, "task %u was left", task));
		return;
	}
	KMC_PASS(OOM_6);
}

KMC_RULE_FN(OOM_8)
{
	(void)c;
	KMC_PASS(OOM_8);
}

KMC_RULE_FN(OOM_3)
{
	KMC_VERDICT(OOM_3, (int64_t)c->value < 0, "high-retry",
		    (j, "before a kill the zones are tried once more, at their high marks"),
		    (j, "zone %" PRIu64 " was above its own", c->value));
}
