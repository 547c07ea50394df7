/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Both sides before the oracle: the recorded kernel as the bare tracepoints it
 * was recorded by, our allocator as the calls that the replay made.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "exec/alloc_machine.h"
#include "replay.h"

/* HZ=100; the trace does not name its kernel's. */
#define LONGEST_TICK_NS 10000000u

static uint32_t shown_by_trace(const struct kmc_trace_facts *facts)
{
	uint32_t shows = KMC_SHOWS_ADDRESS | KMC_SHOWS_SIZE | KMC_SHOWS_GRANTED | KMC_SHOWS_GFP;

	if (facts->nr_caches)
		shows |= KMC_SHOWS_CACHES;
	if (facts->probe_state[KMC_PROBE_PAGE_ALLOC] == KMC_PROBE_ATTACHED &&
	    facts->probe_state[KMC_PROBE_PAGE_FREE] == KMC_PROBE_ATTACHED)
		shows |= KMC_SHOWS_PAGES;
	/* Frames against the recorded zones. */
	if (facts->machine.nr_zones && facts->machine.direct_map)
		shows |= KMC_SHOWS_NODE;
	return shows;
}

static int make_theirs(struct kmc_replay *replay)
{
	const struct kmc_trace_facts *facts = replay->facts;
	struct kmc_subject subject = { .machine = facts->machine, .bare = true,
				       .shows = shown_by_trace(facts) };
	int err;

	if (!strcmp(facts->clock, "coarse"))
		subject.clock_slack_ns = LONGEST_TICK_NS;

	snprintf(subject.name, sizeof(subject.name), "Linux %.44s, recorded",
		 facts->release[0] ? facts->release : "of unknown release");
	subject.edition = replay->options->run.edition ? replay->options->run.edition :
			  facts->machine.release ? facts->machine.release :
						   replay->machine.profile;
	err = kmc_judge_create(&subject, &replay->theirs_judge);
	for (size_t i = 0; !err && i < facts->nr_caches; i++)
		err = kmc_judge_cache(replay->theirs_judge, &facts->caches[i]);
	return err;
}

static int make_ours(struct kmc_replay *replay)
{
	struct kmc_subject subject = { .machine = replay->machine };
	char release[24];

	kmc_release_print(release, sizeof(release), replay->machine.profile);
	snprintf(subject.name, sizeof(subject.name), "alloc %s, replaying", release);
	subject.edition = replay->options->run.edition ? replay->options->run.edition :
							 replay->machine.profile;
	/* Frees are the recorded kernel's, so what is live at the end proves no leak. */
	subject.shows = KMC_SHOWS_ADDRESS | KMC_SHOWS_SIZE | KMC_SHOWS_GRANTED | KMC_SHOWS_CALLS |
			KMC_SHOWS_CACHES | KMC_SHOWS_PAGES | KMC_SHOWS_GFP;
	return kmc_judge_create(&subject, &replay->ours_judge);
}

int kmc_replay_judges(struct kmc_replay *replay)
{
	const struct kmc_run_options *run = &replay->options->run;
	int err = make_theirs(replay), status;

	if (!err)
		err = make_ours(replay);
	if (!err && run->document)
		err = kmc_judge_watch(replay->theirs_judge);
	if (!err && run->document)
		err = kmc_judge_watch(replay->ours_judge);
	if (err)
		return kmc_run_error(run, "cannot judge such a subject: %s", strerror(-err));
	status = kmc_run_accept(run, replay->theirs_judge);
	return status ? status : kmc_run_accept(run, replay->ours_judge);
}

void kmc_replay_judge_theirs(struct kmc_replay *replay, const struct kmc_record *records,
			     const uint16_t *cpus, int n, unsigned int marks)
{
	for (int done = 0; done < n;) {
		unsigned int nr = 0;

		for (; nr < KMC_THEIRS_AT_ONCE && done < n; nr++, done++) {
			struct kmc_event *ev = &replay->theirs_events[nr];

			kmc_record_to_event(replay->facts, &records[done], cpus[done], ev);
			ev->seq = ++replay->theirs_seq;
			ev->marks |= (uint16_t)marks;
		}
		if (kmc_judge_batch(replay->theirs_judge, replay->theirs_events, nr) < 0)
			replay->error = -ENOMEM;
	}
}

static uint64_t tracepoints_of(uint32_t probes)
{
	uint64_t mask = 0;

	for (unsigned int probe = 0; probe < KMC_NR_PROBES; probe++)
		if (probes & 1u << probe)
			mask |= 1ull << kmc_probe_tracepoint(probe);
	return probes >> KMC_NR_PROBES ? 0 : mask;
}

void kmc_replay_judge_gap(struct kmc_replay *replay, uint16_t cpu, uint64_t lost, uint32_t probes)
{
	struct kmc_event ev;

	kmc_event_init(&ev);
	ev.kind = KMC_EV_GAP;
	ev.seq = ++replay->theirs_seq;
	ev.cpu = cpu;
	ev.arg = lost;
	ev.size = tracepoints_of(probes);
	if (kmc_judge_event(replay->theirs_judge, &ev) < 0)
		replay->error = -ENOMEM;
}

/* Our caches are named by their class, which is a number like any other. */
void kmc_replay_judge_cache(struct kmc_replay *replay, uint16_t class)
{
	const struct kmc_class_facts *facts = &replay->classes.facts[class];
	struct kmc_cache_desc desc = replay->facts->caches[facts->cache];

	desc.id = class;
	desc.kmalloc = 0;
	desc.flags = (desc.flags & ~(uint64_t)KMC_CF_KMALLOC) | KMC_CF_NO_MERGE;
	kmc_alloc_describe_cache(facts->ours, &desc);
	if (kmc_judge_cache(replay->ours_judge, &desc))
		replay->error = -ENOMEM;
}
