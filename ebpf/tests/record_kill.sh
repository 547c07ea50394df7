#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kill -9 at 20 random moments of a recording under load: every complete block
# can be read, and once blocks are due there are records.
set -u
record=$KMC_BIN/kmconform-record
probe=$KMC_BIN/trace_probe
load=$KMC_BIN/record_load
rm -rf "$KMC_TMP" && mkdir -p "$KMC_TMP" && cd "$KMC_TMP" || exit 1
seed=${KMC_SEED:-$$}
RANDOM=$seed
echo "seed $seed (KMC_SEED repeats it)"
failures=0

"$record" -q -d 0.1 -o can.kmt 2>why
if [ $? -ne 0 ]; then
	echo "skipped: $(cat why)"
	exit 77
fi

"$load" 700 100000000 >/dev/null &
load_pid=$!
trap 'kill $load_pid 2>/dev/null' EXIT
for i in $(seq 20); do
	"$record" -q -o kill.kmt &
	pid=$!
	ms=$((RANDOM % 1500))
	# most moments lie after the head was written, some before
	[ $((i % 5)) -eq 0 ] || while [ ! -s kill.kmt ] && kill -0 $pid; do sleep 0.02; done
	sleep "$((ms / 1000)).$(printf %03d $((ms % 1000)))"
	kill -9 $pid
	wait $pid 2>/dev/null
	"$probe" kill.kmt --cut >out 2>&1
	status=$?
	records=$(awk '$1 == "records" { print $2 }' out)
	blocks=$(awk '$1 == "blocks" { print $2 }' out)
	echo "killed $i: $ms ms: status $status, ${records:-no} records in ${blocks:-no} blocks"
	if [ $status -eq 1 ] || { [ $((i % 5)) -ne 0 ] && [ $status -ne 0 ]; } ||
	   { [ $((i % 5)) -ne 0 ] && [ $ms -ge 800 ] && [ "$records" -eq 0 ]; }; then
		cat out
		failures=$((failures + 1))
	fi
	rm -f kill.kmt
done
exit $((failures != 0))
