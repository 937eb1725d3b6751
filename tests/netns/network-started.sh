#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A network with STP on, a delay of 15 s and TFTP, and two kinds of guests on it:
# without the network hook none is answered within a PXE client's patience, and one whose
# driver offloads checksums gets nothing it can use even then. With the hook both are
# answered in time and with good checksums; the hook does it once however often it runs,
# and takes its rules away when the network stops.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need dnsmasq iptables-legacy ip6tables-legacy
hooks_start

everything=(dhcp tftp dhcp6 tftp6)
ipxe_patience=7 # seconds after which iPXE has sent its last DHCPDISCOVER

# hook OPERATION SUBOPERATION: as libvirt calls it for this network.
hook() { network_xml slow virbr15 150 tftp dhcp6 | network_hook slow "$1" "$2" -; }

fault() {
	patience=$ipxe_patience start firmware_guest virbr15 "${everything[@]/%/=none}"
	patience=35 start linux_guest virbr15 "${everything[@]/%/=bad}"
	patience=35 start firmware_guest virbr15 "${everything[@]/%/=ok}"
	join
}

repair() {
	log_forget
	hook started begin
	is "forward delay" "$(link_get virbr15 forward_delay)" 200
	is "STP" "$(link_get virbr15 stp_state)" 1
	expect_rules virbr15 ip4:udp ip6:udp
	logged '^finding=bridge-hold .*network=slow .*bridge=virbr15'
	logged '^action=set-forward-delay network=slow bridge=virbr15 .*result=done'
	logged '^action=add-checksum-rule network=slow bridge=virbr15 .*result=done'
}

again_changes_nothing() {
	log_forget
	untouched hook started begin
	untouched hook started begin
	nothing_logged
}

no_fault() {
	patience=$ipxe_patience start linux_guest virbr15 "${everything[@]/%/=ok}"
	patience=$ipxe_patience start firmware_guest virbr15 "${everything[@]/%/=ok}"
	join
}

# The fault is back, so it was our rules that had cured it.
stopped() {
	log_forget
	hook stopped end
	expect_rules virbr15
	logged '^action=remove-checksum-rule network=slow bridge=virbr15 .*result=done'
	linux_guest virbr15 "${everything[@]/%/=bad}"
}

use_legacy_tables
add_bridge virbr15 stp_state 1 forward_delay 1500
serve virbr15 150

fault
repair
again_changes_nothing
no_fault
stopped
