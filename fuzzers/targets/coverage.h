/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What happens once in a process (booting a machine) is nothing that an input
 * did: between pause and resume the engine's coverage stays as it was. Without
 * an engine nothing happens. Private to targets/.
 */
#ifndef FUZZ_COVERAGE_H
#define FUZZ_COVERAGE_H

void kmc_coverage_pause(void);
void kmc_coverage_resume(void);

#endif
