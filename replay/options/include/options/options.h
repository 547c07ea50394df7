/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the programs' option parsers (argp) have in common: values that are
 * checked whole, with a message that names the option. All of them end the
 * program by argp_error(), with argp_err_exit_status, if the value is bad.
 */
#ifndef OPTIONS_OPTIONS_H
#define OPTIONS_OPTIONS_H
#include <argp.h>
#include <stdint.h>

/**
 * kmc_option_number() - @text as a decimal number from @min to @max.
 * @option: as the user wrote it ("--depth"), for the message
 */
uint64_t kmc_option_number(struct argp_state *state, const char *text, uint64_t min, uint64_t max,
			   const char *option);

/** kmc_option_bytes() - The same with a suffix K, M, G or T (powers of 1024); not 0. */
uint64_t kmc_option_bytes(struct argp_state *state, const char *text, const char *option);

/** kmc_option_real() - @text as a number from @min to @max that may have a fraction. */
double kmc_option_real(struct argp_state *state, const char *text, double min, double max,
		       const char *option);

/** kmc_option_release() - @text as a kernel release ("6.18", "6.12.117"). Return: KMC_RELEASE(). */
uint32_t kmc_option_release(struct argp_state *state, const char *text, const char *option);

#endif
