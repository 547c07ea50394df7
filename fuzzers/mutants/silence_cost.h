/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an op costs the oracle alone: the events of programs are kept and
 * judged again. Private to `kmconform silence`.
 */
#pragma once
#include <stdint.h>
#include "oracle/judge.h"

struct silence_cost;

struct silence_cost *silence_cost_new(void);
void silence_cost_free(struct silence_cost *cost);
/* Keep what the judge is given. Return: 0, -ENOMEM. */
int silence_cost_event(struct silence_cost *cost, const struct kmc_event *ev);
int silence_cost_cache(struct silence_cost *cost, const struct kmc_cache_desc *cache);
/** silence_cost_program() - The program has ended, after so many ops. Return: 0, -ENOMEM. */
int silence_cost_program(struct silence_cost *cost, uint64_t ops);
/** silence_cost_again() - Judge the programs that are kept, one after the other, and drop them. */
int silence_cost_again(struct silence_cost *cost, const struct kmc_subject *subject);
/** silence_cost_print() - One line, which kmconform bench quotes. */
void silence_cost_print(const struct silence_cost *cost);
