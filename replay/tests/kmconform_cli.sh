#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The dispatcher: finds commands beside itself and in ../libexec/kmconform.
set -u
cd "$KMC_TMP" || exit 1
failed=0
fail() { echo "FAILED: $*"; failed=1; }

"$KMC_BIN"/kmconform > out.txt 2>&1; [ $? = 2 ] || fail "no command"
"$KMC_BIN"/kmconform frobnicate > out.txt 2>&1; [ $? = 2 ] || fail "unknown command"
grep -q "no command frobnicate" out.txt || fail "message"
"$KMC_BIN"/kmconform --version | grep -Eq '^kmconform [0-9.]+ \(commit [^,]+, (GNU|Clang) [0-9.]+\)$' ||
	fail "version"
"$KMC_BIN"/kmconform help | grep -q "replay a trace" || fail "help"
"$KMC_BIN"/kmconform help check | grep -q "Usage: " || fail "help check"
# A path is not a command.
"$KMC_BIN"/kmconform ../bin/kmconform-check > out.txt 2>&1; [ $? = 2 ] || fail "path as command"

# As installed.
rm -rf prefix
mkdir -p prefix/bin prefix/libexec/kmconform
cp "$KMC_BIN"/kmconform prefix/bin/
prefix/bin/kmconform check > out.txt 2>&1; [ $? = 2 ] || fail "nothing installed"
grep -q "kmconform-check: not built or not installed" out.txt || fail "not installed: message"
cp "$KMC_BIN"/kmconform-check prefix/libexec/kmconform/
prefix/bin/kmconform check --version | grep -q '^kmconform ' || fail "libexec"
exit $failed
