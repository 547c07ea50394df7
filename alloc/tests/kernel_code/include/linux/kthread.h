/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel threads: threads of the process, each on the next free cpu of the machine. */
#pragma once
#include <stdbool.h>

struct task_struct;
struct task_struct *kmc_code_thread(int (*function)(void *data), void *data);
#define kthread_run(function, data, name, ...) kmc_code_thread(function, data)
bool kthread_should_stop(void);
int kthread_stop(struct task_struct *task);
