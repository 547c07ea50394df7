/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tracepoints: one optional callback. It runs inside the allocator, below
 * locks at times, so it may look (kmc_sim_where, kmc_sim_address) and must
 * not allocate or free.
 */
#include "machine.h"

/*
 * Sent from paths that are slow anyway and look at the mask themselves: who asks
 * for these alone leaves the fast paths as they are.
 */
#define RARE_TRACEPOINTS                                                 \
	(1ull << KMC_TP_WARN | 1ull << KMC_TP_SLEEP |                    \
	 1ull << KMC_TP_RELEASED | 1ull << KMC_TP_HUNG |                 \
	 1ull << KMC_TP_DIRECT_RECLAIM_BEGIN | 1ull << KMC_TP_DIRECT_RECLAIM_END | \
	 1ull << KMC_TP_MARK_VICTIM | 1ull << KMC_TP_PANIC |             \
	 1ull << KMC_TP_STARTED_IO | 1ull << KMC_TP_STARTED_FS |         \
	 1ull << KMC_TP_PAGES_BACK |                                     \
	 1ull << KMC_TP_ALLOC_VMAP_AREA | 1ull << KMC_TP_FREE_VMAP_AREA_NOFLUSH | \
	 1ull << KMC_TP_WAKEUP_KSWAPD | 1ull << KMC_TP_FAULT_INJECTED |  \
	 1ull << KMC_TP_CHARGED | 1ull << KMC_TP_UNCHARGED | 1ull << KMC_TP_SLOW_PATH | \
	 ((2ull << KMC_TP_PURGE_VMAP_AREA_LAZY) - (1ull << KMC_TP_MIGRATED)))

void kmc_sim_trace(struct kmc_sim *sim, uint64_t mask, kmc_tp_fn fn, void *arg)
{
	sim->trace_fn = fn;
	sim->trace_arg = arg;
	sim->trace_mask = fn ? mask : 0;
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		kmc_attention_set(&sim->cpus[i], ATTN_TRACE,
				  (sim->trace_mask & ~RARE_TRACEPOINTS) != 0);
}

void kmc_trace_emit(struct kmc_sim *sim, struct kmc_tp *tp)
{
	const struct kmc_cpu *cpu = kmc_this_cpu;

	if (!sim->trace_fn || !(sim->trace_mask >> tp->id & 1))
		return;
	if (cpu && cpu->sim == sim) {
		tp->cpu = cpu->id;
		tp->task = cpu->task->id;
	}
	sim->trace_fn(sim->trace_arg, tp);
}
