#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kmconform report --merge: a thousand documents in any order and in any grouping
# are the same bytes; memory does not grow with their number; counts of rules,
# findings and hosts; every form takes a merged document.
# With "long" as argument: 1 GiB of documents.
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

# Documents that differ in host, verdict, states, texts and counts.
variants() {
	for i in 0 1 2 3 4 5 6 7 8 9; do
		sed "s/\"records\": 100/\"host\": \"host$((i % 3))\", \"records\": 100/
			s/v1-0011223344556677/v1-00112233445566$((i % 4))0/
			s/\"occurrences\": 3/\"occurrences\": 3$i/
			s/A = event 7/A = event 7$(((i * 7) % 10))/
			s/\"known\": true/\"known\": $([ $i -eq 4 ] && echo false || echo true)/
			s/\"state\": \"unexercised\"/\"state\": \"$([ $((i % 5)) -eq 2 ] && echo pass ||
				echo unexercised)\"/" "$here/run.json" >v$i.json
	done
	cp "$here/old.json" v10.json
}

# line FILE LINE: the text form has it
line() {
	"$report" --names "$1" | grep -qxF -- "$2" || fail "no line \"$2\" of $1: $("$report" "$1" | grep "^host")"
}

variants

# any order, any grouping
"$report" --merge -o all v0.json v1.json v2.json v3.json v4.json v5.json v6.json v7.json v8.json \
	v9.json v10.json || fail "status $?"
"$report" --merge -o back v10.json v9.json v8.json v7.json v6.json v5.json v4.json v3.json v2.json \
	v1.json v0.json
cmp all back || fail "the order shows"
"$report" --merge -o left v3.json v0.json v7.json
"$report" --merge -o right v10.json v4.json
"$report" --merge -o middle v1.json v2.json v5.json right v6.json
"$report" --merge -o grouped v9.json middle left v8.json
cmp all grouped || fail "the grouping shows"
"$report" --merge all | cmp - all || fail "merged once more it is another"
cmp -s left right && fail "different documents are one"

# a rule that is told twice, of different strength: what is merged says one thing of it
sed '0,/"id": "ALIGN-1"/s//"id": "ALIGN-2"/; 0,/"strength": "must"/s//"strength": "should"/' "$here/run.json" >told.json
"$report" --merge told.json -o once && "$report" --merge once | cmp - once || fail "merged again it is another"

# what it says
line all "host host0: 4 runs, 400 events; 0 conform, 4 violated, 0 unknown; 5 findings"
line all "host host1: 3 runs, 300 events; 0 conform, 3 violated, 0 unknown; 4 findings"
line all "host host2: 3 runs, 300 events; 0 conform, 3 violated, 0 unknown; 4 findings"
line all "verdict: violated"
"$report" all | grep -E "^host" | grep -c "host host[123]: " | grep -qx 3 || fail "hosts are not told apart"
"$report" --merge --host a v0.json --host 'b <&">' v1.json v2.json -o named
line named "host a: 1 runs, 100 events; 0 conform, 1 violated, 0 unknown; 2 findings"
line named 'host b <&">: 2 runs, 200 events; 0 conform, 2 violated, 0 unknown; 3 findings'
grep -q host0 named && fail "a host that was given another name"
# added up: 30 + 34 + 38 of one key; known only where all said so
"$report" --merge v0.json v4.json v8.json >three
awk '/"key":"v1-0011223344556600"/ { k = 1 } k && /"occurrences":102/ { ok = 1 } /"key"/ && !/6600/ { k = 0 }
	END { exit !ok }' three || fail "occurrences do not add up"
"$report" --merge v0.json v1.json | grep -c '"known":true' | grep -qx 1 || fail "known"
"$report" --merge v0.json v4.json | grep -c '"known":true' | grep -qx 0 || fail "known beside new"
# a number that cannot grow stays
"$report" --merge v0.json v1.json | grep -q '"exercised":9007199254740991' || fail "saturation"

# every form takes it
for form in text ktap junit sarif html mail; do
	"$report" --merge --force -f $form v0.json v1.json v2.json -o form.$form || fail "form $form"
	grep -qE '0x[0-9a-f]{9,}' form.$form && fail "an address left in $form"
done
if command -v xmllint >/dev/null; then
	xmllint --noout form.html form.junit || fail "not well-formed"
else
	echo "skipped: xmllint is not there"
fi
if python3 -c 'import jsonschema' 2>/dev/null; then
	python3 - "$KMC_SRC/oracle/report/run-schema.json" all named <<-'EOF' || fail "not a run document"
		import json, jsonschema, sys
		schema = json.load(open(sys.argv[1]))
		judge = jsonschema.validators.validator_for(schema)(schema)
		list(map(judge.validate, (json.load(open(name)) for name in sys.argv[2:])))
	EOF
else
	echo "skipped: no python3-jsonschema"
fi

# one that is none: said, and no output
head -c 3000 v0.json >cut
"$report" --merge v1.json cut -o none 2>err && fail "a damaged document was merged"
[ -e none ] && fail "an output of damaged documents"
grep -q "cut:[0-9]*: cut short" err || fail "$(cat err)"

# NUMBER names, in an order that depends on STEP (coprime to 11)
names() {
	awk -v n="$1" -v step="$2" 'BEGIN { for (i = 0; i < n; i++) print "v" (i * step) % 11 ".json" }'
}
# shellcheck disable=SC2046
"$report" --merge -o thousand $(names 1001 1)
# shellcheck disable=SC2046
"$report" --merge -o shuffled $(names 1001 7 | sort -t v -k 2.2)
cmp thousand shuffled || fail "the order of 1001 documents shows"

# room FILE...: the most memory that merging them took, in KiB
room() {
	python3 - "$report" "$@" <<-'EOF'
		import resource, subprocess, sys
		subprocess.run([sys.argv[1], "--merge", "-o", "room"] + sys.argv[2:], check=True)
		print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
	EOF
}
many=1001
if grep -qE '__(asan|tsan)_init' "$report" || ! command -v python3 >/dev/null; then
	echo "skipped: memory of a merge (no python3, or under a sanitizer)"
elif [ "${1:-}" = long ]; then
	# larger documents, fewer names: the same gibibyte
	python3 - <<-'EOF'
		import json
		doc = json.load(open("v0.json"))
		doc["catalogue"] *= 4000
		json.dump(doc, open("large.json", "w"), indent=1)
	EOF
	many=$(((1 << 30) / $(stat -c %s large.json) + 1))
	# shellcheck disable=SC2046
	few=$(room large.json large.json) all=$(room $(yes large.json | head -n "$many"))
	echo "$many documents of $(stat -c %s large.json) bytes: $all KiB; two: $few KiB"
	[ "$all" -le $((few + few / 4)) ] || fail "memory grows with documents"
else
	# shellcheck disable=SC2046
	few=$(room $(names 22 1)) all=$(room $(names $many 1))
	echo "$many documents: $all KiB; 22: $few KiB"
	[ "$all" -le $((few + few / 4)) ] || fail "memory grows with documents"
fi

[ $failures -eq 0 ] && echo "all as expected"
exit $((failures != 0))
