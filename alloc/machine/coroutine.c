/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Several cpus on one thread, interleaved as the caller's callback decides:
 * the same decisions give the same run. Each coroutine owns its cpu under
 * a token of its own, so that the flush protocol treats it as a thread. A
 * coroutine that waits for another cpu is not asked again before some other
 * one has run.
 *
 * Sanitizers are told of each change of stack.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <ucontext.h>
#include "machine.h"
#include "coroutine.h"

#define STACK_BYTES (256u << 10)

#if defined(__SANITIZE_THREAD__)
#define KMC_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define KMC_TSAN 1
#endif
#endif
#ifdef KMC_TSAN
void *__tsan_get_current_fiber(void);
void *__tsan_create_fiber(unsigned int flags);
void __tsan_destroy_fiber(void *fiber);
void __tsan_switch_to_fiber(void *fiber, unsigned int flags);
#endif
#ifdef KMC_ASAN
void __sanitizer_start_switch_fiber(void **fake_stack, const void *bottom, size_t size);
void __sanitizer_finish_switch_fiber(void *fake_stack, const void **bottom, size_t *size);
#endif

/* One stack: the thread's own or a coroutine's. */
struct strand {
	ucontext_t context;
	void *stack;
	size_t stack_bytes;
	void *fake_stack; /* ASan */
	void *fiber;      /* TSan */
};

struct routine {
	struct strand strand;
	struct kmc_co co;
	struct kmc_cpu *cpu;
	bool done;
};

struct scheduler {
	struct kmc_sim *sim;
	struct strand main;
	struct routine *routines;
	unsigned int nr, current;
	kmc_co_pick_fn pick;
	void *arg;
};

static __thread struct scheduler *running;

uintptr_t kmc_co_token(void)
{
	return running ? (uintptr_t)&running->routines[running->current] : 0;
}

static void stack_entered(struct strand *self, struct strand *from)
{
#ifdef KMC_ASAN
	const void *bottom;
	size_t size;

	__sanitizer_finish_switch_fiber(self->fake_stack, &bottom, &size);
	if (!from->stack_bytes) { /* the thread's own, first seen here */
		from->stack = (void *)(uintptr_t)bottom;
		from->stack_bytes = size;
	}
#else
	(void)self;
	(void)from;
#endif
}

/* @for_ever: @from never runs again. */
static void stack_change(struct strand *from, struct strand *to, bool for_ever)
{
#ifdef KMC_ASAN
	__sanitizer_start_switch_fiber(for_ever ? NULL : &from->fake_stack, to->stack,
				       to->stack_bytes);
#endif
#ifdef KMC_TSAN
	__tsan_switch_to_fiber(to->fiber, 0);
#endif
	(void)for_ever;
	swapcontext(&from->context, &to->context);
	stack_entered(from, to);
}

static uint64_t runnable(const struct scheduler *s)
{
	uint64_t mask = 0;

	for (unsigned int i = 0; i < s->nr; i++)
		if (!s->routines[i].done)
			mask |= 1ull << s->routines[i].co.cpu;
	return mask;
}

static unsigned int routine_of_cpu(const struct scheduler *s, unsigned int cpu)
{
	for (unsigned int i = 0; i < s->nr; i++)
		if (s->routines[i].co.cpu == cpu && !s->routines[i].done)
			return i;
	return s->nr;
}

/* The callback's choice; what it may not choose becomes the lowest runnable cpu. */
static unsigned int choose(struct scheduler *s, const char *point, uint64_t mask)
{
	unsigned int here = s->routines[s->current].co.cpu;
	unsigned int cpu = (unsigned int)__builtin_ctzll(mask);

	if (s->pick) {
		unsigned int wish = s->pick(s->arg, here, point, mask);

		if (wish < 64 && mask >> wish & 1)
			cpu = wish;
	} else if (mask >> here & 1) {
		cpu = here;
	}
	return routine_of_cpu(s, cpu);
}

static void go_on_with(struct scheduler *s, unsigned int next)
{
	struct routine *from = &s->routines[s->current];
	struct routine *to = &s->routines[next];

	if (from == to)
		return;
	s->current = next;
	kmc_this_cpu = to->cpu;
	stack_change(&from->strand, &to->strand, from->done);
}

void kmc_co_yield(const char *point)
{
	struct scheduler *s = running;

	if (s)
		go_on_with(s, choose(s, point, runnable(s)));
}

void kmc_co_wait(const char *point)
{
	struct scheduler *s = running;
	uint64_t others = runnable(s) & ~(1ull << s->routines[s->current].co.cpu);

	KMC_BUG_ON(!others); /* it waits for a cpu that will never be given up */
	go_on_with(s, choose(s, point, others));
}

static void routine_main(void)
{
	struct scheduler *s = running;
	struct routine *self = &s->routines[s->current];
	uint64_t mask;

	stack_entered(&self->strand, &s->main);
	self->co.fn(self->co.arg);
	kmc_sim_unbind();
	self->done = true;
	mask = runnable(s);
	if (mask)
		go_on_with(s, choose(s, "return", mask));
	else
		stack_change(&self->strand, &s->main, true);
	KMC_BUG_ON(true);
}

static int strand_create(struct strand *strand)
{
	strand->stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
	if (strand->stack == MAP_FAILED) {
		strand->stack = NULL;
		return -ENOMEM;
	}
	strand->stack_bytes = STACK_BYTES;
	getcontext(&strand->context);
	strand->context.uc_stack.ss_sp = strand->stack;
	strand->context.uc_stack.ss_size = STACK_BYTES;
	strand->context.uc_link = NULL;
	makecontext(&strand->context, routine_main, 0);
#ifdef KMC_TSAN
	strand->fiber = __tsan_create_fiber(0);
#endif
	return 0;
}

static void strand_destroy(struct strand *strand)
{
	if (!strand->stack)
		return;
#ifdef KMC_TSAN
	__tsan_destroy_fiber(strand->fiber);
#endif
	kmc_unpoison(strand->stack, STACK_BYTES);
	munmap(strand->stack, STACK_BYTES);
}

/* Each routine takes its cpu before any of them runs. */
static int bind_routines(struct scheduler *s)
{
	int err = 0;

	running = s;
	for (unsigned int i = 0; i < s->nr && !err; i++) {
		s->current = i;
		kmc_this_cpu = NULL;
		err = kmc_sim_bind(s->sim, s->routines[i].co.cpu);
		s->routines[i].cpu = kmc_this_cpu;
	}
	if (err)
		for (unsigned int i = 0; i < s->nr; i++) {
			s->current = i;
			kmc_this_cpu = s->routines[i].cpu;
			kmc_sim_unbind();
		}
	return err;
}

static void run_all(struct scheduler *s)
{
#ifdef KMC_TSAN
	s->main.fiber = __tsan_get_current_fiber();
#endif
	s->current = 0;
	s->current = choose(s, "start", runnable(s));
	kmc_this_cpu = s->routines[s->current].cpu;
	stack_change(&s->main, &s->routines[s->current].strand, false);
}

int kmc_co_run(struct kmc_sim *sim, const struct kmc_co *co, unsigned int n,
	       kmc_co_pick_fn pick, void *arg)
{
	struct scheduler s = { .sim = sim, .nr = n, .pick = pick, .arg = arg };
	int err = 0;

	if (running || kmc_this_cpu)
		return -EBUSY;
	if (!n || n > KMC_SIM_MAX_CPUS)
		return -EINVAL;
	s.routines = calloc(n, sizeof(*s.routines));
	if (!s.routines)
		return -ENOMEM;
	for (unsigned int i = 0; i < n && !err; i++) {
		s.routines[i].co = co[i];
		err = strand_create(&s.routines[i].strand);
	}
	if (!err)
		err = bind_routines(&s);
	if (!err)
		run_all(&s);
	running = NULL;
	kmc_this_cpu = NULL;
	for (unsigned int i = 0; i < n; i++)
		strand_destroy(&s.routines[i].strand);
	free(s.routines);
	return err;
}
