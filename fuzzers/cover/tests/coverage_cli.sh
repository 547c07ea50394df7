#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# kmconform coverage: the corpus as it is in the tree, and what cannot be read.
set -u
fail() { echo "FAIL: $*"; exit 1; }
value() { sed -n "s/^$1 *: \([0-9]*\).*/\1/p" "$KMC_TMP/out"; }

corpus="$KMC_SRC/corpus"
"$KMC_BIN/kmconform" coverage --missing --csv "$KMC_TMP/rules.csv" "$corpus/seeds" "$corpus/regressions" \
	"$corpus/distilled" >"$KMC_TMP/out" || fail "status $?"
files=$(ls "$corpus"/seeds/*.op "$corpus"/regressions/*.op "$corpus"/distilled/*.op | wc -l)
[ "$(value inputs)" -eq "$files" ] || fail "$(value inputs) inputs of $files files"
[ "$(value 'rules exercised')" -ge 150 ] || fail "the corpus exercises few rules: $(value 'rules exercised')"
grep -q '^ALIGN-1 ' "$KMC_TMP/out" || fail "no line for ALIGN-1"
[ "$(awk -F, 'NR > 1 && $2 > 0' "$KMC_TMP/rules.csv" | wc -l)" -eq "$(value 'rules exercised')" ] || fail "the CSV"

# Twice the same.
"$KMC_BIN/kmconform" coverage -q "$corpus/seeds" >"$KMC_TMP/a" || fail "status $?"
"$KMC_BIN/kmconform" coverage -q "$corpus/seeds" >"$KMC_TMP/b" || fail "status $?"
cmp -s "$KMC_TMP/a" "$KMC_TMP/b" || fail "two runs differ"

# One program covers less than all do.
"$KMC_BIN/kmconform" coverage "$corpus/seeds/vmalloc.op" >"$KMC_TMP/out" || fail "status $?"
grep -q '^VM-2 ' "$KMC_TMP/out" || fail "vmalloc.op does not exercise VM-2"
grep -q '^DMA-1 ' "$KMC_TMP/out" && fail "vmalloc.op exercises DMA-1"

# Any bytes are a program, as fuzzers make them; damaged text is none.
head -c 3000 /dev/zero >"$KMC_TMP/bytes"
"$KMC_BIN/kmconform" coverage "$KMC_TMP/bytes" >"$KMC_TMP/out" || fail "bytes: status $?"
printf 'no program\n' >"$KMC_TMP/bad.op"
"$KMC_BIN/kmconform" coverage "$KMC_TMP/bad.op" >/dev/null 2>"$KMC_TMP/err"
[ $? -eq 2 ] || fail "an unreadable file is not told by the status"
grep -q 'bad.op' "$KMC_TMP/err" || fail "the file is not named"
"$KMC_BIN/kmconform" coverage "$KMC_TMP/nowhere" >/dev/null 2>&1
[ $? -eq 2 ] || fail "a missing folder"
echo ok
