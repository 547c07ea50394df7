// SPDX-License-Identifier: GPL-2.0-or-later
/* The matrix: cells of every kind in every edition, and the rule each breach is reported under. */
#include "judge_tests.h"
#include "judge_priv.h"

#define G3  KMC_RELEASE(6, 3, 0)
#define G4  KMC_RELEASE(6, 4, 0)
#define NOW KMC_RELEASE(6, 18, 0)

static const struct {
	unsigned int from, by;
	uint32_t edition;
	enum kmc_pairing pairing;
	const char *rule; /* of the breach; NULL for none */
} cells[] = {
	{ KMC_FROM_KMALLOC, KMC_BY_KFREE, G3, KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_KMALLOC, KMC_BY_KVFREE, NOW, KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_KMALLOC, KMC_BY_CACHE_FREE, NOW, KMC_PAIR_WORKS, "FR-1" },
	{ KMC_FROM_KMALLOC, KMC_BY_VFREE, NOW, KMC_PAIR_BREACH, "FR-1" },
	{ KMC_FROM_KMALLOC, KMC_BY_CACHE_FREE_BULK, NOW, KMC_PAIR_WORKS, "FR-3" },
	{ KMC_FROM_KMALLOC, KMC_BY_CACHE_FREE_BULK, G3, KMC_PAIR_WORKS, "FR-1" },
	{ KMC_FROM_KMALLOC_LARGE, KMC_BY_CACHE_FREE, NOW, KMC_PAIR_BREACH, "FR-1" },
	{ KMC_FROM_KMALLOC_LARGE, KMC_BY_PUT_PAGE, NOW, KMC_PAIR_BREACH, "FR-1" },
	{ KMC_FROM_KMALLOC_NOLOCK, KMC_BY_KFREE_NOLOCK, NOW, KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_KMALLOC_NOLOCK, KMC_BY_KFREE, NOW, KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_KMALLOC, KMC_BY_KFREE_NOLOCK, NOW, KMC_PAIR_BREACH, "FR-16" },
	{ KMC_FROM_CACHE, KMC_BY_CACHE_FREE, G3, KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_CACHE, KMC_BY_KFREE, G3, KMC_PAIR_WORKS, "FR-6" },
	{ KMC_FROM_CACHE, KMC_BY_KFREE, G4, KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_CACHE, KMC_BY_KFREE_RCU, G3, KMC_PAIR_WORKS, "FR-6" },
	{ KMC_FROM_CACHE, KMC_BY_KFREE_RCU, G4, KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_CACHE, KMC_BY_VFREE, NOW, KMC_PAIR_BREACH, "FR-2" },
	{ KMC_FROM_CACHE_CTOR, KMC_BY_KFREE_SENSITIVE, NOW, KMC_PAIR_BREACH, "FR-2" },
	{ KMC_FROM_CACHE_TYPESAFE, KMC_BY_KFREE_SENSITIVE, NOW, KMC_PAIR_WORKS, "FR-2" },
	{ KMC_FROM_BUCKET, KMC_BY_KFREE_BULK, NOW, KMC_PAIR_WORKS, "FR-3" },
	{ KMC_FROM_VMALLOC, KMC_BY_VFREE, NOW, KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_VMALLOC, KMC_BY_KFREE, NOW, KMC_PAIR_BREACH, "FR-4" },
	{ KMC_FROM_VMALLOC, KMC_BY_KVFREE_RCU, KMC_RELEASE(5, 8, 0), KMC_PAIR_BREACH, "FR-4" },
	{ KMC_FROM_VMALLOC, KMC_BY_KVFREE_RCU, KMC_RELEASE(5, 9, 0), KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_VMALLOC, KMC_BY_VUNMAP, NOW, KMC_PAIR_BREACH, "VM-15" },
	{ KMC_FROM_VMAP, KMC_BY_VFREE, NOW, KMC_PAIR_BREACH, "VM-15" },
	{ KMC_FROM_VMAP, KMC_BY_VUNMAP, NOW, KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_KVMALLOC, KMC_BY_KVFREE, NOW, KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_KVMALLOC, KMC_BY_KFREE, NOW, KMC_PAIR_BREACH, "FR-5" },
	{ KMC_FROM_KVMALLOC, KMC_BY_VFREE, NOW, KMC_PAIR_BREACH, "FR-5" },
	{ KMC_FROM_CONST, KMC_BY_KFREE_CONST, NOW, KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_CONST, KMC_BY_KFREE, NOW, KMC_PAIR_BREACH, "DUP-5" },
	{ KMC_FROM_NULL, KMC_BY_KFREE, NOW, KMC_PAIR_NOOP, NULL },
	{ KMC_FROM_NULL, KMC_BY_KFREE_BULK, KMC_RELEASE(5, 17, 0), KMC_PAIR_NOOP, NULL },
	{ KMC_FROM_NULL, KMC_BY_KFREE_BULK, KMC_RELEASE(6, 1, 0), KMC_PAIR_BREACH, "FR-9" },
	{ KMC_FROM_NULL, KMC_BY_FREE_PAGES, NOW, KMC_PAIR_NOOP, NULL },
	{ KMC_FROM_NULL, KMC_BY_FREE_PAGES_PAGE, NOW, KMC_PAIR_BREACH, "FR-9" },
	{ KMC_FROM_NULL, KMC_BY_FREE_CONTIG, NOW, KMC_PAIR_NONE, NULL },
	{ KMC_FROM_ZERO_SIZE, KMC_BY_KFREE_RCU, NOW, KMC_PAIR_BREACH, "FR-9" },
	{ KMC_FROM_ZERO_SIZE, KMC_BY_KFREE_NOLOCK, NOW, KMC_PAIR_NOOP, NULL },
	{ KMC_FROM_PAGE, KMC_BY_FREE_PAGES_PAGE, NOW, KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_PAGE, KMC_BY_KFREE, NOW, KMC_PAIR_BREACH, "PAGE-36" },
	{ KMC_FROM_PAGE_PLAIN, KMC_BY_PUT_PAGE, NOW, KMC_PAIR_BREACH, "PAGE-36" },
	{ KMC_FROM_PAGE_COMP, KMC_BY_PUT_PAGE, NOW, KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_PAGE_COMP, KMC_BY_FREE_CONTIG, KMC_RELEASE(6, 11, 0), KMC_PAIR_BREACH, "PAGE-36" },
	{ KMC_FROM_PAGE_COMP, KMC_BY_FREE_CONTIG, KMC_RELEASE(6, 12, 0), KMC_PAIR_WORKS, "PAGE-36" },
	{ KMC_FROM_GET, KMC_BY_FREE_PAGES, NOW, KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_EXACT, KMC_BY_FREE_EXACT, NOW, KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_EXACT, KMC_BY_FREE_PAGES, NOW, KMC_PAIR_BREACH, "PAGE-15" },
	{ KMC_FROM_FOLIO, KMC_BY_FREE_PAGES_PAGE, NOW, KMC_PAIR_WORKS, "PAGE-36" },
	{ KMC_FROM_ZS, KMC_BY_KFREE, NOW, KMC_PAIR_NONE, NULL },
	{ KMC_FROM_ZS, KMC_BY_ZS_FREE, NOW, KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_PERCPU, KMC_BY_FREE_PERCPU, NOW, KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_RUST, KMC_BY_RUST_FREE, NOW, KMC_PAIR_LEGAL, NULL },
	{ KMC_FROM_RUST, KMC_BY_KFREE, NOW, KMC_PAIR_BREACH, "FR-11" },
	{ KMC_FROM_UNKNOWN, KMC_BY_KFREE, NOW, KMC_PAIR_NONE, NULL },
};

static void known_cells(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cells) / sizeof(cells[0]); i++) {
		int rule = kmc_pairing_rule(cells[i].from, cells[i].by, cells[i].edition);

		if (kmc_pairing_of(cells[i].from, cells[i].by, cells[i].edition) !=
		    cells[i].pairing)
			fail_msg("cell %zu: %s by %s", i, kmc_provenance_name(cells[i].from),
				 kmc_free_column_name(cells[i].by));
		if (cells[i].rule)
			assert_string_equal(kmc_rule_at((size_t)rule)->id, cells[i].rule);
	}
}

/* Each allocator has a call that frees it, and each call something that it frees. */
static void nobody_is_stuck(void **state)
{
	(void)state;
	for (unsigned int from = KMC_FROM_KMALLOC; from < KMC_FROM_RUST; from++) {
		unsigned int legal = 0;

		for (unsigned int by = 0; by < KMC_NR_FREE_COLUMNS; by++)
			legal += kmc_pairing_of(from, by, NOW) <= KMC_PAIR_NOOP;
		if (!legal)
			fail_msg("%s cannot be freed", kmc_provenance_name(from));
	}
	for (unsigned int by = 0; by < KMC_NR_FREE_COLUMNS; by++) {
		unsigned int legal = 0;

		for (unsigned int from = KMC_FROM_KMALLOC; from < KMC_FROM_RUST; from++)
			legal += kmc_pairing_of(from, by, NOW) == KMC_PAIR_LEGAL;
		if (!legal)
			fail_msg("%s frees nothing", kmc_free_column_name(by));
	}
}

/* A later edition takes nothing back but what it says: NULL in bulk frees. */
static void editions_only_allow_more(void **state)
{
	static const uint32_t editions[] = { KMC_RELEASE(5, 4, 0), KMC_RELEASE(5, 17, 0), G3, G4,
					     KMC_RELEASE(6, 12, 0), NOW };

	(void)state;
	for (unsigned int from = 1; from < KMC_FROM_RUST; from++) {
		for (unsigned int by = 0; by < KMC_NR_FREE_COLUMNS; by++) {
			for (unsigned int e = 0; e + 1 < 6; e++) {
				bool was = kmc_pairing_of(from, by, editions[e]) <= KMC_PAIR_NOOP;
				bool is = kmc_pairing_of(from, by, editions[e + 1]) <= KMC_PAIR_NOOP;

				if (from == KMC_FROM_NULL && by == KMC_BY_KFREE_BULK)
					continue;
				assert_true(is || !was);
			}
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_cells),
		cmocka_unit_test(nobody_is_stuck),
		cmocka_unit_test(editions_only_allow_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
