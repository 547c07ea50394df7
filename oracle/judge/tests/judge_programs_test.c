// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The programs of the rules: every event file in a folder against the verdict
 * that its head states:
 *
 *   # expect: violated ALIGN-2 KM-1    these rules are violated, and no other but for notes
 *   # expect: pass ALIGN-2             nothing is violated, and this rule passed
 *   # expect: unexercised ALIGN-2      nothing is violated; the rule was not concerned
 *   # expect: unreachable ALIGN-2      nothing is violated; the rule is off here
 *
 * A program that breaks a rule names it, or what its alias says, and no rule that has nothing to
 * do with it.
 */
#include <dirent.h>
#include "judge_tests.h"
#include "oracle/related.h"

struct expectation {
	char word[32];
	char ids[256];
};

static const char *folder;

static void read_expectation(const char *path, struct expectation *expect)
{
	char line[512] = "";
	FILE *in = fopen(path, "r");

	assert_non_null(in);
	assert_non_null(fgets(line, sizeof(line), in));
	assert_non_null(fgets(line, sizeof(line), in));
	fclose(in);
	expect->ids[0] = '\0';
	if (sscanf(line, "# expect: %31s %255[^\n]", expect->word, expect->ids) < 2)
		fail_msg("%s: the second line is not '# expect: STATE RULE...'", path);
}

static void read_events(const char *path, struct kmc_event_file *file)
{
	char error[512];
	FILE *in = fopen(path, "r");

	assert_non_null(in);
	if (kmc_event_file_read(in, path, file, error, sizeof(error)))
		fail_msg("%s", error);
	fclose(in);
}

static struct kmc_judge *judge_events(const struct kmc_event_file *file)
{
	struct kmc_subject subject = { .machine = *file->machine, .edition = file->edition };
	struct kmc_judge *judge;
	bool calls = false;

	for (size_t i = 0; i < file->nr_events; i++)
		calls |= file->events[i].kind <= KMC_EV_CALL;
	subject.bare = !calls;
	subject.shows = calls ? SHOWS_CALLS : SHOWS_TRACE;
	assert_int_equal(kmc_judge_create(&subject, &judge), 0);
	for (size_t i = 0; i < file->nr_caches; i++)
		assert_int_equal(kmc_judge_cache(judge, &file->caches[i]), 0);
	for (size_t i = 0; i < file->nr_events; i++)
		assert_true(kmc_judge_event(judge, &file->events[i]) >= 0);
	assert_true(kmc_judge_finish(judge) >= 0);
	return judge;
}

static bool is_listed(const char *ids, const char *id)
{
	size_t len = strlen(id);

	for (const char *at = ids; (at = strstr(at, id)); at += len)
		if ((at == ids || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
			return true;
	return false;
}

static void show_findings(const struct kmc_judge *judge)
{
	for (size_t i = 0; i < kmc_judge_finding_count(judge); i++) {
		const struct kmc_finding *f = kmc_judge_finding(judge, i);

		print_error("  %s %s\n    Let  %s\n    Then %s\n    But  %s\n",
			    kmc_rule_at((size_t)f->rule)->id, f->clause, f->let, f->then, f->but);
	}
}

static bool violated_as_expected(const struct kmc_judge *judge, const char *ids)
{
	bool right = true;

	for (size_t i = 0; i < kmc_rule_count(); i++) {
		struct kmc_rule_result result;

		kmc_judge_result(judge, i, &result);
		if ((result.violated > 0) == is_listed(ids, kmc_rule_at(i)->id))
			continue;
		/* A note (a should) beside is no finding. */
		if (result.violated && kmc_rule_at(i)->strength == KMC_SHOULD)
			continue;
		print_error("%s is %sviolated\n", kmc_rule_at(i)->id, result.violated ? "" : "not ");
		right = false;
	}
	return right;
}

static enum kmc_rule_state state_named(const char *word)
{
	static const char *const words[] = { "pass",	"violated",    "known",
					     "unknown", "unexercised", "unreachable" };

	for (unsigned int i = 0; i < 6; i++)
		if (!strcmp(words[i], word))
			return (enum kmc_rule_state)i;
	fail_msg("no such state: %s", word);
	return KMC_RULE_PASS;
}

static bool belongs(const char *id, const char *other)
{
	int rule = kmc_rule_find(id), by = kmc_rule_find(other);

	return rule >= 0 && by >= 0 && kmc_rule_belongs(rule, by);
}

/* Is each id that a file says is broken the one of its name, or does it belong to that? */
static void check_names(const char *file, const struct expectation *expect)
{
	const char *kind = strstr(file, "-break");
	char id[32] = "", words[256];
	unsigned int own = 0;

	if (!kind || (size_t)(kind - file) >= sizeof(id))
		return;
	memcpy(id, file, (size_t)(kind - file));
	if (kmc_rule_find(id) < 0)
		fail_msg("%s: no rule of that name", file);
	if (strcmp(expect->word, "violated"))
		fail_msg("%s breaks nothing", file);
	snprintf(words, sizeof(words), "%s", expect->ids);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " ")) {
		if (!belongs(id, word))
			fail_msg("%s names %s, which has nothing to do with it", file, word);
		own += !strcmp(word, id) || kmc_rule_at((size_t)kmc_rule_find(id))->alias;
	}
	if (!own)
		fail_msg("%s does not name its own rule", file);
}

static void check_file(void **state)
{
	struct kmc_event_file file;
	struct expectation expect;
	struct kmc_judge *judge;
	bool violated, right;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", folder, (const char *)*state);
	read_expectation(path, &expect);
	check_names(*state, &expect);
	read_events(path, &file);
	judge = judge_events(&file);
	violated = !strcmp(expect.word, "violated");
	right = violated_as_expected(judge, violated ? expect.ids : "");
	if (!violated && result_of(judge, expect.ids).state != state_named(expect.word)) {
		print_error("%s is in state %d, not %s\n", expect.ids,
			    result_of(judge, expect.ids).state, expect.word);
		right = false;
	}
	if (!right)
		show_findings(judge);
	kmc_judge_destroy(judge);
	kmc_event_file_free(&file);
	if (!right)
		fail_msg("%s", path);
}

/* Every judged rule has a program that keeps it, one that breaks it, one it does not concern. */
static void check_complete(void **state)
{
	static const char *const kinds[] = { "keep", "break", "other" };
	unsigned int missing = 0;

	(void)state;
	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *rule = kmc_rule_at(i);

		for (unsigned int k = 0; k < 3 && rule->judged; k++) {
			char path[4096];
			FILE *in;

			/* What is permitted and never required cannot be broken. */
			if (k == 1 && rule->strength == KMC_MAY)
				continue;
			snprintf(path, sizeof(path), "%s/%s-%s.ev", folder, rule->id, kinds[k]);
			in = fopen(path, "r");
			if (in)
				fclose(in);
			else
				print_error("missing: %s-%s.ev\n", rule->id, kinds[k]);
			missing += !in;
		}
	}
	assert_int_equal(missing, 0);
}

static int is_event_file(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 3 && !strcmp(entry->d_name + len - 3, ".ev");
}

int main(int argc, char **argv)
{
	struct dirent **entries;
	struct CMUnitTest *tests;
	int nr, failed;

	folder = argc > 1 ? argv[1] : ".";
	nr = scandir(folder, &entries, is_event_file, alphasort);
	if (nr <= 0) {
		fprintf(stderr, "no event files in %s\n", folder);
		return 1;
	}
	tests = calloc((size_t)nr + 1, sizeof(*tests));
	if (!tests)
		return 1;
	for (int i = 0; i < nr; i++)
		tests[i] = (struct CMUnitTest){ .name = entries[i]->d_name, .test_func = check_file,
						.initial_state = entries[i]->d_name };
	tests[nr] = (struct CMUnitTest){ .name = "every judged rule has its programs",
					 .test_func = check_complete };
	cmocka_set_message_output(CM_OUTPUT_STDOUT);
	failed = _cmocka_run_group_tests("programs of the rules", tests, (size_t)nr + 1, NULL, NULL);
	while (nr--)
		free(entries[nr]);
	free(entries);
	free(tests);
	return failed;
}
