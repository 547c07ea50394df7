/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runs of bytes that belong to the allocator at the moment: free or around objects, so
 * AddressSanitizer's marks do not count. By pieces, since checks and clearing read far more
 * bytes than anything else here does.
 */
#pragma once
#include <string.h>
#include "core.h"

/** kmc_raw_other() - Offset of the first byte that is not @value; @len: there is none. */
size_t kmc_raw_other(const void *at, uint8_t value, size_t len);

#ifdef KMC_ASAN
void kmc_raw_fill(void *at, uint8_t value, size_t len);
void kmc_raw_copy(void *to, const void *from, size_t len);
#else
static inline void kmc_raw_fill(void *at, uint8_t value, size_t len)
{
	memset(at, value, len);
}
static inline void kmc_raw_copy(void *to, const void *from, size_t len)
{
	memcpy(to, from, len);
}
#endif
