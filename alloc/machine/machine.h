/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Private to machine/: the boot image, snapshots, and the part of the
 * machine's state that is neither pages nor slabs.
 */
#pragma once
#include "core.h"
#include "raw_bytes.h"

/* One arena page of the boot image that is not all zero: its non-zero extent. */
struct kmc_image_page {
	uint32_t arena_page;
	uint16_t start_bytes, len_bytes;
	size_t data_offset;
};

struct kmc_image {
	uint32_t *slot;  /* by arena page: index into pages + 1; 0: all zero */
	struct kmc_image_page *pages;
	uint8_t *data;
	size_t nr_pages, data_bytes;
};

/* The arena pages that differ from the boot image, in order of first touch. */
struct kmc_dirty {
	struct kmc_lock lock;
	size_t nr;
	uint32_t pages[];
};

/* What a snapshot keeps has its own room, which is there for the next one too. */
enum kmc_room {
	ROOM_ARENA_PAGES, ROOM_ARENA_DIRTY, ROOM_ARENA_BYTES, ROOM_FRAMES, ROOM_FRAME_BYTES,
	ROOM_ZERO_FRAMES, ROOM_FRAME_SHADOW, ROOM_AREA_PAGES, ROOM_AREA_BYTES, NR_ROOMS
};

struct kmc_snapshot {
	bool valid;
	size_t nr_arena_pages;
	uint32_t *arena_pages;  /* which */
	uint8_t *arena_dirty;   /* what of them */
	uint8_t *arena_bytes;   /* contents of these eighths */
	size_t nr_frames;
	uint64_t *frames;       /* pfns of frames in use that are not all zero */
	uint8_t *frame_bytes;
	size_t nr_zero_frames;
	uint64_t *zero_frames;
	uint8_t *frame_shadow;  /* ASan: poison of frames, then of zero_frames */
	size_t nr_area_pages;
	uint32_t *area_pages;   /* pages of areas that are not their frames, not all zero */
	uint8_t *area_bytes;
	struct {
		void *at;
		size_t bytes;
	} rooms[NR_ROOMS];
};

struct kmc_sim_private {
	size_t arena_used;      /* boot allocator */
	struct {
		size_t start, end;
	} sparse[12];           /* tables that are mostly zero at boot */
	unsigned int nr_sparse;
	size_t dirty_bytes;     /* size of the mapping of kmc_dirty */
	uint8_t *ever_dirty;    /* ASan: by arena page, whatever resets came between */
	uint8_t *frames_map;
	size_t frames_bytes;
	uint64_t first_pfn;
	int frames_fd;          /* the file that frames are a mapping of; -1: none yet */
	uint8_t *vmalloc_map;   /* vmalloc/vmap_host.c: */
	uint32_t *vmalloc_back; /* what the host has mapped, by page */
	uint32_t vmalloc_used;     /* end of what areas ever had */
	uint32_t vmalloc_resident; /* the same since memory was given back */
	uint32_t vmalloc_mappings;
	bool keep_mappings;     /* KMC_OPT_KEEP_MAPPINGS */
	bool dirty_memory;      /* what nobody wrote is not zero: KMC_OPT_DIRTY_MEMORY */
	struct kmc_lock fault_lock;
	struct kmc_image image;
	struct kmc_snapshot snapshots[KMC_SIM_MAX_SNAPSHOTS];
};

/* Lies in the arena. */
struct kmc_machine_state {
	atomic_ullong clock_ns;
	struct kmc_task tasks[KMC_SIM_MAX_TASKS];
	struct {
		uint64_t left;     /* eligible requests until the next failure; 0 off */
		uint64_t interval; /* then every so many; 0 once */
	} faults[KMC_NR_SIM_FAULTS];
	uintptr_t user_fault; /* host address at which user accesses fault; 0 none */
	uint8_t cpu_task[KMC_SIM_MAX_CPUS];
	uint8_t cpu_context[KMC_SIM_MAX_CPUS];
};

/* arena.c */
int kmc_arena_map(struct kmc_sim *sim, size_t bytes);
void kmc_arena_unmap(struct kmc_sim *sim);
/* The end of boot: what is in the arena now is what reset returns to. */
int kmc_image_take(struct kmc_sim *sim);
/* Fill @page (4 KiB) with the boot contents of an arena page. */
void kmc_image_read(const struct kmc_sim *sim, uint32_t arena_page, uint8_t *page);
void kmc_arena_reset(struct kmc_sim *sim);

/* snapshot.c */
/* Room for @bytes; what the snapshot had there is gone. Return: NULL: no memory. */
void *kmc_snapshot_room(struct kmc_snapshot *snapshot, enum kmc_room room, size_t bytes);
void kmc_snapshot_free(struct kmc_snapshot *snapshot);
bool kmc_page_all_zero(const void *page);
/* Call @fn for each frame in use, with its number. */
void kmc_each_frame_in_use(struct kmc_sim *sim,
			   void (*fn)(struct kmc_sim *sim, uint64_t pfn, void *arg), void *arg);

/* frames.c */
int kmc_frames_map(struct kmc_sim *sim);
void kmc_frames_unmap(struct kmc_sim *sim);

/* user_memory.c */
void kmc_rodata_boot(struct kmc_sim *sim);

/* vmalloc/: the window on the host, and its part of reset and snapshots */
int kmc_vmap_host_boot(struct kmc_sim *sim);
void kmc_vmap_host_end(struct kmc_sim *sim);
/* Before the state goes: nothing that is an area now may be used. */
void kmc_vmalloc_forget(struct kmc_sim *sim);
int kmc_vmalloc_save(struct kmc_sim *sim, struct kmc_snapshot *snapshot);
/* The arena is what it was: map its areas and fill them. */
void kmc_vmalloc_restore(struct kmc_sim *sim, const struct kmc_snapshot *snapshot);

/* tasks.c */
void kmc_tasks_boot(struct kmc_sim *sim);
/* After reset and restore: cpus take up again what the state says. */
void kmc_tasks_reload(struct kmc_sim *sim);
void kmc_attention_set(struct kmc_cpu *cpu, unsigned int bit, bool on);
