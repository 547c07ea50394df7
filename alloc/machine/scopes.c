/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocation scopes: flags of the running task, set and given back in pairs.
 *
 * SCP-6: up to 6.8 a token is the old value of the flag and restore installs
 * it again; from 6.9 on it is the flags that this save set and restore clears
 * them. Paired use sees no difference, crossed tokens do.
 *
 * Model: exact (SCP-1..10). Looked at: 6.18.44.
 */
#include "core.h"
#include "linux/sched/mm.h"

static struct kmc_cpu *this_cpu(void)
{
	KMC_BUG_ON(!kmc_this_cpu);
	return kmc_this_cpu;
}

static bool token_is_old_value(const struct kmc_cpu *cpu)
{
	return cpu->sim->config.profile < KMC_PROFILE_6_12_117;
}

static unsigned int scope_save(uint32_t flag)
{
	struct kmc_cpu *cpu = this_cpu();
	uint32_t old = cpu->task->flags & flag;

	kmc_sim_task_flags(flag, flag);
	return token_is_old_value(cpu) ? old : flag & ~old;
}

static void scope_restore(uint32_t flag, unsigned int token)
{
	if (KMC_PLANTED(scope_unnested))
		kmc_sim_task_flags(flag, 0);
	else if (token_is_old_value(this_cpu()))
		kmc_sim_task_flags(flag, token);
	else
		kmc_sim_task_flags(token & flag, 0);
}

unsigned int memalloc_noio_save(void)
{
	return scope_save(KMC_PF_MEMALLOC_NOIO);
}

void memalloc_noio_restore(unsigned int flags)
{
	scope_restore(KMC_PF_MEMALLOC_NOIO, flags);
}

unsigned int memalloc_nofs_save(void)
{
	return scope_save(KMC_PF_MEMALLOC_NOFS);
}

void memalloc_nofs_restore(unsigned int flags)
{
	scope_restore(KMC_PF_MEMALLOC_NOFS, flags);
}

unsigned int memalloc_noreclaim_save(void)
{
	return scope_save(KMC_PLANTED(noreclaim_ignored) ? 0 : KMC_PF_MEMALLOC);
}

void memalloc_noreclaim_restore(unsigned int flags)
{
	scope_restore(KMC_PF_MEMALLOC, flags);
}

unsigned int memalloc_pin_save(void)
{
	return scope_save(KMC_PF_MEMALLOC_PIN);
}

void memalloc_pin_restore(unsigned int flags)
{
	scope_restore(KMC_PF_MEMALLOC_PIN, flags);
}
