// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Watches the recorder's own process for a moment before recording: which
 * struct page a page it touched got, and which page lies under a large kmalloc.
 * calibrate.c derives from it where the page structs and the direct map begin,
 * which no symbol tells.
 */
#include "kernel_types.bpf.h"
#include <bpf/bpf_core_read.h>
#include "record_slot.h"

char LICENSE[] SEC("license") = "GPL";

const volatile int watched_tgid = 0;

/* One task is watched, and it waits for each answer: no locking. */
struct kmc_calibrate_sample sample;

static __always_inline bool watched(void)
{
	return bpf_get_current_pid_tgid() >> 32 == (__u64)watched_tgid;
}

SEC("raw_tp/mm_page_alloc")
int see_page(struct bpf_raw_tracepoint_args *ctx)
{
	if (!watched() || !ctx->args[0])
		return 0;
	sample.page = ctx->args[0];
	sample.order = ctx->args[1] & 0xff;
	sample.pages++;
	return 0;
}

SEC("raw_tp/kmalloc")
int see_kmalloc(struct bpf_raw_tracepoint_args *ctx)
{
	if (!watched() || ctx->args[3] != 4096ull << sample.order || !sample.order)
		return 0;
	sample.large_addr = ctx->args[1];
	sample.large_page = sample.page;
	sample.larges++;
	return 0;
}

SEC("raw_tp/alloc_vmap_area")
int see_vmap(struct bpf_raw_tracepoint_args *ctx)
{
	if (ctx->args[4] - ctx->args[3] > sample.vmap_end - sample.vmap_start) {
		sample.vmap_start = ctx->args[3];
		sample.vmap_end = ctx->args[4];
	}
	return 0;
}
