/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Describes one slab cache; for the iterator and for the recording programs' first sight of a
 * cache.
 */
#ifndef EBPF_CACHE_ITEM_BPF_H
#define EBPF_CACHE_ITEM_BPF_H
#include "kernel_types.bpf.h"
#include <bpf/bpf_core_read.h>
#include "record_slot.h"

#define READ_FIELD(item, s, to, field) \
	bpf_core_read(&(item)->to, sizeof((item)->to), &(s)->field)

static __always_inline void describe_cache(struct kmc_cache_item *item, struct kmem_cache *s)
{
	const char *name = NULL;

	item->cache = (__u64)s;
	READ_FIELD(item, s, ctor, ctor);
	READ_FIELD(item, s, flags, flags);
	READ_FIELD(item, s, object_size, object_size);
	READ_FIELD(item, s, size, size);
	READ_FIELD(item, s, align, align);
	READ_FIELD(item, s, inuse, inuse);
	READ_FIELD(item, s, offset, offset);
	READ_FIELD(item, s, oo, oo.x);
	READ_FIELD(item, s, min, min.x);
	READ_FIELD(item, s, refcount, refcount);
	if (bpf_core_field_exists(s->useroffset)) {
		READ_FIELD(item, s, useroffset, useroffset);
		READ_FIELD(item, s, usersize, usersize);
	}
	if (bpf_core_field_exists(s->sheaf_capacity))
		READ_FIELD(item, s, sheaf_capacity, sheaf_capacity);
	bpf_core_read(&name, sizeof(name), &s->name);
	bpf_probe_read_kernel_str(item->name, sizeof(item->name), name);
}

#endif
