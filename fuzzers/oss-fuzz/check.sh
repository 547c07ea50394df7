#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The contract of OSS-Fuzz without its containers: builds with the documented environment for each
# kind (sanitizer with libFuzzer; afl: AFL++ with AddressSanitizer, linked with an archive), moves what
# was built elsewhere, and runs every target from another folder, without the right to write to either,
# with its seed corpus, dictionary and options. What bad_build_check counts is counted.
#
#   fuzzers/oss-fuzz/check.sh [SCRATCH] [address undefined memory afl]
#
# As root the targets run as nobody, so SCRATCH must be where nobody may read. AFL_LLVM_* of the
# environment reach the build. KMC_CHECK_SECONDS: how long a target may take over its seeds (600).
# Exit status: 0 all fine, 1 something is not.
set -u
src=$(cd "$(dirname "$0")/../.." && pwd)
scratch=${1:-$(mktemp -d)}
[ $# -gt 0 ] && shift
[ $# -gt 0 ] || set -- address undefined memory afl
mkdir -p "$scratch"
scratch=$(cd "$scratch" && pwd)
chmod a+rx "$scratch"
limit=${KMC_CHECK_SECONDS:-600}
failed=0

complain() {
	echo "oss-fuzz: $*" >&2
	failed=1
}

# The environment of a build

cc_flags="-O1 -fno-omit-frame-pointer -gline-tables-only -Wno-error=int-conversion \
-Wno-error=deprecated-declarations -Wno-error=implicit-function-declaration -Wno-error=implicit-int \
-Wno-error=unknown-warning-option -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION"

sanitizer_flags() { # SANITIZER
	local ub=array-bounds,bool,builtin,enum,function,integer-divide-by-zero,null,object-size,return,returns-nonnull-attribute,shift,signed-integer-overflow,unsigned-integer-overflow,unreachable,vla-bound,vptr
	case $1 in
	address) echo "-fsanitize=address -fsanitize-address-use-after-scope" ;;
	memory) echo "-fsanitize=memory -fsanitize-memory-track-origins" ;;
	undefined)
		# "function" is taken out for the language C.
		echo "-fsanitize=$ub -fno-sanitize-recover=${ub/,unsigned-integer-overflow/} -fno-sanitize=function" ;;
	esac
}

# libc++ where it is there; what else the image has, its own C++ library stands in for.
cxx_library() { # CXX
	echo 'int main(){}' | "$1" -stdlib=libc++ -x c++ -o /dev/null - 2>/dev/null && echo -stdlib=libc++
}

build() { # KIND
	local kind=$1 sanitizer=$1 engine=libfuzzer link=-fsanitize=fuzzer cc=clang cxx=clang++ flags driver
	local base=$scratch/$kind
	mkdir -p "$base/src" "$base/out" "$base/work"
	ln -sfn "$src" "$base/src/kmconform"
	cp "$src/fuzzers/oss-fuzz/build.sh" "$base/src/build.sh"
	flags="$cc_flags"
	if [ "$kind" = afl ]; then
		sanitizer=address engine=afl cc=afl-clang-fast cxx=afl-clang-fast++
		driver=$(ls /usr/lib/afl/libAFLDriver.a /usr/local/lib/afl/libAFLDriver.a 2>/dev/null | head -1)
		[ -n "$driver" ] || { complain "afl: no libAFLDriver.a"; return; }
		link=$base/lib/libFuzzingEngine.a
		mkdir -p "$base/lib"
		cp "$driver" "$link"
		cp "$(command -v afl-fuzz)" "$base/out/"
		env | grep ^AFL_ >"$base/out/afl_options.txt"
	fi
	flags="$flags $(sanitizer_flags "$sanitizer")"
	[ "$kind" = afl ] || flags="$flags -fsanitize=fuzzer-no-link"
	(cd "$base/src/kmconform" && env -u LDFLAGS -u CPPFLAGS \
		CC=$cc CXX=$cxx CCC=$cxx CFLAGS="$flags" CXXFLAGS="$flags $(cxx_library $cxx)" \
		LIB_FUZZING_ENGINE="$link" FUZZING_ENGINE=$engine FUZZING_LANGUAGE=c ARCHITECTURE=x86_64 \
		SANITIZER=$sanitizer OUT="$base/out" WORK="$base/work" SRC="$base/src" AFL_QUIET=1 \
		ASAN_OPTIONS=detect_leaks=0:symbolize=0:detect_odr_violation=0:abort_on_error=1 \
		bash -eux "$base/src/build.sh") >"$base.log" 2>&1 ||
		complain "$kind: the build failed, see $base.log"
}

# One target as a bot runs it

options_of() { # FILE SECTION: its "key = value" lines as key=value
	sed -n "/^\[$2\]/,/^\[/s/^\([a-z_0-9]*\) *= *\(.*\)$/\1=\2/p" "$1"
}

# From an unknown folder, which like the targets' own cannot be written to; a temporary one can.
away() { # COMMAND...
	local as=() options
	[ "$(id -u)" -ne 0 ] || as=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	# afl-fuzz does not take the options of a sanitizer without its own exit status in them.
	case $kind in
	address | afl) options=ASAN_OPTIONS=abort_on_error=1:symbolize=0:$(options_of "$out/$name.options" asan | paste -sd:) ;;
	memory) options=MSAN_OPTIONS=symbolize=0:exit_code=86 ;;
	undefined) options=UBSAN_OPTIONS=silence_unsigned_overflow=1:symbolize=0:abort_on_error=1 ;;
	esac
	(cd "$base/away" && env TMPDIR="$base/tmp" HOME=/nonexistent "$options" "${as[@]}" \
		timeout "$limit" "$@") >"$base/log" 2>&1
}

ends() { # WORDS: the log, as a part of a complaint
	complain "$kind $name: $1: $(tail -n 3 "$base/log")"
}

# Calls to the sanitizers' libraries: this one's, and no other's.
count_calls() {
	local asan msan ubsan
	read -r asan msan ubsan < <(objdump -d --no-show-raw-insn "$out/$name" | awk '
		/call.*<__asan/ { a++ } /call.*<__msan/ { m++ } /call.*<__ubsan/ { u++ }
		END { print a + 0, m + 0, u + 0 }')
	case $kind in
	address | afl) [ "$asan" -ge 1000 ] && [ "$msan" -le 3 ] && [ "$ubsan" -le 200 ] ;;
	memory) [ "$msan" -ge 1000 ] && [ "$asan" -eq 0 ] && [ "$ubsan" -le 200 ] ;;
	undefined) [ "$ubsan" -ge 168 ] && [ "$asan" -eq 0 ] && [ "$msan" -le 3 ] ;;
	esac || complain "$kind $name: calls to sanitizers: asan $asan, msan $msan, ubsan $ubsan"
}

# Nothing but the C library's own, and the compiler's, is needed where it runs.
check_libraries() {
	local other
	other=$(objdump -p "$out/$name" | awk '$1 == "NEEDED" { print $2 }' |
		grep -vE '^(libc|libm|libdl|librt|libpthread|libresolv|libgcc_s|libstdc\+\+|ld-linux-x86-64)\.so')
	[ -z "$other" ] || complain "$kind $name: needs" $other
}

run_libfuzzer() {
	local flags=() option words
	while read -r option; do
		flags+=("-$option")
	done < <(options_of "$out/$name.options" libfuzzer)
	[ ${#flags[@]} -gt 0 ] || complain "$kind $name: no options for libFuzzer"
	words=$(grep -c '^[^#]' "$out/$name.dict")
	away "$out/$name" -seed=1337 -runs=4 || ends "does not start"
	grep -q 'Done 4 runs' "$base/log" || ends "did not say Done 4 runs"
	grep -q 'no interesting inputs' "$base/log" && ends "is not instrumented"
	away "$out/$name" "${flags[@]}" -dict="$out/$name.dict" -seed=1337 -runs=200 "$base/tmp/new" "$base/few" ||
		ends "mutating"
	grep -q "^Dictionary: $words entries" "$base/log" || ends "the dictionary has $words words"
	grep -qE 'unrecognized|not a valid|ParseDictionary' "$base/log" && ends "options"
	away "$out/$name" "${flags[@]}" -runs=0 "$base/corpus" || ends "its seeds"
}

run_afl() {
	local words
	words=$(grep -c '^[^#]' "$out/$name.dict")
	export AFL_NO_UI=1 AFL_SKIP_CPUFREQ=1 AFL_NO_AFFINITY=1 AFL_FORKSRV_INIT_TMOUT=60000
	export AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1
	away "$out/afl-fuzz" -i "$base/few" -o "$base/tmp/afl" -x "$out/$name.dict" -m none -t 60000 -E 100 \
		-- "$out/$name" || ends "afl-fuzz"
	grep -aq 'All set and ready to roll' "$base/log" || ends "did not say All set and ready to roll"
	grep -aq "Loaded $words extra tokens" "$base/log" || ends "the dictionary has $words words"
	grep -aqE 'target binary (crashed|terminated)' "$base/log" && ends "the target died"
	away "$out/$name" "$base"/corpus/* || ends "its seeds"
}

run_target() { # NAME
	local name=$1
	rm -rf "$base/corpus" "$base/few" "$base/tmp"
	mkdir -p "$base/away" "$base/corpus" "$base/few" "$base/tmp/new"
	[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$base/tmp"
	chmod a-w "$base/away"
	unzip -q "$out/${name}_seed_corpus.zip" -d "$base/corpus" || complain "$kind $name: no seed corpus"
	cp $(ls -S -r -d "$base"/corpus/* | head -3) "$base/few/"
	chmod -R a+rX "$base/corpus" "$base/few"
	[ -s "$out/$name.options" ] || complain "$kind $name: no options"
	[ -s "$out/$name.dict" ] || complain "$kind $name: no dictionary"
	grep -q LLVMFuzzerTestOneInput "$out/$name" || complain "$kind $name: no entry point"
	check_libraries
	count_calls
	if [ "$kind" = afl ]; then
		run_afl
	else
		run_libfuzzer
	fi
	echo "oss-fuzz: $kind: $name: $(ls "$base/corpus" | wc -l) seeds"
}

for kind in "$@"; do
	base=$scratch/$kind
	[ -d "$base" ] && chmod -R u+w "$base"
	rm -rf "${base:?}"
	mkdir -p "$base"
	build "$kind"
	# Whoever remembers where it was built finds nothing there.
	out=$base/elsewhere/bots
	mkdir -p "$base/elsewhere"
	mv "$base/out" "$out"
	mv "$base/work" "$base/elsewhere/work"
	chmod -R a+rX,a-w "$out"
	(cd "$out" && find . -type f | sort | xargs sha256sum) >"$base/before"
	count=0
	for target in "$out"/*; do
		case $target in *.options | *.dict | *.zip | *.txt | */afl-*) continue ;; esac
		[ -x "$target" ] || continue
		run_target "$(basename "$target")"
		count=$((count + 1))
	done
	(cd "$out" && find . -type f | sort | xargs sha256sum) | cmp -s - "$base/before" ||
		complain "$kind: the folder of the targets has changed"
	chmod -R u+w "$out"
	echo "oss-fuzz: $kind: $count targets"
	[ "$count" -gt 0 ] || complain "$kind: no target was built"
done
[ "$failed" -ne 0 ] || echo "oss-fuzz: all fine"
exit $failed
