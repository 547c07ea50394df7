/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Percpu areas: from chunks that have room, or from a new one for who may
 * sleep. A chunk is a block of pages for each cpu.
 *
 * Contract: PCU-1..4, SCP-11. Looked at: 6.18.44.
 */
#include <string.h>
#include "memcg.h"
#include "page_alloc.h"
#include "percpu.h"
#include "zone.h"

struct request {
	struct kmc_cpu *cpu;
	size_t size, align;
	gfp_t gfp;
	bool atomic;
	uint32_t payer;
};

static struct kmc_percpu_state *state_of(const struct kmc_cpu *cpu)
{
	return cpu->sim->percpu;
}

static void *unit_address(struct kmc_sim *sim, const struct pcpu_chunk *chunk, unsigned int cpu)
{
	return pfn_to_virt_in(sim, chunk->unit[cpu]);
}

/* What an area costs whoever pays: its copies, and a word a granule. */
static size_t full_size(const struct kmc_sim *sim, size_t size)
{
	return size * sim->config.nr_cpus + size / PCPU_MIN_ALLOC_SIZE * sizeof(uint64_t);
}

static void emit(struct kmc_cpu *cpu, enum kmc_tp_id id, const void *ptr, size_t size, gfp_t gfp)
{
	struct kmc_tp tp = { .id = id, .node = -1, .pfn = UINT64_MAX, .ptr = ptr, .gfp = gfp,
			     .bytes_req = size, .bytes_alloc = full_size(cpu->sim, size) };

	kmc_trace_emit(cpu->sim, &tp);
}

static void trace_chunk(struct kmc_cpu *cpu, enum kmc_tp_id id, uint32_t first_unit)
{
	struct kmc_tp tp = { .id = id, .node = -1, .pfn = UINT64_MAX,
			     .ptr = pfn_to_virt_in(cpu->sim, first_unit) };

	kmc_trace_emit(cpu->sim, &tp);
}

static void trace_fail(const struct request *r)
{
	struct kmc_tp tp = { .id = KMC_TP_PERCPU_ALLOC_FAIL, .node = -1, .pfn = UINT64_MAX,
			     .gfp = r->gfp, .bytes_req = r->size, .bytes_alloc = r->align };

	kmc_trace_emit(r->cpu->sim, &tp);
}

static uint16_t *payer_of(struct kmc_percpu_state *state, const struct pcpu_chunk *chunk,
			  unsigned int bit)
{
	return &state->payer[(size_t)(chunk - state->chunks) * PCPU_MAP_BITS + bit];
}

/* chunks */

/* The head of the first unit leads to its chunk. */
static void mark_unit(struct kmc_sim *sim, uint32_t pfn, uint64_t chunk)
{
	struct page *head = pfn_to_page_in(sim, pfn);

	kmc_touch(sim, head, sizeof(*head));
	head->private_words[0] = chunk;
}

static void units_free(struct kmc_cpu *cpu, const uint32_t *unit, unsigned int nr)
{
	if (nr)
		mark_unit(cpu->sim, unit[0], 0);
	while (nr--) {
		struct page *page = pfn_to_page_in(cpu->sim, unit[nr]);

		kmc_unpoison(pfn_to_virt_in(cpu->sim, unit[nr]), PCPU_MIN_UNIT_SIZE);
		kmc_pages_free(cpu->sim, cpu, page, PCPU_UNIT_ORDER);
	}
}

static bool units_alloc(struct kmc_cpu *cpu, gfp_t gfp, uint32_t *unit)
{
	struct kmc_sim *sim = cpu->sim;

	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		struct page *page = kmc_pages_alloc(sim, cpu, gfp | __GFP_COMP, PCPU_UNIT_ORDER,
						    (int)sim->cpus[i].node);

		if (!page) {
			units_free(cpu, unit, i);
			return false;
		}
		unit[i] = (uint32_t)page_to_pfn_in(sim, page);
		kmc_poison(pfn_to_virt_in(sim, unit[i]), PCPU_MIN_UNIT_SIZE);
	}
	return true;
}

static struct pcpu_chunk *free_place(struct kmc_percpu_state *state)
{
	unsigned int i = 0;

	while (i < state->nr_chunks && state->chunks[i].unit[0])
		i++;
	if (i == state->max_chunks)
		return NULL;
	if (i == state->nr_chunks)
		state->nr_chunks++;
	return &state->chunks[i];
}

/*
 * Rule: PCU-4. Model: simplified: a chunk's pages come at once, a block for each cpu. Where
 * another cpu has left an empty one meanwhile, which serves any request, that will do.
 * Return: there is a chunk more, or an empty one.
 */
static bool create_chunk(const struct request *r)
{
	struct kmc_percpu_state *state = state_of(r->cpu);
	uint32_t unit[KMC_SIM_MAX_CPUS] = { 0 };
	struct pcpu_chunk *chunk;
	bool spare;

	if (!units_alloc(r->cpu,
			 KMC_PLANTED(percpu_flags_kept)
				 ? r->gfp
				 : r->gfp & (GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN),
			 unit))
		return false;
	kmc_yield_point("percpu_chunk");
	kmc_touch(r->cpu->sim, state, sizeof(*state));
	kmc_lock_take(&state->lock);
	spare = state->nr_empty;
	chunk = spare ? NULL : free_place(state);
	if (chunk) {
		kmc_touch(r->cpu->sim, chunk, sizeof(*chunk));
		memset(chunk, 0, sizeof(*chunk));
		memcpy(chunk->unit, unit, sizeof(unit));
		chunk->free_bits = chunk->longest = PCPU_MAP_BITS;
		state->nr_empty++;
		mark_unit(r->cpu->sim, unit[0], (uint64_t)(chunk - state->chunks));
	}
	kmc_lock_drop(&state->lock);
	if (chunk)
		trace_chunk(r->cpu, KMC_TP_PERCPU_CREATE_CHUNK, unit[0]);
	else
		units_free(r->cpu, unit, r->cpu->sim->config.nr_cpus);
	return chunk || spare;
}

/* One empty chunk is kept. Return: a copy of the other's units is in @unit. */
static bool take_superfluous(struct kmc_cpu *cpu, struct pcpu_chunk *chunk, uint32_t *unit)
{
	struct kmc_percpu_state *state = state_of(cpu);

	if (chunk->nr_areas || ++state->nr_empty < 2)
		return false;
	state->nr_empty--;
	memcpy(unit, chunk->unit, sizeof(chunk->unit));
	memset(chunk->unit, 0, sizeof(chunk->unit));
	chunk->longest = 0;
	return true;
}

/* allocating */

/* Rule: PCU-3, SCP-11. Model: exact (6.18 and 6.1.192; 6.6 and 6.12). */
static bool is_atomic(const struct kmc_sim *sim, gfp_t gfp)
{
	if (sim->config.profile == KMC_PROFILE_6_1_192 ||
	    sim->config.profile == KMC_PROFILE_6_18_44)
		return !(gfp & __GFP_DIRECT_RECLAIM);
	return (gfp & GFP_KERNEL) != GFP_KERNEL;
}

static void warn(const struct request *r, const char *text)
{
	struct kmc_tp tp = { .id = KMC_TP_WARN, .node = -1, .pfn = UINT64_MAX, .text = text };

	if (!(r->gfp & __GFP_NOWARN))
		kmc_trace_emit(r->cpu->sim, &tp);
}

static void clear(struct kmc_sim *sim, const struct pcpu_chunk *chunk, unsigned int bit, size_t size)
{
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++) {
		char *area = (char *)unit_address(sim, chunk, i) + bit * PCPU_MIN_ALLOC_SIZE;

		kmc_unpoison(area, size);
		if (!KMC_PLANTED(percpu_dirty))
			memset(area, 0, size);
	}
}

static void *take(const struct request *r)
{
	struct kmc_percpu_state *state = state_of(r->cpu);
	struct kmc_sim *sim = r->cpu->sim;
	unsigned int bits = (unsigned int)(r->size / PCPU_MIN_ALLOC_SIZE);
	void *area = NULL;

	kmc_touch(sim, state, sizeof(*state));
	kmc_lock_take(&state->lock);
	for (unsigned int i = 0; i < state->nr_chunks && !area; i++) {
		struct pcpu_chunk *chunk = &state->chunks[i];
		bool was_empty = !chunk->nr_areas;
		int bit = chunk->longest < bits ? -1 :
			kmc_pcpu_map_take(sim, chunk, bits,
					  KMC_PLANTED(percpu_unaligned) ? 1 :
					  (unsigned int)(r->align / PCPU_MIN_ALLOC_SIZE));

		if (bit < 0)
			continue;
		state->nr_empty -= was_empty;
		clear(sim, chunk, (unsigned int)bit, r->size);
		area = (char *)unit_address(sim, chunk, 0) + bit * PCPU_MIN_ALLOC_SIZE;
		if (r->payer) {
			kmc_touch(sim, payer_of(state, chunk, (unsigned int)bit), 2);
			*payer_of(state, chunk, (unsigned int)bit) = (uint16_t)r->payer;
		}
	}
	kmc_lock_drop(&state->lock);
	return area;
}

static bool arguments_fit(const struct request *r)
{
	return r->size && r->size <= PCPU_MIN_UNIT_SIZE && r->align <= PAGE_SIZE &&
	       !(r->align & (r->align - 1));
}

static void *allocate(struct request *r)
{
	void *area = take(r);

	while (!area && (!r->atomic || KMC_PLANTED(percpu_atomic_grows)) && create_chunk(r))
		area = take(r);
	return area;
}

/* Rule: PCU-1, PCU-2, PCU-3. Model: exact in outcome, but for the chunk that a kernel has at boot. */
void *__alloc_percpu_gfp(size_t size, size_t align, gfp_t gfp)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct request r = { .cpu = cpu, .gfp = gfp };
	void *area;

	KMC_BUG_ON(!cpu);
	kmc_attention(cpu);
	r.gfp = kmc_gfp_context(cpu, gfp);
	r.atomic = is_atomic(cpu->sim, r.gfp);
	if (KMC_PLANTED(percpu_too_large) && size > PCPU_MIN_UNIT_SIZE)
		size = 64;
	r.size = size > PCPU_MIN_UNIT_SIZE ? size : (size + 3) & ~(size_t)3;
	if (!r.size && KMC_PLANTED(percpu_zero_size))
		r.size = 4;
	r.align = align < PCPU_MIN_ALLOC_SIZE ? PCPU_MIN_ALLOC_SIZE : align;
	if (!arguments_fit(&r)) {
		if (!KMC_PLANTED(percpu_quiet))
			warn(&r, "illegal size or align for percpu allocation");
		return NULL;
	}
	if (kmc_memcg_charge_bytes(cpu, r.gfp, full_size(cpu->sim, r.size), &r.payer))
		return NULL;
	area = allocate(&r);
	if (!area) {
		trace_fail(&r);
		kmc_memcg_uncharge_bytes(cpu, r.payer, full_size(cpu->sim, r.size));
	}
	if (!area && !r.atomic)
		warn(&r, "percpu allocation failed");
	if (area)
		emit(cpu, KMC_TP_PERCPU_ALLOC, area, r.size, gfp);
	return area;
}

/* freeing */

/* The chunk whose first unit holds @ptr; NULL none. */
static struct pcpu_chunk *chunk_of(struct kmc_cpu *cpu, const void *ptr)
{
	struct kmc_percpu_state *state = state_of(cpu);
	struct pcpu_chunk *chunk;
	uint64_t pfn;

	if (!kmc_sim_frame_of(cpu->sim, ptr, &pfn))
		return NULL;
	pfn &= ~((1ull << PCPU_UNIT_ORDER) - 1);
	chunk = &state->chunks[pfn_to_page_in(cpu->sim, pfn)->private_words[0] % state->max_chunks];
	return chunk->unit[0] == pfn ? chunk : NULL;
}

static unsigned int bit_of(struct kmc_sim *sim, const struct pcpu_chunk *chunk, const void *ptr)
{
	return (unsigned int)((const char *)ptr - (const char *)unit_address(sim, chunk, 0)) /
	       PCPU_MIN_ALLOC_SIZE;
}

static uint32_t take_payer(struct kmc_sim *sim, const struct pcpu_chunk *chunk, unsigned int bit)
{
	uint16_t *payer, was;

	if (!sim->percpu->payer)
		return 0;
	payer = payer_of(sim->percpu, chunk, bit);
	was = *payer;
	if (was) {
		kmc_touch(sim, payer, sizeof(*payer));
		*payer = 0;
	}
	return was;
}

static void forget(struct kmc_sim *sim, const struct pcpu_chunk *chunk, unsigned int bit, size_t size)
{
	for (unsigned int i = 0; i < sim->config.nr_cpus; i++)
		kmc_poison((char *)unit_address(sim, chunk, i) + bit * PCPU_MIN_ALLOC_SIZE, size);
	(void)size, (void)bit, (void)chunk;
}

/* Model: simplified: an empty chunk beside another goes at once, where a worker does it. */
void free_percpu(void *pdata)
{
	struct kmc_cpu *cpu = kmc_this_cpu;
	struct kmc_percpu_state *state = state_of(cpu);
	uint32_t unit[KMC_SIM_MAX_CPUS], payer = 0;
	struct request r = { .cpu = cpu };
	struct pcpu_chunk *chunk;
	bool superfluous = false;
	size_t size = 0;

	kmc_attention(cpu);
	if (!pdata)
		return;
	kmc_touch(cpu->sim, state, sizeof(*state));
	kmc_lock_take(&state->lock);
	chunk = chunk_of(cpu, pdata);
	if (chunk) {
		unsigned int bit = bit_of(cpu->sim, chunk, pdata);

		size = kmc_pcpu_map_give(cpu->sim, chunk, bit) * (size_t)PCPU_MIN_ALLOC_SIZE;
		if (size) {
			forget(cpu->sim, chunk, bit, size);
			payer = take_payer(cpu->sim, chunk, bit);
			superfluous = take_superfluous(cpu, chunk, unit);
		}
	}
	kmc_lock_drop(&state->lock);
	if (!size)
		warn(&r, "free_percpu of memory that is no area");
	else
		emit(cpu, KMC_TP_PERCPU_FREE, pdata, size, 0);
	kmc_memcg_uncharge_bytes(cpu, payer, full_size(cpu->sim, size));
	if (superfluous) {
		trace_chunk(cpu, KMC_TP_PERCPU_DESTROY_CHUNK, unit[0]);
		units_free(cpu, unit, cpu->sim->config.nr_cpus);
	}
}

void *kmc_per_cpu_ptr(void *ptr, unsigned int cpu)
{
	struct kmc_sim *sim = kmc_this_cpu->sim;
	struct pcpu_chunk *chunk = chunk_of(kmc_this_cpu, ptr);

	if (!chunk || cpu >= sim->config.nr_cpus)
		return NULL;
	return (char *)unit_address(sim, chunk, cpu) +
	       ((char *)ptr - (char *)unit_address(sim, chunk, 0));
}

unsigned int kmc_smp_processor_id(void)
{
	return kmc_this_cpu->id;
}
