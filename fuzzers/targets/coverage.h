/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens once in a process (booting a machine) is nothing that an input
 * did: between pause and resume the engine's coverage stays as it was. Without
 * an engine nothing happens. Private to targets/.
 */
#ifndef FUZZ_COVERAGE_H
#define FUZZ_COVERAGE_H

/* A function of which the engine sees nothing at all. */
#if defined(__clang__)
#define KMC_NO_COVERAGE __attribute__((no_sanitize("coverage")))
#else
#define KMC_NO_COVERAGE
#endif

void kmc_coverage_pause(void);
void kmc_coverage_resume(void);

#endif
