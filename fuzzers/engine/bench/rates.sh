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
# Each round runs both; the fastest of each counts, since whatever else the host does can only add
# (on a shared one ours swings between 19 and 33 us, the toy, which needs no memory, does not).
# The medians are told as well. Start is left out: the programs are made and the
# machines booted in the first 640 executions. To be had: 0.19 without sanitizers,
# 0.16 with address,undefined (AFL++: 0.28 and 0.12: rates_afl.sh).
set -eu
bin=$1
runs=${2:-30000}
rounds=${3:-5}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
# What releases are known to break does not end a run.
KMC_FUZZ_KNOWN=${KMC_FUZZ_KNOWN:-$(dirname "$0")/../../../corpus/known.keys}
export KMC_FUZZ_KNOWN

rate() { # SIDE SEED -> microseconds of CPU for an execution
	"$bin/bench_fuzz_$1" -seed="$2" -runs="$runs" -entropic=0 -len_control=0 \
		-max_len=8192 -verbosity=0 >"$scratch/log" 2>&1 || { tail -n 20 "$scratch/log" >&2; exit 2; }
	awk '/^rate:/ { print 1000 * $5 / $2 }' "$scratch/log"
}

for ((i = 0; i < rounds; i++)); do
	for side in toy ours; do
		us=$(rate $side $((i + 2))) || exit 2
		echo "$side $us"
	done
done >"$scratch/rates"
awk '
	{ t[$1, ++n[$1]] = $2 }
	function nth(side, at,   i, k, x, list) {
		for (i = 1; i <= n[side]; i++) list[i] = t[side, i]
		for (i = 1; i <= n[side]; i++)
			for (k = i + 1; k <= n[side]; k++)
				if (list[k] < list[i]) { x = list[i]; list[i] = list[k]; list[k] = x }
		return list[at]
	}
	END {
		if (!n["toy"] || n["toy"] != n["ours"]) exit 2
		middle = int((n["toy"] + 1) / 2)
		toy = nth("toy", 1); ours = nth("ours", 1)
		printf "toy  %8.0f exec/s %8.2f us\nours %8.0f exec/s %8.2f us\nratio %.3f, of medians %.3f\n",
			1e6 / toy, toy, 1e6 / ours, ours, toy / ours,
			nth("toy", middle) / nth("ours", middle)
	}' "$scratch/rates"
