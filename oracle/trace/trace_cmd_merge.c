// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kmconform trace merge: recordings of one boot, of different cpus or of
 * different times, as one trace. Times are brought to the earliest start. A
 * cpu that paused between two recordings misses a sequence number there, so
 * that readers know of unseen events.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "kmc-version.h"
#include "trace_cmd.h"
#include "trace_facts.h"

#define MAX_INPUTS 64u

struct merge_args {
	char *inputs[MAX_INPUTS];
	unsigned int nr_inputs;
	const char *output;
};

struct merge_input {
	const char *path;
	struct kmc_trace *trace;
	uint64_t shift_ns;     /* to the earliest start */
	uint16_t *cache_of;    /* by its own index: the merged one */
};

/* A block of the output: where it comes from. */
struct merge_block {
	unsigned int input;
	size_t block;
	uint64_t first_ns, last_ns; /* shifted */
	uint32_t cpu;
	uint64_t seq;               /* in its input, then in the output */
};

struct merge {
	struct merge_input inputs[MAX_INPUTS];
	unsigned int nr_inputs;
	struct kmc_trace_facts facts;
	struct merge_block *blocks;
	size_t nr_blocks;
	bool damaged; /* one of the inputs */
};

static const struct argp_option options[] = {
	{ "output", 'o', "FILE", 0, "The new trace (appears when complete)", 0 },
	{ 0 },
};

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct merge_args *args = state->input;

	switch (key) {
	case 'o':
		args->output = arg;
		return 0;
	case ARGP_KEY_ARG:
		if (args->nr_inputs == MAX_INPUTS)
			argp_error(state, "at most %u traces", MAX_INPUTS);
		args->inputs[args->nr_inputs++] = arg;
		return 0;
	case ARGP_KEY_END:
		if (args->nr_inputs < 2 || !args->output)
			argp_error(state, "two traces or more and -o FILE are needed");
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

/* same kernel? */

static bool same_zones(const struct kmc_machine *a, const struct kmc_machine *b)
{
	if (a->nr_zones != b->nr_zones)
		return false;
	for (unsigned int i = 0; i < a->nr_zones; i++)
		if (a->zones[i].kind != b->zones[i].kind || a->zones[i].node != b->zones[i].node ||
		    a->zones[i].start_pfn != b->zones[i].start_pfn ||
		    a->zones[i].nr_pages != b->zones[i].nr_pages)
			return false;
	return true;
}

/* Return: what differs, NULL nothing. */
static const char *difference(const struct kmc_trace_facts *a, const struct kmc_trace_facts *b)
{
	const struct kmc_machine *m = &a->machine, *n = &b->machine;

	if (strcmp(a->release, b->release) || strcmp(a->arch, b->arch))
		return "the kernel";
	if (a->redacted != b->redacted)
		return "the redaction (only one is redacted)";
	if (m->direct_map != n->direct_map || m->vmalloc_start != n->vmalloc_start)
		return a->redacted ? "the redaction or the boot" : "the boot (address layout)";
	if (memcmp(&a->gfp, &b->gfp, sizeof(a->gfp)) || m->page_shift != n->page_shift ||
	    m->nr_cpus != n->nr_cpus || m->nr_nodes != n->nr_nodes ||
	    m->options != n->options || !same_zones(m, n))
		return "the machine";
	if (strcmp(a->clock, b->clock))
		return "the clock";
	return NULL;
}

static int check_same_kernel(const struct merge *m)
{
	const struct kmc_trace_facts *a = kmc_trace_facts(m->inputs[0].trace);

	for (unsigned int i = 1; i < m->nr_inputs; i++) {
		const struct kmc_trace_facts *b = kmc_trace_facts(m->inputs[i].trace);
		const char *what = difference(a, b);

		if (!what)
			continue;
		if (!strcmp(what, "the kernel"))
			return kmc_trace_fail("%s: of Linux %s (%s), %s is of %s (%s): not merged",
					      m->inputs[i].path, b->release, b->arch,
					      m->inputs[0].path, a->release, a->arch);
		return kmc_trace_fail("%s: not of the same boot as %s, %s differs: not merged",
				      m->inputs[i].path, m->inputs[0].path, what);
	}
	return 0;
}

/* facts */

static bool same_cache(const struct kmc_cache_desc *a, const struct kmc_cache_desc *b)
{
	return !strcmp(a->name, b->name) && a->object_size == b->object_size &&
	       a->size == b->size && a->align == b->align && a->order == b->order &&
	       a->flags == b->flags && a->ctor == b->ctor && a->kmalloc == b->kmalloc &&
	       a->raw_flags == b->raw_flags && a->useroffset == b->useroffset;
}

static int find_cache(const struct kmc_trace_facts *facts, const struct kmc_cache_desc *cache)
{
	/* Most often at the same place. */
	if (cache->id < facts->nr_caches && same_cache(&facts->caches[cache->id], cache))
		return (int)cache->id;
	for (size_t i = 0; i < facts->nr_caches; i++)
		if (same_cache(&facts->caches[i], cache))
			return (int)i;
	return -1;
}

static int add_cache(struct kmc_trace_facts *facts, const struct kmc_cache_desc *cache)
{
	struct kmc_cache_desc *caches;

	if (facts->nr_caches >= KMC_RECORD_NO_CACHE)
		return -1;
	caches = reallocarray(facts->caches, facts->nr_caches + 1, sizeof(*caches));
	if (!caches)
		return -1;
	facts->caches = caches;
	caches[facts->nr_caches] = *cache;
	caches[facts->nr_caches].id = (uint32_t)facts->nr_caches;
	return (int)facts->nr_caches++;
}

static int merge_caches(struct kmc_trace_facts *facts, struct merge_input *input)
{
	const struct kmc_trace_facts *other = kmc_trace_facts(input->trace);

	input->cache_of = calloc(other->nr_caches + 1, sizeof(*input->cache_of));
	if (!input->cache_of)
		return kmc_trace_fail("out of memory");
	for (size_t i = 0; i < other->nr_caches; i++) {
		int index = find_cache(facts, &other->caches[i]);

		if (index < 0)
			index = add_cache(facts, &other->caches[i]);
		if (index < 0)
			return kmc_trace_fail("%s: too many caches", input->path);
		input->cache_of[i] = (uint16_t)index;
	}
	return 0;
}

static int symbol_order(const void *a, const void *b)
{
	uint64_t x = ((const struct kmc_symbol *)a)->site, y = ((const struct kmc_symbol *)b)->site;

	return x < y ? -1 : x > y;
}

static int merge_symbols(struct kmc_trace_facts *facts, const struct merge_input *input)
{
	const struct kmc_trace_facts *other = kmc_trace_facts(input->trace);
	size_t old = facts->nr_symbols;
	struct kmc_symbol *symbols = reallocarray(facts->symbols, old + other->nr_symbols + 1,
						  sizeof(*symbols));

	if (!symbols)
		return kmc_trace_fail("out of memory");
	facts->symbols = symbols;
	for (size_t i = 0; i < other->nr_symbols; i++) {
		const struct kmc_symbol *s = &other->symbols[i];

		if (old && bsearch(s, symbols, old, sizeof(*symbols), symbol_order))
			continue;
		symbols[facts->nr_symbols] = (struct kmc_symbol){ s->site, strdup(s->name) };
		if (!symbols[facts->nr_symbols].name)
			return kmc_trace_fail("out of memory");
		facts->nr_symbols++;
	}
	if (facts->nr_symbols)
		qsort(symbols, facts->nr_symbols, sizeof(*symbols), symbol_order);
	return 0;
}

/* Attached is what was attached all the time. */
static void merge_probe_states(struct kmc_trace_facts *facts, const struct kmc_trace_facts *other)
{
	for (unsigned int p = 0; p < KMC_NR_PROBES; p++)
		if (facts->probe_state[p] == KMC_PROBE_ATTACHED)
			facts->probe_state[p] = other->probe_state[p];
}

static void merge_filters(struct kmc_trace_facts *facts, const struct kmc_trace_facts *other)
{
	char both[2 * sizeof(facts->filter) + 4];

	if (!strcmp(facts->filter, other->filter))
		return;
	snprintf(both, sizeof(both), "%s | %s", *facts->filter ? facts->filter : "none",
		 *other->filter ? other->filter : "none");
	snprintf(facts->filter, sizeof(facts->filter), "%.*s", (int)sizeof(facts->filter) - 1,
		 both);
}

static int merge_facts(struct merge *m)
{
	uint64_t start = UINT64_MAX;
	int ret = kmc_facts_copy(&m->facts, kmc_trace_facts(m->inputs[0].trace));

	if (ret)
		return kmc_trace_fail("out of memory");
	for (unsigned int i = 0; i < m->nr_inputs; i++)
		if (kmc_trace_facts(m->inputs[i].trace)->start_realtime_ns < start)
			start = kmc_trace_facts(m->inputs[i].trace)->start_realtime_ns;
	m->facts.start_realtime_ns = start;
	memset(m->facts.witness, 0, sizeof(m->facts.witness)); /* spoke of one recording */
	memset(m->facts.witnessed, 0, sizeof(m->facts.witnessed));
	for (unsigned int i = 0; i < m->nr_inputs; i++) {
		const struct kmc_trace_facts *other = kmc_trace_facts(m->inputs[i].trace);

		m->inputs[i].shift_ns = other->start_realtime_ns - start;
		merge_probe_states(&m->facts, other);
		merge_filters(&m->facts, other);
		if (merge_caches(&m->facts, &m->inputs[i]) ||
		    merge_symbols(&m->facts, &m->inputs[i]))
			return KMC_TRACE_CANNOT;
	}
	return 0;
}

/* blocks */

static int collect_blocks(struct merge *m)
{
	size_t n = 0;

	for (unsigned int i = 0; i < m->nr_inputs; i++)
		n += kmc_trace_nr_blocks(m->inputs[i].trace);
	m->blocks = calloc(n + 1, sizeof(*m->blocks));
	if (!m->blocks)
		return kmc_trace_fail("out of memory");
	for (unsigned int i = 0; i < m->nr_inputs; i++) {
		const struct merge_input *in = &m->inputs[i];

		for (size_t b = 0; b < kmc_trace_nr_blocks(in->trace); b++) {
			const struct kmc_block_info *info = kmc_trace_block(in->trace, b);

			if (info->last_ns + in->shift_ns < info->last_ns)
				return kmc_trace_fail("%s: impossible times", in->path);
			m->blocks[m->nr_blocks++] = (struct merge_block){
				.input = i, .block = b, .cpu = info->cpu, .seq = info->seq,
				.first_ns = info->first_ns + in->shift_ns,
				.last_ns = info->last_ns + in->shift_ns,
			};
		}
	}
	return 0;
}

/* The recordings of a cpu one after the other, each in its own sequence. */
struct cpu_part {
	uint32_t cpu;
	unsigned int input;
	uint64_t first_ns, last_ns, next_seq, base;
};

static int part_order(const void *a, const void *b)
{
	const struct cpu_part *x = a, *y = b;

	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return x->first_ns < y->first_ns ? -1 : x->first_ns > y->first_ns;
}

static struct cpu_part *find_part(struct cpu_part *parts, size_t n, const struct merge_block *b)
{
	for (size_t i = n; i-- > 0;)
		if (parts[i].cpu == b->cpu && parts[i].input == b->input)
			return &parts[i];
	return NULL;
}

/* Return: how many there are. @parts has room for one a block. */
static size_t find_parts(const struct merge *m, struct cpu_part *parts)
{
	size_t n = 0;

	for (size_t i = 0; i < m->nr_blocks; i++) {
		const struct merge_block *b = &m->blocks[i];
		struct cpu_part *p = find_part(parts, n, b);

		if (!p) {
			p = &parts[n++];
			*p = (struct cpu_part){ .cpu = b->cpu, .input = b->input,
						.first_ns = b->first_ns };
		}
		if (b->first_ns < p->first_ns)
			p->first_ns = b->first_ns;
		if (b->last_ns > p->last_ns)
			p->last_ns = b->last_ns;
		if (b->seq >= p->next_seq)
			p->next_seq = b->seq + 1;
	}
	qsort(parts, n, sizeof(*parts), part_order);
	return n;
}

/* One recording behind the other; between two a number is left out: nobody looked. */
static int chain_parts(const struct merge *m, struct cpu_part *parts, size_t n)
{
	for (size_t i = 1; i < n; i++) {
		const struct cpu_part *before = &parts[i - 1];

		if (before->cpu != parts[i].cpu)
			continue;
		if (parts[i].first_ns <= before->last_ns)
			return kmc_trace_fail("%s: cpu %u is in %s at the same time: not merged",
					      m->inputs[parts[i].input].path, parts[i].cpu,
					      m->inputs[before->input].path);
		parts[i].base = before->base + before->next_seq + 1;
	}
	return 0;
}

static int renumber(struct merge *m)
{
	struct cpu_part *parts = calloc(m->nr_blocks + 1, sizeof(*parts));
	size_t n;
	int ret;

	if (!parts)
		return kmc_trace_fail("out of memory");
	n = find_parts(m, parts);
	ret = chain_parts(m, parts, n);
	for (size_t i = 0; i < m->nr_blocks; i++)
		m->blocks[i].seq += find_part(parts, n, &m->blocks[i])->base;
	free(parts);
	return ret;
}

static int block_order(const void *a, const void *b)
{
	const struct merge_block *x = a, *y = b;

	if (x->first_ns != y->first_ns)
		return x->first_ns < y->first_ns ? -1 : 1;
	if (x->cpu != y->cpu)
		return x->cpu < y->cpu ? -1 : 1;
	return x->seq < y->seq ? -1 : x->seq > y->seq;
}

static void adapt_records(const struct merge_input *in, struct kmc_record *records, uint64_t n)
{
	size_t nr_caches = kmc_trace_facts(in->trace)->nr_caches;

	for (uint64_t i = 0; i < n; i++) {
		records[i].time_ns += in->shift_ns;
		if (records[i].cache < nr_caches)
			records[i].cache = in->cache_of[records[i].cache];
		else
			records[i].cache = KMC_RECORD_NO_CACHE;
	}
}

static int write_block(const struct merge *m, const struct merge_block *b,
		       struct kmc_record **rooms, struct kmc_trace_output *out)
{
	const struct merge_input *in = &m->inputs[b->input];
	struct kmc_block_info info = *kmc_trace_block(in->trace, b->block);
	struct kmc_record *room = rooms[b->input];

	if (kmc_trace_block_read(in->trace, b->block, room))
		return 0; /* its sequence number stays missing */
	adapt_records(in, room, info.nr_records);
	info.seq = b->seq;
	info.first_ns = b->first_ns;
	info.last_ns = b->last_ns;
	return kmc_trace_output_block(out, &info, room);
}

static int write_blocks(const struct merge *m, struct kmc_trace_output *out)
{
	struct kmc_record *rooms[MAX_INPUTS] = { NULL };
	int ret = 0;

	for (unsigned int i = 0; !ret && i < m->nr_inputs; i++) {
		rooms[i] = kmc_block_room(m->inputs[i].trace);
		ret = rooms[i] ? 0 : KMC_TRACE_CANNOT;
	}
	for (size_t i = 0; !ret && i < m->nr_blocks; i++)
		ret = write_block(m, &m->blocks[i], rooms, out);
	for (unsigned int i = 0; i < m->nr_inputs; i++)
		free(rooms[i]);
	return ret;
}

/* Damage costs only itself: it is told, and remembered in the status. */
static int open_inputs(struct merge *m, const struct merge_args *args)
{
	for (unsigned int i = 0; i < args->nr_inputs; i++) {
		m->inputs[i].path = args->inputs[i];
		if (kmc_trace_input(args->inputs[i], &m->inputs[i].trace))
			return KMC_TRACE_CANNOT;
		m->nr_inputs++;
		if (kmc_trace_tell_damage(args->inputs[i], m->inputs[i].trace))
			m->damaged = true;
	}
	return 0;
}

static int merge(struct merge *m, const struct merge_args *args)
{
	struct kmc_trace_output out;
	int ret;

	if (open_inputs(m, args) || check_same_kernel(m) || merge_facts(m) || collect_blocks(m) ||
	    renumber(m))
		return KMC_TRACE_CANNOT;
	qsort(m->blocks, m->nr_blocks, sizeof(*m->blocks), block_order);
	ret = kmc_trace_output_open(&out, args->output, &m->facts, args->inputs, args->nr_inputs);
	if (ret)
		return ret;
	ret = write_blocks(m, &out);
	ret = kmc_trace_output_close(&out, ret);
	return ret || !m->damaged ? ret : KMC_TRACE_CANNOT;
}

int kmc_trace_cmd_merge(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse_option, "FILE FILE...",
		"Put recordings of the same boot together: of different cpus, or of different "
		"times. Recordings that were redacted apart cannot be merged.", NULL, NULL, NULL };
	struct merge_args args = { .nr_inputs = 0 };
	struct merge *m = calloc(1, sizeof(*m));
	int ret;

	if (!m)
		return kmc_trace_fail("out of memory");
	argp_program_version = KMC_VERSION_LINE;
	argp_parse(&argp, argc, argv, 0, NULL, &args);
	ret = merge(m, &args);
	for (unsigned int i = 0; i < m->nr_inputs; i++) {
		kmc_trace_close(m->inputs[i].trace);
		free(m->inputs[i].cache_of);
	}
	kmc_trace_facts_free(&m->facts);
	free(m->blocks);
	free(m);
	return ret;
}
