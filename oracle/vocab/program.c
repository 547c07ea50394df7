/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs as a container, and the reading of program files in either form.
 * Used by everything that runs, checks, reduces or converts programs.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "program_forms.h"

/* A program file above this size is refused; it would be 8 million ops. */
#define MAX_FILE_BYTES (256u << 20)

void kmc_program_init(struct kmc_program *program)
{
	*program = (struct kmc_program){ .edition = KMC_DEFAULT_EDITION };
	kmc_machine_default(&program->machine);
}

void kmc_program_free(struct kmc_program *program)
{
	free(program->ops);
	kmc_program_init(program);
}

void kmc_program_reset(struct kmc_program *program)
{
	program->nr_ops = 0;
	program->edition = KMC_DEFAULT_EDITION;
	kmc_machine_default(&program->machine);
}

int kmc_program_room(struct kmc_program *program, size_t more)
{
	size_t max = program->max_ops ? program->max_ops : 64;
	struct kmc_op *ops;

	if (program->max_ops - program->nr_ops >= more)
		return 0;
	while (max - program->nr_ops < more)
		max *= 2;
	ops = reallocarray(program->ops, max, sizeof(*ops));
	if (!ops)
		return -ENOMEM;
	program->ops = ops;
	program->max_ops = max;
	return 0;
}

int kmc_program_add(struct kmc_program *program, const struct kmc_op *op)
{
	if (kmc_program_room(program, 1))
		return -ENOMEM;
	program->ops[program->nr_ops++] = *op;
	return 0;
}

int kmc_program_copy(struct kmc_program *to, const struct kmc_program *from)
{
	to->nr_ops = 0;
	if (kmc_program_room(to, from->nr_ops))
		return -ENOMEM;
	to->machine = from->machine;
	to->edition = from->edition;
	if (from->nr_ops)
		memcpy(to->ops, from->ops, from->nr_ops * sizeof(*from->ops));
	to->nr_ops = from->nr_ops;
	return 0;
}

const char *kmc_program_check_machine(const struct kmc_machine *machine)
{
	if (machine->nr_cpus > KMC_MAX_CPUS)
		return "more than 64 cpus";
	return kmc_machine_check(machine);
}

static int read_all(FILE *in, char **bytes, size_t *len)
{
	size_t room = 1 << 16, used = 0, got = 1;
	char *buf = malloc(room);
	int err = buf ? 0 : -ENOMEM;

	while (!err && got) {
		got = fread(buf + used, 1, room - used, in);
		used += got;
		if (ferror(in))
			err = errno ? -errno : -EIO;
		else if (used > MAX_FILE_BYTES)
			err = -EFBIG;
		if (!err && used == room) {
			char *larger = realloc(buf, room *= 2);

			err = larger ? 0 : -ENOMEM;
			buf = larger ? larger : buf;
		}
	}
	if (err)
		free(buf);
	*bytes = err ? NULL : buf;
	*len = used;
	return err;
}

static int read_file(const char *path, char **bytes, size_t *len)
{
	FILE *in = fopen(path, "rb");
	int err;

	if (!in)
		return -errno;
	err = read_all(in, bytes, len);
	fclose(in);
	return err;
}

static bool begins(const char *bytes, size_t len, const char *magic)
{
	return len >= strlen(magic) && !memcmp(bytes, magic, strlen(magic));
}

static int read_records(struct kmc_program *program, const char *bytes, size_t len,
			const char *path, char *error, size_t size)
{
	size_t record;
	const char *why = kmc_wire_check((const uint8_t *)bytes, len, &record);
	int err;

	if (why) {
		snprintf(error, size, "%s: record %zu: %s", path, record, why);
		return -EINVAL;
	}
	err = kmc_program_decode(program, bytes, len);
	if (err)
		snprintf(error, size, "%s: %s", path, strerror(-err));
	return err;
}

static int read_bytes(struct kmc_program *program, const char *bytes, size_t len, const char *path,
		      char *error, size_t size)
{
	static const char no_program[] =
		"no program: begins neither with '" KMC_TEXT_HEAD "' nor with " KMC_WIRE_MAGIC;

	if (begins(bytes, len, KMC_TEXT_MAGIC))
		return kmc_program_parse(program, bytes, len, path, error, size);
	if (begins(bytes, len, KMC_WIRE_MAGIC))
		return read_records(program, bytes, len, path, error, size);
	snprintf(error, size, "%s: %s", path, len ? no_program : "empty file");
	return -EINVAL;
}

int kmc_program_read(struct kmc_program *program, const char *path, char *error, size_t size)
{
	char *bytes = NULL;
	size_t len = 0;
	int err = read_file(path, &bytes, &len);

	if (err) {
		snprintf(error, size, "%s: %s", path, strerror(-err));
		return err;
	}
	err = read_bytes(program, bytes, len, path, error, size);
	free(bytes);
	return err;
}
