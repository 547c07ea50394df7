/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the host has mapped in the window. It begins as nothing: an access faults. An
 * area has memory of its own there or, with KMC_OPT_VMALLOC_ALIASED and for vmap(),
 * its very frames a second time.
 *
 * back[] remembers what is mapped, page by page, whatever resets come between. So an
 * area that gets addresses used before costs no system call: a free leaves memory of
 * its own where it is, and only a guard page is taken away. AddressSanitizer tells of
 * uses after the free. Mappings of frames go away with the area, unless the driver wants
 * mappings kept: then only another use of the page ends them, and guards are marked for
 * AddressSanitizer alone.
 *
 * A process may have some 65000 mappings, so they are counted. When there are too many,
 * further areas get their guard page too: one mapping then holds many of them.
 */
#include <errno.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "machine.h"
#include "vmalloc_core.h"

#define MAPPINGS_MAX 30000u
/* Memory that a machine keeps for areas to come when it is reset: 64 MiB. */
#define KEPT_PAGES 16384u

/* As frames.c: past a run time that would write the shadow of all that is mapped. */
static void *map_at(void *at, size_t bytes, int prot, int flags, int fd, off_t offset)
{
#ifdef KMC_ASAN
	return (void *)syscall(SYS_mmap, at, bytes, prot, flags, fd, offset);
#else
	return mmap(at, bytes, prot, flags, fd, offset);
#endif
}

int kmc_vmap_host_boot(struct kmc_sim *sim)
{
	struct kmc_sim_private *priv = sim->priv;
	size_t bytes = sim->vmalloc_bytes;
	void *p = map_at(NULL, bytes + PMD_SIZE, PROT_NONE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (p == MAP_FAILED)
		return -ENOMEM;
	priv->vmalloc_map = p;
	/* Nothing of the machine's state: whether an access faults is not. */
	priv->keep_mappings = sim->config.options & KMC_OPT_KEEP_MAPPINGS;
	sim->config.options &= ~KMC_OPT_KEEP_MAPPINGS;
	sim->vmalloc_base = (uint8_t *)(((uintptr_t)p + PMD_SIZE - 1) & ~(PMD_SIZE - 1));
	p = map_at(NULL, (bytes >> PAGE_SHIFT) * sizeof(uint32_t), PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p == MAP_FAILED)
		return -ENOMEM;
	priv->vmalloc_back = p;
	return 0;
}

static void unmap(void *start, size_t bytes)
{
#ifdef KMC_ASAN
	syscall(SYS_munmap, start, bytes);
#else
	munmap(start, bytes);
#endif
}

void kmc_vmap_host_end(struct kmc_sim *sim)
{
	struct kmc_sim_private *priv = sim->priv;

	/* Whoever maps these addresses next must not find our poison. */
	if (priv->vmalloc_map && priv->vmalloc_used)
		kmc_unpoison(sim->vmalloc_base, (size_t)priv->vmalloc_used << PAGE_SHIFT);
	if (priv->vmalloc_map)
		unmap(priv->vmalloc_map, sim->vmalloc_bytes + PMD_SIZE);
	if (priv->vmalloc_back)
		unmap(priv->vmalloc_back, (sim->vmalloc_bytes >> PAGE_SHIFT) * sizeof(uint32_t));
}

static void raise_to(uint32_t *most, uint32_t end)
{
	uint32_t seen = __atomic_load_n(most, __ATOMIC_RELAXED);

	while (seen < end && !__atomic_compare_exchange_n(most, &seen, end, true, __ATOMIC_RELAXED,
							  __ATOMIC_RELAXED))
		;
}

static void used_up_to(struct kmc_sim_private *priv, uint32_t end)
{
	raise_to(&priv->vmalloc_used, end);
	raise_to(&priv->vmalloc_resident, end);
}

/* Where the host needs another mapping than for the page below. */
static uint32_t edges(const struct kmc_sim *sim, uint32_t page, uint32_t nr)
{
	const uint32_t *back = sim->priv->vmalloc_back;
	uint32_t n = 0, end = page + nr;

	if (end == sim->vmalloc_bytes >> PAGE_SHIFT)
		end--;
	for (uint32_t i = page ? page : 1; i <= end; i++)
		n += back[i] > BACK_OWN ? back[i] != back[i - 1] + 1 : back[i] != back[i - 1];
	return n;
}

static void note(struct kmc_sim *sim, uint32_t page, uint32_t nr, uint32_t back)
{
	struct kmc_sim_private *priv = sim->priv;
	uint32_t before = edges(sim, page, nr);

	for (uint32_t i = 0; i < nr; i++)
		priv->vmalloc_back[page + i] = back > BACK_OWN ? back + i : back;
	__atomic_fetch_add(&priv->vmalloc_mappings, edges(sim, page, nr) - before,
			   __ATOMIC_RELAXED);
}

static bool too_many(const struct kmc_sim *sim)
{
	return __atomic_load_n(&sim->priv->vmalloc_mappings, __ATOMIC_RELAXED) > MAPPINGS_MAX;
}

/* How many pages from @page on are like it: frames count as one kind. */
static uint32_t run_of(const struct kmc_sim *sim, uint32_t page, uint32_t nr)
{
	const uint32_t *back = sim->priv->vmalloc_back + page;
	uint32_t first = back[0] > BACK_OWN ? 2 : back[0], i = 1;

	while (i < nr && (back[i] > BACK_OWN ? 2 : back[i]) == first)
		i++;
	return i;
}

#define JUNK_BYTES (64ul << 10)

KMC_NO_ASAN static void junk(void *at, size_t bytes)
{
	volatile uint64_t *word = at;

	for (size_t i = 0; i < bytes / sizeof(*word); i++)
		word[i] = 0x8b8b8b8b8b8b8b8bull;
}

/*
 * As the frames: who forgets to zero an area is to be found out in a fresh process too. At both
 * ends of a large one: each page that is touched is one for the host to find.
 */
static void scribble(const struct kmc_sim *sim, uint8_t *at, size_t bytes)
{
	if (!sim->priv->dirty_memory)
		return;
	if (bytes <= 2 * JUNK_BYTES) {
		junk(at, bytes);
		return;
	}
	junk(at, JUNK_BYTES);
	junk(at + bytes - JUNK_BYTES, JUNK_BYTES);
}

static bool set_own(struct kmc_sim *sim, uint32_t page, uint32_t nr)
{
	void *at = vm_address(sim, page);
	size_t bytes = (size_t)nr << PAGE_SHIFT;

	/* Below a mapping that faults lies what was there before. */
	if (sim->priv->vmalloc_back[page] == BACK_NONE)
		return !mprotect(at, bytes, PROT_READ | PROT_WRITE);
	return map_at(at, bytes, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == at;
}

bool vm_back_own(struct kmc_sim *sim, uint32_t page, uint32_t nr)
{
	const uint32_t *back = sim->priv->vmalloc_back;
	uint32_t end = page + nr;

	used_up_to(sim->priv, end + 1);
	if (unlikely(too_many(sim)) && end < sim->vmalloc_bytes >> PAGE_SHIFT)
		end++;
	while (page < end) {
		uint32_t run = run_of(sim, page, end - page);

		if (back[page] != BACK_OWN) {
			if (!set_own(sim, page, run))
				return false;
			scribble(sim, vm_address(sim, page), (size_t)run << PAGE_SHIFT);
			note(sim, page, run, BACK_OWN);
		}
		page += run;
	}
	return true;
}

/* Frames one after the other that pages one after the other name. */
static uint32_t frame_run(const struct kmc_vmalloc_state *vs, uint32_t page, uint32_t nr)
{
	uint32_t i = 1;

	while (i < nr && vs->pte[page + i] == vs->pte[page] + i)
		i++;
	return i;
}

/* A kept mapping may show the frame already. */
static uint32_t shown_run(const struct kmc_sim *sim, uint32_t page, uint32_t nr)
{
	const uint32_t *pte = sim->vmalloc->pte;
	uint32_t i = 0;

	while (i < nr && sim->priv->vmalloc_back[page + i] == BACK_FRAME(pte[page + i] - 1))
		i++;
	return i;
}

bool vm_back_frames(struct kmc_sim *sim, uint32_t page, uint32_t nr)
{
	const struct kmc_vmalloc_state *vs = sim->vmalloc;
	struct kmc_sim_private *priv = sim->priv;
	uint32_t end = page + nr, run;

	used_up_to(priv, end + 1);
	if (kmc_frames_share(sim))
		return false;
	for (; page < end; page += run) {
		uint64_t pfn = vs->pte[page] - 1;
		void *at = vm_address(sim, page);

		run = shown_run(sim, page, end - page);
		if (run)
			continue;
		run = frame_run(vs, page, end - page);
		if (map_at(at, (size_t)run << PAGE_SHIFT, PROT_READ | PROT_WRITE,
			   MAP_SHARED | MAP_NORESERVE | MAP_FIXED, priv->frames_fd,
			   (off_t)((pfn - priv->first_pfn) << PAGE_SHIFT)) != at)
			return false;
		note(sim, page, run, BACK_FRAME(pfn));
	}
	return true;
}

static void set_none(struct kmc_sim *sim, uint32_t page, uint32_t nr)
{
	struct kmc_sim_private *priv = sim->priv;
	void *at = vm_address(sim, page);
	size_t bytes = (size_t)nr << PAGE_SHIFT;

	if (priv->vmalloc_back[page] == BACK_OWN) {
		if (too_many(sim) || mprotect(at, bytes, PROT_NONE))
			return; /* a guard that does not guard */
	} else {
		KMC_BUG_ON(map_at(at, bytes, PROT_NONE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1,
				  0) != at);
	}
	note(sim, page, nr, BACK_NONE);
}

static void back_none(struct kmc_sim *sim, uint32_t page, uint32_t nr)
{
	const uint32_t *back = sim->priv->vmalloc_back;
	uint32_t end = page + nr;

	while (page < end) {
		uint32_t run = run_of(sim, page, end - page);

		if (back[page] != BACK_NONE)
			set_none(sim, page, run);
		page += run;
	}
}

void vm_back_none(struct kmc_sim *sim, uint32_t page, uint32_t nr)
{
	if (sim->priv->keep_mappings && !too_many(sim))
		kmc_poison(vm_address(sim, page), (size_t)nr << PAGE_SHIFT);
	else
		back_none(sim, page, nr);
}

/*
 * What lies above goes back to the host: one program's areas may be of GiB. It is nobody's
 * then: pages that came back as zeros would hide who forgets to zero.
 */
void kmc_vmap_host_trim(struct kmc_sim *sim)
{
	struct kmc_sim_private *priv = sim->priv;
	uint32_t end = priv->vmalloc_resident, nr_pages = (uint32_t)(sim->vmalloc_bytes >> PAGE_SHIFT);

	if (likely(end <= KEPT_PAGES))
		return;
	if (end > nr_pages)
		end = nr_pages;
	madvise(vm_address(sim, KEPT_PAGES), (size_t)(end - KEPT_PAGES) << PAGE_SHIFT, MADV_DONTNEED);
	back_none(sim, KEPT_PAGES, end - KEPT_PAGES);
	priv->vmalloc_resident = KEPT_PAGES;
}

bool vm_is_own(const struct kmc_sim *sim, uint32_t page)
{
	return sim->priv->vmalloc_back[page] == BACK_OWN;
}
