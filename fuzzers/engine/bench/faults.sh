#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Executions until a planted fault is found by a rule of its list: our mutator beside libFuzzer's own
# byte mutators with the value profile, in the widest target, from the same seeds, inputs of the
# same greatest length:
#
#   fuzzers/engine/bench/faults.sh [-n EVERY] [-c CAP] [-o] FOLDER-OF-PROGRAMS [FAULT...]
#
# The folder is bin/ of a libFuzzer build with planted faults (clang, -DKMC_PLANTED_FAULTS=ON
# -DKMC_SANITIZE=fuzzer-no-link -DKMC_FUZZ_ENGINE=-fsanitize=fuzzer; ninja fuzz_machine
# bench_fuzz_bytes kmconform-mutants). -n: every EVERYth fault of the list (default 1); -c: at
# most so many executions (default 200000); -o: ours only. What is found without a fault, and
# then what is found by a rule that is not on the list, is known from there on, and is no end; a crash
# goes on with the next seed, and seed programs that die at once are left out. Medians are of faults that the seeds by
# themselves do not show; who finds nothing counts as CAP, so that the ratio is a lower bound.
set -u
every=1 cap=200000 both=1
while getopts n:c:o flag; do
	case $flag in
	n) every=$OPTARG ;;
	c) cap=$OPTARG ;;
	o) both=0 ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] || { sed -n '3,20p' "$0"; exit 2; }
bin=$1
shift
root=$(cd "$(dirname "$0")/../../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

rules_of() { # FAULT
	"$bin/kmconform-mutants" --list -f "$1" | sed -n 2p
}

# Executions until a rule of the list; CAP without. PROGRAM FAULT MORE... Without a fault: all
# that is found becomes known.
until_found() {
	local program=$1 fault=$2 total=0 seed=1 nr rule key
	shift 2
	cp "$scratch/known" "$scratch/known-now"
	while [ $total -lt $cap ] && [ $seed -le 40 ]; do
		rm -rf "$scratch/new" && mkdir "$scratch/new"
		KMC_FUZZ_KNOWN=$scratch/known-now KMC_PLANTED=$fault timeout 600 "$bin/$program" -seed=$seed -runs=$((cap - total)) \
			-max_len=8192 -len_control=0 -entropic=0 -print_final_stats=1 -timeout=20 -rss_limit_mb=0 \
			-artifact_prefix="$scratch/" "$@" "$scratch/new" "$scratch/seeds" \
			>"$scratch/log" 2>&1
		nr=$(grep -a -o 'number_of_executed_units: [0-9]*' "$scratch/log" | grep -o '[0-9]*$')
		total=$((total + ${nr:-1}))
		rule=$(grep -a -o 'kmconform-finding key=[^ ]* rule=[^ ]*' "$scratch/log" | head -1)
		key=${rule#*key=} key=${key%% *} rule=${rule##*=}
		[ -z "$rule" ] || echo "$key" >>"$scratch/known-now"
		if [ -n "$rule" ] && [ -n "$fault" ] &&
			[[ " $(rules_of "$fault") " == *" $rule "* ]]; then
			found=$rule
			executions=$total
			return
		fi
		seed=$((seed + 1))
	done
	found=
	executions=$cap
}

show() { # FAULT RULE OURS THEIRS
	printf '%-26s %-8s %8s %8s\n' "$@" | tee -a "$scratch/result"
}

by_seeds() { # FAULT: a rule of the list in the seeds alone? Leaves those that do not die at once.
	local rule seed list
	list=" $(rules_of "$1") "
	rm -rf "$scratch/seeds" && mkdir "$scratch/seeds"
	for seed in "$root"/corpus/seeds/*.op; do
		KMC_FUZZ_KNOWN=$scratch/known KMC_PLANTED=$1 timeout 20 "$bin/fuzz_machine" \
			-artifact_prefix="$scratch/" "$seed" >"$scratch/log" 2>&1 &&
			cp "$seed" "$scratch/seeds" && continue
		rule=$(grep -a -o 'kmconform-finding key=[^ ]* rule=[^ ]*' "$scratch/log" | head -1)
		[ -n "$rule" ] && [[ "$list" == *" ${rule##*=} "* ]] && return 0
	done
	return 1
}

if [ $# -eq 0 ]; then
	set -- $("$bin/kmconform-mutants" --list | awk 'NR % 2 { print $1 }' |
		awk -v n="$every" '(NR - 1) % n == 0')
fi
touch "$scratch/known"
cp -r "$root/corpus/seeds" "$scratch/seeds"
until_found fuzz_machine ""
mv "$scratch/known-now" "$scratch/known"
for fault; do
	if by_seeds "$fault"; then
		show "$fault" seeds 0 0
		continue
	fi
	until_found fuzz_machine "$fault"
	ours=$executions rule=${found:--}
	theirs=-
	if [ $both = 1 ]; then
		until_found bench_fuzz_bytes "$fault" -use_value_profile=1
		theirs=$executions
	fi
	show "$fault" "$rule" "$ours" "$theirs"
done
awk -v cap="$cap" '
	function median(list, n,   i, k, x) {
		for (i = 1; i <= n; i++)
			for (k = i + 1; k <= n; k++)
				if (list[k] < list[i]) { x = list[i]; list[i] = list[k]; list[k] = x }
		return list[int((n + 1) / 2)]
	}
	{ all++; seeds += $2 == "seeds"; found += $2 != "-" }
	$2 != "seeds" { ours[++n] = $3; if ($4 != "-") theirs[++m] = $4 }
	END {
		short = m && median(theirs, m) >= cap ? "more than " : ""
		printf "%d of %d faults found (%.1f %%), %d of them by the seeds alone\n", found, all,
			100 * found / all, seeds
		if (n)
			printf "median executions of the other %d: ours %d", n, median(ours, n)
		if (m)
			printf ", byte mutators %s%d; ratio %s%.1f", short, median(theirs, m),
				short, median(theirs, m) / median(ours, n)
		if (n)
			printf "\n"
	}' "$scratch/result"
