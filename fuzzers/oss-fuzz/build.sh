#!/bin/bash -eu
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Builds the fuzz targets as OSS-Fuzz and ClusterFuzzLite want them: the
# compiler, its flags and the engine come from the environment (CC CXX CFLAGS
# CXXFLAGS LIB_FUZZING_ENGINE SANITIZER), the results go to $OUT, each target with its
# seed corpus, dictionary and options. Without that environment the defaults
# below stand in, so that it can be tried anywhere: OUT=/tmp/out build.sh
#
# Flags from outside are taken as they are; no sanitizer is added here.

src=$(cd "$(dirname "$0")/../.." && pwd)
[ -d "$src/fuzzers" ] || src=${SRC:?}/kmconform
: "${OUT:?where the targets go}"
: "${CC:=clang}" "${CXX:=clang++}" "${LIB_FUZZING_ENGINE:=-fsanitize=fuzzer}"
: "${SANITIZER:=address}" "${CFLAGS=-O1 -g -fsanitize=address,fuzzer-no-link}"
export CC CXX CFLAGS
work=${WORK:-$(mktemp -d)}/kmconform
mkdir -p "$OUT" "$work"

cmake -S "$src" -B "$work" -G Ninja -DCMAKE_BUILD_TYPE=None \
	-DCMAKE_C_COMPILER="$CC" -DCMAKE_CXX_COMPILER="$CXX" \
	-DKMC_FUZZ_ENGINE="$LIB_FUZZING_ENGINE" -DKMC_FUZZ_CXX=ON \
	-DKMC_RECORDER=OFF -DKMC_STATIC_LIBRARIES=ON

# A sanitizer of uninitialised memory can follow what links libc alone.
readers="fuzz_program fuzz_event_file"
programs=$(cd "$src/fuzzers/targets" && ls fuzz_*.c | sed 's/\.c$//')
if [ "$SANITIZER" = memory ]; then
	targets="$programs $readers"
else
	targets="$programs $readers fuzz_trace fuzz_run_doc"
fi
ninja -C "$work" $targets

pack() { # NAME FILE...
	local zip=$OUT/$1_seed_corpus.zip
	shift
	rm -f "$zip"
	zip -q -j "$zip" "$@"
}

for target in $targets; do
	cp "$work/bin/$target" "$OUT/"
	cp "$src/fuzzers/oss-fuzz/kmconform.options" "$OUT/$target.options"
	dict=program
	case $target in
	fuzz_trace)
		dict=trace
		pack $target "$src"/corpus/traces/*.kmt ;;
	fuzz_event_file)
		dict=event
		pack $target "$src"/corpus/rules/*.ev ;;
	fuzz_run_doc)
		dict=document
		pack $target "$src"/oracle/report/render/tests/golden/* ;;
	*)
		pack $target "$src"/corpus/seeds/*.op "$src"/corpus/regressions/*.op ;;
	esac
	cp "$src/fuzzers/oss-fuzz/$dict.dict" "$OUT/$target.dict"
done
