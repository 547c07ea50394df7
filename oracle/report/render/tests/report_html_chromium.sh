#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The pages of the golden document and of 10,000 findings in headless Chromium
# (Debian: chromium), which is not installed for it: skipped where it is not.
# Screenshots stay in the test's folder, one each in light, dark and at the
# width of a phone: look at them after a change of the page.
set -u
report=$KMC_BIN/kmconform-report
here=$KMC_SRC/oracle/report/render/tests
cd "$KMC_TMP" || exit 1
rm -rf ./*
chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome)
if [ -z "$chromium" ] || ! command -v python3 >/dev/null; then
	echo "skipped: no chromium, or no python3"
	exit 77
fi
sed 's/@BAD@/\xff\xfe\xc0\xaf\xed\xa0\x80\xf5/' "$here/golden/page.json" >page.json
sed 's/v1-0011223344556677/v1-gone/; s/"exercised": 1203/"exercised": 0/' page.json >old.json
bash "$here/many_findings.sh" 10000 >many.json
"$report" -f html --baseline old.json -o page.html page.json || exit 1
"$report" -f html -o many.html many.json || exit 1
failures=0
for page in page many; do
	echo "$page:"
	python3 "$here/chromium_page.py" "$chromium" $page.html shots-$page || failures=1
done
# a page that is not well is found out: the driver can fail
sed 's/<script>/<script>console.error("no");/; s/<h1/<img src="gone.png" alt=""\/><h1/' page.html >ill.html
python3 "$here/chromium_page.py" "$chromium" ill.html >ill.out && failures=1
grep -q "on the console" ill.out || { echo "FAILED: an error on the console is not seen"; failures=1; }
exit $failures
