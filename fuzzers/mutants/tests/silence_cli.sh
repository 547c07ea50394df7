#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The command: the same words whatever the number of processes, and however often it was taken up
# again; plain lines off a terminal; a malloc is held to what it promises.
silence="$KMC_BIN/kmconform-silence"
cd "$KMC_TMP" || exit 1
rm -f state* ./*.out
failed=0

fail() {
	echo "silence_cli: $*"
	failed=1
}

"$silence" --ops 6000 > one.out 2> err || fail "not silent: $(cat one.out err)"
grep -qx '6[0-9]* ops of [0-9]* programs judged on alloc, [0-9]* events, 0 false alarms' one.out ||
	fail "no summary: $(cat one.out)"
grep -qvE '^[0-9]+ of 6000 ops, 0 false alarms, [0-9]+ ops/s, [0-9]+ s left$' err &&
	fail "no plain lines: $(cat err)"
for jobs in 2 5; do
	"$silence" --ops 6000 --jobs $jobs > jobs.out || fail "$jobs jobs: status $?"
	cmp -s one.out jobs.out || fail "$jobs jobs say something else: $(cat jobs.out)"
done

# The oracle's cost beside the same summary.
"$silence" --ops 6000 --cost > cost.out || fail "--cost: status $?"
grep -qE '^cost: [0-9.]+ ns an op \(oracle alone, thread CPU time\), [0-9.]+ ns an event, [0-9]+ ops$' cost.out ||
	fail "--cost: $(cat cost.out)"
cmp -s one.out <(grep -v '^cost:' cost.out) || fail "--cost says something else: $(cat cost.out)"

# What is known is counted apart; a file that says nothing known is refused.
echo 'GFP-3:no-kswapd 6.1..6.4 so it is' > known
"$silence" --ops 6000 --accept known > known.out || fail "--accept: status $?"
grep -q ', 0 false alarms, [0-9]* known$' known.out || fail "--accept: $(cat known.out)"
echo 'GFP-3 no-kswapd' >> known
"$silence" --ops 6000 --accept known > out 2> err
[ $? = 2 ] && grep -q "known:2: not a finding's key" err || fail "a bad line: $(cat out err)"

# In pieces, with other numbers of jobs: the state's sums are those of one run.
for ops in 1 2000 2000 6000 6000; do
	"$silence" --ops $ops --state state --jobs $((ops / 1000 % 3 + 1)) > pieces.out ||
		fail "--state, $ops ops: status $?"
done
cmp -s one.out pieces.out || fail "in pieces: $(cat pieces.out)"
"$silence" --ops 6000 --state state --seed 2 > out 2>&1
[ $? = 2 ] && grep -q 'of another build, target, library, seed or accepted findings' out || fail "another seed: $(cat out)"
head -c 100 state > state.cut
"$silence" --state state.cut > out 2>&1
[ $? = 2 ] || fail "a cut state: $(cat out)"
echo "something else" > state.other
"$silence" --state state.other > out 2>&1
[ $? = 2 ] && grep -q 'no state of kmconform silence' out || fail "no state: $(cat out)"
grep -qx 'something else' state.other || fail "a file of somebody else was overwritten"

# Killed at any time: what it had counted counts, and the end is the same.
"$silence" --ops 20000 > whole.out || fail "not silent: $(cat whole.out)"
"$silence" --ops 20000 --state state.killed --jobs 2 > out 2> err & pid=$!
while [ ! -s state.killed ]; do sleep 0.05; kill -0 $pid 2>/dev/null || break; done
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null
"$silence" --ops 20000 --state state.killed > killed.out || fail "after kill -9: status $?"
cmp -s whole.out killed.out || fail "after kill -9: $(cat killed.out)"

# Stopped by a signal: it says so, and goes on.
"$silence" --ops 100000000 --state state.stopped > stopped.out 2> err & pid=$!
while [ ! -s state.stopped ]; do sleep 0.05; kill -0 $pid 2>/dev/null || break; done
kill -TERM $pid
wait $pid
[ $? = 2 ] && grep -q 'stopped before 100000000 ops; the same command goes on' err ||
	fail "stopped: $(cat err)"
grep -q '0 false alarms' stopped.out || fail "stopped: no summary"

# A malloc: what it does not promise is named, and not asked for. The crooked one breaks it.
"$silence" --target malloc --ops 3000 --jobs 2 > malloc.out || fail "malloc: $(cat malloc.out)"
grep -q 'libc malloc is no Linux: [1-9][0-9]* rules of the implementation unreachable' malloc.out ||
	fail "what malloc does not promise is not named"
"$silence" --target malloc --ops 3000 --library "$KMC_BIN/crooked_malloc.so" > crooked.out ||
	fail "crooked: $(cat crooked.out)"
grep -q 'crooked_malloc.so malloc does not align sizes: [1-9][0-9]* rules unreachable' crooked.out ||
	fail "the probe finds nothing: $(cat crooked.out)"
grep -q 'align sizes' malloc.out && fail "libc is said not to align"

# What cannot be.
for wrong in "--jobs 0" "--jobs 1000" "--jobs x" "--cost --jobs 2" "--ops -1" "--target nowhere" "rest" \
	"--library libc.so.6" "--target malloc --library libnowhere.so" "--state nowhere/state"; do
	# shellcheck disable=SC2086
	"$silence" --ops 100 $wrong > out 2> err
	[ $? = 2 ] && [ -s err ] || fail "$wrong: $(cat out err)"
done
"$silence" --help | grep -q -- '--jobs=N' || fail "--help lacks --jobs"
exit $failed
