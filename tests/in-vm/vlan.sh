#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Bridges with VLAN filtering. A guest's port whose VLAN leads nowhere: the guest gets no address, and the
# hook says why and never repaired=yes; after the cure the guest has one. And ports that are all right: of
# these nothing is said.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/check.sh"
. "$SRC/tests/lib/repair.sh"
sandbox "$@"
need bridge dnsmasq
(ip link add vlantest type bridge vlan_filtering 1 && ip link del vlantest) 2>/dev/null ||
	skip "this kernel has no CONFIG_BRIDGE_VLAN_FILTERING"
hooks_start
no_stp_program

event() { domain_xml web "$(target=$2 nic "$1")" | qemu_hook web start begin -; }

# vlan_bridge NAME PVID: new ports get that PVID. STP is on, and delays new ports, but not the uplink.
vlan_bridge() {
	add_bridge "$1" vlan_filtering 1 vlan_default_pvid "$2"
	add_uplink "$1" "$1-eth"
	ip link set "$1" type bridge stp_state 1 forward_delay 1500
}

# serve_vlan BRIDGE VLAN N: a DHCP server of this host, on a VLAN device.
serve_vlan() {
	ip link add link "$1" name "$1.$2" type vlan id "$2"
	bridge vlan add dev "$1" vid "$2" self
	ip link set "$1.$2" up
	serve "$1.$2" "$3" ip4
}

# start_guest BRIDGE: the hook runs for a new tap of a guest, BRIDGE-web.
start_guest() {
	add_guest "$1" "$1-web"
	log_forget
	event "$1" "$1-web"
	wait_for 5 port_is "$1-web" forwarding # it may have to wait for the bridge's next hello
}

# mismatched BRIDGE EVIDENCE: the finding, and the port's repair is called none. The cure, by hand, is one.
mismatched() {
	local cure
	logged "^finding=vlan-mismatch severity=error guest=web .*port=$1-web bridge=$1 .*$2"
	logged "^finding=bridge-hold severity=error guest=web .*port=$1-web .*repaired=no"
	not_logged repaired=yes
	cure=$(log_lines | sed -n '/vlan-mismatch/s/.*cure="\([^"]*\)".*/\1/p')
	kill "$taps_pid"
	plug_with '' "$1" dhcp=none
	plug_with "$cure" "$1" dhcp=ok
}

# plug_with CURE BRIDGE DHCP: a guest on a tap of that name, after CURE; STP is no matter any more.
plug_with() {
	local guest
	ip link set "$2" type bridge stp_state 0
	wait_for 5 gone "$2-web"
	patience=15 tap=$2-web firmware_guest "$2" "$3" &
	guest=$!
	wait_for 20 is_port_of "$2" "$2-web"
	$1
	wait "$guest" || fail "the guest on $2 after '$1'"
}

gone() { [ ! -e "/sys/class/net/$1" ]; }
is_port_of() { [ -e "/sys/class/net/$1/brif/$2" ]; }

no_pvid() {
	vlan_bridge none 0
	bridge vlan add dev none-eth vid 100 pvid untagged
	serve_vlan none 100 71
	check --bridge none
	says "BRIDGE none" "VLAN of a new port" FAIL 'no PVID.*that of none-eth is 100; vlan-mismatch'
	start_guest none
	mismatched none 'has no PVID.*that of none-eth is 100'
}

# As from the kernel, which puts new ports and the bridge into VLAN 1. The uplink sends that without a
# tag, too, but what comes back is in VLAN 100.
another_vlan() {
	vlan_bridge other 1
	bridge vlan add dev other-eth vid 100 pvid untagged
	serve_vlan other 100 72
	check --bridge other
	says "BRIDGE other" "VLAN of a new port" FAIL 'PVID is 1, and nobody else.*that of other-eth is 100; vlan-mismatch'
	start_guest other
	mismatched other "port's PVID is 1, and nobody else.*that of other-eth is 100"
}

# fine BRIDGE: nothing is said about VLANs.
fine() {
	check --bridge "$1"
	says "BRIDGE $1" "VLAN of a new port" PASS
	start_guest "$1"
	logged "^finding=bridge-hold severity=notice guest=web .*port=$1-web .*repaired=yes"
	not_logged vlan-mismatch
	ip link del "$1"
	kill "$taps_pid"
}

in_the_vlan_of_the_uplink() {
	vlan_bridge plain 1
	fine plain
	vlan_bridge trunk 20
	bridge vlan del dev trunk-eth vid 20
	bridge vlan add dev trunk-eth vid 2-200
	fine trunk
	vlan_bridge host 20
	bridge vlan del dev host-eth vid 20
	bridge vlan del dev host vid 20 self
	bridge vlan add dev host vid 20 self
	fine host
}

# The guest tags its packets itself; whether it gets an address without a tag is not known to matter.
a_trunk() {
	vlan_bridge tags 0
	add_guest tags tags-web
	bridge vlan add dev tags-web vid 2-9
	log_forget
	event tags tags-web
	logged "^finding=bridge-hold severity=notice guest=web .*port=tags-web .*repaired=yes"
	not_logged vlan-mismatch
}

# Guests among themselves: one of them may be a router. Without STP, too.
only_guests() {
	add_bridge island vlan_filtering 1 vlan_default_pvid 30
	add_guest_port island vnet7
	config <<<$'[hook]\nlog-level = info'
	add_guest island island-web
	log_forget
	event island island-web
	logged '^finding=vlan-mismatch severity=info guest=web .*PVID is 30, and only guests are'
	ip link del vnet7
	log_forget
	event island island-web
	logged '^finding=vlan-mismatch severity=error guest=web .*nobody else is in that VLAN'
	config </dev/null
}

# The command leaves it to the administrator, too, and says why; after the cure there is nothing more to repair.
repair_leaves_it() {
	stub_start
	hooks_on
	config <<<$'[checksum]\nmechanism = none'
	vlan_bridge left 0
	bridge vlan add dev left-eth vid 100 pvid untagged
	add_guest left left-web
	guest_runs web "$(target=left-web nic left)"
	repair --all
	mended 2 'edge-port guest=web port=left-web bridge=left result=done'
	left 'vlan-mismatch severity=error guest=web .*bridge=left .*has no PVID.*cure="bridge vlan add dev left-web vid 100 pvid untagged"'
	bridge vlan add dev left-web vid 100 pvid untagged
	repair --all
	nothing_to_repair
}

cases no_pvid another_vlan in_the_vlan_of_the_uplink a_trunk only_guests repair_leaves_it
