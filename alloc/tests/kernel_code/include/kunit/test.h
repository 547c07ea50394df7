/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * As much of KUnit as the code under test speaks, written anew: suites of
 * cases, expectations that go on and assertions that end a case. Results are
 * KTAP lines.
 */
#pragma once
#include <setjmp.h>
#include <stdbool.h>
#include <stdio.h>
#include <linux/err.h>
#include <linux/types.h>

struct kunit {
	const char *name;
	bool failed, skipped;
	jmp_buf end;
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
};
#define KUNIT_CASE(function) { .run_case = (function), .name = #function }

struct kunit_suite {
	const char *name;
	int (*init)(struct kunit *test);
	void (*exit)(struct kunit *test);
	struct kunit_case *test_cases;
};
extern struct kunit_suite *kmc_code_suite __attribute__((weak));
#define kunit_test_suite(suite) struct kunit_suite *kmc_code_suite = &(suite)

/* Named places that code under test shares with the kernel's; the machine's reports count in one. */
struct kunit_resource {
	const char *name;
	void *data;
};
typedef int (*kunit_resource_init_t)(struct kunit_resource *resource, void *context);
typedef void (*kunit_resource_free_t)(struct kunit_resource *resource);
int kunit_add_named_resource(struct kunit *test, kunit_resource_init_t init,
			     kunit_resource_free_t free, struct kunit_resource *resource,
			     const char *name, void *data);

void kmc_code_failed(struct kunit *test, const char *file, int line);
void kmc_code_skip(struct kunit *test) __attribute__((noreturn));
void kmc_code_abort(struct kunit *test) __attribute__((noreturn));

#define kunit_info(test, fmt, ...) printf("    # %s: " fmt, (test)->name, ##__VA_ARGS__)
#define kunit_skip(test, fmt, ...)                              \
	do {                                                    \
		kunit_info(test, fmt "\n", ##__VA_ARGS__);      \
		kmc_code_skip(test);                            \
	} while (0)
#define KUNIT_FAIL(test, fmt, ...)                                   \
	do {                                                         \
		kmc_code_failed(test, __FILE__, __LINE__);           \
		kunit_info(test, fmt, ##__VA_ARGS__);                \
	} while (0)
#define KUNIT_EXPECT_TRUE(test, condition)                           \
	do {                                                         \
		if (!(condition))                                    \
			KUNIT_FAIL(test, "not so: %s\n", #condition); \
	} while (0)
#define KUNIT_EXPECT_EQ_MSG(test, left, right, fmt, ...)             \
	do {                                                         \
		if ((left) != (right))                               \
			KUNIT_FAIL(test, fmt, ##__VA_ARGS__);        \
	} while (0)
#define KUNIT_EXPECT_EQ(test, left, right)                                            \
	do {                                                                          \
		typeof(left) left_ = (left);                                          \
		typeof(right) right_ = (right);                                       \
		if (left_ != right_)                                                  \
			KUNIT_FAIL(test, #left " is %lld, " #right " is %lld\n",      \
				   (long long)left_, (long long)right_);              \
	} while (0)
#define KMC_ASSERT_MSG(test, condition, fmt, ...)                    \
	do {                                                         \
		if (!(condition)) {                                  \
			KUNIT_FAIL(test, fmt, ##__VA_ARGS__);        \
			kmc_code_abort(test);                        \
		}                                                    \
	} while (0)
#define KUNIT_ASSERT_NOT_ERR_OR_NULL_MSG(test, ptr, fmt, ...) \
	KMC_ASSERT_MSG(test, (ptr) && !IS_ERR(ptr), fmt, ##__VA_ARGS__)
#define KUNIT_ASSERT_FALSE_MSG(test, condition, fmt, ...) \
	KMC_ASSERT_MSG(test, !(condition), fmt, ##__VA_ARGS__)
