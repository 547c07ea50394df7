/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GFP flags: translation between a kernel's numbers and atoms, and their text.
 * Used by trace and recorder (numbers), by programs and event files (text).
 *
 * The composites below are notation: a short way to write and read a set of
 * atoms, with one fixed meaning in every edition. They claim nothing about
 * what a release puts into the macro of that name; the oracle derives those
 * itself.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "vocab/gfp.h"
#include "vocab/machine.h"
#include "vocab_text.h"

_Static_assert(KMC_NR_GFP_ATOMS <= 32, "atoms are a 32-bit mask");

static const char *const atom_names[] = {
#define KMC_GFP(name, ...) #name,
#include "vocab/gfp.def"
#undef KMC_GFP
};

enum { GFP_4_19, GFP_6_1, GFP_6_3, GFP_6_6, GFP_6_9, GFP_6_12, GFP_6_18, NR_GFP_TABLES };

static const uint32_t table_release[NR_GFP_TABLES] = {
	[GFP_4_19] = KMC_RELEASE(4, 19, 0), [GFP_6_1] = KMC_RELEASE(6, 1, 0),
	[GFP_6_3] = KMC_RELEASE(6, 3, 0),   [GFP_6_6] = KMC_RELEASE(6, 6, 0),
	[GFP_6_9] = KMC_RELEASE(6, 9, 0),   [GFP_6_12] = KMC_RELEASE(6, 12, 0),
	[GFP_6_18] = KMC_RELEASE(6, 18, 0),
};

static const struct kmc_gfp_table tables[NR_GFP_TABLES] = {
#define KMC_GFP(name, a, b, c, d, e, f, g)            \
	[GFP_4_19].bit[KMC_GFP_BIT_##name] = (a),     \
	[GFP_6_1].bit[KMC_GFP_BIT_##name] = (b),      \
	[GFP_6_3].bit[KMC_GFP_BIT_##name] = (c),      \
	[GFP_6_6].bit[KMC_GFP_BIT_##name] = (d),      \
	[GFP_6_9].bit[KMC_GFP_BIT_##name] = (e),      \
	[GFP_6_12].bit[KMC_GFP_BIT_##name] = (f),     \
	[GFP_6_18].bit[KMC_GFP_BIT_##name] = (g),
#include "vocab/gfp.def"
#undef KMC_GFP
};

const struct kmc_gfp_table *kmc_gfp_table_of(uint32_t release)
{
	int i = NR_GFP_TABLES - 1;

	while (i > 0 && table_release[i] > release)
		i--;
	return &tables[i];
}

/* Tables found at run time are untrusted: a bit above 63 counts as none. */
static bool table_has(const struct kmc_gfp_table *table, unsigned int atom)
{
	return (uint8_t)table->bit[atom] < 64;
}

struct kmc_gfp kmc_gfp_from_raw(const struct kmc_gfp_table *table, uint64_t word)
{
	struct kmc_gfp gfp = { .raw = word };
	unsigned int i;

	for (i = 0; i < KMC_NR_GFP_ATOMS; i++) {
		uint64_t mask = table_has(table, i) ? 1ull << table->bit[i] : 0;

		gfp.atoms |= (uint32_t)((word & mask) != 0) << i;
		gfp.raw &= ~mask;
	}
	return gfp;
}

uint64_t kmc_gfp_to_raw(const struct kmc_gfp_table *table, struct kmc_gfp gfp, uint32_t *lost)
{
	uint64_t word = gfp.raw;
	uint32_t missing = gfp.atoms & ~KMC_GFP_ALL_ATOMS;

	for (uint32_t left = gfp.atoms & KMC_GFP_ALL_ATOMS; left; left &= left - 1) {
		unsigned int i = (unsigned int)__builtin_ctz(left);

		if (table_has(table, i))
			word |= 1ull << table->bit[i];
		else
			missing |= 1u << i;
	}
	if (lost)
		*lost = missing;
	return word;
}

const char *kmc_gfp_atom_name(unsigned int atom)
{
	return atom < KMC_NR_GFP_ATOMS ? atom_names[atom] : NULL;
}

/* Steps over leading underscores, then over "GFP_". */
static void strip_prefix(const char **name, size_t *len)
{
	while (*len && **name == '_') {
		++*name;
		--*len;
	}
	if (*len >= 4 && !memcmp(*name, "GFP_", 4)) {
		*name += 4;
		*len -= 4;
	}
}

int kmc_gfp_atom_find(const char *name, size_t len)
{
	unsigned int i;

	strip_prefix(&name, &len);
	for (i = 0; i < KMC_NR_GFP_ATOMS; i++)
		if (kmc_text_is(name, len, atom_names[i]))
			return (int)i;
	return -1;
}

#define A(name) ((uint32_t)KMC_GFP_##name)
#define RECLAIM (A(DIRECT_RECLAIM) | A(KSWAPD_RECLAIM))
#define KERNEL  (RECLAIM | A(IO) | A(FS))
#define USER    (KERNEL | A(HARDWALL))
#define MOVABLE_USER (USER | A(HIGHMEM) | A(MOVABLE))
#define LIGHT   ((MOVABLE_USER | A(COMP) | A(NOMEMALLOC) | A(NOWARN)) & ~RECLAIM)

/* Notation only. Larger sets first: printing takes the first that fits. */
static const struct {
	const char *name;
	uint32_t atoms;
} composites[] = {
	{ "GFP_TRANSHUGE", LIGHT | A(DIRECT_RECLAIM) },
	{ "GFP_TRANSHUGE_LIGHT", LIGHT },
	{ "GFP_HIGHUSER_MOVABLE", MOVABLE_USER },
	{ "GFP_HIGHUSER", USER | A(HIGHMEM) },
	{ "GFP_USER", USER },
	{ "GFP_KERNEL_ACCOUNT", KERNEL | A(ACCOUNT) },
	{ "GFP_KERNEL", KERNEL },
	{ "GFP_NOFS", RECLAIM | A(IO) },
	{ "GFP_NOIO", RECLAIM },
	{ "GFP_ATOMIC", A(HIGH) | A(KSWAPD_RECLAIM) },
	{ "GFP_NOWAIT", A(KSWAPD_RECLAIM) },
	/* read, never printed: GFP_NOIO comes first */
	{ "__GFP_RECLAIM", RECLAIM },
};
#define NR_COMPOSITES (sizeof(composites) / sizeof(composites[0]))

static int composite_of(uint32_t atoms)
{
	size_t i;

	for (i = 0; i < NR_COMPOSITES; i++)
		if ((atoms & composites[i].atoms) == composites[i].atoms)
			return (int)i;
	return -1;
}

int kmc_gfp_print(char *buf, size_t size, struct kmc_gfp gfp)
{
	uint32_t rest = gfp.atoms & KMC_GFP_ALL_ATOMS;
	int composite = composite_of(rest);
	struct kmc_text out;

	kmc_text_init(&out, buf, size);
	if (composite >= 0) {
		rest &= ~composites[composite].atoms;
		kmc_text_add(&out, composites[composite].name);
	}
	for (; rest; rest &= rest - 1) {
		kmc_text_add(&out, out.len ? "|__GFP_" : "__GFP_");
		kmc_text_add(&out, atom_names[__builtin_ctz(rest)]);
	}
	if (gfp.raw) {
		kmc_text_add(&out, out.len ? "|raw(0x" : "raw(0x");
		kmc_text_add_hex(&out, gfp.raw);
		kmc_text_add(&out, ")");
	}
	if (!out.len)
		kmc_text_add(&out, "0");
	return (int)out.len;
}

/* One word of a flag expression. */
static int parse_word(const char *word, size_t len, struct kmc_gfp *gfp)
{
	uint64_t raw;
	size_t i;
	int atom;

	for (i = 0; i < NR_COMPOSITES; i++) {
		if (kmc_text_is(word, len, composites[i].name)) {
			gfp->atoms |= composites[i].atoms;
			return 0;
		}
	}
	if (len > 5 && !memcmp(word, "raw(", 4) && word[len - 1] == ')') {
		if (kmc_text_number(word + 4, len - 5, &raw))
			return -EINVAL;
		gfp->raw |= raw;
		return 0;
	}
	if (kmc_text_is(word, len, "0"))
		return 0;
	atom = kmc_gfp_atom_find(word, len);
	if (atom < 0)
		return -EINVAL;
	gfp->atoms |= 1u << atom;
	return 0;
}

int kmc_gfp_parse(const char *text, size_t len, struct kmc_gfp *gfp)
{
	struct kmc_gfp sum = { 0 };
	size_t at = 0;

	for (;;) {
		struct kmc_span word = kmc_text_until(text, len, &at, '|');

		word = kmc_span_trim(word);
		if (parse_word(word.text, word.len, &sum))
			return -EINVAL;
		if (at > len)
			break;
	}
	*gfp = sum;
	return 0;
}
