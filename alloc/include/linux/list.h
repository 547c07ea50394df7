/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Circular lists that run through what they hold: as much of them as the calls
 * of this stack need. Included by kernel-style code.
 */
#pragma once
#include <stdbool.h>
#include "linux/types.h"

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list->prev = list;
}

static inline bool list_empty(const struct list_head *list)
{
	return list->next == list;
}

/** list_add() - Put @entry first on @list. */
static inline void list_add(struct list_head *entry, struct list_head *list)
{
	entry->next = list->next;
	entry->prev = list;
	list->next->prev = entry;
	list->next = entry;
}

/**
 * list_del() - Take @entry off its list. It has no links then, where a kernel leaves
 * poison: descriptors of pages are compared.
 */
static inline void list_del(struct list_head *entry)
{
	entry->next->prev = entry->prev;
	entry->prev->next = entry->next;
	entry->next = entry->prev = NULL;
}

#define list_entry(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define list_first_entry(list, type, member) list_entry((list)->next, type, member)
