// SPDX-License-Identifier: GPL-2.0-or-later
/* Names of call sites; see ksyms.h. */
#include "ksyms.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "file_text.h"

/* No function is longer; what lies further behind a symbol is not in it. */
#define MAX_FUNCTION (1u << 20)

static int by_addr(const void *a, const void *b)
{
	const struct kmc_ksym *x = a, *y = b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

static void note_range(struct kmc_ksyms *k, uint64_t addr, const char *name, const char *module)
{
	if (module) {
		if (!k->module_start || addr < k->module_start)
			k->module_start = addr;
	} else if (!strcmp(name, "_text") || (!k->text_start && !strcmp(name, "_stext"))) {
		k->text_start = addr;
	} else if (!strcmp(name, "_etext")) {
		k->text_end = addr;
	}
}

/* "ffffffff81000000 T _text\t[module]" */
static int take_line(struct kmc_ksyms *k, char *line, size_t *size)
{
	char *end, *name, *module;
	uint64_t addr = strtoull(line, &end, 16);
	struct kmc_ksym *more;

	if (!addr || *end != ' ' || !end[1] || !strchr("tTwW", end[1]) || end[2] != ' ')
		return 0;
	name = end + 3;
	module = strchr(name, '\t');
	if (module)
		*module++ = 0;
	note_range(k, addr, name, module);
	if (k->nr == *size) {
		*size = *size ? 2 * *size : 1 << 16;
		more = realloc(k->sym, *size * sizeof(*more));
		if (!more)
			return -ENOMEM;
		k->sym = more;
	}
	k->sym[k->nr++] = (struct kmc_ksym){
		addr, (uint32_t)(name - k->text), module ? (uint32_t)(module - k->text) : 0,
	};
	return 0;
}

int kmc_ksyms_parse(char *text, struct kmc_ksyms *k)
{
	char *rest = text, *line;
	size_t size = 0;
	int ret = 0;

	memset(k, 0, sizeof(*k));
	k->text = text;
	while (!ret && (line = kmc_text_line(&rest)) != NULL)
		ret = take_line(k, line, &size);
	if (!ret && !k->nr)
		ret = -ENODATA;
	if (ret) {
		kmc_ksyms_free(k);
		return ret;
	}
	qsort(k->sym, k->nr, sizeof(*k->sym), by_addr);
	return 0;
}

int kmc_ksyms_read(struct kmc_ksyms *k)
{
	char *text;
	int64_t len = kmc_file_text("/proc/kallsyms", &text);

	memset(k, 0, sizeof(*k));
	return len < 0 ? (int)len : kmc_ksyms_parse(text, k);
}

int kmc_ksyms_name(const struct kmc_ksyms *k, uint64_t addr, char *name, size_t size)
{
	size_t low = 0, high = k->nr;
	const struct kmc_ksym *s;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (k->sym[mid].addr <= addr)
			low = mid + 1;
		else
			high = mid;
	}
	if (!low)
		return 0;
	s = &k->sym[low - 1];
	if (addr - s->addr > MAX_FUNCTION)
		return 0;
	return snprintf(name, size, "%s+0x%llx%s%s", k->text + s->name,
			(unsigned long long)(addr - s->addr), s->module ? " " : "",
			s->module ? k->text + s->module : "");
}

void kmc_ksyms_free(struct kmc_ksyms *k)
{
	free(k->sym);
	free(k->text);
	memset(k, 0, sizeof(*k));
}
