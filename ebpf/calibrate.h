/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where this kernel's page structs, direct map and vmalloc area begin: no
 * symbol tells, so the recorder allocates a little and looks where it lands.
 * Used by recorder.c.
 */
#ifndef EBPF_CALIBRATE_H
#define EBPF_CALIBRATE_H
#include <stddef.h>
#include <stdint.h>

struct btf;

struct kmc_layout {
	uint64_t page_structs;     /* address of the page struct of frame 0; 0 unknown */
	uint32_t page_struct_size; /* bytes */
	uint32_t page_votes, page_against;
	uint64_t direct_map;       /* address of frame 0; 0 unknown */
	uint32_t map_votes, map_against;
	uint64_t vmalloc_start, vmalloc_end; /* 0 unknown */
};

/**
 * kmc_calibrate() - Measure the layout, in some milliseconds.
 * @max_frames: frames of memory, to tell the page structs where frame numbers cannot be read.
 * What cannot be found stays 0.
 * Return: 0, -errno when the programs could not be loaded.
 */
int kmc_calibrate(const struct btf *btf, uint64_t max_frames, struct kmc_layout *layout);

/* One value, many votes: the majority and how many disagreed. */
struct kmc_vote {
	uint64_t value[16];
	uint32_t count[16];
	uint32_t total;
};
void kmc_vote_add(struct kmc_vote *vote, uint64_t value);
/** kmc_vote_result() - The value of more than two thirds of the votes, 0 none. */
uint64_t kmc_vote_result(const struct kmc_vote *vote, uint32_t *votes, uint32_t *against);

#endif
