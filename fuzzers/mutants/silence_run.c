// SPDX-License-Identifier: GPL-2.0-or-later
/* The program of a seed, run on the subject and judged; what any rule says is an alarm. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "exec/target.h"
#include "generate/generate.h"
#include "oracle/judge.h"
#include "silence.h"
#include "silence_cost.h"

static const uint32_t profiles[] = { KMC_RELEASE(6, 1, 192), KMC_RELEASE(6, 6, 9),
				     KMC_RELEASE(6, 12, 117), KMC_RELEASE(6, 18, 44) };
static const uint32_t editions[] = { KMC_RELEASE(6, 1, 0), KMC_RELEASE(6, 6, 0),
				     KMC_RELEASE(6, 12, 0), KMC_RELEASE(6, 18, 0) };

struct silence_run {
	const struct silence_wish *wish;
	struct kmc_target *target;
	struct kmc_judge *judge;
	struct kmc_program program;
	struct kmc_gen_wish gen;
	struct kmc_subject subject;
	struct silence_cost *cost; /* NULL: not asked for */
	uint64_t events, alarms, known;
	FILE *text;
	char *said;
	size_t length;
	int error;
};

static void on_violation(void *arg, const struct kmc_finding *finding)
{
	struct silence_run *run = arg;
	const struct kmc_rule *rule = kmc_rule_at((size_t)finding->rule);

	if (kmc_rule_is_advice(rule))
		return;
	run->known += finding->known;
	if (finding->known)
		return;
	run->alarms++;
	fprintf(run->text, "%s %s %s %s: seed %" PRIu64 " machine %" PRIu64 " profile %u.%u\n  let %s\n"
		"  then %s\n  but %s\n", finding->key, rule->id, finding->call, finding->clause, run->gen.seed,
		run->gen.machine, run->gen.profile >> 20, run->gen.profile >> 10 & 1023,
		finding->let, finding->then, finding->but);
}

static void on_event(void *arg, const struct kmc_event *ev)
{
	struct silence_run *run = arg;

	run->events++;
	if (kmc_judge_event(run->judge, ev) < 0 || (run->cost && silence_cost_event(run->cost, ev)))
		run->error = -ENOMEM;
}

static void on_cache(void *arg, const struct kmc_cache_desc *cache)
{
	struct silence_run *run = arg;

	if (kmc_judge_cache(run->judge, cache) || (run->cost && silence_cost_cache(run->cost, cache)))
		run->error = -ENOMEM;
}

static void close_subject(struct silence_run *run)
{
	kmc_judge_destroy(run->judge);
	if (run->target)
		run->target->ops->close(run->target);
	run->judge = NULL;
	run->target = NULL;
}

struct silence_run *silence_run_new(const struct silence_wish *wish)
{
	struct silence_run *run = calloc(1, sizeof(*run));

	if (!run)
		return NULL;
	run->wish = wish;
	kmc_program_init(&run->program);
	run->text = open_memstream(&run->said, &run->length);
	if (wish->cost)
		run->cost = silence_cost_new();
	if (!run->text || (wish->cost && !run->cost)) {
		silence_run_free(run);
		return NULL;
	}
	return run;
}

void silence_run_free(struct silence_run *run)
{
	if (!run)
		return;
	close_subject(run);
	silence_cost_free(run->cost);
	kmc_program_free(&run->program);
	if (run->text)
		fclose(run->text);
	free(run->said);
	free(run);
}

static int open_target(const struct silence_wish *wish, const struct kmc_machine *machine,
		       unsigned int flags, struct kmc_target **target)
{
	struct kmc_target_config config = { .machine = *machine, .library = wish->library,
					    .flags = flags };
	char error[256] = "";
	int err = kmc_target_find(wish->target)->open(&config, target, error, sizeof(error));

	if (err)
		fprintf(stderr, "kmconform silence: %s\n", *error ? error : strerror(-err));
	return err;
}

static struct kmc_subject subject_of(struct kmc_target *target, uint32_t edition)
{
	struct kmc_subject subject = { .edition = edition };
	struct kmc_caps caps;

	target->ops->caps(target, &caps);
	memcpy(subject.name, caps.name, sizeof(subject.name));
	subject.machine = caps.machine;
	subject.shows = caps.shows;
	subject.disclaims = caps.disclaims;
	return subject;
}

static int open_subject(struct silence_run *run)
{
	const struct kmc_program *program = &run->program;
	unsigned int points = program->machine.seed % 3 ? 0 : KMC_TARGET_TRACEPOINTS;
	int err = run->cost && run->judge ? silence_cost_again(run->cost, &run->subject) : 0;

	close_subject(run);
	if (err)
		return err;
	err = open_target(run->wish, &program->machine, KMC_TARGET_OBSERVE | points, &run->target);
	if (err)
		return err;
	run->subject = subject_of(run->target, program->edition);
	err = kmc_judge_create(&run->subject, &run->judge);
	if (!err)
		err = kmc_known_accept(&run->wish->known, run->judge);
	if (!err)
		kmc_judge_on_violation(run->judge, on_violation, run);
	return err;
}

static int judge_program(struct silence_run *run)
{
	struct kmc_sink sink = { .arg = run, .event = on_event, .cache = on_cache };
	int err = run->target->ops->reset(run->target);

	if (err)
		return err;
	kmc_judge_reset(run->judge);
	err = kmc_target_run(run->target, run->program.ops, run->program.nr_ops, &sink, 10000);
	if (!err && kmc_judge_finish(run->judge) < 0)
		err = -ENOMEM;
	if (!err && run->cost)
		err = silence_cost_program(run->cost, run->program.nr_ops);
	return err ? err : run->error;
}

/* A process may take up a machine in the middle: the first of it is no other than the rest. */
static int make_and_judge(struct silence_run *run, uint64_t seed)
{
	uint64_t machine = 1 + seed / SILENCE_A_MACHINE;
	bool first = !run->target || run->gen.machine != machine;
	const char *rule;
	int err;

	run->gen = (struct kmc_gen_wish){ .seed = seed, .machine = machine,
					  .profile = profiles[machine % 4],
					  .edition = editions[machine % 4],
					  .kmalloc_only = !strcmp(run->wish->target, "malloc") };
	err = kmc_generate(&run->program, &run->gen, &rule);
	if (!err && first)
		err = open_subject(run);
	return err ? err : judge_program(run);
}

int silence_run_program(struct silence_run *run, uint64_t seed, struct silence_result *result)
{
	int err;

	rewind(run->text);
	run->events = run->alarms = run->known = 0;
	err = make_and_judge(run, seed);
	if (fflush(run->text) && !err)
		err = -ENOMEM;
	if (err) {
		fprintf(stderr, "kmconform silence: seed %" PRIu64 ": %s\n", seed, strerror(-err));
		return err;
	}
	*result = (struct silence_result){ .seed = seed, .ops = run->program.nr_ops,
					   .events = run->events, .alarms = run->alarms, .known = run->known,
					   .text = run->said, .length = run->length };
	return 0;
}

int silence_run_cost(struct silence_run *run)
{
	int err = run->judge ? silence_cost_again(run->cost, &run->subject) : 0;

	if (err)
		fprintf(stderr, "kmconform silence: %s\n", strerror(-err));
	else
		silence_cost_print(run->cost);
	return err;
}

static unsigned int count_disclaimed(const struct kmc_judge *judge, uint32_t promise)
{
	unsigned int nr = 0;

	for (size_t i = 0; i < kmc_rule_count(); i++) {
		struct kmc_rule_result result;

		kmc_judge_result(judge, i, &result);
		nr += result.why == KMC_WHY_DISCLAIMED && kmc_rule_at(i)->rests_on & promise;
	}
	return nr;
}

int silence_subject_print(const struct silence_wish *wish)
{
	struct kmc_target *target = NULL;
	struct kmc_subject subject;
	struct kmc_machine machine;
	struct kmc_judge *judge;
	int err;

	kmc_machine_default(&machine);
	err = open_target(wish, &machine, 0, &target);
	if (err)
		return err;
	subject = subject_of(target, KMC_RELEASE(6, 18, 0));
	err = kmc_judge_create(&subject, &judge);
	if (!err && subject.disclaims & KMC_PROMISE_LINUX)
		printf("%s is no Linux: %u rules of the implementation unreachable\n", subject.name,
		       count_disclaimed(judge, KMC_PROMISE_LINUX));
	if (!err && subject.disclaims & KMC_PROMISE_NATURAL)
		printf("%s does not align sizes: %u rules unreachable\n", subject.name,
		       count_disclaimed(judge, KMC_PROMISE_NATURAL));
	if (!err)
		kmc_judge_destroy(judge);
	target->ops->close(target);
	return err;
}
