/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the page and slab layers, percpu and the like ask of memcg/. All of it off the
 * fast paths; sim->memcg is NULL on a machine without groups.
 */
#pragma once
#include "core.h"
#include "linux/gfp_types.h"

struct list_lru;
struct mem_cgroup;
struct kmc_memcg_ops;

/* Of one request for objects. */
struct kmc_object_charge {
	struct mem_cgroup *memcg; /* who pays; NULL nobody */
	size_t bytes_each;
	bool paid;                /* before the objects were taken: up to 6.9 */
};

/** kmc_memcg_wants() - Is this request for objects of @s charged to whoever runs? */
bool kmc_memcg_wants(const struct kmc_sim *sim, const struct kmem_cache *s, gfp_t gfp);
/** kmc_memcg_objects_before() - Return: false: refused, take no object. */
bool kmc_memcg_objects_before(struct kmc_cpu *cpu, struct kmem_cache *s,
			      const struct list_lru *lru, gfp_t gfp, size_t nr,
			      struct kmc_object_charge *charge);
/** kmc_memcg_objects_after() - Return: false: refused, the objects have to go back, uncharged. */
bool kmc_memcg_objects_after(struct kmc_cpu *cpu, struct kmem_cache *s,
			     const struct list_lru *lru, gfp_t gfp, size_t nr, void **objects,
			     struct kmc_object_charge *charge);
/** kmc_memcg_objects_none() - There were no objects: what was paid comes back. */
void kmc_memcg_objects_none(struct kmc_cpu *cpu, size_t nr, const struct kmc_object_charge *charge);
/** kmc_memcg_object_freed() - An object of a slab that carries KMC_TAG_ACCOUNT is free. */
void kmc_memcg_object_freed(struct kmc_cpu *cpu, const struct kmem_cache *s, struct page *page,
			    const void *object);
/** kmc_memcg_slab_released() - The slab of @head goes; its vector with it. */
void kmc_memcg_slab_released(struct kmc_cpu *cpu, struct page *head);

/**
 * kmc_memcg_charge_page() - A new block of the page layer to whoever runs.
 * Return: 0 (charged, or nobody pays) or -ENOMEM. Rule: GFP-44, MCG-1.
 */
int kmc_memcg_charge_page(struct kmc_cpu *cpu, struct page *page, gfp_t gfp, unsigned int order);
/** kmc_memcg_uncharge_page() - A block that carries PGF_ACCOUNTED is free. Rule: MCG-11. */
void kmc_memcg_uncharge_page(struct kmc_cpu *cpu, struct page *page, unsigned int order);

/* Pages of users that were charged or uncharged one by one and are told of together. */
struct kmc_user_pages {
	uint32_t group;
	uint64_t nr;
};
/**
 * kmc_memcg_charge_user_page() - A page of a population, to the group of @task.
 * @cache: page cache. @pages: receives it. Return: 0 (charged, or nobody pays) or -ENOMEM.
 */
int kmc_memcg_charge_user_page(struct kmc_cpu *cpu, unsigned int task, struct page *page, gfp_t gfp,
			       bool cache, struct kmc_user_pages *pages);
/** kmc_memcg_user_pages_charged() - Tell of them. */
void kmc_memcg_user_pages_charged(struct kmc_cpu *cpu, const struct kmc_user_pages *pages);
/** kmc_memcg_uncharge_user_page() - If it is charged; tells of others before it. Rule: MCG-11. */
void kmc_memcg_uncharge_user_page(struct kmc_cpu *cpu, struct page *page,
				  struct kmc_user_pages *pages);
/** kmc_memcg_user_pages_uncharged() - Tell of them. */
void kmc_memcg_user_pages_uncharged(struct kmc_cpu *cpu, struct kmc_user_pages *pages);
/** kmc_memcg_task_below() - Is @task of @memcg or of a group below it? */
bool kmc_memcg_task_below(struct kmc_sim *sim, unsigned int task, const struct mem_cgroup *memcg);
/** kmc_memcg_has_cache() - Do @memcg and the groups below it answer for any page cache? */
bool kmc_memcg_has_cache(const struct mem_cgroup *memcg);

/*
 * What reclaim may take of one group: all above @low, then all above @min, both effective. Made for one
 * group after the other, as its pages are met.
 */
struct kmc_memcg_guard {
	const struct mem_cgroup *target; /* whose reclaim it is; NULL: of the whole machine */
	struct mem_cgroup *memcg;        /* whom the rest is about; NULL: nobody yet */
	bool below;                      /* @memcg is @target or below it */
	bool told;                       /* of a breach of its memory.low; by who takes */
	uint64_t usage, low, min;        /* pages */
};
/** kmc_memcg_guard_page() - Let @guard be about the group that answers for @page. */
void kmc_memcg_guard_page(struct kmc_sim *sim, const struct page *page,
			  struct kmc_memcg_guard *guard);
/** kmc_memcg_low_breached() - It gives nevertheless: memory.events low. */
void kmc_memcg_low_breached(struct mem_cgroup *memcg);
/** kmc_memcg_index() - Its number. */
unsigned int kmc_memcg_index(const struct mem_cgroup *memcg);
/** kmc_memcg_trace_reclaim() - Reclaim for its limit begins (@id), or ended with so many pages. */
void kmc_memcg_trace_reclaim(const struct mem_cgroup *memcg, enum kmc_tp_id id, gfp_t gfp,
			     uint64_t reclaimed);
/** kmc_populations_charged() - Do groups pay for populations? */
bool kmc_populations_charged(const struct kmc_sim *sim);
/* What they do at limits then: reclaim/group_reclaim.c. */
extern const struct kmc_memcg_ops kmc_population_ops;
/** kmc_memcg_max_pages() - Its memory.max. */
uint64_t kmc_memcg_max_pages(const struct mem_cgroup *memcg);
/** kmc_memcg_copy_page() - @to is charged as @from is; it carries the flag. */
void kmc_memcg_copy_page(struct kmc_sim *sim, const struct page *from, const struct page *to);

/* Charging of bytes; the number names who paid: 0 nobody. */
int kmc_memcg_charge_bytes(struct kmc_cpu *cpu, gfp_t gfp, size_t bytes, uint32_t *payer);
void kmc_memcg_uncharge_bytes(struct kmc_cpu *cpu, uint32_t payer, size_t bytes);

/** kmc_memcg_flush_cpu() - A cpu's stocks back to the counters: which, FLUSH_* says. */
void kmc_memcg_flush_cpu(struct kmc_cpu *cpu, unsigned int what);

size_t kmc_memcg_arena_bytes(const struct kmc_sim_config *config, uint64_t max_pfn);
void kmc_memcg_boot(struct kmc_sim *sim);
uint64_t kmc_memcg_hash(struct kmc_sim *sim, uint64_t seed);
void kmc_memcg_check(struct kmc_sim *sim);
