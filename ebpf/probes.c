// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Loads the recording programs. The kernel's BTF says which tracepoints it has
 * and with which arguments; a program whose arguments are not as expected is
 * not loaded, so that a kernel with another layout records less, never wrongly.
 */
#include "probes.h"
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "cpu_list.h"
#include "record.skel.h"

_Static_assert(KMC_NR_PROBES == KMC_SLOT_PROBES, "one program per probe");
_Static_assert(sizeof(struct kmc_slot) == 32, "two slots a cache line");
_Static_assert(sizeof(struct kmc_cpu_control) == 64, "one cache line");
_Static_assert(sizeof(struct kmc_cpu_state) % 64 == 0, "whole cache lines");

#define DEFAULT_RING_BYTES (32ull << 20)
#define NR_BASE_PROBES     (KMC_PROBE_PAGE_FREE + 1)
#define NO_TYPE            0xff

/* What an argument must be for the program to read it. */
enum arg_kind { ARG_END, ARG_ANY, ARG_NUMBER, ARG_POINTER, ARG_CACHE, ARG_PAGE };

/* Per probe: what the program takes each argument for, ended by ARG_END. */
static const struct prototype {
	const char *tracepoint;
	uint8_t arg[12];
} prototypes[KMC_NR_PROBES] = {
	[KMC_PROBE_KMALLOC] = { "kmalloc",
		{ ARG_NUMBER, ARG_POINTER, ARG_NUMBER, ARG_NUMBER, ARG_NUMBER, ARG_NUMBER } },
	[KMC_PROBE_KFREE] = { "kfree", { ARG_NUMBER, ARG_POINTER } },
	[KMC_PROBE_CACHE_ALLOC] = { "kmem_cache_alloc",
		{ ARG_NUMBER, ARG_POINTER, ARG_CACHE, ARG_NUMBER, ARG_NUMBER } },
	[KMC_PROBE_CACHE_FREE] = { "kmem_cache_free", { ARG_NUMBER, ARG_POINTER, ARG_POINTER } },
	[KMC_PROBE_PAGE_ALLOC] = { "mm_page_alloc",
		{ ARG_PAGE, ARG_NUMBER, ARG_NUMBER, ARG_NUMBER } },
	[KMC_PROBE_PAGE_FREE] = { "mm_page_free", { ARG_PAGE, ARG_NUMBER } },
	[KMC_PROBE_RECLAIM_BEGIN] = { "mm_vmscan_direct_reclaim_begin",
		{ ARG_NUMBER, ARG_NUMBER } },
	[KMC_PROBE_RECLAIM_END] = { "mm_vmscan_direct_reclaim_end", { ARG_NUMBER } },
	[KMC_PROBE_KSWAPD_WAKE] = { "mm_vmscan_kswapd_wake",
		{ ARG_NUMBER, ARG_NUMBER, ARG_NUMBER } },
	[KMC_PROBE_MARK_VICTIM] = { "mark_victim", { ARG_ANY } },
	[KMC_PROBE_VMAP_ALLOC] = { "alloc_vmap_area",
		{ ARG_NUMBER, ARG_NUMBER, ARG_NUMBER, ARG_NUMBER, ARG_NUMBER, ARG_NUMBER } },
	[KMC_PROBE_VMAP_FREE] = { "free_vmap_area_noflush",
		{ ARG_NUMBER, ARG_NUMBER, ARG_NUMBER } },
	[KMC_PROBE_PERCPU_ALLOC] = { "percpu_alloc_percpu",
		{ ARG_NUMBER, ARG_NUMBER, ARG_NUMBER, ARG_NUMBER, ARG_NUMBER, ARG_POINTER,
		  ARG_NUMBER, ARG_POINTER, ARG_NUMBER, ARG_NUMBER } },
	[KMC_PROBE_PERCPU_FREE] = { "percpu_free_percpu",
		{ ARG_POINTER, ARG_NUMBER, ARG_POINTER } },
};

void kmc_probes_options_init(struct kmc_probes_options *options)
{
	*options = (struct kmc_probes_options){
		.wanted = (1u << KMC_NR_PROBES) - 1,
		.only_cache = UINT32_MAX,
		.only_max = UINT64_MAX,
	};
}

int kmc_probes_find(const char *name, size_t len)
{
	const char *colon = memchr(name, ':', len);

	if (colon) {
		len -= (size_t)(colon + 1 - name);
		name = colon + 1;
	}
	for (int i = 0; i < KMC_NR_PROBES; i++)
		if (strlen(prototypes[i].tracepoint) == len &&
		    !memcmp(prototypes[i].tracepoint, name, len))
			return i;
	return -1;
}

static const struct btf_type *skip_mods(const struct btf *btf, uint32_t id)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	while (t && (btf_is_mod(t) || btf_is_typedef(t)))
		t = btf__type_by_id(btf, t->type);
	return t;
}

/* The function prototype behind btf_trace_NAME; NULL: the kernel has no such tracepoint. */
static const struct btf_type *tracepoint_proto(const struct btf *btf, const char *name)
{
	const struct btf_type *t;
	char type_name[80];
	int id;

	snprintf(type_name, sizeof(type_name), "btf_trace_%s", name);
	id = btf__find_by_name_kind(btf, type_name, BTF_KIND_TYPEDEF);
	if (id < 0)
		return NULL;
	t = skip_mods(btf, (uint32_t)id);
	if (!t || !btf_is_ptr(t))
		return NULL;
	t = skip_mods(btf, t->type);
	return t && btf_is_func_proto(t) ? t : NULL;
}

static bool points_to(const struct btf *btf, const struct btf_type *ptr, const char *name)
{
	const struct btf_type *t = skip_mods(btf, ptr->type);

	return t && btf_is_struct(t) && !strcmp(btf__name_by_offset(btf, t->name_off), name);
}

static bool arg_fits(const struct btf *btf, uint32_t type, enum arg_kind kind)
{
	const struct btf_type *t = skip_mods(btf, type);

	if (!t)
		return false;
	switch (kind) {
	case ARG_NUMBER:
		return btf_is_int(t) || btf_is_any_enum(t);
	case ARG_POINTER:
		return btf_is_ptr(t);
	case ARG_CACHE:
		return btf_is_ptr(t) && points_to(btf, t, "kmem_cache");
	case ARG_PAGE:
		return btf_is_ptr(t) && points_to(btf, t, "page");
	default:
		return true;
	}
}

/* The first parameter of the prototype is the tracepoint's private data. */
static bool proto_fits(const struct btf *btf, const struct btf_type *proto, const uint8_t *arg)
{
	const struct btf_param *param = btf_params(proto);
	unsigned int nr = btf_vlen(proto);

	for (unsigned int i = 0; i < 12 && arg[i] != ARG_END; i++)
		if (i + 1 >= nr || !arg_fits(btf, param[i + 1].type, arg[i]))
			return false;
	return true;
}

enum kmc_probe_state kmc_probes_examine(const struct btf *btf, unsigned int probe)
{
	const struct btf_type *proto = tracepoint_proto(btf, prototypes[probe].tracepoint);

	if (!proto)
		return KMC_PROBE_ABSENT;
	return proto_fits(btf, proto, prototypes[probe].arg) ? KMC_PROBE_ATTACHED :
							       KMC_PROBE_REFUSED;
}

static bool arg_is(const struct btf *btf, unsigned int probe, unsigned int arg, const char *name)
{
	const struct btf_type *proto = tracepoint_proto(btf, prototypes[probe].tracepoint), *t;

	if (!proto || btf_vlen(proto) <= arg + 1)
		return false;
	t = skip_mods(btf, btf_params(proto)[arg + 1].type);
	return t && btf_is_ptr(t) && points_to(btf, t, name);
}

static struct bpf_program *program_of(struct record_bpf *skel, unsigned int probe)
{
	struct bpf_program *const all[KMC_NR_PROBES] = {
		skel->progs.on_kmalloc, skel->progs.on_kfree,
		skel->progs.on_cache_alloc, skel->progs.on_cache_free,
		skel->progs.on_page_alloc, skel->progs.on_page_free,
		skel->progs.on_reclaim_begin, skel->progs.on_reclaim_end,
		skel->progs.on_kswapd_wake, skel->progs.on_mark_victim,
		skel->progs.on_vmap_alloc, skel->progs.on_vmap_free,
		skel->progs.on_percpu_alloc, skel->progs.on_percpu_free,
	};

	return all[probe];
}

/* Largest power of two of slots in the bytes asked for; bounded by what an array index can hold. */
static uint64_t slots_for(uint64_t bytes, unsigned int rings)
{
	uint64_t slots = 1024;

	if (!bytes)
		bytes = DEFAULT_RING_BYTES;
	while (slots * 2 * sizeof(struct kmc_slot) <= bytes && slots * 2 * rings < 1ull << 31)
		slots *= 2;
	return slots;
}

/* A multiplier under which every known cache has a place of its own in the table. */
static uint64_t find_seed(const struct kmc_cache_key *caches, size_t nr)
{
	static uint8_t used[1 << KMC_CACHE_TABLE_BITS];
	uint64_t seed = 0x9e3779b97f4a7c15ull, best = seed;
	size_t best_hits = SIZE_MAX;

	for (int tries = 0; tries < 4000 && best_hits; tries++) {
		size_t hits = 0;

		memset(used, 0, sizeof(used));
		for (size_t i = 0; i < nr; i++) {
			uint8_t *u = &used[caches[i].cache * seed >> (64 - KMC_CACHE_TABLE_BITS)];

			hits += *u;
			*u = 1;
		}
		if (hits < best_hits) {
			best_hits = hits;
			best = seed;
		}
		seed = seed * 6364136223846793005ull + 1442695040888963407ull;
		seed |= 1;
	}
	return best;
}

/* What collides all the same goes to the hash map of late comers, after loading. */
static void place_caches(struct record_bpf *skel, const struct kmc_probes_options *o, uint64_t seed)
{
	for (size_t i = 0; i < o->nr_caches; i++) {
		struct kmc_cache_entry *entry = &skel->bss->cache_table[
			o->caches[i].cache * seed >> (64 - KMC_CACHE_TABLE_BITS)];
		struct kmc_cache_item item = {
			.cache = o->caches[i].cache, .index = o->caches[i].index,
		};

		if (!entry->cache) {
			entry->index = item.index;
			entry->cache = item.cache;
		} else {
			bpf_map_update_elem(bpf_map__fd(skel->maps.missed), &item.cache, &item,
					    BPF_ANY);
		}
	}
}

static uint32_t next_index(const struct kmc_probes_options *o)
{
	uint32_t next = 0;

	for (size_t i = 0; i < o->nr_caches; i++)
		if (o->caches[i].index >= next)
			next = o->caches[i].index + 1;
	return next;
}

/* A jiffy: the kernel moves its coarse clock once in one. */
static uint64_t tick_ns(void)
{
	struct timespec t;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &t) || !t.tv_nsec)
		return 4000000;
	return (uint64_t)t.tv_nsec;
}

static void configure(struct kmc_probes *p, struct record_bpf *skel,
		      const struct kmc_probes_options *o, const struct btf *btf, uint64_t seed)
{
	skel->rodata->nr_slots = p->nr_slots;
	skel->rodata->nr_rings = p->nr_rings;
	skel->rodata->cache_seed = seed;
	skel->rodata->own_tgid = o->own_tgid ? o->own_tgid : getpid();
	skel->rodata->only_tgid = o->only_tgid;
	skel->rodata->only_cache = o->only_cache;
	skel->rodata->only_min = o->only_min;
	skel->rodata->only_max = o->only_max;
	skel->rodata->clock_coarse = o->clock_coarse;
	skel->rodata->tick_ns = tick_ns();
	skel->rodata->keep_null_frees = o->keep_null_frees;
	skel->rodata->victim_is_task = arg_is(btf, KMC_PROBE_MARK_VICTIM, 0, "task_struct");
	skel->rodata->free_has_cache = arg_is(btf, KMC_PROBE_CACHE_FREE, 2, "kmem_cache");
	skel->bss->next_cache = next_index(o);
	bpf_map__set_max_entries(skel->maps.ring, (uint32_t)(p->nr_slots * p->nr_rings));
	bpf_map__set_max_entries(skel->maps.nest, KMC_NEST_SLOTS * p->nr_rings);
	bpf_map__set_max_entries(skel->maps.cpus, p->nr_cpus);
}

/* One attempt with the probes of @mask. */
static int try_load(struct kmc_probes *p, const struct kmc_probes_options *o,
		    const struct btf *btf, uint64_t seed, uint32_t mask)
{
	struct record_bpf *skel = record_bpf__open();
	int ret;

	if (!skel)
		return -errno;
	configure(p, skel, o, btf, seed);
	for (unsigned int i = 0; i < KMC_NR_PROBES; i++)
		bpf_program__set_autoload(program_of(skel, i), mask >> i & 1);
	ret = record_bpf__load(skel);
	if (ret) {
		record_bpf__destroy(skel);
		return ret;
	}
	p->skel = skel;
	return 0;
}

/* A probe that this kernel's verifier does not take is found by leaving each out in turn. */
static uint32_t loadable(struct kmc_probes *p, const struct kmc_probes_options *o,
			 const struct btf *btf, uint64_t seed, uint32_t mask)
{
	uint64_t slots = p->nr_slots;
	uint32_t good = 0;

	p->nr_slots = 1024;
	for (unsigned int i = 0; i < KMC_NR_PROBES; i++) {
		if (!(mask >> i & 1))
			continue;
		if (!try_load(p, o, btf, seed, 1u << i)) {
			good |= 1u << i;
			record_bpf__destroy(p->skel);
			p->skel = NULL;
		}
	}
	p->nr_slots = slots;
	return good;
}

static void *map_memory(struct bpf_map *map, size_t entry, size_t *size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *memory;

	*size = (entry * bpf_map__max_entries(map) + page - 1) & ~(page - 1);
	memory = mmap(NULL, *size, PROT_READ | PROT_WRITE, MAP_SHARED, bpf_map__fd(map), 0);
	return memory == MAP_FAILED ? NULL : memory;
}

static int map_rings(struct kmc_probes *p)
{
	p->ring = map_memory(p->skel->maps.ring, sizeof(struct kmc_slot), &p->ring_size);
	p->nest = map_memory(p->skel->maps.nest, sizeof(struct kmc_slot), &p->nest_size);
	p->cpus = map_memory(p->skel->maps.cpus, sizeof(struct kmc_cpu), &p->cpus_size);
	return p->ring && p->nest && p->cpus ? 0 : -ENOMEM;
}

static void attach(struct kmc_probes *p, unsigned int probe)
{
	struct bpf_program *prog = program_of(p->skel, probe);

	p->link[probe] = bpf_program__attach_raw_tracepoint(prog, prototypes[probe].tracepoint);
	if (!p->link[probe]) {
		p->probe_state[probe] = errno == ENOENT ? KMC_PROBE_ABSENT : KMC_PROBE_REFUSED;
		return;
	}
	p->prog_fd[probe] = bpf_program__fd(prog);
	p->probe_state[probe] = KMC_PROBE_ATTACHED;
}

static int check_base(const struct kmc_probes *p, uint32_t wanted, char *error, size_t size)
{
	for (unsigned int i = 0; i < NR_BASE_PROBES; i++) {
		if (!(wanted >> i & 1) || p->probe_state[i] == KMC_PROBE_ATTACHED)
			continue;
		snprintf(error, size, "tracepoint %s: %s", kmc_probe_name(i),
			 p->probe_state[i] == KMC_PROBE_ABSENT ?
				 "this kernel has none" :
				 "this kernel's arguments are not those of 6.1 to 6.18");
		return -ENOTSUP;
	}
	return 0;
}

const char *kmc_probes_why_not(int error)
{
	switch (-error) {
	case EPERM:
	case EACCES:
		return "needs CAP_BPF and CAP_PERFMON (or root)";
	case ENOMEM:
	case E2BIG:
		return "no memory for the rings; try a smaller --ring-size";
	default:
		return strerror(-error);
	}
}

/* With the coarse clock: one run of the program that relates jiffies to the monotonic clock. */
static int relate_clocks(struct kmc_probes *p)
{
	LIBBPF_OPTS(bpf_test_run_opts, run);

	return bpf_prog_test_run_opts(bpf_program__fd(p->skel->progs.relate_clocks), &run);
}

/* Which probes are worth a try, by the kernel's BTF. */
static uint32_t examine(struct kmc_probes *p, const struct btf *btf, uint32_t wanted)
{
	uint32_t mask = 0;

	for (unsigned int i = 0; i < KMC_NR_PROBES; i++) {
		if (!(wanted >> i & 1))
			continue;
		p->probe_state[i] = kmc_probes_examine(btf, i);
		if (p->probe_state[i] == KMC_PROBE_ATTACHED)
			mask |= 1u << i;
	}
	return mask;
}

static int load_mask(struct kmc_probes *p, const struct kmc_probes_options *o,
		     const struct btf *btf, uint32_t *mask)
{
	uint64_t seed = find_seed(o->caches, o->nr_caches);
	uint32_t good;
	int ret = try_load(p, o, btf, seed, *mask);

	if (ret && ret != -EPERM && ret != -ENOMEM && ret != -E2BIG) {
		good = loadable(p, o, btf, seed, *mask);
		for (unsigned int i = 0; i < KMC_NR_PROBES; i++)
			if ((*mask & ~good) >> i & 1)
				p->probe_state[i] = KMC_PROBE_REFUSED;
		*mask = good;
		if (good)
			ret = try_load(p, o, btf, seed, good);
	}
	if (!ret)
		place_caches(p->skel, o, seed);
	return ret;
}

int kmc_probes_load(struct kmc_probes *p, const struct kmc_probes_options *o,
		    const struct btf *btf, char *error, size_t size)
{
	uint32_t mask;
	int ret;

	memset(p, 0, sizeof(*p));
	p->nr_cpus = (unsigned int)libbpf_num_possible_cpus();
	p->nr_rings = kmc_cpus_online();
	p->nr_slots = slots_for(o->ring_bytes, p->nr_rings);
	mask = examine(p, btf, o->wanted);
	ret = check_base(p, o->wanted, error, size);
	if (ret)
		return ret;
	ret = load_mask(p, o, btf, &mask);
	if (!ret)
		ret = map_rings(p);
	if (!ret && o->clock_coarse)
		ret = relate_clocks(p);
	if (ret) {
		snprintf(error, size, "%s", kmc_probes_why_not(ret));
		goto fail;
	}
	for (unsigned int i = 0; i < KMC_NR_PROBES; i++)
		if (mask >> i & 1)
			attach(p, i);
	ret = check_base(p, o->wanted, error, size);
	if (!ret)
		return 0;
fail:
	kmc_probes_close(p);
	return ret;
}

void kmc_probes_misses_reset(struct kmc_probes *p)
{
	for (unsigned int i = 0; i < KMC_NR_PROBES; i++)
		p->misses_base[i] += kmc_probes_misses(p, i);
}

void kmc_probes_enable_cpu(struct kmc_probes *p, unsigned int cpu, bool on)
{
	__atomic_store_n(&p->cpus[cpu].control.enabled, on, __ATOMIC_SEQ_CST);
}

void kmc_probes_enable(struct kmc_probes *p, bool on)
{
	if (on)
		kmc_probes_misses_reset(p);
	for (unsigned int cpu = 0; cpu < p->nr_cpus; cpu++)
		kmc_probes_enable_cpu(p, cpu, on);
}

void kmc_probes_detach(struct kmc_probes *p)
{
	for (unsigned int i = 0; i < KMC_NR_PROBES; i++) {
		bpf_link__destroy(p->link[i]);
		p->link[i] = NULL;
	}
}

uint64_t kmc_probes_misses(const struct kmc_probes *p, unsigned int probe)
{
	struct bpf_prog_info info = { 0 };
	__u32 len = sizeof(info);

	if (p->probe_state[probe] != KMC_PROBE_ATTACHED ||
	    bpf_obj_get_info_by_fd(p->prog_fd[probe], &info, &len))
		return 0;
	return info.recursion_misses - p->misses_base[probe];
}

struct kmc_slot_count kmc_probes_count(const struct kmc_probes *p, unsigned int cpu,
				       unsigned int probe)
{
	const struct kmc_slot_count *c = &p->cpus[cpu].state.count[probe];

	return (struct kmc_slot_count){
		.hits = __atomic_load_n(&c->hits, __ATOMIC_RELAXED),
		.lost = __atomic_load_n(&c->lost, __ATOMIC_RELAXED),
		.filtered = __atomic_load_n(&c->filtered, __ATOMIC_RELAXED),
		.skipped_self = __atomic_load_n(&c->skipped_self, __ATOMIC_RELAXED),
		.skipped_null = __atomic_load_n(&c->skipped_null, __ATOMIC_RELAXED),
	};
}

void kmc_probes_met_caches(const struct kmc_probes *p,
			   void (*see)(void *arg, const struct kmc_cache_item *item), void *arg)
{
	int fd = bpf_map__fd(p->skel->maps.missed);
	uint64_t key, *last = NULL, next;
	struct kmc_cache_item item;

	while (!bpf_map_get_next_key(fd, last, &next)) {
		if (!bpf_map_lookup_elem(fd, &next, &item))
			see(arg, &item);
		key = next;
		last = &key;
	}
}

uint32_t kmc_probes_caches_met(const struct kmc_probes *p)
{
	return __atomic_load_n(&p->skel->bss->next_cache, __ATOMIC_RELAXED);
}

bool kmc_probes_vmap_range(const struct kmc_probes *p, uint64_t *start, uint64_t *end)
{
	*start = p->skel->bss->vmap_start;
	*end = p->skel->bss->vmap_end;
	return *end > *start;
}

void kmc_probes_close(struct kmc_probes *p)
{
	if (p->cpus)
		kmc_probes_enable(p, false);
	kmc_probes_detach(p);
	if (p->ring)
		munmap(p->ring, p->ring_size);
	if (p->nest)
		munmap(p->nest, p->nest_size);
	if (p->cpus)
		munmap(p->cpus, p->cpus_size);
	record_bpf__destroy(p->skel);
	memset(p, 0, sizeof(*p));
}
