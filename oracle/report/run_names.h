/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Words of the report, the same in every form of it. Included by report/ only. */
#ifndef REPORT_RUN_NAMES_H
#define REPORT_RUN_NAMES_H
#include "oracle/report.h"

const char *kmc_party_name(unsigned int party);
const char *kmc_strength_name(unsigned int strength);
const char *kmc_origin_name(unsigned int origin);
const char *kmc_state_name(unsigned int state);
const char *kmc_why_text(unsigned int why);
const char *kmc_verdict_name(enum kmc_verdict verdict);

/** kmc_judge_verdict() - As kmc_run_verdict(), of one subject. */
enum kmc_verdict kmc_judge_verdict(const struct kmc_judge *judge);
/** kmc_rule_must_be_covered() - Is it a reachable must rule that binds the allocator to conformance? */
bool kmc_rule_must_be_covered(const struct kmc_rule *rule, const struct kmc_rule_result *result);

#endif
