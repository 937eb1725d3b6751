#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot check --format json and prometheus: the first is as docs/check.schema.json says, which refuses what is
# not; promtool and node_exporter take the second; no name breaks either; and what is not there is not in them.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need jq promtool prometheus-node-exporter wget iconv
python3 -c 'from jsonschema import Draft202012Validator' 2>/dev/null || skip "needs python3-jsonschema"
hooks_start

PATH=$HOOKS:$PATH

# check_as FORMAT FILE: the status is that of the faults that were made.
check_as() {
	local status=0
	virt-netboot check --format "$1" >"$2" 2>/tmp/stderr || status=$?
	is "status ($(cat /tmp/stderr))" "$status" 2
	iconv -f UTF-8 -t UTF-8 "$2" >/dev/null || fail "$1 is not UTF-8"
}

# samples FILE: without what differs from run to run.
samples() { grep -v -e '^#' -e _duration_ -e _timestamp_ "$1"; }

# promtool_takes FILE: without a word.
promtool_takes() {
	promtool check metrics <"$1" >/tmp/promtool 2>&1 || fail "promtool: $(cat /tmp/promtool)"
	is "what promtool says" "$(cat /tmp/promtool)" ""
}

# One bridge that delays new ports, one that does not, and names as bad as the kernel takes them.
add_bridge slow0 stp_state 1
add_bridge fast0
add_bridge $'a\\"}b{,=#'
REPLACED=$'br\xef\xbf\xbd' # what becomes of the next two
add_bridge $'br\xfe'
add_bridge $'br\xff' stp_state 1
add_bridge $'\xe7\xbd\x91'

json() {
	check_as json /tmp/check.json
	"$SRC/tests/lib/check-schema.py" /tmp/check.json || fail "$(cat /tmp/check.json)"
	is "bridges" "$(jq -r '.bridges[].name' /tmp/check.json | sort)" \
		"$(printf '%s\n' 'a\"}b{,=#' "$REPLACED" "$REPLACED" fast0 slow0 $'\xe7\xbd\x91' | sort)"
	is "delays" "$(jq -c '.bridges[] | select(.name | test("0$")) | [.name, .hold_seconds, .stp_root]' /tmp/check.json | sort | xargs -0 printf %s)" \
		'["fast0",0,false]
["slow0",30,true]'
	is "finding" "$(jq -c '.checks[] | select(.finding.slug == "bridge-hold" and .object == "slow0") | [.level, .result, .finding.severity]' /tmp/check.json)" \
		'["bridge","fail","error"]'
	is "finding of another" "$(jq '.checks[] | select(.finding.slug == "bridge-hold" and .object == "fast0")' /tmp/check.json)" ""
	is "cure" "$(jq -r '.checks[] | select(.object == "slow0" and .finding) | .cure' /tmp/check.json | cut -d' ' -f1)" ip
	for result in pass note warn fail; do
		is "$result in the summary" "$(jq ".summary.$result" /tmp/check.json)" \
			"$(jq "[.checks[] | select(.result == \"$result\")] | length" /tmp/check.json)"
	done
	is "incomplete" "$(jq .summary.incomplete /tmp/check.json)" 0
	[ "$(($(date +%s) - $(date -d "$(jq -r .time /tmp/check.json)" +%s)))" -le 60 ] || fail "time: $(jq .time /tmp/check.json)"
}

prometheus() {
	local line
	check_as prometheus /tmp/check.prom
	promtool_takes /tmp/check.prom
	# That says something of what is wrong.
	cat /tmp/check.prom /tmp/check.prom >/tmp/twice.prom
	! promtool check metrics </tmp/twice.prom >/tmp/promtool 2>&1 || fail "promtool takes a metric twice"
	is "lines that come twice" "$(sed 's/ [0-9.]*$//' /tmp/check.prom | sort | uniq -d)" ""
	is "lines with a timestamp, or none of ours" \
		"$(grep -v '^# ' /tmp/check.prom | LC_ALL=C grep -v -E '^virt_netboot_[a-z_]+({.*"})? [0-9]+(\.[0-9]{3})?$')" ""
	for line in 'virt_netboot_bridge_hold_seconds{bridge="slow0"} 30' 'virt_netboot_bridge_hold_seconds{bridge="fast0"} 0' \
		'virt_netboot_bridge_stp_root{bridge="slow0"} 1' 'virt_netboot_bridge_stp_root{bridge="fast0"} 0' \
		'virt_netboot_bridge_hold_seconds{bridge="a\\\"}b{,=#"} 0' \
		"virt_netboot_bridge_hold_seconds{bridge=\"$REPLACED\"} 30" \
		$'virt_netboot_bridge_hold_seconds{bridge="\xe7\xbd\x91"} 0' \
		'virt_netboot_finding{slug="bridge-hold",severity="error",level="bridge",object="slow0",interface="",result="fail"} 1' \
		'virt_netboot_check_results{level="guest",result="fail"} 0' 'virt_netboot_check_incomplete 0' \
		"virt_netboot_build_info{version=\"$(cat "$SRC/VERSION")\"} 1"; do
		grep -qxF -- "$line" /tmp/check.prom || fail "no $line in $(cat /tmp/check.prom)"
	done
	! grep 'bridge-hold.*fast0' /tmp/check.prom || fail "a finding about a bridge that forwards at once"
	is "results" "$(grep -c '^virt_netboot_check_results{' /tmp/check.prom)" 16
	check_as prometheus /tmp/again.prom
	diff <(samples /tmp/check.prom) <(samples /tmp/again.prom)
}

# The metrics are those of docs/monitoring.md.
documented() {
	check_as prometheus /tmp/check.prom
	diff <(sed -n 's/^# TYPE \(.*\) gauge$/\1/p' /tmp/check.prom | sort) \
		<(sed -n 's/^| `\(virt_netboot_[a-z_]*\).*/\1/p' docs/monitoring.md | sort) || fail "metrics (<) and docs/monitoring.md (>)"
}

get_metrics() { wget -qO /tmp/metrics http://127.0.0.1:9100/metrics; }

# The real reader, and who may not write does not keep it from reading.
node_exporter() {
	local status=0 exporter
	mkdir /tmp/textfile
	(umask 077 && virt-netboot check --format prometheus --output /tmp/textfile/virt-netboot.prom) || status=$?
	is "status" "$status" 2
	setpriv --reuid 65534 --regid 65534 --clear-groups prometheus-node-exporter --web.listen-address=127.0.0.1:9100 \
		--collector.disable-defaults --collector.textfile --collector.textfile.directory=/tmp/textfile \
		>/tmp/node-exporter 2>&1 &
	exporter=$!
	wait_for 20 get_metrics
	grep -qx 'node_textfile_scrape_error 0' /tmp/metrics || fail "$(cat /tmp/node-exporter)"
	# Prometheus has an order of its own for labels.
	diff <(samples /tmp/textfile/virt-netboot.prom | grep -v _finding | sort) \
		<(grep '^virt_netboot_' /tmp/metrics | samples - | grep -v _finding | sort)
	is "findings" "$(grep -c '^virt_netboot_finding{' /tmp/metrics)" "$(grep -c '^virt_netboot_finding{' /tmp/textfile/virt-netboot.prom)"
	kill "$exporter"
}

# What was found is gone when it is repaired.
repaired() {
	add_bridge cured0 stp_state 1
	check_as prometheus /tmp/before.prom
	grep -q 'bridge-hold.*cured0' /tmp/before.prom || fail "the fault is not seen"
	ip link set cured0 type bridge stp_state 0
	check_as prometheus /tmp/after.prom
	! grep 'bridge-hold.*cured0' /tmp/after.prom || fail "the fault is still there"
	grep -qx 'virt_netboot_bridge_hold_seconds{bridge="cured0"} 0' /tmp/after.prom
	ip link del cured0
	check_as json /tmp/after.json
	! grep cured0 /tmp/after.json || fail "the bridge is still there"
}

# What could not be checked is counted.
incomplete() {
	local status=0
	virt-netboot check --format json --bridge slow0 --network absent >/tmp/check.json 2>/tmp/stderr || status=$?
	is "status" "$status" 3
	[ "$(jq .summary.incomplete /tmp/check.json)" -gt 0 ] || fail "$(cat /tmp/check.json)"
	status=0
	virt-netboot check --format prometheus --bridge slow0 --network absent >/tmp/check.prom 2>/tmp/stderr || status=$?
	! grep -qx 'virt_netboot_check_incomplete 0' /tmp/check.prom || fail "$(cat /tmp/check.prom)"
}

cases json prometheus documented node_exporter repaired incomplete
