/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the parts of `kmconform bench` share: contestants (allocators behind
 * one face of function pointers), patterns (one loop each, timed by thread CPU
 * time), rounds (alternation and statistics) and rows (what the table and the
 * JSON file show). Private to the program.
 */
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <time.h>

struct kmem_cache;

#define BENCH_MAX_CONTESTANTS 12
#define BENCH_MAX_ROWS        64
#define BENCH_MAX_ROUNDS      1001

enum bench_role {
	BENCH_PEER,  /* ratios are taken against the best of these */
	BENCH_OURS,  /* judged */
	BENCH_OTHER, /* shown: the floor, our stack with other options */
};

/* What a contestant can do; a pattern needs exactly one of these. */
#define BENCH_OBJECTS (1u << 0)
#define BENCH_PAGES   (1u << 1)
#define BENCH_RESET   (1u << 2)
#define BENCH_AREAS   (1u << 3)

/*
 * The calls of a contestant. The object loops are compiled twice from one
 * source, once for each pair of pointers, so that either allocator costs one
 * indirect call and neither is called through a foreign signature.
 */
struct bench_face {
	/* The C library's face; NULL when the kernel's is set. */
	void *(*malloc)(size_t size);
	void (*free)(void *ptr);
	/* The kernel's face. */
	void *(*kmalloc)(size_t size, unsigned int gfp);
	void (*kfree)(const void *ptr);
	int (*bulk_get)(struct kmem_cache *cache, unsigned int gfp, size_t n, void **p);
	void (*bulk_put)(struct kmem_cache *cache, size_t n, void **p);
	unsigned int gfp;
	/* Pages: @order, an opaque handle back. */
	void *(*pages_get)(unsigned int order);
	void (*pages_put)(void *pages, unsigned int order);
	/* Memory contiguous by address, its pages really there. */
	void *(*area_get)(size_t bytes);
	void (*area_put)(void *area, size_t bytes);
};

struct bench_contestant {
	const char *name;
	char version[64];
	enum bench_role role;
	unsigned int able; /* BENCH_OBJECTS | ... */
	struct bench_face face;
	/* Before and after each use by a thread, outside the timed part; @cpu 0 or 1. */
	int (*enter)(const struct bench_contestant *c, unsigned int cpu);
	void (*leave)(const struct bench_contestant *c);
	/* A cache for bulk rows; only with the kernel's face. */
	struct kmem_cache *(*cache)(const struct bench_contestant *c, size_t size);
	void (*cache_drop)(const struct bench_contestant *c, struct kmem_cache *cache);
	/* @n times: an input with 64 blocks, then reset and set-up, whose CPU time is added. */
	int (*reset)(const struct bench_contestant *c, unsigned int order, uint64_t n,
		     uint64_t *cpu_ns);
	void *state;
};

struct bench_field {
	struct bench_contestant c[BENCH_MAX_CONTESTANTS];
	size_t nr;
};

struct bench_pattern {
	const char *name;
	const char *what; /* one line for --list and the JSON file */
	unsigned int needs;
	/*
	 * Do about @n units with @c and store the thread CPU time of the timed
	 * part and the units it covers. Return: 0 or -errno.
	 */
	int (*run)(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		   uint64_t *cpu_ns, uint64_t *units);
	size_t size;          /* bytes of an object */
	unsigned int order;   /* of pages; of freeing: enum bench_order */
	unsigned int live;    /* objects that churn keeps */
	bool touch;           /* write the first word of each object */
	const struct bench_mix *mix;
	double must, good;       /* ratio to the best peer; 0: not judged */
	double must_ns, good_ns; /* absolute, besides; 0: not judged */
	bool goal;               /* a goal of the measured facts: shown, no exit status */
};

enum bench_order {
	BENCH_FIFO,
	BENCH_LIFO,
	BENCH_RANDOM,
};

struct bench_score {
	bool ran;
	double ns, ns_q1, ns_q3;          /* per unit */
	double ratio, ratio_q1, ratio_q3; /* to the best peer of the same round */
};

enum bench_state { /* in this order: judged states lie before FAILED */
	BENCH_INFO,    /* no budget */
	BENCH_GOOD,    /* within good */
	BENCH_MET,     /* within must */
	BENCH_MISSED,
	BENCH_FAILED,  /* ours did not run, or no peer did */
};

struct bench_row {
	const char *name, *what, *unit;
	double must, good, must_ns, good_ns;
	bool goal;
	struct bench_score score[BENCH_MAX_CONTESTANTS];
	int best, ours; /* indices into the field, -1: none */
	double value; /* of a row without contestants, in units */
	enum bench_state state;
	char note[160];
};

struct bench_plan {
	unsigned int rounds;
	uint64_t slot_ns; /* CPU time that one contestant gets in one round */
	bool check_only;  /* numbers must come out; budgets are not judged */
};

/* bench_peers.c: the named allocators of this process. */
void bench_peers_add(struct bench_field *field, char **argv);
void bench_peer_add(struct bench_field *field, const char *name, char **argv);

/* bench_buddy.c: an uncached buddy, for the page rows. */
void bench_buddy_add(struct bench_field *field);
void bench_buddy_boot(uint64_t bytes);
void *bench_buddy_get(unsigned int order);
void bench_buddy_put(void *block, unsigned int order);

/* bench_ageing.c: blocks of order 9 after a long life. */
int bench_ageing_row(struct bench_row *row);

/* What debugging and hardening cost. */
struct bench_option {
	const char *name, *what;
	unsigned int options;   /* the stack's bits */
	const char *slab_debug; /* the boot option; NULL: none */
};

/* bench_ours.c: the stack under test. */
int bench_ours_add(struct bench_field *field);
void bench_ours_close(void);
int bench_metadata_row(struct bench_row *row);
uint64_t bench_resident_bytes(void);
int bench_ours_fresh(const char *name, uint64_t bytes, const struct bench_option *o,
		     struct bench_contestant *c);
void bench_ours_drop(struct bench_contestant *c);

extern const struct bench_option bench_options[];
extern const size_t bench_nr_options;

/* bench_debug.c, bench_resident.c: rows of our stack with options, and of memory held. */
int bench_option_row(const struct bench_option *o, const struct bench_plan *plan,
		     struct bench_row *row);
struct bench_resident {
	const char *name, *what;
	const struct bench_mix *mix;
	double must; /* per cent */
};
extern const struct bench_resident bench_residents[];
extern const size_t bench_nr_residents;
int bench_resident_child(const char *spec, char **argv);
int bench_resident_row(const struct bench_resident *r, const struct bench_field *field,
		       const struct bench_plan *plan, struct bench_row *row);

/* bench_patterns.c: the table of patterns. */
extern const struct bench_pattern bench_patterns[];
extern const size_t bench_nr_patterns;

/* bench_objects.c, bench_threads.c, bench_pages.c: the loops. */
int bench_run_pair(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		   uint64_t *cpu_ns, uint64_t *units);
int bench_run_batch(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		    uint64_t *cpu_ns, uint64_t *units);
int bench_run_bulk(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		   uint64_t *cpu_ns, uint64_t *units);
int bench_run_churn(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		    uint64_t *cpu_ns, uint64_t *units);
int bench_run_handover(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		       uint64_t *cpu_ns, uint64_t *units);
int bench_run_two(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		  uint64_t *cpu_ns, uint64_t *units);
int bench_run_areas(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		    uint64_t *cpu_ns, uint64_t *units);
int bench_run_pages(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		    uint64_t *cpu_ns, uint64_t *units);
int bench_run_reset(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		    uint64_t *cpu_ns, uint64_t *units);
int bench_churn_run(const struct bench_contestant *c, const struct bench_mix *mix,
		    unsigned int live, unsigned int lane, uint64_t n, uint64_t *cpu_ns);
void bench_worker_place(int cpu);
void bench_worker_stop(void);

/* bench_check.c: is a contestant an allocator at all? */
int bench_check(const struct bench_contestant *c);

/* bench_rounds.c: alternation and statistics. */
int bench_measure(const struct bench_pattern *p, const struct bench_field *field,
		  const struct bench_plan *plan, struct bench_row *row);
double bench_quantile(double *values, size_t n, double q);
void bench_score_rounds(const double *ns, size_t rounds, const struct bench_field *field,
			struct bench_row *row);
void bench_judge(struct bench_row *row);

/* bench_host.c, bench_table.c, bench_json.c: the output. */
struct bench_host {
	char cpu[128], kernel[256], libc[64];
	unsigned int nr_cpus;
	double load;
	int pinned[2]; /* the two threads' cpus, -1: free */
};
void bench_host_read(struct bench_host *host);
void bench_host_pin(struct bench_host *host);
void bench_host_unpin(void);
int bench_thread_pin(int cpu);
void bench_table_head(FILE *f, const struct bench_host *host, const struct bench_field *field,
		      const struct bench_plan *plan);
void bench_table_row(FILE *f, const struct bench_field *field, const struct bench_row *row);
void bench_table_foot(FILE *f, const struct bench_row *rows, size_t n);
const char *bench_state_name(enum bench_state state);
int bench_json_write(const char *path, const struct bench_host *host,
		     const struct bench_field *field, const struct bench_plan *plan,
		     const struct bench_row *rows, size_t n);

/* bench_child.c: what another of our programs says. */
int bench_child_line(const char *program, char *const *args, const char *prefix, char *line,
		     size_t size, int *status);

/* bench_oracle.c: rows of the oracle alone; one more over a trace. */
struct bench_name {
	const char *name, *what;
};
extern const struct bench_name bench_oracle_names[];
extern const size_t bench_nr_oracle_names;
int bench_oracle_row(size_t which, const struct bench_plan *plan, struct bench_row *row);
int bench_oracle_trace_row(const char *path, unsigned int rounds, struct bench_row *row);

/* bench_trace.c: figures of the replay program over a trace; two rows. */
size_t bench_trace_rows(const char *trace, unsigned int rounds, struct bench_row *rows);

/** bench_cpu_ns() - CPU time of the calling thread. */
static inline uint64_t bench_cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

/** bench_use() - The compiler must assume that @ptr and all memory is looked at here. */
static inline void bench_use(const void *ptr)
{
	__asm__ volatile("" : : "r"(ptr) : "memory");
}

/** bench_fail() - The one line that says why the program stops or a part of it is left out. */
void bench_fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
