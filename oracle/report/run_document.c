// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The run document: what a run was, what it saw, what became of every rule. One
 * JSON object with keys in a fixed order; numbers fit 53 bits, addresses and
 * masks are strings in hexadecimal. Equal runs give equal bytes but for
 * "generated", which can be left out.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include "catalogue.h"
#include "run_json.h"
#include "run_names.h"
#include "sha256.h"

static void put_release(struct json_object *object, const char *key, uint32_t release)
{
	char text[32];

	if (!release) {
		put(object, key, NULL);
		return;
	}
	kmc_release_print(text, sizeof(text), release);
	put_string(object, key, text);
}

static struct json_object *schema(void)
{
	struct json_object *object = json_object_new_object();

	put_string(object, "name", "kmconform-run");
	put_number(object, "major", 1);
	put_number(object, "minor", 3);
	return object;
}

static struct json_object *input(const struct kmc_run *run)
{
	struct json_object *object = json_object_new_object();
	struct json_object *facts = json_object_new_object();

	put_string(object, "file", run->input);
	put_string(object, "sha256", run->input_digest);
	for (size_t i = 0; i < run->nr_items; i++) {
		if (run->items[i].string)
			put_string(facts, run->items[i].key, run->items[i].string);
		else
			put_number(facts, run->items[i].key, run->items[i].number);
	}
	put(object, "facts", facts);
	return object;
}

static struct json_object *options(uint32_t set)
{
	static const struct {
		const char *name;
		uint32_t bit;
	} names[] = {
#define KMC_OPTION(name, bit) { #name, 1u << bit },
		KMC_MACHINE_OPTIONS(KMC_OPTION)
#undef KMC_OPTION
	};
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (set & names[i].bit)
			json_object_array_add(list, json_object_new_string(names[i].name));
	return list;
}

static struct json_object *machine(const struct kmc_machine *m)
{
	struct json_object *object = json_object_new_object();

	put_number(object, "page_bytes", 1ull << m->page_shift);
	put_number(object, "max_order", m->max_order);
	put_number(object, "cpus", m->nr_cpus);
	put_number(object, "nodes", m->nr_nodes);
	put_number(object, "zones", m->nr_zones);
	put_release(object, "profile", m->profile);
	put_release(object, "release", m->release);
	put(object, "options", options(m->options));
	put_number(object, "kmalloc_minalign_bytes", m->kmalloc_minalign);
	put_number(object, "kmalloc_max_cache_bytes", m->kmalloc_max_cache);
	put_number(object, "kmalloc_max_size_bytes", m->kmalloc_max_size);
	put_hex(object, "direct_map", m->direct_map);
	return object;
}

static struct json_object *rules(const struct kmc_judge *judge)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *rule = kmc_rule_at(i);
		struct json_object *object = json_object_new_object();
		struct kmc_rule_result result;

		kmc_judge_result(judge, i, &result);
		put_string(object, "id", rule->id);
		put_string(object, "name", rule->name);
		put_string(object, "party", kmc_party_name(rule->party));
		put_string(object, "strength", kmc_strength_name(rule->strength));
		put_string(object, "origin", kmc_origin_name(rule->origin));
		put_string(object, "state", kmc_state_name(result.state));
		put_number(object, "exercised", result.exercised);
		put_number(object, "passed", result.passed);
		put_number(object, "violated", result.violated);
		put_number(object, "unknown", result.unknown);
		if (result.violated) {
			put_number(object, "first", result.first_seq);
			put_number(object, "last", result.last_seq);
		}
		if (result.state == KMC_RULE_UNREACHABLE)
			put_string(object, "why", kmc_why_text(result.why));
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *explanation(const struct kmc_finding *finding)
{
	struct json_object *object = json_object_new_object();

	put_lines(object, "let", finding->let);
	put_lines(object, "then", finding->then);
	put_lines(object, "but", finding->but);
	return object;
}

static const char *severity(const struct kmc_rule *rule)
{
	if (!kmc_rule_counts_for_conformance(rule))
		return "equivalence";
	return rule->strength == KMC_MUST ? "high" : "note";
}

static const struct kmc_run_evidence *evidence_of(const struct kmc_run *run, const char *key)
{
	for (size_t i = 0; i < run->nr_evidence; i++)
		if (!strcmp(run->evidence[i].key, key))
			return &run->evidence[i];
	return NULL;
}

static void put_digest(struct json_object *object, const char *text)
{
	uint8_t digest[32];
	char hex[65];

	kmc_sha256(text, strlen(text), digest);
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	put_string(object, "sha256", hex);
}

/* What the run knows beyond the judge. */
static void put_evidence(struct json_object *object, const struct kmc_run_evidence *evidence)
{
	struct json_object *part;

	if (evidence->of) {
		part = json_object_new_object();
		put_number(part, "seen", evidence->seen);
		put_number(part, "of", evidence->of);
		put(object, "reliability", part);
	}
	if (evidence->program) {
		part = json_object_new_object();
		put_lines(part, "text", evidence->program);
		put_number(part, "ops", evidence->ops);
		if (evidence->ops_before)
			put_number(part, "ops_before", evidence->ops_before);
		if (evidence->tries)
			put_number(part, "tries", evidence->tries);
		put_digest(part, evidence->program);
		put(object, "minimised", part);
	}
	if (evidence->reproduce)
		put_string(object, "reproduce", evidence->reproduce);
}

static struct json_object *one_finding(const struct kmc_run *run, const struct kmc_judge *judge,
				       const struct kmc_finding *finding)
{
	const struct kmc_run_evidence *evidence = evidence_of(run, finding->key);
	const struct kmc_rule *rule = kmc_rule_at((size_t)finding->rule);
	struct json_object *object = json_object_new_object();
	char title[256];

	snprintf(title, sizeof(title), "%s: %s, %s%s%s%s", rule->name, finding->call,
		 finding->clause, *finding->shape ? " (" : "", finding->shape,
		 *finding->shape ? ")" : "");
	put_string(object, "key", finding->key);
	put_string(object, "title", title);
	put_string(object, "rule", rule->id);
	put_string(object, "party", kmc_party_name(rule->party));
	put_string(object, "strength", kmc_strength_name(rule->strength));
	put_string(object, "severity", severity(rule));
	put_string(object, "call", finding->call);
	put_string(object, "clause", finding->clause);
	put_string(object, "shape", finding->shape);
	put_number(object, "occurrences", finding->occurrences);
	put_number(object, "first", finding->first_seq);
	put_number(object, "last", finding->last_seq);
	put(object, "known", json_object_new_boolean(finding->known));
	put_hex(object, "address", finding->event.addr);
	put_hex(object, "site", finding->site);
	put_string(object, "required", rule->statement);
	put(object, "explain", explanation(finding));
	if (evidence)
		put_evidence(object, evidence);
	if (finding->nr_window)
		put(object, "timeline", kmc_timeline(judge, finding));
	return object;
}

static struct json_object *findings(const struct kmc_run *run, const struct kmc_judge *judge)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < kmc_judge_finding_count(judge); i++)
		json_object_array_add(list, one_finding(run, judge, kmc_judge_finding(judge, i)));
	return list;
}

static struct json_object *one_life(const struct kmc_life_count *count)
{
	struct json_object *object = json_object_new_object();

	put_string(object, "name", count->name);
	put_number(object, "allocs", count->allocs);
	put_number(object, "frees", count->frees);
	put_number(object, "failed", count->failed);
	put_number(object, "implied_frees", count->implied_frees);
	put_number(object, "duplicates", count->duplicates);
	put_number(object, "before_trace", count->before_trace);
	put_number(object, "free_again", count->free_again);
	put_number(object, "live", count->live);
	put_number(object, "live_bytes", count->live_bytes);
	put_number(object, "peak_live_bytes", count->peak_live_bytes);
	return object;
}

static struct json_object *lives(const struct kmc_judge *judge)
{
	struct json_object *list = json_object_new_array();
	size_t nr = kmc_judge_lives(judge, NULL, 0);
	struct kmc_life_count *counts = calloc(nr + 1, sizeof(*counts));

	nr = counts ? kmc_judge_lives(judge, counts, nr) : 0;
	for (size_t i = 0; i < nr; i++)
		json_object_array_add(list, one_life(&counts[i]));
	free(counts);
	return list;
}

static struct json_object *totals(const struct kmc_judge *judge)
{
	struct json_object *object = json_object_new_object();
	uint64_t states[6] = { 0 }, notes = 0;

	for (size_t i = 0; i < kmc_rule_count(); i++) {
		struct kmc_rule_result result;

		kmc_judge_result(judge, i, &result);
		/* Advice that is not followed violates nothing. */
		if (result.state == KMC_RULE_VIOLATED && kmc_rule_at(i)->strength != KMC_MUST)
			notes++;
		else
			states[result.state]++;
	}
	for (unsigned int i = 0; i < 6; i++)
		put_number(object, kmc_state_name(i), states[i]);
	put_number(object, "noted", notes);
	return object;
}

/* The part of a run that is over may be violated, but cannot conform yet. */
static enum kmc_verdict verdict_of(const struct kmc_run *run, enum kmc_verdict verdict)
{
	return run->partial && verdict == KMC_CONFORMS ? KMC_UNKNOWN : verdict;
}

static struct json_object *subject(const struct kmc_run *run, const struct kmc_judge *judge)
{
	const struct kmc_subject *s = kmc_judge_subject(judge);
	struct json_object *object = json_object_new_object();

	put_string(object, "name", s->name);
	put_release(object, "edition", s->edition);
	put_number(object, "guide", kmc_guide_of(s->edition));
	put(object, "bare", json_object_new_boolean(s->bare));
	put_hex(object, "shows", s->shows);
	put(object, "machine", machine(&s->machine));
	put_number(object, "events", kmc_judge_events(judge));
	put_string(object, "verdict", kmc_verdict_name(verdict_of(run, kmc_judge_verdict(judge))));
	put(object, "totals", totals(judge));
	put(object, "rules", rules(judge));
	put(object, "findings", findings(run, judge));
	put(object, "lives", lives(judge));
	put(object, "shapes", kmc_shapes_list(judge));
	return object;
}

/* The words of the rules, once for all subjects. Since 1.1. */
static struct json_object *catalogue(void)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *rule = kmc_rule_at(i);
		struct json_object *object = json_object_new_object();

		put_string(object, "id", rule->id);
		put_string(object, "statement", rule->statement);
		put_string(object, "source", rule->source);
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *generated(const struct kmc_run *run)
{
	struct json_object *list = kmc_series_list(run, true);
	struct json_object *object = json_object_new_object();
	time_t now = time(NULL);
	char text[32] = "";
	struct tm tm;

	if (gmtime_r(&now, &tm))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	put_string(object, "time", text);
	if (list)
		put(object, "series", list);
	return object;
}

#define KMC_EXIT_PARTIAL 2u /* as of a run that could not be carried out */

static struct json_object *document(const struct kmc_run *run)
{
	struct json_object *object = json_object_new_object();
	struct json_object *tool = json_object_new_object();
	struct json_object *subjects = json_object_new_array(), *list;
	char again[512];

	put(object, "schema", schema());
	if (run->partial)
		put(object, "partial", json_object_new_boolean(true));
	put_string(tool, "name", "kmconform");
	put_string(tool, "version", run->tool_version);
	put_string(tool, "command", run->command);
	put(object, "tool", tool);
	put(object, "input", input(run));
	snprintf(again, sizeof(again), "kmconform %s %s", run->command, run->input ? run->input : "");
	put_string(object, "reproduce", again);
	for (size_t i = 0; i < run->nr_judges; i++)
		json_object_array_add(subjects, subject(run, run->judges[i]));
	put(object, "subjects", subjects);
	list = kmc_series_list(run, false);
	if (list)
		put(object, "series", list);
	put(object, "catalogue", catalogue());
	/* Nothing is said of the whole before it is there. */
	put_string(object, "verdict", kmc_verdict_name(run->partial ? KMC_UNKNOWN :
								      kmc_run_verdict(run)));
	put_number(object, "exit_status", run->partial ? KMC_EXIT_PARTIAL :
							 (uint64_t)kmc_run_exit_status(run, 0));
	if (!run->reproducible)
		put(object, "generated", generated(run));
	return object;
}

/* Write and fsync, so that what is renamed is whole. */
static int write_file(const char *path, const char *text, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	int err = 0;

	if (fd < 0)
		return -errno;
	while (len && !err) {
		ssize_t done = write(fd, text, len);

		if (done < 0 && errno != EINTR)
			err = -errno;
		if (done > 0) {
			text += done;
			len -= (size_t)done;
		}
	}
	if (!err && fsync(fd) && errno != EINVAL && errno != EROFS)
		err = -errno;
	if (close(fd) && !err)
		err = -errno;
	return err;
}

static int replace_file(const char *path, const char *text, size_t len)
{
	struct stat st;
	char *temporary;
	int err;

	if (!stat(path, &st) && !S_ISREG(st.st_mode))
		return write_file(path, text, len); /* a device or a pipe is not replaced */
	if (asprintf(&temporary, "%s.%ld.tmp", path, (long)getpid()) < 0)
		return -ENOMEM;
	err = write_file(temporary, text, len);
	if (!err && rename(temporary, path))
		err = -errno;
	if (err)
		unlink(temporary);
	free(temporary);
	return err;
}

int kmc_run_write(const struct kmc_run *run, const char *path)
{
	struct json_object *object = document(run);
	const char *json;
	char *text;
	int err;

	json = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
							      JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!json || asprintf(&text, "%s\n", json) < 0) {
		json_object_put(object);
		return -ENOMEM;
	}
	err = replace_file(path, text, strlen(text));
	free(text);
	json_object_put(object);
	return err;
}
