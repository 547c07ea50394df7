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

# Each listed pattern is a row, in both forms, with our time.
for name in $("$bench" --list | awk '{ print $1 }'); do
	grep -q "^$name " "$out" || complain "$name: no row in the table"
	grep -q "\"pattern\":\"$name\"" "$json" || complain "$name: no row in the JSON file"
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

# The replay rows quote the program beside this one: here one that is made up.
fake=$KMC_TMP/fake
rm -rf "$fake" && mkdir -p "$fake" && cp "$bench" "$fake"
cat >"$fake/kmconform-replay" <<'END'
#!/bin/sh
case "$*" in
*broken*) echo "kmconform replay: broken.kmt: no trace" >&2; exit 2 ;;
*--alloc-only*) rate=20.50 ;;
*) rate=2.10 ;;
esac
echo "cost: $rate M events/s (48.8 ns an event, thread CPU time), decoding apart 21.0 ns an event"
END
chmod +x "$fake/kmconform-replay"
"$fake/kmconform-bench" --rounds 2 --only none --trace a.kmt >"$out"
[ $? -eq 1 ] || complain "a replay below its budget does not leave with status 1"
grep -q '^replay-alloc-only .* 20.5 M/s .* met$' "$out" || complain "20.5 M/s is not quoted as met"
grep -q '^replay-judged .* 2.1 M/s .* MISSED$' "$out" || complain "2.1 M/s is not quoted as missed"
"$fake/kmconform-bench" --rounds 2 --only none --trace broken.kmt >"$out" 2>&1
[ $? -eq 2 ] || complain "a replay that fails does not leave with status 2"

# And the real one, once it and a trace are there: its report has the line.
trace=$(ls "$KMC_SRC"/corpus/traces/*.kmt 2>/dev/null | head -n 1)
if [ -n "$trace" ] && [ -x "$KMC_BIN/kmconform-replay" ]; then
	"$bench" --rounds 1 --only none --trace "$trace" >"$out"
	[ $? -le 1 ] || complain "kmconform-replay does not tell its cost"
fi
exit $failed
