/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers that look random and are the same in each run. */
#pragma once
#include <linux/types.h>

u32 kmc_code_random(void);

static inline u8 get_random_u8(void)
{
	return (u8)kmc_code_random();
}

static inline u32 prandom_u32_max(u32 ceiling)
{
	return ceiling ? kmc_code_random() % ceiling : 0;
}
