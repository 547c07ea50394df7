/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Running programs on a target and feeding the judge: what `kmconform check`
 * does with each of its inputs.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include "check.h"
#include "event_list.h"
#include "kmc-version.h"
#include "vocab/event_digest.h"
#include "vocab/op.h"

/* One run of one program. */
struct run {
	struct kmc_check *check;
	struct kmc_judge *judge; /* NULL: a repetition */
	struct kmc_event_list *keep; /* --events: what to write */
	uint64_t digest, nr_events;
	uint64_t refused, skipped, misuse;
	int error;
};

static void on_event(void *arg, const struct kmc_event *ev)
{
	struct run *run = arg;

	run->nr_events++;
	run->digest = kmc_digest_event(run->digest, ev);
	if (!run->judge)
		return;
	run->refused += ev->outcome == KMC_OUT_REFUSED;
	run->skipped += ev->outcome == KMC_OUT_SKIPPED;
	run->misuse += ev->kind != KMC_EV_BEGIN && (ev->marks & KMC_MARK_MISUSE);
	if (run->keep && kmc_event_list_add(run->keep, ev))
		run->error = -ENOMEM;
	if (kmc_judge_event(run->judge, ev) < 0)
		run->error = -ENOMEM;
}

static void on_cache(void *arg, const struct kmc_cache_desc *cache)
{
	struct run *run = arg;

	if (!run->judge)
		return;
	if (kmc_judge_cache(run->judge, cache) ||
	    (run->keep && kmc_event_list_cache(run->keep, cache)))
		run->error = -ENOMEM;
}

static int make_judge(struct kmc_check *check, struct kmc_check_group *group,
		      const struct kmc_subject *subject, const char *path)
{
	const struct kmc_run_options *options = &check->options->run;
	int err = kmc_judge_create(subject, &group->judge);

	if (err)
		return kmc_run_error(options, "%s: %s", path,
				     err == -EINVAL ? "no such subject can be judged" :
						      strerror(-err));
	if (options->document && kmc_judge_watch(group->judge))
		return kmc_run_error(options, "out of memory");
	if (check->ktap)
		kmc_ktap_listen(check->ktap, group->judge);
	return kmc_run_accept(options, group->judge);
}

static struct kmc_check_group *group_find(struct kmc_check *check,
					  const struct kmc_machine *machine, uint32_t edition,
					  bool file)
{
	struct kmc_check_group *groups;

	for (size_t i = 0; i < check->nr_groups; i++) {
		struct kmc_check_group *g = &check->groups[i];

		if (g->file == file && g->edition == edition && g->judge &&
		    kmc_machine_equal(&g->machine, machine))
			return g;
	}
	groups = realloc(check->groups, (check->nr_groups + 1) * sizeof(*groups));
	if (!groups)
		return NULL;
	check->groups = groups;
	groups[check->nr_groups] = (struct kmc_check_group){ .machine = *machine,
							     .edition = edition,
							     .file = file };
	return &groups[check->nr_groups++];
}

static int open_target(struct kmc_check *check, struct kmc_check_group *group, const char *path)
{
	const struct kmc_check_options *options = check->options;
	struct kmc_target_config config = { .machine = group->machine,
					    .library = options->library,
					    .flags = options->flags };
	struct kmc_subject subject = { .edition = group->edition };
	char error[256] = "";
	int err = options->target->open(&config, &group->target, error, sizeof(error));

	if (err)
		return kmc_run_error(&options->run, "%s: %s", path,
				     *error ? error : strerror(-err));
	group->target->ops->caps(group->target, &group->caps);
	snprintf(subject.name, sizeof(subject.name), "%s", group->caps.name);
	subject.machine = group->caps.machine;
	subject.shows = group->caps.shows;
	subject.disclaims = group->caps.disclaims;
	return make_judge(check, group, &subject, path);
}

static struct kmc_check_group *group_for_program(struct kmc_check *check,
						 const struct kmc_program *program,
						 const char *path)
{
	uint32_t edition = check->options->run.edition ? check->options->run.edition :
							 program->edition;
	struct kmc_check_group *group = group_find(check, &program->machine, edition, false);

	if (!group) {
		kmc_run_error(&check->options->run, "out of memory");
		return NULL;
	}
	if (!group->judge && open_target(check, group, path))
		return NULL;
	if (group->used)
		kmc_judge_reset(group->judge);
	group->used = true;
	return group;
}

static int run_once(struct kmc_check *check, struct kmc_check_group *group,
		    const struct kmc_program *program, struct run *run)
{
	struct kmc_sink sink = { .arg = run, .event = on_event, .cache = on_cache };
	int err;

	run->check = check;
	run->digest = KMC_DIGEST_START;
	err = group->target->ops->reset(group->target);
	if (!err)
		err = kmc_target_run(group->target, program->ops, program->nr_ops, &sink,
				     check->options->timeout_ms);
	check->runs++;
	return err ? err : run->error;
}

static int state_hash(struct kmc_check_group *group, uint64_t *hash)
{
	int err = group->target->ops->hash(group->target, hash);

	if (err)
		*hash = 0;
	return err;
}

/* Every further run must give the events and the final state of the first. */
static int repeat(struct kmc_check *check, struct kmc_check_group *group,
		  const struct kmc_program *program, const char *path, const struct run *first,
		  uint64_t first_hash)
{
	const struct kmc_run_options *options = &check->options->run;

	for (uint64_t i = 1; i < check->options->repeat; i++) {
		struct run again = { 0 };
		uint64_t hash;
		int err = run_once(check, group, program, &again);

		if (err)
			return kmc_run_error(options, "%s: run %" PRIu64 ": %s", path, i + 1,
					     strerror(-err));
		state_hash(group, &hash);
		if (kmc_check_keep(check))
			return KMC_EXIT_CANNOT;
		if (group->caps.deterministic &&
		    (again.digest != first->digest || hash != first_hash))
			return kmc_run_error(options,
					     "%s: run %" PRIu64 " differs from the first in its %s",
					     path, i + 1, again.digest != first->digest ?
					     "events" : "final state");
	}
	return 0;
}

static int write_events(struct kmc_check *check, const struct kmc_check_group *group,
			const struct kmc_event_list *list)
{
	const struct kmc_check_options *options = check->options;
	int err;

	if (!options->events_name)
		return 0;
	err = kmc_event_list_write(list, options->events_name, &group->caps.machine,
				   group->edition);
	return err ? kmc_run_error(&options->run, "%s: %s", options->events_name,
				   strerror(-err)) : 0;
}

static void count_run(struct kmc_check *check, const struct kmc_program *program,
		      const struct run *run)
{
	check->programs++;
	check->ops += program->nr_ops;
	check->events += run->nr_events;
	check->refused += run->refused;
	check->skipped += run->skipped;
	check->misuse += run->misuse;
}

static int run_and_judge(struct kmc_check *check, struct kmc_check_group *group,
			 const struct kmc_program *program, const char *path, struct run *run)
{
	const struct kmc_check_options *options = check->options;
	uint64_t hash;
	int err;

	run->judge = group->judge;
	err = run_once(check, group, program, run);
	if (!err && kmc_judge_finish(group->judge) < 0)
		err = -ENOMEM;
	if (err)
		return kmc_run_error(&options->run, "%s: %s", path, strerror(-err));
	count_run(check, program, run);
	err = state_hash(group, &hash);
	if (options->hash)
		printf("hash %s events %016" PRIx64 " state %016" PRIx64 "%s\n", path,
		       run->digest, hash,
		       group->caps.deterministic && !err ? "" : " (not comparable)");
	if (options->events_name && write_events(check, group, run->keep))
		return KMC_EXIT_CANNOT;
	return repeat(check, group, program, path, run, hash);
}

static int run_program(struct kmc_check *check, const struct kmc_program *program,
		       const char *path)
{
	struct kmc_check_group *group = group_for_program(check, program, path);
	struct kmc_event_list list = { 0 };
	struct run run = { .keep = check->options->events_name ? &list : NULL };
	int status;

	if (!group)
		return KMC_EXIT_CANNOT;
	status = run_and_judge(check, group, program, path, &run);
	kmc_event_list_free(&list);
	return status;
}

static int feed_file(struct kmc_check_group *group, const struct kmc_event_file *file)
{
	for (size_t i = 0; i < file->nr_caches; i++)
		if (kmc_judge_cache(group->judge, &file->caches[i]))
			return -ENOMEM;
	for (size_t i = 0; i < file->nr_events; i++)
		if (kmc_judge_event(group->judge, &file->events[i]) < 0)
			return -ENOMEM;
	return kmc_judge_finish(group->judge) < 0 ? -ENOMEM : 0;
}

/* Areas and grace periods are not in every subject's reach: one that has them shows it. */
static uint32_t shown_by_call(const struct kmc_event *ev)
{
	const struct kmc_op_desc *desc = ev->kind <= KMC_EV_CALL ? kmc_op_desc(ev->what) : NULL;

	if (ev->kind == KMC_EV_EFFECT && ev->what == KMC_EFF_CHARGED)
		return KMC_SHOWS_CHARGES;
	if (!desc || ev->marks & KMC_MARK_MISUSE)
		return 0;
	if (ev->outcome == KMC_OUT_VALUE &&
	    (desc->family == KMC_OPF_VMALLOC || desc->family == KMC_OPF_KVMALLOC))
		return KMC_SHOWS_VMALLOC;
	if (ev->outcome == KMC_OUT_REFUSED || ev->outcome == KMC_OUT_SKIPPED)
		return 0;
	return desc->family == KMC_OPF_RCU || (ev->what >= KMC_OP_KFREE_RCU &&
					       ev->what <= KMC_OP_KVFREE_RCU_MIGHTSLEEP) ?
		       KMC_SHOWS_RCU : 0;
}

/* What a file of events shows: calls or bare tracepoints, and all that its events say. */
static void subject_of_file(struct kmc_subject *subject, const struct kmc_event_file *file)
{
	bool calls = false;

	for (size_t i = 0; i < file->nr_events && !calls; i++)
		calls = file->events[i].kind <= KMC_EV_CALL;
	subject->bare = !calls;
	subject->shows = KMC_SHOWS_ADDRESS | KMC_SHOWS_SIZE | KMC_SHOWS_GRANTED |
			 KMC_SHOWS_CACHES | KMC_SHOWS_PAGES | KMC_SHOWS_GFP;
	if (calls)
		subject->shows |= KMC_SHOWS_CALLS | KMC_SHOWS_EVERY_FREE | KMC_SHOWS_CONTENT |
				  KMC_SHOWS_CONTEXT | KMC_SHOWS_EFFECTS | KMC_SHOWS_VALUES |
				  KMC_SHOWS_NODE;
	/* An imitation says what its machine is in, and who pays. */
	if (calls && file->machine->profile)
		subject->shows |= KMC_SHOWS_STATE;
	if (calls && file->machine->options & KMC_MO_memcg)
		subject->shows |= KMC_SHOWS_CHARGES;
	for (size_t i = 0; calls && i < file->nr_events; i++)
		subject->shows |= shown_by_call(&file->events[i]);
}

static int judge_events(struct kmc_check *check, const struct kmc_event_file *file,
			const char *path)
{
	const struct kmc_run_options *options = &check->options->run;
	uint32_t edition = options->edition ? options->edition : file->edition;
	struct kmc_check_group *group = group_find(check, file->machine, edition, true);
	struct kmc_subject subject = { .machine = *file->machine, .edition = edition };

	if (!group)
		return kmc_run_error(options, "out of memory");
	subject_of_file(&subject, file);
	snprintf(subject.name, sizeof(subject.name), "events%s", subject.bare ? ", bare" : "");
	if (!group->judge && make_judge(check, group, &subject, path))
		return KMC_EXIT_CANNOT;
	if (group->used)
		kmc_judge_reset(group->judge);
	group->used = true;
	check->event_files++;
	check->events += file->nr_events;
	return feed_file(group, file) ? kmc_run_error(options, "%s: out of memory", path) : 0;
}

static int check_events(struct kmc_check *check, const char *path)
{
	const struct kmc_run_options *options = &check->options->run;
	struct kmc_event_file file;
	char error[512] = "";
	FILE *in = fopen(path, "r");
	int err, status;

	if (!in)
		return kmc_run_error(options, "%s: %s", path, strerror(errno));
	err = kmc_event_file_read(in, path, &file, error, sizeof(error));
	fclose(in);
	if (err)
		return *error ? kmc_run_error(options, "%s", error) :
				kmc_run_error(options, "%s: %s", path, strerror(-err));
	status = judge_events(check, &file, path);
	kmc_event_file_free(&file);
	return status;
}

static int check_program(struct kmc_check *check, const char *path)
{
	const struct kmc_run_options *options = &check->options->run;
	struct kmc_program program;
	char error[512] = "";
	int err, status;

	kmc_program_init(&program);
	err = kmc_program_read(&program, path, error, sizeof(error));
	if (err)
		status = *error ? kmc_run_error(options, "%s", error) :
				  kmc_run_error(options, "%s: %s", path, strerror(-err));
	else
		status = run_program(check, &program, path);
	kmc_program_free(&program);
	return status;
}

static bool has_suffix(const char *path, const char *suffix)
{
	size_t n = strlen(path), m = strlen(suffix);

	return n >= m && !strcmp(path + n - m, suffix);
}

int kmc_check_input(struct kmc_check *check, const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return kmc_run_error(&check->options->run, "%s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return kmc_run_error(&check->options->run,
				     "%s: is a directory; name the programs in it", path);
	if (S_ISREG(st.st_mode) && !st.st_size)
		return kmc_run_error(&check->options->run, "%s: empty file", path);
	return has_suffix(path, ".ev") ? check_events(check, path) : check_program(check, path);
}

void kmc_check_free(struct kmc_check *check)
{
	for (size_t i = 0; i < check->nr_groups; i++) {
		kmc_judge_destroy(check->groups[i].judge);
		if (check->groups[i].target)
			check->groups[i].target->ops->close(check->groups[i].target);
	}
	free(check->groups);
}
