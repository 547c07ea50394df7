/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the subcommands of kmconform-trace share: messages, numbers on the
 * command line, opened inputs and outputs that appear whole or not at all.
 */
#ifndef TRACE_CMD_H
#define TRACE_CMD_H
#include <argp.h>
#include <stdint.h>
#include "trace/trace.h"

/* Exit status of a command that could not do its work. */
#define KMC_TRACE_CANNOT 2

int kmc_trace_cmd_info(int argc, char **argv);
int kmc_trace_cmd_cut(int argc, char **argv);
int kmc_trace_cmd_merge(int argc, char **argv);
int kmc_trace_cmd_redact(int argc, char **argv);
int kmc_trace_cmd_text(int argc, char **argv);

/** kmc_trace_fail() - One line on standard error. Return: KMC_TRACE_CANNOT. */
int kmc_trace_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** kmc_trace_input() - Open a trace, or say why not. Return: 0, KMC_TRACE_CANNOT. */
int kmc_trace_input(const char *path, struct kmc_trace **trace);

/**
 * kmc_trace_tell_damage() - A line on standard error if anything of it cannot be read.
 *
 * What a command makes of the rest is good all the same; only a repair (cut) is done with it.
 * Return: 0, KMC_TRACE_CANNOT.
 */
int kmc_trace_tell_damage(const char *path, const struct kmc_trace *trace);

/** kmc_parse_time() - "1.5" or "1.5s", "200ms", "7us", "90ns". Return: 0, -EINVAL. */
int kmc_parse_time(const char *text, uint64_t *ns);

/** kmc_parse_count() - "1000", "64k", "2M", "1G" (powers of 1024). Return: 0, -EINVAL. */
int kmc_parse_count(const char *text, uint64_t *count);

/* A trace being written under a temporary name beside its own. */
struct kmc_trace_output {
	const char *path;
	char *temp;
	int fd;
	struct kmc_trace_writer *writer;
};

/**
 * kmc_trace_output_open() - Refuses a path that is one of the @inputs.
 * @facts: NULL: no trace is begun, the caller writes to fd.
 * Return: 0, KMC_TRACE_CANNOT after a message.
 */
int kmc_trace_output_open(struct kmc_trace_output *out, const char *path,
			  const struct kmc_trace_facts *facts, char *const *inputs,
			  unsigned int nr_inputs);
/** kmc_trace_output_block() - Write a block. Return: 0, KMC_TRACE_CANNOT after a message. */
int kmc_trace_output_block(struct kmc_trace_output *out, const struct kmc_block_info *info,
			   const struct kmc_record *records);
/**
 * kmc_trace_output_close() - End the trace and give it its name; with @failed, remove it.
 * Return: 0, KMC_TRACE_CANNOT (@failed, or after a message).
 */
int kmc_trace_output_close(struct kmc_trace_output *out, int failed);

/** kmc_block_room() - Memory for the records of any one block, to be freed. NULL: said so. */
struct kmc_record *kmc_block_room(const struct kmc_trace *trace);

#endif
