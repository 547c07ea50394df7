/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving up rights once everything is open. Used by record.c. */
#ifndef EBPF_RIGHTS_H
#define EBPF_RIGHTS_H
#include <stdbool.h>

/**
 * kmc_rights_drop() - No capabilities, no way to get new ones.
 * @keep_user: stay the user one is (files are still to be opened); else become nobody, if root.
 * Return: 0, -errno.
 */
int kmc_rights_drop(bool keep_user);

#endif
