// SPDX-License-Identifier: GPL-2.0-or-later
/* VM: areas: their bytes, pages, neighbours, and how they go. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define BIT(effect) (1u << KMC_EFF_##effect)

static uint64_t total_pages(const struct kmc_judge *j)
{
	uint64_t pages = 0;

	for (unsigned int i = 0; i < j->subject.machine.nr_zones; i++)
		pages += j->subject.machine.zones[i].nr_pages;
	return pages;
}

KMC_RULE_FN(VM_1)
{
	KMC_VERDICT(VM_1, c->ev->addr2, "hole", (j, "every page of an area is there"),
		    (j, "nothing is behind " ADDR, c->ev->addr));
}

#define ZEROED(token, words)                                                                       \
	KMC_VERDICT(token, c->open->dirty == 1, "zero", (j, words),                                \
		    (j, "the byte at " ADDR " is not zero", c->open->dirty_at))

KMC_RULE_FN(VM_2)
{
	ZEROED(VM_2, "memory asked for zeroed reads zero");
}

KMC_RULE_FN(VM_3)
{
	ZEROED(VM_3, "memory for user space reads zero to the end of its last page");
}

KMC_RULE_FN(VM_4)
{
	uint64_t pfn = (c->ev->addr2 - j->subject.machine.direct_map) / KMC_PAGE;

	KMC_VERDICT(VM_4, !c->ev->addr2 || pfn < 1u << 20, "below-4g",
		    (j, "pages of %s lie below 4 GiB", c->call),
		    (j, "the page behind " ADDR " is frame " NUM, c->ev->addr, pfn));
}

KMC_RULE_FN(VM_5)
{
	uint64_t pages = c->size / KMC_PAGE + (c->size % KMC_PAGE != 0), most = total_pages(j);

	if (c->size && (!most || pages <= most))
		return;
	KMC_VERDICT(VM_5, c->ev->outcome == KMC_OUT_NULL, c->size ? "too-large" : "zero-size",
		    (j, "vmalloc(" NUM ") returns NULL: there are " NUM " pages", c->size, most),
		    (j, "it returned " ADDR, c->addr));
}

/* What an edition does not support: rules-slab R9. */
static uint32_t unsupported(const struct kmc_judge *j)
{
	uint32_t edition = j->subject.edition;
	uint32_t bad = KMC_GFP_DMA | KMC_GFP_DMA32 | KMC_GFP_HIGHMEM;

	if (edition < KMC_RELEASE(7, 1, 0))
		bad |= KMC_GFP_NORETRY | KMC_GFP_RETRY_MAYFAIL;
	if (edition < KMC_RELEASE(5, 17, 0))
		bad |= KMC_GFP_NOFAIL;
	return bad;
}

KMC_RULE_FN(VM_6)
{
	uint32_t bad = c->gfp & unsupported(j);
	bool blocks = c->gfp & KMC_GFP_DIRECT_RECLAIM ||
		      j->subject.edition >= KMC_RELEASE(6, 19, 0);

	KMC_VERDICT(VM_6, !bad && blocks, bad ? "unsupported" : "non-blocking",
		    (j, "in this edition %s takes neither %#x nor, before 6.19, requests that may "
			"not block", c->call, unsupported(j)),
		    (j, "the flags are %#x", c->gfp));
}

KMC_RULE_FN(VM_7)
{
	const uint32_t both = KMC_GFP_NOFAIL | KMC_GFP_DIRECT_RECLAIM;

	if ((c->gfp & both) != both || !c->size || c->size / KMC_PAGE >= total_pages(j))
		return;
	/* In interrupt it is refused: VM-8. */
	if (c->ev->context != KMC_CTX_TASK && c->ev->context != KMC_CTX_UNKNOWN)
		return;
	KMC_VERDICT(VM_7, c->ev->outcome != KMC_OUT_NULL, "nofail",
		    (j, "__GFP_NOFAIL with direct reclaim never returns NULL"),
		    (j, "it returned NULL"));
}

KMC_RULE_FN(VM_9)
{
	KMC_VERDICT(VM_9, !c->other, "guard", (j, "between two areas lies a page that is in none"),
		    (j, "B lies next to [" ADDR ", " ADDR ")", c->addr, c->addr + c->size));
}

KMC_RULE_FN(VM_10)
{
	KMC_VERDICT(VM_10, c->effects & BIT(WARNED) && !c->open->notes.pages_back, "unknown",
		    (j, "vfree of an address that is no area's warns and changes nothing"),
		    (j, "it had the effects %#x", c->effects));
}

static bool in_interrupt(const struct kmc_event *ev)
{
	return ev->context == KMC_CTX_SOFTIRQ || ev->context == KMC_CTX_HARDIRQ;
}

/* Seen after a free that is to be put off. */
static bool is_backing(const struct kmc_case *c)
{
	return c->ev->kind == KMC_EV_EFFECT;
}

KMC_RULE_FN(VM_11)
{
	if (!in_interrupt(c->ev) || !c->other)
		return;
	if (is_backing(c)) {
		KMC_VERDICT(VM_11, c->ev->addr2, "at-once",
			    (j, "vfree in an interrupt is deferred: the area stays for the moment"),
			    (j, "nothing is behind " ADDR " any more", c->ev->addr));
		return;
	}
	KMC_VERDICT(VM_11, !c->open->notes.pages_back && !(c->effects & BIT(SLEPT)), "deferred",
		    (j, "vfree in an interrupt is deferred: nothing goes back, nobody sleeps"),
		    (j, "it had the effects %#x", c->effects));
}

KMC_RULE_FN(VM_12)
{
	if (is_backing(c))
		KMC_VERDICT(VM_12, c->ev->addr2, "at-once", (j, "vfree_atomic always defers"),
			    (j, "nothing is behind " ADDR " any more", c->ev->addr));
	else
		KMC_VERDICT(VM_12, !c->open->notes.pages_back && !(c->effects & BIT(SLEPT)),
			    "deferred", (j, "vfree_atomic always defers"),
			    (j, "it had the effects %#x", c->effects));
}

KMC_RULE_FN(VM_13)
{
	if (is_backing(c)) {
		KMC_VERDICT(VM_13, !c->ev->arg || c->ev->addr2 == c->ev->arg, "order",
			    (j, "vmap maps the pages in the order they were given: here " ADDR,
			     c->ev->arg),
			    (j, "behind " ADDR " is " ADDR, c->ev->addr, c->ev->addr2));
		return;
	}
	KMC_VERDICT(VM_13, !c->open->notes.pages_back, "pages",
		    (j, "vunmap takes the mapping away and leaves the pages to the caller"),
		    (j, NUM " bytes went back", c->open->notes.pages_back));
}

KMC_RULE_FN(VM_14)
{
	uint64_t back = c->open->notes.pages_back;

	if (!back)
		return; /* how pages go is not shown, or they wait */
	KMC_VERDICT(VM_14, back == kmc_life_size(c->other), "pages",
		    (j, "an area mapped with VM_MAP_PUT_PAGES gives each of its pages back once: "
			NUM " bytes", kmc_life_size(c->other)),
		    (j, NUM " bytes went back", back));
}

KMC_RULE_FN(VM_16)
{
	uint64_t pages = kmc_life_size(c->other) / KMC_PAGE;

	KMC_VERDICT(VM_16, c->ev->arg == pages, "count",
		    (j, "B was mapped with " NUM " pages and is unmapped with as many", pages),
		    (j, "the count is " NUM, c->ev->arg));
}

KMC_RULE_FN(VM_18)
{
	if (c->ev->kind != KMC_EV_EFFECT) {
		KMC_VERDICT(VM_18, !c->value, "purge",
			    (j, "after vm_unmap_aliases() no area waits to be purged"),
			    (j, NUM " areas that were freed before wait still", c->value));
		return;
	}
	KMC_VERDICT(VM_18, !c->ev->addr2, "alias",
		    (j, "after vm_unmap_aliases() nothing is mapped where an area was"),
		    (j, ADDR " still shows " ADDR, c->ev->addr, c->ev->addr2));
}

KMC_RULE_FN(VM_19)
{
	const struct kmc_machine *machine = &j->subject.machine;
	bool inside = c->addr >= machine->vmalloc_start && c->addr < machine->vmalloc_end;

	if (!machine->vmalloc_end)
		return;
	KMC_VERDICT(VM_19, (c->ev->arg != 0) == inside, "range",
		    (j, "is_vmalloc_addr(" ADDR ") is %d, a test of the range", c->addr, inside),
		    (j, "it is " NUM, c->ev->arg));
}

KMC_RULE_FN(VM_20)
{
	if (!c->other || c->other->from != KMC_FROM_VMALLOC)
		return;
	KMC_VERDICT(VM_20, c->ev->arg, "page", (j, "each byte of an area has its page"),
		    (j, "there is none behind " ADDR, c->addr));
}

KMC_RULE_FN(VM_25)
{
	if (!(c->gfp & unsupported(j)) || c->ev->what != KMC_OP_VMALLOC_GFP)
		return;
	KMC_VERDICT(VM_25, c->effects & BIT(WARNED), "stripped",
		    (j, "flags that are not supported are taken off, with a warning"),
		    (j, "there was none"));
}

/* Its pages go with it; those of slabs and page tables that came on the way stay. */
KMC_RULE_FN(VM_23)
{
	const struct kmc_notes *notes = &c->open->notes;

	if (!notes->saw_points || kmc_release_of(j) >= KMC_RELEASE(6, 19, 0))
		return;
	KMC_VERDICT(VM_23, notes->areas_kept <= 0, "area",
		    (j, "a vmalloc that fails leaves no area behind"),
		    (j, "%d stayed", notes->areas_kept));
}

/* A node is asked for first, and no other is ruled out. */
KMC_RULE_FN(VM_22)
{
	const struct kmc_notes *notes = &c->open->notes;

	if (!notes->nr_page_gets && !notes->nr_page_fails)
		return;
	KMC_VERDICT(VM_22, !(notes->page_gfp_all & KMC_GFP_THISNODE), "node",
		    (j, "%s prefers its node, and takes pages of others", c->call),
		    (j, "pages were asked for with flags %#x, of that node alone",
		     notes->page_gfp_all));
}
