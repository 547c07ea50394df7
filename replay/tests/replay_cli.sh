#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kmconform replay from outside, over the bundled traces: whole, cut, flipped,
# blind. Skipped where no trace is bundled.
set -u
cd "$KMC_TMP" || exit 1
replay="$KMC_BIN/kmconform replay"
. "$KMC_SRC/replay/tests/expect.sh"

: > empty.kmt
head -c 5000 /dev/urandom > noise.kmt
mkdir -p folder.kmt
expect 2 "empty.kmt: empty file" $replay empty.kmt
expect 2 "noise.kmt" $replay noise.kmt
expect 2 "folder.kmt: is a directory" $replay folder.kmt
expect 2 "nowhere.kmt: No such file" $replay nowhere.kmt
expect 2 "no trace named" $replay
expect 2 "one trace at a time" $replay a.kmt b.kmt
expect 2 "separate steps" $replay --predict a --compare b c.kmt
expect 2 "--pages takes" $replay --pages some a.kmt

trace=$(ls "$KMC_SRC"/corpus/traces/*.kmt 2>/dev/null | head -1)
if [ -z "$trace" ]; then
	[ $failed = 0 ] && exit 77
	exit 1
fi
size=$(stat -c %s "$trace")

# A whole trace: books that add up, both sides silent, a document.
expect 0 "they add up" $replay -o run.json "$trace"
expect 0 "0 violated" $replay --brief "$trace"
[ -s run.json ] || { echo "FAILED: no run document"; failed=1; }
$replay -o again.json "$trace" > out.txt 2>&1
cmp run.json again.json || failed=1
expect 0 "they add up" $replay --alloc-only "$trace"
expect 0 "they add up" $replay --pages=all --no-judge "$trace"
expect 0 "they add up" $replay --pages=none --no-judge "$trace"
expect 0 "they add up" $replay --profile 6.6 --no-judge "$trace"
expect 0 "replayed 1000 events" $replay --events 1000 --no-judge "$trace"
expect 2 "No such file" $replay -o nowhere/run.json "$trace"

# Cut short: what is there is replayed, and the status says so.
head -c $((size * 3 / 4)) "$trace" > cut.kmt
expect 2 "cut short" $replay cut.kmt
expect 2 "they add up" $replay cut.kmt

# A flipped byte in the header ends it; in a block it costs that block.
flip() { # FILE OFFSET
	cp "$trace" "$1"
	chmod u+w "$1"
	local byte
	byte=$(od -An -tu1 -j "$2" -N 1 "$1" | tr -d ' ')
	printf "\\x$(printf %02x $((byte ^ 0x5a)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}
flip header.kmt 20
expect 2 "header.kmt: offset" $replay header.kmt
flip payload.kmt $((size / 2))
expect 2 "damaged from offset" $replay payload.kmt
expect 2 "they add up" $replay payload.kmt

# Predictions without sight of the answer.
"$KMC_BIN"/kmconform trace redact --blank-granted --keep-addresses -o blank.kmt "$trace" || failed=1
expect 0 "predicted into" $replay --predict pred.txt blank.kmt
expect 0 "100.0000 %" $replay --compare pred.txt "$trace"
expect 2 "blank" $replay --compare pred.txt blank.kmt
sed '0,/^granted \([0-9]*\) [0-9]*$/s//granted \1 7/' pred.txt > wrong.txt
expect 1 "7 predicted" $replay --compare wrong.txt "$trace"
head -n 3 pred.txt > short.txt
expect 2 "short.txt:4" $replay --compare short.txt "$trace"
expect 2 "not a file of predictions" $replay --compare "$trace" "$trace"

exit $failed
