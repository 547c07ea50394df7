// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Ops as statements. What an op is called and which operands it has in which
 * order is the catalogue's word; only what is no call of the kernel is written
 * out here. A slot is a variable for each kind of thing that it ever holds.
 */
#include "code.h"
#include <inttypes.h>
#include <string.h>
#include "vocab/event.h"

/* Kinds of things that a slot holds, with the variables' names. */
enum kind { NOTHING, POINTER, PAGE, ADDRESS, CACHE, NUMBER, SCOPE, NR_KINDS };
static const char *const names[NR_KINDS] = { "", "p", "page", "addr", "cache", "n", "scope" };
static const char *const types[NR_KINDS] = { "", "void *", "struct page *", "unsigned long ",
					     "struct kmem_cache *", "unsigned long ",
					     "unsigned int " };

struct slot {
	uint8_t kind;      /* that it holds now */
	uint8_t had;       /* a bit for each kind that was declared */
	bool live;         /* memory that was not given back */
	uint64_t bytes;    /* of it */
	uint64_t align;    /* of a cache */
};

struct body {
	struct kmc_code *code;
	struct slot slots[KMC_NR_SLOTS];
};

/* Calls that alloc's headers have under the kernel's names, with the kernel's operands. */
static bool is_call(unsigned int op)
{
	return (op >= KMC_OP_KMALLOC && op <= KMC_OP_KCALLOC_NODE) ||
	       (op >= KMC_OP_KREALLOC && op <= KMC_OP_KREALLOC_ARRAY) || op == KMC_OP_KSIZE ||
	       op == KMC_OP_KMALLOC_SIZE_ROUNDUP || op == KMC_OP_KMEMDUP ||
	       (op >= KMC_OP_KMEM_CACHE_DESTROY && op <= KMC_OP_KMEM_CACHE_ALLOC_NODE) ||
	       op == KMC_OP_KMEM_CACHE_ZALLOC || op == KMC_OP_KMEM_CACHE_FREE ||
	       op == KMC_OP_KFREE || op == KMC_OP_KFREE_SENSITIVE || op == KMC_OP_KVFREE ||
	       op == KMC_OP_KVFREE_SENSITIVE || op == KMC_OP_RCU_BARRIER ||
	       op == KMC_OP_SYNCHRONIZE_RCU ||
	       (op >= KMC_OP_VMALLOC && op <= KMC_OP_VMALLOC_32_USER) ||
	       op == KMC_OP_VMALLOC_GFP || op == KMC_OP_VFREE ||
	       (op >= KMC_OP_KVMALLOC && op <= KMC_OP_KVCALLOC) || op == KMC_OP_ALLOC_PAGES ||
	       op == KMC_OP_ALLOC_PAGES_NODE || op == KMC_OP_GET_FREE_PAGES ||
	       op == KMC_OP_GET_ZEROED_PAGE || op == KMC_OP_FREE_PAGES_PAGE ||
	       op == KMC_OP_FREE_PAGES || op == KMC_OP_ALLOC_PAGES_EXACT ||
	       op == KMC_OP_FREE_PAGES_EXACT ||
	       (op >= KMC_OP_MEMALLOC_NOIO_SAVE && op <= KMC_OP_MEMALLOC_NORECLAIM_RESTORE);
}

static bool is_written_out(unsigned int op)
{
	return op == KMC_OP_KMEM_CACHE_CREATE || (op >= KMC_OP_WRITE && op <= KMC_OP_CHECK_ZERO);
}

static enum kind kind_of(const struct kmc_op_desc *desc)
{
	switch (desc->result) {
	case KMC_RES_OBJ: return POINTER;
	case KMC_RES_PAGE:
		return desc->code == KMC_OP_ALLOC_PAGES_EXACT ? POINTER :
		       desc->code == KMC_OP_GET_FREE_PAGES ||
		       desc->code == KMC_OP_GET_ZEROED_PAGE ? ADDRESS : PAGE;
	case KMC_RES_CACHE: return CACHE;
	case KMC_RES_NUM: return NUMBER;
	case KMC_RES_TOKEN: return SCOPE;
	default: return NOTHING;
	}
}

/* Bytes of what the op asks for; 0 it asks for none, or a product that does not fit. */
static uint64_t bytes_of(const struct body *b, const struct kmc_op *op)
{
	const struct kmc_op_desc *desc = kmc_op_desc(op->code);
	uint64_t product;

	if (op->code == KMC_OP_KMEM_CACHE_CREATE || op->code == KMC_OP_KMEM_CACHE_DESTROY)
		return 0;
	if (op->code == KMC_OP_KMEM_CACHE_ALLOC || op->code == KMC_OP_KMEM_CACHE_ZALLOC ||
	    op->code == KMC_OP_KMEM_CACHE_ALLOC_NODE)
		return op->src < KMC_NR_SLOTS ? b->slots[op->src].bytes : 0;
	for (unsigned int i = 0; i < desc->nr_params; i++) {
		if (!strcmp(desc->params[i].name, "order"))
			return 4096ull << op->order;
		if (!strcmp(desc->params[i].name, "n"))
			return __builtin_mul_overflow(op->a, op->b, &product) ? 0 : product;
	}
	return op->code == KMC_OP_GET_ZEROED_PAGE ? 4096 : op->a;
}

static void variable(FILE *out, enum kind kind, unsigned int slot)
{
	fprintf(out, "%s%u", names[kind], slot);
}

/* What a slot holds, as a pointer to its first byte. */
static void memory(const struct body *b, unsigned int slot, uint64_t offset)
{
	FILE *out = b->code->out;
	enum kind kind = slot < KMC_NR_SLOTS ? b->slots[slot].kind : NOTHING;

	if (kind == PAGE)
		fputs("page_address(", out);
	if (kind == ADDRESS)
		fputs("(void *)", out);
	if (kind == NOTHING)
		fputs("NULL", out);
	else
		variable(out, kind, slot);
	if (kind == PAGE)
		putc(')', out);
	if (offset)
		fprintf(out, " + %" PRIu64, offset);
}

static void slot_operand(const struct body *b, unsigned int slot, const struct kmc_param *param,
			 const struct kmc_op *op)
{
	enum kind kind = slot < KMC_NR_SLOTS ? b->slots[slot].kind : NOTHING;
	uint64_t offset = param->offset ? op->b : 0;
	FILE *out = b->code->out;

	if (kind == NOTHING)
		fputs(!strcmp(param->name, "addr") && op->code == KMC_OP_FREE_PAGES ? "0" : "NULL",
		      out);
	else
		variable(out, kind, slot);
	if (kind != NOTHING && offset)
		fprintf(out, " + %" PRIu64, kind == PAGE ? offset >> 12 : offset);
}

static void operand(const struct body *b, const struct kmc_op *op, const struct kmc_param *param)
{
	const uint64_t numbers[] = { op->a, op->b, op->c, op->d };
	FILE *out = b->code->out;
	char gfp[256];

	switch (param->field) {
	case 'a': case 'b': case 'c': case 'd':
		fprintf(out, numbers[param->field - 'a'] >> 31 ? "%" PRIu64 "UL" : "%" PRIu64,
			numbers[param->field - 'a']);
		break;
	case 'g':
		kmc_gfp_print(gfp, sizeof(gfp), op->gfp);
		for (const char *c = gfp; *c; c++)
			fprintf(out, *c == '|' ? " | " : "%c", *c);
		break;
	case 'n':
		fprintf(out, op->node == KMC_NODE_NONE ? "NUMA_NO_NODE" : "%d", op->node);
		break;
	case 'o': fprintf(out, "%u", op->order); break;
	case 's': slot_operand(b, op->src, param, op); break;
	case 't': slot_operand(b, op->dst, param, op); break;
	case 'u': slot_operand(b, op->third, param, op); break;
	}
}

static void call(const struct body *b, const struct kmc_op *op)
{
	const struct kmc_op_desc *desc = kmc_op_desc(op->code);

	fprintf(b->code->out, "%s(", desc->text);
	for (unsigned int i = 0; i < desc->nr_params; i++) {
		if (i)
			fputs(", ", b->code->out);
		operand(b, op, &desc->params[i]);
	}
	fputs(")", b->code->out);
}

static void cache_flags(FILE *out, uint64_t flags)
{
	static const char *const flag_names[] = {
#define KMC_CACHE_FLAG(name, bit) [bit] = #name,
		KMC_CACHE_FLAGS(KMC_CACHE_FLAG)
#undef KMC_CACHE_FLAG
	};
	bool any = false;

	for (unsigned int bit = 0; bit < sizeof(flag_names) / sizeof(flag_names[0]); bit++)
		if (flags >> bit & 1 && flag_names[bit]) {
			fprintf(out, "%sSLAB_%s", any ? " | " : "", flag_names[bit]);
			any = true;
		}
	if (!any)
		putc('0', out);
}

static void create_cache(const struct body *b, const struct kmc_op *op)
{
	FILE *out = b->code->out;

	fprintf(out, "kmem_cache_create(\"kmconform-%" PRIu64 "\", %" PRIu64 ", %" PRIu64 ", ", op->a,
		op->b, op->c);
	cache_flags(out, op->d);
	fprintf(out, ", %s)", op->order ? "construct" : "NULL");
}

/* checks */

static void expect(const struct body *b)
{
	fprintf(b->code->out, "\t%s", b->code->expect);
}

static void expect_align(const struct body *b, unsigned int slot, const char *align, uint64_t number)
{
	expect(b);
	fputs("((unsigned long)", b->code->out);
	memory(b, slot, 0);
	if (align)
		fprintf(b->code->out, " & (%s - 1)) == 0);\n", align);
	else
		fprintf(b->code->out, " & %" PRIu64 ") == 0);\n", number - 1);
}

/* One block before the other, or behind it. */
static void expect_disjoint(const struct body *b, unsigned int slot)
{
	FILE *out = b->code->out;

	for (unsigned int i = 0; i < KMC_NR_SLOTS; i++) {
		if (i == slot || !b->slots[i].live || !b->slots[i].bytes)
			continue;
		expect(b);
		fputs("!", out);
		memory(b, slot, 0);
		fputs(" || ", out);
		memory(b, slot, b->slots[slot].bytes);
		fputs(" <= ", out);
		memory(b, i, 0);
		fputs(" || ", out);
		memory(b, i, b->slots[i].bytes);
		fputs(" <= ", out);
		memory(b, slot, 0);
		fputs(");\n", out);
	}
}

static void expect_value(const struct body *b, unsigned int slot, const char *format)
{
	char value[32];

	snprintf(value, sizeof(value), "%s%u", names[b->slots[slot].kind], slot);
	expect(b);
	for (; *format; format++) {
		if (*format == '$')
			fputs(value, b->code->out);
		else
			putc(*format, b->code->out);
	}
	fputs(");\n", b->code->out);
}

static void expect_number(const struct body *b, const struct kmc_op *op)
{
	uint64_t least = op->code == KMC_OP_KMALLOC_SIZE_ROUNDUP ? op->a :
			 op->src < KMC_NR_SLOTS ? b->slots[op->src].bytes : 0;

	expect(b);
	variable(b->code->out, NUMBER, op->dst);
	fprintf(b->code->out, " >= %" PRIu64 "UL);\n", least);
}

/* Of an op's result what the broken rule says of it. */
static void check_result(const struct body *b, const struct kmc_op *op)
{
	const struct slot *slot = &b->slots[op->dst];
	enum kmc_code_check check = b->code->check;
	FILE *out = b->code->out;
	uint64_t divisor = slot->bytes & -slot->bytes;

	if (slot->kind == NUMBER && (check == KMC_CODE_AT_LEAST || check == KMC_CODE_USABLE))
		expect_number(b, op);
	if (slot->kind != POINTER && slot->kind != PAGE && slot->kind != ADDRESS)
		return;
	switch (check) {
	case KMC_CODE_ALIGN_MIN: expect_align(b, op->dst, "ARCH_KMALLOC_MINALIGN", 0); break;
	case KMC_CODE_ALIGN_SIZE:
		if (divisor)
			expect_align(b, op->dst, NULL, divisor);
		break;
	case KMC_CODE_ALIGN_CACHE:
		if (op->src < KMC_NR_SLOTS && b->slots[op->src].align)
			expect_align(b, op->dst, NULL, b->slots[op->src].align);
		break;
	case KMC_CODE_ALIGN_PAGES: expect_align(b, op->dst, NULL, slot->bytes); break;
	case KMC_CODE_ZERO:
		expect(b);
		variable(out, slot->kind, op->dst);
		fputs(" && reads_zero(", out);
		memory(b, op->dst, 0);
		fprintf(out, ", %" PRIu64 "));\n", slot->bytes);
		break;
	case KMC_CODE_USABLE:
		if (slot->kind == POINTER && slot->bytes) {
			expect(b);
			fprintf(out, "ksize(p%u) >= %" PRIu64 "UL);\n", op->dst, slot->bytes);
		}
		break;
	case KMC_CODE_ZERO_SIZE: expect_value(b, op->dst, "$ == ZERO_SIZE_PTR"); break;
	case KMC_CODE_NULL: expect_value(b, op->dst, "!$"); break;
	case KMC_CODE_NOT_NULL: expect_value(b, op->dst, "$ != 0"); break;
	case KMC_CODE_NULL_ONLY:
		expect_value(b, op->dst, "!IS_ERR($) && $ != ZERO_SIZE_PTR");
		break;
	case KMC_CODE_DISJOINT: expect_disjoint(b, op->dst); break;
	default: break;
	}
}

/* statements */

static void take_over(struct body *b, const struct kmc_op *op)
{
	const struct kmc_op_desc *desc = kmc_op_desc(op->code);
	struct slot *slot = &b->slots[op->dst];

	slot->kind = (uint8_t)kind_of(desc);
	slot->bytes = op->code == KMC_OP_KMEM_CACHE_CREATE ? op->b : bytes_of(b, op);
	slot->align = op->code == KMC_OP_KMEM_CACHE_CREATE ? op->c : 0;
	slot->live = slot->kind == POINTER || slot->kind == PAGE || slot->kind == ADDRESS;
}

static void memory_op(const struct body *b, const struct kmc_op *op)
{
	static const char *const functions[] = { "fill(", NULL, "holds(", "reads_zero(" };
	FILE *out = b->code->out;

	if (op->code == KMC_OP_READ)
		return; /* nothing to be seen in C */
	if (op->code == KMC_OP_WRITE)
		putc('\t', out);
	else
		expect(b);
	fputs(functions[op->code - KMC_OP_WRITE], out);
	memory(b, op->src, op->b);
	fprintf(out, ", %" PRIu64, op->a);
	if (op->code != KMC_OP_CHECK_ZERO)
		fprintf(out, ", %#" PRIx64 "UL", op->c);
	fputs(op->code == KMC_OP_WRITE ? ");\n" : "));\n", out);
}

static void end_life(struct body *b, const struct kmc_op *op)
{
	const struct kmc_op_desc *desc = kmc_op_desc(op->code);

	for (unsigned int i = 0; i < desc->nr_params; i++) {
		unsigned int slot = desc->params[i].field == 's' ? op->src :
				    desc->params[i].field == 't' ? op->dst : KMC_NO_SLOT;

		if (slot < KMC_NR_SLOTS && strcmp(desc->params[i].name, "cache") &&
		    (kmc_op_is_free(op->code) || desc->family == KMC_OPF_RESIZE))
			b->slots[slot].live = false;
	}
}

static void statement(struct body *b, const struct kmc_op *op)
{
	const struct kmc_op_desc *desc = kmc_op_desc(op->code);
	bool keeps = desc->result != KMC_RES_NONE && op->dst < KMC_NR_SLOTS;
	FILE *out = b->code->out;

	if (op->code >= KMC_OP_WRITE && op->code <= KMC_OP_CHECK_ZERO) {
		memory_op(b, op);
		return;
	}
	if (b->code->check == KMC_CODE_ZERO && kind_of(desc) == POINTER && bytes_of(b, op))
		fprintf(out, "\tdirty(%" PRIu64 ");\n", bytes_of(b, op));
	putc('\t', out);
	if (keeps) {
		variable(out, kind_of(desc), op->dst);
		fputs(" = ", out);
	}
	if (op->code == KMC_OP_KMEM_CACHE_CREATE)
		create_cache(b, op);
	else
		call(b, op);
	fputs(";\n", out);
	end_life(b, op);
	if (keeps)
		take_over(b, op);
	if (keeps && (!b->code->judged || b->code->judged == op->code))
		check_result(b, op);
}

static void declare(struct body *b)
{
	const struct kmc_program *program = &b->code->program;
	FILE *out = b->code->out;

	for (size_t i = 0; i < program->nr_ops; i++) {
		const struct kmc_op *op = &program->ops[i];
		const struct kmc_op_desc *desc = kmc_op_desc(op->code);
		enum kind kind = kind_of(desc);

		if (desc->result == KMC_RES_NONE || op->dst >= KMC_NR_SLOTS || !kind ||
		    b->slots[op->dst].had >> kind & 1)
			continue;
		b->slots[op->dst].had |= (uint8_t)(1u << kind);
		fprintf(out, "\t%s", types[kind]);
		variable(out, kind, op->dst);
		fputs(";\n", out);
	}
	putc('\n', out);
}

/* What op has no statement; NULL all have one. */
static const char *obstacle(const struct kmc_program *program)
{
	static char text[160];

	for (size_t i = 0; i < program->nr_ops; i++) {
		const struct kmc_op *op = &program->ops[i];
		const struct kmc_op_desc *desc = kmc_op_desc(op->code);

		kmc_op_print(text, sizeof(text), op);
		if (!desc || (!is_call(op->code) && !is_written_out(op->code)) ||
		    op->attr & KMC_ATTR_MISUSE || op->context != KMC_CTX_TASK || op->gfp.raw)
			return text;
	}
	return NULL;
}

int kmc_code_possible(const struct kmc_code *code, const char *form)
{
	const char *op = obstacle(&code->program);

	return op ? kmc_render_refuse("%s: no statement of C for \"%s\"", form, op) : 0;
}

void kmc_code_body(struct kmc_code *code)
{
	static struct body body;

	body = (struct body){ .code = code };
	declare(&body);
	for (size_t i = 0; i < code->program.nr_ops; i++)
		statement(&body, &code->program.ops[i]);
}
