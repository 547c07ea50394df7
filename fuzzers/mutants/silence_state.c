// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * How far a run is, as lines "key : value": written whole or not at all, and
 * taken up by the same command only. Sums over two builds would be of neither.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kmc-version.h"
#include "silence.h"

#define MAX_TEXT 8192

static int fail(const struct silence_wish *wish, const char *why)
{
	fprintf(stderr, "kmconform silence: %s: %s\n", wish->state, why);
	return -EINVAL;
}

/* What must be the same; the counts follow. */
static int head_print(const struct silence_wish *wish, char *text, size_t size)
{
	return snprintf(text, size, "program : %s\ntarget : %s\nlibrary : %s\nfirst_seed : %" PRIu64
			"\naccept : %s\n", KMC_VERSION_LINE, wish->target,
			wish->library ? wish->library : "-", wish->seed,
			wish->accept ? wish->accept : "-");
}

int silence_state_write(const struct silence_wish *wish, const struct silence_sum *sum)
{
	char path[4096], head[MAX_TEXT];
	FILE *out;
	int err;

	if (!wish->state)
		return 0;
	if (snprintf(path, sizeof(path), "%s.new", wish->state) >= (int)sizeof(path))
		return fail(wish, strerror(ENAMETOOLONG));
	head_print(wish, head, sizeof(head));
	out = fopen(path, "we");
	if (!out)
		return fail(wish, strerror(errno));
	fprintf(out, "%snext_seed : %" PRIu64 "\nops : %" PRIu64 "\nevents : %" PRIu64
		"\nprograms : %" PRIu64 "\nalarms : %" PRIu64 "\nknown : %" PRIu64 "\n", head,
		sum->next_seed, sum->ops, sum->events, sum->programs, sum->alarms, sum->known);
	err = fflush(out) || fsync(fileno(out)) ? errno : 0;
	if (fclose(out) && !err)
		err = errno;
	if (!err && rename(path, wish->state))
		err = errno;
	return err ? fail(wish, strerror(err)) : 0;
}

static bool counts_scan(const char *text, struct silence_sum *sum)
{
	int end = -1;

	return sscanf(text, "next_seed : %" SCNu64 " ops : %" SCNu64 " events : %" SCNu64
			    " programs : %" SCNu64 " alarms : %" SCNu64 " known : %" SCNu64 "%n",
		      &sum->next_seed, &sum->ops, &sum->events, &sum->programs, &sum->alarms,
		      &sum->known, &end) == 6 && end > 0 && !strcmp(text + end, "\n");
}

int silence_state_read(const struct silence_wish *wish, struct silence_sum *sum)
{
	char text[MAX_TEXT], head[MAX_TEXT];
	size_t length;
	FILE *in;

	*sum = (struct silence_sum){ .next_seed = wish->seed };
	in = wish->state ? fopen(wish->state, "re") : NULL;
	if (!in)
		return !wish->state || errno == ENOENT ? 0 : fail(wish, strerror(errno));
	length = fread(text, 1, sizeof(text) - 1, in);
	fclose(in);
	text[length] = '\0';
	if (strncmp(text, "program : kmconform ", 20))
		return fail(wish, "no state of kmconform silence");
	length = (size_t)head_print(wish, head, sizeof(head));
	if (length >= sizeof(head) || strncmp(text, head, length))
		return fail(wish, "of another build, target, library, seed or accepted findings; remove it to begin anew");
	return counts_scan(text + length, sum) ? 0 : fail(wish, "damaged");
}
