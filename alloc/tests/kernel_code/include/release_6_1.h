/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What source of release 6.1 means by names whose meaning moved later, and what
 * it gets without asking; put before each file by the compiler's command line.
 */
#pragma once
#define MAX_ORDER 11 /* exclusive until 6.3 */
#if __has_include(<linux/percpu.h>)
#include <linux/percpu.h>
#else
#define CONFIG_NEED_PER_CPU_KM /* takes the one case of percpu out of test_vmalloc.c */
#endif
