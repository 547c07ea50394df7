/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engines as processes: how they are called, what they say, how they end.
 * Both go on by themselves after being killed: libFuzzer has no state but the
 * corpus, afl-fuzz resumes from its folder.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "campaign.h"

#define MAX_INPUT_BYTES 16448 /* a head and 512 ops */
#define LOG_BYTES_MAX (4 << 20)

const char *const kmc_engine_names[KMC_NR_ENGINES] = { "libfuzzer", "afl" };

/* calling */

struct command {
	char *argv[32];
	unsigned int nr;
};

static void word(struct command *command, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static void word(struct command *command, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	if (command->nr + 1 < 32 && vasprintf(&command->argv[command->nr], format, args) >= 0)
		command->nr++;
	va_end(args);
	command->argv[command->nr] = NULL;
}

static void command_free(struct command *command)
{
	while (command->nr)
		free(command->argv[--command->nr]);
}

static const char *binary(const struct kmc_campaign *c, const struct kmc_worker *w,
			  char path[PATH_MAX])
{
	snprintf(path, PATH_MAX, "%s/fuzz_%s", c->options->bin[w->engine],
		 c->targets[w->target].name);
	return path;
}

static void set_environment(const struct kmc_campaign *c, const struct kmc_worker *w)
{
	char path[PATH_MAX];

	setenv("KMC_FUZZ_KNOWN", kmc_path(c, path, "known.keys"), 1);
	if (w->engine != KMC_AFL)
		return;
	setenv("AFL_NO_UI", "1", 1);
	setenv("AFL_SKIP_CPUFREQ", "1", 1);
	setenv("AFL_NO_AFFINITY", "1", 1);
	setenv("AFL_AUTORESUME", "1", 1);
	setenv("AFL_FAST_CAL", "1", 1);
	setenv("AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES", "1", 1);
	snprintf(path, sizeof(path), "%s/kmc_afl_mutator.so", c->options->bin[KMC_AFL]);
	setenv("KMC_FUZZ_ALPHABET", c->targets[w->target].name, 1);
	if (!access(path, R_OK))
		setenv("AFL_CUSTOM_MUTATOR_LIBRARY", path, 1);
}

static int open_log(struct kmc_campaign *c, struct kmc_worker *w)
{
	char path[PATH_MAX];

	if (!w->log)
		w->log = fopen(kmc_path(c, path, "logs/worker-%u.log", w->number), "a");
	if (!w->log)
		return -errno;
	if (ftell(w->log) > LOG_BYTES_MAX && ftruncate(fileno(w->log), 0))
		return -errno;
	return 0;
}

static int spawn(struct kmc_campaign *c, struct kmc_worker *w, struct command *command)
{
	int pipes[2], null, err = open_log(c, w);

	if (err)
		return err;
	if (pipe2(pipes, O_CLOEXEC))
		return -errno;
	w->pid = fork();
	if (!w->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		setpgid(0, 0);
		set_environment(c, w);
		null = open("/dev/null", O_RDONLY);
		if (null >= 0)
			dup2(null, STDIN_FILENO);
		dup2(pipes[1], STDOUT_FILENO);
		dup2(pipes[1], STDERR_FILENO);
		execvp(command->argv[0], command->argv);
		fprintf(stderr, "%s: %s\n", command->argv[0], strerror(errno));
		_exit(127);
	}
	close(pipes[1]);
	if (w->pid < 0) {
		err = -errno;
		w->pid = 0;
		close(pipes[0]);
		return err;
	}
	fcntl(pipes[0], F_SETFL, O_NONBLOCK);
	w->out = pipes[0];
	w->line_bytes = 0;
	fprintf(w->log, "==");
	for (unsigned int i = 0; i < command->nr; i++)
		fprintf(w->log, " %s", command->argv[i]);
	fprintf(w->log, "\n");
	return 0;
}

static void call_libfuzzer(const struct kmc_campaign *c, const struct kmc_worker *w,
			   struct command *command)
{
	char path[PATH_MAX];

	word(command, "%s", binary(c, w, path));
	word(command, "-max_total_time=%.0f", w->until - kmc_now() < 1 ? 1 : w->until - kmc_now());
	word(command, "-max_len=%d", MAX_INPUT_BYTES);
	word(command, "-timeout=25");
	word(command, "-rss_limit_mb=2560");
	word(command, "-reload=1");
	word(command, "-print_final_stats=1");
	word(command, "-artifact_prefix=%s/", kmc_path(c, path, "work/%u", w->number));
	word(command, "%s", kmc_path(c, path, "corpus/%s", c->targets[w->target].name));
	/* AFL++'s finds, read only. */
	if (!access(kmc_path(c, path, "afl/%s/main/queue", c->targets[w->target].name), R_OK))
		word(command, "%s", path);
}

/* One main instance of a target, which imports the corpus; the others sync with it. */
static void call_afl(const struct kmc_campaign *c, const struct kmc_worker *w,
		     struct command *command)
{
	const char *target = c->targets[w->target].name;
	bool is_main = c->targets[w->target].users == 0;
	char path[PATH_MAX];

	word(command, "afl-fuzz");
	word(command, "-i");
	word(command, "%s", kmc_path(c, path, "corpus/%s", target));
	word(command, "-o");
	word(command, "%s", kmc_path(c, path, "afl/%s", target));
	if (is_main) {
		word(command, "-M");
		word(command, "main");
		word(command, "-F");
		word(command, "%s", kmc_path(c, path, "corpus/%s", target));
	} else {
		word(command, "-S");
		word(command, "worker%u", w->number);
	}
	word(command, "-V");
	word(command, "%.0f", w->until - kmc_now() < 1 ? 1 : w->until - kmc_now());
	word(command, "-m");
	word(command, "none");
	word(command, "-G");
	word(command, "%d", MAX_INPUT_BYTES);
	word(command, "--");
	word(command, "%s", binary(c, w, path));
}

int kmc_engine_start(struct kmc_campaign *c, struct kmc_worker *w)
{
	struct command command = { .nr = 0 };
	char path[PATH_MAX];
	int err = 0;

	w->minimizing = false;
	w->based = false;
	w->stats_read = 0;
	w->began = kmc_now();
	w->stats = (struct kmc_engine_stats){ 0 };
	kmc_engine_look(c, w);
	w->based = true;
	if (w->engine == KMC_AFL) {
		err = kmc_make_folder(kmc_path(c, path, "afl/%s", c->targets[w->target].name));
		call_afl(c, w, &command);
	} else {
		/* Whose artifacts these will be, before there can be any. */
		err = kmc_write_file(kmc_path(c, path, "work/%u/target", w->number),
				     c->targets[w->target].name,
				     strlen(c->targets[w->target].name));
		call_libfuzzer(c, w, &command);
	}
	if (!err)
		err = spawn(c, w, &command);
	if (!err)
		c->targets[w->target].users++;
	command_free(&command);
	return err;
}

int kmc_engine_start_merge(struct kmc_campaign *c, struct kmc_worker *w)
{
	const char *target = c->targets[w->target].name;
	struct command command = { .nr = 0 };
	char path[PATH_MAX];
	int err = kmc_make_folder(kmc_path(c, path, "corpus.new/%s", target));

	if (err)
		return err;
	w->engine = KMC_LIBFUZZER;
	w->minimizing = true;
	w->began = kmc_now();
	err = kmc_write_file(kmc_path(c, path, "work/%u/target", w->number), target, strlen(target));
	word(&command, "%s", binary(c, w, path));
	word(&command, "-merge=1");
	word(&command, "-timeout=25");
	word(&command, "-artifact_prefix=%s/", kmc_path(c, path, "work/%u", w->number));
	word(&command, "%s", kmc_path(c, path, "corpus.new/%s", target));
	word(&command, "%s", kmc_path(c, path, "corpus/%s", target));
	if (!access(kmc_path(c, path, "afl/%s/main/queue", target), R_OK))
		word(&command, "%s", path);
	if (!err)
		err = spawn(c, w, &command);
	if (!err) {
		c->targets[w->target].users++;
		c->targets[w->target].busy_minimizing = true;
	}
	command_free(&command);
	return err;
}

/* what libFuzzer says: "#4096 pulse  cov: 812 ft: 2301 corp: 77/4Kb ... exec/s: 2048 rss: 90Mb" */

static uint64_t number_after(const char *line, const char *name)
{
	const char *at = strstr(line, name);

	return at ? strtoull(at + strlen(name), NULL, 10) : 0;
}

static void take_line(struct kmc_campaign *c, struct kmc_worker *w, const char *line)
{
	struct kmc_target_state *target = &c->targets[w->target];
	uint64_t execs = 0;

	if (w->engine != KMC_LIBFUZZER || w->minimizing)
		return;
	if (line[0] == '#')
		execs = strtoull(line + 1, NULL, 10);
	else if (!strncmp(line, "stat::number_of_executed_units:", 31))
		execs = strtoull(line + 31, NULL, 10);
	if (execs <= w->stats.execs && !strstr(line, " cov: "))
		return;
	if (execs > w->stats.execs) {
		c->execs += execs - w->stats.execs;
		c->session_execs += execs - w->stats.execs;
		target->execs += execs - w->stats.execs;
		w->stats.execs = execs;
	}
	if (!strstr(line, " cov: "))
		return;
	w->stats.edges = number_after(line, " cov: ");
	w->stats.features = number_after(line, " ft: ");
	w->stats.corpus = number_after(line, " corp: ");
	w->stats.execs_per_second = (double)number_after(line, " exec/s: ");
	target->corpus = w->stats.corpus;
	if (w->stats.edges > target->edges) {
		target->edges = w->stats.edges;
		c->last_edge = kmc_now();
	}
}

static void take_bytes(struct kmc_campaign *c, struct kmc_worker *w, const char *bytes, size_t len)
{
	fwrite(bytes, 1, len, w->log);
	for (size_t i = 0; i < len; i++) {
		if (bytes[i] == '\n' || w->line_bytes + 1 == sizeof(w->line)) {
			w->line[w->line_bytes] = '\0';
			take_line(c, w, w->line);
			w->line_bytes = 0;
		}
		if (bytes[i] != '\n')
			w->line[w->line_bytes++] = bytes[i];
	}
}

bool kmc_engine_read(struct kmc_campaign *c, struct kmc_worker *w)
{
	char bytes[16384];
	ssize_t n;

	while ((n = read(w->out, bytes, sizeof(bytes))) > 0)
		take_bytes(c, w, bytes, (size_t)n);
	return n < 0 && (errno == EAGAIN || errno == EINTR);
}

/* what AFL++ writes: fuzzer_stats, rewritten about once a minute and at the end */

static void take_stat(struct kmc_campaign *c, struct kmc_worker *w, const char *line,
		      uint64_t *execs)
{
	struct kmc_target_state *target = &c->targets[w->target];
	uint64_t value = number_after(line, ": ");

	if (!strncmp(line, "execs_done ", 11))
		*execs = value;
	else if (!strncmp(line, "execs_per_sec ", 14))
		w->stats.execs_per_second = (double)value;
	else if (!strncmp(line, "stability ", 10))
		w->stats.stability = strtod(strchr(line, ':') + 1, NULL);
	else if (!strncmp(line, "edges_found ", 12) && value > target->edges &&
		 !target->has[KMC_LIBFUZZER])
		target->edges = value;
	else if (!strncmp(line, "corpus_count ", 13))
		w->stats.corpus = value;
}

/* The file counts on over resumed runs; what it says at a turn's begin is not new. */
static void look_at_stats(struct kmc_campaign *c, struct kmc_worker *w, const char *instance)
{
	char path[PATH_MAX], line[256];
	uint64_t execs = 0;
	struct stat st;
	FILE *in = fopen(kmc_path(c, path, "afl/%s/%s/fuzzer_stats", c->targets[w->target].name,
				  instance), "r");

	if (!in)
		return;
	if (fstat(fileno(in), &st) || (double)st.st_mtim.tv_sec <= w->stats_read) {
		fclose(in);
		return;
	}
	while (fgets(line, sizeof(line), in))
		take_stat(c, w, line, &execs);
	fclose(in);
	w->stats_read = (double)st.st_mtim.tv_sec;
	if (execs > w->stats.execs && w->based) {
		c->execs += execs - w->stats.execs;
		c->session_execs += execs - w->stats.execs;
		c->targets[w->target].execs += execs - w->stats.execs;
	}
	if (execs > w->stats.execs)
		w->stats.execs = execs;
}

static void afl_instance(const struct kmc_worker *w, char name[32], const struct kmc_campaign *c)
{
	char path[PATH_MAX];

	snprintf(name, 32, "worker%u", w->number);
	if (access(kmc_path(c, path, "afl/%s/%s", c->targets[w->target].name, name), R_OK))
		snprintf(name, 32, "main");
}

void kmc_engine_look(struct kmc_campaign *c, struct kmc_worker *w)
{
	char name[32];

	if (w->engine != KMC_AFL || w->minimizing)
		return;
	afl_instance(w, name, c);
	look_at_stats(c, w, name);
}

/* ending */

void kmc_engine_stop(struct kmc_worker *w)
{
	if (w->pid > 0)
		kill(-w->pid, w->engine == KMC_AFL ? SIGTERM : SIGINT);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static bool has_files(const char *path)
{
	struct dirent *entry;
	bool any = false;
	DIR *dir = opendir(path);

	while (dir && !any && (entry = readdir(dir)))
		any = entry->d_name[0] != '.';
	if (dir)
		closedir(dir);
	return any;
}

/* The smaller corpus takes the place of the larger one in a single step. */
static void take_merged(struct kmc_campaign *c, struct kmc_worker *w, bool whole)
{
	const char *target = c->targets[w->target].name;
	char merged[PATH_MAX], corpus[PATH_MAX];

	kmc_path(c, merged, "corpus.new/%s", target);
	kmc_path(c, corpus, "corpus/%s", target);
	if (whole && has_files(merged) &&
	    renameat2(AT_FDCWD, merged, AT_FDCWD, corpus, RENAME_EXCHANGE))
		fprintf(w->log, "exchange of %s: %s\n", corpus, strerror(errno));
	nftw(merged, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	c->targets[w->target].minimized_at = kmc_now();
	c->targets[w->target].busy_minimizing = false;
}

void kmc_engine_ended(struct kmc_campaign *c, struct kmc_worker *w)
{
	int status = 0;

	kmc_engine_look(c, w);
	waitpid(w->pid, &status, 0);
	kill(-w->pid, SIGKILL); /* what it left running */
	close(w->out);
	if (w->minimizing)
		take_merged(c, w, WIFEXITED(status) && !WEXITSTATUS(status));
	c->targets[w->target].users--;
	fflush(w->log);
	w->pid = 0;
}
