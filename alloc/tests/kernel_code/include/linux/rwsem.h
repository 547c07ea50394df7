/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lock of many readers or one writer. */
#pragma once

struct rw_semaphore {
	int count; /* readers; -1 a writer */
};
#define DECLARE_RWSEM(name) struct rw_semaphore name = { 0 }

void down_read(struct rw_semaphore *sem);
void up_read(struct rw_semaphore *sem);
void down_write(struct rw_semaphore *sem);
void up_write(struct rw_semaphore *sem);
