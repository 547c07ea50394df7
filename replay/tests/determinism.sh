#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The seed programs give the digests in expected_hashes, whichever compiler
# built us, in 1000 runs of one process and in fresh processes. A change of
# alloc that moves objects changes the file: KMC_UPDATE=1 writes it anew.
set -u
cd "$KMC_SRC" || exit 1
expected=replay/tests/expected_hashes
digests() {
	for program in corpus/seeds/*.op; do
		"$KMC_BIN"/kmconform check --hash --repeat "$1" "$program" 2>"$KMC_TMP/errors" |
			grep '^hash '
		[ -s "$KMC_TMP/errors" ] && cat "$KMC_TMP/errors"
	done
}

if [ "${KMC_UPDATE:-}" ]; then
	digests 1000 > $expected
	exit
fi
digests 1000 > "$KMC_TMP/one-process"
diff $expected "$KMC_TMP/one-process" || {
	echo "the digests differ; if alloc was changed on purpose: KMC_UPDATE=1"
	exit 1
}
for i in 1 2 3 4 5; do
	digests 1 > "$KMC_TMP/fresh-process"
	diff $expected "$KMC_TMP/fresh-process" || exit 1
done
