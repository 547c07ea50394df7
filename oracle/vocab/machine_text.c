/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Machines as text: one `machine` line of name=value words and, where the
 * layout is not the simple one, a `zone` line each. Heads of programs and of
 * event files are made of them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "vocab/machine.h"
#include "vocab_text.h"

static const struct kmc_name zone_names[] = {
	{ "dma", KMC_DMA }, { "dma32", KMC_DMA32 }, { "normal", KMC_NORMAL },
	{ "highmem", KMC_HIGHMEM }, { "movable", KMC_MOVABLE }, { 0 },
};

static const struct kmc_name option_names[] = {
#define KMC_OPTION(name, bit) { #name, 1u << bit },
	KMC_MACHINE_OPTIONS(KMC_OPTION)
#undef KMC_OPTION
	{ 0 },
};

/* The memory size whose simple layout would have this much; 0 none. */
static uint64_t simple_bytes(const struct kmc_machine *m)
{
	const struct kmc_zone *last = m->nr_zones ? &m->zones[m->nr_zones - 1] : NULL;
	struct kmc_machine simple = *m;
	uint64_t pages;
	unsigned int i;

	if (!last || kmc_machine_check(m))
		return 0;
	pages = last->start_pfn + last->nr_pages;
	if (m->zones[0].kind == KMC_DMA32)
		pages -= m->zones[0].start_pfn;
	kmc_machine_layout(&simple, pages << m->page_shift);
	if (simple.nr_zones != m->nr_zones)
		return 0;
	for (i = 0; i < m->nr_zones; i++)
		if (!kmc_zone_equal(&simple.zones[i], &m->zones[i]))
			return 0;
	return pages << m->page_shift;
}

static void add_number(struct kmc_text *out, const char *name, uint64_t value)
{
	kmc_text_add(out, name);
	kmc_text_add_number(out, value);
}

static void add_hex(struct kmc_text *out, const char *name, uint64_t value)
{
	kmc_text_add(out, name);
	kmc_text_add_hex(out, value);
}

static void add_release(struct kmc_text *out, const char *name, uint32_t release)
{
	char text[32];

	kmc_release_print(text, sizeof(text), release);
	kmc_text_add(out, name);
	kmc_text_add(out, release ? text : "none");
}

static void add_bytes(struct kmc_text *out, const char *name, uint64_t bytes)
{
	unsigned int shift = bytes >> 30 << 30 == bytes ? 30 : bytes >> 20 << 20 == bytes ? 20 : 0;

	add_number(out, name, bytes >> shift);
	kmc_text_add(out, shift == 30 ? "G" : shift == 20 ? "M" : "");
}

/* What few machines change. */
static void add_rarely_changed(struct kmc_text *out, const struct kmc_machine *m)
{
	struct kmc_machine usual;

	kmc_machine_default(&usual);
	if (m->release)
		add_release(out, " release=", m->release);
	if (m->max_order != usual.max_order)
		add_number(out, " max_order=", m->max_order);
	if (m->kmalloc_minalign != usual.kmalloc_minalign)
		add_number(out, " minalign=", m->kmalloc_minalign);
	if (m->kmalloc_max_cache != usual.kmalloc_max_cache)
		add_number(out, " max_cache=", m->kmalloc_max_cache);
	if (m->kmalloc_max_size != usual.kmalloc_max_size)
		add_number(out, " max_size=", m->kmalloc_max_size);
	if (m->seed)
		add_hex(out, " seed=0x", m->seed);
	if (m->direct_map != usual.direct_map)
		add_hex(out, " direct_map=0x", m->direct_map);
	if (m->vmalloc_start != usual.vmalloc_start)
		add_hex(out, " vmalloc_start=0x", m->vmalloc_start);
	if (m->vmalloc_end != usual.vmalloc_end)
		add_hex(out, " vmalloc_end=0x", m->vmalloc_end);
}

static void add_zone_line(struct kmc_text *out, const struct kmc_zone *z)
{
	kmc_text_add(out, "zone ");
	kmc_text_add(out, z->kind < KMC_NR_ZONE_KINDS ? zone_names[z->kind].text : "?");
	add_number(out, " node=", z->node);
	add_number(out, " start=", z->start_pfn);
	add_number(out, " pages=", z->nr_pages);
	if (z->managed)
		add_number(out, " managed=", z->managed);
	if (z->min)
		add_number(out, " min=", z->min);
	if (z->low)
		add_number(out, " low=", z->low);
	if (z->high)
		add_number(out, " high=", z->high);
	kmc_text_add(out, "\n");
}

int kmc_machine_print(char *buf, size_t size, const struct kmc_machine *machine)
{
	uint64_t bytes = simple_bytes(machine);
	struct kmc_text out;
	unsigned int i;

	kmc_text_init(&out, buf, size);
	add_number(&out, "machine cpus=", machine->nr_cpus);
	add_number(&out, " nodes=", machine->nr_nodes);
	add_number(&out, " page=", 1ull << (machine->page_shift & 63));
	add_release(&out, " profile=", machine->profile);
	if (bytes)
		add_bytes(&out, " memory=", bytes);
	add_rarely_changed(&out, machine);
	if (machine->options) {
		kmc_text_add(&out, " options=");
		kmc_text_add_names(&out, option_names, machine->options, ',', "-");
	}
	kmc_text_add(&out, "\n");
	for (i = 0; !bytes && i < machine->nr_zones && i < KMC_MACHINE_MAX_ZONES; i++)
		add_zone_line(&out, &machine->zones[i]);
	return (int)out.len;
}

/* reading */

void kmc_machine_parse_begin(struct kmc_machine *machine)
{
	kmc_machine_default(machine);
	machine->nr_zones = 0;
	memset(machine->zones, 0, sizeof(machine->zones));
}

/* A name=value word in two; false when there is no '='. */
static bool split_word(struct kmc_span word, struct kmc_span *name, struct kmc_span *value)
{
	size_t at = 0;

	*name = kmc_text_until(word.text, word.len, &at, '=');
	if (at > word.len)
		return false;
	*value = (struct kmc_span){ word.text + at, word.len - at };
	return true;
}

static int parse_release(struct kmc_span value, uint32_t *release)
{
	char text[32];

	*release = 0;
	if (kmc_span_is(value, "none"))
		return 0;
	if (value.len >= sizeof(text))
		return -EINVAL;
	memcpy(text, value.text, value.len);
	text[value.len] = '\0';
	*release = kmc_release_parse(text);
	return *release ? 0 : -EINVAL;
}

static int parse_page_size(struct kmc_span value, uint8_t *shift)
{
	uint64_t bytes;

	if (kmc_text_number_max(value, 1 << 16, &bytes) || bytes < 4096 || bytes & (bytes - 1))
		return -EINVAL;
	*shift = (uint8_t)__builtin_ctzll(bytes);
	return 0;
}

/* A number into the field of its width. */
#define PARSE_FIELD(value, field, max)                                  \
	({                                                              \
		uint64_t number_ = 0;                                   \
		int err_ = kmc_text_number_max(value, max, &number_);   \
		(field) = (__typeof__(field))number_;                   \
		err_;                                                   \
	})

static int parse_machine_word(struct kmc_machine *m, struct kmc_span name, struct kmc_span value,
			      uint64_t *memory)
{
	if (kmc_span_is(name, "cpus"))
		return PARSE_FIELD(value, m->nr_cpus, UINT16_MAX);
	if (kmc_span_is(name, "nodes"))
		return PARSE_FIELD(value, m->nr_nodes, UINT16_MAX);
	if (kmc_span_is(name, "page"))
		return parse_page_size(value, &m->page_shift);
	if (kmc_span_is(name, "profile"))
		return parse_release(value, &m->profile);
	if (kmc_span_is(name, "release"))
		return parse_release(value, &m->release);
	if (kmc_span_is(name, "memory"))
		return PARSE_FIELD(value, *memory, 1ull << 52);
	if (kmc_span_is(name, "max_order"))
		return PARSE_FIELD(value, m->max_order, UINT8_MAX);
	if (kmc_span_is(name, "minalign"))
		return PARSE_FIELD(value, m->kmalloc_minalign, UINT16_MAX);
	if (kmc_span_is(name, "max_cache"))
		return PARSE_FIELD(value, m->kmalloc_max_cache, UINT32_MAX);
	if (kmc_span_is(name, "max_size"))
		return PARSE_FIELD(value, m->kmalloc_max_size, UINT64_MAX);
	if (kmc_span_is(name, "seed"))
		return PARSE_FIELD(value, m->seed, UINT64_MAX);
	if (kmc_span_is(name, "direct_map"))
		return PARSE_FIELD(value, m->direct_map, UINT64_MAX);
	if (kmc_span_is(name, "vmalloc_start"))
		return PARSE_FIELD(value, m->vmalloc_start, UINT64_MAX);
	if (kmc_span_is(name, "vmalloc_end"))
		return PARSE_FIELD(value, m->vmalloc_end, UINT64_MAX);
	if (kmc_span_is(name, "options")) {
		uint64_t set;
		int err = kmc_names_parse(option_names, value, ',', &set);

		m->options = (uint32_t)set;
		return err ? err : set > UINT32_MAX ? -ERANGE : 0;
	}
	return -ENOENT;
}

static int parse_zone_word(struct kmc_zone *z, struct kmc_span name, struct kmc_span value)
{
	if (kmc_span_is(name, "node"))
		return PARSE_FIELD(value, z->node, UINT8_MAX);
	if (kmc_span_is(name, "start"))
		return PARSE_FIELD(value, z->start_pfn, UINT64_MAX);
	if (kmc_span_is(name, "pages"))
		return PARSE_FIELD(value, z->nr_pages, UINT64_MAX);
	if (kmc_span_is(name, "managed"))
		return PARSE_FIELD(value, z->managed, UINT64_MAX);
	if (kmc_span_is(name, "min"))
		return PARSE_FIELD(value, z->min, UINT64_MAX);
	if (kmc_span_is(name, "low"))
		return PARSE_FIELD(value, z->low, UINT64_MAX);
	if (kmc_span_is(name, "high"))
		return PARSE_FIELD(value, z->high, UINT64_MAX);
	return -ENOENT;
}

static const char *why_of(int err)
{
	if (err == -ENOENT)
		return "unknown word in the description of the machine";
	if (err == -ERANGE)
		return "number out of range in the description of the machine";
	return err ? "bad value in the description of the machine" : NULL;
}

static const char *parse_machine_line(struct kmc_machine *m, const char *line, size_t len,
				      size_t at)
{
	struct kmc_span word, name, value;
	uint64_t memory = 0;
	int err;

	kmc_machine_parse_begin(m);
	while ((word = kmc_text_word(line, len, &at)).len) {
		if (!split_word(word, &name, &value))
			return why_of(-ENOENT);
		err = parse_machine_word(m, name, value, &memory);
		if (err)
			return why_of(err);
	}
	if (memory)
		kmc_machine_layout(m, memory);
	return NULL;
}

static const char *parse_zone_line(struct kmc_machine *m, const char *line, size_t len, size_t at)
{
	struct kmc_span word = kmc_text_word(line, len, &at), name, value;
	struct kmc_zone zone = { 0 };
	uint64_t kind;
	int err;

	if (kmc_names_find(zone_names, word, &kind))
		return "zone of an unknown kind";
	zone.kind = (uint8_t)kind;
	while ((word = kmc_text_word(line, len, &at)).len) {
		if (!split_word(word, &name, &value))
			return why_of(-ENOENT);
		err = parse_zone_word(&zone, name, value);
		if (err)
			return why_of(err);
	}
	if (m->nr_zones >= KMC_MACHINE_MAX_ZONES)
		return "more than 16 zones";
	m->zones[m->nr_zones++] = zone;
	return NULL;
}

bool kmc_machine_parse_line(struct kmc_machine *machine, const char *line, size_t len,
			    const char **why)
{
	size_t at = 0;
	struct kmc_span word = kmc_text_word(line, len, &at);

	*why = NULL;
	if (kmc_span_is(word, "machine"))
		*why = parse_machine_line(machine, line, len, at);
	else if (kmc_span_is(word, "zone"))
		*why = parse_zone_line(machine, line, len, at);
	else
		return false;
	return true;
}

const char *kmc_machine_parse_end(struct kmc_machine *machine)
{
	struct kmc_machine usual;

	if (!machine->nr_zones && !machine->release) {
		kmc_machine_default(&usual);
		kmc_machine_layout(machine, usual.zones[0].nr_pages << usual.page_shift);
	}
	return kmc_machine_check(machine);
}
