/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where a recording goes: one file, or numbered ones of which the last N are
 * kept. Used by recorder.c.
 */
#ifndef EBPF_OUTPUT_H
#define EBPF_OUTPUT_H
#include <stdbool.h>
#include <stdint.h>
#include "trace/trace.h"

struct kmc_output {
	const char *path;    /* as the user gave it */
	bool numbered;
	unsigned int keep;   /* numbered files to keep; 0 all */
	unsigned int number; /* of the current file, from 1 */
	unsigned int mode;   /* of new files */
	int fd;
	char name[4096];     /* of the current file */
	struct kmc_trace_writer *writer;
	uint64_t bytes_done; /* of files that are finished */
};

/** kmc_output_name() - Of a numbered file: "a.kmt" -> "a.0007.kmt". Return: as snprintf(). */
int kmc_output_name(const char *path, unsigned int number, char *name, size_t size);

/**
 * kmc_output_open() - Open the (first) file, untouched until kmc_output_begin().
 * Return: 0, -EISDIR, -errno.
 */
int kmc_output_open(struct kmc_output *output, const char *path, bool numbered,
		    unsigned int keep, bool secret);

/** kmc_output_begin() - Start a trace in the current file. Return: 0, -errno. */
int kmc_output_begin(struct kmc_output *output, const struct kmc_trace_facts *facts);

/** kmc_output_end() - End the current file's trace. Return: 0, -errno. */
int kmc_output_end(struct kmc_output *output);

/**
 * kmc_output_next() - After an end: open the next numbered file, remove what is too old. Return:
 * 0, -errno.
 */
int kmc_output_next(struct kmc_output *output);

/** kmc_output_bytes() - Of all files. */
uint64_t kmc_output_bytes(const struct kmc_output *output);

/** kmc_output_close() - Without an end mark if a trace is still open. */
void kmc_output_close(struct kmc_output *output);

#endif
