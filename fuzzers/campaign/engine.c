/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engines as processes: how they are called, what they say, how they end.
 * Both go on by themselves after being killed: libFuzzer has no state but the
 * corpus, afl-fuzz resumes from its folder.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
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

/* Beside AFL++'s targets or, since its compiler does not build it, beside this program. */
static bool find_mutator(const struct kmc_campaign *c, char path[PATH_MAX])
{
	char self[PATH_MAX] = "";
	char *slash;

	snprintf(path, PATH_MAX, "%s/kmc_afl_mutator.so", c->options->bin[KMC_AFL]);
	if (!access(path, R_OK))
		return true;
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return false;
	slash = strrchr(self, '/');
	if (!slash)
		return false;
	slash[1] = '\0';
	return snprintf(path, PATH_MAX, "%skmc_afl_mutator.so", self) < PATH_MAX &&
	       !access(path, R_OK);
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
	setenv("KMC_FUZZ_ALPHABET", c->targets[w->target].name, 1);
	if (find_mutator(c, path))
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

/*
 * Between a campaign and its engine stands a warden. afl-fuzz keeps its targets
 * stopped in sessions of their own, where they would outlive it for ever; the
 * warden becomes the parent of whatever loses its own, and ends all of it when
 * the engine ends or the campaign does: the leash breaks even by kill -9.
 */
#define LEASH 3

static void end_children(void)
{
	char path[64], list[4096] = "";
	FILE *in;

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	do { /* those of the dead become ours */
		in = fopen(path, "r");
		if (!in)
			return;
		list[fread(list, 1, sizeof(list) - 1, in)] = '\0';
		fclose(in);
		for (char *at = list, *end; *at; at = end) {
			long pid = strtol(at, &end, 10);

			if (end == at)
				break;
			if (pid > 0)
				kill((pid_t)pid, SIGKILL);
		}
	} while (waitpid(-1, NULL, 0) > 0);
}

static __attribute__((noreturn)) void be_engine(char *const *argv)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	close(LEASH);
	execvp(argv[0], argv);
	fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Return: the engine's exit status, or 128 and the signal that ended it. */
static int guard(char *const *argv)
{
	struct pollfd leash = { .fd = LEASH, .events = POLLIN };
	pid_t engine, ended = 0;
	int status = 0;

	signal(SIGINT, SIG_IGN); /* meant for the engine, which is in the same group */
	signal(SIGTERM, SIG_IGN);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	engine = fork();
	if (!engine)
		be_engine(argv);
	while (engine > 0 && ended != engine && poll(&leash, 1, 50) <= 0)
		while ((ended = waitpid(-1, &status, WNOHANG)) > 0 && ended != engine)
			;
	end_children();
	if (engine < 0 || ended != engine)
		return 127;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static __attribute__((noreturn)) void be_warden(struct kmc_campaign *c, struct kmc_worker *w,
						char *const *argv, int out, int leash)
{
	int null = open("/dev/null", O_RDONLY);

	setpgid(0, 0);
	set_environment(c, w);
	if (null >= 0)
		dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(out, STDERR_FILENO);
	if (leash != LEASH)
		dup2(leash, LEASH);
	close_range(LEASH + 1, ~0u, 0); /* the lock, and the leashes of others */
	_exit(guard(argv));
}

static void note_call(struct kmc_worker *w, const struct command *command)
{
	fprintf(w->log, "==");
	for (unsigned int i = 0; i < command->nr; i++)
		fprintf(w->log, " %s", command->argv[i]);
	fprintf(w->log, "\n");
	fflush(w->log);
}

static int spawn(struct kmc_campaign *c, struct kmc_worker *w, struct command *command)
{
	int out[2], leash[2], err = open_log(c, w);

	if (err)
		return err;
	if (pipe2(out, O_CLOEXEC))
		return -errno;
	if (pipe2(leash, O_CLOEXEC)) {
		err = -errno;
		close(out[0]);
		close(out[1]);
		return err;
	}
	note_call(w, command);
	w->pid = fork();
	if (!w->pid)
		be_warden(c, w, command->argv, out[1], leash[0]);
	close(out[1]);
	close(leash[0]);
	if (w->pid < 0) {
		err = -errno;
		w->pid = 0;
		close(out[0]);
		close(leash[1]);
		return err;
	}
	fcntl(out[0], F_SETFL, O_NONBLOCK);
	w->out = out[0];
	w->leash = leash[1];
	w->line_bytes = 0;
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
	/*
	 * Its schedule by entropy searches, for each feature of each input, a list of all rare
	 * ones: thousands, as long as most are. Measured, that is two thirds of the time.
	 */
	word(command, "-entropic=0");
	word(command, "-print_funcs=0"); /* each name costs a symbolizer */
	word(command, "-detect_leaks=0"); /* looks through all machines; programs' leaks the judge sees */
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
	kmc_remove_folder(merged);
	c->targets[w->target].minimized_at = kmc_now();
	c->targets[w->target].busy_minimizing = false;
}

void kmc_engine_ended(struct kmc_campaign *c, struct kmc_worker *w)
{
	int status = 0;

	kmc_engine_look(c, w);
	close(w->leash); /* also of one that did not stop in time */
	waitpid(w->pid, &status, 0);
	close(w->out);
	if (w->minimizing)
		take_merged(c, w, WIFEXITED(status) && !WEXITSTATUS(status));
	c->targets[w->target].users--;
	fflush(w->log);
	w->pid = 0;
}
