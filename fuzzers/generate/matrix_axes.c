/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The axes of an outcome matrix, as corpus/outcomes holds them: a word and a value a line. */
#include <ctype.h>
#include <errno.h>
#include <string.h>
#include "generate/outcome_matrix.h"
#include "vocab/event.h"

#define LINE_MOST 256

const char *const kmc_matrix_level_names[KMC_MATRIX_NR_LEVELS] = {
#define KMC_MATRIX_LEVEL(name, text) text,
	KMC_MATRIX_LEVELS(KMC_MATRIX_LEVEL)
#undef KMC_MATRIX_LEVEL
};
const char *const kmc_matrix_source_names[KMC_MATRIX_NR_SOURCES] = {
#define KMC_MATRIX_SOURCE(name, text) text,
	KMC_MATRIX_SOURCES(KMC_MATRIX_SOURCE)
#undef KMC_MATRIX_SOURCE
};
static const char *const layouts[] = { "64-bit", "32-bit" };
static const struct {
	const char *text;
	unsigned int flag;
} task_flags[] = {
#define KMC_TASK_FLAG(name, text, bit) { text, 1u << (bit) },
	KMC_TASK_FLAGS(KMC_TASK_FLAG)
#undef KMC_TASK_FLAG
};

static int place_of(const char *const *names, unsigned int nr, const char *text)
{
	for (unsigned int i = 0; i < nr; i++)
		if (!strcmp(names[i], text))
			return (int)i;
	return -1;
}

static int add_flags(uint32_t *axis, unsigned int *nr, const char *text)
{
	struct kmc_gfp gfp;

	if (*nr == KMC_MATRIX_MOST || kmc_gfp_parse(text, strlen(text), &gfp) || gfp.raw)
		return -EINVAL;
	axis[(*nr)++] = gfp.atoms;
	return 0;
}

static int add_value(uint8_t *axis, unsigned int *nr, int value)
{
	if (*nr == KMC_MATRIX_MOST || value < 0)
		return -EINVAL;
	axis[(*nr)++] = (uint8_t)value;
	return 0;
}

static int order_of(const char *text)
{
	unsigned int order;
	int used = 0;

	return sscanf(text, "%2u%n", &order, &used) == 1 && !text[used] && order <= 10 ? (int)order : -1;
}

static int task_of(const char *text)
{
	for (unsigned int i = 0; i < sizeof(task_flags) / sizeof(task_flags[0]); i++)
		if (!strcmp(task_flags[i].text, text))
			return (int)task_flags[i].flag;
	return -1;
}

static int context_of(const char *text)
{
	for (unsigned int i = 0; i < KMC_NR_CONTEXTS; i++)
		if (!strcmp(kmc_context_name(i), text))
			return (int)i;
	return -1;
}

static int add_layout(struct kmc_matrix *matrix, const char *text)
{
	int which = place_of(layouts, 2, text);

	if (which < 0 || matrix->nr_layouts == 2)
		return -EINVAL;
	matrix->layouts[matrix->nr_layouts++] = which == 1;
	return 0;
}

static int add_line(struct kmc_matrix *m, const char *word, const char *value)
{
	if (!strcmp(word, "base"))
		return add_flags(m->bases, &m->nr_bases, value);
	if (!strcmp(word, "modifier"))
		return add_flags(m->modifiers, &m->nr_modifiers, value);
	if (!strcmp(word, "order"))
		return add_value(m->orders, &m->nr_orders, order_of(value));
	if (!strcmp(word, "task"))
		return add_value(m->tasks, &m->nr_tasks, task_of(value));
	if (!strcmp(word, "context"))
		return add_value(m->contexts, &m->nr_contexts, context_of(value));
	if (!strcmp(word, "level"))
		return add_value(m->levels, &m->nr_levels,
				 place_of(kmc_matrix_level_names, KMC_MATRIX_NR_LEVELS, value));
	if (!strcmp(word, "source"))
		return add_value(m->sources, &m->nr_sources,
				 place_of(kmc_matrix_source_names, KMC_MATRIX_NR_SOURCES, value));
	return strcmp(word, "layout") ? -EINVAL : add_layout(m, value);
}

/* Return: what is on a line, without the comment; NULL: nothing. */
static char *content_of(char *line)
{
	char *end;

	line[strcspn(line, "#\n")] = '\0';
	end = line + strlen(line);
	while (end > line && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return end > line ? line : NULL;
}

static bool is_whole(const struct kmc_matrix *m)
{
	return m->nr_bases && m->nr_modifiers && m->nr_orders && m->nr_levels && m->nr_sources &&
	       m->nr_layouts;
}

int kmc_matrix_read(struct kmc_matrix *matrix, FILE *file, char *error, size_t size)
{
	char line[LINE_MOST];

	memset(matrix, 0, sizeof(*matrix));
	for (unsigned int at = 1; fgets(line, sizeof(line), file); at++) {
		char *word = content_of(line), *value;

		if (!word)
			continue;
		value = strchr(word, ' ');
		if (value)
			*value++ = '\0';
		if (!value || add_line(matrix, word, value)) {
			snprintf(error, size, "line %u: %s %s: no such axis, value or room for it", at,
				 word, value ? value : "");
			return -EINVAL;
		}
	}
	if (ferror(file) || !is_whole(matrix)) {
		snprintf(error, size, "an axis has no value");
		return -EINVAL;
	}
	return 0;
}
