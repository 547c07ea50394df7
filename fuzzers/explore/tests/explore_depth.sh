#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The whole of depth 5 over the corpus' alphabets, on one core, in ten minutes each.
set -u
for alphabet in objects pages; do
	timeout 600 "$KMC_BIN/kmconform" explore -q --depth 5 "$KMC_SRC/corpus/explore/$alphabet.op" ||
		exit 1
done
