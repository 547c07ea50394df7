#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kmconform rules: filters, explanations, editions compared, recorded callers
# that a difference concerns, lines of the guides; and each way of going wrong.
set -u
rules=$KMC_BIN/kmconform-rules
cd "$KMC_TMP" || exit 1
failures=0

fail() {
	echo "FAILED: $*"
	failures=$((failures + 1))
}

# says STATUS PATTERN ARGUMENT...: exit status, and a line of the output
says() {
	local status=$1 pattern=$2 got
	shift 2
	"$rules" "$@" >out 2>&1
	got=$?
	[ $got -eq "$status" ] || fail "status $got, not $status: $* ($(tail -1 out))"
	grep -q -- "$pattern" out || fail "no \"$pattern\" from $*: $(tail -2 out)"
}

says 0 "^486 of 486 rules"
says 0 "^76 of 486 rules" --party allocator --party caller --grep ''
says 0 "^22 of 486 rules" FR
says 0 "^2 of 486 rules" fr-1 Align-3
says 0 "^ALIGN-3 .* 6.11 and later " ALIGN
says 0 "^FR-6 .* before 6.4 " FR-6
"$rules" --edition 6.1 ALIGN | grep -q '^ALIGN-3 ' && fail "ALIGN-3 in 6.1"
"$rules" --edition 6.18 FR | grep -q '^FR-6 ' && fail "FR-6 in 6.18"
for strength in must should may none; do
	"$rules" --strength $strength | sed '$d' | awk -v s=$strength '$3 != s { exit 1 }' ||
		fail "--strength $strength lets others through"
done
[ "$(($("$rules" --judged | wc -l) + $("$rules" --unjudged | wc -l)))" -eq 488 ] ||
	fail "judged and unjudged are not all"
says 0 '"id": *"KM-5"' --json KM-5
says 0 "^  rule      .*largest power of two" --explain ALIGN-3
says 0 "^  source    .*seed 003" --explain ALIGN-3
says 0 "^  findings  carry FR-5" --explain DUP-7
says 0 "^  all  *[0-9]* of 486 " --coverage

# editions
says 0 "^+ ALIGN-3 " --diff 6.1..6.18
says 0 "^- FR-6 " --diff 6.1..6.18
says 0 "^~ kmem_cache_alloc freed by kfree: works, undocumented -> legal" --diff 6.1..6.18
says 0 "^6.12 to 6.12.5: 0 rules begin or end, 0 pairs" --diff 6.12..6.12.5 KM

# callers: of the bundled recording, whose caches and sites have names
trace=$KMC_SRC/corpus/traces/linux-6.18-mixed.kmt
says 0 "^alignment: 0 callers, 0 of " --diff 6.12..6.18 "$trace"
says 0 "^freeing: 0 callers, 0 of " --diff 6.12..6.18 "$trace"
says 0 "^alignment: [1-9][0-9]* callers" --diff 5.4..6.18 "$trace"
awk '/^alignment of/ { on = 1; getline; next } /^alignment:/ { on = 0 }
	on { size = $2; low = size % 2 ? 1 : 0; d = 1; while (size % (d * 2) == 0) d *= 2
	     if (d == size || $4 != (d > 8 ? d : 8) || $3 != 8) bad = 1 }
	END { exit bad }' out || fail "divisors: $(cat out)"
says 0 "^alignment: [1-9][0-9]* callers" --diff 4.19..5.4 "$trace"
awk '/^alignment of/ { on = 1; getline; next } /^alignment:/ { on = 0 }
	on && $3 != 1 { bad = 1 } END { exit bad }' out || fail "4.19 promises alignment"
says 0 "kfree  *maple_node  *after, not before" --diff 6.3..6.4 "$trace"

# lines of the guides
says 0 "^guide-2024  *222 lines" --coverage --guides "$KMC_SRC/corpus/documents"
grep -q "origin S stands in no line" out && fail "$(grep 'no line' out)"
echo "some other text" >text
says 1 "^text: NOT classified" --coverage --guides "$KMC_SRC/corpus/documents" text
mkdir -p lines
guide() {
	{ echo "# kmconform guide lines 1"; echo "text t lines 3 sha256 00"; cat; } >lines/t.lines
	says 2 "lines/t.lines:[0-9]*: $1" --coverage --guides lines
}
guide "lines are left out" <<<"2-3 none x"
guide "the last lines are not" <<<"1-2 none x"
guide "lines are left out, named twice" <<<$'1-2 none x\n2-3 none x'
guide "neither rule" <<<"1-3 perhaps x"
guide "no such rule" <<<"1-3 rule KM-999"
guide "says nothing" <<<"1-3 explained "

# what documents say
claims=$KMC_SRC/corpus/documents/guide.claims
says 0 "^14 findings, 14 of them known" --lint "$claims"
says 0 "^guide-2023:122: MASK/guide-2023/GFP_NOWAIT (known)" --lint "$claims"
says 0 "there is no class of 196 bytes; 256 serves them" --lint "$claims"
sed 's/^known NAME.*RECLAIM//' "$claims" >new.claims
says 1 "^14 findings, 11 of them known" --lint new.claims
sed 's/GFP_KERNEL-__GFP_DIRECT_RECLAIM/__GFP_KSWAPD_RECLAIM/' "$claims" >right.claims
says 0 "^13 findings, 13 of them known" --lint right.claims
claim() {
	{ echo "# kmconform document claims 1"; cat; } >bad.claims
	says 2 "bad.claims:[0-9]*: $1" --lint bad.claims
}
claim "not LINE KIND WORD" <<<"3 name GFP_KERNEL"
claim "no release" <<<"text guide zero"
claim "neither name" <<<$'text guide 6.1\n3 perhaps x'
claim "too many or too few" <<<$'text guide 6.1\n3 mask GFP_KERNEL'
claim "not header NAME" <<<"header GFP_KERNEL 6.1"
says 2 "none: No such file" --lint none

# what goes wrong
says 2 "no such rule or family" NOSUCH
says 2 "what is nobody" --party nobody
says 2 "older release first" --diff 6.18..6.1
says 2 "wants two releases" --diff 6.18
says 2 "No such file" --diff 6.1..6.18 none.kmt
says 2 "none: No such file" --coverage --guides none

[ $failures -eq 0 ] && echo "all as expected"
exit $((failures != 0))
