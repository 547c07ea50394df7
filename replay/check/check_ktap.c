/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Results as KTAP while they come: a line an input, in the plan's order, with
 * what was found above it. Whenever the run ends, what is there parses.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "check.h"

#define MOST_TOLD 16u /* findings of one input that are told in words */

struct kmc_check_ktap {
	unsigned int number;
	uint64_t passed, failed, known, errors;
	/* of the input at hand */
	bool broken;      /* a must rule, and it was not known */
	bool any_known;
	char told[MOST_TOLD][24];
	unsigned int nr_told;
};

/* A name must not begin a directive, nor end the line. */
static void print_name(const char *text)
{
	for (; *text; text++)
		putchar(*text == '#' || (unsigned char)*text < 0x20 ? '_' : *text);
}

static void print_part(const char *word, const char *text)
{
	while (text && *text) {
		int len = (int)strcspn(text, "\n");

		printf("# %-5s %.*s\n", word, len, text);
		text += len;
		text += *text == '\n';
		word = "";
	}
}

static bool is_told(struct kmc_check_ktap *ktap, const char *key)
{
	for (unsigned int i = 0; i < ktap->nr_told; i++)
		if (!strcmp(ktap->told[i], key))
			return true;
	if (ktap->nr_told == MOST_TOLD)
		return true;
	strcpy(ktap->told[ktap->nr_told++], key);
	return false;
}

static void on_violation(void *arg, const struct kmc_finding *finding)
{
	const struct kmc_rule *rule = kmc_rule_at((size_t)finding->rule);
	struct kmc_check_ktap *ktap = arg;

	if (rule->strength == KMC_MUST && rule->origin != KMC_ORIGIN_I) {
		ktap->broken |= !finding->known;
		ktap->any_known |= finding->known;
	}
	if (is_told(ktap, finding->key))
		return;
	printf("# %s %s %s%s\n", finding->key, rule->id, rule->name,
	       rule->strength == KMC_MUST ? "" : " (noted)");
	print_part("Let", finding->let);
	print_part("Then", finding->then);
	print_part("But", finding->but);
}

struct kmc_check_ktap *kmc_ktap_begin(unsigned int nr)
{
	struct kmc_check_ktap *ktap = calloc(1, sizeof(*ktap));

	if (!ktap)
		return NULL;
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* never half a line */
	printf("KTAP version 1\n1..%u\n", nr);
	fflush(stdout);
	return ktap;
}

void kmc_ktap_listen(struct kmc_check_ktap *ktap, struct kmc_judge *judge)
{
	kmc_judge_on_violation(judge, on_violation, ktap);
}

void kmc_ktap_result(struct kmc_check_ktap *ktap, const char *path, bool ran)
{
	bool bad = !ran || ktap->broken;

	printf("%sok %u ", bad ? "not " : "", ++ktap->number);
	print_name(path);
	fputs(!ran ? " # ERROR could not be run" :
	      !bad && ktap->any_known ? " # XFAIL known findings" : "", stdout);
	putchar('\n');
	fflush(stdout); /* a run that is killed has said this much */
	ktap->errors += !ran;
	ktap->failed += ran && bad;
	ktap->known += !bad && ktap->any_known;
	ktap->passed += !bad && !ktap->any_known;
	ktap->broken = ktap->any_known = false;
	ktap->nr_told = 0;
}

int kmc_ktap_end(struct kmc_check_ktap *ktap)
{
	printf("# Totals: pass:%" PRIu64 " fail:%" PRIu64 " xfail:%" PRIu64
	       " xpass:0 skip:0 error:%" PRIu64 "\n", ktap->passed, ktap->failed, ktap->known,
	       ktap->errors);
	free(ktap);
	return fflush(stdout) || ferror(stdout) ? -EIO : 0;
}
