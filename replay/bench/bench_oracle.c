/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The oracle alone. In fuzzing: kmconform-silence judges the events of random
 * legal programs once more from memory and says what an op costs. In replay:
 * a trace's events as they were recorded, judged in batches; decoding is not
 * timed. Memory: what a judge's books grow by with as many live objects of a
 * recorded size mix, at the worst moment of the second half of the growth.
 */
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include "bench.h"
#include "bench_mixes.h"
#include "oracle/judge.h"
#include "trace/trace.h"
#include "vocab/op.h"

#define MAX_RUNS 21
#define BATCH    1024 /* events between two looks at the clock */

/* The row of a figure that must not be more than its limits. */
static void row_judge(struct bench_row *row)
{
	row->state = row->value <= row->good_ns ? BENCH_GOOD :
		     row->value <= row->must_ns ? BENCH_MET :
						  BENCH_MISSED;
}

/* in fuzzing */

static int fuzzing_once(const char *ops, const char *seed, double *op_ns, double *event_ns)
{
	char *args[] = { (char *)"--quiet", (char *)"--cost", (char *)"--ops", (char *)ops,
			 (char *)"--seed", (char *)seed, NULL };
	char line[512];
	int status, err;

	err = bench_child_line("kmconform-silence", args, "cost:", line, sizeof(line), &status);
	if (err || status)
		return err ? err : -ENOEXEC;
	return sscanf(line, "cost: %lf ns an op (oracle alone, thread CPU time), %lf ns an event",
		      op_ns, event_ns) == 2 ? 0 : -ENOEXEC;
}

static int fuzzing_row(const struct bench_plan *plan, struct bench_row *row)
{
	unsigned int runs = plan->rounds < MAX_RUNS ? plan->rounds : MAX_RUNS;
	double op_ns[MAX_RUNS], event_ns[MAX_RUNS];

	*row = (struct bench_row){ .name = "oracle-fuzzing", .what = bench_oracle_names[0].what,
				   .unit = "ns", .must_ns = 200, .good_ns = 100, .best = -1,
				   .ours = -1, .state = BENCH_FAILED };
	for (unsigned int i = 0; i < runs; i++) {
		char seed[24];
		int err;

		/* Every run has programs of its own: four machines' more. */
		snprintf(seed, sizeof(seed), "%u", 1 + i * 256);
		err = fuzzing_once(plan->check_only ? "1000" : "30000", seed, &op_ns[i], &event_ns[i]);
		if (err)
			return err;
	}
	row->value = bench_quantile(op_ns, runs, 0.5);
	row_judge(row);
	snprintf(row->note, sizeof(row->note), "an op, %u runs [%.1f, %.1f]; %.1f ns an event", runs,
		 bench_quantile(op_ns, runs, 0.25), bench_quantile(op_ns, runs, 0.75),
		 bench_quantile(event_ns, runs, 0.5));
	return 0;
}

/* in replay */

struct recorded {
	struct kmc_trace *trace;
	const struct kmc_trace_facts *facts;
	struct kmc_record *records;
	uint16_t *cpus;
	size_t nr;
};

static int all_records(struct recorded *r)
{
	struct kmc_trace_cursor *cursor;
	uint64_t gap = 0;
	size_t max = 0;
	int n, err = kmc_trace_cursor_open(r->trace, &cursor);

	if (err)
		return err;
	for (;;) {
		if (max - r->nr < BATCH) {
			void *records, *cpus;

			max = max * 2 + BATCH;
			records = realloc(r->records, max * sizeof(*r->records));
			r->records = records ? records : r->records;
			cpus = realloc(r->cpus, max * sizeof(*r->cpus));
			r->cpus = cpus ? cpus : r->cpus;
			err = records && cpus ? 0 : -ENOMEM;
		}
		n = err ? 0 : kmc_trace_cursor_next(cursor, r->records + r->nr, r->cpus + r->nr, BATCH,
						    &gap);
		/* A loss proves less afterwards: what is before the first is measured. */
		if (n <= 0 || gap)
			break;
		r->nr += (size_t)n;
	}
	kmc_trace_cursor_close(cursor);
	return err || r->nr ? err : -ENODATA;
}

static int judge_for(const struct recorded *r, struct kmc_judge **judge)
{
	struct kmc_subject subject = { .machine = r->facts->machine, .bare = true,
				       .edition = r->facts->machine.release };
	int err;

	subject.shows = KMC_SHOWS_ADDRESS | KMC_SHOWS_SIZE | KMC_SHOWS_GRANTED | KMC_SHOWS_GFP |
			KMC_SHOWS_CACHES | KMC_SHOWS_PAGES | KMC_SHOWS_NODE;
	snprintf(subject.name, sizeof(subject.name), "recorded");
	err = kmc_judge_create(&subject, judge);
	for (size_t i = 0; !err && i < r->facts->nr_caches; i++)
		err = kmc_judge_cache(*judge, &r->facts->caches[i]);
	return err;
}

static int replaying_once(const struct recorded *r, double *event_ns)
{
	static struct kmc_event events[BATCH];
	struct kmc_judge *judge = NULL;
	uint64_t ns = 0;
	int err = judge_for(r, &judge);

	for (size_t done = 0; !err && done < r->nr;) {
		size_t n = r->nr - done < BATCH ? r->nr - done : BATCH;
		uint64_t start;

		for (size_t i = 0; i < n; i++) {
			kmc_record_to_event(r->facts, &r->records[done + i], r->cpus[done + i],
					    &events[i]);
			events[i].seq = done + i + 1;
		}
		start = bench_cpu_ns();
		err = kmc_judge_batch(judge, events, n) < 0 ? -ENOMEM : 0;
		ns += bench_cpu_ns() - start;
		done += n;
	}
	kmc_judge_destroy(judge);
	*event_ns = r->nr ? (double)ns / (double)r->nr : 0;
	return err;
}

/** bench_oracle_trace_row() - A recording's events before the oracle. Return: 0 or -errno. */
int bench_oracle_trace_row(const char *path, unsigned int rounds, struct bench_row *row)
{
	unsigned int runs = rounds < MAX_RUNS ? rounds : MAX_RUNS;
	struct recorded r = { 0 };
	double event_ns[MAX_RUNS];
	char error[256] = "";
	int err;

	*row = (struct bench_row){ .name = "oracle-replaying", .unit = "ns", .must_ns = 90,
				   .what = "a recorded event judged, without decoding or replaying it",
				   .good_ns = 45, .best = -1, .ours = -1, .state = BENCH_FAILED };
	err = kmc_trace_open(path, &r.trace, error, sizeof(error));
	if (err)
		return err;
	r.facts = kmc_trace_facts(r.trace);
	err = all_records(&r);
	for (unsigned int i = 0; !err && i < runs; i++)
		err = replaying_once(&r, &event_ns[i]);
	if (!err) {
		row->value = bench_quantile(event_ns, runs, 0.5);
		row_judge(row);
		snprintf(row->note, sizeof(row->note), "an event, %u runs of %zu events [%.1f, %.1f]",
			 runs, r.nr, bench_quantile(event_ns, runs, 0.25),
			 bench_quantile(event_ns, runs, 0.75));
	}
	free(r.records);
	free(r.cpus);
	kmc_trace_close(r.trace);
	return err;
}

/* memory */

/* Slabs as the kernel's kmalloc has them: the size that serves a request, its block's order. */
static const struct {
	uint32_t bytes, order;
} classes[] = { { 8, 0 },   { 16, 0 },	{ 32, 0 },  { 64, 0 },	 { 96, 0 },   { 128, 0 }, { 192, 0 },
		{ 256, 1 }, { 512, 2 }, { 1024, 3 }, { 2048, 3 }, { 4096, 3 }, { 8192, 3 } };
#define NR_CLASSES (sizeof(classes) / sizeof(classes[0]))

struct growth {
	struct kmc_judge *judge;
	bool bare;
	uint64_t seq, next_block; /* addresses are given out in order */
	uint64_t at[NR_CLASSES], end[NR_CLASSES];
};

static int feed(struct growth *g, struct kmc_event *ev)
{
	ev->seq = ++g->seq;
	ev->outcome = KMC_OUT_VALUE;
	ev->gfp = KMC_GFP_IO | KMC_GFP_FS | KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM;
	if (g->bare) {
		ev->kind = KMC_EV_TRACEPOINT;
	} else {
		ev->kind = KMC_EV_CALL;
		ev->id = (uint32_t)g->seq;
		ev->context = KMC_CTX_TASK;
	}
	return kmc_judge_event(g->judge, ev) < 0 ? -ENOMEM : 0;
}

static int new_block(struct growth *g, size_t class)
{
	uint64_t bytes = 4096ull << classes[class].order;
	struct kmc_event ev;

	g->at[class] = (g->next_block + bytes - 1) & ~(bytes - 1);
	g->end[class] = g->next_block = g->at[class] + bytes;
	if (!g->bare)
		return 0;
	kmc_event_init(&ev);
	ev.what = KMC_TP_EV_MM_PAGE_ALLOC;
	ev.addr = g->at[class];
	ev.size = bytes;
	ev.order = (uint8_t)classes[class].order;
	return feed(g, &ev);
}

static int new_object(struct growth *g, uint64_t size)
{
	struct kmc_event ev;
	size_t class = 0;
	int err = 0;

	while (class < NR_CLASSES - 1 && classes[class].bytes < size)
		class++;
	if (g->at[class] + classes[class].bytes > g->end[class])
		err = new_block(g, class);
	if (err)
		return err;
	kmc_event_init(&ev);
	ev.what = g->bare ? (unsigned int)KMC_TP_EV_KMALLOC : (unsigned int)KMC_OP_KMALLOC;
	ev.addr = g->at[class];
	ev.size = size;
	ev.granted = classes[class].bytes;
	g->at[class] += classes[class].bytes;
	return feed(g, &ev);
}

static int growth_start(struct growth *g, bool bare)
{
	struct kmc_subject subject = { .bare = bare, .edition = KMC_RELEASE(6, 18, 0),
				       .name = "growth" };

	*g = (struct growth){ .bare = bare };
	kmc_machine_default(&subject.machine);
	subject.machine.kmalloc_max_cache = 8192;
	subject.shows = KMC_SHOWS_ADDRESS | KMC_SHOWS_SIZE | KMC_SHOWS_GRANTED;
	subject.shows |= bare ? KMC_SHOWS_PAGES : KMC_SHOWS_CALLS | KMC_SHOWS_EVERY_FREE;
	g->next_block = subject.machine.direct_map + (1ull << 20);
	return kmc_judge_create(&subject, &g->judge);
}

/* Every object lives; the judge must know so. */
static bool all_live(const struct kmc_judge *judge, uint64_t n)
{
	static struct kmc_life_count counts[64];
	size_t nr = kmc_judge_lives(judge, counts, 64);
	uint64_t live = 0;

	for (size_t i = 0; i < nr; i++)
		live += strcmp(counts[i].name, "page") ? counts[i].live : 0;
	return live == n && !kmc_judge_finding_count(judge);
}

static int memory_row(const struct bench_plan *plan, size_t which, bool bare, struct bench_row *row)
{
	unsigned int n = plan->check_only ? 20000 : 1u << 20;
	uint64_t before, seed = 1, asked = 0;
	double worst = 0, last = 0;
	struct growth g;
	int err;

	*row = (struct bench_row){ .name = bench_oracle_names[which].name, .unit = "B",
				   .what = bench_oracle_names[which].what, .must_ns = 128,
				   .good_ns = 80, .best = -1, .ours = -1, .state = BENCH_FAILED };
	/* What was freed before must not serve the growth. */
	malloc_trim(0);
	before = bench_resident_bytes();
	err = growth_start(&g, bare);
	if (err)
		return err;
	for (unsigned int i = 1; !err && i <= n; i++) {
		uint64_t size = bench_mix_size(&bench_mix_proc, bench_random(&seed));

		asked += size;
		err = new_object(&g, size);
		if (i < n / 2 || i % (n / 32))
			continue;
		last = (double)(bench_resident_bytes() - before) / i;
		worst = last > worst ? last : worst;
	}
	if (!err && !all_live(g.judge, n))
		err = -EINVAL;
	kmc_judge_destroy(g.judge);
	if (err)
		return err;
	row->value = worst;
	row_judge(row);
	snprintf(row->note, sizeof(row->note),
		 "resident, at worst between %u and %u live objects of %.0f bytes on average; %.1f in "
		 "the end", n / 2, n, (double)asked / n, last);
	return 0;
}

const struct bench_name bench_oracle_names[] = {
	{ "oracle-fuzzing", "an op of a random legal program judged again, without the allocator" },
	{ "oracle-memory-calls", "the oracle's books per live object, address map included: calls" },
	{ "oracle-memory-trace", "the same of bare tracepoints" },
};
const size_t bench_nr_oracle_names = sizeof(bench_oracle_names) / sizeof(bench_oracle_names[0]);

/** bench_oracle_row() - The row of that name. Return: 0 or -errno; the row says failed then. */
int bench_oracle_row(size_t which, const struct bench_plan *plan, struct bench_row *row)
{
	return which ? memory_row(plan, which, which == 2, row) : fuzzing_row(plan, row);
}
