# SPDX-License-Identifier: GPL-2.0-or-later
#
# Every pattern of kmconform-bench runs for a moment and produces numbers. No
# budget is judged here; usage errors leave with status 2.
set -u
bench=$KMC_BIN/kmconform-bench
out=$KMC_TMP/bench.txt
json=$KMC_TMP/bench.json
failed=0

complain() {
	echo "bench_smoke: $*" >&2
	failed=1
}

rm -f "$out" "$json"
"$bench" --check-only --json "$json" >"$out"
status=$?
[ $status -eq 0 ] || complain "--check-only leaves with status $status"

# Each listed pattern is a row, in both forms; all but one have our time.
for name in $("$bench" --list | awk '{ print $1 }'); do
	grep -q "^$name " "$out" || complain "$name: no row in the table"
	grep -q "\"pattern\":\"$name\"" "$json" || complain "$name: no row in the JSON file"
	[ "$name" = vmalloc-64K ] && continue
	awk -F'|' -v name="$name" '$1 ~ "^" name " " { split($2, f, " "); ok = f[1] > 0 }
		END { exit !ok }' "$out" || complain "$name: no time of ours"
done
grep -q '^0 budgets good, 0 met, 0 missed' "$out" || complain "--check-only judges"
grep -q 'peers .*glibc [0-9]' "$out" || complain "the peers are not named"

"$bench" --only no-such-pattern >"$out" 2>&1
[ $? -eq 2 ] || complain "an unknown pattern does not leave with status 2"
"$bench" --rounds 0 >"$out" 2>&1
[ $? -eq 2 ] || complain "--rounds 0 does not leave with status 2"
"$bench" --check-only --only pair-16 --json /nonexistent/x.json >"$out" 2>&1
[ $? -eq 2 ] || complain "a JSON file that cannot be written does not leave with status 2"
"$bench" --version | grep -q 'commit' || complain "--version names no commit"
exit $failed
