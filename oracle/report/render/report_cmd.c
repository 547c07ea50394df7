// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * kmconform report: a run document in the form that a terminal, a CI system, a
 * dashboard or a maintainer takes.
 */
#include <argp.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "kmc-version.h"
#include "merge.h"
#include "redact.h"
#include "render.h"
#include "run_history.h"

#define CANNOT 2

static const struct {
	const char *name;
	kmc_render_fn *render;
} forms[] = {
	{ "text", kmc_render_text },   { "ktap", kmc_render_ktap }, { "junit", kmc_render_junit },
	{ "sarif", kmc_render_sarif }, { "html", kmc_render_html }, { "kcidb", kmc_render_kcidb },
	{ "mail", kmc_render_mail },   { "op", kmc_render_op },
	{ "kunit", kmc_render_kunit }, { "c", kmc_render_c },
};
#define NR_FORMS (sizeof(forms) / sizeof(forms[0]))

enum { KEY_BASELINE = 0x4000, KEY_ALL, KEY_ADDRESSES, KEY_FORCE, KEY_ORIGIN, KEY_COMMIT,
       KEY_CONFIG, KEY_FINDING, KEY_MERGE, KEY_HOST, KEY_NAMES, KEY_HISTORY };

static const struct argp_option options[] = {
	{ "format", 'f', "FORM", 0, 
	  "text (default), ktap, junit, sarif, html, kcidb, mail; of one finding: op, kunit, c", 0 },
	{ "output", 'o', "FILE", 0, "Write there (appears when complete)", 0 },
	{ "baseline", KEY_BASELINE, "FILE", 0, "Say what is new, gone and as before against this run", 0 },
	{ "merge", KEY_MERGE, NULL, 0,
	  "Merge run documents, in any order, into one: written as it is, or in the form of -f", 0 },
	{ "history", KEY_HISTORY, "DB", 0,
	  "Add the runs to this SQLite file and show its trends, by finding and by rule", 0 },
	{ "host", KEY_HOST, "NAME", 0, "merge: the documents after this are runs of host NAME", 0 },
	{ "all", KEY_ALL, NULL, 0, "sarif: also what passed or was not reached", 0 },
	{ "addresses", KEY_ADDRESSES, NULL, 0,
	  "Addresses may leave: else they are told apart by numbers only", 0 },
	{ "names", KEY_NAMES, NULL, 0,
	  "Names of hosts and users and the folders of paths may leave", 0 },
	{ "finding", KEY_FINDING, "KEY", 0,
	  "mail, op, kunit, c: about this finding (default: the first that is not known)", 0 },
	{ "force", KEY_FORCE, NULL, 0, "mail: draft also what should not be sent as it is", 0 },
	{ "commit", KEY_COMMIT, "HASH", 0, "kcidb, mail: commit of the kernel that was tested", 0 },
	{ "config", KEY_CONFIG, "URL", 0, "kcidb, mail: where its configuration is, or its name", 0 },
	{ "origin", KEY_ORIGIN, "NAME", 0, "kcidb: origin of the objects (default kmconform)", 0 },
	{ 0 }
};

struct args {
	kmc_render_fn *render;
	const char *input, *output, *baseline, *host;
	struct kmc_merge *merge; /* wanted */
	struct kmc_run_history *history;
	bool formed;             /* a form was asked for */
	struct kmc_render_wishes wishes;
};

static int fail(const char *what, const char *why)
{
	kmc_render_refuse("%s%s%s", what, why ? ": " : "", why ? why : "");
	return CANNOT;
}

/* One document in memory at a time. */
static void merge_file(struct args *args, const char *path)
{
	struct kmc_doc doc;
	char error[512];
	int err;

	if (kmc_doc_read(path, &doc, error, sizeof(error)))
		exit(fail(error, NULL));
	err = kmc_merge_add(args->merge, &doc, args->host);
	kmc_doc_free(&doc);
	if (err)
		exit(fail(path, strerror(-err)));
}

static unsigned int kept(const struct args *args)
{
	return (args->wishes.addresses ? KMC_KEEP_ADDRESSES : 0) |
	       (args->wishes.names ? KMC_KEEP_NAMES : 0);
}

static void open_history(struct args *args, const char *path)
{
	char error[512];

	kmc_run_history_close(args->history);
	args->history = kmc_run_history_open(path, error, sizeof(error));
	if (!args->history)
		exit(fail(error, NULL));
}

/* What may not leave does not get into it either. */
static void add_to_history(struct args *args, const char *path)
{
	struct kmc_doc doc;
	char error[512];

	if (kmc_doc_read(path, &doc, error, sizeof(error)))
		exit(fail(error, NULL));
	if (kmc_doc_redact(&doc, kept(args)))
		exit(fail("out of memory", NULL));
	if (kmc_run_history_add(args->history, &doc, error, sizeof(error)))
		exit(fail(error, NULL));
	kmc_doc_free(&doc);
}

static error_t parse_option(int key, char *arg, struct argp_state *state)
{
	struct args *args = state->input;

	switch (key) {
	case 'f':
		args->formed = true;
		args->render = NULL;
		for (size_t i = 0; i < NR_FORMS; i++)
			if (!strcmp(arg, forms[i].name))
				args->render = forms[i].render;
		if (!args->render)
			argp_error(state, "no form %s", arg);
		break;
	case 'o': args->output = arg; break;
	case KEY_BASELINE: args->baseline = arg; break;
	case KEY_ALL: args->wishes.all = true; break;
	case KEY_ADDRESSES: args->wishes.addresses = true; break;
	case KEY_NAMES: args->wishes.names = true; break;
	case KEY_FORCE: args->wishes.force = true; break;
	case KEY_ORIGIN: args->wishes.origin = arg; break;
	case KEY_COMMIT: args->wishes.commit = arg; break;
	case KEY_CONFIG: args->wishes.config = arg; break;
	case KEY_FINDING: args->wishes.key = arg; break;
	case KEY_HOST: args->host = arg; break;
	case KEY_HISTORY: open_history(args, arg); break;
	case KEY_MERGE:
		if (!args->merge && !(args->merge = kmc_merge_create()))
			argp_failure(state, CANNOT, 0, "out of memory");
		break;
	case ARGP_KEY_ARG:
		if (args->merge) {
			merge_file(args, arg);
			break;
		}
		if (args->history) {
			add_to_history(args, arg);
			break;
		}
		if (args->input)
			argp_error(state, "one run document at a time");
		args->input = arg;
		break;
	case ARGP_KEY_NO_ARGS:
		if (!args->history)
			argp_error(state, "which run document?");
		break;
	default:
		return ARGP_ERR_UNKNOWN;
	}
	return 0;
}

/* A device or a pipe is written to: it must not be replaced. */
static bool is_special(const char *path)
{
	struct stat st;

	return !stat(path, &st) && !S_ISREG(st.st_mode);
}

/* Into a file beside the output, which is put in its place when it is whole. */
static int render_to_file(const struct args *args, const struct kmc_doc *doc)
{
	bool special = is_special(args->output);
	char *temporary;
	FILE *out;
	int ret;

	if ((special ? asprintf(&temporary, "%s", args->output) :
		       asprintf(&temporary, "%s.%ld.tmp", args->output, (long)getpid())) < 0)
		return fail("out of memory", NULL);
	out = fopen(temporary, "w");
	if (!out) {
		ret = fail(args->output, strerror(errno));
		free(temporary);
		return ret;
	}
	ret = args->render(out, doc, &args->wishes) ? CANNOT : 0;
	if (ferror(out) | fclose(out) && !ret)
		ret = fail(args->output, strerror(errno));
	if (!ret && !special && rename(temporary, args->output))
		ret = fail(args->output, strerror(errno));
	if (ret && !special)
		unlink(temporary);
	free(temporary);
	return ret;
}

static int render(struct args *args, const struct kmc_doc *doc)
{
	int ret;

	if (args->output)
		return render_to_file(args, doc);
	/* What is cut off is whole lines. */
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ);
	ret = args->render(stdout, doc, &args->wishes) ? CANNOT : 0;
	if (fflush(stdout) && !ret)
		ret = fail("standard output", strerror(errno));
	return ret;
}

/* The document itself as a form. */
static int render_json(FILE *out, const struct kmc_doc *doc, const struct kmc_render_wishes *wishes)
{
	(void)wishes;
	fwrite(doc->json, 1, doc->json_bytes, out);
	return 0;
}

/* The text of @doc is *text, which outlives it. */
static int merged(const struct args *args, struct kmc_doc *doc, char **text, char *error,
		  size_t size)
{
	*text = kmc_merge_text(args->merge, KMC_VERSION_LINE);
	if (*text)
		return kmc_doc_read_memory("merged", *text, strlen(*text), doc, error, size);
	snprintf(error, size, "out of memory");
	return -ENOMEM;
}

/* From here on nothing is in the documents that may not leave. *text: freed by the caller. */
static int redact(const struct args *args, struct kmc_doc *doc, char **text)
{
	unsigned int keep = kept(args);

	/* The page carries the document. */
	if (args->render == kmc_render_html && keep != (KMC_KEEP_ADDRESSES | KMC_KEEP_NAMES)) {
		*text = kmc_doc_redacted_json(doc, keep);
		if (!*text)
			return -ENOMEM;
		doc->json = *text;
		doc->json_bytes = strlen(*text);
	}
	return kmc_doc_redact(doc, keep);
}

static int render_trends(FILE *out, const struct kmc_doc *doc,
			 const struct kmc_render_wishes *wishes)
{
	char error[512];

	(void)doc;
	return kmc_run_history_print(wishes->history, out, error, sizeof(error)) ?
		       kmc_render_refuse("%s", error) : 0;
}

static int trends(struct args *args)
{
	int ret;

	args->render = render_trends;
	args->wishes.history = args->history;
	ret = render(args, NULL);
	kmc_run_history_close(args->history);
	return ret;
}

int main(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse_option, "RUN.json\n--merge [--host NAME] RUN.json...\n--history DB [RUN.json...]",
		"Show a run document in another form.\v"
		"Exit status: 0 written; 2 it could not be, or should not: a line on standard error "
		"says why. What a run found is the exit status of the run, not of its report.",
		NULL, NULL, NULL };
	struct args args = { .render = kmc_render_text };
	struct kmc_doc doc, baseline;
	char error[512], *text = NULL, *clean = NULL;
	int ret;

	argp_err_exit_status = CANNOT;
	argp_program_version = KMC_VERSION_LINE;
	argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &args);
	if (args.history)
		return trends(&args);
	if (args.merge ? merged(&args, &doc, &text, error, sizeof(error)) :
			 kmc_doc_read(args.input, &doc, error, sizeof(error)))
		return fail(error, NULL);
	if (args.merge && !args.formed)
		args.render = render_json;
	if (args.baseline && kmc_doc_read(args.baseline, &baseline, error, sizeof(error))) {
		kmc_doc_free(&doc);
		return fail(error, NULL);
	}
	args.wishes.baseline = args.baseline ? &baseline : NULL;
	/* A merged document as it is is no form: it stays here. */
	if (args.render != render_json &&
	    (redact(&args, &doc, &clean) || (args.baseline && kmc_doc_redact(&baseline, 0))))
		ret = fail("out of memory", NULL);
	else
		ret = render(&args, &doc);
	if (args.baseline)
		kmc_doc_free(&baseline);
	kmc_doc_free(&doc);
	kmc_merge_destroy(args.merge);
	free(clean);
	free(text);
	return ret;
}
