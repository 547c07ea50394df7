// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Reading a run document. The file is untrusted: every value is asked for its
 * type, every string is cleaned, nesting is bounded by the parser, and what is
 * missing is named by its path in the document.
 */
#include "doc_reader.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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

const char *kmc_doc_state_name(enum kmc_doc_state state)
{
	return state < DOC_NR_STATES ? state_names[state] : "?";
}

static void read_rule(struct kmc_doc_reader *r, struct json_object *object, void *out)
{
	struct kmc_doc_rule *rule = out;
	const char *state = kmc_doc_want_string(r, object, "state");

	rule->id = kmc_doc_want_id(r, object, "id");
	rule->name = kmc_doc_want_string(r, object, "name");
	rule->party = kmc_doc_want_string(r, object, "party");
	rule->strength = kmc_doc_want_string(r, object, "strength");
	rule->origin = kmc_doc_want_string(r, object, "origin");
	rule->why = kmc_doc_may_string(r, object, "why");
	rule->statement = rule->source = "";
	rule->exercised = kmc_doc_want_number(r, object, "exercised");
	rule->passed = kmc_doc_want_number(r, object, "passed");
	rule->violated = kmc_doc_want_number(r, object, "violated");
	rule->unknown = kmc_doc_want_number(r, object, "unknown");
	while (rule->state < DOC_NR_STATES && strcmp(state, state_names[rule->state]))
		rule->state++;
	if (rule->state == DOC_NR_STATES)
		kmc_doc_complain(r, "state", "no state of a rule");
}

static void read_life(struct kmc_doc_reader *r, struct json_object *object, void *out)
{
	struct kmc_doc_life *life = out;

	life->name = kmc_doc_want_string(r, object, "name");
	life->allocs = kmc_doc_want_number(r, object, "allocs");
	life->frees = kmc_doc_want_number(r, object, "frees");
	life->failed = kmc_doc_want_number(r, object, "failed");
	life->implied_frees = kmc_doc_want_number(r, object, "implied_frees");
	life->duplicates = kmc_doc_want_number(r, object, "duplicates");
	life->before_trace = kmc_doc_want_number(r, object, "before_trace");
	life->live = kmc_doc_want_number(r, object, "live");
	life->live_bytes = kmc_doc_want_number(r, object, "live_bytes");
	life->free_again = kmc_doc_may_number(r, object, "free_again");
	life->peak_live_bytes = kmc_doc_may_number(r, object, "peak_live_bytes");
}

static void read_shapes(struct kmc_doc_reader *r, struct json_object *object, void *out)
{
	struct kmc_doc_shapes *shapes = out;

	shapes->call = kmc_doc_want_string(r, object, "call");
	shapes->seen = kmc_doc_want_lines(r, object, "seen");
}

static void read_machine(struct kmc_doc_reader *r, struct json_object *object,
			 struct kmc_doc_subject *s)
{
	struct json_object *machine = kmc_doc_want(r, object, "machine", json_type_object);

	if (!machine)
		return;
	s->profile = kmc_doc_may_string(r, machine, "profile");
	s->release = kmc_doc_may_string(r, machine, "release");
	s->options = kmc_doc_want_lines(r, machine, "options");
	s->cpus = kmc_doc_want_number(r, machine, "cpus");
	s->nodes = kmc_doc_want_number(r, machine, "nodes");
	s->page_bytes = kmc_doc_want_number(r, machine, "page_bytes");
}

static void read_subject(struct kmc_doc_reader *r, struct json_object *object, void *out)
{
	struct kmc_doc_subject *s = out;
	struct json_object *totals = kmc_doc_want(r, object, "totals", json_type_object);

	s->name = kmc_doc_want_string(r, object, "name");
	s->edition = kmc_doc_may_string(r, object, "edition");
	s->verdict = kmc_doc_want_string(r, object, "verdict");
	s->bare = kmc_doc_want_bool(r, object, "bare");
	s->events = kmc_doc_want_number(r, object, "events");
	s->guide = kmc_doc_may_number(r, object, "guide");
	read_machine(r, object, s);
	for (unsigned int i = 0; totals && i < DOC_NR_STATES; i++)
		s->totals[i] = kmc_doc_want_number(r, totals, state_names[i]);
	s->noted = totals ? kmc_doc_may_number(r, totals, "noted") : 0;
	s->nr_rules = kmc_doc_read_list(r, object, "rules", read_rule, (void **)&s->rules,
				sizeof(*s->rules));
	s->nr_findings = kmc_doc_read_list(r, object, "findings", kmc_doc_read_finding,
					   (void **)&s->findings, sizeof(*s->findings));
	s->nr_lives = kmc_doc_read_list(r, object, "lives", read_life, (void **)&s->lives,
				sizeof(*s->lives));
	s->nr_shapes = kmc_doc_may_list(r, object, "shapes", read_shapes, (void **)&s->shapes,
					sizeof(*s->shapes));
}

/* the catalogue's words, once for all subjects */

struct words {
	const char *id, *statement, *source;
};

static void read_words(struct kmc_doc_reader *r, struct json_object *object, void *out)
{
	struct words *w = out;

	w->id = kmc_doc_want_string(r, object, "id");
	w->statement = kmc_doc_want_string(r, object, "statement");
	w->source = kmc_doc_want_string(r, object, "source");
}

static void read_catalogue(struct kmc_doc_reader *r, struct json_object *root)
{
	struct words *words;
	size_t nr;

	if (!json_object_object_get_ex(root, "catalogue", NULL))
		return; /* version 1.0 */
	nr = kmc_doc_read_list(r, root, "catalogue", read_words, (void **)&words, sizeof(*words));
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

static void read_count(struct kmc_doc_reader *r, struct json_object *object, void *out)
{
	struct kmc_doc_count *count = out;

	count->key = kmc_doc_want_string(r, object, "key");
	count->occurrences = kmc_doc_want_number(r, object, "occurrences");
}

static void read_host(struct kmc_doc_reader *r, struct json_object *object, void *out)
{
	struct kmc_doc_host *host = out;

	host->name = kmc_doc_want_string(r, object, "name");
	host->documents = kmc_doc_want_number(r, object, "documents");
	host->events = kmc_doc_want_number(r, object, "events");
	host->verdicts[0] = kmc_doc_want_number(r, object, "conforms");
	host->verdicts[1] = kmc_doc_want_number(r, object, "violated");
	host->verdicts[2] = kmc_doc_want_number(r, object, "unknown");
	host->nr_findings = kmc_doc_read_list(r, object, "findings", read_count, (void **)&host->findings,
				      sizeof(*host->findings));
}

static void read_hosts(struct kmc_doc_reader *r, struct json_object *root)
{
	if (json_object_object_get_ex(root, "hosts", NULL))
		r->doc->nr_hosts = kmc_doc_read_list(r, root, "hosts", read_host, (void **)&r->doc->hosts,
					     sizeof(*r->doc->hosts));
}

static void read_facts(struct kmc_doc_reader *r, struct json_object *input)
{
	struct json_object *facts = kmc_doc_want(r, input, "facts", json_type_object);

	if (!facts)
		return;
	r->doc->facts = kmc_doc_take(r, (size_t)json_object_object_length(facts), sizeof(*r->doc->facts));
	if (!r->doc->facts)
		return;
	json_object_object_foreach(facts, key, value) {
		struct kmc_doc_fact *fact = &r->doc->facts[r->doc->nr_facts++];

		fact->key = kmc_doc_clean(r, key, strlen(key));
		fact->value = !value ? "" : json_object_is_type(value, json_type_string) ?
			kmc_doc_string_of(r, value) :
			kmc_doc_clean(r, json_object_get_string(value), strlen(json_object_get_string(value)));
	}
}

/* Since 1.3: those of the run, then those of the block that may vary. */
static void read_all_series(struct kmc_doc_reader *r, struct json_object *root,
			    struct json_object *generated)
{
	struct kmc_doc_series *run, *clock = NULL;
	size_t nr_run = kmc_doc_may_list(r, root, "series", kmc_doc_read_series, (void **)&run,
					 sizeof(*run));
	size_t nr_clock = generated ? kmc_doc_may_list(r, generated, "series", kmc_doc_read_series,
						       (void **)&clock, sizeof(*clock)) : 0;

	if (r->err || !(nr_run + nr_clock))
		return;
	r->doc->series = kmc_doc_take(r, nr_run + nr_clock, sizeof(*run));
	if (!r->doc->series)
		return;
	for (size_t i = 0; i < nr_run; i++)
		r->doc->series[i] = run[i];
	for (size_t i = 0; i < nr_clock; i++) {
		r->doc->series[nr_run + i] = clock[i];
		r->doc->series[nr_run + i].generated = true;
	}
	r->doc->nr_series = nr_run + nr_clock;
}

static void read_schema(struct kmc_doc_reader *r, struct json_object *root)
{
	struct json_object *schema = kmc_doc_want(r, root, "schema", json_type_object);
	const char *name = schema ? kmc_doc_want_string(r, schema, "name") : "";
	uint64_t major = schema ? kmc_doc_want_number(r, schema, "major") : 0;

	if (!r->err && strcmp(name, "kmconform-run"))
		kmc_doc_complain(r, "schema.name", "not a run document");
	if (!r->err && major != 1)
		kmc_doc_complain(r, "schema.major", "of another version than this kmconform reads (1)");
}

static void read_root(struct kmc_doc_reader *r, struct json_object *root)
{
	struct json_object *tool, *input, *generated;
	struct kmc_doc *doc = r->doc;

	read_schema(r, root);
	tool = kmc_doc_want(r, root, "tool", json_type_object);
	input = kmc_doc_want(r, root, "input", json_type_object);
	if (!tool || !input)
		return;
	doc->tool = kmc_doc_want_string(r, tool, "name");
	doc->version = kmc_doc_want_string(r, tool, "version");
	doc->command = kmc_doc_want_string(r, tool, "command");
	doc->file = kmc_doc_may_string(r, input, "file");
	doc->sha256 = kmc_doc_may_string(r, input, "sha256");
	doc->reproduce = kmc_doc_may_string(r, root, "reproduce");
	read_facts(r, input);
	doc->verdict = kmc_doc_want_string(r, root, "verdict");
	doc->exit_status = kmc_doc_want_number(r, root, "exit_status");
	doc->partial = json_object_object_get_ex(root, "partial", NULL) &&
		       kmc_doc_want_bool(r, root, "partial");
	generated = kmc_doc_may(r, root, "generated", json_type_object);
	doc->generated = generated ? kmc_doc_may_string(r, generated, "time") : "";
	doc->nr_subjects = kmc_doc_read_list(r, root, "subjects", read_subject, (void **)&doc->subjects,
				     sizeof(*doc->subjects));
	read_all_series(r, root, generated);
	read_catalogue(r, root);
	read_hosts(r, root);
}

/* the file */

static int load(struct kmc_doc_reader *r, char **text, size_t *len)
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
		*text = kmc_doc_take(r, (size_t)st.st_size + 1, 1);
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

static void parse(struct kmc_doc_reader *r, const char *text, size_t len)
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
		kmc_doc_complain(r, "", "not a run document");
	} else {
		read_root(r, root);
	}
	json_object_put(root);
	json_tokener_free(tok);
}

static int begin(struct kmc_doc_reader *r, const char *name)
{
	*r->doc = (struct kmc_doc){ .path = name, .room = calloc(1, sizeof(*r->doc->room)) };
	if (r->doc->room)
		return 0;
	snprintf(r->error, r->error_bytes, "%s: out of memory", name);
	return -ENOMEM;
}

static int finish(struct kmc_doc_reader *r, const char *text, size_t len)
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
	struct kmc_doc_reader r = { .doc = doc, .error = error, .error_bytes = size };
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
	struct kmc_doc_reader r = { .doc = doc, .error = error, .error_bytes = size };

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
