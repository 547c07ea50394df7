/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From an artifact to a finding: run again three times, each in a process of
 * its own, named by its key, made small, written as a folder that appears at
 * once. What is known already is counted and dropped.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "campaign.h"
#include "fuzz/body.h"
#include "fuzz/rig.h"
#include "fuzz/telltale.h"

#define RUNS 3
#define RUN_SECONDS 40
#define OUTPUT_BYTES (1 << 20)

/* running something and hearing what it says */

struct heard {
	char *text;
	size_t len;
	int status; /* as of waitpid(); -1: it took too long */
};

static void listen_to(int fd, struct heard *heard, double until)
{
	char bytes[8192];

	while (kmc_now() < until) {
		ssize_t n = read(fd, bytes, sizeof(bytes));
		char *more;

		if (!n)
			return;
		if (n < 0) {
			struct timespec tick = { 0, 2000000 };

			nanosleep(&tick, NULL);
			continue;
		}
		if (heard->len + (size_t)n >= OUTPUT_BYTES)
			continue;
		more = realloc(heard->text, heard->len + (size_t)n + 1);
		if (!more)
			continue;
		heard->text = more;
		memcpy(heard->text + heard->len, bytes, (size_t)n);
		heard->len += (size_t)n;
		heard->text[heard->len] = '\0';
	}
}

static void run(struct heard *heard, char *const *argv, const char *known)
{
	int pipes[2];
	pid_t pid;

	*heard = (struct heard){ .text = calloc(1, 1) };
	if (pipe2(pipes, O_CLOEXEC)) {
		heard->status = -1;
		return;
	}
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setenv("KMC_FUZZ_KNOWN", known, 1);
		dup2(pipes[1], STDOUT_FILENO);
		dup2(pipes[1], STDERR_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(pipes[1]);
	fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	listen_to(pipes[0], heard, kmc_now() + RUN_SECONDS);
	close(pipes[0]);
	if (waitpid(pid, &heard->status, WNOHANG) == 0) {
		struct timespec tick = { 0, 50000000 };

		nanosleep(&tick, NULL);
		if (waitpid(pid, &heard->status, WNOHANG) == 0) {
			kill(pid, SIGKILL);
			waitpid(pid, &heard->status, 0);
			heard->status = -1;
		}
	}
}

/* which finding */

struct artifact {
	char path[PATH_MAX];
	const struct kmc_target_state *target;
	enum kmc_engine engine;
};

struct finding {
	struct kmc_telltale telltale; /* of the first run that said something */
	char *said;                   /* all that it said */
	size_t said_len;
	unsigned int again;           /* runs that gave the same key */
};

static uint64_t hash_text(uint64_t hash, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)text[i]) * 0x100000001b3ull;
	return hash;
}

/* A fault of the host process has no rule: its kind and the functions on top are its name. */
static uint64_t name_fault(const char *text, char *clause, size_t size)
{
	const char *kind = strstr(text, "ERROR: "), *at = text;
	uint64_t hash = 0xcbf29ce484222325ull;
	unsigned int frames = 0;
	size_t len;

	kind = kind ? kind + 7 : "died without a word";
	len = strcspn(kind, " \n");
	if (!strncmp(kind, "AddressSanitizer: ", 18) || !strncmp(kind, "libFuzzer: ", 11))
		len = strcspn(kind, ":") + 2 + strcspn(kind + strcspn(kind, ":") + 2, " \n");
	hash = hash_text(hash, kind, len);
	snprintf(clause, size, "%.*s", (int)len, kind);
	while (frames < 3 && (at = strstr(at, " in "))) {
		size_t name = strcspn(at + 4, " \n(");

		at += 4;
		if (!strncmp(at, "fuzzer::", 8) || !strncmp(at, "__sanitizer", 11) ||
		    !strncmp(at, "__interceptor", 13))
			continue;
		hash = hash_text(hash, at, name);
		frames++;
	}
	return hash;
}

/* Return: did the run end as a finding? */
static bool recognise(const struct heard *heard, struct kmc_telltale *telltale)
{
	bool died = heard->status == -1 || WIFSIGNALED(heard->status) ||
		    (WIFEXITED(heard->status) && WEXITSTATUS(heard->status));

	if (!died)
		return false;
	if (kmc_telltale_parse(heard->text, heard->len, telltale))
		return true;
	memset(telltale, 0, sizeof(*telltale));
	strcpy(telltale->rule, "none");
	strcpy(telltale->call, heard->status == -1 ? "timeout" : "fault");
	snprintf(telltale->key, sizeof(telltale->key), "h1-%016" PRIx64,
		 heard->status == -1 ? 0 : name_fault(heard->text, telltale->clause,
						      sizeof(telltale->clause)));
	return true;
}

static void look_again(struct kmc_campaign *c, const struct artifact *a, struct finding *f)
{
	char binary[PATH_MAX], known[PATH_MAX], input[PATH_MAX];
	char *argv[] = { binary, input, NULL };

	snprintf(binary, sizeof(binary), "%s/fuzz_%s", c->options->bin[a->engine],
		 a->target->name);
	snprintf(input, sizeof(input), "%s", a->path);
	kmc_path(c, known, "known.keys");
	for (unsigned int i = 0; i < RUNS; i++) {
		struct kmc_telltale telltale;
		struct heard heard;

		run(&heard, argv, known);
		if (recognise(&heard, &telltale)) {
			if (!f->again++) {
				f->telltale = telltale;
				f->said = heard.text;
				f->said_len = heard.len;
				continue;
			}
			if (strcmp(telltale.key, f->telltale.key))
				f->again--;
		}
		free(heard.text);
		/* Silent at once: known, or not to be had again. */
		if (!i && !f->again)
			return;
	}
}

/* the folder */

static int write_text(const char *folder, const char *name, const char *text, size_t len)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	return kmc_write_file(path, text, len);
}

static int write_program(const char *folder, const void *bytes, size_t len)
{
	struct kmc_program program;
	char *text = NULL;
	int err;

	kmc_program_init(&program);
	err = kmc_fuzz_program(&program, bytes, len);
	if (!err) {
		text = kmc_program_to_text(&program);
		err = text ? write_text(folder, "program.op", text, strlen(text)) : -ENOMEM;
	}
	free(text);
	kmc_program_free(&program);
	return err;
}

/* By the programs that were built with the target: its allocator is the one that does it. */
static bool minimize(struct kmc_campaign *c, const struct artifact *a, const char *folder,
		     const char *key)
{
	char binary[PATH_MAX], from[PATH_MAX], to[PATH_MAX], name[24];
	char *argv[] = { binary, "-q", "--key", name, "-o", to, from, NULL };
	struct heard heard;
	bool done;

	snprintf(name, sizeof(name), "%s", key);
	snprintf(binary, sizeof(binary), "%s/kmconform-minimize", c->options->bin[a->engine]);
	if (snprintf(from, sizeof(from), "%s/program.op", folder) >= (int)sizeof(from) ||
	    snprintf(to, sizeof(to), "%s/reduced.op", folder) >= (int)sizeof(to))
		return false;
	run(&heard, argv, "/dev/null");
	done = WIFEXITED(heard.status) && !WEXITSTATUS(heard.status);
	free(heard.text);
	return done;
}

const char *kmc_check_option(const char *folder)
{
	char path[PATH_MAX], error[256];
	struct kmc_program program;
	bool traced = false;

	kmc_program_init(&program);
	if (snprintf(path, sizeof(path), "%s/reduced.op", folder) < (int)sizeof(path) &&
	    !kmc_program_read(&program, path, error, sizeof(error)))
		traced = kmc_rig_is_traced(KMC_RIG_SEEDED_TRACEPOINTS, &program.machine);
	kmc_program_free(&program);
	return traced ? "--tracepoints" : NULL;
}

/*
 * What kmconform check of that build says: the command that a reader is given is tried first. It exits with
 * 0 where the finding is a difference from Linux only.
 */
static bool reproduces(struct kmc_campaign *c, const struct artifact *a, const char *folder,
		       const char *key, char **said, size_t *len)
{
	char binary[PATH_MAX], program[PATH_MAX], document[PATH_MAX];
	char *argv[] = { binary, "-o", document, program, (char *)kmc_check_option(folder), NULL };
	struct heard heard;

	snprintf(binary, sizeof(binary), "%s/kmconform-check", c->options->bin[a->engine]);
	if (snprintf(program, sizeof(program), "%s/reduced.op", folder) >= (int)sizeof(program) ||
	    snprintf(document, sizeof(document), "%s/run.json", folder) >= (int)sizeof(document))
		return false;
	run(&heard, argv, "/dev/null");
	*said = heard.text;
	*len = heard.len;
	return WIFEXITED(heard.status) && WEXITSTATUS(heard.status) <= 1 &&
	       strstr(heard.text, key);
}

static int write_about(struct kmc_campaign *c, const struct artifact *a, const char *folder,
		       const struct finding *f, bool reduced, bool reproduced)
{
	const char *planted = getenv("KMC_PLANTED"); /* which fault the build carries */
	const char *option = kmc_check_option(folder);
	char *text = NULL, input[PATH_MAX];
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int err;

	if (!out)
		return -ENOMEM;
	kmc_path(c, input, "findings/%s", f->telltale.key);
	fprintf(out, "key         : %s\nrule        : %s\ncall        : %s\nclause      : %s\n",
		f->telltale.key, f->telltale.rule, f->telltale.call, f->telltale.clause);
	fprintf(out, "shape       : %s\ntarget      : %s\nengine      : %s\n", f->telltale.shape,
		a->target->name, kmc_engine_names[a->engine]);
	fprintf(out, "reproduced  : %u of %d\nreduced     : %s\n", f->again, RUNS,
		reduced ? "yes" : "no");
	fprintf(out, "at_execs    : %" PRIu64 "\nat_seconds  : %.0f\n", c->execs,
		c->seconds + kmc_now() - c->began);
	if (reproduced)
		fprintf(out, "command     : %s%s%s%s/kmconform check %s/reduced.op%s%s\n",
			planted ? "KMC_PLANTED=" : "", planted ? planted : "", planted ? " " : "",
			c->options->bin[a->engine], input, option ? " " : "", option ? option : "");
	else
		fprintf(out, "command     : %s%s%s%s/fuzz_%s %s/input\n",
			planted ? "KMC_PLANTED=" : "", planted ? planted : "", planted ? " " : "",
			c->options->bin[a->engine], a->target->name, input);
	fclose(out);
	err = write_text(folder, "about", text, len);
	free(text);
	return err;
}

static int add_known(struct kmc_campaign *c, const struct kmc_telltale *telltale)
{
	char path[PATH_MAX], *had;
	size_t len;
	bool there;
	FILE *out;

	had = kmc_read_file(kmc_path(c, path, "known.keys"), &len);
	there = had && strstr(had, telltale->key);
	free(had);
	if (there)
		return 0;
	out = fopen(path, "a");
	if (!out)
		return -errno;
	fprintf(out, "%s %s %s\n", telltale->key, telltale->rule, telltale->call);
	return fclose(out) ? -errno : 0;
}

static int keep(struct kmc_campaign *c, const struct artifact *a, struct finding *f)
{
	char beside[PATH_MAX], folder[PATH_MAX], *said = NULL;
	bool has_rule = strcmp(f->telltale.rule, "none") != 0, reduced = false, reproduced = false;
	size_t len, said_len = 0;
	void *bytes = kmc_read_file(a->path, &len);
	int err;

	if (!bytes)
		return -errno;
	kmc_path(c, beside, "findings/.%s", f->telltale.key);
	kmc_path(c, folder, "findings/%s", f->telltale.key);
	kmc_remove_folder(beside);
	err = kmc_make_folder(beside);
	if (!err)
		err = write_text(beside, "input", bytes, len);
	if (!err)
		err = write_text(beside, "said", f->said, f->said_len);
	if (!err)
		err = write_program(beside, bytes, len);
	if (!err && has_rule) {
		reduced = minimize(c, a, beside, f->telltale.key);
		reproduced = reduced && reproduces(c, a, beside, f->telltale.key, &said, &said_len);
		if (reproduced)
			err = write_text(beside, "explanation", said, said_len);
	}
	if (!err)
		err = write_about(c, a, beside, f, reduced, reproduced);
	if (!err && rename(beside, folder) && errno != EEXIST && errno != ENOTEMPTY)
		err = -errno;
	free(said);
	free(bytes);
	return err;
}

/* Return: was it a new one? */
static bool take_artifact(struct kmc_campaign *c, const struct artifact *a)
{
	struct finding f = { .again = 0 };
	char folder[PATH_MAX];
	bool is_new;
	int err;

	look_again(c, a, &f);
	if (!f.again) { /* known to the target, which passed over it */
		c->findings_known++;
		unlink(a->path);
		return false;
	}
	is_new = access(kmc_path(c, folder, "findings/%s", f.telltale.key), F_OK) != 0;
	if (is_new) {
		err = keep(c, a, &f);
		if (err) {
			fprintf(stderr, "kmconform fuzz: %s: %s\n", folder, strerror(-err));
			free(f.said);
			return false; /* the artifact stays for the next time */
		}
		c->findings_new++;
		c->session_new++;
		c->last_new = kmc_now();
		kmc_history_finding(c->history, c, f.telltale.key, f.telltale.rule,
				    a->target->name, kmc_engine_names[a->engine]);
		printf("%snew finding %s %s %s (%s, %s): %s\n", isatty(STDOUT_FILENO) ? "\r\033[K" : "",
		       f.telltale.key, f.telltale.rule, f.telltale.call, a->target->name,
		       kmc_engine_names[a->engine], folder);
		fflush(stdout);
	} else {
		c->findings_known++;
	}
	/* Known from now on, even where the campaign was killed between the folder and this. */
	add_known(c, &f.telltale);
	unlink(a->path);
	free(f.said);
	return is_new;
}

/* all of them */

static bool is_artifact(const char *name)
{
	return !strncmp(name, "crash-", 6) || !strncmp(name, "timeout-", 8) ||
	       !strncmp(name, "oom-", 4) || !strncmp(name, "leak-", 5) || !strncmp(name, "id:", 3);
}

static unsigned int take_folder(struct kmc_campaign *c, const char *folder,
				const struct kmc_target_state *target, enum kmc_engine engine)
{
	struct dirent *entry;
	unsigned int nr = 0;
	DIR *dir = opendir(folder);

	while (dir && (entry = readdir(dir))) {
		struct artifact a = { .target = target, .engine = engine };

		if (!is_artifact(entry->d_name) ||
		    snprintf(a.path, sizeof(a.path), "%s/%s", folder, entry->d_name) >=
			    (int)sizeof(a.path))
			continue;
		nr += take_artifact(c, &a);
	}
	if (dir)
		closedir(dir);
	return nr;
}

static unsigned int take_afl(struct kmc_campaign *c, const struct kmc_target_state *target)
{
	static const char *const kinds[] = { "crashes", "hangs" };
	char path[PATH_MAX], folder[PATH_MAX];
	struct dirent *entry;
	unsigned int nr = 0;
	DIR *dir = opendir(kmc_path(c, path, "afl/%s", target->name));

	while (dir && (entry = readdir(dir)))
		for (size_t i = 0; entry->d_name[0] != '.' && i < 2; i++)
			nr += take_folder(c, kmc_path(c, folder, "afl/%s/%s/%s", target->name,
						      entry->d_name, kinds[i]), target, KMC_AFL);
	if (dir)
		closedir(dir);
	return nr;
}

/*
 * An artifact of libFuzzer does not say which target it is of: each worker's
 * folder holds those of one, whose name stands in it.
 */
static const struct kmc_target_state *target_of(struct kmc_campaign *c, unsigned int worker)
{
	char path[PATH_MAX], *name;
	const struct kmc_target_state *found = NULL;
	size_t len;

	name = kmc_read_file(kmc_path(c, path, "work/%u/target", worker), &len);
	for (unsigned int i = 0; name && i < c->nr_targets; i++)
		if (!strcmp(c->targets[i].name, name))
			found = &c->targets[i];
	free(name);
	return found;
}

unsigned int kmc_findings_collect(struct kmc_campaign *c)
{
	char path[PATH_MAX];
	unsigned int nr = 0;

	for (unsigned int i = 0; i < KMC_MAX_WORKERS; i++) {
		const struct kmc_target_state *target = target_of(c, i);

		if (target && c->options->bin[KMC_LIBFUZZER])
			nr += take_folder(c, kmc_path(c, path, "work/%u", i), target,
					  KMC_LIBFUZZER);
	}
	for (unsigned int i = 0; i < c->nr_targets && c->options->bin[KMC_AFL]; i++)
		nr += take_afl(c, &c->targets[i]);
	return nr;
}
