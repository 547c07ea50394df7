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
/**
 * kmc_memcg_charge_user_page() - A page of a population, to the group of @task.
 * Return: 0 (charged, or nobody pays) or -ENOMEM.
 */
int kmc_memcg_charge_user_page(struct kmc_cpu *cpu, unsigned int task, struct page *page, gfp_t gfp);
/** kmc_memcg_task_below() - Is @task of @memcg or of a group below it? */
bool kmc_memcg_task_below(struct kmc_sim *sim, unsigned int task, const struct mem_cgroup *memcg);
/** kmc_memcg_page_below() - Does @memcg, or a group below it, answer for the page? */
bool kmc_memcg_page_below(struct kmc_sim *sim, const struct page *page,
			  const struct mem_cgroup *memcg);
/**
 * kmc_memcg_page_protected() - Is its group, or one above it, within its memory.low?
 * @target: whose reclaim it is: neither it nor who is above it is protected; NULL the root's.
 */
bool kmc_memcg_page_protected(struct kmc_sim *sim, const struct page *page,
			      const struct mem_cgroup *target);
/** kmc_memcg_max_pages() - Its memory.max. */
uint64_t kmc_memcg_max_pages(const struct mem_cgroup *memcg);
/** kmc_memcg_low_breached() - The page goes nevertheless: memory.events low. */
void kmc_memcg_low_breached(struct kmc_sim *sim, const struct page *page,
			    const struct mem_cgroup *target);
/** kmc_memcg_copy_page() - @to is charged as @from is; it carries the flag. */
void kmc_memcg_copy_page(struct kmc_sim *sim, const struct page *from, const struct page *to);

/* Charging of bytes; the number names who paid: 0 nobody. */
int kmc_memcg_charge_bytes(struct kmc_cpu *cpu, gfp_t gfp, size_t bytes, uint32_t *payer);
void kmc_memcg_uncharge_bytes(struct kmc_cpu *cpu, uint32_t payer, size_t bytes);

/** kmc_memcg_flush_cpu() - A cpu's stock back to the counters. */
void kmc_memcg_flush_cpu(struct kmc_cpu *cpu);

size_t kmc_memcg_arena_bytes(const struct kmc_sim_config *config, uint64_t max_pfn);
void kmc_memcg_boot(struct kmc_sim *sim);
uint64_t kmc_memcg_hash(struct kmc_sim *sim, uint64_t seed);
void kmc_memcg_check(struct kmc_sim *sim);
