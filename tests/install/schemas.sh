#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What `virt-netboot probe --format json` prints is as docs/probe.schema.json says, which refuses what is not. The
# documents are those that tests/unit/test_probe.c compares with what the code writes.

. "$(dirname "$0")/../lib/testlib.sh"
sandbox "$@"
python3 -c 'from jsonschema import Draft202012Validator' 2>/dev/null || skip "needs python3-jsonschema"

probe() {
	"$SRC/tests/lib/refuses.py" "$SRC/docs/probe.schema.json" "$SRC"/tests/unit/golden/probe-*.json
}

# promtool takes the metrics without a word.
metrics() {
	need promtool
	promtool check metrics <"$SRC/tests/unit/golden/probe.prom" >/tmp/promtool 2>&1 || fail "$(cat /tmp/promtool)"
	is "what promtool says" "$(cat /tmp/promtool)" ""
}

cases probe metrics
