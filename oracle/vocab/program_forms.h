/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the two forms of a program share. Private to program*.c.
 */
#ifndef PROGRAM_FORMS_H
#define PROGRAM_FORMS_H
#include <stddef.h>
#include "vocab/program.h"

/* First line of the text form; first bytes of the records. */
#define KMC_TEXT_MAGIC "# kmconform"
#define KMC_TEXT_HEAD  "# kmconform program 1"
#define KMC_WIRE_MAGIC "KMCOP"
#define KMC_WIRE_MAGIC_LEN 5

#define KMC_DEFAULT_EDITION KMC_RELEASE(6, 18, 0)

/** kmc_program_check_machine() - As kmc_machine_check(), and can ops name its cpus and nodes? */
const char *kmc_program_check_machine(const struct kmc_machine *machine);

/** kmc_program_reset() - Empty, with the default head; room for ops is kept. */
void kmc_program_reset(struct kmc_program *program);

/** kmc_program_room() - Room for @more ops behind those that there are. Return: 0, -ENOMEM. */
int kmc_program_room(struct kmc_program *program, size_t more);

/**
 * kmc_wire_check() - Is this a file of records as kmc_program_encode() writes it?
 * Return: NULL, or what is wrong (static) with *@record where.
 */
const char *kmc_wire_check(const uint8_t *bytes, size_t len, size_t *record);

#endif
