// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From the states of the rules to one word, and to an exit status. Notes
 * (should) and equivalence (origin I) never make a run violated.
 */
#include "catalogue.h"
#include "run_names.h"

const char *kmc_party_name(unsigned int party)
{
	return party == KMC_PARTY_CALLER ? "caller" : "allocator";
}

const char *kmc_strength_name(unsigned int strength)
{
	static const char *const names[] = { "must", "should", "may", "none" };

	return names[strength & 3];
}

const char *kmc_origin_name(unsigned int origin)
{
	static const char *const names[] = { "S", "D", "I", "I*" };

	return names[origin & 3];
}

const char *kmc_state_name(unsigned int state)
{
	static const char *const names[] = { "pass",	"violated",    "known",
					     "unknown", "unexercised", "unreachable" };

	return state < 6 ? names[state] : "?";
}

const char *kmc_why_text(unsigned int why)
{
	static const char *const texts[] = {
#define KMC_WHY(name, text) text,
		KMC_UNREACHABLE(KMC_WHY)
#undef KMC_WHY
	};

	return why < sizeof(texts) / sizeof(texts[0]) ? texts[why] : "";
}

const char *kmc_verdict_name(enum kmc_verdict verdict)
{
	return verdict == KMC_CONFORMS ? "conforms" :
	       verdict == KMC_VIOLATED ? "violated" : "unknown";
}

static bool is_hard(const struct kmc_rule *rule)
{
	return rule->strength == KMC_MUST && kmc_rule_counts_for_conformance(rule);
}

bool kmc_rule_must_be_covered(const struct kmc_rule *rule, const struct kmc_rule_result *result)
{
	return is_hard(rule) && rule->party == KMC_PARTY_ALLOCATOR && !rule->alias &&
	       result->state != KMC_RULE_UNREACHABLE;
}

enum kmc_verdict kmc_judge_verdict(const struct kmc_judge *judge)
{
	enum kmc_verdict verdict = KMC_CONFORMS;
	bool any = false;

	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *rule = kmc_rule_at(i);
		struct kmc_rule_result result;

		kmc_judge_result(judge, i, &result);
		if (!is_hard(rule))
			continue;
		if (result.state == KMC_RULE_VIOLATED)
			return KMC_VIOLATED;
		if (!kmc_rule_must_be_covered(rule, &result))
			continue;
		any = true;
		if (result.state == KMC_RULE_UNKNOWN || result.state == KMC_RULE_UNEXERCISED)
			verdict = KMC_UNKNOWN;
	}
	return any ? verdict : KMC_UNKNOWN;
}

enum kmc_verdict kmc_run_verdict(const struct kmc_run *run)
{
	enum kmc_verdict verdict = run->nr_judges ? KMC_CONFORMS : KMC_UNKNOWN;

	for (size_t i = 0; i < run->nr_judges; i++) {
		enum kmc_verdict one = kmc_judge_verdict(run->judges[i]);

		if (one == KMC_VIOLATED)
			return KMC_VIOLATED;
		if (one == KMC_UNKNOWN)
			verdict = KMC_UNKNOWN;
	}
	return verdict;
}

/* Is there a rule that an exit status on request would name? */
static bool any_left(const struct kmc_judge *judge, unsigned int wishes)
{
	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *rule = kmc_rule_at(i);
		struct kmc_rule_result result;

		kmc_judge_result(judge, i, &result);
		if (wishes & KMC_STRICT && result.unknown && is_hard(rule))
			return true;
		if (wishes & KMC_REQUIRE_COVERAGE && result.state == KMC_RULE_UNEXERCISED &&
		    kmc_rule_must_be_covered(rule, &result))
			return true;
	}
	return false;
}

int kmc_run_exit_status(const struct kmc_run *run, unsigned int wishes)
{
	if (kmc_run_verdict(run) == KMC_VIOLATED)
		return 1;
	for (size_t i = 0; i < run->nr_judges; i++)
		if (any_left(run->judges[i], wishes))
			return 3;
	return 0;
}
