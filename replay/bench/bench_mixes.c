/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The request sizes of recorded workloads: what kmalloc was asked for while
 * this kernel ran compile jobs, walked directories and passed messages. Sizes
 * below one entry's weight are left out, so weights sum to less than 10000.
 */
#include "bench_mixes.h"

static const struct bench_weight weights_proc[] = {
	{ 96, 2142 }, { 11, 1391 }, { 64, 648 },  { 72, 539 },	{ 4096, 455 }, { 56, 439 },
	{ 2048, 416 }, { 28, 400 }, { 408, 400 }, { 504, 400 }, { 144, 339 },  { 728, 331 },
	{ 312, 302 }, { 32, 209 },  { 112, 198 }, { 288, 178 }, { 176, 133 },  { 640, 133 },
	{ 168, 88 },  { 152, 80 },  { 784, 52 },  { 48, 47 },	{ 128, 46 },   { 51, 45 },
	{ 58, 43 },   { 50, 42 },   { 57, 35 },	  { 59, 30 },	{ 16, 27 },    { 256, 25 },
	{ 55, 27 },   { 61, 27 },   { 60, 25 },	  { 63, 24 },
};

static const struct bench_weight weights_fs[] = {
	{ 64, 892 }, { 57, 827 }, { 58, 629 }, { 59, 622 }, { 56, 599 }, { 61, 543 }, { 60, 532 },
	{ 51, 507 }, { 62, 503 }, { 50, 490 }, { 55, 444 }, { 63, 427 }, { 54, 402 }, { 65, 357 },
	{ 66, 289 }, { 67, 228 }, { 68, 223 }, { 69, 167 }, { 53, 149 }, { 70, 130 }, { 72, 112 },
	{ 96, 112 }, { 71, 107 }, { 52, 96 },  { 73, 86 },  { 74, 58 },	 { 11, 40 },  { 312, 21 },
};

static const struct bench_weight weights_msg[] = {
	{ 512, 9777 }, { 128, 103 }, { 168, 26 }, { 11, 14 }, { 312, 11 }, { 72, 11 },
};

#define MIX(m) { #m, weights_##m, sizeof(weights_##m) / sizeof(weights_##m[0]) }
const struct bench_mix bench_mix_proc = MIX(proc);
const struct bench_mix bench_mix_fs = MIX(fs);
const struct bench_mix bench_mix_msg = MIX(msg);

uint64_t bench_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static unsigned int mix_total(const struct bench_mix *mix)
{
	unsigned int total = 0;

	for (size_t i = 0; i < mix->nr; i++)
		total += mix->weights[i].weight;
	return total;
}

size_t bench_mix_size(const struct bench_mix *mix, uint64_t draw)
{
	unsigned int left = (unsigned int)(draw % mix_total(mix));
	size_t i = 0;

	while (left >= mix->weights[i].weight)
		left -= mix->weights[i++].weight;
	return mix->weights[i].size_bytes;
}
