// SPDX-License-Identifier: GPL-2.0-or-later
/* Progress lines; see progress.h. */
#include "progress.h"
#include <unistd.h>

#define TERMINAL_NS 500000000ull
#define PLAIN_NS    10000000000ull

const char *kmc_bytes_print(char *buf, size_t size, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB" };
	double value = (double)bytes;
	int unit = 0;

	while (value >= 1024 && unit < 4) {
		value /= 1024;
		unit++;
	}
	snprintf(buf, size, unit ? "%.1f %s" : "%.0f %s", value, units[unit]);
	return buf;
}

void kmc_progress_start(struct kmc_progress *p, FILE *out, bool quiet, uint64_t now_ns,
			uint64_t duration_ns)
{
	*p = (struct kmc_progress){
		.out = out, .quiet = quiet, .terminal = isatty(fileno(out)),
		.start_ns = now_ns, .last_ns = now_ns,
		.end_ns = duration_ns ? now_ns + duration_ns : 0,
	};
	p->next_ns = now_ns + (p->terminal ? TERMINAL_NS : PLAIN_NS);
}

bool kmc_progress_due(const struct kmc_progress *p, uint64_t now_ns)
{
	return !p->quiet && now_ns >= p->next_ns;
}

void kmc_progress_clear(struct kmc_progress *p)
{
	if (p->shown && p->terminal)
		fputs("\r\033[K", p->out);
	p->shown = false;
}

static void show_left(const struct kmc_progress *p, uint64_t now_ns)
{
	if (p->end_ns > now_ns)
		fprintf(p->out, ", %.0f s left", (double)(p->end_ns - now_ns) / 1e9);
}

void kmc_progress_show(struct kmc_progress *p, uint64_t now_ns,
		       const struct kmc_recorder_stats *s)
{
	double seconds = (double)(now_ns - p->last_ns) / 1e9;
	char bytes[32];

	kmc_progress_clear(p);
	fprintf(p->out, "recording %.0f s: %llu events, %.0f/s, %llu lost, %s",
		(double)(now_ns - p->start_ns) / 1e9, (unsigned long long)s->events,
		seconds > 0 ? (double)(s->events - p->last_events) / seconds : 0,
		(unsigned long long)s->lost, kmc_bytes_print(bytes, sizeof(bytes), s->bytes));
	show_left(p, now_ns);
	if (!p->terminal)
		fputc('\n', p->out);
	fflush(p->out);
	p->shown = true;
	p->last_ns = now_ns;
	p->last_events = s->events;
	p->next_ns = now_ns + (p->terminal ? TERMINAL_NS : PLAIN_NS);
}
