// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Which rule each line of the guide's texts stands for. The texts themselves
 * are not ours; kept is a file for each, FOLDER/NAME.lines:
 *
 *   # kmconform guide lines 1
 *   text NAME lines N sha256 HEX
 *   FIRST[-LAST] rule ID[,ID...]
 *   FIRST[-LAST] explained WHY NOT
 *   FIRST[-LAST] none WHAT IT IS
 *
 * in order and without a gap, so each line of the text is in exactly one. A
 * text that is given is recognised by its digest.
 */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "catalogue.h"
#include "rules_cmd.h"
#include "sha256.h"

enum kind { RULE, EXPLAINED, NONE, NR_KINDS };
static const char *const kind_names[NR_KINDS] = { "rule", "explained", "none" };

struct guide {
	char path[512];
	char name[64];
	char digest[65];
	unsigned int nr_lines, next; /* the first line not yet classified */
	unsigned int by_kind[NR_KINDS];
	bool stands_for[KMC_NR_RULES];
};

static int bad(const struct guide *g, unsigned int number, const char *what)
{
	return kmc_rules_fail("%s:%u: %s", g->path, number, what);
}

static int take_ids(struct guide *g, unsigned int number, char *ids)
{
	for (char *id = strtok(ids, ","); id; id = strtok(NULL, ",")) {
		int rule = kmc_rule_find(id);

		if (rule < 0)
			return bad(g, number, "no such rule");
		g->stands_for[rule] = true;
	}
	return 0;
}

/* "FIRST[-LAST] kind words" */
static int take_range(struct guide *g, unsigned int number, char *line)
{
	unsigned int first, last, kind = 0;
	char word[16], *rest = line;
	int n = 0;

	if (sscanf(line, "%u-%u %15s %n", &first, &last, word, &n) != 3 || !n) {
		n = 0;
		if (sscanf(line, "%u %15s %n", &first, word, &n) != 2 || !n)
			return bad(g, number, "not FIRST[-LAST] KIND WORDS");
		last = first;
	}
	rest += n;
	while (kind < NR_KINDS && strcmp(word, kind_names[kind]))
		kind++;
	if (kind == NR_KINDS)
		return bad(g, number, "neither rule, explained nor none");
	if (first != g->next || last < first || last > g->nr_lines)
		return bad(g, number, "lines are left out, named twice or beyond the text");
	if (!*rest)
		return bad(g, number, "says nothing");
	g->next = last + 1;
	g->by_kind[kind] += last - first + 1;
	return kind == RULE ? take_ids(g, number, rest) : 0;
}

static int read_guide(struct guide *g)
{
	char *line = NULL;
	size_t size = 0;
	unsigned int number = 0;
	int ret = 0;
	FILE *f = fopen(g->path, "r");

	if (!f)
		return kmc_rules_fail("%s: %s", g->path, strerror(errno));
	while (!ret && getline(&line, &size, f) >= 0) {
		number++;
		line[strcspn(line, "\n")] = '\0';
		if (number == 1 ? strcmp(line, "# kmconform guide lines 1") : 0)
			ret = bad(g, number, "not a file of guide lines");
		else if (*line == '#' || !*line)
			continue;
		else if (g->next)
			ret = take_range(g, number, line);
		else if (sscanf(line, "text %63s lines %u sha256 %64[0-9a-f]", g->name, &g->nr_lines,
				g->digest) != 3)
			ret = bad(g, number, "not text NAME lines N sha256 HEX");
		else
			g->next = 1;
	}
	if (!ret && g->next != g->nr_lines + 1)
		ret = bad(g, number, "the last lines are not classified");
	free(line);
	fclose(f);
	return ret;
}

static void print_guide(const struct guide *g)
{
	unsigned int rules = 0;

	for (size_t i = 0; i < KMC_NR_RULES; i++)
		rules += g->stands_for[i];
	printf("%-24s %4u lines: %4u rule (%u rules), %4u explained, %4u not normative\n", g->name,
	       g->nr_lines, g->by_kind[RULE], rules, g->by_kind[EXPLAINED], g->by_kind[NONE]);
}

/* texts that are given */

static int read_text(const char *path, char **text, size_t *size)
{
	FILE *f = fopen(path, "r");
	size_t room = 1 << 20;

	*text = f ? malloc(room) : NULL;
	if (!*text) {
		int err = f ? ENOMEM : errno;

		if (f)
			fclose(f);
		return kmc_rules_fail("%s: %s", path, strerror(err));
	}
	*size = fread(*text, 1, room, f);
	fclose(f);
	return *size && *size < room ? 0 : kmc_rules_fail("%s: not a guide's text", path);
}

static unsigned int count_lines(const char *text, size_t size)
{
	unsigned int lines = 0;

	for (size_t i = 0; i < size; i++)
		lines += text[i] == '\n' || i + 1 == size;
	return lines;
}

static int check_text(const char *path, const struct guide *guides, size_t nr)
{
	char digest[65] = "", *text;
	uint8_t bytes[32];
	size_t size = 0;
	int ret = read_text(path, &text, &size);

	if (ret) {
		free(text);
		return ret;
	}
	kmc_sha256(text, size, bytes);
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(digest + 2 * i, 3, "%02x", bytes[i]);
	ret = 1;
	for (size_t i = 0; i < nr && ret; i++)
		if (!strcmp(digest, guides[i].digest))
			ret = count_lines(text, size) == guides[i].nr_lines ? 0 : 1;
	printf("%s: %s\n", path, ret ? "NOT classified" : "each line classified");
	free(text);
	return ret;
}

/* the folder */

static int is_lines(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return len > 6 && !strcmp(entry->d_name + len - 6, ".lines");
}

/* Rules of origin S that no line stands for: a sentence was read that is not there. */
static unsigned int print_homeless(const struct guide *guides, size_t nr)
{
	unsigned int homeless = 0;

	for (size_t r = 0; r < KMC_NR_RULES; r++) {
		bool home = kmc_rule_at(r)->origin != KMC_ORIGIN_S;

		for (size_t i = 0; i < nr && !home; i++)
			home = guides[i].stands_for[r];
		if (home)
			continue;
		printf("%s of origin S stands in no line\n", kmc_rule_at(r)->id);
		homeless++;
	}
	return homeless;
}

int kmc_rules_guides(const char *folder, char **texts)
{
	struct dirent **names;
	int nr = scandir(folder, &names, is_lines, alphasort), ret = 0;
	struct guide *guides;

	if (nr <= 0)
		return kmc_rules_fail("%s: %s", folder, nr ? strerror(errno) : "no *.lines there");
	guides = calloc((size_t)nr, sizeof(*guides));
	for (int i = 0; i < nr; i++) {
		if (guides && !ret) {
			snprintf(guides[i].path, sizeof(guides[i].path), "%s/%s", folder,
				 names[i]->d_name);
			ret = read_guide(&guides[i]);
			if (!ret)
				print_guide(&guides[i]);
		}
		free(names[i]);
	}
	free(names);
	if (!guides)
		return kmc_rules_fail("out of memory");
	if (!ret && print_homeless(guides, (size_t)nr))
		ret = 1;
	for (; ret != KMC_RULES_CANNOT && *texts; texts++) {
		int one = check_text(*texts, guides, (size_t)nr);

		ret = one > ret ? one : ret;
	}
	free(guides);
	return ret;
}
