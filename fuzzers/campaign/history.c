/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The campaign's history as tables, for trends over weeks: sessions, samples, findings. */
#include <sqlite3.h>
#include <stdlib.h>
#include <time.h>
#include "campaign.h"

struct kmc_history {
	sqlite3 *db;
	sqlite3_int64 session;
	bool told; /* an error was reported; one is enough */
};

static const char schema[] =
	"PRAGMA journal_mode=WAL;"
	"CREATE TABLE IF NOT EXISTS session(id INTEGER PRIMARY KEY, began INTEGER, ended INTEGER,"
	" workers INTEGER, execs INTEGER, findings INTEGER);"
	"CREATE TABLE IF NOT EXISTS sample(session INTEGER, at INTEGER, seconds REAL, execs INTEGER,"
	" edges INTEGER, corpus INTEGER, rules INTEGER, findings INTEGER);"
	"CREATE TABLE IF NOT EXISTS finding(key TEXT PRIMARY KEY, rule TEXT, target TEXT,"
	" engine TEXT, session INTEGER, at INTEGER, execs INTEGER);";

static void complain(struct kmc_history *h)
{
	if (!h->told)
		fprintf(stderr, "kmconform fuzz: history: %s\n", sqlite3_errmsg(h->db));
	h->told = true;
}

struct kmc_history *kmc_history_open(const char *path)
{
	struct kmc_history *h = calloc(1, sizeof(*h));

	if (!h)
		return NULL;
	if (sqlite3_open(path, &h->db) || sqlite3_busy_timeout(h->db, 2000) ||
	    sqlite3_exec(h->db, schema, NULL, NULL, NULL)) {
		complain(h);
		kmc_history_close(h);
		return NULL;
	}
	return h;
}

/* @sql with up to eight numbers and then texts bound in order. */
static void execute(struct kmc_history *h, const char *sql, const double *numbers,
		    unsigned int nr_numbers, const char *const *texts, unsigned int nr_texts)
{
	sqlite3_stmt *stmt = NULL;
	int at = 1;

	if (sqlite3_prepare_v2(h->db, sql, -1, &stmt, NULL)) {
		complain(h);
		return;
	}
	for (unsigned int i = 0; i < nr_texts; i++)
		sqlite3_bind_text(stmt, at++, texts[i], -1, SQLITE_TRANSIENT);
	for (unsigned int i = 0; i < nr_numbers; i++)
		sqlite3_bind_double(stmt, at++, numbers[i]);
	if (sqlite3_step(stmt) != SQLITE_DONE)
		complain(h);
	sqlite3_finalize(stmt);
}

void kmc_history_session(struct kmc_history *h, const struct kmc_campaign *c, bool end)
{
	double begin[] = { (double)time(NULL), c->options->nr_workers };
	double close[] = { (double)time(NULL), (double)c->session_execs, (double)c->session_new,
			   0 };

	if (!h)
		return;
	if (!end) {
		execute(h, "INSERT INTO session(began, workers) VALUES(?, ?)", begin, 2, NULL, 0);
		h->session = sqlite3_last_insert_rowid(h->db);
		return;
	}
	close[3] = (double)h->session;
	execute(h, "UPDATE session SET ended = ?, execs = ?, findings = ? WHERE id = ?", close, 4,
		NULL, 0);
}

void kmc_history_sample(struct kmc_history *h, const struct kmc_campaign *c)
{
	uint64_t edges = 0, corpus = 0;
	double numbers[8];

	if (!h)
		return;
	for (unsigned int i = 0; i < c->nr_targets; i++) {
		edges += c->targets[i].edges;
		corpus += c->targets[i].corpus;
	}
	numbers[0] = (double)h->session;
	numbers[1] = (double)time(NULL);
	numbers[2] = c->seconds + kmc_now() - c->began;
	numbers[3] = (double)c->execs;
	numbers[4] = (double)edges;
	numbers[5] = (double)corpus;
	numbers[6] = (double)c->rules_exercised;
	numbers[7] = (double)c->findings_new;
	execute(h, "INSERT INTO sample VALUES(?, ?, ?, ?, ?, ?, ?, ?)", numbers, 8, NULL, 0);
}

void kmc_history_finding(struct kmc_history *h, const struct kmc_campaign *c, const char *key,
			 const char *rule, const char *target, const char *engine)
{
	const char *texts[] = { key, rule, target, engine };
	double numbers[] = { 0, (double)time(NULL), (double)c->execs };

	if (!h)
		return;
	numbers[0] = (double)h->session;
	execute(h, "INSERT OR IGNORE INTO finding(key, rule, target, engine, session, at, execs)"
		   " VALUES(?, ?, ?, ?, ?, ?, ?)", numbers, 3, texts, 4);
}

void kmc_history_close(struct kmc_history *h)
{
	if (!h)
		return;
	sqlite3_close(h->db);
	free(h);
}
