// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * From a broken rule to a finding: identity (rule, call, clause, shape: classes
 * only, never values), the Let / Then / But of its first occurrence, counts.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "judge_priv.h"
#include "known.h"
#include "say.h"
#include "sha256.h"

/* shape */

static const char *size_class(const struct kmc_judge *judge, uint64_t size)
{
	uint64_t max = judge->subject.machine.kmalloc_max_size;

	if (!size)
		return "zero";
	if (max && size > max)
		return "over-limit";
	if (size > KMC_PAGE << 3)
		return "costly";
	if (size >= KMC_PAGE)
		return "page";
	if (kmc_is_pow2(size))
		return "pow2";
	return size & 7 ? "odd" : "multiple";
}

static const char *gfp_class(uint32_t gfp)
{
	if (gfp & KMC_GFP_NOFAIL)
		return "nofail";
	if (!(gfp & KMC_GFP_DIRECT_RECLAIM))
		return gfp & KMC_GFP_HIGH ? "atomic" : "nowait";
	if (gfp & KMC_GFP_RETRY_MAYFAIL)
		return "mayfail";
	return gfp & KMC_GFP_NORETRY ? "noretry" : "plain";
}

static const char *context_class(const struct kmc_event *ev)
{
	if (ev->context == KMC_CTX_NMI)
		return "nmi";
	if (ev->context == KMC_CTX_HARDIRQ || ev->context == KMC_CTX_SOFTIRQ)
		return "irq";
	if (ev->context == KMC_CTX_PREEMPT_OFF)
		return "preempt-off";
	if (ev->scope & KMC_SCOPE_MEMALLOC)
		return "memalloc";
	if (ev->scope & KMC_SCOPE_NOIO)
		return "noio";
	return ev->scope & KMC_SCOPE_NOFS ? "nofs" : "plain";
}

static const char *special_class(const struct kmc_case *c)
{
	if (c->zeroed || c->gfp & KMC_GFP_ZERO)
		return "zero";
	if (c->gfp & (KMC_GFP_DMA | KMC_GFP_DMA32))
		return "dma";
	return c->gfp & KMC_GFP_ACCOUNT ? "account" : "none";
}

static void shape_of(struct kmc_judge *judge, const struct kmc_case *c, unsigned int attributes)
{
	char *at = judge->shape, *end = judge->shape + sizeof(judge->shape);
	const char *from = kmc_provenance_name(c->from);

	*at = '\0';
	if (attributes & KMC_SHAPE_SIZE)
		at += snprintf(at, (size_t)(end - at), "size=%s ", size_class(judge, c->size));
	if (attributes & KMC_SHAPE_GFP)
		at += snprintf(at, (size_t)(end - at), "gfp=%s ", gfp_class(c->gfp));
	if (attributes & KMC_SHAPE_CONTEXT)
		at += snprintf(at, (size_t)(end - at), "context=%s ", context_class(c->ev));
	if (attributes & KMC_SHAPE_FAMILY)
		at += snprintf(at, (size_t)(end - at), "from=%s ", from ? from : "unknown");
	if (attributes & KMC_SHAPE_SPECIAL)
		at += snprintf(at, (size_t)(end - at), "special=%s ", special_class(c));
	if (at > judge->shape)
		at[-1] = '\0';
}

static void key_of(char key[24], const char *id, const char *call, const char *clause,
		   const char *shape)
{
	char line[256];
	uint8_t digest[32];
	int len = snprintf(line, sizeof(line), "%s|%s|%s|%s", id, call, clause, shape);

	kmc_sha256(line, (size_t)len < sizeof(line) ? (size_t)len : sizeof(line) - 1, digest);
	memcpy(key, "v1-", 3);
	for (int i = 0; i < 8; i++)
		snprintf(key + 3 + 2 * i, 3, "%02x", digest[i]);
}

/* text */

/* The block that the books remember: "B = event 3: kmalloc of 96 bytes at 0x..., freed since". */
static void say_life(const struct kmc_judge *judge, struct kmc_saying *text,
		     const struct kmc_life *life)
{
	const char *from = kmc_provenance_name(life->from);
	const char *cache = life->cache == KMC_CACHE_NONE ? "" : kmc_cache_name(judge, life->cache);

	kmc_say(text, "\nB = event %" PRIu64 ": %s%s%s of %" PRIu64 " bytes at %#" PRIx64 "%s",
		(uint64_t)life->seq, from ? from : "an allocation", *cache ? " " : "", cache,
		kmc_life_size(life), life->addr,
		life->state == KMC_LIFE_FREED ? ", freed since" : "");
}

static void say_request(const struct kmc_judge *judge, struct kmc_saying *text,
			const struct kmc_case *c)
{
	const struct kmc_event *ev = c->ev;
	char gfp[160];

	kmc_gfp_print(gfp, sizeof(gfp), (struct kmc_gfp){ .atoms = c->gfp, .raw = ev->gfp_raw });
	if (ev->cache != KMC_CACHE_NONE)
		kmc_say_owner(judge, text, ev);
	if (c->overflow)
		kmc_say(text, "%" PRIu64 " * %" PRIu64 ", %s)", ev->arg, ev->addr2, gfp);
	else
		kmc_say(text, "%" PRIu64 ", %s)", c->size, gfp);
	kmc_say_result(text, ev);
}

static void say_event(const struct kmc_judge *judge, struct kmc_saying *text,
		      const struct kmc_case *c)
{
	const struct kmc_event *ev = c->ev;

	if (ev->kind == KMC_EV_BEGIN && !ev->id) {
		kmc_say(text, "A = the end of the stream");
		return;
	}
	kmc_say(text, "A = event %" PRIu64 ": %s(", judge->now, c->call);
	if (c->by == KMC_BY_NOBODY && ev->kind != KMC_EV_EFFECT)
		say_request(judge, text, c);
	else
		kmc_say(text, "%#" PRIx64 ")", c->addr);
}

static void say_let(struct kmc_judge *judge, const struct kmc_case *c)
{
	struct kmc_saying text = { judge->let, sizeof(judge->let), 0 };

	say_event(judge, &text, c);
	if (c->other)
		say_life(judge, &text, c->other);
}

void kmc_breach_then(struct kmc_judge *judge, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(judge->then, sizeof(judge->then), format, args);
	va_end(args);
}

void kmc_breach_but(struct kmc_judge *judge, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(judge->but, sizeof(judge->but), format, args);
	va_end(args);
}

/* the list */

static bool same(const struct kmc_finding *f, int rule, const char *call, const char *clause,
		 const char *shape)
{
	return f->rule == rule && !strcmp(f->call, call) && !strcmp(f->clause, clause) &&
	       !strcmp(f->shape, shape);
}

static struct kmc_finding *add(struct kmc_judge *judge)
{
	if (judge->nr_findings == judge->max_findings) {
		size_t max = judge->max_findings ? judge->max_findings * 2 : 16;
		void *list = realloc(judge->findings, max * sizeof(*judge->findings));

		if (!list)
			return NULL;
		judge->findings = list;
		judge->max_findings = max;
	}
	struct kmc_finding *finding = calloc(1, sizeof(*finding));

	if (finding)
		judge->findings[judge->nr_findings++] = finding;
	return finding;
}

static void drop(struct kmc_finding *f)
{
	free((char *)f->call);
	free((char *)f->clause);
	free((char *)f->shape);
	free((char *)f->let);
	free((char *)f->then);
	free((char *)f->but);
	free(f->window);
	free(f);
}

/* Return: false without memory. */
static bool fill(struct kmc_judge *judge, struct kmc_finding *f, int rule,
		 const struct kmc_case *c, const char *clause)
{
	f->rule = rule;
	f->call = strdup(c->call);
	f->clause = strdup(clause);
	f->shape = strdup(judge->shape);
	f->first_seq = judge->now;
	f->event = *c->ev;
	f->site = c->ev->site;
	key_of(f->key, kmc_rule_at((size_t)rule)->id, c->call, clause, judge->shape);
		if (!f->call || !f->clause || !f->shape)
		return false;
	f->known = kmc_is_known(judge, f);
	return true;
}

static void count_breach(struct kmc_judge *judge, int rule)
{
	struct kmc_rule_count *count = &judge->count[rule];

	count->first_seq = kmc_choose(count->violated > 0, count->first_seq, judge->now);
	count->violated++;
	count->last_seq = judge->now;
	judge->broken_now += kmc_rule_at((size_t)rule)->strength == KMC_MUST;
}

/* Of the rules that can trap; whether this finding does depends on its being known. */
static bool may_trap(const struct kmc_judge *judge, const struct kmc_rule *rule)
{
	unsigned int kind = kmc_rule_counts_for_conformance(rule) ? KMC_TRAP_CONFORMANCE :
								    KMC_TRAP_EQUIVALENCE;

	return judge->trap & kind && rule->party == KMC_PARTY_ALLOCATOR &&
	       (rule->strength == KMC_MUST ||
		(judge->trap & KMC_TRAP_SHOULD && rule->strength == KMC_SHOULD));
}

/*
 * What the allocator does when a caller breaks the contract is what some are about; and memory that
 * somebody else has is given to nobody, however it is asked for.
 */
static bool holds_anyway(const struct kmc_rule *rule)
{
	static const char *const ids[] = { "KM-1", "KM-12", "KC-41", "KC-42", "RCU-1", "RCU-2", "VM-10",
					   "VM-25", "UC-3", "UC-4" };

	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (!strcmp(rule->id, ids[i]))
			return true;
	return !strncmp(rule->id, "DBG-", 4);
}

#define VOID_CALLS (sizeof(((struct kmc_judge *)0)->void_calls) / sizeof(uint64_t))

/* Notes a caller's breach; true: it voids what the allocator seems to have done. */
static bool is_void(struct kmc_judge *judge, const struct kmc_rule *rule, const struct kmc_case *c)
{
	if (rule->party != KMC_PARTY_ALLOCATOR) {
		if (rule->strength == KMC_MUST && c->ev->id)
			judge->void_calls[judge->nr_void++ % VOID_CALLS] = c->ev->id;
		return false;
	}
	if (!judge->nr_void || !c->ev->id || holds_anyway(rule))
		return false;
	for (size_t i = 0; i < VOID_CALLS; i++)
		if (judge->void_calls[i] && (judge->void_calls[i] == c->ev->id ||
					     judge->void_calls[i] == c->ev->parent))
			return true;
	return false;
}

bool kmc_breach_open(struct kmc_judge *judge, int rule, const struct kmc_case *c,
		     const char *clause)
{
	struct kmc_finding *finding = NULL;

	judge->writing = NULL;
	judge->springs = false;
	if (is_void(judge, kmc_rule_at((size_t)rule), c)) {
		judge->count[rule].unknown++;
		return false;
	}
	count_breach(judge, rule);
	judge->springs = may_trap(judge, kmc_rule_at((size_t)rule));
	if (judge->trap && !judge->springs)
		return false;
	shape_of(judge, c, kmc_rule_at((size_t)rule)->shape);
	for (size_t i = 0; i < judge->nr_findings && !finding; i++)
		if (same(judge->findings[i], rule, c->call, clause, judge->shape))
			finding = judge->findings[i];
	if (!finding) {
		finding = add(judge);
		if (finding && !fill(judge, finding, rule, c, clause)) {
			drop(judge->findings[--judge->nr_findings]);
			finding = NULL;
		}
		if (finding)
			kmc_watch_take(judge, finding, c);
	}
	judge->writing = finding;
	if (!finding)
		return false;
	finding->occurrences++;
	finding->last_seq = judge->now;
	judge->springs &= !finding->known;
	if (finding->let && !judge->fn && !judge->springs)
		return false;
	say_let(judge, c);
	judge->passing = *finding;
	judge->passing.event = *c->ev;
	judge->passing.site = c->ev->site;
	return true;
}

static void keep_texts(struct kmc_judge *judge, struct kmc_finding *finding)
{
	finding->let = strdup(judge->let);
	finding->then = strdup(judge->then);
	finding->but = strdup(judge->but);
}

void kmc_breach_close(struct kmc_judge *judge)
{
	struct kmc_finding *finding = judge->writing;

	if (!finding)
		return;
	if (!finding->let)
		keep_texts(judge, finding);
	judge->passing.let = judge->let;
	judge->passing.then = judge->then;
	judge->passing.but = judge->but;
	if (judge->fn)
		judge->fn(judge->fn_arg, &judge->passing);
	if (judge->springs && judge->trap_fn)
		judge->trap_fn(judge->trap_arg, &judge->passing);
	judge->writing = NULL;
}

void kmc_findings_free(struct kmc_judge *judge)
{
	for (size_t i = 0; i < judge->nr_findings; i++)
		drop(judge->findings[i]);
	free(judge->findings);
	judge->findings = NULL;
	judge->nr_findings = judge->max_findings = 0;
}

size_t kmc_judge_finding_count(const struct kmc_judge *judge)
{
	return judge->nr_findings;
}

const struct kmc_finding *kmc_judge_finding(const struct kmc_judge *judge, size_t index)
{
	return index < judge->nr_findings ? judge->findings[index] : NULL;
}
