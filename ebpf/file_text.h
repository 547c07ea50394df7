/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Small files of /proc, /sys and /boot as text. Used by everything here that reads the kernel's
 * own words.
 */
#ifndef EBPF_FILE_TEXT_H
#define EBPF_FILE_TEXT_H
#include <stddef.h>
#include <stdint.h>

/**
 * kmc_file_text() - A whole file as a string, decompressed if it is gzip.
 * @text: receives memory for the caller to free().
 * Return: length, -errno; -EFBIG beyond 64 MiB.
 */
int64_t kmc_file_text(const char *path, char **text);

/** kmc_file_number() - A file that holds one number. Return: it, or @otherwise. */
uint64_t kmc_file_number(const char *path, uint64_t otherwise);

/** kmc_text_line() - Splits off the next line of *@text, without its newline; NULL at the end. */
char *kmc_text_line(char **text);

#endif
