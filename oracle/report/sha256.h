/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 (FIPS 180-4): keys of findings. Included by the judge. */
#ifndef REPORT_SHA256_H
#define REPORT_SHA256_H
#include <stddef.h>
#include <stdint.h>

/** kmc_sha256() - Digest of @len bytes. */
void kmc_sha256(const void *data, size_t len, uint8_t digest[32]);

#endif
