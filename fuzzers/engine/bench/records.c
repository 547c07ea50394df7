/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs as records, for bench/faults.sh: mutators of bytes are to start from what a byte can
 * change without spoiling the whole.
 *
 *   bench_fuzz_records PROGRAM OUT [PROGRAM OUT...]
 */
#include <stdio.h>
#include <stdlib.h>
#include "vocab/program.h"

static int convert(const char *from, const char *to)
{
	struct kmc_program program;
	char error[256] = "";
	void *bytes = NULL;
	size_t len = 0;
	FILE *out;
	int err;

	kmc_program_init(&program);
	err = kmc_program_read(&program, from, error, sizeof(error));
	if (!err)
		err = kmc_program_encode(&program, &bytes, &len);
	out = err ? NULL : fopen(to, "w");
	if (!out || fwrite(bytes, 1, len, out) != len)
		err = 1;
	if (out && fclose(out))
		err = 1;
	if (err)
		fprintf(stderr, "%s: %s\n", from, *error ? error : "cannot be converted");
	free(bytes);
	kmc_program_free(&program);
	return err;
}

int main(int argc, char **argv)
{
	for (int i = 1; i + 1 < argc; i += 2)
		if (convert(argv[i], argv[i + 1]))
			return 1;
	return argc < 3 || argc % 2 == 0 ? 2 : 0;
}
