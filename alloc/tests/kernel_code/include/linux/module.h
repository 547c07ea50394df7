/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A module is a program here: what module_init() names is called once by
 * kernel_code.c, after `name=value` arguments were put into its parameters.
 */
#pragma once
#include <linux/kernel.h>
#include <linux/moduleparam.h>

extern int (*kmc_code_init)(void) __attribute__((weak));
#define module_init(function) int (*kmc_code_init)(void) = (function);
#define module_exit(function) void (*kmc_code_exit)(void) = (function);

#define MODULE_LICENSE(text)
#define MODULE_AUTHOR(text)
#define MODULE_DESCRIPTION(text)
