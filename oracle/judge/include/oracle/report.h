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
