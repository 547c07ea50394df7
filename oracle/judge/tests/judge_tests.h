/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each cmocka file of the oracle begins with. */
#ifndef JUDGE_TESTS_H
#define JUDGE_TESTS_H
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "oracle/judge.h"
#include "vocab/op.h"

#define SHOWS_TRACE                                                                                \
	(KMC_SHOWS_ADDRESS | KMC_SHOWS_SIZE | KMC_SHOWS_GRANTED | KMC_SHOWS_CACHES |              \
	 KMC_SHOWS_PAGES | KMC_SHOWS_GFP)
#define SHOWS_CALLS                                                                                \
	(SHOWS_TRACE | KMC_SHOWS_CALLS | KMC_SHOWS_EVERY_FREE | KMC_SHOWS_CONTENT |                \
	 KMC_SHOWS_CONTEXT | KMC_SHOWS_EFFECTS | KMC_SHOWS_VALUES | KMC_SHOWS_NODE |             \
	 KMC_SHOWS_VMALLOC | KMC_SHOWS_RCU | KMC_SHOWS_CHARGES | KMC_SHOWS_STATE)

static inline void make_subject(struct kmc_subject *subject, bool bare)
{
	*subject = (struct kmc_subject){ .edition = KMC_RELEASE(6, 18, 0), .bare = bare,
					 .shows = bare ? SHOWS_TRACE : SHOWS_CALLS,
					 .name = "test" };
	kmc_machine_default(&subject->machine);
}

static inline struct kmc_judge *make_judge(bool bare)
{
	struct kmc_subject subject;
	struct kmc_judge *judge;

	make_subject(&subject, bare);
	assert_int_equal(kmc_judge_create(&subject, &judge), 0);
	return judge;
}

static inline struct kmc_rule_result result_of(const struct kmc_judge *judge, const char *id)
{
	struct kmc_rule_result result;

	assert_true(kmc_rule_find(id) >= 0);
	kmc_judge_result(judge, (size_t)kmc_rule_find(id), &result);
	return result;
}

/* Events to feed; each returns what the judge returned. */

static inline int feed_kmalloc(struct kmc_judge *judge, uint64_t addr, uint64_t size,
			       uint64_t granted)
{
	struct kmc_event ev;

	kmc_event_init(&ev);
	ev.kind = KMC_EV_TRACEPOINT;
	ev.what = KMC_TP_EV_KMALLOC;
	ev.outcome = addr ? KMC_OUT_VALUE : KMC_OUT_NULL;
	ev.addr = addr;
	ev.size = size;
	ev.granted = granted;
	return kmc_judge_event(judge, &ev);
}

static inline int feed_kfree(struct kmc_judge *judge, uint64_t addr)
{
	struct kmc_event ev;

	kmc_event_init(&ev);
	ev.kind = KMC_EV_TRACEPOINT;
	ev.what = KMC_TP_EV_KFREE;
	ev.addr = addr;
	return kmc_judge_event(judge, &ev);
}

static inline int feed_pages(struct kmc_judge *judge, uint64_t addr, unsigned int order,
			     bool alloc)
{
	struct kmc_event ev;

	kmc_event_init(&ev);
	ev.kind = KMC_EV_TRACEPOINT;
	ev.what = alloc ? KMC_TP_EV_MM_PAGE_ALLOC : KMC_TP_EV_MM_PAGE_FREE;
	ev.outcome = alloc ? KMC_OUT_VALUE : KMC_OUT_NONE;
	ev.addr = addr;
	ev.order = (uint8_t)order;
	ev.size = 4096ull << order;
	return kmc_judge_event(judge, &ev);
}

static inline int feed_call(struct kmc_judge *judge, unsigned int what, uint64_t addr,
			    uint64_t size)
{
	static uint32_t next_id;
	struct kmc_event ev;

	kmc_event_init(&ev);
	ev.kind = KMC_EV_CALL;
	ev.id = ++next_id;
	ev.what = (uint16_t)what;
	ev.outcome = kmc_op_is_free(what) ? KMC_OUT_NONE : KMC_OUT_VALUE;
	ev.addr = addr;
	ev.size = size;
	ev.gfp = KMC_GFP_DIRECT_RECLAIM | KMC_GFP_KSWAPD_RECLAIM | KMC_GFP_IO | KMC_GFP_FS;
	return kmc_judge_event(judge, &ev);
}

#define DIRECT_MAP 0xffff888000000000ull
#define PAGE(frame) (DIRECT_MAP + ((uint64_t)(frame) << 12))

#endif
