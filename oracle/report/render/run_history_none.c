// SPDX-License-Identifier: GPL-2.0-or-later
/* In builds without SQLite: said, not guessed. */
#include "run_history.h"
#include <errno.h>

struct kmc_run_history *kmc_run_history_open(const char *path, char *error, size_t size)
{
	snprintf(error, size, "%s: this kmconform was built without SQLite", path);
	return NULL;
}

int kmc_run_history_add(struct kmc_run_history *history, const struct kmc_doc *doc, char *error,
			size_t size)
{
	(void)history;
	(void)doc;
	(void)error;
	(void)size;
	return -EIO;
}

int kmc_run_history_print(struct kmc_run_history *history, FILE *out, char *error, size_t size)
{
	(void)history;
	(void)out;
	(void)error;
	(void)size;
	return -EIO;
}

void kmc_run_history_close(struct kmc_run_history *history)
{
	(void)history;
}
