// SPDX-License-Identifier: GPL-2.0-or-later
/* Events in words: what explanations and timelines are made of. */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "judge_priv.h"
#include "say.h"

void kmc_say(struct kmc_saying *text, const char *format, ...)
{
	va_list args;
	int len;

	va_start(args, format);
	len = vsnprintf(text->buf + text->len, text->size - text->len, format, args);
	va_end(args);
	if (len > 0)
		text->len += (size_t)len;
	if (text->len >= text->size)
		text->len = text->size - 1;
}

const char *kmc_cache_name(const struct kmc_judge *judge, uint32_t id)
{
	const struct kmc_cache *cache = id < judge->nr_caches ? judge->caches[id] : NULL;

	return cache && cache->desc.name[0] ? cache->desc.name : "a cache";
}

void kmc_say_owner(const struct kmc_judge *judge, struct kmc_saying *text,
		   const struct kmc_event *ev)
{
	const struct kmc_op_desc *op = kmc_op_desc(ev->what);
	const char *what = NULL;

	switch (op ? op->family : 0) {
	case KMC_OPF_CMA: what = "area"; break;
	case KMC_OPF_ZS:
	case KMC_OPF_MEMPOOL: what = "pool"; break;
	case KMC_OPF_MEMCG: what = "group"; break;
	case KMC_OPF_DMA:
		what = ev->what >= KMC_OP_DMA_POOL_CREATE ? "pool" : "device";
		break;
	}
	if (what)
		kmc_say(text, "%s %u, ", what, ev->cache);
	else
		kmc_say(text, "%s, ", kmc_cache_name(judge, ev->cache));
}

void kmc_say_result(struct kmc_saying *text, const struct kmc_event *ev)
{
	switch (ev->outcome) {
	case KMC_OUT_NULL:
		kmc_say(text, " -> NULL");
		break;
	case KMC_OUT_ZERO_SIZE:
		kmc_say(text, " -> ZERO_SIZE_PTR");
		break;
	case KMC_OUT_ERROR:
		kmc_say(text, " -> error -%" PRIu64, ev->arg);
		break;
	case KMC_OUT_VALUE:
		kmc_say(text, " -> %#" PRIx64, ev->addr);
		break;
	}
}

/* a whole event */

/* A free says its result, or its address: whichever the call takes it as. */
static bool takes_address(const struct kmc_event *ev)
{
	if (ev->kind == KMC_EV_TRACEPOINT)
		return ev->what == KMC_TP_EV_KFREE || ev->what == KMC_TP_EV_KMEM_CACHE_FREE ||
		       ev->what == KMC_TP_EV_MM_PAGE_FREE;
	return kmc_op_is_free(ev->what);
}

static void say_separator(struct kmc_saying *text)
{
	if (text->len && text->buf[text->len - 1] != '(')
		kmc_say(text, ", ");
}

static void say_operands(const struct kmc_judge *judge, struct kmc_saying *text,
			 const struct kmc_event *ev)
{
	const struct kmc_op_desc *op = ev->kind == KMC_EV_TRACEPOINT ? NULL :
								       kmc_op_desc(ev->what);
	bool frees = takes_address(ev);
	char gfp[160];

	if (ev->cache != KMC_CACHE_NONE) {
		kmc_say_owner(judge, text, ev);
		text->len -= 2; /* its separator */
	}
	if (op && op->family == KMC_OPF_RESIZE && ev->addr2) {
		say_separator(text);
		kmc_say(text, "%#" PRIx64, ev->addr2);
	}
	if (frees) {
		say_separator(text);
		kmc_say(text, "%#" PRIx64, ev->addr);
	} else if (ev->size) {
		say_separator(text);
		kmc_say(text, "%" PRIu64, ev->size);
	}
	if (!frees && (ev->gfp || ev->gfp_raw || (op && judge->ops[ev->what].has_gfp))) {
		kmc_gfp_print(gfp, sizeof(gfp),
			      (struct kmc_gfp){ .atoms = ev->gfp, .raw = ev->gfp_raw });
		say_separator(text);
		kmc_say(text, "%s", gfp);
	}
}

static void say_effect(struct kmc_saying *text, const struct kmc_event *ev)
{
	if (ev->addr)
		kmc_say(text, " %#" PRIx64, ev->addr);
	if (ev->arg)
		kmc_say(text, " (%" PRIu64 ")", ev->arg);
}

void kmc_judge_say(const struct kmc_judge *judge, const struct kmc_moment *moment, char *buf,
		   size_t size)
{
	const struct kmc_event *ev = &moment->event;
	struct kmc_saying text = { buf, size, 0 };
	const char *name = moment->call ? moment->call : kmc_event_what_name(ev->kind, ev->what);

	*buf = '\0';
	kmc_say(&text, "%s", name ? name : "?");
	if (ev->kind == KMC_EV_GAP)
		kmc_say(&text, "events were lost");
	if (ev->kind == KMC_EV_EFFECT)
		say_effect(&text, ev);
	if (ev->kind == KMC_EV_GAP || ev->kind == KMC_EV_EFFECT || ev->kind == KMC_EV_MACHINE)
		return;
	kmc_say(&text, "(");
	say_operands(judge, &text, ev);
	kmc_say(&text, ")");
	if (ev->kind == KMC_EV_BEGIN)
		kmc_say(&text, " begins");
	else if (!takes_address(ev) && ev->outcome == KMC_OUT_VALUE && !ev->addr)
		kmc_say(&text, " -> %" PRIu64, ev->arg);
	else if (!takes_address(ev))
		kmc_say_result(&text, ev);
}
