#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Rates of 100-op inputs with allocator, executor and oracle beside a 100-op
# toy target, under the same engine, in turn, per second of CPU:
#
#   fuzzers/engine/bench/rates.sh FOLDER-OF-PROGRAMS [RUNS] [ROUNDS]
#
# The folder is bin/ of a build with an engine that has the programs
# bench_fuzz_ours and bench_fuzz_toy (ninja bench_fuzz_ours bench_fuzz_toy).
# Each round runs both; the median counts. To be had: 0.19 without sanitizers,
# 0.16 with address,undefined (AFL++: 0.28 and 0.12, by its own statistics).
set -eu
bin=$1
runs=${2:-30000}
rounds=${3:-3}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

cpu_ms() { # PROGRAM SEED -> milliseconds of CPU for $runs executions
	local TIMEFORMAT='%U %S' used
	used=$( { time "$bin/$1" -seed="$2" -runs="$runs" -entropic=0 -len_control=0 \
		-max_len=8192 -verbosity=0 >"$scratch/log" 2>&1; } 2>&1)
	awk -v t="$used" 'BEGIN { split(t, a, " "); printf "%d\n", (a[1] + a[2]) * 1000 }'
}

for ((i = 0; i < rounds; i++)); do
	for side in toy ours; do
		echo "$side $(cpu_ms bench_fuzz_$side $((i + 2)))"
	done
done | awk -v runs="$runs" '
	{ t[$1, ++n[$1]] = $2 }
	function median(side,   i, k, x, list) {
		for (i = 1; i <= n[side]; i++) list[i] = t[side, i]
		for (i = 1; i <= n[side]; i++)
			for (k = i + 1; k <= n[side]; k++)
				if (list[k] < list[i]) { x = list[i]; list[i] = list[k]; list[k] = x }
		return list[int((n[side] + 1) / 2)]
	}
	END {
		toy = median("toy"); ours = median("ours")
		printf "toy  %8.0f exec/s\nours %8.0f exec/s\nratio %.3f\n",
			runs * 1000 / toy, runs * 1000 / ours, toy / ours
	}'
