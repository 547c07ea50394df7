/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmconform fuzz: start workers, hear them, look at what they found, until told to stop. */
#include <argp.h>
#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "campaign.h"
#include "kmc-version.h"

const char *argp_program_version = KMC_VERSION_LINE;

#define CANNOT 2
#define SHORTEST_SLICE 5.0
#define LONGEST_SLICE 300.0
#define RULES_EVERY 60.0
#define AFL_CRASHES_EVERY 5.0

enum { KEY_MINUTES = 0x100, KEY_SECONDS, KEY_WORKERS, KEY_LIBFUZZER, KEY_AFL, KEY_SEEDS, KEY_KNOWN,
       KEY_SLICE, KEY_MINIMIZE, KEY_COUNT, KEY_RULES };

static const struct argp_option table[] = {
	{ "dir", 'd', "FOLDER", 0, "The campaign's folder (default kmconform-campaign)", 0 },
	{ "minutes", KEY_MINUTES, "N", 0, "Stop after N minutes (default: never)", 0 },
	{ "seconds", KEY_SECONDS, "N", 0, "Stop after N seconds", 0 },
	{ "workers", KEY_WORKERS, "N", 0, "Engines at work at once (default: one a cpu)", 0 },
	{ "target", 't', "NAME", 0, "Only this target; may be given again", 0 },
	{ "libfuzzer", KEY_LIBFUZZER, "FOLDER", 0,
	  "Where libFuzzer's targets are (default: the build of preset fuzz beside this one)", 0 },
	{ "afl", KEY_AFL, "FOLDER", 0,
	  "Where AFL++'s targets are (default: the build of preset afl; \"none\" for either)", 0 },
	{ "seeds", KEY_SEEDS, "PATH", 0, "Programs to begin with; may be given again", 0 },
	{ "known", KEY_KNOWN, "FILE", 0, "Keys of findings that are no news", 0 },
	{ "slice", KEY_SLICE, "SECONDS", 0, "One turn of a worker on a target", 0 },
	{ "minimize-every", KEY_MINIMIZE, "MINUTES", 0,
	  "Minimise a target's corpus (default 60, 0 never)", 0 },
	{ "quiet", 'q', NULL, 0, "No progress", 0 },
	{ "rules-document", KEY_RULES, "FILE", OPTION_HIDDEN, NULL, 0 },
	{ "count-rules", KEY_COUNT, "FOLDER", OPTION_HIDDEN, NULL, 0 },
	{ 0 }
};

static double number(struct argp_state *state, const char *text, double min, const char *what)
{
	char *end;
	double value = strtod(text, &end);

	if (*end || end == text || !(value >= min) || value > 1e9)
		argp_error(state, "%s is no number for %s", text, what);
	return value;
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct kmc_campaign_options *o = state->input;

	switch (key) {
	case 'd':
		o->folder = arg;
		break;
	case KEY_MINUTES:
		o->seconds = number(state, arg, 0.01, "--minutes") * 60;
		break;
	case KEY_SECONDS:
		o->seconds = number(state, arg, 1, "--seconds");
		break;
	case KEY_WORKERS:
		o->nr_workers = (unsigned int)number(state, arg, 1, "--workers");
		if (o->nr_workers > KMC_MAX_WORKERS)
			argp_error(state, "at most %d workers", KMC_MAX_WORKERS);
		break;
	case 't':
		if (o->nr_only == KMC_MAX_TARGETS)
			argp_error(state, "too many targets");
		o->only[o->nr_only++] = arg;
		break;
	case KEY_LIBFUZZER:
		o->bin[KMC_LIBFUZZER] = strcmp(arg, "none") ? arg : NULL;
		break;
	case KEY_AFL:
		o->bin[KMC_AFL] = strcmp(arg, "none") ? arg : NULL;
		break;
	case KEY_SEEDS:
		if (o->nr_seeds == 16)
			argp_error(state, "too many seeds");
		o->seeds[o->nr_seeds++] = arg;
		break;
	case KEY_KNOWN:
		o->known = arg;
		break;
	case KEY_SLICE:
		o->slice = number(state, arg, 1, "--slice");
		break;
	case KEY_MINIMIZE:
		o->minimize_every = number(state, arg, 0, "--minimize-every") * 60;
		break;
	case KEY_RULES:
		o->rules_document = arg;
		break;
	case KEY_COUNT:
		exit(kmc_rules_count(arg, o->rules_document));
	case 'q':
		o->quiet = true;
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = table,
	.parser = parse,
	.doc = "Fuzz the allocator stack: workers run libFuzzer and AFL++ over all targets in turns, with "
	       "shared corpora. A finding is run again three times, made small, explained and kept "
	       "in a folder of its own with the command that reproduces it; from then on the "
	       "targets pass over it. The campaign may be stopped or killed at any moment: the "
	       "same command goes on with it, counters included.\v"
	       "kmconform fuzz --minutes 10 --dir campaign --seeds corpus/seeds\n\n"
	       "Exit status: 0 nothing new was found, 1 something was, 2 could not run.",
};

double kmc_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

/* targets */

static bool is_wanted(const struct kmc_campaign_options *o, const char *name)
{
	for (unsigned int i = 0; i < o->nr_only; i++)
		if (!strcmp(o->only[i], name))
			return true;
	return !o->nr_only;
}

/* Those of the program language; the readers' targets have other corpora. */
static bool is_reader(const char *name)
{
	return !strcmp(name, "program") || !strcmp(name, "trace") || !strcmp(name, "event_file") ||
	       !strcmp(name, "run_doc");
}

static void take_target(struct kmc_campaign *c, const char *name, enum kmc_engine engine)
{
	unsigned int i = 0;

	while (i < c->nr_targets && strcmp(c->targets[i].name, name))
		i++;
	if (i == KMC_MAX_TARGETS || strlen(name) >= sizeof(c->targets[i].name))
		return;
	if (i == c->nr_targets) {
		strcpy(c->targets[i].name, name);
		c->targets[i].minimized_at = kmc_now();
		c->nr_targets++;
	}
	c->targets[i].has[engine] = true;
}

static void find_targets(struct kmc_campaign *c, enum kmc_engine engine)
{
	struct dirent **names;
	char path[PATH_MAX];
	int nr;

	if (!c->options->bin[engine])
		return;
	nr = scandir(c->options->bin[engine], &names, NULL, alphasort);
	for (int i = 0; i < nr; i++) {
		const char *name = names[i]->d_name;

		snprintf(path, sizeof(path), "%s/%s", c->options->bin[engine], name);
		if (!strncmp(name, "fuzz_", 5) && !strchr(name, '.') && !access(path, X_OK) &&
		    !is_reader(name + 5) && is_wanted(c->options, name + 5))
			take_target(c, name + 5, engine);
		free(names[i]);
	}
	if (nr >= 0)
		free(names);
}

/* turns */

static unsigned int nr_jobs(const struct kmc_campaign *c)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < c->nr_targets; i++)
		nr += c->targets[i].has[KMC_LIBFUZZER] + c->targets[i].has[KMC_AFL];
	return nr;
}

/* With a limit each job has at least one turn, if that is possible at all. */
static double slice_of(const struct kmc_campaign *c)
{
	double slice = c->options->slice;

	if (slice > 0)
		return slice;
	if (!(c->options->seconds > 0))
		return LONGEST_SLICE;
	slice = c->options->seconds * c->options->nr_workers / nr_jobs(c);
	return slice < SHORTEST_SLICE ? SHORTEST_SLICE :
	       slice > LONGEST_SLICE  ? LONGEST_SLICE :
					slice;
}

/* Each target's jobs in turn: first all of one engine, then all of the other. */
static void next_job(struct kmc_campaign *c, struct kmc_worker *w)
{
	do {
		unsigned int job = c->next_job++ % (c->nr_targets * KMC_NR_ENGINES);

		w->engine = (enum kmc_engine)(job / c->nr_targets);
		w->target = job % c->nr_targets;
	} while (!c->targets[w->target].has[w->engine]);
}

static bool is_due_for_minimizing(const struct kmc_campaign *c, const struct kmc_target_state *t)
{
	return c->options->minimize_every > 0 && t->has[KMC_LIBFUZZER] && !t->users &&
	       kmc_now() - t->minimized_at > c->options->minimize_every;
}

static int start(struct kmc_campaign *c, struct kmc_worker *w)
{
	double end = c->options->seconds > 0 ? c->began + c->options->seconds : 0;

	for (unsigned int i = 0; i < c->nr_targets; i++)
		if (is_due_for_minimizing(c, &c->targets[i])) {
			w->target = i;
			return kmc_engine_start_merge(c, w);
		}
	/* One that stopped at a finding goes on where it was. */
	if (w->until - kmc_now() < 2)
		do {
			next_job(c, w);
			w->until = kmc_now() + slice_of(c);
		} while (c->targets[w->target].busy_minimizing);
	if (end > 0 && w->until > end)
		w->until = end;
	return kmc_engine_start(c, w);
}

static void end_worker(struct kmc_campaign *c, struct kmc_worker *w)
{
	bool at_once = kmc_now() - w->began < 1 && !w->stats.execs && !w->minimizing;

	kmc_engine_ended(c, w);
	kmc_findings_collect(c);
	/* An engine that cannot even begin is not started over and over. */
	if (at_once && !c->stopping) {
		fprintf(stderr, "kmconform fuzz: %s of %s ended at once; see logs/worker-%u.log\n",
			kmc_engine_names[w->engine], c->targets[w->target].name, w->number);
		c->targets[w->target].has[w->engine] = false;
		w->until = 0;
	}
}

/* the loop */

static volatile sig_atomic_t told_to_stop;

static void on_signal(int signal)
{
	(void)signal;
	told_to_stop = 1;
}

static void hear(struct kmc_campaign *c)
{
	struct pollfd fds[KMC_MAX_WORKERS];
	struct kmc_worker *of[KMC_MAX_WORKERS];
	nfds_t nr = 0;

	for (unsigned int i = 0; i < c->options->nr_workers; i++)
		if (c->workers[i].pid) {
			of[nr] = &c->workers[i];
			fds[nr++] = (struct pollfd){ .fd = c->workers[i].out, .events = POLLIN };
		}
	if (poll(fds, nr, 200) < 0 && errno != EINTR)
		told_to_stop = 1;
	for (nfds_t i = 0; i < nr; i++) {
		if (!kmc_engine_read(c, of[i]))
			end_worker(c, of[i]);
		else
			kmc_engine_look(c, of[i]);
	}
}

static bool time_is_up(const struct kmc_campaign *c)
{
	return told_to_stop ||
	       (c->options->seconds > 0 && kmc_now() - c->began >= c->options->seconds);
}

static unsigned int nr_busy(const struct kmc_campaign *c)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < c->options->nr_workers; i++)
		nr += c->workers[i].pid != 0;
	return nr;
}

static int start_idle(struct kmc_campaign *c)
{
	int err = 0;

	for (unsigned int i = 0; i < c->options->nr_workers && !err; i++)
		if (!c->workers[i].pid && nr_jobs(c))
			err = start(c, &c->workers[i]);
	if (!err && !nr_jobs(c) && !nr_busy(c))
		err = -ENOENT;
	return err;
}

/* Engines are given some seconds to write down what they have. */
static void stop_all(struct kmc_campaign *c)
{
	double until = kmc_now() + 10;

	c->stopping = true;
	for (unsigned int i = 0; i < c->options->nr_workers; i++)
		kmc_engine_stop(&c->workers[i]);
	while (nr_busy(c) && kmc_now() < until)
		hear(c);
	for (unsigned int i = 0; i < c->options->nr_workers; i++)
		if (c->workers[i].pid)
			kmc_engine_ended(c, &c->workers[i]);
	kmc_findings_collect(c);
	kmc_repair(c); /* who was told to stop may have been writing */
}

static int loop(struct kmc_campaign *c, const char *self)
{
	double crashes_at = 0;
	int err = 0;

	while (!err && !time_is_up(c)) {
		err = start_idle(c);
		hear(c);
		if (kmc_now() - crashes_at > AFL_CRASHES_EVERY) {
			kmc_findings_collect(c);
			crashes_at = kmc_now();
		}
		if (kmc_now() - c->counted_at > RULES_EVERY)
			kmc_rules_start(c, self);
		kmc_rules_read(c);
		kmc_progress(c, false);
		kmc_document_keep(c);
	}
	stop_all(c);
	return err;
}

/* beginning and end */

static void conclude(struct kmc_campaign *c, const char *self)
{
	double until = kmc_now() + 60;

	if (c->counting) /* one that began before the end does not count it */
		kill(c->counting, SIGKILL);
	while (c->counting)
		kmc_rules_read(c);
	kmc_rules_start(c, self);
	while (c->counting && kmc_now() < until && !(c->counting < 0)) {
		struct timespec tick = { 0, 20000000 };

		nanosleep(&tick, NULL);
		kmc_rules_read(c);
	}
	kmc_progress(c, true);
	kmc_document_write(c, true);
	kmc_history_session(c->history, c, true);
	printf("%u targets, %llu execs in this session, %llu new findings; %s/findings\n",
	       c->nr_targets, (unsigned long long)c->session_execs,
	       (unsigned long long)c->session_new, c->options->folder);
	for (unsigned int i = 0; i < c->nr_targets; i++)
		printf("  %-12s execs %llu  edges %llu  corpus %llu\n", c->targets[i].name,
		       (unsigned long long)c->targets[i].execs,
		       (unsigned long long)c->targets[i].edges,
		       (unsigned long long)c->targets[i].corpus);
}

static int campaign(struct kmc_campaign *c, const char *self)
{
	char path[PATH_MAX];
	unsigned int aside;
	int err;

	find_targets(c, KMC_LIBFUZZER);
	find_targets(c, KMC_AFL);
	if (!c->nr_targets) {
		fprintf(stderr, "kmconform fuzz: no targets in %s, nor in %s: build the presets fuzz "
				"and afl, or say --libfuzzer and --afl\n",
			c->options->bin[KMC_LIBFUZZER] ? c->options->bin[KMC_LIBFUZZER] : "none",
			c->options->bin[KMC_AFL] ? c->options->bin[KMC_AFL] : "none");
		return CANNOT;
	}
	err = kmc_folder_open(c);
	if (err)
		return CANNOT;
	aside = kmc_repair(c);
	if (aside)
		printf("%u damaged inputs were put aside\n", aside);
	if (kmc_import_seeds(c))
		return CANNOT;
	c->began = c->last_new = c->last_edge = kmc_now();
	c->sessions++;
	c->history = kmc_history_open(kmc_path(c, path, "history.sqlite"));
	kmc_history_session(c->history, c, false);
	if (c->sessions > 1)
		printf("going on: session %llu, %llu execs before\n",
		       (unsigned long long)c->sessions, (unsigned long long)c->execs);
	fflush(stdout);
	kmc_findings_collect(c); /* what an earlier session left */
	err = loop(c, self);
	conclude(c, self);
	kmc_history_close(c->history);
	if (err) {
		fprintf(stderr, "kmconform fuzz: %s\n",
			err == -ENOENT ? "no engine can be run" : strerror(-err));
		return CANNOT;
	}
	return c->session_new ? 1 : 0;
}

/* ".build/release/bin" beside which ".build/fuzz/bin" and ".build/afl/bin" are looked for. */
static void usual_places(struct kmc_campaign_options *o, const char *self)
{
	static char places[KMC_NR_ENGINES][PATH_MAX];
	static const char *const presets[KMC_NR_ENGINES] = { "fuzz", "afl" };
	char folder[PATH_MAX];
	char *slash;

	snprintf(folder, sizeof(folder), "%s", self);
	slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	for (unsigned int i = 0; i < KMC_NR_ENGINES; i++)
		if (snprintf(places[i], sizeof(places[i]), "%s/../../%s/bin", folder, presets[i]) <
			    (int)sizeof(places[i]) && !access(places[i], X_OK))
			o->bin[i] = places[i];
}

int main(int argc, char **argv)
{
	static struct kmc_campaign c;
	struct kmc_campaign_options options = { .folder = "kmconform-campaign",
						.minimize_every = 3600 };
	struct sigaction action = { .sa_handler = on_signal };
	char self[PATH_MAX] = "";
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return CANNOT;
	options.nr_workers = cpus < 1 ? 1 : cpus > KMC_MAX_WORKERS ? KMC_MAX_WORKERS :
								      (unsigned int)cpus;
	usual_places(&options, self);
	argp_err_exit_status = CANNOT;
	argp_parse(&argp, argc, argv, 0, NULL, &options);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	c.options = &options;
	for (unsigned int i = 0; i < KMC_MAX_WORKERS; i++)
		c.workers[i].number = i;
	return campaign(&c, self);
}
