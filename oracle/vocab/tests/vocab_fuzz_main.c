/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The main of a fuzz target without an engine: runs the files named, or valid
 * inputs with a few bits flipped, cut short, or overwritten with noise.
 */
#include "vocab_fuzz.h"

static int run_file(const char *path)
{
	static uint8_t bytes[1 << 20];
	FILE *in = fopen(path, "rb");
	size_t len;

	if (!in) {
		perror(path);
		return 2;
	}
	len = fread(bytes, 1, sizeof(bytes), in);
	fclose(in);
	return LLVMFuzzerTestOneInput(bytes, len);
}

static void run_random(const char *name)
{
	struct dice dice = dice_new(name, 5000);

	while (dice.rounds--) {
		uint64_t changes = dice_below(&dice, 4);
		char *bytes = NULL;
		size_t len = 0;

		kmc_fuzz_sample(&dice, &bytes, &len);
		if (!dice_below(&dice, 4))
			dice_bytes(&dice, (uint8_t *)bytes, len);
		while (changes-- && len)
			bytes[dice_below(&dice, len)] ^= (char)(1 << dice_below(&dice, 8));
		if (!dice_below(&dice, 4))
			len = dice_below(&dice, len + 1);
		LLVMFuzzerTestOneInput((const uint8_t *)bytes, len);
		free(bytes);
	}
}

int main(int argc, char **argv)
{
	int i, err = 0;

	for (i = 1; !err && i < argc; i++)
		err = run_file(argv[i]);
	if (argc < 2)
		run_random(argv[0]);
	return err;
}
