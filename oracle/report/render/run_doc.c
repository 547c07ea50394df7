// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading a run document. The file is untrusted: every value is asked for its
 * type, every string is cleaned, nesting is bounded by the parser, and what is
 * missing is named by its path in the document.
 */
#include "run_doc.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_BYTES (1ull << 30)
#define MAX_DEPTH 16

static const char *const state_names[DOC_NR_STATES] = {
	"pass", "violated", "known", "unknown", "unexercised", "unreachable",
};

/* Memory of a document: given back at once. */
struct kmc_doc_room {
	void **blocks;
	size_t nr, room;
};

struct reader {
	struct kmc_doc *doc;
	char path[128]; /* place in the document, "subjects[0].rules[3]" */
	char *error;
	size_t error_bytes;
	int err;
};

const char *kmc_doc_state_name(enum kmc_doc_state state)
{
	return state < DOC_NR_STATES ? state_names[state] : "?";
}

static void *take(struct reader *r, size_t nr, size_t bytes)
{
	struct kmc_doc_room *room = r->doc->room;
	void *block;

	if (room->nr == room->room) {
		size_t more = room->room ? room->room * 2 : 64;
		void **blocks = realloc(room->blocks, more * sizeof(*blocks));

		if (!blocks)
			goto none;
		room->blocks = blocks;
		room->room = more;
	}
	block = calloc(nr ? nr : 1, bytes);
	if (block) {
		room->blocks[room->nr++] = block;
		return block;
	}
none:
	r->err = -ENOMEM;
	snprintf(r->error, r->error_bytes, "%s: out of memory", r->doc->path);
	return NULL;
}

static void complain(struct reader *r, const char *key, const char *what)
{
	if (r->err)
		return;
	r->err = -EINVAL;
	snprintf(r->error, r->error_bytes, "%s: %s%s%s: %s", r->doc->path, r->path,
		 *r->path && *key ? "." : "", key, what);
}

/* strings */

/* Bytes of the UTF-8 character at @s; 0 when it is none. */
static unsigned int utf8_bytes(const unsigned char *s, size_t left)
{
	unsigned int n = *s < 0x80 ? 1 : *s >= 0xc2 && *s < 0xe0 ? 2 : (*s & 0xf0) == 0xe0 ? 3 :
			 *s >= 0xf0 && *s < 0xf5 ? 4 : 0;

	if (!n || n > left)
		return 0;
	for (unsigned int i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((n == 3 && *s == 0xe0 && s[1] < 0xa0) || (n == 3 && *s == 0xed && s[1] >= 0xa0) ||
	    (n == 4 && *s == 0xf0 && s[1] < 0x90) || (n == 4 && *s == 0xf4 && s[1] >= 0x90))
		return 0;
	return n;
}

/* Nothing that a terminal, a shell's log or XML would take for more than text. */
static const char *clean(struct reader *r, const char *text, size_t len)
{
	char *copy = take(r, len + 1, 1);

	for (size_t i = 0; copy && i < len;) {
		unsigned int n = utf8_bytes((const unsigned char *)text + i, len - i);
		bool control = n == 1 && ((unsigned char)text[i] < 0x20 || text[i] == 0x7f);
		/* the second control block, separators of lines, and what is no character at all */
		bool odd = (n == 2 && (unsigned char)text[i] == 0xc2 &&
			    (unsigned char)text[i + 1] < 0xa0) ||
			   (n == 3 && !memcmp(text + i, "\xef\xbf", 2) &&
			    (unsigned char)text[i + 2] >= 0xbe) ||
			   (n == 3 && (!memcmp(text + i, "\xe2\x80\xa8", 3) ||
				       !memcmp(text + i, "\xe2\x80\xa9", 3)));

		if (!n || control || odd) {
			copy[i] = '?';
			for (unsigned int j = 1; n && j < n; j++)
				copy[i + j] = '?';
		} else {
			memcpy(copy + i, text + i, n);
		}
		i += n ? n : 1;
	}
	return copy ? copy : "";
}

static const char *string_of(struct reader *r, struct json_object *value)
{
	return clean(r, json_object_get_string(value),
		     (size_t)json_object_get_string_len(value));
}

static struct json_object *want(struct reader *r, struct json_object *object, const char *key,
				enum json_type type)
{
	struct json_object *value = NULL;

	if (r->err)
		return NULL;
	if (!json_object_object_get_ex(object, key, &value)) {
		complain(r, key, "missing");
		return NULL;
	}
	if (json_object_is_type(value, type))
		return value;
	complain(r, key, type == json_type_string ? "not a string" :
			 type == json_type_array ? "not a list" : "not of the right type");
	return NULL;
}

static const char *want_string(struct reader *r, struct json_object *object, const char *key)
{
	struct json_object *value = want(r, object, key, json_type_string);

	return value ? string_of(r, value) : "";
}

/* A string that may be missing or null. */
static const char *may_string(struct reader *r, struct json_object *object, const char *key)
{
	struct json_object *value = NULL;

	if (r->err || !json_object_object_get_ex(object, key, &value) || !value)
		return "";
	if (json_object_is_type(value, json_type_string))
		return string_of(r, value);
	complain(r, key, "not a string");
	return "";
}

/* Whole and not negative; beyond 53 bits a string of digits. */
static uint64_t want_number(struct reader *r, struct json_object *object, const char *key)
{
	struct json_object *value = NULL;
	const char *text;
	char *end;
	uint64_t number;

	if (r->err)
		return 0;
	if (!json_object_object_get_ex(object, key, &value)) {
		complain(r, key, "missing");
		return 0;
	}
	if (json_object_is_type(value, json_type_int)) {
		if (json_object_get_int64(value) < 0)
			complain(r, key, "negative");
		return json_object_get_uint64(value);
	}
	text = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
	errno = 0;
	number = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || errno)
		complain(r, key, "not a whole number");
	return number;
}

/* A number that may be missing: 0. */
static uint64_t may_number(struct reader *r, struct json_object *object, const char *key)
{
	return json_object_object_get_ex(object, key, NULL) ? want_number(r, object, key) : 0;
}

static bool want_bool(struct reader *r, struct json_object *object, const char *key)
{
	struct json_object *value = want(r, object, key, json_type_boolean);

	return value && json_object_get_boolean(value);
}

static struct kmc_doc_lines want_lines(struct reader *r, struct json_object *object,
				       const char *key)
{
	struct json_object *list = want(r, object, key, json_type_array);
	struct kmc_doc_lines lines = { 0 };

	if (!list)
		return lines;
	lines.line = take(r, json_object_array_length(list), sizeof(*lines.line));
	for (size_t i = 0; lines.line && i < json_object_array_length(list); i++) {
		struct json_object *value = json_object_array_get_idx(list, i);

		if (!json_object_is_type(value, json_type_string)) {
			complain(r, key, "not a list of strings");
			return lines;
		}
		lines.line[lines.nr++] = string_of(r, value);
	}
	return lines;
}

/* lists of objects */

typedef void (*read_fn)(struct reader *r, struct json_object *object, void *out);

static size_t read_list(struct reader *r, struct json_object *object, const char *key,
			read_fn read, void **out, size_t bytes)
{
	struct json_object *list = want(r, object, key, json_type_array);
	size_t nr = list ? json_object_array_length(list) : 0, at = strlen(r->path);

	*out = list ? take(r, nr, bytes) : NULL;
	for (size_t i = 0; *out && i < nr && !r->err; i++) {
		struct json_object *item = json_object_array_get_idx(list, i);

		snprintf(r->path + at, sizeof(r->path) - at, "%s%s[%zu]", at ? "." : "", key, i);
		if (!json_object_is_type(item, json_type_object))
			complain(r, "", "not an object");
		else
			read(r, item, (char *)*out + i * bytes);
	}
	if (!r->err)
		r->path[at] = '\0';
	return nr;
}

static void read_rule(struct reader *r, struct json_object *object, void *out)
{
	struct kmc_doc_rule *rule = out;
	const char *state = want_string(r, object, "state");

	rule->id = want_string(r, object, "id");
	rule->name = want_string(r, object, "name");
	rule->party = want_string(r, object, "party");
	rule->strength = want_string(r, object, "strength");
	rule->origin = want_string(r, object, "origin");
	rule->why = may_string(r, object, "why");
	rule->statement = rule->source = "";
	rule->exercised = want_number(r, object, "exercised");
	rule->passed = want_number(r, object, "passed");
	rule->violated = want_number(r, object, "violated");
	rule->unknown = want_number(r, object, "unknown");
	while (rule->state < DOC_NR_STATES && strcmp(state, state_names[rule->state]))
		rule->state++;
	if (rule->state == DOC_NR_STATES)
		complain(r, "state", "no state of a rule");
}

static void read_finding(struct reader *r, struct json_object *object, void *out)
{
	struct kmc_doc_finding *f = out;
	struct json_object *explain = want(r, object, "explain", json_type_object);

	f->key = want_string(r, object, "key");
	f->title = want_string(r, object, "title");
	f->rule = want_string(r, object, "rule");
	f->party = want_string(r, object, "party");
	f->strength = want_string(r, object, "strength");
	f->severity = want_string(r, object, "severity");
	f->call = want_string(r, object, "call");
	f->clause = want_string(r, object, "clause");
	f->shape = want_string(r, object, "shape");
	f->address = want_string(r, object, "address");
	f->site = want_string(r, object, "site");
	f->required = want_string(r, object, "required");
	f->occurrences = want_number(r, object, "occurrences");
	f->first = want_number(r, object, "first");
	f->last = want_number(r, object, "last");
	f->known = want_bool(r, object, "known");
	if (!explain)
		return;
	f->let = want_lines(r, explain, "let");
	f->then = want_lines(r, explain, "then");
	f->but = want_lines(r, explain, "but");
}

static void read_life(struct reader *r, struct json_object *object, void *out)
{
	struct kmc_doc_life *life = out;

	life->name = want_string(r, object, "name");
	life->allocs = want_number(r, object, "allocs");
	life->frees = want_number(r, object, "frees");
	life->failed = want_number(r, object, "failed");
	life->implied_frees = want_number(r, object, "implied_frees");
	life->duplicates = want_number(r, object, "duplicates");
	life->before_trace = want_number(r, object, "before_trace");
	life->live = want_number(r, object, "live");
	life->live_bytes = want_number(r, object, "live_bytes");
	life->free_again = may_number(r, object, "free_again");
	life->peak_live_bytes = may_number(r, object, "peak_live_bytes");
}

static void read_machine(struct reader *r, struct json_object *object, struct kmc_doc_subject *s)
{
	struct json_object *machine = want(r, object, "machine", json_type_object);

	if (!machine)
		return;
	s->profile = may_string(r, machine, "profile");
	s->release = may_string(r, machine, "release");
	s->options = want_lines(r, machine, "options");
	s->cpus = want_number(r, machine, "cpus");
	s->nodes = want_number(r, machine, "nodes");
	s->page_bytes = want_number(r, machine, "page_bytes");
}

static void read_subject(struct reader *r, struct json_object *object, void *out)
{
	struct kmc_doc_subject *s = out;
	struct json_object *totals = want(r, object, "totals", json_type_object);

	s->name = want_string(r, object, "name");
	s->edition = may_string(r, object, "edition");
	s->verdict = want_string(r, object, "verdict");
	s->bare = want_bool(r, object, "bare");
	s->events = want_number(r, object, "events");
	s->guide = may_number(r, object, "guide");
	read_machine(r, object, s);
	for (unsigned int i = 0; totals && i < DOC_NR_STATES; i++)
		s->totals[i] = want_number(r, totals, state_names[i]);
	s->nr_rules = read_list(r, object, "rules", read_rule, (void **)&s->rules,
				sizeof(*s->rules));
	s->nr_findings = read_list(r, object, "findings", read_finding, (void **)&s->findings,
				   sizeof(*s->findings));
	s->nr_lives = read_list(r, object, "lives", read_life, (void **)&s->lives,
				sizeof(*s->lives));
}

/* the catalogue's words, once for all subjects */

struct words {
	const char *id, *statement, *source;
};

static void read_words(struct reader *r, struct json_object *object, void *out)
{
	struct words *w = out;

	w->id = want_string(r, object, "id");
	w->statement = want_string(r, object, "statement");
	w->source = want_string(r, object, "source");
}

static void read_catalogue(struct reader *r, struct json_object *root)
{
	struct words *words;
	size_t nr;

	if (!json_object_object_get_ex(root, "catalogue", NULL))
		return; /* version 1.0 */
	nr = read_list(r, root, "catalogue", read_words, (void **)&words, sizeof(*words));
	for (size_t s = 0; !r->err && s < r->doc->nr_subjects; s++) {
		struct kmc_doc_subject *subject = &r->doc->subjects[s];
		size_t at = 0; /* both are in the catalogue's order, as a rule */

		for (size_t i = 0; i < subject->nr_rules; i++)
			for (size_t tried = 0; tried < nr; tried++, at++) {
				at = at < nr ? at : 0;
				if (strcmp(words[at].id, subject->rules[i].id))
					continue;
				subject->rules[i].statement = words[at].statement;
				subject->rules[i].source = words[at++].source;
				break;
			}
	}
}

/* hosts of a merged document */

static void read_count(struct reader *r, struct json_object *object, void *out)
{
	struct kmc_doc_count *count = out;

	count->key = want_string(r, object, "key");
	count->occurrences = want_number(r, object, "occurrences");
}

static void read_host(struct reader *r, struct json_object *object, void *out)
{
	struct kmc_doc_host *host = out;

	host->name = want_string(r, object, "name");
	host->documents = want_number(r, object, "documents");
	host->events = want_number(r, object, "events");
	host->verdicts[0] = want_number(r, object, "conforms");
	host->verdicts[1] = want_number(r, object, "violated");
	host->verdicts[2] = want_number(r, object, "unknown");
	host->nr_findings = read_list(r, object, "findings", read_count, (void **)&host->findings,
				      sizeof(*host->findings));
}

static void read_hosts(struct reader *r, struct json_object *root)
{
	if (json_object_object_get_ex(root, "hosts", NULL))
		r->doc->nr_hosts = read_list(r, root, "hosts", read_host, (void **)&r->doc->hosts,
					     sizeof(*r->doc->hosts));
}

static void read_facts(struct reader *r, struct json_object *input)
{
	struct json_object *facts = want(r, input, "facts", json_type_object);

	if (!facts)
		return;
	r->doc->facts = take(r, (size_t)json_object_object_length(facts), sizeof(*r->doc->facts));
	if (!r->doc->facts)
		return;
	json_object_object_foreach(facts, key, value) {
		struct kmc_doc_fact *fact = &r->doc->facts[r->doc->nr_facts++];

		fact->key = clean(r, key, strlen(key));
		fact->value = !value ? "" : json_object_is_type(value, json_type_string) ?
			string_of(r, value) :
			clean(r, json_object_get_string(value), strlen(json_object_get_string(value)));
	}
}

static void read_schema(struct reader *r, struct json_object *root)
{
	struct json_object *schema = want(r, root, "schema", json_type_object);
	const char *name = schema ? want_string(r, schema, "name") : "";
	uint64_t major = schema ? want_number(r, schema, "major") : 0;

	if (!r->err && strcmp(name, "kmconform-run"))
		complain(r, "schema.name", "not a run document");
	if (!r->err && major != 1)
		complain(r, "schema.major", "of another version than this kmconform reads (1)");
}

static void read_root(struct reader *r, struct json_object *root)
{
	struct json_object *tool, *input, *generated = NULL;
	struct kmc_doc *doc = r->doc;

	read_schema(r, root);
	tool = want(r, root, "tool", json_type_object);
	input = want(r, root, "input", json_type_object);
	if (!tool || !input)
		return;
	doc->tool = want_string(r, tool, "name");
	doc->version = want_string(r, tool, "version");
	doc->command = want_string(r, tool, "command");
	doc->file = may_string(r, input, "file");
	doc->sha256 = may_string(r, input, "sha256");
	doc->reproduce = may_string(r, root, "reproduce");
	read_facts(r, input);
	doc->verdict = want_string(r, root, "verdict");
	doc->exit_status = want_number(r, root, "exit_status");
	doc->generated = "";
	if (json_object_object_get_ex(root, "generated", &generated) &&
	    json_object_is_type(generated, json_type_object))
		doc->generated = may_string(r, generated, "time");
	doc->nr_subjects = read_list(r, root, "subjects", read_subject, (void **)&doc->subjects,
				     sizeof(*doc->subjects));
	read_catalogue(r, root);
	read_hosts(r, root);
}

/* the file */

static int load(struct reader *r, char **text, size_t *len)
{
	int fd = open(r->doc->path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	ssize_t n = 0;
	int err = 0;

	*text = NULL;
	*len = 0;
	if (fd < 0 || fstat(fd, &st))
		err = -errno;
	else if (S_ISDIR(st.st_mode))
		err = -EISDIR;
	else if ((uint64_t)st.st_size > MAX_BYTES)
		err = -EFBIG;
	if (!err)
		*text = take(r, (size_t)st.st_size + 1, 1);
	while (*text && *len < (size_t)st.st_size &&
	       (n = read(fd, *text + *len, (size_t)st.st_size - *len)) > 0)
		*len += (size_t)n;
	if (!err && n < 0)
		err = -errno;
	if (fd >= 0)
		close(fd);
	if (err)
		snprintf(r->error, r->error_bytes, "%s: %s", r->doc->path, strerror(-err));
	return err ? err : r->err;
}

static unsigned int line_of(const char *text, size_t at)
{
	unsigned int line = 1;

	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	return line;
}

static void parse(struct reader *r, const char *text, size_t len)
{
	struct json_tokener *tok = json_tokener_new_ex(MAX_DEPTH);
	struct json_object *root;
	enum json_tokener_error err;

	if (!tok) {
		r->err = -ENOMEM;
		snprintf(r->error, r->error_bytes, "%s: out of memory", r->doc->path);
		return;
	}
	root = json_tokener_parse_ex(tok, text, (int)len);
	err = json_tokener_get_error(tok);
	if (err != json_tokener_success) {
		r->err = -EINVAL;
		snprintf(r->error, r->error_bytes, "%s:%u: %s", r->doc->path,
			 line_of(text, json_tokener_get_parse_end(tok)),
			 !len ? "empty file" : err == json_tokener_continue ? "cut short" :
					       json_tokener_error_desc(err));
	} else if (!json_object_is_type(root, json_type_object)) {
		complain(r, "", "not a run document");
	} else {
		read_root(r, root);
	}
	json_object_put(root);
	json_tokener_free(tok);
}

static int begin(struct reader *r, const char *name)
{
	*r->doc = (struct kmc_doc){ .path = name, .room = calloc(1, sizeof(*r->doc->room)) };
	if (r->doc->room)
		return 0;
	snprintf(r->error, r->error_bytes, "%s: out of memory", name);
	return -ENOMEM;
}

static int finish(struct reader *r, const char *text, size_t len)
{
	if (!r->err)
		parse(r, text, len);
	r->doc->json = text;
	r->doc->json_bytes = len;
	if (r->err)
		kmc_doc_free(r->doc);
	return r->err;
}

int kmc_doc_read(const char *path, struct kmc_doc *doc, char *error, size_t size)
{
	struct reader r = { .doc = doc, .error = error, .error_bytes = size };
	char *text;
	size_t len;

	if (begin(&r, path))
		return -ENOMEM;
	r.err = load(&r, &text, &len);
	return finish(&r, text, len);
}

int kmc_doc_read_memory(const char *name, const char *text, size_t len, struct kmc_doc *doc,
			char *error, size_t size)
{
	struct reader r = { .doc = doc, .error = error, .error_bytes = size };

	if (begin(&r, name))
		return -ENOMEM;
	return finish(&r, text, len);
}

void kmc_doc_free(struct kmc_doc *doc)
{
	for (size_t i = 0; doc->room && i < doc->room->nr; i++)
		free(doc->room->blocks[i]);
	if (doc->room)
		free(doc->room->blocks);
	free(doc->room);
	*doc = (struct kmc_doc){ 0 };
}

const struct kmc_doc_rule *kmc_doc_rule_of(const struct kmc_doc_subject *subject, const char *id)
{
	for (size_t i = 0; i < subject->nr_rules; i++)
		if (!strcmp(subject->rules[i].id, id))
			return &subject->rules[i];
	return NULL;
}

size_t kmc_doc_family_bytes(const char *id)
{
	return strcspn(id, "-");
}
