/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The forms of a report: each a pure function of a run document and of what
 * the user wishes. Private to render/.
 */
#ifndef RENDER_RENDER_H
#define RENDER_RENDER_H
#include <stdio.h>
#include "run_doc.h"

struct kmc_render_wishes {
	const struct kmc_doc *baseline; /* an older run to compare with; NULL none */
	bool all;                       /* also what passed, where a form leaves it out */
	bool addresses;                 /* addresses may leave (else they are told apart only) */
	bool names;                     /* names of hosts and users, and folders may leave */
	bool force;                     /* a draft of what should not be sent as it is */
	const char *origin;             /* of KCIDB objects */
	const char *commit, *config;    /* of the kernel under test; NULL unknown */
	struct kmc_run_history *history; /* for its trends */
	const char *key;                /* of the finding that a mail is about; NULL the first */
};

/**
 * kmc_render_fn - Write one form to @out.
 * Return: 0, 1 it refuses (a line on standard error says why), -ENOMEM.
 */
typedef int kmc_render_fn(FILE *out, const struct kmc_doc *doc,
			  const struct kmc_render_wishes *wishes);
kmc_render_fn kmc_render_text, kmc_render_ktap, kmc_render_junit, kmc_render_sarif,
	kmc_render_kcidb, kmc_render_html, kmc_render_mail, kmc_render_op,
	kmc_render_kunit, kmc_render_c;

/** kmc_render_refuse() - One line on standard error. Return: 1. */
int kmc_render_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** kmc_render_xml() - Text of an element or of an attribute in double quotes. */
void kmc_render_xml(FILE *out, const char *text);

/**
 * kmc_render_line() - A line of an explanation as it may leave the machine.
 *
 * Addresses (0x and more than 8 digits) become addr1, addr2, ... in order of
 * appearance within @names, so that equal ones stay equal; with
 * wishes->addresses they stay. The result is valid until the next call.
 */
#define KMC_ADDRESS_NAMES 32
struct kmc_address_names {
	char text[KMC_ADDRESS_NAMES][24];
	unsigned int nr;
};
const char *kmc_render_line(struct kmc_address_names *names, const char *line,
			    const struct kmc_render_wishes *wishes);

/**
 * kmc_render_choose() - The finding of @key, or (NULL) the first that is neither known nor a note.
 * Return: NULL there is none.
 */
const struct kmc_doc_finding *kmc_render_choose(const struct kmc_doc *doc, const char *key,
						const struct kmc_doc_subject **subject);
/** kmc_render_is_note() - Is it advice that was not followed? That violates nothing. */
bool kmc_render_is_note(const struct kmc_doc_finding *f);
/** kmc_render_command() - What shows the finding again; "" nothing is known. */
const char *kmc_render_command(const struct kmc_doc *doc, const struct kmc_doc_finding *f);
/** kmc_render_evidence() - Call @line with each line of how it is had again: program, command. */
void kmc_render_evidence(const struct kmc_doc *doc, const struct kmc_doc_finding *f,
			 void (*line)(void *arg, const char *text), void *arg);

/** kmc_render_area() - The part of mm/ that a rule is about: "slab", "vmalloc", "page_alloc". */
const char *kmc_render_area(const char *rule);

/* How a finding stands to the baseline. */
enum kmc_baseline { BASE_NONE, BASE_NEW, BASE_UNCHANGED };
enum kmc_baseline kmc_render_baseline(const struct kmc_render_wishes *wishes,
				      const struct kmc_doc_finding *finding);
/** kmc_render_gone() - Calls @fn for each finding of the baseline that @doc has no more. */
void kmc_render_gone(const struct kmc_doc *doc, const struct kmc_render_wishes *wishes,
		     void (*fn)(void *arg, const struct kmc_doc_finding *finding), void *arg);
/** kmc_render_newly() - Was the rule never exercised in the baseline, and is it here? */
bool kmc_render_newly(const struct kmc_render_wishes *wishes, const struct kmc_doc_rule *rule);

#endif
