/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events as text (`.ev`): one line each in fixed columns, so that two runs can
 * be compared with diff, and files of them with a head that names machine,
 * edition and caches. A line carries the whole event; "-" is zero or none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "vocab/event.h"
#include "vocab/machine.h"
#include "vocab/op.h"
#include "vocab_text.h"

static const char file_head[] = "# kmconform events 1";

static const struct kmc_name mark_names[] = {
#define KMC_MARK(name, text, bit) { text, 1u << bit },
	KMC_MARKS(KMC_MARK)
#undef KMC_MARK
	{ 0 },
};

static const struct kmc_name scope_names[] = {
	{ "noio", KMC_SCOPE_NOIO }, { "nofs", KMC_SCOPE_NOFS },
	{ "memalloc", KMC_SCOPE_MEMALLOC }, { "pin", KMC_SCOPE_PIN },
	{ "kthread", KMC_SCOPE_KTHREAD }, { 0 },
};

static const struct kmc_name cache_flag_names[] = {
#define KMC_CACHE_FLAG(name, bit) { #name, 1u << bit },
	KMC_CACHE_FLAGS(KMC_CACHE_FLAG)
#undef KMC_CACHE_FLAG
	{ 0 },
};

/*
 * The columns. Width 0: as long as it is (the last ones). Numbers stand to the
 * right, words (kind LEFT) to the left.
 */
enum column {
	COL_SEQ, COL_TIME, COL_KIND, COL_CPU, COL_TASK, COL_ID, COL_PARENT, COL_WHAT, COL_OUTCOME,
	COL_ADDR, COL_ADDR2, COL_SIZE, COL_GRANTED, COL_ARG, COL_SITE, COL_NODE, COL_ORDER,
	COL_CACHE, COL_CONTEXT, COL_SCOPE, COL_MARKS, COL_GFP, NR_COLUMNS
};
#define LEFT 0x100
static const struct {
	const char *title;
	unsigned int width;
} columns[NR_COLUMNS] = {
	[COL_SEQ] = { "seq", 8 }, [COL_TIME] = { "time", 12 }, [COL_KIND] = { "kind", LEFT | 6 },
	[COL_CPU] = { "cpu", 3 }, [COL_TASK] = { "task", 6 }, [COL_ID] = { "id", 7 },
	[COL_PARENT] = { "parent", 7 }, [COL_WHAT] = { "what", LEFT | 31 },
	[COL_OUTCOME] = { "outcome", LEFT | 9 }, [COL_ADDR] = { "addr", 18 },
	[COL_ADDR2] = { "addr2", 18 }, [COL_SIZE] = { "size", 8 },
	[COL_GRANTED] = { "granted", 8 }, [COL_ARG] = { "arg", 8 }, [COL_SITE] = { "site", 18 },
	[COL_NODE] = { "node", 4 }, [COL_ORDER] = { "order", 5 }, [COL_CACHE] = { "cache", 5 },
	[COL_CONTEXT] = { "context", LEFT | 11 }, [COL_SCOPE] = { "scope", LEFT | 5 },
	[COL_MARKS] = { "marks", LEFT | 5 }, [COL_GFP] = { "gfp", LEFT },
};

static void add_blanks(struct kmc_text *out, size_t count)
{
	while (count--)
		kmc_text_add(out, " ");
}

static void add_column(struct kmc_text *out, enum column column, const char *text, size_t len)
{
	size_t width = columns[column].width & ~LEFT;
	size_t pad = len < width ? width - len : 0;

	if (out->len)
		kmc_text_add(out, " ");
	if (!(columns[column].width & LEFT))
		add_blanks(out, pad);
	kmc_text_add_bytes(out, text, len);
	if (columns[column].width & LEFT)
		add_blanks(out, pad);
}

static void add_number(struct kmc_text *out, enum column column, uint64_t value)
{
	char text[24];
	struct kmc_text number;

	kmc_text_init(&number, text, sizeof(text));
	kmc_text_add_number(&number, value);
	add_column(out, column, text, number.len);
}

static void add_known(struct kmc_text *out, enum column column, uint64_t value, uint64_t none)
{
	if (value == none)
		add_column(out, column, "-", 1);
	else
		add_number(out, column, value);
}

static void add_address(struct kmc_text *out, enum column column, uint64_t value)
{
	char text[24];
	struct kmc_text number;

	kmc_text_init(&number, text, sizeof(text));
	kmc_text_add(&number, value ? "0x" : "-");
	if (value)
		kmc_text_add_hex(&number, value);
	add_column(out, column, text, number.len);
}

/* What has no name is shown, although it cannot be read back. */
static void add_name(struct kmc_text *out, enum column column, const char *name, unsigned int value)
{
	char text[16];

	snprintf(text, sizeof(text), "?%u", value);
	name = name ? name : text;
	add_column(out, column, name, strlen(name));
}

static void add_set(struct kmc_text *out, enum column column, const struct kmc_name *names,
		    uint64_t set)
{
	char text[256];
	struct kmc_text list;

	kmc_text_init(&list, text, sizeof(text));
	kmc_text_add_names(&list, names, set, '+', "-");
	add_column(out, column, text, list.len);
}

static void add_node(struct kmc_text *out, int node)
{
	char text[8];
	int len = snprintf(text, sizeof(text), node == KMC_NODE_NONE ? "-" : "%d", node);

	add_column(out, COL_NODE, text, (size_t)len);
}

static void add_gfp(struct kmc_text *out, const struct kmc_event *ev)
{
	char text[1024];
	int len = kmc_gfp_print(text, sizeof(text),
				(struct kmc_gfp){ .atoms = ev->gfp, .raw = ev->gfp_raw });

	if (!ev->gfp && !ev->gfp_raw)
		len = snprintf(text, sizeof(text), "-");
	add_column(out, COL_GFP, text, (size_t)len);
}

int kmc_event_line(char *buf, size_t size, const struct kmc_event *ev)
{
	struct kmc_text out;

	kmc_text_init(&out, buf, size);
	add_number(&out, COL_SEQ, ev->seq);
	add_known(&out, COL_TIME, ev->time_ns, 0);
	add_name(&out, COL_KIND, kmc_event_kind_name(ev->kind), ev->kind);
	add_number(&out, COL_CPU, ev->cpu);
	add_number(&out, COL_TASK, ev->task);
	add_known(&out, COL_ID, ev->id, 0);
	add_known(&out, COL_PARENT, ev->parent, 0);
	add_name(&out, COL_WHAT, kmc_event_what_name(ev->kind, ev->what), ev->what);
	add_name(&out, COL_OUTCOME, kmc_outcome_name(ev->outcome), ev->outcome);
	add_address(&out, COL_ADDR, ev->addr);
	add_address(&out, COL_ADDR2, ev->addr2);
	add_known(&out, COL_SIZE, ev->size, 0);
	add_known(&out, COL_GRANTED, ev->granted, 0);
	add_known(&out, COL_ARG, ev->arg, 0);
	add_address(&out, COL_SITE, ev->site);
	add_node(&out, ev->node);
	add_known(&out, COL_ORDER, ev->order, 0);
	add_known(&out, COL_CACHE, ev->cache, KMC_CACHE_NONE);
	add_name(&out, COL_CONTEXT, kmc_context_name(ev->context), ev->context);
	add_set(&out, COL_SCOPE, scope_names, ev->scope);
	add_set(&out, COL_MARKS, mark_names, ev->marks);
	add_gfp(&out, ev);
	kmc_text_add(&out, "\n");
	return (int)out.len;
}

int kmc_event_print(FILE *out, const struct kmc_event *ev)
{
	char line[KMC_MAX_LINE];
	int len = kmc_event_line(line, sizeof(line), ev);

	errno = 0;
	if (fwrite(line, 1, (size_t)len, out) == (size_t)len)
		return 0;
	return errno ? -errno : -EIO;
}

/* reading */

static const char *const why_column[NR_COLUMNS] = {
	[COL_SEQ] = "bad sequence number", [COL_TIME] = "bad time",
	[COL_KIND] = "unknown kind of event", [COL_CPU] = "bad cpu", [COL_TASK] = "bad task",
	[COL_ID] = "bad id", [COL_PARENT] = "bad parent",
	[COL_WHAT] = "unknown call, effect or tracepoint", [COL_OUTCOME] = "unknown outcome",
	[COL_ADDR] = "bad address", [COL_ADDR2] = "bad second address", [COL_SIZE] = "bad size",
	[COL_GRANTED] = "bad granted size", [COL_ARG] = "bad argument", [COL_SITE] = "bad site",
	[COL_NODE] = "bad node", [COL_ORDER] = "bad order", [COL_CACHE] = "bad cache",
	[COL_CONTEXT] = "unknown context", [COL_SCOPE] = "unknown scope",
	[COL_MARKS] = "unknown mark", [COL_GFP] = "bad GFP flags",
};

/* A number up to @max, or "-" for @none. */
static int read_number(struct kmc_span word, uint64_t max, uint64_t none, uint64_t *value)
{
	if (kmc_span_is(word, "-")) {
		*value = none;
		return 0;
	}
	return kmc_text_number_max(word, max, value);
}

/* The index of a word among the names that @name_of gives. */
static int read_name(struct kmc_span word, const char *(*name_of)(unsigned int), uint64_t *value)
{
	unsigned int i;

	for (i = 0; name_of(i); i++) {
		if (kmc_span_is(word, name_of(i))) {
			*value = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int read_what(struct kmc_span word, unsigned int kind, uint64_t *value)
{
	switch (kind) {
	case KMC_EV_EFFECT:
		return read_name(word, kmc_effect_name, value);
	case KMC_EV_TRACEPOINT:
		return read_name(word, kmc_tracepoint_name, value);
	case KMC_EV_GAP:
		*value = 0;
		return kmc_span_is(word, "-") ? 0 : -EINVAL;
	}
	*value = kmc_op_find(word.text, word.len);
	return *value ? 0 : -EINVAL;
}

static int read_node(struct kmc_span word, uint64_t *value)
{
	int err;

	if (kmc_span_is(word, "-")) {
		*value = (uint64_t)KMC_NODE_NONE;
		return 0;
	}
	if (!word.len || *word.text != '-')
		return kmc_text_number_max(word, INT8_MAX, value);
	word.text++;
	word.len--;
	err = kmc_text_number_max(word, 128, value);
	*value = 0 - *value;
	return err;
}

static int read_gfp(struct kmc_span word, struct kmc_event *ev)
{
	struct kmc_gfp gfp = { 0 };
	int err = kmc_span_is(word, "-") ? 0 : kmc_gfp_parse(word.text, word.len, &gfp);

	ev->gfp = gfp.atoms;
	ev->gfp_raw = gfp.raw;
	return err;
}

static int read_column(struct kmc_event *ev, enum column column, struct kmc_span word)
{
	uint64_t value = 0;
	int err = 0;

	switch (column) {
#define NUMBER(col, field, max, none)                          \
	case col:                                              \
		err = read_number(word, max, none, &value);    \
		ev->field = (__typeof__(ev->field))value;      \
		break
#define WORD(col, field, call)                                 \
	case col:                                              \
		err = call;                                    \
		ev->field = (__typeof__(ev->field))value;      \
		break
	NUMBER(COL_SEQ, seq, UINT64_MAX, 0);
	NUMBER(COL_TIME, time_ns, UINT64_MAX, 0);
	WORD(COL_KIND, kind, read_name(word, kmc_event_kind_name, &value));
	NUMBER(COL_CPU, cpu, UINT16_MAX, 0);
	NUMBER(COL_TASK, task, UINT32_MAX, 0);
	NUMBER(COL_ID, id, UINT32_MAX, 0);
	NUMBER(COL_PARENT, parent, UINT32_MAX, 0);
	WORD(COL_WHAT, what, read_what(word, ev->kind, &value));
	WORD(COL_OUTCOME, outcome, read_name(word, kmc_outcome_name, &value));
	NUMBER(COL_ADDR, addr, UINT64_MAX, 0);
	NUMBER(COL_ADDR2, addr2, UINT64_MAX, 0);
	NUMBER(COL_SIZE, size, UINT64_MAX, 0);
	NUMBER(COL_GRANTED, granted, UINT64_MAX, 0);
	NUMBER(COL_ARG, arg, UINT64_MAX, 0);
	NUMBER(COL_SITE, site, UINT64_MAX, 0);
	WORD(COL_NODE, node, read_node(word, &value));
	NUMBER(COL_ORDER, order, UINT8_MAX, 0);
	NUMBER(COL_CACHE, cache, UINT32_MAX, KMC_CACHE_NONE);
	WORD(COL_CONTEXT, context, read_name(word, kmc_context_name, &value));
	WORD(COL_SCOPE, scope, kmc_names_parse(scope_names, word, '+', &value));
	WORD(COL_MARKS, marks, kmc_names_parse(mark_names, word, '+', &value));
#undef NUMBER
#undef WORD
	case COL_GFP:
		err = read_gfp(word, ev);
		break;
	case NR_COLUMNS:
		break;
	}
	return err;
}

int kmc_event_parse(const char *line, size_t len, struct kmc_event *ev, const char **why)
{
	struct kmc_span word;
	size_t at = 0;
	int column;

	kmc_event_init(ev);
	for (column = 0; column < NR_COLUMNS; column++) {
		word = kmc_text_word(line, len, &at);
		*why = word.len ? why_column[column] : "line with too few columns";
		if (!word.len || read_column(ev, (enum column)column, word))
			return -EINVAL;
	}
	*why = "line with too many columns";
	if (kmc_text_word(line, len, &at).len)
		return -EINVAL;
	*why = kmc_event_check(ev);
	return *why ? -EINVAL : 0;
}

/* caches */

/* One line of numbers by name; the order of printing. */
#define CACHE_NUMBERS(X)                                                   \
	X(id) X(object_size) X(size) X(align) X(inuse) X(offset) X(order)  \
	X(min_order) X(objects) X(useroffset) X(usersize) X(kmalloc)

static bool is_plain(char c)
{
	return c > ' ' && c < 0x7f && c != '%' && c != '#';
}

static void add_cache_name(struct kmc_text *out, const char *name, size_t max)
{
	char code[4];
	size_t i;

	for (i = 0; i < max && name[i]; i++) {
		snprintf(code, sizeof(code), "%%%02x", (unsigned char)name[i]);
		kmc_text_add_bytes(out, is_plain(name[i]) ? &name[i] : code,
				   is_plain(name[i]) ? 1 : 3);
	}
}

static int write_cache(FILE *out, const struct kmc_cache_desc *cache)
{
	char line[KMC_MAX_LINE];
	struct kmc_text text;

	kmc_text_init(&text, line, sizeof(line));
	kmc_text_add(&text, "cache name=");
	add_cache_name(&text, cache->name, sizeof(cache->name) - 1);
#define KMC_CACHE_NUMBER(field)                             \
	if (cache->field) {                                 \
		kmc_text_add(&text, " " #field "=");        \
		kmc_text_add_number(&text, cache->field);   \
	}
	CACHE_NUMBERS(KMC_CACHE_NUMBER)
#undef KMC_CACHE_NUMBER
	if (cache->ctor)
		kmc_text_add(&text, " ctor=1");
	if (cache->flags) {
		kmc_text_add(&text, " flags=");
		kmc_text_add_names(&text, cache_flag_names, cache->flags, '+', "-");
	}
	if (cache->raw_flags) {
		kmc_text_add(&text, " raw_flags=0x");
		kmc_text_add_hex(&text, cache->raw_flags);
	}
	kmc_text_add(&text, "\n");
	return fputs(line, out) < 0 ? -EIO : 0;
}

static int read_cache_name(struct kmc_span value, char *name, size_t size)
{
	size_t i, len = 0;
	uint64_t code;

	for (i = 0; i < value.len; i++) {
		char digits[4] = "0x";

		if (len + 1 >= size)
			return -ERANGE;
		if (value.text[i] != '%') {
			name[len++] = value.text[i];
			continue;
		}
		if (i + 2 >= value.len)
			return -EINVAL;
		memcpy(digits + 2, value.text + i + 1, 2);
		if (kmc_text_number(digits, 4, &code) || !code)
			return -EINVAL;
		name[len++] = (char)code;
		i += 2;
	}
	name[len] = '\0';
	return 0;
}

static int read_cache_word(struct kmc_cache_desc *cache, struct kmc_span name,
			   struct kmc_span value)
{
	uint64_t number = 0;
	int err;

	if (kmc_span_is(name, "name"))
		return read_cache_name(value, cache->name, sizeof(cache->name));
	if (kmc_span_is(name, "flags"))
		return kmc_names_parse(cache_flag_names, value, '+', &cache->flags);
	err = kmc_text_number(value.text, value.len, &number);
	if (err)
		return err;
	if (kmc_span_is(name, "raw_flags")) {
		cache->raw_flags = number;
		return 0;
	}
	if (kmc_span_is(name, "ctor")) {
		cache->ctor = number != 0;
		return number > 1 ? -ERANGE : 0;
	}
#define KMC_CACHE_NUMBER(field)                                             \
	if (kmc_span_is(name, #field)) {                                    \
		cache->field = (__typeof__(cache->field))number;            \
		return cache->field == number ? 0 : -ERANGE;                \
	}
	CACHE_NUMBERS(KMC_CACHE_NUMBER)
#undef KMC_CACHE_NUMBER
	return -ENOENT;
}

static const char *read_cache(const char *line, size_t len, size_t at,
			      struct kmc_cache_desc *cache)
{
	struct kmc_span word;

	memset(cache, 0, sizeof(*cache));
	while ((word = kmc_text_word(line, len, &at)).len) {
		size_t split = 0;
		struct kmc_span name = kmc_text_until(word.text, word.len, &split, '=');
		int err = -ENOENT;

		if (split <= word.len)
			err = read_cache_word(cache, name, (struct kmc_span){
				word.text + split, word.len - split });
		if (err == -ENOENT)
			return "unknown word in the description of a cache";
		if (err == -ERANGE)
			return "value out of range in the description of a cache";
		if (err)
			return "bad value in the description of a cache";
	}
	return NULL;
}

/* files */

int kmc_event_file_write_head(FILE *out, const struct kmc_machine *machine, uint32_t edition,
			      const struct kmc_cache_desc *caches, size_t nr_caches)
{
	char text[KMC_MACHINE_TEXT], release[32], titles[512];
	struct kmc_text line;
	size_t i;
	int err = 0;

	kmc_machine_print(text, sizeof(text), machine);
	kmc_release_print(release, sizeof(release), edition);
	if (fprintf(out, "%s\nedition %s\n%s", file_head, release, text) < 0)
		return -EIO;
	for (i = 0; !err && i < nr_caches; i++)
		err = write_cache(out, &caches[i]);
	kmc_text_init(&line, titles, sizeof(titles));
	for (i = 0; i < NR_COLUMNS; i++)
		add_column(&line, (enum column)i, columns[i].title, strlen(columns[i].title));
	titles[0] = '#';
	if (!err && fprintf(out, "%s\n", titles) < 0)
		err = -EIO;
	return err;
}

struct reader {
	struct kmc_event_file *file;
	size_t max_caches, max_events;
	uint64_t line;
	bool in_events;
	const char *why;
};

/* Room for one more of @size bytes; NULL without memory. */
static void *grow(void **array, size_t count, size_t *max, size_t size)
{
	if (count == *max) {
		size_t more = *max ? *max * 2 : 64;
		void *larger = reallocarray(*array, more, size);

		if (!larger)
			return NULL;
		*array = larger;
		*max = more;
	}
	return (char *)*array + count * size;
}

static int take_cache(struct reader *r, const char *line, size_t len, size_t at)
{
	struct kmc_event_file *file = r->file;
	void *array = file->caches;
	struct kmc_cache_desc *cache;

	cache = grow(&array, file->nr_caches, &r->max_caches, sizeof(*cache));
	file->caches = array;
	if (!cache)
		return -ENOMEM;
	r->why = read_cache(line, len, at, cache);
	if (r->why)
		return -EINVAL;
	file->nr_caches++;
	return 0;
}

static int take_event(struct reader *r, const char *line, size_t len)
{
	struct kmc_event_file *file = r->file;
	void *array = file->events;
	struct kmc_event *ev = grow(&array, file->nr_events, &r->max_events, sizeof(*ev));
	int err;

	file->events = array;
	if (!ev)
		return -ENOMEM;
	if (!r->in_events) {
		r->why = kmc_machine_parse_end(file->machine);
		if (r->why)
			return -EINVAL;
	}
	r->in_events = true;
	err = kmc_event_parse(line, len, ev, &r->why);
	file->nr_events += !err;
	return err;
}

static int take_edition(struct reader *r, struct kmc_span word)
{
	char text[32] = "";

	if (word.len < sizeof(text))
		memcpy(text, word.text, word.len);
	r->file->edition = kmc_release_parse(text);
	r->why = "edition is no release";
	return r->file->edition ? 0 : -EINVAL;
}

static int take_line(struct reader *r, const char *line, size_t len)
{
	size_t at = 0;
	struct kmc_span word = kmc_text_word(line, len, &at);
	bool cache, edition, machine;
	const char *why;

	if (!word.len || *word.text == '#')
		return 0;
	cache = kmc_span_is(word, "cache");
	edition = kmc_span_is(word, "edition");
	machine = kmc_span_is(word, "machine") || kmc_span_is(word, "zone");
	if (r->in_events && (edition || machine)) {
		r->why = "line of the head among the events";
		return -EINVAL;
	}
	if (cache)
		return take_cache(r, line, len, at);
	if (edition)
		return take_edition(r, kmc_text_word(line, len, &at));
	if (machine) {
		kmc_machine_parse_line(r->file->machine, line, len, &why);
		r->why = why;
		return why ? -EINVAL : 0;
	}
	return take_event(r, line, len);
}

static int read_lines(struct reader *r, FILE *in)
{
	char line[KMC_MAX_LINE + 2];
	int err = 0;

	while (!err && fgets(line, sizeof(line), in)) {
		size_t len = strlen(line);

		r->line++;
		if (len && line[len - 1] == '\n') {
			len--;
		} else if (!feof(in)) {
			r->why = len > KMC_MAX_LINE ? "line is too long" : "zero byte in a line";
			return -EINVAL;
		}
		if (r->line == 1 && !kmc_text_is(line, len, file_head)) {
			r->why = "no event file: its first line is not '# kmconform events 1'";
			return -EINVAL;
		}
		err = take_line(r, line, len);
	}
	if (!err && ferror(in)) {
		r->why = strerror(errno);
		return -EIO;
	}
	if (!err && !r->line) {
		r->why = "empty file";
		return -EINVAL;
	}
	if (!err && !r->in_events) {
		r->why = kmc_machine_parse_end(r->file->machine);
		err = r->why ? -EINVAL : 0;
	}
	return err;
}

int kmc_event_file_read(FILE *in, const char *name, struct kmc_event_file *file, char *error,
			size_t size)
{
	struct reader r = { .file = file };
	int err = -ENOMEM;

	*file = (struct kmc_event_file){ .edition = KMC_RELEASE(6, 18, 0) };
	file->machine = malloc(sizeof(*file->machine));
	if (file->machine) {
		kmc_machine_parse_begin(file->machine);
		err = read_lines(&r, in);
	}
	if (err == -ENOMEM)
		r.why = "out of memory";
	if (err)
		snprintf(error, size, "%s: line %llu: %s", name, (unsigned long long)r.line, r.why);
	if (err)
		kmc_event_file_free(file);
	return err;
}

void kmc_event_file_free(struct kmc_event_file *file)
{
	free(file->machine);
	free(file->caches);
	free(file->events);
	*file = (struct kmc_event_file){ 0 };
}
