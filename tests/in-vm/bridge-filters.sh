#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Checksums filled at the bridges of libvirt's own networks, on a host that has act_csum and no legacy
# iptables: by filters towards the bridge, which later guests find there. Where libvirt's own filter does the
# work already, nothing is added, and where somebody else's qdisc is in the way, nothing is replaced.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/filters.sh"
sandbox "$@"
need dnsmasq tc
has_act_csum || skip "this kernel has no act_csum"
! iptables-legacy -t mangle -S >/dev/null 2>&1 || skip "this kernel has legacy iptables"
hooks_start

everything=(dhcp tftp dhcp6 tftp6)

# hook OPERATION BRIDGE N FEATURE...: of the network on this bridge.
hook() {
	log_forget
	network_xml "net$3" "${@:2}" | network_hook "net$3" "$1" begin -
}

# There are no rules to be looked at here.
rules() { :; }

repaired_at_the_bridge() {
	add_bridge virbr1
	serve virbr1 71
	linux_guest virbr1 "${everything[@]/%/=bad}"
	firmware_guest virbr1 "${everything[@]/%/=ok}"
	hook started virbr1 71 tftp dhcp6
	filters_are virbr1 egress:ip:udp egress:ipv6:udp
	logged '^finding=checksum-unfilled severity=notice network=net71 bridge=virbr1 .*repaired=yes'
	logged '^action=add-checksum-filter network=net71 bridge=virbr1 mechanism=tc scope=udp why="the kernel has act_csum" result=done'
	linux_guest virbr1 "${everything[@]/%/=ok}"
	firmware_guest virbr1 "${everything[@]/%/=ok}"
	hook port-created virbr1 71 tftp dhcp6
	nothing_logged
	filters_are virbr1 egress:ip:udp egress:ipv6:udp
	hook stopped virbr1 71 tftp dhcp6
	filters_are virbr1
	logged '^action=remove-checksum-filter network=net71 bridge=virbr1 mechanism=tc result=done'
	linux_guest virbr1 "${everything[@]/%/=bad}"
}

# A guest there needs nothing more, unless it needs more than the network's other guests: then all have it.
guest_is_covered() {
	local target=vnet2
	add_bridge virbr2
	serve virbr2 72
	add_guest_port virbr2 vnet2 vnet_hdr
	hook started virbr2 72 dhcp6
	filters_are virbr2 egress:ip:dhcp egress:ipv6:dhcp
	log_forget
	domain_xml web "$(network_nic net72 virbr2)" | qemu_hook web start begin -
	not_logged '^finding='
	filters_are vnet2 ingress:ip:udp ingress:ipv6:udp
	filters_are virbr2 egress:ip:dhcp egress:ipv6:dhcp
	tap=vnet2 linux_guest virbr2 dhcp=ok tftp=bad dhcp6=ok tftp6=bad
	boot=network domain_xml web "$(network_nic net72 virbr2)" | qemu_hook web start begin -
	filters_are virbr2 egress:ip:udp egress:ipv6:udp
	tap=vnet2 linux_guest virbr2 "${everything[@]/%/=ok}"
}

# What libvirt's firewall backend "nftables" gives to tc for a network with DHCP.
libvirts_filter() {
	tc qdisc add dev "$1" root handle 1: htb default 2
	tc filter add dev "$1" prio 2 protocol ip parent 1: u32 match ip dport 68 ffff action csum ip and udp
}

libvirt_fills() {
	local before
	add_bridge virbr3
	serve virbr3 73 ip4
	linux_guest virbr3 dhcp=bad tftp=bad
	libvirts_filter virbr3
	linux_guest virbr3 dhcp=ok tftp=bad
	before=$(all_filters virbr3)
	hook started virbr3 73
	nothing_logged
	is "filters of virbr3" "$(all_filters virbr3)" "$before"
	# That is for DHCP only.
	hook started virbr3 73 tftp
	logged '^finding=checksum-tftp-unfilled severity=notice network=net73 bridge=virbr3 .*repaired=yes'
	filters_are virbr3 egress:ip:udp egress:ipv6:udp
	linux_guest virbr3 dhcp=ok tftp=ok
	firmware_guest virbr3 dhcp=ok tftp=ok
}

# Filters that look like it and do not fill what guests' clients wait for.
look_alikes() {
	local n=80 filter
	while read -r filter; do
		n=$((n + 1))
		add_bridge "virbr$n"
		tc qdisc add dev "virbr$n" root handle 1: htb default 2
		# shellcheck disable=SC2086 # words of a command
		tc filter add dev "virbr$n" prio 2 parent 1: $filter
		hook started "virbr$n" "$n"
		filters_are "virbr$n" egress:ip:dhcp egress:ipv6:dhcp
	done <<-'EOF'
		protocol ip u32 match ip dport 67 ffff action csum ip and udp
		protocol ip u32 match ip sport 68 ffff action csum ip and udp
		protocol ip u32 match ip dport 68 ffff action csum ip and tcp
		protocol ip u32 match ip dport 68 ffff action pass
		protocol ip u32 match ip dport 68 ffff match ip src 192.168.1.1/32 action csum udp
		protocol ip u32 match ip dport 68 ff action csum udp
		protocol ipv6 u32 match ip6 dport 546 ffff action csum udp
		protocol ip flower ip_proto udp dst_port 68 action csum udp
	EOF
}

# libvirt limits what comes from the network (<bandwidth><outbound>): its qdisc leaves no room for ours.
in_the_way() {
	local before
	add_bridge virbr4
	tc qdisc add dev virbr4 ingress
	before=$(all_filters virbr4)
	hook started virbr4 74 tftp
	is "filters of virbr4" "$(all_filters virbr4)" "$before"
	logged '^finding=checksum-unsupported severity=error network=net74 bridge=virbr4 .*cure="modprobe -a xt_CHECKSUM iptable_mangle" advice="remove the qdisc'
}

cases repaired_at_the_bridge guest_is_covered libvirt_fills look_alikes in_the_way
