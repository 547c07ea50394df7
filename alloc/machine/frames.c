/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The contents of the page frames: one mapping for the whole of physical
 * memory, backed by the host only where it was written. Aligned so that an
 * address has the alignment of its frame number, up to 4 MiB.
 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "machine.h"

#define FRAMES_ALIGN (PAGE_SIZE << MAX_PAGE_ORDER)
/* Shadow of more would cost too much at boot: larger machines poison a frame when it is freed. */
#define POISON_AT_BOOT_MAX (256ul << 20)

/*
 * Some ASan run times write the whole shadow of what is mapped or unmapped, an
 * eighth of a machine that may never be used: go past them.
 */
static void *map(size_t bytes)
{
#ifdef KMC_ASAN
	return (void *)syscall(SYS_mmap, NULL, bytes, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1L, 0L);
#else
	return mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1L, 0L);
#endif
}

static void unmap(void *start, size_t bytes)
{
#ifdef KMC_ASAN
	syscall(SYS_munmap, start, bytes);
#else
	munmap(start, bytes);
#endif
}

static uint64_t first_pfn_of(const struct kmc_sim_config *config)
{
	uint64_t first = UINT64_MAX;

	for (unsigned int i = 0; i < config->nr_zones; i++)
		if (config->zones[i].start_pfn < first)
			first = config->zones[i].start_pfn;
	return first & ~(uint64_t)(FRAMES_ALIGN / PAGE_SIZE - 1);
}

#define JUNK_BYTES (2u << 20)

/* A file without a name that holds junk; no byte of it is zero. */
static int make_junk(void)
{
	int fd = memfd_create("kmconform-junk", MFD_CLOEXEC);
	uint8_t *junk;

	if (fd < 0)
		return -1;
	junk = ftruncate(fd, JUNK_BYTES) ? MAP_FAILED :
	       mmap(NULL, JUNK_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (junk == MAP_FAILED) {
		close(fd);
		return -1;
	}
	for (size_t i = 0; i < PAGE_SIZE; i++)
		junk[i] = (uint8_t)(0x81 | i * 37 >> 3);
	for (size_t at = PAGE_SIZE; at < JUNK_BYTES; at += PAGE_SIZE)
		memcpy(junk + at, junk, PAGE_SIZE);
	munmap(junk, JUNK_BYTES);
	return fd;
}

/* One for all machines of the process, which map it privately: nobody writes to it. */
static int junk_file(void)
{
	static int kept = -1;
	int fd = __atomic_load_n(&kept, __ATOMIC_ACQUIRE), none = -1;

	if (fd >= 0)
		return fd;
	fd = make_junk();
	if (fd >= 0 && !__atomic_compare_exchange_n(&kept, &none, fd, false, __ATOMIC_ACQ_REL,
						    __ATOMIC_ACQUIRE)) {
		close(fd);
		fd = none;
	}
	return fd;
}

/*
 * Who forgets to zero memory is to be found out in a fresh process too. The same
 * pages of a file everywhere: a frame costs memory only once it is written.
 */
static int make_dirty(uint8_t *start, size_t bytes)
{
	int fd = junk_file();
	int err = fd < 0 ? -ENOMEM : 0;

	for (size_t at = 0; at < bytes && !err; at += JUNK_BYTES) {
		size_t nr = bytes - at < JUNK_BYTES ? bytes - at : JUNK_BYTES;

		if ((void *)syscall(SYS_mmap, start + at, nr, PROT_READ | PROT_WRITE,
				    MAP_PRIVATE | MAP_FIXED | MAP_NORESERVE, (long)fd, 0L) != start + at)
			err = -ENOMEM;
	}
	return err;
}

int kmc_frames_map(struct kmc_sim *sim)
{
	struct kmc_sim_private *priv = sim->priv;
	size_t bytes;
	uint8_t *start, *aligned;

	priv->first_pfn = first_pfn_of(&sim->config);
	bytes = (size_t)(sim->max_pfn - priv->first_pfn) << PAGE_SHIFT;
	priv->frames_bytes = bytes + FRAMES_ALIGN;
	start = map(priv->frames_bytes);
	if (start == MAP_FAILED)
		return -ENOMEM;
	priv->frames_map = start;
	priv->frames_fd = -1;
	aligned = (uint8_t *)(((uintptr_t)start + FRAMES_ALIGN - 1) & ~(FRAMES_ALIGN - 1));
	sim->frames = (uint8_t *)((uintptr_t)aligned - (priv->first_pfn << PAGE_SHIFT));
	if (sim->config.options & KMC_OPT_DIRTY_MEMORY && make_dirty(aligned, bytes))
		return -ENOMEM;
	priv->dirty_memory = sim->config.options & KMC_OPT_DIRTY_MEMORY;
	/* Nothing of the machine's state: what is in memory nobody wrote is not. */
	sim->config.options &= ~KMC_OPT_DIRTY_MEMORY;
	if (bytes <= POISON_AT_BOOT_MAX)
		kmc_poison(aligned, bytes);
	return sim->config.options & KMC_OPT_VMALLOC_ALIASED ? kmc_frames_share(sim) : 0;
}

struct move {
	uint8_t *to;
	uint64_t first_pfn;
};

static void frame_move(struct kmc_sim *sim, uint64_t pfn, void *arg)
{
	const struct move *move = arg;
	const void *frame = pfn_to_virt_in(sim, pfn);

	if (!kmc_page_all_zero(frame))
		kmc_raw_copy(move->to + ((pfn - move->first_pfn) << PAGE_SHIFT), frame, PAGE_SIZE);
}

/*
 * From now on the frames are a mapping of a file, so that a second one can show the
 * same memory. Not from the start: private memory is cheaper to touch first, and a
 * process that forks shares no machine with its child.
 */
int kmc_frames_share(struct kmc_sim *sim)
{
	struct kmc_sim_private *priv = sim->priv;
	size_t bytes = (size_t)(sim->max_pfn - priv->first_pfn) << PAGE_SHIFT;
	void *at = pfn_to_virt_in(sim, priv->first_pfn);
	struct move move = { .first_pfn = priv->first_pfn };
	int fd;

	if (priv->frames_fd >= 0)
		return 0;
	fd = memfd_create("kmconform-frames", MFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (ftruncate(fd, (off_t)bytes))
		goto out;
	move.to = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, fd, 0);
	if (move.to == MAP_FAILED)
		goto out;
	if (sim->pages) /* not at boot, when there is nothing yet */
		kmc_each_frame_in_use(sim, frame_move, &move);
	if ((void *)syscall(SYS_mremap, move.to, bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED,
			    at) != at) {
		munmap(move.to, bytes);
		goto out;
	}
	priv->frames_fd = fd;
	return 0;
out:
	close(fd);
	return -ENOMEM;
}

#ifdef KMC_ASAN
static void unpoison_block_of(struct kmc_sim *sim, uint64_t pfn)
{
	const uint64_t block = FRAMES_ALIGN / PAGE_SIZE;
	uint64_t first = pfn & ~(block - 1), end = first + block;

	if (end > sim->max_pfn)
		end = sim->max_pfn;
	kmc_unpoison(pfn_to_virt_in(sim, first), (end - first) << PAGE_SHIFT);
}
#endif

/*
 * Whoever maps these addresses next must not find our poison. Of a large
 * machine only frames that were in use can have any; the descriptor of their
 * block's head, at most 4 MiB below, was written then.
 */
static void unpoison_all(struct kmc_sim *sim)
{
#ifdef KMC_ASAN
	struct kmc_sim_private *priv = sim->priv;
	const uint64_t per_page = PAGE_SIZE / sizeof(struct page);
	size_t first;

	if (priv->frames_bytes <= POISON_AT_BOOT_MAX + FRAMES_ALIGN || !sim->pages) {
		kmc_unpoison(priv->frames_map, priv->frames_bytes);
		return;
	}
	first = (size_t)((uint8_t *)sim->pages - sim->arena) >> PAGE_SHIFT;
	for (uint64_t pfn = priv->first_pfn; pfn < sim->max_pfn; pfn += per_page)
		if (priv->ever_dirty[first + pfn / per_page])
			unpoison_block_of(sim, pfn);
#else
	(void)sim;
#endif
}

void kmc_frames_unmap(struct kmc_sim *sim)
{
	struct kmc_sim_private *priv = sim->priv;

	if (!priv->frames_map)
		return;
	unpoison_all(sim);
	unmap(priv->frames_map, priv->frames_bytes);
	if (priv->frames_fd >= 0)
		close(priv->frames_fd);
}
