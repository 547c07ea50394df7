#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kmconform report: each form of the golden document byte for byte, judged by
# who reads such forms (xmllint, schema files, the kernel's parser: where they
# are there, else said to be skipped); redaction; documents that are none.
# KMC_UPDATE=1 writes the golden files anew.
set -u
report=$KMC_BIN/kmconform-report
here=$KMC_SRC/oracle/report/render/tests/golden
commit=0123456789abcdef0123456789abcdef01234567
cd "$KMC_TMP" || exit 1
rm -rf ./*
. "$KMC_SRC/oracle/report/render/tests/ktap_valid.sh"
failures=0

fail() {
	echo "FAILED: $*"
	failures=$((failures + 1))
}

# golden NAME ARGUMENT...
golden() {
	local name=$1
	shift
	"$report" "$@" -o "$name" "$here/run.json" || fail "$name: status $?"
	[ -n "${KMC_UPDATE:-}" ] && cp "$name" "$here/$name"
	cmp "$name" "$here/$name" || fail "$name is not as before"
}

# refused PATTERN ARGUMENT...: status 2, one line on standard error, no output file
refused() {
	local pattern=$1
	shift
	"$report" "$@" -o none 2>err
	[ $? -eq 2 ] || fail "not refused: $*"
	grep -q -- "$pattern" err || fail "no \"$pattern\" from $*: $(cat err)"
	[ "$(wc -l <err)" -eq 1 ] || fail "not one line from $*: $(cat err)"
	[ -e none ] && fail "an output was left by $*"
}

golden run.text
golden run-baseline.text --baseline "$here/old.json"
golden run.ktap -f ktap
golden run.junit.xml -f junit
golden run.sarif -f sarif --baseline "$here/old.json" --all
golden run.kcidb.json -f kcidb --commit $commit --config https://example.org/config
golden run.html -f html
golden run.mail -f mail

golden run.op -f op

# nothing leaves that could be an address, in any form
grep -lE '0x[0-9a-f]{9,}' run.* && fail "an address left"
"$report" --addresses "$here/run.json" | grep -q 0xffff888001000008 || fail "--addresses"

# those who read such forms
if command -v xmllint >/dev/null; then
	xmllint --noout run.junit.xml || fail "junit: not well-formed"
	xmllint --noout run.html || fail "html: not well-formed"
else
	echo "skipped: xmllint is not there"
fi
schemas=${KMC_SCHEMAS:-$KMC_SRC/../shared/schemas}
if [ -e "$schemas/sarif-schema-2.1.0.json" ] && python3 -c 'import jsonschema' 2>/dev/null; then
	for pair in run.sarif:sarif-schema-2.1.0.json run.kcidb.json:kcidb-5.3.json; do
		python3 - "${pair%%:*}" "$schemas/${pair#*:}" <<-'EOF' || fail "${pair%%:*}: not valid"
			import json, jsonschema, sys
			schema = json.load(open(sys.argv[2]))
			jsonschema.validators.validator_for(schema)(schema).validate(json.load(open(sys.argv[1])))
		EOF
	done
else
	echo "skipped: no schema files, or no python3-jsonschema"
fi
# of kinds other than fail the level has to be none, which the schema does not say
awk '/"kind":"(pass|open|notApplicable)"/ { other = 1 } /"level":/ { if (other && !/none/) bad = 1; other = 0 }
	END { exit bad }' run.sarif || fail "sarif: a level where there is none"
ktap_whole run.ktap || fail "run.ktap"
grep -c '^ok\|^not ok' run.ktap | grep -qx 2 || fail "ktap: not two subjects"
golden_lines=$(grep -c '^    ok\|^    not ok' run.ktap)
[ "$golden_lines" -eq 6 ] || fail "ktap: $golden_lines rules"

# what should not leave as it is
refused "kcidb: --commit" -f kcidb "$here/run.json"
refused "an origin" -f kcidb --commit $commit --origin 'Not an origin' "$here/run.json"
refused "no finding of this key" -f mail --finding v1-none "$here/run.json"
refused "known already" -f mail --finding v1-8899aabbccddeeff "$here/run.json"
sed 's/"bare": true/"bare": false/' "$here/run.json" >simulated.json
refused "no subject of this run is a real kernel" -f kcidb --commit $commit simulated.json
refused "no real kernel" -f mail simulated.json
"$report" -f mail --force simulated.json | grep -q "NOT to be sent" || fail "--force"

# what is no run document
refused "none.json: No such file" none.json
mkdir folder && refused "folder: Is a directory" folder
: >empty && refused "empty:1: empty file" empty
echo '[1]' >list && refused "list: .*not a run document" list
head -c 3000 "$here/run.json" >cut && refused "cut:[0-9]*: cut short" cut
sed 's/"major": 1/"major": 2/' "$here/run.json" >newer && refused "another version" newer
sed 's/"kmconform-run"/"other"/' "$here/run.json" >other && refused "not a run document" other
sed 's/"state": "pass"/"state": "fine"/' "$here/run.json" >state
refused "state: subjects\[0\].rules\[0\].state: no state" state
sed 's/"events": 100/"events": -1/' "$here/run.json" >negative && refused "events: negative" negative
sed 's/"events": 100/"events": 1.5/' "$here/run.json" >broken && refused "not a whole number" broken
sed 's/"events": 100/"events": [[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]/' "$here/run.json" >deep
refused "deep:[0-9]*: nesting too deep" deep
# newer fields of the same version are passed over
sed 's/"exit_status": 1/"exit_status": 1, "later": {"x": [1]}/' "$here/run.json" >later
"$report" later | cmp - run.text || fail "a newer minor version"

# what is no plain file is written to, not replaced
mkfifo pipe
timeout 60 cat pipe >piped &
"$report" -o pipe "$here/run.json" || fail "into a pipe: status $?"
wait
cmp piped run.text || fail "another text through a pipe"
[ -p pipe ] || fail "the pipe was replaced"

[ $failures -eq 0 ] && echo "all as expected"
exit $((failures != 0))
