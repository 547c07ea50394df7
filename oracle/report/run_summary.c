// SPDX-License-Identifier: GPL-2.0-or-later
/* The plain summary: counts of rules by state, coverage, findings, verdict; at most 100 columns. */
#include <inttypes.h>
#include <string.h>
#include "catalogue.h"
#include "run_names.h"

#define WIDTH 100

/* Text under an indent, broken at blanks. */
static void say_wrapped(FILE *out, const char *head, const char *text)
{
	size_t indent = strlen(head), column = indent;

	fputs(head, out);
	while (*text) {
		size_t len = strcspn(text, " \n");

		if (column > indent && column + 1 + len > WIDTH) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (column > indent) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, len, out);
		column += len;
		text += len;
		if (*text == '\n') {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		}
		text += *text != '\0';
	}
	fputc('\n', out);
}

typedef bool (*wants_fn)(const struct kmc_rule *rule);

static bool of_conformance(const struct kmc_rule *rule)
{
	return kmc_rule_counts_for_conformance(rule);
}

static bool of_allocator(const struct kmc_rule *rule)
{
	return of_conformance(rule) && rule->party == KMC_PARTY_ALLOCATOR;
}

static bool of_caller(const struct kmc_rule *rule)
{
	return of_conformance(rule) && rule->party == KMC_PARTY_CALLER;
}

static bool of_equivalence(const struct kmc_rule *rule)
{
	return !of_conformance(rule);
}

static void say_counts(FILE *out, const struct kmc_judge *judge, const char *head, wants_fn wants)
{
	unsigned int states[6] = { 0 }, notes = 0, all = 0;

	for (size_t i = 0; i < kmc_rule_count(); i++) {
		struct kmc_rule_result result;

		if (!wants(kmc_rule_at(i)))
			continue;
		kmc_judge_result(judge, i, &result);
		if (result.state == KMC_RULE_VIOLATED && kmc_rule_at(i)->strength != KMC_MUST)
			notes++;
		else
			states[result.state]++;
		all++;
	}
	fprintf(out, "%s: ", head);
	for (unsigned int i = 0; i < 6; i++)
		if (states[i] || i < 2)
			fprintf(out, "%u %s, ", states[i], kmc_state_name(i));
	if (notes)
		fprintf(out, "%u noted, ", notes);
	fprintf(out, "of %u\n", all);
}

static void add_word(char *list, size_t size, const char *word)
{
	size_t len = strlen(list);

	if (len + strlen(word) + 2 < size)
		sprintf(list + len, "%s%s", len ? " " : "", word);
}

static void say_coverage(FILE *out, const struct kmc_judge *judge)
{
	unsigned int reachable = 0, exercised = 0;
	char missing[4096] = "";

	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *rule = kmc_rule_at(i);
		struct kmc_rule_result result;

		kmc_judge_result(judge, i, &result);
		if (!kmc_rule_must_be_covered(rule, &result))
			continue;
		reachable++;
		exercised += result.exercised > 0;
		if (!result.exercised)
			add_word(missing, sizeof(missing), rule->id);
	}
	fprintf(out, "  coverage: %u of %u reachable must rules of the allocator exercised\n",
		exercised, reachable);
	if (*missing)
		say_wrapped(out, "    not exercised: ", missing);
}

static void say_unreachable(FILE *out, const struct kmc_judge *judge)
{
	unsigned int counts[KMC_NR_WHY] = { 0 };

	for (size_t i = 0; i < kmc_rule_count(); i++) {
		struct kmc_rule_result result;

		kmc_judge_result(judge, i, &result);
		if (result.state == KMC_RULE_UNREACHABLE)
			counts[result.why]++;
	}
	for (unsigned int why = 1; why < KMC_NR_WHY; why++)
		if (counts[why])
			fprintf(out, "    unreachable, %s: %u\n", kmc_why_text(why), counts[why]);
}

static void say_finding(FILE *out, const struct kmc_finding *finding)
{
	const struct kmc_rule *rule = kmc_rule_at((size_t)finding->rule);

	fprintf(out, "\n  %s %s %s (%s, %s, origin %s)%s\n", finding->key, rule->id, rule->name,
		kmc_party_name(rule->party), kmc_strength_name(rule->strength),
		kmc_origin_name(rule->origin), finding->known ? ", known" : "");
	fprintf(out, "    %s, %s%s%s: %" PRIu64 " time%s, first at event %" PRIu64 "\n",
		finding->call, finding->clause, *finding->shape ? ", " : "", finding->shape,
		finding->occurrences, finding->occurrences == 1 ? "" : "s", finding->first_seq);
	say_wrapped(out, "    Let   ", finding->let ? finding->let : "");
	say_wrapped(out, "    Then  ", finding->then ? finding->then : "");
	say_wrapped(out, "    But   ", finding->but ? finding->but : "");
}

enum group { GROUP_ALLOCATOR, GROUP_CALLER, GROUP_NOTE, GROUP_EQUIVALENCE, NR_GROUPS };

static enum group group_of(const struct kmc_finding *finding)
{
	const struct kmc_rule *rule = kmc_rule_at((size_t)finding->rule);

	if (of_equivalence(rule))
		return GROUP_EQUIVALENCE;
	if (rule->strength != KMC_MUST)
		return GROUP_NOTE;
	return rule->party == KMC_PARTY_CALLER ? GROUP_CALLER : GROUP_ALLOCATOR;
}

static void say_findings(FILE *out, const struct kmc_judge *judge, enum group group)
{
	static const char *const heads[NR_GROUPS] = {
		"findings against the allocator", "findings against callers", "notes (should)",
		"differences from Linux (equivalence)",
	};
	size_t nr = kmc_judge_finding_count(judge), here = 0;

	for (size_t i = 0; i < nr; i++)
		here += group_of(kmc_judge_finding(judge, i)) == group;
	if (!here)
		return;
	fprintf(out, "  %s: %zu\n", heads[group], here);
	for (size_t i = 0; i < nr; i++)
		if (group_of(kmc_judge_finding(judge, i)) == group)
			say_finding(out, kmc_judge_finding(judge, i));
}

static void say_subject(FILE *out, const struct kmc_judge *judge)
{
	const struct kmc_subject *subject = kmc_judge_subject(judge);
	char edition[32];

	kmc_release_print(edition, sizeof(edition), subject->edition);
	fprintf(out, "subject: %s, edition %s, %" PRIu64 " events%s\n", subject->name, edition,
		kmc_judge_events(judge), subject->bare ? ", bare tracepoints" : "");
	say_counts(out, judge, "  rules", of_conformance);
	say_counts(out, judge, "    allocator", of_allocator);
	say_counts(out, judge, "    caller", of_caller);
	say_counts(out, judge, "  equivalence with Linux", of_equivalence);
	say_unreachable(out, judge);
	say_coverage(out, judge);
	for (unsigned int group = 0; group < NR_GROUPS; group++)
		say_findings(out, judge, group);
	fprintf(out, "  verdict: %s\n", kmc_verdict_name(kmc_judge_verdict(judge)));
}

int kmc_run_summary(FILE *out, const struct kmc_run *run)
{
	for (size_t i = 0; i < run->nr_judges; i++)
		say_subject(out, run->judges[i]);
	if (run->nr_judges != 1)
		fprintf(out, "verdict: %s\n", kmc_verdict_name(kmc_run_verdict(run)));
	return ferror(out) ? -1 : 0;
}
