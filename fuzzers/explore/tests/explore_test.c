/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Merging equal states changes nothing that the walk tells: as many sequences
 * of each length, the same findings. And the alphabets of the corpus are what
 * they are said to be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "vocab/op.h"
#include "walk.h"

static const char *folder;

static const char small[] =
	"# kmconform program 1\n"
	"edition 6.18\n"
	"machine cpus=2 nodes=1 page=4096 profile=6.18.44\n"
	"zone dma32 node=0 start=4096 pages=512\n"
	"r0 = kmalloc(96, GFP_KERNEL)\n"
	"r0 = kmalloc(8193, GFP_KERNEL) on cpu 1\n"
	"r1 = kmalloc(96, GFP_KERNEL) on cpu 1\n"
	"kfree(r0)\n"
	"kfree(r1)\n"
	"kfree(r0) misuse\n"
	"r2 = kmem_cache_create(1, 64, 0, TYPESAFE_BY_RCU, 0)\n"
	"r3 = kmem_cache_alloc(r2, GFP_KERNEL)\n"
	"kmem_cache_free(r2, r3)\n"
	"kmem_cache_destroy(r2)\n"
	"kfree_rcu_mightsleep(r1)\n"
	"rcu_grace_period()\n"
	"fail_nth(failslab, 1, 0)\n";

/* Who reads since before a block was queued, and who since after. */
static const char readers[] =
	"# kmconform program 1\n"
	"edition 6.18\n"
	"machine cpus=2 nodes=1 page=4096 profile=6.18.44\n"
	"zone dma32 node=0 start=4096 pages=512\n"
	"r0 = kmalloc(96, GFP_KERNEL)\n"
	"r1 = kmalloc(8192, GFP_KERNEL)\n"
	"kfree_rcu(r0, 0)\n"
	"kfree_rcu_mightsleep(r1)\n"
	"read(r0, 8)\n"
	"rcu_read_lock()\n"
	"rcu_read_unlock()\n"
	"rcu_read_lock() on cpu 1, task 1\n"
	"rcu_grace_period()\n";

/* Keys seen, in the order of their text. */
struct keys {
	char key[64][24];
	unsigned int nr;
};

static void on_violation(void *arg, const struct kmc_finding *finding, const uint16_t *path,
			 unsigned int nr)
{
	struct keys *keys = arg;
	unsigned int at = 0;

	(void)path;
	(void)nr;
	while (at < keys->nr && strcmp(keys->key[at], finding->key) < 0)
		at++;
	if (at < keys->nr && !strcmp(keys->key[at], finding->key))
		return;
	assert_true(keys->nr < 64);
	memmove(keys->key[at + 1], keys->key[at], (keys->nr++ - at) * sizeof(keys->key[0]));
	snprintf(keys->key[at], sizeof(keys->key[at]), "%s", finding->key);
}

static void walk(const struct kmc_program *alphabet, unsigned int depth, bool merging,
		 uint32_t verify_one_in, struct kmc_walk *w, struct keys *keys)
{
	struct kmc_walk_config config = { .alphabet = alphabet, .depth = depth,
					  .no_merging = !merging, .verify_one_in = verify_one_in,
					  .violation = on_violation, .arg = keys };
	char error[256] = "";

	keys->nr = 0;
	if (kmc_walk_run(&config, w, error, sizeof(error)))
		fail_msg("%s", error);
}

static void read_text(const char *text, struct kmc_program *alphabet)
{
	char error[256] = "";

	kmc_program_init(alphabet);
	if (kmc_program_parse(alphabet, text, strlen(text), "text", error, sizeof(error)))
		fail_msg("%s", error);
}

static void test_merging_changes_nothing(void **state)
{
	static struct kmc_walk merged, whole;
	static struct keys of_merged, of_whole;
	struct kmc_program alphabet;

	(void)state;
	read_text(small, &alphabet);
	walk(&alphabet, 4, true, 0, &merged, &of_merged);
	walk(&alphabet, 4, false, 0, &whole, &of_whole);
	for (unsigned int n = 1; n <= 4; n++) {
		assert_true(kmc_states_sequences(&whole.states, n) > 0);
		assert_true(kmc_states_sequences(&merged.states, n) ==
			    kmc_states_sequences(&whole.states, n));
	}
	assert_true(merged.states.nr < whole.states.nr);
	assert_true(of_whole.nr > 1);
	assert_int_equal(of_merged.nr, of_whole.nr);
	assert_memory_equal(of_merged.key, of_whole.key, of_whole.nr * sizeof(of_whole.key[0]));
	kmc_walk_free(&merged);
	kmc_walk_free(&whole);
	kmc_program_free(&alphabet);
}

static void test_without_merging_each_sequence_is_a_state(void **state)
{
	static struct kmc_walk w;
	struct kmc_program alphabet;
	static struct keys keys;

	(void)state;
	read_text(small, &alphabet);
	walk(&alphabet, 3, false, 0, &w, &keys);
	assert_true((double)w.level[1].new_states == kmc_states_sequences(&w.states, 2));
	assert_true((double)w.level[2].transitions == kmc_states_sequences(&w.states, 3));
	kmc_walk_free(&w);
	kmc_program_free(&alphabet);
}

static void test_merged_states_go_on_alike(void **state)
{
	static struct kmc_walk w;
	struct kmc_program alphabet;
	static struct keys keys;

	(void)state;
	read_text(small, &alphabet);
	walk(&alphabet, 4, true, 5, &w, &keys);
	assert_true(w.verified > 20);
	assert_int_equal(w.unequal, 0);
	kmc_walk_free(&w);
	kmc_program_free(&alphabet);
}

static void test_readers_before_and_after(void **state)
{
	static struct kmc_walk w;
	struct kmc_program alphabet;
	static struct keys keys;

	(void)state;
	read_text(readers, &alphabet);
	walk(&alphabet, 5, true, 1, &w, &keys);
	assert_true(w.verified > 100);
	assert_int_equal(w.unequal, 0);
	kmc_walk_free(&w);
	kmc_program_free(&alphabet);
}

static void expect_alphabet(const char *name)
{
	bool seen[KMC_OPCODE_END] = { false };
	static struct kmc_walk w;
	static struct keys keys;
	struct kmc_program alphabet;
	char path[512], error[256] = "";
	unsigned int calls = 0;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	kmc_program_init(&alphabet);
	if (kmc_program_read(&alphabet, path, error, sizeof(error)))
		fail_msg("%s", error);
	for (size_t i = 0; i < alphabet.nr_ops; i++) {
		calls += !seen[alphabet.ops[i].code];
		seen[alphabet.ops[i].code] = true;
	}
	assert_true(alphabet.nr_ops >= 60 && calls >= 12);
	assert_int_equal(alphabet.machine.nr_cpus, 2);
	assert_int_equal(alphabet.machine.nr_zones, 3);
	walk(&alphabet, 3, true, 5, &w, &keys);
	assert_int_equal(w.unequal, 0);
	for (unsigned int i = 0; i < keys.nr; i++)
		printf("%s: %s\n", name, keys.key[i]);
	kmc_walk_free(&w);
	kmc_program_free(&alphabet);
}

static void test_alphabets(void **state)
{
	(void)state;
	expect_alphabet("objects.op");
	expect_alphabet("pages.op");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merging_changes_nothing),
		cmocka_unit_test(test_without_merging_each_sequence_is_a_state),
		cmocka_unit_test(test_merged_states_go_on_alike),
		cmocka_unit_test(test_readers_before_and_after),
		cmocka_unit_test(test_alphabets),
	};

	if (argc != 2)
		return 2;
	folder = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
