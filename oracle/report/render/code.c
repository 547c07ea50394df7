// SPDX-License-Identifier: GPL-2.0-or-later
/* The frame of a program in C: which check, what the comment says, what the body calls. */
#include "code.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Of a rule, or (rule NULL) of every rule whose clause is called so. */
static const struct {
	const char *rule, *clause;
	enum kmc_code_check check;
} checks[] = {
	{ "KM-6", "null", KMC_CODE_NULL_ONLY },
	{ "KM-16", "lower-bound", KMC_CODE_AT_LEAST },
	{ "KM-16", "usable", KMC_CODE_USABLE },
	{ "KM-17", NULL, KMC_CODE_USABLE },
	{ "KC-22", "lower-bound", KMC_CODE_AT_LEAST },
	{ "ALIGN-1", "minimum", KMC_CODE_ALIGN_MIN },
	{ "ALIGN-7", "cache-align", KMC_CODE_ALIGN_CACHE },
	{ "PAGE-2", "aligned", KMC_CODE_ALIGN_PAGES },
	{ "KM-1", "size", KMC_CODE_USABLE },
	{ NULL, "natural", KMC_CODE_ALIGN_SIZE },
	{ NULL, "divisor", KMC_CODE_ALIGN_SIZE },
	{ NULL, "zero", KMC_CODE_ZERO },
	{ NULL, "zero-size", KMC_CODE_ZERO_SIZE },
	{ NULL, "ceiling", KMC_CODE_NULL },
	{ NULL, "overflow", KMC_CODE_NULL },
	{ NULL, "saturated", KMC_CODE_NULL },
	{ NULL, "never-null", KMC_CODE_NOT_NULL },
	{ NULL, "no-reason", KMC_CODE_NOT_NULL },
	{ NULL, "disjoint", KMC_CODE_DISJOINT },
	{ NULL, "content", KMC_CODE_CONTENT },
};

static enum kmc_code_check check_of(const struct kmc_doc_finding *f)
{
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		if ((!checks[i].rule || !strcmp(checks[i].rule, f->rule)) &&
		    (!checks[i].clause || !strcmp(checks[i].clause, f->clause)))
			return checks[i].check;
	return KMC_CODE_NO_CHECK;
}

static char *joined(const struct kmc_doc_lines *lines)
{
	size_t len = 1;
	char *text;

	for (size_t i = 0; i < lines->nr; i++)
		len += strlen(lines->line[i]) + 1;
	text = calloc(len, 1);
	for (size_t i = 0, at = 0; text && i < lines->nr; i++)
		at += (size_t)sprintf(text + at, "%s\n", lines->line[i]);
	return text;
}

/* What is dropped may be what the rule is about: every result has a slot. */
static void keep_results(struct kmc_program *program)
{
	unsigned int next = 0;

	for (size_t i = 0; i < program->nr_ops; i++)
		if (program->ops[i].dst < KMC_NR_SLOTS && program->ops[i].dst >= next)
			next = program->ops[i].dst + 1u;
	for (size_t i = 0; i < program->nr_ops; i++) {
		struct kmc_op *op = &program->ops[i];
		const struct kmc_op_desc *desc = kmc_op_desc(op->code);

		if (desc && desc->result != KMC_RES_NONE && desc->result != KMC_RES_BULK &&
		    op->dst >= KMC_NR_SLOTS && next < KMC_NR_SLOTS)
			op->dst = (uint16_t)next++;
	}
}

int kmc_code_begin(struct kmc_code *code, const char *form, const struct kmc_doc *doc,
		   const struct kmc_render_wishes *wishes)
{
	const struct kmc_doc_subject *s;
	char error[256] = "", *text;
	int err;

	code->f = kmc_render_choose(doc, wishes->key, &s);
	if (!code->f)
		return kmc_render_refuse("%s: no such finding", form);
	if (!code->f->minimised.text.nr)
		return kmc_render_refuse("%s: the run has no program that shows %s", form,
					 code->f->key);
	code->check = check_of(code->f);
	if (code->check == KMC_CODE_NO_CHECK)
		return kmc_render_refuse("%s: no statement of C shows %s (%s); kmconform check does", form,
					 code->f->rule, code->f->clause);
	text = joined(&code->f->minimised.text);
	if (!text)
		return -ENOMEM;
	kmc_program_init(&code->program);
	err = kmc_program_parse(&code->program, text, strlen(text), code->f->key, error,
				sizeof(error));
	free(text);
	code->judged = kmc_op_find(code->f->call, strlen(code->f->call));
	if (!err) {
		keep_results(&code->program);
		return 0;
	}
	kmc_program_free(&code->program);
	return err == -ENOMEM ? err : kmc_render_refuse("%s: %s", form, error);
}

void kmc_code_end(struct kmc_code *code)
{
	kmc_program_free(&code->program);
}

void kmc_code_name(const struct kmc_code *code, char *name, size_t size)
{
	snprintf(name, size, "kmconform_%s", code->f->rule);
	for (; *name; name++)
		*name = isalnum((unsigned char)*name) ? (char)tolower((unsigned char)*name) : '_';
}

/* A line of a comment, which it must not end. */
static void comment_line(FILE *out, const char *word, const char *text)
{
	fprintf(out, *word || *text ? " * %s" : " *%s", word);
	for (; *text; text++) {
		putc(*text, out);
		if (*text == '*' && text[1] == '/')
			putc(' ', out);
	}
	putc('\n', out);
}

static void comment_lines(FILE *out, const char *word, const struct kmc_doc_lines *lines,
			  struct kmc_address_names *names, const struct kmc_render_wishes *wishes)
{
	for (size_t i = 0; i < lines->nr; i++)
		comment_line(out, i ? "       " : word,
			     kmc_render_line(names, lines->line[i], wishes));
}

void kmc_code_comment(const struct kmc_code *code, const struct kmc_render_wishes *wishes)
{
	const struct kmc_doc_finding *f = code->f;
	struct kmc_address_names names = { 0 };

	fprintf(code->out, "/*\n");
	comment_line(code->out, "", f->title);
	comment_line(code->out, "", "");
	comment_line(code->out, "The contract: ", f->required);
	comment_lines(code->out, "Let    ", &f->let, &names, wishes);
	comment_lines(code->out, "Then   ", &f->then, &names, wishes);
	comment_lines(code->out, "But    ", &f->but, &names, wishes);
	comment_line(code->out, "", "");
	fprintf(code->out, " * Made by kmconform report of finding %s (%s).\n */\n", f->key, f->rule);
}

static bool has_op(const struct kmc_code *code, unsigned int op)
{
	for (size_t i = 0; i < code->program.nr_ops; i++)
		if (code->program.ops[i].code == op)
			return true;
	return false;
}

static bool has_ctor(const struct kmc_code *code)
{
	for (size_t i = 0; i < code->program.nr_ops; i++)
		if (code->program.ops[i].code == KMC_OP_KMEM_CACHE_CREATE &&
		    code->program.ops[i].order)
			return true;
	return false;
}

void kmc_code_helpers(const struct kmc_code *code)
{
	FILE *out = code->out;

	if (code->check == KMC_CODE_ZERO || has_op(code, KMC_OP_CHECK_ZERO))
		fputs("static bool reads_zero(const void *p, size_t len)\n{\n"
		      "\tconst unsigned char *byte = p;\n\n"
		      "\twhile (len && !*byte) {\n\t\tbyte++;\n\t\tlen--;\n\t}\n"
		      "\treturn !len;\n}\n\n", out);
	/* Zeros that are there by chance prove nothing. */
	if (code->check == KMC_CODE_ZERO)
		fputs("static void dirty(size_t size)\n{\n\tvoid *p[8];\n\tint i;\n\n"
		      "\tfor (i = 0; i < 8; i++) {\n\t\tp[i] = kmalloc(size, GFP_KERNEL);\n"
		      "\t\tif (p[i])\n\t\t\tmemset(p[i], 0x5a, size);\n\t}\n"
		      "\twhile (i--)\n\t\tkfree(p[i]);\n}\n\n", out);
	if (has_op(code, KMC_OP_WRITE))
		fputs("static void fill(void *p, size_t len, unsigned long pattern)\n{\n"
		      "\tunsigned char *byte = p;\n\n"
		      "\twhile (len--)\n\t\t*byte++ = (unsigned char)pattern++;\n}\n\n", out);
	if (has_op(code, KMC_OP_CHECK))
		fputs("static bool holds(const void *p, size_t len, unsigned long pattern)\n{\n"
		      "\tconst unsigned char *byte = p;\n\n"
		      "\twhile (len && *byte == (unsigned char)pattern) {\n"
		      "\t\tbyte++;\n\t\tpattern++;\n\t\tlen--;\n\t}\n\treturn !len;\n}\n\n", out);
	if (has_ctor(code))
		fputs("static void construct(void *object)\n{\n\t*(char *)object = 1;\n}\n\n", out);
}
