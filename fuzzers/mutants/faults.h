/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The planted faults, each with the rules that must catch it. Included by the
 * files of this folder.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MAX_FAULTS 512u
#define MAX_RULES  1024u

struct fault {
	const char *name, *summary;
	const char *rules; /* ids, a space between two */
};

/** faults_load() - Those of this build. Return: how many; 0: a build without; -1, with a message. */
int faults_load(struct fault *faults);
/** fault_lists() - Is the rule of this index on the fault's list? */
bool fault_lists(const struct fault *fault, int rule);
