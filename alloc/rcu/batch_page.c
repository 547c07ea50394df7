/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A page of the machine that holds addresses of blocks to be freed, as the
 * kernel's bulk pages do. Addresses are kernel-like, so that the page's bytes
 * are the same in every process.
 */
#include "rcu_core.h"

/*
 * 16 bytes of header leave 510 places (6.1), 40 bytes 507 (6.6 and later, which
 * keep the page's grace period there). Rule: RCU-1. Model: exact (R8).
 */
struct batch_page {
	uint64_t next;
	uint64_t nr;
	uint64_t cookie; /* from here on addresses, up to 6.1 */
	uint64_t unused[2];
	uint64_t later_places[507];
};
_Static_assert(sizeof(struct batch_page) == PAGE_SIZE, "fills its page");

static bool keeps_cookie(const struct kmc_sim *sim)
{
	return sim->config.profile >= KMC_PROFILE_6_6_9;
}

static struct batch_page *page_at(struct kmc_sim *sim, uint64_t page)
{
	return kmc_sim_pointer(sim, page);
}

static uint64_t *places(const struct kmc_sim *sim, struct batch_page *p)
{
	return keeps_cookie(sim) ? p->later_places : &p->cookie;
}

unsigned int kmc_batch_page_room(const struct kmc_sim *sim)
{
	return keeps_cookie(sim) ? 507 : 510;
}

uint64_t kmc_batch_page_next(struct kmc_sim *sim, uint64_t page)
{
	return page_at(sim, page)->next;
}

void kmc_batch_page_link(struct kmc_sim *sim, uint64_t page, uint64_t next)
{
	page_at(sim, page)->next = next;
}

unsigned int kmc_batch_page_count(struct kmc_sim *sim, uint64_t page)
{
	return (unsigned int)page_at(sim, page)->nr;
}

uint64_t kmc_batch_page_cookie(struct kmc_sim *sim, uint64_t page)
{
	return keeps_cookie(sim) ? page_at(sim, page)->cookie : 0;
}

void kmc_batch_page_clear(struct kmc_sim *sim, uint64_t page, uint64_t next)
{
	struct batch_page *p = page_at(sim, page);

	p->next = next;
	p->nr = 0;
	p->cookie = 0;
}

bool kmc_batch_page_add(struct kmc_sim *sim, uint64_t page, const void *ptr, uint64_t cookie)
{
	struct batch_page *p = page_at(sim, page);

	if (p->nr == kmc_batch_page_room(sim))
		return false;
	places(sim, p)[p->nr++] = kmc_sim_address(sim, ptr);
	if (keeps_cookie(sim))
		p->cookie = cookie;
	return true;
}

unsigned int kmc_batch_page_take(struct kmc_sim *sim, uint64_t page, void **objects)
{
	struct batch_page *p = page_at(sim, page);
	unsigned int nr = (unsigned int)p->nr;

	for (unsigned int i = 0; i < nr; i++)
		objects[i] = kmc_sim_pointer(sim, places(sim, p)[i]);
	return nr;
}
