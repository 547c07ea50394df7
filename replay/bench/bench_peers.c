/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The peers: the C library's malloc, and jemalloc, mimalloc and tcmalloc
 * loaded beside it. Each is loaded privately (RTLD_LOCAL), so its malloc takes
 * nobody's place; that the two functions belong to that library, and the
 * memory to that allocator, is asked of the loader and of the library itself.
 * glibc's are looked up the same way, so that a preloaded or a sanitizer's
 * malloc is not taken for it. A peer that is missing or does not pass is named
 * and left out.
 */
#include <dlfcn.h>
#include <gnu/libc-version.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "bench.h"
#include "exec/library.h"

struct peer {
	const char *name;
	const char *soname;
	void (*version)(void *lib, char *out, size_t size);
	bool (*owns)(void *lib, void *ptr); /* NULL: it cannot tell */
};

/* Functions from dlsym() are copied, not cast: ISO C has no such cast. */
static bool symbol(void *lib, const char *name, void *fn)
{
	void *sym = dlsym(lib, name);

	memcpy(fn, &sym, sizeof(sym));
	return sym != NULL;
}

static void glibc_version(void *lib, char *out, size_t size)
{
	(void)lib;
	snprintf(out, size, "%s", gnu_get_libc_version());
}

static void jemalloc_version(void *lib, char *out, size_t size)
{
	int (*mallctl)(const char *, void *, size_t *, void *, size_t);
	const char *text = NULL;
	size_t len = sizeof(text);

	if (symbol(lib, "mallctl", &mallctl) && !mallctl("version", &text, &len, NULL, 0))
		snprintf(out, size, "%.*s", (int)strcspn(text, "-"), text);
}

static bool jemalloc_owns(void *lib, void *ptr)
{
	int (*mallctl)(const char *, void *, size_t *, void *, size_t);
	unsigned int arena;
	size_t len = sizeof(arena);

	return symbol(lib, "mallctl", &mallctl) &&
	       !mallctl("arenas.lookup", &arena, &len, &ptr, sizeof(ptr));
}

static void mimalloc_version(void *lib, char *out, size_t size)
{
	int (*version)(void);

	if (symbol(lib, "mi_version", &version))
		snprintf(out, size, "%d.%d.%d", version() / 100, version() / 10 % 10,
			 version() % 10);
}

static bool mimalloc_owns(void *lib, void *ptr)
{
	bool (*in_heap)(const void *);

	return symbol(lib, "mi_is_in_heap_region", &in_heap) && in_heap(ptr);
}

static void tcmalloc_version(void *lib, char *out, size_t size)
{
	const char *(*version)(int *major, int *minor, const char **patch);
	const char *patch = "";
	int major, minor;

	if (symbol(lib, "tc_version", &version)) {
		version(&major, &minor, &patch);
		snprintf(out, size, "%d.%d%s", major, minor, patch);
	}
}

static bool tcmalloc_owns(void *lib, void *ptr)
{
	int (*ownership)(const void *);

	/* 1 is "owned" in gperftools' enumeration. */
	return symbol(lib, "MallocExtension_GetOwnership", &ownership) && ownership(ptr) == 1;
}

static const struct peer peers[] = {
	{ "glibc", "libc.so.6", glibc_version, NULL },
	{ "jemalloc", "libjemalloc.so.2", jemalloc_version, jemalloc_owns },
	{ "mimalloc", "libmimalloc.so.2", mimalloc_version, mimalloc_owns },
	{ "tcmalloc", "libtcmalloc_minimal.so.4", tcmalloc_version, tcmalloc_owns },
};

static bool from_library(void *lib, const char *name, const char *soname)
{
	Dl_info info;
	void *sym = dlsym(lib, name);

	return sym && dladdr(sym, &info) && strstr(info.dli_fname, soname);
}

static bool owned(const struct peer *peer, void *lib, const struct bench_face *face)
{
	static const size_t sizes[] = { 16, 64, 192, 1024, 8192 };
	bool yes = true;

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		void *p = face->malloc(sizes[i]);

		yes = yes && p && (!peer->owns || peer->owns(lib, p));
		face->free(p);
	}
	return yes;
}

static struct bench_contestant *contestant_add(struct bench_field *field, const char *name,
					       enum bench_role role, unsigned int able)
{
	struct bench_contestant *c = &field->c[field->nr++];

	*c = (struct bench_contestant){ .name = name, .role = role, .able = able };
	return c;
}

static void peer_take(struct bench_field *field, const struct peer *peer, void *lib)
{
	struct bench_face face = { 0 };
	struct bench_contestant *c;

	if (!symbol(lib, "malloc", &face.malloc) || !symbol(lib, "free", &face.free) ||
	    !from_library(lib, "malloc", peer->soname) ||
	    !from_library(lib, "free", peer->soname) || !owned(peer, lib, &face)) {
		bench_fail("%s: malloc and free are not this library's; left out", peer->soname);
		return;
	}
	c = contestant_add(field, peer->name, BENCH_PEER, BENCH_OBJECTS);
	c->face = face;
	peer->version(lib, c->version, sizeof(c->version));
}

static void peer_load(struct bench_field *field, const struct peer *peer, char **argv)
{
	void *lib;

	kmc_library_prepare(peer->soname, argv); /* starts again where that helps */
	lib = dlopen(peer->soname, RTLD_NOW | RTLD_LOCAL);
	if (lib)
		peer_take(field, peer, lib);
	else
		bench_fail("peer %s is missing: %s", peer->name, dlerror());
}

static void *mmap_get(unsigned int order)
{
	void *p = mmap(NULL, 4096ul << order, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static void mmap_put(void *pages, unsigned int order)
{
	munmap(pages, 4096ul << order);
}

static void *mmap_touched(size_t bytes)
{
	volatile char *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
				-1, 0);

	if (p == MAP_FAILED)
		return NULL;
	for (size_t i = 0; i < bytes; i += 4096)
		p[i] = 1;
	return (void *)p;
}

static void mmap_back(void *area, size_t bytes)
{
	munmap(area, bytes);
}

static void mmap_add(struct bench_field *field)
{
	struct bench_contestant *c = contestant_add(field, "mmap", BENCH_PEER,
						    BENCH_PAGES | BENCH_AREAS);

	c->face.pages_get = mmap_get;
	c->face.area_get = mmap_touched;
	c->face.area_put = mmap_back;
	c->face.pages_put = mmap_put;
}

static void *floor_get(size_t size)
{
	static uint64_t memory[2048];

	(void)size;
	return memory;
}

static void floor_put(void *ptr)
{
	(void)ptr;
}

static void *floor_pages_get(unsigned int order)
{
	return floor_get(order);
}

static void floor_pages_put(void *pages, unsigned int order)
{
	(void)pages;
	(void)order;
}

/* The loop and its two calls, with nothing behind them: shown, never judged. */
static void floor_add(struct bench_field *field)
{
	struct bench_contestant *c = contestant_add(field, "floor", BENCH_OTHER,
						    BENCH_OBJECTS | BENCH_PAGES);

	c->face.malloc = floor_get;
	c->face.free = floor_put;
	c->face.pages_get = floor_pages_get;
	c->face.pages_put = floor_pages_put;
}

static void drop_if_broken(struct bench_field *field)
{
	struct bench_contestant *c = &field->c[field->nr - 1];
	int err = bench_check(c);

	if (err) {
		bench_fail("peer %s fails the stamp test (%s); left out", c->name, strerror(-err));
		field->nr--;
	}
}

/** bench_peer_add() - Append the peer of that name, unused but for asking whose its memory is. */
void bench_peer_add(struct bench_field *field, const char *name, char **argv)
{
	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++)
		if (!strcmp(peers[i].name, name))
			peer_load(field, &peers[i], argv);
}

/**
 * bench_peers_add() - Append every peer that this system has, mmap and the floor.
 * @argv: of main(); the program starts again, once, when a peer needs it.
 */
void bench_peers_add(struct bench_field *field, char **argv)
{
	for (size_t i = 0; i < sizeof(peers) / sizeof(peers[0]); i++) {
		size_t before = field->nr;

		peer_load(field, &peers[i], argv);
		if (field->nr > before)
			drop_if_broken(field);
	}
	mmap_add(field);
	floor_add(field);
	bench_buddy_add(field);
}
