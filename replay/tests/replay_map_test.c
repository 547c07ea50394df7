/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The address map against a plain array: random entries, removals and
 * growth. Keys are drawn from few, so that they collide.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <cmocka.h>
#include "replay_map.h"

#define KEYS 40000
static uint64_t model[KEYS]; /* value, 0 absent */
static uint64_t random_state;

static uint32_t draw(uint32_t below)
{
	random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
	return (uint32_t)(random_state >> 33) % below;
}

static uint64_t key_of(uint32_t i)
{
	return 0xffff888000000000ull + i * 64ull;
}

static void put(struct kmc_map *map, uint32_t i, uint64_t value)
{
	struct kmc_map_entry *entry = kmc_map_place(map, key_of(i));
	bool fresh = !entry->key;

	assert_int_equal(fresh, model[i] == 0);
	entry->key = key_of(i);
	entry->value = value;
	model[i] = value;
	if (fresh)
		assert_int_equal(kmc_map_note_used(map), 0);
}

static void take(struct kmc_map *map, uint32_t i)
{
	struct kmc_map_entry *entry = kmc_map_place(map, key_of(i));

	assert_int_equal(entry->key != 0, model[i] != 0);
	if (!entry->key)
		return;
	assert_int_equal(entry->value, model[i]);
	kmc_map_remove(map, entry);
	model[i] = 0;
}

static void compare(const struct kmc_map *map)
{
	uint64_t used = 0;

	for (uint32_t i = 0; i < KEYS; i++) {
		const struct kmc_map_entry *entry = kmc_map_place(map, key_of(i));

		assert_int_equal(entry->key, model[i] ? key_of(i) : 0);
		if (model[i])
			assert_int_equal(entry->value, model[i]);
		used += model[i] != 0;
	}
	assert_int_equal(map->used, used);
}

static void test_against_array(void **state)
{
	struct kmc_map map;

	(void)state;
	assert_int_equal(kmc_map_init(&map), 0);
	for (int round = 0; round < 20; round++) {
		uint32_t puts = draw(3) + 1;

		for (int i = 0; i < 20000; i++) {
			if (draw(4) < puts)
				put(&map, draw(KEYS), draw(1u << 30) + 1);
			else
				take(&map, draw(KEYS));
		}
		compare(&map);
	}
	kmc_map_free(&map);
}

/* At most 48 bytes a live object, but for the first small map. */
static void test_memory_per_object(void **state)
{
	struct kmc_map map;

	(void)state;
	assert_int_equal(kmc_map_init(&map), 0);
	for (uint64_t i = 1; i < 300000; i++) {
		struct kmc_map_entry *entry = kmc_map_place(&map, i * 8);

		entry->key = i * 8;
		assert_int_equal(kmc_map_note_used(&map), 0);
		if (i > 20000)
			assert_true(map.bytes / map.used <= 48);
	}
	kmc_map_free(&map);
}

static void test_value_packs_pointer_and_class(void **state)
{
	void *ptr = (void *)0x7ffff7fff008;
	uint64_t value = kmc_map_value(ptr, 65535);

	(void)state;
	assert_ptr_equal(kmc_map_ptr(value), ptr);
	assert_int_equal(kmc_map_class(value), 65535);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_against_array),
		cmocka_unit_test(test_memory_per_object),
		cmocka_unit_test(test_value_packs_pointer_and_class),
	};

	random_state = argc > 1 ? strtoull(argv[1], NULL, 0) : (uint64_t)time(NULL);
	printf("seed %llu\n", (unsigned long long)random_state);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
