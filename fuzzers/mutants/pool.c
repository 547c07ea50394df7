/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs to begin from, and mutants of them. */
#include "pool.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz/body.h"
#include "oracle/judge.h"

static int rule_of(const char *name)
{
	char id[32];

	snprintf(id, sizeof(id), "%.*s", (int)strcspn(name, "."), name);
	return kmc_rule_find(id);
}

static void pool_read(struct pool *pool, const char *folder)
{
	struct dirent **entries;
	int nr = folder ? scandir(folder, &entries, NULL, alphasort) : -1;

	for (int i = 0; i < nr; i++) {
		size_t len = strlen(entries[i]->d_name);
		char path[4096], error[512];

		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		kmc_program_init(&pool->programs[pool->nr]);
		if (entries[i]->d_name[0] != '.' && len > 3 &&
		    !strcmp(entries[i]->d_name + len - 3, ".op") && pool->nr + 1 < MOST_SEEDS &&
		    !kmc_program_read(&pool->programs[pool->nr], path, error, sizeof(error)))
			pool->rule[pool->nr++] = rule_of(entries[i]->d_name);
		else if (entries[i]->d_name[0] != '.' && !strchr(entries[i]->d_name, '.'))
			pool_read(pool, path);
		free(entries[i]);
	}
	if (nr >= 0)
		free(entries);
}

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 31) * 0x9e3779b97f4a7c15ull;
	return x ^ x >> 29;
}

const struct kmc_program *pool_mutant(struct pool *pool, uint64_t seed)
{
	uint64_t x = mix(seed + 1);

	if (!pool->nr || kmc_program_copy(&pool->mutant, &pool->programs[x % pool->nr]))
		return NULL;
	for (unsigned int i = 0; i < 1 + (x >> 32) % 4; i++)
		kmc_mutate_once(pool->mutator, &pool->mutant, &pool->programs[(x >> 8) % pool->nr],
				(enum kmc_mutation)((x >> (36 + 4 * i)) % KMC_NR_MUTATIONS), mix(x + i));
	pool->mutant.edition = KMC_SERIES(pool->mutant.machine.profile);
	return &pool->mutant;
}

int pool_init(struct pool *pool, const char *seeds, const char *rules)
{
	pool_read(pool, seeds);
	pool_read(pool, rules);
	kmc_program_init(&pool->mutant);
	pool->mutator = kmc_mutator_create(kmc_fuzz_target_find("machine"));
	return pool->mutator ? 0 : -ENOMEM;
}

void pool_free(struct pool *pool)
{
	for (size_t i = 0; i < pool->nr; i++)
		kmc_program_free(&pool->programs[i]);
	kmc_program_free(&pool->mutant);
	kmc_mutator_destroy(pool->mutator);
}
