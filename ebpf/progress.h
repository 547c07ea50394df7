/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a recording says while it runs: one line that renews itself on a terminal, plain lines
 * elsewhere.
 */
#ifndef EBPF_PROGRESS_H
#define EBPF_PROGRESS_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "recorder.h"

struct kmc_progress {
	FILE *out;
	bool terminal, quiet;
	uint64_t start_ns, next_ns;
	uint64_t end_ns; /* 0: open end */
	uint64_t last_ns, last_events;
	bool shown;
};

void kmc_progress_start(struct kmc_progress *progress, FILE *out, bool quiet, uint64_t now_ns,
			uint64_t duration_ns);
/** kmc_progress_due() - Is it time for a line? */
bool kmc_progress_due(const struct kmc_progress *progress, uint64_t now_ns);
void kmc_progress_show(struct kmc_progress *progress, uint64_t now_ns,
		       const struct kmc_recorder_stats *stats);
/** kmc_progress_clear() - Before anything else is printed. */
void kmc_progress_clear(struct kmc_progress *progress);

/** kmc_bytes_print() - "12.3 MiB". */
const char *kmc_bytes_print(char *buf, size_t size, uint64_t bytes);

#endif
