/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine that a trace is replayed on: like the recorded one, with a
 * quarter more memory (our allocator must not fail for want of what the
 * recorded kernel had in use before the recording, or shares with nobody).
 * Also flag words and caches as our machine has them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include "exec/alloc_machine.h"
#include "replay.h"

#define MIB (1ull << 20)
#define PAGES_OF(bytes) ((bytes) >> 12)
#define PAGEBLOCK 512ull

uint32_t kmc_replay_profile(uint32_t release)
{
	static const uint32_t profiles[] = {
#define PROFILE(major, minor, point) KMC_RELEASE(major, minor, point),
		KMC_PROFILES(PROFILE)
#undef PROFILE
	};
	size_t nr = sizeof(profiles) / sizeof(profiles[0]);
	uint32_t best = release ? profiles[0] : profiles[nr - 1];

	/* The point release does not matter: 6.18.2 is imitated by 6.18.44. */
	for (size_t i = 0; i < nr; i++)
		if (profiles[i] >> 10 <= release >> 10)
			best = profiles[i];
	return best;
}

enum kmc_profile kmc_replay_profile_number(uint32_t profile)
{
	if (profile >= KMC_RELEASE(6, 18, 0))
		return KMC_PROFILE_6_18_44;
	if (profile >= KMC_RELEASE(6, 12, 0))
		return KMC_PROFILE_6_12_117;
	return profile >= KMC_RELEASE(6, 6, 0) ? KMC_PROFILE_6_6_9 : KMC_PROFILE_6_1_192;
}

static uint64_t machine_pages(const struct kmc_machine *machine)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < machine->nr_zones && i < KMC_MACHINE_MAX_ZONES; i++)
		pages += machine->zones[i].nr_pages;
	return pages;
}

/* Zones of the recorded machine that ours can have as they are. */
static bool zones_usable(const struct kmc_machine *machine)
{
	return machine->nr_zones && machine->nr_zones <= KMC_MACHINE_MAX_ZONES &&
	       machine->page_shift == 12 && !kmc_machine_check(machine);
}

static void enlarge(struct kmc_machine *machine)
{
	uint64_t more = machine_pages(machine) / 4 + PAGES_OF(256 * MIB);
	struct kmc_zone *last = &machine->zones[0];

	for (unsigned int i = 1; i < machine->nr_zones; i++)
		if (machine->zones[i].start_pfn > last->start_pfn)
			last = &machine->zones[i];
	last->nr_pages += more & ~(PAGEBLOCK - 1);
}

static void shape(struct kmc_replay *replay)
{
	const struct kmc_machine *recorded = &replay->facts->machine;
	struct kmc_machine *machine = &replay->machine;
	unsigned int cpus = recorded->nr_cpus ? recorded->nr_cpus : 1;
	uint64_t bytes = replay->options->memory_bytes;

	if (cpus > KMC_SIM_MAX_CPUS)
		cpus = KMC_SIM_MAX_CPUS;
	if (!bytes && !machine_pages(recorded))
		bytes = 16ull << 30;
	kmc_machine_simple(machine, cpus, bytes ? bytes : machine_pages(recorded) << 12);
	if (!bytes && zones_usable(recorded)) {
		machine->nr_nodes = recorded->nr_nodes;
		machine->nr_zones = recorded->nr_zones;
		memcpy(machine->zones, recorded->zones, sizeof(machine->zones));
	}
	if (!bytes)
		enlarge(machine);
	machine->options = recorded->options & ~(uint32_t)KMC_MO_options_unknown;
	machine->profile = replay->options->profile ? replay->options->profile :
						      kmc_replay_profile(recorded->release);
	kmc_alloc_address_ranges(machine);
}

/* Constants that the hot loop computes addresses with. */
static int learn_addresses(struct kmc_replay *replay)
{
	struct page *page = alloc_pages(GFP_KERNEL, 0);
	uintptr_t ptr;

	if (!page)
		return -1;
	ptr = (uintptr_t)page_address(page);
	replay->bias = kmc_sim_address(replay->sim, (void *)ptr) - ptr;
	replay->page_bias = (uintptr_t)page - (ptr >> 12) * sizeof(struct page);
	__free_pages(page, 0);
	kmc_sim_reset(replay->sim);
	return 0;
}

static int boot(struct kmc_replay *replay)
{
	const struct kmc_run_options *run = &replay->options->run;
	struct kmc_sim_config config;
	char error[160] = "";
	int err = kmc_alloc_config(&replay->machine, &config, error, sizeof(error));

	if (!err)
		err = kmc_sim_create(&config, &replay->sim);
	if (err)
		return kmc_run_error(run, "our machine cannot be like the recorded one: %s%s",
				     *error ? error : strerror(-err),
				     replay->options->memory_bytes ? "" :
				     "; try --machine-memory");
	if (kmc_sim_bind_all(replay->sim) || learn_addresses(replay))
		return kmc_run_error(run, "our machine does not start");
	return 0;
}

int kmc_replay_machine(struct kmc_replay *replay)
{
	int status;

	shape(replay);
	replay->profile = kmc_replay_profile_number(replay->machine.profile);
	status = boot(replay);
	if (status)
		return status;
	replay->one_node = replay->machine.nr_nodes == 1;
	replay->our_gfp = kmc_gfp_table_of(replay->machine.profile);
	for (unsigned int i = 0; i < 65536; i++)
		replay->cpus[i].ours = kmc_sim_cpu(replay->sim, i % replay->machine.nr_cpus);
	return 0;
}

/*
 * Contents are nobody's concern here, so __GFP_ZERO is left out: it decides
 * about no address. All else is as recorded.
 */
struct kmc_gfp_slot *kmc_replay_gfp_slow(struct kmc_replay *replay, uint32_t raw)
{
	struct kmc_gfp_slot *slot = &replay->gfp[(raw * 0x9e3779b1u) >> 24];
	struct kmc_gfp gfp = kmc_gfp_from_raw(&replay->facts->gfp, raw);

	gfp.atoms &= ~(uint32_t)KMC_GFP_ZERO;
	gfp.raw = 0;
	slot->raw = raw;
	slot->ours = (uint32_t)kmc_gfp_to_raw(replay->our_gfp, gfp, NULL);
	slot->atoms = gfp.atoms;
	slot->filled = 1;
	return slot;
}

static void no_constructor(void *object)
{
	(void)object;
}

/* Flags that a creator may pass, and NO_MERGE: caches stay as apart as they were. */
static uint64_t creation_flags(const struct kmc_cache_desc *cache)
{
	uint64_t internal = KMC_CF_KMALLOC | KMC_CF_PANIC | KMC_CF_SHEAVES;

	return (cache->flags & 0xffff & ~internal) | KMC_CF_NO_MERGE;
}

/* Ours is beside theirs in the books from now on; a blank table says nothing of size. */
static void compare_geometry(struct kmc_replay *replay, uint16_t class,
			     const struct kmc_cache_desc *theirs)
{
	struct kmc_class_facts *facts = &replay->classes.facts[class];
	struct kmc_cache_info info;

	kmc_sim_cache_info(facts->ours, &info);
	replay->classes.count[class].theirs = theirs->size;
	replay->classes.count[class].ours = info.size;
	facts->our_order = (uint8_t)info.order;
	facts->differs = theirs->size && (info.size != theirs->size || info.order != theirs->order);
	replay->caches_made++;
	replay->caches_differ += facts->differs;
}

struct kmem_cache *kmc_replay_cache_make(struct kmc_replay *replay, uint16_t class)
{
	struct kmc_class_facts *facts = &replay->classes.facts[class];
	const struct kmc_cache_desc *theirs;
	struct kmem_cache_args args = { 0 };

	if (facts->tried || facts->cache >= replay->facts->nr_caches ||
	    class == replay->classes.cache_unknown)
		return facts->ours;
	facts->tried = 1;
	theirs = &replay->facts->caches[facts->cache];
	args.align = theirs->align;
	args.ctor = theirs->ctor ? no_constructor : NULL;
	args.use_freeptr_offset = kmc_predict_free_pointer(theirs);
	args.freeptr_offset = args.use_freeptr_offset ? theirs->offset : 0;
	if (args.align & (args.align - 1) || !theirs->object_size)
		return NULL;
	facts->ours = kmem_cache_create(theirs->name[0] ? theirs->name : "unnamed",
					theirs->object_size, &args,
					kmc_alloc_slab_flags(creation_flags(theirs)));
	if (!facts->ours)
		return NULL;
	compare_geometry(replay, class, theirs);
	if (replay->ours_judge)
		kmc_replay_judge_cache(replay, class);
	return facts->ours;
}
