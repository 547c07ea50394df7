/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The boot option slab_debug=, by its older name slub_debug=:
 *
 *   slab_debug                 everything for all caches
 *   slab_debug=FZ              checks and red zones for all caches
 *   slab_debug=P,dentry,ext4*  poison for the caches of those names
 *   slab_debug=F;Z,kmalloc-*   blocks; the first that names a cache decides
 *   slab_debug=-               nothing
 *
 * Letters: F checks, Z red zones, P poison, U users, T trace, A failslab, O not
 * where the slab would have to be larger for it. Read again for each cache, as
 * the kernel does: caches are rarely made.
 */
#include "slab_debug.h"
#include <string.h>

#define DEBUG_DEFAULT (SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)

/* One block between semicolons. */
struct block {
	uint32_t flags;
	bool keep_order;
	const char *names; /* NULL: all caches */
	const char *end;
};

static void block_letter(struct block *b, char letter)
{
	static const struct {
		char letter;
		uint32_t flag;
	} letters[] = {
		{ 'f', SLAB_CONSISTENCY_CHECKS }, { 'z', SLAB_RED_ZONE }, { 'p', SLAB_POISON },
		{ 'u', SLAB_STORE_USER }, { 't', SLAB_TRACE }, { 'a', SLAB_FAILSLAB },
	};

	if (letter == '-')
		b->flags = 0;
	if ((letter | 0x20) == 'o')
		b->keep_order = true;
	for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if ((letter | 0x20) == letters[i].letter)
			b->flags |= letters[i].flag;
}

/* Return: what follows the block; NULL at the end of the text. */
static const char *block_parse(const char *text, struct block *b)
{
	*b = (struct block){ 0 };
	while (*text == ';')
		text++;
	if (*text == ',')
		b->flags = DEBUG_DEFAULT;
	for (; *text && *text != ',' && *text != ';'; text++)
		block_letter(b, *text);
	if (*text == ',')
		b->names = ++text;
	text += strcspn(text, ";");
	b->end = text;
	return *text ? text + 1 : NULL;
}

static bool name_matches(const char *name, const char *pattern, size_t len)
{
	const char *star = memchr(pattern, '*', len);
	size_t compared = strlen(name) > len ? strlen(name) : len;

	if (star)
		compared = (size_t)(star - pattern);
	else if (strlen(name) != len)
		return false;
	return !strncmp(name, pattern, compared);
}

static bool block_names(const struct block *b, const char *name)
{
	for (const char *p = b->names; p && p < b->end;) {
		size_t len = strcspn(p, ",;");

		if (len > (size_t)(b->end - p))
			len = (size_t)(b->end - p);
		if (name_matches(name, p, len))
			return true;
		p += len + 1;
	}
	return false;
}

/* The option's value; NULL when there is none that the release knows. */
static const char *option_value(const struct kmc_sim *sim)
{
	const char *text = sim->config.slab_debug;
	bool older = !strncmp(text, "slub_debug", 10);

	if (!older && (strncmp(text, "slab_debug", 10) ||
		       sim->config.profile < KMC_PROFILE_6_12_117))
		return NULL;
	if (text[10] == '\0' || !strcmp(text + 10, "="))
		return "fzpu";
	return text[10] == '=' ? text + 11 : NULL;
}

/* What the described machine says by single bits is a block of its own for all caches. */
static uint32_t flags_of_bits(uint32_t options)
{
	uint32_t flags = 0;

	if (options & KMC_OPT_SLUB_RED_ZONE)
		flags |= SLAB_RED_ZONE;
	if (options & KMC_OPT_SLUB_POISON)
		flags |= SLAB_POISON;
	if (options & KMC_OPT_SLUB_STORE_USER)
		flags |= SLAB_STORE_USER;
	if (options & KMC_OPT_SLUB_CONSISTENCY)
		flags |= SLAB_CONSISTENCY_CHECKS;
	return flags;
}

/* kmemleak's own caches keep no users: a record would need an object of theirs. */
static uint32_t flags_for(uint32_t flags, uint32_t more)
{
	if (flags & SLAB_NOLEAKTRACE)
		more &= ~SLAB_STORE_USER;
	return flags | more;
}

/* Model: exact (6.1 to 6.18). */
uint32_t kmc_slab_debug_flags(const struct kmc_sim *sim, const char *name, uint32_t flags)
{
	const char *text = option_value(sim);
	uint32_t all = flags_of_bits(sim->config.options);

	if (flags & SLAB_NO_USER_FLAGS)
		return flags;
	while (text && *text) {
		struct block b;

		text = block_parse(text, &b);
		if (!b.names)
			all = b.flags;
		else if (block_names(&b, name))
			return flags_for(flags, b.flags);
	}
	return flags_for(flags, all);
}

bool kmc_slab_debug_keeps_order(const struct kmc_sim *sim)
{
	const char *text = option_value(sim);
	bool keep = false;

	while (text && *text) {
		struct block b;

		text = block_parse(text, &b);
		keep |= b.keep_order;
	}
	return keep;
}
