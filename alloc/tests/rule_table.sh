#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# rule_table.sh: which rule that binds an implementation has which test.
#
#   rule_table.sh BUILD_DIR          run alloc's tests, write the table into alloc/RULES.md
#   rule_table.sh --check            is the table that of the sources? exit 1 if not
#   rule_table.sh --missing          rules of origin S and D without a test
#
# Ids, party, strength and origin are read from the catalogue as text. A test
# belongs to the rules whose ids its function's name begins with, in lower case
# (km20_kinds, rea2_rea3_sentinels). The fidelity of a rule is the weakest word
# after "Model:" in a comment of alloc/ that names the rule, or that stands
# above a function whose kernel-doc names it.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
alloc=$(dirname "$here")
catalogue=$(dirname "$alloc")/oracle/rules/rules.def
table=$alloc/RULES.md
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# ID ORIGIN STRENGTH of each rule that binds an implementation, in the catalogue's order.
binding_rules() {
	awk '
	/^KMC_RULE\(/ { open = 1; entry = "" }
	open { entry = entry $0 }
	open && split(entry, f, /,[ \t]*/) >= 6 {
		gsub(/"/, "", f[2])
		if (f[4] == "ALLOCATOR" && f[5] != "NO_PROMISE") {
			sub(/^I_STAR$/, "I*", f[6])
			sub(/^IMPLIED$/, "I*", f[6])
			print f[2], f[6], tolower(f[5])
		}
		open = 0
	}' "$catalogue"
}

# ID TEST FILE of each test function that is named after a rule.
named_tests() {
	awk '
	match($0, /^(static )?void [a-z0-9_]+\(void \*\*state\)/) {
		name = $0
		sub(/\(.*/, "", name)
		sub(/.* /, "", name)
		n = split(name, word, "_")
		for (i = 1; i <= n && word[i] ~ /^[a-z]+[0-9]+$/; i++) {
			id = toupper(word[i])
			sub(/[0-9]+$/, "-&", id)
			file = FILENAME
			sub(/.*\//, "", file)
			print id, name, file
		}
	}' "$alloc"/tests/*_test.c "$alloc"/tests/*_yield.c
}

# ID WORD for each rule and each function whose comment says how true it is.
fidelities() {
	find "$alloc" -name tests -prune -o -name '*.[ch]' -print | sort | xargs awk '
	function ids_of(text,    n, i, tok, id, lo, hi, fam, out) {
		gsub(/ *\.\. */, "..", text)
		n = split(text, tok, /[^A-Za-z0-9.-]+/)
		out = ""
		for (i = 1; i <= n; i++) {
			id = tok[i]
			sub(/\.+$/, "", id)
			if (id !~ /^[A-Z]+-[0-9]+(\.\.([A-Z]+-)?[0-9]+)?$/)
				continue
			fam = id
			sub(/-.*/, "", fam)
			lo = id
			sub(/^[A-Z]+-/, "", lo)
			hi = lo
			sub(/\.\..*/, "", lo)
			sub(/.*\.\./, "", hi)
			sub(/^[A-Z]+-/, "", hi)
			for (; lo + 0 <= hi + 0; lo++)
				out = out " " fam "-" (lo + 0)
		}
		return out
	}
	function note(ids, key,    n, i, id) {
		n = split(ids, id, " ")
		for (i = 1; i <= n; i++)
			names[key] = names[key] " " id[i]
	}
	function comment_done() {
		word = ""
		if (match(text, /Model: *[a-z]+/)) {
			word = substr(text, RSTART, RLENGTH)
			sub(/.* /, "", word)
		}
		ids = ids_of(text)
		if (word != "") {
			n = split(ids, id, " ")
			for (i = 1; i <= n; i++)
				print id[i], word
		}
		if (match(text, /\/\*\* *\*? *[a-z_0-9A-Z]+\(\)/)) {
			key = substr(text, RSTART, RLENGTH)
			gsub(/[^a-zA-Z0-9_]/, "", key)
			note(ids, key)
		}
		pending = word
	}
	FNR == 1 { inside = 0; pending = "" }
	/^\/\*/ { inside = 1; text = "" }
	inside {
		text = text " " $0
		if ($0 ~ /\*\//) {
			inside = 0
			comment_done()
		}
		next
	}
	pending != "" && match($0, /[a-zA-Z_0-9]+\(/) {
		key = substr($0, RSTART, RLENGTH - 1)
		model[key] = pending
		pending = ""
	}
	END {
		for (key in model) {
			n = split(names[key], id, " ")
			for (i = 1; i <= n; i++)
				print id[i], model[key]
		}
	}' | awk '
	BEGIN { rank["exact"] = 1; rank["simplified"] = 2; rank["stub"] = 3 }
	rank[$2] > rank[worst[$1]] { worst[$1] = $2 }
	END { for (id in worst) print id, worst[id] }' | sort
}

# TEST pass|FAIL|skipped, by running every test program of alloc once.
results() {
	local program
	for program in $(find "$1/bin" -maxdepth 1 -type f -executable \
			 \( -name 'test_alloc_*' -o -name 'yield_alloc_*' \) | sort); do
		(cd "$work" && "$program" 2>&1 || true) | awk '
		match($0, /\[ +OK +\] [a-z0-9_]+/) { print $NF, "pass" }
		match($0, /\[ +FAILED +\] [a-z0-9_]+$/) { print $NF, "FAIL" }
		match($0, /\[ +SKIPPED +\] [a-z0-9_]+$/) { print $NF, "skipped" }'
	done
}

# The table's lines; $1: a file of results, or empty: the results of the present table.
make_table() {
	awk -v results="$1" -v tests="$work/tests" -v models="$work/models" '
	BEGIN {
		while ((getline line < results) > 0) {
			split(line, f, " ")
			if (result[f[1]] != "FAIL")
				result[f[1]] = f[2]
		}
		while ((getline line < tests) > 0) {
			split(line, f, " ")
			list[f[1]] = list[f[1]] (list[f[1]] == "" ? "" : ", ") "`" f[2] "`"
			all[f[1]] = all[f[1]] " " f[2]
		}
		while ((getline line < models) > 0) {
			split(line, f, " ")
			model[f[1]] = f[2]
		}
		print "| rule | origin, strength | tests | result | fidelity |"
		print "| --- | --- | --- | --- | --- |"
	}
	{
		n = split(all[$1], name, " ")
		verdict = n ? "pass" : "-"
		for (i = 1; i <= n; i++) {
			r = result[name[i]]
			if (r == "FAIL")
				verdict = "FAIL"
			else if (verdict == "pass" && r != "pass")
				verdict = r == "" ? "not run" : r
		}
		printf "| %s | %s, %s | %s | %s | %s |\n", $1, $2, $3,
		       n ? list[$1] : "none", verdict, model[$1] == "" ? "-" : model[$1]
	}' "$work/rules"
}

# What a check compares: everything but the results.
without_results() {
	awk -F'|' '/^\| [A-Z]/ { print $2 "|" $3 "|" $4 "|" $6 }' "$1"
}

counts() {
	awk -F'|' '
	/^\| [A-Z]+-[0-9]/ {
		total++
		split($3, o, ",")
		origin = o[1]
		gsub(/ /, "", origin)
		conforms = origin == "S" || origin == "D"
		if (conforms)
			sd++
		if ($4 != " none ") {
			tested++
			if (conforms)
				sdtested++
		}
	}
	END {
		printf "%d of %d rules that bind an implementation have a test, ", tested, total
		printf "%d of %d of origin S and D.\n", sdtested, sd
	}' "$1"
}

write_table() {
	awk -v new="$1" '
	/<!-- rule table: begin -->/ {
		print
		while ((getline line < new) > 0)
			print line
		skip = 1
	}
	/<!-- rule table: end -->/ { skip = 0 }
	!skip { print }' "$table" > "$work/page"
	cp "$work/page" "$table"
}

binding_rules > "$work/rules"
named_tests | sort -s -k1,1 > "$work/tests"
fidelities > "$work/models"
if [ "$(wc -l < "$work/rules")" -lt 300 ]; then
	echo "rule_table: $catalogue could not be read" >&2
	exit 2
fi

# An id in a test's name that the catalogue has not is a misspelt one.
awk 'NR == FNR { known[$1] = 1; next } !($1 in known) { print $3 ": " $2 ": no rule " $1 }' \
	<(grep -o '"[A-Z]*-[0-9]*"' "$catalogue" | tr -d '"') \
	<(grep -v '^R-' "$work/tests") > "$work/unknown"

case ${1:-} in
--check)
	make_table /dev/null > "$work/new"
	status=0
	if [ -s "$work/unknown" ]; then
		cat "$work/unknown"
		status=1
	fi
	if ! diff <(without_results "$table") <(without_results "$work/new") > "$work/diff"; then
		echo "rule_table: alloc/RULES.md is stale (< in the tree, > in the sources):"
		cat "$work/diff"
		status=1
	fi
	counts "$work/new"
	exit $status
	;;
--missing)
	make_table /dev/null > "$work/new"
	awk -F'|' '/^\| [A-Z]+-/ && $4 == " none " && $3 ~ / [SD],/ { print $2 }' "$work/new" | xargs -n 12
	counts "$work/new"
	;;
''|-*)
	sed -n '4,8p' "$0" >&2
	exit 2
	;;
*)
	results "$1" > "$work/results"
	make_table "$work/results" > "$work/lines"
	{ echo; counts "$work/lines"; echo; cat "$work/lines"; echo; } > "$work/new"
	cat "$work/unknown"
	write_table "$work/new"
	counts "$work/lines"
	if grep -q 'FAIL |' "$work/lines"; then
		grep 'FAIL |' "$work/lines"
		exit 1
	fi
	;;
esac
