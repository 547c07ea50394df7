/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cpu lists as sysfs prints them ("0-3,8"). Used by probes.c and kernel_facts.c. */
#ifndef EBPF_CPU_LIST_H
#define EBPF_CPU_LIST_H

/** kmc_cpu_list_last() - The highest cpu of a list. Return: -1 when it is no list. */
int kmc_cpu_list_last(const char *list);

/** kmc_cpus_online() - One more than the highest online cpu; at least 1. */
unsigned int kmc_cpus_online(void);

#endif
