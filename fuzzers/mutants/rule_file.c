/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of rules as files, with what they are for in a comment. */
#include "rule_file.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "oracle/judge.h"

void rule_file_path(char *path, size_t size, const char *folder, int rule, const char *kind)
{
	const char *id = kmc_rule_at((size_t)rule)->id;

	snprintf(path, size, "%s/%.*s/%s.%s.op", folder, (int)strcspn(id, "-"), id, id, kind);
}

bool rule_file_is_there(const char *folder, int rule, const char *kind)
{
	char path[4096];

	rule_file_path(path, sizeof(path), folder, rule, kind);
	return !access(path, R_OK);
}

/* A comment, in lines of at most 100 columns. */
static void comment(FILE *out, const char *text)
{
	while (*text) {
		size_t len = strlen(text);

		if (len > 98)
			for (len = 98; len && text[len] != ' '; len--)
				;
		if (!len)
			len = strcspn(text, " ");
		fprintf(out, "# %.*s\n", (int)len, text);
		text += len;
		text += strspn(text, " ");
	}
}

int rule_file_write(const char *folder, int rule, const char *kind, const char *fault,
			 const struct kmc_program *program)
{
	const struct kmc_rule *r = kmc_rule_at((size_t)rule);
	char path[4096], says[1024], *text = kmc_program_to_text(program), *slash;
	const char *body = text ? strchr(text, '\n') : NULL;
	int err = body ? 0 : -ENOMEM;
	FILE *out;

	if (err)
		return err;
	rule_file_path(path, sizeof(path), folder, rule, kind);
	slash = strrchr(path, '/');
	*slash = '\0';
	mkdir(path, 0777);
	*slash = '/';
	out = fopen(path, "w");
	if (!out) {
		err = -errno;
		free(text);
		return err;
	}
	fprintf(out, "%.*s\n", (int)(body - text), text);
	if (fault)
		fprintf(out, "# fault: %s\n", fault);
	snprintf(says, sizeof(says), "%s is %s: %s.", r->id,
		 !strcmp(kind, "keep") ? "kept" : !strcmp(kind, "break") ? "broken" : "not concerned",
		 r->statement);
	comment(out, says);
	fputs(body + 1, out);
	free(text);
	return fclose(out) ? -errno : 0;
}
