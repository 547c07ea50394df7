/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Error numbers as pointers: the last page of the address space. Included by
 * kernel-style code and by calls that tell an error from no memory (DUP-8).
 */
#pragma once
#include <asm/errno.h>
#include <stdbool.h>
#include <stdint.h>

#define MAX_ERRNO 4095

static inline void *ERR_PTR(long error)
{
	return (void *)error;
}

static inline long PTR_ERR(const void *ptr)
{
	return (long)ptr;
}

static inline bool IS_ERR(const void *ptr)
{
	return (uintptr_t)ptr >= (uintptr_t)-MAX_ERRNO;
}

static inline bool IS_ERR_OR_NULL(const void *ptr)
{
	return !ptr || IS_ERR(ptr);
}
