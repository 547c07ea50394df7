/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `kmconform check` inside: one session runs any number of inputs and collects
 * their judges. Included by check/ only.
 */
#ifndef CHECK_CHECK_H
#define CHECK_CHECK_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "exec/target.h"
#include "oracle/report.h"
#include "run_options.h"

struct kmc_check_options {
	struct kmc_run_options run;
	const struct kmc_target_ops *target;
	const char *library;     /* malloc: --library */
	unsigned int flags;      /* KMC_TARGET_* */
	uint64_t repeat;         /* runs of each program */
	bool hash;
	const char *events_name; /* --events; one program only */
	bool ktap;               /* a result line for each input, as it comes */
	int timeout_ms;
};

/* Inputs of one machine and one edition share a target and a judge. */
struct kmc_check_group {
	struct kmc_machine machine; /* as the input described it */
	uint32_t edition;
	bool file;                  /* events from a file: no target */
	struct kmc_target *target;
	struct kmc_caps caps;
	struct kmc_judge *judge;
	bool used;
};

struct kmc_check {
	const struct kmc_check_options *options;
	size_t nr_groups;
	struct kmc_check_group *groups;
	const char *first;          /* the first input's name */
	struct kmc_check_ktap *ktap; /* NULL: not wanted */
	/* totals */
	uint64_t programs, event_files, ops, events, runs;
	uint64_t refused, skipped, misuse;
};

/** kmc_check_input() - Run or read one file. Return: 0, or KMC_EXIT_CANNOT after a message. */
int kmc_check_input(struct kmc_check *check, const char *path);

/** kmc_check_conclude() - Report over all inputs. Return: exit status. */
int kmc_check_conclude(struct kmc_check *check);
/** kmc_check_keep() - Leave a partial document, when it is time. Return: 0, KMC_EXIT_CANNOT. */
int kmc_check_keep(const struct kmc_check *check);

/* check_ktap.c */

/** kmc_ktap_begin() - Version and plan of @nr inputs. Return: NULL without memory. */
struct kmc_check_ktap *kmc_ktap_begin(unsigned int nr);
/** kmc_ktap_listen() - Hear of the violations that @judge finds. */
void kmc_ktap_listen(struct kmc_check_ktap *ktap, struct kmc_judge *judge);
/** kmc_ktap_result() - The line of one input, what was heard before it. @ran: was it judged? */
void kmc_ktap_result(struct kmc_check_ktap *ktap, const char *path, bool ran);
/** kmc_ktap_end() - The totals. Return: 0, -EIO where not all could be written. */
int kmc_ktap_end(struct kmc_check_ktap *ktap);
void kmc_check_free(struct kmc_check *check);

#endif
