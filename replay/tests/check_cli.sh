#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kmconform check from outside: exit status and messages, malformed inputs.
set -u
cd "$KMC_TMP" || exit 1
check="$KMC_BIN/kmconform check"
. "$KMC_SRC/replay/tests/expect.sh"

head='# kmconform program 1
edition 6.18
machine cpus=1 memory=16M profile=6.18.44'
program() { printf '%s\n%s\n' "$head" "$2" > "$1"; }

program good.op 'r0 = kmalloc(64, GFP_KERNEL)
kfree(r0)'
program unknown.op 'r0 = kmalloc(64, GFP_KERNEL)
r1 = frobnicate(1)'
program misuse.op 'rcu_barrier()
r9 = vmalloc(1)
vfree(r9)
r0 = kmalloc(64, GFP_KERNEL)
kfree(r0)
kfree(r0) misuse'
program refused.op 'r0 = vmalloc(100)'
: > empty.op
head -c 300 /dev/urandom > noise.op
mkdir -p folder.op

expect 0 "verdict:" $check good.op
expect 1 "FR-10" $check misuse.op
expect 2 "unknown.op:5: unknown call 'frobnicate'" $check unknown.op
expect 2 "empty.op: empty file" $check empty.op
expect 2 "folder.op: is a directory" $check folder.op
expect 2 "nowhere.op: No such file" $check nowhere.op
expect 2 "noise.op: no program" $check noise.op
expect 2 "no program named" $check
expect 2 "no target nobody" $check --target nobody good.op
expect 2 "is no release" $check --edition zero good.op
expect 2 "libnowhere.so" $check --target malloc --library libnowhere.so good.op
expect 2 "run.json" $check -o nowhere/run.json good.op
expect 2 "--events is for one program" $check --events x.ev good.op misuse.op
expect 2 "No space left" $check --events /dev/full good.op

# A bad input does not spoil the others, and every complaint is one line.
expect 2 "verdict:" $check unknown.op good.op
[ "$($check unknown.op 2>&1 >out.txt | wc -l)" = 1 ] || { echo "FAILED: more than one line"; failed=1; }

# Refused calls are counted, never passed over.
$check --target malloc -o run.json refused.op > out.txt
grep -q '"calls_refused": *1' run.json || { echo "FAILED: refused calls"; failed=1; }

# Events that were written are judged alike.
$check misuse.op --events misuse.ev | grep -v '^subject' > direct.txt
$check misuse.ev | grep -v '^subject' > by-file.txt
cmp direct.txt by-file.txt || failed=1
expect 1 "FR-10" $check misuse.ev
sed '$s/kfree/kfrobnicate/' misuse.ev > broken.ev
expect 2 "broken.ev: line" $check broken.ev

# A known finding is no failure; a list of keys that is none is refused.
$check misuse.op | sed -n 's/^ *\(v1-[0-9a-f]*\) .*/\1/p' > known.txt
expect 0 "known" $check --accept known.txt misuse.op
echo "not a key" > nokeys.txt
expect 2 "nokeys.txt:1: not a finding's key, nor a rule's clause" $check --accept nokeys.txt misuse.op

# On request the status says that not everything was exercised.
expect 3 "verdict:" $check --require-coverage good.op

# The malloc adapter: with natural alignment it keeps what kmalloc promises, plain it does not.
program align.op 'r0 = kmalloc(4096, GFP_KERNEL)
r1 = kmalloc(2048, GFP_KERNEL)
r2 = kmalloc(4096, GFP_KERNEL)
kfree(r0)
kfree(r1)
kfree(r2)'
expect 0 "verdict:" $check --target malloc align.op
expect 0 "verdict:" $check --target malloc --library "$KMC_BIN/bump_malloc.so" align.op
expect 1 "ALIGN-2" $check --target malloc --library "$KMC_BIN/bump_malloc.so" --plain align.op
# One that says of itself, tried out, that it aligns no sizes is not held to that, and no
# malloc to what only Linux does; both have their reason in the summary.
program crooked.op 'r0 = kmalloc(1024, GFP_KERNEL)
r1 = kmalloc(512, GFP_KERNEL)
r2 = kmalloc(768, GFP_KERNEL)
kfree(r0)
kfree(r1)
kfree(r2)'
expect 0 "the subject says that it does not promise it" $check --target malloc crooked.op
expect 0 "verdict:" $check --target malloc --library "$KMC_BIN/crooked_malloc.so" crooked.op
expect 1 "ALIGN-2" $check --target malloc --library "$KMC_BIN/crooked_malloc.so" --plain crooked.op
natural() {
	$check -o malloc.json "$@" > /dev/null
	awk -F'"' '$2 == "id" { rule = $4 } $2 == "state" && rule == "ALIGN-2" { print $4; exit }' malloc.json
}
[ "$(natural --target malloc crooked.op)" = pass ] || { echo "libc aligns sizes"; failed=1; }
[ "$(natural --target malloc --library "$KMC_BIN/crooked_malloc.so" crooked.op)" = unreachable ] ||
	{ echo "a crooked malloc is asked for alignment"; failed=1; }

exit $failed
