#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kmconform report on the documents that are not as usual: each form twice the
# same and as before (by digest), and valid: our reading of KTAP, the kernel's
# parser where it has been unpacked, xmllint, schemas where they are at hand.
# KMC_UPDATE=1 writes the digests anew.
#   test_report_golden.sh [thousands]      of ten thousand findings; else of the others
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

# nothing at all, strange characters and 64-bit extremes, a part of a run, and
# (generated) ten thousand findings; each form twice the same, and as before by digest
thousands() {
	awk -v want="$1" '
	/"findings": \[/ && !done {
		print
		for (i = 0; i < want; i++)
			printf "{\"key\": \"v1-%016x\", \"title\": \"made %d\", \"rule\": \"ALIGN-2\", \"party\": \"allocator\", \"strength\": \"must\", \"severity\": \"high\", \"call\": \"kmalloc\", \"clause\": \"c%d\", \"shape\": \"size=pow2\", \"occurrences\": %d, \"first\": %d, \"last\": %d, \"known\": false, \"address\": \"0xffff888000%06x\", \"site\": \"0\", \"required\": \"alignment\", \"explain\": {\"let\": [\"A = event %d\"], \"then\": [\"aligned\"], \"but\": [\"0xffff888000%06x is not\"]}},\n",
				i, i, i, i % 7 + 1, i, i, i, i, i
		done = 1
		next
	}
	{ print }' "$here/run.json"
}
names="empty extremes partial"
digests=digests${1:+.$1}
if [ "${1:-}" = thousands ]; then
	names=thousands
	thousands 10000 >thousands.json
fi
: >digests
for name in $names; do
	document=$here/$name.json
	[ $name = thousands ] && document=thousands.json
	for form in text ktap junit sarif kcidb html mail op; do
		case $name.$form in empty.kcidb | empty.mail | empty.op | thousands.op) continue ;; esac
		wishes="-f $form --force --commit $commit"
		# shellcheck disable=SC2086
		"$report" $wishes -o $name.$form "$document" || fail "$name.$form: status $?"
		if [ $name != thousands ]; then
			# shellcheck disable=SC2086
			"$report" $wishes "$document" | cmp - $name.$form || fail "$name.$form: not twice the same"
		fi
		[ $form = html ] || sha256sum $name.$form >>digests
	done
done
[ -n "${KMC_UPDATE:-}" ] && cp digests "$here/$digests"
diff digests "$here/$digests" || fail "not as before"
if [ -z "${1:-}" ]; then
	grep -c 'noted: advice not followed' extremes.text extremes.ktap extremes.junit |
		grep -v ':[1-9]' && fail "a note is not told"
fi


for name in $names; do
	ktap_whole $name.ktap || fail "$name.ktap"
done
parser=$KMC_BUILD/linux-source-6.1/tools/testing/kunit/kunit.py # unpacked by run_killed
if [ -n "${1:-}" ]; then
	: # the parser takes long over so many
elif [ -e "$parser" ]; then
	ktap_kernel "$parser" extremes.ktap 4 2 || fail "extremes.ktap: the kernel's parser"
	ktap_kernel "$parser" partial.ktap 2 2 || fail "partial.ktap: the kernel's parser"
else
	echo "skipped: the kernel's parser has not been unpacked"
fi
if command -v xmllint >/dev/null; then
	xmllint --noout --huge ./*.junit || fail "junit: not well-formed"
	xmllint --noout --huge ./*.html || fail "html: not well-formed"
else
	echo "skipped: xmllint is not there"
fi
grep -il '<script>alert' ./*.html ./*.junit && fail "markup got through"
# of kinds other than fail the level has to be none, which the schema does not say
awk '/"kind":"(pass|open|notApplicable)"/ { other = 1 } /"level":/ { if (other && !/none/) bad = 1; other = 0 }
	END { exit bad }' ./*.sarif || fail "sarif: a level where there is none"
schemas=${KMC_SCHEMAS:-$KMC_SRC/../shared/schemas}
if python3 -c 'import jsonschema' 2>/dev/null; then
	ln -s "$KMC_SRC/oracle/report/run-schema.json" own.json
	[ -e "$schemas/sarif-schema-2.1.0.json" ] && ln -s "$schemas/sarif-schema-2.1.0.json" sarif.json
	[ -e "$schemas/kcidb-5.3.json" ] && ln -s "$schemas/kcidb-5.3.json" kcidb.json
	[ -e sarif.json ] && [ -e kcidb.json ] || echo "skipped: no schema files of SARIF or KCIDB"
	python3 - own "$here/run.json" "$here"/e*.json "$here/partial.json" "$here/old.json" $(ls thousands.json 2>/dev/null) \
		sarif ./*.sarif kcidb ./*.kcidb <<-'EOF' || fail "not by its schema"
		import json, jsonschema, os, sys
		# big lists cost the validator minutes: of those of a thousand and more every hundredth
		def thin(value):
		    if isinstance(value, list):
		        return [thin(v) for v in (value if len(value) < 1000 else value[::100])]
		    return {k: thin(v) for k, v in value.items()} if isinstance(value, dict) else value
		judge = None
		for name in sys.argv[1:]:
		    if name in ("own", "sarif", "kcidb"):
		        schema = json.load(open(name + ".json")) if os.path.exists(name + ".json") else None
		        judge = schema and jsonschema.validators.validator_for(schema)(schema)
		    elif judge:
		        error = jsonschema.exceptions.best_match(judge.iter_errors(thin(json.load(open(name)))))
		        if error:
		            sys.exit("%s: %s: %s" % (name, list(error.absolute_path), error.message[:200]))
	EOF
else
	echo "skipped: no python3-jsonschema"
fi

[ $failures -eq 0 ] && echo "all as expected"
exit $((failures != 0))
