#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The dictionaries are what both engines read, and the one of programs has each call of the vocabulary
# under its number:
#
#   fuzzers/oss-fuzz/tests/dictionaries.sh
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
vocab=$here/../../oracle/vocab/include/vocab
failed=0

complain() {
	echo "dictionaries: $*" >&2
	failed=1
}

# A line: a comment, or name="bytes" of 1 to 128 bytes, printable or \\ \" \xNN, as AFL++ wants it.
check_form() { # FILE
	local bad
	bad=$(LC_ALL=C grep -nvE '^#|^[a-z0-9_]+="([] !#-[^-~]|\\\\|\\"|\\x[0-9a-f]{2}){1,128}"$' "$1")
	[ -z "$bad" ] || complain "$(basename "$1"): line $bad"
	bad=$(grep -v '^#' "$1" | cut -d= -f1 | sort | uniq -d)
	[ -z "$bad" ] || complain "$(basename "$1"): twice: $bad"
}

for dict in "$here"/*.dict; do
	check_form "$dict"
done
calls() { # op.def's calls as lines of the dictionary
	sed -n 's/^KMC_OP(\([0-9]*\), *\([A-Z0-9_]*\),.*/\1 \2/p' "$vocab/op.def" |
		while read -r number id; do
			printf 'op_%s="\\x%02x\\x%02x"\n' "${id,,}" $((number & 255)) $((number >> 8))
		done
}

[ "$(calls | wc -l)" -gt 200 ] || complain "op.def was not understood"
diff <(calls | sort) <(grep '^op_' "$here/program.dict" | sort) >&2 ||
	complain "program.dict is not what the vocabulary has (<)"
exit $failed
