/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the slab layer says aloud: kmem tracepoints and the kernel's warnings.
 * Reached only when somebody listens or something is wrong.
 */
#include "slub_core.h"

void kmc_slab_emit(struct kmc_cpu *cpu, const struct kmc_slab_event *event)
{
	struct kmc_tp tp;

	if (!kmc_traced(cpu->sim, event->id)) /* most listeners want page events alone */
		return;
	tp = (struct kmc_tp){
		.id = event->id,
		.ptr = event->ptr,
		.cache = event->cache,
		.bytes_req = event->bytes_req,
		.bytes_alloc = event->bytes_alloc,
		.gfp = event->gfp,
		.node = event->node,
		.call_site = event->call_site,
		.pfn = UINT64_MAX,
	};

	kmc_trace_emit(cpu->sim, &tp);
}

void kmc_slab_warn(struct kmc_cpu *cpu, const char *text, const void *ptr)
{
	struct kmc_tp tp = {
		.id = KMC_TP_WARN,
		.text = text,
		.ptr = ptr,
		.node = NUMA_NO_NODE,
		.pfn = UINT64_MAX,
	};

	kmc_trace_emit(cpu->sim, &tp);
}

void kmc_slab_warn_once(struct kmc_cpu *cpu, enum kmc_slab_warning which, const char *text,
			const void *ptr)
{
	struct kmc_slab_state *st = cpu->sim->slab;
	uint32_t bit = 1u << which, before;

	kmc_touch(cpu->sim, &st->warned, sizeof(st->warned));
	before = __atomic_fetch_or(&st->warned, bit, __ATOMIC_RELAXED);
	if (!(before & bit))
		kmc_slab_warn(cpu, text, ptr);
}
