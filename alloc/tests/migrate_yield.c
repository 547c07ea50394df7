/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Three cpus on one thread, interleaved at the allocator's yield points: pages
 * are taken, freed, moved by hand, compacted and driven out of ranges by the one
 * while the others hold them. The same seed gives the same end.
 */
#include "machine_fixture.h"
#include "alloc/movable.h"

#define CPUS  3
#define SLOTS 96
#define STEPS 150

static struct slot {
	bool locked;
	struct page *page; /* NULL: empty */
	unsigned int order;
	uint64_t stamp;
} slots[SLOTS];
static uint64_t stamps;
static unsigned int nr_moved;

static struct slot *slot_of(const struct page *page)
{
	for (unsigned int i = 0; i < SLOTS; i++)
		if (slots[i].page == page)
			return &slots[i];
	return NULL;
}

static bool on_isolate(void *arg, struct page *page)
{
	struct slot *s = slot_of(page);

	(void)arg;
	if (!s || s->locked)
		return false;
	s->locked = true;
	return true;
}

static void on_moved(void *arg, struct page *from, struct page *to)
{
	struct slot *s = slot_of(from);

	(void)arg;
	assert_non_null(s);
	s->page = to;
	s->locked = false;
	nr_moved++;
}

static void on_stay(void *arg, struct page *page)
{
	(void)arg;
	slot_of(page)->locked = false;
}

static const struct kmc_holder_ops holder = { .isolate = on_isolate, .moved = on_moved,
					      .stay = on_stay };

static uint64_t *stamp_of(const struct slot *s)
{
	return (uint64_t *)page_address(s->page) + 3;
}

static void use_slot(struct slot *s, uint64_t rng)
{
	struct page *page = s->page;

	if (s->locked)
		return;
	s->locked = true;
	if (page) {
		assert_int_equal(*stamp_of(s), s->stamp);
		kmc_sim_movable_del(page);
		s->page = NULL;
		__free_pages(page, s->order);
	} else {
		unsigned int order = rng >> 30 & 1;

		page = alloc_pages(GFP_HIGHUSER_MOVABLE | __GFP_COMP | __GFP_NOWARN, order);
		if (page) {
			s->page = page;
			s->order = order;
			s->stamp = ++stamps;
			*stamp_of(s) = s->stamp;
			kmc_sim_movable_add(page);
		}
	}
	s->locked = false;
}

static void actor(void *arg)
{
	uint64_t rng = (uintptr_t)arg;

	for (int i = 0; i < STEPS; i++) {
		struct slot *s = &slots[rng >> 40 & 63];

		rng = rng * 6364136223846793005ull + 1442695040888963407ull;
		switch (rng >> 50 & 15) {
		case 0:
			kmc_sim_compact_node(sim, 0);
			break;
		case 1: {
			uint64_t start = 4096 + (rng >> 33) % 1500;

			if (!alloc_contig_range(start, start + 40, ACR_FLAGS_NONE, GFP_KERNEL))
				free_contig_range(start, 40);
			break;
		}
		case 2: case 3:
			if (s->page)
				kmc_sim_migrate_page(s->page);
			break;
		default:
			use_slot(s, rng);
		}
	}
}

static unsigned int draw(void *arg, unsigned int cpu, const char *point, uint64_t mask)
{
	uint64_t *rng = arg;

	(void)cpu;
	(void)point;
	do
		*rng = *rng * 6364136223846793005ull + 1442695040888963407ull;
	while (!(mask >> (*rng >> 33) % CPUS & 1));
	return (unsigned int)((*rng >> 33) % CPUS);
}

static uint64_t run(uint64_t seed)
{
	struct kmc_sim_config c = {
		.nr_cpus = CPUS, .nr_nodes = 1, .nr_zones = 1, .profile = KMC_PROFILE_6_18_44,
		.zones = { { .type = KMC_ZONE_NORMAL, .start_pfn = 4096, .nr_pages = 4096 } },
	};
	struct kmc_co co[CPUS];
	uint64_t hash;

	memset(slots, 0, sizeof(slots));
	stamps = 0;
	boot_config(&c);
	kmc_sim_holder(sim, &holder, NULL);
	kmc_sim_unbind();
	for (unsigned int i = 0; i < CPUS; i++)
		co[i] = (struct kmc_co){ i, actor, (void *)(uintptr_t)(seed * 31 + i) };
	assert_int_equal(kmc_co_run(sim, co, CPUS, draw, &seed), 0);
	assert_int_equal(kmc_sim_bind(sim, 0), 0);
	hash = kmc_sim_hash(sim);
	for (unsigned int i = 0; i < SLOTS; i++)
		if (slots[i].page)
			use_slot(&slots[i], 0);
	kmc_page_flush_cpu(sim, kmc_this_cpu);
	kmc_flush_cpus(sim, FLUSH_PCP);
	kmc_sim_check(sim);
	assert_int_equal(zone_info(0).nr_free, 4096);
	power_off();
	return hash;
}

static void cpt6_interleaved(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 60; seed++)
		assert_int_equal(run(seed), run(seed));
	printf("%u pages moved\n", nr_moved);
	assert_true(nr_moved > 200);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpt6_interleaved),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
