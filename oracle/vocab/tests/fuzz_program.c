/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: the two readers of programs. Any bytes decode, to a program
 * that both forms carry unchanged; any text parses or is refused with one
 * message. Linked with a fuzzing engine, or with the main below, which runs
 * files through it (or random bytes, where none are named).
 */
#include <stdlib.h>
#include <string.h>
#include "vocab_dice.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                          \
	do {                                                                     \
		if (!(condition)) {                                              \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                 \
		}                                                                \
	} while (0)

static bool same(const struct kmc_program *a, const struct kmc_program *b)
{
	size_t i;

	if (a->nr_ops != b->nr_ops || a->edition != b->edition ||
	    !kmc_machine_equal(&a->machine, &b->machine))
		return false;
	for (i = 0; i < a->nr_ops; i++)
		if (!kmc_op_equal(&a->ops[i], &b->ops[i]))
			return false;
	return true;
}

static void survives_records(const struct kmc_program *program, struct kmc_program *back)
{
	void *bytes;
	size_t len;

	MUST(!kmc_program_encode(program, &bytes, &len));
	MUST(!kmc_program_decode(back, bytes, len));
	MUST(same(program, back));
	free(bytes);
}

static void survives_text(const struct kmc_program *program, struct kmc_program *back)
{
	char *text = NULL, error[256];
	size_t len;
	FILE *out = open_memstream(&text, &len);

	MUST(out && !kmc_program_print(program, out) && !fclose(out));
	MUST(!kmc_program_parse(back, text, len, "printed", error, sizeof(error)));
	MUST(same(program, back));
	free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* kept from run to run, as the fuzzers keep theirs */
	static struct kmc_program program, back;
	static bool ready;
	char error[256] = "";

	if (!ready) {
		kmc_program_init(&program);
		kmc_program_init(&back);
		ready = true;
	}
	MUST(!kmc_program_decode(&program, data, size));
	survives_records(&program, &back);
	survives_text(&program, &back);
	if (kmc_program_parse(&program, (const char *)data, size, "input", error, sizeof(error))) {
		MUST(!memcmp(error, "input:", 6));
		return 0;
	}
	survives_records(&program, &back);
	survives_text(&program, &back);
	return 0;
}

#ifndef KMC_FUZZ_ENGINE
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

/* Records and text, whole and damaged, and plain noise. */
static void run_random(void)
{
	struct dice dice = dice_new("fuzz_program", 5000);
	struct kmc_program program;

	kmc_program_init(&program);
	while (dice.rounds--) {
		uint64_t form = dice_below(&dice, 3), changes = dice_below(&dice, 4);
		char *bytes = NULL;
		size_t len = 0;
		FILE *out;

		dice_program(&dice, &program, dice_below(&dice, 8));
		if (form == 0) {
			MUST(!kmc_program_encode(&program, (void **)&bytes, &len));
		} else {
			out = open_memstream(&bytes, &len);
			MUST(out && !kmc_program_print(&program, out) && !fclose(out));
		}
		if (form == 2)
			dice_bytes(&dice, (uint8_t *)bytes, len);
		while (changes-- && len)
			bytes[dice_below(&dice, len)] ^= (char)(1 << dice_below(&dice, 8));
		LLVMFuzzerTestOneInput((const uint8_t *)bytes, len);
		free(bytes);
	}
	kmc_program_free(&program);
}

int main(int argc, char **argv)
{
	int i, err = 0;

	for (i = 1; !err && i < argc; i++)
		err = run_file(argv[i]);
	if (argc < 2)
		run_random();
	return err;
}
#endif
