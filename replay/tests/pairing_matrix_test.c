/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Every allocator by every freeing call in every profile, made of the contract's
 * matrix: a legal pair frees the block once, without a report or a finding; a
 * wrong one is carried out only as a named misuse, is put on record, blamed on
 * the caller, and leaves the block as it was; one that is legal in a later
 * edition is carried out and blamed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "exec/target.h"
#include "oracle/judge.h"

struct column {
	const char *name, *call, *needs;
};
static const struct column columns[] = {
#define COLUMN(name, call, needs) { name, call, needs },
#include "pairing_matrix.def"
};
#define NR_COLUMNS (sizeof(columns) / sizeof(columns[0]))

struct row {
	const char *name, *make, *end, *rest;
	unsigned int order, bytes, pages;
	bool judged;
	const char *object_cells, *page_cells;
};
static const struct row rows[] = {
#define ROW(name, make, end, rest, order, bytes, pages, judged, object_cells, ...) \
	{ name, make, end, rest, order, bytes, pages, judged, object_cells, __VA_ARGS__ },
#include "pairing_matrix.def"
};
#define NR_ROWS (sizeof(rows) / sizeof(rows[0]))

static const uint32_t profiles[] = { KMC_RELEASE(6, 1, 192), KMC_RELEASE(6, 6, 9),
				     KMC_RELEASE(6, 12, 117), KMC_RELEASE(6, 18, 44) };

enum verdict { LEGAL, BLAMED, WRONG, NOT_HERE };
static unsigned int carried_out[4], not_made, no_such_call, failures;

/* the cell */

static void word_at(const char *cells, size_t index, char *word, size_t size)
{
	size_t len = 0;

	while (index--)
		cells = strchr(cells, ' ') + 1;
	while (cells[len] && cells[len] != ' ' && len + 1 < size)
		len++;
	memcpy(word, cells, len);
	word[len] = '\0';
}

static enum verdict read_cell(const struct row *row, size_t column, uint32_t edition)
{
	char word[8];

	if (!strcmp(columns[column].name, "kfree_nolock") && edition < KMC_RELEASE(6, 18, 0))
		return NOT_HERE; /* there is no such call yet */
	if (column < 16)
		word_at(row->object_cells, column, word, sizeof(word));
	else
		word_at(row->page_cells, column - 16, word, sizeof(word));
	if (!strcmp(word, "ok") || !strcmp(word, "ok59") || !strcmp(word, "nop"))
		return LEGAL;
	if (!strcmp(word, "ok4"))
		return edition >= KMC_RELEASE(6, 4, 0) ? LEGAL : BLAMED;
	if (!strcmp(word, "-") || !strcmp(word, "skip"))
		return NOT_HERE;
	if (strcmp(word, "I") && strcmp(word, "X") && strcmp(word, "I612") && strcmp(word, "nop17"))
		fail_msg("%s: cell %zu is no word of the contract: %s", row->name, column, word);
	return WRONG;
}

/* one run */

struct run {
	struct kmc_judge *judge;
	uint8_t outcome;  /* of the last outermost call */
	bool refused, skipped; /* any call */
	unsigned int warned, reported, released, by_caller, by_allocator;
	uint64_t report;  /* of the last one */
	char finding[512];
};

static void on_cache(void *arg, const struct kmc_cache_desc *cache)
{
	struct run *run = arg;

	kmc_judge_cache(run->judge, cache);
}

static void on_event(void *arg, const struct kmc_event *ev)
{
	struct run *run = arg;

	assert_true(kmc_judge_event(run->judge, ev) >= 0);
	if (ev->kind == KMC_EV_EFFECT) {
		run->warned += ev->what == KMC_EFF_WARNED;
		run->released += ev->what == KMC_EFF_RELEASED;
		run->reported += ev->what == KMC_EFF_REPORTED;
		if (ev->what == KMC_EFF_REPORTED)
			run->report = ev->arg;
	} else if (!ev->parent && (ev->kind == KMC_EV_END || ev->kind == KMC_EV_CALL)) {
		run->outcome = ev->outcome;
		run->refused |= ev->outcome == KMC_OUT_REFUSED;
		run->skipped |= ev->outcome == KMC_OUT_SKIPPED;
	}
}

static void on_violation(void *arg, const struct kmc_finding *finding)
{
	struct run *run = arg;
	const struct kmc_rule *rule = kmc_rule_at((size_t)finding->rule);

	if (rule->party == KMC_PARTY_CALLER)
		run->by_caller++;
	else
		run->by_allocator++;
	snprintf(run->finding, sizeof(run->finding), "%s: %s, but %s", rule->id, finding->then,
		 finding->but);
}

/* O, S and N of a call's text are the row's order, bytes and pages; @suffix goes to its end. */
static void expand(char *out, size_t size, const char *call, const struct row *row,
		   const char *suffix)
{
	size_t len = 0;

	for (const char *at = call; *at && len + 24 < size; at++) {
		bool alone = at > call && at[-1] == ' ' && (at[1] == ')' || at[1] == ',');
		unsigned int number = *at == 'O' ? row->order : *at == 'S' ? row->bytes : row->pages;

		if (alone && strchr("OSN", *at))
			len += (size_t)snprintf(out + len, size - len, "%u", number);
		else
			out[len++] = *at;
	}
	snprintf(out + len, size - len, "%s", suffix);
}

static void go_on(struct kmc_target *target, struct run *run, const char *text)
{
	struct kmc_sink sink = { .arg = run, .event = on_event, .cache = on_cache };
	struct kmc_program program;
	char whole[1024], error[256];

	snprintf(whole, sizeof(whole), "# kmconform program 1\nmachine cpus=1 memory=32M\n%s\n", text);
	kmc_program_init(&program);
	if (kmc_program_parse(&program, whole, strlen(whole), "matrix", error, sizeof(error)))
		fail_msg("%s\n%s", error, whole);
	run->outcome = KMC_OUT_NONE;
	run->refused = run->skipped = false;
	run->warned = run->reported = run->released = 0;
	assert_int_equal(kmc_target_run(target, program.ops, program.nr_ops, &sink, 1000), 0);
	kmc_program_free(&program);
}

static void start(struct kmc_target *target, uint32_t edition, struct run *run)
{
	struct kmc_subject subject = { .edition = edition };
	struct kmc_caps caps;

	memset(run, 0, sizeof(*run));
	target->ops->caps(target, &caps);
	subject.machine = caps.machine;
	subject.shows = caps.shows;
	subject.disclaims = caps.disclaims;
	assert_int_equal(kmc_judge_create(&subject, &run->judge), 0);
	kmc_judge_on_violation(run->judge, on_violation, run);
	assert_int_equal(target->ops->reset(target), 0);
}

/* All cells are looked at; the first few that are wrong are told. */
#define EXPECT(what, condition)                                                               \
	do {                                                                                  \
		if (!(condition) && failures++ < 20)                                          \
			print_error("%s by %s, profile %u.%u: %s (outcome %s; %s)\n", row->name, \
				    column->name, profile >> 20, profile >> 10 & 1023, what,    \
				    kmc_outcome_name(run->outcome), run->finding);            \
	} while (0)

static bool is_rcu(const struct column *column)
{
	return strstr(column->call, "_rcu") != NULL;
}

static bool is_block(const struct row *row)
{
	return row->bytes != 0;
}

/* Time passes, so that a deferred free is done, too. Exactly once it is. */
static void expect_freed(struct kmc_target *target, struct run *run, const struct row *row,
			 const struct column *column, uint32_t profile)
{
	unsigned int released = run->released;

	go_on(target, run, "clock_advance(10000000000)\nrcu_grace_period()\nrcu_grace_period()");
	released += run->released;
	EXPECT("a report while time passes", !run->warned);
	EXPECT("deferred frees", released == (is_rcu(column) && is_block(row)));
	go_on(target, run, row->rest);
	EXPECT("the rest does not fit", !run->skipped && !run->warned);
	assert_true(kmc_judge_finish(run->judge) >= 0);
}

static void legal_cell(struct kmc_target *target, struct run *run, const struct row *row,
		       const struct column *column, uint32_t profile, bool blamed)
{
	EXPECT("not carried out", !run->skipped);
	EXPECT("reported", !run->warned && !run->reported);
	expect_freed(target, run, row, column, profile);
	EXPECT("the allocator is blamed", !run->by_allocator);
	EXPECT(blamed ? "the caller is not blamed" : "the caller is blamed",
	       (run->by_caller != 0) == blamed);
	/* What the subject itself knows of the place. */
	go_on(target, run, "read(r0, 1) misuse");
	EXPECT("still there", !is_block(row) || !row->pages ||
				      (run->reported && run->report != KMC_REPORT_LIVE));
}

static void wrong_cell(struct kmc_target *target, struct run *run, const struct row *row,
		       const struct column *column, uint32_t profile)
{
	char call[128];

	EXPECT("carried out unnamed", run->skipped);
	EXPECT("blamed although nothing happened", !run->by_caller);
	expand(call, sizeof(call), column->call, row, " misuse");
	go_on(target, run, call);
	EXPECT("not put on record", !run->skipped && run->reported == 1);
	EXPECT("the block is not what it was",
	       !is_block(row) || run->report != KMC_REPORT_FREE);
	EXPECT("the caller is not blamed", run->by_caller || !row->judged);
	go_on(target, run, row->end);
	EXPECT("cannot be freed rightly", !run->skipped && !run->warned);
	go_on(target, run, row->rest);
	EXPECT("the rest does not fit", !run->skipped && !run->warned);
	EXPECT("the allocator is blamed", !run->by_allocator);
}

static void cell(struct kmc_target *target, const struct row *row, const struct column *column,
		 uint32_t profile)
{
	enum verdict verdict = read_cell(row, (size_t)(column - columns), profile);
	struct run run_of, *run = &run_of;
	char call[128];

	if (verdict == NOT_HERE)
		return;
	start(target, profile, run);
	go_on(target, run, column->needs);
	if (!run->refused)
		go_on(target, run, row->make);
	if (run->refused) {
		not_made++;
		goto out;
	}
	EXPECT("the row's own calls do not fit", !run->skipped);
	expand(call, sizeof(call), column->call, row, "");
	go_on(target, run, call);
	if (run->refused) {
		no_such_call++;
		goto out;
	}
	carried_out[verdict]++;
	if (verdict == WRONG)
		wrong_cell(target, run, row, column, profile);
	else
		legal_cell(target, run, row, column, profile, verdict == BLAMED);
out:
	kmc_judge_destroy(run->judge);
}

static void whole_matrix(uint32_t profile)
{
	struct kmc_target_config config = { 0 };
	struct kmc_target *target;
	char error[256];

	kmc_machine_default(&config.machine);
	config.machine.profile = profile;
	assert_int_equal(kmc_target_find("alloc")->open(&config, &target, error, sizeof(error)), 0);
	for (size_t r = 0; r < NR_ROWS; r++)
		for (size_t c = 0; c < NR_COLUMNS; c++)
			cell(target, &rows[r], &columns[c], profile);
	target->ops->close(target);
}

static void fr1_fr2_fr3_fr4_fr5_fr6_fr7_fr8_fr9_fr15_fr16_fr18_fr21_matrix(void **state)
{
	(void)state;
	for (size_t i = 0; i < 4; i++)
		whole_matrix(profiles[i]);
	print_message("%u legal, %u legal in a later edition, %u wrong; %u of allocators, %u of "
		      "frees that this version lacks\n", carried_out[LEGAL], carried_out[BLAMED],
		      carried_out[WRONG], not_made, no_such_call);
	assert_int_equal(failures, 0);
	assert_true(carried_out[LEGAL] > 300 && carried_out[BLAMED] >= 15 &&
		    carried_out[WRONG] > 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fr1_fr2_fr3_fr4_fr5_fr6_fr7_fr8_fr9_fr15_fr16_fr18_fr21_matrix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
