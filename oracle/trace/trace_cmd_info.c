// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kmconform trace info: what is in a trace and whether it adds up. All of it
 * is decoded, so that "readable" is a statement about every record.
 */
#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "kmc-version.h"
#include "trace_cmd.h"

#define BATCH      1024u
#define MAX_CPUS   65536u
#define MAX_LOSSES 20u

struct info_args {
	char *input;
	bool json;
};

struct cpu_summary {
	uint64_t blocks, records, lost, missed, first_ns, last_ns;
};

struct loss {
	uint64_t time_ns, count;
	uint32_t cpu;
	bool at_end;
};

/* Everything that is said. */
struct summary {
	const char *path;
	uint64_t bytes;
	struct kmc_trace *trace;
	const struct kmc_trace_facts *facts;
	const struct kmc_trace_damage *damage;
	struct kmc_probe_count total[KMC_NR_PROBES];
	uint64_t found[KMC_NR_PROBES]; /* records decoded */
	uint64_t records, failed, first_ns, last_ns;
	uint64_t undecodable;
	struct cpu_summary *cpus;      /* by number */
	struct loss losses[MAX_LOSSES];
	uint64_t nr_losses;
};

static const struct argp_option options[] = {
	{ "json", 'j', NULL, 0, "For machines", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct info_args *args = state->input;

	switch (key) {
	case 'j':
		args->json = true;
		return 0;
	case ARGP_KEY_ARG:
		if (args->input)
			argp_error(state, "one trace at a time");
		args->input = arg;
		return 0;
	case ARGP_KEY_END:
		if (!args->input)
			argp_error(state, "a trace is needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

static const char *state_name(unsigned int state)
{
	static const char *const names[] = { "off", "attached", "absent", "refused" };

	return state < 4 ? names[state] : "?";
}

/* How far a probe's hits are from what became of them; 0: exact. */
static int64_t probe_off(const struct kmc_probe_count *c)
{
	return (int64_t)(c->hits - c->written - c->lost - c->filtered - c->skipped_self -
			 c->skipped_null);
}

/* Probes whose counters do not add up, or whose records are not as many as they say. */
static unsigned int count_inexact(const struct summary *s)
{
	unsigned int n = 0;

	for (unsigned int p = 0; p < KMC_NR_PROBES; p++)
		n += probe_off(&s->total[p]) != 0 || s->found[p] != s->total[p].written;
	return n;
}

/* gathering */

static void note_loss(struct summary *s, uint64_t time_ns, uint32_t cpu, uint64_t count,
		      bool at_end)
{
	if (s->nr_losses++ < MAX_LOSSES)
		s->losses[s->nr_losses - 1] = (struct loss){ time_ns, count, cpu, at_end };
}

static void note_record(struct summary *s, const struct kmc_record *r, uint32_t cpu)
{
	struct cpu_summary *c = &s->cpus[cpu];

	if (!s->records || r->time_ns < s->first_ns)
		s->first_ns = r->time_ns;
	if (!c->records || r->time_ns < c->first_ns)
		c->first_ns = r->time_ns;
	if (r->time_ns > s->last_ns)
		s->last_ns = r->time_ns;
	if (r->time_ns > c->last_ns)
		c->last_ns = r->time_ns;
	s->records++;
	c->records++;
	s->found[r->probe]++;
	s->failed += (r->flags & KMC_RF_FAILED) != 0;
}

static int read_records(struct summary *s)
{
	static struct kmc_record batch[BATCH];
	static uint16_t cpus[BATCH];
	struct kmc_trace_cursor *cursor;
	uint64_t gap;
	int n, ret = kmc_trace_cursor_open(s->trace, &cursor);

	if (ret)
		return ret;
	while ((n = kmc_trace_cursor_next(cursor, batch, cpus, BATCH, &gap))) {
		if (n < 0) {
			s->undecodable++;
			continue;
		}
		if (gap)
			note_loss(s, batch[0].time_ns, cpus[0], gap, false);
		for (int i = 0; i < n; i++)
			note_record(s, &batch[i], cpus[i]);
	}
	if (gap)
		note_loss(s, s->last_ns, 0, gap, true);
	kmc_trace_cursor_close(cursor);
	return 0;
}

static void read_blocks(struct summary *s)
{
	for (size_t i = 0; i < kmc_trace_nr_blocks(s->trace); i++) {
		const struct kmc_block_info *b = kmc_trace_block(s->trace, i);
		struct cpu_summary *c = &s->cpus[b->cpu];

		c->blocks++;
		for (unsigned int p = 0; p < KMC_NR_PROBES; p++) {
			c->lost += b->delta[p].lost;
			c->missed += b->delta[p].recursion_misses;
		}
	}
	kmc_trace_totals(s->trace, s->total);
}

static int gather(struct summary *s)
{
	struct stat st;

	s->facts = kmc_trace_facts(s->trace);
	s->damage = kmc_trace_damage(s->trace);
	s->bytes = stat(s->path, &st) ? 0 : (uint64_t)st.st_size;
	s->cpus = calloc(MAX_CPUS, sizeof(*s->cpus));
	if (!s->cpus)
		return -ENOMEM;
	read_blocks(s);
	return read_records(s);
}

static double seconds(uint64_t ns)
{
	return (double)ns / 1e9;
}

static double rate(const struct summary *s)
{
	uint64_t span = s->last_ns - s->first_ns;

	return s->records && span ? (double)s->records / seconds(span) : 0;
}

static double bytes_per_event(const struct summary *s)
{
	return s->records ? (double)s->bytes / (double)s->records : 0;
}

static bool whole(const struct summary *s)
{
	const struct kmc_trace_damage *d = s->damage;

	return !d->blocks_bad && !d->blocks_missing && !d->cut && !d->tail_partial &&
	       !s->undecodable;
}

/* text */

static void print_start(const struct kmc_trace_facts *f)
{
	time_t t = (time_t)(f->start_realtime_ns / 1000000000u);
	struct tm tm;
	char text[64];

	if (!f->start_realtime_ns || !gmtime_r(&t, &tm) ||
	    !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm))
		strcpy(text, "at an unknown time");
	printf("  recorded  %s by %s\n", text, *f->tool ? f->tool : "an unknown tool");
	printf("  clock     %s, ring %" PRIu64 " KiB a cpu, filter %s, addresses %s\n",
	       *f->clock ? f->clock : "unknown", f->ring_bytes >> 10,
	       *f->filter ? f->filter : "none", f->redacted ? "redacted" : "as recorded");
}

static void print_options(const struct kmc_machine *m)
{
	static const struct {
		const char *name;
		uint32_t mask;
	} names[] = {
#define KMC_OPTION(name, bit) { #name, 1u << bit },
		KMC_MACHINE_OPTIONS(KMC_OPTION)
#undef KMC_OPTION
	};
	bool any = false;

	printf("  options  ");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (m->options & names[i].mask)
			printf(" %s", names[i].name);
		any |= (m->options & names[i].mask) != 0;
	}
	puts(any ? "" : " none");
}

static void print_machine(const struct kmc_trace_facts *f)
{
	const struct kmc_machine *m = &f->machine;

	printf("  machine   %u cpus, %u nodes, pages of %u bytes up to order %u\n", m->nr_cpus,
	       m->nr_nodes, 1u << m->page_shift, m->max_order);
	for (unsigned int i = 0; i < m->nr_zones; i++) {
		static const char *const kinds[] = { "DMA", "DMA32", "Normal", "HighMem",
						     "Movable" };
		const struct kmc_zone *z = &m->zones[i];

		printf("  zone      %-7s node %u, frames %" PRIu64 "+%" PRIu64 ", managed %" PRIu64
		       ", min/low/high %" PRIu64 "/%" PRIu64 "/%" PRIu64 "\n",
		       z->kind < KMC_NR_ZONE_KINDS ? kinds[z->kind] : "?", z->node, z->start_pfn,
		       z->nr_pages, z->managed, z->min, z->low, z->high);
	}
	print_options(m);
	printf("  tables    %zu caches (%s), %zu call sites named, flags from %s\n", f->nr_caches,
	       *f->cache_source ? f->cache_source : "none", f->nr_symbols,
	       *f->gfp_source ? f->gfp_source : "nowhere");
}

static void print_probe(const struct summary *s, unsigned int p)
{
	const struct kmc_probe_count *c = &s->total[p];
	char verdict[80] = "exact";

	if (probe_off(c))
		snprintf(verdict, sizeof(verdict), "off by %" PRId64, probe_off(c));
	else if (s->found[p] != c->written)
		snprintf(verdict, sizeof(verdict), "%" PRIu64 " records found", s->found[p]);
	else if (!c->hits)
		*verdict = '\0';
	printf("  %-40s %-8s %11" PRIu64 " %11" PRIu64 " %9" PRIu64 " %9" PRIu64 " %8" PRIu64
	       " %9" PRIu64 " %7" PRIu64 "  %s\n", kmc_probe_name(p),
	       state_name(s->facts->probe_state[p]), c->hits, c->written, c->lost, c->filtered,
	       c->skipped_self, c->skipped_null, c->recursion_misses, verdict);
}

static void print_accounting(const struct summary *s)
{
	unsigned int inexact = count_inexact(s);

	printf("\n  %-40s %-8s %11s %11s %9s %9s %8s %9s %7s\n", "probe", "state", "hits",
	       "written", "lost", "filtered", "own", "null", "missed");
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++)
		print_probe(s, p);
	printf("\naccounting: ");
	if (inexact)
		printf("NOT exact for %u probes (hits = written + lost + filtered + own + null)\n",
		       inexact);
	else
		puts("exact (hits = written + lost + filtered + own + null, all records found)");
}

/* Of the recording: this file may be a part of it. */
static void print_witness(const struct kmc_trace_facts *f)
{
	if (!*f->witness)
		return;
	printf("witness:    %s, over the whole recording\n", f->witness);
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++) {
		const struct kmc_witness_count *w = &f->witnessed[p];

		if (!w->fired)
			continue;
		printf("  %-40s unseen by BPF: %" PRIu64, kmc_probe_name(p), w->unseen_least);
		if (w->unseen_most != w->unseen_least)
			printf(" to %" PRIu64, w->unseen_most);
		printf(" of %" PRIu64 " firings (witness %s)\n", w->fired, f->witness);
	}
}

static void print_count(uint64_t count)
{
	if (count == KMC_TRACE_GAP_UNKNOWN)
		fputs("an unknown number of", stdout);
	else
		printf("%" PRIu64, count);
}

static void print_losses(const struct summary *s)
{
	printf("losses:     %s", s->nr_losses ? "\n" : "none\n");
	for (uint64_t i = 0; i < s->nr_losses && i < MAX_LOSSES; i++) {
		const struct loss *l = &s->losses[i];

		if (l->at_end) {
			fputs("  at the end: ", stdout);
			print_count(l->count);
			puts(" events");
			continue;
		}
		printf("  before %.6f s on cpu %u: ", seconds(l->time_ns), l->cpu);
		print_count(l->count);
		puts(" events");
	}
	if (s->nr_losses > MAX_LOSSES)
		printf("  and %" PRIu64 " more\n", s->nr_losses - MAX_LOSSES);
}

static void print_damage(const struct summary *s)
{
	const struct kmc_trace_damage *d = s->damage;

	if (whole(s)) {
		puts("damage:     none, the trace is whole");
		return;
	}
	printf("damage:     %s%s", d->cut ? "no end mark: cut, or the recorder was killed" :
					     "the end is there",
	       d->tail_partial ? ", within a block" : "");
	if (d->blocks_bad || d->blocks_missing || d->tail_partial)
		printf("; %" PRIu64 " blocks bad, %" PRIu64 " missing, %" PRIu64
		       " bytes passed over, first at offset %" PRIu64,
		       d->blocks_bad, d->blocks_missing, d->bytes_skipped, d->first_bad_offset);
	if (s->undecodable)
		printf("; %" PRIu64 " blocks do not decode", s->undecodable);
	puts("\n            all other blocks are read");
}

static void print_cpus(const struct summary *s)
{
	printf("\n  %-5s %9s %12s %9s %9s %14s %14s\n", "cpu", "blocks", "records", "lost",
	       "missed", "first s", "last s");
	for (uint32_t cpu = 0; cpu < MAX_CPUS; cpu++) {
		const struct cpu_summary *c = &s->cpus[cpu];

		if (c->blocks)
			printf("  %-5u %9" PRIu64 " %12" PRIu64 " %9" PRIu64 " %9" PRIu64
			       " %14.6f %14.6f\n", cpu, c->blocks, c->records, c->lost, c->missed,
			       seconds(c->first_ns), seconds(c->last_ns));
	}
}

static void print_text(const struct summary *s)
{
	printf("%s: trace of Linux %s (%s), %" PRIu64 " bytes\n", s->path, s->facts->release,
	       s->facts->arch, s->bytes);
	print_start(s->facts);
	print_machine(s->facts);
	printf("  events    %" PRIu64 " in %.6f s, %.0f a second, %.2f bytes each; %" PRIu64
	       " failed requests\n", s->records, seconds(s->last_ns - s->first_ns), rate(s),
	       bytes_per_event(s), s->failed);
	print_cpus(s);
	print_accounting(s);
	print_witness(s->facts);
	print_losses(s);
	print_damage(s);
}

/* JSON */

static void add_number(struct json_object *o, const char *key, uint64_t v)
{
	json_object_object_add(o, key, json_object_new_uint64(v));
}

static void add_text(struct json_object *o, const char *key, const char *v)
{
	json_object_object_add(o, key, json_object_new_string(v));
}

static void add_flag(struct json_object *o, const char *key, bool v)
{
	json_object_object_add(o, key, json_object_new_boolean(v));
}

/* null where nobody knows */
static void add_count(struct json_object *o, const char *key, uint64_t v)
{
	json_object_object_add(o, key, v == KMC_TRACE_GAP_UNKNOWN ? NULL :
								    json_object_new_uint64(v));
}

static struct json_object *json_facts(const struct kmc_trace_facts *f)
{
	struct json_object *o = json_object_new_object();

	add_text(o, "release", f->release);
	add_text(o, "arch", f->arch);
	add_text(o, "tool", f->tool);
	add_text(o, "clock", f->clock);
	add_text(o, "filter", f->filter);
	add_text(o, "gfp_source", f->gfp_source);
	add_text(o, "cache_source", f->cache_source);
	add_flag(o, "redacted", f->redacted);
	add_number(o, "start_realtime_ns", f->start_realtime_ns);
	add_number(o, "ring_bytes", f->ring_bytes);
	add_number(o, "page_size", (uint64_t)1 << f->machine.page_shift);
	add_number(o, "nr_cpus", f->machine.nr_cpus);
	add_number(o, "nr_nodes", f->machine.nr_nodes);
	add_number(o, "nr_zones", f->machine.nr_zones);
	add_number(o, "nr_caches", f->nr_caches);
	add_number(o, "nr_symbols", f->nr_symbols);
	return o;
}

static struct json_object *json_probe(const struct summary *s, unsigned int p)
{
	struct json_object *o = json_object_new_object();
	const struct kmc_probe_count *c = &s->total[p];

	add_text(o, "name", kmc_probe_name(p));
	add_text(o, "state", state_name(s->facts->probe_state[p]));
	add_number(o, "hits", c->hits);
	add_number(o, "written", c->written);
	add_number(o, "lost", c->lost);
	add_number(o, "filtered", c->filtered);
	add_number(o, "skipped_self", c->skipped_self);
	add_number(o, "skipped_null", c->skipped_null);
	add_number(o, "recursion_misses", c->recursion_misses);
	add_number(o, "found", s->found[p]);
	json_object_object_add(o, "off", json_object_new_int64(probe_off(c)));
	return o;
}

static struct json_object *json_witness(const struct kmc_trace_facts *f)
{
	struct json_object *o = json_object_new_object(), *probes = json_object_new_array();

	add_text(o, "by", f->witness);
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++) {
		const struct kmc_witness_count *w = &f->witnessed[p];
		struct json_object *probe = json_object_new_object();

		add_text(probe, "name", kmc_probe_name(p));
		add_number(probe, "fired", w->fired);
		add_number(probe, "unseen_least", w->unseen_least);
		add_number(probe, "unseen_most", w->unseen_most);
		json_object_array_add(probes, probe);
	}
	json_object_object_add(o, "probes", probes);
	return o;
}

static struct json_object *json_cpus(const struct summary *s)
{
	struct json_object *list = json_object_new_array();

	for (uint32_t cpu = 0; cpu < MAX_CPUS; cpu++) {
		const struct cpu_summary *c = &s->cpus[cpu];
		struct json_object *o;

		if (!c->blocks)
			continue;
		o = json_object_new_object();
		add_number(o, "cpu", cpu);
		add_number(o, "blocks", c->blocks);
		add_number(o, "records", c->records);
		add_number(o, "lost", c->lost);
		add_number(o, "recursion_misses", c->missed);
		add_number(o, "first_ns", c->first_ns);
		add_number(o, "last_ns", c->last_ns);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *json_losses(const struct summary *s)
{
	struct json_object *list = json_object_new_array();

	for (uint64_t i = 0; i < s->nr_losses && i < MAX_LOSSES; i++) {
		struct json_object *o = json_object_new_object();

		add_number(o, "before_ns", s->losses[i].time_ns);
		if (!s->losses[i].at_end)
			add_number(o, "cpu", s->losses[i].cpu);
		add_flag(o, "at_end", s->losses[i].at_end);
		add_count(o, "events", s->losses[i].count);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *json_damage(const struct summary *s)
{
	struct json_object *o = json_object_new_object();
	const struct kmc_trace_damage *d = s->damage;

	add_flag(o, "whole", whole(s));
	add_flag(o, "cut", d->cut);
	add_flag(o, "tail_partial", d->tail_partial);
	add_number(o, "blocks_bad", d->blocks_bad);
	add_number(o, "blocks_missing", d->blocks_missing);
	add_number(o, "bytes_skipped", d->bytes_skipped);
	add_number(o, "blocks_undecodable", s->undecodable);
	if (d->blocks_bad || d->blocks_missing || d->bytes_skipped)
		add_number(o, "first_bad_offset", d->first_bad_offset);
	return o;
}

static void print_json(const struct summary *s)
{
	struct json_object *o = json_object_new_object(), *probes = json_object_new_array();

	add_text(o, "file", s->path);
	add_number(o, "bytes", s->bytes);
	json_object_object_add(o, "facts", json_facts(s->facts));
	add_number(o, "records", s->records);
	add_number(o, "failed", s->failed);
	add_number(o, "blocks", kmc_trace_nr_blocks(s->trace));
	add_number(o, "first_ns", s->first_ns);
	add_number(o, "last_ns", s->last_ns);
	json_object_object_add(o, "events_per_second", json_object_new_double(rate(s)));
	json_object_object_add(o, "bytes_per_event", json_object_new_double(bytes_per_event(s)));
	add_flag(o, "accounting_exact", !count_inexact(s));
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++)
		json_object_array_add(probes, json_probe(s, p));
	json_object_object_add(o, "probes", probes);
	if (*s->facts->witness)
		json_object_object_add(o, "witness", json_witness(s->facts));
	json_object_object_add(o, "cpus", json_cpus(s));
	add_number(o, "nr_losses", s->nr_losses);
	json_object_object_add(o, "losses", json_losses(s));
	json_object_object_add(o, "damage", json_damage(s));
	puts(json_object_to_json_string_ext(o, JSON_C_TO_STRING_PRETTY));
	json_object_put(o);
}

int kmc_trace_cmd_info(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse_option, "FILE",
		"Say what is in a trace, what was lost and whether it adds up. Exit status 0 when "
		"all of it can be read, also without an end mark; 2 with a line when a part is "
		"damaged: all else is told.", NULL, NULL, NULL };
	struct info_args args = { 0 };
	struct summary s = { 0 };
	int ret;

	argp_program_version = KMC_VERSION_LINE;
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	s.path = args.input;
	if (kmc_trace_input(args.input, &s.trace))
		return KMC_TRACE_CANNOT;
	ret = gather(&s);
	if (ret)
		ret = kmc_trace_fail("%s: %s", args.input, strerror(-ret));
	else if (args.json)
		print_json(&s);
	else
		print_text(&s);
	if (!ret && fflush(stdout))
		ret = kmc_trace_fail("%s", strerror(errno));
	if (!ret)
		ret = kmc_trace_tell_damage(args.input, s.trace);
	free(s.cpus);
	kmc_trace_close(s.trace);
	return ret;
}
