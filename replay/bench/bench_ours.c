/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The stack under test as a contestant: one booted machine whose cpus 0 and 1
 * the two threads bind while it is their turn; the same with the freelist
 * options of a distribution kernel, for information; and the two machines of
 * the reset row. The only file of the program that sees the kernel's headers.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <alloc/sim.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>
#include "bench.h"

#define MIB          (1ull << 20)
#define TOUCH_PAGES  64
#define OBJECT_BYTES (512 * MIB)

static struct kmc_sim *machines[4];
static size_t nr_machines;

static int machine_boot(uint64_t size_bytes, uint32_t options, struct kmc_sim **sim)
{
	struct kmc_sim_config config;
	int err;

	kmc_sim_config_simple(&config, 2, size_bytes);
	config.options = options;
	err = kmc_sim_create(&config, sim);
	if (!err)
		machines[nr_machines++] = *sim;
	return err;
}

static int ours_enter(const struct bench_contestant *c, unsigned int cpu)
{
	return kmc_sim_bind(c->state, cpu);
}

static void ours_leave(const struct bench_contestant *c)
{
	(void)c;
	kmc_sim_unbind();
}

static struct kmem_cache *ours_cache(const struct bench_contestant *c, size_t size)
{
	(void)c;
	return kmem_cache_create("bench", (unsigned int)size, 0, SLAB_NO_MERGE, NULL);
}

static void ours_cache_drop(const struct bench_contestant *c, struct kmem_cache *cache)
{
	(void)c;
	kmem_cache_destroy(cache);
}

static void *ours_pages_get(unsigned int order)
{
	return alloc_pages(GFP_KERNEL, order);
}

static void ours_pages_put(void *pages, unsigned int order)
{
	__free_pages(pages, order);
}

static void *ours_area_get(size_t bytes)
{
	return vmalloc(bytes);
}

static void ours_area_put(void *area, size_t bytes)
{
	(void)bytes;
	vfree(area);
}

/*
 * One input: it gets 64 blocks and writes to a page of each. Blocks of order 0
 * lie together; blocks of order 7 lie so far apart that each touches its own
 * page of the stack's metadata too.
 */
static int input_run(unsigned int order)
{
	for (unsigned int i = 0; i < TOUCH_PAGES; i++) {
		struct page *page = alloc_pages(GFP_KERNEL, order);

		if (!page)
			return -ENOMEM;
		*(uint64_t *)page_address(page) = i;
	}
	return 0;
}

/* Reset and set-up are timed one by one; the clock's own cost is in the figure. */
static int ours_reset(const struct bench_contestant *c, unsigned int order, uint64_t n,
		      uint64_t *cpu_ns)
{
	int err = kmc_sim_bind(c->state, 0);

	for (uint64_t i = 0; i < n && !err; i++) {
		uint64_t start;

		err = input_run(order);
		start = bench_cpu_ns();
		kmc_sim_reset(c->state);
		err = err ?: kmc_sim_switch(c->state, 0);
		err = err ?: kmc_sim_set_task(0);
		kmc_sim_set_context(KMC_IN_TASK);
		*cpu_ns += bench_cpu_ns() - start;
	}
	kmc_sim_unbind();
	return err;
}

static void objects_add(struct bench_field *field, const char *name, enum bench_role role,
			struct kmc_sim *sim)
{
	field->c[field->nr++] = (struct bench_contestant){
		.name = name,
		.role = role,
		.able = BENCH_OBJECTS | (role == BENCH_OURS ? BENCH_PAGES | BENCH_AREAS : 0),
		.face = {
			.kmalloc = kmalloc,
			.kfree = kfree,
			.bulk_get = kmem_cache_alloc_bulk,
			.bulk_put = kmem_cache_free_bulk,
			.gfp = GFP_KERNEL,
			.pages_get = ours_pages_get,
			.pages_put = ours_pages_put,
			.area_get = ours_area_get,
			.area_put = ours_area_put,
		},
		.enter = ours_enter,
		.leave = ours_leave,
		.cache = ours_cache,
		.cache_drop = ours_cache_drop,
		.state = sim,
	};
}

static void reset_add(struct bench_field *field, const char *name, enum bench_role role,
		      struct kmc_sim *sim)
{
	field->c[field->nr++] = (struct bench_contestant){
		.name = name,
		.role = role,
		.able = BENCH_RESET,
		.reset = ours_reset,
		.state = sim,
	};
}

/**
 * bench_ours_add() - Boot the machines and append their contestants.
 * Return: 0, or -errno of kmc_sim_create() or of the stamp test.
 */
int bench_ours_add(struct bench_field *field)
{
	struct kmc_sim *plain, *hard, *small, *big;
	int err;

	err = machine_boot(OBJECT_BYTES, 0, &plain);
	err = err ?: machine_boot(OBJECT_BYTES, KMC_OPT_FREELIST_RANDOM | KMC_OPT_FREELIST_HARDENED,
				  &hard);
	err = err ?: machine_boot(64 * MIB, 0, &small);
	err = err ?: machine_boot(1024 * MIB, 0, &big);
	if (err)
		return err;
	objects_add(field, "hardened", BENCH_OTHER, hard);
	err = bench_check(&field->c[field->nr - 1]);
	objects_add(field, "kmconform", BENCH_OURS, plain);
	err = err ?: bench_check(&field->c[field->nr - 1]);
	reset_add(field, "64MiB", BENCH_PEER, small);
	reset_add(field, "1GiB", BENCH_OURS, big);
	return err;
}

/**
 * bench_ours_fresh() - A machine of its own with the option @o, or NULL, as a contestant.
 * @bytes: its memory; 0: as much as those of the other rows.
 * Return: 0 or -errno of kmc_sim_create().
 */
int bench_ours_fresh(const char *name, uint64_t bytes, const struct bench_option *o,
		     struct bench_contestant *c)
{
	struct bench_field one = { .nr = 0 };
	struct kmc_sim_config config;
	struct kmc_sim *sim;
	int err;

	kmc_sim_config_simple(&config, 2, bytes ? bytes : OBJECT_BYTES);
	config.options = o ? o->options : 0;
	if (o && o->slab_debug)
		snprintf(config.slab_debug, sizeof(config.slab_debug), "%s", o->slab_debug);
	err = kmc_sim_create(&config, &sim);
	if (err)
		return err;
	objects_add(&one, name, BENCH_OURS, sim);
	*c = one.c[0];
	return 0;
}

void bench_ours_drop(struct bench_contestant *c)
{
	kmc_sim_destroy(c->state);
}

/* The kernel's names of what may be switched on, and what the stack calls it. */
const struct bench_option bench_options[] = {
	{ "debug-F", "slab_debug=F, consistency checks", KMC_OPT_SLUB_CONSISTENCY, NULL },
	{ "debug-Z", "slab_debug=Z, red zones", KMC_OPT_SLUB_RED_ZONE, NULL },
	{ "debug-P", "slab_debug=P, poison", KMC_OPT_SLUB_POISON, NULL },
	{ "debug-U", "slab_debug=U, who had an object", KMC_OPT_SLUB_STORE_USER, NULL },
	{ "debug-T", "slab_debug=T, each call traced, to nobody", 0, "slab_debug=T" },
	{ "debug-FZPU", "slab_debug=FZPU", 0, "slab_debug=FZPU" },
	{ "init-on-alloc", "init_on_alloc=1", KMC_OPT_INIT_ON_ALLOC, NULL },
	{ "init-on-free", "init_on_free=1", KMC_OPT_INIT_ON_FREE, NULL },
	{ "freelist-random", "order of a slab's objects drawn", KMC_OPT_FREELIST_RANDOM, NULL },
	{ "freelist-hardened", "links of free objects encoded", KMC_OPT_FREELIST_HARDENED, NULL },
};
const size_t bench_nr_options = sizeof(bench_options) / sizeof(bench_options[0]);

/** bench_ours_close() - Take the machines down; no thread has a cpu bound. */
void bench_ours_close(void)
{
	while (nr_machines)
		kmc_sim_destroy(machines[--nr_machines]);
}

/** bench_resident_bytes() - What of this process is in memory. */
uint64_t bench_resident_bytes(void)
{
	unsigned long long size, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f) {
		if (fscanf(f, "%llu %llu", &size, &resident) != 2)
			resident = 0;
		fclose(f);
	}
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Every page but the reserves is handed out, untouched: what is resident is metadata. */
static uint64_t pages_take_all(void)
{
	uint64_t n = 0;

	while (alloc_pages(GFP_NOWAIT | __GFP_NOWARN, 0))
		n++;
	return n;
}

/**
 * bench_metadata_row() - Resident bytes per simulated page of a 1 GiB machine
 * once its pages are in use, everything that the stack keeps included.
 * Return: 0 or -errno.
 */
int bench_metadata_row(struct bench_row *row)
{
	const uint64_t nr_pages = 1024 * MIB / 4096;
	uint64_t before = bench_resident_bytes(), boot, taken = 0;
	struct kmc_sim_config config;
	struct kmc_sim *sim;
	double bytes;
	int err;

	*row = (struct bench_row){ .name = "metadata", .unit = "B", .best = -1, .ours = -1,
				   .what = "bytes per simulated page", .must_ns = 64,
				   .good_ns = 32, .state = BENCH_FAILED };
	kmc_sim_config_simple(&config, 1, 1024 * MIB);
	err = kmc_sim_create(&config, &sim);
	if (err)
		return err;
	boot = bench_resident_bytes() - before;
	err = kmc_sim_bind(sim, 0);
	if (!err) {
		taken = pages_take_all();
		bytes = (double)(bench_resident_bytes() - before) / (double)nr_pages;
		row->value = bytes;
		row->state = bytes <= 32 ? BENCH_GOOD : bytes <= 64 ? BENCH_MET : BENCH_MISSED;
		snprintf(row->note, sizeof(row->note),
			 "resident, 1 GiB machine: %.1f after boot, %.1f with %llu of %llu pages out",
			 (double)boot / (double)nr_pages, bytes, (unsigned long long)taken,
			 (unsigned long long)nr_pages);
		kmc_sim_unbind();
	}
	kmc_sim_destroy(sim);
	return err;
}
