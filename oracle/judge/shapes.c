// SPDX-License-Identifier: GPL-2.0-or-later
/* Shapes of requests: class of the size, of the flags, of the context; never values. */
#include "shapes.h"
#include <stdio.h>
#include "judge_priv.h"

static const char *const sizes[KMC_SIZE_SHAPES] = { "zero", "pow2", "multiple", "odd",
						    "page", "costly", "over-limit" };
static const char *const gfps[KMC_GFP_SHAPES] = { "plain", "noretry", "mayfail",
						  "nofail", "nowait", "atomic" };
static const char *const contexts[KMC_CONTEXT_SHAPES] = { "plain", "nofs", "noio", "memalloc",
							  "preempt-off", "irq", "nmi", "unknown" };

static unsigned int size_shape(uint64_t size, uint64_t max)
{
	if (!size)
		return 0;
	if (max && size > max)
		return 6;
	if (size >= KMC_PAGE)
		return size > KMC_PAGE << 3 ? 5 : 4;
	return kmc_is_pow2(size) ? 1 : size & 7 ? 3 : 2;
}

static unsigned int gfp_shape(uint32_t gfp)
{
	if (gfp & KMC_GFP_NOFAIL)
		return 3;
	if (!(gfp & KMC_GFP_DIRECT_RECLAIM))
		return gfp & KMC_GFP_HIGH ? 5 : 4;
	return gfp & KMC_GFP_RETRY_MAYFAIL ? 2 : gfp & KMC_GFP_NORETRY ? 1 : 0;
}

static unsigned int context_shape(const struct kmc_event *ev)
{
	switch (ev->context) {
	case KMC_CTX_UNKNOWN: return 7;
	case KMC_CTX_NMI: return 6;
	case KMC_CTX_HARDIRQ:
	case KMC_CTX_SOFTIRQ: return 5;
	case KMC_CTX_PREEMPT_OFF: return 4;
	default:
		return ev->scope & KMC_SCOPE_MEMALLOC ? 3 : ev->scope & KMC_SCOPE_NOIO ? 2 :
		       ev->scope & KMC_SCOPE_NOFS ? 1 : 0;
	}
}

/* The call that was made: whole calls and ends, and bare tracepoints of allocations. */
static unsigned int call_of(const struct kmc_event *ev)
{
	if (ev->kind == KMC_EV_END || ev->kind == KMC_EV_CALL)
		return ev->what;
	if (ev->kind != KMC_EV_TRACEPOINT || ev->id || ev->parent)
		return 0;
	return ev->what == KMC_TP_EV_KMALLOC ? KMC_OP_KMALLOC :
	       ev->what == KMC_TP_EV_KMEM_CACHE_ALLOC ? KMC_OP_KMEM_CACHE_ALLOC :
	       ev->what == KMC_TP_EV_MM_PAGE_ALLOC ? KMC_OP_ALLOC_PAGES : 0;
}

void kmc_shapes_note(struct kmc_shapes *shapes, const struct kmc_event *ev, uint64_t max_size)
{
	unsigned int call = call_of(ev), shape;

	if (!call || call >= KMC_OPCODE_END || ev->outcome == KMC_OUT_REFUSED ||
	    ev->outcome == KMC_OUT_SKIPPED)
		return;
	shape = (size_shape(ev->size, max_size) * KMC_GFP_SHAPES + gfp_shape(ev->gfp)) *
			KMC_CONTEXT_SHAPES + context_shape(ev);
	shapes->seen[call][shape / 64] |= 1ull << shape % 64;
}

bool kmc_judge_shape(const struct kmc_judge *judge, unsigned int call, unsigned int shape,
		     char *text, size_t size)
{
	const struct kmc_shapes *shapes = judge->watch.shapes;

	if (!shapes || call >= KMC_OPCODE_END || shape >= KMC_SHAPES ||
	    !judge->ops[call].has_gfp || !(shapes->seen[call][shape / 64] >> shape % 64 & 1))
		return false;
	snprintf(text, size, "size=%s gfp=%s context=%s",
		 sizes[shape / KMC_CONTEXT_SHAPES / KMC_GFP_SHAPES],
		 gfps[shape / KMC_CONTEXT_SHAPES % KMC_GFP_SHAPES],
		 contexts[shape % KMC_CONTEXT_SHAPES]);
	return true;
}

unsigned int kmc_judge_shapes(void)
{
	return KMC_SHAPES;
}
