/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which rules have to do with each other: what a breach of one may be reported as. Included by who
 * holds findings against the rule that a program is meant to break.
 */
#ifndef ORACLE_RELATED_H
#define ORACLE_RELATED_H
#include <stdbool.h>

/**
 * kmc_rule_belongs() - Has a finding of the rule @by to do with a breach of @rule (indices): is it the
 * same, its alias, or one of the few that one and the same event breaks as well?
 */
bool kmc_rule_belongs(int rule, int by);

#endif
