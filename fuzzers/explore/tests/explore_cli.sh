#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kmconform explore from outside: exit status, messages, what it says it covered.
set -u
cd "$KMC_TMP" || exit 1
explore="$KMC_BIN/kmconform explore"
. "$KMC_SRC/replay/tests/expect.sh"

head='# kmconform program 1
edition 6.18
machine cpus=1 memory=16M profile=6.18.44'
alphabet() { printf '%s\n%s\n' "$head" "$2" > "$1"; }

alphabet good.op 'r0 = kmalloc(64, GFP_KERNEL)
kfree(r0)'
alphabet misuse.op 'r0 = kmalloc(64, GFP_KERNEL)
kfree(r0)
kfree(r0) misuse'
alphabet none.op ''
: > empty.op
rm -rf out && mkdir out

expect 0 "findings: 0" $explore good.op
expect 0 "alphabet: 2 ops of 2 calls" $explore good.op
# only kmalloc fits at first; then each of the two
expect 0 "depth 1   sequences 1 " $explore --depth 2 good.op
expect 0 "of up to 2 ops that fit, 3 of them" $explore --depth 2 good.op
expect 0 "findings: 0" $explore --depth 3 misuse.op
expect 1 "FR-10" $explore --callers --depth 3 --out out misuse.op
expect 1 "kfree(r0) misuse" $explore --callers --depth 3 misuse.op
expect 1 "FR-10" "$KMC_BIN/kmconform" check out/*.op
expect 3 "stopped at depth" $explore --depth 6 --max-states 2 misuse.op
expect 2 "an alphabet has 1 to" $explore none.op
expect 2 "empty.op: empty file" $explore empty.op
expect 2 "nowhere.op: No such file" $explore nowhere.op
expect 2 "no alphabet named" $explore
expect 2 "is no number from 1 to 16" $explore --depth 17 good.op
expect 2 "folder" $explore --callers --out folder/none misuse.op

# the same walk gives the same bytes
$explore -q --depth 3 "$KMC_SRC/corpus/explore/objects.op" > one
$explore -q --depth 3 "$KMC_SRC/corpus/explore/objects.op" > two
cmp one two || failed=1
exit $failed
