// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The documents held against the headers and against one another. Kept is, in
 * our own words, what each text says of names, masks and promises, FILE:
 *
 *   # kmconform document claims 1
 *   header NAME FROM UNTIL FLAGS   what headers make of it from a release to another (-: open)
 *   text NAME RELEASE              the claims that follow are this text's
 *   LINE name WORD                 it uses this name
 *   LINE mask WORD FLAGS           it says that WORD is FLAGS: names with + and - before them
 *   LINE class BYTES               it names this kmalloc class
 *   LINE says TOPIC VALUE          what it promises
 *   known KEY                      accepted: does not fail a run
 *
 * NAME: no header has the name. MASK: the headers have another value. CLASS: there is no such
 * class. EDITION: a text before it says something else.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "judge_priv.h"
#include "rules_cmd.h"
#include "vocab/gfp.h"
#include "vocab/machine.h"

enum claim_kind { CLAIM_HEADER, CLAIM_NAME, CLAIM_MASK, CLAIM_CLASS, CLAIM_SAYS, CLAIM_KNOWN };

struct claim {
	uint8_t kind;
	unsigned int line, text; /* of the text; which text */
	uint32_t from, until;    /* headers */
	char word[64], value[160];
};

struct text {
	char name[64];
	uint32_t release;
};

struct claims {
	const char *path;
	struct claim *list;
	size_t nr, max;
	struct text texts[16];
	unsigned int nr_texts;
	unsigned int findings, known;
};

/* reading */

static int bad(const struct claims *c, unsigned int number, const char *what)
{
	return kmc_rules_fail("%s:%u: %s", c->path, number, what);
}

static struct claim *add(struct claims *c)
{
	if (c->nr == c->max) {
		size_t max = c->max ? c->max * 2 : 64;
		void *list = realloc(c->list, max * sizeof(*c->list));

		if (!list)
			return NULL;
		c->list = list;
		c->max = max;
	}
	c->list[c->nr] = (struct claim){ .text = c->nr_texts };
	return &c->list[c->nr++];
}

static int take_claim(struct claims *c, unsigned int number, const char *line, struct claim *claim)
{
	static const char *const kinds[] = { [CLAIM_NAME] = "name", [CLAIM_MASK] = "mask",
					     [CLAIM_CLASS] = "class", [CLAIM_SAYS] = "says" };
	char kind[16];
	int words = sscanf(line, "%u %15s %63s %159s", &claim->line, kind, claim->word,
			   claim->value);

	if (words < 3 || !c->nr_texts)
		return bad(c, number, "not LINE KIND WORD of a text");
	for (unsigned int i = CLAIM_NAME; i <= CLAIM_SAYS; i++) {
		bool two = i == CLAIM_MASK || i == CLAIM_SAYS;

		if (strcmp(kind, kinds[i]))
			continue;
		claim->kind = (uint8_t)i;
		return words == (two ? 4 : 3) ? 0 : bad(c, number, "too many or too few words");
	}
	return bad(c, number, "neither name, mask, class nor says");
}

static int take_header(struct claims *c, unsigned int number, const char *line, struct claim *claim)
{
	char from[24], until[24];

	if (sscanf(line, "header %63s %23s %23s %159s", claim->word, from, until, claim->value) != 4)
		return bad(c, number, "not header NAME FROM UNTIL FLAGS");
	claim->kind = CLAIM_HEADER;
	claim->from = kmc_release_parse(from);
	claim->until = strcmp(until, "-") ? kmc_release_parse(until) : 0;
	return claim->from && (claim->until || *until == '-') ? 0 : bad(c, number, "no release");
}

static int take_text(struct claims *c, unsigned int number, const char *line)
{
	struct text *text = &c->texts[c->nr_texts];
	char release[24];

	if (c->nr_texts == sizeof(c->texts) / sizeof(c->texts[0]))
		return bad(c, number, "too many texts");
	if (sscanf(line, "text %63s %23s", text->name, release) != 2)
		return bad(c, number, "not text NAME RELEASE");
	text->release = kmc_release_parse(release);
	c->nr_texts++;
	return text->release ? 0 : bad(c, number, "no release");
}

static int take_line(struct claims *c, unsigned int number, const char *line)
{
	struct claim *claim;

	if (!strncmp(line, "text ", 5))
		return take_text(c, number, line);
	claim = add(c);
	if (!claim)
		return kmc_rules_fail("out of memory");
	if (!strncmp(line, "header ", 7))
		return take_header(c, number, line, claim);
	claim->kind = CLAIM_KNOWN;
	if (sscanf(line, "known %159s", claim->value) == 1)
		return 0;
	return take_claim(c, number, line, claim);
}

static int read_claims(struct claims *c)
{
	char *line = NULL;
	size_t size = 0;
	unsigned int number = 0;
	int ret = 0;
	FILE *f = fopen(c->path, "r");

	if (!f)
		return kmc_rules_fail("%s: %s", c->path, strerror(errno));
	while (!ret && getline(&line, &size, f) >= 0) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		if (number == 1 && strcmp(line, "# kmconform document claims 1"))
			ret = bad(c, number, "not a file of document claims");
		else if (*line && *line != '#')
			ret = take_line(c, number, line);
	}
	if (!ret && !number)
		ret = kmc_rules_fail("%s: empty file", c->path);
	free(line);
	fclose(f);
	return ret;
}

/* what headers have */

static const struct claim *header_of(const struct claims *c, const char *name, uint32_t release)
{
	for (size_t i = 0; i < c->nr; i++) {
		const struct claim *h = &c->list[i];

		if (h->kind == CLAIM_HEADER && !strcmp(h->word, name) && release >= h->from &&
		    (!h->until || release < h->until))
			return h;
	}
	return NULL;
}

static int atom_of(const char *name)
{
	return strncmp(name, "__GFP_", 6) ? -1 : kmc_gfp_atom_find(name, strlen(name));
}

static bool header_has(const struct claims *c, const char *name, uint32_t release)
{
	return header_of(c, name, release) || atom_of(name) >= 0;
}

/* "A+B-C" as atoms. Return: was every name known? */
static bool mask_of(const struct claims *c, const char *flags, uint32_t release, uint32_t *mask,
		    unsigned int depth)
{
	bool minus = false;

	*mask = 0;
	while (*flags && depth < 8) {
		size_t len = strcspn(flags, "+-");
		char name[64];
		const struct claim *header;
		uint32_t part;

		if (!len || len >= sizeof(name))
			return false;
		memcpy(name, flags, len);
		name[len] = '\0';
		header = header_of(c, name, release);
		if (header) {
			if (!mask_of(c, header->value, release, &part, depth + 1))
				return false;
		} else if (atom_of(name) >= 0) {
			part = 1u << atom_of(name);
		} else {
			return false;
		}
		*mask = minus ? *mask & ~part : *mask | part;
		minus = flags[len] == '-';
		flags += len + (flags[len] != '\0');
	}
	return depth < 8;
}

/* findings */

static void report(struct claims *c, const char *rule, const struct claim *claim, const char *what)
{
	const struct text *text = &c->texts[claim->text - 1];
	bool known = false;
	char key[160];

	snprintf(key, sizeof(key), "%s/%s/%s", rule, text->name, claim->word);
	for (size_t i = 0; i < c->nr; i++)
		known |= c->list[i].kind == CLAIM_KNOWN && !strcmp(c->list[i].value, key);
	printf("%s:%u: %s%s\n    %s\n", text->name, claim->line, key, known ? " (known)" : "", what);
	c->findings++;
	c->known += known;
}

static void check_name(struct claims *c, const struct claim *claim)
{
	uint32_t release = c->texts[claim->text - 1].release;
	char other[80], what[200];

	if (header_has(c, claim->word, release))
		return;
	snprintf(other, sizeof(other), "__%s", claim->word);
	snprintf(what, sizeof(what), "no header has %s%s%s", claim->word,
		 header_has(c, other, release) ? "; there is " : "",
		 header_has(c, other, release) ? other : "");
	report(c, "NAME", claim, what);
}

static void print_mask(char *buf, size_t size, uint32_t mask)
{
	kmc_gfp_print(buf, size, (struct kmc_gfp){ .atoms = mask });
}

static void check_mask(struct claims *c, const struct claim *claim)
{
	uint32_t release = c->texts[claim->text - 1].release, said, is;
	char what[800], said_text[256], is_text[256];

	if (!mask_of(c, claim->value, release, &said, 0)) {
		report(c, "NAME", claim, "the mask has a name that no header has");
		return;
	}
	if (!mask_of(c, claim->word, release, &is, 0)) {
		report(c, "NAME", claim, "no header has the name");
		return;
	}
	if (said == is)
		return;
	print_mask(said_text, sizeof(said_text), said & ~is);
	print_mask(is_text, sizeof(is_text), is & ~said);
	snprintf(what, sizeof(what), "the headers' %s lacks %s and has %s beside", claim->word,
		 said & ~is ? said_text : "nothing", is & ~said ? is_text : "nothing");
	report(c, "MASK", claim, what);
}

static void check_class(struct claims *c, const struct claim *claim)
{
	uint64_t bytes = strtoull(claim->word, NULL, 10);
	char what[200];

	if (kmc_kmalloc_class_bytes(bytes, 8) == bytes)
		return;
	snprintf(what, sizeof(what), "there is no class of %s bytes; %llu serves them", claim->word,
		 (unsigned long long)kmc_kmalloc_class_bytes(bytes, 8));
	report(c, "CLASS", claim, what);
}

static void check_promise(struct claims *c, size_t index)
{
	const struct claim *claim = &c->list[index];
	char what[400];

	while (index-- > 0) {
		const struct claim *before = &c->list[index];

		if (before->kind != CLAIM_SAYS || strcmp(before->word, claim->word))
			continue;
		if (!strcmp(before->value, claim->value))
			return;
		snprintf(what, sizeof(what), "%s says %s, %s line %u says %s",
			 c->texts[claim->text - 1].name, claim->value,
			 c->texts[before->text - 1].name, before->line, before->value);
		report(c, "EDITION", claim, what);
		return;
	}
}

int kmc_rules_lint(const char *path)
{
	struct claims c = { .path = path };
	int ret = read_claims(&c);

	for (size_t i = 0; !ret && i < c.nr; i++)
		switch (c.list[i].kind) {
		case CLAIM_NAME: check_name(&c, &c.list[i]); break;
		case CLAIM_MASK: check_mask(&c, &c.list[i]); break;
		case CLAIM_CLASS: check_class(&c, &c.list[i]); break;
		case CLAIM_SAYS: check_promise(&c, i); break;
		}
	if (!ret)
		printf("%u findings, %u of them known\n", c.findings, c.known);
	free(c.list);
	return ret ? ret : c.findings > c.known;
}
