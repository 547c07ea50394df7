// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kmconform rules: the contract to look up. Lists and explains rules, says how
 * much of them is judged, what two editions of the contract differ in, whom in
 * a recording that concerns, and where documents are wrong.
 */
#include <argp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "kmc-version.h"
#include "rules_cmd.h"
#include "run_names.h"

enum { KEY_PARTY = 0x4000, KEY_STRENGTH, KEY_ORIGIN, KEY_JUDGED, KEY_UNJUDGED, KEY_EDITION,
       KEY_EXPLAIN, KEY_COVERAGE, KEY_DIFF, KEY_GUIDES, KEY_JSON,
       KEY_LINT };

static const struct argp_option options[] = {
	{ NULL, 0, NULL, 0, "Which rules:", 1 },
	{ "edition", KEY_EDITION, "RELEASE", 0, "Those in force at this release", 1 },
	{ "party", KEY_PARTY, "WHO", 0, "allocator or caller", 1 },
	{ "strength", KEY_STRENGTH, "HOW", 0, "must, should, may or none", 1 },
	{ "origin", KEY_ORIGIN, "WHENCE", 0, "S the guide, D documents, I the implementation, I*", 1 },
	{ "judged", KEY_JUDGED, NULL, 0, "Those that this version judges", 1 },
	{ "unjudged", KEY_UNJUDGED, NULL, 0, "The others", 1 },
	{ "grep", 'g', "TEXT", 0, "TEXT in statement, name or source, case ignored", 1 },
	{ NULL, 0, NULL, 0, "What of them (default: a line each):", 2 },
	{ "explain", KEY_EXPLAIN, NULL, 0, "All that the catalogue says of each", 2 },
	{ "json", KEY_JSON, NULL, 0, "The list as JSON", 2 },
	{ "coverage", KEY_COVERAGE, NULL, 0,
	  "How many are judged; with guide texts: which rule each of their lines stands for", 2 },
	{ "guides", KEY_GUIDES, "FOLDER", 0,
	  "Where the classification of the guides' lines is kept, for --coverage", 2 },
	{ "diff", KEY_DIFF, "A..B", 0,
	  "What differs between the contracts of two releases; with a TRACE: which recorded "
	  "callers rely on that", 2 },
	{ "lint", KEY_LINT, "CLAIMS", 0,
	  "What documents say of names and masks, held against headers and one another", 2 },
	{ 0 }
};

#define MAX_WORDS 64
struct args {
	struct kmc_rules_filter filter;
	char *words[MAX_WORDS + 1];
	unsigned int nr_words;
	const char *guides, *claims;
	bool explain, json, coverage;
	uint32_t from, to;
};

int kmc_rules_fail(const char *format, ...)
{
	va_list list;

	fflush(stdout);
	fputs("kmconform rules: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	return KMC_RULES_CANNOT;
}

/* The number whose name is @text; a usage error when there is none. */
static int number_of(const char *text, const char *(*name)(unsigned int), unsigned int nr,
		     struct argp_state *state)
{
	for (unsigned int i = 0; i < nr; i++)
		if (!strcasecmp(text, name(i)))
			return (int)i;
	argp_error(state, "what is %s?", text);
	return -1;
}

static uint32_t release_of(const char *text, struct argp_state *state)
{
	uint32_t release = kmc_release_parse(text);

	if (!release)
		argp_error(state, "%s is no release", text);
	return release;
}

static void parse_editions(struct args *args, char *text, struct argp_state *state)
{
	char *dots = strstr(text, "..");

	if (!dots) {
		argp_error(state, "--diff wants two releases, as in 6.1..6.18");
		return;
	}
	*dots = '\0';
	args->from = release_of(text, state);
	args->to = release_of(dots + 2, state);
	if (args->from >= args->to)
		argp_error(state, "--diff wants the older release first");
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;
	struct kmc_rules_filter *f = &args->filter;

	switch (key) {
	case KEY_EDITION: f->edition = release_of(arg, state); break;
	case KEY_PARTY: f->party = number_of(arg, kmc_party_name, 2, state); break;
	case KEY_STRENGTH: f->strength = number_of(arg, kmc_strength_name, 4, state); break;
	case KEY_ORIGIN: f->origin = number_of(arg, kmc_origin_name, 4, state); break;
	case KEY_JUDGED: f->judged = 1; break;
	case KEY_UNJUDGED: f->judged = 0; break;
	case 'g': f->text = arg; break;
	case KEY_EXPLAIN: args->explain = true; break;
	case KEY_JSON: args->json = true; break;
	case KEY_COVERAGE: args->coverage = true; break;
	case KEY_GUIDES: args->guides = arg; break;
	case KEY_LINT: args->claims = arg; break;
	case KEY_DIFF: parse_editions(args, arg, state); break;
	case ARGP_KEY_ARG:
		if (args->nr_words == MAX_WORDS)
			argp_error(state, "more than %d arguments", MAX_WORDS);
		args->words[args->nr_words++] = arg;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* A word that names neither a rule nor a family would pass none in silence. */
static int check_words(const struct args *args)
{
	for (unsigned int i = 0; i < args->nr_words; i++) {
		const struct kmc_rules_filter one = {
			.words = (char *[]){ args->words[i], NULL },
			.party = -1, .strength = -1, .origin = -1, .judged = -1,
		};
		bool any = false;

		for (size_t r = 0; r < kmc_rule_count() && !any; r++)
			any = kmc_rules_pass(&one, kmc_rule_at(r));
		if (!any)
			return kmc_rules_fail("%s: no such rule or family", args->words[i]);
	}
	return 0;
}

static int run(struct args *args)
{
	if (args->to && args->nr_words == 1 && kmc_rule_find(args->words[0]) < 0 &&
	    strchr(args->words[0], '.'))
		return kmc_rules_traffic(args->words[0], args->from, args->to);
	if (args->claims)
		return kmc_rules_lint(args->claims);
	if (args->coverage && args->guides)
		return kmc_rules_guides(args->guides, args->words);
	if (check_words(args))
		return KMC_RULES_CANNOT;
	if (args->to)
		return kmc_rules_difference(&args->filter, args->from, args->to);
	if (args->coverage)
		return kmc_rules_coverage(&args->filter);
	if (args->explain)
		return kmc_rules_explain(&args->filter);
	return args->json ? kmc_rules_list_json(&args->filter) : kmc_rules_list(&args->filter);
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse_option, "[RULE|FAMILY|TRACE|GUIDE...]",
		"Look up the memory-allocation contract: list rules, explain them, say how much is "
		"judged and what differs between releases.\v"
		"kmconform rules FR                        the rules of one family\n"
		"kmconform rules --explain ALIGN-3 FR-2    in full\n"
		"kmconform rules --diff 6.1..6.18          what changed in between\n"
		"kmconform rules --diff 6.1..6.18 t.kmt    which recorded callers rely on it\n"
		"kmconform rules --coverage                how much of the contract is judged\n"
		"kmconform rules --lint corpus/documents/guide.claims\n\n"
		"Exit status: 0 done, 1 a guide's line is not classified or a finding is new, 2 could "
		"not be done.",
		NULL, NULL, NULL };
	struct args args = { .filter = { .party = -1, .strength = -1, .origin = -1,
					 .judged = -1 } };
	int ret;

	argp_err_exit_status = KMC_RULES_CANNOT;
	argp_program_version = KMC_VERSION_LINE;
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	args.filter.words = args.words;
	ret = run(&args);
	if (fflush(stdout))
		return kmc_rules_fail("standard output cannot be written");
	return ret;
}
