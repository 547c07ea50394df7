/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Memory that the allocators do not give out: user space, which is the host's
 * own memory with one place where accesses fault, and a page of read-only data
 * such as a kernel image has.
 */
#include <string.h>
#include "machine.h"
#include "alloc/user_memory.h"
#include "linux/uaccess.h"

void kmc_sim_user_fault(struct kmc_sim *sim, const void *addr)
{
	kmc_touch(sim, &sim->state->user_fault, sizeof(sim->state->user_fault));
	sim->state->user_fault = (uintptr_t)addr;
}

/* More than user space is nowhere mapped. */
#define TASK_SIZE_MAX ((1ul << 47) - PAGE_SIZE)

/* How much of [@user, @user + @n) lies before the fault. */
static unsigned long reach_of(const void *user, unsigned long n)
{
	uintptr_t fault = kmc_this_cpu->sim->state->user_fault, start = (uintptr_t)user;

	if (n > TASK_SIZE_MAX)
		return 0;
	return fault && fault - start < n ? fault - start : n;
}

unsigned long raw_copy_from_user(void *to, const void __user *from, unsigned long n)
{
	unsigned long reach = reach_of(from, n);

	if (reach)
		memcpy(to, from, reach);
	return n - reach;
}

unsigned long raw_copy_to_user(void __user *to, const void *from, unsigned long n)
{
	unsigned long reach = reach_of(to, n);

	if (reach)
		memcpy(to, from, reach);
	return n - reach;
}

long strnlen_user(const char __user *str, long n)
{
	unsigned long reach, len;

	if (n <= 0)
		return 0;
	reach = reach_of(str, (unsigned long)n);
	len = strnlen(str, reach);
	if (len < reach)
		return (long)len + 1;
	return reach < (unsigned long)n ? 0 : n + 1;
}

/* read-only data: letters, and a NUL at the very end */

void kmc_rodata_boot(struct kmc_sim *sim)
{
	char *data = kmc_arena_alloc(sim, KMC_RODATA_BYTES, PAGE_SIZE);

	memset(data, 'k', KMC_RODATA_BYTES - 1);
	sim->rodata = data;
}

const char *kmc_sim_rodata_string(struct kmc_sim *sim, size_t len)
{
	return len < KMC_RODATA_BYTES ? sim->rodata + KMC_RODATA_BYTES - 1 - len : NULL;
}

bool kmc_sim_is_rodata(struct kmc_sim *sim, const void *ptr)
{
	return (uintptr_t)ptr - (uintptr_t)sim->rodata < KMC_RODATA_BYTES;
}
