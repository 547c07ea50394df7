/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of what events are made of, and which events are possible. Used by the
 * text form, by trace readers and by reports.
 */
#include "vocab/event.h"
#include "vocab/op.h"

#define NAME(enumerator, text) text,

const char *kmc_outcome_name(unsigned int outcome)
{
	static const char *const names[] = { KMC_OUTCOMES(NAME) };

	return outcome < KMC_NR_OUTCOMES ? names[outcome] : NULL;
}

const char *kmc_effect_name(unsigned int effect)
{
	static const char *const names[] = { KMC_EFFECTS(NAME) };

	return effect < KMC_NR_EFFECTS ? names[effect] : NULL;
}

const char *kmc_tracepoint_name(unsigned int tracepoint)
{
	static const char *const names[] = { KMC_TRACEPOINTS(NAME) };

	return tracepoint < KMC_NR_TRACEPOINTS ? names[tracepoint] : NULL;
}

const char *kmc_context_name(unsigned int context)
{
	static const char *const names[] = { KMC_CONTEXTS(NAME) };

	return context < KMC_NR_CONTEXTS ? names[context] : NULL;
}

const char *kmc_event_kind_name(unsigned int kind)
{
	static const char *const names[KMC_NR_EVENT_KINDS] = {
		[KMC_EV_BEGIN] = "begin", [KMC_EV_END] = "end", [KMC_EV_CALL] = "call",
		[KMC_EV_EFFECT] = "effect", [KMC_EV_TRACEPOINT] = "point",
		[KMC_EV_MACHINE] = "mach", [KMC_EV_GAP] = "gap",
	};

	return kind < KMC_NR_EVENT_KINDS ? names[kind] : NULL;
}

const char *kmc_event_what_name(unsigned int kind, unsigned int what)
{
	const struct kmc_op_desc *desc;

	switch (kind) {
	case KMC_EV_BEGIN:
	case KMC_EV_END:
	case KMC_EV_CALL:
	case KMC_EV_MACHINE:
		desc = kmc_op_desc(what);
		return desc ? desc->text : NULL;
	case KMC_EV_EFFECT:
		return kmc_effect_name(what);
	case KMC_EV_TRACEPOINT:
		return kmc_tracepoint_name(what);
	case KMC_EV_GAP:
		return what ? NULL : "-";
	}
	return NULL;
}

const char *kmc_event_check(const struct kmc_event *ev)
{
	if (ev->kind >= KMC_NR_EVENT_KINDS)
		return "unknown kind of event";
	if (!kmc_event_what_name(ev->kind, ev->what))
		return "unknown call, effect or tracepoint";
	if (ev->outcome >= KMC_NR_OUTCOMES)
		return "unknown outcome";
	if (ev->context >= KMC_NR_CONTEXTS)
		return "unknown context";
	if (ev->marks & ~KMC_ALL_MARKS)
		return "unknown mark";
	if (ev->scope & ~KMC_ALL_SCOPES)
		return "unknown scope";
	if (ev->gfp & ~KMC_GFP_ALL_ATOMS)
		return "unknown GFP atom";
	return NULL;
}
