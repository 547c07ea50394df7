// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The explanations of findings over all families, as people read them: a
 * change of their words is a change on purpose. KMC_UPDATE=1 writes them anew.
 */
#include "catalogue.h"
#include "judge_tests.h"

/* A family's rule that its programs break, and what says which of them. */
static const char *const programs[] = {
	"ALIGN-3-break", "KM-9-break",	 "ARR-2-break",	 "DUP-1-break",	 "REA-4-break",
	"KC-25-break",	 "KC-9-break",	 "DBG-2-break",	 "FR-10-break",	 "FR-11-break",
	"RCU-1-break",	 "VM-9-break",	 "KV-2-break",	 "MP-3-break",	 "UC-1-break",
	"RS-7-break",	 "ADV-5-break",	 "GFP-1-break",	 "GFP-28-break", "PAGE-5-break",
	"CPT-6-break",	 "MCG-2-break",	 "CMA-5-break",	 "ZS-13-break",	 "DMA-3-break",
	"PCU-3-break",	 "TRC-2-break",
};
#define NR_PROGRAMS (sizeof(programs) / sizeof(programs[0]))

static const char *folder, *golden;

static void read_events(const char *path, struct kmc_event_file *file)
{
	char error[512];
	FILE *in = fopen(path, "r");

	if (!in)
		fail_msg("%s cannot be read", path);
	if (kmc_event_file_read(in, path, file, error, sizeof(error)))
		fail_msg("%s", error);
	fclose(in);
}

static struct kmc_judge *judge_of(const struct kmc_event_file *file)
{
	struct kmc_subject subject = { .machine = *file->machine, .edition = file->edition,
				       .bare = true };
	struct kmc_judge *judge;

	for (size_t i = 0; i < file->nr_events; i++)
		subject.bare &= file->events[i].kind > KMC_EV_CALL;
	subject.shows = subject.bare ? SHOWS_TRACE : SHOWS_CALLS;
	assert_int_equal(kmc_judge_create(&subject, &judge), 0);
	for (size_t i = 0; i < file->nr_caches; i++)
		assert_int_equal(kmc_judge_cache(judge, &file->caches[i]), 0);
	for (size_t i = 0; i < file->nr_events; i++)
		assert_true(kmc_judge_event(judge, &file->events[i]) >= 0);
	assert_true(kmc_judge_finish(judge) >= 0);
	return judge;
}

static void explain(FILE *out, const char *program)
{
	struct kmc_event_file file;
	struct kmc_judge *judge;
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s.ev", folder, program);
	read_events(path, &file);
	judge = judge_of(&file);
	if (!kmc_judge_finding_count(judge))
		fail_msg("%s breaks nothing", program);
	for (size_t i = 0; i < kmc_judge_finding_count(judge); i++) {
		const struct kmc_finding *f = kmc_judge_finding(judge, i);
		const struct kmc_rule *rule = kmc_rule_at((size_t)f->rule);

		fprintf(out, "%s %s %s %s, %s\nLet  %s\nThen %s\nBut  %s\n\n", f->key, rule->id,
			rule->name, f->call, f->clause, f->let, f->then, f->but);
	}
	kmc_judge_destroy(judge);
	kmc_event_file_free(&file);
}

static char *explanations(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	for (size_t i = 0; i < NR_PROGRAMS; i++)
		explain(out, programs[i]);
	fclose(out);
	return text;
}

static void compare(const char *is, const char *was)
{
	for (unsigned int line = 1; *is || *was; line++) {
		size_t a = strcspn(is, "\n"), b = strcspn(was, "\n");

		if (a != b || memcmp(is, was, a))
			fail_msg("line %u of %s\n  was %.*s\n  is  %.*s", line, golden, (int)b, was,
				 (int)a, is);
		is += a + (is[a] != '\0');
		was += b + (was[b] != '\0');
	}
}

static void stable(void **state)
{
	char *is = explanations(), was[65536];
	FILE *file = fopen(golden, getenv("KMC_UPDATE") ? "w" : "r");
	size_t len;

	(void)state;
	if (!file)
		fail_msg("%s cannot be opened", golden);
	if (getenv("KMC_UPDATE")) {
		fputs(is, file);
	} else {
		len = fread(was, 1, sizeof(was) - 1, file);
		was[len] = '\0';
		compare(is, was);
	}
	fclose(file);
	free(is);
}

/* Of twenty families at least, each by a program that breaks one of its rules. */
static void families(void **state)
{
	bool has[64] = { false };
	unsigned int nr = 0;

	(void)state;
	for (size_t p = 0; p < NR_PROGRAMS; p++) {
		char id[32] = "";
		int rule;

		memcpy(id, programs[p], strcspn(programs[p], "b") - 1); /* before "-break" */
		rule = kmc_rule_find(id);
		if (rule < 0)
			fail_msg("%s is no program of a rule", programs[p]);
		nr += !has[kmc_rule_at((size_t)rule)->family];
		has[kmc_rule_at((size_t)rule)->family] = true;
	}
	assert_true(nr >= 20);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stable),
		cmocka_unit_test(families),
	};

	folder = argc > 1 ? argv[1] : ".";
	golden = argc > 2 ? argv[2] : "explanations.txt";
	cmocka_set_message_output(CM_OUTPUT_STDOUT);
	return cmocka_run_group_tests_name("explanations", tests, NULL, NULL);
}
