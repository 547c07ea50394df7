/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * User memory under the kernel's header name. The simulated user space is the
 * host's memory: a user pointer is an ordinary one, and an access goes wrong
 * where kmc_sim_user_fault() (alloc/user_memory.h) says. Included by
 * kernel-style code that copies across the border.
 */
#pragma once
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
