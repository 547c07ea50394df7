// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * What a string gives away: addresses of kernel space, however they are
 * written, names of hosts and users that the document has told, folders of
 * absolute paths, whoever is written user@host.
 */
#include "redact_text.h"
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "redact.h"

#define LOWEST_ADDRESS 0xff00000000000000ull /* of kernels with five levels of page tables */
#define MAX_ERRNO 4095ull

/* secrets */

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

/* Words that stand in every document: to take them out would hide nothing. */
static bool is_public(const char *word)
{
	static const char *const words[] = { "root", "localhost", "host", "user", "kmconform" };

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (!strcmp(word, words[i]))
			return true;
	return strlen(word) < 2;
}

static void add_secret(struct kmc_redactor *r, const char *word, size_t len, const char *kind,
		       unsigned int number)
{
	struct kmc_secret *secrets;
	char *copy = strndup(word, len);
	size_t at = 0;

	if (!copy) {
		r->err = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < r->nr_secrets; i++)
		if (!strcmp(r->secrets[i].word, copy))
			*copy = '\0';
	if (is_public(copy)) {
		free(copy);
		return;
	}
	secrets = realloc(r->secrets, (r->nr_secrets + 1) * sizeof(*secrets));
	if (!secrets) {
		free(copy);
		r->err = -ENOMEM;
		return;
	}
	r->secrets = secrets;
	while (at < r->nr_secrets && strlen(secrets[at].word) >= len)
		at++;
	memmove(&secrets[at + 1], &secrets[at], (r->nr_secrets++ - at) * sizeof(*secrets));
	secrets[at].word = copy;
	snprintf(secrets[at].stand_in, sizeof(secrets[at].stand_in), "%s%u", kind, number);
}

void kmc_redact_host(struct kmc_redactor *r, const char *name)
{
	size_t label = strcspn(name, ".");

	if (!*name)
		return;
	r->nr_hosts++;
	add_secret(r, name, strlen(name), "host", r->nr_hosts);
	if (name[label] && label > 2)
		add_secret(r, name, label, "host", r->nr_hosts);
}

void kmc_redact_user(struct kmc_redactor *r, const char *name)
{
	add_secret(r, name, strlen(name), "user", ++r->nr_users);
}

void kmc_redact_users_of(struct kmc_redactor *r, const char *path)
{
	static const char *const places[] = { "/home/", "/Users/", "/export/home/", "/var/home/" };

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		for (const char *at = path; (at = strstr(at, places[i])); at++) {
			const char *name = at + strlen(places[i]);
			size_t len = strcspn(name, "/ \t\"':");

			if (len && name[len] == '/')
				add_secret(r, name, len, "user", ++r->nr_users);
		}
}

/* the text that grows */

static void append(struct kmc_redactor *r, size_t *len, const char *bytes, size_t nr)
{
	if (*len + nr + 1 > r->text_room) {
		size_t room = (*len + nr + 64) * 2;
		char *text = realloc(r->text, room);

		if (!text) {
			r->err = -ENOMEM;
			return;
		}
		r->text = text;
		r->text_room = room;
	}
	memcpy(r->text + *len, bytes, nr);
	*len += nr;
	r->text[*len] = '\0';
}

/* addresses */

static bool is_address(uint64_t value)
{
	return value >= LOWEST_ADDRESS && value < -MAX_ERRNO - 1;
}

static size_t hex_digits(const char *at)
{
	size_t nr = 0;

	while (isxdigit((unsigned char)at[nr]))
		nr++;
	return nr;
}

/*
 * Bytes of an address at @at: 0x and at least nine digits, so that no size is
 * one; sixteen bare digits, or twenty decimal ones, of a value in kernel space.
 */
static size_t address_bytes(const char *at, bool begins, uint64_t *value)
{
	size_t digits, decimals;

	if (!begins)
		return 0;
	if (at[0] == '0' && (at[1] == 'x' || at[1] == 'X')) {
		digits = hex_digits(at + 2);
		*value = strtoull(at + 2, NULL, 16);
		return digits > 8 ? 2 + digits : 0;
	}
	digits = hex_digits(at);
	decimals = strspn(at, "0123456789");
	if (decimals == 20 && digits == 20) {
		errno = 0;
		*value = strtoull(at, NULL, 10);
		return !errno && is_address(*value) ? 20 : 0;
	}
	if (digits != 16 || is_word(at[16]))
		return 0;
	*value = strtoull(at, NULL, 16);
	return is_address(*value) ? 16 : 0;
}

static size_t number_of(struct kmc_redactor *r, uint64_t value)
{
	size_t i = 0;

	while (i < r->nr_addresses && r->addresses[i] != value)
		i++;
	if (i < r->nr_addresses)
		return i + 1;
	if (r->nr_addresses == r->room) {
		size_t room = r->room ? r->room * 2 : 32;
		uint64_t *addresses = realloc(r->addresses, room * sizeof(*addresses));

		if (!addresses) {
			r->err = -ENOMEM;
			return 0;
		}
		r->addresses = addresses;
		r->room = room;
	}
	r->addresses[r->nr_addresses++] = value;
	return i + 1;
}

void kmc_redact_forget(struct kmc_redactor *r)
{
	r->nr_addresses = 0;
}

/* names */

static const struct kmc_secret *secret_at(const struct kmc_redactor *r, const char *at, bool begins)
{
	for (size_t i = 0; begins && i < r->nr_secrets; i++) {
		size_t len = strlen(r->secrets[i].word);

		if (!strncasecmp(at, r->secrets[i].word, len) && !is_word(at[len]))
			return &r->secrets[i];
	}
	return NULL;
}

/* Bytes of the folders of an absolute path, of one below a user's own, or of one that goes up. */
static size_t folder_bytes(const char *at, bool begins)
{
	size_t len, last = 0;

	if (!begins || (*at != '/' && *at != '~' && strncmp(at, "../", 3)))
		return 0;
	len = strcspn(at, " \t\"'<>|;,()");
	for (size_t i = 0; i < len; i++)
		if (at[i] == '/')
			last = i + 1;
	return last > 1 && last < len ? last : 0;
}

/* Bytes of "somebody@some.where". */
static size_t mail_bytes(const char *at, bool begins)
{
	size_t user = 0, host;

	while (is_word(at[user]) || (user && (at[user] == '.' || at[user] == '-' || at[user] == '+')))
		user++;
	if (!begins || !user || at[user] != '@' || !is_word(at[user + 1]))
		return 0;
	host = user + 1;
	while (is_word(at[host]) || ((at[host] == '.' || at[host] == '-') && is_word(at[host + 1])))
		host++;
	return host;
}

/* Bytes of a finding's key: v1- and sixteen digits that say nothing of a machine. */
static size_t key_bytes(const char *at, bool begins)
{
	return begins && (!strncmp(at, "v1-", 3) || !strncmp(at, "h1-", 3)) &&
			       hex_digits(at + 3) == 16 && !is_word(at[19]) ? 19 : 0;
}

/* Whatever begins here and may not leave: its stand-in is written. Return: bytes passed over. */
static size_t redact_at(struct kmc_redactor *r, const char *at, bool word_begins, bool path_begins,
			size_t *len)
{
	const struct kmc_secret *secret;
	uint64_t value;
	size_t bytes = 0;
	char name[32];

	bytes = key_bytes(at, word_begins);
	if (bytes) {
		append(r, len, at, bytes);
		return bytes;
	}
	if (!(r->keep & KMC_KEEP_ADDRESSES))
		bytes = address_bytes(at, word_begins, &value);
	if (bytes) {
		append(r, len, name,
		       (size_t)snprintf(name, sizeof(name), "addr%zu", number_of(r, value)));
		return bytes;
	}
	if (r->keep & KMC_KEEP_NAMES)
		return 0;
	secret = secret_at(r, at, word_begins);
	if (secret) {
		append(r, len, secret->stand_in, strlen(secret->stand_in));
		return strlen(secret->word);
	}
	bytes = mail_bytes(at, word_begins);
	if (bytes) {
		append(r, len, "user@host", 9);
		return bytes;
	}
	return folder_bytes(at, path_begins);
}

const char *kmc_redact_text(struct kmc_redactor *r, const char *text)
{
	size_t len = 0;
	char before = ' ';

	append(r, &len, "", 0);
	while (*text && !r->err) {
		bool path = strchr(" \t\"'=(,:<", before) != NULL;
		size_t bytes = redact_at(r, text, !is_word(before), path, &len);

		if (!bytes)
			append(r, &len, text, bytes = 1);
		before = text[bytes - 1];
		text += bytes;
	}
	return r->err ? "" : r->text;
}

const char *kmc_redact_path(struct kmc_redactor *r, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!(r->keep & KMC_KEEP_NAMES) && slash && slash[1] &&
	    (*path == '/' || *path == '~' || !strncmp(path, "..", 2)))
		path = slash + 1;
	return kmc_redact_text(r, path);
}

void kmc_redact_free(struct kmc_redactor *r)
{
	for (size_t i = 0; i < r->nr_secrets; i++)
		free(r->secrets[i].word);
	free(r->secrets);
	free(r->addresses);
	free(r->text);
	*r = (struct kmc_redactor){ 0 };
}
