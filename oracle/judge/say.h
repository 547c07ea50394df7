/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events and blocks in words. Included by judge/ only. */
#ifndef JUDGE_SAY_H
#define JUDGE_SAY_H
#include <stddef.h>
#include "oracle/judge.h"

/* Text that grows up to its buffer's end and no further. */
struct kmc_saying {
	char *buf;
	size_t size, len;
};

__attribute__((format(printf, 2, 3))) void kmc_say(struct kmc_saying *text, const char *format,
						   ...);
/** kmc_cache_name() - Of a cache that was announced; "a cache". */
const char *kmc_cache_name(const struct kmc_judge *judge, uint32_t id);
/** kmc_say_owner() - What an event names in its field of a cache: "cache-1, ", "pool 3, ". */
void kmc_say_owner(const struct kmc_judge *judge, struct kmc_saying *text,
		   const struct kmc_event *ev);
/** kmc_say_result() - " -> NULL". */
void kmc_say_result(struct kmc_saying *text, const struct kmc_event *ev);

#endif
