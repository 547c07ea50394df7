/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a cpu keeps of charges in advance: pages of one group (of seven from 6.18
 * on), and bytes of pages that objects have paid for. At most a batch each.
 * Written by the cpu's owner, whose stores others see whole: they look whose the
 * stocks are before they ask for them.
 *
 * Rule: MCG-3. Model: exact in amounts (6.1 to 6.18; whose place a new group takes
 * on 6.18 goes round, there too).
 */
#include "memcg_core.h"

static struct memcg_stock *stock_of(struct kmc_cpu *cpu)
{
	struct memcg_stock *stock = &cpu->sim->memcg->stocks[cpu->id];

	kmc_touch(cpu->sim, stock, sizeof(*stock));
	return stock;
}

static unsigned int nr_places(const struct kmc_sim *sim)
{
	return sim->config.profile >= KMC_PROFILE_6_18_44 ? NR_MEMCG_STOCK : 1;
}

static void set(uint32_t *word, uint64_t value)
{
	__atomic_store_n(word, (uint32_t)value, __ATOMIC_RELAXED);
}

static uint32_t get(const uint32_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

static void drain_place(struct kmc_sim *sim, struct memcg_stock *stock, unsigned int i)
{
	if (stock->nr_pages[i])
		kmc_counter_uncharge(kmc_memcg_at(sim, stock->group[i]), stock->nr_pages[i]);
	set(&stock->group[i], 0);
	set(&stock->nr_pages[i], 0);
}

bool kmc_stock_consume(struct kmc_cpu *cpu, struct mem_cgroup *memcg, uint64_t nr)
{
	struct memcg_stock *stock = stock_of(cpu);

	for (unsigned int i = 0; i < nr_places(cpu->sim); i++) {
		if (stock->group[i] != memcg->index)
			continue;
		if (nr > MEMCG_CHARGE_BATCH || stock->nr_pages[i] < nr)
			return false;
		set(&stock->nr_pages[i], stock->nr_pages[i] - nr);
		return true;
	}
	return false;
}

/* The group's place, a free one, or one that is emptied for it. */
static unsigned int place_for(struct kmc_sim *sim, struct memcg_stock *stock, uint32_t group)
{
	unsigned int places = nr_places(sim), i;

	for (i = 0; i < places; i++)
		if (stock->group[i] == group)
			return i;
	for (i = 0; i < places; i++)
		if (!stock->group[i])
			return i;
	i = stock->next_drain;
	stock->next_drain = (i + 1) % places;
	drain_place(sim, stock, i);
	return i;
}

void kmc_stock_refill(struct kmc_cpu *cpu, struct mem_cgroup *memcg, uint64_t nr)
{
	struct memcg_stock *stock = stock_of(cpu);
	unsigned int i;

	if (nr > MEMCG_CHARGE_BATCH) {
		kmc_counter_uncharge(memcg, nr);
		return;
	}
	i = place_for(cpu->sim, stock, memcg->index);
	set(&stock->group[i], memcg->index);
	set(&stock->nr_pages[i], stock->nr_pages[i] + nr);
	if (stock->nr_pages[i] > MEMCG_CHARGE_BATCH)
		drain_place(cpu->sim, stock, i);
}

/* bytes */

bool kmc_stock_consume_bytes(struct kmc_cpu *cpu, struct mem_cgroup *memcg, size_t bytes)
{
	struct memcg_stock *stock = stock_of(cpu);

	if (stock->obj_group != memcg->index || stock->obj_bytes < bytes)
		return false;
	stock->obj_bytes -= (uint32_t)bytes;
	return true;
}

/* Pages that objects no longer need. 6.18 keeps none of them. */
static void give_pages(struct kmc_cpu *cpu, uint32_t group, uint64_t nr, bool keep)
{
	struct mem_cgroup *owner = kmc_memcg_owner(cpu->sim, group);

	if (keep && !kmc_memcg_is_root(owner))
		kmc_stock_refill(cpu, owner, nr);
	else
		kmc_counter_uncharge(owner, nr);
}

static void drain_bytes(struct kmc_cpu *cpu, struct memcg_stock *stock, bool keep)
{
	struct mem_cgroup *memcg = kmc_memcg_at(cpu->sim, stock->obj_group);
	uint32_t bytes = stock->obj_bytes;

	set(&stock->obj_group, 0);
	stock->obj_bytes = 0;
	if (bytes >> PAGE_SHIFT)
		give_pages(cpu, memcg->index, bytes >> PAGE_SHIFT,
			   keep && cpu->sim->config.profile < KMC_PROFILE_6_18_44);
	if (bytes % PAGE_SIZE)
		memcg_add(memcg, &memcg->spare_bytes, bytes % PAGE_SIZE);
}

void kmc_stock_refill_bytes(struct kmc_cpu *cpu, struct mem_cgroup *memcg, size_t bytes,
			    bool uncharge)
{
	struct memcg_stock *stock = stock_of(cpu);
	uint64_t pages = 0, total;

	if (stock->obj_group != memcg->index) {
		if (stock->obj_group)
			drain_bytes(cpu, stock, true);
		set(&stock->obj_group, memcg->index);
		kmc_touch(cpu->sim, memcg, sizeof(*memcg));
		stock->obj_bytes = (uint32_t)atomic_exchange_explicit(&memcg->spare_bytes, 0,
								      memory_order_relaxed);
		uncharge = true;
	}
	total = stock->obj_bytes + bytes;
	if (uncharge && total > PAGE_SIZE) {
		pages = total >> PAGE_SHIFT;
		total %= PAGE_SIZE;
	}
	stock->obj_bytes = (uint32_t)total;
	if (pages)
		give_pages(cpu, memcg->index, pages, true);
}

/* draining */

void kmc_memcg_flush_cpu(struct kmc_cpu *cpu, unsigned int what)
{
	struct memcg_stock *stock;

	if (!cpu->sim->memcg)
		return;
	stock = stock_of(cpu);
	if (what & FLUSH_OBJECT_STOCKS && stock->obj_group)
		drain_bytes(cpu, stock, false);
	for (unsigned int i = 0; what & FLUSH_STOCKS && i < NR_MEMCG_STOCK; i++)
		drain_place(cpu->sim, stock, i);
}

/* Has the cpu pages of @memcg or below in stock, has it bytes? */
static unsigned int in_stock(const struct kmc_cpu *cpu, const struct mem_cgroup *memcg)
{
	const struct memcg_stock *stock = &cpu->sim->memcg->stocks[cpu->id];
	uint32_t group = get(&stock->obj_group);
	unsigned int what = 0;

	if (group && kmc_memcg_is_below(kmc_memcg_owner(cpu->sim, group), memcg))
		what = FLUSH_OBJECT_STOCKS;
	for (unsigned int i = 0; i < nr_places(cpu->sim); i++) {
		group = get(&stock->group[i]);
		if (group && get(&stock->nr_pages[i]) &&
		    kmc_memcg_is_below(kmc_memcg_at(cpu->sim, group), memcg))
			what |= FLUSH_STOCKS;
	}
	/* They were one until 6.12. */
	if (what && cpu->sim->config.profile < KMC_PROFILE_6_18_44)
		what = FLUSH_STOCKS | FLUSH_OBJECT_STOCKS;
	return what;
}

/*
 * Cpus that have nothing of it are left alone; of the others all groups' stocks go.
 * Model: exact but that it is over when all are done, where a kernel only begins it.
 */
void kmc_stock_drain_all(struct kmc_cpu *cpu, const struct mem_cgroup *memcg)
{
	struct kmc_sim *sim = cpu->sim;
	unsigned int what[KMC_SIM_MAX_CPUS];

	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		what[i] = in_stock(&sim->cpus[i], memcg);
	kmc_memcg_flush_cpu(cpu, what[cpu->id]);
	kmc_flush_some_cpus(sim, what);
}

void kmc_sim_memcg_drain(struct kmc_sim *sim)
{
	KMC_BUG_ON(!kmc_this_cpu || kmc_this_cpu->sim != sim);
	if (sim->memcg)
		kmc_stock_drain_all(kmc_this_cpu, kmc_memcg_at(sim, 0));
}
