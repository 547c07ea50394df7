/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A run document as read: what every renderer is a pure function of. All
 * strings are valid UTF-8 without control characters, whatever the file held;
 * a document that was accepted has every field that the version demands.
 */
#ifndef RENDER_RUN_DOC_H
#define RENDER_RUN_DOC_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kmc_doc_state {
	DOC_PASS, DOC_VIOLATED, DOC_KNOWN, DOC_UNKNOWN, DOC_UNEXERCISED, DOC_UNREACHABLE,
	DOC_NR_STATES
};

struct kmc_doc_lines {
	const char **line;
	size_t nr;
};

struct kmc_doc_rule {
	const char *id, *name, *party, *strength, *origin;
	const char *why;       /* of an unreachable one; else "" */
	const char *statement, *source; /* "" in documents of version 1.0 */
	enum kmc_doc_state state;
	uint64_t exercised, passed, violated, unknown;
};

/* One event around a violation. */
struct kmc_doc_moment {
	uint64_t time;        /* number of the event in the stream */
	uint64_t cpu, task;
	const char *kind;     /* begin, end, call, effect, trace, machine or gap */
	const char *op;       /* "kmalloc"; of an effect its name */
	const char *object;   /* "o1": the same one in the whole window; "" none */
	const char *life;     /* what it is to the object: "begins", "ends", "" used or none */
	const char *address;  /* in hexadecimal; "" none */
	uint64_t bytes;       /* of the object; 0 not said */
	const char *role;     /* "A", "B" as in the explanation; "" context */
	const char *text;     /* the event as a line */
};

/* A program that shows a finding; nr of text 0: none. */
struct kmc_doc_program {
	struct kmc_doc_lines text; /* as the text form of programs */
	uint64_t ops, ops_before;  /* ops_before 0: not known */
	uint64_t tries;            /* runs that minimising took */
	const char *sha256;        /* of the text; "" not said */
};

struct kmc_doc_finding {
	const char *key, *title, *rule, *party, *strength, *severity, *call, *clause, *shape;
	const char *address, *site, *required;
	struct kmc_doc_lines let, then, but;
	uint64_t occurrences, first, last;
	bool known;
	/* since 1.3; nothing where the document does not say */
	uint64_t seen, of;                /* reproduced seen of so many times; of 0: not tried */
	struct kmc_doc_program minimised;
	const char *reproduce;            /* a command; "" that of the document */
	struct kmc_doc_moment *timeline;  /* in the order of events */
	size_t nr_timeline;
};

/* A line or a set of bars of a plot. Series of one plot share x and its unit. */
struct kmc_doc_point {
	uint64_t x, y;
};

struct kmc_doc_series {
	const char *name;    /* "rules exercised" */
	const char *plot;    /* "discovery", "sizes", "outcomes", "free pages of Normal", "rate" */
	const char *kind;    /* line, steps, bars (x: upper end of a class) or points (y against x) */
	const char *subject; /* whose; "" of the run */
	const char *unit, *x_unit;
	struct kmc_doc_point *points; /* in the order of x, but of points */
	size_t nr_points;
	bool generated;      /* measured by the clock: differs between equal runs */
};

struct kmc_doc_life {
	const char *name;
	uint64_t allocs, frees, implied_frees, before_trace, duplicates, failed, live, live_bytes;
	uint64_t free_again, peak_live_bytes; /* 0 where the document does not say */
};

/* Of one call the shapes of requests that were seen: classes, never values. Since 1.3. */
struct kmc_doc_shapes {
	const char *call;
	struct kmc_doc_lines seen; /* "size=pow2 gfp=plain context=plain" */
};

struct kmc_doc_subject {
	const char *name, *edition, *verdict;
	const char *profile, *release; /* "" none */
	bool bare;                     /* a recorded kernel */
	struct kmc_doc_lines options;
	uint64_t cpus, nodes, page_bytes, events;
	uint64_t guide;                /* 0 not said */
	uint64_t totals[DOC_NR_STATES]; /* violated: of must rules only */
	uint64_t noted;                 /* others that were violated: advice */
	struct kmc_doc_rule *rules;
	struct kmc_doc_finding *findings;
	struct kmc_doc_life *lives;
	struct kmc_doc_shapes *shapes;
	size_t nr_rules, nr_findings, nr_lives, nr_shapes;
};

struct kmc_doc_fact {
	const char *key, *value;
};

/* Of a merged document: what came from one host. */
struct kmc_doc_count {
	const char *key;
	uint64_t occurrences;
};

struct kmc_doc_host {
	const char *name; /* "" not said */
	uint64_t documents, events;
	uint64_t verdicts[3]; /* documents that conform, are violated, unknown */
	struct kmc_doc_count *findings;
	size_t nr_findings;
};

struct kmc_doc {
	const char *path;      /* as given */
	const char *tool, *version, *command, *file, *sha256, *verdict, *reproduce;
	const char *generated; /* "" left out */
	uint64_t exit_status;
	bool partial;          /* the run had not ended: what is here is true, the rest is unknown */
	struct kmc_doc_series *series; /* those by the clock last */
	size_t nr_series;
	struct kmc_doc_fact *facts;
	struct kmc_doc_subject *subjects;
	struct kmc_doc_host *hosts; /* none: the document of one run */
	size_t nr_facts, nr_subjects, nr_hosts;
	const char *json;      /* the text of the file */
	size_t json_bytes;
	struct kmc_doc_room *room;
};

/**
 * kmc_doc_read() - Read a run document.
 * @error: one line naming the file and the place; size bytes.
 * Return: 0; -EINVAL no document, damaged, or of a newer major version; -errno.
 */
int kmc_doc_read(const char *path, struct kmc_doc *doc, char *error, size_t size);
/**
 * kmc_doc_read_memory() - The same from @len bytes, below 2 GiB, that stay where they are.
 * @text: a byte 0 stands behind them.
 */
int kmc_doc_read_memory(const char *name, const char *text, size_t len, struct kmc_doc *doc,
			char *error, size_t size);
void kmc_doc_free(struct kmc_doc *doc);

/** kmc_doc_state_name() - "pass", as in the document. */
const char *kmc_doc_state_name(enum kmc_doc_state state);
/** kmc_doc_rule_of() - The rule of a finding; NULL when the document does not list it. */
const struct kmc_doc_rule *kmc_doc_rule_of(const struct kmc_doc_subject *subject, const char *id);
/** kmc_doc_family_bytes() - Length of a rule id's family: 5 of "ALIGN-2". */
size_t kmc_doc_family_bytes(const char *id);

#endif
