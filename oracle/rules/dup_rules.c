// SPDX-License-Identifier: GPL-2.0-or-later
/* DUP: duplicates are the bytes of their source, in a block of their own. */
#include <inttypes.h>
#include "judge_priv.h"

#define ADDR "%#" PRIx64
#define NUM  "%" PRIu64
#define BIT(effect) (1u << KMC_EFF_##effect)

static bool content_bad(const struct kmc_case *c)
{
	return c->ev->what == KMC_EFF_CONTENT_LOST || c->ev->what == KMC_EFF_CONTENT_DIRTY;
}

KMC_RULE_FN(DUP_1)
{
	KMC_VERDICT(DUP_1, !content_bad(c), "content",
		    (j, "the duplicate has the " NUM " bytes of its source", c->chain->carried),
		    (j, "the byte at " ADDR " (offset " NUM ") is another", c->ev->addr2, c->value));
}

/* The request inside, and what was seen of the string: each where it is shown. */
#define STRING_RULE(token, words)                                                                  \
	do {                                                                                       \
		const struct kmc_notes *notes = &c->open->notes;                                   \
                                                                                                   \
		if (notes->lost)                                                                   \
			KMC_BREACH(token, "content", (j, words),                                   \
				   (j, "the byte at " ADDR " is another", notes->bad_at));         \
		else if (notes->tried && notes->try_size != c->size)                               \
			KMC_BREACH(token, "size",                                                  \
				   (j, words ": " NUM " bytes in all", c->size),                   \
				   (j, "it asked for " NUM, notes->try_size));                     \
		else if (notes->kept || notes->tried)                                              \
			KMC_PASS(token);                                                           \
	} while (0)

KMC_RULE_FN(DUP_2)
{
	/* The one size that no string has stands for NULL. */
	if (c->size == UINT64_MAX)
		KMC_VERDICT(DUP_2, c->ev->outcome == KMC_OUT_NULL, "null",
			    (j, "kstrdup of NULL is NULL"), (j, "it returned " ADDR, c->addr));
	else
		STRING_RULE(DUP_2, "kstrdup copies the string and its terminator");
}

KMC_RULE_FN(DUP_3)
{
	STRING_RULE(DUP_3, "kstrndup copies at most max characters, and terminates");
}

KMC_RULE_FN(DUP_4)
{
	if (c->ev->kind == KMC_EV_EFFECT)
		KMC_VERDICT(DUP_4, !content_bad(c), "content",
			    (j, "the duplicate has the " NUM " bytes of its source",
			     c->chain->carried),
			    (j, "the byte at " ADDR " is another", c->ev->addr2));
	else
		STRING_RULE(DUP_4, "kmemdup_nul copies len bytes and adds a terminator");
}

KMC_RULE_FN(DUP_6)
{
	KMC_VERDICT(DUP_6, c->ev->outcome == KMC_OUT_NULL, "overflow",
		    (j, "a product that overflows makes kmemdup_array return NULL"),
		    (j, "it returned " ADDR, c->addr));
}

KMC_RULE_FN(DUP_8)
{
	KMC_VERDICT(DUP_8, c->ev->outcome != KMC_OUT_NULL, "error",
		    (j, "%s fails with an error pointer", c->call), (j, "it returned NULL"));
}
