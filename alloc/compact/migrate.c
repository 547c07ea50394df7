/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One block to another place, contents and all.
 *
 * Which frames may move is a bit per frame, set by their holder. Whoever
 * clears the bit has the block for himself: the one who migrates it, or the
 * holder that frees it. A holder who finds the bit clear waits until it is set
 * again; that comes, since nobody waits for anything while he has a bit (the
 * holder's isolate() only tries). So a block is migrated from isolation to the
 * end before the next one is looked at.
 *
 * Contract: GFP-32, PAGE-35, CPT-6. Looked at: 6.18.44.
 */
#include <errno.h>
#include <string.h>
#include "alloc/movable.h"
#include "compact.h"
#include "linux/mm.h"

static uint64_t *movable_word(struct kmc_sim *sim, uint64_t pfn)
{
	return &sim->page->movable_map[pfn / 64];
}

/* True: the bit was set and is ours now. */
static bool test_clear_movable(struct kmc_sim *sim, uint64_t pfn)
{
	uint64_t *word = movable_word(sim, pfn), bit = 1ull << pfn % 64;

	if (!(__atomic_load_n(word, __ATOMIC_RELAXED) & bit))
		return false;
	kmc_touch(sim, word, sizeof(*word));
	return __atomic_fetch_and(word, ~bit, __ATOMIC_ACQ_REL) & bit;
}

static void set_movable(struct kmc_sim *sim, uint64_t pfn)
{
	uint64_t *word = movable_word(sim, pfn);

	kmc_touch(sim, word, sizeof(*word));
	__atomic_fetch_or(word, 1ull << pfn % 64, __ATOMIC_ACQ_REL);
}

uint64_t kmc_next_movable(struct kmc_sim *sim, uint64_t pfn, uint64_t end)
{
	while (pfn < end) {
		uint64_t word = __atomic_load_n(movable_word(sim, pfn), __ATOMIC_RELAXED);

		word >>= pfn % 64;
		if (word) {
			pfn += (uint64_t)__builtin_ctzll(word);
			return pfn < end ? pfn : end;
		}
		pfn = (pfn / 64 + 1) * 64;
	}
	return end;
}

/* Looked at with the bit taken: its owner does not free it meanwhile. */
int kmc_movable_order(struct kmc_sim *sim, uint64_t pfn)
{
	int order;

	if (!test_clear_movable(sim, pfn))
		return -1;
	order = pfn_to_page_in(sim, pfn)->order;
	set_movable(sim, pfn);
	return order;
}

void kmc_movable_add(struct kmc_sim *sim, struct page *page)
{
	kmc_touch(sim, page, sizeof(*page));
	page->flags |= PGF_LRU;
	set_movable(sim, page_to_pfn_in(sim, page));
}

void kmc_movable_del(struct kmc_sim *sim, struct page *page)
{
	while (!test_clear_movable(sim, page_to_pfn_in(sim, page))) {
		/* who has the bit may wait for our lists in the middle of its request */
		if (kmc_this_cpu)
			kmc_attention(kmc_this_cpu);
		kmc_wait_a_little();
	}
	page->flags &= (uint8_t)~PGF_LRU;
}

void kmc_movable_register(struct kmc_sim *sim, unsigned int kind,
			  const struct movable_operations *ops)
{
	KMC_BUG_ON(kind >= NR_FRAME_KINDS);
	sim->movable_ops[kind] = ops;
}

/* The holder's side of a migration, for pages and for frames of a layer's own. */

static bool ask(struct kmc_sim *sim, struct page *page)
{
	const struct movable_operations *ops = sim->movable_ops[page->kind];

	if (page->kind != FRAME_USED)
		return ops && ops->isolate(sim, page);
	return sim->holder && (!sim->holder->isolate || sim->holder->isolate(sim->holder_arg, page));
}

static void tell_stay(struct kmc_sim *sim, struct page *page)
{
	if (page->kind != FRAME_USED)
		sim->movable_ops[page->kind]->putback(sim, page);
	else if (sim->holder->stay)
		sim->holder->stay(sim->holder_arg, page);
}

/* Ours alone: what a kernel does by page tables. */
static void trace_migrated(struct kmc_sim *sim, const struct page *from, const struct page *to)
{
	struct kmc_tp tp = { .id = KMC_TP_MIGRATED, .node = -1, .order = to->order,
			     .pfn = page_to_pfn_in(sim, from),
			     .bytes_req = page_to_pfn_in(sim, to) };

	kmc_trace_emit(sim, &tp);
}

/* The target becomes what the source is, but for its own mobility and bit. */
static int move_to(struct kmc_sim *sim, struct kmc_cpu *cpu, struct page *from, struct page *to)
{
	kmc_page_prep_like(sim, to, from);
	memcpy(pfn_to_virt_in(sim, page_to_pfn_in(sim, to)),
	       pfn_to_virt_in(sim, page_to_pfn_in(sim, from)), (PAGE_SIZE << from->order) >> KMC_PLANTED(migration_loses));
	if (from->kind != FRAME_USED)
		return sim->movable_ops[from->kind]->migrate(sim, cpu, from, to);
	sim->holder->moved(sim->holder_arg, from, to);
	return 0;
}

/* What holders and charges hang on the source is the target's now. */
static void free_source(struct kmc_sim *sim, struct kmc_cpu *cpu, struct page *from)
{
	kmc_touch(sim, from, sizeof(*from));
	from->flags &= PGF_COMPOUND | PGF_MOVABLE;
	kmc_pages_free_buddy(sim, cpu, from, from->order);
}

/* The order of a page whose bit is ours does not change, and no reference goes. */
static bool isolate(struct kmc_sim *sim, struct page *page, unsigned int largest)
{
	return page->order <= largest &&
	       (__atomic_load_n(&page->refcount, __ATOMIC_ACQUIRE) == 1 ||
		KMC_PLANTED(migrates_held)) &&
	       ask(sim, page);
}

static int migrate_isolated(struct kmc_sim *sim, struct kmc_cpu *cpu, struct page *from,
			    struct page *to)
{
	int err;

	if (!to) {
		tell_stay(sim, from);
		return -ENOMEM;
	}
	trace_migrated(sim, from, to);
	err = move_to(sim, cpu, from, to);
	if (err) {
		to->flags &= PGF_COMPOUND | PGF_MOVABLE;
		kmc_pages_free_buddy(sim, cpu, to, to->order);
		tell_stay(sim, from);
	}
	return err;
}

/* Model: exact as to outcome and contents (CPT-6); one page at a time. */
int kmc_migrate(struct kmc_sim *sim, struct kmc_cpu *cpu, uint64_t pfn, unsigned int largest,
		kmc_target_fn *target, void *arg, struct page **out)
{
	struct page *from = pfn_to_page_in(sim, pfn), *to;
	int err, moved;

	if (!test_clear_movable(sim, pfn))
		return -EBUSY;
	if (!isolate(sim, from, largest)) {
		set_movable(sim, pfn);
		count_vm_event(sim, KMC_PGMIGRATE_FAIL, 1);
		return -EBUSY;
	}
	moved = 1 << from->order;
	to = target(arg, from->order);
	kmc_yield_point("migrate");
	err = migrate_isolated(sim, cpu, from, to);
	if (err) {
		set_movable(sim, pfn);
		return err;
	}
	set_movable(sim, page_to_pfn_in(sim, to));
	count_vm_event(sim, KMC_PGMIGRATE_SUCCESS, (uint64_t)moved);
	free_source(sim, cpu, from);
	if (out)
		*out = to;
	return moved;
}

/* <alloc/movable.h>: on the bound cpu. */

void kmc_sim_holder(struct kmc_sim *sim, const struct kmc_holder_ops *ops, void *arg)
{
	sim->holder = ops;
	sim->holder_arg = arg;
}

bool kmc_sim_movable_add(struct page *page)
{
	KMC_BUG_ON(!kmc_this_cpu);
	if (page->kind != FRAME_USED || page->migratetype != MIGRATE_MOVABLE ||
	    (page->flags & PGF_LRU) ||
	    (page->order && !(page->flags & PGF_COMPOUND)))
		return false;
	kmc_movable_add(kmc_this_cpu->sim, page);
	return true;
}

void kmc_sim_movable_del(struct page *page)
{
	KMC_BUG_ON(!kmc_this_cpu);
	if (page->kind == FRAME_USED && (page->flags & PGF_LRU))
		kmc_movable_del(kmc_this_cpu->sim, page);
}

/* Model: exact. */
struct page *kmc_migration_target(void *arg, unsigned int order)
{
	struct migration_target *target = arg;
	gfp_t gfp = target->gfp | (order ? __GFP_COMP : 0);

	return kmc_pages_alloc(target->sim, target->cpu, gfp, order, target->node);
}

struct page *kmc_sim_migrate_page(struct page *page)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct migration_target target = { .cpu = cpu, .gfp = GFP_HIGHUSER_MOVABLE };
	struct page *to = NULL;

	KMC_BUG_ON(!cpu);
	kmc_attention(cpu);
	target.sim = cpu->sim;
	target.node = (int)kmc_page_node(cpu->sim, page);
	kmc_migrate(cpu->sim, cpu, page_to_pfn_in(cpu->sim, page), MAX_PAGE_ORDER,
		    kmc_migration_target, &target, &to);
	return to;
}
