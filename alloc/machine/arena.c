/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The arena: one mapping that holds all mutable state of a machine, a byte
 * per 4 KiB page that says which eighths of it differ from boot, the list of such
 * pages, and the boot image. Reset copies back these eighths and nothing else.
 *
 * The image keeps, of each page that is not all zero, the extent from its
 * first to its last non-zero word. A large machine's descriptors are zero but
 * for one in 4 MiB, so its image is some hundred bytes per GiB.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "machine.h"

static void *map_zero(size_t bytes)
{
	void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

int kmc_arena_map(struct kmc_sim *sim, size_t bytes)
{
	size_t pages;

	bytes = (bytes + PAGE_SIZE - 1) & PAGE_MASK;
	pages = bytes >> PAGE_SHIFT;
	sim->arena = map_zero(bytes);
	sim->dirty = map_zero(pages);
	sim->priv->dirty_bytes = sizeof(struct kmc_dirty) + pages * sizeof(uint32_t);
	sim->dirty_list = map_zero(sim->priv->dirty_bytes);
	sim->priv->image.slot = map_zero(pages * sizeof(uint32_t));
#ifdef KMC_ASAN
	sim->priv->ever_dirty = map_zero(pages);
#endif
	if (!sim->arena || !sim->dirty || !sim->dirty_list || !sim->priv->image.slot)
		return -ENOMEM;
	sim->arena_bytes = bytes;
	return 0;
}

void kmc_arena_unmap(struct kmc_sim *sim)
{
	size_t pages = sim->arena_bytes >> PAGE_SHIFT;
	struct kmc_image *image = &sim->priv->image;

	if (sim->arena)
		munmap(sim->arena, sim->arena_bytes);
	if (sim->dirty)
		munmap(sim->dirty, pages);
	if (sim->dirty_list)
		munmap(sim->dirty_list, sim->priv->dirty_bytes);
	if (sim->priv->ever_dirty)
		munmap(sim->priv->ever_dirty, pages);
	if (image->slot)
		munmap(image->slot, pages * sizeof(uint32_t));
	free(image->pages);
	free(image->data);
}

void *kmc_arena_alloc(struct kmc_sim *sim, size_t size, size_t align)
{
	size_t start = (sim->priv->arena_used + align - 1) & ~(align - 1);

	KMC_BUG_ON(start + size > sim->arena_bytes);
	sim->priv->arena_used = start + size;
	return sim->arena + start;
}

void *kmc_arena_alloc_sparse(struct kmc_sim *sim, size_t size)
{
	struct kmc_sim_private *priv = sim->priv;
	unsigned int i = priv->nr_sparse++;
	uint8_t *p;

	KMC_BUG_ON(i >= sizeof(priv->sparse) / sizeof(priv->sparse[0]));
	size = (size + PAGE_SIZE - 1) & PAGE_MASK;
	p = kmc_arena_alloc(sim, size, PAGE_SIZE);
	priv->sparse[i].start = (size_t)(p - sim->arena);
	priv->sparse[i].end = priv->sparse[i].start + size;
	return p;
}

void kmc_touch_slow(struct kmc_sim *sim, size_t page, unsigned int mask)
{
	struct kmc_dirty *list = sim->dirty_list;
	unsigned int old;

	KMC_BUG_ON(page >= sim->arena_bytes >> PAGE_SHIFT);
	kmc_lock_take(&list->lock);
	old = __atomic_load_n(&sim->dirty[page], __ATOMIC_RELAXED);
	if (!old)
		list->pages[list->nr++] = (uint32_t)page;
	__atomic_store_n(&sim->dirty[page], (uint8_t)(old | mask), __ATOMIC_RELAXED);
#ifdef KMC_ASAN
	sim->priv->ever_dirty[page] = 1;
#endif
	kmc_lock_drop(&list->lock);
}

size_t kmc_sim_touched_pages(struct kmc_sim *sim)
{
	return sim->dirty_list->nr;
}

static bool in_image(const struct kmc_sim *sim, size_t arena_page)
{
	const struct kmc_sim_private *priv = sim->priv;
	size_t offset = arena_page << PAGE_SHIFT;

	for (unsigned int i = 0; i < priv->nr_sparse; i++)
		if (offset >= priv->sparse[i].start && offset < priv->sparse[i].end)
			return sim->dirty[arena_page];
	return true;
}

static bool line_is_zero(const uint64_t *word)
{
	return !(word[0] | word[1] | word[2] | word[3] | word[4] | word[5] | word[6] | word[7]);
}

/* The extent of non-zero words of a page; false: it is all zero, as most are. */
static bool extent_of(const uint8_t *page, uint16_t *start, uint16_t *len)
{
	const uint64_t *word = (const uint64_t *)page;
	size_t first = 0, last = PAGE_SIZE / 8;

	while (first < last && line_is_zero(word + first))
		first += 8;
	while (last > first && line_is_zero(word + last - 8))
		last -= 8;
	while (first < last && !word[first])
		first++;
	while (last > first && !word[last - 1])
		last--;
	*start = (uint16_t)(first * 8);
	*len = (uint16_t)((last - first) * 8);
	return *len != 0;
}

static void image_add(struct kmc_sim *sim, size_t arena_page)
{
	struct kmc_image *image = &sim->priv->image;
	const uint8_t *bytes = sim->arena + (arena_page << PAGE_SHIFT);
	struct kmc_image_page *p = &image->pages[image->nr_pages];

	if (!extent_of(bytes, &p->start_bytes, &p->len_bytes))
		return;
	p->arena_page = (uint32_t)arena_page;
	p->data_offset = image->data_bytes;
	memcpy(image->data + p->data_offset, bytes + p->start_bytes, p->len_bytes);
	image->data_bytes += p->len_bytes;
	image->slot[arena_page] = (uint32_t)++image->nr_pages;
}

/*
 * Measuring reads every page that is not of a sparse table, most of them for the first time: the
 * host maps them in one go instead of one fault each. What it cannot do, the faults do.
 */
static void map_for_reading(const struct kmc_sim *sim, size_t used)
{
#ifdef MADV_POPULATE_READ
	for (size_t i = 0, end; i < used; i = end + 1) {
		for (end = i; end < used && in_image(sim, end);)
			end++;
		if (end - i > 1)
			madvise(sim->arena + (i << PAGE_SHIFT), (end - i) << PAGE_SHIFT,
				MADV_POPULATE_READ);
	}
#else
	(void)sim, (void)used;
#endif
}

/* Upper bounds of what the image can hold; trimmed afterwards. */
static void image_measure(const struct kmc_sim *sim, size_t used, size_t *nr, size_t *bytes)
{
	uint16_t start, len;

	*nr = *bytes = 0;
	for (size_t i = 0; i < used; i++) {
		if (!in_image(sim, i))
			continue;
		if (!extent_of(sim->arena + (i << PAGE_SHIFT), &start, &len))
			continue;
		++*nr;
		*bytes += len;
	}
}

static void forget_dirty(struct kmc_sim *sim)
{
	struct kmc_dirty *list = sim->dirty_list;

	for (size_t i = 0; i < list->nr; i++) {
		sim->dirty[list->pages[i]] = 0;
#ifdef KMC_ASAN
		sim->priv->ever_dirty[list->pages[i]] = 0;
#endif
	}
	list->nr = 0;
}

int kmc_image_take(struct kmc_sim *sim)
{
	struct kmc_image *image = &sim->priv->image;
	size_t used = (sim->priv->arena_used + PAGE_SIZE - 1) >> PAGE_SHIFT;
	size_t nr, bytes;

	map_for_reading(sim, used);
	image_measure(sim, used, &nr, &bytes);
	image->pages = calloc(nr + 1, sizeof(*image->pages));
	image->data = malloc(bytes + 1);
	if (!image->pages || !image->data)
		return -ENOMEM;
	for (size_t i = 0; i < used; i++)
		if (in_image(sim, i))
			image_add(sim, i);
	forget_dirty(sim);
	return 0;
}

/* Boot contents of the bytes [start, end) of an arena page. */
static void image_read_range(const struct kmc_sim *sim, uint32_t arena_page, uint8_t *page,
			     size_t start, size_t end)
{
	const struct kmc_image *image = &sim->priv->image;
	uint32_t slot = image->slot[arena_page];
	const struct kmc_image_page *p;
	size_t from, to;

	if (!slot) {
		memset(page + start, 0, end - start);
		return;
	}
	p = &image->pages[slot - 1];
	from = p->start_bytes > start ? p->start_bytes : start;
	to = (size_t)p->start_bytes + p->len_bytes;
	to = to < end ? to : end;
	if (from >= to) {
		memset(page + start, 0, end - start);
		return;
	}
	memset(page + start, 0, from - start);
	memcpy(page + from, image->data + p->data_offset + (from - p->start_bytes), to - from);
	memset(page + to, 0, end - to);
}

void kmc_image_read(const struct kmc_sim *sim, uint32_t arena_page, uint8_t *page)
{
	image_read_range(sim, arena_page, page, 0, PAGE_SIZE);
}

/* Runs of dirty eighths go back to boot. */
static void page_reset(struct kmc_sim *sim, uint32_t arena_page)
{
	uint8_t *page = sim->arena + ((size_t)arena_page << PAGE_SHIFT);
	unsigned int mask = sim->dirty[arena_page];

	while (mask) {
		unsigned int first = (unsigned int)__builtin_ctz(mask);
		unsigned int end = first + (unsigned int)__builtin_ctz(~(mask >> first));

		image_read_range(sim, arena_page, page, (size_t)first << KMC_DIRTY_SHIFT,
				 (size_t)end << KMC_DIRTY_SHIFT);
		mask &= ~((1u << end) - 1);
	}
	sim->dirty[arena_page] = 0;
}

#ifdef KMC_CHECK_RESET
static void check_against_image(struct kmc_sim *sim)
{
	uint8_t boot[PAGE_SIZE];

	for (size_t i = 0; i < sim->arena_bytes >> PAGE_SHIFT; i++) {
		kmc_image_read(sim, (uint32_t)i, boot);
		KMC_BUG_ON(memcmp(boot, sim->arena + (i << PAGE_SHIFT), PAGE_SIZE));
	}
}
#endif

void kmc_arena_reset(struct kmc_sim *sim)
{
	struct kmc_dirty *list = sim->dirty_list;

	for (size_t i = 0; i < list->nr; i++)
		page_reset(sim, list->pages[i]);
	list->nr = 0;
#ifdef KMC_CHECK_RESET
	check_against_image(sim);
#endif
}

uint64_t kmc_arena_hash_table(struct kmc_sim *sim, const void *table, size_t table_bytes,
			      size_t entry_bytes,
			      uint64_t (*digest)(const struct kmc_sim *sim, size_t index,
						 const void *entry))
{
	const struct kmc_dirty *list = sim->dirty_list;
	size_t start = (size_t)((const uint8_t *)table - sim->arena);
	uint8_t boot[PAGE_SIZE] __attribute__((aligned(64)));
	uint64_t sum = 0;

	for (size_t i = 0; i < list->nr; i++) {
		size_t offset = (size_t)list->pages[i] << PAGE_SHIFT;
		const uint8_t *now = sim->arena + offset;

		if (offset < start || offset >= start + table_bytes)
			continue;
		kmc_image_read(sim, list->pages[i], boot);
		for (size_t j = 0; j < PAGE_SIZE; j += entry_bytes) {
			size_t index = (offset - start + j) / entry_bytes;

			if (memcmp(now + j, boot + j, entry_bytes))
				sum += digest(sim, index, now + j) - digest(sim, index, boot + j);
		}
	}
	return sum;
}
