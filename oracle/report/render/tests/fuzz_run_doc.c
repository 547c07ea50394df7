// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Fuzz target: any bytes as a run document. It is refused with one line, or
 * every form of it can be written, holds no address and no control character.
 * Without an engine: the golden document, whole and with damage.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include "merge.h"
#include "redact.h"
#include "render.h"

#define MUST(condition)                                                                 \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                        \
		}                                                                       \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* No 0x with the digits of an address behind it. */
static bool has_address(const char *text, size_t len)
{
	for (size_t i = 0; i + 11 < len; i++) {
		size_t digits = 0;

		while (text[i] == '0' && text[i + 1] == 'x' && i + 2 + digits < len &&
		       isxdigit((unsigned char)text[i + 2 + digits]))
			digits++;
		if (digits > 8 && !(i && (isalnum((unsigned char)text[i - 1]) || text[i - 1] == '_')))
			return true;
	}
	return false;
}

/* The document as a page carries it: one that can be read again. Return: free() it. */
static char *check_json(const struct kmc_doc *doc)
{
	char *text = kmc_doc_redacted_json(doc, 0), error[512];
	struct kmc_doc again;

	MUST(text && !has_address(text, strlen(text)));
	MUST(!kmc_doc_read_memory("redacted", text, strlen(text), &again, error, sizeof(error)));
	kmc_doc_free(&again);
	return text;
}

static void check_form(kmc_render_fn *render, const struct kmc_doc *doc)
{
	struct kmc_render_wishes wishes = { .all = true, .force = true, .baseline = doc,
					    .commit = "0123456789abcdef0123456789abcdef01234567" };
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	MUST(out);
	render(out, doc, &wishes);
	MUST(!fclose(out));
	for (size_t i = 0; i < len; i++)
		MUST((unsigned char)text[i] >= 0x20 || text[i] == '\n' || text[i] == '\t');
	MUST(!has_address(text, len));
	free(text);
}

/* The document added to nothing; given back as text. */
static char *merge_once(const struct kmc_doc *doc)
{
	struct kmc_merge *merge = kmc_merge_create();
	char *text;

	MUST(merge && !kmc_merge_add(merge, doc, NULL));
	text = kmc_merge_text(merge, "fuzz");
	MUST(text);
	kmc_merge_destroy(merge);
	return text;
}

/* What was merged is a document, and merged again it is the same. */
static void check_merge(const struct kmc_doc *doc)
{
	char *once = merge_once(doc), *twice, error[512];
	struct kmc_doc merged;

	MUST(!kmc_doc_read_memory("merged", once, strlen(once), &merged, error, sizeof(error)));
	twice = merge_once(&merged);
	MUST(!strcmp(once, twice));
	kmc_doc_free(&merged);
	free(twice);
	free(once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static kmc_render_fn *const forms[] = { kmc_render_text, kmc_render_ktap, kmc_render_junit,
						kmc_render_sarif, kmc_render_kcidb, kmc_render_html,
						kmc_render_mail, kmc_render_op };
	char *text = malloc(size + 1), *clean, error[512] = "";
	struct kmc_doc doc;

	MUST(text);
	memcpy(text, data, size);
	text[size] = '\0';
	if (kmc_doc_read_memory("input", text, size, &doc, error, sizeof(error))) {
		MUST(!strncmp(error, "input:", 6) && !strchr(error, '\n'));
	} else {
		check_merge(&doc);
		clean = check_json(&doc);
		doc.json = clean; /* as the command does */
		doc.json_bytes = strlen(clean);
		MUST(!kmc_doc_redact(&doc, 0));
		for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
			check_form(forms[i], &doc);
		kmc_doc_free(&doc);
		free(clean);
	}
	free(text);
	return 0;
}

#ifndef KMC_FUZZ_ENGINE
static uint64_t random_below(uint64_t *state, uint64_t below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (*state >> 33) % below;
}

static void damage(uint64_t *state, uint8_t *bytes, size_t len)
{
	static const char with[] = "\"\\{}[]:,0-9eE.<>&#\n\x01\x80\xff";
	size_t at = random_below(state, len);

	if (random_below(state, 2))
		bytes[at] ^= (uint8_t)(1u << random_below(state, 8));
	else
		bytes[at] = (uint8_t)with[random_below(state, sizeof(with) - 1)];
}

int main(int argc, char **argv)
{
	static uint8_t whole[1 << 20], bytes[1 << 20];
	const char *seed = getenv("KMC_SEED");
	unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 0) : 1500;
	uint64_t state = seed ? strtoull(seed, NULL, 0) : 1;
	FILE *in = argc > 1 ? fopen(argv[1], "rb") : NULL;
	size_t size = in ? fread(whole, 1, sizeof(whole), in) : 0;

	MUST(size);
	fclose(in);
	/* a refusal would go to the terminal at every turn */
	if (!freopen("/dev/null", "w", stderr))
		return 2;
	printf("seed %llu\n", (unsigned long long)state);
	LLVMFuzzerTestOneInput(whole, size);
	for (unsigned long round = 0; round < rounds; round++) {
		size_t len = random_below(&state, 8) ? size : random_below(&state, size);

		memcpy(bytes, whole, size);
		for (uint64_t i = random_below(&state, 4); i && len; i--)
			damage(&state, bytes, len);
		LLVMFuzzerTestOneInput(bytes, len);
	}
	return 0;
}
#endif
