// SPDX-License-Identifier: GPL-2.0-or-later
/* Takes the kernel's texts apart; see proc_text.h. */
#include "proc_text.h"
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int zone_kind(const char *name)
{
	static const struct {
		const char *name;
		uint8_t kind;
	} kinds[] = {
		{ "DMA", KMC_DMA }, { "DMA32", KMC_DMA32 }, { "Normal", KMC_NORMAL },
		{ "HighMem", KMC_HIGHMEM }, { "Movable", KMC_MOVABLE },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(kinds[i].name, name))
			return kinds[i].kind;
	return -1; /* Device: never allocated from */
}

/* "   spanned  4095" into a field; a colon after the word ("high:") is another table's. */
static bool zone_number(const char *line, const char *word, uint64_t *number)
{
	size_t len = strlen(word);

	line += strspn(line, " \t");
	if (strncmp(line, word, len) || !strchr(" \t", line[len]) || !line[len])
		return false;
	*number = strtoull(line + len, NULL, 10);
	return true;
}

static bool zone_line(const char *line, struct kmc_zone *zone)
{
	return zone_number(line, "min", &zone->min) || zone_number(line, "low", &zone->low) ||
	       zone_number(line, "high", &zone->high) ||
	       zone_number(line, "spanned", &zone->nr_pages) ||
	       zone_number(line, "managed", &zone->managed) ||
	       zone_number(line, "start_pfn:", &zone->start_pfn);
}

/* Keeps a zone that is complete, in the machine's table. */
static int zone_keep(struct kmc_machine *machine, const struct kmc_zone *zone, int kind)
{
	if (kind < 0 || !zone->nr_pages)
		return 0;
	if (machine->nr_zones == KMC_MACHINE_MAX_ZONES)
		return -E2BIG;
	machine->zones[machine->nr_zones] = *zone;
	machine->zones[machine->nr_zones++].kind = (uint8_t)kind;
	if (zone->node >= machine->nr_nodes)
		machine->nr_nodes = (uint16_t)(zone->node + 1);
	return 0;
}

int kmc_zoneinfo_parse(const char *text, struct kmc_machine *machine)
{
	struct kmc_zone zone = { 0 };
	int kind = -1, full = 0;
	bool any = false;

	machine->nr_zones = machine->nr_nodes = 0;
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		unsigned int node;
		char name[16];

		line += *line == '\n';
		if (sscanf(line, "Node %u, zone %15s", &node, name) == 2) {
			full |= zone_keep(machine, &zone, kind);
			zone = (struct kmc_zone){ .node = (uint8_t)node };
			kind = node < 256 ? zone_kind(name) : -1;
			any = true;
		} else {
			zone_line(line, &zone);
		}
		if (!*line)
			break;
	}
	full |= zone_keep(machine, &zone, kind);
	if (!any)
		return -EINVAL;
	return full ? full : machine->nr_zones;
}

int kmc_buddyinfo_max_order(const char *text)
{
	const char *p = strstr(text, "zone");
	int columns = -1; /* the zone's name is no order */

	if (!p)
		return -1;
	p += strcspn(p, " \n");
	while (*p && *p != '\n') {
		p += strspn(p, " \t");
		if (!*p || *p == '\n')
			break;
		columns++;
		p += strcspn(p, " \t\n");
	}
	return columns > 0 ? columns - 1 : -1;
}

bool kmc_vmallocinfo_parse(const char *text, uint64_t *start, uint64_t *end)
{
	const uint64_t gib = 1ull << 30, modules = 0 - 2 * gib;
	uint64_t from, to;

	*start = *end = 0;
	for (const char *line = text; line && *line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (sscanf(line, "0x%" SCNx64 "-0x%" SCNx64, &from, &to) != 2 ||
		    !(from >> 63) || from >= modules)
			continue;
		if (!*start || (from & ~(gib - 1)) < *start)
			*start = from & ~(gib - 1);
		if (to > *end)
			*end = to;
	}
	*end = (*end + gib - 1) & ~(gib - 1);
	return *end != 0;
}

bool kmc_config_set(const char *config, const char *name)
{
	size_t len = strlen(name);
	const char *p = config;

	while ((p = strstr(p, "CONFIG_")) != NULL) {
		bool starts = p == config || p[-1] == '\n';

		p += 7;
		if (starts && !strncmp(p, name, len) && p[len] == '=')
			return p[len + 1] == 'y' || p[len + 1] == 'm';
	}
	return false;
}

bool kmc_cmdline_find(const char *cmdline, const char *key, char *value, size_t size)
{
	size_t len = strlen(key), word;
	bool found = false;

	for (const char *p = cmdline; *p; p += word) {
		p += strspn(p, " \t\n");
		word = strcspn(p, " \t\n");
		if (word < len || strncmp(p, key, len) || (word > len && p[len] != '='))
			continue;
		found = true;
		snprintf(value, size, "%.*s", word > len ? (int)(word - len - 1) : 0, p + len + 1);
	}
	return found;
}

/* A boolean parameter as the kernel reads it; unknown words leave it as it was. */
static bool cmdline_bool(const char *cmdline, const char *key, bool value)
{
	char word[16];

	if (!kmc_cmdline_find(cmdline, key, word, sizeof(word)))
		return value;
	if (!strcmp(word, "0") || !strcmp(word, "off") || !strcmp(word, "n"))
		return false;
	if (!strcmp(word, "1") || !strcmp(word, "on") || !strcmp(word, "y"))
		return true;
	return value;
}

static bool cmdline_has(const char *cmdline, const char *key)
{
	char word[16];

	return kmc_cmdline_find(cmdline, key, word, sizeof(word));
}

static bool nomerge(const char *config, const char *cmdline)
{
	bool off = config && !kmc_config_set(config, "SLAB_MERGE_DEFAULT");

	if (cmdline_has(cmdline, "slab_nomerge") || cmdline_has(cmdline, "slub_nomerge"))
		off = true;
	if (cmdline_has(cmdline, "slab_merge") || cmdline_has(cmdline, "slub_merge"))
		off = false;
	return off;
}

/* Kernel memory is charged: 6.1 has an option for it, 6.12 has not. */
static bool memcg(const char *config, const char *cmdline)
{
	char word[32];

	if (!kmc_config_set(config, "MEMCG") || strstr(config, "CONFIG_MEMCG_KMEM is not set"))
		return false;
	if (kmc_cmdline_find(cmdline, "cgroup_disable", word, sizeof(word)) &&
	    strstr(word, "memory"))
		return false;
	return !(kmc_cmdline_find(cmdline, "cgroup.memory", word, sizeof(word)) &&
		 strstr(word, "nokmem"));
}

static bool usercopy(const char *config, const char *cmdline)
{
	bool on = kmc_config_set(config, "HARDENED_USERCOPY") &&
		  !strstr(config, "CONFIG_HARDENED_USERCOPY_DEFAULT_ON is not set");

	return cmdline_bool(cmdline, "hardened_usercopy", on);
}

uint32_t kmc_options_parse(const char *config, const char *cmdline)
{
	static const struct {
		const char *name;
		uint32_t option;
	} plain[] = {
		{ "SLAB_FREELIST_RANDOM", KMC_MO_freelist_random },
		{ "SLAB_FREELIST_HARDENED", KMC_MO_freelist_hardened },
		{ "SLAB_BUCKETS", KMC_MO_slab_buckets },
		{ "RANDOM_KMALLOC_CACHES", KMC_MO_random_kmalloc },
		{ "LOCKDEP", KMC_MO_lockdep },
		{ "KASAN_HW_TAGS", KMC_MO_kasan_hw_tags },
		{ "DEBUG_VM", KMC_MO_debug_vm },
		{ "PREEMPT_RT", KMC_MO_preempt_rt },
	};
	uint32_t options = 0;

	if (nomerge(config, cmdline))
		options |= KMC_MO_slab_nomerge;
	if (cmdline_bool(cmdline, "init_on_alloc",
			 config && kmc_config_set(config, "INIT_ON_ALLOC_DEFAULT_ON")))
		options |= KMC_MO_init_on_alloc;
	if (cmdline_bool(cmdline, "init_on_free",
			 config && kmc_config_set(config, "INIT_ON_FREE_DEFAULT_ON")))
		options |= KMC_MO_init_on_free;
	if (!config)
		return options | (uint32_t)KMC_MO_options_unknown;
	for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
		if (kmc_config_set(config, plain[i].name))
			options |= plain[i].option;
	if (!kmc_config_set(config, "ZONE_DMA"))
		options |= KMC_MO_no_zone_dma;
	if (memcg(config, cmdline))
		options |= KMC_MO_memcg;
	if (usercopy(config, cmdline))
		options |= KMC_MO_hardened_usercopy;
	return options;
}

/* Constant expressions: precedence | < & < << < + < unary, all that event formats use. */

struct expr {
	const char *p, *end;
	bool (*name_value)(void *arg, const char *name, size_t len, uint64_t *value);
	void *arg;
	int depth;
	bool bad;
};

static uint64_t expr_or(struct expr *e);

static char expr_peek(struct expr *e)
{
	while (e->p < e->end && isspace((unsigned char)*e->p))
		e->p++;
	return e->p < e->end ? *e->p : 0;
}

static bool is_name(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static size_t name_len(struct expr *e)
{
	size_t n = 0;

	while (e->p + n < e->end && is_name(e->p[n]))
		n++;
	return n;
}

static uint64_t expr_number(struct expr *e)
{
	size_t len = name_len(e), digits = len;
	char text[32], *stop;
	uint64_t value;

	while (digits && strchr("uUlL", e->p[digits - 1]))
		digits--;
	snprintf(text, sizeof(text), "%.*s", (int)(digits < 31 ? digits : 31), e->p);
	value = strtoull(text, &stop, 0);
	e->bad |= *stop || stop == text;
	e->p += len;
	return value;
}

/* A parenthesis of words only, before an operand: a cast ("unsigned long", "gfp_t"). */
static bool expr_cast(struct expr *e)
{
	const char *start = e->p;
	uint64_t value;
	size_t len;

	e->p++;
	while (expr_peek(e) && (isalpha((unsigned char)*e->p) || *e->p == '_')) {
		len = name_len(e);
		if (e->name_value && e->name_value(e->arg, e->p, len, &value))
			break;
		e->p += len;
		if (expr_peek(e) == ')') {
			e->p++;
			return true;
		}
	}
	e->p = start;
	return false;
}

static uint64_t expr_unary(struct expr *e)
{
	uint64_t value = 0;
	size_t len;
	char c = expr_peek(e);

	if (++e->depth > 200)
		e->bad = true;
	if (e->bad || !c) {
		e->bad = true;
	} else if (c == '~') {
		e->p++;
		value = ~expr_unary(e);
	} else if (c == '-') {
		e->p++;
		value = -expr_unary(e);
	} else if (c == '(' && expr_cast(e)) {
		value = expr_unary(e);
	} else if (c == '(') {
		e->p++;
		value = expr_or(e);
		e->bad |= expr_peek(e) != ')';
		e->p += !e->bad;
	} else if (isdigit((unsigned char)c)) {
		value = expr_number(e);
	} else {
		len = name_len(e);
		e->bad |= !len || !e->name_value || !e->name_value(e->arg, e->p, len, &value);
		e->p += len;
	}
	e->depth--;
	return value;
}

static uint64_t expr_sum(struct expr *e)
{
	uint64_t value = expr_unary(e);

	while (!e->bad) {
		char c = expr_peek(e);

		if (c != '+' && c != '-')
			break;
		e->p++;
		value = c == '+' ? value + expr_unary(e) : value - expr_unary(e);
	}
	return value;
}

static uint64_t expr_shift(struct expr *e)
{
	uint64_t value = expr_sum(e), by;

	while (!e->bad && expr_peek(e) == '<' && e->p + 1 < e->end && e->p[1] == '<') {
		e->p += 2;
		by = expr_sum(e);
		e->bad |= by > 63;
		value = e->bad ? 0 : value << by;
	}
	return value;
}

static uint64_t expr_and(struct expr *e)
{
	uint64_t value = expr_shift(e);

	while (!e->bad && expr_peek(e) == '&') {
		e->p++;
		value &= expr_shift(e);
	}
	return value;
}

static uint64_t expr_or(struct expr *e)
{
	uint64_t value = expr_and(e);

	while (!e->bad && expr_peek(e) == '|') {
		e->p++;
		value |= expr_and(e);
	}
	return value;
}

bool kmc_constant(const char *text, size_t len,
		  bool (*name_value)(void *arg, const char *name, size_t len, uint64_t *value),
		  void *arg, uint64_t *value)
{
	struct expr e = { .p = text, .end = text + len, .name_value = name_value, .arg = arg };

	*value = expr_or(&e);
	return !e.bad && !expr_peek(&e);
}
