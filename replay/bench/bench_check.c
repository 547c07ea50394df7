/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Before anything is timed: a contestant must be an allocator. Objects of a
 * recorded mix are filled with their own stamp to the last byte, kept together
 * and read back, so that a wrong function behind a pointer, or two objects at
 * one place, is a message and not a good time.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "bench.h"
#include "bench_loops.h"
#include "bench_mixes.h"

#define CHECK_OBJECTS 2000
#define CHECK_ROUNDS  3

struct stamped {
	unsigned char *at;
	size_t size;
};

static unsigned char stamp_of(size_t i)
{
	return (unsigned char)(i * 131 + 7);
}

static bool stamp_whole(const struct stamped *s, unsigned char stamp)
{
	for (size_t i = 0; i < s->size; i++)
		if (s->at[i] != stamp)
			return false;
	return true;
}

static void *check_get(const struct bench_contestant *c, size_t size)
{
	return bench_get(&c->face, c->face.kmalloc != NULL, size);
}

static int check_objects(const struct bench_contestant *c, struct stamped *s, uint64_t *seed)
{
	int err = 0;

	for (size_t i = 0; i < CHECK_OBJECTS; i++) {
		s[i].size = bench_mix_size(&bench_mix_proc, bench_random(seed));
		s[i].at = check_get(c, s[i].size);
		if (!s[i].at)
			return -ENOMEM;
		memset(s[i].at, stamp_of(i), s[i].size);
	}
	for (size_t i = 0; i < CHECK_OBJECTS; i++) {
		if (!stamp_whole(&s[i], stamp_of(i)))
			err = -EBADMSG;
		bench_put(&c->face, c->face.kmalloc != NULL, s[i].at);
	}
	return err;
}

/* Freed memory must come back soon, else free() belongs to somebody else. */
static int check_reuse(const struct bench_contestant *c)
{
	uintptr_t seen[64];

	for (unsigned int i = 0; i < 64; i++) {
		void *p = check_get(c, 64);

		if (!p)
			return -ENOMEM;
		seen[i] = (uintptr_t)p;
		bench_put(&c->face, c->face.kmalloc != NULL, p);
		for (unsigned int k = 0; k < i; k++)
			if (seen[k] == seen[i])
				return 0;
	}
	return -EBADMSG;
}

/**
 * bench_check() - Stamp test of a contestant's objects.
 * Return: 0, -ENOMEM, -EBADMSG when contents were overwritten or nothing is
 * ever reused.
 */
int bench_check(const struct bench_contestant *c)
{
	struct stamped *s = calloc(CHECK_OBJECTS, sizeof(*s));
	uint64_t seed = 4;
	int err;

	if (!s)
		return -ENOMEM;
	err = c->enter ? c->enter(c, 0) : 0;
	if (!err) {
		for (unsigned int i = 0; i < CHECK_ROUNDS && !err; i++)
			err = check_objects(c, s, &seed);
		err = err ?: check_reuse(c);
		if (c->leave)
			c->leave(c);
	}
	free(s);
	return err;
}
