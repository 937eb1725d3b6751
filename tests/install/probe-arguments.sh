#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot probe: what it refuses, before it does anything, and what it says of that.

. "$(dirname "$0")/../lib/testlib.sh"
sandbox "$@"

# refused WANTED ARGUMENT...
refused() {
	local status=0
	"$HOOKS/virt-netboot" probe "${@:2}" >/tmp/stdout 2>/tmp/stderr || status=$?
	is "status of ${*:2}" "$status" 64
	is "said of ${*:2}" "$(head -n 1 /tmp/stderr)" "virt-netboot: $1"
	is "the hint after ${*:2}" "$(sed 1d /tmp/stderr)" "virt-netboot probe --help says more."
	[ ! -s /tmp/stdout ] || fail "printed: $(cat /tmp/stdout)"
}

targets() {
	local option
	refused "a target is missing: give --network, --bridge, --direct or --domain"
	refused "a target is missing: give --network, --bridge, --direct or --domain" --tftp
	refused "one target only: --network cannot be used with --bridge" --bridge br0 --network default
	refused "one target only: --bridge cannot be used with --bridge" --bridge br0 --bridge br0
	refused "one target only: --domain cannot be used with --direct" --direct eth0 --domain web
	for option in bridge direct; do
		refused "--$option must be a device's name of 1 to 15 bytes, without a slash, colon or space, not 'a/b'" --$option a/b
		refused "--$option must be a device's name of 1 to 15 bytes, without a slash, colon or space, not ''" --$option ''
		refused "--$option must be a device's name of 1 to 15 bytes, without a slash, colon or space, not '\\x1b[2J/'" \
			--$option $'\e[2J/'
	done
	refused "--network must be the name of a network, not empty" --network ''
	refused "--domain must be the name of a guest, not empty" --domain ''
	refused "'br0' is not an option; name the target with --network, --bridge, --direct or --domain" br0
}

values() {
	local value
	for value in 0 4095 x '' -1 1x ' 7' 99999999999999999999; do
		refused "--vlan must be a number from 1 to 4094, not '$value'" --bridge br0 --vlan "$value"
	done
	refused "--timeout must be a number from 1 to 600, not '601'" --bridge br0 --timeout 601
	for value in 52:54:00:00:00 52:54:00:00:00:0g 01:00:5e:00:00:01 00:00:00:00:00:00 52-54-00-00-00-01 \
		52:54:00:00:00:01:02 52:54:00:00:00:01x ''; do
		refused "--mac must be the MAC address of one card, such as 52:54:00:12:34:56, not '$value'" \
			--bridge br0 --mac "$value"
		refused "--interface must be the MAC address of one card, such as 52:54:00:12:34:56, not '$value'" \
			--domain web --interface "$value"
	done
	refused "--arch must be 'bios', 'efi', 'arm64' or 'http', not 'uefi'" --bridge br0 --arch uefi
	refused "--format must be 'text', 'json' or 'prometheus', not 'xml'" --bridge br0 --format xml
}

contradictions() {
	refused "--interface needs --domain" --bridge br0 --interface 52:54:00:00:00:01
	refused "--vlan and --edge are for ports of bridges: they cannot be used with --direct" --direct eth0 --vlan 7
	refused "--vlan and --edge are for ports of bridges: they cannot be used with --direct" --direct eth0 --edge
	refused "--firmware cannot be used with --offload; without either both are seen" --bridge br0 --firmware --offload
	refused "--output needs --format json or prometheus" --bridge br0 --output /tmp/out
	[ ! -e /tmp/out ] || fail "written"
}

# --help wins, wherever it stands.
help() {
	[[ $("$HOOKS/virt-netboot" probe --help) == "usage: virt-netboot probe TARGET [OPTION]..."* ]] || fail "--help"
	"$HOOKS/virt-netboot" probe --bridge br0 --help >/dev/null || fail "--help after a target"
	is "longer than 90" "$("$HOOKS/virt-netboot" probe --help | awk 'length > 90')" ""
}

cases targets values contradictions help
