#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Ten recordings of real load: compile jobs, folder walks, message passing, all
# at once, a million events or more each; and one of ten millions or more at a
# million a second or more. With the default buffers nothing may be lost and
# all accounts have to be exact. Takes minutes.
#   KMC_TEN_SECONDS   a recording that has not enough events by then fails (60)
set -u
record=$KMC_BIN/kmconform-record
trace=$KMC_BIN/kmconform-trace
load=$KMC_BIN/record_load
cap=${KMC_TEN_SECONDS:-60}
rm -rf "$KMC_TMP" && mkdir -p "$KMC_TMP" && cd "$KMC_TMP" || exit 1
failures=0

"$record" -q -d 0.1 -o can.kmt 2>why
if [ $? -ne 0 ]; then
	echo "skipped: $(cat why)"
	exit 77
fi
command -v cc >/dev/null || { echo "skipped: no compiler"; exit 77; }

# Each of them goes on until the file `on` is gone.
compile() {
	cat >job.c <<-'EOF'
	#include <stdio.h>
	#include <stdlib.h>
	#include <string.h>
	#define F(n) int f##n(int x) { char b[64]; snprintf(b, 64, "%d", x + n); return (int)strlen(b); }
	F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9)
	int main(int c, char **v) { (void)v; return f1(c) + f9(c) > 40; }
	EOF
	while [ -e on ]; do cc -O2 job.c -o "job.$1"; done
}
walk() {
	while [ -e on ]; do
		find /usr/include /usr/share/doc -type f >/dev/null 2>&1
		tar cf /dev/null -C /usr include/linux 2>/dev/null
		mkdir -p "walk.$1" && touch "walk.$1"/{a..z}{0..9} && rm -rf "walk.$1"
	done
}
messages() {
	while [ -e on ]; do "$load" "$1" 20000 >/dev/null; done
}

jobs=()
begin() {
	touch on
	for i in "$@"; do
		case $i in
		c*) compile "$i" & ;;
		w*) walk "$i" & ;;
		*) messages "$i" & ;;
		esac
		jobs+=($!)
	done
}
end() {
	rm -f on
	wait "${jobs[@]}"
	jobs=()
}
trap 'rm -f on' EXIT

# number KEY: of the first such key in the document of `trace info --json`
number() {
	sed -n "s/^ *\"$1\": *\([0-9.]*\),\{0,1\}\$/\1/p" info.json | head -1
}
# sum KEY: over the probes, which stand before the cpus
sum() {
	sed -n '/"cpus"/q;p' info.json | sed -n "s/^ *\"$1\": *\([0-9]*\),\{0,1\}\$/\1/p" |
		awk '{ n += $1 } END { print n + 0 }'
}

# measure NAME EVENTS RATE: records what runs until there are so many events, and checks
measure() {
	local seconds=2 events=0 rate missed lost
	while :; do
		"$record" -q -d $seconds -o ten.kmt || { failures=$((failures + 1)); return; }
		"$trace" info --json ten.kmt >info.json || { failures=$((failures + 1)); return; }
		events=$(number records)
		[ "$events" -ge "$2" ] && break
		[ $seconds -ge "$cap" ] && break
		seconds=$(awk -v s=$seconds -v e="$events" -v want="$2" -v cap="$cap" \
			'BEGIN { n = int(s * want / (e + 1) * 1.3) + 1; print n < cap ? n : cap }')
	done
	rate=$(number events_per_second)
	lost=$(sum lost)
	missed=$(sum recursion_misses)
	printf "%-8s %4s s %11s events %9.0f /s %5.2f B/event  lost %s  missed %s  %s\n" "$1" \
		"$seconds" "$events" "$rate" "$(number bytes_per_event)" "$lost" "$missed" \
		"$(grep -q '"accounting_exact": *true' info.json && echo exact || echo NOT EXACT)"
	grep -q '"accounting_exact": *true' info.json || failures=$((failures + 1))
	grep -q '"whole": *true' info.json || { echo "not whole"; failures=$((failures + 1)); }
	[ "$lost" -eq 0 ] || { echo "FAILED: $1 lost $lost"; failures=$((failures + 1)); }
	[ "$events" -ge "$2" ] || { echo "FAILED: $1 has $events events"; failures=$((failures + 1)); }
	awk -v r="$rate" -v want="$3" 'BEGIN { exit r < want }' ||
		{ echo "FAILED: $1: $rate events/s"; failures=$((failures + 1)); }
	rm -f ten.kmt
}

begin c1 c2 w1 300 1285
for i in 1 2 3 4 5 6 7 8 9 10; do
	measure "$i of 10" 1000000 0
done
end
# every cpu at its messages: the highest rate there is
begin $(for i in $(seq "$(getconf _NPROCESSORS_ONLN)"); do echo "$((300 * i))"; done) w1
measure fast 10000000 1000000
end

[ $failures -eq 0 ] && echo "all exact, nothing lost"
exit $((failures != 0))
