/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One thread waits until another has done something. */
#pragma once

struct completion {
	int done;
};
#define DECLARE_COMPLETION(name) struct completion name = { 0 }

void complete(struct completion *c);
/* Return: 0 when @ticks of 1/HZ s passed in vain. */
unsigned long wait_for_completion_timeout(struct completion *c, unsigned long ticks);
