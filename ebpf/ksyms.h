/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Names of call sites, from /proc/kallsyms: read while there are rights, looked
 * up at the end for the sites that were seen. Used by recorder.c.
 */
#ifndef EBPF_KSYMS_H
#define EBPF_KSYMS_H
#include <stddef.h>
#include <stdint.h>

struct kmc_ksyms {
	struct kmc_ksym {
		uint64_t addr;
		uint32_t name;   /* offset into text */
		uint32_t module; /* offset into text of "[module]"; 0 none */
	} *sym; /* text symbols, by address */
	size_t nr;
	char *text;
	uint64_t text_start, text_end; /* of the kernel proper: _text, _etext; 0 unknown */
	uint64_t module_start;         /* of the lowest module symbol; 0 none */
};

/**
 * kmc_ksyms_parse() - Takes over @text (/proc/kallsyms), even on failure. Return: 0, -ENOMEM,
 * -ENODATA.
 */
int kmc_ksyms_parse(char *text, struct kmc_ksyms *ksyms);

/** kmc_ksyms_read() - Return: 0, -ENODATA where addresses are hidden, -errno. */
int kmc_ksyms_read(struct kmc_ksyms *ksyms);

/** kmc_ksyms_name() - "function+0x1c [module]"; Return: length, 0 unknown. */
int kmc_ksyms_name(const struct kmc_ksyms *ksyms, uint64_t addr, char *name, size_t size);

void kmc_ksyms_free(struct kmc_ksyms *ksyms);

#endif
