#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rates.sh for AFL++ in persistent mode: both sides get the same 100-op inputs from a
# custom mutator, in turn; executions a second of CPU (all of afl-fuzz, which does not count its
# target's itself), stability by afl-fuzz's own statistics. The first executions are those that
# boot machines and calibrate: the run is to be long beside them.
#
#   fuzzers/engine/bench/rates_afl.sh FOLDER-OF-PROGRAMS MUTATOR [RUNS] [ROUNDS]
#
# The folder is bin/ of an AFL++ build (ninja bench_fuzz_ours bench_fuzz_toy bench_fuzz_cpu), the mutator
# kmc_rate_mutator.so of one without an engine (ninja kmc_rate_mutator). To be had: 0.28
# without sanitizers, 0.12 with address,undefined; stability 100 %.
set -eu
bin=$1
mutator=$2
runs=${3:-60000}
rounds=${4:-3}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/in"
printf 'kmconform' >"$scratch/in/seed"

stat_of() { # SIDE NAME
	sed -n "s/^$2 *: *\([0-9.]*\).*/\1/p" "$scratch/$1/default/fuzzer_stats"
}

for ((i = 0; i < rounds; i++)); do
	for side in toy ours; do
		rm -rf "${scratch:?}/$side"
		AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_DISABLE_TRIM=1 \
			AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_CUSTOM_MUTATOR_ONLY=1 \
			AFL_CUSTOM_MUTATOR_LIBRARY=$mutator \
			"$bin/bench_fuzz_cpu" afl-fuzz -E "$runs" -t 5000 -s $((i + 1)) -m none -i "$scratch/in" -o "$scratch/$side" \
			-- "$bin/bench_fuzz_$side" >"$scratch/log" 2>&1 3>"$scratch/cpu" || { tail -n 20 "$scratch/log"; exit 2; }
		echo "$side $(stat_of $side execs_done) $(cat "$scratch/cpu") $(stat_of $side stability)"
	done
done | awk '
	{ rate[$1] = rate[$1] " " 1000 * $2 / $3; if (!($1 in least) || $4 < least[$1]) least[$1] = $4 }
	function median(side,   n, list, i, k, x) {
		n = split(rate[side], list, " ")
		for (i = 1; i <= n; i++)
			for (k = i + 1; k <= n; k++)
				if (list[k] + 0 < list[i] + 0) { x = list[i]; list[i] = list[k]; list[k] = x }
		return list[int((n + 1) / 2)]
	}
	END {
		toy = median("toy"); ours = median("ours")
		printf "toy  %8.0f exec/s, stability %s %%\nours %8.0f exec/s, stability %s %%\nratio %.3f\n",
			toy, least["toy"], ours, least["ours"], ours / toy
	}'
