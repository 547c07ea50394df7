// SPDX-License-Identifier: GPL-2.0-or-later
/* What the forms of a report share: escaping, redaction at the end, comparison with a baseline. */
#include "render.h"
#include <ctype.h>
#include <stdarg.h>
#include <string.h>

int kmc_render_refuse(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("kmconform report: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return 1;
}

void kmc_render_xml(FILE *out, const char *text)
{
	for (; *text; text++) {
		switch (*text) {
		case '&': fputs("&amp;", out); break;
		case '<': fputs("&lt;", out); break;
		case '>': fputs("&gt;", out); break;
		case '"': fputs("&quot;", out); break;
		case '\'': fputs("&#39;", out); break;
		default: putc(*text, out);
		}
	}
}

/* addresses */

/* Digits of an address at @at: 0x and at least nine of them, so that no size is one. */
static size_t address_bytes(const char *at)
{
	size_t digits = 0;

	if (at[0] != '0' || at[1] != 'x')
		return 0;
	while (isxdigit((unsigned char)at[2 + digits]))
		digits++;
	return digits > 8 ? 2 + digits : 0;
}

static unsigned int name_of(struct kmc_address_names *names, const char *at, size_t bytes)
{
	unsigned int i = 0;

	if (bytes >= sizeof(names->text[0]))
		bytes = sizeof(names->text[0]) - 1;
	for (; i < names->nr; i++)
		if (strlen(names->text[i]) == bytes && !memcmp(names->text[i], at, bytes))
			return i;
	if (i == KMC_ADDRESS_NAMES)
		return i - 1;
	memcpy(names->text[i], at, bytes);
	names->text[i][bytes] = '\0';
	names->nr++;
	return i;
}

const char *kmc_render_line(struct kmc_address_names *names, const char *line,
			    const struct kmc_render_wishes *wishes)
{
	static __thread char clean[2048];
	size_t len = 0;

	if (wishes->addresses)
		return line;
	while (*line && len + 16 < sizeof(clean)) {
		size_t bytes = address_bytes(line);

		if (bytes) {
			len += (size_t)snprintf(clean + len, 16, "addr%u",
						name_of(names, line, bytes) + 1);
			line += bytes;
		} else {
			clean[len++] = *line++;
		}
	}
	clean[len] = '\0';
	return clean;
}

/* areas */

static bool is_family(const char *rule, const char *family)
{
	size_t len = kmc_doc_family_bytes(rule);

	return strlen(family) == len && !memcmp(family, rule, len);
}

const char *kmc_render_area(const char *rule)
{
	static const char *const slab[] = { "ALIGN", "KM", "ARR", "DUP", "REA", "KC", "DBG", "FR",
					    "RCU", "UC", "RS", "ADV" };

	for (size_t i = 0; i < sizeof(slab) / sizeof(slab[0]); i++)
		if (is_family(rule, slab[i]))
			return "slab";
	return is_family(rule, "VM") || is_family(rule, "KV") ? "vmalloc" : "page_alloc";
}

/* baseline */

static const struct kmc_doc_finding *find(const struct kmc_doc *doc, const char *key)
{
	for (size_t s = 0; s < doc->nr_subjects; s++)
		for (size_t i = 0; i < doc->subjects[s].nr_findings; i++)
			if (!strcmp(doc->subjects[s].findings[i].key, key))
				return &doc->subjects[s].findings[i];
	return NULL;
}

enum kmc_baseline kmc_render_baseline(const struct kmc_render_wishes *wishes,
				      const struct kmc_doc_finding *finding)
{
	if (!wishes->baseline)
		return BASE_NONE;
	return find(wishes->baseline, finding->key) ? BASE_UNCHANGED : BASE_NEW;
}

void kmc_render_gone(const struct kmc_doc *doc, const struct kmc_render_wishes *wishes,
		     void (*fn)(void *arg, const struct kmc_doc_finding *finding), void *arg)
{
	const struct kmc_doc *old = wishes->baseline;

	for (size_t s = 0; old && s < old->nr_subjects; s++)
		for (size_t i = 0; i < old->subjects[s].nr_findings; i++)
			if (!find(doc, old->subjects[s].findings[i].key))
				fn(arg, &old->subjects[s].findings[i]);
}

bool kmc_render_newly(const struct kmc_render_wishes *wishes, const struct kmc_doc_rule *rule)
{
	if (!wishes->baseline || !rule->exercised)
		return false;
	for (size_t s = 0; s < wishes->baseline->nr_subjects; s++) {
		const struct kmc_doc_rule *old =
			kmc_doc_rule_of(&wishes->baseline->subjects[s], rule->id);

		if (old && old->exercised)
			return false;
	}
	return true;
}
