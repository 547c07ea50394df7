/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program targets by name; apart from their body, which an engine's mutator does without. */
#include <string.h>
#include "fuzz/body.h"

static const struct kmc_alphabet *const targets[] = {
#define KMC_FUZZ_TARGET(name) &kmc_fuzz_##name,
	KMC_FUZZ_TARGETS(KMC_FUZZ_TARGET)
#undef KMC_FUZZ_TARGET
};

const struct kmc_alphabet *kmc_fuzz_target_at(size_t index)
{
	return index < sizeof(targets) / sizeof(targets[0]) ? targets[index] : NULL;
}

const struct kmc_alphabet *kmc_fuzz_target_find(const char *name)
{
	const struct kmc_alphabet *target;

	for (size_t i = 0; (target = kmc_fuzz_target_at(i)); i++)
		if (!strcmp(target->name, name))
			return target;
	return NULL;
}
