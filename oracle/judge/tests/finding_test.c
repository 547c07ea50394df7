// SPDX-License-Identifier: GPL-2.0-or-later
/* Identity of findings: classes, never values; counting, accepting, texts, SHA-256. */
#include <errno.h>
#include "judge_tests.h"
#include "sha256.h"

static void digest_is(const char *text, size_t len, const char *expected)
{
	uint8_t digest[32];
	char hex[65];

	kmc_sha256(text, len, digest);
	for (int i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", digest[i]);
	assert_string_equal(hex, expected);
}

/* The examples of FIPS 180-4, and the lengths around a block's end. */
static void sha256_vectors(void **state)
{
	static char million[1000000];

	(void)state;
	memset(million, 'a', sizeof(million));
	digest_is("", 0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	digest_is("abc", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	digest_is("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56,
		  "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	digest_is(million, 55, "9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318");
	digest_is(million, 64, "ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb");
	digest_is(million, sizeof(million),
		  "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

static const struct kmc_finding *only_finding(const struct kmc_judge *judge)
{
	assert_int_equal(kmc_judge_finding_count(judge), 1);
	assert_null(kmc_judge_finding(judge, 1));
	return kmc_judge_finding(judge, 0);
}

/* Another address, another size of the class: the same finding, in every run. */
static void keys_are_classes(void **state)
{
	struct kmc_judge *a = make_judge(true), *b = make_judge(true);
	const struct kmc_finding *one, *two;

	(void)state;
	feed_kmalloc(a, PAGE(16) + 256, 512, 512);
	feed_kmalloc(a, PAGE(17) + 512, 1024, 1024);
	feed_kmalloc(a, PAGE(18) + 1024, 2048, 2048);
	feed_kmalloc(b, PAGE(90) + 8, 16, 16);
	one = only_finding(a);
	two = only_finding(b);
	assert_string_equal(one->key, two->key);
	assert_int_equal(one->occurrences, 3);
	assert_int_equal(one->first_seq, 1);
	assert_int_equal(one->last_seq, 3);
	assert_string_equal(one->call, "kmalloc");
	assert_string_equal(one->clause, "natural");
	assert_string_equal(one->shape, "size=pow2");
	assert_memory_equal(one->key, "v1-", 3);
	assert_int_equal(strlen(one->key), 19);
	assert_int_equal(strspn(one->key + 3, "0123456789abcdef"), 16);
	kmc_judge_destroy(a);
	kmc_judge_destroy(b);
}

/* The key is what the documents say it is: a digest of rule, call, clause, shape. */
static void key_is_the_digest(void **state)
{
	static const char line[] = "ALIGN-2|kmalloc|natural|size=pow2";
	struct kmc_judge *judge = make_judge(true);
	uint8_t digest[32];
	char key[24] = "v1-";

	(void)state;
	kmc_sha256(line, strlen(line), digest);
	for (int i = 0; i < 8; i++)
		snprintf(key + 3 + 2 * i, 3, "%02x", digest[i]);
	feed_kmalloc(judge, PAGE(16) + 256, 512, 512);
	assert_string_equal(only_finding(judge)->key, key);
	kmc_judge_destroy(judge);
}

static void other_clause_other_key(void **state)
{
	struct kmc_judge *judge = make_judge(true);

	(void)state;
	feed_kmalloc(judge, PAGE(16), 100, 96);
	feed_pages(judge, PAGE(32), 0, true);
	feed_kmalloc(judge, PAGE(32), 64, 64);
	feed_kmalloc(judge, PAGE(32) + 32, 32, 32);
	assert_int_equal(kmc_judge_finding_count(judge), 2);
	assert_int_equal(kmc_judge_finding(judge, 0)->rule, kmc_judge_finding(judge, 1)->rule);
	assert_string_not_equal(kmc_judge_finding(judge, 0)->key, kmc_judge_finding(judge, 1)->key);
	assert_int_equal(result_of(judge, "KM-1").violated, 2);
	kmc_judge_destroy(judge);
}

static void texts(void **state)
{
	struct kmc_judge *judge = make_judge(true);
	const struct kmc_finding *finding;

	(void)state;
	feed_kmalloc(judge, PAGE(16) + 256, 512, 512);
	finding = only_finding(judge);
	assert_string_equal(finding->let,
			    "A = event 1: kmalloc(512, 0) -> 0xffff888000010100");
	assert_string_equal(finding->then,
			    "512 is a power of two: the address must be a multiple of it");
	assert_string_equal(finding->but, "0xffff888000010100 is a multiple of 256 only");
	assert_int_equal(finding->event.addr, PAGE(16) + 256);
	kmc_judge_destroy(judge);
}

/* Accepted before or after: known, and the rule with it once all its findings are. */
static void accepting(void **state)
{
	struct kmc_judge *judge = make_judge(true);
	char key[24];

	(void)state;
	feed_kmalloc(judge, PAGE(16) + 256, 512, 512);
	strcpy(key, only_finding(judge)->key);
	assert_int_equal(result_of(judge, "ALIGN-2").state, KMC_RULE_VIOLATED);
	assert_int_equal(kmc_judge_accept(judge, key), 0);
	assert_int_equal(result_of(judge, "ALIGN-2").state, KMC_RULE_KNOWN);
	kmc_judge_destroy(judge);

	judge = make_judge(true);
	assert_int_equal(kmc_judge_accept(judge, key), 0);
	feed_kmalloc(judge, PAGE(16) + 256, 512, 512);
	assert_true(only_finding(judge)->known);
	/* one more, of another shape: not accepted */
	feed_kmalloc(judge, PAGE(17), 8192, 8192);
	assert_int_equal(kmc_judge_finding_count(judge), 2);
	assert_int_equal(result_of(judge, "ALIGN-2").state, KMC_RULE_VIOLATED);
	kmc_judge_destroy(judge);
}

/* All of a rule's clause, and only in the releases that the line names. */
static void accepting_clauses(void **state)
{
	static const struct {
		const char *line;
		int ret;
		bool known;
	} cases[] = {
		{ "", 0, false },
		{ " # ALIGN-2:natural", 0, false },
		{ "ALIGN-2:natural", 0, true },
		{ "\tALIGN-2:natural all of them\r\n", 0, true },
		{ "ALIGN-2:natural#all", 0, true },
		{ "ALIGN-2:natural 6.12..6.18 reason", 0, true },
		{ "ALIGN-2:natural 6.18..6.18", 0, true },
		{ "ALIGN-2:natural 6.17.5..6.18.50 with stable releases", 0, true },
		{ "ALIGN-2:natural 6.17..6.17.9", 0, false },
		{ "ALIGN-2:natural 6.1..6.17", 0, false },
		{ "ALIGN-2:natural 6.19..7.1", 0, false },
		{ "ALIGN-2:natural 6.1..6.17x is no range", 0, true },
		{ "ALIGN-3:natural", 0, false },
		{ "h1-5fcd775db4e305be none fault", 0, false },
		{ "ALIGN-2:other", 0, false },
		{ "ALIGN-2:", -EINVAL, false },
		{ "ALIGN-2", -EINVAL, false },
		{ "NONE-2:natural", -EINVAL, false },
		{ "v1-", -EINVAL, false },
		{ "v1-0123456789abcdeg", -EINVAL, false },
		{ "v1-0123456789abcdef0123456789abcdef", -EINVAL, false },
	};
	char *clause;

	(void)state;
	for (unsigned int i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kmc_judge *judge = make_judge(true);

		assert_int_equal(kmc_judge_accept(NULL, cases[i].line), cases[i].ret);
		assert_int_equal(kmc_judge_accept(judge, cases[i].line), cases[i].ret);
		feed_kmalloc(judge, PAGE(16) + 256, 512, 512);
		assert_string_equal(only_finding(judge)->clause, "natural");
		assert_int_equal(only_finding(judge)->known, cases[i].known);
		kmc_judge_destroy(judge);
	}
	/* none is too long for the room there is, whatever it is */
	clause = malloc(5000);
	assert_non_null(clause);
	memset(clause, 'x', 4999);
	clause[4999] = '\0';
	assert_int_equal(kmc_judge_accept(NULL, clause), -EINVAL);
	memcpy(clause, "ALIGN-2:", 8);
	clause[60] = '\0';
	assert_int_equal(kmc_judge_accept(NULL, clause), -EINVAL);
	free(clause);
}

struct heard {
	unsigned int times;
	char but[128];
};

static void hear(void *arg, const struct kmc_finding *finding)
{
	struct heard *heard = arg;

	heard->times++;
	snprintf(heard->but, sizeof(heard->but), "%s", finding->but);
}

/* Every violation is told, with the texts of that very one; the finding keeps the first. */
static void listening(void **state)
{
	struct kmc_judge *judge = make_judge(true);
	struct heard heard = { 0 };

	(void)state;
	kmc_judge_on_violation(judge, hear, &heard);
	assert_int_equal(feed_kmalloc(judge, PAGE(16) + 256, 512, 512), 1);
	assert_int_equal(feed_kmalloc(judge, PAGE(17) + 512, 1024, 1024), 1);
	assert_int_equal(feed_kmalloc(judge, PAGE(17), 512, 512), 0);
	assert_int_equal(heard.times, 2);
	assert_string_equal(heard.but, "0xffff888000011200 is a multiple of 512 only");
	assert_string_equal(only_finding(judge)->but,
			    "0xffff888000010100 is a multiple of 256 only");
	kmc_judge_destroy(judge);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_vectors),
		cmocka_unit_test(keys_are_classes),
		cmocka_unit_test(key_is_the_digest),
		cmocka_unit_test(other_clause_other_key),
		cmocka_unit_test(texts),
		cmocka_unit_test(accepting),
		cmocka_unit_test(accepting_clauses),
		cmocka_unit_test(listening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
