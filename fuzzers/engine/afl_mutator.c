/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The mutator as AFL++ 4.04c loads it (AFL_CUSTOM_MUTATOR_LIBRARY). The package
 * ships no header: the hooks are declared here as its documents name them.
 * KMC_FUZZ_ALPHABET names the target whose alphabet is meant (machine).
 *
 * With AFL_CUSTOM_MUTATOR_ONLY=1 nothing but this mutates; without it AFL++'s
 * own stages come first and havoc calls us now and then.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz/body.h"
#include "mutate/mutate.h"

/* Hooks. */
void *afl_custom_init(void *afl, unsigned int seed);
unsigned int afl_custom_fuzz_count(void *data, const unsigned char *buf, size_t buf_size);
size_t afl_custom_fuzz(void *data, unsigned char *buf, size_t buf_size, unsigned char **out_buf,
		       unsigned char *add_buf, size_t add_buf_size, size_t max_size);
const char *afl_custom_describe(void *data, size_t max_description_len);
int32_t afl_custom_init_trim(void *data, unsigned char *buf, size_t buf_size);
size_t afl_custom_trim(void *data, unsigned char **out_buf);
int32_t afl_custom_post_trim(void *data, unsigned char success);
size_t afl_custom_havoc_mutation(void *data, unsigned char *buf, size_t buf_size,
				 unsigned char **out_buf, size_t max_size);
unsigned char afl_custom_havoc_mutation_probability(void *data);
unsigned char afl_custom_queue_get(void *data, const unsigned char *filename);
void afl_custom_deinit(void *data);

#define CHILDREN_LEAST 32u  /* of a queue entry; AFL++ takes this for its energy */
#define CHILDREN_MOST  512u
#define HAVOC_PERCENT  30

struct glue {
	struct kmc_mutator *mutator;
	uint64_t state; /* seeds of the children */
	uint8_t *out;
	size_t room;
	char description[64];
	struct kmc_trim trim;
	bool trimming;
	size_t trim_len; /* what a candidate must not exceed */
	int32_t step, steps;
};

static uint64_t next_seed(struct glue *glue)
{
	uint64_t x = glue->state += 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 31) * 0x7fb5d329728ea185ull;
	return x ^ x >> 27;
}

void *afl_custom_init(void *afl, unsigned int seed)
{
	const char *name = getenv("KMC_FUZZ_ALPHABET");
	const struct kmc_alphabet *alphabet = kmc_fuzz_target_find(name && *name ? name :
									  "machine");
	struct glue *glue = calloc(1, sizeof(*glue));

	(void)afl;
	if (!alphabet)
		fprintf(stderr, "KMC_FUZZ_ALPHABET: no target %s\n", name);
	if (!glue || !alphabet)
		exit(2);
	glue->mutator = kmc_mutator_create(alphabet);
	if (!glue->mutator)
		exit(2);
	glue->state = seed;
	return glue;
}

void afl_custom_deinit(void *data)
{
	struct glue *glue = data;

	if (glue->trimming)
		kmc_trim_end(&glue->trim);
	kmc_mutator_destroy(glue->mutator);
	free(glue->out);
	free(glue);
}

/* Longer programs have more places to change. */
unsigned int afl_custom_fuzz_count(void *data, const unsigned char *buf, size_t buf_size)
{
	size_t children = buf_size / KMC_RECORD_BYTES * 4;

	(void)data, (void)buf;
	if (children < CHILDREN_LEAST)
		return CHILDREN_LEAST;
	return children > CHILDREN_MOST ? CHILDREN_MOST : (unsigned int)children;
}

static bool make_room(struct glue *glue, size_t bytes)
{
	uint8_t *larger;

	if (bytes <= glue->room)
		return true;
	larger = realloc(glue->out, bytes);
	if (!larger)
		return false;
	glue->out = larger;
	glue->room = bytes;
	return true;
}

size_t afl_custom_fuzz(void *data, unsigned char *buf, size_t buf_size, unsigned char **out_buf,
		       unsigned char *add_buf, size_t add_buf_size, size_t max_size)
{
	struct glue *glue = data;

	*out_buf = buf;
	if (!make_room(glue, max_size > buf_size ? max_size : buf_size))
		return buf_size;
	memcpy(glue->out, buf, buf_size);
	*out_buf = glue->out;
	return kmc_mutate(glue->mutator, glue->out, buf_size, max_size, add_buf, add_buf_size,
			  next_seed(glue));
}

size_t afl_custom_havoc_mutation(void *data, unsigned char *buf, size_t buf_size,
				 unsigned char **out_buf, size_t max_size)
{
	return afl_custom_fuzz(data, buf, buf_size, out_buf, NULL, 0, max_size);
}

unsigned char afl_custom_havoc_mutation_probability(void *data)
{
	(void)data;
	return HAVOC_PERCENT;
}

/* Becomes part of a file's name. */
const char *afl_custom_describe(void *data, size_t max_description_len)
{
	struct glue *glue = data;
	size_t room = sizeof(glue->description);

	kmc_mutator_last(glue->mutator, glue->description,
			 max_description_len < room ? max_description_len : room);
	return glue->description;
}

/* A program without a head would grow one. */
int32_t afl_custom_init_trim(void *data, unsigned char *buf, size_t buf_size)
{
	struct glue *glue = data;

	if (glue->trimming)
		kmc_trim_end(&glue->trim);
	glue->trimming = false;
	glue->step = glue->steps = 0;
	if (buf_size < 5 || memcmp(buf, "KMCOP", 5))
		return 0;
	glue->steps = kmc_trim_begin(&glue->trim, buf, buf_size);
	glue->trimming = true;
	glue->trim_len = buf_size;
	if (glue->steps <= 0 || !kmc_trim_next(&glue->trim) || glue->trim.len > buf_size)
		glue->steps = 0;
	return glue->steps;
}

size_t afl_custom_trim(void *data, unsigned char **out_buf)
{
	struct glue *glue = data;

	*out_buf = glue->trim.bytes;
	return glue->trim.len;
}

int32_t afl_custom_post_trim(void *data, unsigned char success)
{
	struct glue *glue = data;

	if (success)
		glue->trim_len = glue->trim.len;
	kmc_trim_tell(&glue->trim, success);
	if (!kmc_trim_next(&glue->trim) || glue->trim.len > glue->trim_len)
		glue->step = glue->steps;
	else
		glue->step++;
	return glue->step;
}

unsigned char afl_custom_queue_get(void *data, const unsigned char *filename)
{
	(void)data, (void)filename;
	return 1;
}
