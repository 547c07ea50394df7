/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does an input take the same edges each time? Engines believe so: AFL++ calls the share of
 * edges of which it holds its stability. This main stands where libFuzzer's would, keeps the
 * counters that the compiler put in, runs each file three times when it is new, and all
 * of them again in turn, and names the places where the counts fall in another class.
 *
 *   test_fuzz_stability [-n CHILDREN] FILE-OR-FOLDER...
 *
 * -n: so many mutations of each target's alphabet as well. Places are offsets for addr2line.
 *
 * Exit status: 0 all the same, 1 not.
 */
#include <dirent.h>
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "fuzz/body.h"
#include "mutate/mutate.h"

#if defined(__clang__)
#define BLIND __attribute__((no_sanitize("coverage")))
#else
#define BLIND
#endif

#define MAX_MODULES 8
#define MAX_BYTES   8192
#define CHAIN       60

/* Called by the compiler's constructors. */
void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop);
void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop);

struct input {
	const struct kmc_alphabet *target;
	uint8_t *bytes, *classes;
	size_t len;
	char name[96];
};

static uint8_t *counters;
static const uintptr_t *places; /* two words an edge: address, flags */
static size_t nr_counters;
static uint8_t *unstable;
static struct input *inputs;
static size_t nr_inputs, nr_unstable;

BLIND void __sanitizer_cov_8bit_counters_init(uint8_t *start, uint8_t *stop)
{
	counters = start;
	nr_counters = (size_t)(stop - start);
}

BLIND void __sanitizer_cov_pcs_init(const uintptr_t *start, const uintptr_t *stop)
{
	(void)stop;
	places = start;
}

/* As AFL++ and libFuzzer tell counts apart. */
BLIND static uint8_t class_of(uint8_t count)
{
	static const uint8_t least[] = { 1, 2, 3, 4, 8, 16, 32, 128 };
	uint8_t class = 0;

	while (class < sizeof(least) && count >= least[class])
		class++;
	return class;
}

BLIND static int base_of(struct dl_phdr_info *info, size_t size, void *base)
{
	(void)size;
	*(uintptr_t *)base = info->dlpi_addr;
	return 1; /* the program itself is the first */
}

BLIND static void complain(const struct input *input, size_t edge, uint8_t now)
{
	uintptr_t base = 0;

	if (unstable[edge]++)
		return;
	nr_unstable++;
	dl_iterate_phdr(base_of, &base);
	printf("0x%lx class %u, then %u: %s\n", (unsigned long)(places[2 * edge] - base),
	       input->classes[edge], now, input->name);
}

BLIND static void run_once(struct input *input)
{
	memset(counters, 0, nr_counters);
	kmc_fuzz_input(input->target, input->bytes, input->len);
	if (!input->classes) {
		input->classes = malloc(nr_counters);
		if (!input->classes)
			abort();
		for (size_t i = 0; i < nr_counters; i++)
			input->classes[i] = class_of(counters[i]);
		return;
	}
	for (size_t i = 0; i < nr_counters; i++)
		if (class_of(counters[i]) != input->classes[i])
			complain(input, i, class_of(counters[i]));
}

BLIND static struct input *add(const struct kmc_alphabet *target, const char *name,
			       const void *bytes, size_t len)
{
	struct input *list = realloc(inputs, (nr_inputs + 1) * sizeof(*list));
	struct input *input;

	if (!list)
		abort();
	inputs = list;
	input = &inputs[nr_inputs++];
	*input = (struct input){ .target = target, .bytes = malloc(len + 1), .len = len };
	if (!input->bytes)
		abort();
	memcpy(input->bytes, bytes, len);
	snprintf(input->name, sizeof(input->name), "%s", name);
	return input;
}

BLIND static void add_file(const char *path)
{
	static uint8_t bytes[1 << 20];
	FILE *in = fopen(path, "rb");

	if (!in) {
		perror(path);
		exit(2);
	}
	add(kmc_fuzz_target_find("machine"), path, bytes, fread(bytes, 1, sizeof(bytes), in));
	fclose(in);
}

BLIND static void add_path(const char *path)
{
	struct stat st;
	struct dirent **entries;
	char name[4096];
	int n;

	if (stat(path, &st) || !S_ISDIR(st.st_mode)) {
		add_file(path);
		return;
	}
	n = scandir(path, &entries, NULL, alphasort);
	for (int i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s/%s", path, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.')
			add_file(name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

BLIND static void add_children(const struct kmc_alphabet *target, size_t count)
{
	struct kmc_mutator *mutator = kmc_mutator_create(target);
	uint8_t bytes[MAX_BYTES];
	size_t len = 0;
	char name[96];

	if (!mutator)
		abort();
	for (size_t i = 0; i < count * CHAIN; i++) {
		if (i % CHAIN == 0)
			len = 0;
		len = kmc_mutate(mutator, bytes, len, sizeof(bytes), NULL, 0, i);
		snprintf(name, sizeof(name), "%s, child %zu", target->name, i / CHAIN);
		if (i % CHAIN == CHAIN - 1)
			add(target, name, bytes, len);
	}
	kmc_mutator_destroy(mutator);
}

BLIND int main(int argc, char **argv)
{
	size_t children = 0;
	int flag;

	while ((flag = getopt(argc, argv, "n:")) != -1) {
		if (flag != 'n')
			return 2;
		children = strtoul(optarg, NULL, 0);
	}
	unstable = calloc(1, nr_counters + 1);
	for (int i = optind; i < argc; i++)
		add_path(argv[i]);
	for (size_t t = 0; children && kmc_fuzz_target_at(t); t++)
		add_children(kmc_fuzz_target_at(t), children);
	for (size_t i = 0; i < nr_inputs; i++)
		for (int k = 0; k < 3; k++)
			run_once(&inputs[i]);
	for (size_t i = 0; i < nr_inputs; i++)
		run_once(&inputs[i]);
	printf("%zu inputs, %zu edges, %zu of them not the same each time\n", nr_inputs,
	       nr_counters, nr_unstable);
	return nr_unstable || !nr_counters;
}
