# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by tests: is a file KTAP? By our own reading of the format, and by the
# kernel's parser where Debian's linux-source-6.1 is there (unpacked once a build tree).

# ktap_whole FILE: all that the plans promise is there
ktap_whole() { ktap_read "$1" 1; }
# ktap_prefix FILE: what there is is KTAP, and may end anywhere behind a line
ktap_prefix() { ktap_read "$1" 0; }

ktap_read() {
	awk -v whole="$2" '
	function wrong(why) { if (!bad) print FILENAME ":" NR ": " why ": " $0; bad = 1 }
	{
		match($0, /^ */)
		depth = RLENGTH / 2
		line = substr($0, RLENGTH + 1)
		if (RLENGTH % 2)
			wrong("odd indent")
	}
	line == "KTAP version 1" {
		if (depth != open)
			wrong("a version where none may be")
		open = depth + 1
		plan[open] = -1
		done[open] = 0
		next
	}
	line ~ /^1\.\.[0-9]+$/ {
		if (depth + 1 != open || plan[open] >= 0)
			wrong("a second plan")
		plan[open] = substr(line, 4) + 0
		planned[open] = NR
		next
	}
	line ~ /^(not )?ok / {
		sub(/^not /, "", line)
		split(line, word, " ")
		if (depth + 1 == open - 1) { # closes the tests within
			if (done[open] != plan[open])
				wrong("closed with " done[open] " of " plan[open])
			open--
		}
		if (depth + 1 != open)
			wrong("a result where none may be")
		if (word[2] != ++done[open] || done[open] > plan[open])
			wrong("number " word[2] ", expected " done[open] " of " plan[open])
		if (gsub(/#/, "#", line) > 1)
			wrong("two directives")
		next
	}
	line ~ /^#/ { # nothing between the outermost version and its plan
		if (NR == 2)
			wrong("a comment before the plan")
		next
	}
	{ wrong("no line of KTAP") }
	END {
		if (whole && (open != 1 || done[1] != plan[1]))
			wrong("ends early")
		exit bad
	}' "$1"
}

# ktap_kernel_parser: prints where it is, when it can be had
ktap_kernel_parser() {
	local archive=/usr/src/linux-source-6.1.tar.xz
	local parser=linux-source-6.1/tools/testing/kunit

	command -v python3 >/dev/null && [ -e "$archive" ] || return 1
	(
		flock 9
		[ -e "$KMC_BUILD/$parser/kunit.py" ] || tar -C "$KMC_BUILD" -xf "$archive" "$parser"
	) 9>"$KMC_BUILD/linux-source.lock" && echo "$KMC_BUILD/$parser/kunit.py"
}

# ktap_kernel PARSER FILE PASSED FAILED CRASHED: the kernel's parser counts so; "" any number
ktap_kernel() {
	local said
	said=$(python3 "$1" parse "$(realpath "$2")" 2>&1)
	echo "$said" | grep -q "invalid KTAP\|no tests run\|could not find any KTAP" &&
		{ echo "$2: the kernel's parser: $(echo "$said" | grep -m1 -i ktap)"; return 1; }
	echo "$said" | grep "Testing complete" >"$2.said" || { echo "$2: $said" | tail -3; return 1; }
	[ -z "${3:-}" ] || grep -q "passed: $3\b" "$2.said" || { cat "$2.said"; return 1; }
	[ -z "${4:-}" ] || grep -q "failed: $4\b" "$2.said" || { cat "$2.said"; return 1; }
}
