/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sleeping; a sleeper goes on serving requests for its cpu. */
#pragma once

void msleep(unsigned int ms);
