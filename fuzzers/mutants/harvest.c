/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Programs of the rules: searched for, reduced, seen to do what their names say, written. */
#include "harvest.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "exec/planted_faults.h"
#include "fuzz/body.h"
#include "generate/generate.h"
#include "minimize/minimize.h"
#include "mutate/mutate.h"
#include "oracle/judge.h"
#include "oracle/related.h"

#define SECONDS_A_PROGRAM 10
#define SECONDS_TO_REDUCE 120
#define MOST_RUNS	  4000
#define FEWER_RUNS	  600
#define SMALL		  4   /* ops that need no reducing */
#define MOST_TRIES	  6   /* reductions for one rule with one fault */
#define MOST_DEATHS	  60
#define MOST_SEEDS	  2048
#define NEIGHBOURS	  400 /* mutations tried for a program that does not concern a rule */

/* Of this process, so that a busy machine finds as much. */
static double cpu_time(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A program that takes longer ends the process. */
static void limit(time_t seconds)
{
	struct itimerval timer = { .it_value = { .tv_sec = seconds } };

	setitimer(ITIMER_PROF, &timer, NULL);
}

/* files */

static void path_of(char *path, size_t size, const char *folder, int rule, const char *kind)
{
	const char *id = kmc_rule_at((size_t)rule)->id;

	snprintf(path, size, "%s/%.*s/%s.%s.op", folder, (int)strcspn(id, "-"), id, id, kind);
}

static bool is_there(const char *folder, int rule, const char *kind)
{
	char path[4096];

	path_of(path, sizeof(path), folder, rule, kind);
	return !access(path, R_OK);
}

/* A comment, in lines of at most 100 columns. */
static void comment(FILE *out, const char *text)
{
	while (*text) {
		size_t len = strlen(text);

		if (len > 98)
			for (len = 98; len && text[len] != ' '; len--)
				;
		if (!len)
			len = strcspn(text, " ");
		fprintf(out, "# %.*s\n", (int)len, text);
		text += len;
		text += strspn(text, " ");
	}
}

static int write_program(const char *folder, int rule, const char *kind, const char *fault,
			 const struct kmc_program *program)
{
	const struct kmc_rule *r = kmc_rule_at((size_t)rule);
	char path[4096], says[1024], *text = kmc_program_to_text(program), *slash;
	const char *body = text ? strchr(text, '\n') : NULL;
	int err = body ? 0 : -ENOMEM;
	FILE *out;

	if (err)
		return err;
	path_of(path, sizeof(path), folder, rule, kind);
	slash = strrchr(path, '/');
	*slash = '\0';
	mkdir(path, 0777);
	*slash = '/';
	out = fopen(path, "w");
	if (!out) {
		err = -errno;
		free(text);
		return err;
	}
	fprintf(out, "%.*s\n", (int)(body - text), text);
	if (fault)
		fprintf(out, "# fault: %s\n", fault);
	snprintf(says, sizeof(says), "%s is %s: %s.", r->id,
		 !strcmp(kind, "keep") ? "kept" : !strcmp(kind, "break") ? "broken" : "not concerned",
		 r->statement);
	comment(out, says);
	fputs(body + 1, out);
	free(text);
	return fclose(out) ? -errno : 0;
}

/* what a run did, on a judge that has seen it alone */

struct goal {
	enum { KEEP, BREAK, NONE } kind;
	int rule;
};

static bool holds(void *holder, const struct kmc_rig *rig, const struct kmc_rig_run *run)
{
	const struct goal *goal = holder;
	struct kmc_rule_result result;

	/* Each release by its own texts. */
	if (rig->edition != KMC_SERIES(rig->machine.profile))
		return false;
	if (run->error || run->refused || run->skipped || (goal->kind != BREAK && run->misuse))
		return false;
	for (size_t i = 0; i < kmc_judge_finding_count(rig->judge); i++)
		if (goal->kind != BREAK ||
		    !kmc_rule_belongs(goal->rule, kmc_judge_finding(rig->judge, i)->rule))
			return false;
	kmc_judge_result(rig->judge, (size_t)goal->rule, &result);
	switch (goal->kind) {
	case KEEP: return result.state == KMC_RULE_PASS;
	case BREAK: return result.state == KMC_RULE_VIOLATED;
	default: return result.state == KMC_RULE_UNEXERCISED;
	}
}

static bool does(struct kmc_rigs *rigs, const struct kmc_program *program, struct goal goal)
{
	struct kmc_rig_run run;
	struct kmc_rig *rig;
	char error[256];

	if (!program->nr_ops ||
	    kmc_rigs_take(rigs, &program->machine, program->edition, &rig, error, sizeof(error)) ||
	    kmc_rig_fresh_judge(rig))
		return false;
	kmc_rig_run(rig, program->ops, program->nr_ops, &run);
	return holds(&goal, rig, &run);
}

static bool copy(struct kmc_program *to, const struct kmc_program *from)
{
	to->machine = from->machine;
	to->edition = from->edition;
	to->nr_ops = 0;
	for (size_t i = 0; i < from->nr_ops; i++)
		if (kmc_program_add(to, &from->ops[i]))
			return false;
	return true;
}

/* The usual machine: of the newest release; of the same release; with a program's options too. */
static void usual_machine(struct kmc_program *program, unsigned int like, uint32_t options)
{
	struct kmc_machine *m = &program->machine;
	uint32_t profile = m->profile;

	kmc_machine_default(m);
	if (like)
		m->profile = profile;
	if (like > 1)
		m->options = options;
	program->edition = KMC_SERIES(m->profile);
}

/* Of slots: those that the ops so far name. */
struct slots {
	bool in[KMC_NR_SLOTS];
};

static void name_slot(struct slots *slots, uint16_t slot)
{
	if (slot < KMC_NR_SLOTS)
		slots->in[slot] = true;
}

static bool names(const struct slots *slots, uint16_t slot)
{
	return slot < KMC_NR_SLOTS && slots->in[slot];
}

/*
 * Op @at with what it has its operands from, and what is done to these afterwards; the ops that need
 * no slot and set the stage (failures, pressure, settings) as @stage wants.
 */
static bool slice(struct kmc_program *to, const struct kmc_program *from, size_t at, bool stage)
{
	static struct slots slots;
	bool *taken = calloc(from->nr_ops, sizeof(*taken)), good = taken != NULL;

	memset(&slots, 0, sizeof(slots));
	for (size_t i = at + 1; good && i-- > 0;) {
		const struct kmc_op *op = &from->ops[i];

		taken[i] = i == at || names(&slots, op->dst) ||
			   (stage && op->dst == KMC_NO_SLOT && op->src == KMC_NO_SLOT);
		if (!taken[i])
			continue;
		name_slot(&slots, op->dst);
		name_slot(&slots, op->src);
		name_slot(&slots, op->third);
	}
	for (size_t i = at + 1; good && i < from->nr_ops; i++)
		taken[i] = names(&slots, from->ops[i].src) && from->ops[i].dst == KMC_NO_SLOT;
	to->machine = from->machine;
	to->edition = from->edition;
	to->nr_ops = 0;
	for (size_t i = 0; good && i < from->nr_ops; i++)
		good = !taken[i] || !kmc_program_add(to, &from->ops[i]);
	free(taken);
	return good;
}

/* After which op is the rule passed or broken first? */
static size_t first_op(struct kmc_rigs *rigs, const struct kmc_program *program, const struct goal *goal)
{
	struct kmc_rule_result result;
	struct kmc_rig_run run;
	struct kmc_rig *rig;
	char error[256];
	size_t i = 0;

	if (kmc_rigs_take(rigs, &program->machine, program->edition, &rig, error, sizeof(error)) ||
	    kmc_rig_fresh_judge(rig))
		return program->nr_ops;
	kmc_rig_reset(rig, &run);
	for (; i < program->nr_ops && !run.error; i++) {
		kmc_rig_step(rig, &program->ops[i], &run);
		kmc_judge_result(rig->judge, (size_t)goal->rule, &result);
		if (goal->kind == KEEP ? result.passed : result.violated)
			break;
	}
	kmc_rig_finish(rig, &run);
	return i;
}

/* Make small what does it; false: there is nothing that does. */
static bool reduce(struct kmc_rigs *rigs, struct kmc_program *program, struct goal *goal)
{
	struct kmc_minimize_wish wish = { .holds = holds, .holder = goal, .max_runs = MOST_RUNS };
	struct kmc_minimized result;
	struct kmc_program trial;
	size_t at = first_op(rigs, program, goal);
	char error[256];
	bool sliced = false;

	kmc_program_init(&trial);
	for (unsigned int stage = 0; stage < 2 && !sliced && at < program->nr_ops; stage++) {
		for (unsigned int i = 0; i < 4 && !sliced && slice(&trial, program, at, stage); i++) {
			if (i < 3)
				usual_machine(&trial, i, program->machine.options);
			sliced = does(rigs, &trial, *goal);
		}
	}
	if (sliced)
		sliced = copy(program, &trial);
	kmc_program_free(&trial);
	if (!sliced)
		wish.max_runs = FEWER_RUNS;
	return !kmc_minimize(rigs, program, &wish, &result, error, sizeof(error));
}

/* programs to begin from */

struct pool {
	struct kmc_program programs[MOST_SEEDS];
	int rule[MOST_SEEDS]; /* that the file's name begins with; -1 none */
	size_t nr;
	struct kmc_mutator *mutator;
	struct kmc_program mutant;
};

static int rule_of(const char *name)
{
	char id[32];

	snprintf(id, sizeof(id), "%.*s", (int)strcspn(name, "."), name);
	return kmc_rule_find(id);
}

static void pool_read(struct pool *pool, const char *folder)
{
	struct dirent **entries;
	int nr = folder ? scandir(folder, &entries, NULL, alphasort) : -1;

	for (int i = 0; i < nr; i++) {
		size_t len = strlen(entries[i]->d_name);
		char path[4096], error[512];

		snprintf(path, sizeof(path), "%s/%s", folder, entries[i]->d_name);
		kmc_program_init(&pool->programs[pool->nr]);
		if (entries[i]->d_name[0] != '.' && len > 3 &&
		    !strcmp(entries[i]->d_name + len - 3, ".op") && pool->nr + 1 < MOST_SEEDS &&
		    !kmc_program_read(&pool->programs[pool->nr], path, error, sizeof(error)))
			pool->rule[pool->nr++] = rule_of(entries[i]->d_name);
		else if (entries[i]->d_name[0] != '.' && !strchr(entries[i]->d_name, '.'))
			pool_read(pool, path);
		free(entries[i]);
	}
	if (nr >= 0)
		free(entries);
}

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 31) * 0x9e3779b97f4a7c15ull;
	return x ^ x >> 29;
}

static const struct kmc_program *pool_mutant(struct pool *pool, uint64_t seed)
{
	uint64_t x = mix(seed + 1);

	if (!pool->nr || !copy(&pool->mutant, &pool->programs[x % pool->nr]))
		return NULL;
	for (unsigned int i = 0; i < 1 + (x >> 32) % 4; i++)
		kmc_mutate_once(pool->mutator, &pool->mutant, &pool->programs[(x >> 8) % pool->nr],
				(enum kmc_mutation)((x >> (36 + 4 * i)) % KMC_NR_MUTATIONS), mix(x + i));
	pool->mutant.edition = KMC_SERIES(pool->mutant.machine.profile);
	return &pool->mutant;
}

/* breaks by a fault, in a process that may die */

struct shared {
	uint64_t next, written;
	double seconds; /* of the processes so far */
	size_t seed; /* program of the pool that is tried next: the nearest first */
	unsigned int deaths;
	uint8_t tries[MAX_RULES];
};

struct breaking {
	const struct harvest_wish *wish;
	const struct fault *fault;
	const bool *listed; /* rules on the list of any fault */
	struct shared *shared;
	double since; /* cpu time when it was looked at last */
	struct kmc_rigs *rigs, *small, *clean;
	bool violated[MAX_RULES], any;
};

static void on_violation(void *arg, const struct kmc_finding *finding)
{
	struct breaking *b = arg;

	b->violated[finding->rule] = true;
	b->any = true;
}

static bool wants(const struct breaking *b, int rule)
{
	return b->violated[rule] && b->shared->tries[rule] < MOST_TRIES &&
	       kmc_rule_at((size_t)rule)->party == KMC_PARTY_ALLOCATOR &&
	       (fault_lists(b->fault, rule) || !b->listed[rule]) &&
	       !is_there(b->wish->folder, rule, "break");
}

/* Without the fault the same program is right. */
static bool is_clean(struct breaking *b, const struct kmc_program *program, int rule)
{
	bool clean;

	kmc_exec_planted_choose(NULL);
	clean = does(b->clean, program, (struct goal){ KEEP, rule });
	kmc_exec_planted_choose(b->fault->name);
	return clean;
}

/* Judged by the texts of its own release, as holds() wants. */
static void judge_by_own_release(struct kmc_program *program)
{
	program->edition = KMC_SERIES(program->machine.profile);
}

/* What breaks other rules as well may break this one alone when it is made small for it. */
static bool breaks_alone(struct breaking *b, struct kmc_program *program, int rule)
{
	struct kmc_minimize_wish by_rule = { .rule = kmc_rule_at((size_t)rule)->id,
					     .max_runs = MOST_RUNS };
	struct goal goal = { BREAK, rule };
	struct kmc_minimized result;
	char error[256];

	judge_by_own_release(program);
	if (does(b->small, program, goal))
		return true;
	if (kmc_minimize(b->small, program, &by_rule, &result, error, sizeof(error)))
		return false;
	judge_by_own_release(program); /* the machine may be another now */
	return does(b->small, program, goal);
}

static void try_break(struct breaking *b, const struct kmc_program *found, int rule)
{
	struct goal goal = { BREAK, rule };
	struct kmc_program program;

	kmc_program_init(&program);
	b->shared->tries[rule]++;
	limit(SECONDS_TO_REDUCE);
	if (copy(&program, found) && breaks_alone(b, &program, rule) &&
	    (program.nr_ops <= SMALL || reduce(b->small, &program, &goal)) &&
	    is_clean(b, &program, rule) &&
	    !write_program(b->wish->folder, rule, "break", b->fault->name, &program)) {
		b->shared->written++;
		if (!is_there(b->wish->folder, rule, "keep"))
			write_program(b->wish->folder, rule, "keep", NULL, &program);
		if (!b->wish->quiet)
			printf("%-9s break %zu ops %s\n", kmc_rule_at((size_t)rule)->id, program.nr_ops,
			       b->fault->name);
		fflush(stdout);
	}
	kmc_program_free(&program);
}

static bool all_there(const struct breaking *b)
{
	bool all = true;

	for (size_t i = 0; i < kmc_rule_count() && all; i++)
		all = !fault_lists(b->fault, (int)i) || b->shared->tries[i] >= MOST_TRIES ||
		      is_there(b->wish->folder, (int)i, "break");
	return all;
}

/* A process that dies has used up its time none the less. */
static bool has_time(struct breaking *b)
{
	double now = cpu_time();

	b->shared->seconds += now - b->since;
	b->since = now;
	return !b->wish->faults.seconds || b->shared->seconds < b->wish->faults.seconds;
}

static void forget(struct breaking *b)
{
	memset(b->violated, 0, sizeof(b->violated));
	b->any = false;
}

static bool run_broken(struct breaking *b, const struct kmc_program *program)
{
	struct kmc_rig_run run;
	struct kmc_rig *rig;
	char error[256];

	forget(b);
	limit(SECONDS_A_PROGRAM);
	if (!program || kmc_rigs_take(b->rigs, &program->machine, program->edition, &rig, error,
				      sizeof(error)))
		return false;
	kmc_rig_run(rig, program->ops, program->nr_ops, &run);
	return b->any;
}

/* 0: a program of a rule on the fault's list; 1: of such a family; 2: another. */
static unsigned int distance(const struct breaking *b, int rule)
{
	if (rule < 0)
		return 2;
	if (fault_lists(b->fault, rule))
		return 0;
	for (size_t i = 0; i < kmc_rule_count(); i++)
		if (kmc_rule_at(i)->family == kmc_rule_at((size_t)rule)->family &&
		    fault_lists(b->fault, (int)i))
			return 1;
	return 2;
}

/* What is small already: programs of the rules, then seeds. */
static void try_pool(struct breaking *b, struct pool *pool)
{
	while (b->shared->seed < b->wish->rounds * pool->nr && has_time(b) && !all_there(b)) {
		size_t seed = b->shared->seed++;
		const struct kmc_program *program = &pool->programs[seed % pool->nr];

		if (distance(b, pool->rule[seed % pool->nr]) != seed / pool->nr ||
		    !run_broken(b, program))
			continue;
		for (size_t i = 0; i < kmc_rule_count(); i++)
			if (wants(b, (int)i))
				try_break(b, program, (int)i);
	}
}

static _Noreturn void break_child(struct breaking *b, struct pool *pool)
{
	int null = open("/dev/null", O_WRONLY);
	struct kmc_program generated;

	if (null >= 0)
		dup2(null, STDERR_FILENO);
	kmc_exec_planted_choose(b->fault->name);
	b->rigs = kmc_rigs_create(6, KMC_RIG_TRACEPOINTS);
	b->small = kmc_rigs_create(8, KMC_RIG_TRACEPOINTS);
	b->clean = kmc_rigs_create(2, KMC_RIG_TRACEPOINTS);
	if (!b->rigs || !b->small || !b->clean)
		_exit(1);
	kmc_rigs_listen(b->rigs, on_violation, b);
	kmc_program_init(&generated);
	try_pool(b, pool);
	while (b->shared->next < b->wish->faults.executions && has_time(b) && !all_there(b)) {
		const struct kmc_program *program = &generated;
		uint64_t number = b->shared->next++;

		if (number % 4 == 3)
			program = pool_mutant(pool, number);
		else if (campaign_program(&b->wish->faults, number, &generated))
			_exit(1);
		if (!run_broken(b, program))
			continue;
		for (size_t i = 0; i < kmc_rule_count(); i++)
			if (wants(b, (int)i))
				try_break(b, program, (int)i);
	}
	fflush(stdout);
	_exit(0);
}

static int break_all(const struct harvest_wish *wish, struct pool *pool, const struct fault *faults,
		     size_t nr)
{
	bool listed[MAX_RULES] = { false };
	struct shared *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0, err = 0;

	if (shared == MAP_FAILED)
		return -errno;
	for (size_t i = 0; i < nr; i++)
		for (size_t r = 0; r < kmc_rule_count(); r++)
			listed[r] |= fault_lists(&faults[i], (int)r);
	for (size_t i = 0; i < nr && !err; i++) {
		struct breaking b = { .wish = wish, .fault = &faults[i], .listed = listed,
				      .shared = shared };

		*shared = (struct shared){ .next = 0 };
		do {
			pid_t pid;

			fflush(NULL);
			pid = fork();
			if (pid == 0)
				break_child(&b, pool);
			if (pid < 0 || waitpid(pid, &status, 0) < 0)
				err = -errno;
			else if (WIFSIGNALED(status) && WTERMSIG(status) == SIGPROF)
				shared->seconds += SECONDS_A_PROGRAM;
		} while (!err && WIFSIGNALED(status) && ++shared->deaths < MOST_DEATHS);
		if (!wish->quiet)
			printf("# %s: %u programs, %u written, %u deaths\n", faults[i].name,
			       (unsigned int)shared->next, (unsigned int)shared->written, shared->deaths);
		fflush(stdout);
	}
	munmap(shared, sizeof(*shared));
	return err;
}

/* keep and none, and what callers do wrong; alloc is right here */

struct search {
	const struct harvest_wish *wish;
	struct pool *pool;
	struct kmc_rigs *rigs, *small;
	uint64_t passed[MAX_RULES]; /* of the rig's judge, before the run */
	bool violated[MAX_RULES], any;
};

static void on_breach(void *arg, const struct kmc_finding *finding)
{
	struct search *s = arg;

	s->violated[finding->rule] = true;
	s->any = true;
}

static void done(const struct search *s, int rule, const char *kind, const struct kmc_program *program)
{
	if (!write_program(s->wish->folder, rule, kind, NULL, program) && !s->wish->quiet)
		printf("%-9s %s %zu ops\n", kmc_rule_at((size_t)rule)->id, kind, program->nr_ops);
	fflush(stdout);
}

static void try_one(struct search *s, const struct kmc_program *found, int rule, bool breaks)
{
	struct goal goal = { breaks ? BREAK : KEEP, rule };
	struct kmc_program program;

	kmc_program_init(&program);
	if (copy(&program, found) && reduce(s->small, &program, &goal))
		done(s, rule, breaks ? "break" : "keep", &program);
	kmc_program_free(&program);
}

static void run_one(struct search *s, const struct kmc_program *program, bool breaks)
{
	struct kmc_rule_result before[MAX_RULES], after;
	struct kmc_rig_run run;
	struct kmc_rig *rig;
	char error[256];

	if (kmc_rigs_take(s->rigs, &program->machine, program->edition, &rig, error, sizeof(error)))
		return;
	memset(s->violated, 0, sizeof(s->violated));
	s->any = false;
	for (size_t i = 0; i < kmc_rule_count(); i++)
		kmc_judge_result(rig->judge, i, &before[i]);
	kmc_rig_run(rig, program->ops, program->nr_ops, &run);
	if (run.error)
		return;
	for (size_t i = 0; i < kmc_rule_count(); i++) {
		const struct kmc_rule *rule = kmc_rule_at(i);

		kmc_judge_result(rig->judge, i, &after);
		if (breaks && s->violated[i] && rule->party == KMC_PARTY_CALLER &&
		    !is_there(s->wish->folder, (int)i, "break"))
			try_one(s, program, (int)i, true);
		if (rule->judged && after.passed > before[i].passed &&
		    !is_there(s->wish->folder, (int)i, "keep"))
			try_one(s, program, (int)i, false);
	}
}

static const uint32_t profiles[] = { KMC_RELEASE(6, 1, 192), KMC_RELEASE(6, 6, 9),
				     KMC_RELEASE(6, 12, 117), KMC_RELEASE(6, 18, 44) };

static void search_all(struct search *s)
{
	struct kmc_program program;
	const char *rule;

	kmc_program_init(&program);
	for (uint64_t i = 0; i < s->pool->nr && (s->wish->legal || s->wish->wrong); i++)
		run_one(s, &s->pool->programs[i], true);
	for (uint64_t i = 0; i < s->wish->legal; i++) {
		/* The newest first: most rules can be shown there. */
		uint32_t profile = profiles[i < s->wish->legal / 2 ? 3 : i / 16 % 4];
		struct kmc_gen_wish wish = { .seed = 7000000 + i, .machine = 1 + i / 16,
					     .profile = profile, .edition = KMC_SERIES(profile) };

		if (!kmc_generate(&program, &wish, &rule))
			run_one(s, &program, false);
	}
	for (uint64_t i = 0; i < s->wish->wrong; i++) {
		uint32_t profile = profiles[i / 16 % 2 ? 3 : i / 32 % 4];
		struct kmc_gen_wish wish = { .seed = 9000000 + i, .machine = 1 + i / 16,
					     .profile = profile, .edition = KMC_SERIES(profile),
					     .misuse = (enum kmc_gen_misuse)(1 + i % (KMC_GEN_NR_MISUSES - 1)) };
		const struct kmc_program *mutant;

		if (i % 4 == 0 && !kmc_generate(&program, &wish, &rule))
			run_one(s, &program, true);
		else if ((mutant = pool_mutant(s->pool, i)))
			run_one(s, mutant, true);
	}
	kmc_program_free(&program);
}

/* The nearest program that does not concern the rule: one op of the keeping one is another. */
static bool neighbour(struct search *s, struct kmc_program *program, const struct kmc_program *keep,
		      int rule)
{
	static const enum kmc_mutation kinds[] = { KMC_MUTATE_ARGUMENT, KMC_MUTATE_REPLACE,
						   KMC_MUTATE_DELETE };

	for (unsigned int k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
		for (uint64_t i = 0; i < NEIGHBOURS; i++)
			if (copy(program, keep) &&
			    kmc_mutate_once(s->pool->mutator, program, keep, kinds[k], i) &&
			    does(s->small, program, (struct goal){ NONE, rule }))
				return true;
	return false;
}

static void none_of(struct search *s, int rule)
{
	struct kmc_program keep, program;
	char path[4096], error[512];
	bool found = false;

	kmc_program_init(&keep);
	kmc_program_init(&program);
	path_of(path, sizeof(path), s->wish->folder, rule, "keep");
	if (!kmc_program_read(&keep, path, error, sizeof(error)))
		found = neighbour(s, &program, &keep, rule);
	/* Else what keeps another rule of the family, else of any. */
	for (unsigned int any = 0; any < 2 && !found; any++)
		for (size_t i = 0; i < kmc_rule_count() && !found; i++) {
			if (!any && kmc_rule_at(i)->family != kmc_rule_at((size_t)rule)->family)
				continue;
			path_of(path, sizeof(path), s->wish->folder, (int)i, "keep");
			found = !kmc_program_read(&program, path, error, sizeof(error)) &&
				does(s->small, &program, (struct goal){ NONE, rule });
		}
	if (found)
		done(s, rule, "none", &program);
	kmc_program_free(&keep);
	kmc_program_free(&program);
}

int harvest(const struct harvest_wish *wish, const struct fault *faults, size_t nr)
{
	static struct pool pool;
	struct search s = { .wish = wish, .pool = &pool };
	int err = 0;

	pool_read(&pool, wish->seeds);
	pool_read(&pool, wish->folder);
	pool.mutator = kmc_mutator_create(kmc_fuzz_target_find("machine"));
	kmc_program_init(&pool.mutant);
	if (!pool.mutator)
		return -ENOMEM;
	if (wish->faults.executions)
		err = break_all(wish, &pool, faults, nr);
	s.rigs = kmc_rigs_create(4, KMC_RIG_TRACEPOINTS);
	s.small = kmc_rigs_create(8, KMC_RIG_TRACEPOINTS);
	if (!err && s.rigs && s.small) {
		kmc_rigs_listen(s.rigs, on_breach, &s);
		search_all(&s);
		for (size_t i = 0; i < kmc_rule_count() && wish->legal; i++)
			if (kmc_rule_at(i)->judged && !is_there(wish->folder, (int)i, "none"))
				none_of(&s, (int)i);
	}
	kmc_rigs_destroy(s.rigs);
	kmc_rigs_destroy(s.small);
	for (size_t i = 0; i < pool.nr; i++)
		kmc_program_free(&pool.programs[i]);
	kmc_program_free(&pool.mutant);
	kmc_mutator_destroy(pool.mutator);
	return err;
}
