// SPDX-License-Identifier: GPL-2.0-or-later
/* Measures the kernel's address layout; see calibrate.h. */
#include "calibrate.h"
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/types.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/uio.h>
#include <unistd.h>
#include "record_slot.h"
#include "calibrate.skel.h"

#define ROUNDS      64
#define PM_PRESENT  (1ull << 63)
#define PM_FRAME    ((1ull << 55) - 1)
#define ONE_GIB     (1ull << 30)

void kmc_vote_add(struct kmc_vote *v, uint64_t value)
{
	v->total++;
	for (int i = 0; i < 16; i++) {
		if (v->count[i] && v->value[i] != value)
			continue;
		v->value[i] = value;
		v->count[i]++;
		return;
	}
}

uint64_t kmc_vote_result(const struct kmc_vote *v, uint32_t *votes, uint32_t *against)
{
	int best = 0;

	for (int i = 1; i < 16; i++)
		if (v->count[i] > v->count[best])
			best = i;
	*votes = v->count[best];
	*against = v->total - v->count[best];
	return 3 * v->count[best] > 2 * v->total ? v->value[best] : 0;
}

static uint64_t read_sample(const uint64_t *field)
{
	return __atomic_load_n(field, __ATOMIC_ACQUIRE);
}

/* Frame behind an address of ours, by /proc/self/pagemap; 0 when it does not tell. */
static uint64_t frame_of(int pagemap, const void *addr)
{
	uint64_t entry, page = (uint64_t)sysconf(_SC_PAGESIZE);
	off_t at = (off_t)((uintptr_t)addr / page * sizeof(entry));

	if (pread(pagemap, &entry, sizeof(entry), at) != sizeof(entry) || !(entry & PM_PRESENT))
		return 0;
	return entry & PM_FRAME;
}

/*
 * Touches pages one at a time. Exactly one page event between two looks is the
 * page touched; page tables and the like make it two, and then it is no vote.
 * (So does the shadow that ThreadSanitizer keeps of a write.)
 */
__attribute__((no_sanitize_thread))
static void vote_pages(struct calibrate_bpf *skel, uint32_t struct_size, struct kmc_vote *vote,
		       uint64_t *seen_page)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), size = ROUNDS * page;
	int pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	char *m = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const __u64 *pages = &skel->bss->sample.pages, *address = &skel->bss->sample.page;

	if (m == MAP_FAILED)
		goto out;
	madvise(m, size, MADV_NOHUGEPAGE);
	for (int i = 0; i < ROUNDS; i++) {
		uint64_t before = read_sample((const uint64_t *)pages), frame;

		m[i * page] = 1;
		if (read_sample((const uint64_t *)pages) != before + 1 || skel->bss->sample.order)
			continue;
		*seen_page = read_sample((const uint64_t *)address);
		frame = pagemap >= 0 ? frame_of(pagemap, m + i * page) : 0;
		if (frame)
			kmc_vote_add(vote, *seen_page - frame * struct_size);
	}
	munmap(m, size);
out:
	if (pagemap >= 0)
		close(pagemap);
}

/*
 * The region of page structs starts at a multiple of 1 GiB; if it is no larger, rounding finds it.
 */
static uint64_t guess_page_structs(uint64_t seen_page, uint32_t struct_size, uint64_t max_frames)
{
	if (!seen_page || !max_frames || max_frames > ONE_GIB / struct_size)
		return 0;
	return seen_page & ~(ONE_GIB - 1);
}

/*
 * A write of 1024 pieces makes the kernel copy their list: a kmalloc of 16 KiB, a block of pages.
 */
static void vote_direct_map(struct calibrate_bpf *skel, const struct kmc_layout *layout,
			    struct kmc_vote *vote)
{
	static struct iovec pieces[1024];
	int out = open("/dev/null", O_WRONLY | O_CLOEXEC);
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	char byte = 0;

	for (int i = 0; i < 1024; i++)
		pieces[i] = (struct iovec){ &byte, 1 };
	for (int i = 0; out >= 0 && i < ROUNDS; i++) {
		uint64_t before = skel->bss->sample.larges, frame;

		skel->bss->sample.order = 0;
		if (writev(out, pieces, 1024) < 0)
			break;
		if (read_sample((const uint64_t *)&skel->bss->sample.larges) == before)
			continue;
		frame = (skel->bss->sample.large_page - layout->page_structs) /
			layout->page_struct_size;
		kmc_vote_add(vote, skel->bss->sample.large_addr - frame * page);
	}
	if (out >= 0)
		close(out);
}

/* Any memory-mapped map of the kernel's is a vmalloc area. */
static void touch_vmalloc(void)
{
	LIBBPF_OPTS(bpf_map_create_opts, opts, .map_flags = BPF_F_MMAPABLE);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "kmc_touch", 4, 8, 1, &opts);

	if (fd >= 0)
		close(fd);
}

static uint32_t struct_page_size(const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "page", BTF_KIND_STRUCT);

	return id > 0 ? (uint32_t)btf__resolve_size(btf, (uint32_t)id) : 64;
}

static struct calibrate_bpf *load(const struct btf *btf)
{
	struct calibrate_bpf *skel = calibrate_bpf__open();

	if (!skel)
		return NULL;
	skel->rodata->watched_tgid = getpid();
	if (btf__find_by_name_kind(btf, "btf_trace_alloc_vmap_area", BTF_KIND_TYPEDEF) < 0)
		bpf_program__set_autoload(skel->progs.see_vmap, false);
	if (calibrate_bpf__load(skel) || calibrate_bpf__attach(skel)) {
		calibrate_bpf__destroy(skel);
		return NULL;
	}
	return skel;
}

int kmc_calibrate(const struct btf *btf, uint64_t max_frames, struct kmc_layout *layout)
{
	struct kmc_vote pages = { 0 }, map = { 0 };
	struct calibrate_bpf *skel;
	uint64_t seen_page = 0;

	memset(layout, 0, sizeof(*layout));
	layout->page_struct_size = struct_page_size(btf);
	skel = load(btf);
	if (!skel)
		return -errno;
	vote_pages(skel, layout->page_struct_size, &pages, &seen_page);
	layout->page_structs = kmc_vote_result(&pages, &layout->page_votes, &layout->page_against);
	if (!layout->page_structs)
		layout->page_structs =
			guess_page_structs(seen_page, layout->page_struct_size, max_frames);
	if (layout->page_structs)
		vote_direct_map(skel, layout, &map);
	layout->direct_map = kmc_vote_result(&map, &layout->map_votes, &layout->map_against);
	touch_vmalloc();
	layout->vmalloc_start = skel->bss->sample.vmap_start;
	/* x86 names the last byte, others the one behind it */
	layout->vmalloc_end = (skel->bss->sample.vmap_end + 4095) & ~4095ull;
	calibrate_bpf__destroy(skel);
	return 0;
}
