/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of nodes, as far as allocation calls take them. */
#pragma once

typedef struct nodemask {
	unsigned long bits[1];
} nodemask_t;

#define NODE_MASK_NONE ((nodemask_t){ { 0 } })
#define NODE_MASK_ALL  ((nodemask_t){ { ~0ul } })

#define node_set(node, mask)   ((mask).bits[0] |= 1ul << (node))
#define node_clear(node, mask) ((mask).bits[0] &= ~(1ul << (node)))
#define node_isset(node, mask) (!!((mask).bits[0] >> (node) & 1))
