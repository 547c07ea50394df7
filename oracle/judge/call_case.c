// SPDX-License-Identifier: GPL-2.0-or-later
/* What a call is: what it gives and takes (call_traits.def), and the case its rules are given. */
#include "call_parts.h"

const struct kmc_traits kmc_call_traits[KMC_OPCODE_END] = {
#define KMC_GIVES(op, from, traits) [KMC_OP_##op] = { .gives = KMC_FROM_##from, .how = traits },
#define KMC_TAKES(op, by, traits) [KMC_OP_##op] = { .takes = KMC_BY_##by + 1, .how = traits },
#include "call_traits.def"
};

bool kmc_call_requests(unsigned int code)
{
	return kmc_traits_of(code)->gives || code == KMC_OP_KMEM_CACHE_ALLOC_BULK ||
	       code == KMC_OP_ALLOC_PAGES_BULK || code == KMC_OP_ALLOC_PAGES_BULK_LIST;
}

static unsigned int bulk_parent(struct kmc_judge *judge, const struct kmc_event *ev)
{
	const struct kmc_open_call *parent = ev->parent ? kmc_open_find(judge, ev->parent) : NULL;

	switch (parent ? parent->what : 0) {
	case KMC_OP_KFREE_BULK:
	case KMC_OP_KMEM_CACHE_FREE_BULK:
	case KMC_OP_KMEM_CACHE_ALLOC_BULK:
	case KMC_OP_ALLOC_PAGES_BULK:
		return parent->what;
	case KMC_OP_ALLOC_PAGES_BULK_LIST: /* what is on a list is as what is in an array */
		return KMC_OP_ALLOC_PAGES_BULK;
	default:
		return 0;
	}
}

static unsigned int page_kind(unsigned int from, const struct kmc_event *ev)
{
	bool get = from == KMC_FROM_GET;

	if (!ev->order)
		return from;
	if (ev->gfp & KMC_GFP_COMP)
		return get ? KMC_FROM_GET_COMP : KMC_FROM_PAGE_COMP;
	return get ? KMC_FROM_GET_PLAIN : KMC_FROM_PAGE_PLAIN;
}

static unsigned int provenance_of(struct kmc_judge *judge, const struct kmc_case *c,
				  unsigned int from, unsigned int bulk)
{
	switch (from) {
	case KMC_FROM_KMALLOC:
		return c->size > judge->subject.machine.kmalloc_max_cache ?
			       KMC_FROM_KMALLOC_LARGE : KMC_FROM_KMALLOC;
	case KMC_FROM_CACHE:
		if (c->cache && c->cache->desc.ctor)
			return KMC_FROM_CACHE_CTOR;
		return c->cache && c->cache->desc.flags & KMC_CF_TYPESAFE_BY_RCU ?
			       KMC_FROM_CACHE_TYPESAFE : KMC_FROM_CACHE;
	case KMC_FROM_PAGE:
		return bulk == KMC_OP_ALLOC_PAGES_BULK ? KMC_FROM_PAGE_BULK : page_kind(from, c->ev);
	case KMC_FROM_GET:
		return page_kind(from, c->ev);
	case KMC_FROM_VMAP:
		return c->ev->addr2 & KMC_VMAP_PUT_PAGES ? KMC_FROM_VMAP_PUT : KMC_FROM_VMAP;
	default:
		return from;
	}
}

static bool is_array(const struct kmc_event *ev)
{
	switch (ev->what) {
	case KMC_OP_KMALLOC_ARRAY:
	case KMC_OP_KMALLOC_ARRAY_NODE:
	case KMC_OP_KCALLOC:
	case KMC_OP_KCALLOC_NODE:
	case KMC_OP_KVMALLOC_ARRAY:
	case KMC_OP_KVCALLOC:
		return true;
	default:
		return false;
	}
}

static unsigned int column_of(unsigned int takes, unsigned int bulk)
{
	/* kmem_cache_free_bulk(NULL, ...) is kfree_bulk: its entries are kfree calls. */
	if (bulk == KMC_OP_KFREE_BULK ||
	    (bulk == KMC_OP_KMEM_CACHE_FREE_BULK && takes - 1 == KMC_BY_KFREE))
		return KMC_BY_KFREE_BULK;
	return bulk == KMC_OP_KMEM_CACHE_FREE_BULK ? KMC_BY_CACHE_FREE_BULK : takes - 1;
}

void kmc_case_set(struct kmc_judge *judge, struct kmc_case *c, const struct kmc_event *ev)
{
	const struct kmc_traits *t = kmc_traits_of(ev->what);
	unsigned int bulk = bulk_parent(judge, ev);

	/* Member by member: a compiler clears a whole one with an instruction slow to begin. */
	c->ev = ev;
	c->call = kmc_call_name(judge, ev->what);
	c->addr = ev->addr;
	c->size = ev->size;
	c->granted = ev->granted > UINT32_MAX ? UINT32_MAX : (uint32_t)ev->granted;
	c->gfp = ev->gfp;
	c->from = KMC_FROM_UNKNOWN;
	c->by = KMC_BY_NOBODY;
	c->array = is_array(ev);
	c->emptied = c->overflow = false;
	c->zeroed = t->how & Z || ev->gfp & KMC_GFP_ZERO;
	c->outermost = !ev->parent || bulk;
	c->effects = 0;
	c->cache = ev->cache < judge->nr_caches ? judge->caches[ev->cache] : NULL;
	c->block = NULL;
	c->other = NULL;
	c->open = NULL;
	c->value = 0;
	c->chain = NULL;
	c->pending = NULL;
	c->pool = NULL;
	c->source = NULL;
	c->request = NULL;
	_Static_assert(sizeof(*c) == 136, "a new member is set here as well");
	if (c->array && __builtin_mul_overflow(ev->arg, ev->addr2, &c->size)) {
		c->overflow = true;
		c->size = UINT64_MAX;
	}
	if (t->gives)
		c->from = (uint8_t)provenance_of(judge, c, t->gives, bulk);
	if (t->takes)
		c->by = (uint8_t)column_of(t->takes, bulk);
}
