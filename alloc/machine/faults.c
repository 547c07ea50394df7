/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Failure injection by count. The kernel's failslab and fail_page_alloc choose
 * by probability and interval; a test wants "the n-th request fails", for
 * every n. Which requests are eligible is for the layer that asks to say.
 */
#include "machine.h"

void kmc_sim_fail_nth(struct kmc_sim *sim, enum kmc_sim_fault fault, uint64_t nth,
		      uint64_t interval)
{
	struct kmc_machine_state *state = sim->state;

	KMC_BUG_ON(fault >= KMC_NR_SIM_FAULTS);
	kmc_lock_take(&sim->priv->fault_lock);
	kmc_touch(sim, &state->faults[fault], sizeof(state->faults[fault]));
	state->faults[fault].left = nth;
	state->faults[fault].interval = nth ? interval : 0;
	bool armed = false;
	for (unsigned int i = 0; i < KMC_NR_SIM_FAULTS; i++)
		armed |= state->faults[i].left != 0;
	kmc_lock_drop(&sim->priv->fault_lock);
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		kmc_attention_set(&sim->cpus[i], ATTN_FAULT, armed);
}

/* Ours alone: a kernel prints a report instead. */
static void trace_fault(struct kmc_sim *sim, enum kmc_sim_fault fault)
{
	struct kmc_tp tp = { .id = KMC_TP_FAULT_INJECTED, .node = -1, .pfn = UINT64_MAX,
			     .bytes_req = fault };

	kmc_trace_emit(sim, &tp);
}

bool kmc_fault_hit(struct kmc_sim *sim, enum kmc_sim_fault fault)
{
	struct kmc_machine_state *state = sim->state;
	bool hit = false;

	kmc_lock_take(&sim->priv->fault_lock);
	if (state->faults[fault].left) {
		kmc_touch(sim, &state->faults[fault], sizeof(state->faults[fault]));
		hit = --state->faults[fault].left == 0;
		if (hit)
			state->faults[fault].left = state->faults[fault].interval;
	}
	kmc_lock_drop(&sim->priv->fault_lock);
	if (hit)
		trace_fault(sim, fault);
	return hit;
}
