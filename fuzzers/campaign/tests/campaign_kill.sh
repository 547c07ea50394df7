#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A campaign, killed at random moments and started again: no finding and no
# input is lost, counters go on, a damaged input is put aside.
#   campaign_kill.sh [KILLS]      default 5
# Over stand-in targets, or over real ones (some three seconds a kill):
#   KMC_TARGETS: folder of libFuzzer's targets; one that was built with planted
#     faults, and KMC_PLANTED, so that there is something to find
#   KMC_AFL_TARGETS: folder of AFL++'s, besides; half of the sessions are then its alone
#   KMC_KILL_TARGETS: which of them, default "slab realloc page"
set -u
kills=${1:-5}
cd "$KMC_TMP" || exit 1
[ -x "$KMC_BIN/kmconform-fuzz" ] || { echo "skipped: kmconform fuzz is not built"; exit 77; }
RANDOM=${KMC_SEED:-$$}
echo "KMC_SEED=${KMC_SEED:-$$}"
real=${KMC_TARGETS:-} afl=none
rm -rf bin afl campaign
if [ -n "$real" ]; then
	# by names of our own, which tell these processes from anybody else's
	ln -s "$real" bin
	if [ -n "${KMC_AFL_TARGETS:-}" ]; then ln -s "$KMC_AFL_TARGETS" afl && afl=$PWD/afl; fi
	read -ra names <<< "${KMC_KILL_TARGETS:-slab realloc page}"
	options=(--seeds "$KMC_SRC/corpus/seeds" --slice 30 --workers ${#names[@]})
	last=15 # seconds of the session that is let end
else
	names=(one two)
	mkdir bin
	for name in "${names[@]}"; do
		cp "$KMC_SRC/fuzzers/campaign/tests/fuzz_stub" "bin/fuzz_$name" && chmod +x "bin/fuzz_$name"
	done
	options=(--slice 2 --workers 2)
	last=4
fi
for name in "${names[@]}"; do options+=(--target "$name"); done
options+=(--dir campaign)
failed=0
fail() { echo "FAILED: $*"; failed=1; }
value() { awk -v name="$1" '$1 == name { print $3 }' campaign/status; }

export STUB_STRAY=98765.$$ # how long a process sleeps that nothing but its engine's end ends
strays() {
	if [ -n "$real" ]; then
		ps ax -o args | grep -v grep | grep -cE "$PWD/(bin|afl)/"
	else
		ps ax -o args | grep -c "^sleep $STUB_STRAY"
	fi
}

# What has to stay, a line each: inputs by name (a target's is the SHA-1 of its content), of
# AFL++'s queues by number (it trims in place), of findings every file by content.
inputs() {
	ls campaign/corpus/* | grep -E '^[0-9a-f]{40}$'
	[ "$afl" = none ] || find campaign/afl -path '*/.state' -prune -o -name 'id:*' -print 2> /dev/null |
		sed -nE 's,/(queue|_resume)/(id:[0-9]+).*, \2,p'
}
findings() { find campaign/findings -path '*/.*' -prune -o -type f -exec sha1sum {} + | grep findings/; }

# the newest input of a target, cut in half as a crash of the machine would leave it
: > cut
cut_newest() {
	local newest
	newest=$(ls -t "campaign/corpus/$1" | grep -E '^[0-9a-f]{40}$' | head -1)
	[ -n "$newest" ] && [ "$(stat -c %s "campaign/corpus/$1/$newest")" -gt 1 ] || return
	truncate -s "$(($(stat -c %s "campaign/corpus/$1/$newest") / 2))" "campaign/corpus/$1/$newest"
	echo "$1-$newest" >> cut
}

execs=0 sessions=0 most=$([ -n "$real" ] && echo 4 || echo 3)
: > inputs.before
: > findings.before
# Real targets find the planted fault among the seeds: the first findings come before the first kill.
[ -z "$real" ] || "$KMC_BIN/kmconform-fuzz" --libfuzzer "$PWD/bin" --afl "$afl" "${options[@]}" \
	--seconds $last --slice $last --quiet > log 2>&1
for ((kill = 0; kill < kills; kill++)); do
	engines=(--libfuzzer "$PWD/bin" --afl "$afl")
	[ "$afl" != none ] && [ $((kill % 2)) -eq 1 ] && engines=(--libfuzzer none --afl "$afl")
	setsid "$KMC_BIN/kmconform-fuzz" "${engines[@]}" "${options[@]}" --quiet > log 2>&1 &
	pid=$!
	sleep "$((RANDOM % most)).$((RANDOM % 10))5"
	kill -9 $pid || fail "kill $kill: the campaign had ended: $(cat log)"
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
	now=$(value sessions)
	[ "$now" -ge "$sessions" ] || fail "kill $kill: $now sessions, $sessions before"
	sessions=$now
	inputs | sort -u > inputs.now
	ls campaign/aside | sed 's/.*-//' | sort -u > aside.now
	sort -u inputs.now aside.now | comm -23 inputs.before - > lost
	[ -s lost ] && fail "kill $kill: $(wc -l < lost) inputs are lost"
	cp inputs.now inputs.before
	findings | sort > findings.now
	comm -23 findings.before findings.now > lost
	[ -s lost ] && fail "kill $kill: findings are lost: $(cat lost)"
	cp findings.now findings.before
	[ $((kill % 5)) -eq 4 ] && cut_newest "${names[RANDOM % ${#names[@]}]}"
done

# what a campaign that died while writing leaves
half=${names[0]}/0123456789012345678901234567890123456789
printf 'half' > "campaign/corpus/$half"
out=$("$KMC_BIN/kmconform-fuzz" --libfuzzer "$PWD/bin" --afl "$afl" "${options[@]}" --seconds $last 2>&1)
status=$?
[ "$(strays)" -eq 0 ] || fail "$(strays) processes outlive a campaign that ended"
[ $status -le 1 ] || fail "the last session ended with $status: $out"
[[ "$out" == *"damaged inputs were put aside"* ]] || fail "nothing was put aside: $out"
[ -e "campaign/corpus/$half" ] && fail "the damaged input is still there"
[[ "$out" == *"going on: session"* ]] || fail "it did not go on: $out"
[ "$(value execs_done)" -gt "$execs" ] || fail "no execs in the last session"
while read -r name; do
	[ -e "campaign/aside/$name" ] || fail "$name was cut and not put aside"
done < cut
least=2
[ -z "$real" ] || least=$((${KMC_PLANTED:+1} + 0))
# what stand-ins find is chance, and a loaded machine leaves them little time for it
for _ in 1 2 3 4 5 6 7 8; do
	[ "$(ls campaign/findings | wc -l)" -ge "$least" ] && break
	"$KMC_BIN/kmconform-fuzz" --libfuzzer "$PWD/bin" --afl "$afl" "${options[@]}" --seconds $last --quiet > log 2>&1
done
for name in "${names[@]}"; do # and what is there is whole
	(cd "campaign/corpus/$name" && ls | grep -E '^[0-9a-f]{40}$' | xargs -r sha1sum |
		awk '$1 != $2' | sed "s/^/$name: not what its name says: /")
done > lost
[ -s lost ] && fail "$(cat lost)"
for finding in campaign/findings/v1-*; do
	[ -e "$finding" ] || continue
	for file in input said program.op about; do
		[ -s "$finding/$file" ] || fail "$finding has no $file"
	done
	grep -q "reproduced  : 3 of 3" "$finding/about" || fail "$finding: $(grep reproduced "$finding/about")"
done
ls campaign/work/*/crash-* > /dev/null 2>&1 && fail "artifacts are left: $(ls campaign/work/*)"
find campaign/afl -path '*/crashes*/id:*' 2> /dev/null | grep -q . && fail "crashes of AFL++ are left"
[ "$(ls campaign/findings | wc -l)" -ge "$least" ] || fail "hardly anything was found: $(ls campaign/findings)"
[ "$(sort campaign/known.keys | uniq -d | wc -l)" -eq 0 ] || fail "a key is twice among the known"
head -1 campaign/progress.csv | grep -q '^seconds,execs,' || fail "no head in progress.csv"
echo "$kills kills, $(wc -l < inputs.before) inputs kept, $(wc -l < cut) cut, $(value execs_done) execs, $(ls campaign/findings | wc -l) findings, $(ls campaign/aside | wc -l) put aside"
exit $failed
