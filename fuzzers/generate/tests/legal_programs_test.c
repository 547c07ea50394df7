/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A correct allocator and correct callers give no finding; one wrong caller
 * gives his rule's finding and no other. Each program is run as it was made, as
 * it comes back from records and as it comes back from text: the same events,
 * the same final state. KMC_SEED repeats a seed, KMC_ROUNDS says how many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>
#include "exec/target.h"
#include "generate/generate.h"
#include "oracle/judge.h"
#include "vocab/event_digest.h"

static uint64_t first_seed, rounds, failures;
static uint64_t executed[KMC_OPCODE_END], skips;
static bool exercised[1024], reachable[1024]; /* rules, on alloc */

static uint64_t number(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);

	return text && *text ? strtoull(text, NULL, 0) : otherwise;
}

/* One run. */
struct run {
	struct kmc_judge *judge; /* NULL: only the digest is wanted */
	uint64_t digest, hash;
	const char *want; /* id of the only rule that may be broken */
	bool found, is_malloc;
	/* of the op under way */
	const struct kmc_op *op;
	struct kmc_event last;
	/* Slots without a block: what is then done with them does not fit. */
	bool lost[KMC_NR_SLOTS], lost_then[KMC_NR_SLOTS];
	char finding[1024];
};

static void on_cache(void *arg, const struct kmc_cache_desc *cache)
{
	struct run *run = arg;

	if (run->judge)
		assert_int_equal(kmc_judge_cache(run->judge, cache), 0);
}

static void on_event(void *arg, const struct kmc_event *ev)
{
	struct run *run = arg;

	run->digest = kmc_digest_event(run->digest, ev);
	if (run->judge)
		assert_true(kmc_judge_event(run->judge, ev) >= 0);
	if (!ev->parent && ev->kind != KMC_EV_EFFECT && ev->kind != KMC_EV_BEGIN)
		run->last = *ev;
}

static void on_violation(void *arg, const struct kmc_finding *finding)
{
	struct run *run = arg;
	const struct kmc_rule *rule = kmc_rule_at((size_t)finding->rule);

	if (kmc_rule_is_advice(rule))
		return;
	if (run->want && !strcmp(rule->id, run->want) && rule->party == KMC_PARTY_CALLER) {
		run->found = true;
		return;
	}
	if (!*run->finding)
		snprintf(run->finding, sizeof(run->finding), "%s %s %s\n let %s\n then %s\n but %s",
			 rule->id, finding->call, finding->clause, finding->let, finding->then,
			 finding->but);
}

/* NULL results, as a caller would have to notice them. */

static bool is_lost(const struct run *run, uint16_t slot)
{
	return slot < KMC_NR_SLOTS && run->lost[slot];
}

static bool may_be_skipped(const struct run *run)
{
	const struct kmc_op *op = run->op;

	if (op->code == KMC_OP_FAIL_NTH || op->code == KMC_OP_SNAPSHOT)
		return false;
	return is_lost(run, op->src) || is_lost(run, op->third) ||
	       ((kmc_op_is_free(op->code) || kmc_op_desc(op->code)->result == KMC_RES_NONE) &&
		is_lost(run, op->dst));
}

static void note_lost(struct run *run)
{
	const struct kmc_op *op = run->op;
	bool lost = run->last.outcome == KMC_OUT_NULL || run->last.outcome == KMC_OUT_ERROR ||
		    run->last.outcome == KMC_OUT_SKIPPED || run->last.outcome == KMC_OUT_HUNG ||
		    run->last.outcome == KMC_OUT_DIED;
	unsigned int result = kmc_op_desc(op->code)->result;
	uint64_t nr = result == KMC_RES_BULK ? op->a : 1;

	if (op->code == KMC_OP_SNAPSHOT)
		memcpy(run->lost_then, run->lost, sizeof(run->lost));
	if (op->code == KMC_OP_RESTORE)
		memcpy(run->lost, run->lost_then, sizeof(run->lost));
	for (uint64_t i = 0; result != KMC_RES_NONE && i < nr && op->dst + i < KMC_NR_SLOTS; i++)
		run->lost[op->dst + i] =
			lost || ((op->code == KMC_OP_ALLOC_PAGES_BULK ||
				  op->code == KMC_OP_ALLOC_PAGES_BULK_LIST) &&
				 i >= run->last.arg);
}

static void check_outcome(struct run *run)
{
	bool skipped = run->last.outcome == KMC_OUT_SKIPPED;

	executed[run->op->code] += !skipped;
	skips += skipped;
	if (run->last.outcome != KMC_OUT_REFUSED && (!skipped || may_be_skipped(run)))
		return;
	if (!*run->finding) {
		char text[256];

		kmc_op_print(text, sizeof(text), run->op);
		snprintf(run->finding, sizeof(run->finding), "%s: %s",
			 kmc_outcome_name(run->last.outcome), text);
	}
}

static void run_program(struct kmc_target *target, const struct kmc_program *program,
			struct run *run)
{
	struct kmc_sink sink = { .arg = run, .event = on_event, .cache = on_cache };

	run->digest = KMC_DIGEST_START;
	assert_int_equal(target->ops->reset(target), 0);
	for (size_t i = 0; i < program->nr_ops; i++) {
		run->op = &program->ops[i];
		assert_int_equal(kmc_target_run(target, run->op, 1, &sink, 1000), 0);
		check_outcome(run);
		note_lost(run);
	}
	if (run->judge)
		assert_true(kmc_judge_finish(run->judge) >= 0);
	if (target->ops->hash(target, &run->hash))
		run->hash = 0;
}

/* the forms of a program */

static void expect_same(const struct kmc_program *a, const struct kmc_program *b)
{
	assert_true(kmc_machine_equal(&a->machine, &b->machine));
	assert_int_equal(a->edition, b->edition);
	assert_int_equal(a->nr_ops, b->nr_ops);
	for (size_t i = 0; i < a->nr_ops; i++)
		assert_true(kmc_op_equal(&a->ops[i], &b->ops[i]));
}

static void through_records(const struct kmc_program *program, struct kmc_program *other)
{
	void *bytes;
	size_t len;

	assert_int_equal(kmc_program_encode(program, &bytes, &len), 0);
	assert_int_equal(kmc_program_decode(other, bytes, len), 0);
	free(bytes);
	expect_same(program, other);
}

static void through_text(const struct kmc_program *program, struct kmc_program *other)
{
	char *text = NULL, error[256] = "";
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	assert_int_equal(kmc_program_print(program, out), 0);
	fclose(out);
	if (kmc_program_parse(other, text, len, "printed", error, sizeof(error)))
		fail_msg("%s", error);
	free(text);
	expect_same(program, other);
}

/* a seed */

/* With tracepoints inside the calls for one machine in three: they change nothing. */
static struct kmc_target *open_target(const char *name, const struct kmc_program *program)
{
	bool tracepoints = program->machine.seed % 3 == 0;
	struct kmc_target_config config = { .machine = program->machine,
					    .flags = KMC_TARGET_OBSERVE };
	struct kmc_target *target = NULL;
	char error[256] = "";

	if (tracepoints)
		config.flags |= KMC_TARGET_TRACEPOINTS;
	if (kmc_target_find(name)->open(&config, &target, error, sizeof(error)))
		fail_msg("%s", error);
	return target;
}

/* A machine is started once for the programs in a row that it is the machine of. */
static struct {
	const char *name;
	struct kmc_machine machine;
	struct kmc_target *target; /* NULL: none yet */
} started;

static void stop_target(void)
{
	if (started.target)
		started.target->ops->close(started.target);
	started.target = NULL;
}

static struct kmc_target *target_for(const char *name, const struct kmc_program *program)
{
	if (started.target && !strcmp(started.name, name) &&
	    kmc_machine_equal(&started.machine, &program->machine))
		return started.target;
	stop_target();
	started.name = name;
	started.machine = program->machine;
	started.target = open_target(name, program);
	return started.target;
}

static struct kmc_judge *make_judge(struct kmc_target *target, uint32_t edition, struct run *run)
{
	struct kmc_subject subject = { .edition = edition };
	struct kmc_judge *judge;
	struct kmc_caps caps;

	target->ops->caps(target, &caps);
	memcpy(subject.name, caps.name, sizeof(subject.name));
	subject.machine = caps.machine;
	subject.shows = caps.shows;
	subject.disclaims = caps.disclaims;
	assert_int_equal(kmc_judge_create(&subject, &judge), 0);
	kmc_judge_on_violation(judge, on_violation, run);
	return judge;
}

/* The first program of a test in full, of the others the finding. */
static void explain(const char *name, const struct kmc_gen_wish *wish,
		    const struct kmc_program *program, const struct run *run)
{
	printf("FAILED: KMC_SEED=%llu KMC_ROUNDS=1, %s, misuse: %s, want %s\n%s\n",
	       (unsigned long long)wish->seed, name, kmc_gen_misuse_name(wish->misuse),
	       run->want ? run->want : "nothing",
	       *run->finding ? run->finding : "the misuse was not found");
	if (!failures++)
		kmc_program_print(program, stdout);
	fflush(stdout);
}

static void note_rules(const struct run *run)
{
	struct kmc_rule_result result;

	for (size_t i = 0; !run->is_malloc && i < kmc_rule_count(); i++) {
		kmc_judge_result(run->judge, i, &result);
		exercised[i] |= result.exercised != 0;
		reachable[i] |= result.state != KMC_RULE_UNREACHABLE;
	}
}

/* What was judged at least once, of what could be. */
static void show_rules(void)
{
	unsigned int could = 0, was = 0;

	assert_true(kmc_rule_count() <= 1024);
	for (size_t i = 0; i < kmc_rule_count(); i++) {
		could += reachable[i];
		was += exercised[i];
	}
	printf("%u of %u reachable rules exercised, not:", was, could);
	for (size_t i = 0; i < kmc_rule_count(); i++)
		if (reachable[i] && !exercised[i])
			printf(" %s", kmc_rule_at(i)->id);
	printf("\n");
}

static bool run_again(struct kmc_target *target, const struct kmc_program *program, struct run *run)
{
	struct run again = { .want = run->want, .is_malloc = run->is_malloc };

	run_program(target, program, &again);
	return run->is_malloc || (again.digest == run->digest && again.hash == run->hash);
}

static void try_program(const char *name, const struct kmc_gen_wish *wish,
			const struct kmc_program *program, const char *rule)
{
	struct kmc_target *target = target_for(name, program);
	struct run run = { .want = rule, .is_malloc = wish->kmalloc_only };
	struct kmc_program other;

	kmc_program_init(&other);
	run.judge = make_judge(target, wish->edition, &run);
	run_program(target, program, &run);
	if (*run.finding || (run.want && !run.found))
		explain(name, wish, program, &run);
	through_records(program, &other);
	if (!run_again(target, &other, &run))
		fail_msg("seed %llu: another run from records", (unsigned long long)wish->seed);
	through_text(program, &other);
	if (!run_again(target, &other, &run))
		fail_msg("seed %llu: another run from text", (unsigned long long)wish->seed);
	note_rules(&run);
	kmc_program_free(&other);
	kmc_judge_destroy(run.judge);
}

static const uint32_t profiles[] = { KMC_RELEASE(6, 1, 192), KMC_RELEASE(6, 6, 9),
				     KMC_RELEASE(6, 12, 117), KMC_RELEASE(6, 18, 44) };
static const uint32_t editions[] = { KMC_RELEASE(6, 1, 0), KMC_RELEASE(6, 6, 0),
				     KMC_RELEASE(6, 12, 0), KMC_RELEASE(6, 18, 0) };

/* Return: was there such a program? A misuse needs something to be done to. */
static bool try_seed(const char *name, uint64_t seed, enum kmc_gen_misuse misuse)
{
	struct kmc_gen_wish wish = { .seed = seed,
				     .profile = profiles[seed % 4],
				     .edition = editions[seed / 4 % 4],
				     .misuse = misuse,
				     .kmalloc_only = !strcmp(name, "malloc") };
	struct kmc_program program;
	const char *rule;
	bool made;

	kmc_program_init(&program);
	assert_int_equal(kmc_generate(&program, &wish, &rule), 0);
	made = misuse == KMC_GEN_NONE || rule;
	if (made)
		try_program(name, &wish, &program, rule);
	kmc_program_free(&program);
	return made;
}

/* Silence counts where everything was tried: each op that alloc has was executed. */
static void expect_every_op(void)
{
	struct kmc_program program;
	struct kmc_target *target;
	struct kmc_caps caps;
	uint64_t ops = 0;

	kmc_program_init(&program);
	target = open_target("alloc", &program);
	target->ops->caps(target, &caps);
	target->ops->close(target);
	kmc_program_free(&program);
	for (unsigned int code = 1; code < KMC_OPCODE_END; code++) {
		ops += executed[code];
		if (kmc_caps_has(&caps, code) && !executed[code] && rounds >= 400)
			fail_msg("%s was never executed", kmc_op_desc(code)->text);
	}
	printf("%llu ops executed, %llu skipped for want of memory\n", (unsigned long long)ops,
	       (unsigned long long)skips);
}

static void test_alloc_is_silent(void **state)
{
	(void)state;
	failures = 0;
	for (uint64_t i = 0; i < rounds; i++)
		try_seed("alloc", first_seed + i, KMC_GEN_NONE);
	assert_int_equal(failures, 0);
	expect_every_op();
	show_rules();
}

static void test_malloc_is_silent(void **state)
{
	(void)state;
	failures = 0;
	for (uint64_t i = 0; i < rounds / 4 + 1; i++)
		try_seed("malloc", first_seed + i, KMC_GEN_NONE);
	assert_int_equal(failures, 0);
}

static void test_misuse_is_the_callers(void **state)
{
	uint64_t made = 0;

	(void)state;
	failures = 0;
	for (uint64_t i = 0; i < rounds / 2 + 1; i++)
		for (int misuse = 1; misuse < KMC_GEN_NR_MISUSES; misuse++)
			made += try_seed("alloc", first_seed + i, (enum kmc_gen_misuse)misuse);
	printf("%llu programs with a misuse\n", (unsigned long long)made);
	assert_int_equal(failures, 0);
	assert_true(rounds < 20 || made > rounds);
}

static void test_misuse_of_malloc(void **state)
{
	static const enum kmc_gen_misuse misuses[] = { KMC_GEN_DOUBLE_FREE, KMC_GEN_INTERIOR,
						       KMC_GEN_OVERFLOW, KMC_GEN_LEAK,
						       KMC_GEN_USE_AFTER_FREE };

	(void)state;
	failures = 0;
	for (uint64_t i = 0; i < rounds / 8 + 1; i++)
		for (unsigned int j = 0; j < 5; j++)
			try_seed("malloc", first_seed + i, misuses[j]);
	assert_int_equal(failures, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alloc_is_silent),
		cmocka_unit_test(test_malloc_is_silent),
		cmocka_unit_test(test_misuse_is_the_callers),
		cmocka_unit_test(test_misuse_of_malloc),
	};
	int failed;

	first_seed = number("KMC_SEED", (uint64_t)time(NULL));
	rounds = number("KMC_ROUNDS", 400);
	printf("KMC_SEED=%llu KMC_ROUNDS=%llu\n", (unsigned long long)first_seed,
	       (unsigned long long)rounds);
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	stop_target();
	return failed;
}
