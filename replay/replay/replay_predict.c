/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Predictions without sight of the answer. `--predict` reads a trace whose
 * granted sizes are blank and writes what our allocator would have granted;
 * `--compare` reads that file beside the trace itself. The two never run
 * together.
 *
 * The file is text: a head, a line per cache of the trace's table, then the
 * granted sizes of the kmalloc events in merged order, run-length coded:
 *
 *   # kmconform predictions 1
 *   profile 6.18.44
 *   cache 17 SIZE ORDER            ("-" "-": it cannot be computed)
 *   granted COUNT BYTES
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "alloc/slab_layout.h"
#include "exec/alloc_machine.h"
#include "replay.h"

#define BATCH 256
#define HEAD "# kmconform predictions 1\n"

/*
 * Rule: KC-8. A type-safe cache has its free pointer behind the object unless the
 * creator chose a place inside, which then is part of what was asked for. An
 * `inuse` of 0 says that the table knows of no layout.
 */
bool kmc_predict_free_pointer(const struct kmc_cache_desc *cache)
{
	return (cache->flags & KMC_CF_TYPESAFE_BY_RCU) && cache->inuse &&
	       cache->offset < cache->object_size;
}

int kmc_predict_cache(const struct kmc_cache_desc *cache, unsigned int nr_cpus,
		      enum kmc_profile profile, unsigned int *size, unsigned int *order)
{
	struct kmc_layout_request request = {
		.object_size = cache->object_size, .align = cache->align,
		.flags = kmc_alloc_slab_flags(cache->flags & 0xffff), .has_ctor = cache->ctor,
		.use_freeptr_offset = kmc_predict_free_pointer(cache),
		.nr_cpus = nr_cpus ? nr_cpus : 1, .profile = profile,
	};
	struct kmc_layout layout;
	int err;

	if (request.use_freeptr_offset)
		request.freeptr_offset = cache->offset;
	err = kmc_layout_compute(&request, &layout);
	if (!err) {
		*size = layout.size;
		*order = layout.order;
	}
	return err;
}

/* Requests that failed granted nothing; a trace says so, blanked or not. */
static bool has_granted(const struct kmc_record *record)
{
	return record->probe == KMC_PROBE_KMALLOC && record->addr &&
	       !(record->flags & KMC_RF_FAILED);
}

/* writing */

struct predictor {
	FILE *out;
	enum kmc_profile profile;
	uint64_t granted, run, events;
};

static int flush_run(struct predictor *p)
{
	if (p->run && fprintf(p->out, "granted %" PRIu64 " %" PRIu64 "\n", p->run, p->granted) < 0)
		return -EIO;
	p->run = 0;
	return 0;
}

static int predict_record(struct predictor *p, const struct kmc_record *record)
{
	uint64_t granted;

	if (!has_granted(record))
		return 0;
	granted = kmc_kmalloc_granted(p->profile, record->size);
	p->events++;
	if (granted != p->granted && flush_run(p))
		return -EIO;
	p->granted = granted;
	p->run++;
	return 0;
}

static int predict_caches(const struct kmc_trace_facts *facts, struct predictor *p)
{
	for (size_t i = 0; i < facts->nr_caches; i++) {
		unsigned int size, order;
		int n;

		if (kmc_predict_cache(&facts->caches[i], facts->machine.nr_cpus, p->profile, &size,
				      &order))
			n = fprintf(p->out, "cache %zu - -\n", i);
		else
			n = fprintf(p->out, "cache %zu %u %u\n", i, size, order);
		if (n < 0)
			return -EIO;
	}
	return 0;
}

typedef int (*record_fn)(void *arg, const struct kmc_record *record);

static int each_record(struct kmc_trace *trace, record_fn fn, void *arg)
{
	static struct kmc_record batch[BATCH];
	static uint16_t cpus[BATCH];
	struct kmc_trace_cursor *cursor;
	uint64_t gap;
	int n, err = kmc_trace_cursor_open(trace, &cursor);

	if (err)
		return err;
	while ((n = kmc_trace_cursor_next(cursor, batch, cpus, BATCH, &gap)) != 0)
		for (int i = 0; i < n && !err; i++)
			err = fn(arg, &batch[i]);
	kmc_trace_cursor_close(cursor);
	return err;
}

static int predict_one(void *arg, const struct kmc_record *record)
{
	return predict_record(arg, record);
}

static int write_predictions(struct kmc_trace *trace, struct predictor *p, uint32_t profile)
{
	char release[24];
	int err;

	kmc_release_print(release, sizeof(release), profile);
	if (fprintf(p->out, HEAD "profile %s\n", release) < 0)
		return -EIO;
	err = predict_caches(kmc_trace_facts(trace), p);
	if (!err)
		err = each_record(trace, predict_one, p);
	return err ? err : flush_run(p);
}

int kmc_predict(const struct kmc_replay_options *options, struct kmc_trace *trace,
		const char *input, const char *output)
{
	uint32_t profile = options->profile ? options->profile :
			   kmc_replay_profile(kmc_trace_facts(trace)->machine.release);
	struct predictor p = { .out = fopen(output, "w"),
			       .profile = kmc_replay_profile_number(profile) };
	int err;

	if (!p.out)
		return kmc_run_error(&options->run, "%s: %s", output, strerror(errno));
	err = write_predictions(trace, &p, profile);
	if (fflush(p.out) | fclose(p.out))
		err = err ? err : -EIO;
	if (err)
		return kmc_run_error(&options->run, "%s: %s", output, strerror(-err));
	printf("%s: %" PRIu64 " granted sizes and %zu caches predicted into %s\n", input, p.events,
	       kmc_trace_facts(trace)->nr_caches, output);
	return 0;
}

/* comparing */

#define SHOWN 20

struct tally {
	uint64_t equal, all, listed;
};

struct comparer {
	const struct kmc_replay_options *options;
	const char *name;
	FILE *in;
	unsigned int line;
	uint64_t granted, run;
	bool ended, blank;
	struct tally small, large, sizes, orders;
};

static bool tally(struct tally *t, bool equal)
{
	t->all++;
	t->equal += equal;
	return !equal && t->listed++ < SHOWN;
}

static int malformed(const struct comparer *c, const char *what)
{
	kmc_run_error(&c->options->run, "%s:%u: %s", c->name, c->line, what);
	return -EINVAL;
}

static char *next_line(struct comparer *c, char *line, size_t size)
{
	c->line++;
	return fgets(line, (int)size, c->in);
}

static int read_head(struct comparer *c)
{
	char line[256];

	if (!next_line(c, line, sizeof(line)) || strcmp(line, HEAD))
		return malformed(c, "not a file of predictions");
	if (!next_line(c, line, sizeof(line)) || strncmp(line, "profile ", 8))
		return malformed(c, "no profile named");
	return 0;
}

static int compare_cache(struct comparer *c, const struct kmc_cache_desc *cache, size_t index)
{
	char line[256], size_text[24], order_text[24];
	size_t number;

	if (!next_line(c, line, sizeof(line)) ||
	    sscanf(line, "cache %zu %23s %23s", &number, size_text, order_text) != 3 ||
	    number != index)
		return malformed(c, "the cache of the trace's table is missing here");
	if (!cache->size)
		c->blank = true;
	if (tally(&c->sizes, *size_text != '-' &&
		  strtoul(size_text, NULL, 10) == cache->size))
		printf("  cache %s: size %s predicted, %u recorded\n", cache->name, size_text,
		       cache->size);
	if (tally(&c->orders, *order_text != '-' &&
		  strtoul(order_text, NULL, 10) == cache->order))
		printf("  cache %s: order %s predicted, %u recorded\n", cache->name, order_text,
		       cache->order);
	return 0;
}

static int next_run(struct comparer *c)
{
	char line[256];

	if (!next_line(c, line, sizeof(line)))
		return malformed(c, "fewer granted sizes than kmalloc events in the trace");
	if (sscanf(line, "granted %" SCNu64 " %" SCNu64, &c->run, &c->granted) != 2 || !c->run)
		return malformed(c, "not a run of granted sizes");
	return 0;
}

static int compare_record(void *arg, const struct kmc_record *record)
{
	struct comparer *c = arg;
	bool large = record->size > 8192;
	int err;

	if (!has_granted(record))
		return 0;
	if (!c->run) {
		err = next_run(c);
		if (err)
			return err;
	}
	c->run--;
	c->blank |= record->flags & KMC_RF_BLANK;
	if (tally(large ? &c->large : &c->small, c->granted == record->granted))
		printf("  kmalloc(%" PRIu64 "): %" PRIu64 " predicted, %" PRIu64 " recorded\n",
		       record->size, c->granted, record->granted);
	return 0;
}

static void print_tally(const char *what, const struct tally *t)
{
	if (!t->all)
		printf("%-28s none in this trace\n", what);
	else
		printf("%-28s %" PRIu64 " of %" PRIu64 " equal (%.4f %%)\n", what, t->equal,
		       t->all, 100.0 * (double)t->equal / (double)t->all);
}

static int read_and_compare(struct comparer *c, struct kmc_trace *trace)
{
	const struct kmc_trace_facts *facts = kmc_trace_facts(trace);
	char line[256];
	int err = read_head(c);

	for (size_t i = 0; !err && i < facts->nr_caches; i++)
		err = compare_cache(c, &facts->caches[i], i);
	if (!err)
		err = each_record(trace, compare_record, c);
	if (!err && (c->run || next_line(c, line, sizeof(line))))
		err = malformed(c, "more granted sizes than kmalloc events in the trace");
	return err;
}

static int print_result(const struct comparer *c)
{
	const struct tally *all[] = { &c->small, &c->large, &c->sizes, &c->orders };
	static const char *const names[] = { "kmalloc up to 8192 bytes", "kmalloc above",
					     "caches, size", "caches, order" };
	int status = 0;

	for (int i = 0; i < 4; i++) {
		print_tally(names[i], all[i]);
		status |= all[i]->equal != all[i]->all;
	}
	return status;
}

int kmc_predict_compare(const struct kmc_replay_options *options, struct kmc_trace *trace,
			const char *input, const char *predictions)
{
	struct comparer c = { .options = options, .name = predictions,
			      .in = fopen(predictions, "r") };
	int err;

	if (!c.in)
		return kmc_run_error(&options->run, "%s: %s", predictions, strerror(errno));
	err = read_and_compare(&c, trace);
	fclose(c.in);
	if (err == -EINVAL)
		return KMC_EXIT_CANNOT; /* told already */
	if (err)
		return kmc_run_error(&options->run, "%s: %s", input, strerror(-err));
	if (c.blank)
		return kmc_run_error(&options->run, "%s: its granted sizes are blank: name the "
				     "trace that the blank copy was made of", input);
	return print_result(&c);
}
