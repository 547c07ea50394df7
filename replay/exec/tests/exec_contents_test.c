/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What shows of a block's contents unasked: constructed state, strings, cleared and wiped blocks. */
#include <stdlib.h>
#include "exec_run.h"

static struct kmc_target *target;
static struct seen seen;

static void open_machine(uint32_t options)
{
	struct kmc_target_config config = { .flags = KMC_TARGET_OBSERVE };
	char error[256] = "";

	kmc_machine_default(&config.machine);
	config.machine.options = options;
	assert_int_equal(kmc_target_find("alloc")->open(&config, &target, error, sizeof(error)), 0);
}

static int teardown(void **state)
{
	(void)state;
	if (target)
		target->ops->close(target);
	target = NULL;
	return 0;
}

static void seen_are(const char *text, unsigned int effect, unsigned int nr)
{
	run_text(target, &seen, text);
	if (effects_seen(&seen, effect) != nr)
		fail_msg("%s %u times, not %u, in\n%s", kmc_effect_name(effect),
			 effects_seen(&seen, effect), nr, text);
}

/* As the constructor left it, also after its user wrote to it and gave it back. */
static void kc10_constructed_state_is_seen(void **state)
{
	(void)state;
	open_machine(0);
	seen_are("r0 = kmem_cache_create(1, 100, 0, NO_MERGE, 1)\n"
		 "r1 = kmem_cache_alloc(r0, GFP_KERNEL)\nwrite(r1, 100, 0x5)\n"
		 "kmem_cache_free(r0, r1)\nr1 = kmem_cache_alloc(r0, GFP_KERNEL)\n",
		 KMC_EFF_CONTENT_KEPT, 2);
	assert_int_equal(effects_seen(&seen, KMC_EFF_CONTENT_LOST), 0);
}

static void dup2_dup3_dup4_letters_and_end_are_seen(void **state)
{
	(void)state;
	open_machine(0);
	seen_are("r0 = kstrdup(30, GFP_KERNEL)\nr1 = kstrndup(30, 7, GFP_KERNEL)\n"
		 "r2 = kmemdup_nul(r0, 9, GFP_KERNEL)\nr3 = kstrdup(0, GFP_KERNEL)\n",
		 KMC_EFF_CONTENT_KEPT, 4);
}

static void fr13_wiped_block_is_seen_before_its_free(void **state)
{
	(void)state;
	open_machine(0);
	seen_are("r0 = kmalloc(100, GFP_KERNEL)\nwrite(r0, 100, 0x5)\nkfree_sensitive(r0)\n",
		 KMC_EFF_CONTENT_ZERO, 1);
	assert_int_equal(call_at(&seen, 2)->outcome, KMC_OUT_NONE);
	seen_are("r0 = kvmalloc(100, GFP_KERNEL)\nwrite(r0, 100, 0x5)\nkvfree_sensitive(r0, 100)\n",
		 KMC_EFF_CONTENT_ZERO, 1);
}

static void dbg5_cleared_and_wiped_blocks_are_seen(void **state)
{
	(void)state;
	open_machine(KMC_MO_init_on_alloc);
	seen_are("r0 = kmalloc(100, GFP_KERNEL)\nwrite(r0, 100, 0x5)\nkfree(r0)\n"
		 "r0 = kmalloc(100, GFP_KERNEL)\n", KMC_EFF_CONTENT_ZERO, 2);
	teardown(NULL);
	open_machine(KMC_MO_init_on_free);
	seen_are("r0 = kmalloc(100, GFP_KERNEL)\nwrite(r0, 100, 0x5)\nkfree(r0)\n",
		 KMC_EFF_CONTENT_ZERO, 1);
	teardown(NULL);
	open_machine(KMC_MO_init_on_free | KMC_MO_slub_poison); /* poison spares it */
	seen_are("r0 = kmalloc(100, GFP_KERNEL)\nkfree(r0)\n", KMC_EFF_CONTENT_ZERO, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(kc10_constructed_state_is_seen, teardown),
		cmocka_unit_test_teardown(dup2_dup3_dup4_letters_and_end_are_seen, teardown),
		cmocka_unit_test_teardown(fr13_wiped_block_is_seen_before_its_free, teardown),
		cmocka_unit_test_teardown(dbg5_cleared_and_wiped_blocks_are_seen, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
