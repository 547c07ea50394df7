/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Counters. What users take off per-cpu lists is counted nowhere: it follows
 * from what came onto them, what left for the buddy, and what rests there.
 *
 * Contract: TRC-4, I-8, I-18. Looked at: 6.18.44.
 */
#include "zone.h"

void count_vm_event(struct kmc_sim *sim, enum kmc_vm_event event, uint64_t by)
{
	uint64_t *counter = &sim->page->events[event];

	kmc_touch(sim, counter, sizeof(*counter));
	__atomic_fetch_add(counter, by, __ATOMIC_RELAXED);
}

uint64_t kmc_sim_vm_event(struct kmc_sim *sim, enum kmc_vm_event event)
{
	return event < KMC_NR_VM_EVENTS ?
		       __atomic_load_n(&sim->page->events[event], __ATOMIC_RELAXED) : 0;
}

/* Rule: TRC-4. Model: exact; a refill and a drain change neither. */
void kmc_sim_zone_stat(struct kmc_sim *sim, unsigned int index, struct kmc_zone_stat *stat)
{
	const struct zone *zone = &sim->page->zones[index];

	KMC_BUG_ON(index >= sim->page->nr_zones);
	*stat = (struct kmc_zone_stat){
		.pgalloc = zone->direct_alloc + zone->pcp_refilled - zone->pcp_drained,
		.pgfree = zone->direct_free,
		.unaccounted = zone->unaccounted,
	};
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		const struct per_cpu_pages *pcp =
			(const struct per_cpu_pages *)sim->cpus[i].pcp + index;

		stat->pgalloc += pcp->freed - pcp->count;
		stat->pgfree += pcp->freed;
	}
}

void count_numa_miss(struct kmc_sim *sim, struct zone *preferred, struct zone *zone)
{
	kmc_touch(sim, zone, sizeof(*zone));
	kmc_touch(sim, preferred, sizeof(*preferred));
	__atomic_fetch_add(&zone->numa_miss, 1, __ATOMIC_RELAXED);
	__atomic_fetch_add(&preferred->numa_foreign, 1, __ATOMIC_RELAXED);
}

/*
 * Who takes from a per-cpu list of his cpu gets a block of that cpu, so that local and
 * other follow from whose list it was. Model: exact (I-18); nobody interleaves here.
 */
void kmc_sim_numa_stat(struct kmc_sim *sim, unsigned int index, struct kmc_numa_stat *stat)
{
	const struct zone *zone = &sim->page->zones[index];
	uint64_t all = zone->direct_blocks;

	KMC_BUG_ON(index >= sim->page->nr_zones);
	*stat = (struct kmc_numa_stat){
		.miss = __atomic_load_n(&zone->numa_miss, __ATOMIC_RELAXED),
		.foreign = __atomic_load_n(&zone->numa_foreign, __ATOMIC_RELAXED),
		.local = zone->direct_local,
		.other = zone->direct_other,
	};
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		const struct per_cpu_pages *pcp =
			(const struct per_cpu_pages *)sim->cpus[i].pcp + index;

		all += pcp->taken;
		*(sim->cpus[i].node == zone->node ? &stat->local : &stat->other) += pcp->taken;
	}
	stat->hit = all - stat->miss;
}
