/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Read-copy-update under the kernel's names, over the simulated grace periods
 * of alloc/rcu.h: readers, callbacks, frees that wait for a grace period.
 * Included by kernel-style code; the thread has bound a cpu (alloc/sim.h).
 *
 * One header serves all profiles: the one-argument kfree_rcu() and
 * kvfree_rcu(), gone from 6.5 on, are here beside the names that replaced
 * them.
 */
#pragma once
#include <stddef.h>
#include <linux/slab.h>

/*
 * Lies in what is to be freed. Until then it belongs to RCU: the rest of the
 * block stays as it is (RCU-2).
 */
struct rcu_head {
	struct rcu_head *next;
	void (*func)(struct rcu_head *head);
};
#define callback_head rcu_head
typedef void (*rcu_callback_t)(struct rcu_head *head);

/** rcu_read_lock() - The running task is a reader until the matching unlock; nests. */
void rcu_read_lock(void);
void rcu_read_unlock(void);
/** rcu_read_lock_held() - Is the running task inside a reader? */
int rcu_read_lock_held(void);

#define rcu_assign_pointer(p, v) __atomic_store_n(&(p), (v), __ATOMIC_RELEASE)
#define rcu_dereference(p)       __atomic_load_n(&(p), __ATOMIC_ACQUIRE)
#define rcu_access_pointer(p)    __atomic_load_n(&(p), __ATOMIC_RELAXED)
#define RCU_INIT_POINTER(p, v)   __atomic_store_n(&(p), (v), __ATOMIC_RELAXED)

/**
 * call_rcu() - Call @func(@head) after a grace period.
 * Context: any but NMI; never sleeps.
 */
void call_rcu(struct rcu_head *head, rcu_callback_t func);

/**
 * synchronize_rcu() - Wait for a grace period.
 *
 * Where that would wait for ever (the running task is itself a reader, or nobody
 * else runs who could end the one in the way) it returns at once and has said so
 * (KMC_TP_HUNG).
 * Context: task, may sleep.
 */
void synchronize_rcu(void);

/** rcu_barrier() - Wait until all callbacks of earlier call_rcu() have run. Rule: RCU-10. */
void rcu_barrier(void);

/**
 * kvfree_rcu_barrier() - Wait until everything given to kvfree_rcu() before is free.
 * Rule: RCU-9. From 6.12 on; in older profiles it does the same.
 */
void kvfree_rcu_barrier(void);

/**
 * kvfree_call_rcu() - Free @ptr by kvfree() after a grace period.
 * @head: inside the first page of the block; NULL: the call may sleep instead.
 *
 * Context: with @head any but NMI, never sleeps, never fails (RCU-6); without it
 * task context (RCU-4), and the block may be free on return (RCU-5).
 */
void kvfree_call_rcu(struct rcu_head *head, void *ptr);

/**
 * kvfree_rcu() - (ptr, field): the struct rcu_head is that field, below byte 4096.
 * (ptr) alone: kvfree_rcu_mightsleep(), as up to 6.4. NULL does nothing.
 * Rule: RCU-1 .. RCU-4, RCU-7, FR-7.
 */
#define kvfree_rcu(...) KMC_RCU_FORM(__VA_ARGS__, KMC_RCU_HEADED, KMC_RCU_HEADLESS)(__VA_ARGS__)
#define kfree_rcu(...)  kvfree_rcu(__VA_ARGS__)
/** kvfree_rcu_mightsleep() - Without a head in the block. Rule: RCU-4, RCU-5. */
#define kvfree_rcu_mightsleep(ptr) KMC_RCU_HEADLESS(ptr)
#define kfree_rcu_mightsleep(ptr)  KMC_RCU_HEADLESS(ptr)

#define KMC_RCU_FORM(one, two, form, ...) form
#define KMC_RCU_HEADED(ptr, field)                                                            \
	do {                                                                                  \
		__typeof__(ptr) kmc_freed = (ptr);                                            \
		_Static_assert(offsetof(__typeof__(*kmc_freed), field) < 4096,                \
			       "a struct rcu_head lies in the first page of its block");      \
		if (kmc_freed || KMC_PLANTED(rcu_null_warns))                                 \
			kvfree_call_rcu(&kmc_freed->field, (void *)kmc_freed);                \
	} while (0)
#define KMC_RCU_HEADLESS(ptr)                                   \
	do {                                                    \
		void *kmc_freed = (void *)(ptr);                \
		if (kmc_freed || KMC_PLANTED(rcu_null_warns))   \
			kvfree_call_rcu(NULL, kmc_freed);       \
	} while (0)
