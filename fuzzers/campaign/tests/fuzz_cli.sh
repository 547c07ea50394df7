#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# kmconform fuzz from outside: exit status, messages, one campaign at a time, known findings.
set -u
cd "$KMC_TMP" || exit 1
[ -x "$KMC_BIN/kmconform-fuzz" ] || { echo "skipped: kmconform fuzz is not built"; exit 77; }
fuzz="$KMC_BIN/kmconform fuzz"
. "$KMC_SRC/replay/tests/expect.sh"
rm -rf bin none campaign known && mkdir bin none
cp "$KMC_SRC/fuzzers/campaign/tests/fuzz_stub" bin/fuzz_one && chmod +x bin/fuzz_one
cp "$KMC_SRC/fuzzers/campaign/tests/fuzz_stub" bin/fuzz_two && chmod +x bin/fuzz_two
use="--libfuzzer bin --afl none --dir campaign"

expect 2 "no targets in" $fuzz --libfuzzer none --afl none --dir campaign --seconds 1
expect 2 "no targets in" $fuzz $use --target three --seconds 1
expect 2 "is no number for --workers" $fuzz $use --workers 0
expect 2 "nowhere: No such file" $fuzz $use --seconds 1 --known nowhere
expect 1 "new finding v1-" $fuzz $use --seconds 6 --workers 2 --slice 2
expect 1 "FR-10" "$KMC_BIN/kmconform" check "$KMC_SRC/corpus/seeds/misuse.op"
[ -s campaign/status ] && [ -s campaign/progress.csv ] && [ -s campaign/history.sqlite ] || failed=1
[ -d campaign/corpus/two ] || failed=1

# what was counted is damaged: counted anew; so is what was said of findings: told from the rest
echo '{"subjects": {}}' > campaign/work/rules.json
for finding in campaign/findings/*/; do
	echo '{"subjects": [{"findings": [{"rule": "KM-1"}]}]}' > "$finding/run.json"
done
rm -f campaign/run.json
$fuzz $use --seconds 1 --quiet > said 2>&1
[ $? -le 1 ] || { cat said; failed=1; } # new findings or none
"$KMC_BIN/kmconform-report" campaign/run.json > report || failed=1

# all of it is known: nothing is new
for number in 0 1 2 3 4 5; do printf 'v1-%016x a remark\n' $number; done > known
rm -rf campaign
expect 0 "0 new findings" $fuzz $use --seconds 2 --target one --known known
[ -d campaign/corpus/two ] && failed=1

# one campaign a folder
$fuzz $use --seconds 5 --quiet > /dev/null 2>&1 &
sleep 1
expect 2 "another campaign runs in it" $fuzz $use --seconds 1
wait
exit $failed
