// SPDX-License-Identifier: GPL-2.0-or-later
/* Groups that pay; few, so they are searched. */
#include <stdlib.h>
#include "groups.h"
#include "vocab/event.h"

#define DEEPEST 64

struct kmc_group *kmc_book_group_find(const struct kmc_groups *groups, uint32_t id)
{
	for (size_t i = 0; i < groups->nr; i++)
		if (groups->list[i].id == id)
			return &groups->list[i];
	return NULL;
}

struct kmc_group *kmc_book_group_make(struct kmc_groups *groups, uint32_t id)
{
	struct kmc_group *group = kmc_book_group_find(groups, id);

	if (group)
		return group;
	if (groups->nr == groups->max) {
		size_t max = groups->max ? groups->max * 2 : 16;
		void *list = realloc(groups->list, max * sizeof(*groups->list));

		if (!list)
			return NULL;
		groups->list = list;
		groups->max = max;
	}
	group = &groups->list[groups->nr++];
	*group = (struct kmc_group){ .id = id, .parent = KMC_CACHE_NONE };
	return group;
}

static bool is_below(const struct kmc_groups *groups, const struct kmc_group *group, uint32_t id)
{
	for (unsigned int depth = 0; group && depth < DEEPEST; depth++) {
		if (group->id == id)
			return true;
		group = kmc_book_group_find(groups, group->parent);
	}
	return false;
}

int64_t kmc_book_group_total(const struct kmc_groups *groups, uint32_t id)
{
	int64_t bytes = 0;

	for (size_t i = 0; i < groups->nr; i++)
		if (is_below(groups, &groups->list[i], id))
			bytes += groups->list[i].charged;
	return bytes;
}

int kmc_book_group_below(const struct kmc_groups *groups, uint32_t id, uint32_t top)
{
	for (unsigned int depth = 0; depth < DEEPEST; depth++) {
		const struct kmc_group *group;

		if (id == top)
			return 1;
		if (id == KMC_CACHE_NONE)
			return 0;
		group = kmc_book_group_find(groups, id);
		if (!group)
			return -1;
		id = group->parent;
	}
	return -1;
}

bool kmc_book_group_high(const struct kmc_groups *groups, uint32_t id)
{
	const struct kmc_group *group = kmc_book_group_find(groups, id);

	for (unsigned int depth = 0; group && depth < DEEPEST; depth++) {
		if (group->high)
			return true;
		if (group->parent == KMC_CACHE_NONE)
			return false;
		group = kmc_book_group_find(groups, group->parent);
	}
	return true;
}

bool kmc_book_group_limited(const struct kmc_groups *groups, uint32_t id)
{
	const struct kmc_group *group = kmc_book_group_find(groups, id);

	for (unsigned int depth = 0; group && depth < DEEPEST; depth++) {
		if (group->max)
			return true;
		if (group->parent == KMC_CACHE_NONE)
			return false;
		group = kmc_book_group_find(groups, group->parent);
	}
	return true; /* one of them is not known */
}

void kmc_book_groups_reset(struct kmc_groups *groups)
{
	kmc_book_groups_free(groups);
}

void kmc_book_groups_free(struct kmc_groups *groups)
{
	free(groups->list);
	*groups = (struct kmc_groups){ 0 };
}
