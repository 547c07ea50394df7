/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The walk, level by level: from each state of one level every op is tried. */
#include <errno.h>
#include <string.h>
#include "fuzz/rig.h"
#include "walk.h"

struct walker {
	const struct kmc_walk_config *config;
	struct kmc_walk *walk;
	struct kmc_rigs *rigs;
	struct kmc_rig *rig;
	struct kmc_rig_run run;
	/* the sequence under way, for whoever wants to know what led to a violation */
	uint16_t path[KMC_WALK_MAX_DEPTH + 1];
	unsigned int nr_path;
	bool quiet; /* what happens was told before */
};

static void on_violation(void *arg, const struct kmc_finding *finding)
{
	struct walker *w = arg;

	if (w->quiet)
		return;
	w->walk->violations++;
	if (w->config->violation)
		w->config->violation(w->config->arg, finding, w->path, w->nr_path);
}

/* What one op did. */
struct effect {
	bool applied;
	uint64_t events, violated;
	int error;
};

static struct effect step(struct walker *w, uint16_t op)
{
	struct kmc_rig_run before = w->run;
	struct effect effect;

	kmc_rig_step(w->rig, &w->config->alphabet->ops[op], &w->run);
	w->walk->steps++;
	effect.applied = w->run.skipped == before.skipped && w->run.refused == before.refused;
	effect.events = w->run.events - before.events;
	effect.violated = w->run.violated - before.violated;
	effect.error = w->run.error;
	return effect;
}

/* Bring the machine to the end of a sequence that has been judged before. */
static int go_to(struct walker *w, const uint16_t *path, unsigned int nr)
{
	w->quiet = true;
	kmc_rig_reset(w->rig, &w->run);
	for (unsigned int i = 0; i < nr && !w->run.error; i++)
		step(w, path[i]);
	w->quiet = false;
	if (nr)
		memmove(w->path, path, nr * sizeof(*path));
	w->nr_path = nr;
	return w->run.error;
}

static int digest_now(struct walker *w, uint64_t *digest)
{
	return w->rig->target->ops->hash(w->rig->target, digest);
}

/* merging: is a state that is taken for an old one really as that one? */

static int try_op(struct walker *w, const uint16_t *path, unsigned int nr, uint16_t op,
		  struct effect *effect, uint64_t *digest)
{
	int err = go_to(w, path, nr);

	if (err)
		return err;
	w->quiet = true;
	*effect = step(w, op);
	w->quiet = false;
	return effect->error ? effect->error : digest_now(w, digest);
}

static void note_difference(struct kmc_walk *walk, const uint16_t *here, unsigned int nr,
			    const uint16_t *there, unsigned int nr_there, size_t op)
{
	struct kmc_walk_difference *d = &walk->first;

	if (walk->unequal++)
		return;
	memcpy(d->here, here, nr * sizeof(*here));
	memcpy(d->there, there, nr_there * sizeof(*there));
	d->nr_here = nr;
	d->nr_there = nr_there;
	d->op = (uint16_t)op;
}

static int verify(struct walker *w, const uint16_t *path, unsigned int nr, uint32_t old)
{
	uint16_t there[KMC_WALK_MAX_DEPTH], here[KMC_WALK_MAX_DEPTH + 1];
	unsigned int nr_there = kmc_states_path(&w->walk->states, old, there);
	int err = 0;

	memcpy(here, path, nr * sizeof(*path));
	w->walk->verified++;
	for (size_t op = 0; op < w->config->alphabet->nr_ops && !err; op++) {
		uint64_t digest_here = 0, digest_there = 0;
		struct effect a = { 0 }, b = { 0 };

		err = try_op(w, here, nr, (uint16_t)op, &a, &digest_here);
		if (!err)
			err = try_op(w, there, nr_there, (uint16_t)op, &b, &digest_there);
		if (!err && (a.applied != b.applied || a.events != b.events ||
			     a.violated != b.violated || digest_here != digest_there)) {
			note_difference(w->walk, here, nr, there, nr_there, op);
			return 0;
		}
	}
	return err;
}

/* one state */

/* The op led somewhere: where? */
static int arrive(struct walker *w, uint32_t from, uint16_t op, struct kmc_walk_level *level)
{
	struct kmc_states *states = &w->walk->states;
	uint64_t digest;
	uint32_t to;
	bool is_new;
	int err = digest_now(w, &digest);

	if (err)
		return err;
	if (w->config->no_merging) /* no two sequences are one */
		digest = digest * 0x9e3779b97f4a7c15ull + states->nr;
	to = kmc_states_add(states, digest, from, op, &is_new);
	if (to == KMC_NO_STATE)
		return -ENOMEM;
	level->new_states += is_new;
	level->old_states += !is_new;
	err = kmc_states_edge(states, to);
	if (err || is_new || !w->config->verify_one_in ||
	    level->old_states % w->config->verify_one_in)
		return err;
	return verify(w, w->path, w->nr_path, to);
}

/* How the program would end here: what is judged then. */
static int end_here(struct walker *w)
{
	kmc_rig_finish(w->rig, &w->run);
	return w->run.error;
}

static int expand(struct walker *w, uint32_t from, bool last)
{
	struct kmc_walk_level *level = &w->walk->level[w->walk->depth];
	struct kmc_states *states = &w->walk->states;
	uint16_t path[KMC_WALK_MAX_DEPTH];
	unsigned int nr = kmc_states_path(states, from, path);
	bool there = false;
	uint32_t applied = 0;
	int err = go_to(w, path, nr);

	if (!err)
		err = end_here(w);
	states->state[from].edges = (uint32_t)states->nr_edges;
	for (size_t op = 0; op < w->config->alphabet->nr_ops && !err; op++) {
		struct effect effect;

		if (!there && (err = go_to(w, path, nr)))
			break;
		w->path[nr] = (uint16_t)op;
		w->nr_path = nr + 1;
		effect = step(w, (uint16_t)op);
		err = effect.error;
		there = !effect.applied; /* nothing has happened: still in the same state */
		level->not_fitting += !effect.applied;
		if (err || !effect.applied)
			continue;
		applied++;
		level->transitions++;
		if (!last)
			err = arrive(w, from, (uint16_t)op, level);
	}
	states->state[from].applied = applied;
	level->expanded++;
	return err;
}

static bool enough(struct walker *w)
{
	const struct kmc_walk_config *config = w->config;

	if (config->max_states && w->walk->states.nr > config->max_states)
		w->walk->stopped = true;
	if (config->tick && config->tick(config->arg, w->walk))
		w->walk->stopped = true;
	return w->walk->stopped;
}

static int walk_levels(struct walker *w)
{
	uint32_t first = 0, end = 1;
	int err = 0;

	for (unsigned int depth = 0; depth < w->config->depth && first < end; depth++) {
		w->walk->depth = depth;
		for (uint32_t s = first; s < end && !err; s++) {
			err = expand(w, s, depth + 1 == w->config->depth);
			if (enough(w))
				return err;
		}
		if (err)
			return err;
		first = end;
		end = w->walk->states.nr;
	}
	return 0;
}

static int first_state(struct walker *w)
{
	uint64_t digest;
	bool is_new;
	int err = go_to(w, NULL, 0);

	if (!err)
		err = digest_now(w, &digest);
	if (!err && kmc_states_add(&w->walk->states, digest, KMC_NO_STATE, 0, &is_new) ==
			    KMC_NO_STATE)
		err = -ENOMEM;
	return err;
}

int kmc_walk_run(const struct kmc_walk_config *config, struct kmc_walk *walk, char *error,
		 size_t size)
{
	struct walker w = { .config = config, .walk = walk };
	int err;

	memset(walk, 0, sizeof(*walk));
	err = kmc_states_init(&walk->states);
	w.rigs = kmc_rigs_create(1, 0);
	if (err || !w.rigs)
		return -ENOMEM;
	kmc_rigs_listen(w.rigs, on_violation, &w);
	err = kmc_rigs_take(w.rigs, &config->alphabet->machine, config->alphabet->edition, &w.rig,
			    error, size);
	if (!err)
		err = first_state(&w);
	if (!err)
		err = walk_levels(&w);
	kmc_rigs_destroy(w.rigs);
	return err;
}

void kmc_walk_free(struct kmc_walk *walk)
{
	kmc_states_free(&walk->states);
}
