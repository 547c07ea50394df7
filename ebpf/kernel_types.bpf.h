/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The few kernel structures that the programs read, by the names of their
 * fields only: CO-RE relocates every offset against the running kernel's BTF,
 * so neither a vmlinux.h nor the BTF of the build machine is needed.
 */
#ifndef EBPF_KERNEL_TYPES_BPF_H
#define EBPF_KERNEL_TYPES_BPF_H
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct task_struct {
	unsigned int flags;
	int pid;
	int tgid;
};

struct kmem_cache_order_objects {
	unsigned int x;
};

struct kmem_cache {
	unsigned int flags;
	unsigned int size;
	unsigned int object_size;
	unsigned int offset;
	struct kmem_cache_order_objects oo;
	struct kmem_cache_order_objects min;
	int refcount;
	void (*ctor)(void *);
	unsigned int inuse;
	unsigned int align;
	const char *name;
	unsigned int useroffset;     /* these two: hardened usercopy only */
	unsigned int usersize;
	unsigned int sheaf_capacity; /* 6.18 on */
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__kmem_cache {
	struct bpf_iter_meta *meta;
	struct kmem_cache *s;
};

#pragma clang attribute pop

/*
 * task_struct.flags; the values are the same in every release from 4.19 to 6.18, PIN from 5.13 on
 */
#define PF_MEMALLOC       0x00000800
#define PF_MEMALLOC_NOFS  0x00040000
#define PF_MEMALLOC_NOIO  0x00080000
#define PF_KTHREAD        0x00200000
#define PF_MEMALLOC_PIN   0x10000000

#endif
