/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Coverage that is kept out of an engine's sight. AFL++'s code counts where a pointer points:
 * it is turned to a place that nobody reads. libFuzzer's counters lie in a section of the
 * program: they are copied and put back.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "coverage.h"

/*
 * Where AFL++ keeps the pointer and the map's size, or NULL. By the assembler's hand: AFL++'s pass
 * makes variables of these names in each file, and the compiler takes no second one.
 */
__asm__(".pushsection .data.rel.kmc_afl, \"aw\"\n"
	".weak __afl_area_ptr\n"
	".weak __afl_map_size\n"
	".balign 8\n"
	".globl kmc_afl_area_at\n"
	"kmc_afl_area_at: .quad __afl_area_ptr\n"
	".globl kmc_afl_size_at\n"
	"kmc_afl_size_at: .quad __afl_map_size\n"
	".popsection\n");
extern unsigned char **kmc_afl_area_at __attribute__((visibility("hidden")));
extern const uint32_t *kmc_afl_size_at __attribute__((visibility("hidden")));

extern unsigned char first_counter __asm__("__start___sancov_cntrs")
	__attribute__((weak, visibility("hidden")));
extern unsigned char counters_end __asm__("__stop___sancov_cntrs")
	__attribute__((weak, visibility("hidden")));

static unsigned char *aside; /* AFL++'s map meanwhile, or the counters as they were */
static unsigned char *area;  /* AFL++'s map itself, while paused */
static size_t room;

KMC_NO_COVERAGE static bool make_aside(size_t bytes)
{
	if (room < bytes) {
		free(aside);
		aside = calloc(1, bytes);
		room = aside ? bytes : 0;
	}
	return aside && bytes;
}

KMC_NO_COVERAGE static size_t counter_bytes(void)
{
	return &first_counter ? (size_t)(&counters_end - &first_counter) : 0;
}

KMC_NO_COVERAGE void kmc_coverage_pause(void)
{
	if (kmc_afl_area_at && kmc_afl_size_at && *kmc_afl_area_at) {
		if (make_aside(*kmc_afl_size_at)) {
			area = *kmc_afl_area_at;
			*kmc_afl_area_at = aside;
		}
	} else if (make_aside(counter_bytes())) {
		memcpy(aside, &first_counter, counter_bytes());
	}
}

KMC_NO_COVERAGE void kmc_coverage_resume(void)
{
	if (area) {
		*kmc_afl_area_at = area;
		area = NULL;
	} else if (aside) {
		memcpy(&first_counter, aside, counter_bytes());
	}
}
