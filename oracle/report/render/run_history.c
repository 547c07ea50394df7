// SPDX-License-Identifier: GPL-2.0-or-later
/* Runs over weeks, in four tables; a run is added whole or not at all. */
#include "run_history.h"
#include <errno.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include "sha256.h"

#define SHOWN_RUNS 60 /* columns of a trend */

struct kmc_run_history {
	sqlite3 *db;
	bool failed;
};

static const char tables[] =
	"PRAGMA foreign_keys=ON;"
	"CREATE TABLE IF NOT EXISTS run(id INTEGER PRIMARY KEY, sha256 TEXT UNIQUE NOT NULL,"
	" file TEXT, command TEXT, version TEXT, time TEXT, verdict TEXT, partial INTEGER);"
	"CREATE TABLE IF NOT EXISTS rule_result(run INTEGER NOT NULL REFERENCES run(id),"
	" subject TEXT, edition TEXT, rule TEXT, state TEXT, exercised INTEGER, violated INTEGER);"
	"CREATE TABLE IF NOT EXISTS finding(key TEXT PRIMARY KEY, rule TEXT, title TEXT,"
	" party TEXT, strength TEXT);"
	"CREATE TABLE IF NOT EXISTS occurrence(run INTEGER NOT NULL REFERENCES run(id),"
	" key TEXT NOT NULL REFERENCES finding(key), subject TEXT, edition TEXT,"
	" times INTEGER, known INTEGER);"
	"CREATE INDEX IF NOT EXISTS occurrence_by_key ON occurrence(key, run);"
	"CREATE INDEX IF NOT EXISTS rule_by_rule ON rule_result(rule, run);";

static int complain(struct kmc_run_history *h, char *error, size_t size)
{
	snprintf(error, size, "history: %s", h->db ? sqlite3_errmsg(h->db) : "out of memory");
	return -EIO;
}

struct kmc_run_history *kmc_run_history_open(const char *path, char *error, size_t size)
{
	struct kmc_run_history *h = calloc(1, sizeof(*h));

	if (h && !sqlite3_open(path, &h->db) && !sqlite3_busy_timeout(h->db, 5000) &&
	    !sqlite3_exec(h->db, tables, NULL, NULL, NULL))
		return h;
	if (h)
		snprintf(error, size, "%s: %s", path, sqlite3_errmsg(h->db));
	kmc_run_history_close(h);
	return NULL;
}

void kmc_run_history_close(struct kmc_run_history *history)
{
	if (!history)
		return;
	sqlite3_close(history->db);
	free(history);
}

/* adding */

/* A statement with values bound by letter: t text, n number. The first error is kept. */
static sqlite3_stmt *prepare(struct kmc_run_history *h, const char *sql)
{
	sqlite3_stmt *statement = NULL;

	if (!h->failed && sqlite3_prepare_v2(h->db, sql, -1, &statement, NULL))
		h->failed = true;
	return h->failed ? NULL : statement;
}

static void bind_text(sqlite3_stmt *statement, int at, const char *text)
{
	sqlite3_bind_text(statement, at, text, -1, SQLITE_TRANSIENT);
}

/* What SQLite cannot hold is as much as it can. */
static void bind_number(sqlite3_stmt *statement, int at, uint64_t number)
{
	sqlite3_bind_int64(statement, at, number < INT64_MAX ? (sqlite3_int64)number : INT64_MAX);
}

static void step(struct kmc_run_history *h, sqlite3_stmt *statement)
{
	if (!h->failed && sqlite3_step(statement) != SQLITE_DONE)
		h->failed = true;
	sqlite3_reset(statement);
}

static void add_rules(struct kmc_run_history *h, const struct kmc_doc_subject *s, int64_t run)
{
	sqlite3_stmt *insert = prepare(h, "INSERT INTO rule_result VALUES(?, ?, ?, ?, ?, ?, ?)");

	for (size_t i = 0; insert && i < s->nr_rules; i++) {
		const struct kmc_doc_rule *rule = &s->rules[i];

		sqlite3_bind_int64(insert, 1, run);
		bind_text(insert, 2, s->name);
		bind_text(insert, 3, s->edition);
		bind_text(insert, 4, rule->id);
		bind_text(insert, 5, kmc_doc_state_name(rule->state));
		bind_number(insert, 6, rule->exercised);
		bind_number(insert, 7, rule->violated);
		step(h, insert);
	}
	sqlite3_finalize(insert);
}

static void add_findings(struct kmc_run_history *h, const struct kmc_doc_subject *s, int64_t run)
{
	sqlite3_stmt *finding = prepare(h, "INSERT OR IGNORE INTO finding VALUES(?, ?, ?, ?, ?)");
	sqlite3_stmt *insert = prepare(h, "INSERT INTO occurrence VALUES(?, ?, ?, ?, ?, ?)");

	for (size_t i = 0; finding && insert && i < s->nr_findings; i++) {
		const struct kmc_doc_finding *f = &s->findings[i];

		bind_text(finding, 1, f->key);
		bind_text(finding, 2, f->rule);
		bind_text(finding, 3, f->title);
		bind_text(finding, 4, f->party);
		bind_text(finding, 5, f->strength);
		step(h, finding);
		sqlite3_bind_int64(insert, 1, run);
		bind_text(insert, 2, f->key);
		bind_text(insert, 3, s->name);
		bind_text(insert, 4, s->edition);
		bind_number(insert, 5, f->occurrences);
		bind_number(insert, 6, f->known);
		step(h, insert);
	}
	sqlite3_finalize(finding);
	sqlite3_finalize(insert);
}

/* Return: its number; 0: it is there already, or nothing came of it. */
static int64_t add_run(struct kmc_run_history *h, const struct kmc_doc *doc)
{
	sqlite3_stmt *insert = prepare(h, "INSERT OR IGNORE INTO run(sha256, file, command, version,"
					  " time, verdict, partial) VALUES(?, ?, ?, ?, ?, ?, ?)");
	uint8_t digest[32];
	char hex[65];

	kmc_sha256(doc->json, doc->json_bytes, digest);
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	if (!insert)
		return 0;
	bind_text(insert, 1, hex);
	bind_text(insert, 2, doc->file);
	bind_text(insert, 3, doc->command);
	bind_text(insert, 4, doc->version);
	bind_text(insert, 5, doc->generated);
	bind_text(insert, 6, doc->verdict);
	bind_number(insert, 7, doc->partial);
	step(h, insert);
	sqlite3_finalize(insert);
	return h->failed || !sqlite3_changes(h->db) ? 0 : sqlite3_last_insert_rowid(h->db);
}

int kmc_run_history_add(struct kmc_run_history *h, const struct kmc_doc *doc, char *error,
			size_t size)
{
	int64_t run;

	h->failed = sqlite3_exec(h->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK;
	run = add_run(h, doc);
	for (size_t i = 0; run && !h->failed && i < doc->nr_subjects; i++) {
		add_rules(h, &doc->subjects[i], run);
		add_findings(h, &doc->subjects[i], run);
	}
	if (!h->failed && sqlite3_exec(h->db, "COMMIT", NULL, NULL, NULL))
		h->failed = true;
	if (!h->failed)
		return 0;
	complain(h, error, size);
	sqlite3_exec(h->db, "ROLLBACK", NULL, NULL, NULL);
	return -EIO;
}

/* trends */

static const char *text_at(sqlite3_stmt *statement, int column)
{
	const unsigned char *text = sqlite3_column_text(statement, column);

	return text ? (const char *)text : "";
}

static int64_t number(struct kmc_run_history *h, const char *sql)
{
	sqlite3_stmt *statement = prepare(h, sql);
	int64_t value = 0;

	if (statement && sqlite3_step(statement) == SQLITE_ROW)
		value = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return value;
}

/* The letter that stands for a state in a trend; where subjects differ, the first of these. */
static const char of_state[] = "CASE state WHEN 'violated' THEN '1V' WHEN 'unknown' THEN '2u'"
			       " WHEN 'known' THEN '3k' WHEN 'pass' THEN '4p'"
			       " WHEN 'unexercised' THEN '5.' ELSE '6-' END";

static void print_runs(struct kmc_run_history *h, FILE *out, int64_t from)
{
	sqlite3_stmt *runs = prepare(h, "SELECT id, command, file, verdict, time, partial FROM run"
					" WHERE id >= ? ORDER BY id");

	if (!runs)
		return;
	sqlite3_bind_int64(runs, 1, from);
	while (sqlite3_step(runs) == SQLITE_ROW)
		fprintf(out, "  %4" PRId64 "  %-9s %s of %s%s%s%s\n",
			(int64_t)sqlite3_column_int64(runs, 0), text_at(runs, 3),
			text_at(runs, 1), text_at(runs, 2), *text_at(runs, 4) ? ", " : "",
			text_at(runs, 4), sqlite3_column_int(runs, 5) ? ", partial" : "");
	sqlite3_finalize(runs);
}

/* One character a run: how often it was met there, or nothing. */
static void print_met(struct kmc_run_history *h, FILE *out, const char *key, int64_t from)
{
	sqlite3_stmt *met = prepare(h, "SELECT (SELECT sum(times) FROM occurrence"
				       " WHERE run = run.id AND key = ?1) FROM run"
				       " WHERE id >= ?2 ORDER BY id");

	if (!met)
		return;
	bind_text(met, 1, key);
	sqlite3_bind_int64(met, 2, from);
	while (sqlite3_step(met) == SQLITE_ROW) {
		int64_t times = sqlite3_column_int64(met, 0);

		putc(!times ? '.' : times < 10 ? (char)('0' + times) : '+', out);
	}
	sqlite3_finalize(met);
}

static const char *fate(int64_t first, int64_t last, int64_t newest)
{
	return last != newest ? "gone" : first == newest ? "new" : "still there";
}

static void print_findings(struct kmc_run_history *h, FILE *out, int64_t from, int64_t newest)
{
	sqlite3_stmt *keys = prepare(h,
		"SELECT finding.key, rule, title, min(run), max(run), count(DISTINCT run), sum(times),"
		" party FROM finding JOIN occurrence USING(key) GROUP BY finding.key"
		" ORDER BY max(run) DESC, min(run), finding.key");

	while (keys && sqlite3_step(keys) == SQLITE_ROW) {
		int64_t first = sqlite3_column_int64(keys, 3), last = sqlite3_column_int64(keys, 4);

		fprintf(out, "  %s %s, %s: %s\n    ", text_at(keys, 0), text_at(keys, 1),
			text_at(keys, 7), text_at(keys, 2));
		print_met(h, out, text_at(keys, 0), from);
		fprintf(out, "  %s: runs %" PRId64 " to %" PRId64 ", in %" PRId64 " of them, %" PRId64
			     " times\n", fate(first, last, newest), first, last,
			(int64_t)sqlite3_column_int64(keys, 5),
			(int64_t)sqlite3_column_int64(keys, 6));
	}
	sqlite3_finalize(keys);
}

static void print_states(struct kmc_run_history *h, FILE *out, const char *rule, int64_t from)
{
	char sql[512];
	sqlite3_stmt *states;

	snprintf(sql, sizeof(sql), "SELECT (SELECT substr(min(%s), 2) FROM rule_result"
				   " WHERE run = run.id AND rule = ?1) FROM run WHERE id >= ?2"
				   " ORDER BY id", of_state);
	states = prepare(h, sql);
	if (!states)
		return;
	bind_text(states, 1, rule);
	sqlite3_bind_int64(states, 2, from);
	while (sqlite3_step(states) == SQLITE_ROW)
		fputs(*text_at(states, 0) ? text_at(states, 0) : " ", out);
	sqlite3_finalize(states);
}

/* Of the rules those that were not always in one state. */
static void print_rules(struct kmc_run_history *h, FILE *out, int64_t from)
{
	sqlite3_stmt *rules = prepare(h,
		"SELECT rule FROM rule_result GROUP BY rule HAVING count(DISTINCT state) > 1"
		" ORDER BY rule");
	bool any = false;

	while (rules && sqlite3_step(rules) == SQLITE_ROW) {
		if (!any)
			fputs("rules that changed (V violated, u unknown, k known, p pass,"
			      " . unexercised, - unreachable):\n", out);
		any = true;
		fprintf(out, "  %-10s ", text_at(rules, 0));
		print_states(h, out, text_at(rules, 0), from);
		putc('\n', out);
	}
	sqlite3_finalize(rules);
}

int kmc_run_history_print(struct kmc_run_history *h, FILE *out, char *error, size_t size)
{
	int64_t newest, from;

	h->failed = false;
	newest = number(h, "SELECT max(id) FROM run");
	from = newest > SHOWN_RUNS ? newest - SHOWN_RUNS + 1 : 1;
	fprintf(out, "%" PRId64 " runs, %" PRId64 " findings; %" PRId64
		     " runs were violated, %" PRId64 " unknown\n",
		number(h, "SELECT count(*) FROM run"), number(h, "SELECT count(*) FROM finding"),
		number(h, "SELECT count(*) FROM run WHERE verdict = 'violated'"),
		number(h, "SELECT count(*) FROM run WHERE verdict = 'unknown'"));
	print_runs(h, out, from);
	fputs("findings (times in each run):\n", out);
	print_findings(h, out, from, newest);
	print_rules(h, out, from);
	return h->failed ? complain(h, error, size) : 0;
}
