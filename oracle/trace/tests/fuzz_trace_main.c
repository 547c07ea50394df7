// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The fuzz target without an engine: runs the files named, or, with none,
 * corruptions of sample traces that follow from a seed (KMC_SEED);
 * KMC_TEST_RUNS of them. With --seeds DIR it writes the samples, as the first
 * corpus of an engine.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "trace_repair.h"
#include "trace_sample.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NR_SAMPLES   4u
#define DEFAULT_RUNS 6000u
#define MAX_GROWTH   64u

struct bytes {
	uint8_t *data;
	size_t size;
};

static void make_samples(struct bytes *samples)
{
	static const size_t block_records[NR_SAMPLES / 2] = { 20, 300 };

	for (unsigned int i = 0; i < NR_SAMPLES; i += 2) {
		struct kmc_sample s;

		kmc_sample_make(&s, i + 1, block_records[i / 2]);
		samples[i].data = kmc_unpack_frames(s.bytes, s.size, &samples[i].size);
		samples[i + 1].size = s.size;
		samples[i + 1].data = s.bytes;
		s.bytes = NULL;
		kmc_sample_free(&s);
	}
}

/* One change: a byte, a run of bytes, something taken out or put in. */
static size_t corrupt(uint64_t *seed, uint8_t *data, size_t size)
{
	size_t at = size ? kmc_sample_draw(seed) % size : 0;
	size_t n = 1 + kmc_sample_draw(seed) % 16;

	/* Cut to one byte, which was then taken out. */
	if (!size)
		return 0;
	if (n > size - at)
		n = size - at;
	switch (kmc_sample_draw(seed) % 8) {
	case 0: /* take out */
		memmove(data + at, data + at + n, size - at - n);
		return size - n;
	case 1: /* put in */
		memmove(data + at + n, data + at, size - at);
		return size + n;
	case 2: /* an extreme value */
		memset(data + at, kmc_sample_draw(seed) % 2 ? 0xff : 0x80, n);
		return size;
	case 3: /* cut */
		return kmc_sample_draw(seed) % 8 ? size : at + 1;
	case 4: /* small step */
		data[at] += (uint8_t)(kmc_sample_draw(seed) % 3 - 1);
		return size;
	default:
		data[at] = (uint8_t)kmc_sample_draw(seed);
		return size;
	}
}

static void run_corruptions(unsigned int runs)
{
	struct bytes samples[NR_SAMPLES];
	uint64_t seed = kmc_sample_seed();

	make_samples(samples);
	for (unsigned int run = 0; run < runs; run++) {
		const struct bytes *s = &samples[kmc_sample_draw(&seed) % NR_SAMPLES];
		uint8_t *data = malloc(s->size + MAX_GROWTH);
		size_t size = s->size;
		unsigned int changes = 1 + (unsigned int)(kmc_sample_draw(&seed) % 4);

		if (!data)
			abort();
		memcpy(data, s->data, size);
		memset(data + size, 0x41, MAX_GROWTH);
		for (unsigned int i = 0; i < changes; i++)
			size = corrupt(&seed, data, size);
		LLVMFuzzerTestOneInput(data, size);
		free(data);
	}
	for (unsigned int i = 0; i < NR_SAMPLES; i++)
		free(samples[i].data);
	printf("%u corrupted traces survived\n", runs);
}

static int run_file(const char *path)
{
	FILE *in = fopen(path, "rb");
	uint8_t *data = NULL;
	size_t size = 0, got = 1;

	if (!in) {
		perror(path);
		return 2;
	}
	while (got) {
		data = realloc(data, size + 65536);
		if (!data)
			abort();
		got = fread(data + size, 1, 65536, in);
		size += got;
	}
	fclose(in);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	return 0;
}

static int write_samples(const char *dir)
{
	struct bytes samples[NR_SAMPLES];

	make_samples(samples);
	for (unsigned int i = 0; i < NR_SAMPLES; i++) {
		char path[4096];
		FILE *out;

		snprintf(path, sizeof(path), "%s/sample-%u.kmt", dir, i);
		out = fopen(path, "wb");
		if (!out || fwrite(samples[i].data, 1, samples[i].size, out) != samples[i].size ||
		    fclose(out)) {
			perror(path);
			return 2;
		}
		free(samples[i].data);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *runs = getenv("KMC_TEST_RUNS");
	int ret = 0;

	if (argc == 3 && !strcmp(argv[1], "--seeds"))
		return write_samples(argv[2]);
	if (argc == 1)
		run_corruptions(runs ? (unsigned int)strtoul(runs, NULL, 0) : DEFAULT_RUNS);
	for (int i = 1; i < argc && !ret; i++)
		ret = run_file(argv[i]);
	return ret;
}
