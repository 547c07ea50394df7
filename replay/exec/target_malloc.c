/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target `malloc`: the C library's allocator, or one from a shared
 * library, behind a kmalloc face. It shows that the oracle judges a subject
 * it was not written for. The face adds what the call's contract promises
 * and malloc does not: the zero-size pointer, the size ceiling, zeroing,
 * overflow checks, and, through posix_memalign(), the alignment of sizes that
 * are powers of two or multiples of one. Whether that last part is kept is
 * tried out when the subject is opened: not every library's posix_memalign()
 * aligns. Such a one disclaims natural alignment; all disclaim to be Linux.
 * With KMC_TARGET_PLAIN the part is left out (malloc promises 16 bytes and no
 * more) and claimed all the same.
 *
 * Caches, pages, contexts, flags and machines do not exist here: those ops are
 * refused. Addresses are the process's own, so runs are not comparable.
 */
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "exec_core.h"
#include "oracle/judge.h"

#define MALLOC_ALIGN 16u
#define FACE_ZERO_SIZE ((void *)16)

struct malloc_state {
	void *library;
	void *(*malloc)(size_t);
	void (*free)(void *);
	void *(*realloc)(void *, size_t);
	int (*posix_memalign)(void **, size_t, size_t);
	size_t (*usable)(void *);
	uint64_t max_size;
	bool plain;
	bool natural; /* what was tried had natural alignment */
};

static struct malloc_state *state_of(struct kmc_exec *exec)
{
	return exec->state;
}

/* The largest power of two that divides the size (ALIGN-2, ALIGN-3). */
static size_t wanted_align(const struct malloc_state *m, uint64_t size)
{
	uint64_t align = size & -size;

	if (m->plain || align <= MALLOC_ALIGN)
		return MALLOC_ALIGN;
	return align;
}

static void *face_alloc(const struct malloc_state *m, uint64_t size)
{
	size_t align = wanted_align(m, size);
	void *block = NULL;

	if (!size)
		return FACE_ZERO_SIZE;
	if (size > m->max_size)
		return NULL;
	if (align == MALLOC_ALIGN)
		return m->malloc(size);
	return m->posix_memalign(&block, align, size) ? NULL : block;
}

static void face_free(const struct malloc_state *m, void *block)
{
	if ((uintptr_t)block > 16)
		m->free(block);
}

#define TRIED_AT_ONCE 4
#define TRIED_LARGE   65536u /* from here on one block of a size is enough */

/* Blocks that live at the same time: the first of a page could be aligned by chance. */
static bool size_is_aligned(const struct malloc_state *m, uint64_t size)
{
	unsigned int wanted = size < TRIED_LARGE ? TRIED_AT_ONCE : 1, nr = 0;
	void *blocks[TRIED_AT_ONCE];
	bool aligned = true;

	for (; nr < wanted && (blocks[nr] = face_alloc(m, size)); nr++)
		aligned = aligned && !((uintptr_t)blocks[nr] & ((size & -size) - 1));
	while (nr)
		face_free(m, blocks[--nr]);
	return aligned;
}

/* Each power of two up to the ceiling, and its first odd multiples. */
static bool is_natural(const struct malloc_state *m)
{
	for (uint64_t align = 8; align <= m->max_size; align *= 2)
		for (unsigned int odd = 1; odd < 8 && align * odd <= m->max_size; odd += 2)
			if (!size_is_aligned(m, align * odd))
				return false;
	return true;
}

static void *face_resize(const struct malloc_state *m, void *old, uint64_t old_size, uint64_t size)
{
	void *block;

	if (!size) {
		face_free(m, old);
		return FACE_ZERO_SIZE;
	}
	if ((uintptr_t)old <= 16)
		return face_alloc(m, size);
	if (size <= m->max_size && wanted_align(m, size) == MALLOC_ALIGN)
		return m->realloc(old, size);
	block = face_alloc(m, size);
	if (!block)
		return NULL;
	memcpy(block, old, old_size < size ? old_size : size);
	m->free(old);
	return block;
}

static void memory_result(const struct malloc_state *m, struct kmc_call *call, void *block)
{
	call->result = block;
	call->outcome = !block ? KMC_OUT_NULL :
			block == FACE_ZERO_SIZE ? KMC_OUT_ZERO_SIZE : KMC_OUT_VALUE;
	if (call->outcome == KMC_OUT_VALUE)
		call->granted = m->usable(block);
}

static void call_alloc(const struct malloc_state *m, struct kmc_call *call)
{
	void *block = face_alloc(m, call->size);

	if ((uintptr_t)block > 16 && kmc_request_zeroes(call->op))
		memset(block, 0, call->size);
	memory_result(m, call, block);
}

/* Growth under __GFP_ZERO is zero only if every request for the block asked so. */
static void call_resize(const struct malloc_state *m, struct kmc_call *call)
{
	uint64_t old_size = call->src ? call->src->size : 0;
	void *block = face_resize(m, call->ptr, old_size, call->size);

	if ((uintptr_t)block > 16 && kmc_request_zeroes(call->op) && call->size > old_size)
		memset((char *)block + old_size, 0, call->size - old_size);
	memory_result(m, call, block);
}

static void call_dup(const struct malloc_state *m, struct kmc_call *call)
{
	void *block = face_alloc(m, call->size);

	if ((uintptr_t)block > 16)
		memcpy(block, call->ptr, call->size);
	memory_result(m, call, block);
}

static void call_free(const struct malloc_state *m, struct kmc_call *call)
{
	size_t bytes = call->src ? call->src->size : 0;

	if (call->op->code == KMC_OP_KFREE_SENSITIVE && (uintptr_t)call->ptr > 16)
		explicit_bzero(call->ptr, bytes);
	if (!call->bulk)
		face_free(m, call->ptr);
	for (uint64_t i = 0; call->bulk && i < call->count; i++)
		face_free(m, call->bulk[i]);
}

static void malloc_call(struct kmc_exec *exec, struct kmc_call *call)
{
	const struct malloc_state *m = state_of(exec);

	call->outcome = KMC_OUT_NONE;
	switch (call->plan->family) {
	case KMC_OPF_RESIZE:
		call_resize(m, call);
		break;
	case KMC_OPF_DUP:
		call_dup(m, call);
		break;
	case KMC_OPF_FREE:
		call_free(m, call);
		break;
	default:
		if (call->op->code == KMC_OP_KSIZE) {
			call->value = (uintptr_t)call->ptr > 16 ? m->usable(call->ptr) : 0;
			call->outcome = KMC_OUT_VALUE;
		} else {
			call_alloc(m, call);
		}
	}
}

static const uint16_t codes[] = {
	KMC_OP_KMALLOC, KMC_OP_KZALLOC, KMC_OP_KMALLOC_TRACK_CALLER, KMC_OP_KMALLOC_ARRAY,
	KMC_OP_KCALLOC, KMC_OP_KREALLOC, KMC_OP_KREALLOC_ARRAY, KMC_OP_KSIZE, KMC_OP_KMEMDUP,
	KMC_OP_KMEMDUP_ARRAY, KMC_OP_KFREE, KMC_OP_KFREE_SENSITIVE, KMC_OP_KFREE_BULK,
	KMC_OP_KVFREE, 0
};

static void malloc_enter(struct kmc_exec *exec, const struct kmc_op *op)
{
	(void)exec;
	(void)op;
}

static uint64_t malloc_address(struct kmc_exec *exec, const void *ptr)
{
	(void)exec;
	return (uintptr_t)ptr;
}

static uint64_t malloc_clock(struct kmc_exec *exec)
{
	(void)exec;
	return 0;
}

static int malloc_reset(struct kmc_exec *exec)
{
	for (uint32_t i = 0; i < exec->nr_used; i++) {
		const struct kmc_slot *slot = &exec->slots[exec->used[i]];

		if (slot->kind == KMC_SLOT_MEMORY && !slot->freed)
			face_free(state_of(exec), slot->ptr);
	}
	return 0;
}

static void malloc_close(struct kmc_exec *exec)
{
	struct malloc_state *m = state_of(exec);

	if (!m)
		return;
	if (m->free)
		malloc_reset(exec);
	if (m->library)
		dlclose(m->library);
	free(m);
}

static const struct kmc_backend backend = {
	.codes = codes,
	.enter = malloc_enter,
	.call = malloc_call,
	.address = malloc_address,
	.clock_ns = malloc_clock,
	.reset = malloc_reset,
	.close = malloc_close,
};

static int take_libc(struct malloc_state *m)
{
	m->malloc = malloc;
	m->free = free;
	m->realloc = realloc;
	m->posix_memalign = posix_memalign;
	m->usable = malloc_usable_size;
	return 0;
}

static int take_library(struct malloc_state *m, const char *path, char *error, size_t size)
{
	struct {
		const char *name;
		void **to;
	} wanted[] = {
		{ "malloc", (void **)&m->malloc },
		{ "realloc", (void **)&m->realloc },
		{ "posix_memalign", (void **)&m->posix_memalign },
		{ "malloc_usable_size", (void **)&m->usable },
		{ "free", (void **)&m->free },
	};

	m->library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
	if (!m->library) {
		snprintf(error, size, "%s", dlerror());
		return -EINVAL;
	}
	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		*wanted[i].to = dlsym(m->library, wanted[i].name);
		if (*wanted[i].to)
			continue;
		snprintf(error, size, "%s: no function %s", path, wanted[i].name);
		m->free = NULL;
		return -EINVAL;
	}
	return 0;
}

static void fill_caps(struct kmc_caps *caps, const struct malloc_state *m,
		      const struct kmc_target_config *config)
{
	const char *base = config->library ? strrchr(config->library, '/') : NULL;

	snprintf(caps->name, sizeof(caps->name), "%s malloc%s",
		 base ? base + 1 : config->library ? config->library : "libc",
		 m->plain ? ", plain" : "");
	caps->shows = KMC_SHOWS_ADDRESS | KMC_SHOWS_SIZE | KMC_SHOWS_GRANTED | KMC_SHOWS_CALLS |
		      KMC_SHOWS_EVERY_FREE | KMC_SHOWS_CONTENT | KMC_SHOWS_VALUES;
	caps->disclaims = KMC_PROMISE_LINUX;
	if (!m->natural && !m->plain)
		caps->disclaims |= KMC_PROMISE_NATURAL;
	caps->machine.profile = 0;
	/* It clears what it is asked to clear. */
	caps->machine.options &= ~(uint32_t)(KMC_MO_init_on_alloc | KMC_MO_init_on_free);
	caps->machine.direct_map = caps->machine.vmalloc_start = caps->machine.vmalloc_end = 0;
}

static int malloc_open(const struct kmc_target_config *config, struct kmc_target **target,
		       char *error, size_t size)
{
	struct kmc_exec *exec = kmc_exec_create(&kmc_target_malloc, &backend, config);
	struct malloc_state *m = calloc(1, sizeof(*m));
	int err = 0;

	if (!exec || !m) {
		free(exec);
		free(m);
		snprintf(error, size, "out of memory");
		return -ENOMEM;
	}
	exec->state = m;
	m->plain = config->flags & KMC_TARGET_PLAIN;
	m->max_size = config->machine.kmalloc_max_size;
	err = config->library ? take_library(m, config->library, error, size) : take_libc(m);
	if (err) {
		kmc_exec_close(&exec->target);
		return err;
	}
	m->natural = is_natural(m);
	fill_caps(&exec->caps, m, config);
	*target = &exec->target;
	return 0;
}

const struct kmc_target_ops kmc_target_malloc = {
	.name = "malloc",
	.summary = "malloc of the C library, or of --library, behind a kmalloc face",
	.open = malloc_open,
	.close = kmc_exec_close,
	.caps = kmc_exec_caps,
	.reset = kmc_exec_reset,
	.submit = kmc_exec_submit,
	.collect = kmc_exec_collect,
	.snapshot = kmc_exec_snapshot,
	.restore = kmc_exec_restore,
	.hash = kmc_exec_hash,
};
