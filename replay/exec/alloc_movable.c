/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target alloc: pages that move. The program's slots are their page
 * tables: a page that was asked for as movable may move, and its slot follows.
 */
#include <errno.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include "alloc/movable.h"
#include "alloc/pagesets.h"
#include "target_alloc.h"

void kmc_alloc_may_move(const struct kmc_call *call, void *block)
{
	switch (call->op->code) {
	case KMC_OP_ALLOC_PAGES:
	case KMC_OP_ALLOC_PAGES_NODE:
	case KMC_OP_ALLOC_PAGES_BULK:
	case KMC_OP_ALLOC_PAGES_BULK_LIST:
	case KMC_OP_FOLIO_ALLOC:
		kmc_sim_movable_add(virt_to_page(block));
	}
}

static struct kmc_slot *slot_of(struct kmc_exec *exec, const void *block)
{
	for (uint32_t i = 0; i < exec->nr_used; i++) {
		struct kmc_slot *slot = &exec->slots[exec->used[i]];

		if (slot->kind == KMC_SLOT_MEMORY && !slot->freed && slot->ptr == block)
			return slot;
	}
	return NULL;
}

/* No slot, no name to follow it by: it stays. */
static bool on_isolate(void *arg, struct page *page)
{
	return slot_of(arg, page_address(page));
}

static void on_moved(void *arg, struct page *from, struct page *to)
{
	struct kmc_exec *exec = arg;
	struct kmc_slot *slot = slot_of(exec, page_address(from));
	uint64_t old = slot->addr;

	slot->ptr = page_address(to);
	slot->addr = exec->backend->address(exec, slot->ptr);
	if (exec->sink)
		kmc_exec_effect(exec, KMC_EFF_MIGRATED, old, slot->addr, slot->size, 0);
}

const struct kmc_holder_ops kmc_alloc_holder = { .isolate = on_isolate, .moved = on_moved };

/* KMC_OUT_ERROR: it stayed, being pinned, unmovable, or without a place to go. */
static void migrate_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)exec, (void)gfp;
	if (!call->ptr || !call->src->page) {
		call->outcome = KMC_OUT_SKIPPED;
	} else if (!kmc_sim_migrate_page(virt_to_page(call->ptr))) {
		call->outcome = KMC_OUT_ERROR;
		call->value = EBUSY;
	}
}

static void kcompactd_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	struct kmc_sim *sim = kmc_alloc_state(exec)->sim;
	unsigned int node = call->op->node < 0 ? 0 : (unsigned int)call->op->node;

	(void)gfp;
	if (node >= exec->caps.machine.nr_nodes)
		call->outcome = KMC_OUT_SKIPPED;
	else
		kmc_sim_kcompactd_step(sim, node);
}

static void drain_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	(void)call, (void)gfp;
	kmc_sim_drain_all(kmc_alloc_state(exec)->sim);
}

/* The zone is named by its kind and node. */
static void pcp_disable_op(struct kmc_exec *exec, struct kmc_call *call, gfp_t gfp)
{
	const struct kmc_machine *machine = &exec->caps.machine;
	const struct kmc_op *op = call->op;
	int node = op->node < 0 ? 0 : op->node;

	(void)gfp;
	for (unsigned int i = 0; i < machine->nr_zones; i++)
		if (machine->zones[i].kind == op->order && machine->zones[i].node == node) {
			kmc_sim_pcp_disable(kmc_alloc_state(exec)->sim, i, op->a);
			return;
		}
	call->outcome = KMC_OUT_SKIPPED;
}

const struct kmc_alloc_op kmc_alloc_movable_ops[] = {
	{ KMC_OP_MIGRATE_MOVABLE, migrate_op },
	{ KMC_OP_KCOMPACTD_STEP, kcompactd_op },
	{ KMC_OP_DRAIN_ALL_PAGES, drain_op },
	{ KMC_OP_ZONE_PCP_DISABLE, pcp_disable_op },
	{ 0, NULL },
};
