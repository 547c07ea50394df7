#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's own tests of its allocators, compiled unchanged against alloc's
# headers: unpacked from Debian's linux-source-6.1 when the test is run, nothing
# of them is kept. Each runs on a machine of profile 6.1.192; what passes on a
# real kernel passes here, the exceptions are listed below.
#   KMC_CC, KMC_CFLAGS: compiler and what the library was built with
set -u
here=$KMC_SRC/alloc/tests/kernel_code
source=/usr/src/linux-source-6.1.tar.xz
tree=$KMC_TMP/linux-source-6.1
failures=0

[ -e "$source" ] || { echo "skipped: no $source (package linux-source-6.1)"; exit 77; }
files=(lib/overflow_kunit.c lib/test_meminit.c lib/test_vmalloc.c lib/slub_kunit.c)
if [ ! -e "$tree/lib/slub_kunit.c" ]; then
	tar -C "$KMC_TMP" -xf "$source" "${files[@]/#/linux-source-6.1/}" || exit 2
fi
cd "$KMC_TMP" || exit 2

fail() {
	echo "FAILED: $*"
	failures=$((failures + 1))
}

# build NAME FLAG...: the file as it is, without warnings of ours and without sanitizers
build() {
	local flags=(-std=gnu11 -O1 -g -fno-strict-aliasing -fwrapv -I "$here/include"
		-I "$KMC_SRC/alloc/include" "${@:2}")
	$KMC_CC "${flags[@]}" -w -Werror=implicit-function-declaration \
		-include "$here/include/release_6_1.h" -DKBUILD_MODNAME="\"$1\"" \
		-c "$tree/lib/$1.c" -o "$1.o" || { fail "$1.c does not compile"; return 1; }
	$KMC_CC "${flags[@]}" -D_GNU_SOURCE -c "$here/kernel_code.c" -o kernel_code.o &&
		$KMC_CC $KMC_CFLAGS -o "$1" "$1.o" kernel_code.o "$KMC_BUILD/alloc/liballoc.a" -lpthread ||
		{ fail "$1 does not link"; return 1; }
}

# run NAME ARGUMENT...: its output goes to NAME.out
run() {
	local name=$1
	shift
	timeout 100 ./"$name" "$@" >"$name.out" 2>&1
	local status=$?
	[ $status -eq 0 ] || fail "$name $*: status $status: $(grep -E 'not ok|FAILED|WARN' "$name.out" | head -5)"
}

# every case of the suite
build overflow_kunit && run overflow_kunit
grep -c '^    ok ' overflow_kunit.out | grep -qx 18 || fail "overflow_kunit: $(tail -2 overflow_kunit.out)"

# every case: damage that a validation must find, mend and count as a kernel does
inside=(-I "$here/include" -I "$KMC_SRC"/alloc/machine -I "$KMC_SRC"/alloc/page -I "$KMC_SRC"/alloc/slab)
build slub_kunit "${inside[@]}" && run slub_kunit
grep -c '^    ok ' slub_kunit.out | grep -qx 5 || fail "slub_kunit: $(tail -2 slub_kunit.out)"

# wants memory that is zero without asking: each of the two boot options gives it
if build test_meminit; then
	for option in init_on_alloc init_on_free; do
		run test_meminit machine=$option
		grep -q 'all [0-9]* tests passed!' test_meminit.out ||
			fail "test_meminit, $option: $(tail -4 test_meminit.out)"
	done
	# and it can fail: without either nothing is promised
	./test_meminit >test_meminit.plain 2>&1 && fail "test_meminit passes on memory that is not cleared"
fi

# align_shift_alloc_test asks for alignments that cannot be had, and fails on every kernel
if build test_vmalloc; then
	# pcpu_alloc_test (128) has 35,000 areas at a time: once is enough
	run test_vmalloc test_loop_count=1 nr_threads=1 run_test_mask=128
	grep -q 'pcpu_alloc_test.*failed: 0' test_vmalloc.out || fail "test_vmalloc: $(grep Summary test_vmalloc.out)"
	cp test_vmalloc.out test_vmalloc.percpu.out
	run test_vmalloc test_loop_count=500 nr_threads=1 run_test_mask=895
	run test_vmalloc test_loop_count=500 nr_threads=3 run_test_mask=895
	awk '/Summary:/ { seen++; expect = $0 ~ /align_shift_alloc_test/ ? 1 : 0
			if ($0 !~ "failed: " expect " ") bad = 1 }
		END { exit bad || seen < 27 }' test_vmalloc.out || fail "test_vmalloc: $(grep Summary test_vmalloc.out)"
fi

grep -h '^ *\(not \)\?ok\|passed\|Summary' ./*.out
[ $failures -eq 0 ] && echo "all as expected"
exit $((failures != 0))
