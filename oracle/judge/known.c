// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Findings that were accepted before: one by its key, or all of a rule's clause
 * where a release is known to break it whatever the call; each for all releases
 * or for a range of them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "judge_priv.h"
#include "known.h"

#define BLANK " \t\r\n"

struct range {
	uint32_t first, last;
};

static bool is_key(const char *text)
{
	size_t n = strlen(text);

	return n > 3 && n < sizeof(((struct kmc_known *)0)->key) && !strncmp(text, "v1-", 3) &&
	       strspn(text + 3, "0123456789abcdef") == n - 3;
}

/* "RULE:clause" */
static bool is_clause(char *text, struct kmc_known *known)
{
	char *colon = strchr(text, ':');

	if (!colon || !colon[1] || strlen(colon + 1) >= sizeof(known->clause))
		return false;
	*colon = '\0';
	known->rule = kmc_rule_find(text);
	strcpy(known->clause, colon + 1);
	*colon = ':';
	return known->rule >= 0;
}

/* "6.1..6.4", both included, with their stable releases; anything else is a remark. */
static void read_range(const char *text, struct range *range)
{
	size_t length = strcspn(text, BLANK "#");
	uint32_t first, last;
	const char *dots;
	char word[32];

	*range = (struct range){ 0, UINT32_MAX };
	if (length >= sizeof(word))
		return;
	memcpy(word, text, length);
	word[length] = '\0';
	dots = strstr(word, "..");
	first = dots ? kmc_release_parse(word) : 0;
	last = dots ? kmc_release_parse(dots + 2) : 0;
	if (first && last)
		*range = (struct range){ first, last & 1023 ? last : last | 1023 };
}

static bool concerns(const struct kmc_judge *judge, const struct range *range)
{
	uint32_t profile = judge->subject.machine.profile;
	uint32_t release = profile ? profile : judge->subject.edition;

	return release >= range->first && release <= range->last;
}

static int keep(struct kmc_judge *judge, const struct kmc_known *known)
{
	void *list = realloc(judge->known, (judge->nr_known + 1) * sizeof(judge->known[0]));

	if (!list)
		return -ENOMEM;
	judge->known = list;
	judge->known[judge->nr_known++] = *known;
	for (size_t i = 0; i < judge->nr_findings; i++)
		judge->findings[i]->known = kmc_is_known(judge, judge->findings[i]);
	return 0;
}

int kmc_judge_accept(struct kmc_judge *judge, const char *line)
{
	struct kmc_known known = { 0 };
	const char *start = line + strspn(line, BLANK), *rest = start + strcspn(start, BLANK "#");
	char word[64];
	struct range range;

	if (rest == start)
		return 0;
	if (rest - start >= (ptrdiff_t)sizeof(word))
		return -EINVAL;
	memcpy(word, start, (size_t)(rest - start));
	word[rest - start] = '\0';
	/* The key of a death that no rule tells of: for whoever keeps the file. */
	if (!strncmp(word, "h1-", 3))
		return 0;
	if (is_key(word))
		strcpy(known.key, word);
	else if (!is_clause(word, &known))
		return -EINVAL;
	if (!judge)
		return 0;
	read_range(rest + strspn(rest, BLANK), &range);
	return concerns(judge, &range) ? keep(judge, &known) : 0;
}

bool kmc_is_known(const struct kmc_judge *judge, const struct kmc_finding *finding)
{
	for (size_t i = 0; i < judge->nr_known; i++) {
		const struct kmc_known *known = &judge->known[i];

		if (known->key[0] ? !strcmp(known->key, finding->key) :
				    known->rule == finding->rule &&
				    !strcmp(known->clause, finding->clause))
			return true;
	}
	return false;
}

/* One line more. Return: 0, -EINVAL, -ENOMEM. */
static int add_line(struct kmc_known_list *list, const char *line)
{
	int err = kmc_judge_accept(NULL, line);
	char **lines;

	if (err)
		return err;
	lines = realloc(list->lines, (list->nr + 1) * sizeof(list->lines[0]));
	if (!lines)
		return -ENOMEM;
	list->lines = lines;
	lines[list->nr] = strdup(line);
	if (!lines[list->nr])
		return -ENOMEM;
	list->nr++;
	return 0;
}

static int read_lines(struct kmc_known_list *list, const char *path, FILE *in, char *error,
		      size_t size)
{
	char line[512];
	int err = 0;

	for (unsigned int number = 1; !err && fgets(line, sizeof(line), in); number++) {
		line[strcspn(line, "\r\n")] = '\0';
		err = add_line(list, line);
		if (err == -EINVAL)
			snprintf(error, size, "%s:%u: not a finding's key, nor a rule's clause: %s", path,
				 number, line);
		else if (err)
			snprintf(error, size, "%s: %s", path, strerror(-err));
	}
	if (!err && ferror(in)) {
		err = -EIO;
		snprintf(error, size, "%s: cannot be read", path);
	}
	return err;
}

int kmc_known_load(struct kmc_known_list *list, const char *path, char *error, size_t size)
{
	FILE *in = fopen(path, "re");
	int err;

	*list = (struct kmc_known_list){ 0 };
	if (!in) {
		err = -errno;
		snprintf(error, size, "%s: %s", path, strerror(errno));
		return err;
	}
	err = read_lines(list, path, in, error, size);
	fclose(in);
	if (err)
		kmc_known_free(list);
	return err;
}

int kmc_known_accept(const struct kmc_known_list *list, struct kmc_judge *judge)
{
	int err = 0;

	for (size_t i = 0; i < list->nr && !err; i++)
		err = kmc_judge_accept(judge, list->lines[i]);
	return err;
}

void kmc_known_free(struct kmc_known_list *list)
{
	for (size_t i = 0; i < list->nr; i++)
		free(list->lines[i]);
	free(list->lines);
	*list = (struct kmc_known_list){ 0 };
}
