/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kmconform explore ALPHABET: every sequence of a program's ops, up to a depth,
 * on its machine; equal states are followed once.
 */
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "kmc-version.h"
#include "options/options.h"
#include "vocab/op.h"
#include "walk.h"

const char *argp_program_version = KMC_VERSION_LINE;

#define CANNOT 2

struct arguments {
	const char *file, *out;
	unsigned int depth;
	uint32_t max_states, verify_one_in;
	double seconds;
	bool no_merging, callers, quiet;
};

enum { KEY_MAX_STATES = 0x100, KEY_VERIFY, KEY_NO_MERGING, KEY_TIME, KEY_CALLERS };

static const struct argp_option options[] = {
	{ "depth", 'd', "N", 0, "Sequences of up to N ops (default 4)", 0 },
	{ "time", KEY_TIME, "SECONDS", 0, "Stop after so long", 0 },
	{ "max-states", KEY_MAX_STATES, "N", 0, "Stop when there are more (default 20000000)", 0 },
	{ "callers", KEY_CALLERS, NULL, 0, "Tell of rules that callers break as well", 0 },
	{ "out", 'o', "FOLDER", 0, "Write the program of each new finding there", 0 },
	{ "verify", KEY_VERIFY, "N", 0,
	  "Check one in N merged sequences to go on as the state it was taken for (default 5000, 0 none)",
	  0 },
	{ "no-merging", KEY_NO_MERGING, NULL, 0, "Follow every sequence, equal states or not", 0 },
	{ "quiet", 'q', NULL, 0, "No progress", 0 },
	{ 0 }
};

static error_t parse(int key, char *arg, struct argp_state *state)
{
	struct arguments *a = state->input;

	switch (key) {
	case 'd':
		a->depth = (unsigned int)kmc_option_number(state, arg, 1, KMC_WALK_MAX_DEPTH, "--depth");
		break;
	case KEY_TIME:
		a->seconds = (double)kmc_option_number(state, arg, 1, 1u << 30, "--time");
		break;
	case KEY_MAX_STATES:
		a->max_states = (uint32_t)kmc_option_number(state, arg, 1, 1u << 29, "--max-states");
		break;
	case KEY_VERIFY:
		a->verify_one_in = (uint32_t)kmc_option_number(state, arg, 0, UINT32_MAX, "--verify");
		break;
	case KEY_NO_MERGING:
		a->no_merging = true;
		a->verify_one_in = 0;
		break;
	case KEY_CALLERS:
		a->callers = true;
		break;
	case 'o':
		a->out = arg;
		break;
	case 'q':
		a->quiet = true;
		break;
	case ARGP_KEY_ARG:
		if (a->file)
			argp_error(state, "one alphabet at a time");
		a->file = arg;
		break;
	case ARGP_KEY_END:
		if (!a->file)
			argp_error(state, "no alphabet named");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

static const struct argp argp = {
	.options = options,
	.parser = parse,
	.args_doc = "ALPHABET.op",
	.doc = "Try every sequence of the ops of a program, up to a depth, on the program's machine, "
	       "each judged. Sequences that end in equal states are followed once; a state is "
	       "the allocator's whole state and what the slots hold. Of each op that needs what "
	       "no op before it made nothing happens, and it is not counted.\v"
	       "kmconform explore --depth 5 corpus/explore/objects.op\n\n"
	       "Exit status: 0 nothing violated, 1 violated, 2 could not run, "
	       "3 stopped before it was through.",
};

/* findings */

#define MAX_KEYS 1024
struct report {
	const struct arguments *arguments;
	const struct kmc_program *alphabet;
	char keys[MAX_KEYS][24];
	unsigned int nr_keys;
	bool full;
	int error;
	/* progress */
	struct timespec began;
	double next_line;
	bool terminal;
};

static bool is_new_key(struct report *r, const char *key)
{
	for (unsigned int i = 0; i < r->nr_keys; i++)
		if (!strcmp(r->keys[i], key))
			return false;
	if (r->nr_keys == MAX_KEYS) {
		r->full = true;
		return false;
	}
	snprintf(r->keys[r->nr_keys++], sizeof(r->keys[0]), "%s", key);
	return true;
}

static int write_program(const struct report *r, const struct kmc_finding *finding,
			 const uint16_t *path, unsigned int nr, FILE *out)
{
	struct kmc_program program;
	int err = 0;

	kmc_program_init(&program);
	program.machine = r->alphabet->machine;
	program.edition = r->alphabet->edition;
	for (unsigned int i = 0; i < nr && !err; i++)
		err = kmc_program_add(&program, &r->alphabet->ops[path[i]]);
	if (finding)
		fprintf(out, "# %s %s\n", finding->key, kmc_rule_at((size_t)finding->rule)->id);
	if (!err)
		err = kmc_program_print(&program, out);
	kmc_program_free(&program);
	return err;
}

static void save_program(struct report *r, const struct kmc_finding *finding,
			 const uint16_t *path, unsigned int nr)
{
	char name[4096];
	FILE *out;

	snprintf(name, sizeof(name), "%s/%s.op", r->arguments->out, finding->key);
	out = fopen(name, "w");
	if (!out || write_program(r, NULL, path, nr, out)) {
		fprintf(stderr, "kmconform explore: %s: %s\n", name, strerror(errno));
		r->error = CANNOT;
	}
	if (out && fclose(out) && !r->error) {
		fprintf(stderr, "kmconform explore: %s: %s\n", name, strerror(errno));
		r->error = CANNOT;
	}
}

static void on_violation(void *arg, const struct kmc_finding *finding, const uint16_t *path,
			 unsigned int nr)
{
	struct report *r = arg;
	const struct kmc_rule *rule = kmc_rule_at((size_t)finding->rule);

	if (rule->strength != KMC_MUST)
		return;
	if (rule->party == KMC_PARTY_CALLER && !r->arguments->callers)
		return;
	if (!is_new_key(r, finding->key))
		return;
	if (r->terminal)
		fprintf(stderr, "\r\033[K");
	printf("%s %s %s (%s)\n  Let   %s\n  Then  %s\n  But   %s\n", finding->key, rule->id,
	       rule->name, rule->party == KMC_PARTY_CALLER ? "caller" : "allocator", finding->let,
	       finding->then, finding->but);
	write_program(r, NULL, path, nr, stdout);
	fflush(stdout);
	if (r->arguments->out)
		save_program(r, finding, path, nr);
}

/* progress */

static double seconds_since(const struct timespec *began)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - began->tv_sec) + (double)(now.tv_nsec - began->tv_nsec) * 1e-9;
}

static void progress(const struct report *r, const struct kmc_walk *walk, double seconds)
{
	const struct kmc_walk_level *level = &walk->level[walk->depth];
	uint64_t to_expand = walk->depth ? walk->level[walk->depth - 1].new_states : 1;
	double rate = seconds > 0 ? (double)walk->steps / seconds : 0;

	fprintf(stderr,
		"%sdepth %u: %" PRIu64 " of %" PRIu64 " states, %" PRIu32 " known, %" PRIu64
		" transitions, %.0f k ops/s, %u findings%s",
		r->terminal ? "\r\033[K" : "", walk->depth + 1, level->expanded, to_expand,
		walk->states.nr, level->transitions, rate / 1000, r->nr_keys,
		r->terminal ? "" : "\n");
}

static bool on_tick(void *arg, const struct kmc_walk *walk)
{
	struct report *r = arg;
	double seconds;

	if (walk->level[walk->depth].expanded % 16)
		return false;
	seconds = seconds_since(&r->began);
	if (!r->arguments->quiet && seconds >= r->next_line) {
		progress(r, walk, seconds);
		r->next_line = seconds + (r->terminal ? 0.2 : 10);
	}
	return r->arguments->seconds > 0 && seconds >= r->arguments->seconds;
}

/* what was covered */

static void print_level(const struct kmc_walk *walk, unsigned int depth)
{
	const struct kmc_walk_level *level = &walk->level[depth];

	printf("depth %-2u  sequences %.10g  states expanded %" PRIu64 "  transitions %" PRIu64
	       "  not fitting %" PRIu64 "  new states %" PRIu64 "  met again %" PRIu64 "\n",
	       depth + 1, kmc_states_sequences(&walk->states, depth + 1), level->expanded,
	       level->transitions, level->not_fitting, level->new_states, level->old_states);
}

static unsigned int calls_of(const struct kmc_program *alphabet)
{
	bool seen[KMC_OPCODE_END] = { false };
	unsigned int nr = 0;

	for (size_t i = 0; i < alphabet->nr_ops; i++) {
		nr += !seen[alphabet->ops[i].code];
		seen[alphabet->ops[i].code] = true;
	}
	return nr;
}

/* The two programs, each with the op that shows the difference. */
static void print_difference(const struct report *r, const struct kmc_walk_difference *d)
{
	uint16_t path[KMC_WALK_MAX_DEPTH + 2];

	printf("these two were taken for one until their last op:\n");
	memcpy(path, d->there, d->nr_there * sizeof(*path));
	path[d->nr_there] = d->op;
	write_program(r, NULL, path, d->nr_there + 1, stdout);
	memcpy(path, d->here, d->nr_here * sizeof(*path));
	path[d->nr_here] = d->op;
	write_program(r, NULL, path, d->nr_here + 1, stdout);
}

static void print_covered(const struct report *r, const struct kmc_walk *walk)
{
	unsigned int through = walk->stopped ? walk->depth : r->arguments->depth;
	double all = 0;

	printf("alphabet: %zu ops of %u calls\n", r->alphabet->nr_ops, calls_of(r->alphabet));
	for (unsigned int depth = 0; depth < through; depth++) {
		print_level(walk, depth);
		all += kmc_states_sequences(&walk->states, depth + 1);
	}
	if (walk->stopped)
		printf("stopped at depth %u: %" PRIu64 " of its states expanded\n", walk->depth + 1,
		       walk->level[walk->depth].expanded);
	printf("covered: every sequence of up to %u ops that fit, %.10g of them, by %" PRIu32
	       " states\n", through, all, walk->states.nr);
	if (walk->verified)
		printf("merging: %" PRIu64 " merged sequences checked, %" PRIu64
		       " went on in another way\n", walk->verified, walk->unequal);
	if (walk->unequal)
		print_difference(r, &walk->first);
	printf("findings: %u%s, violations %" PRIu64 "\n", r->nr_keys, r->full ? " and more" : "",
	       walk->violations);
}

/* the program */

static int read_alphabet(const char *file, struct kmc_program *alphabet)
{
	char error[512] = "";

	if (kmc_program_read(alphabet, file, error, sizeof(error))) {
		fprintf(stderr, "kmconform explore: %s\n", error);
		return CANNOT;
	}
	if (alphabet->nr_ops && alphabet->nr_ops <= KMC_WALK_MAX_ALPHABET)
		return 0;
	fprintf(stderr, "kmconform explore: %s: an alphabet has 1 to %d ops, this one %zu\n", file,
		KMC_WALK_MAX_ALPHABET, alphabet->nr_ops);
	return CANNOT;
}

static int walk_and_tell(struct report *r)
{
	static struct kmc_walk walk;
	struct kmc_walk_config config = {
		.alphabet = r->alphabet,
		.depth = r->arguments->depth,
		.max_states = r->arguments->max_states,
		.verify_one_in = r->arguments->verify_one_in,
		.no_merging = r->arguments->no_merging,
		.violation = on_violation,
		.tick = on_tick,
		.arg = r,
	};
	char error[256] = "";
	int err = kmc_walk_run(&config, &walk, error, sizeof(error));

	if (r->terminal && !r->arguments->quiet)
		fprintf(stderr, "\r\033[K");
	if (err)
		fprintf(stderr, "kmconform explore: %s: %s\n", r->arguments->file,
			*error ? error : strerror(-err));
	else
		print_covered(r, &walk);
	if (!err)
		err = r->error ? r->error : r->nr_keys ? 1 : walk.stopped ? 3 : 0;
	else
		err = CANNOT;
	if (!err && walk.unequal)
		err = 1;
	kmc_walk_free(&walk);
	return err;
}

int main(int argc, char **argv)
{
	struct arguments arguments = { .depth = 4, .max_states = 20000000, .verify_one_in = 5000 };
	static struct report report;
	struct kmc_program alphabet;
	int status;

	argp_err_exit_status = CANNOT;
	argp_parse(&argp, argc, argv, 0, NULL, &arguments);
	kmc_program_init(&alphabet);
	status = read_alphabet(arguments.file, &alphabet);
	report.arguments = &arguments;
	report.alphabet = &alphabet;
	report.terminal = isatty(STDERR_FILENO);
	clock_gettime(CLOCK_MONOTONIC, &report.began);
	report.next_line = report.terminal ? 0 : 10;
	if (!status)
		status = walk_and_tell(&report);
	kmc_program_free(&alphabet);
	return status;
}
