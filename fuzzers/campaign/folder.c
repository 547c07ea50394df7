/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The campaign's folder: made, locked, taken up again, kept whole. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "campaign.h"
#include "vocab/program.h"

const char *kmc_path(const struct kmc_campaign *c, char path[PATH_MAX], const char *format, ...)
{
	int n = snprintf(path, PATH_MAX, "%s/", c->options->folder);
	va_list args;

	va_start(args, format);
	if (n > 0 && n < PATH_MAX)
		vsnprintf(path + n, (size_t)(PATH_MAX - n), format, args);
	va_end(args);
	return path;
}

int kmc_make_folder(const char *path)
{
	char part[PATH_MAX];

	if (snprintf(part, sizeof(part), "%s", path) >= (int)sizeof(part))
		return -ENAMETOOLONG;
	for (char *at = part + 1; *at; at++) {
		if (*at != '/')
			continue;
		*at = '\0';
		if (mkdir(part, 0777) && errno != EEXIST)
			return -errno;
		*at = '/';
	}
	return mkdir(part, 0777) && errno != EEXIST ? -errno : 0;
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

void kmc_remove_folder(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void *kmc_read_file(const char *path, size_t *len)
{
	FILE *in = fopen(path, "rb");
	char *bytes = NULL;
	size_t room = 0;

	*len = 0;
	if (!in)
		return NULL;
	do {
		char *more = realloc(bytes, room += 65536);

		if (!more) {
			free(bytes);
			fclose(in);
			errno = ENOMEM;
			return NULL;
		}
		bytes = more;
		*len += fread(bytes + *len, 1, room - *len - 1, in);
	} while (*len == room - 1);
	bytes[*len] = '\0';
	fclose(in);
	return bytes;
}

int kmc_write_file(const char *path, const void *bytes, size_t len)
{
	char beside[PATH_MAX];
	int fd, err = 0;

	if (snprintf(beside, sizeof(beside), "%s.new", path) >= (int)sizeof(beside))
		return -ENAMETOOLONG;
	fd = open(beside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	if (write(fd, bytes, len) != (ssize_t)len)
		err = errno ? -errno : -EIO;
	if (close(fd) && !err)
		err = -errno;
	if (!err && rename(beside, path))
		err = -errno;
	return err;
}

/* the status file */

void kmc_status_write(const struct kmc_campaign *c)
{
	char path[PATH_MAX], *text = NULL;
	double session = kmc_now() - c->began;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return;
	fprintf(out, "sessions            : %" PRIu64 "\n", c->sessions);
	fprintf(out, "seconds             : %.0f\n", c->seconds + session);
	fprintf(out, "execs_done          : %" PRIu64 "\n", c->execs);
	fprintf(out, "execs_per_sec       : %.0f\n",
		session > 0 ? (double)c->session_execs / session : 0);
	fprintf(out, "ops_per_input       : %.1f\n", c->ops_per_input);
	fprintf(out, "rules_exercised     : %" PRIu64 "\n", c->rules_exercised);
	fprintf(out, "rules_reachable     : %" PRIu64 "\n", c->rules_reachable);
	fprintf(out, "findings_new        : %" PRIu64 "\n", c->findings_new);
	fprintf(out, "findings_known_seen : %" PRIu64 "\n", c->findings_known);
	fprintf(out, "since_last_new      : %.0f\n", kmc_now() - c->last_new);
	fprintf(out, "since_last_edge     : %.0f\n", kmc_now() - c->last_edge);
	for (unsigned int i = 0; i < c->nr_targets; i++)
		fprintf(out, "execs %-13s : %" PRIu64 "\n", c->targets[i].name, c->targets[i].execs);
	fclose(out);
	kmc_write_file(kmc_path(c, path, "status"), text, len);
	free(text);
}

static void take_status_line(struct kmc_campaign *c, const char *line)
{
	char name[64], target[64];
	double value;

	if (!strncmp(line, "execs ", 6) &&
	    sscanf(line, "execs %63[^ :] : %lf", target, &value) == 2) {
		for (unsigned int i = 0; i < c->nr_targets; i++)
			if (!strcmp(c->targets[i].name, target))
				c->targets[i].execs = (uint64_t)value;
		return;
	}
	if (sscanf(line, "%63[a-z_] : %lf", name, &value) != 2)
		return;
	if (!strcmp(name, "sessions"))
		c->sessions = (uint64_t)value;
	else if (!strcmp(name, "seconds"))
		c->seconds = value;
	else if (!strcmp(name, "execs_done"))
		c->execs = (uint64_t)value;
	else if (!strcmp(name, "findings_new"))
		c->findings_new = (uint64_t)value;
	else if (!strcmp(name, "findings_known_seen"))
		c->findings_known = (uint64_t)value;
}

static void status_read(struct kmc_campaign *c)
{
	char path[PATH_MAX], line[256];
	FILE *in = fopen(kmc_path(c, path, "status"), "r");

	if (!in)
		return;
	while (fgets(line, sizeof(line), in))
		take_status_line(c, line);
	fclose(in);
}

/* opening */

static int take_lock(struct kmc_campaign *c)
{
	char path[PATH_MAX];

	c->lock = open(kmc_path(c, path, "lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (c->lock < 0)
		return -errno;
	if (!flock(c->lock, LOCK_EX | LOCK_NB))
		return 0;
	fprintf(stderr, "kmconform fuzz: %s: another campaign runs in it\n", c->options->folder);
	return -EBUSY;
}

static int make_folders(struct kmc_campaign *c)
{
	static const char *const names[] = { "corpus", "findings", "work", "aside", "logs" };
	char path[PATH_MAX];
	int err = 0;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !err; i++)
		err = kmc_make_folder(kmc_path(c, path, "%s", names[i]));
	for (unsigned int i = 0; i < c->nr_targets && !err; i++) {
		/* Of two folders that are exchanged one may be left over. */
		kmc_remove_folder(kmc_path(c, path, "corpus.new/%s", c->targets[i].name));
		err = kmc_make_folder(kmc_path(c, path, "corpus/%s", c->targets[i].name));
	}
	for (unsigned int i = 0; i < c->options->nr_workers && !err; i++)
		err = kmc_make_folder(kmc_path(c, path, "work/%u", i));
	return err;
}

static int take_known(struct kmc_campaign *c)
{
	char path[PATH_MAX], to[PATH_MAX];
	size_t len, had_len = 0;
	char *text, *had;
	FILE *out;

	out = fopen(kmc_path(c, to, "known.keys"), "a"); /* targets want there to be one */
	if (!out || fclose(out))
		return -errno;
	if (!c->options->known)
		return 0;
	text = kmc_read_file(c->options->known, &len);
	if (!text) {
		fprintf(stderr, "kmconform fuzz: %s: %s\n", c->options->known, strerror(errno));
		return -errno;
	}
	had = kmc_read_file(kmc_path(c, path, "known.keys"), &had_len);
	if (!had || !strstr(had, text)) {
		out = fopen(kmc_path(c, to, "known.keys"), "a");
		if (out) {
			fwrite(text, 1, len, out);
			fclose(out);
		}
	}
	free(had);
	free(text);
	return 0;
}

int kmc_folder_open(struct kmc_campaign *c)
{
	int err = kmc_make_folder(c->options->folder);

	if (!err)
		err = take_lock(c);
	if (!err)
		err = make_folders(c);
	if (!err)
		err = take_known(c);
	if (err && err != -EBUSY)
		fprintf(stderr, "kmconform fuzz: %s: %s\n", c->options->folder, strerror(-err));
	if (!err)
		status_read(c);
	return err;
}

/* repairing: libFuzzer names a file by the SHA-1 of what is in it */

static bool sha1_of(const char *path, char hex[41])
{
	int pipes[2];
	pid_t pid;
	ssize_t n;

	if (pipe2(pipes, O_CLOEXEC))
		return false;
	pid = fork();
	if (!pid) {
		dup2(pipes[1], STDOUT_FILENO);
		execlp("sha1sum", "sha1sum", "--", path, (char *)NULL);
		_exit(127);
	}
	close(pipes[1]);
	n = pid > 0 ? read(pipes[0], hex, 40) : -1;
	close(pipes[0]);
	if (n != 40)
		return false;
	hex[40] = '\0';
	return true;
}

static bool named_by_content(const char *name)
{
	return strlen(name) == 40 && strspn(name, "0123456789abcdef") == 40;
}

#define RECENT_S 2 /* how long before its end a campaign may have begun to write a file */

static bool is_damaged(const char *path, const char *name, const struct stat *st, time_t last)
{
	char hex[41];

	if (!st->st_size)
		return true;
	return st->st_mtim.tv_sec + RECENT_S >= last && sha1_of(path, hex) && strcmp(hex, name);
}

/* Files written last may be half written. @last 0: only see when that was. */
static unsigned int look_through(struct kmc_campaign *c, const char *target, time_t *last)
{
	char folder[PATH_MAX], path[PATH_MAX], aside[PATH_MAX];
	bool look_only = !*last;
	struct dirent *entry;
	unsigned int nr = 0;
	struct stat st;
	DIR *dir = opendir(kmc_path(c, folder, "corpus/%s", target));

	while (dir && (entry = readdir(dir))) {
		if (!named_by_content(entry->d_name) ||
		    stat(kmc_path(c, path, "corpus/%s/%s", target, entry->d_name), &st))
			continue;
		if (look_only && st.st_mtim.tv_sec > *last)
			*last = st.st_mtim.tv_sec;
		else if (!look_only && is_damaged(path, entry->d_name, &st, *last))
			nr += !rename(path, kmc_path(c, aside, "aside/%s-%s", target,
						     entry->d_name));
	}
	if (dir)
		closedir(dir);
	return nr;
}

unsigned int kmc_repair(struct kmc_campaign *c)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < c->nr_targets; i++) {
		time_t last = 0;

		look_through(c, c->targets[i].name, &last);
		if (last)
			nr += look_through(c, c->targets[i].name, &last);
	}
	return nr;
}

/* seeds */

static struct kmc_campaign *importing; /* nftw() carries no argument */

static int import_file(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	struct kmc_program program;
	char error[512] = "", to[PATH_MAX];
	void *bytes = NULL;
	size_t len;
	int err;

	(void)st;
	if (type != FTW_F || path[ftw->base] == '.')
		return 0;
	kmc_program_init(&program);
	err = kmc_program_read(&program, path, error, sizeof(error));
	if (err)
		fprintf(stderr, "kmconform fuzz: seed passed over: %s\n", error);
	else
		err = kmc_program_encode(&program, &bytes, &len);
	for (unsigned int i = 0; i < importing->nr_targets && !err; i++)
		err = kmc_write_file(kmc_path(importing, to, "corpus/%s/seed-%s",
					      importing->targets[i].name, path + ftw->base),
				     bytes, len);
	free(bytes);
	kmc_program_free(&program);
	return err == -ENOMEM || err == -ENOSPC ? err : 0;
}

int kmc_import_seeds(struct kmc_campaign *c)
{
	int err = 0;

	importing = c;
	for (unsigned int i = 0; i < c->options->nr_seeds && !err; i++) {
		err = nftw(c->options->seeds[i], import_file, 16, FTW_PHYS);
		if (err == -1)
			err = -errno;
		if (err)
			fprintf(stderr, "kmconform fuzz: %s: %s\n", c->options->seeds[i],
				strerror(-err));
	}
	return err;
}
