/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sections of start-up code mean nothing here; see kernel.h. */
#pragma once
#include <linux/kernel.h>
