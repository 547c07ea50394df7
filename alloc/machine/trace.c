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
static const enum kmc_tp_id rare[] = {
	KMC_TP_WARN, KMC_TP_SLEEP, KMC_TP_RELEASED, KMC_TP_HUNG, KMC_TP_DIRECT_RECLAIM_BEGIN,
	KMC_TP_DIRECT_RECLAIM_END, KMC_TP_MARK_VICTIM, KMC_TP_PANIC, KMC_TP_STARTED_IO,
	KMC_TP_STARTED_FS, KMC_TP_PAGES_BACK, KMC_TP_ALLOC_VMAP_AREA,
	KMC_TP_FREE_VMAP_AREA_NOFLUSH, KMC_TP_WAKEUP_KSWAPD, KMC_TP_FAULT_INJECTED,
	KMC_TP_CHARGED, KMC_TP_UNCHARGED, KMC_TP_SLOW_PATH, KMC_TP_MM_PAGE_FREE_BATCHED,
};

/* And two runs of neighbours. */
static kmc_tp_mask rare_tracepoints(void)
{
	kmc_tp_mask mask = 2 * KMC_TP_BIT(KMC_TP_PURGE_VMAP_AREA_LAZY) - KMC_TP_BIT(KMC_TP_MIGRATED);

	mask |= KMC_ALL_TPS + 1 - KMC_TP_BIT(KMC_TP_KSWAPD_WAKE);
	for (size_t i = 0; i < sizeof(rare) / sizeof(rare[0]); i++)
		mask |= KMC_TP_BIT(rare[i]);
	return mask;
}

void kmc_sim_trace(struct kmc_sim *sim, kmc_tp_mask mask, kmc_tp_fn fn, void *arg)
{
	kmc_tp_mask fast;

	sim->trace_fn = fn;
	sim->trace_arg = arg;
	sim->trace_mask = fn ? mask : 0;
	fast = sim->trace_mask & ~rare_tracepoints();
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		kmc_attention_set(&sim->cpus[i], ATTN_TRACE,
				  fast != 0);
}

void kmc_trace_emit(struct kmc_sim *sim, struct kmc_tp *tp)
{
	const struct kmc_cpu *cpu = kmc_this_cpu;

	if (!kmc_traced(sim, tp->id))
		return;
	if (cpu && cpu->sim == sim) {
		tp->cpu = cpu->id;
		tp->task = cpu->task->id;
	}
	sim->trace_fn(sim->trace_arg, tp);
}
