/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A malloc as a shared library, for tests of the malloc adapter: blocks of 16
 * bytes' alignment and never more, whatever libc or a sanitizer would give.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define HEADER 16

void *malloc(size_t size);
void free(void *ptr);
void *realloc(void *ptr, size_t size);
int posix_memalign(void **ptr, size_t align, size_t size);
size_t malloc_usable_size(void *ptr);

static _Alignas(4096) uint8_t region[8 << 20];
static size_t used;

/* Block at an address whose lowest set bit is @align. */
static void *take(size_t size, size_t align)
{
	size_t at = (used + HEADER + align - 1) & ~(align - 1);

	if (!((uintptr_t)(region + at) & align))
		at += align;
	if (size > sizeof(region) || at > sizeof(region) - size)
		return NULL;
	memcpy(region + at - HEADER, &size, sizeof(size));
	used = at + size;
	return region + at;
}

EXPORT void *malloc(size_t size)
{
	return take(size, HEADER);
}

EXPORT void free(void *ptr)
{
	(void)ptr;
}

EXPORT size_t malloc_usable_size(void *ptr)
{
	size_t size = 0;

	if (ptr)
		memcpy(&size, (uint8_t *)ptr - HEADER, sizeof(size));
	return size;
}

EXPORT void *realloc(void *ptr, size_t size)
{
	size_t old = malloc_usable_size(ptr);
	void *made = take(size, HEADER);

	if (made && ptr)
		memcpy(made, ptr, old < size ? old : size);
	return made;
}

EXPORT int posix_memalign(void **ptr, size_t align, size_t size)
{
	*ptr = take(size, align < HEADER ? HEADER : align);
	return *ptr ? 0 : 12;
}
