// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The facts as text: one "key value" a line, always in the same order, so that
 * equal facts are equal bytes. Flags, options and GFP atoms go by name and
 * survive a renumbering of the vocabulary. A name stands last in its line; a
 * backslash and control bytes in it are written as \xNN.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "trace_facts.h"

#define FIRST_LINE "kmconform-facts 1"
#define MAX_CACHES 65535u

/* Plain members. X(key, member) */
#define TEXT_FACTS(X)             \
	X("release", release)     \
	X("arch", arch)           \
	X("clock", clock)         \
	X("tool", tool)           \
	X("filter", filter)       \
	X("gfp_source", gfp_source) \
	X("cache_source", cache_source)

#define NUMBER_FACTS(X)                                            \
	X("start_realtime_ns", start_realtime_ns)                  \
	X("redacted", redacted)                                    \
	X("ring_bytes", ring_bytes)                                \
	X("machine.page_shift", machine.page_shift)                \
	X("machine.max_order", machine.max_order)                  \
	X("machine.nr_cpus", machine.nr_cpus)                      \
	X("machine.nr_nodes", machine.nr_nodes)                    \
	X("machine.profile", machine.profile)                      \
	X("machine.release", machine.release)                      \
	X("machine.kmalloc_minalign", machine.kmalloc_minalign)    \
	X("machine.kmalloc_max_cache", machine.kmalloc_max_cache)  \
	X("machine.kmalloc_max_size", machine.kmalloc_max_size)    \
	X("machine.seed", machine.seed)                            \
	X("machine.direct_map", machine.direct_map)                \
	X("machine.vmalloc_start", machine.vmalloc_start)          \
	X("machine.vmalloc_end", machine.vmalloc_end)

static const char *const probe_states[] = {
	[KMC_PROBE_OFF] = "off",
	[KMC_PROBE_ATTACHED] = "attached",
	[KMC_PROBE_ABSENT] = "absent",
	[KMC_PROBE_REFUSED] = "refused",
};
#define NR_PROBE_STATES (sizeof(probe_states) / sizeof(probe_states[0]))

static const char *const zone_kinds[KMC_NR_ZONE_KINDS] = { "DMA", "DMA32", "Normal", "HighMem",
							   "Movable" };

struct bit_name {
	const char *name;
	uint32_t bit;
};
static const struct bit_name option_names[] = {
#define KMC_OPTION(option, number) { #option, number },
	KMC_MACHINE_OPTIONS(KMC_OPTION)
#undef KMC_OPTION
};
static const struct bit_name cache_flag_names[] = {
#define KMC_CACHE_FLAG(flag, number) { #flag, number },
	KMC_CACHE_FLAGS(KMC_CACHE_FLAG)
#undef KMC_CACHE_FLAG
};
#define NR_OF(array) (sizeof(array) / sizeof((array)[0]))

/* printing */

static void print_name(FILE *out, const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name < ' ' || *name == '\\' || *name == 0x7f)
			fprintf(out, "\\x%02x", (unsigned char)*name);
		else
			putc(*name, out);
	putc('\n', out);
}

static void print_bits(FILE *out, uint64_t bits, const struct bit_name *names, size_t n)
{
	const char *bar = "";

	for (size_t i = 0; i < n; i++) {
		if (!(bits >> names[i].bit & 1))
			continue;
		fprintf(out, "%s%s", bar, names[i].name);
		bar = "|";
	}
	if (!*bar)
		putc('-', out);
}

static void print_machine(FILE *out, const struct kmc_machine *m)
{
	fputs("machine.options ", out);
	print_bits(out, m->options, option_names, NR_OF(option_names));
	putc('\n', out);
	for (unsigned int i = 0; i < m->nr_zones && i < KMC_MACHINE_MAX_ZONES; i++) {
		const struct kmc_zone *z = &m->zones[i];

		fprintf(out, "zone %s %u %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
			" %" PRIu64 " %" PRIu64 "\n",
			z->kind < KMC_NR_ZONE_KINDS ? zone_kinds[z->kind] : "?", z->node,
			z->start_pfn, z->nr_pages, z->managed, z->min, z->low, z->high);
	}
}

static void print_tables(FILE *out, const struct kmc_trace_facts *facts)
{
	for (unsigned int i = 0; i < KMC_NR_GFP_ATOMS; i++)
		if (facts->gfp.bit[i] >= 0)
			fprintf(out, "gfp %s %d\n", kmc_gfp_atom_name(i), facts->gfp.bit[i]);
	for (unsigned int i = 0; i < KMC_NR_PROBES; i++)
		fprintf(out, "probe %s %s\n", kmc_probe_name(i),
			facts->probe_state[i] < NR_PROBE_STATES ?
				probe_states[facts->probe_state[i]] : "off");
}

static void print_witness(FILE *out, const struct kmc_trace_facts *facts)
{
	if (!*facts->witness)
		return;
	fputs("witness ", out);
	print_name(out, facts->witness);
	for (unsigned int i = 0; i < KMC_NR_PROBES; i++) {
		const struct kmc_witness_count *w = &facts->witnessed[i];

		if (w->fired || w->unseen_most)
			fprintf(out, "witnessed %s %" PRIu64 " %" PRIu64 " %" PRIu64 "\n",
				kmc_probe_name(i), w->fired, w->unseen_least, w->unseen_most);
	}
}

static void print_cache(FILE *out, const struct kmc_cache_desc *c)
{
	fprintf(out, "cache %u %u %u %u %u %u %u %u %u %u %u %u %u %#" PRIx64 " ", c->id,
		c->object_size, c->size, c->align, c->inuse, c->offset, c->order, c->min_order,
		c->objects, c->useroffset, c->usersize, c->ctor, c->kmalloc, c->raw_flags);
	print_bits(out, c->flags, cache_flag_names, NR_OF(cache_flag_names));
	putc(' ', out);
	print_name(out, c->name);
}

static void print_facts(FILE *out, const struct kmc_trace_facts *facts)
{
	fputs(FIRST_LINE "\n", out);
#define TEXT_FACT(key, member) fputs(key " ", out); print_name(out, facts->member);
	TEXT_FACTS(TEXT_FACT)
#undef TEXT_FACT
#define NUMBER_FACT(key, member) fprintf(out, key " %" PRIu64 "\n", (uint64_t)facts->member);
	NUMBER_FACTS(NUMBER_FACT)
#undef NUMBER_FACT
	print_machine(out, &facts->machine);
	print_tables(out, facts);
	print_witness(out, facts);
	for (size_t i = 0; i < facts->nr_caches; i++)
		print_cache(out, &facts->caches[i]);
	for (size_t i = 0; i < facts->nr_symbols; i++) {
		fprintf(out, "symbol %" PRIx64 " ", facts->symbols[i].site);
		print_name(out, facts->symbols[i].name);
	}
}

int kmc_facts_print(const struct kmc_trace_facts *facts, char **text, size_t *len)
{
	FILE *out = open_memstream(text, len);
	bool failed;

	if (!out)
		return -ENOMEM;
	print_facts(out, facts);
	failed = ferror(out);
	if (fclose(out) || failed) {
		free(*text);
		*text = NULL;
		return -ENOMEM;
	}
	return 0;
}

/* parsing */

/* A line being taken apart; bad once a part was missing or wrong. */
struct fact_line {
	char *rest;
	bool bad;
};

static char *next_word(struct fact_line *line)
{
	char *word = line->rest, *end = word + strcspn(word, " ");

	if (end == word)
		line->bad = true;
	line->rest = *end ? end + 1 : end;
	*end = '\0';
	return word;
}

static uint64_t next_number(struct fact_line *line, uint64_t max, int base)
{
	const char *word = next_word(line);
	char *end;
	uint64_t v;

	if (*word < '0' || (*word > '9' && base != 16))
		line->bad = true;
	errno = 0;
	v = strtoull(word, &end, base);
	if (errno || *end || v > max)
		line->bad = true;
	return line->bad ? 0 : v;
}

static uint32_t next_u32(struct fact_line *line)
{
	return (uint32_t)next_number(line, UINT32_MAX, 10);
}

static uint64_t next_u64(struct fact_line *line)
{
	return next_number(line, UINT64_MAX, 10);
}

static int find_word(const char *word, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(word, words[i]))
			return (int)i;
	return -1;
}

/* Names that are not known here are dropped. */
static uint64_t next_bits(struct fact_line *line, const struct bit_name *names, size_t n)
{
	char *save = NULL, *word = next_word(line);
	uint64_t bits = 0;

	for (word = strtok_r(word, "|", &save); word; word = strtok_r(NULL, "|", &save))
		for (size_t i = 0; i < n; i++)
			if (!strcmp(word, names[i].name))
				bits |= (uint64_t)1 << names[i].bit;
	return bits;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The rest of the line, escapes undone in place. */
static char *rest_name(struct fact_line *line)
{
	char *from = line->rest, *to = from;

	while (*from) {
		if (*from != '\\') {
			*to++ = *from++;
			continue;
		}
		if (from[1] != 'x' || hex_digit(from[2]) < 0 || hex_digit(from[3]) < 0) {
			line->bad = true;
			break;
		}
		*to++ = (char)(hex_digit(from[2]) << 4 | hex_digit(from[3]));
		from += 4;
	}
	*to = '\0';
	return line->rest;
}

static void rest_text(struct fact_line *line, char *text, size_t size)
{
	const char *name = rest_name(line);

	if (strlen(name) >= size)
		line->bad = true;
	else
		memcpy(text, name, strlen(name) + 1);
}

static void parse_zone(struct fact_line *line, struct kmc_machine *m)
{
	struct kmc_zone *z = &m->zones[m->nr_zones];
	int kind = find_word(next_word(line), zone_kinds, KMC_NR_ZONE_KINDS);

	if (kind < 0 || m->nr_zones == KMC_MACHINE_MAX_ZONES) {
		line->bad = true;
		return;
	}
	m->nr_zones++;
	z->kind = (uint8_t)kind;
	z->node = (uint8_t)next_number(line, UINT8_MAX, 10);
	z->start_pfn = next_u64(line);
	z->nr_pages = next_u64(line);
	z->managed = next_u64(line);
	z->min = next_u64(line);
	z->low = next_u64(line);
	z->high = next_u64(line);
}

static void parse_gfp(struct fact_line *line, struct kmc_gfp_table *table)
{
	const char *name = next_word(line);
	int atom = kmc_gfp_atom_find(name, strlen(name));
	uint64_t bit = next_number(line, 31, 10);

	if (atom >= 0)
		table->bit[atom] = (int8_t)bit;
}

static void parse_probe(struct fact_line *line, struct kmc_trace_facts *facts)
{
	const char *name = next_word(line);
	int state = find_word(next_word(line), probe_states, NR_PROBE_STATES);

	if (state < 0)
		line->bad = true;
	for (unsigned int i = 0; i < KMC_NR_PROBES && state >= 0; i++)
		if (!strcmp(name, kmc_probe_name(i)))
			facts->probe_state[i] = (uint8_t)state;
}

static void parse_witnessed(struct fact_line *line, struct kmc_trace_facts *facts)
{
	const char *name = next_word(line);
	struct kmc_witness_count w = { .fired = next_u64(line) };

	w.unseen_least = next_u64(line);
	w.unseen_most = next_u64(line);
	if (w.unseen_least > w.unseen_most)
		line->bad = true;
	for (unsigned int i = 0; i < KMC_NR_PROBES; i++)
		if (!strcmp(name, kmc_probe_name(i)))
			facts->witnessed[i] = w;
}

/* Room for one more in an array that doubles at each power of two. */
static void *array_grow(void *array, size_t n, size_t size)
{
	if (n & (n - 1) || (n && n < 16))
		return array;
	return reallocarray(array, n ? 2 * n : 16, size);
}

static int parse_cache(struct fact_line *line, struct kmc_trace_facts *facts)
{
	struct kmc_cache_desc *c = array_grow(facts->caches, facts->nr_caches, sizeof(*c));

	if (!c)
		return -ENOMEM;
	facts->caches = c;
	c += facts->nr_caches;
	memset(c, 0, sizeof(*c));
	c->id = next_u32(line);
	c->object_size = next_u32(line);
	c->size = next_u32(line);
	c->align = next_u32(line);
	c->inuse = next_u32(line);
	c->offset = next_u32(line);
	c->order = next_u32(line);
	c->min_order = next_u32(line);
	c->objects = next_u32(line);
	c->useroffset = next_u32(line);
	c->usersize = next_u32(line);
	c->ctor = next_number(line, 1, 10);
	c->kmalloc = (uint8_t)next_number(line, UINT8_MAX, 10);
	c->raw_flags = next_number(line, UINT64_MAX, 16);
	c->flags = next_bits(line, cache_flag_names, NR_OF(cache_flag_names));
	rest_text(line, c->name, sizeof(c->name));
	if (c->id != facts->nr_caches || facts->nr_caches >= MAX_CACHES)
		line->bad = true;
	else
		facts->nr_caches++;
	return 0;
}

static int parse_symbol(struct fact_line *line, struct kmc_trace_facts *facts)
{
	struct kmc_symbol *s = array_grow(facts->symbols, facts->nr_symbols, sizeof(*s));

	if (!s)
		return -ENOMEM;
	facts->symbols = s;
	s += facts->nr_symbols;
	s->site = next_number(line, UINT64_MAX, 16);
	if (facts->nr_symbols && s[-1].site >= s->site)
		line->bad = true;
	if (line->bad)
		return 0;
	s->name = strdup(rest_name(line));
	if (!s->name)
		return -ENOMEM;
	facts->nr_symbols++;
	return 0;
}

/* Return: whether the key was one of the plain members. */
static bool parse_member(const char *key, struct fact_line *line, struct kmc_trace_facts *facts)
{
#define TEXT_FACT(name, member)                                                \
	if (!strcmp(key, name)) {                                              \
		rest_text(line, facts->member, sizeof(facts->member));         \
		return true;                                                   \
	}
	TEXT_FACTS(TEXT_FACT)
#undef TEXT_FACT
#define NUMBER_FACT(name, member)                                              \
	if (!strcmp(key, name)) {                                              \
		uint64_t v = next_u64(line);                                   \
		facts->member = (__typeof__(facts->member))v;                  \
		if ((uint64_t)facts->member != v)                              \
			line->bad = true;                                      \
		return true;                                                   \
	}
	NUMBER_FACTS(NUMBER_FACT)
#undef NUMBER_FACT
	return false;
}

static int parse_line(struct fact_line *line, struct kmc_trace_facts *facts)
{
	const char *key = next_word(line);

	if (parse_member(key, line, facts))
		return 0;
	if (!strcmp(key, "machine.options"))
		facts->machine.options =
			(uint32_t)next_bits(line, option_names, NR_OF(option_names));
	else if (!strcmp(key, "zone"))
		parse_zone(line, &facts->machine);
	else if (!strcmp(key, "gfp"))
		parse_gfp(line, &facts->gfp);
	else if (!strcmp(key, "probe"))
		parse_probe(line, facts);
	else if (!strcmp(key, "witness"))
		rest_text(line, facts->witness, sizeof(facts->witness));
	else if (!strcmp(key, "witnessed"))
		parse_witnessed(line, facts);
	else if (!strcmp(key, "cache"))
		return parse_cache(line, facts);
	else if (!strcmp(key, "symbol"))
		return parse_symbol(line, facts);
	return 0;
}

/* Values that readers compute with; anything else may be odd. */
static bool facts_possible(const struct kmc_trace_facts *facts)
{
	return facts->machine.page_shift >= 10 && facts->machine.page_shift <= 24;
}

int kmc_facts_parse(char *text, size_t len, struct kmc_trace_facts *facts, unsigned int *line)
{
	char *end = text + len;

	kmc_trace_facts_init(facts);
	for (*line = 1; text < end; ++*line) {
		char *next = memchr(text, '\n', (size_t)(end - text));
		struct fact_line parts = { .rest = text };
		int ret = 0;

		if (!next)
			return -EINVAL;
		*next = '\0';
		if (*line == 1)
			parts.bad = strcmp(text, FIRST_LINE) != 0;
		else
			ret = parse_line(&parts, facts);
		if (ret || parts.bad)
			return ret ? ret : -EINVAL;
		text = next + 1;
	}
	return *line > 1 && facts_possible(facts) ? 0 : -EINVAL;
}
