// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The run document against its schema (type, required, properties, items, enum, oneOf,
 * references: what the schema uses but patterns), its order and its bytes; the summary; verdict and exit status.
 */
#include <errno.h>
#include <json-c/json.h>
#include <unistd.h>
#include "judge_tests.h"
#include "oracle/report.h"
#include "run_names.h"

static const char *schema_path;
static struct json_object *whole_schema;
static char path[128];

/* a small validator */

static bool is_one(struct json_object *value, const char *type)
{
	enum json_type is = json_object_get_type(value);

	if (!strcmp(type, "integer"))
		return is == json_type_int;
	return !strcmp(json_type_to_name(is), type);
}

static bool has_type(struct json_object *value, struct json_object *types)
{
	if (!json_object_is_type(types, json_type_array))
		return is_one(value, json_object_get_string(types));
	for (size_t i = 0; i < json_object_array_length(types); i++)
		if (is_one(value, json_object_get_string(json_object_array_get_idx(types, i))))
			return true;
	return false;
}

/* "#/definitions/NAME" */
static struct json_object *resolve(struct json_object *schema)
{
	struct json_object *part, *definitions, *found = schema;

	if (!json_object_object_get_ex(schema, "$ref", &part))
		return schema;
	assert_true(json_object_object_get_ex(whole_schema, "definitions", &definitions));
	if (!json_object_object_get_ex(definitions, json_object_get_string(part) + 14, &found))
		fail_msg("no %s", json_object_get_string(part));
	return found;
}

/* One of some types: the schema uses no other. */
static bool is_one_of(struct json_object *value, struct json_object *list)
{
	struct json_object *type;

	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (json_object_object_get_ex(json_object_array_get_idx(list, i), "type", &type) &&
		    has_type(value, type))
			return true;
	return false;
}

static bool in_enum(struct json_object *value, struct json_object *list)
{
	for (size_t i = 0; i < json_object_array_length(list); i++)
		if (json_object_equal(value, json_object_array_get_idx(list, i)))
			return true;
	return false;
}

static void validate(struct json_object *value, struct json_object *schema, const char *where)
{
	struct json_object *part;

	schema = resolve(schema);
	if (json_object_object_get_ex(schema, "type", &part) && !has_type(value, part))
		fail_msg("%s: not of type %s", where, json_object_get_string(part));
	if (json_object_object_get_ex(schema, "oneOf", &part) && !is_one_of(value, part))
		fail_msg("%s: none of %s", where, json_object_get_string(part));
	if (!value)
		return;
	if (json_object_object_get_ex(schema, "enum", &part) && !in_enum(value, part))
		fail_msg("%s: %s is not allowed", where, json_object_get_string(value));
	if (json_object_object_get_ex(schema, "required", &part))
		for (size_t i = 0; i < json_object_array_length(part); i++) {
			const char *key =
				json_object_get_string(json_object_array_get_idx(part, i));

			if (!json_object_object_get_ex(value, key, NULL))
				fail_msg("%s: no %s", where, key);
		}
	if (json_object_object_get_ex(schema, "items", &part))
		for (size_t i = 0; i < json_object_array_length(value); i++)
			validate(json_object_array_get_idx(value, i), part, where);
	if (json_object_object_get_ex(schema, "properties", &part)) {
		json_object_object_foreach(part, key, sub) {
			struct json_object *inner;

			if (json_object_object_get_ex(value, key, &inner))
				validate(inner, sub, key);
		}
	}
}

static struct json_object *write_and_read(const struct kmc_run *run)
{
	struct json_object *schema = json_object_from_file(schema_path), *document;

	assert_non_null(schema);
	whole_schema = schema;
	assert_int_equal(kmc_run_write(run, path), 0);
	document = json_object_from_file(path);
	assert_non_null(document);
	validate(document, schema, "document");
	json_object_put(schema);
	return document;
}

static struct json_object *get(struct json_object *object, const char *key)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, key, &value))
		fail_msg("no %s", key);
	return value;
}

static const char *text(struct json_object *object, const char *key)
{
	return json_object_get_string(get(object, key));
}

static struct json_object *first_subject(struct json_object *document)
{
	return json_object_array_get_idx(get(document, "subjects"), 0);
}

static const struct kmc_run_item items[] = {
	{ .key = "records", .number = 3 },
	{ .key = "lost", .number = UINT64_MAX },
	{ .key = "release", .string = "6.18.44 \"quoted\" \xff" },
};

static struct kmc_run make_run(struct kmc_judge *const *judges, size_t nr)
{
	return (struct kmc_run){ .command = "test", .tool_version = "kmconform 0", .input = "a/b",
				 .items = items, .nr_items = 3, .judges = judges, .nr_judges = nr,
				 .reproducible = true };
}

static void document_of_a_violation(void **state)
{
	struct kmc_judge *judge = make_judge(true);
	struct kmc_run run = make_run(&judge, 1);
	struct json_object *document, *finding, *rules, *facts;

	(void)state;
	feed_kmalloc(judge, PAGE(16) + 256, 512, 512);
	document = write_and_read(&run);
	assert_string_equal(text(document, "verdict"), "violated");
	assert_int_equal(json_object_get_int(get(document, "exit_status")), 1);
	rules = get(first_subject(document), "rules");
	assert_int_equal(json_object_array_length(rules), 486);
	assert_string_equal(text(json_object_array_get_idx(rules, 1), "id"), "ALIGN-2");
	assert_string_equal(text(json_object_array_get_idx(rules, 1), "state"), "violated");
	assert_int_equal(json_object_array_length(get(first_subject(document), "findings")), 1);
	finding = json_object_array_get_idx(get(first_subject(document), "findings"), 0);
	assert_string_equal(text(finding, "rule"), "ALIGN-2");
	assert_string_equal(text(finding, "address"), "0xffff888000010100");
	assert_string_equal(text(finding, "title"),
			    "align.power-of-two: kmalloc, natural (size=pow2)");
	facts = get(get(document, "input"), "facts");
	/* beyond 53 bits a string; what is no ASCII does not get out */
	assert_string_equal(text(facts, "lost"), "18446744073709551615");
	assert_true(json_object_is_type(get(facts, "lost"), json_type_string));
	assert_string_equal(text(facts, "release"), "6.18.44 \"quoted\" ?");
	json_object_put(document);
	kmc_judge_destroy(judge);
}

static struct json_object *timeline_of(struct json_object *document)
{
	struct json_object *findings = get(first_subject(document), "findings");

	return get(json_object_array_get_idx(findings, 0), "timeline");
}

static struct json_object *moment_with(struct json_object *timeline, const char *role)
{
	for (size_t i = 0; i < json_object_array_length(timeline); i++) {
		struct json_object *moment = json_object_array_get_idx(timeline, i), *is;

		if (json_object_object_get_ex(moment, "role", &is) &&
		    !strcmp(json_object_get_string(is), role))
			return moment;
	}
	fail_msg("nothing of role %s", role);
	return NULL;
}

/* An object, noise of other cpus that drives it out of the ring, its free by the wrong call. */
static void feed_story(struct kmc_judge *judge, unsigned int noise)
{
	struct kmc_cache_desc cache = { .id = 1, .name = "story", .object_size = 96, .size = 96,
					.align = 8 };
	struct kmc_event ev;

	assert_int_equal(kmc_judge_cache(judge, &cache), 0);
	kmc_event_init(&ev);
	ev.kind = KMC_EV_CALL;
	ev.what = KMC_OP_KMEM_CACHE_ALLOC;
	ev.outcome = KMC_OUT_VALUE;
	ev.addr = PAGE(40);
	ev.size = ev.granted = 96;
	ev.cache = 1;
	ev.id = ev.task = 1;
	assert_int_equal(kmc_judge_event(judge, &ev), 0);
	ev.what = KMC_OP_KMALLOC;
	ev.cache = KMC_CACHE_NONE;
	ev.cpu = 3;
	ev.size = ev.granted = 64;
	for (unsigned int i = 0; i < noise; i++) {
		ev.id++;
		ev.addr = PAGE(100) + 64 * i;
		kmc_judge_event(judge, &ev);
	}
	ev.id++;
	ev.cpu = 0;
	ev.what = KMC_OP_VFREE;
	ev.outcome = KMC_OUT_NONE;
	ev.size = ev.granted = 0;
	ev.addr = PAGE(40);
	assert_true(kmc_judge_event(judge, &ev) > 0);
}

/* A is the breach, B the object's beginning: from the ring or, long after, from the books. */
static void timeline_of_a_violation(void **state)
{
	static const unsigned int noises[] = { 0, 5, 300 };

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct kmc_judge *judge = make_judge(false);
		struct kmc_run run = make_run(&judge, 1);
		struct json_object *document, *timeline, *a, *b;

		assert_int_equal(kmc_judge_watch(judge), 0);
		feed_story(judge, noises[i]);
		document = write_and_read(&run);
		timeline = timeline_of(document);
		assert_true(json_object_array_length(timeline) <= 50);
		a = moment_with(timeline, "A");
		b = moment_with(timeline, "B");
		assert_string_equal(text(a, "op"), "vfree");
		assert_int_equal(json_object_get_int(get(a, "time")), noises[i] + 2);
		assert_string_equal(text(a, "text"), "vfree(0xffff888000028000)");
		assert_int_equal(json_object_get_int(get(b, "time")), 1);
		assert_string_equal(text(b, "op"), "kmem_cache_alloc");
		assert_string_equal(text(b, "life"), "begins");
		assert_string_equal(text(b, "text"),
				    "kmem_cache_alloc(story, 96, 0) -> 0xffff888000028000");
		/* one object, named alike */
		assert_string_equal(text(a, "object"), text(b, "object"));
		assert_string_equal(text(a, "object"), "o1");
		json_object_put(document);
		kmc_judge_destroy(judge);
	}
}

/* What follows belongs to the window too; then it is closed, and nothing is kept unasked. */
static void timeline_goes_on(void **state)
{
	struct kmc_judge *watched = make_judge(true), *other = make_judge(true);
	uint64_t last;

	(void)state;
	assert_int_equal(kmc_judge_watch(watched), 0);
	feed_kmalloc(watched, PAGE(16) + 256, 512, 512);
	for (unsigned int i = 0; i < 20; i++)
		feed_kmalloc(watched, PAGE(20 + i), 512, 512);
	assert_int_equal(kmc_judge_finding(watched, 0)->nr_window, 7);
	last = kmc_judge_finding(watched, 0)->window[6].event.seq;
	assert_int_equal(last, 7);
	feed_kmalloc(other, PAGE(16) + 256, 512, 512);
	assert_null(kmc_judge_finding(other, 0)->window);
	kmc_judge_destroy(watched);
	kmc_judge_destroy(other);
}

/* Shapes are counted once, and only of a judge that is watched. */
static void shapes_of_requests(void **state)
{
	struct kmc_judge *judge = make_judge(true);
	struct kmc_run run = make_run(&judge, 1);
	struct json_object *document, *shapes, *seen;

	(void)state;
	feed_kmalloc(judge, PAGE(15), 24, 32);
	assert_int_equal(kmc_judge_watch(judge), 0);
	for (unsigned int i = 0; i < 9; i++)
		feed_kmalloc(judge, PAGE(20 + i), 512, 512);
	feed_kmalloc(judge, PAGE(40), 96, 96);
	document = write_and_read(&run);
	shapes = get(first_subject(document), "shapes");
	assert_int_equal(json_object_array_length(shapes), 1);
	assert_string_equal(text(json_object_array_get_idx(shapes, 0), "call"), "kmalloc");
	seen = get(json_object_array_get_idx(shapes, 0), "seen");
	assert_int_equal(json_object_array_length(seen), 2);
	assert_string_equal(json_object_get_string(json_object_array_get_idx(seen, 0)),
			    "size=pow2 gfp=nowait context=plain");
	json_object_put(document);
	kmc_judge_destroy(judge);
}

/* Programs, reliability, plots; a part of a run says nothing of the whole. */
static void evidence_and_series(void **state)
{
	static const struct kmc_run_point points[] = { { 1, 2 }, { 3, UINT64_MAX } };
	static const struct kmc_run_series series[] = {
		{ .name = "a", .plot = "p", .kind = "line", .unit = "u", .x_unit = "x",
		  .points = points, .nr = 2 },
		{ .name = "b", .plot = "p", .kind = "bars", .unit = "u", .x_unit = "s",
		  .points = points, .nr = 2, .clock = true },
		{ .name = "none", .plot = "p", .kind = "bars", .unit = "u", .x_unit = "s" },
	};
	struct kmc_judge *judge = make_judge(true);
	struct kmc_run run = make_run(&judge, 1);
	struct kmc_run_evidence evidence = { .seen = 2, .of = 3, .program = "one\ntwo\n",
					     .ops = 2, .ops_before = 9, .reproduce = "again" };
	struct json_object *document, *finding, *list;

	(void)state;
	feed_kmalloc(judge, PAGE(16) + 256, 512, 512);
	evidence.key = kmc_judge_finding(judge, 0)->key;
	run.evidence = &evidence;
	run.nr_evidence = 1;
	run.series = series;
	run.nr_series = 3;
	run.partial = true;
	run.reproducible = false;
	document = write_and_read(&run);
	finding = json_object_array_get_idx(get(first_subject(document), "findings"), 0);
	assert_int_equal(json_object_get_int(get(get(finding, "reliability"), "seen")), 2);
	assert_string_equal(text(finding, "reproduce"), "again");
	list = get(get(finding, "minimised"), "text");
	assert_int_equal(json_object_array_length(list), 2);
	assert_string_equal(json_object_get_string(json_object_array_get_idx(list, 1)), "two");
	assert_int_equal(strlen(text(get(finding, "minimised"), "sha256")), 64);
	assert_int_equal(json_object_array_length(get(document, "series")), 1);
	assert_int_equal(json_object_array_length(get(get(document, "generated"), "series")), 1);
	assert_string_equal(text(document, "verdict"), "unknown");
	assert_string_equal(text(first_subject(document), "verdict"), "violated");
	json_object_put(document);
	kmc_judge_destroy(judge);
}

static char *read_all(size_t *len)
{
	FILE *in = fopen(path, "r");
	char *bytes = malloc(1 << 20);

	assert_non_null(in);
	assert_non_null(bytes);
	*len = fread(bytes, 1, 1 << 20, in);
	fclose(in);
	return bytes;
}

/* Equal runs, equal bytes; with a time only on wish; keys in their order. */
static void equal_bytes(void **state)
{
	char *bytes[2];
	size_t len[2];

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct kmc_judge *judge = make_judge(true);
		struct kmc_run run = make_run(&judge, 1);

		feed_kmalloc(judge, PAGE(16) + 256, 512, 512);
		feed_kfree(judge, PAGE(16) + 256);
		assert_int_equal(kmc_run_write(&run, path), 0);
		bytes[i] = read_all(&len[i]);
		kmc_judge_destroy(judge);
	}
	assert_int_equal(len[0], len[1]);
	assert_memory_equal(bytes[0], bytes[1], len[0]);
	bytes[0][len[0] - 1] = '\0';
	assert_null(strstr(bytes[0], "generated"));
	assert_true(strstr(bytes[0], "\"schema\"") < strstr(bytes[0], "\"tool\""));
	assert_true(strstr(bytes[0], "\"tool\"") < strstr(bytes[0], "\"subjects\""));
	free(bytes[0]);
	free(bytes[1]);
}

static void empty_and_generated(void **state)
{
	struct kmc_run run = make_run(NULL, 0);
	struct json_object *document;

	(void)state;
	run.reproducible = false;
	document = write_and_read(&run);
	assert_string_equal(text(document, "verdict"), "unknown");
	assert_int_equal(strlen(text(get(document, "generated"), "time")), 20);
	json_object_put(document);
}

static void cannot_write(void **state)
{
	struct kmc_run run = make_run(NULL, 0);

	(void)state;
	assert_int_equal(kmc_run_write(&run, "/nonexistent/run.json"), -ENOENT);
	assert_int_equal(kmc_run_write(&run, "/dev"), -EISDIR);
}

/* What makes a run violated, and what does not. */
static void verdicts(void **state)
{
	struct kmc_judge *judge = make_judge(true);
	struct kmc_run run = make_run(&judge, 1);

	(void)state;
	assert_int_equal(kmc_run_verdict(&run), KMC_UNKNOWN); /* nothing exercised */
	assert_int_equal(kmc_run_exit_status(&run, 0), 0);
	assert_int_equal(kmc_run_exit_status(&run, KMC_REQUIRE_COVERAGE), 3);
	assert_int_equal(kmc_run_exit_status(&run, KMC_STRICT), 0);
	/* origin I: equivalence */
	feed_kmalloc(judge, PAGE(17), 12288, 16384);
	assert_int_equal(result_of(judge, "ALIGN-6").violated, 1);
	assert_int_equal(kmc_run_exit_status(&run, 0), 0);
	feed_kmalloc(judge, PAGE(16) + 256, 512, 512);
	assert_int_equal(kmc_run_verdict(&run), KMC_VIOLATED);
	assert_int_equal(kmc_run_exit_status(&run, 0), 1);
	/* accepted: known, no longer violated */
	for (size_t i = 0; i < kmc_judge_finding_count(judge); i++)
		kmc_judge_accept(judge, kmc_judge_finding(judge, i)->key);
	assert_int_equal(kmc_run_exit_status(&run, 0), 0);
	kmc_judge_destroy(judge);
}

/* What could not be judged: a recording that cannot tell its debug options. */
static void strict(void **state)
{
	struct kmc_subject subject;
	struct kmc_judge *judge;
	struct kmc_run run;

	(void)state;
	make_subject(&subject, true);
	subject.machine.options = (uint32_t)KMC_MO_options_unknown;
	assert_int_equal(kmc_judge_create(&subject, &judge), 0);
	run = make_run(&judge, 1);
	feed_kmalloc(judge, PAGE(16), 64, 0);
	assert_int_equal(result_of(judge, "ALIGN-2").state, KMC_RULE_UNKNOWN);
	assert_int_equal(kmc_run_exit_status(&run, 0), 0);
	assert_int_equal(kmc_run_exit_status(&run, KMC_STRICT), 3);
	kmc_judge_destroy(judge);
}

static void summary(void **state)
{
	struct kmc_judge *judge = make_judge(true);
	struct kmc_run run = make_run(&judge, 1);
	char buffer[16384] = "";
	FILE *out = fmemopen(buffer, sizeof(buffer), "w");

	(void)state;
	feed_kmalloc(judge, PAGE(16) + 256, 512, 512);
	feed_kmalloc(judge, PAGE(17), 12288, 16384);
	assert_non_null(out);
	assert_int_equal(kmc_run_summary(out, &run), 0);
	fclose(out);
	assert_non_null(strstr(buffer, "  rules: "));
	assert_non_null(strstr(buffer, "1 violated"));
	assert_non_null(strstr(buffer, "    allocator: "));
	assert_non_null(strstr(buffer, "    caller: "));
	assert_non_null(strstr(buffer, "  equivalence with Linux: "));
	assert_non_null(strstr(buffer, "reachable must rules of the allocator exercised"));
	assert_non_null(strstr(buffer, "findings against the allocator: 1"));
	assert_non_null(strstr(buffer, "differences from Linux (equivalence): 1"));
	assert_non_null(strstr(buffer, "    Let   A = event 1: kmalloc(512, 0)"));
	assert_non_null(strstr(buffer, "  verdict: violated\n"));
	for (char *line = strtok(buffer, "\n"); line; line = strtok(NULL, "\n"))
		assert_true(strlen(line) <= 100);
	kmc_judge_destroy(judge);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(document_of_a_violation),
		cmocka_unit_test(timeline_of_a_violation),
		cmocka_unit_test(timeline_goes_on),
		cmocka_unit_test(evidence_and_series),
		cmocka_unit_test(shapes_of_requests),
		cmocka_unit_test(equal_bytes),
		cmocka_unit_test(empty_and_generated),
		cmocka_unit_test(cannot_write),
		cmocka_unit_test(verdicts),
		cmocka_unit_test(strict),
		cmocka_unit_test(summary),
	};
	int failed;

	schema_path = argc > 1 ? argv[1] : "run-schema.json";
	snprintf(path, sizeof(path), "run_document_test.%ld.json", (long)getpid());
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	unlink(path);
	return failed;
}
