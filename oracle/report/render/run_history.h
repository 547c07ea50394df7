/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs over weeks: what each run found and which state each rule had, in an
 * SQLite file. The run documents remain the truth; the file may be made anew
 * from them. Included by report_cmd.c.
 */
#ifndef RENDER_RUN_HISTORY_H
#define RENDER_RUN_HISTORY_H
#include <stdio.h>
#include "run_doc.h"

struct kmc_run_history;

/**
 * kmc_run_history_open() - Take up or make the file.
 * @error: one line, size bytes.
 * Return: NULL after an error; also in builds without SQLite.
 */
struct kmc_run_history *kmc_run_history_open(const char *path, char *error, size_t size);
/**
 * kmc_run_history_add() - Add a run; one whose document is there already changes nothing.
 * @doc: redacted as it may be kept.
 * Return: 0; -EIO with a line in @error: nothing of it was added.
 */
int kmc_run_history_add(struct kmc_run_history *history, const struct kmc_doc *doc, char *error,
			size_t size);
/** kmc_run_history_print() - The trends: runs, findings by key, rules that changed. Return: 0, -EIO. */
int kmc_run_history_print(struct kmc_run_history *history, FILE *out, char *error, size_t size);
void kmc_run_history_close(struct kmc_run_history *history);

#endif
