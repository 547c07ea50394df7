/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The page loop (get and put of one block at a time), the same of areas, and the reset row. The
 * peer of pages is mmap and munmap of one page, untouched: its cheapest form.
 */
#include <errno.h>
#include "bench.h"

static int pages_loop(const struct bench_face *f, unsigned int order, uint64_t n)
{
	const struct bench_face face = *f;

	while (n--) {
		void *pages = face.pages_get(order);

		if (__builtin_expect(!pages, 0))
			return -ENOMEM;
		bench_use(pages);
		face.pages_put(pages, order);
	}
	return 0;
}

int bench_run_pages(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		    uint64_t *cpu_ns, uint64_t *units)
{
	uint64_t start;
	int err = c->enter ? c->enter(c, 0) : 0;

	if (err)
		return err;
	*units = n;
	err = pages_loop(&c->face, p->order, n / 8 + 1);
	start = bench_cpu_ns();
	err = err ?: pages_loop(&c->face, p->order, n);
	*cpu_ns = bench_cpu_ns() - start;
	if (c->leave)
		c->leave(c);
	return err;
}

static int areas_loop(const struct bench_face *f, size_t bytes, uint64_t n)
{
	const struct bench_face face = *f;

	while (n--) {
		void *area = face.area_get(bytes);

		if (__builtin_expect(!area, 0))
			return -ENOMEM;
		bench_use(area);
		face.area_put(area, bytes);
	}
	return 0;
}

int bench_run_areas(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		    uint64_t *cpu_ns, uint64_t *units)
{
	uint64_t start;
	int err = c->enter ? c->enter(c, 0) : 0;

	if (err)
		return err;
	*units = n;
	err = areas_loop(&c->face, p->size, 2048); /* until addresses come round again */
	start = bench_cpu_ns();
	err = err ?: areas_loop(&c->face, p->size, n);
	*cpu_ns = bench_cpu_ns() - start;
	if (c->leave)
		c->leave(c);
	return err;
}

int bench_run_reset(const struct bench_pattern *p, const struct bench_contestant *c, uint64_t n,
		    uint64_t *cpu_ns, uint64_t *units)
{
	*units = n;
	*cpu_ns = 0;
	return c->reset(c, p->order, n, cpu_ns);
}
