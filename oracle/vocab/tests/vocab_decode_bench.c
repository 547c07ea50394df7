/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How long kmc_op_decode() takes, on the fuzzers' hot path: at most 20 ns. */
#include "vocab_dice.h"

#define NR_RECORDS 4096

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

int main(void)
{
	static uint8_t records[NR_RECORDS * KMC_RECORD_BYTES];
	struct dice dice = dice_new("vocab_decode_bench", 5000);
	uint64_t sum = 0;
	struct kmc_op op;
	unsigned long round;
	double start, time;
	size_t i;

	dice_bytes(&dice, records, sizeof(records));
	start = seconds();
	for (round = 0; round < dice.rounds; round++) {
		for (i = 0; i + 1 < NR_RECORDS; i++) {
			const uint8_t *record = records + i * KMC_RECORD_BYTES;

			kmc_op_decode(&op, record, i & 3 ? NULL : record + KMC_RECORD_BYTES);
			sum += op.code + op.a;
		}
	}
	time = seconds() - start;
	printf("kmc_op_decode: %.1f ns a record (%llu)\n",
	       time / (double)dice.rounds / (NR_RECORDS - 1) * 1e9, (unsigned long long)sum);
	return 0;
}
