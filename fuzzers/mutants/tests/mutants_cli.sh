#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The command: a build without faults says so; one with them catches an easy one,
# misses it when a rule is not asked, and writes its score; first findings are made small; programs
# of rules are searched for.
mutants="$KMC_BIN/kmconform-mutants"
cd "$KMC_TMP" || exit 1

"$mutants" --list > list 2> err
if [ $? = 2 ]; then
	grep -q KMC_PLANTED_FAULTS err || { cat err; exit 1; }
	exit 0
fi
grep -q kmalloc_zero_null list || exit 1
"$mutants" -f kmalloc_zero_null -n 500 --time 0 --json score.json > out || { cat out; exit 1; }
grep -q '^caught .*KM-3' out || { cat out; exit 1; }
grep -q '"by":"KM-3"' score.json || { cat score.json; exit 1; }
"$mutants" -f kmalloc_zero_null -n 0 > out && { echo "caught by no program"; exit 1; }
"$mutants" -f no_such_fault > out 2>&1
[ $? = 2 ] || { echo "a fault of no name"; exit 1; }
# One whose smaller programs may kill their process, and one that two workers see alike.
"$mutants" -n 2000 --time 0 --reduce=2 -f kmalloc_fails_with_error -f bulk_repeats -f vmap_disorder > out ||
	{ cat out; exit 1; }
[ "$(grep -c '^bulk_repeats .* minimal v1-405c59dc135041ed KC-41' out)" = 2 ] || { cat out; exit 1; }
grep -q '3 first findings, 3 reduced' out || { cat out; exit 1; }
# Faults at once are told of as if one came after the other.
for jobs in 1 3; do
	"$mutants" -j $jobs -n 300 --time 0 --reduce -f kmalloc_zero_null -f bulk_repeats -f vmap_disorder \
		-f kmalloc_fails_with_error | sed 's/[0-9.]* s\>//' > out.$jobs
done
grep -q 'first findings' out.1 && cmp out.1 out.3 || { diff out.1 out.3; exit 1; }
# A program that breaks a rule by a fault, searched for; one that is there stays.
rm -rf rules && mkdir rules
"$mutants" --programs rules -f size_sub_wraps -n 20000 --time 0 > out || { cat out; exit 1; }
grep -q '^# fault: size_sub_wraps$' rules/ARR/ARR-7.break.op || { cat out; exit 1; }
grep -q '^size_sub(' rules/ARR/ARR-7.break.op && [ -s rules/ARR/ARR-7.keep.op ] || { cat out; exit 1; }
echo '# mine' > rules/ARR/ARR-7.break.op
"$mutants" --programs rules -f size_sub_wraps -n 2000 --time 0 > out || { cat out; exit 1; }
[ "$(cat rules/ARR/ARR-7.break.op)" = '# mine' ] || { cat rules/ARR/ARR-7.break.op; exit 1; }
"$mutants" --programs rules --jobs 2 2> err
[ $? = 2 ] && grep -q -e --jobs err || { cat err; exit 1; }
exit 0
