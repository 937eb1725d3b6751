#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Each target of `make fuzz` for ten seconds, from its corpus on, which is run first. What is found is a failure.
#
# Computes: as fast as it can.
set -euo pipefail
cd "$(dirname "$0")"

targets=(fuzz_*.c)
targets=("${targets[@]#fuzz_}")
for target in "${targets[@]%.c}"; do
	[ -x "../../build-fuzz/fuzz-$target" ] || {
		echo "build-fuzz/fuzz-$target is not there: make fuzz-programs"
		exit 77
	}
done
FUZZ_SECONDS=10 exec ./fuzz "${targets[@]%.c}"
