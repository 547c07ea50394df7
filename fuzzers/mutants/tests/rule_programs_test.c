// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The programs of the rules, end to end: corpus/rules/FAMILY/ID.{keep,break,none}.op run on alloc and
 * are judged. What keeps a rule passes it and what does not concern it leaves it alone, both in
 * silence; what breaks it is named by the rule, or what belongs to it, and by no other.
 *
 * "# fault: NAME" in a program that breaks a rule of the allocator: alloc does so with that planted
 * fault, and without it the program is silent. Each of these runs in a process of its own.
 *
 * corpus/rules/not-as-programs.list has a line "ID KINDS REASON" where alloc cannot show a rule;
 * REASONS is the closed list. A reason beside a program is wrong, as is a rule with neither.
 */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>
#include "exec/planted_faults.h"
#include "fuzz/rig.h"
#include "oracle/judge.h"
#include "oracle/related.h"
#include "vocab/program.h"

#define MAX_FILES    2048
#define SECONDS_EACH 60

/*
 * Builds in which something else may stop a faulty allocator before its rule speaks: a
 * sanitizer, or the check of the identities after each op. Their word is as good.
 */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(undefined_behavior_sanitizer)
#define SELF_CHECKED true
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define SELF_CHECKED true
#endif
#if !defined(SELF_CHECKED) && defined(KMC_CHECK_OPS)
#define SELF_CHECKED true
#elif !defined(SELF_CHECKED)
#define SELF_CHECKED false
#endif
#define STOPPED 86

const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "exitcode=86";
}

const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void)
{
	return "exitcode=86";
}

enum kind { KEEP, BREAK, NONE, NR_KINDS };
static const char *const kinds[NR_KINDS] = { "keep", "break", "none" };

static const char *folder;

struct file {
	char path[1024], fault[64];
	int rule;
	enum kind kind;
	struct kmc_program program;
};

/* reading */

static void read_fault(struct file *f)
{
	char line[512];
	FILE *in = fopen(f->path, "r");

	assert_non_null(in);
	f->fault[0] = '\0';
	for (unsigned int i = 0; i < 2 && fgets(line, sizeof(line), in); i++)
		if (i == 1 && sscanf(line, "# fault: %63s", f->fault) != 1)
			f->fault[0] = '\0';
	fclose(in);
}

static void read_file(struct file *f)
{
	char error[1024];

	kmc_program_init(&f->program);
	if (kmc_program_read(&f->program, f->path, error, sizeof(error)))
		fail_msg("%s", error);
	read_fault(f);
}

/* "FAMILY/ID.KIND.op" */
static bool parse_name(struct file *f, const char *family, const char *name)
{
	const char *dot = strchr(name, '.');
	char id[32];

	if (!dot || (size_t)(dot - name) >= sizeof(id))
		return false;
	memcpy(id, name, (size_t)(dot - name));
	id[dot - name] = '\0';
	f->rule = kmc_rule_find(id);
	for (f->kind = KEEP; f->kind < NR_KINDS; f->kind++)
		if (!strncmp(dot + 1, kinds[f->kind], strlen(kinds[f->kind])) &&
		    !strcmp(dot + 1 + strlen(kinds[f->kind]), ".op"))
			break;
	return f->rule >= 0 && f->kind < NR_KINDS && strlen(family) == strcspn(id, "-") &&
	       !strncmp(family, id, strlen(family));
}

/* running */

static struct kmc_rigs *rigs_of_a_run;

static struct kmc_rig *run_program(const struct file *f, struct kmc_rig_run *run)
{
	struct kmc_rig *rig;
	char error[256] = "";

	if (!rigs_of_a_run)
		rigs_of_a_run = kmc_rigs_create(8, KMC_RIG_TRACEPOINTS);
	assert_non_null(rigs_of_a_run);
	if (kmc_rigs_take(rigs_of_a_run, &f->program.machine, f->program.edition, &rig, error,
			  sizeof(error)))
		fail_msg("%s: %s", f->path, error);
	assert_int_equal(kmc_rig_fresh_judge(rig), 0);
	kmc_rig_run(rig, f->program.ops, f->program.nr_ops, run);
	assert_int_equal(run->error, 0);
	return rig;
}

static void say(const struct kmc_finding *f)
{
	print_error("  %s %s\n    Let  %s\n    Then %s\n    But  %s\n",
		    kmc_rule_at((size_t)f->rule)->id, f->clause, f->let, f->then, f->but);
}

/* A rule of the allocator that speaks of what follows on a caller's breach: that breach. */
static bool is_presupposed(int rule, int by)
{
	return kmc_rule_at((size_t)rule)->party == KMC_PARTY_ALLOCATOR &&
	       kmc_rule_at((size_t)by)->party == KMC_PARTY_CALLER && kmc_rule_belongs(rule, by);
}

/* Findings that have nothing to do with @rule, or that @rule does not presuppose. */
static unsigned int unrelated(const struct kmc_rig *rig, int rule, bool broken)
{
	unsigned int nr = 0;

	for (size_t i = 0; i < kmc_judge_finding_count(rig->judge); i++) {
		const struct kmc_finding *finding = kmc_judge_finding(rig->judge, i);

		if (broken ? kmc_rule_belongs(rule, finding->rule)
			   : is_presupposed(rule, finding->rule))
			continue;
		say(finding);
		nr++;
	}
	return nr;
}

/* By the rule or its alias; what the rule presupposes does not count. */
static bool is_named(const struct kmc_rig *rig, int rule)
{
	for (size_t i = 0; i < kmc_judge_finding_count(rig->judge); i++)
		if (!is_presupposed(rule, kmc_judge_finding(rig->judge, i)->rule))
			return true;
	return false;
}

static bool was_done(const struct file *f, const struct kmc_rig_run *run)
{
	if (!run->refused && !run->skipped)
		return true;
	print_error("%s: %u calls refused, %u skipped\n", f->path, (unsigned int)run->refused,
		    (unsigned int)run->skipped);
	return false;
}

static bool right(const struct file *f)
{
	struct kmc_rule_result result;
	struct kmc_rig_run run;
	struct kmc_rig *rig = run_program(f, &run);
	unsigned int others = unrelated(rig, f->rule, f->kind == BREAK);

	kmc_judge_result(rig->judge, (size_t)f->rule, &result);
	/* Where a call that should fail succeeds, a later one may find nothing to work on. */
	if (others || (!*f->fault && !was_done(f, &run)))
		return false;
	switch (f->kind) {
	case KEEP: return result.state == KMC_RULE_PASS && !run.misuse;
	case NONE: return result.state == KMC_RULE_UNEXERCISED && !run.misuse;
	default:
		return is_named(rig, f->rule);
	}
}

/* A faulty allocator is left as it is. */
static bool right_with_fault(const struct file *f)
{
	int status = 0;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		alarm(SECONDS_EACH);
		rigs_of_a_run = NULL;
		kmc_exec_planted_choose(f->fault);
		_exit(right(f) ? 0 : 1);
	}
	assert_true(pid > 0 && waitpid(pid, &status, 0) == pid);
	if (SELF_CHECKED && ((WIFEXITED(status) && WEXITSTATUS(status) == STOPPED) ||
			     (WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT)))
		return true;
	if (WIFSIGNALED(status))
		print_error("%s: signal %d\n", f->path, WTERMSIG(status));
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool has_faults(void)
{
	return kmc_exec_planted_name(0);
}

static bool is_fault(const char *name)
{
	const char *known;

	for (size_t i = 0; (known = kmc_exec_planted_name(i)); i++)
		if (!strcmp(known, name))
			return true;
	return false;
}

static void check_file(void **state)
{
	struct file *f = *state;

	read_file(f);
	if (*f->fault) {
		const struct kmc_rule *rule = kmc_rule_at((size_t)f->rule);
		struct file clean = *f;
		struct kmc_rig_run run;

		if (f->kind != BREAK || rule->party != KMC_PARTY_ALLOCATOR)
			fail_msg("%s: a fault makes alloc break a rule of its own, nothing else", f->path);
		if (unrelated(run_program(&clean, &run), f->rule, false) || !was_done(f, &run))
			fail_msg("%s: not silent without its fault", f->path);
		if (!has_faults())
			skip();
		if (!is_fault(f->fault))
			fail_msg("%s: no fault %s", f->path, f->fault);
		if (!right_with_fault(f))
			fail_msg("%s", f->path);
	} else {
		if (f->kind == BREAK &&
		    kmc_rule_at((size_t)f->rule)->party == KMC_PARTY_ALLOCATOR)
			fail_msg("%s: alloc itself breaks a rule", f->path);
		if (!right(f))
			fail_msg("%s", f->path);
	}
	kmc_program_free(&f->program);
}

/* all of them */

/* Why a rule has no program of a kind. X(word, text) */
#define REASONS(X)                                                                               \
	X(permitted, "what is permitted and never required cannot be broken")                    \
	X(always, "every program concerns it")                                                   \
	X(not_reached, "no release or machine that alloc has comes to it")                       \
	X(not_done, "the executor never carries this out in its own process")                    \
	X(one_by_one, "needs a call inside a call, or two at once, of which a program has none") \
	X(not_shown, "what tells of it only event files and bare traces have")                   \
	X(ends_it, "ends the machine or the process, and what ended is not judged")              \
	X(other_first, "alloc cannot be made to do it without breaking another rule as well")    \
	X(not_found, "was looked for, and not found alone")

struct reason {
	const char *word, *text;
};
static const struct reason reasons[] = {
#define REASON(word, text) { #word, text },
	REASONS(REASON)
#undef REASON
};
#define NR_REASONS (sizeof(reasons) / sizeof(reasons[0]))

static struct file files[MAX_FILES];
static size_t nr_files;
static bool there[1024][NR_KINDS];     /* is a program */
static int why_not[1024][NR_KINDS];    /* index of the reason + 1 */

static void read_reason(const char *line)
{
	char id[32], which[64], word[32];
	unsigned int taken = 0;
	size_t at = 0;
	int rule;

	if (sscanf(line, "%31s %63s %31s", id, which, word) != 3)
		fail_msg("not 'RULE KINDS REASON': %s", line);
	rule = kmc_rule_find(id);
	while (at < NR_REASONS && strcmp(reasons[at].word, word))
		at++;
	if (rule < 0 || at == NR_REASONS)
		fail_msg("no such rule or reason: %s", line);
	for (char *kind = strtok(which, ","); kind; kind = strtok(NULL, ","))
		for (unsigned int k = 0; k < NR_KINDS; k++)
			if (!strcmp(kind, kinds[k])) {
				why_not[rule][k] = (int)at + 1;
				taken++;
			}
	if (!taken)
		fail_msg("no kind in: %s", line);
}

static void read_reasons(void)
{
	char path[512], line[256];
	FILE *in;

	snprintf(path, sizeof(path), "%s/not-as-programs.list", folder);
	in = fopen(path, "r");
	assert_non_null(in);
	while (fgets(line, sizeof(line), in))
		if (line[0] != '#' && line[0] != '\n')
			read_reason(line);
	fclose(in);
}

/* Every judged rule has its programs, or a reason why not, and not both. */
static void check_complete(void **state)
{
	unsigned int programs[NR_KINDS] = { 0 }, by_reason[NR_REASONS] = { 0 }, wrong = 0, whole = 0;

	(void)state;
	read_reasons();
	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *rule = kmc_rule_at(i);
		unsigned int own = 0;

		for (unsigned int k = 0; k < NR_KINDS && rule->judged; k++) {
			int reason = why_not[i][k];

			own += there[i][k];
			programs[k] += there[i][k];
			if (reason)
				by_reason[reason - 1]++;
			if (there[i][k] == !reason)
				continue;
			print_error("%s.%s.op: %s\n", rule->id, kinds[k],
				    reason ? "is there, and a reason why not too" : "missing");
			wrong++;
		}
		whole += own == NR_KINDS;
		if (rule->strength != KMC_MAY && why_not[i][BREAK] == 1) {
			print_error("%s can be broken\n", rule->id);
			wrong++;
		}
	}
	print_message("programs: %u keep, %u break, %u none; %u rules have all three\n", programs[KEEP],
		      programs[BREAK], programs[NONE], whole);
	for (size_t i = 0; i < NR_REASONS; i++)
		print_message("  %4u not: %s\n", by_reason[i], reasons[i].text);
	assert_int_equal(wrong, 0);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static void list_family(const char *family)
{
	struct dirent **entries;
	char path[512];
	int nr;

	snprintf(path, sizeof(path), "%s/%s", folder, family);
	nr = scandir(path, &entries, NULL, by_name);
	for (int i = 0; i < nr; i++) {
		const char *name = entries[i]->d_name;
		struct file *f = &files[nr_files];

		if (strlen(name) > 3 && !strcmp(name + strlen(name) - 3, ".op")) {
			if (nr_files == MAX_FILES || !parse_name(f, family, name)) {
				fprintf(stderr, "%s/%s: not RULE.{keep,break,none}.op of its family\n",
					path, name);
				exit(1);
			}
			snprintf(f->path, sizeof(f->path), "%s/%s", path, name);
			there[f->rule][f->kind] = true;
			nr_files++;
		}
		free(entries[i]);
	}
	if (nr >= 0)
		free(entries);
}

static int is_folder(const struct dirent *entry)
{
	return entry->d_name[0] != '.' && !strchr(entry->d_name, '.');
}

int main(int argc, char **argv)
{
	struct dirent **entries;
	struct CMUnitTest *tests;
	int nr, failed;

	folder = argc > 1 ? argv[1] : ".";
	nr = scandir(folder, &entries, is_folder, by_name);
	for (int i = 0; i < nr; i++) {
		list_family(entries[i]->d_name);
		free(entries[i]);
	}
	if (nr >= 0)
		free(entries);
	if (!nr_files) {
		fprintf(stderr, "no programs of rules in %s\n", folder);
		return 1;
	}
	tests = calloc(nr_files + 1, sizeof(*tests));
	if (!tests)
		return 1;
	for (size_t i = 0; i < nr_files; i++)
		tests[i] = (struct CMUnitTest){ .name = strrchr(files[i].path, '/') + 1,
						.test_func = check_file, .initial_state = &files[i] };
	tests[nr_files] = (struct CMUnitTest){ .name = "every judged rule has its programs",
					       .test_func = check_complete };
	cmocka_set_message_output(CM_OUTPUT_STDOUT);
	failed = _cmocka_run_group_tests("programs of the rules, end to end", tests, nr_files + 1, NULL,
					 NULL);
	kmc_rigs_destroy(rigs_of_a_run);
	free(tests);
	return failed;
}
