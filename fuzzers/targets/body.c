/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One input: decode, run, judge. */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "coverage.h"
#include "fuzz/body.h"
#include "mutate/input.h"
#include "vocab/event_digest.h"

/* Machines kept: most of what an alphabet's shapes and profiles make, in some hundred MiB. */
#define MAX_RIGS 64
/* Ops of a program that there is room for from the start. */
#define FIRST_OPS 8192
#define MAX_PAGES ((1ull << 30) >> 12)

/* programs */

/* alloc's own limits; what else it cannot be, it says when it is opened. */
static bool machine_fits(const struct kmc_machine *machine)
{
	uint64_t pages = 0, end = 0;

	for (unsigned int i = 0; i < machine->nr_zones; i++) {
		pages += machine->zones[i].nr_pages;
		if (machine->zones[i].start_pfn + machine->zones[i].nr_pages > end)
			end = machine->zones[i].start_pfn + machine->zones[i].nr_pages;
	}
	return machine->profile && !machine->release && machine->page_shift == 12 &&
	       machine->max_order == 10 && machine->nr_nodes <= 8 && pages <= MAX_PAGES &&
	       end <= 8 * MAX_PAGES;
}

static void usual_machine(struct kmc_machine *machine)
{
	uint64_t options = machine->options;

	kmc_machine_default(machine);
	machine->options = (uint32_t)options;
}

int kmc_fuzz_program(struct kmc_program *program, const void *bytes, size_t len)
{
	int err = kmc_input_decode(program, bytes, len);

	if (err)
		return err;
	if (program->nr_ops > KMC_FUZZ_MAX_OPS)
		program->nr_ops = KMC_FUZZ_MAX_OPS;
	if (!machine_fits(&program->machine))
		usual_machine(&program->machine);
	/* Each release by its own texts: what a later one adds is no fault of an earlier one. */
	program->edition = KMC_SERIES(program->machine.profile);
	return 0;
}

/* inputs */

static struct kmc_rigs *rigs;
static struct kmc_program program;
static struct kmc_rig_run *digested;
/* The rig that the thread's cpus are on, as its reset left it, and its machine's digest; NULL none. */
static struct kmc_rig *ready;
static uint64_t ready_digest;

void kmc_fuzz_digest(struct kmc_rig_run *last)
{
	digested = last;
	ready = NULL;
	kmc_rigs_destroy(rigs);
	rigs = NULL;
}

static void accept_known(void)
{
	const char *path = getenv("KMC_FUZZ_KNOWN");
	char error[640];

	if (path && *path && kmc_rigs_accept_file(rigs, path, error, sizeof(error))) {
		fprintf(stderr, "KMC_FUZZ_KNOWN: %s\n", error);
		exit(2);
	}
}

/* With room for what inputs have: the list is not seen to grow. */
KMC_NO_COVERAGE static void make_program(void)
{
	static const struct kmc_op nothing;

	kmc_program_init(&program);
	while (program.nr_ops < FIRST_OPS && !kmc_program_add(&program, &nothing))
		;
	program.nr_ops = 0;
}

KMC_NO_COVERAGE static bool make_ready(void)
{
	if (rigs)
		return true;
	kmc_coverage_pause();
	/* Snapshots come and go with every input: their memory is to stay in the process. */
	mallopt(M_MMAP_THRESHOLD, 64 << 20);
	mallopt(M_TRIM_THRESHOLD, 512 << 20);
	rigs = kmc_rigs_create(MAX_RIGS, KMC_RIG_SEEDED_TRACEPOINTS |
					 (digested ? KMC_RIG_DIGEST : KMC_RIG_TRAP));
	if (rigs) {
		if (!program.ops)
			make_program();
		accept_known();
	}
	kmc_coverage_resume();
	return rigs;
}

/* Each input clears up behind itself: the next one's way does not depend on it. */
static void clear_up(void)
{
	struct kmc_rig_run nothing;

	kmc_rig_reset(ready, &nothing);
	if (nothing.error)
		ready = NULL;
}

static struct kmc_rig *find_rig(void)
{
	char error[256];
	struct kmc_rig *rig;

	if (!kmc_rigs_take(rigs, &program.machine, program.edition, &rig, error, sizeof(error)))
		return rig;
	usual_machine(&program.machine);
	if (!kmc_rigs_take(rigs, &program.machine, program.edition, &rig, error, sizeof(error)))
		return rig;
	return NULL;
}

/* One word for the machine, by a way that is the same for all. */
static uint64_t machine_digest(const struct kmc_machine *m)
{
	uint64_t d = KMC_DIGEST_START;

	d = kmc_digest_word(d, (uint64_t)m->options << 32 | m->profile);
	d = kmc_digest_word(d, (uint64_t)m->nr_cpus << 32 | (uint64_t)m->nr_nodes << 16 | m->nr_zones);
	d = kmc_digest_word(d, (uint64_t)m->kmalloc_minalign << 32 | m->kmalloc_max_cache);
	d = kmc_digest_word(d, m->kmalloc_max_size);
	d = kmc_digest_word(d, m->seed);
	d = kmc_digest_word(d, m->direct_map);
	d = kmc_digest_word(d, m->vmalloc_start);
	d = kmc_digest_word(d, m->vmalloc_end);
	for (unsigned int i = 0; i < m->nr_zones; i++) {
		const struct kmc_zone *z = &m->zones[i];

		d = kmc_digest_word(d, (uint64_t)z->kind << 8 | z->node);
		d = kmc_digest_word(d, z->start_pfn);
		d = kmc_digest_word(d, z->nr_pages);
		d = kmc_digest_word(d, z->managed);
		d = kmc_digest_word(d, z->min ^ z->low << 20 ^ z->high << 40);
	}
	return d;
}

/*
 * The rig of the input before, or another one, which then takes the thread's
 * cpus. What the change costs is no work of the input's: an engine that runs it
 * again is to see the same.
 */
KMC_NO_COVERAGE static struct kmc_rig *take_rig(uint64_t digest)
{
	if (ready && digest == ready_digest)
		return ready;
	kmc_coverage_pause();
	ready = find_rig();
	ready_digest = digest;
	if (ready)
		clear_up();
	kmc_coverage_resume();
	return ready;
}

int kmc_fuzz_input(const struct kmc_alphabet *alphabet, const uint8_t *bytes, size_t len)
{
	struct kmc_rig_run run;
	struct kmc_rig *rig;

	if (!make_ready() || kmc_fuzz_program(&program, bytes, len))
		return 0;
	rig = take_rig(machine_digest(&program.machine));
	if (!rig)
		return 0;
	if (alphabet->threads)
		kmc_rig_overlap(rig, program.ops, program.nr_ops, &run);
	else
		kmc_rig_go(rig, program.ops, program.nr_ops, &run);
	if (digested)
		*digested = run;
	clear_up();
	return 0;
}
