/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The facts of a trace as text, one "key value" a line, and back. Private:
 * used by the writer and the reader of trace files.
 */
#ifndef TRACE_FACTS_H
#define TRACE_FACTS_H
#include "trace/trace.h"

/** kmc_facts_print() - The text, to be freed by the caller. Return: 0, -ENOMEM. */
int kmc_facts_print(const struct kmc_trace_facts *facts, char **text, size_t *len);

/**
 * kmc_facts_parse() - The inverse. Unknown keys are skipped: a newer recorder knows more.
 * @text: @len bytes and a NUL behind them; is changed.
 * @facts: filled from scratch; to be freed also after an error.
 * @line: receives the number of the bad line.
 * Return: 0, -EINVAL, -ENOMEM.
 */
int kmc_facts_parse(char *text, size_t len, struct kmc_trace_facts *facts, unsigned int *line);

/** kmc_facts_copy() - A deep copy into @to, which is overwritten. Return: 0, -ENOMEM. */
int kmc_facts_copy(struct kmc_trace_facts *to, const struct kmc_trace_facts *from);

#endif
