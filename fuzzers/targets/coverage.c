/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coverage that is kept out of an engine's sight. AFL++ has one map, which is
 * copied and put back. libFuzzer compares nothing between two runs of an input,
 * so there the edges of the boot merely belong to the first input of a machine.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "coverage.h"

/* Names of our own, given by the linker (CMakeLists.txt): AFL++ makes its own in each file. */
extern unsigned char *kmc_afl_area_ptr __attribute__((weak));
extern uint32_t kmc_afl_map_size __attribute__((weak));

static unsigned char *kept;
static size_t kept_bytes;

void kmc_coverage_pause(void)
{
	if (!&kmc_afl_area_ptr || !kmc_afl_area_ptr || !&kmc_afl_map_size)
		return;
	kept_bytes = kmc_afl_map_size;
	kept = malloc(kept_bytes);
	if (kept)
		memcpy(kept, kmc_afl_area_ptr, kept_bytes);
}

void kmc_coverage_resume(void)
{
	if (!kept)
		return;
	memcpy(kmc_afl_area_ptr, kept, kept_bytes);
	free(kept);
	kept = NULL;
}
