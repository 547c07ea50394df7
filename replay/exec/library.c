// SPDX-License-Identifier: GPL-2.0-or-later
/* Loading an allocator; starting again with room for its thread variables. */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "exec/library.h"

#define TUNABLE      "glibc.rtld.optional_static_tls"
#define TUNABLE_ROOM TUNABLE "=16384" /* bytes; what the loader has to spare is for small ones */

static void start_again(char **argv)
{
	const char *old = getenv("GLIBC_TUNABLES");
	char text[512], self[4096];
	ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

	/* Told before: once is enough. */
	if (len < 0 || (old && (strstr(old, TUNABLE) || strlen(old) > 400)))
		return;
	self[len] = '\0';
	snprintf(text, sizeof(text), "%s%s%s", old ? old : "", old ? ":" : "", TUNABLE_ROOM);
	if (!setenv("GLIBC_TUNABLES", text, 1))
		execv(self, argv);
}

void kmc_library_prepare(const char *path, char **argv)
{
	const char *why;

	if (!path || dlopen(path, RTLD_NOW | RTLD_LOCAL))
		return;
	why = dlerror();
	if (why && strstr(why, "static TLS"))
		start_again(argv);
}
