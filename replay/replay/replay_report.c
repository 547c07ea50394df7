/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a replay found out: every class with its counts, the identities that
 * prove that nothing was left over, how our allocator compares with the
 * recorded one, what it cost; then both verdicts.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "kmc-version.h"
#include "replay.h"

/* Items of the run document, with the text they point to. */
struct items {
	struct kmc_run_item *item;
	size_t nr, max;
	char **texts;
	size_t nr_texts;
	bool failed;
};

static struct kmc_run_item *item_add(struct items *items, const char *key)
{
	if (items->nr == items->max) {
		size_t max = items->max ? items->max * 2 : 64;
		struct kmc_run_item *grown = realloc(items->item, max * sizeof(*grown));
		char **texts = realloc(items->texts, 2 * max * sizeof(*texts));

		items->item = grown ? grown : items->item;
		items->texts = texts ? texts : items->texts;
		if (!grown || !texts) {
			items->failed = true;
			return NULL;
		}
		items->max = max;
	}
	items->item[items->nr] = (struct kmc_run_item){ .key = key };
	return &items->item[items->nr++];
}

static void item_number(struct items *items, const char *key, uint64_t number)
{
	struct kmc_run_item *item = item_add(items, key);

	if (item)
		item->number = number;
}

static char *keep(struct items *items, char *text)
{
	if (text)
		items->texts[items->nr_texts++] = text;
	else
		items->failed = true;
	return text;
}

static void item_text(struct items *items, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void item_text(struct items *items, const char *key, const char *format, ...)
{
	struct kmc_run_item *item = item_add(items, key);
	char *text = NULL;
	va_list args;

	if (!item)
		return;
	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	item->string = keep(items, text);
}

static void items_free(struct items *items)
{
	for (size_t i = 0; i < items->nr_texts; i++)
		free(items->texts[i]);
	free(items->texts);
	free(items->item);
}

/* do the books add up */

static void recount_map(const struct kmc_map *map, uint64_t *live)
{
	for (uint64_t i = 0; i <= map->mask; i++)
		if (map->slots[i].key)
			live[kmc_map_class(map->slots[i].value)]++;
}

/* What is live, counted from the maps and not from the books. */
static uint64_t *recount(const struct kmc_replay *replay)
{
	uint64_t *live = calloc(replay->classes.nr, sizeof(*live));

	if (!live)
		return NULL;
	recount_map(&replay->map, live);
	recount_map(&replay->vmap, live);
	recount_map(&replay->percpu, live);
	return live;
}

static bool is_pages(const struct kmc_replay *replay, size_t class)
{
	return replay->classes.facts[class].kind == KMC_REPLAY_PAGES;
}

static bool classes_add_up(const struct kmc_replay *replay, const uint64_t *live, char *why,
			   size_t size)
{
	for (size_t i = 0; i < replay->classes.nr; i++) {
		const struct kmc_class *count = &replay->classes.count[i];

		if (is_pages(replay, i) || count->allocs == count->matched + count->implied + live[i])
			continue;
		snprintf(why, size, "%s: %" PRIu64 " allocated, %" PRIu64 " freed, %" PRIu64
			 " implied, %" PRIu64 " live", replay->classes.facts[i].name,
			 count->allocs, count->matched, count->implied, live[i]);
		return false;
	}
	return true;
}

static uint64_t sum_of_kind(const struct kmc_replay *replay, unsigned int kind,
			    uint64_t (*pick)(const struct kmc_class *))
{
	uint64_t sum = 0;

	for (size_t i = 0; i < replay->classes.nr; i++)
		if (replay->classes.facts[i].kind == kind)
			sum += pick(&replay->classes.count[i]);
	return sum;
}

static uint64_t pick_allocs(const struct kmc_class *count)
{
	return count->allocs;
}

static bool allocs_add_up(const struct kmc_replay *replay, char *why, size_t size)
{
	static const struct {
		uint8_t probe, kind;
	} probes[] = {
		{ KMC_PROBE_KMALLOC, KMC_REPLAY_KMALLOC },
		{ KMC_PROBE_CACHE_ALLOC, KMC_REPLAY_CACHE },
		{ KMC_PROBE_PAGE_ALLOC, KMC_REPLAY_PAGES },
		{ KMC_PROBE_VMAP_ALLOC, KMC_REPLAY_VMAP },
		{ KMC_PROBE_PERCPU_ALLOC, KMC_REPLAY_PERCPU },
	};

	for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
		unsigned int probe = probes[i].probe;
		uint64_t allocs = sum_of_kind(replay, probes[i].kind, pick_allocs);

		if (probe == KMC_PROBE_PAGE_ALLOC)
			allocs -= replay->split_pages;
		if (probe == KMC_PROBE_KMALLOC)
			allocs += replay->duplicates +
				  replay->classes.count[replay->classes.unknown].allocs;
		if (replay->probes[probe] == allocs + replay->failed_of[probe])
			continue;
		snprintf(why, size, "%s: %" PRIu64 " records, %" PRIu64 " in the books",
			 kmc_probe_name(probe), replay->probes[probe],
			 allocs + replay->failed_of[probe]);
		return false;
	}
	return true;
}

static bool frees_add_up(const struct kmc_replay *replay, char *why, size_t size)
{
	static const uint8_t probes[] = { KMC_PROBE_KFREE, KMC_PROBE_CACHE_FREE,
					  KMC_PROBE_PAGE_FREE, KMC_PROBE_VMAP_FREE,
					  KMC_PROBE_PERCPU_FREE };
	uint64_t records = 0, booked = replay->null_frees + replay->zero_size_frees;

	for (size_t i = 0; i < sizeof(probes); i++) {
		records += replay->probes[probes[i]];
		booked += replay->frees_matched[probes[i]] + replay->frees_before[probes[i]];
	}
	if (records != booked)
		snprintf(why, size, "%" PRIu64 " records of frees, %" PRIu64 " in the books",
			 records, booked);
	return records == booked;
}

static bool pages_add_up(const struct kmc_replay *replay, char *why, size_t size)
{
	uint64_t live[11];

	kmc_frames_count(&replay->frames, live);
	for (unsigned int order = 0; order < 11; order++) {
		const struct kmc_class *count =
			&replay->classes.count[replay->classes.pages[order]];

		if (kmc_class_live(count) == live[order])
			continue;
		snprintf(why, size, "pages of order %u: %" PRIu64 " live in the books, %" PRIu64
			 " in the table", order, kmc_class_live(count), live[order]);
		return false;
	}
	return true;
}

bool kmc_replay_adds_up(const struct kmc_replay *replay, char *why, size_t size)
{
	uint64_t *live = recount(replay);
	bool good;

	if (!live) {
		snprintf(why, size, "out of memory");
		return false;
	}
	good = classes_add_up(replay, live, why, size) && allocs_add_up(replay, why, size) &&
	       frees_add_up(replay, why, size) && pages_add_up(replay, why, size);
	free(live);
	return good;
}

/* classes */

static bool class_is_empty(const struct kmc_class *count, const struct kmc_class_facts *facts)
{
	return !count->allocs && !count->before && !count->duplicates && !facts->failed;
}

static const char class_head[] =
	"class                                      allocs      freed    implied       live"
	"     before       dup     failed\n";

static void print_class(const char *name, uint64_t allocs, uint64_t freed, uint64_t implied,
			uint64_t live, uint64_t before, uint64_t duplicates, uint64_t failed)
{
	printf("%-36.36s %12" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64 " %10" PRIu64
	       " %9" PRIu64 " %10" PRIu64 "\n", name, allocs, freed, implied, live, before,
	       duplicates, failed);
}

/* By kind; kmalloc by size, caches by name, the rest as made. */
static int compare_order(const void *a, const void *b, void *arg)
{
	const struct kmc_classes *classes = arg;
	size_t i = *(const uint16_t *)a, j = *(const uint16_t *)b;
	int by_kind = (int)classes->facts[i].kind - (int)classes->facts[j].kind;

	if (by_kind)
		return by_kind;
	if (classes->facts[i].kind == KMC_REPLAY_KMALLOC &&
	    classes->count[i].theirs != classes->count[j].theirs)
		return classes->count[i].theirs < classes->count[j].theirs ? -1 : 1;
	if (classes->facts[i].kind == KMC_REPLAY_CACHE)
		return strcmp(classes->facts[i].name, classes->facts[j].name);
	return i < j ? -1 : i > j;
}

static uint16_t *classes_in_order(const struct kmc_replay *replay)
{
	uint16_t *order = malloc(replay->classes.nr * sizeof(*order));

	for (size_t i = 0; order && i < replay->classes.nr; i++)
		order[i] = (uint16_t)i;
	if (order)
		qsort_r(order, replay->classes.nr, sizeof(*order), compare_order,
			(void *)&replay->classes);
	return order;
}

static void print_classes(const struct kmc_replay *replay)
{
	uint16_t *order = classes_in_order(replay);
	struct kmc_class_sum sum;

	fputs(class_head, stdout);
	for (size_t i = 0; order && i < replay->classes.nr; i++) {
		const struct kmc_class *c = &replay->classes.count[order[i]];
		const struct kmc_class_facts *f = &replay->classes.facts[order[i]];

		if (!replay->options->brief && !class_is_empty(c, f))
			print_class(f->name, c->allocs, c->matched, c->implied, kmc_class_live(c),
				    c->before, c->duplicates, f->failed);
	}
	free(order);
	kmc_classes_sum(&replay->classes, &sum);
	print_class("all", sum.allocs, sum.matched, sum.implied, sum.live, sum.before,
		    sum.duplicates, sum.failed);
}

static void class_items(struct items *items, const struct kmc_replay *replay)
{
	for (size_t i = 0; i < replay->classes.nr; i++) {
		const struct kmc_class *c = &replay->classes.count[i];
		const struct kmc_class_facts *f = &replay->classes.facts[i];
		char *key = NULL;

		if (class_is_empty(c, f))
			continue;
		if (asprintf(&key, "class %s", f->name) < 0)
			key = NULL;
		item_text(items, key ? key : "class",
			  "allocs %" PRIu64 " freed %" PRIu64 " implied %" PRIu64 " live %" PRIu64
			  " before %" PRIu64 " duplicates %" PRIu64 " failed %" PRIu64
			  " granted %u ours %u", c->allocs, c->matched, c->implied,
			  kmc_class_live(c), c->before, c->duplicates, f->failed, c->theirs,
			  c->ours);
		keep(items, key);
	}
}

/* comparison */

struct comparison {
	uint64_t granted_equal, granted_differ;
	uint64_t align_equal, align_ours_less, align_ours_more; /* classes */
	uint64_t failed_theirs, failed_ours_only;
	uint64_t our_slab_bytes, our_object_bytes;
	uint64_t free_blocks[11];
};

static unsigned int low_bits(uint64_t addresses)
{
	unsigned int bits = addresses ? (unsigned int)__builtin_ctzll(addresses) : 12;

	return bits < 12 ? bits : 12;
}

/* A class of few objects has met few addresses: nothing can be said of it. */
#define ENOUGH 64

static void compare_class(struct comparison *c, const struct kmc_class *count,
			  const struct kmc_class_facts *facts)
{
	unsigned int theirs = low_bits(count->theirs_or), ours = low_bits(count->ours_or);

	if (facts->kind > KMC_REPLAY_CACHE)
		return;
	if (count->theirs && count->theirs == count->ours)
		c->granted_equal += count->allocs;
	else if (count->theirs)
		c->granted_differ += count->allocs;
	if (count->allocs < ENOUGH || !count->ours_or)
		return;
	c->align_equal += theirs == ours;
	c->align_ours_less += ours < theirs;
	c->align_ours_more += ours > theirs;
}

static void our_slabs(const struct kmc_replay *replay, struct comparison *c)
{
	struct kmem_cache *cache = NULL;

	while ((cache = kmc_sim_cache_next(replay->sim, cache)) != NULL) {
		struct kmc_cache_info info;

		kmc_sim_cache_info(cache, &info);
		c->our_slab_bytes += info.nr_slabs * (4096ull << info.order);
		c->our_object_bytes += info.nr_active * info.size;
	}
	for (unsigned int i = 0; i < kmc_sim_zone_count(replay->sim); i++) {
		struct kmc_zone_info info;

		kmc_sim_zone_info(replay->sim, i, &info);
		for (unsigned int order = 0; order < 11; order++)
			c->free_blocks[order] += info.free_blocks[order];
	}
}

static void compare(const struct kmc_replay *replay, struct comparison *c)
{
	struct kmc_class_sum sum;

	*c = (struct comparison){ 0 };
	for (size_t i = 0; i < replay->classes.nr; i++)
		compare_class(c, &replay->classes.count[i], &replay->classes.facts[i]);
	kmc_classes_sum(&replay->classes, &sum);
	c->failed_theirs = sum.failed;
	c->failed_ours_only = sum.failed_ours_only;
	our_slabs(replay, c);
}

static double percent(uint64_t part, uint64_t rest)
{
	return part + rest ? 100.0 * (double)part / (double)(part + rest) : 100.0;
}

static double ratio(uint64_t a, uint64_t b)
{
	return b ? (double)a / (double)b : 0;
}

static void print_samples(const struct kmc_replay *replay)
{
	const struct kmc_sample *last = &replay->samples[replay->nr_samples - 1];
	uint64_t theirs = 0, ours = 0;

	for (unsigned int i = 0; i < replay->nr_samples; i++) {
		theirs = replay->samples[i].theirs > theirs ? replay->samples[i].theirs : theirs;
		ours = replay->samples[i].ours > ours ? replay->samples[i].ours : ours;
	}
	printf("live bytes of objects: peak %" PRIu64 " recorded, %" PRIu64 " ours; at the end %"
	       PRIu64 " recorded, %" PRIu64 " ours\n", theirs, ours, last->theirs, last->ours);
}

static void print_differing_caches(const struct kmc_replay *replay)
{
	for (size_t i = 0; i < replay->classes.nr; i++) {
		const struct kmc_class_facts *f = &replay->classes.facts[i];
		const struct kmc_cache_desc *theirs = &replay->facts->caches[f->cache];

		if (f->differs)
			printf("  %s: size %u, order %u recorded; ours %u, %u\n", f->name,
			       theirs->size, theirs->order, replay->classes.count[i].ours,
			       f->our_order);
	}
}

static void print_comparison(const struct kmc_replay *replay, const struct comparison *c)
{
	const struct kmc_sample *last = &replay->samples[replay->nr_samples - 1];

	if (c->granted_equal + c->granted_differ)
		printf("granted size, class: equal for %" PRIu64 " of %" PRIu64
		       " objects (%.4f %%)\n", c->granted_equal,
		       c->granted_equal + c->granted_differ,
		       percent(c->granted_equal, c->granted_differ));
	else
		puts("granted size, class: no object to compare");
	printf("caches made: %" PRIu64 ", of another size or order %" PRIu64 "\n",
	       replay->caches_made, replay->caches_differ);
	print_differing_caches(replay);
	printf("alignment seen, classes of %d objects and more: equal %" PRIu64
	       ", ours more %" PRIu64 ", ours less %" PRIu64 "\n", ENOUGH, c->align_equal,
	       c->align_ours_more, c->align_ours_less);
	printf("outcome: recorded NULL %" PRIu64 " (not replayed), NULL with us alone %" PRIu64
	       "\n", c->failed_theirs, c->failed_ours_only);
	print_samples(replay);
	printf("slab pages to objects: %.3f recorded (of growth seen), %.3f ours\n",
	       ratio(last->their_slab_pages << 12, last->theirs),
	       ratio(c->our_slab_bytes, c->our_object_bytes));
}

static void sample_items(struct items *items, const struct kmc_replay *replay)
{
	char *text = NULL;
	size_t bytes;
	FILE *out = open_memstream(&text, &bytes);

	if (!out)
		return;
	for (unsigned int i = 0; i < replay->nr_samples; i++) {
		const struct kmc_sample *s = &replay->samples[i];

		fprintf(out, "%s%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
			" %" PRIu64 " %" PRIu64, i ? "; " : "", s->events, s->time_ns, s->live,
			s->theirs, s->ours, s->their_slab_pages, s->our_used_pages);
	}
	fclose(out);
	if (text)
		item_text(items, "over_time (events ns live bytes_recorded bytes_ours "
			  "slab_pages_recorded used_pages_ours)", "%s", text);
	free(text);
}

static void comparison_items(struct items *items, const struct comparison *c)
{
	char text[256];
	int at = 0;

	item_number(items, "granted_equal", c->granted_equal);
	item_number(items, "granted_differ", c->granted_differ);
	item_number(items, "alignment_classes_equal", c->align_equal);
	item_number(items, "alignment_classes_ours_less", c->align_ours_less);
	item_number(items, "alignment_classes_ours_more", c->align_ours_more);
	item_number(items, "null_recorded", c->failed_theirs);
	item_number(items, "null_ours_only", c->failed_ours_only);
	item_number(items, "slab_bytes_ours", c->our_slab_bytes);
	item_number(items, "object_bytes_ours", c->our_object_bytes);
	for (unsigned int order = 0; order < 11; order++)
		at += snprintf(text + at, sizeof(text) - (size_t)at, "%s%" PRIu64,
			       order ? " " : "", c->free_blocks[order]);
	item_text(items, "free_blocks_ours_by_order", "%s", text);
}

/* the trace itself */

static void trace_items(struct items *items, const struct kmc_replay *replay)
{
	const struct kmc_trace_damage *damage = kmc_trace_damage(replay->trace);
	char release[24];

	item_text(items, "recorded_release", "%s", replay->facts->release);
	kmc_release_print(release, sizeof(release), replay->machine.profile);
	item_text(items, "profile", "%s", release);
	item_number(items, "events", replay->now);
	item_number(items, "gaps", replay->gaps);
	item_number(items, "events_lost", replay->lost);
	item_number(items, "blocks_bad", damage->blocks_bad);
	item_number(items, "blocks_missing", damage->blocks_missing);
	item_number(items, "cut", damage->cut);
	for (unsigned int probe = 0; probe < KMC_NR_PROBES; probe++)
		if (replay->probes[probe])
			item_number(items, kmc_probe_name(probe), replay->probes[probe]);
	item_number(items, "frees_of_null", replay->null_frees);
	item_number(items, "frees_of_zero_size", replay->zero_size_frees);
	item_number(items, "duplicates", replay->duplicates);
	item_number(items, "frees_naming_another_cache", replay->other_cache);
	item_number(items, "page_blocks_adopted_as_slab", replay->frames.adopted);
	item_number(items, "page_blocks_freed_in_parts", replay->split_blocks);
	item_number(items, "caches_made", replay->caches_made);
	item_number(items, "caches_of_other_geometry", replay->caches_differ);
}

/* Where the recorded kernel was when a finding showed first, by name. */
static void site_items(struct items *items, const struct kmc_replay *replay)
{
	const struct kmc_judge *judge = replay->theirs_judge;

	for (size_t i = 0; judge && i < kmc_judge_finding_count(judge); i++) {
		const struct kmc_finding *finding = kmc_judge_finding(judge, i);
		const char *name = finding->site ? kmc_trace_symbol(replay->facts, finding->site) :
						   NULL;
		char *key = NULL;

		if (!name)
			continue;
		if (asprintf(&key, "site %s", finding->key) < 0)
			key = NULL;
		item_text(items, key ? key : "site", "%s", name);
		printf("%s first showed at %s\n", finding->key, name);
		keep(items, key);
	}
}

static void print_trace(const struct kmc_replay *replay)
{
	const struct kmc_trace_damage *damage = kmc_trace_damage(replay->trace);

	printf("replayed %" PRIu64 " events of Linux %s\n", replay->now, replay->facts->release);
	if (replay->gaps)
		printf("lost: %" PRIu64 " events in %" PRIu64 " places\n", replay->lost,
		       replay->gaps);
	if (damage->blocks_bad || damage->blocks_missing || damage->cut || damage->tail_partial)
		printf("damage: %" PRIu64 " blocks bad, %" PRIu64 " missing%s%s\n",
		       damage->blocks_bad, damage->blocks_missing,
		       damage->cut ? ", cut short" : "",
		       damage->tail_partial ? ", last block partial" : "");
}

static double rate(uint64_t events, uint64_t ns)
{
	return ns ? (double)events * 1e3 / (double)ns : 0;
}

static void print_cost(const struct kmc_replay *replay)
{
	printf("cost: %.2f M events/s (%.1f ns an event, thread CPU time), decoding apart %.1f ns"
	       " an event\n", rate(replay->now, replay->cpu_ns),
	       replay->now ? (double)replay->cpu_ns / (double)replay->now : 0,
	       replay->now ? (double)replay->decode_ns / (double)replay->now : 0);
}

static void print_books(const struct kmc_replay *replay, bool adds_up, const char *why)
{
	struct kmc_class_sum sum;
	uint64_t matched = 0, before = 0, frees;

	kmc_classes_sum(&replay->classes, &sum);
	for (unsigned int i = 0; i < KMC_NR_PROBES; i++) {
		matched += replay->frees_matched[i];
		before += replay->frees_before[i];
	}
	frees = matched + before + replay->null_frees + replay->zero_size_frees;
	printf("books: %" PRIu64 " allocated = %" PRIu64 " freed + %" PRIu64 " implied + %" PRIu64
	       " live; %" PRIu64 " frees = %" PRIu64 " matched + %" PRIu64
	       " before the trace + %" PRIu64 " of NULL + %" PRIu64 " of zero size: %s%s\n",
	       sum.allocs, sum.matched, sum.implied, sum.live, frees, matched, before,
	       replay->null_frees, replay->zero_size_frees, adds_up ? "they add up" : "BROKEN: ",
	       adds_up ? "" : why);
}

/* Programs of the recorded kernel's findings, as far as their windows tell one. */
static size_t gather(const struct kmc_replay *replay, struct kmc_run_evidence *evidence)
{
	size_t nr = 0;

	for (size_t i = 0; i < kmc_judge_finding_count(replay->theirs_judge); i++) {
		const struct kmc_finding *finding = kmc_judge_finding(replay->theirs_judge, i);
		struct kmc_run_evidence *e = &evidence[nr];

		e->key = finding->key;
		e->program = kmc_replay_program(replay, finding, &e->ops);
		nr += e->program != NULL;
	}
	return nr;
}

static int conclude(struct kmc_replay *replay, struct items *items, const char *input)
{
	struct kmc_judge *judges[] = { replay->theirs_judge, replay->ours_judge };
	struct kmc_replay_series series = { .nr = 0 };
	struct kmc_run_evidence *evidence = NULL;
	int status;
	struct kmc_run run = { .command = "replay", .tool_version = KMC_VERSION_LINE,
			       .input = input, .items = items->item, .nr_items = items->nr,
			       .judges = judges, .nr_judges = replay->theirs_judge ? 2 : 0,
			       .reproducible = true };

	if (!items->failed && run.nr_judges && replay->options->run.document)
		kmc_replay_series(replay, &series);
	if (items->failed || series.failed)
		status = kmc_run_error(&replay->options->run, "out of memory");
	else {
		run.series = series.series;
		run.nr_series = series.nr;
		if (run.nr_judges && replay->options->run.document)
			evidence = calloc(kmc_judge_finding_count(judges[0]) + 1, sizeof(*evidence));
		run.evidence = evidence;
		run.nr_evidence = evidence ? gather(replay, evidence) : 0;
		status = run.nr_judges ? kmc_run_conclude(&replay->options->run, &run) : 0;
	}
	for (size_t i = 0; i < run.nr_evidence; i++)
		free((char *)evidence[i].program);
	free(evidence);
	kmc_replay_series_free(&series);
	return status;
}

int kmc_replay_keep(const struct kmc_replay *replay)
{
	struct kmc_judge *judges[] = { replay->theirs_judge, replay->ours_judge };
	struct kmc_run_item items[] = {
		{ "recorded_release", replay->facts->release, 0 },
		{ "events", NULL, replay->now },
		{ "gaps", NULL, replay->gaps },
		{ "events_lost", NULL, replay->lost },
	};
	struct kmc_run run = { .command = "replay", .tool_version = KMC_VERSION_LINE,
			       .input = replay->input, .items = items, .nr_items = 4,
			       .judges = judges, .nr_judges = 2, .reproducible = true };

	if (!replay->theirs_judge || !kmc_run_keep_due(&replay->options->run))
		return 0;
	return kmc_run_keep(&replay->options->run, &run);
}

/* All that was good has been replayed and judged; the status says that it was not all. */
static bool damaged(const struct kmc_replay *replay, const char *input)
{
	const struct kmc_trace_damage *damage = kmc_trace_damage(replay->trace);

	if (damage->blocks_bad || damage->blocks_missing)
		kmc_run_error(&replay->options->run, "%s: damaged from offset %" PRIu64 " on: %"
			      PRIu64 " blocks bad, %" PRIu64 " missing; all others were replayed",
			      input, damage->first_bad_offset, damage->blocks_bad,
			      damage->blocks_missing);
	else if (damage->cut || damage->tail_partial)
		kmc_run_error(&replay->options->run, "%s: cut short (no end mark) behind record %"
			      PRIu64 "; all up to there were replayed", input, replay->now);
	else
		return false;
	return true;
}

int kmc_replay_report(struct kmc_replay *replay, const char *input)
{
	struct items items = { 0 };
	struct comparison comparison;
	char why[256] = "";
	bool adds_up = kmc_replay_adds_up(replay, why, sizeof(why));
	int status;

	print_trace(replay);
	if (!replay->options->alloc_only) {
		print_classes(replay);
		compare(replay, &comparison);
		print_comparison(replay, &comparison);
		trace_items(&items, replay);
		comparison_items(&items, &comparison);
		sample_items(&items, replay);
		class_items(&items, replay);
		site_items(&items, replay);
	}
	print_books(replay, adds_up, why);
	print_cost(replay);
	status = conclude(replay, &items, input);
	items_free(&items);
	if (!adds_up)
		return kmc_run_error(&replay->options->run, "%s: the books do not add up: %s",
				     input, why);
	return damaged(replay, input) && status != 1 ? KMC_EXIT_CANNOT : status;
}
