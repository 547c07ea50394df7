/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reports of the slab layer: the last ones are kept in the machine, each is
 * announced by an event, and turned into text for whoever asks.
 */
#include "slab_debug.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const struct {
	const char *title, *rule;
} kinds[KMC_NR_SLAB_REPORT_KINDS] = {
	[KMC_SLAB_LEFT_RED_ZONE] = { "left red zone overwritten", "DBG-1" },
	[KMC_SLAB_RIGHT_RED_ZONE] = { "right red zone overwritten", "DBG-1" },
	[KMC_SLAB_KMALLOC_RED_ZONE] = { "bytes beyond the request overwritten", "DBG-1" },
	[KMC_SLAB_POISON] = { "free object overwritten", "DBG-2" },
	[KMC_SLAB_END_POISON] = { "end of a free object overwritten", "DBG-2" },
	[KMC_SLAB_ALIGN_PADDING] = { "alignment padding overwritten", "DBG-2" },
	[KMC_SLAB_OBJECT_PADDING] = { "object padding overwritten", "DBG-2" },
	[KMC_SLAB_SLAB_PADDING] = { "slab padding overwritten", "DBG-2" },
	[KMC_SLAB_FREE_POINTER] = { "free pointer leads nowhere", "DBG-4" },
	[KMC_SLAB_FREE_CHAIN] = { "chain of free objects damaged", "DBG-4" },
	[KMC_SLAB_FREE_AGAIN] = { "object freed while free", "DBG-4" },
	[KMC_SLAB_NO_OBJECT] = { "free of what is no object's begin", "DBG-4" },
	[KMC_SLAB_WRONG_CACHE] = { "object freed through another cache", "DBG-8" },
	[KMC_SLAB_LEFT_OBJECTS] = { "object left when its cache was destroyed", "KC-42" },
	[KMC_SLAB_USERCOPY] = { "copy outside of what may be copied", "UC-3" },
	[KMC_SLAB_TRACE_ALLOC] = { "trace: allocated", "" },
	[KMC_SLAB_TRACE_FREE] = { "trace: freed", "" },
};

const char *kmc_slab_report_rule(enum kmc_slab_report_kind kind)
{
	return (unsigned int)kind < KMC_NR_SLAB_REPORT_KINDS ? kinds[kind].rule : "";
}

const char *kmc_slab_report_title(enum kmc_slab_report_kind kind)
{
	return (unsigned int)kind < KMC_NR_SLAB_REPORT_KINDS ? kinds[kind].title : "";
}

/* keeping */

static void report_complete(struct kmc_sim *sim, const struct kmem_cache *s,
			    const struct page *slab, const void *object,
			    struct kmc_slab_report *report)
{
	if (s) {
		memcpy(report->cache, s->name, sizeof(report->cache));
		report->object_size = s->object_size;
	}
	if (slab) {
		report->slab = KMC_DIRECT_MAP_BASE + (page_to_pfn_in(sim, slab) << PAGE_SHIFT);
		report->inuse = slab->slab.inuse;
		report->objects = slab->slab.objects;
	}
	if (!object)
		return;
	report->object = kmc_sim_address(sim, object);
	if (s) {
		kmc_track_get(s, object, KMC_TRACK_ALLOC, &report->allocated);
		kmc_track_get(s, object, KMC_TRACK_FREE, &report->freed);
	}
}

static void report_keep(struct kmc_sim *sim, struct kmc_slab_report *report)
{
	struct kmc_slab_reports *reports = sim->slab->reports;
	struct kmc_slab_report *place;

	kmc_touch(sim, &reports->count, sizeof(reports->count));
	kmc_lock_take(&reports->lock);
	place = &reports->kept[reports->count % KMC_SLAB_REPORTS_KEPT];
	report->number = ++reports->count;
	kmc_touch(sim, place, sizeof(*place));
	*place = *report;
	kmc_lock_drop(&reports->lock);
}

void kmc_slab_found(struct kmc_sim *sim, const struct kmem_cache *s, const struct page *slab,
		    const void *object, struct kmc_slab_report *report)
{
	struct kmc_tp tp = {
		.id = KMC_TP_SLAB_REPORT,
		.ptr = kmc_sim_pointer(sim, report->addr),
		.cache = (struct kmem_cache *)s,
		.bytes_req = report->kind,
		.text = kinds[report->kind].title,
		.node = NUMA_NO_NODE,
		.pfn = UINT64_MAX,
	};

	report_complete(sim, s, slab, object, report);
	report_keep(sim, report);
	tp.bytes_alloc = report->number;
	kmc_trace_emit(sim, &tp);
}

unsigned int kmc_sim_slab_reports(struct kmc_sim *sim)
{
	return sim->slab->reports->count;
}

bool kmc_sim_slab_report(struct kmc_sim *sim, unsigned int number, struct kmc_slab_report *report)
{
	const struct kmc_slab_reports *reports = sim->slab->reports;

	if (number == 0 || number > reports->count ||
	    reports->count - number >= KMC_SLAB_REPORTS_KEPT)
		return false;
	*report = reports->kept[(number - 1) % KMC_SLAB_REPORTS_KEPT];
	return true;
}

/* as text */

struct text {
	char *buf;
	size_t size;
	int len;
};

static __attribute__((format(printf, 2, 3))) void say(struct text *t, const char *format, ...)
{
	size_t at = (size_t)t->len < t->size ? (size_t)t->len : t->size;
	va_list args;

	va_start(args, format);
	t->len += vsnprintf(t->buf ? t->buf + at : NULL, t->size - at, format, args);
	va_end(args);
}

static void say_track(struct text *t, const char *what, const struct kmc_slab_track *track)
{
	if (track->known)
		say(t, "  %s by task %u on cpu %u at %llu ns, site 0x%llx\n", what, track->task,
		    track->cpu, (unsigned long long)track->time_ns,
		    (unsigned long long)track->site);
}

static void say_bytes(struct text *t, const struct kmc_slab_report *r)
{
	say(t, "  0x%016llx", (unsigned long long)r->addr);
	if (r->object)
		say(t, " (offset %lld)", (long long)(r->addr - r->object));
	if (r->compared)
		say(t, ": 0x%02x where 0x%02x should be, %llu byte%s", r->found, r->expected,
		    (unsigned long long)r->length, r->length == 1 ? "" : "s");
	else if (r->length)
		say(t, ", %llu bytes", (unsigned long long)r->length);
	if (r->nr_near)
		say(t, ":");
	for (unsigned int i = 0; i < r->nr_near; i++)
		say(t, " %02x", r->near[i]);
	say(t, "\n");
}

int kmc_slab_report_print(char *buf, size_t size, const struct kmc_slab_report *report)
{
	struct text t = { .buf = buf, .size = size };

	say(&t, "BUG %s: %s", report->cache[0] ? report->cache : "memory",
	    kmc_slab_report_title(report->kind));
	if (report->detail)
		say(&t, " (%s)", report->detail);
	say(&t, "\n");
	say_bytes(&t, report);
	if (report->object)
		say(&t, "  object 0x%016llx of %u bytes\n", (unsigned long long)report->object,
		    report->object_size);
	if (report->slab)
		say(&t, "  slab 0x%016llx, %u of %u in use\n", (unsigned long long)report->slab,
		    report->inuse, report->objects);
	say_track(&t, "allocated", &report->allocated);
	say_track(&t, "freed", &report->freed);
	return t.len;
}
