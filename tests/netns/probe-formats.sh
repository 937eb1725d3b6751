#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot probe --format json and prometheus, of real bridges: the first is as docs/probe.schema.json says, promtool
# takes the second, and the text fits a terminal; no name breaks any of them.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/dhcp-programs.sh"
sandbox "$@"
need dnsmasq jq promtool iconv
python3 -c 'from jsonschema import Draft202012Validator' 2>/dev/null || skip "needs python3-jsonschema"

# probe_as STATUS FORMAT BRIDGE [ARGUMENT...]
probe_as() {
	local status=0
	"$HOOKS/virt-netboot" probe --format "$2" --bridge "${@:3}" >/tmp/probed 2>/tmp/stderr || status=$?
	is "status ($(cat /tmp/stderr))" "$status" "$1"
	iconv -f UTF-8 -t UTF-8 /tmp/probed >/dev/null || fail "$2 is not UTF-8"
}

is_whole() {
	"$SRC/tests/lib/refuses.py" "$SRC/docs/probe.schema.json" /tmp/probed || fail "$(cat /tmp/probed)"
}

promtool_takes() {
	promtool check metrics </tmp/probed >/tmp/promtool 2>&1 || fail "promtool: $(cat /tmp/promtool)"
	is "what promtool says" "$(cat /tmp/promtool)" ""
	is "lines that come twice" "$(sed 's/ [0-9.]*$//' /tmp/probed | sort | uniq -d)" ""
}

fits() {
	is "lines that are too long" "$(grep -v '^    [a-z]' /tmp/probed | LC_ALL=C.UTF-8 awk 'length > 79')" ""
	! grep -q $'\e' /tmp/probed || fail "colours in a file"
}

BAD=$'a\\"}b{,=#\xff\e'

# With a server: all three.
served() {
	add_bridge br0
	add_addresses br0 41
	add_uplink br0 br0-up
	dnsmasq_serve br0 41 --no-ping
	probe_as 1 json br0
	is_whole
	is "server" "$(jq -r '.servers[0].address' /tmp/probed)" 192.168.41.1
	is "clients" "$(jq -c '[.clients[] | select(.boots) | .name]' /tmp/probed)" \
		'["iPXE","PXE firmware","UEFI (EDK2)","udhcpc","systemd-networkd"]'
	is "finding" "$(jq -r '.findings[0].slug' /tmp/probed)" checksum-unfilled
	probe_as 1 prometheus br0
	promtool_takes
	grep -qx 'virt_netboot_probe_client_boots{kind="bridge",target="br0",client="iPXE"} 1' /tmp/probed
	grep -qx 'virt_netboot_probe_client_boots{kind="bridge",target="br0",client="dhclient"} 0' /tmp/probed
	probe_as 1 text br0
	fits
	grep -q 'OFFER of 192\.168\.41\.' /tmp/probed || fail "$(cat /tmp/probed)"
	# What firmware sees is well.
	probe_as 0 text br0 --firmware
	fits
	! grep checksum-unfilled /tmp/probed || fail "a finding about what was not asked for"
}

# Nobody there, on a bridge whose name is bad.
nobody() {
	add_bridge "$BAD"
	add_bridge quiet0
	probe_as 2 json "$BAD" --timeout 1
	is_whole
	is "device" "$(jq -r .target.device /tmp/probed)" $'a\\"}b{,=#\xef\xbf\xbd\e'
	is "finding" "$(jq -r '.findings[0].slug' /tmp/probed)" dhcp-none
	probe_as 2 prometheus "$BAD" --timeout 1
	promtool_takes
	probe_as 2 text "$BAD" --timeout 1
	fits
	probe_as 2 text quiet0 --timeout 1
	fits
	grep -q '^No client would boot' /tmp/probed || fail "$(cat /tmp/probed)"
}

# A file is replaced in one step, and not at all if the probe could not be made.
file() {
	add_bridge file0
	local status=0
	"$HOOKS/virt-netboot" probe --bridge file0 --timeout 1 --format prometheus --output /tmp/probe.prom 2>/tmp/stderr || status=$?
	is "status" "$status" 2
	cp /tmp/probe.prom /tmp/probed
	promtool_takes
	status=0
	"$HOOKS/virt-netboot" probe --bridge absent0 --format json --output /tmp/probe.json 2>/tmp/stderr || status=$?
	is "status without a bridge" "$status" 3
	[ ! -e /tmp/probe.json ] || fail "written"
}

cases served nobody file
