/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the corpus exercises: every input run once more without an engine and
 * judged, in a process of its own that nobody misses if it dies. It leaves the
 * states of the rules as a run document, of which document.c makes the campaign's.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "campaign.h"
#include "fuzz/body.h"
#include "fuzz/rig.h"
#include "kmc-version.h"
#include "oracle/report.h"

#define MAX_RULES 1024
#define MAX_INPUTS 20000
#define SECONDS_A_LINE 5

static struct kmc_rigs *rigs;
static struct kmc_judge *sum; /* over all machines */
static bool exercised[MAX_RULES], reachable[MAX_RULES];
static uint64_t nr_inputs, nr_ops;

static void note_rules(const struct kmc_judge *judge)
{
	struct kmc_rule_result result;

	for (size_t i = 0; i < kmc_rule_count() && i < MAX_RULES; i++) {
		kmc_judge_result(judge, i, &result);
		exercised[i] |= result.exercised != 0;
		reachable[i] |= result.state != KMC_RULE_UNREACHABLE;
	}
}

/* Lines of four numbers: what is known so far, and at the end what is known. */
static int tell(void)
{
	uint64_t was = 0, could = 0;

	for (size_t i = 0; i < MAX_RULES; i++) {
		was += exercised[i];
		could += reachable[i];
	}
	printf("%" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 "\n", was, could, nr_inputs, nr_ops);
	return fflush(stdout) ? 2 : 0;
}

static void tell_sometimes(void)
{
	static double next;
	double now = kmc_now();

	if (now < next)
		return;
	tell();
	next = now + SECONDS_A_LINE;
}

static int run_input(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct kmc_program program;
	struct kmc_rig_run run;
	struct kmc_rig *rig;
	char error[256];
	void *bytes;
	size_t len;

	(void)st;
	if (type != FTW_F || path[ftw->base] == '.' || nr_inputs >= MAX_INPUTS)
		return 0;
	bytes = kmc_read_file(path, &len);
	kmc_program_init(&program);
	if (bytes && !kmc_fuzz_program(&program, bytes, len) &&
	    !kmc_rigs_take(rigs, &program.machine, program.edition, &rig, error, sizeof(error))) {
		kmc_rig_run(rig, program.ops, program.nr_ops, &run);
		note_rules(rig->judge);
		nr_inputs++;
		nr_ops += program.nr_ops;
		tell_sometimes();
	}
	kmc_program_free(&program);
	free(bytes);
	return 0;
}

static void retire(void *arg, const struct kmc_judge *judge)
{
	(void)arg;
	kmc_judge_add(sum, judge);
}

/* A judge of the usual machine, to which the others are added. */
static struct kmc_judge *make_sum(void)
{
	struct kmc_rigs *one = kmc_rigs_create(1, 0);
	struct kmc_subject subject;
	struct kmc_judge *judge = NULL;
	struct kmc_program usual;
	struct kmc_rig *rig;
	char error[256];

	kmc_program_init(&usual);
	if (one && !kmc_rigs_take(one, &usual.machine, usual.edition, &rig, error, sizeof(error))) {
		subject = *kmc_judge_subject(rig->judge);
		if (kmc_judge_create(&subject, &judge))
			judge = NULL;
	}
	kmc_rigs_destroy(one);
	return judge;
}

static int write_sum(const char *path)
{
	struct kmc_run run = { .command = "fuzz", .tool_version = KMC_VERSION_LINE,
			       .judges = &sum, .nr_judges = 1 };

	return kmc_run_write(&run, path);
}

int kmc_rules_none(const char *path)
{
	int err = -ENOMEM;

	sum = make_sum();
	if (sum)
		err = write_sum(path);
	kmc_judge_destroy(sum);
	return err;
}

int kmc_rules_count(const char *folder, const char *document)
{
	sum = make_sum();
	rigs = kmc_rigs_create(48, KMC_RIG_SEEDED_TRACEPOINTS);
	if (!rigs || !sum)
		return 2;
	kmc_rigs_on_retire(rigs, retire, NULL);
	if (nftw(folder, run_input, 16, FTW_PHYS))
		return 2;
	kmc_rigs_destroy(rigs);
	if (document && write_sum(document))
		return 2;
	kmc_judge_destroy(sum);
	return tell();
}

void kmc_rules_start(struct kmc_campaign *c, const char *self)
{
	char folder[PATH_MAX], document[PATH_MAX];
	int pipes[2];

	if (c->counting || pipe2(pipes, O_CLOEXEC))
		return;
	c->counted_at = kmc_now();
	c->counting = fork();
	if (!c->counting) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(pipes[1], STDOUT_FILENO);
		if (nice(10) == -1 && errno)
			_exit(127);
		execl(self, self, "--rules-document", kmc_path(c, document, "work/rules.json"),
		      "--count-rules", kmc_path(c, folder, "corpus"), (char *)NULL);
		_exit(127);
	}
	close(pipes[1]);
	fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	c->counting_out = pipes[0];
	if (c->counting < 0) {
		close(pipes[0]);
		c->counting = 0;
	}
}

/* The last line of what came; on a corpus that is counted again, no less than was known. */
static void read_counts(struct kmc_campaign *c, bool done)
{
	uint64_t was, could, inputs, ops;
	char text[4096], *line;
	ssize_t n = read(c->counting_out, text, sizeof(text) - 1);

	if (n <= 0)
		return;
	text[n] = 0;
	if (text[n - 1] == '\n')
		text[n - 1] = 0;
	line = strrchr(text, '\n');
	line = line ? line + 1 : text;
	if (sscanf(line, "%" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64, &was, &could, &inputs,
		   &ops) != 4 || !inputs || (!done && was < c->rules_exercised))
		return;
	c->rules_exercised = was;
	c->rules_reachable = could;
	c->ops_per_input = (double)ops / (double)inputs;
}

void kmc_rules_read(struct kmc_campaign *c)
{
	bool done;
	int status;

	if (!c->counting)
		return;
	done = waitpid(c->counting, &status, WNOHANG) == c->counting;
	read_counts(c, done);
	if (!done)
		return;
	close(c->counting_out);
	c->counting = 0;
}
