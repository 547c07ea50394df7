/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The planted faults of `alloc`, for who may not know it. */
#include "exec/planted_faults.h"
#include "alloc/planted.h"

const char *kmc_exec_planted_name(size_t index)
{
	const struct kmc_planted_fault *fault = kmc_planted_at(index);

	return fault ? fault->name : NULL;
}

const char *kmc_exec_planted_summary(size_t index)
{
	const struct kmc_planted_fault *fault = kmc_planted_at(index);

	return fault ? fault->summary : NULL;
}

bool kmc_exec_planted_choose(const char *name)
{
	return kmc_planted_choose(name);
}

uint64_t kmc_exec_planted_hits(void)
{
	return kmc_planted_hits();
}
