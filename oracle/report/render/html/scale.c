// SPDX-License-Identifier: GPL-2.0-or-later
/* Axes: round ticks, linear or logarithmic, in whole numbers. */
#include <inttypes.h>
#include <string.h>
#include "plot.h"

/* log2 in 1/65536; of 0 and 1: 0. */
static uint64_t log2_of(uint64_t n)
{
	unsigned int whole = n ? 63 - (unsigned int)__builtin_clzll(n) : 0;
	uint64_t log = (uint64_t)whole << 16;
	unsigned __int128 x;

	if (n < 2)
		return 0;
	x = whole > 31 ? n >> (whole - 31) : n << (31 - whole); /* [1, 2) in 1/2^31 */
	for (unsigned int bit = 1u << 15; bit; bit >>= 1) {
		x = x * x >> 31;
		if (x >> 32) {
			x >>= 1;
			log |= bit;
		}
	}
	return log;
}

uint64_t kmc_axis_place(const struct kmc_axis *axis, uint64_t value)
{
	unsigned __int128 length = (unsigned __int128)axis->length * 10;

	value = value < axis->from ? axis->from : value > axis->to ? axis->to : value;
	if (axis->log)
		return (uint64_t)(length * (log2_of(value) - log2_of(axis->from)) /
				  (log2_of(axis->to) - log2_of(axis->from)));
	return (uint64_t)(length * (value - axis->from) / (axis->to - axis->from));
}

/* ticks */

/* "bytes", "bytes recorded" */
static bool is_bytes(const char *unit)
{
	return !strncmp(unit, "bytes", 5) && (!unit[5] || unit[5] == ' ');
}

bool kmc_axis_alike(const char *one, const char *other)
{
	size_t len = strcspn(one, " ");

	return len == strcspn(other, " ") && !memcmp(one, other, len);
}

/* The smallest round step of which @most reach over @span. */
static uint64_t round_step(uint64_t span, unsigned int most, bool bytes)
{
	static const unsigned int tens[] = { 2, 5, 10 };
	uint64_t base = 1;

	if (bytes) {
		while (span / base > most && base < 1ull << 62)
			base *= 2;
		return base;
	}
	for (;; base *= 10) {
		if (span / base <= most)
			return base;
		for (unsigned int i = 0; i < 2; i++)
			if (span / (base * tens[i]) <= most)
				return base * tens[i];
		if (base > UINT64_MAX / 100)
			return base * 10;
	}
}

static void linear_ticks(struct kmc_axis *a, uint64_t from, uint64_t to, unsigned int most)
{
	uint64_t step = round_step(to - from, most, is_bytes(a->unit));

	a->from = from / step * step;
	a->to = to % step && to / step < UINT64_MAX / step ? (to / step + 1) * step : to;
	if (a->to == a->from)
		a->to = a->from + step > a->from ? a->from + step : UINT64_MAX;
	for (uint64_t t = a->from;; t += step) {
		a->tick[a->nr_ticks++] = t;
		if (a->nr_ticks == AXIS_MOST_TICKS || a->to - t < step)
			return;
	}
}

/* Powers of ten, or of 2 of bytes, so many of them that they fit. */
static void log_ticks(struct kmc_axis *a, uint64_t from, uint64_t to, unsigned int most)
{
	uint64_t factor = is_bytes(a->unit) ? 2 : 10, nr = 1, every, t = 1, i = 0;

	a->from = 1;
	while (a->from <= from / factor)
		a->from *= factor;
	for (a->to = a->from; a->to < to; nr++) {
		if (a->to > UINT64_MAX / factor) {
			a->to = UINT64_MAX;
			break;
		}
		a->to *= factor;
	}
	if (a->to == a->from)
		a->to = a->from > UINT64_MAX / factor ? UINT64_MAX : a->from * factor;
	every = (nr + most - 1) / most;
	for (t = a->from;; t *= factor) {
		if (!(i++ % every) && a->nr_ticks < AXIS_MOST_TICKS)
			a->tick[a->nr_ticks++] = t;
		if (t > a->to / factor)
			return;
	}
}

void kmc_axis_make(struct kmc_axis *axis, uint64_t from, uint64_t to, unsigned int most_ticks)
{
	axis->nr_ticks = 0;
	if (axis->log)
		log_ticks(axis, from ? from : 1, to ? to : 1, most_ticks);
	else
		linear_ticks(axis, from, to, most_ticks);
}

/* labels */

static void scaled(uint64_t value, uint64_t base, const char *letters, char *text)
{
	uint64_t unit = 1;
	unsigned int power = 0;

	while (letters[power] && value / unit >= base && unit <= UINT64_MAX / base) {
		unit *= base;
		power++;
	}
	if (!power)
		snprintf(text, 16, "%" PRIu64, value);
	else if (value % unit && value / unit < 100 && value % unit / (unit / 10 ? unit / 10 : 1))
		snprintf(text, 16, "%" PRIu64 ".%" PRIu64 "%c", value / unit,
			 value % unit / (unit / 10) % 10, letters[power - 1]);
	else
		snprintf(text, 16, "%" PRIu64 "%c", value / unit, letters[power - 1]);
}

void kmc_axis_label(const char *unit, uint64_t value, char *text)
{
	if (is_bytes(unit))
		scaled(value, 1024, "KMGTPE", text);
	else
		scaled(value, 1000, "kMGTPE", text);
}
