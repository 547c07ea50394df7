/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What alloc carries, joined with what the contract says of it. Each side has every name. */
#include "faults.h"
#include <stdio.h>
#include <string.h>
#include "exec/planted_faults.h"
#include "oracle/judge.h"

static const struct {
	const char *name, *rules;
} lists[] = {
#define KMC_FAULT_RULES(name, rules) { #name, rules },
#include "fault_rules.def"
#undef KMC_FAULT_RULES
};
#define NR_LISTS (sizeof(lists) / sizeof(lists[0]))

static const char *rules_of(const char *name)
{
	for (size_t i = 0; i < NR_LISTS; i++)
		if (!strcmp(lists[i].name, name))
			return lists[i].rules;
	return NULL;
}

static bool ids_are_known(const char *rules)
{
	char id[32];
	int used;

	for (; sscanf(rules, " %31s%n", id, &used) == 1; rules += used)
		if (kmc_rule_find(id) < 0) {
			fprintf(stderr, "kmconform mutants: fault_rules.def: no rule %s\n", id);
			return false;
		}
	return true;
}

/* Harmless while calls do not overlap: the thread target's (test_fuzz_races). */
static bool is_race(const char *name)
{
	return !strncmp(name, "race_", 5);
}

int faults_load(struct fault *faults)
{
	const char *name;
	size_t nr = 0;

	for (size_t i = 0; nr < MAX_FAULTS && (name = kmc_exec_planted_name(i)); i++) {
		if (is_race(name))
			continue;
		faults[nr] = (struct fault){ name, kmc_exec_planted_summary(i), rules_of(name) };
		if (!faults[nr].rules) {
			fprintf(stderr, "kmconform mutants: no rules for %s\n", name);
			return -1;
		}
		if (!ids_are_known(faults[nr++].rules))
			return -1;
	}
	if (nr && nr != NR_LISTS) {
		fprintf(stderr, "kmconform mutants: fault_rules.def names a fault there is none of\n");
		return -1;
	}
	return (int)nr;
}

bool fault_lists(const struct fault *fault, int rule)
{
	const char *id = kmc_rule_at((size_t)rule)->id, *at = fault->rules;
	size_t len = strlen(id);

	while ((at = strstr(at, id))) {
		if ((at == fault->rules || at[-1] == ' ') && (!at[len] || at[len] == ' '))
			return true;
		at += len;
	}
	return false;
}
