#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Nothing leaves that was not asked for. Marked addresses and names are put into
# every string of a document, each in the ways that people and programs write
# them; a scanner that knows the marks, and nothing of how they are taken out,
# looks for them in every form. Then once more with --addresses and --names: they are there.
set -u
report=$KMC_BIN/kmconform-report
here=$KMC_SRC/oracle/report/render/tests/golden
commit=0123456789abcdef0123456789abcdef01234567
cd "$KMC_TMP" || exit 1
rm -rf ./*
failures=0
fail() {
	echo "FAILED: $*"
	failures=$((failures + 1))
}
command -v python3 >/dev/null || { echo "skipped: no python3"; exit 77; }

# What may not leave: host, user, and kernel addresses. The values are random but for the seed.
cat >scan.py <<'PY'
import json, random, re, sys
random.seed(int(sys.argv[2]))
HOST, DOMAIN, USER, OTHER = "quagga17", "lab.example.net", "mallory", "Zed.Builder"
def address():
    return random.choice([0xffff888000000000, 0xffffc90000000000, 0xffffea0000000000,
                          0xffffffff81000000, 0xff11000000000000]) + random.randrange(1 << 26) * 8
def styles(value):
    return [hex(value), "0x%X" % value, "0X%x" % value, "%016x" % value, "%016X" % value, str(value),
            "[<%016x>]" % value, "p=%016x," % value, "(%s)" % hex(value), "%s+0x1a/0x40" % hex(value)]
def names():
    return [HOST, HOST.upper(), HOST + "." + DOMAIN, "%s@%s" % (USER, HOST), "/home/%s/x/y.kmt" % USER,
            "~%s/z" % USER, "on %s:" % HOST, "(%s)" % USER, "https://%s/p" % HOST, OTHER + "@else.where.org"]
def leaks(text):
    """Marks that stand in a text: the scanner."""
    found = []
    lower = text.lower()
    for name in (HOST, USER, DOMAIN, OTHER.lower()):
        if name.lower() in lower:
            found.append(name)
    for run in re.findall(r"[0-9a-fA-F]+", text):
        # finding keys and digests are of other lengths or stand behind v1-
        if len(run) >= 12 and (0xfe << 56) <= int(run, 16) & ((1 << 64) - 1) < (1 << 64) - 4096 and len(run) == 16:
            if not re.search(r"[vh]1-" + run, text):
                found.append(run)
        if run.isdigit() and len(run) == 20 and (0xfe << 56) <= int(run) < (1 << 64) - 4096:
            found.append(run)
    return found
def plant(value, key):
    """Marks behind every string that is free text."""
    if isinstance(value, dict):
        return {k: plant(v, k) for k, v in value.items()}
    if isinstance(value, list):
        return [plant(v, key) for v in value]
    if not isinstance(value, str) or key in FIXED or value.isdigit():
        return value
    if key in ("address", "site"):
        return hex(address())
    marks = random.sample(styles(address()), 3) + random.sample(names(), 3)
    random.shuffle(marks)
    return value + " " + " ".join(marks)
FIXED = ("id", "key", "rule", "state", "party", "strength", "origin", "severity", "verdict", "kind", "life",
         "sha256", "direct_map", "shows", "edition", "release", "profile", "object", "role", "time", "op", "call")
if sys.argv[1] == "make":
    doc = json.load(open(sys.argv[3]))
    reproduce = doc["reproduce"]
    doc = plant(doc, "")
    doc["schema"]["name"] = "kmconform-run"
    doc["input"]["facts"] = {k: v for k, v in doc["input"]["facts"].items()}
    doc["input"]["facts"].update(host=HOST + "." + DOMAIN, user=USER, built_by=OTHER + "@else.where.org")
    doc["input"]["file"] = "/home/%s/traces of %s/a.kmt" % (USER, HOST)
    doc["reproduce"] = "kmconform replay " + doc["input"]["file"]
    doc["hosts"] = [{"name": HOST, "documents": 1, "events": 1, "conforms": 1, "violated": 0, "unknown": 0,
                     "findings": []}]
    json.dump(doc, open(sys.argv[4], "w"))
else:
    bad = 0
    for name in sys.argv[3:]:
        found = leaks(open(name, encoding="utf-8", errors="replace").read())
        print("%s: %d%s" % (name, len(found), " " + " ".join(sorted(set(found))[:6]) if found else ""))
        bad |= bool(found)
    sys.exit(bad)
PY

seed=${KMC_SEED:-7}
echo "KMC_SEED=$seed"
for round in 1 2 3; do
	python3 scan.py make $((seed + round)) "$here/run.json" planted.json || fail "no document"
	for form in text ktap junit sarif kcidb html mail op; do
		"$report" -f $form --force --commit $commit --baseline "$here/old.json" -o out.$form planted.json ||
			fail "$form: status $?"
		"$report" -f $form --force --commit $commit --addresses --names -o all.$form planted.json
	done
	"$report" -f text --baseline planted.json -o out.gone "$here/old.json" || fail "as baseline"
	python3 scan.py scan $((seed + round)) out.* >found || { fail "left:"; grep -v ': 0$' found; }
done
# the scanner sees: with both wishes everything is there, with one the other is not
for form in text ktap junit sarif kcidb mail; do
	python3 scan.py scan "$seed" all.$form >found && fail "$form: the scanner found nothing in all of it"
	grep -q quagga17 all.$form && grep -q 0xff all.$form || fail "$form: --addresses --names"
done
"$report" --addresses planted.json | grep -qi 'quagga17\|mallory' && fail "names with --addresses"
"$report" --addresses planted.json | grep -q 0xff || fail "no addresses with --addresses"
"$report" --names planted.json | grep -q quagga17 || fail "no names with --names"
"$report" --names planted.json >named
python3 scan.py scan "$seed" named | grep -qE ' (0x)?f[0-9a-f]{15}|[0-9]{20}' && fail "addresses with --names"

# one address is one name within a finding; a finding's key is none
"$report" -f ktap "$here/extremes.json" | grep -q v1-ffffffffffffffff || fail "a key was taken for an address"

[ $failures -eq 0 ] && echo "all as expected"
exit $((failures != 0))
