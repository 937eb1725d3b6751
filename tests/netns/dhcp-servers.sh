#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which DHCP servers of this host a guest's bridge has behind it: by their sockets, wherever these are, and whatever they
# are bound to. Then all that looks like one and is none for this bridge.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/servers.sh"
sandbox "$@"
need dnsmasq iptables-legacy ip6tables-legacy python3 tcpdump
hooks_start
servers_start

# One IPv6 socket for both families, as programs in Go open it.
dual_stack() {
	add_bridge dual
	add_addresses dual 20
	ip route add 255.255.255.255 dev dual
	OFFER=20 sockets dual::::67
	linux_guest dual dhcp=bad
	found dual
	expect_rules dual ip4:68
	linux_guest dual dhcp=ok
	no_sockets
	forget
	found_with dual dual::::67%dual
	forget
	found_with dual dual:::ffff:192.168.20.1:67
	forget
	not_found_with dual udp::::67 dual:fd00:20::1:67
}

# A socket that is bound to an address serves where that is.
addresses() {
	local wanted
	add_bridge here
	add_bridge there
	add_addresses here 21
	ip address add 192.168.22.1/24 brd + dev there
	ip address add fd00:22::1/64 dev there nodad
	ip address replace 192.168.21.1/24 brd + dev here
	for wanted in udp:0.0.0.0:67 udp:192.168.21.1:67 udp:192.168.21.255:67 udp:255.255.255.255:67 udp:0.0.0.0:67%here; do
		found_with here "$wanted"
		forget
	done
	not_found_with here udp:192.168.22.1:67 udp:192.168.22.255:67 udp:0.0.0.0:67%there dual:::ffff:192.168.22.1:67 \
		udp:127.0.0.1:67 udp:0.0.0.0:67%lo udp:0.0.0.0:68 udp:0.0.0.0:68%here udp:0.0.0.0:69
	for wanted in udp::::547 udp:fd00:21::1:547 udp:ff02::1:2:547%here udp:fe80::1:547%here; do
		found6_with here "$wanted"
		forget
	done
	not_found_with here udp:fd00:22::1:547 udp:ff02::1:2:547%there udp:::1:547 udp::::546 udp::::546%here
}

# A server on a device that leads into the bridge.
ways_in() {
	add_bridge base
	add_macvlan base over
	add_uplink base near
	found_with base udp:0.0.0.0:67%over
	forget
	ip address add 192.168.23.1/24 dev over
	found_with base udp:192.168.23.1:67
	forget
	found_with base udp:0.0.0.0:67%near-far
	forget
	ip link add link near-far name beyond type macvlan mode bridge
	found_with base udp:0.0.0.0:67%beyond
	forget
	# What leaves by a port of the bridge is not for its guests; nor what is on another bridge, nor what leaves by a veth
	# whose other end has in its own network namespace the index that a port of the bridge has here.
	add_bridge another
	add_macvlan another aside
	ip netns add away
	ip link add lone type veth peer name lone-far index "$(cat /sys/class/net/near/ifindex)" netns away
	not_found_with base udp:0.0.0.0:67%near udp:0.0.0.0:67%aside udp:0.0.0.0:67%lone
}

# What the host sends by such a device is spoilt, too.
server_beside_the_bridge() {
	add_bridge below
	add_macvlan below above
	serve above 24 ip4
	linux_guest below dhcp=bad
	found below
	linux_guest below dhcp=ok
	expect_rules above ip4:68
	# It goes with the last guest.
	log_forget
	domain_xml web "$(nic below)" | qemu_hook web release end -
	expect_rules above
	logged '^action=remove-checksum-rule guest=web bridge=above .*result=done'
}

# Servers that send whole frames complete their checksums themselves; the UDP sockets beside are not servers.
raw_servers() {
	add_bridge isc
	add_bridge kea
	add_addresses isc 25
	add_addresses kea 26
	no_fault_with isc raw:67%isc udp:0.0.0.0:67
	no_fault_with kea raw:67%kea udp:192.168.26.1:67
	no_fault_with kea raw:67%kea udp:192.168.26.1:67 raw:67%isc udp:192.168.25.1:67
	# One of the other kind, beside.
	found_with isc raw:67%isc udp:0.0.0.0:67 udp:0.0.0.0:67
	forget
	found_with isc raw:67%kea udp:192.168.26.1:67 udp:0.0.0.0:67
	forget
	found_with kea raw:67%isc udp:0.0.0.0:67 udp:0.0.0.0:67%kea
	forget
}

# Clients, and those who watch.
no_raw_servers() {
	add_bridge watched
	add_addresses watched 27
	found_with watched raw:68%watched udp:0.0.0.0:67
	forget
	tcpdump -i watched -w /dev/null udp dst port 67 2>/tmp/tcpdump &
	wait_for 20 grep -q 'listening on' /tmp/tcpdump
	found_with watched udp:0.0.0.0:67
	kill %tcpdump
}

# A guest on macvtap whose host has a raw server on its own macvlan is not told that there is none.
raw_server_beside_macvtap() {
	add_card card
	add_macvlan card own
	add_macvtap card macvtap5
	direct=$(interface direct "<source dev='card' mode='bridge'/><target dev='macvtap5'/>")
	log_forget
	domain_xml web "$direct" | qemu_hook web start begin -
	logged '^finding=macvtap-peer-offload'
	sockets raw:67%own udp:0.0.0.0:67
	log_forget
	domain_xml web "$direct" | qemu_hook web start begin -
	not_logged macvtap-peer-offload
	no_sockets
	forget
}

# A network of libvirt's without <dhcp>: somebody's own server.
own_server_on_a_network() {
	add_bridge virbr5
	network_xml five virbr5 28 nodhcp | network_hook five started begin -
	expect_rules virbr5
	serve virbr5 28
	linux_guest virbr5 dhcp=bad tftp=bad dhcp6=bad
	network_xml five virbr5 28 nodhcp | network_hook five port-created begin -
	expect_rules virbr5 ip4:68 ip6:546
	linux_guest virbr5 dhcp=ok dhcp6=ok
}

# dnsmasq_options OPTION...: a network as network_xml makes it, without <dhcp> and with these.
dnsmasq_options() {
	local xml option elements='' end='</network>'
	for option; do elements+="<d:option value='$option'/>"; done
	xml=$(network_xml six virbr6 29 nodhcp)
	say "${xml%%"$end"*}<d:options xmlns:d='http://libvirt.org/schemas/network/dnsmasq/1.0'>$elements</d:options>$end</hookData>"
}

# What is given to libvirt's dnsmasq in <dnsmasq:options> is known by the XML.
dnsmasq_options_are_read() {
	add_bridge virbr6
	dnsmasq_options log-dhcp | network_hook six started begin -
	expect_rules virbr6
	dnsmasq_options dhcp-range=192.168.29.10,192.168.29.99 | network_hook six started begin -
	expect_rules virbr6 ip4:68
	dnsmasq_options dhcp-range=192.168.29.10,192.168.29.99 enable-tftp dhcp-range=fd00:29::100,fd00:29::1ff |
		network_hook six updated begin -
	expect_rules virbr6 ip4:udp ip6:udp
}

cases dual_stack addresses ways_in server_beside_the_bridge raw_servers no_raw_servers \
	raw_server_beside_macvtap own_server_on_a_network dnsmasq_options_are_read
