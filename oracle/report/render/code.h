/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A finding's program as C: one function body in kernel style, with the checks
 * that its rule is about. Included by the forms that are C.
 */
#ifndef RENDER_CODE_H
#define RENDER_CODE_H
#include <stdio.h>
#include "render.h"
#include "vocab/program.h"

/* What a rule's clause comes to in C. */
enum kmc_code_check {
	KMC_CODE_NO_CHECK,
	KMC_CODE_ALIGN_MIN,   /* to what every block has */
	KMC_CODE_ALIGN_SIZE,  /* to the largest power of two that divides the size */
	KMC_CODE_ALIGN_CACHE, /* to what the cache was made with */
	KMC_CODE_ALIGN_PAGES, /* to the block's own size */
	KMC_CODE_ZERO,        /* all of it reads zero */
	KMC_CODE_USABLE,      /* ksize() is not below the request */
	KMC_CODE_AT_LEAST,    /* the number is not below the operand */
	KMC_CODE_ZERO_SIZE,   /* ZERO_SIZE_PTR */
	KMC_CODE_NULL,        /* no memory */
	KMC_CODE_NOT_NULL,    /* memory */
	KMC_CODE_NULL_ONLY,   /* memory or NULL, never another failure */
	KMC_CODE_DISJOINT,    /* from every live block */
	KMC_CODE_CONTENT,     /* the program's own checks show it */
};

struct kmc_code {
	FILE *out;
	const struct kmc_doc_finding *f;
	enum kmc_code_check check;
	unsigned int judged;        /* the op at which the rule broke: its opcode; 0: any */
	const char *expect;         /* "KUNIT_EXPECT_TRUE(test, " or the like */
	struct kmc_program program;
};

/**
 * kmc_code_begin() - Read the finding's program and choose the check.
 * Return: 0, 1 it has no form in C (a line on standard error says why), -ENOMEM.
 */
int kmc_code_begin(struct kmc_code *code, const char *form, const struct kmc_doc *doc,
		   const struct kmc_render_wishes *wishes);
/** kmc_code_possible() - Has every op of it a statement? Return: 0, 1 after a line that names one. */
int kmc_code_possible(const struct kmc_code *code, const char *form);
/** kmc_code_comment() - What it is about: rule, explanation, the program itself. */
void kmc_code_comment(const struct kmc_code *code, const struct kmc_render_wishes *wishes);
/** kmc_code_helpers() - The static functions that the body calls. */
void kmc_code_helpers(const struct kmc_code *code);
/** kmc_code_body() - Declarations and statements, one tab deep. */
void kmc_code_body(struct kmc_code *code);
/** kmc_code_name() - The finding as an identifier: "kmconform_align_2". */
void kmc_code_name(const struct kmc_code *code, char *name, size_t size);
void kmc_code_end(struct kmc_code *code);

#endif
