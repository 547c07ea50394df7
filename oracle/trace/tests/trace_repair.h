/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Traces whose checksums hold although their contents are wrong: what a fuzzer
 * needs in order to get past the checksums. For the fuzz target and its main.
 */
#ifndef TRACE_REPAIR_H
#define TRACE_REPAIR_H
#include <stddef.h>
#include <stdint.h>

/** kmc_repair() - Put right, in place, the checksums of all frames that can be walked to. */
void kmc_repair(uint8_t *data, size_t size);

/**
 * kmc_unpack_frames() - The same trace with stored payloads, to be freed by the caller;
 * so that a changed byte is a changed column and not a broken zstd frame.
 */
uint8_t *kmc_unpack_frames(const uint8_t *data, size_t size, size_t *out_size);

#endif
