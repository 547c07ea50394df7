/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What every layer needs when things are bad or busy: the end of a run in
 * which an invariant of ours broke, and waiting for a lock.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include "core.h"

_Noreturn void kmc_bug(const char *file, int line, const char *what)
{
	fprintf(stderr, "kmconform: bug: %s:%d: %s\n", file, line, what);
	abort();
}

/* With more threads than processors the holder may be off its processor, so spin briefly. */
void kmc_lock_slow(struct kmc_lock *lock)
{
	for (unsigned int spins = 0;; spins++) {
		unsigned int free = 0;

		if (atomic_load_explicit(&lock->word, memory_order_relaxed) == 0 &&
		    atomic_compare_exchange_weak_explicit(&lock->word, &free, 1,
							  memory_order_acquire,
							  memory_order_relaxed))
			return;
		if (spins > 100)
			sched_yield();
	}
}
