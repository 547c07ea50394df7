/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One op: do its operands fit, let the backend do it, put the result into its
 * slot, tell the stream. A call in which nothing else happened is delivered as
 * one event; the first thing that happens inside delivers its begin.
 */
#include <stddef.h>
#include <string.h>
#include "exec_core.h"

/* the stream */

static void deliver(struct kmc_exec *exec, struct kmc_event *ev)
{
	ev->seq = ++exec->seq;
	exec->sink->event(exec->sink->arg, ev);
}

/* Bits that the release has a name for are told by their names. */
static struct kmc_gfp named(const struct kmc_exec *exec, struct kmc_gfp gfp)
{
	struct kmc_gfp more;

	if (!gfp.raw || !exec->caps.machine.profile)
		return gfp;
	more = kmc_gfp_from_raw(kmc_gfp_table_of(exec->caps.machine.profile), gfp.raw);
	return (struct kmc_gfp){ .atoms = gfp.atoms | more.atoms, .raw = more.raw };
}

static void open_call(struct kmc_exec *exec, const struct kmc_op *op)
{
	struct kmc_event *ev = &exec->open;
	struct kmc_gfp gfp = named(exec, op->gfp);

	kmc_event_init(ev);
	ev->id = ++exec->next_id;
	ev->parent = exec->parent;
	ev->task = op->task;
	ev->cpu = op->cpu;
	ev->context = op->context;
	ev->what = op->code;
	ev->order = op->order;
	ev->node = op->node;
	ev->gfp = gfp.atoms;
	ev->gfp_raw = gfp.raw;
	ev->scope = op->task < KMC_MAX_TASKS ? exec->scope[op->task] : 0;
	exec->begun = false;
	exec->released_inline = false;
}

void kmc_exec_begin(struct kmc_exec *exec)
{
	struct kmc_event ev;

	if (exec->begun)
		return;
	exec->begun = true;
	ev = exec->open;
	ev.kind = KMC_EV_BEGIN;
	deliver(exec, &ev);
}

static void finish(struct kmc_exec *exec, enum kmc_outcome outcome)
{
	exec->open.kind = exec->begun ? KMC_EV_END : KMC_EV_CALL;
	exec->open.outcome = (uint8_t)outcome;
	deliver(exec, &exec->open);
}

void kmc_exec_inside(struct kmc_exec *exec, struct kmc_event *ev)
{
	kmc_exec_begin(exec);
	ev->kind = KMC_EV_CALL;
	ev->id = ++exec->next_id;
	ev->parent = exec->open.id;
	deliver(exec, ev);
}

static void effect_init(struct kmc_exec *exec, struct kmc_event *ev, unsigned int effect)
{
	kmc_exec_begin(exec);
	kmc_event_init(ev);
	ev->kind = KMC_EV_EFFECT;
	ev->what = (uint16_t)effect;
	ev->id = exec->open.id;
	ev->parent = exec->open.parent;
	ev->task = exec->open.task;
	ev->cpu = exec->open.cpu;
	ev->context = exec->open.context;
	ev->time_ns = exec->open.time_ns;
}

void kmc_exec_effect(struct kmc_exec *exec, unsigned int effect, uint64_t addr, uint64_t addr2,
		     uint64_t size, uint64_t arg)
{
	struct kmc_event ev;

	effect_init(exec, &ev, effect);
	ev.addr = addr;
	ev.addr2 = addr2;
	ev.size = size;
	ev.arg = arg;
	deliver(exec, &ev);
}

void kmc_exec_effect_of(struct kmc_exec *exec, unsigned int effect, uint32_t cache, uint64_t addr,
			uint64_t arg)
{
	struct kmc_event ev;

	effect_init(exec, &ev, effect);
	ev.cache = cache;
	ev.addr = addr;
	ev.arg = arg;
	deliver(exec, &ev);
}

void kmc_exec_effect_event(struct kmc_exec *exec, struct kmc_event *ev)
{
	kmc_exec_begin(exec);
	ev->kind = KMC_EV_EFFECT;
	ev->id = exec->open.id;
	ev->parent = exec->open.parent;
	ev->task = exec->open.task;
	ev->cpu = exec->open.cpu;
	ev->context = exec->open.context;
	ev->time_ns = exec->open.time_ns;
	deliver(exec, ev);
}

void kmc_exec_tracepoint(struct kmc_exec *exec, struct kmc_event *ev)
{
	kmc_exec_begin(exec);
	ev->kind = KMC_EV_TRACEPOINT;
	ev->id = exec->open.id;
	ev->parent = exec->open.parent;
	ev->context = exec->open.context;
	ev->time_ns = exec->open.time_ns;
	deliver(exec, ev);
}

/* the op itself */

/* What the task is in from the next call on. A token knows what was in force before. */
static void note_scope(struct kmc_exec *exec, const struct kmc_call *call)
{
	static const struct {
		uint16_t save, restore;
		uint8_t bit;
	} scopes[] = {
		{ KMC_OP_MEMALLOC_NOIO_SAVE, KMC_OP_MEMALLOC_NOIO_RESTORE, KMC_SCOPE_NOIO },
		{ KMC_OP_MEMALLOC_NOFS_SAVE, KMC_OP_MEMALLOC_NOFS_RESTORE, KMC_SCOPE_NOFS },
		{ KMC_OP_MEMALLOC_NORECLAIM_SAVE, KMC_OP_MEMALLOC_NORECLAIM_RESTORE,
		  KMC_SCOPE_MEMALLOC },
		{ KMC_OP_MEMALLOC_PIN_SAVE, KMC_OP_MEMALLOC_PIN_RESTORE, KMC_SCOPE_PIN },
	};
	uint8_t *scope = &exec->scope[call->op->task];

	for (size_t i = 0; i < sizeof(scopes) / sizeof(scopes[0]); i++) {
		if (call->op->code == scopes[i].save)
			*scope |= scopes[i].bit;
		else if (call->op->code == scopes[i].restore &&
			 !(call->src->flags & scopes[i].bit))
			*scope &= (uint8_t)~scopes[i].bit;
	}
}

static void move_slot(struct kmc_exec *exec, struct kmc_call *call)
{
	const struct kmc_op *op = call->op;
	struct kmc_slot held = *call->src, *to;

	exec->open.addr = held.addr;
	exec->open.size = held.size;
	call->outcome = KMC_OUT_VALUE;
	if (op->dst == KMC_NO_SLOT || op->dst == op->src)
		return;
	kmc_slot_clear(exec, op->src);
	to = kmc_slot_set(exec, op->dst, KMC_SLOT_MEMORY);
	held.listed = true;
	*to = held;
}

static void snapshot_op(struct kmc_exec *exec, struct kmc_call *call)
{
	const struct kmc_op *op = call->op;
	struct kmc_slot *slot;
	int number;

	if (op->code == KMC_OP_RESTORE) {
		number = (int)call->src->value;
		exec->open.arg = (uint64_t)number;
		number = kmc_exec_restore_state(exec, number, false);
		call->outcome = number ? KMC_OUT_ERROR : KMC_OUT_NONE;
		if (number)
			exec->open.arg = (uint64_t)-number;
		return;
	}
	/* The handle is part of the state: a program that comes back here can do so again. */
	slot = op->dst == KMC_NO_SLOT ? NULL : kmc_slot_set(exec, op->dst, KMC_SLOT_SNAP);
	for (number = 0; number < KMC_EXEC_MAX_SNAPSHOTS; number++)
		if (!exec->snapshots[number].valid)
			break;
	if (slot)
		slot->value = (uint64_t)number;
	number = kmc_exec_snapshot_state(exec);
	call->outcome = number < 0 ? KMC_OUT_ERROR : KMC_OUT_VALUE;
	exec->open.arg = (uint64_t)(number < 0 ? -number : number);
	if (number < 0 && slot)
		kmc_slot_clear(exec, op->dst);
}

/* Of areas, packed objects, devices or percpu areas: exec_special.c. */
static bool is_special(const struct kmc_plan *plan)
{
	return plan->family >= KMC_OPF_CMA && plan->family <= KMC_OPF_PERCPU;
}

static void run(struct kmc_exec *exec, struct kmc_call *call)
{
	const struct kmc_plan *plan = call->plan;
	/* A number may go to the slot of what is freed, which is to be told of first. */
	bool late = plan->is_free && plan->result == KMC_RES_NUM;

	switch (call->op->code) {
	case KMC_OP_WRITE:
	case KMC_OP_READ:
	case KMC_OP_CHECK:
	case KMC_OP_CHECK_ZERO:
		kmc_memory_op(exec, call);
		return;
	case KMC_OP_MOVE_SLOT:
		move_slot(exec, call);
		return;
	case KMC_OP_SNAPSHOT:
	case KMC_OP_RESTORE:
		snapshot_op(exec, call);
		return;
	default:
		if (plan->is_free)
			kmc_lives_put_back(exec, call);
		exec->backend->call(exec, call);
		if (call->outcome == KMC_OUT_REFUSED || call->outcome == KMC_OUT_SKIPPED ||
		    call->undone)
			return;
		if (call->outcome == KMC_OUT_ERROR)
			exec->open.arg = call->value;
		else if (call->outcome != KMC_OUT_HUNG && call->outcome != KMC_OUT_DIED && !late)
			kmc_result_store(exec, call);
		/* Whether it had let the old block go before the machine died is not told. */
		if (call->outcome == KMC_OUT_DIED && call->src && kmc_is_resize(call->op->code))
			kmc_slot_clear(exec, call->op->src);
		if (is_special(plan))
			kmc_special_done(exec, call);
		if (plan->ends)
			kmc_lives_end(exec, call);
		if (late && call->outcome == KMC_OUT_VALUE)
			kmc_result_store(exec, call);
		if (plan->family == KMC_OPF_SCOPE)
			note_scope(exec, call);
	}
}

static void mark_event(struct kmc_event *ev, unsigned int attr)
{
	static const struct {
		uint8_t attr;
		uint16_t mark;
	} marks[] = {
		{ KMC_ATTR_MISUSE, KMC_MARK_MISUSE },
		{ KMC_ATTR_UNTRUSTED, KMC_MARK_UNTRUSTED },
		{ KMC_ATTR_FALLBACK, KMC_MARK_FALLBACK },
		{ KMC_ATTR_LIMITED_DEVICE, KMC_MARK_LIMITED_DEVICE },
		{ KMC_ATTR_COUNT_SIZE, KMC_MARK_COUNT_SIZE },
		{ KMC_ATTR_KEPT, KMC_MARK_KEPT },
	};

	for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
		if (attr & marks[i].attr)
			ev->marks |= marks[i].mark;
}

/* Nothing is done to the subject; what it knows of the place goes on record. */
static void misuse(struct kmc_exec *exec, const struct kmc_call *call)
{
	bool memory = call->plan->family == KMC_OPF_MEMORY;
	uint64_t bytes = memory ? call->op->a : 1;
	enum kmc_misuse_report what = exec->backend->look ?
		exec->backend->look(exec, call->bulk ? call->bulk[0] : call->ptr, bytes) :
		KMC_REPORT_UNKNOWN;

	if (memory && call->src)
		exec->open.addr2 = call->src->addr;
	if (call->bulk)
		kmc_bulk_free_events(exec, call);
	kmc_exec_effect(exec, KMC_EFF_REPORTED, exec->open.addr, 0, 0, what);
	finish(exec, KMC_OUT_NONE);
}

static void finish_machine(struct kmc_exec *exec, const struct kmc_call *call)
{
	if (call->outcome == KMC_OUT_SKIPPED || call->outcome == KMC_OUT_REFUSED || exec->begun) {
		finish(exec, call->outcome);
		return;
	}
	exec->open.kind = KMC_EV_MACHINE;
	exec->open.outcome = call->outcome;
	deliver(exec, &exec->open);
}

/* The op runs on a cpu and task that are there, and names no node that is not. */
static bool place_fits(const struct kmc_exec *exec, const struct kmc_op *op)
{
	const struct kmc_machine *machine = &exec->caps.machine;

	return op->cpu < machine->nr_cpus && !(exec->cpus_off >> op->cpu & 1) &&
	       op->task < KMC_MAX_TASKS &&
	       (op->node < (int)machine->nr_nodes || op->code == KMC_OP_CMA_DECLARE);
}

/* The result's place: a bulk result needs room for all. */
static bool result_fits(const struct kmc_op *op, const struct kmc_plan *plan)
{
	if (plan->result == KMC_RES_BULK)
		return op->dst != KMC_NO_SLOT && op->a <= KMC_NR_SLOTS &&
		       op->dst + op->a <= KMC_NR_SLOTS;
	return true;
}

void kmc_exec_step(struct kmc_exec *exec, const struct kmc_op *op)
{
	const struct kmc_plan *plan = kmc_plan_of(op->code);
	struct kmc_call call;
	enum kmc_fit fit;

	/* All but the description of a cache, which is long and seldom there. */
	memset(&call, 0, offsetof(struct kmc_call, cache));
	call.op = op;
	call.plan = plan;
	if (plan->result == KMC_RES_CACHE)
		call.cache = (struct kmc_cache_desc){ 0 };
	open_call(exec, op);
	if (op->attr)
		mark_event(&exec->open, op->attr);
	if (!kmc_caps_has(&exec->caps, op->code)) {
		finish(exec, plan->known ? KMC_OUT_REFUSED : KMC_OUT_SKIPPED);
		return;
	}
	fit = kmc_operands_take(exec, op, plan, &call);
	if (!place_fits(exec, op) || fit == KMC_NOT_THERE || !result_fits(op, plan) ||
	    (fit == KMC_MISFIT && !(op->attr & KMC_ATTR_MISUSE))) {
		finish(exec, KMC_OUT_SKIPPED);
		return;
	}
	exec->backend->enter(exec, op);
	exec->open.time_ns = exec->backend->clock_ns(exec);
	call.size = kmc_request_bytes(op, &call);
	kmc_request_describe(&exec->open, &call);
	if (plan->operands)
		kmc_operands_name(exec, plan, &call);
	if (is_special(plan) || plan->is_free)
		kmc_special_describe(&exec->open, &call);
	if (fit == KMC_MISFIT) {
		misuse(exec, &call);
		return;
	}
	/* Called misuse, it is none as far as operands go, and is done. */
	exec->open.marks &= (uint16_t)~KMC_MARK_MISUSE;
	if (exec->overlapping)
		kmc_exec_begin(exec);
	/* Another cpu may have the memory again before the call ends. */
	if (exec->overlapping && plan->is_free && call.bulk)
		kmc_bulk_free_events(exec, &call);
	run(exec, &call);
	if (plan->family == KMC_OPF_MACHINE)
		finish_machine(exec, &call);
	else
		finish(exec, call.outcome);
}
