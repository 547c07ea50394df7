/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The outcome matrix. Marks of zones are worked out here as rules-page
 * say, so that a state lies where its name says it does.
 */
#include "generate/outcome_matrix.h"
#include "vocab/event.h"

#define MIN_FREE_KBYTES 1024u
#define SNAPSHOT_SLOT   0
#define PAGE_SLOT       1
#define VICTIM_TASK     40 /* none of those that ask */

unsigned int kmc_matrix_task_of(const struct kmc_matrix *matrix, unsigned int task)
{
	return task && task <= matrix->nr_tasks ? matrix->tasks[task - 1] : 0;
}

bool kmc_matrix_state_at(const struct kmc_matrix *matrix, size_t index,
			 struct kmc_matrix_state *state)
{
	for (unsigned int layout = 0; layout < matrix->nr_layouts; layout++)
		for (unsigned int i = 0; i < matrix->nr_sources; i++) {
			/* which zone serves whom does not depend on how memory is had back */
			if (matrix->layouts[layout] && matrix->sources[i] > KMC_MATRIX_HAS_CLEAN)
				continue;
			if (index < matrix->nr_levels) {
				state->level = matrix->levels[index];
				state->source = matrix->sources[i];
				state->highmem = matrix->layouts[layout];
				return true;
			}
			index -= matrix->nr_levels;
		}
	return false;
}

static void set_zone(struct kmc_machine *machine, unsigned int kind, uint64_t start, uint64_t pages)
{
	machine->zones[machine->nr_zones++] = (struct kmc_zone){
		.kind = (uint8_t)kind, .start_pfn = start, .nr_pages = pages };
}

static void set_machine(struct kmc_machine *machine, bool highmem, uint32_t profile)
{
	kmc_machine_default(machine);
	machine->nr_cpus = 1;
	machine->profile = profile;
	machine->nr_zones = 0;
	set_zone(machine, KMC_DMA, 1, 1023);
	if (highmem) {
		set_zone(machine, KMC_NORMAL, 4096, 3072);
		set_zone(machine, KMC_HIGHMEM, 7168, 2048);
		set_zone(machine, KMC_MOVABLE, 9216, 2048);
	} else {
		set_zone(machine, KMC_DMA32, 4096, 2048);
		set_zone(machine, KMC_NORMAL, 6144, 3072);
	}
}

/* Up to 6.1 the movable zone has its share too, and still a min of its own. */
static bool is_lowmem(const struct kmc_machine *machine, const struct kmc_zone *zone)
{
	return zone->kind != KMC_HIGHMEM &&
	       (zone->kind != KMC_MOVABLE || machine->profile < KMC_RELEASE(6, 6, 0));
}

static bool shares_min(const struct kmc_zone *zone)
{
	return zone->kind != KMC_HIGHMEM && zone->kind != KMC_MOVABLE;
}

/* */
static uint64_t min_of(const struct kmc_machine *machine, const struct kmc_zone *zone)
{
	uint64_t lowmem = 0;

	for (unsigned int i = 0; i < machine->nr_zones; i++)
		if (is_lowmem(machine, &machine->zones[i]))
			lowmem += machine->zones[i].nr_pages;
	return is_lowmem(machine, zone) ? MIN_FREE_KBYTES / 4 * zone->nr_pages / lowmem : 32;
}

static uint64_t free_at(enum kmc_matrix_level level, uint64_t min)
{
	switch (level) {
	case KMC_MATRIX_BELOW_LOW:    return min + min / 8;
	case KMC_MATRIX_AT_MIN:       return min;
	case KMC_MATRIX_BELOW_HALF:   return min * 7 / 16;
	case KMC_MATRIX_BELOW_ATOMIC: return min * 5 / 16;
	default:                      return 0;
	}
}

static int add(struct kmc_program *program, struct kmc_op *op)
{
	kmc_op_canonicalise(op);
	return kmc_program_add(program, op);
}

static int add_event(struct kmc_program *program, unsigned int code, uint64_t a, uint64_t b,
		     uint64_t c)
{
	struct kmc_op op;

	kmc_op_init(&op, code);
	op.node = 0;
	op.a = a;
	op.b = b;
	op.c = c;
	return add(program, &op);
}

static int add_source(struct kmc_program *program, enum kmc_matrix_source source)
{
	switch (source) {
	case KMC_MATRIX_HAS_CLEAN:
	case KMC_MATRIX_HAS_SUSPENDED:
		return add_event(program, KMC_OP_POPULATE_LRU, 256, 0, 0);
	case KMC_MATRIX_HAS_IO:
		return add_event(program, KMC_OP_POPULATE_LRU, 0, 256, 0);
	case KMC_MATRIX_HAS_FS:
		return add_event(program, KMC_OP_POPULATE_LRU, 0, 0, 256);
	case KMC_MATRIX_HAS_SHRINKER:
		return add_event(program, KMC_OP_SHRINKER, 256, 1, 1);
	case KMC_MATRIX_HAS_VICTIM:
		return add_event(program, KMC_OP_POPULATE_ANON, VICTIM_TASK, 512, 0);
	default:
		return 0;
	}
}

static int add_pressure(struct kmc_program *program, const struct kmc_matrix_state *state)
{
	int err = 0;

	for (unsigned int i = 0; i < program->machine.nr_zones && !err; i++) {
		const struct kmc_zone *zone = &program->machine.zones[i];
		struct kmc_op op;

		if (state->level == KMC_MATRIX_LOW_EMPTY && !shares_min(zone))
			continue;
		kmc_op_init(&op, KMC_OP_PRESSURE);
		op.order = zone->kind;
		op.node = 0;
		op.a = free_at(state->level, min_of(&program->machine, zone));
		err = add(program, &op);
	}
	return err;
}

static int add_setting_up(struct kmc_program *program, const struct kmc_matrix *matrix,
			  const struct kmc_matrix_state *state)
{
	int err = add_event(program, KMC_OP_SYSCTL, MIN_FREE_KBYTES, 0, 0);
	struct kmc_op op;

	if (!err && state->highmem) /* so that the low zones serve higher requests too */
		err = add_event(program, KMC_OP_SYSCTL, 0, 3, 0);
	for (unsigned int task = 1; task <= matrix->nr_tasks && !err; task++)
		err = add_event(program, KMC_OP_TASK_SET, task, matrix->tasks[task - 1], 0);
	if (!err)
		err = add_source(program, state->source);
	if (!err && state->level != KMC_MATRIX_PLENTY)
		err = add_pressure(program, state);
	if (!err && state->source == KMC_MATRIX_HAS_SUSPENDED)
		err = add_event(program, KMC_OP_SUSPEND_STORAGE, 1, 0, 0);
	kmc_op_init(&op, KMC_OP_SNAPSHOT);
	op.dst = SNAPSHOT_SLOT;
	return err ? err : add(program, &op);
}

static int add_restore(struct kmc_program *program)
{
	struct kmc_op op;

	kmc_op_init(&op, KMC_OP_RESTORE);
	op.src = SNAPSHOT_SLOT;
	return add(program, &op);
}

static int add_cell(struct kmc_program *program, uint32_t atoms, uint8_t order,
		    unsigned int context, unsigned int task)
{
	int err = add_restore(program);
	struct kmc_op op;

	kmc_op_init(&op, KMC_OP_ALLOC_PAGES);
	op.gfp.atoms = atoms;
	op.order = order;
	op.context = (uint8_t)context;
	op.task = (uint8_t)task;
	op.dst = PAGE_SLOT;
	return err ? err : add(program, &op);
}

/*
 * Requests that may sleep are made where they may (GFP-1). What a task or an interrupt is
 * shows in whose reserves it may use, which orders do not change.
 */
static int add_flags(struct kmc_program *program, const struct kmc_matrix *matrix, uint32_t atoms)
{
	bool sleeps = atoms & KMC_GFP_DIRECT_RECLAIM;
	int err = 0;

	for (unsigned int o = 0; o < matrix->nr_orders && !err; o++)
		err = add_cell(program, atoms, matrix->orders[o], KMC_CTX_TASK, 0);
	for (unsigned int task = 1; task <= matrix->nr_tasks && !err; task++)
		err = add_cell(program, atoms, 0, KMC_CTX_TASK, task);
	for (unsigned int i = 0; i < matrix->nr_contexts && !sleeps && !err; i++) {
		err = add_cell(program, atoms, 0, matrix->contexts[i], 0);
		if (!err)
			err = add_cell(program, atoms, 3, matrix->contexts[i], 0);
	}
	return err;
}

int kmc_matrix_program(struct kmc_program *program, const struct kmc_matrix *matrix,
		       const struct kmc_matrix_state *state, uint32_t profile, size_t *first)
{
	int err;

	program->nr_ops = 0;
	program->edition = profile & ~0x3ffu;
	set_machine(&program->machine, state->highmem, profile);
	err = add_setting_up(program, matrix, state);
	*first = program->nr_ops;
	for (unsigned int b = 0; b < matrix->nr_bases; b++)
		for (unsigned int m = 0; m < matrix->nr_modifiers && !err; m++) {
			uint32_t base = matrix->bases[b], modifier = matrix->modifiers[m];

			if (!m || (base & modifier) != modifier)
				err = add_flags(program, matrix, base | modifier);
		}
	return err ? err : add_restore(program);
}
