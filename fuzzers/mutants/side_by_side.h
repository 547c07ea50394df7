/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Many pieces of work in processes of their own, some of them at once. Included by mutants.c and reduce.c. */
#pragma once
#include <stddef.h>

struct side_by_side {
	/* In a process of its own: what it leaves in memory from side_by_side_room() stays. Return: 0, -errno. */
	int (*work)(void *arg, size_t i);
	void (*done)(void *arg, size_t i); /* here, in order; may be NULL */
	void *arg;
};

/** side_by_side_room() - Memory, cleared, that all processes share. Return: NULL there is none. */
void *side_by_side_room(size_t bytes);
void side_by_side_drop(void *room, size_t bytes);

/** side_by_side() - Work 0 to @nr - 1, @jobs at once. Return: 0, the -errno of the first that failed. */
int side_by_side(const struct side_by_side *what, size_t nr, unsigned int jobs);
