/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A growing list of events and of the caches they name.
 */
#include <errno.h>
#include <stdlib.h>
#include "event_list.h"

static void *room_for(void **array, size_t nr, size_t *max, size_t size)
{
	if (nr == *max) {
		size_t more = *max ? *max * 2 : 64;
		void *larger = reallocarray(*array, more, size);

		if (!larger)
			return NULL;
		*array = larger;
		*max = more;
	}
	return (char *)*array + nr * size;
}

int kmc_event_list_add(struct kmc_event_list *list, const struct kmc_event *ev)
{
	void *array = list->events;
	struct kmc_event *place = room_for(&array, list->nr_events, &list->max_events,
					   sizeof(*place));

	list->events = array;
	if (!place)
		return -ENOMEM;
	*place = *ev;
	list->nr_events++;
	return 0;
}

int kmc_event_list_cache(struct kmc_event_list *list, const struct kmc_cache_desc *cache)
{
	void *array = list->caches;
	struct kmc_cache_desc *place = room_for(&array, list->nr_caches, &list->max_caches,
						sizeof(*place));

	list->caches = array;
	if (!place)
		return -ENOMEM;
	*place = *cache;
	list->nr_caches++;
	return 0;
}

static int write_all(const struct kmc_event_list *list, FILE *out,
		     const struct kmc_machine *machine, uint32_t edition)
{
	int err = kmc_event_file_write_head(out, machine, edition, list->caches, list->nr_caches);

	for (size_t i = 0; !err && i < list->nr_events; i++)
		err = kmc_event_print(out, &list->events[i]);
	return err;
}

int kmc_event_list_write(const struct kmc_event_list *list, const char *path,
			 const struct kmc_machine *machine, uint32_t edition)
{
	FILE *out = fopen(path, "w");
	int err;

	if (!out)
		return -errno;
	err = write_all(list, out, machine, edition);
	if (fflush(out) | fclose(out))
		err = err ? err : -errno;
	return err;
}

void kmc_event_list_free(struct kmc_event_list *list)
{
	free(list->events);
	free(list->caches);
	*list = (struct kmc_event_list){ 0 };
}
