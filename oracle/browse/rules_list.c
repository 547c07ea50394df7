// SPDX-License-Identifier: GPL-2.0-or-later
/* The catalogue as a list: a line a rule, or JSON. */
#include <errno.h>
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include "catalogue.h"
#include "rules_cmd.h"
#include "run_names.h"

static bool named(char **words, const struct kmc_rule *rule)
{
	if (!words || !*words)
		return true;
	for (; *words; words++)
		if (!strcasecmp(*words, rule->id) ||
		    !strcasecmp(*words, kmc_family_name(rule->family)))
			return true;
	return false;
}

static bool says(const struct kmc_rule *rule, const char *text)
{
	return strcasestr(rule->statement, text) || strcasestr(rule->name, text) ||
	       strcasestr(rule->source, text);
}

bool kmc_rules_pass(const struct kmc_rules_filter *f, const struct kmc_rule *rule)
{
	return named(f->words, rule) && (f->party < 0 || f->party == rule->party) &&
	       (f->strength < 0 || f->strength == rule->strength) &&
	       (f->origin < 0 || f->origin == rule->origin) &&
	       (f->judged < 0 || f->judged == rule->judged) &&
	       (!f->edition || kmc_rule_in_force(rule, f->edition)) && (!f->text || says(rule, f->text));
}

const char *kmc_rules_span(char *buf, size_t size, const struct kmc_rule *rule)
{
	char since[24], until[24];

	kmc_release_print(since, sizeof(since), rule->since);
	kmc_release_print(until, sizeof(until), rule->until);
	if (!rule->since && !rule->until)
		snprintf(buf, size, "all releases");
	else if (!rule->until)
		snprintf(buf, size, "%s and later", since);
	else if (!rule->since)
		snprintf(buf, size, "before %s", until);
	else
		snprintf(buf, size, "%s until before %s", since, until);
	return buf;
}

int kmc_rules_list(const struct kmc_rules_filter *filter)
{
	unsigned int shown = 0;
	char span[64];

	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *r = kmc_rule_at(i);

		if (!kmc_rules_pass(filter, r))
			continue;
		shown++;
		printf("%-9s %-9s %-6s %-2s %-9s %-24s %s\n", r->id, kmc_party_name(r->party),
		       kmc_strength_name(r->strength), kmc_origin_name(r->origin),
		       r->judged ? "judged" : "-", kmc_rules_span(span, sizeof(span), r),
		       r->statement);
	}
	printf("%u of %zu rules\n", shown, kmc_rule_count());
	return 0;
}

static struct json_object *json_rule(const struct kmc_rule *r)
{
	struct json_object *o = json_object_new_object();
	char span[64];

	json_object_object_add(o, "id", json_object_new_string(r->id));
	json_object_object_add(o, "name", json_object_new_string(r->name));
	json_object_object_add(o, "family",
			       json_object_new_string(kmc_family_name(r->family)));
	json_object_object_add(o, "party", json_object_new_string(kmc_party_name(r->party)));
	json_object_object_add(o, "strength",
			       json_object_new_string(kmc_strength_name(r->strength)));
	json_object_object_add(o, "origin", json_object_new_string(kmc_origin_name(r->origin)));
	json_object_object_add(o, "releases",
			       json_object_new_string(kmc_rules_span(span, sizeof(span), r)));
	json_object_object_add(o, "judged", json_object_new_boolean(r->judged));
	if (r->alias)
		json_object_object_add(o, "alias", json_object_new_string(r->alias));
	json_object_object_add(o, "statement", json_object_new_string(r->statement));
	json_object_object_add(o, "source", json_object_new_string(r->source));
	return o;
}

int kmc_rules_list_json(const struct kmc_rules_filter *filter)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < kmc_rule_count(); i++)
		if (kmc_rules_pass(filter, kmc_rule_at(i)))
			json_object_array_add(list, json_rule(kmc_rule_at(i)));
	puts(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PRETTY |
						  JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(list);
	return 0;
}
