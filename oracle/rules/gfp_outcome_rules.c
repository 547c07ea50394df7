// SPDX-License-Identifier: GPL-2.0-or-later
/* GFP: what a request may return, and the closed list of reasons for NULL (rules-page 4.2). */
#include <inttypes.h>
#include "judge_priv.h"

#define NUM "%" PRIu64
#define SECOND_NS 1000000000ull

KMC_RULE_FN(GFP_5)
{
	(void)c;
	KMC_PASS(GFP_5);
}

/* Return: the reason that applies; NULL none. */
static const char *reason_for_null(const struct kmc_judge *j, const struct kmc_case *c)
{
	const struct kmc_request *r = c->request;

	if (r->task->flags & (KMC_TF_OOM_VICTIM | KMC_TF_EXITING | KMC_TF_FATAL_SIGNAL) ||
	    c->open->notes.pages.killed)
		return "the task is a victim of the OOM killer";
	if (c->gfp & (KMC_GFP_DMA | KMC_GFP_DMA32))
		return "the highest zone is below Normal";
	if (c->gfp & KMC_GFP_THISNODE)
		return "one node only";
	if (r->scope & (KMC_SCOPE_MEMALLOC | KMC_SCOPE_KTHREAD) || r->task->crossed)
		return "the task is in reclaim";
	if (r->task->flags & KMC_TF_DUMPCORE)
		return "the task dumps its core";
	if (j->pages.suspended)
		return "storage is suspended";
	if (!j->pages.killer)
		return "the OOM killer is off";
	if (c->gfp & KMC_GFP_ACCOUNT)
		return "the group's limit";
	if (r->task->mems)
		return "the cpuset";
	if (c->effects & 1u << KMC_EFF_FAULT_INJECTED)
		return "a fault was injected";
	if (c->ev->context != KMC_CTX_TASK)
		return "a caller that may not sleep";
	return j->blind_before ? "what was before is unknown" : NULL;
}

KMC_RULE_FN(GFP_16)
{
	if (c->ev->outcome != KMC_OUT_NULL || reason_for_null(j, c)) {
		KMC_PASS(GFP_16);
		return;
	}
	KMC_BREACH(GFP_16, "no-reason",
		   (j, "a default request of order %u fails for a reason of the closed list only",
		    c->request->order),
		   (j, "it returned NULL; none applies"));
}

KMC_RULE_FN(GFP_19)
{
	const uint64_t period = 10 * SECOND_NS, last = j->pages.last_report_ns;
	bool clock = j->subject.machine.profile || c->ev->time_ns;

	if (kmc_release_of(j) < KMC_RELEASE(6, 1, 0) || !clock || j->blind_before)
		return;
	if (c->ev->kind == KMC_EV_EFFECT) {
		KMC_VERDICT(GFP_19, !j->pages.reports || c->ev->time_ns - last >= period, "rate",
			    (j, "failed requests are reported once in ten seconds"),
			    (j, "the last report was " NUM " ns ago", c->ev->time_ns - last));
		return;
	}
	/* Reported, reported a while ago, or never asked the free lists at all. */
	if (j->pages.reports || c->effects & 1u << KMC_EFF_FAULT_INJECTED ||
	    c->request->order > j->subject.machine.max_order || c->gfp & KMC_GFP_DMA)
		return;
	KMC_BREACH(GFP_19, "missing", (j, "the first request that fails is reported"),
		   (j, "it was not"));
}

KMC_RULE_FN(GFP_41)
{
	KMC_VERDICT(GFP_41, c->open->dirty == 1, "skipped",
		    (j, "without hardware tags SKIP bits leave no byte out that __GFP_ZERO wipes"),
		    (j, "the byte at %#" PRIx64 " does not read zero", c->open->dirty_at));
}

KMC_RULE_FN(GFP_44)
{
	/* Who strained for the page may have had no room for the payer's name. */
	if (!c->open->notes.pages.charged &&
	    (!kmc_task_pays(j, c->ev) || c->effects & 1u << KMC_EFF_WOKE_KSWAPD)) {
		KMC_UNKNOWN_HERE(GFP_44);
		return;
	}
	KMC_VERDICT(GFP_44, c->open->notes.pages.charged >= c->size, "uncharged",
		    (j, "__GFP_ACCOUNT charges all " NUM " bytes to the group, or fails", c->size),
		    (j, NUM " were charged", c->open->notes.pages.charged));
}

/* What came of NULL is used as if it were memory. */
KMC_RULE_FN(GFP_46)
{
	KMC_VERDICT(GFP_46, c->addr && !kmc_is_error_pointer(c->addr),
		    "unchecked",
		    (j, "a result is used after it was found to be memory"),
		    (j, "%#" PRIx64 " was", c->addr));
}
