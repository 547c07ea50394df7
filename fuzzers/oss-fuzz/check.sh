#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The contract of OSS-Fuzz without its containers: builds with the documented
# environment for each sanitizer and engine that is there, then runs every
# target from another working directory with a read-only folder, with its seed
# corpus, and looks at what a bot would look at.
#
#   fuzzers/oss-fuzz/check.sh [SCRATCH] [address undefined memory afl]
#
# Exit status: 0 all fine, 1 something is not.
set -u
src=$(cd "$(dirname "$0")/../.." && pwd)
scratch=${1:-$(mktemp -d)}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- address undefined memory afl
failed=0

complain() {
	echo "oss-fuzz: $*" >&2
	failed=1
}

flags_of() {
	local common="-O1 -fno-omit-frame-pointer -gline-tables-only"
	case $1 in
	address) echo "$common -fsanitize=address -fsanitize=fuzzer-no-link" ;;
	undefined) echo "$common -fsanitize=array-bounds,bool,builtin,enum,null,object-size,return,returns-nonnull-attribute,shift,signed-integer-overflow,unsigned-integer-overflow,unreachable,vla-bound,vptr -fno-sanitize-recover=array-bounds,bool,builtin,enum,null,object-size,return,returns-nonnull-attribute,shift,signed-integer-overflow,unreachable,vla-bound -fsanitize=fuzzer-no-link -fno-sanitize=function" ;;
	memory) echo "$common -fsanitize=memory -fsanitize=fuzzer-no-link" ;;
	afl) echo "$common -fsanitize=address" ;;
	esac
}

build() {
	local kind=$1 sanitizer=$1 cc=clang cxx=clang++
	[ "$kind" = afl ] && { sanitizer=address cc=afl-clang-fast cxx=afl-clang-fast++; }
	env CC=$cc CXX=$cxx CFLAGS="$(flags_of "$kind")" CXXFLAGS="$(flags_of "$kind")" \
		LIB_FUZZING_ENGINE=-fsanitize=fuzzer SANITIZER=$sanitizer OUT="$scratch/$kind/out" \
		WORK="$scratch/$kind/work" SRC="$src/.." \
		bash "$src/fuzzers/oss-fuzz/build.sh" >"$scratch/$kind.log" 2>&1 ||
		complain "$kind: the build failed, see $scratch/$kind.log"
}

# One target as a bot runs it: unknown folder, nothing beside it can be written.
run_target() {
	local kind=$1 target=$2 name
	name=$(basename "$target")
	local away=$scratch/$kind/away corpus=$scratch/$kind/corpus/$name
	mkdir -p "$away" "$corpus"
	unzip -q -o "$scratch/$kind/out/${name}_seed_corpus.zip" -d "$corpus" ||
		complain "$kind $name: no seed corpus"
	[ -s "$scratch/$kind/out/$name.options" ] || complain "$kind $name: no options"
	grep -q LLVMFuzzerTestOneInput "$target" || complain "$kind $name: no entry point"
	if [ "$kind" = afl ]; then
		(cd "$away" && timeout 120 "$target" "$corpus"/* >log 2>&1) ||
			complain "$kind $name: $(tail -n 3 "$away/log")"
		return
	fi
	(cd "$away" && timeout 120 "$target" -seed=1337 -runs=4 >log 2>&1) ||
		complain "$kind $name: does not start: $(tail -n 3 "$away/log")"
	grep -q 'Done 4 runs' "$away/log" || complain "$kind $name: did not say Done 4 runs"
	(cd "$away" && timeout 120 "$target" -runs=0 "$corpus" >log 2>&1) ||
		complain "$kind $name: its seeds: $(tail -n 3 "$away/log")"
}

for kind in "$@"; do
	rm -rf "${scratch:?}/$kind"
	mkdir -p "$scratch/$kind"
	build "$kind"
	chmod -R a-w "$scratch/$kind/out"
	moved=$scratch/$kind/elsewhere
	ln -sfn "$scratch/$kind/out" "$moved"
	count=0
	for target in "$moved"/*; do
		[ -x "$target" ] && [ -f "$target" ] || continue
		case $target in *.options | *.dict | *.zip) continue ;; esac
		run_target "$kind" "$target"
		count=$((count + 1))
	done
	chmod -R u+w "$scratch/$kind/out"
	echo "oss-fuzz: $kind: $count targets"
	[ "$count" -gt 0 ] || complain "$kind: no target was built"
done
exit $failed
