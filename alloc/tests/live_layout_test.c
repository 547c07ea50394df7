/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The running kernel's caches against slub_layout.c: for each the order, the
 * objects in a slab and the stride that we compute must be the kernel's.
 *
 * The kernel's own table is read from sysfs, where names of a merged cache are
 * links to one directory. It tells flags one by one, and a constructor. What it
 * does not tell is the alignment that was asked for; the one that resulted is
 * there, and gives the same layout. A free pointer at a place of the creator's
 * choice (TYPESAFE_BY_RCU caches of 6.12 and later) it does not tell either:
 * such a cache has a stride that leaves no room for one outside, and must then
 * agree with the pointer inside.
 *
 * Skipped where there is no such table, no right to read it, or an architecture
 * or release that is not ours to compute.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "alloc/slab_layout.h"
#include "linux/slab.h"
#include "live_kernel.h"

#define TABLE  "/sys/kernel/slab"

static int number_of(const char *cache, const char *what, unsigned int *value)
{
	char path[512];
	FILE *file;
	int got;

	snprintf(path, sizeof(path), TABLE "/%s/%s", cache, what);
	file = fopen(path, "r");
	if (!file)
		return -1;
	got = fscanf(file, "%u", value);
	fclose(file);
	return got == 1 ? 0 : -1;
}

static bool has_ctor(const char *cache)
{
	char path[512], text[128] = "";
	FILE *file;

	snprintf(path, sizeof(path), TABLE "/%s/ctor", cache);
	file = fopen(path, "r");
	if (!file)
		return false;
	if (!fgets(text, sizeof(text), file))
		text[0] = '\0';
	fclose(file);
	return text[0] && text[0] != '\n';
}

struct live_cache {
	unsigned int object_size, align, stride, order, objects;
	struct kmc_layout_request request;
};

static const struct {
	const char *file;
	unsigned int flag;
} flags[] = {
	{ "destroy_by_rcu", SLAB_TYPESAFE_BY_RCU }, { "hwcache_align", SLAB_HWCACHE_ALIGN },
	{ "cache_dma", SLAB_CACHE_DMA },	    { "reclaim_account", SLAB_RECLAIM_ACCOUNT },
	{ "red_zone", SLAB_RED_ZONE },		    { "poison", SLAB_POISON },
	{ "store_user", SLAB_STORE_USER },	    { "sanity_checks", SLAB_CONSISTENCY_CHECKS },
};

/* Only the kmalloc caches keep the exact request beside the owner. */
static bool is_kmalloc(const char *cache)
{
	return strstr(cache, "kmalloc-") != NULL;
}

static int cache_read(const char *name, struct live_cache *c)
{
	unsigned int value;

	if (number_of(name, "object_size", &c->object_size) ||
	    number_of(name, "align", &c->align) || number_of(name, "slab_size", &c->stride) ||
	    number_of(name, "order", &c->order) || number_of(name, "objs_per_slab", &c->objects))
		return -1;
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (!number_of(name, flags[i].file, &value) && value)
			c->request.flags |= flags[i].flag;
	if (is_kmalloc(name))
		c->request.flags |= SLAB_KMALLOC;
	c->request.object_size = c->object_size;
	c->request.align = c->align;
	c->request.has_ctor = has_ctor(name);
	return 0;
}

static bool agrees(const struct live_cache *c, struct kmc_layout *layout)
{
	return !kmc_layout_compute(&c->request, layout) && layout->size == c->stride &&
	       layout->order == c->order && layout->objects == c->objects;
}

/* As read, or with the free pointer where only its creator knows. */
static bool cache_agrees(struct live_cache *c, struct kmc_layout *layout, bool *chosen)
{
	struct kmc_layout other;

	*chosen = false;
	if (agrees(c, layout))
		return true;
	if (!(c->request.flags & SLAB_TYPESAFE_BY_RCU) || c->stride >= layout->size)
		return false;
	c->request.use_freeptr_offset = true;
	*chosen = agrees(c, &other);
	return *chosen;
}

/* Present cpus; possible ones where only one is present. */
static unsigned int cpus_of_kernel(void)
{
	long present = sysconf(_SC_NPROCESSORS_CONF);
	unsigned int first = 0, last = 0;
	FILE *file;

	if (present != 1)
		return (unsigned int)present;
	file = fopen("/sys/devices/system/cpu/possible", "r");
	if (file) {
		if (fscanf(file, "%u-%u", &first, &last) < 2)
			last = first;
		fclose(file);
	}
	return last + 1;
}

static bool is_link(const char *name)
{
	char path[512];
	struct stat st;

	snprintf(path, sizeof(path), TABLE "/%s", name);
	return lstat(path, &st) || S_ISLNK(st.st_mode);
}

int main(void)
{
	unsigned int caches = 0, aliases = 0, chosen_pointers = 0, differ = 0;
	enum kmc_profile profile;
	struct dirent *entry;
	struct utsname host;
	const char *why;
	DIR *dir;

	why = live_kernel(&host, &profile);
	if (why)
		return live_skip(why);
	dir = opendir(TABLE);
	if (!dir)
		return live_skip("no " TABLE " here");
	while ((entry = readdir(dir))) {
		struct live_cache c = { .request = { .profile = profile,
						     .nr_cpus = cpus_of_kernel() } };
		struct kmc_layout layout = { 0 };
		bool chosen;

		if (entry->d_name[0] == '.')
			continue;
		if (is_link(entry->d_name)) {
			aliases++;
			continue;
		}
		if (cache_read(entry->d_name, &c)) {
			closedir(dir);
			return live_skip("no right to read " TABLE);
		}
		caches++;
		if (!cache_agrees(&c, &layout, &chosen)) {
			differ++;
			printf("%s: object %u align %u flags %#x ctor %d: "
			       "kernel %u bytes, order %u, %u objects; alloc %u, %u, %u\n",
			       entry->d_name, c.object_size, c.align, c.request.flags,
			       c.request.has_ctor, c.stride, c.order, c.objects, layout.size,
			       layout.order, layout.objects);
		}
		chosen_pointers += chosen;
	}
	closedir(dir);
	if (!caches)
		return live_skip(TABLE " is empty");
	printf("%s: %u caches under %u names, %u with a free pointer of their own place, "
	       "%u differ\n", host.release, caches, caches + aliases, chosen_pointers, differ);
	return differ ? 1 : 0;
}
