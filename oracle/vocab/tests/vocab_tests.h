/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What each cmocka file of the vocabulary begins with. */
#ifndef VOCAB_TESTS_H
#define VOCAB_TESTS_H
#include <setjmp.h>
#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "vocab_dice.h"
#endif
