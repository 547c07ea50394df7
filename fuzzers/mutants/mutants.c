/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kmconform mutants: every planted fault against the rules that must catch it. */
#include <argp.h>
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "kmc-version.h"
#include "options/options.h"
#include "harvest.h"
#include "reduce.h"
#include "side_by_side.h"

const char *argp_program_version = KMC_VERSION_LINE;

#define BELOW  1
#define CANNOT 2
#define MAX_JOBS 64

struct arguments {
	struct campaign_wish wish;
	const char *json, *tests;
	const char *programs, *seeds; /* folders: programs of rules, to begin from */
	const char *only[MAX_FAULTS];
	size_t nr_only;
	double percent;
	unsigned int workers; /* reduce: that find each fault; 0 none */
	unsigned int jobs;    /* faults at once */
	bool list, quiet;
};

enum { KEY_JSON = 0x100, KEY_TESTS, KEY_TIME, KEY_PERCENT, KEY_LIST, KEY_REDUCE, KEY_PROGRAMS, KEY_SEEDS };

static const struct argp_option options[] = {
	{ "executions", 'n', "N", 0, "At most N programs for a fault (default 200000)", 0 },
	{ "time", KEY_TIME, "SECONDS", 0, "At most so long for a fault (default 60; 0 no limit)", 0 },
	{ "seed", 's', "N", 0, "The first program's seed (default 1)", 0 },
	{ "fault", 'f', "NAME", 0, "This fault only (more than once: these)", 0 },
	{ "jobs", 'j', "N", 0, "So many faults at once (default 1)", 0 },
	{ "tests", KEY_TESTS, "FOLDER", 0, "Run the folder's test_alloc_* with each fault as well", 0 },
	{ "reduce", KEY_REDUCE, "WORKERS", OPTION_ARG_OPTIONAL,
	  "Make first findings small, and compare the keys of so many workers (default 1)", 0 },
	{ "programs", KEY_PROGRAMS, "FOLDER", 0,
	  "Instead: search for the programs of rules that the folder (corpus/rules) lacks; with "
	  "--fault for those alone that break a rule by it", 0 },
	{ "seeds", KEY_SEEDS, "FOLDER", 0, "That search begins from the programs there as well", 0 },
	{ "minimum", KEY_PERCENT, "PERCENT", 0, "Of faults that must be caught (default 95)", 0 },
	{ "json", KEY_JSON, "FILE", 0, "Write the score there as well", 0 },
	{ "list", KEY_LIST, NULL, 0, "List the faults and their rules", 0 },
	{ "quiet", 'q', NULL, 0, "Survivors and the score only", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'n': a->wish.executions = (uint64_t)kmc_option_real(state, arg, 0, 1e12, "--executions"); break;
	case 's': a->wish.seed = kmc_option_number(state, arg, 0, 1000000000000, "--seed"); break;
	case 'j': a->jobs = (unsigned int)kmc_option_number(state, arg, 1, MAX_JOBS, "--jobs"); break;
	case KEY_TIME: a->wish.seconds = kmc_option_real(state, arg, 0, 1e9, "--time"); break;
	case KEY_PERCENT: a->percent = kmc_option_real(state, arg, 0, 100, "--minimum"); break;
	case KEY_JSON: a->json = arg; break;
	case KEY_TESTS: a->tests = arg; break;
	case KEY_PROGRAMS: a->programs = arg; break;
	case KEY_SEEDS: a->seeds = arg; break;
	case KEY_LIST: a->list = true; break;
	case KEY_REDUCE:
		a->workers = arg ? (unsigned int)kmc_option_number(state, arg, 0, MAX_WORKERS, "--reduce") : 1;
		break;
	case 'q': a->quiet = true; break;
	case 'f':
		if (a->nr_only < MAX_FAULTS)
			a->only[a->nr_only++] = arg;
		break;
	case ARGP_KEY_ARG: argp_error(state, "what is %s?", arg); break;
	case ARGP_KEY_END:
		if (a->programs && a->jobs > 1)
			argp_error(state, "--programs searches one after another: no --jobs");
		break;
	default: return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static int is_test(const struct dirent *entry)
{
	return !strncmp(entry->d_name, "test_alloc_", 11) && !strstr(entry->d_name, "stress") &&
	       !strstr(entry->d_name, "threads");
}

/* The name of a test that fails is added. */
static void run_test(const char *folder, const char *name, struct mutant *m)
{
	char command[1024];
	int status;

	snprintf(command, sizeof(command), "timeout 20 '%s/%s' >/dev/null 2>&1", folder, name);
	status = system(command);
	if (!status || (WIFEXITED(status) && WEXITSTATUS(status) == 77))
		return;
	if (strlen(m->tests) + strlen(name) + 2 < sizeof(m->tests)) {
		strcat(m->tests, *m->tests ? " " : "");
		strcat(m->tests, name + 11);
	}
}

static int run_tests(const char *folder, struct mutant *m)
{
	struct dirent **entries;
	int nr = scandir(folder, &entries, is_test, alphasort);

	if (nr <= 0) {
		fprintf(stderr, "kmconform mutants: no test_alloc_* in %s\n", folder);
		return -ENOENT;
	}
	setenv("KMC_PLANTED", m->fault.name, 1);
	for (int i = 0; i < nr; i++) {
		run_test(folder, entries[i]->d_name, m);
		free(entries[i]);
	}
	free(entries);
	unsetenv("KMC_PLANTED");
	m->tested = true;
	return 0;
}

static bool wanted(const struct arguments *a, const struct fault *fault)
{
	for (size_t i = 0; i < a->nr_only; i++)
		if (!strcmp(a->only[i], fault->name))
			return true;
	return !a->nr_only;
}

/* all of them */

struct progress {
	const struct arguments *a;
	struct mutant *mutants;
	size_t nr, caught, survived;
};

static int run_one(void *arg, size_t i)
{
	struct progress *p = arg;
	struct mutant *m = &p->mutants[i];
	int err = campaign_run(&p->a->wish, &m->fault, &m->run);

	if (!err && p->a->tests)
		err = run_tests(p->a->tests, m);
	if (err)
		fprintf(stderr, "kmconform mutants: %s: %s\n", m->fault.name, strerror(-err));
	return err;
}

static void tell_one(void *arg, size_t i)
{
	struct progress *p = arg;
	const struct mutant *m = &p->mutants[i];

	*(m->run.rule >= 0 ? &p->caught : &p->survived) += 1;
	if (!p->a->quiet || m->run.rule < 0)
		score_line(stdout, m);
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%zu of %zu, %zu survived ", i + 1, p->nr, p->survived);
	fflush(stdout);
}

static int run_all(const struct arguments *a, struct mutant *mutants, size_t nr)
{
	struct progress p = { .a = a, .mutants = mutants, .nr = nr };
	struct side_by_side all = { .work = run_one, .done = tell_one, .arg = &p };

	if (side_by_side(&all, nr, a->jobs))
		return CANNOT;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%40s\r", "");
	if (!a->quiet)
		score_rules(stdout, mutants, nr);
	score_others(stdout, mutants, nr);
	printf("%zu of %zu faults caught by a rule of their list (%.1f %%)\n", p.caught, nr,
	       100.0 * (double)p.caught / (double)nr);
	return 100.0 * (double)p.caught >= a->percent * (double)nr ? 0 : BELOW;
}

static size_t choose(const struct arguments *a, struct mutant *mutants)
{
	static struct fault faults[MAX_FAULTS];
	int there = faults_load(faults);
	size_t nr = 0;

	if (there < 0)
		exit(CANNOT);
	if (!there)
		fprintf(stderr, "kmconform mutants: this build has no faults; configure with "
				"-DKMC_PLANTED_FAULTS=ON (preset faults)\n");
	for (int i = 0; i < there; i++)
		if (wanted(a, &faults[i]))
			mutants[nr++].fault = faults[i];
	if (there && (!nr || (a->nr_only && nr < a->nr_only))) {
		fprintf(stderr, "kmconform mutants: no such fault; see --list\n");
		exit(CANNOT);
	}
	return nr;
}

static int reduce(const struct arguments *a, const struct mutant *mutants, size_t nr, int status)
{
	size_t bytes = nr * a->workers * sizeof(struct reduced);
	struct reduced *found = side_by_side_room(bytes);
	int err = found ? reduce_all(&a->wish, a->workers, a->jobs, mutants, nr, found) : -ENOMEM;

	if (err) {
		fprintf(stderr, "kmconform mutants: %s\n", strerror(-err));
		status = CANNOT;
	} else if (!reduce_report(stdout, mutants, nr, a->workers, found, a->quiet)) {
		status = BELOW;
	}
	side_by_side_drop(found, bytes);
	return status;
}

#define LEGAL_PROGRAMS 600
#define WRONG_PROGRAMS 2500

static int search(const struct arguments *a, const struct mutant *mutants, size_t nr)
{
	static struct fault faults[MAX_FAULTS];
	struct harvest_wish wish = { .faults = a->wish, .rounds = 3, .folder = a->programs,
				     .seeds = a->seeds, .quiet = a->quiet };
	int err;

	if (!a->nr_only) {
		wish.legal = LEGAL_PROGRAMS;
		wish.wrong = WRONG_PROGRAMS;
	}

	for (size_t i = 0; i < nr; i++)
		faults[i] = mutants[i].fault;
	err = harvest(&wish, faults, nr);
	if (!err)
		return 0;
	fprintf(stderr, "kmconform mutants: %s: %s\n", a->programs, strerror(-err));
	return CANNOT;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		.options = options,
		.parser = parse,
		.doc = "Run random legal programs against each planted fault of the allocator, and "
		       "say which rule of the fault's list catches it.\vExit status: 0 enough were "
		       "caught, 1 fewer, 2 could not run.",
	};
	struct mutant *mutants = side_by_side_room(MAX_FAULTS * sizeof(*mutants));
	struct arguments a = { .wish = { .seed = 1, .executions = 200000, .seconds = 60 },
			       .jobs = 1, .percent = 95 };
	int status;
	size_t nr;

	argp_err_exit_status = CANNOT;
	argp_parse(&argp, argc, argv, 0, NULL, &a);
	if (!mutants) {
		fprintf(stderr, "kmconform mutants: out of memory\n");
		return CANNOT;
	}
	nr = choose(&a, mutants);
	if (!nr)
		return CANNOT;
	if (a.list) {
		for (size_t i = 0; i < nr; i++)
			printf("%-26s %s\n%27s%s\n", mutants[i].fault.name, mutants[i].fault.summary,
			       "", mutants[i].fault.rules);
		return 0;
	}
	if (a.programs)
		return search(&a, mutants, nr);
	status = run_all(&a, mutants, nr);
	if (a.workers && status != CANNOT)
		status = reduce(&a, mutants, nr, status);
	if (a.json && status != CANNOT && score_json(a.json, &a.wish, mutants, nr)) {
		fprintf(stderr, "kmconform mutants: %s: cannot write\n", a.json);
		return CANNOT;
	}
	return status;
}
