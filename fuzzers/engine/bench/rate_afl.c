/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The same inputs for AFL++ 4.04c, as a custom mutator: its hooks as its documents name them. */
#include <stdint.h>
#include <stdlib.h>
#include "rate_input.h"

#define MAX_BYTES 8192

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned int seed);
void *afl_custom_init(void *afl, unsigned int seed);
size_t afl_custom_fuzz(void *data, unsigned char *buf, size_t buf_size, unsigned char **out_buf,
		       unsigned char *add_buf, size_t add_buf_size, size_t max_size);
void afl_custom_deinit(void *data);

void *afl_custom_init(void *afl, unsigned int seed)
{
	(void)afl, (void)seed;
	return malloc(MAX_BYTES);
}

size_t afl_custom_fuzz(void *data, unsigned char *buf, size_t buf_size, unsigned char **out_buf,
		       unsigned char *add_buf, size_t add_buf_size, size_t max_size)
{
	(void)buf, (void)buf_size, (void)add_buf, (void)add_buf_size;
	*out_buf = data;
	return LLVMFuzzerCustomMutator(data, 0, max_size < MAX_BYTES ? max_size : MAX_BYTES, 0);
}

void afl_custom_deinit(void *data)
{
	free(data);
}
