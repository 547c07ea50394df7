/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The copying helpers that allocate, under the kernel's header name. Included
 * by kernel-style code, after the C library's <string.h>, which it brings in.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <linux/gfp.h>

/** kmemdup() - A kmalloc block with a copy of @len bytes. Return: NULL on failure. Rule: DUP-1. */
void *kmemdup(const void *src, size_t len, gfp_t gfp);
/** kvmemdup() - As kmemdup(), by kvmalloc(): kvfree() ends it. Rule: DUP-7. */
void *kvmemdup(const void *src, size_t len, gfp_t gfp);
/** kmemdup_array() - Copy of @count elements of @element_size bytes. Rule: DUP-6. */
void *kmemdup_array(const void *src, size_t count, size_t element_size, gfp_t gfp);
/** kmemdup_nul() - Copy of @len bytes and a NUL; NULL for NULL. Rule: DUP-4. */
char *kmemdup_nul(const char *s, size_t len, gfp_t gfp);
/** kstrdup() - Copy of a string; NULL for NULL. Rule: DUP-2. */
char *kstrdup(const char *s, gfp_t gfp);
/** kstrndup() - Copy of at most @max characters, always terminated. Rule: DUP-3. */
char *kstrndup(const char *s, size_t max, gfp_t gfp);
/** kstrdup_const() - As kstrdup(), but read-only program data is returned as it is. Rule: DUP-5. */
const char *kstrdup_const(const char *s, gfp_t gfp);
/** kfree_const() - Free what kstrdup_const() gave. Rule: FR-7, FR-18. */
void kfree_const(const void *x);

/* Copies of user memory; fail with -ENOMEM, -EFAULT, -EINVAL as pointers, never with NULL. */

/** memdup_user() - A block with @len bytes from user space; freed by kfree(). Rule: DUP-8. */
void *memdup_user(const void *src, size_t len);
/** vmemdup_user() - As memdup_user(), by kvmalloc(); freed by kvfree(). Rule: DUP-8. */
void *vmemdup_user(const void *src, size_t len);
/** memdup_user_nul() - With a NUL behind them. Rule: DUP-8. */
void *memdup_user_nul(const void *src, size_t len);
/** strndup_user() - A user string of less than @n characters; -EINVAL when longer. Rule: DUP-8. */
char *strndup_user(const char *s, long n);
