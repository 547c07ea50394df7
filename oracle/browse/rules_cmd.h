/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the files of `kmconform rules` share: which rules are meant, and the
 * ways of showing them. Private to browse/.
 */
#ifndef BROWSE_RULES_CMD_H
#define BROWSE_RULES_CMD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "oracle/judge.h"

#define KMC_RULES_CANNOT 2

/* Which rules; a field that is not set lets all pass. */
struct kmc_rules_filter {
	char **words;      /* ids and family names; NULL at the end */
	int party, strength, origin; /* -1 any */
	int judged;        /* -1 any, 0 not judged, 1 judged */
	uint32_t edition;  /* in force at this release; 0 any */
	const char *text;  /* in the statement, the words-name or the source */
};

bool kmc_rules_pass(const struct kmc_rules_filter *filter, const struct kmc_rule *rule);

/** kmc_rules_fail() - One line on standard error. Return: KMC_RULES_CANNOT. */
int kmc_rules_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** kmc_rules_span() - "5.4 and later", "6.4 to 6.10", "all releases". Return: @buf. */
const char *kmc_rules_span(char *buf, size_t size, const struct kmc_rule *rule);

/* Each returns an exit status. */
int kmc_rules_list(const struct kmc_rules_filter *filter);
int kmc_rules_list_json(const struct kmc_rules_filter *filter);
int kmc_rules_explain(const struct kmc_rules_filter *filter);
int kmc_rules_coverage(const struct kmc_rules_filter *filter);
/** kmc_rules_difference() - What begins, ends and changes from one edition to a later one. */
int kmc_rules_difference(const struct kmc_rules_filter *filter, uint32_t from, uint32_t to);
/** kmc_rules_traffic() - Who in a recording relies on a clause that differs between the two. */
int kmc_rules_traffic(const char *trace, uint32_t from, uint32_t to);
/** kmc_rules_guides() - Which rule each line of the guide's texts stands for. */
int kmc_rules_guides(const char *folder, char **texts);
/** kmc_rules_lint() - What documents say, against headers and one another. */
int kmc_rules_lint(const char *path);

#endif
