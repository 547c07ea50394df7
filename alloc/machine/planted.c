/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which planted fault is live. The choice belongs to the build under test, not to a
 * machine: it survives resets, and no digest has it.
 */
#include <stdlib.h>
#include <string.h>
#include "core.h"

static const struct kmc_planted_fault faults[] = {
#ifdef KMC_PLANTED_FAULTS
#define KMC_PLANTED_FAULT(name, summary) { #name, summary },
#include "alloc/planted.def"
#undef KMC_PLANTED_FAULT
#endif
	{ NULL, NULL },
};

const struct kmc_planted_fault *kmc_planted_at(size_t index)
{
	for (size_t i = 0; faults[i].name; i++)
		if (i == index)
			return &faults[i];
	return NULL;
}

#ifdef KMC_PLANTED_FAULTS
enum kmc_planted kmc_planted_chosen;
static uint64_t hits;

bool kmc_planted_reached(void)
{
	__atomic_fetch_add(&hits, 1, __ATOMIC_RELAXED);
	return true;
}

uint64_t kmc_planted_hits(void)
{
	return __atomic_load_n(&hits, __ATOMIC_RELAXED);
}

bool kmc_planted_choose(const char *name)
{
	kmc_planted_chosen = KMC_PLANTED_none;
	if (!name)
		return true;
	for (size_t i = 0; faults[i].name; i++)
		if (!strcmp(faults[i].name, name))
			kmc_planted_chosen = (enum kmc_planted)(i + 1);
	return kmc_planted_chosen != KMC_PLANTED_none;
}

/* So that programs that know nothing of this can be run with a fault. */
static __attribute__((constructor)) void choose_by_environment(void)
{
	const char *name = getenv("KMC_PLANTED");

	if (name && *name && !kmc_planted_choose(name))
		kmc_bug(__FILE__, __LINE__, "KMC_PLANTED names no fault");
}

static void tell(enum kmc_tp_id id, const char *text)
{
	struct kmc_tp tp = { .id = id, .node = -1, .pfn = UINT64_MAX, .text = text };

	if (kmc_this_cpu)
		kmc_trace_emit(kmc_this_cpu->sim, &tp);
}

void kmc_planted_sleep(void)
{
	tell(KMC_TP_SLEEP, NULL);
}

void kmc_planted_warn(void)
{
	tell(KMC_TP_WARN, "a planted warning");
}
#else
bool kmc_planted_choose(const char *name)
{
	return !name;
}

uint64_t kmc_planted_hits(void)
{
	return 0;
}
#endif
