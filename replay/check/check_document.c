/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The session as a run: what was run, its judges, and of each finding how it
 * is had again. Partial documents on the way, the whole one at the end.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"
#include "kmc-version.h"

#define NR_ITEMS 9

/* A run with what it points to. */
struct session {
	struct kmc_run run;
	struct kmc_run_item items[NR_ITEMS];
	struct kmc_judge **judges;
	struct kmc_run_evidence *evidence;
};

static void fill_items(struct session *s, const struct kmc_check *check)
{
	const struct kmc_run_item items[NR_ITEMS] = {
		{ "target", check->options->target->name, 0 },
		{ "programs", NULL, check->programs },
		{ "event_files", NULL, check->event_files },
		{ "runs", NULL, check->runs },
		{ "ops", NULL, check->ops },
		{ "events", NULL, check->events },
		{ "calls_refused", NULL, check->refused },
		{ "calls_skipped", NULL, check->skipped },
		{ "calls_of_misuse", NULL, check->misuse },
	};

	memcpy(s->items, items, sizeof(items));
	s->run.items = s->items;
	s->run.nr_items = NR_ITEMS;
}

static size_t nr_findings(const struct session *s)
{
	size_t nr = 0;

	for (size_t i = 0; i < s->run.nr_judges; i++)
		nr += kmc_judge_finding_count(s->judges[i]);
	return nr;
}

/* Runs that were repeated gave the same events, or the session would have ended. */
static int fill_evidence(struct session *s, const struct kmc_check *check)
{
	size_t nr = nr_findings(s);

	if (check->programs != 1 || check->event_files || check->options->repeat < 2 || !nr)
		return 0;
	s->evidence = calloc(nr, sizeof(*s->evidence));
	if (!s->evidence)
		return -ENOMEM;
	for (size_t i = 0; i < s->run.nr_judges; i++)
		for (size_t j = 0; j < kmc_judge_finding_count(s->judges[i]); j++)
			s->evidence[s->run.nr_evidence++] = (struct kmc_run_evidence){
				.key = kmc_judge_finding(s->judges[i], j)->key,
				.seen = (unsigned int)check->runs, .of = (unsigned int)check->runs,
			};
	s->run.evidence = s->evidence;
	return 0;
}

static void session_free(struct session *s)
{
	free(s->judges);
	free(s->evidence);
}

static int session_make(struct session *s, const struct kmc_check *check)
{
	*s = (struct session){
		.run = { .command = "check", .tool_version = KMC_VERSION_LINE,
			 .input = check->first, .reproducible = true },
		.judges = calloc(check->nr_groups + 1, sizeof(*s->judges)),
	};
	if (!s->judges)
		return -ENOMEM;
	s->run.judges = s->judges;
	for (size_t i = 0; i < check->nr_groups; i++)
		if (check->groups[i].judge && check->groups[i].used)
			s->judges[s->run.nr_judges++] = check->groups[i].judge;
	fill_items(s, check);
	if (!fill_evidence(s, check))
		return 0;
	session_free(s);
	return -ENOMEM;
}

int kmc_check_keep(const struct kmc_check *check)
{
	const struct kmc_run_options *options = &check->options->run;
	struct session s;
	int status;

	if (!kmc_run_keep_due(options))
		return 0;
	if (session_make(&s, check))
		return kmc_run_error(options, "out of memory");
	status = kmc_run_keep(options, &s.run);
	session_free(&s);
	return status;
}

int kmc_check_conclude(struct kmc_check *check)
{
	const struct kmc_run_options *options = &check->options->run;
	struct session s;
	int status;

	if (session_make(&s, check))
		return kmc_run_error(options, "out of memory");
	status = kmc_run_conclude(options, &s.run);
	session_free(&s);
	return status;
}
