#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kmconform trace from outside: what it prints, its exit status, what it
# leaves behind. Each case names what failed.
set -u
trace=$KMC_BIN/kmconform-trace
make=$KMC_BIN/trace_make
dir=$(mktemp -d "$KMC_TMP/XXXXXX")
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
failures=0

fail() {
	echo "FAIL: $*" >&2
	failures=$((failures + 1))
}

# ok WHAT COMMAND...: exit status 0
ok() {
	local what=$1
	shift
	"$@" >out 2>err || fail "$what: status $?: $(cat err)"
}

# damaged WHAT WORDS COMMAND...: all that is good is told, with exit status 2 and one line
damaged() {
	refused "$@"
	[ -s out ] || fail "$1: nothing told"
}

# refused WHAT WORDS COMMAND...: exit status 2 and one line with these words
refused() {
	local what=$1 words=$2 status
	shift 2
	"$@" >out 2>err
	status=$?
	[ $status = 2 ] || fail "$what: status $status, not 2"
	[ "$(wc -l <err)" = 1 ] || fail "$what: not one line: $(cat err)"
	grep -q "^kmconform trace: .*$words" err || fail "$what: no '$words' in: $(cat err)"
}

says() { # WHAT WORDS FILE
	grep -q -- "$2" "$3" || fail "$1: no '$2' in: $(cat "$3")"
}

flip() { # FILE OFFSET
	local byte
	byte=$(od -An -tu1 -j "$2" -N1 "$1" | tr -d ' ')
	printf "\\$(printf %o $((byte ^ 1)))" | dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

records() { # FILE: how many events
	"$trace" info --json "$1" | sed -n 's/^  "records":\([0-9]*\),$/\1/p'
}

events() { # FILE: the events, without the head
	"$trace" text "$1" | grep '^ '
}

"$make" a.kmt || exit 1
cp a.kmt a.copy

# info
ok info "$trace" info a.kmt
says info "accounting: exact" out
says info "damage:     none" out
says info "1200 in " out
says info "losses:     none" out
ok json "$trace" info --json a.kmt
says json '"accounting_exact":true' out
says json '"whole":true' out
if command -v python3 >/dev/null; then
	python3 -m json.tool <out >/dev/null || fail "json: does not parse"
fi
"$make" lost.kmt lost=7
ok "info of losses" "$trace" info lost.kmt
says "info of losses" "on cpu 1: 7 events" out
says "info of losses" "accounting: exact" out
"$make" seen.kmt witness=5
ok "info of a witness" "$trace" info seen.kmt
says "info of a witness" "kmem:kfree .*unseen by BPF: 5 to 7 of 1000 firings (witness perf)" out
ok "json of a witness" "$trace" info --json seen.kmt
says "json of a witness" '"unseen_most":7' out
ok "cut keeps the witness" "$trace" cut seen.kmt -o seen-cut.kmt --events 10
ok "cut keeps the witness" "$trace" info seen-cut.kmt
says "cut keeps the witness" "5 to 7 of 1000" out
ok "no witness" "$trace" info --json a.kmt
grep -q witness out && fail "no witness: there is one"
"$make" skew.kmt skew=3
ok "info of wrong counts" "$trace" info skew.kmt
says "info of wrong counts" "off by 18" out
says "info of wrong counts" "NOT exact for 1" out

# what is no trace
: >empty
mkdir folder
echo "some text that is no trace" >text
refused directory "folder: is a directory" "$trace" info folder
refused "empty file" "empty: empty file" "$trace" info empty
refused "missing file" "missing: No such file" "$trace" info missing
refused "text file" "text: offset 0: not a trace" "$trace" info text
refused device "not a regular file" "$trace" info /dev/null
cp a.kmt b.kmt && flip b.kmt 9
refused "damaged version" "b.kmt: offset 8: header damaged" "$trace" info b.kmt
cp a.kmt b.kmt && flip b.kmt 60
refused "damaged facts" "b.kmt: offset 16: header damaged" "$trace" info b.kmt
head -c 100 a.kmt >b.kmt
refused "cut header" "b.kmt: offset 100: trace cut" "$trace" info b.kmt
for command in cut redact; do
	refused "$command of no trace" "text: offset 0" "$trace" $command text -o x.kmt
	[ -e x.kmt ] && fail "$command of no trace: left an output"
done

# damage that costs only itself
size=$(stat -c %s a.kmt)
head -c $((size - 400)) a.kmt >b.kmt
damaged "info of a cut trace" "not whole" "$trace" info b.kmt
says "info of a cut trace" "no end mark" out
[ "$(records b.kmt)" = 1000 ] || fail "info of a cut trace: $(records b.kmt) records"
cp a.kmt b.kmt && flip b.kmt $((size - 500))
damaged "info of a damaged trace" "1 blocks bad" "$trace" info b.kmt
says "info of a damaged trace" "1 blocks bad" out
says "info of a damaged trace" "at the end: 200 events" out
[ "$(records b.kmt)" = 1000 ] || fail "info of a damaged trace: $(records b.kmt) records"
damaged "text of a damaged trace" "1 blocks bad" "$trace" text b.kmt
refused "redaction of a damaged trace" "1 blocks bad" "$trace" redact b.kmt -o d.kmt --seed 1
[ "$(records d.kmt)" = 1000 ] || fail "redaction of a damaged trace: $(records d.kmt) records"
ok "repair" "$trace" cut b.kmt -o c.kmt
says "repair" "not whole: 1 blocks bad" err
ok "info of the repaired" "$trace" info c.kmt
says "info of the repaired" "damage:     none" out

# cut
events a.kmt >a.txt
ok "cut by events" "$trace" cut a.kmt -o b.kmt -n 345
[ "$(records b.kmt)" = 345 ] || fail "cut by events: $(records b.kmt)"
"$trace" info b.kmt | grep -q "accounting: exact" || fail "cut by events: accounting"
events b.kmt >b.txt
head -345 a.txt | cmp -s - b.txt || fail "cut by events: other events"
ok "cut by time" "$trace" cut a.kmt -o b.kmt --from 30us --to 0.00007
events b.kmt | cut -c9- >b.txt
awk '$2 + 0 >= 30000 && $2 + 0 < 70000' a.txt | cut -c9- | cmp -s - b.txt ||
	fail "cut by time: other events"
[ -s b.txt ] || fail "cut by time: nothing left"
"$trace" info b.kmt | grep -q "accounting: exact" || fail "cut by time: accounting"
"$trace" info b.kmt | grep -q "damage:     none" || fail "cut by time: damage"
ok "cut by size" "$trace" cut a.kmt -o b.kmt --size 3000
[ "$(stat -c %s b.kmt)" -le 3000 ] || fail "cut by size: $(stat -c %s b.kmt)"
[ "$(records b.kmt)" -gt 100 ] || fail "cut by size: only $(records b.kmt) left"
refused "too small a size" "does not fit 10 bytes" "$trace" cut a.kmt -o x.kmt --size 10
ok "cut of losses" "$trace" cut lost.kmt -o b.kmt
"$trace" text lost.kmt >1.txt && "$trace" text b.kmt >2.txt
cmp -s 1.txt 2.txt || fail "cut of losses: other text"
grep -q "gap" 1.txt || fail "text of losses: no gap"

# merge: two cpus recorded apart are as recorded together
"$make" cpu0.kmt cpu=0 && "$make" cpu1.kmt cpu=1
ok "merge of cpus" "$trace" merge cpu1.kmt cpu0.kmt -o b.kmt
events b.kmt | cmp -s - a.txt || fail "merge of cpus: other events"
# two times: the pause is a gap on each cpu
"$make" later.kmt seed=5 start=1700000001000000000
ok "merge of times" "$trace" merge later.kmt a.kmt -o b.kmt
[ "$(records b.kmt)" = 2400 ] || fail "merge of times: $(records b.kmt) records"
cp a.kmt d.kmt && flip d.kmt $((size - 500))
refused "merge with a damaged trace" "d.kmt: .*1 blocks bad" "$trace" merge later.kmt d.kmt -o b.kmt
[ "$(records b.kmt)" = 2200 ] || fail "merge with a damaged trace: $(records b.kmt) records"
"$trace" merge later.kmt a.kmt -o b.kmt
ok "info of merged times" "$trace" info b.kmt
says "merge of times" "accounting: exact" out
says "merge of times" "2 missing" out
"$trace" text b.kmt | grep -c ' gap ' | grep -qx 2 || fail "merge of times: not two gaps"
refused "merge with itself" "at the same time" "$trace" merge a.kmt a.kmt -o x.kmt
"$make" other.kmt release=6.1.0
refused "merge of kernels" "other.kmt: of Linux 6.1.0 .*a.kmt is of 6.18.44" \
	"$trace" merge a.kmt other.kmt -o x.kmt
"$make" boot.kmt cpu=0 direct_map=0xffff9aaaa0000000
refused "merge of boots" "not of the same boot" "$trace" merge cpu1.kmt boot.kmt -o x.kmt
[ -e x.kmt ] && fail "refused merges: left an output"

# redact
ok redact "$trace" redact a.kmt -o r1.kmt --seed 9
ok redact "$trace" redact a.kmt -o r2.kmt --seed 9
cmp -s r1.kmt r2.kmt || fail "redact: not the same from the same seed"
ok redact "$trace" redact a.kmt -o r2.kmt
cmp -s r1.kmt r2.kmt && fail "redact: not random without a seed"
"$trace" info r1.kmt | grep -q "addresses redacted" || fail "redact: not said"
events r1.kmt >b.txt
cmp -s a.txt b.txt && fail "redact: nothing changed"
grep -q ffff91f7 b.txt && fail "redact: an address is left"
ok "redact twice" "$trace" redact r1.kmt -o r2.kmt
says "redact twice" "already redacted" err
cmp -s r1.kmt r2.kmt || fail "redact twice: changed"
ok blank "$trace" redact a.kmt -o b.kmt --blank-granted --keep-addresses
events b.kmt >b.txt
# columns: 12 is the size, 13 granted
awk '{ $1 = $1 } $8 ~ /^(kmalloc|kmem_cache_alloc)$/ { $13 = "-" } { print }' a.txt >2.txt
awk '{ $1 = $1; print }' b.txt >1.txt
cmp -s 1.txt 2.txt || fail "blank: not just granted is blank"
grep -q kmalloc 1.txt || fail "blank: no kmalloc"

# outputs
refused "output is the input" "is an input" "$trace" cut a.kmt -o ./a.kmt
ln -s a.kmt link.kmt
refused "output links to the input" "is an input" "$trace" redact a.kmt -o link.kmt
refused "output is a directory" "is a directory" "$trace" cut a.kmt -o folder
refused "output in no folder" "No such file" "$trace" cut a.kmt -o none/x.kmt
refused "output is a device" "not a regular file" "$trace" cut a.kmt -o /dev/full
"$make" big.kmt records=20000
bash -c 'trap "" XFSZ; ulimit -f 16; exec "$@"' - "$trace" cut big.kmt -o x.kmt >out 2>err
[ $? = 2 ] || fail "full disk: not status 2"
says "full disk" "x.kmt: File too large" err
[ "$(wc -l <err)" = 1 ] || fail "full disk: not one line"
[ -e x.kmt ] && fail "full disk: left an output"
ls | grep -q 'kmt\.......$' && fail "temporary files are left: $(ls)"
cmp -s a.kmt a.copy || fail "the input was changed"
"$trace" text a.kmt >/dev/full 2>err && fail "text to a full device: status 0"
says "text to a full device" "No space left" err

# the command line
ok help "$trace" --help
for command in info cut merge redact text; do
	ok "$command --help" "$trace" $command --help
	says "$command --help" "Usage: kmconform trace $command" out
	"$trace" $command >out 2>err
	[ $? = 2 ] || fail "$command without a file: not status 2"
done
ok version "$trace" --version
says version "^kmconform .*commit" out
refused "unknown command" "no command paint" "$trace" paint a.kmt
"$trace" cut a.kmt -o x.kmt --from soon >out 2>err
[ $? = 2 ] || fail "odd time: not status 2"

[ $failures = 0 ] && echo "all passed"
exit $((failures > 0))
