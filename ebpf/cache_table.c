// SPDX-License-Identifier: GPL-2.0-or-later
/* The slab caches of the recorded kernel; see cache_table.h. */
#include "cache_table.h"
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "caches.skel.h"
#include "file_text.h"

/* X(KMC_CF_ name, bit in 6.1's SLAB_ masks, which came before the enum); -1: none */
#define FLAG_BITS(X)                                                      \
	X(CONSISTENCY_CHECKS, 8) X(RED_ZONE, 10) X(POISON, 11)            \
	X(STORE_USER, 16) X(HWCACHE_ALIGN, 13) X(CACHE_DMA, 14)           \
	X(CACHE_DMA32, 15) X(PANIC, 18) X(TYPESAFE_BY_RCU, 19)            \
	X(RECLAIM_ACCOUNT, 17) X(ACCOUNT, 26) X(NO_MERGE, 24)             \
	X(NOLEAKTRACE, 23) X(KMALLOC, 12) X(TRACE, 21)

static const struct flag_bit {
	const char *name;
	uint8_t flag;
	int8_t old_bit;
} flag_bits[] = {
#define X(name, bit) { "_SLAB_" #name, (uint8_t)__builtin_ctz(KMC_CF_##name), bit },
	FLAG_BITS(X)
#undef X
};
#define NR_FLAG_BITS (sizeof(flag_bits) / sizeof(flag_bits[0]))

void kmc_cache_flags_of(const struct btf *btf, struct kmc_cache_flags *flags)
{
	int id = btf ? btf__find_by_name_kind(btf, "_slab_flag_bits", BTF_KIND_ENUM) : -1;
	const struct btf_type *t = id > 0 ? btf__type_by_id(btf, (uint32_t)id) : NULL;

	memset(flags->bit, -1, sizeof(flags->bit));
	for (size_t f = 0; f < NR_FLAG_BITS; f++) {
		if (!t)
			flags->bit[flag_bits[f].flag] = flag_bits[f].old_bit;
		for (unsigned int i = 0; t && i < btf_vlen(t); i++)
			if (!strcmp(btf__name_by_offset(btf, btf_enum(t)[i].name_off),
				    flag_bits[f].name))
				flags->bit[flag_bits[f].flag] = (int8_t)btf_enum(t)[i].val;
	}
}

void kmc_cache_describe(const struct kmc_cache_flags *flags, const struct kmc_cache_item *item,
			struct kmc_cache_desc *desc)
{
	memset(desc, 0, sizeof(*desc));
	memcpy(desc->name, item->name, sizeof(desc->name));
	desc->name[sizeof(desc->name) - 1] = 0;
	desc->object_size = item->object_size;
	desc->size = item->size;
	desc->align = item->align;
	desc->inuse = item->inuse;
	desc->offset = item->offset;
	desc->order = item->oo >> 16;
	desc->objects = item->oo & 0xffff;
	desc->min_order = item->min >> 16;
	desc->useroffset = item->useroffset;
	desc->usersize = item->usersize;
	desc->raw_flags = item->flags;
	desc->ctor = item->ctor != 0;
	for (unsigned int f = 0; f < 32; f++)
		if (flags->bit[f] >= 0 && item->flags >> flags->bit[f] & 1)
			desc->flags |= 1u << f;
	if (item->sheaf_capacity)
		desc->flags |= KMC_CF_SHEAVES;
}

/* The size that a kmalloc-like name ends in ("-96", "-1k"); 0 none. */
static uint32_t class_of_name(const char *name, size_t *stem)
{
	const char *dash = strrchr(name, '-');
	unsigned long size;
	char *end;

	if (!dash || !isdigit((unsigned char)dash[1]))
		return 0;
	size = strtoul(dash + 1, &end, 10);
	if (*end == 'k')
		size <<= 10;
	if ((*end && (*end != 'k' || end[1])) || size > 1 << 30)
		return 0;
	*stem = (size_t)(dash - name);
	return (uint32_t)size;
}

/* kmalloc-8, kmalloc-rcl-1k, kmalloc-cg-64, kmalloc-rnd-03-96, dma-kmalloc-192 */
static bool kmalloc_name(const char *name)
{
	return !strncmp(name, "kmalloc-", 8) || !strncmp(name, "dma-kmalloc-", 12);
}

/*
 * A kmem_buckets set is a whole row of kmalloc's classes under another stem;
 * ten of them are no coincidence.
 */
static bool bucket_set(const struct kmc_cache_desc *desc, size_t nr, const char *name, size_t stem)
{
	unsigned int members = 0;
	size_t other;

	for (size_t i = 0; i < nr; i++) {
		uint32_t size = class_of_name(desc[i].name, &other);

		if (size && other == stem && size == desc[i].object_size &&
		    !memcmp(desc[i].name, name, stem))
			members++;
	}
	return members >= 10;
}

void kmc_cache_mark_kmalloc(struct kmc_cache_desc *desc, size_t nr)
{
	size_t stem = 0;

	for (size_t i = 0; i < nr; i++) {
		desc[i].kmalloc = 0;
		if (!class_of_name(desc[i].name, &stem))
			continue;
		if (kmalloc_name(desc[i].name))
			desc[i].kmalloc = 1;
		else if (bucket_set(desc, nr, desc[i].name, stem))
			desc[i].kmalloc = 2;
	}
}

static int grow(struct kmc_cache_table *t, size_t nr)
{
	size_t size = t->size ? t->size : 512;
	void *desc, *cache;

	while (size < nr)
		size *= 2;
	if (size == t->size)
		return 0;
	desc = realloc(t->desc, size * sizeof(*t->desc));
	if (desc)
		t->desc = desc;
	cache = realloc(t->cache, size * sizeof(*t->cache));
	if (cache)
		t->cache = cache;
	if (!desc || !cache)
		return -ENOMEM;
	t->size = size;
	return 0;
}

static int add(struct kmc_cache_table *t, const struct kmc_cache_desc *desc, uint64_t cache)
{
	int ret = grow(t, t->nr + 1);

	if (ret)
		return ret;
	t->desc[t->nr] = *desc;
	t->desc[t->nr].id = (uint32_t)t->nr;
	t->cache[t->nr++] = cache;
	return 0;
}

/* Slots name caches by the programs' index; what is known at load has its own index. */
static int name_index(struct kmc_cache_table *t, uint32_t index, size_t here)
{
	size_t nr = t->nr_of_index;
	uint16_t *more;

	if (index >= nr) {
		size_t size = index + 256u;

		more = realloc(t->of_index, size * sizeof(*more));
		if (!more)
			return -ENOMEM;
		for (size_t i = nr; i < size; i++)
			more[i] = KMC_RECORD_NO_CACHE;
		t->of_index = more;
		t->nr_of_index = size;
	}
	t->of_index[index] = (uint16_t)here;
	return 0;
}

static int read_items(struct kmc_cache_table *t, int fd)
{
	struct kmc_cache_item item;
	struct kmc_cache_desc desc;
	size_t have = 0;
	int ret = 0;

	while (!ret) {
		ssize_t n = read(fd, (char *)&item + have, sizeof(item) - have);

		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		have += (size_t)n;
		if (have < sizeof(item))
			continue;
		have = 0;
		kmc_cache_describe(&t->flags, &item, &desc);
		ret = add(t, &desc, item.cache);
	}
	return ret;
}

static int fill_by_iterator(struct kmc_cache_table *t)
{
	struct caches_bpf *skel = caches_bpf__open_and_load();
	struct bpf_link *link;
	int fd, ret = -ENOTSUP;

	if (!skel)
		return ret;
	link = bpf_program__attach_iter(skel->progs.list_caches, NULL);
	if (link) {
		fd = bpf_iter_create(bpf_link__fd(link));
		if (fd >= 0) {
			ret = read_items(t, fd);
			close(fd);
		}
		bpf_link__destroy(link);
	}
	caches_bpf__destroy(skel);
	return ret;
}

int kmc_slabinfo_parse(const char *text, struct kmc_cache_desc **desc)
{
	size_t nr = 0, size = 0;

	*desc = NULL;
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		unsigned int objsize, objects, pages;
		char name[48];
		struct kmc_cache_desc *more;

		line += *line == '\n';
		if (sscanf(line, "%47s %*u %*u %u %u %u :", name, &objsize, &objects, &pages) != 4)
			continue;
		if (nr == size) {
			size = size ? 2 * size : 256;
			more = realloc(*desc, size * sizeof(*more));
			if (!more) {
				free(*desc);
				*desc = NULL;
				return -ENOMEM;
			}
			*desc = more;
		}
		memset(&(*desc)[nr], 0, sizeof(**desc));
		snprintf((*desc)[nr].name, sizeof((*desc)[nr].name), "%s", name);
		(*desc)[nr].object_size = (*desc)[nr].size = objsize;
		(*desc)[nr].objects = objects;
		(*desc)[nr].order = pages ? (uint32_t)__builtin_ctz(pages) : 0;
		nr++;
	}
	return (int)nr;
}

/* The details that sysfs has and slabinfo has not. */
static void refine_by_sysfs(struct kmc_cache_desc *desc)
{
	static const struct {
		const char *file;
		uint32_t flag;
	} flags[] = {
		{ "red_zone", KMC_CF_RED_ZONE }, { "poison", KMC_CF_POISON },
		{ "store_user", KMC_CF_STORE_USER }, { "cache_dma", KMC_CF_CACHE_DMA },
		{ "sanity_checks", KMC_CF_CONSISTENCY_CHECKS }, { "trace", KMC_CF_TRACE },
		{ "hwcache_align", KMC_CF_HWCACHE_ALIGN },
		{ "destroy_by_rcu", KMC_CF_TYPESAFE_BY_RCU },
		{ "reclaim_account", KMC_CF_RECLAIM_ACCOUNT },
	};
	char path[128], *text;

#define FILE_OF(file) \
	(snprintf(path, sizeof(path), "/sys/kernel/slab/%s/%s", desc->name, file), path)
	desc->object_size = (uint32_t)kmc_file_number(FILE_OF("object_size"), desc->object_size);
	desc->size = (uint32_t)kmc_file_number(FILE_OF("slab_size"), desc->size);
	desc->align = (uint32_t)kmc_file_number(FILE_OF("align"), desc->align);
	desc->order = (uint32_t)kmc_file_number(FILE_OF("order"), desc->order);
	desc->usersize = (uint32_t)kmc_file_number(FILE_OF("usersize"), desc->usersize);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (kmc_file_number(FILE_OF(flags[i].file), 0))
			desc->flags |= flags[i].flag;
	if (kmc_file_text(FILE_OF("ctor"), &text) > 1) {
		desc->ctor = true;
		free(text);
	}
#undef FILE_OF
}

static int fill_by_slabinfo(struct kmc_cache_table *t)
{
	struct kmc_cache_desc *desc;
	char *text;
	int nr, ret = 0;

	if (kmc_file_text("/proc/slabinfo", &text) < 0)
		return -ENOTSUP;
	nr = kmc_slabinfo_parse(text, &desc);
	free(text);
	for (int i = 0; i < nr && !ret; i++) {
		refine_by_sysfs(&desc[i]);
		ret = add(t, &desc[i], 0);
	}
	free(desc);
	return nr < 0 ? nr : ret;
}

int kmc_cache_table_fill(struct kmc_cache_table *t, const struct btf *btf)
{
	int ret;

	memset(t, 0, sizeof(*t));
	kmc_cache_flags_of(btf, &t->flags);
	snprintf(t->source, sizeof(t->source), "iterator");
	ret = fill_by_iterator(t);
	if (ret && ret != -ENOMEM) {
		t->nr = 0;
		snprintf(t->source, sizeof(t->source), "slabinfo");
		ret = fill_by_slabinfo(t);
	}
	if (ret && ret != -ENOMEM) {
		t->nr = 0;
		snprintf(t->source, sizeof(t->source), "none");
		ret = 0;
	}
	for (size_t i = 0; i < t->nr && !ret; i++)
		ret = name_index(t, (uint32_t)i, i);
	kmc_cache_mark_kmalloc(t->desc, t->nr);
	return ret;
}

int64_t kmc_cache_table_keys(const struct kmc_cache_table *t, struct kmc_cache_key **keys)
{
	int64_t nr = 0;

	*keys = calloc(t->nr + 1, sizeof(**keys));
	if (!*keys)
		return -ENOMEM;
	for (size_t i = 0; i < t->nr; i++)
		if (t->cache[i])
			(*keys)[nr++] = (struct kmc_cache_key){ t->cache[i], (uint32_t)i };
	return nr;
}

int kmc_cache_table_find(const struct kmc_cache_table *t, const char *name)
{
	for (size_t i = 0; i < t->nr; i++)
		if (!strcmp(t->desc[i].name, name))
			return (int)i;
	return -1;
}

int kmc_cache_table_met(struct kmc_cache_table *t, const struct kmc_cache_item *item)
{
	struct kmc_cache_desc desc;
	int here, ret;

	if (item->index < t->nr_of_index && t->of_index[item->index] != KMC_RECORD_NO_CACHE)
		return 0; /* known by now */
	kmc_cache_describe(&t->flags, item, &desc);
	here = kmc_cache_table_find(t, desc.name);
	if (here >= 0 && !t->cache[here]) {
		desc.id = (uint32_t)here;
		t->desc[here] = desc;
		t->cache[here] = item->cache;
	} else {
		here = (int)t->nr;
		ret = t->nr >= KMC_RECORD_NO_CACHE ? -ENOSPC : add(t, &desc, item->cache);
		if (ret)
			return ret;
	}
	kmc_cache_mark_kmalloc(t->desc, t->nr);
	return name_index(t, item->index, (size_t)here);
}

void kmc_cache_table_free(struct kmc_cache_table *t)
{
	free(t->desc);
	free(t->cache);
	free(t->of_index);
	memset(t, 0, sizeof(*t));
}
