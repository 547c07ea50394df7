/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One input: decode, run, judge. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz/body.h"
#include "mutate/input.h"

/* Machines kept: most of what an alphabet's shapes and profiles make, in some hundred MiB. */
#define MAX_RIGS 24
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
	program->edition = program->machine.profile & ~1023u;
	return 0;
}

/* inputs */

static struct kmc_rigs *rigs;
static struct kmc_program program;
static struct kmc_rig_run *digested;

void kmc_fuzz_digest(struct kmc_rig_run *last)
{
	digested = last;
	kmc_rigs_destroy(rigs);
	rigs = NULL;
}

static void accept_known(void)
{
	const char *path = getenv("KMC_FUZZ_KNOWN");

	if (path && *path && kmc_rigs_accept_file(rigs, path) < 0) {
		fprintf(stderr, "KMC_FUZZ_KNOWN: %s: cannot be read\n", path);
		exit(2);
	}
}

static bool make_ready(void)
{
	if (rigs)
		return true;
	rigs = kmc_rigs_create(MAX_RIGS, digested ? KMC_RIG_DIGEST : KMC_RIG_TRAP);
	if (!rigs)
		return false;
	if (!program.ops)
		kmc_program_init(&program);
	accept_known();
	return true;
}

static struct kmc_rig *take_rig(void)
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

int kmc_fuzz_input(const struct kmc_alphabet *alphabet, const uint8_t *bytes, size_t len)
{
	struct kmc_rig_run run;
	struct kmc_rig *rig;

	if (!make_ready() || kmc_fuzz_program(&program, bytes, len))
		return 0;
	rig = take_rig();
	if (!rig)
		return 0;
	if (alphabet->threads)
		kmc_rig_overlap(rig, program.ops, program.nr_ops, &run);
	else
		kmc_rig_run(rig, program.ops, program.nr_ops, &run);
	if (digested)
		*digested = run;
	return 0;
}
