/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The run document: one JSON file per run, from which every other report is
 * made, and the plain summary for people. Used by replay and check.
 */
#ifndef ORACLE_REPORT_H
#define ORACLE_REPORT_H
#include <stdio.h>
#include "oracle/judge.h"

/* One (key, value) line of the run document's free sections; value is JSON text or a plain string. */
struct kmc_run_item {
	const char *key;
	const char *string;   /* NULL: take number */
	uint64_t number;
};

/* What a run knows of a finding beyond what its judge does. */
struct kmc_run_evidence {
	const char *key;
	unsigned int seen, of;      /* reproduced seen of so many times; of 0: not tried */
	const char *program;        /* minimised, as text; NULL none */
	uint64_t ops, ops_before;   /* of the program, and before it was made small; 0 not known */
	uint64_t tries;             /* runs that it took; 0 not known */
	const char *reproduce;      /* a command; NULL: that of the run */
};

/* Points of a plot; those of one plot share x. Kinds: line, steps, bars, points. */
struct kmc_run_point {
	uint64_t x, y;
};

struct kmc_run_series {
	const char *name, *plot, *kind, *unit, *x_unit;
	const char *subject;        /* its name; NULL: of the run */
	const struct kmc_run_point *points;
	size_t nr;
	bool clock;                 /* measured by the clock: stands in the block that may vary */
};

struct kmc_run {
	const char *command;      /* "replay", "check" */
	const char *tool_version; /* KMC_VERSION_LINE */
	const char *input;        /* file name as given */
	const char *input_digest; /* hex or NULL */
	/* further facts of the input and results of comparisons, in this order */
	const struct kmc_run_item *items;
	size_t nr_items;
	/* one judge per subject, in this order */
	struct kmc_judge *const *judges;
	size_t nr_judges;
	const struct kmc_run_evidence *evidence;
	size_t nr_evidence;
	const struct kmc_run_series *series;
	size_t nr_series;
	bool partial;             /* not at its end: the document's verdict is unknown */
	bool reproducible;        /* leave out what differs between equal runs */
};

/**
 * kmc_run_write() - Write the document to @path (by a temporary file and rename).
 * Return: 0, -errno.
 */
int kmc_run_write(const struct kmc_run *run, const char *path);

/** kmc_run_summary() - The plain text summary: verdict, counts by state, findings, coverage line. */
int kmc_run_summary(FILE *out, const struct kmc_run *run);

enum kmc_verdict { KMC_CONFORMS, KMC_VIOLATED, KMC_UNKNOWN };
/** kmc_run_verdict() - Over all judges; "conforms" only when reachable must rules were exercised. */
enum kmc_verdict kmc_run_verdict(const struct kmc_run *run);

#define KMC_STRICT           1u /* unknown judgements: exit 3 */
#define KMC_REQUIRE_COVERAGE 2u /* reachable must rules left unexercised: exit 3 */
/** kmc_run_exit_status() - 0, 1 violated, 3 on request. Notes (should) and I-rules do not make it 1. */
int kmc_run_exit_status(const struct kmc_run *run, unsigned int wishes);

#endif
