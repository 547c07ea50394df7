/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The rows with two threads. One worker lives as long as the program, so that
 * the peers' thread caches persist as ours do; each slot is a job for it.
 *
 * Handover: the main thread allocates into boxes of 1024 pointers, the worker
 * frees them; four boxes are on the way. Each thread's CPU time is summed over
 * its own loops only, so waiting for the other one is not counted.
 */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include "bench.h"
#include "bench_loops.h"

#define BOX_OBJECTS 1024
#define NR_BOXES    4

struct job {
	int (*fn)(struct job *job);
	const struct bench_contestant *c;
	const struct bench_pattern *p;
	uint64_t n; /* boxes, or steps of churn */
	uint64_t cpu_ns;
	int refused; /* the contestant could not be entered */
	int err;
};

static struct {
	pthread_t thread;
	bool running;
	int cpu;
	struct job *job; /* NULL: stop */
	sem_t start, entered, done;
} worker;

static struct {
	void *box[NR_BOXES][BOX_OBJECTS];
	sem_t full, empty;
} belt;

static void sem_wait_always(sem_t *sem)
{
	while (sem_wait(sem) && errno == EINTR)
		;
}

static void *worker_main(void *arg)
{
	(void)arg;
	if (worker.cpu >= 0)
		bench_thread_pin(worker.cpu);
	for (;;) {
		struct job *job;

		sem_wait_always(&worker.start);
		job = worker.job;
		if (!job)
			return NULL;
		job->refused = job->c->enter ? job->c->enter(job->c, 1) : 0;
		sem_post(&worker.entered);
		if (job->refused)
			continue;
		job->err = job->fn(job);
		if (job->c->leave)
			job->c->leave(job->c);
		sem_post(&worker.done);
	}
}

/** bench_worker_place() - Where the second thread will run; -1 anywhere. */
void bench_worker_place(int cpu)
{
	worker.cpu = cpu;
}

/* Not before a row needs it: a process of one thread is what some peers are quickest in. */
static int worker_start(void)
{
	int err;

	if (worker.running)
		return 0;
	sem_init(&worker.start, 0, 0);
	sem_init(&worker.entered, 0, 0);
	sem_init(&worker.done, 0, 0);
	err = pthread_create(&worker.thread, NULL, worker_main, NULL);
	worker.running = !err;
	return -err;
}

void bench_worker_stop(void)
{
	if (!worker.running)
		return;
	worker.job = NULL;
	sem_post(&worker.start);
	pthread_join(worker.thread, NULL);
	worker.running = false;
}

/* Returns the worker's failure to start or enter: the job is over then, else it runs. */
static int worker_begin(struct job *job)
{
	int err = worker_start();

	if (err)
		return err;
	worker.job = job;
	sem_post(&worker.start);
	sem_wait_always(&worker.entered);
	return job->refused;
}

static void worker_end(void)
{
	sem_wait_always(&worker.done);
}

static ALWAYS_INLINE int box_fill(const struct bench_face *f, bool kernel, void **box,
				  const struct bench_pattern *p)
{
	const struct bench_face face = *f;
	const size_t size = p->size;
	const bool touch = p->touch;

	for (unsigned int i = 0; i < BOX_OBJECTS; i++) {
		void *obj = bench_get(&face, kernel, size);

		box[i] = obj;
		if (__builtin_expect(!obj, 0))
			return -ENOMEM;
		if (touch)
			*(uint64_t *)obj = i;
	}
	return 0;
}

static ALWAYS_INLINE int box_empty(const struct bench_face *f, bool kernel, void **box)
{
	const struct bench_face face = *f;

	for (unsigned int i = 0; i < BOX_OBJECTS; i++) {
		bench_put(&face, kernel, box[i]);
		box[i] = NULL;
	}
	return 0;
}

/* The first eighth is not timed. A box that was filled in part is emptied all the same. */
static int handover_free(struct job *job)
{
	for (uint64_t i = 0; i < job->n; i++) {
		void **box = belt.box[i % NR_BOXES];
		uint64_t start;

		sem_wait_always(&belt.full);
		start = bench_cpu_ns();
		BENCH_BOTH(box_empty, job->c, box);
		if (i >= job->n / 8)
			job->cpu_ns += bench_cpu_ns() - start;
		sem_post(&belt.empty);
	}
	return 0;
}

static int handover_alloc(struct job *job)
{
	for (uint64_t i = 0; i < job->n; i++) {
		void **box = belt.box[i % NR_BOXES];
		uint64_t start;

		sem_wait_always(&belt.empty);
		start = bench_cpu_ns();
		/* Goes on after a failure: the worker waits for its boxes. */
		job->err = job->err ?: BENCH_BOTH(box_fill, job->c, box, job->p);
		if (i >= job->n / 8)
			job->cpu_ns += bench_cpu_ns() - start;
		sem_post(&belt.full);
	}
	return job->err;
}

int bench_run_handover(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		       uint64_t *cpu_ns, uint64_t *units)
{
	uint64_t boxes = n / BOX_OBJECTS + 2 * NR_BOXES;
	struct job other = { .fn = handover_free, .c = c, .p = p, .n = boxes };
	struct job mine = { .c = c, .p = p, .n = boxes };
	int err = c->enter ? c->enter(c, 0) : 0;

	if (err)
		return err;
	sem_init(&belt.full, 0, 0);
	sem_init(&belt.empty, 0, NR_BOXES);
	err = worker_begin(&other);
	if (!err) {
		err = handover_alloc(&mine);
		worker_end();
	}
	if (c->leave)
		c->leave(c);
	*cpu_ns = mine.cpu_ns + other.cpu_ns;
	*units = (boxes - boxes / 8) * BOX_OBJECTS;
	return err ?: other.err;
}

static int two_churn(struct job *job)
{
	return bench_churn_run(job->c, job->p->mix, job->p->live, 1, job->n, &job->cpu_ns);
}

int bench_run_two(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		  uint64_t *cpu_ns, uint64_t *units)
{
	struct job other = { .fn = two_churn, .c = c, .p = p, .n = n / 2 + 1 };
	uint64_t mine_ns = 0;
	int err = c->enter ? c->enter(c, 0) : 0;

	if (err)
		return err;
	err = worker_begin(&other);
	if (!err) {
		err = bench_churn_run(c, p->mix, p->live, 0, other.n, &mine_ns);
		worker_end();
	}
	if (c->leave)
		c->leave(c);
	*cpu_ns = mine_ns + other.cpu_ns;
	*units = 2 * other.n;
	return err ?: other.err;
}
