/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * How often each tracepoint was passed since listen(), and in which order they were
 * passed last. Included after the fixture that has the machine.
 */
#pragma once

static unsigned int seen[KMC_NR_TPS], order_of_events;
static unsigned int place[KMC_NR_TPS]; /* when it was seen last; 0 never */
static uint64_t last_victim;           /* task that a killer marked */
static struct kmc_tp last_tp[KMC_NR_TPS];

static inline void count_tp(void *arg, const struct kmc_tp *tp)
{
	(void)arg;
	seen[tp->id]++;
	last_tp[tp->id] = *tp;
	place[tp->id] = ++order_of_events;
	if (tp->id == KMC_TP_MARK_VICTIM)
		last_victim = tp->bytes_req;
}

static inline void listen(void)
{
	memset(seen, 0, sizeof(seen));
	memset(place, 0, sizeof(place));
	order_of_events = 0;
	kmc_sim_trace(sim, KMC_ALL_TPS, count_tp, NULL);
}
