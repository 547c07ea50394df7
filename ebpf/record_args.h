/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The command line of kmconform-record, taken apart. Used by record.c and its test. */
#ifndef EBPF_RECORD_ARGS_H
#define EBPF_RECORD_ARGS_H
#include <stdbool.h>
#include <stdint.h>
#include "recorder.h"

struct kmc_record_args {
	struct kmc_recorder_options recorder;
	double duration;       /* seconds; 0: until a signal */
	uint64_t max_bytes;    /* 0: no limit */
	bool quiet, verbose;
	bool keep_rights;
};

/**
 * kmc_record_args_parse() - Prints help, version or one error line itself.
 * Return: -1 to go on, else the exit status.
 */
int kmc_record_args_parse(int argc, char **argv, struct kmc_record_args *args);

/** kmc_bytes_parse() - "64M", "1G", "4096". Return: 0, -EINVAL. */
int kmc_bytes_parse(const char *text, uint64_t *bytes);

/** kmc_probe_list_parse() - "kmalloc,kfree,vmscan". Return: 0, -EINVAL with *@bad the word. */
int kmc_probe_list_parse(const char *list, uint32_t *wanted, const char **bad, int *bad_len);

#endif
