/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text or records. */
#include <string.h>
#include "mutate/input.h"

static bool is_text(const void *bytes, size_t len)
{
	static const char head[] = "# kmconform program ";

	return len >= strlen(head) && !memcmp(bytes, head, strlen(head));
}

int kmc_input_decode(struct kmc_program *program, const void *bytes, size_t len)
{
	char error[256];

	if (is_text(bytes, len) &&
	    !kmc_program_parse(program, bytes, len, "input", error, sizeof(error)))
		return 0;
	return kmc_program_decode(program, bytes, len);
}
