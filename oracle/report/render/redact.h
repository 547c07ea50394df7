/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Redaction: what may not leave the machine unless it is asked for is taken out
 * of the document before any form is made of it. Included by report_cmd.c and
 * by who embeds the document.
 */
#ifndef RENDER_REDACT_H
#define RENDER_REDACT_H
#include "run_doc.h"

#define KMC_KEEP_ADDRESSES 1u /* kernel addresses; else addr1, addr2, ... within a finding */
#define KMC_KEEP_NAMES     2u /* of hosts and users, and the folders of paths */

/**
 * kmc_doc_redact() - Take addresses and names out of every string of @doc.
 * @keep: KMC_KEEP_*.
 * Return: 0, -ENOMEM.
 */
int kmc_doc_redact(struct kmc_doc *doc, unsigned int keep);

/**
 * kmc_doc_redacted_json() - The text of the document with every string redacted, malloc()ed.
 *
 * For @doc as it was read or as it was redacted; numbers stay. NULL without memory.
 */
char *kmc_doc_redacted_json(const struct kmc_doc *doc, unsigned int keep);

#endif
