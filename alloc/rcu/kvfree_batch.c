/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What kvfree_rcu() queues on a cpu: batch pages for slab and for vmalloc blocks,
 * and, where no page can be had, a chain through the blocks' own heads. A drain
 * moves all of it into one of two batches, which waits for a grace period; up to
 * then the blocks are not touched but for their heads (RCU-2).
 *
 *	filling  --drain: timer, barrier, shrinker-->  batch  --grace period-->  free
 *
 * In 6.6 and later what the period has passed over already is freed by the drain itself.
 */
#include "rcu_core.h"
#include "page_alloc.h"

#define GFP_BATCH_PAGE (GFP_KERNEL | __GFP_NORETRY | __GFP_NOMEMALLOC | __GFP_NOWARN)

/* a head, in memory that a program may damage: kernel-like addresses, checked when read */

static void head_write(struct kmc_sim *sim, struct rcu_head *head, uint64_t next, const void *ptr)
{
	uint64_t words[2] = { next, kmc_sim_address(sim, ptr) };

	__builtin_memcpy(head, words, sizeof(words));
}

KMC_NO_ASAN static void head_read(const struct rcu_head *head, uint64_t *next, uint64_t *ptr)
{
	const char *bytes = (const char *)head;
	uint64_t words[2] = { 0, 0 };

	for (unsigned int i = 0; i < 8; i++) {
		words[0] |= (uint64_t)(uint8_t)bytes[i] << 8 * i;
		words[1] |= (uint64_t)(uint8_t)bytes[8 + i] << 8 * i;
	}
	*next = words[0];
	*ptr = words[1];
}

/* pages */

static uint64_t cached_page_take(struct kmc_sim *sim, struct kmc_rcu_cpu *rc)
{
	uint64_t page = rc->cached;

	if (page) {
		rc->cached = kmc_batch_page_next(sim, page);
		rc->nr_cached--;
	}
	return page;
}

static uint64_t page_alloc(struct kmc_cpu *cpu)
{
	struct page *page = kmc_pages_alloc(cpu->sim, cpu, GFP_BATCH_PAGE, 0, NUMA_NO_NODE);
	uint64_t pfn;

	if (!page)
		return 0;
	pfn = page_to_pfn_in(cpu->sim, page);
	return kmc_sim_address(cpu->sim, pfn_to_virt_in(cpu->sim, pfn));
}

static void page_free(struct kmc_cpu *cpu, uint64_t page)
{
	void *at = kmc_sim_pointer(cpu->sim, page);
	uint64_t pfn = virt_to_pfn_in(cpu->sim, at);

	kmc_pages_free(cpu->sim, cpu, pfn_to_page_in(cpu->sim, pfn), 0);
}

/* Used once: kept for the next batch, while few are. Rule: RCU-14. Model: exact (R8). */
static void page_put(struct kmc_cpu *cpu, struct kmc_rcu_cpu *rc, uint64_t page)
{
	bool keep;

	kmc_lock_take(&rc->lock);
	keep = rc->nr_cached < RCU_CACHED_PAGES;
	if (keep) {
		kmc_batch_page_clear(cpu->sim, page, rc->cached);
		rc->cached = page;
		rc->nr_cached++;
	}
	kmc_lock_drop(&rc->lock);
	if (!keep)
		page_free(cpu, page);
}

/* The worker that a call without a page sends for. Model: exact in result (R8). */
static bool pages_refill(struct kmc_cpu *cpu, struct kmc_rcu_cpu *rc)
{
	bool wanted;

	if (cpu->context != KMC_IN_TASK)
		return false;
	kmc_lock_take(&rc->lock);
	wanted = rc->want_pages && kmc_sim_clock_ns(cpu->sim) >= rc->backoff_until_ns;
	if (wanted)
		rc->want_pages = false;
	kmc_lock_drop(&rc->lock);
	if (!wanted)
		return false;
	for (unsigned int i = 0; i < RCU_CACHED_PAGES; i++) {
		uint64_t page = page_alloc(cpu);

		if (!page)
			break;
		page_put(cpu, rc, page);
	}
	return true;
}

/* queueing; rc->lock is held */

static unsigned int channel_of(const struct kmc_sim *sim, const void *ptr)
{
	bool vmalloc = sim->vmalloc_base && (uintptr_t)ptr - (uintptr_t)sim->vmalloc_base <
						    sim->vmalloc_bytes;

	return vmalloc ? RCU_VMALLOC_BLOCKS : RCU_SLAB_BLOCKS;
}

static bool add_to_page(struct kmc_sim *sim, struct kmc_rcu_cpu *rc, unsigned int channel,
			const void *ptr)
{
	struct kmc_rcu_batch *b = &rc->filling;
	uint64_t page = b->pages[channel], cookie = kmc_rcu_cookie(sim->rcu);

	if (page && kmc_batch_page_add(sim, page, ptr, cookie))
		return true;
	page = cached_page_take(sim, rc);
	if (!page)
		return false;
	kmc_batch_page_clear(sim, page, b->pages[channel]);
	b->pages[channel] = page;
	return kmc_batch_page_add(sim, page, ptr, cookie);
}

static void add_to_list(struct kmc_sim *sim, struct kmc_rcu_cpu *rc, struct rcu_head *head,
			const void *ptr)
{
	head_write(sim, head, rc->filling.list, ptr);
	rc->filling.list = kmc_sim_address(sim, head);
	rc->filling.list_cookie = kmc_rcu_cookie(sim->rcu);
	rc->filling.nr_list++;
}

/* Rule: RCU-14. Model: exact (R8: 5 s, or a tick once a page is full; 6.1.192 and later). */
static void arm_drain(struct kmc_sim *sim, struct kmc_rcu_cpu *rc)
{
	bool many = rc->filling.nr_blocks >= kmc_batch_page_room(sim);
	uint64_t due = kmc_sim_clock_ns(sim) + (many ? RCU_JIFFY_NS : RCU_DRAIN_NS);

	if (!rc->drain_armed || due < rc->drain_due_ns)
		rc->drain_due_ns = due;
	rc->drain_armed = true;
}

static void queued(struct kmc_sim *sim, struct kmc_rcu_cpu *rc)
{
	rc->filling.nr_blocks++;
	kmc_rcu_pending_add(sim, 1);
	arm_drain(sim, rc);
}

/* Rule: RCU-5: only without a head may the call take a page for itself. */
static uint64_t page_of_our_own(struct kmc_cpu *cpu, struct rcu_head *head)
{
	return head || cpu->context != KMC_IN_TASK ? 0 : page_alloc(cpu);
}

/* The planted race: a page that is being released takes another block. */
static bool add_to_released(struct kmc_sim *sim, const struct kmc_rcu_cpu *rc, const void *ptr)
{
	return rc->releasing && kmc_batch_page_add(sim, rc->releasing, ptr,
						   kmc_batch_page_cookie(sim, rc->releasing));
}

/* Rule: RCU-6, RCU-7. Model: exact (R8; 6.1 to 6.18). */
bool kmc_rcu_batch_add(struct kmc_cpu *cpu, struct rcu_head *head, void *ptr)
{
	struct kmc_rcu_cpu *rc = &cpu->sim->rcu->cpus[cpu->id];
	unsigned int channel = channel_of(cpu->sim, ptr);
	uint64_t page = 0;
	bool done;

	kmc_touch(cpu->sim, rc, sizeof(*rc));
	kmc_lock_take(&rc->lock);
	if (KMC_PLANTED(race_rcu_early) && add_to_released(cpu->sim, rc, ptr)) {
		kmc_lock_drop(&rc->lock);
		return true;
	}
	done = add_to_page(cpu->sim, rc, channel, ptr);
	if (!done) {
		rc->want_pages = true;
		kmc_lock_drop(&rc->lock);
		kmc_yield_point("rcu_no_page");
		page = page_of_our_own(cpu, head);
		kmc_lock_take(&rc->lock);
		if (page) {
			kmc_batch_page_clear(cpu->sim, page, rc->filling.pages[channel]);
			rc->filling.pages[channel] = page;
			done = kmc_batch_page_add(cpu->sim, page, ptr,
						  kmc_rcu_cookie(cpu->sim->rcu));
		}
	}
	if (!done && head) {
		add_to_list(cpu->sim, rc, head, ptr);
		done = true;
	}
	if (done)
		queued(cpu->sim, rc);
	kmc_lock_drop(&rc->lock);
	return done;
}

/* freeing */

static void warn(struct kmc_cpu *cpu, const char *text, const void *ptr)
{
	struct kmc_tp tp = { .id = KMC_TP_WARN, .text = text, .ptr = ptr, .node = -1,
			     .pfn = UINT64_MAX };

	kmc_trace_emit(cpu->sim, &tp);
}

/* No event tells of the blocks of a page (TRC-10). Rule: RCU-1. Model: exact. */
static unsigned int page_release(struct kmc_cpu *cpu, struct kmc_rcu_cpu *rc, uint64_t page,
				 unsigned int channel)
{
	void *blocks[510];
	unsigned int nr;

	if (KMC_PLANTED(race_rcu_early)) {
		rc->releasing = page;
		kmc_yield_point("page_release");
		rc->releasing = 0;
	}
	nr = kmc_batch_page_take(cpu->sim, page, blocks);
	if (!kmc_rcu_elapsed(cpu->sim->rcu, kmc_batch_page_cookie(cpu->sim, page))) {
		warn(cpu, "batch of kvfree_rcu before its grace period: leaked", NULL);
		nr = 0;
	}
	for (unsigned int i = 0; i < nr; i++)
		kmc_rcu_released(cpu, blocks[i]);
	if (channel == RCU_SLAB_BLOCKS)
		kfree_bulk(nr, blocks);
	for (unsigned int i = 0; channel == RCU_VMALLOC_BLOCKS && i < nr; i++)
		kvfree(blocks[i]);
	page_put(cpu, rc, page);
	return nr;
}

static unsigned int pages_release(struct kmc_cpu *cpu, struct kmc_rcu_cpu *rc, uint64_t page,
				  unsigned int channel)
{
	unsigned int nr = 0;

	while (page) {
		uint64_t next = kmc_batch_page_next(cpu->sim, page);

		nr += page_release(cpu, rc, page, channel);
		page = next;
	}
	return nr;
}

/* Each by kvfree(), which emits. A chain that a program damaged is cut. Rule: TRC-10. */
static void list_release(struct kmc_cpu *cpu, uint64_t list, uint32_t nr)
{
	while (list && nr-- > 0) {
		struct rcu_head *head = kmc_sim_pointer(cpu->sim, list);
		uint64_t next, at;
		void *ptr;

		if (!head)
			break;
		head_read(head, &next, &at);
		ptr = kmc_sim_pointer(cpu->sim, at);
		if ((uintptr_t)head - (uintptr_t)ptr >= PAGE_SIZE) {
			warn(cpu, "struct rcu_head of a pending block is damaged", head);
			break;
		}
		kmc_rcu_released(cpu, ptr);
		kvfree(ptr);
		list = next;
	}
}

static void batch_release(struct kmc_cpu *cpu, struct kmc_rcu_cpu *rc, struct kmc_rcu_batch *b)
{
	kmc_yield_point("rcu_batch_taken");
	for (unsigned int channel = 0; channel < RCU_CHANNELS; channel++)
		pages_release(cpu, rc, b->pages[channel], channel);
	list_release(cpu, b->list, b->nr_list);
	kmc_rcu_pending_add(cpu->sim, -(int64_t)b->nr_blocks);
}

/* draining */

static bool batch_empty(const struct kmc_rcu_batch *b)
{
	return !b->pages[RCU_SLAB_BLOCKS] && !b->pages[RCU_VMALLOC_BLOCKS] && !b->list;
}

/* Cut off what has waited long enough: pages are newest first, so it is a list's end. */
static uint64_t cut_elapsed(struct kmc_sim *sim, uint64_t *pages)
{
	uint64_t page = *pages, before = 0;

	while (page && !kmc_rcu_elapsed(sim->rcu, kmc_batch_page_cookie(sim, page))) {
		before = page;
		page = kmc_batch_page_next(sim, page);
	}
	if (before && page)
		kmc_batch_page_link(sim, before, 0);
	else if (page)
		*pages = 0;
	return page;
}

/* Rule: RCU-14. Model: exact (the drain of 6.6 and later frees what needs no new period). */
static bool drain_elapsed(struct kmc_cpu *cpu, struct kmc_rcu_cpu *rc)
{
	struct kmc_sim *sim = cpu->sim;
	struct kmc_rcu_batch ready = { 0 };

	if (sim->config.profile < KMC_PROFILE_6_6_9)
		return false;
	kmc_lock_take(&rc->lock);
	for (unsigned int channel = 0; channel < RCU_CHANNELS; channel++) {
		ready.pages[channel] = cut_elapsed(sim, &rc->filling.pages[channel]);
		for (uint64_t p = ready.pages[channel]; p; p = kmc_batch_page_next(sim, p))
			ready.nr_blocks += kmc_batch_page_count(sim, p);
	}
	if (rc->filling.list && kmc_rcu_elapsed(sim->rcu, rc->filling.list_cookie)) {
		ready.list = rc->filling.list;
		ready.nr_list = rc->filling.nr_list;
		ready.nr_blocks += ready.nr_list;
		rc->filling.list = rc->filling.nr_list = 0;
	}
	rc->filling.nr_blocks -= ready.nr_blocks;
	kmc_lock_drop(&rc->lock);
	if (batch_empty(&ready))
		return false;
	batch_release(cpu, rc, &ready);
	return true;
}

/* Move what is filling into a batch that waits. Return: the filling is empty now. */
static bool drain_to_batch(struct kmc_sim *sim, struct kmc_rcu_cpu *rc)
{
	if (batch_empty(&rc->filling))
		return true;
	for (unsigned int i = 0; i < RCU_BATCHES; i++) {
		if (rc->batches[i].busy)
			continue;
		rc->batches[i] = rc->filling;
		rc->batches[i].busy = true;
		rc->batches[i].cookie = kmc_rcu_cookie(sim->rcu);
		rc->filling = (struct kmc_rcu_batch){ 0 };
		return true;
	}
	return false;
}

static bool drain(struct kmc_cpu *cpu, struct kmc_rcu_cpu *rc, bool now)
{
	struct kmc_sim *sim = cpu->sim;
	uint64_t due;
	bool moved, emptied;

	kmc_lock_take(&rc->lock);
	due = rc->drain_due_ns;
	if (!rc->drain_armed || (!now && due > kmc_sim_clock_ns(sim))) {
		kmc_lock_drop(&rc->lock);
		return false;
	}
	kmc_lock_drop(&rc->lock);
	moved = drain_elapsed(cpu, rc);
	kmc_yield_point("rcu_drain");
	kmc_lock_take(&rc->lock);
	emptied = drain_to_batch(sim, rc);
	rc->drain_armed = !emptied;
	kmc_lock_drop(&rc->lock);
	kmc_rcu_want_period(sim, now ? kmc_sim_clock_ns(sim) : due);
	return moved || emptied;
}

/* A batch whose period has ended; false none. */
static bool batch_take(struct kmc_sim *sim, struct kmc_rcu_cpu *rc, struct kmc_rcu_batch *b)
{
	bool found = false;

	kmc_lock_take(&rc->lock);
	for (unsigned int i = 0; i < RCU_BATCHES && !found; i++) {
		found = rc->batches[i].busy && kmc_rcu_elapsed(sim->rcu, rc->batches[i].cookie);
		if (found) {
			*b = rc->batches[i];
			rc->batches[i] = (struct kmc_rcu_batch){ 0 };
		}
	}
	kmc_lock_drop(&rc->lock);
	return found;
}

static bool run_cpu(struct kmc_cpu *cpu, struct kmc_rcu_cpu *rc, bool drain_now)
{
	struct kmc_rcu_batch b;
	bool any = false;

	kmc_touch(cpu->sim, rc, sizeof(*rc));
	any |= pages_refill(cpu, rc);
	while (batch_take(cpu->sim, rc, &b)) {
		any = true;
		batch_release(cpu, rc, &b);
	}
	return drain(cpu, rc, drain_now) || any;
}

bool kmc_rcu_run_batches(struct kmc_cpu *cpu, bool drain_now)
{
	bool any = false;

	kmc_rcu_work_begin(cpu);
	for (unsigned int i = 0; i < cpu->sim->config.nr_cpus; i++)
		any |= run_cpu(cpu, &cpu->sim->rcu->cpus[i], drain_now);
	kmc_rcu_work_end(cpu);
	return any;
}

static bool cpu_empty(struct kmc_rcu_cpu *rc)
{
	bool empty;

	kmc_lock_take(&rc->lock);
	empty = batch_empty(&rc->filling);
	for (unsigned int i = 0; i < RCU_BATCHES; i++)
		empty &= !rc->batches[i].busy;
	kmc_lock_drop(&rc->lock);
	return empty;
}

bool kmc_rcu_batches_empty(struct kmc_sim *sim)
{
	bool empty = true;

	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		kmc_touch(sim, &sim->rcu->cpus[i].lock, sizeof(struct kmc_lock));
		empty &= cpu_empty(&sim->rcu->cpus[i]);
	}
	return empty;
}

uint64_t kmc_rcu_shrinkable(struct kmc_sim *sim)
{
	uint64_t nr = 0;

	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		struct kmc_rcu_cpu *rc = &sim->rcu->cpus[i];

		kmc_touch(sim, &rc->lock, sizeof(rc->lock));
		kmc_lock_take(&rc->lock);
		nr += rc->filling.nr_blocks + rc->nr_cached;
		kmc_lock_drop(&rc->lock);
	}
	return nr;
}

/* Rule: RCU-14. Model: exact in effect (spare pages go, refills pause, the drain begins now). */
uint64_t kmc_sim_rcu_shrink(struct kmc_sim *sim)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	uint64_t freed = 0, page;

	kmc_rcu_work_begin(cpu);
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		struct kmc_rcu_cpu *rc = &sim->rcu->cpus[i];

		kmc_touch(sim, rc, sizeof(*rc));
		kmc_lock_take(&rc->lock);
		freed += rc->filling.nr_blocks;
		rc->backoff_until_ns = kmc_sim_clock_ns(sim) + RCU_BACKOFF_NS;
		while ((page = cached_page_take(sim, rc))) {
			kmc_lock_drop(&rc->lock);
			page_free(cpu, page);
			freed++;
			kmc_lock_take(&rc->lock);
		}
		kmc_lock_drop(&rc->lock);
		drain(cpu, rc, true);
	}
	kmc_rcu_work_end(cpu);
	return freed;
}

uint64_t kmc_rcu_pages_of(struct kmc_sim *sim, const struct kmc_rcu_batch *b, unsigned int *pages)
{
	uint64_t nr = 0;

	for (unsigned int channel = 0; channel < RCU_CHANNELS; channel++)
		for (uint64_t p = b->pages[channel]; p; p = kmc_batch_page_next(sim, p)) {
			nr += kmc_batch_page_count(sim, p);
			(*pages)++;
		}
	return nr;
}
