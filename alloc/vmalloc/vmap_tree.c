/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Free ranges of the window: a search tree by first page that is a heap by a hash of
 * it, so its shape depends on the ranges alone and not on how they came about. Each
 * node knows the longest range below, hence the lowest that fits is found by
 * descending to the left as long as something there may be long enough. A range's
 * node is the table's entry at its first page: there is nothing to allocate.
 *
 * Model: exact in its choice (R10: lowest address that fits; without the pools per
 * node of 6.9 and later). Rule: VM-24.
 */
#include "vmalloc_core.h"

static struct vm_range *node_of(struct kmc_vmalloc_state *vs, uint32_t link)
{
	return &vs->range[link - 1];
}

static uint32_t rank(uint32_t link)
{
	link = (link ^ link >> 16) * 0x7feb352du;
	link = (link ^ link >> 15) * 0x846ca68bu;
	return link ^ link >> 16;
}

static uint32_t max_of(struct kmc_vmalloc_state *vs, uint32_t link)
{
	return link ? node_of(vs, link)->tree.max : 0;
}

static void touch(struct kmc_sim *sim, uint32_t link)
{
	kmc_touch(sim, node_of(sim->vmalloc, link), sizeof(struct vm_range));
}

/* After its children changed. */
static void settle(struct kmc_vmalloc_state *vs, uint32_t link)
{
	struct vm_range *n = node_of(vs, link);
	uint32_t left = max_of(vs, n->tree.left), right = max_of(vs, n->tree.right);

	n->tree.max = n->span;
	if (left > n->tree.max)
		n->tree.max = left;
	if (right > n->tree.max)
		n->tree.max = right;
}

/* Below @key to the left, the rest to the right. */
static void split(struct kmc_sim *sim, uint32_t at, uint32_t key, uint32_t *left, uint32_t *right)
{
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	struct vm_range *n;

	if (!at) {
		*left = *right = 0;
		return;
	}
	touch(sim, at);
	n = node_of(vs, at);
	if (at < key) {
		split(sim, n->tree.right, key, &n->tree.right, right);
		*left = at;
	} else {
		split(sim, n->tree.left, key, left, &n->tree.left);
		*right = at;
	}
	settle(vs, at);
}

/* All of @left lies below all of @right. */
static uint32_t join(struct kmc_sim *sim, uint32_t left, uint32_t right)
{
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	uint32_t top;

	if (!left || !right)
		return left ? left : right;
	if (rank(left) > rank(right)) {
		touch(sim, top = left);
		node_of(vs, left)->tree.right = join(sim, node_of(vs, left)->tree.right, right);
	} else {
		touch(sim, top = right);
		node_of(vs, right)->tree.left = join(sim, left, node_of(vs, right)->tree.left);
	}
	settle(vs, top);
	return top;
}

static uint32_t insert(struct kmc_sim *sim, uint32_t at, uint32_t link)
{
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	struct vm_range *n;

	if (!at || rank(link) > rank(at)) {
		n = node_of(vs, link);
		split(sim, at, link, &n->tree.left, &n->tree.right);
		settle(vs, link);
		return link;
	}
	touch(sim, at);
	n = node_of(vs, at);
	if (link < at)
		n->tree.left = insert(sim, n->tree.left, link);
	else
		n->tree.right = insert(sim, n->tree.right, link);
	settle(vs, at);
	return at;
}

static uint32_t drop(struct kmc_sim *sim, uint32_t at, uint32_t link)
{
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	struct vm_range *n;

	touch(sim, at);
	n = node_of(vs, at);
	if (at == link)
		return join(sim, n->tree.left, n->tree.right);
	if (link < at)
		n->tree.left = drop(sim, n->tree.left, link);
	else
		n->tree.right = drop(sim, n->tree.right, link);
	settle(vs, at);
	return at;
}

static void add_range(struct kmc_sim *sim, uint32_t page, uint32_t span)
{
	struct kmc_vmalloc_state *vs = sim->vmalloc;

	if (!span)
		return;
	touch(sim, page + 1);
	*vm_range_at(vs, page) = (struct vm_range){ .kind = VM_FREE, .span = span };
	vs->root = insert(sim, vs->root, page + 1);
}

static void del_range(struct kmc_sim *sim, uint32_t page)
{
	struct kmc_vmalloc_state *vs = sim->vmalloc;

	vs->root = drop(sim, vs->root, page + 1);
	*vm_range_at(vs, page) = (struct vm_range){ .kind = VM_NOTHING };
}

static uint64_t aligned(uint64_t page, uint64_t align)
{
	return (page + align - 1) & ~(align - 1);
}

static uint32_t lowest(struct kmc_vmalloc_state *vs, uint32_t at, uint32_t span, uint32_t align,
		       uint32_t limit)
{
	const struct vm_range *n;
	uint64_t start;
	uint32_t found;

	if (max_of(vs, at) < span)
		return 0;
	n = node_of(vs, at);
	found = lowest(vs, n->tree.left, span, align, limit);
	if (found)
		return found;
	start = aligned(at - 1, align);
	if (at - 1 + (uint64_t)span > limit)
		return 0;
	if (start + span <= limit && start + span <= at - 1 + (uint64_t)n->span)
		return at;
	return lowest(vs, n->tree.right, span, align, limit);
}

bool vm_tree_take(struct kmc_sim *sim, uint32_t span, uint32_t align, uint32_t limit, uint32_t *page)
{
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	uint32_t link = lowest(vs, vs->root, span, align, limit), start, end;

	if (!link)
		return false;
	start = link - 1;
	end = start + node_of(vs, link)->span;
	*page = (uint32_t)aligned(start, align);
	del_range(sim, start);
	add_range(sim, start, *page - start);
	add_range(sim, *page + span, end - *page - span);
	return true;
}

/* The free range that ends where @page begins; 0 none. */
static uint32_t neighbour_below(struct kmc_vmalloc_state *vs, uint32_t page)
{
	uint32_t at = vs->root, below = 0;

	while (at) {
		if (at - 1 < page) {
			below = at;
			at = node_of(vs, at)->tree.right;
		} else {
			at = node_of(vs, at)->tree.left;
		}
	}
	return below && below - 1 + node_of(vs, below)->span == page ? below : 0;
}

void vm_tree_give(struct kmc_sim *sim, uint32_t page, uint32_t span)
{
	struct kmc_vmalloc_state *vs = sim->vmalloc;
	uint32_t below = neighbour_below(vs, page), above = page + span;

	touch(sim, page + 1);
	*vm_range_at(vs, page) = (struct vm_range){ .kind = VM_NOTHING };
	if (above < vs->nr_pages && vm_range_at(vs, above)->kind == VM_FREE) {
		span += vm_range_at(vs, above)->span;
		del_range(sim, above);
	}
	if (below) {
		span += node_of(vs, below)->span;
		page = below - 1;
		del_range(sim, page);
	}
	add_range(sim, page, span);
}

static uint64_t check(struct kmc_vmalloc_state *vs, uint32_t at, uint64_t from, uint64_t to)
{
	const struct vm_range *n;
	uint64_t end, pages;

	if (!at)
		return 0;
	n = node_of(vs, at);
	end = at - 1 + (uint64_t)n->span;
	KMC_BUG_ON(n->kind != VM_FREE || !n->span || at - 1 < from || end > to);
	KMC_BUG_ON(n->tree.left && rank(n->tree.left) > rank(at));
	KMC_BUG_ON(n->tree.right && rank(n->tree.right) > rank(at));
	/* Ranges that touch would have been merged. */
	pages = check(vs, n->tree.left, from, at > 1 ? at - 2 : 0);
	pages += check(vs, n->tree.right, end + 1, to) + n->span;
	KMC_BUG_ON(n->tree.max < n->span || n->tree.max < max_of(vs, n->tree.left) ||
		   n->tree.max < max_of(vs, n->tree.right));
	return pages;
}

uint64_t vm_tree_pages(struct kmc_sim *sim)
{
	return check(sim->vmalloc, sim->vmalloc->root, 0, sim->vmalloc->nr_pages);
}
