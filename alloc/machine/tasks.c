/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tasks, contexts and the clock: what the bound cpu runs, in which context,
 * and what time it is. A cpu begins with the task of its own number. The cpu
 * descriptors lie outside the arena, so the truth about them is in
 * struct kmc_machine_state and is taken up again after reset and restore.
 */
#include <errno.h>
#include "machine.h"

#define VMSTAT_PERIOD_NS 1000000000ull

void kmc_attention_set(struct kmc_cpu *cpu, unsigned int bit, bool on)
{
	if (on)
		atomic_fetch_or_explicit(&cpu->attention, bit, memory_order_release);
	else
		atomic_fetch_and_explicit(&cpu->attention, ~bit, memory_order_relaxed);
}

static void context_changed(struct kmc_cpu *cpu)
{
	kmc_attention_set(cpu, ATTN_CONTEXT, cpu->context != KMC_IN_TASK || cpu->task->flags ||
						     cpu->task->mems_forbidden);
}

void kmc_tasks_boot(struct kmc_sim *sim)
{
	for (unsigned int i = 0; i < KMC_SIM_MAX_TASKS; i++)
		sim->state->tasks[i].id = i;
	for (unsigned int i = 0; i < KMC_SIM_MAX_CPUS; i++)
		sim->state->cpu_task[i] = (uint8_t)(i % KMC_SIM_MAX_TASKS);
}

void kmc_tasks_reload(struct kmc_sim *sim)
{
	struct kmc_machine_state *state = sim->state;
	bool armed = false;

	for (unsigned int i = 0; i < KMC_NR_SIM_FAULTS; i++)
		armed |= state->faults[i].left != 0;
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		struct kmc_cpu *cpu = &sim->cpus[i];

		cpu->task = &state->tasks[state->cpu_task[i]];
		cpu->context = (enum kmc_sim_context)state->cpu_context[i];
		context_changed(cpu);
		kmc_attention_set(cpu, ATTN_FAULT, armed);
	}
}

int kmc_sim_set_task(unsigned int task)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmc_machine_state *state;

	if (!cpu || task >= KMC_SIM_MAX_TASKS)
		return -EINVAL;
	state = cpu->sim->state;
	if (state->cpu_task[cpu->id] == task) {
		context_changed(cpu); /* elsewhere it may have become another one */
		return 0;
	}
	kmc_touch(cpu->sim, &state->cpu_task[cpu->id], 1);
	state->cpu_task[cpu->id] = (uint8_t)task;
	cpu->task = &state->tasks[task];
	context_changed(cpu);
	return 0;
}

void kmc_sim_set_context(enum kmc_sim_context context)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmc_machine_state *state;

	if (!cpu || cpu->context == context)
		return;
	state = cpu->sim->state;
	kmc_touch(cpu->sim, &state->cpu_context[cpu->id], 1);
	state->cpu_context[cpu->id] = (uint8_t)context;
	cpu->context = context;
	context_changed(cpu);
}

void kmc_sim_task_flags(uint32_t mask, uint32_t flags)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	uint32_t next;

	if (!cpu)
		return;
	next = (cpu->task->flags & ~mask) | (flags & mask);
	if (next == cpu->task->flags)
		return;
	kmc_touch(cpu->sim, cpu->task, sizeof(*cpu->task));
	cpu->task->flags = next;
	context_changed(cpu);
}

int kmc_sim_task_set(struct kmc_sim *sim, unsigned int task, uint32_t mask, uint32_t flags)
{
	struct kmc_task *t;

	if (task >= KMC_SIM_MAX_TASKS)
		return -EINVAL;
	t = &sim->state->tasks[task];
	kmc_touch(sim, t, sizeof(*t));
	t->flags = (t->flags & ~mask) | (flags & mask);
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		if (sim->cpus[i].task == t)
			context_changed(&sim->cpus[i]);
	return 0;
}

int kmc_sim_mems_allowed(struct kmc_sim *sim, unsigned int task, uint32_t nodes)
{
	uint32_t all = (1u << sim->config.nr_nodes) - 1;
	struct kmc_task *t;

	if (task >= KMC_SIM_MAX_TASKS || !(nodes & all))
		return -EINVAL;
	t = &sim->state->tasks[task];
	kmc_touch(sim, t, sizeof(*t));
	t->mems_forbidden = ~nodes & all;
	return kmc_sim_task_set(sim, task, 0, 0);
}

struct kmc_task *kmc_task_of(struct kmc_sim *sim, unsigned int task)
{
	return &sim->state->tasks[task];
}

uint64_t kmc_sim_clock_ns(struct kmc_sim *sim)
{
	return atomic_load_explicit(&sim->state->clock_ns, memory_order_relaxed);
}

void kmc_sim_clock_advance(struct kmc_sim *sim, uint64_t ns)
{
	unsigned long long before = kmc_sim_clock_ns(sim);

	kmc_touch(sim, &sim->state->clock_ns, sizeof(sim->state->clock_ns));
	do {
		if (ns > KMC_CLOCK_MAX_NS - before)
			ns = KMC_CLOCK_MAX_NS - before;
	} while (!atomic_compare_exchange_weak_explicit(&sim->state->clock_ns, &before, before + ns,
							memory_order_relaxed,
							memory_order_relaxed));
	if ((before + ns) / VMSTAT_PERIOD_NS != before / VMSTAT_PERIOD_NS)
		kmc_ask_cpus(sim, FLUSH_PCP_TICK);
	kmc_rcu_clock_advanced(sim);
}
