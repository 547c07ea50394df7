/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files of corpus/rules: FAMILY/RULE.KIND.op, where the kind is keep, break or none. */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include "vocab/program.h"

void rule_file_path(char *path, size_t size, const char *folder, int rule, const char *kind);
bool rule_file_is_there(const char *folder, int rule, const char *kind);
/** rule_file_write() - @fault: that the program shows; NULL none. Return: 0, -errno. */
int rule_file_write(const char *folder, int rule, const char *kind, const char *fault,
		    const struct kmc_program *program);
