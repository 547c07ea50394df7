/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What each combination of flags, order, context, task and state of memory may come to:
 * tables 4.1 and 4.2 of the page rules, written down once more and held against alloc's
 * events. No request fails without a reason on the closed list, no effect is had that
 * the flags do not allow, and of two requests in one state the one that may do more gets
 * at least as much. The oracle sees the same stream and finds nothing to blame alloc for.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "exec/target.h"
#include "generate/outcome_matrix.h"
#include "oracle/judge.h"

#define COSTLY  3

/* Sanitized builds keep the contents of all frames in snapshots: every tenth state will do there. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define STRIDE 10
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define STRIDE 10
#endif
#ifndef STRIDE
#define STRIDE 1
#endif

/* One request and what came of it. */
struct cell {
	const struct kmc_op *op;
	unsigned int task; /* KMC_TF_* of who asks */
	uint8_t outcome;
	uint64_t addr;
	unsigned int effects[KMC_NR_EFFECTS];
	uint64_t victim;
};

static struct kmc_matrix matrix;
static struct kmc_matrix_state at;
static uint32_t profile;
static struct cell *cells;
static size_t nr_cells, room, total;
static struct cell *running;
static struct kmc_judge *judge;
static unsigned int failures;
/* that the strict halves of the pairs were seen at all */
static unsigned int atomic_only, highuser_only, movable_only, nofs_only, mayfail_only, nofail_only;
static unsigned int outcomes[KMC_NR_OUTCOMES];

static bool has(const struct cell *c, uint32_t atom)
{
	return (c->op->gfp.atoms & atom) == atom;
}

static void complain(const struct cell *c, const char *what)
{
	char text[256];

	if (failures++ > 20)
		return;
	kmc_op_print(text, sizeof(text), c->op);
	printf("6.%u: %s; free: %s; to be had back: %s%s\n   %s: %s\n", profile >> 10 & 0x3ff, text,
	       kmc_matrix_level_names[at.level], kmc_matrix_source_names[at.source],
	       at.highmem ? "; highmem" : "", kmc_outcome_name(c->outcome), what);
}

static void expect(const struct cell *c, bool holds, const char *what)
{
	if (!holds)
		complain(c, what);
}

/* what the flags mean in this state, 4.1 */

static bool suspended(void)
{
	return at.source == KMC_MATRIX_HAS_SUSPENDED;
}

static bool does_io(const struct cell *c)
{
	return has(c, KMC_GFP_IO) && !suspended();
}

static bool does_fs(const struct cell *c)
{
	return has(c, KMC_GFP_FS) && !suspended();
}

static bool in_task(const struct cell *c)
{
	return c->op->context == KMC_CTX_TASK;
}

static bool is_victim(const struct cell *c)
{
	return c->task & KMC_TF_OOM_VICTIM || c->effects[KMC_EFF_KILLED];
}

static bool full_reserve(const struct cell *c)
{
	return !has(c, KMC_GFP_NOMEMALLOC) &&
	       (has(c, KMC_GFP_MEMALLOC) ||
		(c->task & KMC_TF_MEMALLOC && in_task(c)));
}

static bool killer_is_on(void)
{
	return at.source == KMC_MATRIX_HAS_VICTIM;
}

/* The highest zone of the request lies below Normal. */
static bool low_zone(const struct cell *c)
{
	return has(c, KMC_GFP_DMA) || (has(c, KMC_GFP_DMA32) && !at.highmem);
}

/* R-7 step 16: nobody is killed for such a request. */
static bool never_kills(const struct cell *c)
{
	return c->op->order > COSTLY || has(c, KMC_GFP_RETRY_MAYFAIL) || has(c, KMC_GFP_NORETRY) ||
	       has(c, KMC_GFP_THISNODE) || low_zone(c) || suspended() || !killer_is_on() ||
	       c->task & KMC_TF_DUMPCORE || !has(c, KMC_GFP_DIRECT_RECLAIM) || (c->task & KMC_TF_MEMALLOC);
}

static void check_effects(const struct cell *c)
{
	const unsigned int *e = c->effects;
	bool sleeps = has(c, KMC_GFP_DIRECT_RECLAIM);
	bool reserve = has(c, KMC_GFP_HIGH) || full_reserve(c) || is_victim(c) ||
		       (has(c, KMC_GFP_NOFAIL) && sleeps) ||
		       (c->task & KMC_TF_REALTIME && sleeps) ||
		       (at.source == KMC_MATRIX_HAS_SHRINKER && e[KMC_EFF_RECLAIMED]); /* its own */

	expect(c, sleeps || !(e[KMC_EFF_SLEPT] + e[KMC_EFF_RECLAIMED] + e[KMC_EFF_COMPACTED] +
			      e[KMC_EFF_IO] + e[KMC_EFF_FS] + e[KMC_EFF_KILLED]),
	       "without DIRECT_RECLAIM nothing is done on the way (GFP-2)");
	expect(c, has(c, KMC_GFP_KSWAPD_RECLAIM) || !e[KMC_EFF_WOKE_KSWAPD], "GFP-3");
	expect(c, does_io(c) || !e[KMC_EFF_IO], "IO (GFP-34)");
	expect(c, does_fs(c) || !e[KMC_EFF_FS], "FS (GFP-35)");
	expect(c, does_io(c) || !e[KMC_EFF_COMPACTED], "compaction without IO (GFP-36)");
	expect(c, !has(c, KMC_GFP_NORETRY) || e[KMC_EFF_RECLAIMED] <= 1, "rounds (GFP-11)");
	expect(c, c->op->order <= COSTLY || has(c, KMC_GFP_RETRY_MAYFAIL) ||
		       has(c, KMC_GFP_NOFAIL) || e[KMC_EFF_RECLAIMED] <= 1,
	       "rounds of a costly order (GFP-17)");
	expect(c, !never_kills(c) || !e[KMC_EFF_KILLED], "a kill (OOM-1, GFP-11, 12, 17, 22)");
	expect(c, does_fs(c) || !e[KMC_EFF_KILLED] || c->victim == c->op->task, "a kill (OOM-2)");
	expect(c, e[KMC_EFF_KILLED] <= 1, "more than one kill (OOM-4)");
	expect(c, !(c->task & KMC_TF_MEMALLOC) || !(e[KMC_EFF_RECLAIMED] + e[KMC_EFF_KILLED]),
	       "reclaim within reclaim (RCL-1, SCP-9)");
	expect(c, !has(c, KMC_GFP_NOWARN) || has(c, KMC_GFP_NOFAIL) || !e[KMC_EFF_WARNED], "GFP-18");
	expect(c, reserve || !e[KMC_EFF_RESERVE], "a dip without a right (RSV-4)");
}

/* 4.1, 4.2: the reasons for which a request may return NULL. NULL: none. */
static const char *null_reason(const struct cell *c)
{
	if (!has(c, KMC_GFP_DIRECT_RECLAIM))
		return "does not wait";
	if (has(c, KMC_GFP_NOFAIL))
		return NULL;
	if (c->op->order > COSTLY)
		return "costly";
	if (has(c, KMC_GFP_NORETRY) || has(c, KMC_GFP_RETRY_MAYFAIL))
		return "may fail";
	if (is_victim(c))
		return "4.2 (1)";
	if (low_zone(c))
		return "4.2 (2)";
	if (has(c, KMC_GFP_THISNODE))
		return "4.2 (3)";
	if ((c->task & KMC_TF_MEMALLOC))
		return "4.2 (4)";
	if (c->task & KMC_TF_DUMPCORE)
		return "4.2 (5)";
	if (suspended())
		return "4.2 (6)";
	return killer_is_on() ? NULL : "4.2 (7)";
}

/*
 * NOFAIL; who may not kill and yet counts on a kill; a victim that MEMALLOC keeps from using
 * a victim's rights, after which alone it may give up (OOM-8).
 */
static bool may_hang(const struct cell *c)
{
	if (!has(c, KMC_GFP_DIRECT_RECLAIM))
		return false;
	return has(c, KMC_GFP_NOFAIL) ||
	       (!never_kills(c) && (!does_fs(c) || (is_victim(c) && has(c, KMC_GFP_MEMALLOC))));
}

static bool zone_fits(const struct cell *c)
{
	uint64_t pfn = (c->addr - 0xffff888000000000ull) >> 12;
	bool high = has(c, KMC_GFP_HIGHMEM), movable = has(c, KMC_GFP_MOVABLE);

	if (pfn % (1ull << c->op->order))
		return false;
	if (has(c, KMC_GFP_DMA))
		return pfn < 4096;
	if (!at.highmem)
		return !has(c, KMC_GFP_DMA32) || pfn < 6144;
	return pfn < 7168 || (high && (pfn < 9216 || movable));
}

static void check_outcome(const struct cell *c)
{
	outcomes[c->outcome]++;
	switch (c->outcome) {
	case KMC_OUT_VALUE:
		expect(c, zone_fits(c), "the wrong place (GFP-26, 28..33, PAGE-2, ZON-1)");
		break;
	case KMC_OUT_NULL:
		expect(c, null_reason(c), "no reason on the closed list (4.2)");
		expect(c, at.level != KMC_MATRIX_PLENTY, "NULL with plenty free");
		break;
	case KMC_OUT_HUNG:
		expect(c, may_hang(c), "nothing to wait for");
		break;
	case KMC_OUT_DIED:
		expect(c, killer_is_on() && does_fs(c), "a panic (OOM-6)");
		break;
	default:
		complain(c, "not an outcome of a request");
	}
	check_effects(c);
}

/* pairs of one state */

static const struct cell *find(const struct cell *like, uint32_t atoms)
{
	for (size_t i = 0; i < nr_cells; i++)
		if (cells[i].op->gfp.atoms == atoms && cells[i].op->order == like->op->order &&
		    cells[i].op->task == like->op->task &&
		    cells[i].op->context == like->op->context)
			return &cells[i];
	return NULL;
}

/* Where @less is served, the request with the flags @atoms is too. */
static void expect_no_less(const struct cell *less, uint32_t atoms, const char *rule,
			   unsigned int *strict)
{
	const struct cell *more = find(less, atoms);

	if (!more)
		return;
	expect(more, less->outcome != KMC_OUT_VALUE || more->outcome == KMC_OUT_VALUE, rule);
	*strict += less->outcome != KMC_OUT_VALUE && more->outcome == KMC_OUT_VALUE;
}

#define RECLAIM  (KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM)
#define KERNEL   (RECLAIM | KMC_GFP_IO | KMC_GFP_FS)
#define USER     (KERNEL | KMC_GFP_HARDWALL)
#define HIGHUSER (USER | KMC_GFP_HIGHMEM)

static void check_pairs(const struct cell *c)
{
	switch (c->op->gfp.atoms) {
	case KMC_GFP_KSWAPD_RECLAIM:
		expect_no_less(c, KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_HIGH,
			       "ATOMIC gets less than NOWAIT (GFP-6)", &atomic_only);
		break;
	case USER:
		expect_no_less(c, HIGHUSER, "HIGHUSER gets less than USER (GFP-33)", &highuser_only);
		break;
	case HIGHUSER:
		expect_no_less(c, HIGHUSER | KMC_GFP_MOVABLE,
			       "HIGHUSER_MOVABLE gets less than HIGHUSER (GFP-33)", &movable_only);
		break;
	case RECLAIM | KMC_GFP_NORETRY:
		if (c->op->order > COSTLY)
			break; /* with IO it gives up where compaction has no hope (CPT-2) */
		expect_no_less(c, RECLAIM | KMC_GFP_IO | KMC_GFP_NORETRY,
			       "NOFS gets less than NOIO (GFP-34, GFP-35)", &nofs_only);
		break;
	case KERNEL | KMC_GFP_NORETRY:
		expect_no_less(c, KERNEL | KMC_GFP_RETRY_MAYFAIL,
			       "RETRY_MAYFAIL gets less than NORETRY (GFP-12)", &mayfail_only);
		break;
	case KERNEL | KMC_GFP_RETRY_MAYFAIL:
		if (c->op->order <= COSTLY)
			expect_no_less(c, KERNEL | KMC_GFP_NOFAIL,
				       "NOFAIL gets less than RETRY_MAYFAIL (GFP-13)", &nofail_only);
		break;
	}
}

/* running a state */

static void on_event(void *arg, const struct kmc_event *ev)
{
	(void)arg;
	assert_true(kmc_judge_event(judge, ev) >= 0);
	if (!running)
		return;
	if (ev->kind == KMC_EV_EFFECT) {
		running->effects[ev->what]++;
		if (ev->what == KMC_EFF_KILLED)
			running->victim = ev->arg;
	} else if (ev->kind == KMC_EV_CALL || ev->kind == KMC_EV_END) {
		running->outcome = ev->outcome;
		running->addr = ev->addr;
	}
}

static void on_cache(void *arg, const struct kmc_cache_desc *cache)
{
	(void)arg;
	assert_int_equal(kmc_judge_cache(judge, cache), 0);
}

static void on_violation(void *arg, const struct kmc_finding *finding)
{
	const struct kmc_rule *rule = kmc_rule_at((size_t)finding->rule);

	(void)arg;
	if (rule->party != KMC_PARTY_ALLOCATOR || failures++ > 20)
		return;
	printf("%s %s %s\n let %s\n then %s\n but %s\n", rule->id, finding->call, finding->clause,
	       finding->let, finding->then, finding->but);
	if (running)
		complain(running, rule->id);
}

static struct kmc_target *open_subject(const struct kmc_program *program)
{
	struct kmc_target_config config = { .machine = program->machine };
	struct kmc_subject subject = { .edition = program->edition };
	struct kmc_target *target = NULL;
	struct kmc_caps caps;
	char error[256] = "";

	if (kmc_target_find("alloc")->open(&config, &target, error, sizeof(error)))
		fail_msg("%s", error);
	target->ops->caps(target, &caps);
	memcpy(subject.name, caps.name, sizeof(subject.name));
	subject.machine = caps.machine;
	subject.shows = caps.shows;
	subject.disclaims = caps.disclaims;
	assert_int_equal(kmc_judge_create(&subject, &judge), 0);
	kmc_judge_on_violation(judge, on_violation, NULL);
	return target;
}

static void run_cells(struct kmc_target *target, const struct kmc_program *program, size_t first)
{
	struct kmc_sink sink = { .event = on_event, .cache = on_cache };

	nr_cells = 0;
	for (size_t i = 0; i < program->nr_ops; i++) {
		const struct kmc_op *op = &program->ops[i];

		running = NULL;
		if (i >= first && op->code == KMC_OP_ALLOC_PAGES) {
			running = &cells[nr_cells++];
			*running = (struct cell){ .op = op, .task = kmc_matrix_task_of(&matrix, op->task) };
		}
		assert_int_equal(kmc_target_run(target, op, 1, &sink, 1000), 0);
	}
	running = NULL;
	assert_true(kmc_judge_finish(judge) >= 0);
}

static void run_state(void)
{
	struct kmc_program program;
	struct kmc_target *target;
	size_t first;

	kmc_program_init(&program);
	assert_int_equal(kmc_matrix_program(&program, &matrix, &at, profile, &first), 0);
	if (program.nr_ops > room) {
		room = program.nr_ops;
		cells = realloc(cells, room * sizeof(*cells));
		assert_non_null(cells);
	}
	target = open_subject(&program);
	run_cells(target, &program, first);
	for (size_t i = 0; i < nr_cells; i++) {
		check_outcome(&cells[i]);
		check_pairs(&cells[i]);
	}
	total += nr_cells;
	kmc_judge_destroy(judge);
	target->ops->close(target);
	kmc_program_free(&program);
}

static void start_counts(uint32_t release)
{
	profile = release;
	total = failures = 0;
	memset(outcomes, 0, sizeof(outcomes));
	atomic_only = highuser_only = movable_only = nofs_only = mayfail_only = nofail_only = 0;
}

static void show_counts(void)
{
	printf("6.%u: %zu requests:", profile >> 10 & 0x3ff, total);
	for (unsigned int i = 0; i < KMC_NR_OUTCOMES; i++)
		if (outcomes[i])
			printf(" %u %s", outcomes[i], kmc_outcome_name(i));
	printf("\nserved where the lesser was not: ATOMIC %u, HIGHUSER %u, HIGHUSER_MOVABLE %u, "
	       "NOFS %u, RETRY_MAYFAIL %u, NOFAIL %u\n", atomic_only, highuser_only, movable_only,
	       nofs_only, mayfail_only, nofail_only);
}

/* All states, or each @stride-th from @start on. */
static void try_release(uint32_t release, size_t start, size_t stride)
{
	start_counts(release);
	for (size_t i = start; kmc_matrix_state_at(&matrix, i, &at); i += stride)
		run_state();
	show_counts();
	assert_int_equal(failures, 0);
	assert_true(outcomes[KMC_OUT_HUNG] && outcomes[KMC_OUT_NULL]);
	if (stride == 1) {
		assert_true(total >= 50000);
		assert_true(atomic_only && highuser_only && movable_only);
		assert_true(nofs_only && mayfail_only && nofail_only);
	}
}

static void test_outcomes(void **state)
{
	(void)state;
	try_release(KMC_RELEASE(6, 18, 44), 0, STRIDE);
}

/* The others: a part of the states, or with "all" as argument each of them. */
static size_t part = 6;

static void test_outcomes_of_other_releases(void **state)
{
	static const uint32_t releases[] = { KMC_RELEASE(6, 1, 192), KMC_RELEASE(6, 6, 9),
					     KMC_RELEASE(6, 12, 117) };

	(void)state;
	for (size_t i = 0; i < 3; i++)
		try_release(releases[i], part == 1 ? 0 : i, part * STRIDE);
}

/* Each program is one that a file could hold. */
static void test_programs_are_whole(void **state)
{
	struct kmc_program program, other;
	struct kmc_op op;
	size_t first, len;
	void *bytes;

	(void)state;
	kmc_program_init(&program);
	kmc_program_init(&other);
	for (size_t i = 0; kmc_matrix_state_at(&matrix, i, &at); i += 17) {
		assert_int_equal(kmc_matrix_program(&program, &matrix, &at, profile, &first), 0);
		assert_null(kmc_machine_check(&program.machine));
		assert_int_equal(kmc_program_encode(&program, &bytes, &len), 0);
		assert_int_equal(kmc_program_decode(&other, bytes, len), 0);
		free(bytes);
		assert_int_equal(other.nr_ops, program.nr_ops);
		op = other.ops[first + 1];
		assert_int_equal(op.code, KMC_OP_ALLOC_PAGES);
	}
	kmc_program_free(&other);
	kmc_program_free(&program);
}

static int read_axes(const char *path)
{
	FILE *file = fopen(path, "r");
	char error[256] = "";
	int err = file ? kmc_matrix_read(&matrix, file, error, sizeof(error)) : -errno;

	if (err)
		fprintf(stderr, "%s: %s\n", path, file ? error : strerror(errno));
	if (file)
		fclose(file);
	return err;
}

/* AXES [all] */
int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcomes),
		cmocka_unit_test(test_outcomes_of_other_releases),
		cmocka_unit_test(test_programs_are_whole),
	};
	int err;

	if (argc < 2 || read_axes(argv[1]))
		return 2;
	if (argc > 2 && !strcmp(argv[2], "all"))
		part = 1;
	err = cmocka_run_group_tests(tests, NULL, NULL);
	free(cells);
	return err;
}
