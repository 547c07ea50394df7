// SPDX-License-Identifier: GPL-2.0-or-later
#include "options/options.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "vocab/machine.h"

/* Digits only: strtoull() would take blanks and signs. Return: whether @text began with a number. */
static bool digits(const char *text, uint64_t *value, const char **end)
{
	char *stop;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*value = strtoull(text, &stop, 10);
	*end = stop;
	return !errno;
}

uint64_t kmc_option_number(struct argp_state *state, const char *text, uint64_t min, uint64_t max,
			   const char *option)
{
	const char *end;
	uint64_t value;

	if (digits(text, &value, &end) && !*end && value >= min && value <= max)
		return value;
	if (max == UINT64_MAX)
		argp_error(state, "%s is no number for %s%s", text, option, min ? " (from 1)" : "");
	else
		argp_error(state, "%s is no number from %" PRIu64 " to %" PRIu64 " for %s", text, min,
			   max, option);
	return min;
}

uint64_t kmc_option_bytes(struct argp_state *state, const char *text, const char *option)
{
	static const char suffixes[] = "KMGT";
	const char *end, *suffix;
	unsigned int shift = 0;
	uint64_t value;

	if (!digits(text, &value, &end))
		value = 0;
	else if (*end && (suffix = strchr(suffixes, *end)) && !end[1])
		shift = 10 * (unsigned int)(suffix - suffixes + 1);
	else if (*end)
		value = 0;
	if (!value || value > UINT64_MAX >> shift)
		argp_error(state, "%s is no number of bytes for %s", text, option);
	return value << shift;
}

double kmc_option_real(struct argp_state *state, const char *text, double min, double max,
		       const char *option)
{
	char *end;
	double value = strtod(text, &end);

	if (end == text || *end || !(value >= min && value <= max))
		argp_error(state, "%s is no number from %g to %g for %s", text, min, max, option);
	return value;
}

uint32_t kmc_option_release(struct argp_state *state, const char *text, const char *option)
{
	uint32_t release = kmc_release_parse(text);

	if (!release)
		argp_error(state, "%s is no release for %s", text, option);
	return release;
}
