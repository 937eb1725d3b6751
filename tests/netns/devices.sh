#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which device the XML means: every name that the kernel takes, and what the kernel knows about it.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need dnsmasq iptables-legacy ip6tables-legacy tc
hooks_start
no_stp_program

mechanism() { config <<<$'[checksum]\nmechanism = '"$1"; }

# on OPERATION SUBOPERATION NIC...: as libvirt calls the hook for a guest named web that boots from the network.
on() {
	log_forget
	boot=network domain_xml web "${@:3}" | qemu_hook web "$1" "$2" -
}

# direct CARD MACVTAP [MODE]: an <interface> of this kind; without MACVTAP, the empty string, as before "start".
direct() { target=$2 interface direct "<source dev='$1' mode='${3:-bridge}'/>"; }

in_xml() { sed "s/&/\&amp;/g; s/</\&lt;/g; s/'/\&apos;/g" <<<"$1"; }

log_is_utf8() { iconv -f UTF-8 -t UTF-16 "$SYSLOG" >/dev/null || fail "the log is not UTF-8"; }

# repaired_as BRIDGE TAP LOGGED: a guest's port on a bridge that holds it, with these names.
repaired_as() {
	add_bridge "$1" stp_state 1 forward_delay 1500
	add_guest "$1" "$2"
	wait_for 5 port_is "$2" listening
	on start begin "$(target=$(in_xml "$2") nic "$(in_xml "$1")")"
	wait_for 5 port_is "$2" forwarding
	logged "^action=edge-port guest=web $3 result=done"
	not_logged 'is not the name of an interface'
	log_is_utf8
	kill "$taps_pid"
}

names() {
	repaired_as br0.100 vnet0.1 'port=vnet0.1 bridge=br0.100'
	repaired_as "br'&<" "tap\"\\" 'port="tap\\"\\\\" bridge="br.&<"'
	repaired_as brücke0 täp0 'port="täp0" bridge="brücke0"'
	repaired_as 网桥0 网卡 'port="网卡" bridge="网桥0"'
	repaired_as fünfzehn-bytes vnet9 'port=vnet9 bridge="fünfzehn-bytes"'
	repaired_as $'a\x7fb' $'t\xc2\x9bm' 'port="t\\xc2\\x9bm" bridge="a\\x7fb"'
}

# The host's own macvlan is named by the kernel, not by the XML.
name_that_is_no_text() {
	local macvlan=$'m\xff"\xc3'
	mechanism iptables
	add_card eth1
	add_macvtap eth1 macvtap1
	add_macvlan eth1 "$macvlan"
	serve "$macvlan" 61
	macvtap=macvtap1 linux_guest eth1 dhcp=bad tftp=bad
	on start begin "$(direct eth1 macvtap1)"
	logged '^action=add-checksum-rule guest=web macvlan="m\\xff\\"\\xc3" mechanism=iptables .*result=done'
	macvtap=macvtap1 linux_guest eth1 dhcp=ok tftp=ok
	log_is_utf8
}

# The device of an Open vSwitch bridge with a datapath in user space is a tap, or not there yet.
openvswitch() {
	local virtualport="<virtualport type='openvswitch'/>"
	config <<<$'[hook]\nlog-level = info'
	ip tuntap add ovs0 mode tap
	on prepare begin "$(interface bridge "<source bridge='ovs0'/>")"
	logged "^finding=not-a-bridge severity=warning guest=web .*bridge=ovs0 .*needs <virtualport type='openvswitch'/>"
	on prepare begin "$(interface bridge "<source bridge='ovs0'/>$virtualport")"
	logged '^finding=bridge-openvswitch severity=info guest=web .*bridge=ovs0 '
	not_logged not-a-bridge
	log_forget
	port_xml ovsnet ovs0 52:54:00:00:00:99 | sed "s|<mac |$virtualport&|" | network_hook ovsnet port-created begin -
	logged '^finding=bridge-openvswitch severity=info guest=web network=ovsnet bridge=ovs0 '
	not_logged not-a-bridge
	on prepare begin "$(interface bridge "<source bridge='ovs1'/>$virtualport")"
	logged '^finding=bridge-openvswitch severity=info guest=web .*bridge=ovs1 '
	not_logged bridge-absent
}

# A macvtap that is made on a macvlan is on its lower device, beside it.
macvtap_on_a_macvlan() {
	mechanism iptables
	add_card eth2
	add_macvlan eth2 host2
	serve host2 62
	add_macvtap host2 macvtap2
	is "the macvtap's lower device" "$(ip -json link show macvtap2 | sed -n 's/.*"link":"\([^"]*\)".*/\1/p')" eth2
	macvtap=macvtap2 linux_guest eth2 dhcp=bad tftp=bad
	untouched on prepare begin "$(direct host2 '')"
	on start begin "$(direct host2 macvtap2)"
	expect_rules host2 ip4:udp ip6:udp
	not_logged 'finding='
	macvtap=macvtap2 linux_guest eth2 dhcp=ok tftp=ok
	add_macvtap eth2 macvtap3
	ip link delete macvtap2
	on release end "$(direct host2 '')"
	expect_rules host2 ip4:udp ip6:udp # for the other guest
	ip link delete macvtap3
	on release end "$(direct host2 '')"
	expect_rules host2
}

# The macvtap is where it is, whatever the XML says.
macvtap_elsewhere() {
	mechanism iptables
	add_card eth4
	add_card eth5
	add_macvlan eth4 host4
	serve host4 64
	add_macvtap eth4 macvtap4
	on start begin "$(direct eth5 macvtap4)"
	expect_rules host4 ip4:udp ip6:udp
	ip link delete macvtap4
	add_macvtap eth5 macvtap4
	on start begin "$(direct eth4 macvtap4)"
	logged '^finding=macvtap-peer-offload .*no DHCP server of this host is on eth5,'
	ip link delete macvtap4
	on release end "$(direct eth4 '')"
	expect_rules host4
}

# pool_port MAC CARD MODE: stdin of the network hook as a macvtap for a guest is about to be made on a pool's CARD.
pool_port() {
	port_xml pool '' "$1" | sed "/<bridge/d; s|<forward.*|<forward dev='$2' mode='$3'><interface dev='$2'/></forward>|
		s|<plug .*|<plug type='direct' dev='$2' mode='$3'/>|"
}

# A macvtap that is plugged into a running guest: libvirt tells of the pool's port, and of nothing else.
plugged_in_macvtap() {
	mechanism iptables
	add_card eth14
	add_macvlan eth14 host14
	serve host14 74
	for mode in private vepa passthrough; do
		pool_port 52:54:00:00:00:99 eth14 "$mode" | untouched network_hook pool port-created begin -
	done
	pool_port 52:54:00:00:00:99 eth14 bridge | network_hook pool port-created begin -
	logged '^action=add-checksum-rule guest=web network=pool macvlan=host14 .*result=done'
	expect_rules host14 ip4:udp ip6:udp
	add_macvtap eth14 macvtap14
	macvtap=macvtap14 linux_guest eth14 dhcp=ok tftp=ok
	pool_port 52:54:00:00:00:99 eth14 bridge | untouched network_hook pool port-created begin -
	pool_port 52:54:00:00:00:99 eth14 bridge | untouched network_hook pool port-deleted begin - # for others
	ip link delete macvtap14
	pool_port 52:54:00:00:00:99 eth14 bridge | network_hook pool port-deleted begin -
	expect_rules host14
}

# unreachable_in MODE TEXT: a guest that reaches no server on the card itself, and what is said of it.
unreachable_in() {
	ip link add link eth11 name macvtap11 type macvtap mode "${1/passthrough/passthru}"
	ip link set macvtap11 allmulticast on
	macvtap=macvtap11 patience=2 linux_guest eth11 dhcp=none tftp=none
	untouched on prepare begin "$(direct eth11 '' "$1")"
	nothing_logged
	on start begin "$(direct eth11 macvtap11 "$1")"
	logged "^finding=macvtap-host-unreachable severity=warning guest=web .*port=macvtap11 .*DHCP server of this host listens on eth11 itself; $2"
	not_logged macvtap-peer-offload
	ip link delete macvtap11
}

server_on_the_lower_device() {
	add_card eth11
	serve eth11 71
	unreachable_in passthrough '.*gives the whole device'
	unreachable_in private '.*keeps the guest from'
	unreachable_in vepa '.*by a switch that sends frames back.*advice="switch on reflective relay'
	unreachable_in bridge '.*not to its own host.*advice="make the server listen on a macvlan in mode bridge'
}

# The advice of the finding.
server_on_a_macvlan_instead() {
	add_card eth12
	ip link add link eth12 name host12 type macvlan mode bridge
	ip link set host12 up
	serve host12 72
	add_macvtap eth12 macvtap12
	on start begin "$(direct eth12 macvtap12)"
	not_logged macvtap-host-unreachable
	macvtap=macvtap12 linux_guest eth12 dhcp=ok tftp=ok
}

# guest_of_mode MODE KIND=CHECKSUM...: what a guest on eth13 hears of the server there. Its address is always the same,
# because the host remembers it.
guest_of_mode() {
	add_macvtap eth13 macvtap13 "$1"
	ip link set macvtap13 address 52:54:00:00:00:99
	macvtap=macvtap13 patience=3 firmware_guest eth13 "${@:2}"
	ip link delete macvtap13
}

# Another cure: modes bridge and vepa, and a switch that sends frames back to where they came from.
switch_with_reflective_relay() {
	add_card eth13
	add_bridge switch13
	ip link set eth13-far master switch13
	ip link set eth13-far type bridge_slave hairpin on
	serve eth13 73
	guest_of_mode vepa dhcp=ok tftp=ok
	guest_of_mode bridge dhcp=ok tftp=ok
	guest_of_mode private dhcp=none
	guest_of_mode passthru dhcp=none
}

# ethernet TAP: an <interface> whose tap somebody else makes, and connects.
ethernet() { target=$1 interface ethernet ''; }

# A tap that a program has put into a bridge, of which the XML says nothing.
tap_of_type_ethernet() {
	add_bridge br6 stp_state 1 forward_delay 1500
	serve br6 66
	add_guest br6 tap6
	wait_for 5 port_is tap6 listening
	on prepare begin "$(ethernet tap6)"
	on start begin "$(ethernet tap6)"
	logged '^action=edge-port guest=web port=tap6 bridge=br6 result=done'
	kill "$taps_pid"
	add_bridge br7
	serve br7 67
	add_guest_port br7 tap7 vnet_hdr
	tap=tap7 linux_guest br7 dhcp=bad tftp=bad
	on start begin "$(ethernet tap7)"
	tap=tap7 linux_guest br7 dhcp=ok tftp=ok
	untouched on reconnect begin "$(ethernet tap7)"
	nothing_logged
}

# Its rule goes as others do, though nothing says then where it was.
release_of_type_ethernet() {
	mechanism iptables
	add_bridge br8
	serve br8 68
	add_guest_port br8 tap8 vnet_hdr
	add_guest_port br8 other8 vnet_hdr
	on start begin "$(ethernet tap8)"
	expect_rules br8 ip4:udp ip6:udp
	ip link delete tap8
	on release end "$(ethernet tap8)"
	expect_rules br8 ip4:udp ip6:udp # for the other guest
	ip link delete other8
	on release end "$(ethernet tap8)"
	expect_rules br8
}

# A tap that was moved before "start", by a hook of somebody else for example.
tap_in_another_bridge() {
	mechanism iptables
	add_bridge br9
	add_bridge br10
	serve br10 70
	add_guest_port br10 tap9 vnet_hdr
	untouched on prepare begin "$(nic br9)"
	on start begin "$(target=tap9 nic br9)"
	expect_rules br10 ip4:udp ip6:udp
	tap=tap9 linux_guest br10 dhcp=ok tftp=ok
	not_logged 'bridge=br9'
}

use_legacy_tables
before_each() { mechanism auto; }

cases names name_that_is_no_text openvswitch macvtap_on_a_macvlan macvtap_elsewhere \
	plugged_in_macvtap server_on_the_lower_device \
	server_on_a_macvlan_instead switch_with_reflective_relay tap_of_type_ethernet release_of_type_ethernet tap_in_another_bridge
