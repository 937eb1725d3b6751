#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which checksum rules the network hook makes for which network, when it makes them
# again, and whose rules it leaves alone.
# shellcheck source=tests/lib/testlib.sh
. "$(dirname "$0")/../lib/testlib.sh"
# shellcheck source=tests/lib/topology.sh
. "$SRC/tests/lib/topology.sh"
# shellcheck source=tests/lib/hooks.sh
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need dnsmasq iptables-legacy ip6tables-legacy
hooks_start

checksum=(-j CHECKSUM --checksum-fill)

mangle() { iptables-legacy -w -t mangle "$@"; }

# hook NAME OPERATION [FEATURE]...: the network NAME stands on the bridge of that name.
hook() {
	local name=$1 operation=$2
	shift 2
	network_xml "$name" "$name" 150 "$@" | network_hook "$name" "$operation" begin -
}

# Addresses by DHCP, but nothing to boot from: the rules need not touch anything else.
only_dhcp() {
	add_bridge lease
	serve lease 10
	linux_guest lease dhcp=bad tftp=bad dhcp6=bad
	hook lease started
	expect_rules lease ip4:68
	linux_guest lease dhcp=ok tftp=bad dhcp6=bad
	hook lease updated dhcp6
	expect_rules lease ip4:68 ip6:546
	linux_guest lease dhcp=ok tftp=bad dhcp6=ok
	firmware_guest lease dhcp=ok tftp=ok dhcp6=ok
}

dhcp6_alone() {
	add_bridge six
	hook six started nodhcp dhcp6
	expect_rules six ip6:546
}

no_server_no_rule() {
	add_bridge quiet
	log_forget
	hook quiet started nodhcp
	expect_rules quiet
	nothing_logged
}

# A firewall reload took the rules away; the next port brings them back.
again_with_the_next_port() {
	add_bridge again
	local operation
	for operation in started updated port-created plugged; do
		hook again "$operation" tftp
		expect_rules again ip4:udp
		hook again "$operation" tftp
		expect_rules again ip4:udp
		mangle -F
	done
}

other_operations_do_nothing() {
	add_bridge other
	local operation
	for operation in start port-deleted unplugged something-new; do
		hook other "$operation" tftp
		expect_rules other
	done
}

# libvirt's own rule, made as its iptables backend makes it.
libvirt_rule() {
	mangle -N LIBVIRT_PRT
	mangle -A LIBVIRT_PRT -o own -p udp --dport 68 "${checksum[@]}"
}

libvirt_has_one() {
	add_bridge own
	serve own 11
	libvirt_rule
	mangle -A POSTROUTING -j LIBVIRT_PRT
	linux_guest own dhcp=ok tftp=bad
	log_forget
	hook own started
	is "our rules beside libvirt's" "$(rules own)" \
		"ip4 -A LIBVIRT_PRT -o own -p udp -m udp --dport 68 ${checksum[*]}"
	nothing_logged
	hook own started tftp
	linux_guest own dhcp=ok tftp=ok
	hook own stopped tftp
	mangle -F
}

# Not called from POSTROUTING, libvirt's rule repairs nothing.
libvirt_has_one_in_vain() {
	libvirt_rule
	linux_guest own dhcp=bad
	hook own started
	linux_guest own dhcp=ok
	mangle -F LIBVIRT_PRT
	expect_rules own ip4:68
	mangle -F
}

# Equal but for what would let some replies through unrepaired.
libvirt_has_a_lesser_one() {
	mangle -F
	mangle -A POSTROUTING -j LIBVIRT_PRT
	mangle -A LIBVIRT_PRT -o own -p udp --dport 68 -s 192.168.99.1 "${checksum[@]}"
	linux_guest own dhcp=bad
	hook own started
	linux_guest own dhcp=ok
	mangle -F
	mangle -X
}

# "stopped" finds ours by device and comment; anything else is somebody's.
others_stay() {
	local before
	add_bridge mine
	add_bridge mine2
	mangle -A POSTROUTING -o mine -p udp --dport 68 -m comment --comment theirs "${checksum[@]}"
	mangle -A POSTROUTING -o mine -p udp --dport 69 "${checksum[@]}"
	mangle -A POSTROUTING -o mine+ -p udp -m comment --comment virt-netboot "${checksum[@]}"
	mangle -A PREROUTING -i mine -j MARK --set-mark 1
	hook mine2 started tftp dhcp6
	before=$(kernel_state)
	hook mine started tftp dhcp6
	[ "$(kernel_state)" != "$before" ] || fail "no rule was made for mine"
	hook mine stopped tftp dhcp6
	is "rules of others" "$(kernel_state)" "$before"
	expect_rules mine2 ip4:udp ip6:udp
}

only_dhcp
dhcp6_alone
no_server_no_rule
again_with_the_next_port
other_operations_do_nothing
libvirt_has_one
libvirt_has_one_in_vain
libvirt_has_a_lesser_one
others_stay
