// SPDX-License-Identifier: GPL-2.0-or-later
/* Readers, and blocks that wait for them. Both lists are short: they are searched. */
#include <errno.h>
#include <stdlib.h>
#include "grace.h"

struct kmc_pending *kmc_book_grace_queue(struct kmc_grace *grace, uint64_t addr, uint64_t size,
				    uint64_t seq)
{
	if (grace->nr == grace->max) {
		size_t max = grace->max ? grace->max * 2 : 64;
		void *pending = realloc(grace->pending, max * sizeof(*grace->pending));

		if (!pending)
			return NULL;
		grace->pending = pending;
		grace->max = max;
	}
	grace->pending[grace->nr] =
		(struct kmc_pending){ .addr = addr, .size = size, .seq = seq };
	return &grace->pending[grace->nr++];
}

struct kmc_pending *kmc_book_grace_find(const struct kmc_grace *grace, uint64_t addr, uint64_t size,
				   size_t from)
{
	for (size_t i = from; i < grace->nr; i++) {
		struct kmc_pending *p = &grace->pending[i];

		if (addr < p->addr + p->size && p->addr < addr + size)
			return p;
	}
	return NULL;
}

void kmc_book_grace_drop(struct kmc_grace *grace, struct kmc_pending *pending)
{
	*pending = grace->pending[--grace->nr];
}

static struct kmc_reader *reader_of(struct kmc_grace *grace, uint32_t task)
{
	for (size_t i = 0; i < grace->nr_readers; i++)
		if (grace->readers[i].task == task)
			return &grace->readers[i];
	return NULL;
}

int kmc_book_grace_read(struct kmc_grace *grace, uint32_t task, bool lock, uint64_t seq)
{
	struct kmc_reader *reader = reader_of(grace, task);

	if (!lock) {
		if (reader && !--reader->depth)
			*reader = grace->readers[--grace->nr_readers];
		return 0;
	}
	if (reader) {
		reader->depth++;
		return 0;
	}
	if (grace->nr_readers == grace->max_readers) {
		size_t max = grace->max_readers ? grace->max_readers * 2 : 16;
		void *readers = realloc(grace->readers, max * sizeof(*grace->readers));

		if (!readers)
			return -ENOMEM;
		grace->readers = readers;
		grace->max_readers = max;
	}
	grace->readers[grace->nr_readers++] =
		(struct kmc_reader){ .task = task, .depth = 1, .since = seq };
	return 0;
}

const struct kmc_reader *kmc_book_grace_reader(const struct kmc_grace *grace, uint64_t seq)
{
	for (size_t i = 0; i < grace->nr_readers; i++)
		if (grace->readers[i].since < seq)
			return &grace->readers[i];
	return NULL;
}

void kmc_book_grace_reset(struct kmc_grace *grace)
{
	kmc_book_grace_free(grace);
}

void kmc_book_grace_free(struct kmc_grace *grace)
{
	free(grace->pending);
	free(grace->readers);
	*grace = (struct kmc_grace){ 0 };
}
