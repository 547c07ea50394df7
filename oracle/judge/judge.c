// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The judge: what is judged on a subject and why the rest is not, the way of
 * an event to the side that understands it, and what became of each rule.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "judge_priv.h"

/* With debug metadata ALIGN-4 stands in the place of ALIGN-2 and ALIGN-3. */
static enum kmc_unreachable why_by_layout(const struct kmc_judge *judge, size_t rule)
{
	bool plain_only = rule == KMC_R_ALIGN_2 || rule == KMC_R_ALIGN_3;
	uint32_t options = judge->subject.machine.options;

	if (plain_only && options & KMC_MO_LAYOUT_DEBUG)
		return KMC_WHY_REPLACED;
	if (rule == KMC_R_ALIGN_4 && !(options & (KMC_MO_LAYOUT_DEBUG | (uint32_t)KMC_MO_options_unknown)))
		return KMC_WHY_OPTION_OFF;
	return KMC_WHY_NOT;
}

static enum kmc_unreachable why_unreachable(const struct kmc_judge *judge, size_t index)
{
	const struct kmc_rule *rule = kmc_rule_at(index);
	enum kmc_unreachable why;

	if (!kmc_rule_in_force(rule, judge->subject.edition))
		return KMC_WHY_EDITION;
	if (rule->strength == KMC_NO_PROMISE)
		return KMC_WHY_NO_PROMISE;
	if (!rule->judged)
		return rule->unjudged;
	if (rule->needs & ~judge->subject.shows)
		return KMC_WHY_NOT_SHOWN;
	why = why_by_layout(judge, index);
	if (!why && rule->rests_on & judge->subject.disclaims)
		why = KMC_WHY_DISCLAIMED;
	return why;
}

static void choose_rules(struct kmc_judge *judge)
{
	for (size_t i = 0; i < KMC_NR_RULES; i++) {
		judge->why[i] = (uint8_t)why_unreachable(judge, i);
		judge->on[i] = judge->why[i] == KMC_WHY_NOT;
	}
}

static bool has_gfp(const struct kmc_op_desc *desc)
{
	for (unsigned int i = 0; i < desc->nr_params; i++)
		if (desc->params[i].field == 'g')
			return true;
	return false;
}

/* What is looked up at every event, looked up once. */
static void fill_tables(struct kmc_judge *judge)
{
	for (unsigned int from = 0; from < KMC_NR_PROVENANCES; from++)
		for (unsigned int by = 0; by < KMC_NR_FREE_COLUMNS; by++) {
			enum kmc_pairing pair = kmc_pairing_of(from, by, judge->subject.edition);

			judge->pairs[from][by] = (uint8_t)pair;
			judge->legal[from][by] = pair == KMC_PAIR_LEGAL;
		}
	for (unsigned int code = 0; code < KMC_OPCODE_END; code++) {
		const struct kmc_op_desc *desc = kmc_op_desc(code);

		judge->ops[code] = (struct kmc_op_row){
			.name = desc ? desc->text : "call", .known = desc != NULL,
			.family = desc ? (uint8_t)desc->family : 0,
			.has_gfp = desc && has_gfp(desc), .requests = kmc_call_requests(code),
			.resizes = kmc_call_resizes(code), .enters = kmc_call_enters(code),
		};
	}
}

static enum kmc_layout layout_from_options(uint32_t options)
{
	if (options & KMC_MO_LAYOUT_DEBUG)
		return KMC_LAYOUT_DEBUG;
	return options & (uint32_t)KMC_MO_options_unknown ? KMC_LAYOUT_UNKNOWN : KMC_LAYOUT_PLAIN;
}

static bool is_possible(const struct kmc_subject *subject)
{
	return subject->machine.page_shift == 12 && subject->machine.max_order < 32 &&
	       subject->machine.nr_zones <= KMC_MACHINE_MAX_ZONES;
}

/* Is there a zone that not every request may take from, or a node to choose? */
static bool has_many_zones(const struct kmc_machine *machine)
{
	for (unsigned int i = 0; i < machine->nr_zones; i++)
		if (machine->zones[i].kind >= KMC_HIGHMEM ||
		    machine->zones[i].node != machine->zones[0].node)
			return true;
	return false;
}

int kmc_judge_create(const struct kmc_subject *subject, struct kmc_judge **judge)
{
	struct kmc_judge *made;

	if (!is_possible(subject))
		return -EINVAL;
	made = calloc(1, sizeof(*made));
	if (!made)
		return -ENOMEM;
	made->subject = *subject;
	made->calls = subject->shows & KMC_SHOWS_CALLS && !subject->bare;
	made->layout = layout_from_options(subject->machine.options);
	made->many_zones = has_many_zones(&made->subject.machine);
	choose_rules(made);
	fill_tables(made);
	kmc_plain_init(made);
	if (kmc_shadow_init(&made->shadow) || kmc_blocks_init(made) || kmc_places_init(made)) {
		kmc_judge_destroy(made);
		return -ENOMEM;
	}
	*judge = made;
	return 0;
}

void kmc_judge_destroy(struct kmc_judge *judge)
{
	if (!judge)
		return;
	kmc_shadow_free(&judge->shadow);
	kmc_blocks_free(judge);
	kmc_places_free(judge);
	kmc_book_free(judge);
	kmc_shelf_free(judge);
	kmc_findings_free(judge);
	kmc_watch_free(&judge->watch);
	kmc_branches_free(judge);
	kmc_objects_free(judge);
	free(judge->cpus);
	free(judge->open);
	free(judge->known);
	free(judge);
}

static void forget_live(struct kmc_life_count *count)
{
	count->live = count->live_bytes = 0;
}

void kmc_judge_reset(struct kmc_judge *judge)
{
	kmc_shadow_reset(&judge->shadow);
	kmc_watch_reset(&judge->watch);
	kmc_blocks_reset(judge);
	kmc_places_reset(judge);
	for (size_t i = 0; i < KMC_NR_CLASSES; i++)
		forget_live(&judge->class_count[i]);
	kmc_book_reset(judge);
	free(judge->cpus);
	judge->cpus = NULL;
	judge->nr_cpus = 0;
	kmc_branches_free(judge);
	kmc_objects_reset(judge);
	judge->attached = 0;
	judge->members_unknown = false;
	judge->constructed.blind = judge->damages.blind = false;
	free(judge->open);
	judge->open = NULL;
	judge->nr_open = judge->max_open = 0;
	judge->misused = judge->overlaps = judge->strays = false;
	judge->paid_in_part = judge->zones_mixed = false;
	memset(judge->void_calls, 0, sizeof(judge->void_calls));
	judge->nr_void = 0;
	/* Calls are numbered anew: what was shown of one is not of its successor. */
	judge->report_call = judge->exact_known = judge->exact_call = 0;
	judge->exact_event = UINT64_MAX - 1;
	judge->report_again = false;
	memset(judge->reports, 0, sizeof(judge->reports));
	judge->twin_call = 0;
	judge->twin_branch = 0;
	judge->layout = layout_from_options(judge->subject.machine.options);
	judge->last_gap = judge->blind_before = judge->now = 0;
}

int kmc_judge_cache(struct kmc_judge *judge, const struct kmc_cache_desc *cache)
{
	return kmc_book_announce(judge, cache);
}

#define PAGE_EVENTS (1ull << KMC_TP_EV_MM_PAGE_ALLOC | 1ull << KMC_TP_EV_MM_PAGE_FREE)

/*
 * Events were lost before this one: no life that began before it is certain
 * any more, unless it is known that no page event was among them. Lost object
 * events are as the calls that emit none: frees are inferred anyway.
 */
static void note_gap(struct kmc_judge *judge, const struct kmc_event *ev)
{
	if (!judge->calls && ev->size && !(ev->size & PAGE_EVENTS))
		return;
	judge->last_gap = judge->now;
	judge->blind_before = judge->now;
	if (judge->calls)
		kmc_objects_reset(judge);
}

static inline int judge_one(struct kmc_judge *judge, const struct kmc_event *ev)
{
	int err = 0;

	judge->events++;
	/* A restore sets the stream's numbers back; ours only grow. */
	judge->now = ev->seq > judge->now ? ev->seq : judge->now + 1;
	judge->broken_now = 0;
	kmc_watch_note(&judge->watch, ev, judge->now);
	if (ev->kind == KMC_EV_GAP) {
		note_gap(judge, ev);
		return 0;
	}
	if (ev->marks & KMC_MARK_AFTER_GAP)
		/* the event itself is the first that is known again */
		judge->last_gap = judge->blind_before = judge->now - 1;
	if (ev->kind == KMC_EV_TRACEPOINT) {
		if (judge->calls)
			kmc_objects_point(judge, ev);
		else if (!ev->id && !ev->parent)
			err = kmc_trace_side(judge, ev);
	} else if (judge->calls) {
		err = kmc_call_side(judge, ev);
	}
	return err ? err : (int)judge->broken_now;
}

int kmc_judge_event(struct kmc_judge *judge, const struct kmc_event *ev)
{
	return judge_one(judge, ev);
}

void kmc_judge_prefetch(const struct kmc_judge *judge, uint64_t addr)
{
	kmc_shadow_prefetch(&judge->shadow, addr);
	kmc_dir_prefetch(judge->calls ? &judge->place_dir : &judge->block_dir, addr);
}

/* Second stage: the page's number is near by now, so the record behind it can be fetched. */
static void prefetch_block(struct kmc_judge *judge, uint64_t addr)
{
	if (judge->calls)
		__builtin_prefetch(&judge->places[kmc_dir_get(&judge->place_dir, addr)]);
	else
		__builtin_prefetch(&judge->blocks[kmc_dir_get(&judge->block_dir, addr)]);
}

#define PREFETCH_FROM (1u << 16) /* slots: 2 MiB */

int kmc_judge_batch(struct kmc_judge *judge, const struct kmc_event *evs, size_t nr)
{
	int broken = 0;

	for (size_t i = 0; i < nr; i++) {
		/* A small map stays in the cache by itself. */
		bool far = judge->shadow.mask >= PREFETCH_FROM;
		int ret;

		if (far && i + 12 < nr)
			kmc_judge_prefetch(judge, evs[i + 12].addr);
		if (far && i + 5 < nr)
			prefetch_block(judge, evs[i + 5].addr);
		ret = judge_one(judge, &evs[i]);
		if (ret < 0)
			return ret;
		broken += ret;
	}
	return broken;
}

int kmc_judge_finish(struct kmc_judge *judge)
{
	judge->broken_now = 0;
	judge->now++;
	if (judge->calls) {
		int err = kmc_call_side_finish(judge);

		if (err)
			return err;
	}
	return (int)judge->broken_now;
}

void kmc_judge_on_violation(struct kmc_judge *judge, kmc_judge_fn fn, void *arg)
{
	judge->fn = fn;
	judge->fn_arg = arg;
}

void kmc_judge_trap(struct kmc_judge *judge, unsigned int what)
{
	judge->trap = what;
}

void kmc_judge_on_trap(struct kmc_judge *judge, kmc_judge_fn fn, void *arg)
{
	judge->trap_fn = fn;
	judge->trap_arg = arg;
}

static bool all_accepted(const struct kmc_judge *judge, size_t rule)
{
	for (size_t i = 0; i < judge->nr_findings; i++)
		if ((size_t)judge->findings[i]->rule == rule && !judge->findings[i]->known)
			return false;
	return true;
}

static uint64_t passed(const struct kmc_judge *judge, size_t rule)
{
	return judge->count[rule].passed + kmc_plain_passed(judge, (int)rule);
}

static enum kmc_rule_state state_of(const struct kmc_judge *judge, size_t rule)
{
	const struct kmc_rule_count *count = &judge->count[rule];

	if (count->violated)
		return all_accepted(judge, rule) ? KMC_RULE_KNOWN : KMC_RULE_VIOLATED;
	if (judge->why[rule] != KMC_WHY_NOT)
		return KMC_RULE_UNREACHABLE;
	if (count->unknown)
		return KMC_RULE_UNKNOWN;
	return passed(judge, rule) || count->meant ? KMC_RULE_PASS : KMC_RULE_UNEXERCISED;
}

static void add_life_count(struct kmc_life_count *to, const struct kmc_life_count *from)
{
	to->allocs += from->allocs;
	to->frees += from->frees;
	to->failed += from->failed;
	to->implied_frees += from->implied_frees;
	to->duplicates += from->duplicates;
	to->before_trace += from->before_trace;
	to->free_again += from->free_again;
}

void kmc_judge_add(struct kmc_judge *to, const struct kmc_judge *from)
{
	for (size_t i = 0; i < KMC_NR_RULES; i++) {
		bool caller = kmc_rule_at(i)->party == KMC_PARTY_CALLER;
		struct kmc_rule_count *count = &to->count[i];

		count->passed += passed(from, i);
		count->unknown += from->count[i].unknown;
		count->meant += from->count[i].meant;
		if (caller)
			count->meant += from->count[i].violated;
		else
			count->violated += from->count[i].violated;
		if (from->why[i] == KMC_WHY_NOT)
			to->why[i] = KMC_WHY_NOT;
	}
	for (size_t i = 0; i < KMC_NR_CLASSES; i++)
		add_life_count(&to->class_count[i], &from->class_count[i]);
	to->events += from->events;
}

void kmc_judge_result(const struct kmc_judge *judge, size_t rule, struct kmc_rule_result *result)
{
	const struct kmc_rule_count *count = &judge->count[rule];

	uint64_t kept = passed(judge, rule);

	*result = (struct kmc_rule_result){
		.exercised = kept + count->violated + count->unknown + count->meant,
		.passed = kept, .violated = count->violated, .unknown = count->unknown,
		.first_seq = count->first_seq, .last_seq = count->last_seq,
		.state = state_of(judge, rule),
	};
	if (result->state == KMC_RULE_UNREACHABLE)
		result->why = judge->why[rule];
}

uint64_t kmc_judge_events(const struct kmc_judge *judge)
{
	return judge->events;
}

const struct kmc_subject *kmc_judge_subject(const struct kmc_judge *judge)
{
	return &judge->subject;
}

static const struct kmc_zone *zone_from(const struct kmc_judge *judge, uint64_t addr,
					unsigned int first)
{
	const struct kmc_machine *machine = &judge->subject.machine;
	uint64_t pfn;

	if (addr < machine->direct_map)
		return NULL;
	pfn = (addr - machine->direct_map) >> machine->page_shift;
	for (unsigned int i = first; i < machine->nr_zones; i++) {
		const struct kmc_zone *zone = &machine->zones[i];

		if (pfn >= zone->start_pfn && pfn - zone->start_pfn < zone->nr_pages)
			return zone;
	}
	return NULL;
}

const struct kmc_zone *kmc_zone_of(const struct kmc_judge *judge, uint64_t addr)
{
	return zone_from(judge, addr, 0);
}

bool kmc_zone_is_sure(const struct kmc_judge *judge, uint64_t addr)
{
	const struct kmc_zone *zone = kmc_zone_of(judge, addr);

	return zone && !zone_from(judge, addr,
				  (unsigned int)(zone - judge->subject.machine.zones) + 1);
}

bool kmc_has_zone(const struct kmc_judge *judge, unsigned int kind)
{
	const struct kmc_machine *machine = &judge->subject.machine;

	for (unsigned int i = 0; i < machine->nr_zones; i++)
		if (machine->zones[i].kind == kind)
			return true;
	return false;
}

bool kmc_has_low_zone(const struct kmc_judge *judge)
{
	return !judge->subject.machine.nr_zones || kmc_has_zone(judge, KMC_DMA) ||
	       kmc_has_zone(judge, KMC_DMA32) || kmc_has_zone(judge, KMC_NORMAL);
}
