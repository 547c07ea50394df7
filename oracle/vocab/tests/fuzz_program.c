/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: the two readers of programs. Any bytes decode, to a program
 * that both forms carry unchanged; any text parses or is refused with one
 * message.
 */
#include <string.h>
#include "vocab_fuzz.h"

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

/* Records, or text. */
void kmc_fuzz_sample(struct dice *dice, char **bytes, size_t *len)
{
	struct kmc_program program;
	FILE *out;

	kmc_program_init(&program);
	dice_program(dice, &program, dice_below(dice, 8));
	if (dice_below(dice, 2)) {
		MUST(!kmc_program_encode(&program, (void **)bytes, len));
	} else {
		out = open_memstream(bytes, len);
		MUST(out && !kmc_program_print(&program, out) && !fclose(out));
	}
	kmc_program_free(&program);
}
