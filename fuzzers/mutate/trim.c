/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Trimming for engines that ask for it step by step (AFL++): the number of
 * steps is known beforehand, so it is no search for the least, which the
 * minimizer does.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "mutate/input.h"
#include "mutate/mutate.h"

#define MAX_TRIES 256

int kmc_trim_begin(struct kmc_trim *trim, const uint8_t *bytes, size_t len)
{
	size_t tries = 0;

	memset(trim, 0, sizeof(*trim));
	kmc_program_init(&trim->program);
	kmc_program_init(&trim->candidate);
	if (kmc_input_decode(&trim->program, bytes, len))
		return -ENOMEM;
	trim->chunk = trim->program.nr_ops / 2;
	trim->done = !trim->chunk;
	for (size_t chunk = trim->chunk; chunk; chunk /= 2)
		tries += (trim->program.nr_ops + chunk - 1) / chunk;
	return tries < MAX_TRIES ? (int)tries : MAX_TRIES;
}

/* Return: false no memory. */
static bool make_candidate(struct kmc_trim *trim)
{
	const struct kmc_program *program = &trim->program;

	trim->candidate.machine = program->machine;
	trim->candidate.edition = program->edition;
	trim->candidate.nr_ops = 0;
	for (size_t i = 0; i < program->nr_ops; i++)
		if ((i < trim->at || i >= trim->at + trim->chunk) &&
		    kmc_program_add(&trim->candidate, &program->ops[i]))
			return false;
	free(trim->bytes);
	trim->bytes = NULL;
	return !kmc_program_encode(&trim->candidate, (void **)&trim->bytes, &trim->len);
}

bool kmc_trim_next(struct kmc_trim *trim)
{
	while (!trim->done && trim->at >= trim->program.nr_ops) {
		trim->at = 0;
		trim->chunk /= 2;
		trim->done = !trim->chunk;
	}
	return !trim->done && make_candidate(trim);
}

void kmc_trim_tell(struct kmc_trim *trim, bool keep)
{
	struct kmc_program swap = trim->program;

	if (!keep) {
		trim->at += trim->chunk;
		return;
	}
	trim->program = trim->candidate;
	trim->candidate = swap;
}

void kmc_trim_end(struct kmc_trim *trim)
{
	kmc_program_free(&trim->program);
	kmc_program_free(&trim->candidate);
	free(trim->bytes);
	memset(trim, 0, sizeof(*trim));
}
