/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory control groups as kernel-style code sees them: whose an object or
 * a page is, and charging by hand. set_active_memcg() is in <linux/sched/mm.h>,
 * kmem_cache_charge() in <linux/slab.h>.
 */
#pragma once
#include <linux/gfp_types.h>
#include <linux/types.h>

struct mem_cgroup;
struct obj_cgroup;
struct page;

/** mem_cgroup_disabled() - Has the machine no groups? */
bool mem_cgroup_disabled(void);
static inline bool memcg_kmem_online(void)
{
	return !mem_cgroup_disabled();
}
struct mem_cgroup *parent_mem_cgroup(struct mem_cgroup *memcg);
bool mem_cgroup_is_root(struct mem_cgroup *memcg);

/** mem_cgroup_from_slab_obj() - Whose charge @p is now: an object's, a large block's; NULL none. */
struct mem_cgroup *mem_cgroup_from_slab_obj(void *p);
/** page_memcg() - Whose charge a page is now; NULL none. */
struct mem_cgroup *page_memcg(struct page *page);

/** get_obj_cgroup_from_current() - Who pays for what the running code asks; NULL nobody. */
struct obj_cgroup *get_obj_cgroup_from_current(void);
void obj_cgroup_put(struct obj_cgroup *objcg);
/** obj_cgroup_charge() - Charge @size bytes. Return: 0 or -ENOMEM. Rule: MCG-2..9. */
int obj_cgroup_charge(struct obj_cgroup *objcg, gfp_t gfp, size_t size);
void obj_cgroup_uncharge(struct obj_cgroup *objcg, size_t size);
