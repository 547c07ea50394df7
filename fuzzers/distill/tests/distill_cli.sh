#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kmconform distill on the bundled trace: at most 1 % of its ops keep all that it covers.
set -u
fail() { echo "FAIL: $*"; exit 1; }
value() { sed -n "s/^$1 *: \([0-9.-]*\).*/\1/p" "$KMC_TMP/out"; }

trace="$KMC_SRC/corpus/traces/linux-6.18-mixed.kmt"
rm -rf "$KMC_TMP/seeds" "$KMC_TMP/again"
"$KMC_BIN/kmconform" distill -o "$KMC_TMP/seeds" "$trace" >"$KMC_TMP/out" || fail "status $?"
[ "$(value 'events read')" -eq 171511 ] || fail "events: $(value 'events read')"
[ "$(value 'ops of the whole')" -gt 160000 ] || fail "ops: $(value 'ops of the whole')"
[ "$(value 'lost by the seeds')" -eq 0 ] || fail "the seeds cover less than the trace"
[ "$(value violated)" -eq 0 ] || fail "the seeds violate something"
[ $(($(value 'ops kept') * 100)) -le "$(value 'ops of the whole')" ] || fail "more than 1 %: $(value 'ops kept')"
[ "$(value 'rules exercised')" -ge 40 ] || fail "rules: $(value 'rules exercised')"
if grep -q 'edges *: [0-9]' "$KMC_TMP/out"; then
	[ "$(value edges)" -gt 1000 ] || fail "edges: $(value edges)"
fi

# The files say the same as the run that made them, and are programs of correct callers.
"$KMC_BIN/kmconform" check "$KMC_TMP"/seeds/*.op >"$KMC_TMP/check" || fail "check: status $?"
rules=$(value 'rules exercised')
"$KMC_BIN/kmconform" coverage -q "$KMC_TMP/seeds" >"$KMC_TMP/cover" || fail "coverage: status $?"
grep -q "^rules exercised *: $rules " "$KMC_TMP/cover" || fail "the files exercise other rules: $(cat "$KMC_TMP/cover")"

# The same trace gives the same seeds.
"$KMC_BIN/kmconform" distill -o "$KMC_TMP/again" "$trace" >"$KMC_TMP/out2" || fail "status $?"
diff -r "$KMC_TMP/seeds" "$KMC_TMP/again" || fail "two runs differ"

# Part of a trace, no trace.
"$KMC_BIN/kmconform" distill --max-events 1000 "$trace" >"$KMC_TMP/out" || fail "status $?"
[ "$(value 'events read')" -eq 1000 ] || fail "--max-events"
printf 'no trace' >"$KMC_TMP/none.kmt"
"$KMC_BIN/kmconform" distill "$KMC_TMP/none.kmt" >/dev/null 2>"$KMC_TMP/err"
[ $? -eq 2 ] && grep -q none.kmt "$KMC_TMP/err" || fail "what is no trace"
echo ok
