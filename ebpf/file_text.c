// SPDX-License-Identifier: GPL-2.0-or-later
/* Reads small files whole; see file_text.h. */
#include "file_text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define MAX_BYTES (64u << 20)

int64_t kmc_file_text(const char *path, char **text)
{
	size_t size = 64 << 10, len = 0;
	char *buf = malloc(size), *more;
	int64_t ret = -ENOMEM;
	gzFile in;
	int n;

	errno = 0;
	in = gzopen(path, "rbe");
	if (!in || !buf) {
		ret = in || !errno ? -ENOMEM : -errno;
		goto fail;
	}
	while ((n = gzread(in, buf + len, (unsigned int)(size - len - 1))) > 0) {
		len += (size_t)n;
		if (size - len > 1)
			continue;
		ret = -EFBIG;
		if (size >= MAX_BYTES)
			goto fail;
		size *= 2;
		ret = -ENOMEM;
		more = realloc(buf, size);
		if (!more)
			goto fail;
		buf = more;
	}
	ret = errno ? -errno : -EIO;
	if (n < 0)
		goto fail;
	gzclose(in);
	buf[len] = 0;
	*text = buf;
	return (int64_t)len;
fail:
	if (in)
		gzclose(in);
	free(buf);
	*text = NULL;
	return ret;
}

uint64_t kmc_file_number(const char *path, uint64_t otherwise)
{
	char *text, *end;
	uint64_t number;

	if (kmc_file_text(path, &text) < 0)
		return otherwise;
	number = strtoull(text, &end, 0);
	if (end == text)
		number = otherwise;
	free(text);
	return number;
}

char *kmc_text_line(char **text)
{
	char *line = *text, *end;

	if (!line || !*line)
		return NULL;
	end = strchr(line, '\n');
	if (end)
		*end++ = 0;
	*text = end;
	return line;
}
