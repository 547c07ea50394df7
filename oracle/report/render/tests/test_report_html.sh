#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The page of kmconform report: a golden document with everything that a page
# shows and every name that could break it, byte for byte; well-formed; links
# that lead somewhere; the document in the page is the document; the script's
# digest; 10,000 findings. KMC_UPDATE=1 writes the golden page anew.
set -u
report=$KMC_BIN/kmconform-report
here=$KMC_SRC/oracle/report/render/tests
cd "$KMC_TMP" || exit 1
rm -rf ./*
failures=0

fail() {
	echo "FAILED: $*"
	failures=$((failures + 1))
}

# What a page has to be, whatever the document
check() {
	local page=$1
	if command -v xmllint >/dev/null; then
		xmllint --noout "$page" || fail "$page: not well-formed"
	else
		echo "skipped: xmllint is not there"
	fi
	[ "$(grep -c "<script>" "$page")" -eq 1 ] || fail "$page: not one script"
	grep -qaiE '<(img|iframe|object|embed|link|base|form)|[ "]on[a-z]+="' "$page" && fail "$page: markup not ours"
	grep -qaE '(src|href)="[^#]' "$page" && fail "$page: fetches"
	LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]' "$page" && fail "$page: control characters"
	iconv -f UTF-8 -t UTF-8 "$page" >/dev/null || fail "$page: not UTF-8"
	grep -qaE '0x[0-9a-f]{9,}' "$page" && fail "$page: an address left"
	sed 's/<script type="application\/json".*//' "$page" >body
	grep -oE ' id="[^"]*"' body | sort >ids
	[ -z "$(uniq -d ids)" ] || fail "$page: twice: $(uniq -d ids | head -3)"
	grep -oE 'href="#[^"]*"' body | sed 's/.*#/ id="/' | sort -u >links
	comm -23 links <(sort -u ids) >nowhere
	[ -s nowhere ] && fail "$page: leads nowhere: $(head -3 nowhere)"
	# each graphic says what it is
	grep -oE '<svg [^>]*>(<title>)?' body | grep -v aria-hidden | grep -v 'role="[a-z]*".*<title>' >nameless
	[ -s nameless ] && fail "$page: no name: $(head -3 nameless)"
}

# names as hostile as they come: what no JSON writer would let through, too
sed 's/@BAD@/\xff\xfe\xc0\xaf\xed\xa0\x80\xf5/' "$here/golden/page.json" >page.json
sed 's/v1-0011223344556677/v1-gone/; s/"exercised": 1203/"exercised": 0/' page.json >old.json
"$report" -f html --baseline old.json -o page.html page.json || fail "status $?"
[ -n "${KMC_UPDATE:-}" ] && cp page.html "$here/golden/page.html"
cmp page.html "$here/golden/page.html" || fail "the page is not as before"
check page.html
"$report" -f html --baseline old.json page.json | cmp - page.html || fail "another page of the same document"

# the script that may run is the one that is there, and the data is the document
"$report" -f html --addresses --names -o all.html page.json ||
	fail "--addresses --names"
if command -v python3 >/dev/null; then
	python3 - page.json all.html page.html <<-'EOF' || fail "script or data"
		import base64, hashlib, json, re, sys
		document = json.loads(open(sys.argv[1], encoding="utf-8", errors="replace").read())
		page = open(sys.argv[2], encoding="utf-8").read()
		data = json.loads(re.search('id="run">(.*?)</script>', page, re.S).group(1))
		def tidy(value):
		    if isinstance(value, dict):
		        return {tidy(k): tidy(v) for k, v in value.items()}
		    if isinstance(value, list):
		        return [tidy(v) for v in value]
		    return re.sub("[\ufffd?]+", "?", value) if isinstance(value, str) else value
		assert tidy(data) == tidy(document), "the data is not the document"
		masked = open(sys.argv[3], encoding="utf-8").read()
		masked = json.loads(re.search('id="run">(.*?)</script>', masked, re.S).group(1))
		assert masked["subjects"][0]["findings"][0]["address"] == masked["subjects"][0]["findings"][1]["address"]
		script = re.search("<script>(.*?)</script>", page, re.S).group(1)
		digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
		assert f"sha256-{digest}&#39;" in page, f"the digest of the script is {digest}"
	EOF
else
	echo "skipped: python3 is not there"
fi

# an empty run
sed -n '1,/"subjects"/p' "$here/golden/page.json" | sed 's/"subjects".*/"subjects": [], "verdict": "unknown", "exit_status": 0}/' >none.json
"$report" -f html -o none.html none.json || fail "an empty run"
check none.html

# 10,000 findings: below 5 MB, in a moment, none left out
bash "$here/many_findings.sh" 10000 >many.json
"$report" -f html -o many.html many.json || fail "many findings"
check many.html
bytes=$(wc -c <many.html)
[ "$bytes" -lt 5000000 ] || fail "many findings: $bytes bytes"
[ "$(grep -c 'id="f0-v1-' many.html)" -eq 10000 ] || fail "many findings: some are not there"
echo "10,000 findings: $bytes bytes"

[ $failures -eq 0 ] && echo "all as expected"
exit $((failures != 0))
