/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The score: by fault, by rule, as text and as JSON. Included by mutants.c. */
#pragma once
#include <stdio.h>
#include "campaign.h"

struct mutant {
	struct fault fault;
	struct campaign run;
	char tests[512]; /* names of unit tests that fail with it, a space between two */
	bool tested;
};

/** score_line() - One line of what became of a fault. */
void score_line(FILE *out, const struct mutant *mutant);
/** score_rules() - Of each rule on a list: how many of its faults were caught, how many by it. */
void score_rules(FILE *out, const struct mutant *mutants, size_t nr);
/** score_others() - What else would have caught those faults. */
void score_others(FILE *out, const struct mutant *mutants, size_t nr);
/** score_json() - Return: 0, -errno. */
int score_json(const char *path, const struct campaign_wish *wish, const struct mutant *mutants,
	       size_t nr);
