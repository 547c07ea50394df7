/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Fuzz target: the reader of event files. Any bytes are read or refused with
 * one message; what was read is written and read again unchanged.
 */
#include <string.h>
#include "vocab_fuzz.h"
#include "vocab/machine.h"

static void write_all(const struct kmc_event_file *file, char **text, size_t *len)
{
	FILE *out = open_memstream(text, len);
	size_t i;

	MUST(out);
	MUST(!kmc_event_file_write_head(out, file->machine, file->edition, file->caches,
					file->nr_caches));
	for (i = 0; i < file->nr_events; i++)
		MUST(!kmc_event_print(out, &file->events[i]));
	MUST(!fclose(out));
}

static int read_all(const void *bytes, size_t len, struct kmc_event_file *file, char *error)
{
	FILE *in = fmemopen((void *)(uintptr_t)bytes, len, "r");
	int err;

	MUST(in);
	err = kmc_event_file_read(in, "input", file, error, 256);
	fclose(in);
	return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct kmc_event_file file, again;
	char error[256] = "", *once = NULL, *twice = NULL;
	size_t once_len, twice_len;

	if (!size) /* fmemopen() takes no empty buffer */
		return 0;
	if (read_all(data, size, &file, error)) {
		MUST(!memcmp(error, "input: line ", 12));
		return 0;
	}
	write_all(&file, &once, &once_len);
	MUST(!read_all(once, once_len, &again, error));
	write_all(&again, &twice, &twice_len);
	MUST(once_len == twice_len && !memcmp(once, twice, once_len));
	free(once);
	free(twice);
	kmc_event_file_free(&file);
	kmc_event_file_free(&again);
	return 0;
}

void kmc_fuzz_sample(struct dice *dice, char **bytes, size_t *len)
{
	struct kmc_cache_desc cache = { .id = 7, .name = "odd #\x01", .size = 96, .flags = 5 };
	struct kmc_machine machine = dice_machine(dice);
	struct kmc_event events[4];
	struct kmc_event_file file = {
		.machine = &machine, .edition = KMC_RELEASE(6, 18, 0), .caches = &cache,
		.nr_caches = dice_below(dice, 2), .events = events,
		.nr_events = dice_below(dice, 5),
	};
	size_t i;

	for (i = 0; i < file.nr_events; i++)
		events[i] = dice_event(dice);
	write_all(&file, bytes, len);
}
