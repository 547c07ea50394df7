/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ours: allocator, executor and oracle. */
#include "fuzz/body.h"
#include "rate_input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	return kmc_fuzz_input(&kmc_fuzz_slab, data, size);
}
