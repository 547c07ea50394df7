/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a target says before it dies, and reading it back. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "fuzz/telltale.h"

#define HEAD "kmconform-finding "

/* Texts with more than one line keep their indentation. */
static void write_text(FILE *out, const char *word, const char *text)
{
	fprintf(out, "  %-5s ", word);
	for (; *text; text++) {
		fputc(*text, out);
		if (*text == '\n')
			fprintf(out, "        ");
	}
	fputc('\n', out);
}

void kmc_telltale_write(FILE *out, const struct kmc_finding *finding, size_t op)
{
	char *text = NULL;
	size_t len = 0;
	FILE *memory = open_memstream(&text, &len);

	if (!memory)
		return;
	fprintf(memory, HEAD "key=%s rule=%s call=%s op=%zu clause=\"%s\" shape=\"%s\"\n",
		finding->key, kmc_rule_at((size_t)finding->rule)->id, finding->call, op,
		finding->clause, finding->shape);
	write_text(memory, "Let", finding->let);
	write_text(memory, "Then", finding->then);
	write_text(memory, "But", finding->but);
	fclose(memory);
	fwrite(text, 1, len, out);
	fflush(out);
	free(text);
}

/* The value of " NAME=", up to the next blank or, quoted, to the next quote. */
static bool value_of(const char *line, const char *name, char *value, size_t size)
{
	const char *at = strstr(line, name);
	size_t len;

	if (!at)
		return false;
	at += strlen(name);
	len = *at == '"' ? strcspn(++at, "\"") : strcspn(at, " ");
	if (len >= size)
		return false;
	memcpy(value, at, len);
	value[len] = '\0';
	return true;
}

static bool parse_line(const char *line, struct kmc_telltale *telltale)
{
	char op[24];
	bool whole = value_of(line, "key=", telltale->key, sizeof(telltale->key)) &&
		     value_of(line, " rule=", telltale->rule, sizeof(telltale->rule)) &&
		     value_of(line, " call=", telltale->call, sizeof(telltale->call)) &&
		     value_of(line, " op=", op, sizeof(op)) &&
		     value_of(line, " clause=", telltale->clause, sizeof(telltale->clause)) &&
		     value_of(line, " shape=", telltale->shape, sizeof(telltale->shape));

	telltale->op = whole ? strtoul(op, NULL, 10) : 0;
	return whole;
}

bool kmc_telltale_parse(const char *text, size_t len, struct kmc_telltale *telltale)
{
	const char *at = text, *end = text + len;

	while (at < end) {
		const char *newline = memchr(at, '\n', (size_t)(end - at));
		size_t bytes = (size_t)((newline ? newline : end) - at);
		char line[512];

		if (bytes < sizeof(line) && bytes > strlen(HEAD) &&
		    !memcmp(at, HEAD, strlen(HEAD))) {
			memcpy(line, at + strlen(HEAD), bytes - strlen(HEAD));
			line[bytes - strlen(HEAD)] = '\0';
			if (parse_line(line, telltale))
				return true;
		}
		at = newline ? newline + 1 : end;
	}
	return false;
}
