/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A finding of the recorded kernel as a program: what its window tells of the
 * blocks concerned, done by calls. Nobody has run it on that kernel; it is what
 * one would, to see it again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "replay.h"
#include "vocab/program.h"

#define MOST_BLOCKS 16u
#define MOST_CACHES 8u

struct extract {
	const struct kmc_replay *replay;
	struct kmc_program program;
	struct {
		uint64_t addr;
		uint16_t slot, freed_by; /* opcode that gives it back */
		uint16_t cache;          /* its cache's slot */
		uint8_t order;
		bool live;
	} blocks[MOST_BLOCKS];
	unsigned int nr_blocks;
	struct {
		uint32_t id;
		uint16_t slot;
	} caches[MOST_CACHES];
	unsigned int nr_caches;
	uint64_t story[3];               /* addresses that it is about */
	uint16_t next_slot;
	int err;
};

static void add(struct extract *x, const struct kmc_op *op)
{
	if (!x->err)
		x->err = kmc_program_add(&x->program, op);
}

static bool belongs(const struct extract *x, uint64_t addr)
{
	for (unsigned int i = 0; i < 3; i++)
		if (x->story[i] && x->story[i] == addr)
			return true;
	return false;
}

/* The slot of our twin of a recorded cache; KMC_NO_SLOT: nothing is known of it. */
static uint16_t cache_slot(struct extract *x, uint32_t id)
{
	const struct kmc_trace_facts *facts = x->replay->facts;
	struct kmc_op op;

	for (unsigned int i = 0; i < x->nr_caches; i++)
		if (x->caches[i].id == id)
			return x->caches[i].slot;
	if (id >= facts->nr_caches || x->nr_caches == MOST_CACHES)
		return KMC_NO_SLOT;
	kmc_op_init(&op, KMC_OP_KMEM_CACHE_CREATE);
	op.dst = x->next_slot++;
	op.a = x->nr_caches + 1;
	op.b = facts->caches[id].object_size;
	op.c = facts->caches[id].align;
	op.d = KMC_CF_NO_MERGE;
	add(x, &op);
	x->caches[x->nr_caches].id = id;
	x->caches[x->nr_caches].slot = op.dst;
	return x->caches[x->nr_caches++].slot;
}

static void begin(struct extract *x, const struct kmc_event *ev)
{
	bool pages = ev->what == KMC_TP_EV_MM_PAGE_ALLOC;
	bool cached = ev->what == KMC_TP_EV_KMEM_CACHE_ALLOC;
	uint16_t cache = cached ? cache_slot(x, ev->cache) : KMC_NO_SLOT;
	struct kmc_op op;

	if (x->nr_blocks == MOST_BLOCKS || (cached && cache == KMC_NO_SLOT))
		return;
	kmc_op_init(&op, pages ? KMC_OP_ALLOC_PAGES : cached ? KMC_OP_KMEM_CACHE_ALLOC :
							       KMC_OP_KMALLOC);
	op.dst = x->next_slot++;
	op.src = cached ? cache : op.src;
	op.gfp = (struct kmc_gfp){ .atoms = ev->gfp };
	op.order = pages ? ev->order : op.order;
	op.a = pages || cached ? op.a : ev->size;
	add(x, &op);
	x->blocks[x->nr_blocks].addr = ev->addr;
	x->blocks[x->nr_blocks].slot = op.dst;
	x->blocks[x->nr_blocks].cache = cache;
	x->blocks[x->nr_blocks].order = ev->order;
	x->blocks[x->nr_blocks].freed_by = pages ? KMC_OP_FREE_PAGES_PAGE :
					   cached ? KMC_OP_KMEM_CACHE_FREE : KMC_OP_KFREE;
	x->blocks[x->nr_blocks++].live = true;
}

static void give_back(struct extract *x, unsigned int block, unsigned int by)
{
	struct kmc_op op;

	kmc_op_init(&op, by);
	if (by == KMC_OP_KMEM_CACHE_FREE) {
		op.src = x->blocks[block].cache;
		op.dst = x->blocks[block].slot;
	} else {
		op.src = x->blocks[block].slot;
	}
	if (by == KMC_OP_FREE_PAGES_PAGE)
		op.order = x->blocks[block].order;
	add(x, &op);
	x->blocks[block].live = false;
}

static unsigned int free_op(unsigned int point)
{
	return point == KMC_TP_EV_KFREE ? KMC_OP_KFREE :
	       point == KMC_TP_EV_KMEM_CACHE_FREE ? KMC_OP_KMEM_CACHE_FREE :
	       point == KMC_TP_EV_MM_PAGE_FREE ? KMC_OP_FREE_PAGES_PAGE : 0;
}

static void take(struct extract *x, const struct kmc_event *ev)
{
	if (ev->kind != KMC_EV_TRACEPOINT || !belongs(x, ev->addr))
		return;
	if (ev->what == KMC_TP_EV_KMALLOC || ev->what == KMC_TP_EV_KMEM_CACHE_ALLOC ||
	    ev->what == KMC_TP_EV_MM_PAGE_ALLOC) {
		begin(x, ev);
		return;
	}
	for (unsigned int i = x->nr_blocks; i-- && free_op(ev->what);)
		if (x->blocks[i].addr == ev->addr && x->blocks[i].live) {
			/* another way back than its own is the finding: it stays */
			if (free_op(ev->what) != KMC_OP_KMEM_CACHE_FREE ||
			    x->blocks[i].cache != KMC_NO_SLOT)
				give_back(x, i, free_op(ev->what));
			return;
		}
}

/* What is left is given back, so that the program is one that a caller may run. */
static void tidy(struct extract *x)
{
	struct kmc_op op;

	for (unsigned int i = 0; i < x->nr_blocks; i++)
		if (x->blocks[i].live)
			give_back(x, i, x->blocks[i].freed_by);
	for (unsigned int i = 0; i < x->nr_caches; i++) {
		kmc_op_init(&op, KMC_OP_KMEM_CACHE_DESTROY);
		op.src = x->caches[i].slot;
		add(x, &op);
	}
}

char *kmc_replay_program(const struct kmc_replay *replay, const struct kmc_finding *finding,
			 uint64_t *nr_ops)
{
	struct extract x = { .replay = replay };
	unsigned int nr = 0;
	char *text = NULL;

	kmc_program_init(&x.program);
	x.program.machine = replay->machine;
	x.program.edition = kmc_judge_subject(replay->theirs_judge)->edition;
	for (size_t i = 0; i < finding->nr_window && nr < 3; i++)
		if (finding->window[i].role)
			x.story[nr++] = finding->window[i].event.addr;
	for (size_t i = 0; i < finding->nr_window; i++)
		take(&x, &finding->window[i].event);
	tidy(&x);
	*nr_ops = x.program.nr_ops;
	if (!x.err && x.program.nr_ops)
		text = kmc_program_to_text(&x.program);
	kmc_program_free(&x.program);
	return text;
}
