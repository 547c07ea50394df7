#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The oracle builds, and judges its event files, in a tree that has nothing of alloc.
set -eu
tree=$KMC_TMP/tree build=$KMC_TMP/build
rm -rf "$tree" "$build"
mkdir -p "$tree"
cp -r "$KMC_SRC/CMakeLists.txt" "$KMC_SRC/.cmake" "$KMC_SRC/oracle" "$KMC_SRC/corpus" "$tree"
[ ! -e "$tree/alloc" ]
cmake -S "$tree" -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Debug -DKMC_ORACLE_ALONE=ON >/dev/null
cmake --build "$build" --parallel 2 >/dev/null
ctest --test-dir "$build" --output-on-failure \
	-R '^test_(judge_programs|explanations|catalogue|pairing|plain|planted)$' | tee "$KMC_TMP/ran"
grep -q '100% tests passed, 0 tests failed out of 6' "$KMC_TMP/ran"
rm -rf "$tree" "$build"
