/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How it goes: a line that is rewritten on a terminal, a plain one now and then elsewhere, CSV. */
#include <inttypes.h>
#include <unistd.h>
#include "campaign.h"

#define PLAIN_S 15
#define CSV_S   10

static uint64_t sum_edges(const struct kmc_campaign *c)
{
	uint64_t edges = 0;

	for (unsigned int i = 0; i < c->nr_targets; i++)
		edges += c->targets[i].edges;
	return edges;
}

static void write_csv(struct kmc_campaign *c, double session)
{
	char path[PATH_MAX];
	FILE *out = fopen(kmc_path(c, path, "progress.csv"), "a");

	if (!out)
		return;
	if (!ftell(out))
		fprintf(out, "seconds,execs,execs_per_sec,ops_per_sec,edges,rules_exercised,"
			     "rules_reachable,findings_new,findings_known\n");
	fprintf(out, "%.0f,%" PRIu64 ",%.0f,%.0f,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",%" PRIu64
		     ",%" PRIu64 "\n", c->seconds + session, c->execs,
		(double)c->session_execs / session,
		(double)c->session_execs / session * c->ops_per_input, sum_edges(c),
		c->rules_exercised, c->rules_reachable, c->findings_new, c->findings_known);
	fclose(out);
}

static void print_time(double seconds, char text[24])
{
	unsigned long s = (unsigned long)seconds;

	if (s >= 3600)
		snprintf(text, 24, "%lu:%02lu:%02lu", s / 3600, s / 60 % 60, s % 60);
	else
		snprintf(text, 24, "%lu:%02lu", s / 60, s % 60);
}

static void print_line(struct kmc_campaign *c, double session, bool terminal)
{
	char run[24], left[24], since[24];

	print_time(c->seconds + session, run);
	print_time(c->options->seconds > session ? c->options->seconds - session : 0, left);
	print_time(kmc_now() - c->last_new, since);
	printf("%s%s%s%s  %.1f k execs/s  %.1f k ops/s  execs %" PRIu64 "  edges %" PRIu64
	       "  rules %" PRIu64 "/%" PRIu64 "  findings %" PRIu64 " new, %" PRIu64
	       " known  last new %s ago%s", terminal ? "\r\033[K" : "", run,
	       c->options->seconds > 0 ? ", left " : "", c->options->seconds > 0 ? left : "",
	       (double)c->session_execs / session / 1000,
	       (double)c->session_execs / session * c->ops_per_input / 1000, c->execs,
	       sum_edges(c), c->rules_exercised, c->rules_reachable, c->findings_new,
	       c->findings_known, since, terminal ? "" : "\n");
	fflush(stdout);
}

void kmc_progress(struct kmc_campaign *c, bool last)
{
	static double next_line, next_csv, next_status;
	bool terminal = isatty(STDOUT_FILENO);
	double now = kmc_now(), session = now - c->began + 1e-3;

	if (last || now >= next_status) {
		kmc_status_write(c);
		next_status = now + 1;
	}
	if (last || now >= next_csv) {
		write_csv(c, session);
		kmc_history_sample(c->history, c);
		next_csv = now + CSV_S;
	}
	if (!c->options->quiet && (last || now >= next_line)) {
		print_line(c, session, terminal);
		next_line = now + (terminal ? 0.5 : PLAIN_S);
	}
	if (last && terminal && !c->options->quiet)
		printf("\n");
}
