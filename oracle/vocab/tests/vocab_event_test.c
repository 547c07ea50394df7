/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events: names, lines in fixed columns, event files and what is wrong with them. */
#include "vocab_tests.h"
#include "vocab/event.h"
#include "vocab/machine.h"

static bool same_event(const struct kmc_event *a, const struct kmc_event *b)
{
	return a->seq == b->seq && a->time_ns == b->time_ns && a->id == b->id &&
	       a->parent == b->parent && a->task == b->task && a->cpu == b->cpu &&
	       a->kind == b->kind && a->outcome == b->outcome && a->what == b->what &&
	       a->marks == b->marks && a->context == b->context && a->scope == b->scope &&
	       a->order == b->order && a->node == b->node && a->gfp == b->gfp &&
	       a->cache == b->cache && a->gfp_raw == b->gfp_raw && a->addr == b->addr &&
	       a->addr2 == b->addr2 && a->size == b->size && a->granted == b->granted &&
	       a->site == b->site && a->arg == b->arg;
}

static void test_line_round_trip(void **state)
{
	struct dice dice = dice_new("event lines", 20000);
	char line[KMC_EVENT_LINE];
	unsigned long round;

	(void)state;
	for (round = 0; round < dice.rounds; round++) {
		struct kmc_event ev = dice_event(&dice), back;
		int len = kmc_event_line(line, sizeof(line), &ev);
		const char *why = NULL;

		assert_in_range(len, 100, sizeof(line) - 1);
		if (kmc_event_parse(line, (size_t)len - 1, &back, &why))
			fail_msg("%s: %s", why, line);
		if (!same_event(&ev, &back))
			fail_msg("%s", line);
	}
}

static struct kmc_event sample(void)
{
	struct kmc_event ev;

	kmc_event_init(&ev);
	ev.seq = 12;
	ev.kind = KMC_EV_CALL;
	ev.what = KMC_OP_KMALLOC;
	ev.outcome = KMC_OUT_VALUE;
	ev.addr = 0xffff888001000060;
	ev.size = 90;
	ev.granted = 96;
	ev.gfp = (uint32_t)(KMC_GFP_HIGH | KMC_GFP_KSWAPD_RECLAIM);
	ev.marks = KMC_MARK_UNTRUSTED | KMC_MARK_KEPT;
	return ev;
}

static void test_line_as_it_looks(void **state)
{
	struct kmc_event ev = sample();
	char line[KMC_EVENT_LINE];

	(void)state;
	kmc_event_line(line, sizeof(line), &ev);
	assert_string_equal(
		line,
		"      12            - call     0      0       -       - "
		"kmalloc                         "
		"value     0xffff888001000060                  -       90       96        -"
		"                  -    -     -     - task        -     "
		"untrusted+kept GFP_ATOMIC\n");
}

/* Two events of one width differ only where they differ. */
static void test_columns_are_fixed(void **state)
{
	struct kmc_event ev = sample(), other = sample();
	char one[KMC_EVENT_LINE], two[KMC_EVENT_LINE];
	size_t i, differ = 0;

	(void)state;
	other.what = KMC_OP_KMEM_BUCKETS_ALLOC_TRACK_CALLER;
	other.node = 3;
	kmc_event_line(one, sizeof(one), &ev);
	kmc_event_line(two, sizeof(two), &other);
	assert_int_equal(strlen(one), strlen(two));
	for (i = 0; one[i]; i++)
		differ += one[i] != two[i];
	assert_in_range(differ, 2, 32);
}

static void refuses(const char *line, const char *expected)
{
	struct kmc_event ev;
	const char *why = NULL;

	assert_int_equal(kmc_event_parse(line, strlen(line), &ev, &why), -EINVAL);
	assert_string_equal(why, expected);
}

static void test_bad_lines(void **state)
{
	(void)state;
	refuses("", "line with too few columns");
	refuses("1 - call 0 0 - -", "line with too few columns");
	refuses("1 - call 0 0 - - kfre value - - - - - - - - - task - - -",
		"unknown call, effect or tracepoint");
	refuses("x - call 0 0 - - kfree value - - - - - - - - - task - - -", "bad sequence number");
	refuses("1 - cal 0 0 - - kfree value - - - - - - - - - task - - -",
		"unknown kind of event");
	refuses("1 - call 65536 0 - - kfree value - - - - - - - - - task - - -", "bad cpu");
	refuses("1 - call 0 0 - - kfree what - - - - - - - - - task - - -", "unknown outcome");
	refuses("1 - call 0 0 - - kfree value - - - - - - 128 - - task - - -", "bad node");
	refuses("1 - call 0 0 - - kfree value - - - - - - -129 - - task - - -", "bad node");
	refuses("1 - call 0 0 - - kfree value 0x1ffffffffffffffff - - - - - - - - task - - -",
		"bad address");
	refuses("1 - call 0 0 - - kfree value - - - - - - - - - bed - - -", "unknown context");
	refuses("1 - call 0 0 - - kfree value - - - - - - - - - task - mark -", "unknown mark");
	refuses("1 - call 0 0 - - kfree value - - - - - - - - - task - 0x1000 -", "unknown mark");
	refuses("1 - call 0 0 - - kfree value - - - - - - - - - task - - GFP_", "bad GFP flags");
	refuses("1 - call 0 0 - - kfree value - - - - - - - - - task - - - -",
		"line with too many columns");
	refuses("1 - gap 0 0 - - kfree value - - - - - - - - - task - - -",
		"unknown call, effect or tracepoint");
}

static void test_check_names_what_is_wrong(void **state)
{
	struct kmc_event ev = sample();

	(void)state;
	assert_null(kmc_event_check(&ev));
	ev.what = 299;
	assert_string_equal(kmc_event_check(&ev), "unknown call, effect or tracepoint");
	ev = sample();
	ev.kind = KMC_NR_EVENT_KINDS;
	assert_string_equal(kmc_event_check(&ev), "unknown kind of event");
	ev = sample();
	ev.gfp = 1u << 31;
	assert_string_equal(kmc_event_check(&ev), "unknown GFP atom");
	ev = sample();
	ev.scope = 0x20;
	assert_string_equal(kmc_event_check(&ev), "unknown scope");
}

static void test_names(void **state)
{
	unsigned int i;

	(void)state;
	assert_string_equal(kmc_outcome_name(KMC_OUT_ZERO_SIZE), "zero-size");
	assert_string_equal(kmc_effect_name(KMC_EFF_IO), "io");
	assert_string_equal(kmc_tracepoint_name(KMC_TP_EV_MM_PAGE_FREE), "mm_page_free");
	assert_string_equal(kmc_context_name(KMC_CTX_NMI), "nmi");
	assert_null(kmc_outcome_name(KMC_NR_OUTCOMES));
	assert_null(kmc_effect_name(KMC_NR_EFFECTS));
	assert_null(kmc_tracepoint_name(KMC_NR_TRACEPOINTS));
	assert_null(kmc_context_name(KMC_NR_CONTEXTS));
	assert_null(kmc_event_kind_name(KMC_NR_EVENT_KINDS));
	for (i = 0; i < KMC_NR_EVENT_KINDS; i++)
		assert_non_null(kmc_event_kind_name(i));
}

/* files */

static int read_text(const char *text, size_t len, struct kmc_event_file *file, char *error)
{
	FILE *in = fmemopen((void *)(uintptr_t)text, len, "r");
	int err;

	assert_non_null(in);
	err = kmc_event_file_read(in, "x.ev", file, error, 256);
	fclose(in);
	return err;
}

static void test_file_round_trip(void **state)
{
	struct dice dice = dice_new("event files", 50);
	struct kmc_machine machine = dice_machine(&dice);
	struct kmc_cache_desc caches[2] = {
		{ .id = 7, .name = "kmalloc-96", .object_size = 96, .size = 96, .align = 32,
		  .flags = KMC_CF_KMALLOC, .raw_flags = 1ull << 40, .ctor = true, .kmalloc = 1 },
		{ .id = 4000000000, .name = "odd name #%\x01\xff", .objects = 3, .useroffset = 8,
		  .usersize = UINT32_MAX, .inuse = 1, .offset = 2, .order = 3, .min_order = 4,
		  .flags = 1ull << 50 | KMC_CF_SHEAVES },
	};
	struct kmc_event events[50];
	struct kmc_event_file file;
	char *text = NULL, error[256] = "";
	size_t len, i;
	FILE *out = open_memstream(&text, &len);

	(void)state;
	assert_int_equal(kmc_event_file_write_head(out, &machine, KMC_RELEASE(6, 12, 1), caches, 2),
			 0);
	for (i = 0; i < 50; i++) {
		events[i] = dice_event(&dice);
		assert_int_equal(kmc_event_print(out, &events[i]), 0);
	}
	fclose(out);
	if (read_text(text, len, &file, error))
		fail_msg("%s", error);
	assert_true(kmc_machine_equal(file.machine, &machine));
	assert_int_equal(file.edition, KMC_RELEASE(6, 12, 1));
	assert_int_equal(file.nr_caches, 2);
	assert_memory_equal(&file.caches[0], &caches[0], sizeof(caches[0]));
	assert_memory_equal(&file.caches[1], &caches[1], sizeof(caches[1]));
	assert_int_equal(file.nr_events, 50);
	for (i = 0; i < 50; i++)
		assert_true(same_event(&file.events[i], &events[i]));
	kmc_event_file_free(&file);
	free(text);
}

static void file_fails(const char *text, const char *expected)
{
	struct kmc_event_file file;
	char error[256] = "";

	assert_true(read_text(text, strlen(text), &file, error) < 0);
	assert_string_equal(error, expected);
	assert_null(file.events);
}

#define HEAD "# kmconform events 1\n"
#define EVENT "1 - call 0 0 - - kfree value - - - - - - - - - task - - -\n"

static void test_bad_files(void **state)
{
	(void)state;
	file_fails("\n",
		   "x.ev: line 1: no event file: its first line is not '# kmconform events 1'");
	file_fails(HEAD "edition six\n", "x.ev: line 2: edition is no release");
	file_fails(HEAD "machine cpus=0\n" EVENT, "x.ev: line 3: no cpu");
	file_fails(HEAD EVENT "machine cpus=1\n",
		   "x.ev: line 3: line of the head among the events");
	file_fails(HEAD "cache name=a colour=4\n",
		   "x.ev: line 2: unknown word in the description of a cache");
	file_fails(HEAD "cache name=%0\n", "x.ev: line 2: bad value in the description of a cache");
	file_fails(HEAD "cache kmalloc=256\n",
		   "x.ev: line 2: value out of range in the description of a cache");
	file_fails(HEAD EVENT "\n" EVENT "2 - call\n", "x.ev: line 5: line with too few columns");
}

static void test_long_line_and_zero_byte(void **state)
{
	static char text[10000];
	struct kmc_event_file file;
	char error[256];

	(void)state;
	memset(text, ' ', sizeof(text));
	memcpy(text, HEAD, sizeof(HEAD) - 1);
	assert_int_equal(read_text(text, sizeof(text), &file, error), -EINVAL);
	assert_string_equal(error, "x.ev: line 2: line is too long");
	memcpy(text + 30, "\0x\n", 3);
	assert_int_equal(read_text(text, 60, &file, error), -EINVAL);
	assert_string_equal(error, "x.ev: line 2: zero byte in a line");
}

static void stream_fails(const char *path, int expected_err, const char *expected)
{
	struct kmc_event_file file;
	FILE *in = fopen(path, "r");
	char error[256];

	assert_non_null(in);
	assert_int_equal(kmc_event_file_read(in, path, &file, error, sizeof(error)), expected_err);
	assert_string_equal(error, expected);
	fclose(in);
}

static void test_empty_file_and_directory(void **state)
{
	(void)state;
	stream_fails("/dev/null", -EINVAL, "/dev/null: line 0: empty file");
	stream_fails("/", -EIO, "/: line 0: Is a directory");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_line_round_trip), cmocka_unit_test(test_line_as_it_looks),
		cmocka_unit_test(test_columns_are_fixed), cmocka_unit_test(test_bad_lines),
		cmocka_unit_test(test_check_names_what_is_wrong), cmocka_unit_test(test_names),
		cmocka_unit_test(test_file_round_trip), cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_long_line_and_zero_byte),
		cmocka_unit_test(test_empty_file_and_directory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
