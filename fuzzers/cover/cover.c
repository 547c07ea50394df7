/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of rules and edges, and the run that makes one. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cover/cover.h"
#include "edges.h"

static size_t nr_rule_bits(void)
{
	return 2 * kmc_rule_count();
}

static size_t nr_words(void)
{
	return (nr_rule_bits() + kmc_edges_nr() + 63) / 64;
}

size_t kmc_cover_edges(void)
{
	return kmc_edges_nr();
}

int kmc_cover_init(struct kmc_cover *cover)
{
	cover->words = calloc(nr_words(), sizeof(*cover->words));
	return cover->words ? 0 : -ENOMEM;
}

void kmc_cover_free(struct kmc_cover *cover)
{
	free(cover->words);
	cover->words = NULL;
}

void kmc_cover_clear(struct kmc_cover *cover)
{
	memset(cover->words, 0, nr_words() * sizeof(*cover->words));
}

void kmc_cover_copy(struct kmc_cover *to, const struct kmc_cover *from)
{
	memcpy(to->words, from->words, nr_words() * sizeof(*to->words));
}

size_t kmc_cover_add(struct kmc_cover *into, const struct kmc_cover *from)
{
	size_t more = kmc_cover_lacks(into, from), nr = nr_words();

	for (size_t i = 0; i < nr; i++)
		into->words[i] |= from->words[i];
	return more;
}

void kmc_cover_take_out(struct kmc_cover *from, const struct kmc_cover *what)
{
	size_t nr = nr_words();

	for (size_t i = 0; i < nr; i++)
		from->words[i] &= ~what->words[i];
}

size_t kmc_cover_lacks(const struct kmc_cover *cover, const struct kmc_cover *wanted)
{
	size_t lacks = 0, nr = nr_words();

	for (size_t i = 0; i < nr; i++)
		lacks += (size_t)__builtin_popcountll(wanted->words[i] & ~cover->words[i]);
	return lacks;
}

static bool has(const struct kmc_cover *cover, size_t bit)
{
	return cover->words[bit / 64] >> bit % 64 & 1;
}

bool kmc_cover_has_rule(const struct kmc_cover *cover, size_t rule)
{
	return has(cover, 2 * rule);
}

void kmc_cover_count(const struct kmc_cover *cover, struct kmc_cover_count *count)
{
	size_t all = 0, nr = nr_words();

	*count = (struct kmc_cover_count){ 0 };
	for (size_t i = 0; i < nr; i++)
		all += (size_t)__builtin_popcountll(cover->words[i]);
	for (size_t i = 0; i < kmc_rule_count(); i++) {
		count->rules += has(cover, 2 * i);
		count->passed += has(cover, 2 * i + 1);
	}
	count->edges = all - count->rules - count->passed;
}

/* The judge's counts go on from run to run; a run's own are the difference. */
struct before {
	uint64_t exercised, passed;
};

static void note_before(const struct kmc_judge *judge, struct before *before)
{
	struct kmc_rule_result result;

	for (size_t i = 0; i < kmc_rule_count(); i++) {
		kmc_judge_result(judge, i, &result);
		before[i].exercised = result.exercised;
		before[i].passed = result.passed;
	}
}

static void take_rules(const struct kmc_judge *judge, const struct before *before,
		       struct kmc_cover *cover)
{
	struct kmc_rule_result result;

	for (size_t i = 0; i < kmc_rule_count(); i++) {
		kmc_judge_result(judge, i, &result);
		if (result.exercised != before[i].exercised)
			cover->words[2 * i / 64] |= 1ull << 2 * i % 64;
		if (result.passed != before[i].passed)
			cover->words[(2 * i + 1) / 64] |= 1ull << (2 * i + 1) % 64;
	}
}

int kmc_cover_run(struct kmc_rigs *rigs, const struct kmc_program *program,
		  struct kmc_cover *cover, struct kmc_rig_run *run)
{
	struct before *before = calloc(kmc_rule_count(), sizeof(*before));
	struct kmc_rig *rig;
	char error[256];
	int err = before ? 0 : -ENOMEM;

	if (!err)
		err = kmc_rigs_take(rigs, &program->machine, program->edition, &rig, error,
				    sizeof(error));
	if (!err) {
		/* What resetting takes depends on the run before. */
		kmc_rig_reset(rig, run);
		note_before(rig->judge, before);
		kmc_cover_clear(cover);
		kmc_edges_clear();
		for (size_t i = 0; i < program->nr_ops && !run->error; i++)
			kmc_rig_step(rig, &program->ops[i], run);
		kmc_rig_finish(rig, run);
		kmc_edges_take(cover->words, nr_rule_bits());
		take_rules(rig->judge, before, cover);
		err = run->error;
	}
	free(before);
	return err;
}
