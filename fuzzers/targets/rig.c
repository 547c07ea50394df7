/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rigs: machines with their judges, kept from program to program. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "exec/overlap.h"
#include "fuzz/rig.h"
#include "fuzz/telltale.h"
#include "vocab/event_digest.h"

struct schedule {
	const struct kmc_op *ops;
	size_t nr;
	uint64_t points; /* so far */
};

struct kmc_rigs {
	size_t nr, max;
	unsigned int flags;
	uint64_t uses;
	struct kmc_rig **rigs;
	struct kmc_known_list known;
	kmc_judge_fn listener;
	void *listener_arg;
	kmc_rig_retire_fn retire;
	void *retire_arg;
	/* of the run under way */
	struct kmc_rig_run *run;
};

/* the stream of a run */

static void on_event(void *arg, const struct kmc_event *ev)
{
	struct kmc_rig *rig = arg;
	struct kmc_rig_run *run = rig->rigs->run;
	int broken;

	if (run->error) /* the rest is done, and not judged */
		return;
	run->events++;
	if (rig->rigs->flags & KMC_RIG_DIGEST)
		run->digest = kmc_digest_event(run->digest, ev);
	run->refused += ev->outcome == KMC_OUT_REFUSED;
	run->skipped += ev->outcome == KMC_OUT_SKIPPED;
	run->misuse += ev->kind != KMC_EV_BEGIN && ev->marks & KMC_MARK_MISUSE;
	broken = kmc_judge_event(rig->judge, ev);
	if (broken < 0)
		run->error = broken;
	else
		run->violated += (uint64_t)broken;
}

static void on_cache(void *arg, const struct kmc_cache_desc *cache)
{
	struct kmc_rig *rig = arg;

	if (kmc_judge_cache(rig->judge, cache))
		rig->rigs->run->error = -ENOMEM;
}

static void on_trap(void *arg, const struct kmc_finding *finding)
{
	struct kmc_rigs *rigs = arg;

	kmc_telltale_write(stderr, finding, rigs->run ? rigs->run->op : 0);
}

static void begin(struct kmc_rig *rig, struct kmc_rig_run *run)
{
	*run = (struct kmc_rig_run){ .digest = KMC_DIGEST_START };
	rig->rigs->run = run;
}

void kmc_rig_reset(struct kmc_rig *rig, struct kmc_rig_run *run)
{
	begin(rig, run);
	run->error = rig->target->ops->reset(rig->target);
	kmc_judge_reset(rig->judge);
}

static void submit(struct kmc_rig *rig, const struct kmc_op *ops, size_t nr,
		   struct kmc_rig_run *run)
{
	struct kmc_sink sink = { .arg = rig, .event = on_event, .cache = on_cache, .done = &run->op };
	int err = rig->target->ops->submit(rig->target, ops, nr, &sink);

	if (err)
		run->error = err;
}

void kmc_rig_step(struct kmc_rig *rig, const struct kmc_op *op, struct kmc_rig_run *run)
{
	rig->rigs->run = run;
	submit(rig, op, 1, run);
}

void kmc_rig_finish(struct kmc_rig *rig, struct kmc_rig_run *run)
{
	int broken;

	rig->rigs->run = run;
	broken = kmc_judge_finish(rig->judge);
	if (broken < 0)
		run->error = broken;
	else
		run->violated += (uint64_t)broken;
	if (rig->rigs->flags & KMC_RIG_DIGEST && rig->target->ops->hash(rig->target, &run->hash))
		run->hash = 0;
	rig->rigs->run = NULL;
}

void kmc_rig_go(struct kmc_rig *rig, const struct kmc_op *ops, size_t nr, struct kmc_rig_run *run)
{
	begin(rig, run);
	submit(rig, ops, nr, run);
	kmc_rig_finish(rig, run);
}

void kmc_rig_run(struct kmc_rig *rig, const struct kmc_op *ops, size_t nr,
		 struct kmc_rig_run *run)
{
	kmc_rig_reset(rig, run);
	if (!run->error)
		submit(rig, ops, nr, run);
	kmc_rig_finish(rig, run);
}

/* overlapping calls */

/*
 * Which cpu goes on follows from the point, the op at hand and how many points
 * came before: from the program. A quarter of the points may change the cpu.
 */
static unsigned int pick_cpu(void *arg, unsigned int cpu, size_t at, const char *point,
			     uint64_t runnable)
{
	struct schedule *schedule = arg;
	const struct kmc_op *op = &schedule->ops[at < schedule->nr ? at : 0];
	uint64_t x = KMC_DIGEST_START;
	unsigned int nr;

	for (const char *p = point; *p; p++)
		x = kmc_digest_word(x, (uint8_t)*p);
	x = kmc_digest_word(x, (uint64_t)op->code << 48 | (uint64_t)op->attr << 40 | op->dst);
	x = kmc_digest_word(x, op->a ^ op->b << 1 ^ op->src ^ ++schedule->points);
	if (x >> 8 & 3 && runnable >> cpu & 1)
		return cpu;
	nr = (unsigned int)(x >> 16) % (unsigned int)__builtin_popcountll(runnable);
	while (nr--)
		runnable &= runnable - 1;
	return (unsigned int)__builtin_ctzll(runnable);
}

void kmc_rig_overlap(struct kmc_rig *rig, const struct kmc_op *ops, size_t nr,
		     struct kmc_rig_run *run)
{
	struct kmc_sink sink = { .arg = rig, .event = on_event, .cache = on_cache };
	struct schedule schedule = { .ops = ops, .nr = nr };
	int err;

	kmc_rig_reset(rig, run);
	err = kmc_overlap_run(rig->target, ops, nr, &sink, pick_cpu, &schedule);
	if (err)
		run->error = err;
	run->op = nr;
	kmc_rig_finish(rig, run);
}

/* the set */

struct kmc_rigs *kmc_rigs_create(size_t max, unsigned int flags)
{
	struct kmc_rigs *rigs = calloc(1, sizeof(*rigs));

	if (!rigs)
		return NULL;
	rigs->max = max ? max : 1;
	rigs->flags = flags;
	rigs->rigs = calloc(rigs->max, sizeof(*rigs->rigs));
	if (!rigs->rigs) {
		free(rigs);
		return NULL;
	}
	return rigs;
}

static void rig_destroy(struct kmc_rig *rig)
{
	if (rig->judge && rig->rigs->retire)
		rig->rigs->retire(rig->rigs->retire_arg, rig->judge);
	kmc_judge_destroy(rig->judge);
	if (rig->target)
		rig->target->ops->close(rig->target);
	free(rig);
}

void kmc_rigs_destroy(struct kmc_rigs *rigs)
{
	if (!rigs)
		return;
	for (size_t i = 0; i < rigs->nr; i++)
		rig_destroy(rigs->rigs[i]);
	free(rigs->rigs);
	kmc_known_free(&rigs->known);
	free(rigs);
}

int kmc_rigs_accept_file(struct kmc_rigs *rigs, const char *path, char *error, size_t size)
{
	int err;

	kmc_known_free(&rigs->known);
	err = kmc_known_load(&rigs->known, path, error, size);
	for (size_t i = 0; i < rigs->nr && !err; i++) {
		err = kmc_known_accept(&rigs->known, rigs->rigs[i]->judge);
		if (err)
			snprintf(error, size, "%s", strerror(-err));
	}
	return err;
}

void kmc_rigs_listen(struct kmc_rigs *rigs, kmc_judge_fn fn, void *arg)
{
	rigs->listener = fn;
	rigs->listener_arg = arg;
	for (size_t i = 0; i < rigs->nr; i++)
		kmc_judge_on_violation(rigs->rigs[i]->judge, fn, arg);
}

void kmc_rigs_on_retire(struct kmc_rigs *rigs, kmc_rig_retire_fn fn, void *arg)
{
	rigs->retire = fn;
	rigs->retire_arg = arg;
}

static int make_judge(struct kmc_rigs *rigs, struct kmc_rig *rig)
{
	struct kmc_subject subject = { .edition = rig->edition };
	struct kmc_caps caps;
	int err;

	rig->target->ops->caps(rig->target, &caps);
	memcpy(subject.name, caps.name, sizeof(subject.name));
	subject.machine = caps.machine;
	subject.shows = caps.shows;
	subject.disclaims = caps.disclaims;
	err = kmc_judge_create(&subject, &rig->judge);
	if (!err)
		err = kmc_known_accept(&rigs->known, rig->judge);
	if (err)
		return err;
	kmc_judge_on_violation(rig->judge, rigs->listener, rigs->listener_arg);
	if (rigs->flags & KMC_RIG_TRAP) {
		kmc_judge_trap(rig->judge, KMC_TRAP_ALL);
		kmc_judge_on_trap(rig->judge, on_trap, rigs);
	}
	return 0;
}

int kmc_rig_fresh_judge(struct kmc_rig *rig)
{
	struct kmc_judge *old = rig->judge;
	int err;

	rig->judge = NULL;
	err = make_judge(rig->rigs, rig);
	if (err) {
		kmc_judge_destroy(rig->judge);
		rig->judge = old;
	} else {
		kmc_judge_destroy(old);
	}
	return err;
}

uint64_t kmc_rig_occurrences(const struct kmc_rig *rig, const char *key)
{
	for (size_t i = 0; i < kmc_judge_finding_count(rig->judge); i++)
		if (!strcmp(kmc_judge_finding(rig->judge, i)->key, key))
			return kmc_judge_finding(rig->judge, i)->occurrences;
	return 0;
}

bool kmc_rig_is_traced(unsigned int flags, const struct kmc_machine *machine)
{
	if (machine->seed % 3)
		return false;
	return flags & KMC_RIG_TRACEPOINTS ||
	       (flags & KMC_RIG_SEEDED_TRACEPOINTS && machine->seed);
}

static int make_rig(struct kmc_rigs *rigs, struct kmc_rig *rig, char *error, size_t size)
{
	struct kmc_target_config config = { .machine = rig->machine, .flags = KMC_TARGET_OBSERVE };
	int err;

	if (kmc_rig_is_traced(rigs->flags, &rig->machine))
		config.flags |= KMC_TARGET_TRACEPOINTS;
	err = kmc_target_find("alloc")->open(&config, &rig->target, error, size);
	if (!err)
		err = make_judge(rigs, rig);
	if (err == -ENOMEM)
		snprintf(error, size, "out of memory");
	return err;
}

static struct kmc_rig *find(struct kmc_rigs *rigs, const struct kmc_machine *machine,
			    uint32_t edition)
{
	for (size_t i = 0; i < rigs->nr; i++)
		if (rigs->rigs[i]->edition == edition &&
		    kmc_machine_equal(&rigs->rigs[i]->machine, machine))
			return rigs->rigs[i];
	return NULL;
}

static size_t oldest(const struct kmc_rigs *rigs)
{
	size_t found = 0;

	for (size_t i = 1; i < rigs->nr; i++)
		if (rigs->rigs[i]->last_used < rigs->rigs[found]->last_used)
			found = i;
	return found;
}

static uint64_t pages_of(const struct kmc_machine *machine)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < machine->nr_zones; i++)
		pages += machine->zones[i].nr_pages;
	return pages;
}

/* Programs that touch all of their machines must not fill the host's memory. */
static void make_room(struct kmc_rigs *rigs, uint64_t pages)
{
	for (size_t i = 0; i < rigs->nr; i++)
		pages += pages_of(&rigs->rigs[i]->machine);
	while (rigs->nr && (rigs->nr == rigs->max || pages > KMC_RIGS_MAX_PAGES)) {
		size_t at = oldest(rigs);

		pages -= pages_of(&rigs->rigs[at]->machine);
		rig_destroy(rigs->rigs[at]);
		rigs->rigs[at] = rigs->rigs[--rigs->nr];
	}
}

static int add(struct kmc_rigs *rigs, const struct kmc_machine *machine, uint32_t edition,
	       struct kmc_rig **made, char *error, size_t size)
{
	struct kmc_rig *rig = calloc(1, sizeof(*rig));
	int err;

	if (!rig)
		return -ENOMEM;
	rig->machine = *machine;
	rig->edition = edition;
	rig->rigs = rigs;
	make_room(rigs, pages_of(machine));
	err = make_rig(rigs, rig, error, size);
	if (err) {
		rig_destroy(rig);
		return err;
	}
	rigs->rigs[rigs->nr++] = rig;
	*made = rig;
	return 0;
}

int kmc_rigs_take(struct kmc_rigs *rigs, const struct kmc_machine *machine, uint32_t edition,
		  struct kmc_rig **rig, char *error, size_t size)
{
	int err = 0;

	*rig = find(rigs, machine, edition);
	if (!*rig)
		err = add(rigs, machine, edition, rig, error, size);
	if (!err)
		(*rig)->last_used = ++rigs->uses;
	return err;
}
