/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Cpusets as a page request meets them: the nodes that its task may use. There are
 * two levels, a task's own set and the one above it, which has all nodes.
 *
 * Contract: GFP-23, R-6, R-7 steps 2 and 7, R-8.2. Looked at: 6.18.44.
 */
#include "zone.h"

/* Rule: GFP-23. Model: exact; no set between a task's own and the root is hardwalled. */
bool cpuset_node_allowed(const struct kmc_cpu *cpu, unsigned int node, gfp_t gfp)
{
	if (cpuset_mems_allowed(cpu, node))
		return true;
	if (cpu->context != KMC_IN_TASK && cpu->context != KMC_PREEMPT_OFF)
		return true;
	return (cpu->task->flags & KMC_PF_OOM_VICTIM) || !(gfp & __GFP_HARDWALL);
}

bool cpuset_zone_allowed(const struct alloc_context *ac, const struct zone *zone,
			 unsigned int alloc_flags)
{
	if (likely(!ac->cpu->task->mems_forbidden))
		return true;
	if (KMC_PLANTED(hardwall_ignored))
		return true;
	if (alloc_flags & ALLOC_NODEMASK)
		return cpuset_mems_allowed(ac->cpu, zone->node);
	return !(alloc_flags & ALLOC_CPUSET) || cpuset_node_allowed(ac->cpu, zone->node, ac->gfp);
}

/* R-7 step 2. */
bool cpuset_impossible(const struct alloc_context *ac, const struct zonelist *list)
{
	if (!ac->cpu->task->mems_forbidden || !(ac->gfp & __GFP_HARDWALL))
		return false;
	for (unsigned int i = 0; i < list->nr; i++)
		if (cpuset_mems_allowed(ac->cpu, ac->sim->page->zones[list->zone[i]].node))
			return false;
	return true;
}

struct zone *cpuset_preferred_zone(const struct alloc_context *ac, const struct zonelist *list,
				   unsigned int alloc_flags)
{
	for (unsigned int i = 0; i < list->nr; i++) {
		struct zone *zone = &ac->sim->page->zones[list->zone[i]];

		if (cpuset_zone_allowed(ac, zone, alloc_flags))
			return zone;
	}
	return NULL;
}
