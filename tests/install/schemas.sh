#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What `virt-netboot probe --format json` prints is as docs/probe.schema.json says, which refuses what is not. The
# documents are those that tests/unit/test_probe.c compares with what the code writes. Of `repair` they are those of a
# host that is repaired here.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/repair.sh"
sandbox "$@"
python3 -c 'from jsonschema import Draft202012Validator' 2>/dev/null || skip "needs python3-jsonschema"

probe() {
	"$SRC/tests/lib/refuses.py" "$SRC/docs/probe.schema.json" "$SRC"/tests/unit/golden/probe-*.json
}

# With something to change, and something that is left because the hooks are off.
repaired() {
	local documents=/tmp/repaired-documents n
	mkdir "$documents"
	stub_start
	for n in 1 2 3; do
		add_bridge "br$n" stp_state 1 forward_delay 1500
		add_guest "br$n" "vnet$n"
		guest_runs "web$n" "$(target=vnet$n nic "br$n")"
	done
	repair --format json --dry-run
	cp "$REPAIRED" "$documents/planned.json"
	repair --format json
	cp "$REPAIRED" "$documents/done.json"
	printf '[bridge]\nhold = min-delay\n' >/etc/virt-netboot.conf
	repair --format json
	repair --format json --undo
	cp "$REPAIRED" "$documents/undone.json"
	cat "$documents"/*
	grep -q '"action"' "$documents/done.json" && grep -q '"finding"' "$documents/done.json" || fail "not enough to look at"
	"$SRC/tests/lib/refuses.py" "$SRC/docs/repair.schema.json" "$documents"/*.json
}

# promtool takes the metrics without a word.
metrics() {
	need promtool
	promtool check metrics <"$SRC/tests/unit/golden/probe.prom" >/tmp/promtool 2>&1 || fail "$(cat /tmp/promtool)"
	is "what promtool says" "$(cat /tmp/promtool)" ""
}

cases probe repaired metrics
