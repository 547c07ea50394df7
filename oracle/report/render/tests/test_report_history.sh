#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kmconform report --history: runs are added once, trends by key and by rule;
# a damaged document and a damaged file are said and change nothing.
set -u
report=$KMC_BIN/kmconform-report
here=$KMC_SRC/oracle/report/render/tests/golden
cd "$KMC_TMP" || exit 1
rm -rf ./*
failures=0
fail() {
	echo "FAILED: $*"
	failures=$((failures + 1))
}
if "$report" --history h.sqlite 2>&1 | grep -q "built without SQLite"; then
	echo "skipped: built without SQLite"
	exit 77
fi
rm -f h.sqlite
# line TEXT: the trends have it
line() { grep -qF -- "$1" trends || { fail "no line \"$1\""; cat trends; }; }

# five runs: a finding that goes, one that comes, one that stays
variant() { sed "s/v1-0011223344556677/$2/g; s/\"occurrences\": 3/\"occurrences\": $3/; s/\"state\": \"pass\"/\"state\": \"$4\"/
	s/\"records\": 100/\"records\": 10$1/" "$here/run.json" >r$1.json; }
variant 1 v1-aaaaaaaaaaaaaaaa 2 pass
variant 2 v1-aaaaaaaaaaaaaaaa 20 unknown
variant 3 v1-bbbbbbbbbbbbbbbb 1 pass
cp "$here/empty.json" r4.json
variant 5 v1-cccccccccccccccc 4 pass
for i in 1 2 3 4 5; do
	"$report" --history h.sqlite r$i.json >trends || fail "run $i: status $?"
done
line "5 runs, 4 findings; 4 runs were violated, 1 unknown"
line "    2+...  gone: runs 1 to 2, in 2 of them, 22 times"
line "    ..1..  gone: runs 3 to 3, in 1 of them, 1 times"
line "    ....4  new: runs 5 to 5, in 1 of them, 4 times"
grep -A1 v1-8899aabbccddeeff trends | grep -q "still there: runs 1 to 5, in 4 of them" || fail "what stays"
line "  ALIGN-1    pup p"
# once more, all at once, in another order: nothing changes
cp trends before
"$report" --history h.sqlite r5.json r4.json r1.json -o again || fail "again"
cmp again before || fail "runs were added twice"
"$report" --history h.sqlite >only || fail "no document"
cmp only before || fail "only to look"
# what is no document changes nothing; what is no history is said
head -c 3000 r1.json >cut
"$report" --history h.sqlite cut >out 2>err && fail "a damaged document"
grep -q "cut:[0-9]*: cut short" err || fail "$(cat err)"
"$report" --history h.sqlite | cmp - before || fail "a damaged document changed something"
head -c 5000 /dev/zero | tr '\0' x >broken.sqlite
"$report" --history broken.sqlite r1.json >out 2>err
[ $? -eq 2 ] && grep -q "broken.sqlite: file is not a database" err || fail "a damaged history: $(cat err)"
"$report" --history nowhere/h.sqlite r1.json 2>err && fail "a history that cannot be"
# nothing is kept that was not asked for
sed 's#traces/host \& <co>.kmt#/home/mallory/x.kmt#g' r1.json >named.json
"$report" --history named.sqlite named.json >trends
grep -aq mallory named.sqlite trends && fail "a name is kept"
"$report" --names --history names.sqlite named.json | grep -q mallory || fail "--names"

[ $failures -eq 0 ] && echo "all as expected"
exit $((failures != 0))
