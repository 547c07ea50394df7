// SPDX-License-Identifier: GPL-2.0-or-later
/* Finds the running kernel's GFP numbers; see gfp_find.h. */
#include "gfp_find.h"
#include <bpf/btf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "file_text.h"
#include "proc_text.h"

static const char prefix[] = "___GFP_", suffix[] = "_BIT";

/* ___GFP_<NAME>_BIT -> atom, -1 none */
static int atom_of_bit_name(const char *name)
{
	size_t len = strlen(name), pre = sizeof(prefix) - 1, suf = sizeof(suffix) - 1;

	if (len <= pre + suf || strncmp(name, prefix, pre) || strcmp(name + len - suf, suffix))
		return -1;
	return kmc_gfp_atom_find(name + pre, len - pre - suf);
}

static void clear_table(struct kmc_gfp_table *table)
{
	for (int i = 0; i < KMC_NR_GFP_ATOMS; i++)
		table->bit[i] = -1;
}

/* The bits stand in an enum that has no name: it is known by its enumerators. */
static const struct btf_type *gfp_enum(const struct btf *btf)
{
	for (uint32_t id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *t = btf__type_by_id(btf, id);
		const char *name;

		if (!btf_is_enum(t) || !btf_vlen(t))
			continue;
		name = btf__name_by_offset(btf, btf_enum(t)[0].name_off);
		if (name && !strcmp(name, "___GFP_DMA_BIT"))
			return t;
	}
	return NULL;
}

bool kmc_gfp_from_btf(const struct btf *btf, struct kmc_gfp_table *table)
{
	const struct btf_type *t = gfp_enum(btf);
	bool found = false;

	clear_table(table);
	for (unsigned int i = 0; t && i < btf_vlen(t); i++) {
		const struct btf_enum *e = &btf_enum(t)[i];
		int atom = atom_of_bit_name(btf__name_by_offset(btf, e->name_off));

		if (atom < 0 || e->val < 0 || e->val > 63)
			continue;
		table->bit[atom] = (int8_t)e->val;
		found = true;
	}
	return found;
}

struct names {
	const struct btf *btf;
	const struct btf_type *type;
};

static bool bit_name_value(void *arg, const char *name, size_t len, uint64_t *value)
{
	const struct names *names = arg;

	for (unsigned int i = 0; names->type && i < btf_vlen(names->type); i++) {
		const struct btf_enum *e = &btf_enum(names->type)[i];
		const char *known = btf__name_by_offset(names->btf, e->name_off);

		if (strlen(known) == len && !memcmp(known, name, len)) {
			*value = (uint64_t)e->val;
			return true;
		}
	}
	return false;
}

/* One "{ expression, "NAME" }" of the list; composites have several bits and are passed over. */
static bool take_flag(const char *item, const char *comma, struct names *names,
		      struct kmc_gfp_table *table)
{
	const char *name = comma + strspn(comma, ", \t\""), *end = strchr(name, '"');
	uint64_t mask;
	int atom;

	if (!end || strncmp(name, "__GFP_", 6))
		return false;
	atom = kmc_gfp_atom_find(name, (size_t)(end - name));
	if (atom < 0 || !kmc_constant(item, (size_t)(comma - item), bit_name_value, names, &mask))
		return false;
	if (!mask || mask & (mask - 1))
		return false;
	table->bit[atom] = (int8_t)__builtin_ctzll(mask);
	return true;
}

bool kmc_gfp_from_format(const char *format, const struct btf *btf, struct kmc_gfp_table *table)
{
	struct names names = { btf, btf ? gfp_enum(btf) : NULL };
	const char *p = strstr(format, "__print_flags"), *quote, *comma;
	bool found = false;

	clear_table(table);
	while (p && (p = strchr(p, '{')) != NULL) {
		quote = strchr(++p, '"');
		if (!quote)
			break;
		for (comma = quote; comma > p && *comma != ','; comma--)
			;
		if (comma > p)
			found |= take_flag(p, comma, &names, table);
	}
	return found;
}

void kmc_gfp_find(const struct btf *btf, uint32_t release, struct kmc_gfp_table *table,
		  char *source)
{
	static const char *const paths[] = {
		"/sys/kernel/tracing/events/kmem/mm_page_alloc/format",
		"/sys/kernel/debug/tracing/events/kmem/mm_page_alloc/format",
	};
	bool found = false;
	char *text;

	if (btf && kmc_gfp_from_btf(btf, table)) {
		snprintf(source, 16, "btf");
		return;
	}
	for (size_t i = 0; i < 2 && !found; i++) {
		if (kmc_file_text(paths[i], &text) < 0)
			continue;
		found = kmc_gfp_from_format(text, btf, table);
		free(text);
	}
	snprintf(source, 16, "%s", found ? "format" : "static");
	if (!found)
		*table = *kmc_gfp_table_of(release);
}
