#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A planted fault goes all the way: fuzz, minimise, run document, each form; the
# command that each form prints reproduces it with a build of a fresh clone; the
# KUnit case and the C program that are made of it compile and show it, and show
# nothing without the fault.
#   KMC_CANARY, KMC_CLEAN: builds to use instead of building clones (fuzzers with
#   libFuzzer and faults; programs with faults)
#   KMC_KERNEL_BUILD: a kernel tree prepared for modules, with KUnit
set -u
cd "$KMC_TMP" || exit 1
failures=0
fail() {
	echo "FAILED: $*"
	failures=$((failures + 1))
}
command -v clang >/dev/null || { echo "skipped: no clang"; exit 77; }
rm -rf campaign forms && mkdir forms

# build FOLDER COMPILER OPTION... -- TARGET...: from a fresh clone
build() {
	local folder=$1 compiler=$2 options=()
	shift 2
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	[ -e "$folder.src" ] || git clone -q "$KMC_SRC" "$folder.src" || exit 2
	CC=$compiler cmake -S "$folder.src" -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release \
		-DKMC_RECORDER=OFF -DBUILD_TESTING=OFF -DKMC_PLANTED_FAULTS=ON "${options[@]}" \
		>"$folder.log" && cmake --build "$folder" --target "$@" >>"$folder.log" ||
		{ tail "$folder.log"; exit 2; }
}
canary=${KMC_CANARY:-}
if [ -z "$canary" ]; then
	canary=$PWD/canary
	build "$canary" clang -DKMC_SANITIZE=fuzzer-no-link -DKMC_FUZZ_ENGINE=-fsanitize=fuzzer -- \
		fuzz_slab fuzz_caches kmconform kmconform-check kmconform-minimize
fi
clean=${KMC_CLEAN:-}
if [ -z "$clean" ]; then
	clean=$PWD/clean
	build "$clean" gcc -- kmconform kmconform-check alloc
fi
code=$KMC_SRC/alloc/tests/kernel_code
kernel=${KMC_KERNEL_BUILD:-/lib/modules/$(uname -r)/build}
grep -qs '^CONFIG_KUNIT=[ym]' "$kernel/.config" ||
	{ kernel=; echo "skipped: a kernel's headers (KMC_KERNEL_BUILD: no tree with KUnit)"; }
export PATH=$clean/bin:$PATH

# runs_as STATUS COMMAND...
runs_as() {
	local status=$1
	shift
	"$@" >run.out 2>&1
	local got=$?
	[ $got -eq "$status" ] || { fail "$* gave $got, expected $status"; tail -5 run.out; }
}

# compiles KEY: both forms in C, run with the fault and without
compiles() {
	local key=$1 fault=$2
	gcc -std=gnu11 -O1 -Wall -Wextra -Werror -I "$KMC_SRC/alloc/include" -o reproducer \
		forms/$key.c "$clean/alloc/liballoc.a" -lpthread || { fail "$key.c does not compile"; return; }
	KMC_PLANTED=$fault runs_as 1 ./reproducer
	grep -q "$key: violated" run.out || fail "$key.c does not show it"
	runs_as 0 ./reproducer
	gcc -std=gnu11 -O1 -Wall -Werror -I "$code/include" -I "$KMC_SRC/alloc/include" \
		-DKBUILD_MODNAME='"reproducer"' -x c -c "forms/$key.kunit" -o case.o ||
		{ fail "$key.kunit does not compile"; return; }
	gcc -std=gnu11 -O1 -w -D_GNU_SOURCE -I "$code/include" -I "$KMC_SRC/alloc/include" -o case \
		"$code/kernel_code.c" case.o "$clean/alloc/liballoc.a" -lpthread ||
		{ fail "$key.kunit does not link"; return; }
	KMC_PLANTED=$fault runs_as 1 ./case
	grep -q '^ *not ok' run.out || fail "$key.kunit does not show it"
	runs_as 0 ./case
	rm -f case.o case reproducer
	# and a kernel's own headers take it, where there is a tree that modules can be built with
	if [ -n "$kernel" ]; then
		rm -rf module && mkdir module && cp "forms/$key.kunit" module/case.c
		echo 'obj-m += case.o' >module/Kbuild
		make -C "$kernel" M="$PWD/module" W=1 case.o >run.out 2>&1 && ! grep -q warning run.out ||
			{ fail "$key.kunit: not taken by $kernel"; grep -E 'error|warning' run.out | head -5; }
	fi
}

# goes FAULT RULES TARGET
goes() {
	local fault=$1 rules=$2 target=$3 key='' rule
	rm -rf campaign
	KMC_PLANTED=$fault timeout 300 "$KMC_BIN/kmconform-fuzz" --quiet --seconds 20 --slice 10 --workers 1 \
		--target "$target" --dir campaign --libfuzzer "$canary/bin" --afl none \
		--seeds "$KMC_SRC/corpus/seeds" >fuzz.out 2>&1
	for rule in $rules; do
		[ -n "$key" ] || key=$(sed -n "s/^key *: //p" $(grep -l "^rule *: $rule$" campaign/findings/*/about) /dev/null | head -1)
	done
	[ -n "$key" ] || { fail "$fault: no finding of $rules: $(cat campaign/findings/*/about 2>/dev/null | grep ^rule | sort | uniq -c)"; return; }
	echo "$fault: $key"
	[ -s "campaign/findings/$key/reduced.op" ] || fail "$fault: not minimised"
	for form in text ktap junit sarif html op kunit c mail; do
		"$KMC_BIN/kmconform-report" -f $form --force --finding "$key" -o "forms/$key.$form" campaign/run.json ||
			{ fail "$fault: no $form"; continue; }
		case $form in op | kunit | c) ;; *)
			grep -q "$key" "forms/$key.$form" || fail "$fault: $form does not name it" ;;
		esac
	done
	cp "forms/$key.op" "$key.op"
	cmp -s "$key.op" "campaign/findings/$key/reduced.op" || fail "$fault: the program is another one"
	# what each form tells to do, done
	for form in text ktap junit sarif html mail; do
		command=$(sed 's/&#39;/"/g; s/&quot;/"/g' "forms/$key.$form" | tr '\n' ' ' |
			grep -o "KMC_PLANTED=$fault kmconform check $key.op" | head -1)
		[ -n "$command" ] || { fail "$fault: $form tells no command"; continue; }
		runs_as 1 env ${command%% *} ${command#* }
		grep -q "$key" run.out || fail "$fault: \"$command\" of $form does not reproduce it"
	done
	kmconform check "$key.op" >run.out 2>&1 # what the program leaves out may be a fault of its own
	grep -q "$key" run.out && fail "$fault: it shows without the fault"
	compiles "$key" "$fault"
}

goes zero_forgotten "KM-7 ARR-2 KC-12 GFP-20" slab
goes kmalloc_zero_null "KM-3" slab
goes roundup_short "KM-16" slab

[ $failures -eq 0 ] && echo "all as expected"
exit $((failures != 0))
