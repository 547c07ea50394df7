# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by the shell tests of commands: expect() and `failed`, their exit status.
failed=0

# expect STATUS "text that must be in the output" COMMAND...
expect() {
	local status=$1 text=$2 got out
	shift 2
	out=$("$@" 2>&1)
	got=$?
	if [ $got -ne "$status" ] || [[ "$out" != *"$text"* ]]; then
		echo "FAILED: $* gave $got, expected $status and '$text':"
		echo "$out" | tail -20
		failed=1
	fi
}
