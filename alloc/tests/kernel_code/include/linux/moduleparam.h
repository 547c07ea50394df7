/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parameters of a module; included by <linux/module.h> and by code under test. */
#pragma once
#include <stdbool.h>

void kmc_code_param_int(const char *name, int *value);
void kmc_code_param_bool(const char *name, bool *value);

#define module_param(name, type, mode)                                                  \
	static __attribute__((constructor)) void kmc_param_##name(void)                 \
	{                                                                               \
		_Generic(&name, int *: kmc_code_param_int, bool *: kmc_code_param_bool) \
			(#name, &name);                                                 \
	}
#define MODULE_PARM_DESC(name, text)
