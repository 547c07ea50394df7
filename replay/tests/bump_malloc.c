/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A malloc as a shared library, for tests of the malloc adapter: blocks of 16
 * bytes' alignment and never more, whatever libc or a sanitizer would give.
 * Only the newest block can be taken back. With BUMP_CROOKED posix_memalign()
 * misaligns blocks of 256 to 1024 bytes, as mimalloc 2.0.9 does when loaded.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EXPORT __attribute__((visibility("default")))
#define HEADER 16 /* bytes of the block, and what was in use before it */

void *malloc(size_t size);
void free(void *ptr);
void *realloc(void *ptr, size_t size);
int posix_memalign(void **ptr, size_t align, size_t size);
size_t malloc_usable_size(void *ptr);

/* Never used up by a test: a program that meets the end may leave an old block behind. */
static _Alignas(4096) uint8_t region[512 << 20];
static size_t used;

/* Block at an address whose lowest set bit is @align. */
static void *take(size_t size, size_t align)
{
	uintptr_t at = ((uintptr_t)(region + used) + HEADER + align - 1) & ~(align - 1);
	uint8_t *block;

	if (!(at & align))
		at += align;
	at -= (uintptr_t)region;
	if (size > sizeof(region) || at > sizeof(region) - size)
		return NULL;
	block = region + at;
	memcpy(block - HEADER, &size, sizeof(size));
	memcpy(block - HEADER + sizeof(size), &used, sizeof(used));
	used = at + size;
	return block;
}

EXPORT void *malloc(size_t size)
{
	return take(size, HEADER);
}

/* By a name of its own: the exported one may be bound to the C library's. */
static size_t size_of(const void *ptr)
{
	size_t size = 0;

	if (ptr)
		memcpy(&size, (const uint8_t *)ptr - HEADER, sizeof(size));
	return size;
}

EXPORT size_t malloc_usable_size(void *ptr)
{
	return size_of(ptr);
}

EXPORT void free(void *ptr)
{
	if (ptr && (uint8_t *)ptr + size_of(ptr) == region + used)
		memcpy(&used, (uint8_t *)ptr - HEADER + sizeof(used), sizeof(used));
}

EXPORT void *realloc(void *ptr, size_t size)
{
	size_t old = size_of(ptr);
	void *made = take(size, HEADER);

	if (made && ptr)
		memcpy(made, ptr, old < size ? old : size);
	return made;
}

EXPORT int posix_memalign(void **ptr, size_t align, size_t size)
{
#ifdef BUMP_CROOKED
	if (align >= 256 && align <= 1024)
		align = 128;
#endif
	*ptr = take(size, align < HEADER ? HEADER : align);
	return *ptr ? 0 : 12;
}
