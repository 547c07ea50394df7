#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Executions until a planted fault is found by a rule of its list: our mutator beside libFuzzer's own
# byte mutators with the value profile, in the widest target, from the same seeds, inputs of the
# same greatest length:
#
#   fuzzers/engine/bench/faults.sh [-n EVERY] [-f FIRST] [-c CAP] [-o] FOLDER-OF-PROGRAMS [FAULT...]
#
# The folder is bin/ of a libFuzzer build with planted faults (clang, -DKMC_PLANTED_FAULTS=ON
# -DKMC_SANITIZE=fuzzer-no-link -DKMC_FUZZ_ENGINE=-fsanitize=fuzzer; ninja fuzz_machine
# bench_fuzz_bytes bench_fuzz_records kmconform-mutants). -n: every EVERYth fault of the list
# (default 1), the FIRSTth of them first (default 1); -c: at most so many executions (default
# 200000); -o: ours only.
#
# What makes it fair: seeds are records, not text, which a changed byte would spoil. Seeds that show
# the fault, or die of it, are left out for both, so that it has to be found; how many, the third column says.
# Executions of seeds and of the corpus at a start are not counted. What is found without a fault, and then
# what is found by a rule that is not on the list, is known from there on, and is no end; after it, and
# after a crash, the run goes on with the next number for chance and the corpus it had. Who finds nothing counts
# as CAP, so that the ratio of medians is a lower bound.
set -u
every=1 first=1 cap=200000 both=1
while getopts n:f:c:o flag; do
	case $flag in
	n) every=$OPTARG ;;
	f) first=$OPTARG ;;
	c) cap=$OPTARG ;;
	o) both=0 ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] || { sed -n '3,24p' "$0"; exit 2; }
bin=$1
shift
root=$(cd "$(dirname "$0")/../../.." && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# libFuzzer over the seeds and the corpus so far: PROGRAM FAULT MORE... The log tells what came.
run() {
	local program=$1 fault=$2
	shift 2
	KMC_FUZZ_KNOWN=$scratch/known-now KMC_PLANTED=$fault timeout 1800 "$bin/$program" -max_len=8192 \
		-len_control=0 -entropic=0 -print_final_stats=1 -timeout=20 -rss_limit_mb=0 \
		-artifact_prefix="$scratch/died/" "$@" "$scratch/new" "$scratch/left" >"$scratch/log" 2>&1
}

# The finding in the log: sets rule and key, empty if there is none.
read_finding() {
	rule=$(grep -a -o 'kmconform-finding key=[^ ]* rule=[^ ]*' "$scratch/log" | head -1)
	key=${rule#*key=} key=${key%% *} rule=${rule##*=}
}

on_list() { # FAULT
	[ -n "$rule" ] && [[ " $("$bin/kmconform-mutants" --list -f "$1" | sed -n 2p) " == *" $rule "* ]]
}

start_afresh() {
	rm -rf "$scratch/new" "$scratch/died"
	mkdir "$scratch/new" "$scratch/died"
	cp "$scratch/known" "$scratch/known-now"
}

# The seeds without those that die: by what they show, or of something else.
leave_out() { # FAULT
	local died
	shown=0
	rm -rf "$scratch/left"
	cp -r "$scratch/seeds" "$scratch/left"
	while start_afresh && ! run fuzz_machine "$1" -seed=1 -runs=0; do
		read_finding
		on_list "$1" && shown=$((shown + 1))
		died=$(ls "$scratch/died" | head -1)
		# An artifact is named after its contents, as the seeds are.
		[ -n "$died" ] && [ -e "$scratch/left/${died#*-}" ] || return
		rm "$scratch/left/${died#*-}"
	done
}

# Executions until a rule of the list; CAP without. PROGRAM FAULT MORE... Without a fault: all that is
# found becomes known.
until_found() {
	local program=$1 fault=$2 total=0 seed=1 nr start
	shift 2
	start_afresh
	while [ $total -lt $cap ] && [ $seed -le 40 ]; do
		run "$program" "$fault" -seed=$seed -runs=$((cap - total + $(ls "$scratch/new" "$scratch/left" | wc -l))) "$@"
		nr=$(grep -a -o 'number_of_executed_units: [0-9]*' "$scratch/log" | grep -o '[0-9]*$')
		start=$(sed -n 's/^#\([0-9]*\)[[:space:]]INITED.*/\1/p' "$scratch/log" | head -1)
		nr=$((${nr:-1} - ${start:-0}))
		total=$((total + (nr > 0 ? nr : 1)))
		read_finding
		[ -z "$rule" ] || echo "$key" >>"$scratch/known-now"
		if [ -n "$fault" ] && on_list "$fault"; then
			found=$rule
			executions=$((total < cap ? total : cap))
			return
		fi
		seed=$((seed + 1))
	done
	found=-
	executions=$cap
}

show() { # FAULT RULE SHOWN OURS THEIRS
	printf '%-26s %-8s %5s %8s %8s\n' "$@" | tee -a "$scratch/result"
}

if [ $# -eq 0 ]; then
	set -- $("$bin/kmconform-mutants" --list | awk 'NR % 2 { print $1 }' |
		awk -v n="$every" -v f="$first" 'NR >= f && (NR - f) % n == 0')
fi
mkdir "$scratch/seeds" "$scratch/left"
pairs=()
for seed in "$root"/corpus/seeds/*.op; do
	pairs+=("$seed" "$scratch/seeds/$(basename "$seed")")
done
"$bin/bench_fuzz_records" "${pairs[@]}" || exit 1
for seed in "$scratch"/seeds/*.op; do
	mv "$seed" "$scratch/seeds/$(sha1sum "$seed" | cut -d' ' -f1)"
done
touch "$scratch/known"
all_cap=$cap cap=$((cap < 2000 ? cap : 2000))
cp "$scratch"/seeds/* "$scratch/left/"
until_found fuzz_machine ""
mv "$scratch/known-now" "$scratch/known"
cap=$all_cap
show fault rule seeds ours bytes
for fault; do
	leave_out "$fault"
	until_found fuzz_machine "$fault"
	ours=$executions ours_by=$found
	theirs=-
	if [ $both = 1 ]; then
		until_found bench_fuzz_bytes "$fault" -use_value_profile=1
		theirs=$executions
	fi
	show "$fault" "$ours_by" "$shown" "$ours" "$theirs"
done
awk -v cap="$cap" '
	function median(list, n,   i, k, x) {
		for (i = 1; i <= n; i++)
			for (k = i + 1; k <= n; k++)
				if (list[k] < list[i]) { x = list[i]; list[i] = list[k]; list[k] = x }
		return list[int((n + 1) / 2)]
	}
	NR == 1 { next }
	{ all++; seeds += $3 > 0; found += $2 != "-"; ours[++n] = $4 }
	$2 != "-" || $3 > 0 { caught++ }
	$5 != "-" { theirs[++m] = $5; theirs_found += $5 < cap }
	END {
		printf "%d of %d faults: from the whole seeds %d are found (%.1f %%), by seeds alone %d; without the seeds that show them %d (%.1f %%)\n",
			all, all, caught, 100 * caught / all, seeds, found, 100 * found / all
		printf "median executions: ours %d", median(ours, n)
		if (m) {
			short = median(theirs, m) >= cap ? "more than " : ""
			printf ", byte mutators %s%d (found %d); ratio %s%.1f", short, median(theirs, m),
				theirs_found, short, median(theirs, m) / median(ours, n)
		}
		printf "\n"
	}' "$scratch/result"
