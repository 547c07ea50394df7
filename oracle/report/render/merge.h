/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The runs of many hosts and many days as one run document. Private to render/.
 *
 * Merging is associative and commutative: counts are added (and stay at 2^53 - 1),
 * of several texts for one key the smallest is kept, everything is written in the
 * order of its key. One document is in memory at a time, besides what was merged.
 */
#ifndef RENDER_MERGE_H
#define RENDER_MERGE_H
#include "run_doc.h"

struct kmc_merge;

/** kmc_merge_create() - Return: a merge of no documents; NULL without memory. */
struct kmc_merge *kmc_merge_create(void);
/**
 * kmc_merge_add() - Add a document, which may be a merged one and is not needed afterwards.
 * @host: whose run it was; NULL: as the document says ("host" among its facts), or nobody's.
 * Return: 0, -ENOMEM (the merge is of no use then).
 */
int kmc_merge_add(struct kmc_merge *merge, const struct kmc_doc *doc, const char *host);
/** kmc_merge_text() - Return: the merged document as JSON, to free(); NULL without memory. */
char *kmc_merge_text(const struct kmc_merge *merge, const char *version);
void kmc_merge_destroy(struct kmc_merge *merge);

#endif
