/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events kept in memory until the run is over: an event file names its caches
 * before its first event, and which there are is known at the end only.
 * Included by check/ and by tests.
 */
#ifndef CHECK_EVENT_LIST_H
#define CHECK_EVENT_LIST_H
#include <stddef.h>
#include "vocab/event.h"
#include "vocab/machine.h"

struct kmc_event_list {
	struct kmc_event *events;
	size_t nr_events, max_events;
	struct kmc_cache_desc *caches;
	size_t nr_caches, max_caches;
};

/** kmc_event_list_add() - Return: 0, -ENOMEM. */
int kmc_event_list_add(struct kmc_event_list *list, const struct kmc_event *ev);
/** kmc_event_list_cache() - Return: 0, -ENOMEM. */
int kmc_event_list_cache(struct kmc_event_list *list, const struct kmc_cache_desc *cache);
/** kmc_event_list_write() - As a file of events (.ev). Return: 0, -errno. */
int kmc_event_list_write(const struct kmc_event_list *list, const char *path,
			 const struct kmc_machine *machine, uint32_t edition);
void kmc_event_list_free(struct kmc_event_list *list);

#endif
