#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Is every call of the object side in the workload whose n-th allocation fails?
#
#   every_nth_covers.sh SOURCE_DIR
#
# The names are those of the vocabulary: families that end in the slab layer,
# vmalloc or mempools. What is pure arithmetic or has no C call is not asked for.
set -eu
cd "$1"
families='KMALLOC|DUP|RESIZE|CACHE|MEMPOOL|VMALLOC|KVMALLOC|RCU|USERCOPY'
frees='kfree|kfree_const|kfree_sensitive|kfree_bulk|kfree_nolock|kvfree|kvfree_sensitive|kvfree_atomic
	kvfree_rcu_mightsleep|kfree_rcu_mightsleep|kfree_rcu|kvfree_rcu|vfree|vfree_atomic|vunmap|vm_unmap_ram
	kmem_cache_free|kmem_cache_free_bulk|mempool_free|mempool_free_bulk'
# names of the vocabulary that are forms of one call
declare -A form=([kmem_cache_create_args]=kmem_cache_create [slab_validate]=kmc_sim_slab_validate
	[kvrealloc_old]=kvrealloc)
names=$(sed -nE "s/^KMC_OP\([0-9]+, *[A-Z0-9_]+, *\"([^\"]+)\", *($families),.*/\1/p" oracle/vocab/include/vocab/op.def)
[ "$(wc -w <<<"$names")" -gt 80 ] || { echo "every_nth_covers: op.def is not understood"; exit 1; }
missing=0
for name in $names ${frees//|/ }; do
	call=${form[$name]:-$name}
	if ! grep -qE "(^|[^A-Za-z0-9_])$call\(" alloc/tests/every_nth_calls.h; then
		echo "every_nth_covers: $name is not in every_nth_calls.h"
		missing=1
	fi
done
exit $missing
