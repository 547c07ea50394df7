#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A campaign over stand-in targets, killed at random moments and started again:
# no finding and no input is lost, counters go on, a damaged input is put aside.
#   campaign_kill.sh [KILLS]      default 5
set -u
kills=${1:-5}
cd "$KMC_TMP" || exit 1
[ -x "$KMC_BIN/kmconform-fuzz" ] || { echo "skipped: kmconform fuzz is not built"; exit 77; }
RANDOM=${KMC_SEED:-$$}
echo "KMC_SEED=${KMC_SEED:-$$}"
rm -rf bin campaign && mkdir bin
for name in one two; do
	cp "$KMC_SRC/fuzzers/campaign/tests/fuzz_stub" "bin/fuzz_$name" && chmod +x "bin/fuzz_$name"
done
failed=0
fail() { echo "FAILED: $*"; failed=1; }
run() {
	"$KMC_BIN/kmconform-fuzz" --dir campaign --libfuzzer bin --afl none --workers 2 --slice 2 "$@"
}
value() { awk -v name="$1" '$1 == name { print $3 }' campaign/status; }

export STUB_STRAY=98765.$$ # how long a process sleeps that nothing but its engine's end ends
strays() { ps ax -o args | grep -c "^sleep $STUB_STRAY"; }

execs=0
: > inputs.before
: > findings.before
for ((kill = 0; kill < kills; kill++)); do
	setsid "$KMC_BIN/kmconform-fuzz" --dir campaign --libfuzzer bin --afl none --workers 2 \
		--slice 2 --quiet > log 2>&1 &
	pid=$!
	sleep "$((RANDOM % 3)).$((RANDOM % 10))5"
	kill -9 $pid
	wait $pid 2> /dev/null
	for _ in 1 2 3 4 5 6 7 8 9 10; do # its engines die with it, and theirs
		[ "$(strays)" -eq 0 ] && break
		sleep 0.3
	done
	[ "$(strays)" -eq 0 ] || fail "kill $kill: $(strays) processes outlive their campaign"
	[ -e campaign/status ] || continue
	now=$(value execs_done)
	[ "$now" -ge "$execs" ] || fail "kill $kill: $now execs, $execs before"
	execs=$now
	ls campaign/corpus/* | grep -E '^[0-9a-f]{40}$' | sort > inputs.now
	ls campaign/aside | sed 's/.*-//' | sort -u > aside.now
	sort -u inputs.now aside.now | comm -23 inputs.before - > lost
	[ -s lost ] && fail "kill $kill: $(wc -l < lost) inputs are lost"
	cp inputs.now inputs.before
	ls campaign/findings | sort > findings.now
	comm -23 findings.before findings.now > lost
	[ -s lost ] && fail "kill $kill: findings are lost: $(cat lost)"
	cp findings.now findings.before
done

# what a campaign that died while writing leaves
printf 'half' > campaign/corpus/one/0123456789012345678901234567890123456789
out=$(run --seconds 4 2>&1)
status=$?
[ "$(strays)" -eq 0 ] || fail "$(strays) processes outlive a campaign that ended"
[ $status -le 1 ] || fail "the last session ended with $status: $out"
[[ "$out" == *"damaged inputs were put aside"* ]] || fail "nothing was put aside: $out"
[ -e campaign/corpus/one/0123456789012345678901234567890123456789 ] && fail "the damaged input is still there"
[[ "$out" == *"going on: session"* ]] || fail "it did not go on: $out"
[ "$(value execs_done)" -gt "$execs" ] || fail "no execs in the last session"
for finding in campaign/findings/v1-*; do
	for file in input said program.op about; do
		[ -s "$finding/$file" ] || fail "$finding has no $file"
	done
	grep -q "reproduced  : 3 of 3" "$finding/about" || fail "$finding: $(grep reproduced "$finding/about")"
done
ls campaign/work/*/crash-* > /dev/null 2>&1 && fail "artifacts are left: $(ls campaign/work/*)"
[ "$(ls campaign/findings | wc -l)" -ge 2 ] || fail "hardly anything was found: $(ls campaign/findings)"
[ "$(sort campaign/known.keys | uniq -d | wc -l)" -eq 0 ] || fail "a key is twice among the known"
head -1 campaign/progress.csv | grep -q '^seconds,execs,' || fail "no head in progress.csv"
echo "$kills kills, $(value execs_done) execs, $(ls campaign/findings | wc -l) findings, $(ls campaign/aside | wc -l) put aside"
exit $failed
