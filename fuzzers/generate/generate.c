/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program of a seed: a machine, steps of all kinds, everything given back. */
#include "maker.h"

static void step_any(struct maker *m, uint16_t slot)
{
	int at;

	switch (gen_draw(m, 14)) {
	case 0:
	case 1:
	case 2:
		gen_kmalloc(m, slot);
		break;
	case 3:
		gen_array(m, slot);
		break;
	case 4:
		gen_dup(m, slot);
		break;
	case 5:
		gen_resize(m, slot);
		break;
	case 6:
		gen_ksize(m);
		break;
	case 7:
	case 8:
		gen_memory(m);
		break;
	case 9:
		gen_nothing(m);
		break;
	case 10:
		if (gen_chance(m, 3))
			gen_kmalloc_run(m);
		else
			gen_bulk_free(m);
		break;
	default:
		at = gen_some_block(m, false, -1);
		if (at >= 0)
			gen_free(m, (uint16_t)at);
	}
}

static void step_alloc_only(struct maker *m, uint16_t slot)
{
	switch (gen_draw(m, 25)) {
	case 0:
		gen_create(m);
		break;
	case 1:
	case 2:
	case 3:
		gen_cache_alloc(m, slot);
		break;
	case 4:
		gen_cache_bulk(m);
		break;
	case 5:
		gen_destroy(m, gen_draw(m, NR_CACHES));
		break;
	case 6:
		gen_cache_question(m);
		break;
	case 7:
	case 8:
		gen_pages(m, slot);
		break;
	case 9:
		gen_exact(m, slot);
		break;
	case 10:
		gen_reference(m);
		break;
	case 11:
		gen_split(m);
		break;
	case 12:
		gen_page_question(m);
		break;
	case 13:
		gen_string(m, slot);
		break;
	case 14:
		gen_pure(m);
		break;
	case 15:
		gen_page_sequence(m);
		break;
	case 16:
		gen_object_sequence(m);
		break;
	case 17:
		gen_rcu(m);
		break;
	case 18:
		gen_other_sequence(m);
		break;
	case 19:
	case 20:
	case 21:
	case 22:
	case 23:
		gen_edge(m);
		break;
	default:
		switch (gen_draw(m, 8)) {
		case 0:
			gen_scope(m);
			break;
		case 6:
			gen_scope_question(m);
			break;
		case 7:
			gen_setting(m);
			break;
		case 1:
			gen_end_scope(m, gen_draw(m, NR_TASKS));
			break;
		case 2:
			gen_fault(m);
			break;
		case 3:
			gen_snapshot(m);
			break;
		case 4:
			gen_clock(m);
			break;
		case 5:
			gen_move(m);
			break;
		}
	}
}

static void step(struct maker *m)
{
	int slot = gen_empty_slot(m, 0, FIRST_RUN);

	if (slot < 0)
		return;
	if (m->wish->kmalloc_only || gen_chance(m, 2))
		step_any(m, (uint16_t)slot);
	else
		step_alloc_only(m, (uint16_t)slot);
}

static void give_everything_back(struct maker *m)
{
	for (unsigned int i = 0; i < NR_BLOCKS; i++)
		while (m->now.blocks[i].by && !m->now.blocks[i].kept)
			gen_free(m, (uint16_t)i);
	for (unsigned int i = 0; i < NR_CACHES; i++)
		gen_destroy(m, i);
	for (unsigned int task = 0; task < NR_TASKS; task++)
		while (m->now.depth[task])
			gen_end_scope(m, task);
}

/* As on 32 bits: most memory has no address of its own, some is for what can be moved. */
static void choose_high_zones(struct kmc_machine *machine)
{
	machine->nr_nodes = 1;
	machine->nr_zones = 4;
	machine->zones[0] =
		(struct kmc_zone){ .kind = KMC_DMA, .start_pfn = 256, .nr_pages = 3840 };
	machine->zones[1] =
		(struct kmc_zone){ .kind = KMC_NORMAL, .start_pfn = 4096, .nr_pages = 8192 };
	machine->zones[2] =
		(struct kmc_zone){ .kind = KMC_HIGHMEM, .start_pfn = 12288, .nr_pages = 4096 };
	machine->zones[3] =
		(struct kmc_zone){ .kind = KMC_MOVABLE, .start_pfn = 16384, .nr_pages = 4096 };
}

static void choose_machine(struct maker *m)
{
	struct kmc_machine *machine = &m->program->machine;
	static const uint32_t options[] = { KMC_MO_freelist_random,
					    KMC_MO_freelist_hardened,
					    KMC_MO_slab_nomerge,
					    KMC_MO_memcg,
					    KMC_MO_init_on_alloc,
					    KMC_MO_init_on_free,
					    KMC_MO_slub_red_zone,
					    KMC_MO_slub_poison,
					    KMC_MO_slub_store_user,
					    KMC_MO_slub_consistency,
					    KMC_MO_hardened_usercopy,
					    KMC_MO_debug_vm,
					    KMC_MO_thp,
					    KMC_MO_memory_recursiveprot };

	kmc_machine_simple(machine, 1 + gen_draw(m, 3), 64ull << 20);
	machine->profile = m->wish->profile;
	machine->seed = gen_draw(m, 1000);
	for (unsigned int i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		if (gen_chance(m, 4))
			machine->options |= options[i];
	/* Before 6.11 debug metadata cost kmalloc-192 the alignment that is promised since. */
	if (m->wish->profile < KMC_RELEASE(6, 11, 0) && m->wish->edition >= KMC_RELEASE(6, 11, 0))
		machine->options &= ~KMC_MO_LAYOUT_DEBUG;
	if (gen_chance(m, 2))
		return;
	if (gen_chance(m, 4)) {
		choose_high_zones(machine);
		return;
	}
	machine->nr_nodes = 2;
	machine->nr_zones = 3;
	machine->zones[0] =
		(struct kmc_zone){ .kind = KMC_DMA, .start_pfn = 256, .nr_pages = 3840 };
	machine->zones[1] =
		(struct kmc_zone){ .kind = KMC_DMA32, .start_pfn = 4096, .nr_pages = 8192 };
	machine->zones[2] = (struct kmc_zone){
		.kind = KMC_NORMAL, .node = 1, .start_pfn = 1 << 20, .nr_pages = 8192
	};
}

/* From the program's numbers, or from the machine's own. */
static void make_machine(struct maker *m)
{
	uint64_t random = m->random;

	if (m->wish->machine)
		m->random = m->wish->machine * 0x9e3779b97f4a7c15ull + 1;
	gen_draw(m, 1);
	choose_machine(m);
	if (m->wish->machine)
		m->random = random;
}

int kmc_generate(struct kmc_program *program, const struct kmc_gen_wish *wish, const char **rule)
{
	static __thread struct maker maker;
	struct maker *m = &maker;
	unsigned int nr, misuse_at;

	*m = (struct maker){ .program = program,
			     .wish = wish,
			     .random = wish->seed * 0x9e3779b97f4a7c15ull + 1 };
	program->nr_ops = 0;
	program->edition = wish->edition;
	make_machine(m);
	m->exhaust = wish->misuse == KMC_GEN_NONE && !wish->kmalloc_only && gen_chance(m, 12);
	if (wish->misuse == KMC_GEN_NONE && !wish->kmalloc_only && !m->exhaust && gen_chance(m, 12)) {
		gen_pressure(m);
		*rule = NULL;
		return m->error;
	}
	nr = 20 + gen_draw(m, 180);
	misuse_at = gen_draw(m, nr);
	for (unsigned int i = 0; i < nr; i++) {
		step(m);
		if (i >= misuse_at && wish->misuse)
			gen_misuse(m);
	}
	if (!wish->kmalloc_only && m->now.armed) {
		gen_arm(m, 0, 0, 0);
		gen_arm(m, 1, 0, 0);
	}
	give_everything_back(m);
	*rule = m->rule;
	return m->error;
}

const char *kmc_gen_misuse_name(enum kmc_gen_misuse misuse)
{
	static const char *const names[] = {
#define KMC_GEN_MISUSE(name, text) [KMC_GEN_##name] = text,
		KMC_GEN_MISUSES(KMC_GEN_MISUSE)
#undef KMC_GEN_MISUSE
	};

	return names[misuse];
}
