/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of objects by node and group, as far as allocation is concerned:
 * kmem_cache_alloc_lru() makes the group's own lists when they are missing.
 */
#pragma once
#include <stdbool.h>

struct list_lru {
	unsigned int id; /* of the machine's lists that know groups; 0 knows none */
};

/**
 * list_lru_init_memcg() - Lists with a set for each group that comes to use them.
 * Return: 0 or -ENOMEM.
 */
int list_lru_init_memcg(struct list_lru *lru, void *shrinker);
/** list_lru_init() - Lists without groups. */
int list_lru_init(struct list_lru *lru);
void list_lru_destroy(struct list_lru *lru);
