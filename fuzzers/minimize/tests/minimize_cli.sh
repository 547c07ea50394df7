#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kmconform minimize from outside: exit status, messages, a result that checks.
set -u
cd "$KMC_TMP" || exit 1
minimize="$KMC_BIN/kmconform minimize"
. "$KMC_SRC/replay/tests/expect.sh"

head='# kmconform program 1
edition 6.18
machine cpus=2 memory=64M profile=6.18.44'
program() { printf '%s\n%s\n' "$head" "$2" > "$1"; }

program good.op 'r0 = kmalloc(64, GFP_KERNEL)
kfree(r0)'
program double.op 'r0 = kmalloc(64, GFP_KERNEL)
r1 = kmalloc(640, GFP_NOFS) on cpu 1
write(r1, 640, 0x33)
kfree(r0)
kfree(r1)
kfree(r1) misuse
r2 = kmalloc(8, GFP_KERNEL)
kfree(r2)'
: > empty.op
rm -f small.op again.op

expect 0 "3 ops, of 8" $minimize -o small.op double.op
expect 0 "none can be left out" $minimize -o again.op double.op
cmp small.op again.op || failed=1
expect 1 "FR-10" "$KMC_BIN/kmconform" check small.op
expect 0 "kfree(r0) misuse" $minimize -q double.op
expect 0 "FR-10" $minimize --rule FR-10 double.op
expect 0 "3 ops, of 3" $minimize small.op
expect 1 "violates no such rule" $minimize good.op
expect 1 "violates no such rule" $minimize --rule KM-1 double.op
expect 1 "violates no such rule" $minimize --key v1-0123456789abcdef double.op
expect 2 "no rule XX-1" $minimize --rule XX-1 double.op
expect 2 "not both" $minimize --rule FR-10 --key v1-0123456789abcdef double.op
expect 2 "empty.op: empty file" $minimize empty.op
expect 2 "no program named" $minimize
expect 2 "nowhere/out.op: No such file" $minimize -o nowhere/out.op double.op
exit $failed
