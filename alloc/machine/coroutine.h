/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What cpus.c must know of coroutines. Private to machine/. */
#pragma once
#include <stdint.h>

/* The running coroutine's owner token; 0: the thread runs none. */
uintptr_t kmc_co_token(void);
/* A yield that goes on with another coroutine if there is one. */
void kmc_co_wait(const char *point);
