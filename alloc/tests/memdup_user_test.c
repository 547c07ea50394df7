/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Copies of user memory and of read-only data: DUP-5, DUP-8, FR-18. */
#include <errno.h>
#include "slab_fixture.h"
#include "alloc/user_memory.h"
#include "linux/err.h"
#include "linux/uaccess.h"

static char user[9000];

static int setup_user(void **state)
{
	for (size_t i = 0; i < sizeof(user); i++)
		user[i] = (char)('a' + i % 26);
	return setup_machine(state);
}

static void expect_error(const void *p, long error)
{
	assert_true(IS_ERR(p));
	assert_int_equal(PTR_ERR(p), error);
}

static void dup8_copies(void **state)
{
	static const size_t lengths[] = { 1, 7, 8, 9, 96, 4096, 8192, 9000 };

	(void)state;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		char *p = memdup_user(user, lengths[i]), *q = memdup_user_nul(user, lengths[i]);

		assert_memory_equal(p, user, lengths[i]);
		assert_memory_equal(q, user, lengths[i]);
		assert_int_equal(q[lengths[i]], 0);
		kfree(p);
		kfree(q);
	}
	assert_ptr_equal(memdup_user(user, 0), ZERO_SIZE_PTR);
}

/* The first byte that cannot be read is one too many; nothing is left behind. */
static void dup8_fault(void **state)
{
	uint64_t before = kmc_sim_hash(sim);
	char *p;

	(void)state;
	kmc_sim_user_fault(sim, user + 100);
	expect_error(memdup_user(user, 101), -EFAULT);
	expect_error(memdup_user_nul(user, 101), -EFAULT);
	expect_error(memdup_user(user + 100, 1), -EFAULT);
	p = memdup_user(user, 100);
	assert_memory_equal(p, user, 100);
	kfree(p);
	p = memdup_user(user + 101, 50); /* beyond the place it reads again */
	assert_memory_equal(p, user + 101, 50);
	kfree(p);
	expect_error(memdup_user_nul(user, SIZE_MAX), -EFAULT);
	kmc_sim_reset(sim);
	assert_int_equal(kmc_sim_hash(sim), before);
	p = memdup_user(user, 101);
	assert_false(IS_ERR(p)); /* the fault was part of the state */
}

static void dup8_no_memory(void **state)
{
	(void)state;
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 1, 1);
	expect_error(memdup_user(user, 10), -ENOMEM);
	expect_error(memdup_user_nul(user, 10), -ENOMEM);
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 0, 0);
	expect_error(memdup_user(user, (4u << 20) + 1), -ENOMEM);
}

/* n counts the NUL: a string of n - 1 characters is the longest. */
static void dup8_strings(void **state)
{
	char *p;

	(void)state;
	user[20] = '\0';
	p = strndup_user(user, 21);
	assert_string_equal(p, user);
	assert_int_equal(strlen(p), 20);
	kfree(p);
	expect_error(strndup_user(user, 20), -EINVAL);
	expect_error(strndup_user(user, 0), -EFAULT);
	kmc_sim_user_fault(sim, user + 20);
	expect_error(strndup_user(user, 100), -EFAULT);
	expect_error(strndup_user(user, 20), -EINVAL);
	kmc_sim_user_fault(sim, user + 21);
	p = strndup_user(user, 100);
	assert_string_equal(p, user);
	kmc_sim_fail_nth(sim, KMC_FAULT_SLAB, 1, 0);
	expect_error(strndup_user(user, 100), -ENOMEM);
}

/* Which caches they come from, by profile and option. */
static void dup8_align15_where_from(void **state)
{
	(void)state;
	for (unsigned int profile = 0; profile < KMC_NR_PROFILES; profile++) {
		bool buckets = profile >= KMC_PROFILE_6_12_117;
		bool all = profile >= KMC_PROFILE_6_18_44;
		struct kmc_sim_config config = machine_config(1, 64 * MIB);

		config.profile = profile;
		config.options = KMC_OPT_SLAB_BUCKETS;
		machine_boot(&config);
		assert_string_equal(cache_info(where(memdup_user(user, 90)).cache).name,
				    buckets ? "memdup_user-96" : "kmalloc-96");
		assert_string_equal(cache_info(where(memdup_user_nul(user, 90)).cache).name,
				    all ? "memdup_user-96" : "kmalloc-96");
		machine_off();
	}
}

/* Read-only data of the kernel image is not copied, and not freed. */
static void dup5_fr18_rodata(void **state)
{
	const char *text = kmc_sim_rodata_string(sim, 10), *p;
	char heap[] = "on the stack";

	(void)state;
	assert_int_equal(strlen(text), 10);
	assert_null(kmc_sim_rodata_string(sim, KMC_RODATA_BYTES));
	assert_int_equal(strlen(kmc_sim_rodata_string(sim, KMC_RODATA_BYTES - 1)), 4095);
	tp_listen(KMC_TP_BIT(KMC_TP_KMALLOC) | KMC_TP_BIT(KMC_TP_KFREE) | KMC_TP_BIT(KMC_TP_WARN));
	p = kstrdup_const(text, GFP_KERNEL);
	assert_ptr_equal(p, text);
	kfree_const(p);
	assert_int_equal(tp_count, 0);
	p = kstrdup_const(heap, GFP_KERNEL);
	assert_string_equal(p, heap);
	kfree_const(p);
	assert_int_equal(tp_count, 2);
	assert_int_equal(kmc_sim_address(sim, text), KMC_RODATA_BASE + KMC_RODATA_BYTES - 11);
	assert_ptr_equal(kmc_sim_pointer(sim, kmc_sim_address(sim, text)), text);
	tp_listen(0);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup_user, teardown_machine)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(dup8_copies),
		CASE(dup8_fault),
		CASE(dup8_no_memory),
		CASE(dup8_strings),
		cmocka_unit_test(dup8_align15_where_from),
		CASE(dup5_fr18_rodata),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
