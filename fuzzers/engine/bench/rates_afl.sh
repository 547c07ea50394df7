#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rates.sh for AFL++ in persistent mode: both sides get the same 100-op inputs from a
# custom mutator, in turn; executions a second of CPU (all of afl-fuzz, which does not count its
# target's itself), stability by afl-fuzz's own statistics. The first executions, in which the
# inputs are made, machines booted and the queue calibrated, are measured in a run of their own and
# taken off.
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
start=4000
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/in"
printf 'kmconform' >"$scratch/in/seed"

stat_of() { # SIDE NAME
	sed -n "s/^$2 *: *\([0-9.]*\).*/\1/p" "$scratch/$1/default/fuzzer_stats"
}

# What releases are known to break does not end a run.
KMC_FUZZ_KNOWN=${KMC_FUZZ_KNOWN:-$(cd "$(dirname "$0")/../../../corpus" && pwd)/known.keys}
export KMC_FUZZ_KNOWN

run() { # SIDE SEED EXECUTIONS -> executions done, milliseconds of CPU, stability
	rm -rf "${scratch:?}/$1"
	AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_DISABLE_TRIM=1 \
		AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_CUSTOM_MUTATOR_ONLY=1 \
		AFL_CUSTOM_MUTATOR_LIBRARY=$mutator \
		"$bin/bench_fuzz_cpu" afl-fuzz -E "$3" -t 5000 -s "$2" -m none -i "$scratch/in" -o "$scratch/$1" \
		-- "$bin/bench_fuzz_$1" >"$scratch/log" 2>&1 3>"$scratch/cpu" ||
		{ tail -n 20 "$scratch/log" >&2; return 2; }
	echo "$(stat_of "$1" execs_done) $(cat "$scratch/cpu") $(stat_of "$1" stability)"
}

for ((i = 1; i <= rounds; i++)); do
	for side in toy ours; do
		# the toy's are so short that afl-fuzz's own start would drown them
		[ $side = toy ] && more=$((20 * runs)) || more=$runs
		short=$(run $side $i "$start") || exit 2
		long=$(run $side $i $((start + more))) || exit 2
		echo "$side $short $long"
	done
done >"$scratch/rates"
awk '
	{ rate[$1] = rate[$1] " " 1000 * ($5 - $2) / ($6 - $3); if (!($1 in least) || $7 < least[$1]) least[$1] = $7 }
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
	}' "$scratch/rates"
