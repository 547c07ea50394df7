// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any bytes as a trace. Each input is read as it is and, to get
 * past the checksums, once more with them put right. Everything that a reader
 * can be asked is asked. Its laws: no crash, and what the block index promises
 * (numbers of records, order of blocks) is what the cursor delivers.
 */
#include <stdlib.h>
#include <string.h>
#include "trace/redact.h"
#include "trace/trace.h"
#include "trace_facts.h"
#include "trace_repair.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define BATCH 100u

static void must(bool held)
{
	if (!held)
		abort();
}

static void use_records(const struct kmc_trace_facts *facts, struct kmc_redaction *redaction,
			struct kmc_record *records, int n)
{
	struct kmc_event ev;

	for (int i = 0; i < n; i++)
		kmc_record_to_event(facts, &records[i], 0, &ev);
	if (redaction)
		must(!kmc_redaction_records(redaction, records, (size_t)n));
}

static uint64_t use_cursor(struct kmc_trace *trace, bool *bad)
{
	const struct kmc_trace_facts *facts = kmc_trace_facts(trace);
	struct kmc_record batch[BATCH];
	uint16_t cpus[BATCH];
	struct kmc_trace_cursor *cursor;
	struct kmc_redaction *redaction;
	uint64_t total = 0, gap;
	int n;

	kmc_redaction_create(facts, 1, NULL, NULL, &redaction);
	must(!kmc_trace_cursor_open(trace, &cursor));
	while ((n = kmc_trace_cursor_next(cursor, batch, cpus, BATCH, &gap))) {
		if (n < 0) {
			*bad = true;
			continue;
		}
		use_records(facts, redaction, batch, n);
		total += (uint64_t)n;
	}
	kmc_trace_cursor_close(cursor);
	kmc_redaction_destroy(redaction);
	return total;
}

static uint64_t use_blocks(struct kmc_trace *trace, bool *bad)
{
	uint64_t total = 0, last = 0;

	for (size_t i = 0; i < kmc_trace_nr_blocks(trace); i++) {
		const struct kmc_block_info *info = kmc_trace_block(trace, i);
		struct kmc_record *records = calloc(info->nr_records + 1, sizeof(*records));

		must(records && info->nr_records <= KMC_TRACE_BLOCK_RECORDS_MAX);
		must(info->first_ns >= last);
		last = info->first_ns;
		if (kmc_trace_block_read(trace, i, records))
			*bad = true;
		total += info->nr_records;
		free(records);
	}
	return total;
}

static void use_facts(const struct kmc_trace_facts *facts)
{
	char *text;
	size_t len;

	must(!kmc_facts_print(facts, &text, &len));
	free(text);
}

static void read_trace(const uint8_t *data, size_t size)
{
	struct kmc_probe_count total[KMC_NR_PROBES];
	bool bad_blocks = false, bad_cursor = false;
	uint64_t by_block, by_cursor;
	struct kmc_trace *trace;
	char error[200];

	if (kmc_trace_open_memory(data, size, "input", &trace, error, sizeof(error))) {
		must(strlen(error) > 0);
		return;
	}
	use_facts(kmc_trace_facts(trace));
	kmc_trace_totals(trace, total);
	by_block = use_blocks(trace, &bad_blocks);
	by_cursor = use_cursor(trace, &bad_cursor);
	must(bad_blocks == bad_cursor);
	must(bad_blocks ? by_cursor <= by_block : by_cursor == by_block);
	kmc_trace_close(trace);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size + 1);

	must(copy);
	memcpy(copy, data, size);
	read_trace(copy, size);
	kmc_repair(copy, size);
	read_trace(copy, size);
	free(copy);
	return 0;
}
