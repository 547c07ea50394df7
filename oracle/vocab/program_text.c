/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Programs as text (`.op`): a head, then an op a line that reads like C,
 *
 *   r3 = kmalloc(96, GFP_KERNEL|__GFP_ZERO) on cpu 1, task 2, in softirq, misuse
 *
 * driven by the parameters of op.def. The grammar is in the README of this
 * folder.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "vocab/event.h"
#include "program_forms.h"
#include "vocab_text.h"

static const struct kmc_name attr_names[] = {
#define KMC_ATTR(name, text, bit) { text, 1u << bit },
	KMC_ATTRS(KMC_ATTR)
#undef KMC_ATTR
	{ 0 },
};

static const struct kmc_name cache_flag_names[] = {
#define KMC_CACHE_FLAG(name, bit) { #name, 1u << bit },
	KMC_CACHE_FLAGS(KMC_CACHE_FLAG)
#undef KMC_CACHE_FLAG
	{ 0 },
};

static const struct kmc_name task_flag_names[] = {
#define KMC_TASK_FLAG(name, text, bit) { text, 1u << bit },
	KMC_TASK_FLAGS(KMC_TASK_FLAG)
#undef KMC_TASK_FLAG
	{ 0 },
};

#define KMC_NUMBERED(name, text, number) { text, number },
static const struct kmc_name fault_names[] = { KMC_FAULTS(KMC_NUMBERED){ 0 } };
static const struct kmc_name sysctl_names[] = { KMC_SYSCTLS(KMC_NUMBERED){ 0 } };
#undef KMC_NUMBERED

/* The field of an op that holds a parameter's number. */
static uint64_t *number_field(struct kmc_op *op, char field)
{
	switch (field) {
	case 'a':
		return &op->a;
	case 'b':
		return &op->b;
	case 'c':
		return &op->c;
	}
	return &op->d;
}

static uint16_t *slot_field(struct kmc_op *op, char field)
{
	return field == 's' ? &op->src : field == 't' ? &op->dst : &op->third;
}

/* printing */

static const char *name_of(const struct kmc_name *names, uint64_t value)
{
	for (; names->text; names++)
		if (names->value == value)
			return names->text;
	return NULL;
}

static void add_named(struct kmc_text *out, const char *name, uint64_t value)
{
	if (name)
		kmc_text_add(out, name);
	else
		kmc_text_add_number(out, value);
}

static void add_hex(struct kmc_text *out, uint64_t value)
{
	kmc_text_add(out, "0x");
	kmc_text_add_hex(out, value);
}

static void add_number(struct kmc_text *out, char format, uint64_t value)
{
	const struct kmc_op_desc *desc;

	switch (format) {
	case 'i':
		kmc_text_add_signed(out, (int64_t)value);
		break;
	case 'x':
		add_hex(out, value);
		break;
	case 'f':
		kmc_text_add_names(out, cache_flag_names, value, '|', "0");
		break;
	case 'p':
		kmc_text_add_names(out, task_flag_names, value, '|', "0");
		break;
	case 'k':
		desc = kmc_op_desc(value < KMC_OPCODE_END ? (unsigned int)value : KMC_OP_NONE);
		add_named(out, desc ? desc->text : NULL, value);
		break;
	case 'e':
		add_named(out, name_of(fault_names, value), value);
		break;
	case 'y':
		add_named(out, name_of(sysctl_names, value), value);
		break;
	default:
		add_named(out, value == UINT64_MAX ? "SIZE_MAX" : NULL, value);
	}
}

static void add_slot(struct kmc_text *out, uint16_t slot)
{
	if (slot == KMC_NO_SLOT) {
		kmc_text_add(out, "NULL");
		return;
	}
	kmc_text_add(out, "r");
	kmc_text_add_number(out, slot);
}

static void add_slot_param(struct kmc_text *out, const struct kmc_param *param,
			   const struct kmc_op *op, uint16_t slot)
{
	if (param->format == 'd') {
		add_named(out, slot == KMC_NO_SLOT ? "none" : NULL, slot);
		return;
	}
	add_slot(out, slot);
	if (!param->offset || !op->b)
		return;
	if ((int64_t)op->b > 0)
		kmc_text_add(out, "+");
	kmc_text_add_signed(out, (int64_t)op->b);
}

static void add_gfp(struct kmc_text *out, struct kmc_gfp gfp)
{
	char text[1024];

	kmc_gfp_print(text, sizeof(text), gfp);
	kmc_text_add(out, text);
}

static void add_param(struct kmc_text *out, const struct kmc_param *param, struct kmc_op *op)
{
	switch (param->field) {
	case 'g':
		add_gfp(out, op->gfp);
		break;
	case 'n':
		if (op->node == KMC_NODE_NONE && !param->format)
			kmc_text_add(out, "NUMA_NO_NODE");
		else
			kmc_text_add_signed(out, op->node);
		break;
	case 'o':
		kmc_text_add_number(out, op->order);
		break;
	case 's':
	case 't':
	case 'u':
		add_slot_param(out, param, op, *slot_field(op, param->field));
		break;
	default:
		add_number(out, param->format, *number_field(op, param->field));
	}
}

/* Begins the next of the words behind a call. */
static void next_word(struct kmc_text *out, bool *first, const char *word)
{
	kmc_text_add(out, *first ? " " : ", ");
	kmc_text_add(out, word);
	*first = false;
}

static void add_circumstances(struct kmc_text *out, const struct kmc_op *op)
{
	const char *context = kmc_context_name(op->context);
	const struct kmc_name *attr;
	bool first = true;

	if (op->cpu) {
		next_word(out, &first, "on cpu ");
		kmc_text_add_number(out, op->cpu);
	}
	if (op->task) {
		next_word(out, &first, "task ");
		kmc_text_add_number(out, op->task);
	}
	if (op->context) {
		next_word(out, &first, "in ");
		kmc_text_add(out, context ? context : "?");
	}
	for (attr = attr_names; attr->text; attr++)
		if (op->attr & attr->value)
			next_word(out, &first, attr->text);
}

int kmc_op_print(char *buf, size_t size, const struct kmc_op *op)
{
	const struct kmc_op_desc *desc = kmc_op_desc(op->code);
	struct kmc_op copy = *op;
	struct kmc_text out;
	unsigned int i;

	kmc_text_init(&out, buf, size);
	if (!desc) {
		kmc_text_add(&out, "# no call has number ");
		kmc_text_add_number(&out, op->code);
		return (int)out.len;
	}
	if (desc->result != KMC_RES_NONE && op->dst != KMC_NO_SLOT) {
		add_slot(&out, op->dst);
		kmc_text_add(&out, " = ");
	}
	kmc_text_add(&out, desc->text);
	kmc_text_add(&out, "(");
	for (i = 0; i < desc->nr_params; i++) {
		kmc_text_add(&out, i ? ", " : "");
		add_param(&out, &desc->params[i], &copy);
	}
	kmc_text_add(&out, ")");
	add_circumstances(&out, op);
	return (int)out.len;
}

int kmc_program_print(const struct kmc_program *program, FILE *out)
{
	char machine[KMC_MACHINE_TEXT], line[KMC_MAX_LINE], edition[32];
	size_t i;

	kmc_release_print(edition, sizeof(edition), program->edition);
	kmc_machine_print(machine, sizeof(machine), &program->machine);
	fprintf(out, "%s\nedition %s\n%s", KMC_TEXT_HEAD, edition, machine);
	for (i = 0; i < program->nr_ops; i++) {
		kmc_op_print(line, sizeof(line), &program->ops[i]);
		fputs(line, out);
		fputc('\n', out);
	}
	return ferror(out) ? -EIO : 0;
}

char *kmc_program_to_text(const struct kmc_program *program)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);
	int err = out ? kmc_program_print(program, out) : -ENOMEM;

	if (out && fclose(out))
		err = -ENOMEM;
	if (!err)
		return text;
	free(text);
	return NULL;
}

/* parsing */

struct parser {
	struct kmc_program *program;
	bool in_ops;
	const char *name;
	size_t line;
	char *error;
	size_t size;
};

__attribute__((format(printf, 2, 3))) static int fail(struct parser *p, const char *format, ...)
{
	char what[256];
	va_list args;
	char *c;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	/* it quotes untrusted text */
	for (c = what; *c; c++)
		if ((unsigned char)*c < ' ' || (unsigned char)*c > '~')
			*c = '?';
	snprintf(p->error, p->size, "%s:%zu: %s", p->name, p->line, what);
	return -EINVAL;
}

/* A span as arguments of "%.*s". */
#define QUOTE(span) (int)((span).len < 40 ? (span).len : 40), (span).text

static int parse_number(struct kmc_span word, uint64_t *value)
{
	if (kmc_span_is(word, "SIZE_MAX")) {
		*value = UINT64_MAX;
		return 0;
	}
	return kmc_text_number(word.text, word.len, value);
}

static int parse_signed(struct kmc_span word, uint64_t *value)
{
	bool negative = word.len && *word.text == '-';
	int err;

	word.text += negative;
	word.len -= negative;
	err = kmc_text_number_max(word, (uint64_t)INT64_MAX + negative, value);
	if (negative)
		*value = 0 - *value;
	return err;
}

static int parse_formatted(char format, struct kmc_span word, uint64_t *value)
{
	unsigned int code;
	int err = parse_number(word, value);

	switch (format) {
	case 'i':
		return parse_signed(word, value);
	case 'f':
		return err == -EINVAL ? kmc_names_parse(cache_flag_names, word, '|', value) : err;
	case 'p':
		return err == -EINVAL ? kmc_names_parse(task_flag_names, word, '|', value) : err;
	case 'e':
		return err == -EINVAL ? kmc_names_find(fault_names, word, value) : err;
	case 'y':
		return err == -EINVAL ? kmc_names_find(sysctl_names, word, value) : err;
	case 'k':
		code = kmc_op_find(word.text, word.len);
		if (code)
			*value = code;
		return code ? 0 : err;
	}
	return err;
}

static int parse_slot(struct kmc_span word, uint16_t *slot)
{
	uint64_t number;
	int err;

	if (kmc_span_is(word, "NULL")) {
		*slot = KMC_NO_SLOT;
		return 0;
	}
	if (word.len < 2 || *word.text != 'r')
		return -EINVAL;
	word.text++;
	word.len--;
	err = kmc_text_number_max(word, KMC_NR_SLOTS - 1, &number);
	*slot = (uint16_t)number;
	return err;
}

static int parse_slot_number(struct kmc_span word, uint16_t *slot)
{
	uint64_t number = KMC_NO_SLOT;
	int err = 0;

	if (!kmc_span_is(word, "none"))
		err = kmc_text_number_max(word, KMC_NO_SLOT - 1, &number);
	*slot = (uint16_t)number;
	return err;
}

/* r3, r3+8, r3-8, NULL */
static int parse_slot_param(struct kmc_span word, const struct kmc_param *param, struct kmc_op *op)
{
	uint16_t *slot = slot_field(op, param->field);
	size_t sign = 0;
	struct kmc_span offset;

	if (param->format == 'd')
		return parse_slot_number(word, slot);
	while (sign < word.len && word.text[sign] != '+' && word.text[sign] != '-')
		sign++;
	if (sign == word.len)
		return parse_slot(word, slot);
	if (!param->offset)
		return -EINVAL;
	offset = (struct kmc_span){ word.text + sign, word.len - sign };
	if (*offset.text == '+') {
		offset.text++;
		offset.len--;
		if (offset.len && *offset.text == '-')
			return -EINVAL;
	}
	if (parse_signed(kmc_span_trim(offset), &op->b))
		return -EINVAL;
	return parse_slot(kmc_span_trim((struct kmc_span){ word.text, sign }), slot);
}

static int parse_node(struct kmc_span word, int8_t *node)
{
	uint64_t number = (uint64_t)KMC_NODE_NONE;
	int err = 0;

	if (!kmc_span_is(word, "NUMA_NO_NODE") && !kmc_span_is(word, "-1"))
		err = kmc_text_number_max(word, KMC_MAX_OP_NODES - 1, &number);
	*node = (int8_t)number;
	return err;
}

static int parse_param(struct kmc_span word, const struct kmc_param *param, struct kmc_op *op)
{
	uint64_t number = 0;
	int err;

	switch (param->field) {
	case 'g':
		return kmc_gfp_parse(word.text, word.len, &op->gfp);
	case 'n':
		return parse_node(word, &op->node);
	case 'o':
		err = kmc_text_number_max(word, KMC_MAX_OP_ORDER, &number);
		op->order = (uint8_t)number;
		return err;
	case 's':
	case 't':
	case 'u':
		return parse_slot_param(word, param, op);
	}
	return parse_formatted(param->format, word, number_field(op, param->field));
}

/* The next argument of a list: to a comma outside parentheses, or to the end. */
static struct kmc_span next_argument(struct kmc_span list, size_t *at)
{
	struct kmc_span argument = { list.text + *at, 0 };
	int depth = 0;

	while (*at < list.len && (depth || list.text[*at] != ',')) {
		depth += list.text[*at] == '(';
		depth -= list.text[*at] == ')';
		++*at;
	}
	argument.len = (size_t)(list.text + *at - argument.text);
	++*at;
	return kmc_span_trim(argument);
}

static int parse_arguments(struct parser *p, struct kmc_span list, struct kmc_op *op)
{
	const struct kmc_op_desc *desc = kmc_op_desc(op->code);
	bool none = !kmc_span_trim(list).len;
	unsigned int count = 0;
	size_t at = 0;

	while (!none && at <= list.len) {
		struct kmc_span word = next_argument(list, &at);
		const struct kmc_param *param = &desc->params[count];
		int err;

		if (count++ >= desc->nr_params)
			break;
		err = parse_param(word, param, op);
		if (err)
			return fail(p, "%s: %s '%.*s' for %s", desc->text,
				    err == -ERANGE ? "out of range:" : "bad value", QUOTE(word),
				    param->name);
	}
	if (count != desc->nr_params)
		return fail(p, "%s takes %u argument%s", desc->text, desc->nr_params,
			    desc->nr_params == 1 ? "" : "s");
	return 0;
}

static int parse_context(struct kmc_span word, uint8_t *context)
{
	unsigned int i;

	for (i = 0; i < KMC_CTX_UNKNOWN; i++) {
		if (kmc_span_is(word, kmc_context_name(i))) {
			*context = (uint8_t)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* on cpu N | task N | in CONTEXT | an attribute */
static int parse_circumstance(struct parser *p, struct kmc_span words, struct kmc_op *op)
{
	size_t at = 0;
	struct kmc_span word = kmc_text_word(words.text, words.len, &at);
	uint64_t value = 0;
	int err = 0;

	if (kmc_span_is(word, "on")) {
		word = kmc_text_word(words.text, words.len, &at);
		if (!kmc_span_is(word, "cpu"))
			return fail(p, "'on' without 'cpu'");
		err = kmc_text_number_max(kmc_text_word(words.text, words.len, &at),
					  p->program->machine.nr_cpus - 1u, &value);
		op->cpu = (uint8_t)value;
	} else if (kmc_span_is(word, "task")) {
		err = kmc_text_number_max(kmc_text_word(words.text, words.len, &at),
					  KMC_MAX_TASKS - 1, &value);
		op->task = (uint8_t)value;
	} else if (kmc_span_is(word, "in")) {
		err = parse_context(kmc_text_word(words.text, words.len, &at), &op->context);
	} else {
		err = kmc_names_find(attr_names, word, &value);
		op->attr |= (uint8_t)value;
	}
	if (err || kmc_text_word(words.text, words.len, &at).len)
		return fail(p, "%s '%.*s' after the call",
			    err == -ERANGE ? "out of range:" : "unknown words", QUOTE(words));
	return 0;
}

static int parse_circumstances(struct parser *p, struct kmc_span list, struct kmc_op *op)
{
	size_t at = 0;
	int err = 0;

	list = kmc_span_trim(list);
	if (!list.len)
		return 0;
	while (!err && at <= list.len)
		err = parse_circumstance(p, next_argument(list, &at), op);
	return err;
}

/* Where the parenthesis that opens at @open closes; @len nowhere. */
static size_t closing(const char *line, size_t len, size_t open)
{
	int depth = 0;
	size_t i;

	for (i = open; i < len; i++) {
		depth += line[i] == '(';
		depth -= line[i] == ')';
		if (!depth)
			return i;
	}
	return len;
}

static int parse_destination(struct parser *p, struct kmc_span word, struct kmc_op *op)
{
	const struct kmc_op_desc *desc = kmc_op_desc(op->code);

	if (desc->result == KMC_RES_NONE)
		return fail(p, "%s has no result", desc->text);
	if (parse_slot(word, &op->dst) || op->dst == KMC_NO_SLOT)
		return fail(p, "'%.*s' is no slot: r0 to r%d", QUOTE(word), KMC_NR_SLOTS - 1);
	return 0;
}

static int parse_call(struct parser *p, struct kmc_span line, struct kmc_op *op)
{
	size_t equals = 0, open = 0, close;
	struct kmc_span call, target = { 0 };

	kmc_text_until(line.text, line.len, &open, '(');
	open--;
	kmc_text_until(line.text, open, &equals, '=');
	if (equals <= open) {
		target = kmc_span_trim((struct kmc_span){ line.text, equals - 1 });
		line = (struct kmc_span){ line.text + equals, line.len - equals };
		open -= equals;
	}
	call = kmc_span_trim((struct kmc_span){ line.text, open });
	close = closing(line.text, line.len, open);
	if (close == line.len)
		return fail(p, "no call: '%.*s'", QUOTE(line));
	kmc_op_init(op, kmc_op_find(call.text, call.len));
	if (!op->code)
		return fail(p, "unknown call '%.*s'", QUOTE(call));
	if (target.text && parse_destination(p, target, op))
		return -EINVAL;
	if (parse_arguments(p, (struct kmc_span){ line.text + open + 1, close - open - 1 }, op))
		return -EINVAL;
	return parse_circumstances(
		p, (struct kmc_span){ line.text + close + 1, line.len - close - 1 }, op);
}

static int finish_head(struct parser *p)
{
	const char *why;

	if (p->in_ops)
		return 0;
	p->in_ops = true;
	why = kmc_machine_parse_end(&p->program->machine);
	if (!why)
		why = kmc_program_check_machine(&p->program->machine);
	return why ? fail(p, "impossible machine: %s", why) : 0;
}

static int parse_op(struct parser *p, struct kmc_span line)
{
	struct kmc_op op;

	if (finish_head(p) || parse_call(p, line, &op))
		return -EINVAL;
	return kmc_program_add(p->program, &op);
}

static int parse_edition(struct parser *p, struct kmc_span word)
{
	char text[32] = "";
	uint32_t edition;

	if (word.len < sizeof(text))
		memcpy(text, word.text, word.len);
	edition = kmc_release_parse(text);
	if (!(edition >> 20))
		return fail(p, "edition '%.*s' is no release", QUOTE(word));
	p->program->edition = edition;
	return 0;
}

static int parse_words(struct parser *p, struct kmc_span line)
{
	size_t at = 0;
	struct kmc_span word = kmc_text_word(line.text, line.len, &at);
	bool edition = kmc_span_is(word, "edition");
	const char *why;

	if (!edition && !kmc_span_is(word, "machine") && !kmc_span_is(word, "zone"))
		return parse_op(p, line);
	if (p->in_ops)
		return fail(p, "line of the head after the first call");
	if (edition)
		return parse_edition(p, kmc_text_word(line.text, line.len, &at));
	kmc_machine_parse_line(&p->program->machine, line.text, line.len, &why);
	return why ? fail(p, "%s", why) : 0;
}

/* Comments: from '#' on; the first line of a file is one, too, and names the version. */
static int parse_line(struct parser *p, struct kmc_span line)
{
	size_t at = 0;
	struct kmc_span words = kmc_text_until(line.text, line.len, &at, '#');

	if (line.len > KMC_MAX_LINE)
		return fail(p, "line longer than %d bytes", KMC_MAX_LINE);
	if (line.len >= strlen(KMC_TEXT_MAGIC) &&
	    !memcmp(line.text, KMC_TEXT_MAGIC, strlen(KMC_TEXT_MAGIC)) &&
	    !kmc_span_is(kmc_span_trim(line), KMC_TEXT_HEAD))
		return fail(p, "not a program of version 1: '%.*s'", QUOTE(line));
	words = kmc_span_trim(words);
	return words.len ? parse_words(p, words) : 0;
}

int kmc_program_parse(struct kmc_program *program, const char *text, size_t len, const char *name,
		      char *error, size_t size)
{
	struct parser p = { .program = program, .name = name, .error = error, .size = size };
	size_t at = 0;
	int err = 0;

	kmc_program_reset(program);
	kmc_machine_parse_begin(&program->machine);
	while (!err && at < len) {
		p.line++;
		err = parse_line(&p, kmc_text_until(text, len, &at, '\n'));
	}
	if (!err)
		err = finish_head(&p);
	if (err == -ENOMEM)
		snprintf(error, size, "%s:%zu: out of memory", name, p.line);
	return err;
}
