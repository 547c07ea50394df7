/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running a program's text on a target and keeping what it said. Included by
 * the tests of exec/ only.
 */
#ifndef EXEC_TESTS_EXEC_RUN_H
#define EXEC_TESTS_EXEC_RUN_H
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "exec/target.h"

#define MAX_SEEN 4096
struct seen {
	size_t nr, nr_caches;
	struct kmc_event events[MAX_SEEN];
	struct kmc_cache_desc caches[64];
};

static inline void seen_event(void *arg, const struct kmc_event *ev)
{
	struct seen *seen = arg;

	assert_true(seen->nr < MAX_SEEN);
	seen->events[seen->nr++] = *ev;
}

static inline void seen_cache(void *arg, const struct kmc_cache_desc *cache)
{
	struct seen *seen = arg;

	assert_true(seen->nr_caches < 64);
	seen->caches[seen->nr_caches++] = *cache;
}

static inline void parse_program(struct kmc_program *program, const char *text)
{
	char error[256] = "";

	kmc_program_init(program);
	if (kmc_program_parse(program, text, strlen(text), "test", error, sizeof(error)))
		fail_msg("%s", error);
}

/* A machine of two cpus and 64 MiB, profile 6.18.44. */
static inline struct kmc_target *open_target_with(const char *name, unsigned int flags,
						  uint32_t options, uint32_t profile)
{
	struct kmc_target_config config = { .flags = flags };
	struct kmc_target *target = NULL;
	char error[256] = "";

	kmc_machine_default(&config.machine);
	config.machine.options |= options;
	if (profile)
		config.machine.profile = profile;
	if (kmc_target_find(name)->open(&config, &target, error, sizeof(error)))
		fail_msg("%s", error);
	return target;
}

static inline struct kmc_target *open_target(const char *name, unsigned int flags)
{
	return open_target_with(name, flags, 0, 0);
}

/* Ops of @text, without a head, go on where the target stands. */
static inline void run_text(struct kmc_target *target, struct seen *seen, const char *text)
{
	struct kmc_sink sink = { .arg = seen, .event = seen_event, .cache = seen_cache };
	struct kmc_program program;
	char whole[8192];

	snprintf(whole, sizeof(whole), "# kmconform program 1\nmachine cpus=2 memory=64M\n%s",
		 text);
	parse_program(&program, whole);
	seen->nr = 0;
	assert_int_equal(kmc_target_run(target, program.ops, program.nr_ops, &sink, 1000), 0);
	kmc_program_free(&program);
}

/* The last event of the n-th outermost call of what was seen, from 0. */
static inline const struct kmc_event *call_at(const struct seen *seen, unsigned int n)
{
	for (size_t i = 0; i < seen->nr; i++) {
		const struct kmc_event *ev = &seen->events[i];
		bool ends = ev->kind == KMC_EV_END || ev->kind == KMC_EV_CALL ||
			    ev->kind == KMC_EV_MACHINE;

		if (ends && !ev->parent && !n--)
			return ev;
	}
	fail_msg("no such call");
	return NULL;
}

static inline const struct kmc_event *last_call(const struct seen *seen)
{
	const struct kmc_event *last = NULL;

	for (size_t i = 0; i < seen->nr; i++)
		if (seen->events[i].kind != KMC_EV_EFFECT && seen->events[i].kind != KMC_EV_BEGIN)
			last = &seen->events[i];
	assert_non_null(last);
	return last;
}

static inline unsigned int effects_seen(const struct seen *seen, unsigned int effect)
{
	unsigned int n = 0;

	for (size_t i = 0; i < seen->nr; i++)
		n += seen->events[i].kind == KMC_EV_EFFECT && seen->events[i].what == effect;
	return n;
}

#endif
