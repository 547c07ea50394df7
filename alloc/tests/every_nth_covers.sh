#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Is every call of the object side in the workload whose n-th allocation fails?
#
#   every_nth_covers.sh SOURCE_DIR
#
# The names are those of the vocabulary: families that end in the slab layer,
# vmalloc or mempools, and all ways of freeing but those of pages, which have a
# workload of their own. A function that nobody calls does not compile.
set -eu
cd "$1"
families='KMALLOC|DUP|RESIZE|CACHE|MEMPOOL|VMALLOC|KVMALLOC|RCU|USERCOPY|RUST|FREE'
pages=' __free_pages free_pages free_pages_exact free_pages_nolock folio_put put_page page_frag_free free_contig_range
	cma_release zs_free dma_free_coherent dma_free_attrs dma_free_pages dma_free_noncoherent
	dma_free_noncontiguous dma_pool_free free_percpu '
# names of the vocabulary that are forms of one call
declare -A form=([kmem_cache_create_args]=kmem_cache_create [slab_validate]=kmc_sim_slab_validate
	[kvrealloc_old]=kvrealloc [rust_alloc]=kmc_rust_realloc [rust_realloc]=kmc_rust_realloc
	[rust_free]=kmc_rust_realloc)
names=$(sed -nE "s/^KMC_OP\([0-9]+, *[A-Z0-9_]+, *\"([^\"]+)\", *($families),.*/\1/p" oracle/vocab/include/vocab/op.def)
[ "$(wc -w <<<"$names")" -gt 110 ] || { echo "every_nth_covers: op.def is not understood"; exit 1; }
calls=$(grep -vE '^ *(/\*| \*)' alloc/tests/every_nth_calls.h)
missing=0
for name in $names; do
	[[ " ${pages//[[:space:]]/ } " == *" $name "* ]] && continue
	if ! grep -qE "(^|[^A-Za-z0-9_])${form[$name]:-$name}\(" <<<"$calls"; then
		echo "every_nth_covers: $name is not in every_nth_calls.h"
		missing=1
	fi
done
exit $missing
