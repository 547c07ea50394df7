/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Taking out of a trace what would give the recorded kernel's secrets away.
 * Included by the recorder, which redacts before anything reaches the disk,
 * and by `kmconform trace redact`.
 *
 * Addresses move region by region by a multiple of 1 GiB, drawn once per
 * trace: alignment up to 1 GiB, equality, order within a region and the
 * relation to page frames (by machine.direct_map, which moves with its region)
 * survive; where a region lay does not. Frame numbers stay. A call site becomes
 * an id made from its name, equal in all traces of all kernels that have this
 * site; one without a name becomes a number that means nothing elsewhere.
 */
#ifndef TRACE_REDACT_H
#define TRACE_REDACT_H
#include <stddef.h>
#include <stdint.h>
#include "trace/trace.h"

struct kmc_redaction;

/**
 * typedef kmc_symbol_fn - Name of a call site, "function+0x1c [module]".
 * Called once per site. Return: a text that lives until the next call, NULL unknown.
 */
typedef const char *(*kmc_symbol_fn)(void *data, uint64_t site);

/**
 * kmc_redaction_create() - Draw the shifts for one recording.
 * @facts: of the recording as it is; direct_map, vmalloc_start and vmalloc_end are used.
 * @seed: 0: from the system's randomness; else the same result each time, and
 *        whoever knows the seed can undo it.
 * @symbol: may be NULL.
 * Return: 0, -ENOMEM, -EALREADY when the facts say that it is redacted, -errno.
 */
int kmc_redaction_create(const struct kmc_trace_facts *facts, uint64_t seed, kmc_symbol_fn symbol,
			 void *data, struct kmc_redaction **redaction);
void kmc_redaction_destroy(struct kmc_redaction *redaction);

/** kmc_redaction_records() - Redact in place, in any order of blocks. Return: 0, -ENOMEM. */
int kmc_redaction_records(struct kmc_redaction *redaction, struct kmc_record *records, size_t n);

/**
 * kmc_redaction_facts() - The redacted copy of facts, at the start and again at the end.
 * Its symbols: those of @from and those of all sites seen by then that have a name.
 * @to: overwritten; to be freed by kmc_trace_facts_free().
 * Return: 0, -ENOMEM.
 */
int kmc_redaction_facts(struct kmc_redaction *redaction, const struct kmc_trace_facts *from,
			struct kmc_trace_facts *to);

/** kmc_site_id() - The id that a named call site has in redacted traces; below 2^47. */
uint64_t kmc_site_id(const char *name);

/*
 * For predictions without sight of the answer: what the kernel gave is taken
 * out, what it was asked for stays.
 */
/** kmc_blank_records() - granted = 0 and KMC_RF_BLANK in kmalloc records. */
void kmc_blank_records(struct kmc_record *records, size_t n);
/**
 * kmc_blank_facts() - Every cache's size, inuse, offset, orders and objects to 0; but a
 * place of the free pointer that the creator chose was asked for: offset stays, and
 * inuse becomes the object size to tell it from 0.
 */
void kmc_blank_facts(struct kmc_trace_facts *facts);

#endif
