/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes with known values: red zones, poison and padding, set and checked as an
 * object changes hands. The order within a stride is that of R5:
 *
 *   left red zone | object | right red zone | free pointer | records | padding
 *
 * All of it happens under the node's list_lock, as in the kernel.
 */
#include "slab_debug.h"
#include <errno.h>

static void *slab_base(struct kmc_sim *sim, const struct page *slab)
{
	return pfn_to_virt_in(sim, page_to_pfn_in(sim, slab));
}

/* Is the size of a request kept with its object? */
static bool keeps_request(const struct kmem_cache *s)
{
	return (s->flags & SLAB_STORE_USER) && (s->flags & SLAB_KMALLOC);
}

/* Is what lies between a request and its class a red zone? 6.2 and later. */
static bool has_kmalloc_red_zone(const struct kmem_cache *s)
{
	return keeps_request(s) && (s->flags & SLAB_RED_ZONE) &&
	       s->sim->config.profile >= KMC_PROFILE_6_6_9;
}

static void *request_word(const struct kmem_cache *s, const void *object)
{
	return (char *)object + kmc_track_end(s) - sizeof(unsigned int);
}

size_t kmc_debug_requested(const struct kmem_cache *s, const void *object)
{
	unsigned int bytes = 0;

	if (!keeps_request(s))
		return 0;
	kmc_raw_copy(&bytes, request_word(s, object), sizeof(bytes));
	return bytes <= s->object_size ? bytes : s->object_size;
}

static void request_set(const struct kmem_cache *s, void *object, size_t bytes)
{
	unsigned int word = (unsigned int)bytes;

	if (keeps_request(s))
		kmc_raw_copy(request_word(s, object), &word, sizeof(word));
}

size_t kmc_debug_zero_bytes(const struct kmem_cache *s, size_t requested_bytes)
{
	return has_kmalloc_red_zone(s) ? requested_bytes : s->object_size;
}

/* setting */

/* @red for all red zones of an object of which @bytes are its user's. Rule: DBG-1, DBG-2. */
static void object_fill(const struct kmem_cache *s, void *object, uint8_t red, size_t bytes)
{
	char *p = object;

	if (s->flags & SLAB_RED_ZONE)
		kmc_raw_fill(p - s->red_left, red, s->red_left);
	if (!has_kmalloc_red_zone(s) || red == KMC_RED_INACTIVE)
		bytes = s->object_size;
	if (kmc_object_poison(s) && bytes) {
		kmc_raw_fill(p, KMC_POISON_FREE, bytes - 1);
		kmc_raw_fill(p + bytes - 1, KMC_POISON_END, 1);
	}
	if (s->flags & SLAB_RED_ZONE)
		kmc_raw_fill(p + bytes, red, s->layout.inuse - bytes);
}

/* Model: exact (R5); an object's padding is 0x5a as all of a new slab. */
void kmc_debug_slab_new(struct kmc_sim *sim, const struct kmem_cache *s, struct page *slab)
{
	void *base = slab_base(sim, slab);

	if (s->flags & SLAB_POISON)
		kmc_raw_fill(base, KMC_POISON_INUSE, PAGE_SIZE << slab->order);
	for (unsigned int i = 0; i < slab->slab.objects; i++) {
		void *object = kmc_object_at_index(s, base, i);

		object_fill(s, object, KMC_RED_INACTIVE, s->object_size);
		kmc_track_clear(s, object);
	}
}

/* checking */

struct check {
	struct kmc_sim *sim;
	const struct kmem_cache *s;
	struct page *slab;
	void *object; /* NULL: the slab's end */
};

/* What lies in [@at, @at + @len), of which the byte @first is not @value, is reported and mended. */
KMC_NO_ASAN __attribute__((noinline, cold)) static void
bytes_differ(const struct check *c, enum kmc_slab_report_kind kind,
					  char *at, uint8_t value, size_t len, size_t first)
{
	const volatile uint8_t *p = (const uint8_t *)at;
	struct kmc_slab_report report = { .kind = kind, .expected = value, .compared = 1 };
	size_t end = len;

	while (p[end - 1] == value)
		end--;
	report.addr = kmc_sim_address(c->sim, at + first);
	report.length = end - first;
	report.found = p[first];
	report.nr_near = (uint8_t)(end - first < KMC_SLAB_REPORT_NEAR ? end - first :
									 KMC_SLAB_REPORT_NEAR);
	kmc_raw_copy(report.near, at + first, report.nr_near);
	kmc_slab_found(c->sim, c->s, c->slab, c->object, &report);
	kmc_raw_fill(at + first, value, end - first);
}

/* All of [@at, @at + @len) is @value, or it is reported and made so. Return: it was. */
static bool bytes_hold(const struct check *c, enum kmc_slab_report_kind kind, char *at,
		       uint8_t value, size_t len)
{
	size_t first = kmc_raw_other(at, value, len);

	if (likely(first == len))
		return true;
	bytes_differ(c, kind, at, value, len, first);
	return false;
}

static bool red_zones_hold(const struct check *c, uint8_t red)
{
	const struct kmem_cache *s = c->s;
	size_t requested = kmc_debug_requested(s, c->object);
	char *p = c->object;
	bool good = bytes_hold(c, KMC_SLAB_LEFT_RED_ZONE, p - s->red_left, red, s->red_left);

	good &= bytes_hold(c, KMC_SLAB_RIGHT_RED_ZONE, p + s->object_size, red,
			   s->layout.inuse - s->object_size);
	if (has_kmalloc_red_zone(s) && red == KMC_RED_ACTIVE && requested < s->object_size)
		good &= bytes_hold(c, KMC_SLAB_KMALLOC_RED_ZONE, p + requested, red,
				   s->object_size - requested);
	return good;
}

static bool poison_holds(const struct check *c, uint8_t red)
{
	const struct kmem_cache *s = c->s;
	size_t end = kmc_track_end(s), stride = s->size - s->red_left;
	char *p = c->object;
	bool good = true;

	if (red == KMC_RED_INACTIVE && kmc_object_poison(s)) {
		good = bytes_hold(c, KMC_SLAB_POISON, p, KMC_POISON_FREE, s->object_size - 1);
		good &= bytes_hold(c, KMC_SLAB_END_POISON, p + s->object_size - 1, KMC_POISON_END,
				   1);
	}
	if (!(s->flags & SLAB_RED_ZONE))
		good &= bytes_hold(c, KMC_SLAB_ALIGN_PADDING, p + s->object_size, KMC_POISON_INUSE,
				   s->layout.inuse - s->object_size);
	return good & bytes_hold(c, KMC_SLAB_OBJECT_PADDING, p + end, KMC_POISON_INUSE,
				 stride - end);
}

/* A live object's own bytes may lie where a free one has its pointer. */
static bool free_pointer_holds(const struct check *c, uint8_t red)
{
	struct kmc_slab_report report = {
		.kind = KMC_SLAB_FREE_POINTER,
		.addr = kmc_sim_address(c->sim, (char *)c->object + c->s->offset),
		.length = sizeof(void *),
	};
	bool bad = false;

	if (red == KMC_RED_ACTIVE && c->s->offset < c->s->layout.inuse)
		return true;
	kmc_slab_next_free(c->sim, c->s, c->slab, c->object, &bad);
	if (!bad)
		return true;
	report.nr_near = sizeof(void *);
	kmc_raw_copy(report.near, (char *)c->object + c->s->offset, sizeof(void *));
	kmc_slab_found(c->sim, c->s, c->slab, c->object, &report);
	kmc_slab_end_chain(c->sim, c->s, c->object);
	return false;
}

/* Model: exact in what is compared and mended (6.18: all of it, earlier releases stop at the first). */
bool kmc_debug_object_check(struct kmc_sim *sim, const struct kmem_cache *s, struct page *slab,
			    void *object, uint8_t red)
{
	struct check c = { .sim = sim, .s = s, .slab = slab, .object = object };
	bool good = true;

	if (s->flags & SLAB_RED_ZONE)
		good = red_zones_hold(&c, red);
	if (s->flags & SLAB_POISON)
		good &= poison_holds(&c, red);
	return good & free_pointer_holds(&c, red);
}

bool kmc_debug_slab_check(struct kmc_sim *sim, const struct kmem_cache *s, struct page *slab)
{
	struct check c = { .sim = sim, .s = s, .slab = slab };
	size_t used = (size_t)slab->slab.objects * s->size;

	if (!(s->flags & SLAB_POISON))
		return true;
	return bytes_hold(&c, KMC_SLAB_SLAB_PADDING, (char *)slab_base(sim, slab) + used,
			  KMC_POISON_INUSE, (PAGE_SIZE << slab->order) - used);
}

/* changing hands */

/* Rule: DBG-2, DBG-4. Model: exact (a damaged slab is never used again). */
bool kmc_debug_taken(struct kmc_sim *sim, const struct kmem_cache *s, struct page *slab,
		     void *object)
{
	bool good = true;

	if (s->flags & SLAB_CONSISTENCY_CHECKS) {
		good = kmc_debug_slab_check(sim, s, slab);
		good &= kmc_debug_object_check(sim, s, slab, object, KMC_RED_INACTIVE);
	}
	if (good) {
		object_fill(s, object, KMC_RED_ACTIVE, s->object_size);
		request_set(s, object, s->object_size);
	}
	return good;
}

static void trace_object(struct kmc_cpu *cpu, const struct kmem_cache *s, const void *object,
			 enum kmc_slab_report_kind kind)
{
	struct kmc_slab_report report = { .kind = kind, .length = s->object_size };
	struct page *slab;

	if (!(s->flags & SLAB_TRACE))
		return;
	slab = kmc_slab_head(cpu->sim, kmc_page_of(kmc_slab_cpu_of(cpu), object));
	report.addr = kmc_sim_address(cpu->sim, object);
	kmc_slab_found(cpu->sim, s, slab, object, &report);
}

void kmc_debug_allocated(struct kmc_cpu *cpu, const struct kmem_cache *s, void *object,
			 size_t requested_bytes)
{
	request_set(s, object, requested_bytes);
	if (has_kmalloc_red_zone(s))
		object_fill(s, object, KMC_RED_ACTIVE, requested_bytes);
	kmc_track_set(cpu, s, object, KMC_TRACK_ALLOC);
	trace_object(cpu, s, object, KMC_SLAB_TRACE_ALLOC);
}

static bool on_chain(struct kmc_sim *sim, const struct kmem_cache *s, const struct page *slab,
		     const void *object)
{
	void *free = slab->slab.freelist ?
			     kmc_object_at_index(s, slab_base(sim, slab), slab->slab.freelist - 1u) :
			     NULL;
	bool bad = false;

	for (unsigned int i = 0; free && i < slab->slab.objects; i++) {
		if (free == object)
			return true;
		free = kmc_slab_next_free(sim, s, slab, free, &bad);
	}
	return false;
}

/* Rule: DBG-4. Model: exact (what is wrong stays allocated for ever). */
static bool free_consistent(struct kmc_sim *sim, const struct kmem_cache *s, struct page *slab,
			    void *object)
{
	struct kmc_slab_report report = {
		.kind = KMC_SLAB_FREE_AGAIN,
		.addr = kmc_sim_address(sim, object),
	};

	if (!kmc_debug_slab_check(sim, s, slab))
		return false;
	if (!kmc_slab_object_valid(sim, s, slab, object)) {
		report.kind = KMC_SLAB_NO_OBJECT;
		kmc_slab_found(sim, s, slab, NULL, &report);
		return false;
	}
	if (on_chain(sim, s, slab, object)) {
		kmc_slab_found(sim, s, slab, object, &report);
		return false;
	}
	return kmc_debug_object_check(sim, s, slab, object, KMC_RED_ACTIVE);
}

bool kmc_debug_freeing(struct kmc_cpu *cpu, const struct kmem_cache *s, struct page *slab,
		       void *object)
{
	if ((s->flags & SLAB_CONSISTENCY_CHECKS) && !free_consistent(cpu->sim, s, slab, object))
		return false;
	if (!kmc_slab_object_valid(cpu->sim, s, slab, object) || !slab->slab.inuse)
		return true; /* the chain has its own word on that */
	kmc_track_set(cpu, s, object, KMC_TRACK_FREE);
	trace_object(cpu, s, object, KMC_SLAB_TRACE_FREE);
	kmc_object_retire(cpu, s, object);
	object_fill(s, object, KMC_RED_INACTIVE, s->object_size);
	return true;
}

/* Model: exact (6.18: a resize moves the red zone; ksize() gives all of the class away). */
void kmc_debug_resized(const struct kmem_cache *s, void *object, size_t bytes)
{
	if (!keeps_request(s))
		return;
	request_set(s, object, bytes);
	if (has_kmalloc_red_zone(s) && bytes < s->object_size)
		kmc_raw_fill((char *)object + bytes, KMC_RED_ACTIVE, s->object_size - bytes);
}

/* Rule: DBG-1, DBG-2. Model: ours: what a faulty driver would do, where checks will see it. */
int kmc_sim_poke(struct kmc_sim *sim, const void *object, long offset, uint8_t value)
{
	struct kmc_where where;
	struct kmem_cache *s;

	kmc_sim_where(sim, object, &where);
	s = where.backing == KMC_BACKING_SLAB ? where.cache : NULL;
	if (!s || where.object != object || !(s->flags & SLAB_CONSISTENCY_CHECKS))
		return -EINVAL;
	if (offset < -(long)s->red_left || offset >= (long)(s->size - s->red_left))
		return -EINVAL;
	kmc_raw_fill((char *)object + offset, value, 1);
	return 0;
}
