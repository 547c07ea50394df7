/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A campaign: workers that run fuzz engines over targets in turns, what they
 * find, and a folder in which all of it survives. Private to campaign/.
 *
 * Whatever is not in the folder does not exist: findings and counters are
 * written beside their place and renamed into it, so that the campaign may be
 * killed at any moment and be started again.
 *
 *   status             key : value, rewritten every second
 *   progress.csv       a line every ten seconds
 *   history.sqlite     sessions, samples, findings
 *   run.json           the run document: rules, findings, curves
 *   known.keys         findings that targets pass over
 *   corpus/TARGET/     inputs, shared by all workers
 *   afl/TARGET/        AFL++'s own folders, synced with the corpus
 *   findings/KEY/      one folder a finding
 *   work/N/            of a worker: artifacts that are not looked at yet
 *   aside/             damaged files that were taken out of the corpus
 *   logs/              what the engines say
 */
#pragma once
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

#define KMC_MAX_WORKERS 64
#define KMC_MAX_TARGETS 64
#define KMC_LINE_BYTES 4096

enum kmc_engine { KMC_LIBFUZZER, KMC_AFL, KMC_NR_ENGINES };

struct kmc_campaign_options {
	const char *folder;
	const char *bin[KMC_NR_ENGINES]; /* where an engine's targets are; NULL: not used */
	const char *seeds[16];           /* programs and folders of them */
	unsigned int nr_seeds;
	const char *known;               /* file of keys that are no news; NULL none */
	const char *only[KMC_MAX_TARGETS];
	unsigned int nr_only;
	unsigned int nr_workers;
	double seconds;                  /* 0: endless */
	double slice;                    /* seconds of one turn; 0: by the time there is */
	double minimize_every;           /* seconds between two of a target's corpus; 0 never */
	const char *rules_document;      /* of the counting child */
	bool quiet;
};

/* What an engine says of one process; all since its start. */
struct kmc_engine_stats {
	uint64_t execs, edges, features, corpus;
	double execs_per_second, stability; /* stability in per cent; AFL++ only, else 0 */
};

struct kmc_target_state {
	char name[64];
	bool has[KMC_NR_ENGINES];
	uint64_t execs;                  /* in all sessions */
	uint64_t edges, corpus;
	double minimized_at;
	bool busy_minimizing;
	unsigned int users;              /* workers that are on it */
};

struct kmc_worker {
	unsigned int number;
	pid_t pid;                       /* 0: idle */
	int out;                         /* the engine's output */
	int leash;                       /* when it is closed, or we die, all of the engine ends */
	enum kmc_engine engine;
	unsigned int target;
	bool minimizing;                 /* merges the corpus instead */
	double began, until;
	char line[KMC_LINE_BYTES];
	size_t line_bytes;
	FILE *log;
	struct kmc_engine_stats stats;
	double stats_read;               /* time of the file that they came from */
	bool based;                      /* what it counted before this turn is known */
};

struct kmc_campaign {
	const struct kmc_campaign_options *options;
	struct kmc_target_state targets[KMC_MAX_TARGETS];
	unsigned int nr_targets, next_job;
	struct kmc_worker workers[KMC_MAX_WORKERS];
	/* of all sessions */
	uint64_t execs, findings_new, findings_known, sessions;
	double seconds;
	/* of this session */
	double began, last_new, last_edge;
	uint64_t session_execs, session_new;
	uint64_t rules_exercised, rules_reachable;
	double ops_per_input;
	pid_t counting;                  /* the child that counts rules; 0 none */
	int counting_out;
	double counted_at;
	struct kmc_history *history;
	int lock;
	bool stopping;
};

/** kmc_now() - Seconds of a clock that only goes forward. */
double kmc_now(void);

/* folder.c */

/** kmc_folder_open() - Make or take up the folder. Return: 0, -EBUSY, -errno after a message. */
int kmc_folder_open(struct kmc_campaign *c);
/** kmc_path() - "FOLDER/format", in a buffer of the caller's. Return: @path. */
const char *kmc_path(const struct kmc_campaign *c, char path[PATH_MAX], const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/** kmc_write_file() - Replace a file as a whole, through a sibling. Return: 0, -errno. */
int kmc_write_file(const char *path, const void *bytes, size_t len);
/** kmc_read_file() - All of a file, malloc()ed and ended by a 0. Return: NULL with errno. */
void *kmc_read_file(const char *path, size_t *len);
/** kmc_make_folder() - With those above it. Return: 0, -errno. */
int kmc_make_folder(const char *path);
/** kmc_remove_folder() - With all that is in it, as far as that goes. */
void kmc_remove_folder(const char *path);
/** kmc_status_write() - The status file. */
void kmc_status_write(const struct kmc_campaign *c);
/** kmc_repair() - Put damaged corpus files aside. Return: how many. */
unsigned int kmc_repair(struct kmc_campaign *c);
/** kmc_import_seeds() - Programs as records into each target's corpus. Return: 0, -errno. */
int kmc_import_seeds(struct kmc_campaign *c);

/* engine.c */

/** kmc_engine_start() - Begin a worker's turn. Return: 0, -errno. */
int kmc_engine_start(struct kmc_campaign *c, struct kmc_worker *w);
/** kmc_engine_start_merge() - Begin to minimise a target's corpus. Return: 0, -errno. */
int kmc_engine_start_merge(struct kmc_campaign *c, struct kmc_worker *w);
/** kmc_engine_read() - Take what the engine has said. Return: false at its end. */
bool kmc_engine_read(struct kmc_campaign *c, struct kmc_worker *w);
/** kmc_engine_look() - Numbers that the engine keeps in files. */
void kmc_engine_look(struct kmc_campaign *c, struct kmc_worker *w);
void kmc_engine_stop(struct kmc_worker *w);
/** kmc_engine_ended() - The process is gone: close, add up, take over a merged corpus. */
void kmc_engine_ended(struct kmc_campaign *c, struct kmc_worker *w);
extern const char *const kmc_engine_names[KMC_NR_ENGINES];

/* findings.c */

/** kmc_findings_collect() - Look at every artifact there is. Return: how many were new. */
unsigned int kmc_findings_collect(struct kmc_campaign *c);
/** kmc_check_option() - What kmconform check needs beside the folder's reduced.op to see what a target sees. Return: NULL nothing. */
const char *kmc_check_option(const char *folder);

/* rules.c */

/**
 * kmc_rules_count() - Run the corpus and print what it exercises: a program of its own.
 * @document: a run document to leave there, of the rules alone; NULL none.
 */
int kmc_rules_count(const char *folder, const char *document);
/** kmc_rules_none() - Such a document of nothing. Return: 0, -errno. */
int kmc_rules_none(const char *path);
void kmc_rules_start(struct kmc_campaign *c, const char *self);
void kmc_rules_read(struct kmc_campaign *c);

/* history.c */

struct kmc_history;
/** kmc_history_open() - NULL where there is none to be had; the campaign goes on without. */
struct kmc_history *kmc_history_open(const char *path);
void kmc_history_session(struct kmc_history *h, const struct kmc_campaign *c, bool end);
void kmc_history_sample(struct kmc_history *h, const struct kmc_campaign *c);
void kmc_history_finding(struct kmc_history *h, const struct kmc_campaign *c, const char *key,
			 const char *rule, const char *target, const char *engine);
void kmc_history_close(struct kmc_history *h);

/* document.c */

#define KMC_DOCUMENT_EVERY_S 20
/** kmc_document_write() - The campaign's run document; partial unless it is the last. */
void kmc_document_write(struct kmc_campaign *c, bool last);
/** kmc_document_keep() - The same now and then, and after a new finding. */
void kmc_document_keep(struct kmc_campaign *c);

/* progress.c */

void kmc_progress(struct kmc_campaign *c, bool last);
