#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Runs that are killed at any moment leave a run document that is valid, of
# verdict "unknown", and KTAP that is valid as far as it goes: check, replay, fuzz.
#   run_killed.sh [KILLS]      of each, at a moment, and as often once it wrote; default 4
set -u
kills=${1:-4}
cd "$KMC_TMP" || exit 1
rm -rf ./*
RANDOM=${KMC_SEED:-$$}
echo "KMC_SEED=${KMC_SEED:-$$}"
. "$KMC_SRC/oracle/report/render/tests/ktap_valid.sh"
failures=0
fail() {
	echo "FAILED: $*"
	failures=$((failures + 1))
}
parser=$(ktap_kernel_parser) || echo "skipped: the kernel's parser (no linux-source-6.1, or no python3)"
schema=$KMC_SRC/oracle/report/run-schema.json
python3 -c 'import jsonschema' 2>/dev/null || { schema=; echo "skipped: no python3-jsonschema"; }

# killed WHEN COMMAND...: its output is in "out". WHEN is in seconds from its begin, or "written": as soon
# as its document is there, or it ended without.
killed() {
	local after=$1 pid
	shift
	"$@" >out 2>err &
	pid=$!
	if [ "$after" = written ]; then
		until [ -e run.json ] || ! kill -0 $pid 2>/dev/null; do
			sleep 0.002
		done
	else
		sleep "$after"
	fi
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
}

# valid FILE: by the schema, by our reader; partial ones are of unknown verdict
valid() {
	if [ -n "$schema" ]; then
		python3 - "$schema" "$1" <<-'PY' || fail "$1: not by the schema"
			import json, jsonschema, sys
			schema, doc = (json.load(open(name)) for name in sys.argv[1:])
			jsonschema.validators.validator_for(schema)(schema).validate(doc)
		PY
	fi
	"$KMC_BIN/kmconform-report" -f ktap "$1" >"$1.ktap" || fail "$1: not a document"
	ktap_whole "$1.ktap" || fail "$1: its KTAP"
	if grep -q '"partial": *true' "$1"; then
		partial=$((partial + 1))
		"$KMC_BIN/kmconform-report" "$1" | grep -qx "verdict: unknown" || fail "$1: a verdict"
	fi
}

# moments LIMIT: kills times a random moment below it, in milliseconds, and as often "written": where a
# loaded machine is slower than it was when LIMIT was measured, the moments may all come before a document
moments() {
	for ((i = 0; i < kills; i++)); do
		printf '%d.%03d\n' $(($1 * i / kills / 1000)) $(($1 * i / kills % 1000 + RANDOM % 20))
		echo written
	done
}

# took COMMAND...: how long it takes undisturbed, in milliseconds
took() {
	local begin
	begin=$(date +%s%N)
	"$@" >out 2>err
	echo $((($(date +%s%N) - begin) / 1000000))
}

# Long enough on any machine that most of the moments lie within it.
seeds=("$KMC_SRC"/corpus/seeds/*.op)
repeat=20
until whole=$(took "$KMC_BIN/kmconform-check" --ktap --repeat $repeat -o run.json "${seeds[@]}") &&
	[ "$whole" -ge 600 ] || [ $repeat -gt 1000 ]; do
	repeat=$((repeat * 2))
done
there=0 partial=0
for after in $(moments "$whole"); do
	rm -f run.json
	killed "$after" "$KMC_BIN/kmconform-check" --ktap --repeat $repeat -o run.json "${seeds[@]}"
	[ ! -s out ] || ktap_prefix out || fail "check killed after $after s: its KTAP"
	[ -n "$parser" ] && [ -s out ] && { ktap_kernel "$parser" out || fail "check after $after s"; }
	[ -e run.json ] && there=$((there + 1)) && valid run.json
done
[ $there -ge $kills ] || fail "check: a document of $there runs only"
[ $partial -ge $kills ] || fail "check: only $partial were killed in the middle"
echo "check: $there documents of $((2 * kills)) runs, $partial partial"

there=0 partial=0
trace=$KMC_SRC/corpus/traces/linux-6.18-mixed.kmt
for after in $(moments "$(took "$KMC_BIN/kmconform-replay" -o run.json "$trace")"); do
	rm -f run.json
	killed "$after" "$KMC_BIN/kmconform-replay" -o run.json "$trace"
	[ -e run.json ] && there=$((there + 1)) && valid run.json
done
[ $there -ge $kills ] || fail "replay: a document of $there runs only"
echo "replay: $there documents of $((2 * kills)) runs, $partial partial"

# a report that is killed while it writes: as far as it went
"$KMC_BIN/kmconform-report" -f ktap run.json >whole 2>/dev/null ||
	{ "$KMC_BIN/kmconform-check" -o run.json "${seeds[0]}" >/dev/null
	  "$KMC_BIN/kmconform-report" -f ktap run.json >whole; }
lines=$(wc -l <whole)
for ((i = 2; i < lines; i += lines / 15 + 1)); do
	head -n $i whole >part
	ktap_prefix part || fail "the first $i lines"
done

if [ -x "$KMC_BIN/kmconform-fuzz" ]; then
	there=0 partial=0
	mkdir bin && cp "$KMC_SRC/fuzzers/campaign/tests/fuzz_stub" bin/fuzz_one && chmod +x bin/fuzz_one
	for ((i = 0; i < 4; i++)); do
		killed $((i / 2)).$((RANDOM % 9))5 "$KMC_BIN/kmconform-fuzz" --dir campaign --libfuzzer bin \
			--afl none --workers 1 --slice 2 --quiet
		[ -e campaign/run.json ] && there=$((there + 1)) && cp campaign/run.json fuzz.json &&
			valid fuzz.json
	done
	[ $there -ge 2 ] && [ $partial -eq $there ] || fail "fuzz: $partial partial of $there documents"
	"$KMC_BIN/kmconform-fuzz" --dir campaign --libfuzzer bin --afl none --workers 1 --slice 2 \
		--seconds 2 --quiet >/dev/null 2>&1
	partial=0
	cp campaign/run.json ended.json
	valid ended.json
	[ $partial -eq 0 ] || fail "fuzz: a campaign that ended is partial"
	grep -q '"verdict": *"violated"' ended.json || fail "fuzz: findings, and no verdict"
	echo "fuzz: $there documents of 4 runs"
else
	echo "skipped: kmconform fuzz is not built"
fi
[ $failures -eq 0 ] && echo "all as expected"
exit $((failures != 0))
