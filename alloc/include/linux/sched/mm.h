/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Allocation scopes of the task that the bound cpu runs. Each save returns
 * a token for the restore that pairs with it. Contract: SCP-1..10.
 */
#pragma once
#include "linux/types.h"

unsigned int memalloc_noio_save(void);
void memalloc_noio_restore(unsigned int flags);
unsigned int memalloc_nofs_save(void);
void memalloc_nofs_restore(unsigned int flags);
unsigned int memalloc_noreclaim_save(void);
void memalloc_noreclaim_restore(unsigned int flags);
unsigned int memalloc_pin_save(void);
void memalloc_pin_restore(unsigned int flags);

/**
 * current_gfp_context() - What the running task's scopes leave of @flags.
 * Rule: SCP-1 .. SCP-3, SCP-7, SCP-8, SCP-10.
 */
gfp_t current_gfp_context(gfp_t flags);

struct mem_cgroup;
/**
 * set_active_memcg() - The running task, or in an interrupt the cpu, charges to @memcg.
 * NULL: to whom it would without. Return: what was in force, to be set again in the end.
 * Rule: SCP-5, SCP-12.
 */
struct mem_cgroup *set_active_memcg(struct mem_cgroup *memcg);
