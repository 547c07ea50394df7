/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The request sizes of recorded workloads, for churn. Included by the loops
 * and by the table of patterns.
 */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct bench_weight {
	uint16_t size_bytes;
	uint16_t weight; /* hundredths of a per cent */
};

struct bench_mix {
	const char *name;
	const struct bench_weight *weights;
	size_t nr;
};

extern const struct bench_mix bench_mix_proc; /* processes starting, compile jobs */
extern const struct bench_mix bench_mix_fs;   /* directory walks, archive reading */
extern const struct bench_mix bench_mix_msg;  /* messages on unix sockets */

/** bench_random() - Next of a fixed sequence (splitmix64): every run makes the same requests. */
uint64_t bench_random(uint64_t *state);

/**
 * bench_mix_size() - The request size at @draw, any number.
 * Return: a size of the mix, each as often as its weight says.
 */
size_t bench_mix_size(const struct bench_mix *mix, uint64_t draw);
