/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Redaction of one string after the other. Included by the redact files only. */
#ifndef RENDER_REDACT_TEXT_H
#define RENDER_REDACT_TEXT_H
#include <stddef.h>
#include <stdint.h>

/* A word that may not leave, and what stands in its place. */
struct kmc_secret {
	char *word;
	char stand_in[24];
};

struct kmc_redactor {
	unsigned int keep;
	struct kmc_secret *secrets; /* the longest first */
	size_t nr_secrets;
	unsigned int nr_hosts, nr_users;
	uint64_t *addresses;        /* in order of appearance since the last forget */
	size_t nr_addresses, room;
	char *text;                 /* the last result */
	size_t text_room;
	int err;
};

/** kmc_redact_host() - @name is a host's: nothing with it leaves. Also its first label. */
void kmc_redact_host(struct kmc_redactor *r, const char *name);
/** kmc_redact_users_of() - So are users whose folders the path names. */
void kmc_redact_users_of(struct kmc_redactor *r, const char *path);
/** kmc_redact_user() - @name is a user's. */
void kmc_redact_user(struct kmc_redactor *r, const char *name);
/** kmc_redact_forget() - Addresses are numbered from 1 again. */
void kmc_redact_forget(struct kmc_redactor *r);
/** kmc_redact_text() - @text as it may leave; valid until the next call. */
const char *kmc_redact_text(struct kmc_redactor *r, const char *text);
/** kmc_redact_path() - The same of a string that is a path as a whole. */
const char *kmc_redact_path(struct kmc_redactor *r, const char *path);
void kmc_redact_free(struct kmc_redactor *r);

#endif
