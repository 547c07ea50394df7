/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User memory under the kernel's header name. The simulated user space is the
 * host's memory: a user pointer is an ordinary one, and an access goes wrong
 * where kmc_sim_user_fault() (alloc/user_memory.h) says. Included by
 * kernel-style code that copies across the border.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>

#ifndef __user
#define __user
#endif

/**
 * raw_copy_from_user() - Copy without any check of the destination.
 * Return: bytes at the end that could not be copied.
 */
unsigned long raw_copy_from_user(void *to, const void __user *from, unsigned long n);
/** raw_copy_to_user() - The other way. */
unsigned long raw_copy_to_user(void __user *to, const void *from, unsigned long n);
/**
 * strnlen_user() - Length of a user string, its NUL counted.
 * Return: 0 when it cannot be read, more than @n when it is longer.
 */
long strnlen_user(const char __user *str, long n);

/**
 * __check_object_size() - May [@ptr, @ptr + @n) be copied to or from user space?
 *
 * With hardened usercopy: inside of one object's declared region, of one large
 * or compound block, of one vmalloc area; not from NULL or ZERO_SIZE_PTR, not
 * across the end of addresses. Where not, a report (alloc/slab_report.h), where
 * a kernel ends the task. Rule: UC-1, UC-2, UC-3.
 */
void __check_object_size(const void *ptr, unsigned long n, bool to_user);
static inline void check_object_size(const void *ptr, unsigned long n, bool to_user)
{
	if (n)
		__check_object_size(ptr, n, to_user);
}

/**
 * copy_to_user() - Copy with that check. Context: may sleep.
 * Return: bytes at the end that were not copied; all of them after an objection or
 * for more than INT_MAX bytes. Rule: UC-3.
 */
unsigned long copy_to_user(void __user *to, const void *from, unsigned long n);
/** copy_from_user() - The other way; what could not be read is zeroed in @to. */
unsigned long copy_from_user(void *to, const void __user *from, unsigned long n);
