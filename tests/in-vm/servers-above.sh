#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# DHCP servers of this host on devices that lead to a guest's bridge, and that not every kernel has: VLANs, VRFs and
# ipvlans; dhcp-servers.sh has the others. They are found, and where the kernel has no act_csum what they send is
# filled by rules of their own.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/servers.sh"
sandbox "$@"
need bridge dnsmasq iptables-legacy ip6tables-legacy python3
hooks_start
servers_start
forget # which loads the tables

# The server is on the VLAN of the guest's port, and its replies leave by the VLAN's device.
vlan_has_a_rule() {
	add_bridge tagged vlan_filtering 1
	ip link add link tagged name tagged.100 type vlan id 100
	bridge vlan add dev tagged vid 100 self
	ip link set tagged.100 up
	serve tagged.100 28 ip4
	add_guest_port tagged vnet7 vnet_hdr
	bridge vlan del dev vnet7 vid 1
	bridge vlan add dev vnet7 vid 100 pvid untagged
	tap=vnet7 linux_guest tagged dhcp=bad
	domain_xml web "$(target=vnet7 nic tagged)" | qemu_hook web start begin -
	expect_rules tagged.100 ip4:68
	tap=vnet7 linux_guest tagged dhcp=ok
	ip link delete vnet7
	domain_xml web "$(nic tagged)" | qemu_hook web release end -
	expect_rules tagged.100
}

vlan() {
	add_bridge trunk
	ip link add link trunk name trunk.100 type vlan id 100
	ip link set trunk.100 up
	found_with trunk udp:0.0.0.0:67%trunk.100
	forget
	ip link add link trunk.100 name stacked type macvlan mode bridge
	found_with trunk udp:0.0.0.0:67%stacked
	forget
	add_uplink trunk wire
	ip link add link wire name wire.7 type vlan id 7
	not_found_with trunk udp:0.0.0.0:67%wire.7
}

vrf() {
	add_bridge inside
	add_bridge outside
	ip link add red type vrf table 10
	ip link set red up
	ip link set inside master red
	found_with inside udp:0.0.0.0:67%red
	forget
	not_found_with outside udp:0.0.0.0:67%red
	ip link set inside nomaster
	add_macvlan inside upper
	ip link set upper master red
	found_with inside udp:0.0.0.0:67%red
	forget
}

ipvlan() {
	add_bridge flat
	ip link add link flat name layer type ipvlan mode l2
	ip link set layer up
	found_with flat udp:0.0.0.0:67%layer
	forget
}

cases vlan_has_a_rule vlan vrf ipvlan
