/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The target interface for subjects in this process: ops are executed when
 * they are submitted, snapshots hold the slots together with the subject.
 * Also the registry of targets.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "exec_core.h"

const struct kmc_target_ops *kmc_target_at(size_t index)
{
	static const struct kmc_target_ops *const all[] = { &kmc_target_alloc,
							    &kmc_target_malloc };

	return index < sizeof(all) / sizeof(all[0]) ? all[index] : NULL;
}

const struct kmc_target_ops *kmc_target_find(const char *name)
{
	const struct kmc_target_ops *ops;

	for (size_t i = 0; (ops = kmc_target_at(i)) != NULL; i++)
		if (!strcmp(ops->name, name))
			return ops;
	return NULL;
}

int kmc_target_run(struct kmc_target *target, const struct kmc_op *ops, size_t nr_ops,
		   const struct kmc_sink *sink, int timeout_ms)
{
	int left, before = -1, err = target->ops->submit(target, ops, nr_ops, sink);

	if (err)
		return err;
	while ((left = target->ops->collect(target, timeout_ms)) > 0) {
		if (left == before)
			return -ETIMEDOUT;
		before = left;
	}
	return left;
}

static void caps_add(struct kmc_caps *caps, unsigned int code)
{
	caps->ops[code / 64] |= 1ull << code % 64;
}

/* What the executor does itself, whatever the subject. */
static void caps_fill(struct kmc_caps *caps, const struct kmc_backend *backend)
{
	static const uint16_t own[] = { KMC_OP_WRITE, KMC_OP_READ, KMC_OP_CHECK,
					KMC_OP_CHECK_ZERO, KMC_OP_MOVE_SLOT };

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		caps_add(caps, own[i]);
	for (const uint16_t *code = backend->codes; *code; code++)
		caps_add(caps, *code);
	if (backend->snapshot) {
		caps_add(caps, KMC_OP_SNAPSHOT);
		caps_add(caps, KMC_OP_RESTORE);
	}
}

struct kmc_exec *kmc_exec_create(const struct kmc_target_ops *ops,
				 const struct kmc_backend *backend,
				 const struct kmc_target_config *config)
{
	struct kmc_exec *exec = calloc(1, sizeof(*exec));

	if (!exec)
		return NULL;
	kmc_plans_make();
	exec->target.ops = ops;
	exec->backend = backend;
	exec->flags = config->flags;
	exec->bulk = exec->bulk_room;
	exec->caps.machine = config->machine;
	caps_fill(&exec->caps, backend);
	return exec;
}

static struct kmc_exec *exec_of(struct kmc_target *target)
{
	return (struct kmc_exec *)target;
}

static void snapshot_drop(struct kmc_exec *exec, struct kmc_exec_snapshot *s)
{
	if (!s->valid)
		return;
	exec->backend->snapshot_drop(exec, s->backend);
	free(s->numbers);
	free(s->slots);
	free(s->pending);
	*s = (struct kmc_exec_snapshot){ 0 };
}

static void snapshots_drop(struct kmc_exec *exec)
{
	for (int i = 0; i < KMC_EXEC_MAX_SNAPSHOTS; i++)
		snapshot_drop(exec, &exec->snapshots[i]);
}

void kmc_exec_close(struct kmc_target *target)
{
	struct kmc_exec *exec;

	if (!target)
		return;
	exec = exec_of(target);
	snapshots_drop(exec);
	exec->backend->close(exec);
	free(exec->pending);
	free(exec);
}

void kmc_exec_caps(struct kmc_target *target, struct kmc_caps *caps)
{
	*caps = exec_of(target)->caps;
}

int kmc_exec_reset(struct kmc_target *target)
{
	struct kmc_exec *exec = exec_of(target);
	int err;

	snapshots_drop(exec);
	err = exec->backend->reset(exec);
	kmc_slots_reset(exec);
	exec->seq = 0;
	exec->next_id = exec->next_cache = 0;
	memset(exec->scope, 0, sizeof(exec->scope));
	exec->cpus_off = 0;
	kmc_rcu_reset(exec);
	return err;
}

int kmc_exec_submit(struct kmc_target *target, const struct kmc_op *ops, size_t nr_ops,
		    const struct kmc_sink *sink)
{
	struct kmc_exec *exec = exec_of(target);

	exec->sink = sink;
	for (size_t i = 0; i < nr_ops; i++) {
		kmc_exec_step(exec, &ops[i]);
		if (sink->done)
			++*sink->done;
	}
	exec->sink = NULL;
	return 0;
}

int kmc_exec_collect(struct kmc_target *target, int timeout_ms)
{
	(void)target;
	(void)timeout_ms;
	return 0;
}

static int save(struct kmc_exec *exec, struct kmc_exec_snapshot *s)
{
	int err = kmc_slots_save(exec, s);

	if (err)
		return err;
	err = kmc_rcu_save(exec, s);
	s->backend = err ? err : exec->backend->snapshot(exec);
	if (s->backend < 0) {
		err = s->backend;
		free(s->numbers);
		free(s->slots);
		free(s->pending);
		*s = (struct kmc_exec_snapshot){ 0 };
		return err;
	}
	s->seq = exec->seq;
	s->id = exec->next_id;
	s->cache = exec->next_cache;
	memcpy(s->scope, exec->scope, sizeof(s->scope));
	s->cpus_off = exec->cpus_off;
	s->made = ++exec->snapshots_made;
	s->valid = true;
	return 0;
}

int kmc_exec_snapshot_state(struct kmc_exec *exec)
{
	int err;

	if (!exec->backend->snapshot)
		return -ENOTSUP;
	for (int i = 0; i < KMC_EXEC_MAX_SNAPSHOTS; i++) {
		if (exec->snapshots[i].valid)
			continue;
		err = save(exec, &exec->snapshots[i]);
		return err ? err : i;
	}
	return -ENOSPC;
}

int kmc_exec_snapshot(struct kmc_target *target)
{
	int snapshot = kmc_exec_snapshot_state(exec_of(target));

	if (snapshot >= 0)
		exec_of(target)->snapshots[snapshot].pinned = true;
	return snapshot;
}

/*
 * No slot of the state that is taken up again knows of snapshots made after it.
 * A pinned state may be taken up later, and knows of those made before it.
 */
static void drop_younger(struct kmc_exec *exec, uint64_t made)
{
	for (int i = 0; i < KMC_EXEC_MAX_SNAPSHOTS; i++)
		if (exec->snapshots[i].pinned && exec->snapshots[i].made > made)
			made = exec->snapshots[i].made;
	for (int i = 0; i < KMC_EXEC_MAX_SNAPSHOTS; i++)
		if (exec->snapshots[i].made > made)
			snapshot_drop(exec, &exec->snapshots[i]);
}

int kmc_exec_restore_state(struct kmc_exec *exec, int snapshot, bool numbering)
{
	const struct kmc_exec_snapshot *s;
	int err;

	if (snapshot < 0 || snapshot >= KMC_EXEC_MAX_SNAPSHOTS ||
	    !exec->snapshots[snapshot].valid)
		return -EINVAL;
	s = &exec->snapshots[snapshot];
	err = exec->backend->restore(exec, s->backend);
	if (err)
		return err;
	drop_younger(exec, s->made);
	kmc_slots_restore(exec, s);
	memcpy(exec->scope, s->scope, sizeof(s->scope));
	exec->cpus_off = s->cpus_off;
	kmc_rcu_restore(exec, s);
	if (numbering) {
		exec->seq = s->seq;
		exec->next_id = s->id;
		exec->next_cache = s->cache;
	}
	return 0;
}

int kmc_exec_restore(struct kmc_target *target, int snapshot)
{
	return kmc_exec_restore_state(exec_of(target), snapshot, true);
}

int kmc_exec_hash(struct kmc_target *target, uint64_t *hash)
{
	struct kmc_exec *exec = exec_of(target);

	if (!exec->backend->hash)
		return -ENOTSUP;
	*hash = kmc_slots_hash(exec, exec->backend->hash(exec));
	return 0;
}
