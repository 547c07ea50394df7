/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A digest of a stream of events: equal streams give equal digests with any
 * compiler and in any process. Used by check, the fuzzers and tests of determinism.
 */
#ifndef VOCAB_EVENT_DIGEST_H
#define VOCAB_EVENT_DIGEST_H
#include <stdint.h>
#include "vocab/event.h"

#define KMC_DIGEST_START 0xcbf29ce484222325ull

static inline uint64_t kmc_digest_word(uint64_t digest, uint64_t word)
{
	digest ^= word;
	digest *= 0x100000001b3ull;
	return digest ^ digest >> 29;
}

/** kmc_digest_event() - Take every field of @ev into the digest. */
static inline uint64_t kmc_digest_event(uint64_t d, const struct kmc_event *ev)
{
	d = kmc_digest_word(d, ev->seq);
	d = kmc_digest_word(d, ev->time_ns);
	d = kmc_digest_word(d, (uint64_t)ev->id << 32 | ev->parent);
	d = kmc_digest_word(d, (uint64_t)ev->task << 32 | (uint32_t)ev->cpu << 16 |
				       (uint32_t)ev->kind << 8 | ev->outcome);
	d = kmc_digest_word(d, (uint64_t)ev->what << 32 | (uint32_t)ev->marks << 16 |
				       (uint32_t)ev->context << 8 | ev->scope);
	d = kmc_digest_word(d, (uint64_t)ev->gfp << 32 | (uint32_t)ev->order << 8 |
				       (uint8_t)ev->node);
	d = kmc_digest_word(d, ev->cache);
	d = kmc_digest_word(d, ev->gfp_raw);
	d = kmc_digest_word(d, ev->addr);
	d = kmc_digest_word(d, ev->addr2);
	d = kmc_digest_word(d, ev->size);
	d = kmc_digest_word(d, ev->granted);
	d = kmc_digest_word(d, ev->site);
	return kmc_digest_word(d, ev->arg);
}

#endif
