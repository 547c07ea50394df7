/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Charging bytes: a page is charged for as many objects as it has room for, the
 * rest of it waits with the cpu. And charging pages to whoever runs.
 *
 * Rule: KM-19, GFP-44, MCG-1, MCG-11. Looked at: 6.18.44.
 */
#include <errno.h>
#include "memcg_core.h"
#include "linux/memcontrol.h"

void kmc_memcg_trace(struct kmc_sim *sim, enum kmc_tp_id id, const struct mem_cgroup *memcg,
		     const void *ptr, uint64_t bytes)
{
	struct kmc_tp tp = { .id = id, .node = -1, .ptr = ptr, .pfn = UINT64_MAX,
			     .bytes_req = bytes, .bytes_alloc = memcg->index };

	kmc_trace_emit(sim, &tp);
}

/* Model: exact (6.1 to 6.18). */
int kmc_objcg_charge(struct kmc_cpu *cpu, struct mem_cgroup *memcg, gfp_t gfp, size_t bytes)
{
	uint64_t pages = (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;

	if (!kmc_stock_consume_bytes(cpu, memcg, bytes)) {
		if (kmc_memcg_try_charge(cpu, kmc_memcg_owner(cpu->sim, memcg->index), gfp, pages))
			return -ENOMEM;
		if (bytes % PAGE_SIZE)
			kmc_stock_refill_bytes(cpu, memcg, PAGE_SIZE - bytes % PAGE_SIZE, false);
	}
	memcg_add(memcg, &memcg->object_bytes, bytes);
	return 0;
}

void kmc_objcg_uncharge(struct kmc_cpu *cpu, struct mem_cgroup *memcg, size_t bytes)
{
	memcg_add(memcg, &memcg->object_bytes, -(uint64_t)bytes);
	kmc_stock_refill_bytes(cpu, memcg, bytes, true);
}

int kmc_memcg_charge_bytes(struct kmc_cpu *cpu, gfp_t gfp, size_t bytes, uint32_t *payer)
{
	struct mem_cgroup *memcg;

	*payer = 0;
	if (!cpu->sim->memcg || !(gfp & __GFP_ACCOUNT))
		return 0;
	memcg = kmc_memcg_current(cpu);
	if (!memcg)
		return 0;
	if (kmc_objcg_charge(cpu, memcg, gfp, bytes))
		return -ENOMEM;
	*payer = memcg->index;
	kmc_memcg_trace(cpu->sim, KMC_TP_CHARGED, memcg, NULL, bytes);
	return 0;
}

void kmc_memcg_uncharge_bytes(struct kmc_cpu *cpu, uint32_t payer, size_t bytes)
{
	if (!payer)
		return;
	kmc_objcg_uncharge(cpu, kmc_memcg_at(cpu->sim, payer), bytes);
	kmc_memcg_trace(cpu->sim, KMC_TP_UNCHARGED, kmc_memcg_owner(cpu->sim, payer), NULL, bytes);
}

/* pages */

static uint64_t *data_of(const struct kmc_sim *sim, const struct page *page)
{
	return &sim->memcg->data[page - sim->pages];
}

static const void *address_of(struct kmc_sim *sim, const struct page *page)
{
	return pfn_to_virt_in(sim, page_to_pfn_in(sim, page));
}

static int charge_to(struct kmc_cpu *cpu, struct mem_cgroup *memcg, struct page *page, gfp_t gfp,
		     unsigned int order)
{
	struct kmc_sim *sim = cpu->sim;

	if (kmc_memcg_try_charge(cpu, memcg, gfp, 1ull << order))
		return -ENOMEM;
	kmc_touch(sim, data_of(sim, page), sizeof(uint64_t));
	kmc_touch(sim, page, sizeof(*page));
	*data_of(sim, page) = memcg->index;
	page->flags |= PGF_ACCOUNTED;
	memcg_add(memcg, &memcg->page_charges, 1ull << order);
	return 0;
}

/* Model: exact (6.1 to 6.18). */
int kmc_memcg_charge_page(struct kmc_cpu *cpu, struct page *page, gfp_t gfp, unsigned int order)
{
	struct mem_cgroup *memcg = cpu->sim->memcg ? kmc_memcg_current(cpu) : NULL;
	int err = memcg ? charge_to(cpu, memcg, page, gfp, order) : 0;

	if (memcg && (!err || KMC_PLANTED(page_unpaid_kept)))
		kmc_memcg_trace(cpu->sim, KMC_TP_CHARGED, memcg, address_of(cpu->sim, page),
				(PAGE_SIZE << order) -
					(KMC_PLANTED(page_charged_less) ? PAGE_SIZE : 0));
	return err;
}

/* Model: exact; of a block freed in parts each part pays for itself. */
void kmc_memcg_uncharge_page(struct kmc_cpu *cpu, struct page *page, unsigned int order)
{
	struct kmc_sim *sim = cpu->sim;
	struct mem_cgroup *payer = kmc_memcg_at(sim, (unsigned int)*data_of(sim, page));
	struct mem_cgroup *owner = kmc_memcg_owner(sim, payer->index);

	page->flags &= (uint8_t)~PGF_ACCOUNTED;
	kmc_touch(sim, data_of(sim, page), sizeof(uint64_t));
	*data_of(sim, page) = 0;
	memcg_add(payer, &payer->page_charges, -(1ull << order));
	/* pages of users do not rest with the cpu */
	if (kmc_memcg_is_root(owner))
		kmc_counter_uncharge(owner, 1ull << order);
	else
		kmc_stock_refill(cpu, owner, 1ull << order);
	kmc_memcg_trace(sim, KMC_TP_UNCHARGED, owner, address_of(sim, page), PAGE_SIZE << order);
}

/* pages of users: page cache, memory of tasks */

int kmc_memcg_charge_user_page(struct kmc_cpu *cpu, unsigned int task, struct page *page, gfp_t gfp,
			       bool cache, struct kmc_user_pages *pages)
{
	struct mem_cgroup *memcg = kmc_memcg_owner(cpu->sim, cpu->sim->memcg->task_group[task]);

	if (kmc_memcg_is_root(memcg))
		return 0;
	if (charge_to(cpu, memcg, page, gfp, 0))
		return -ENOMEM;
	if (cache) {
		*data_of(cpu->sim, page) |= DATA_CACHE;
		memcg_add(memcg, &memcg->cache_pages, 1);
	}
	pages->group = memcg->index;
	pages->nr++;
	return 0;
}

void kmc_memcg_user_pages_charged(struct kmc_cpu *cpu, const struct kmc_user_pages *pages)
{
	if (pages->nr)
		kmc_memcg_trace(cpu->sim, KMC_TP_CHARGED, kmc_memcg_at(cpu->sim, pages->group), NULL,
				pages->nr << PAGE_SHIFT);
}

void kmc_memcg_user_pages_uncharged(struct kmc_cpu *cpu, struct kmc_user_pages *pages)
{
	if (pages->nr)
		kmc_memcg_trace(cpu->sim, KMC_TP_UNCHARGED, kmc_memcg_at(cpu->sim, pages->group), NULL,
				pages->nr << PAGE_SHIFT);
	pages->nr = 0;
}

/* They do not rest with the cpu. Rule: MCG-11. */
void kmc_memcg_uncharge_user_page(struct kmc_cpu *cpu, struct page *page, struct kmc_user_pages *pages)
{
	struct kmc_sim *sim = cpu->sim;
	struct mem_cgroup *payer, *owner;

	if (!(page->flags & PGF_ACCOUNTED))
		return;
	payer = kmc_memcg_at(sim, (unsigned int)*data_of(sim, page));
	owner = kmc_memcg_owner(sim, payer->index);
	if (pages->nr && pages->group != owner->index)
		kmc_memcg_user_pages_uncharged(cpu, pages);
	if (*data_of(sim, page) & DATA_CACHE)
		memcg_add(payer, &payer->cache_pages, -1ull);
	memcg_add(payer, &payer->page_charges, -1ull);
	page->flags &= (uint8_t)~PGF_ACCOUNTED;
	kmc_touch(sim, data_of(sim, page), sizeof(uint64_t));
	*data_of(sim, page) = 0;
	kmc_counter_uncharge(owner, 1);
	pages->group = owner->index;
	pages->nr++;
}

void kmc_memcg_copy_page(struct kmc_sim *sim, const struct page *from, const struct page *to)
{
	kmc_touch(sim, data_of(sim, to), sizeof(uint64_t));
	*data_of(sim, to) = *data_of(sim, from);
}

/* <linux/memcontrol.h> */

struct mem_cgroup *page_memcg(struct page *page)
{
	struct kmc_sim *sim = kmc_this_cpu->sim;

	if (!sim->memcg || !(page->flags & PGF_ACCOUNTED) || page->kind == FRAME_SLAB)
		return NULL;
	return kmc_memcg_owner(sim, (unsigned int)*data_of(sim, page));
}

/* An obj_cgroup is the part of its group that objects name. */
static struct mem_cgroup *group_of(struct obj_cgroup *objcg)
{
	return (struct mem_cgroup *)objcg;
}

struct obj_cgroup *get_obj_cgroup_from_current(void)
{
	struct kmc_cpu *cpu = kmc_this_cpu;

	return cpu->sim->memcg ? (struct obj_cgroup *)kmc_memcg_current(cpu) : NULL;
}

/* Model: stub: groups are never freed, so nothing is counted. */
void obj_cgroup_put(struct obj_cgroup *objcg)
{
	(void)objcg;
}

int obj_cgroup_charge(struct obj_cgroup *objcg, gfp_t gfp, size_t size)
{
	return kmc_objcg_charge(kmc_this_cpu, group_of(objcg), gfp, size);
}

void obj_cgroup_uncharge(struct obj_cgroup *objcg, size_t size)
{
	kmc_objcg_uncharge(kmc_this_cpu, group_of(objcg), size);
}
