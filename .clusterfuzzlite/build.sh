#!/bin/bash -eu
# SPDX-License-Identifier: GPL-2.0-or-later
exec bash "${SRC:?}/kmconform/fuzzers/oss-fuzz/build.sh"
