/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The kernel's texts about itself, taken apart: pure functions of strings, so
 * that they can be tested on texts of other kernels. Used by kernel_facts.c.
 */
#ifndef EBPF_PROC_TEXT_H
#define EBPF_PROC_TEXT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "vocab/machine.h"

/**
 * kmc_zoneinfo_parse() - Zones of /proc/zoneinfo that hold pages.
 * @machine: nr_zones, nr_nodes and zones are set.
 * Return: number of zones, -EINVAL when it is no zoneinfo, -E2BIG when there
 * are more zones than a machine describes (the first are kept).
 */
int kmc_zoneinfo_parse(const char *text, struct kmc_machine *machine);

/** kmc_buddyinfo_max_order() - Highest order of /proc/buddyinfo. Return: -1 unknown. */
int kmc_buddyinfo_max_order(const char *text);

/**
 * kmc_vmallocinfo_parse() - The GiBs that the areas of /proc/vmallocinfo lie in, modules left out.
 * The range starts at a multiple of 1 GiB, and its first areas are taken at boot
 * and stay; the per-cpu chunks are put at its end. Most kernels print no real
 * addresses there (kptr_restrict); such lines are passed over.
 * Return: false when no area is listed; *@start and *@end are then 0.
 */
bool kmc_vmallocinfo_parse(const char *text, uint64_t *start, uint64_t *end);

/** kmc_config_set() - Is CONFIG_@name y or m in a kernel configuration? */
bool kmc_config_set(const char *config, const char *name);

/**
 * kmc_cmdline_find() - A word of the kernel's command line, "key" or "key=value".
 * @value: receives what follows '=' ("" for a bare word); size bytes; the last one wins.
 */
bool kmc_cmdline_find(const char *cmdline, const char *key, char *value, size_t size);

/**
 * kmc_options_parse() - KMC_MO_* from configuration and command line.
 * @config: NULL when unreadable: then options_unknown is set.
 * The slub debug options are not decided here: the caches' flags tell them.
 */
uint32_t kmc_options_parse(const char *config, const char *cmdline);

/**
 * kmc_constant() - Value of a C constant expression: numbers, casts, << | & ~ + -, parentheses.
 * @name_value: value of a name (an enumerator); returns false when unknown. May be NULL.
 * Return: false when it is none.
 */
bool kmc_constant(const char *text, size_t len,
		  bool (*name_value)(void *arg, const char *name, size_t len, uint64_t *value),
		  void *arg, uint64_t *value);

#endif
