/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who owns a cpu, and how one cpu makes another give back what it caches.
 *
 * owner is 0, a token of the thread or coroutine that bound the cpu, or
 * a token with the lowest bit set while somebody serves an unbound cpu.
 * Everything that belongs to a cpu is written by its owner only; a compare
 * and exchange (acquire) takes it, a store (release) gives it up.
 *
 * A flush request sets bits in flush_wanted, draws a ticket and sets
 * ATTN_FLUSH, in this order. The server clears ATTN_FLUSH, reads the ticket,
 * takes the bits, flushes, and publishes the ticket: so whoever sees his own
 * ticket published knows that a flush of his bits began after he asked.
 */
#include <errno.h>
#include <sched.h>
#include "alloc/rcu.h"
#include "machine.h"
#include "memcg.h"
#include "coroutine.h"

__thread struct kmc_cpu *kmc_this_cpu __attribute__((tls_model("initial-exec")));

static __thread char thread_token __attribute__((aligned(2)));
static __thread struct kmc_sim *bound_all; /* the thread owns each cpu of this machine */

static uintptr_t own_token(void)
{
	uintptr_t token = kmc_co_token();

	return token ? token : (uintptr_t)&thread_token;
}

#define BEING_SERVED ((uintptr_t)1)

void kmc_wait_a_little(void)
{
	if (kmc_co_token())
		kmc_co_wait("cpu_wait");
	else
		sched_yield();
}

static bool own(struct kmc_cpu *cpu, uintptr_t token)
{
	uintptr_t nobody = 0;

	return atomic_compare_exchange_strong_explicit(&cpu->owner, &nobody, token,
						       memory_order_acquire,
						       memory_order_relaxed);
}

static void disown(struct kmc_cpu *cpu)
{
	atomic_store_explicit(&cpu->owner, 0, memory_order_release);
}

static bool owned_by_us(struct kmc_cpu *cpu)
{
	return atomic_load_explicit(&cpu->owner, memory_order_relaxed) == own_token();
}

/* @stuck: do these count too? */
static bool others_run(struct kmc_sim *sim, bool stuck)
{
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		struct kmc_cpu *cpu = &sim->cpus[i];
		uintptr_t owner = atomic_load_explicit(&cpu->owner, memory_order_relaxed);

		if (owner && owner != own_token() &&
		    (stuck || !atomic_load_explicit(&cpu->stuck, memory_order_relaxed)))
			return true;
	}
	return false;
}

bool kmc_let_others_run(struct kmc_cpu *cpu)
{
	if (!others_run(cpu->sim, true))
		return false;
	kmc_attention(cpu);
	kmc_wait_a_little();
	return true;
}

bool kmc_all_stuck(struct kmc_cpu *cpu)
{
	return !others_run(cpu->sim, false);
}

bool kmc_cpu_steal(struct kmc_cpu *cpu)
{
	if (atomic_load_explicit(&cpu->owner, memory_order_relaxed))
		return false;
	return own(cpu, own_token() | BEING_SERVED);
}

void kmc_cpu_release(struct kmc_cpu *cpu)
{
	disown(cpu);
}

static void flush(struct kmc_cpu *cpu, unsigned int what)
{
	if (what & FLUSH_SHEAVES)
		kmc_slab_flush_cpu(cpu->sim, cpu);
	if (what & FLUSH_PCP)
		kmc_page_flush_cpu(cpu->sim, cpu);
	if (what & FLUSH_PCP_TICK)
		kmc_page_tick_cpu(cpu->sim, cpu);
	if (what & (FLUSH_STOCKS | FLUSH_OBJECT_STOCKS))
		kmc_memcg_flush_cpu(cpu, what);
}

/* The calling thread owns the cpu, by binding or by stealing. */
static void serve(struct kmc_cpu *cpu)
{
	if (cpu->serving)
		return; /* the outer one looks again */
	cpu->serving = true;
	while (atomic_load_explicit(&cpu->attention, memory_order_relaxed) & ATTN_FLUSH) {
		unsigned int ticket, what;

		atomic_fetch_and_explicit(&cpu->attention, ~ATTN_FLUSH, memory_order_seq_cst);
		ticket = atomic_load_explicit(&cpu->flush_ticket, memory_order_seq_cst);
		what = atomic_exchange_explicit(&cpu->flush_wanted, 0, memory_order_seq_cst);
		flush(cpu, what);
		atomic_store_explicit(&cpu->flush_done, ticket, memory_order_release);
	}
	cpu->serving = false;
}

unsigned int kmc_attend(struct kmc_cpu *cpu)
{
	unsigned int bits = kmc_attention_bits(cpu);

	if (unlikely(bits & ATTN_FLUSH)) {
		serve(cpu);
		bits = kmc_attention_bits(cpu);
	}
	return bits & ~ATTN_FLUSH;
}

bool kmc_cpu_is_ours(struct kmc_cpu *cpu)
{
	return owned_by_us(cpu);
}

static unsigned int request_flush(struct kmc_cpu *cpu, unsigned int what)
{
	unsigned int ticket;

	atomic_fetch_or_explicit(&cpu->flush_wanted, what, memory_order_seq_cst);
	ticket = atomic_fetch_add_explicit(&cpu->flush_ticket, 1, memory_order_seq_cst) + 1;
	atomic_fetch_or_explicit(&cpu->attention, ATTN_FLUSH, memory_order_seq_cst);
	return ticket;
}

static bool flush_served(struct kmc_cpu *cpu, unsigned int ticket)
{
	unsigned int done = atomic_load_explicit(&cpu->flush_done, memory_order_acquire);

	return (int)(done - ticket) >= 0;
}

static void await_flush(struct kmc_cpu *cpu, unsigned int ticket)
{
	while (!flush_served(cpu, ticket)) {
		if (owned_by_us(cpu)) {
			serve(cpu);
		} else if (kmc_cpu_steal(cpu)) {
			serve(cpu);
			kmc_cpu_release(cpu);
		} else {
			if (kmc_this_cpu)
				kmc_attention(kmc_this_cpu);
			kmc_wait_a_little();
		}
	}
}

/* Of a thread that runs all cpus nobody needs to be asked. False: the cpu is another's, or busy. */
static bool flush_own(struct kmc_cpu *cpu, unsigned int what)
{
	if (!owned_by_us(cpu) || cpu->serving || kmc_attention_bits(cpu) & ATTN_FLUSH)
		return false;
	cpu->serving = true;
	flush(cpu, what);
	cpu->serving = false;
	return true;
}

void kmc_flush_some_cpus(struct kmc_sim *sim, const unsigned int *what)
{
	unsigned int tickets[KMC_SIM_MAX_CPUS];
	uint64_t asked = 0;

	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		if (!what[i] || &sim->cpus[i] == kmc_this_cpu || flush_own(&sim->cpus[i], what[i]))
			continue;
		tickets[i] = request_flush(&sim->cpus[i], what[i]);
		asked |= 1ull << i;
	}
	for (unsigned int i = 0; asked && i < sim->config.nr_cpus; i++)
		if (asked >> i & 1)
			await_flush(&sim->cpus[i], tickets[i]);
}

void kmc_flush_cpus(struct kmc_sim *sim, unsigned int what)
{
	unsigned int each[KMC_SIM_MAX_CPUS];

	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		each[i] = what;
	kmc_flush_some_cpus(sim, each);
}

void kmc_ask_cpus(struct kmc_sim *sim, unsigned int what)
{
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		struct kmc_cpu *cpu = &sim->cpus[i];

		request_flush(cpu, what);
		if (owned_by_us(cpu)) {
			serve(cpu);
		} else if (kmc_cpu_steal(cpu)) {
			serve(cpu);
			kmc_cpu_release(cpu);
		}
	}
}

/* A cpu that is being served is free in a moment: waiting is not -EBUSY. */
static int take(struct kmc_cpu *cpu)
{
	while (!own(cpu, own_token())) {
		uintptr_t owner = atomic_load_explicit(&cpu->owner, memory_order_relaxed);

		if (owner == own_token())
			return 0;
		if (owner && !(owner & BEING_SERVED))
			return -EBUSY;
		if (kmc_this_cpu)
			kmc_attention(kmc_this_cpu);
		kmc_wait_a_little();
	}
	return 0;
}

int kmc_sim_bind(struct kmc_sim *sim, unsigned int cpu)
{
	struct kmc_cpu *next;
	int err;

	if (cpu >= sim->config.nr_cpus)
		return -EINVAL;
	next = &sim->cpus[cpu];
	if (bound_all == sim) {
		kmc_this_cpu = next;
		return 0;
	}
	if (next == kmc_this_cpu)
		return 0;
	err = take(next);
	if (err)
		return err;
	kmc_sim_unbind();
	kmc_this_cpu = next;
	kmc_attention(next);
	return 0;
}

int kmc_sim_switch(struct kmc_sim *sim, unsigned int cpu)
{
	return kmc_sim_bind(sim, cpu);
}

int kmc_sim_bind_all(struct kmc_sim *sim)
{
	struct kmc_cpu *here = kmc_this_cpu && kmc_this_cpu->sim == sim ? kmc_this_cpu
									 : &sim->cpus[0];

	if (bound_all == sim)
		return 0;
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		if (!take(&sim->cpus[i]))
			continue;
		while (i--)
			if (&sim->cpus[i] != kmc_this_cpu)
				disown(&sim->cpus[i]);
		return -EBUSY;
	}
	if (kmc_this_cpu != here)
		kmc_sim_unbind();
	bound_all = sim;
	kmc_this_cpu = here;
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		kmc_attention(&sim->cpus[i]);
	return 0;
}

static void disown_all(struct kmc_sim *sim)
{
	bound_all = NULL;
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		disown(&sim->cpus[i]);
}

/* What was asked before the cpu is given up is served by the asker, who steals it. */
void kmc_sim_unbind(void)
{
	struct kmc_cpu *cpu = kmc_this_cpu;

	if (!cpu)
		return;
	kmc_this_cpu = NULL;
	if (bound_all)
		disown_all(bound_all);
	else
		disown(cpu);
}

void kmc_sim_poll(void)
{
	if (kmc_this_cpu)
		kmc_attention(kmc_this_cpu);
}

int kmc_sim_cpu_flush(struct kmc_sim *sim, unsigned int number)
{
	struct kmc_cpu *cpu;

	if (number >= sim->config.nr_cpus)
		return -EINVAL;
	cpu = &sim->cpus[number];
	if (!flush_own(cpu, FLUSH_SHEAVES | FLUSH_PCP))
		await_flush(cpu, request_flush(cpu, FLUSH_SHEAVES | FLUSH_PCP));
	return 0;
}

struct kmc_cpu *kmc_sim_cpu(struct kmc_sim *sim, unsigned int cpu)
{
	return cpu < sim->config.nr_cpus ? &sim->cpus[cpu] : NULL;
}
