/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a program covers: of each rule whether it was exercised and whether it
 * passed, and in builds for libFuzzer (preset fuzz) each edge of the code that
 * was taken. Included by distill and coverage.
 *
 * An edge that is taken only once in the life of a process (a table that grows)
 * belongs to whoever comes first: who compares runs the whole once before.
 */
#ifndef COVER_COVER_H
#define COVER_COVER_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "fuzz/rig.h"
#include "vocab/program.h"

/* Two bits a rule (exercised, passed), then one an edge. */
struct kmc_cover {
	uint64_t *words;
};

struct kmc_cover_count {
	size_t rules, passed, edges;
};

/** kmc_cover_init() - Empty. Return: 0, -ENOMEM. */
int kmc_cover_init(struct kmc_cover *cover);
void kmc_cover_free(struct kmc_cover *cover);
/** kmc_cover_edges() - Edges that this build counts; 0: it counts none. */
size_t kmc_cover_edges(void);

/**
 * kmc_cover_run() - Run a program and see what it covers; @cover is replaced.
 * Return: 0, -EINVAL for a machine that alloc cannot be, -ENOMEM, -EIO.
 */
int kmc_cover_run(struct kmc_rigs *rigs, const struct kmc_program *program,
		  struct kmc_cover *cover, struct kmc_rig_run *run);

void kmc_cover_clear(struct kmc_cover *cover);
void kmc_cover_copy(struct kmc_cover *to, const struct kmc_cover *from);
/** kmc_cover_add() - Return: bits of @from that @into lacked. */
size_t kmc_cover_add(struct kmc_cover *into, const struct kmc_cover *from);
void kmc_cover_take_out(struct kmc_cover *from, const struct kmc_cover *what);
/** kmc_cover_lacks() - Return: bits of @wanted that @cover lacks. */
size_t kmc_cover_lacks(const struct kmc_cover *cover, const struct kmc_cover *wanted);
void kmc_cover_count(const struct kmc_cover *cover, struct kmc_cover_count *count);
/** kmc_cover_has_rule() - Is the rule of this index exercised? */
bool kmc_cover_has_rule(const struct kmc_cover *cover, size_t rule);

#endif
