#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the hooks take for granted about the checksums that a guest gets to see when the server is not
# on the host's end of the guest's bridge: the card is a macvtap, or the server is a guest itself.
# And that no rule harms what the host sends with UDP_SEGMENT, the one kind of datagram whose
# checksum is still open when the kernel has to cut it.
# Runs none of our code, as kernel-assumptions.sh.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
sandbox "$@"
need dnsmasq iptables-legacy ethtool

# fill DEVICE: the rules that complete what the host sends to it.
fill() {
	local family
	for family in iptables-legacy ip6tables-legacy; do
		"$family" -w -t mangle -A POSTROUTING -o "$1" -p udp -j CHECKSUM --checksum-fill
	done
}

# The host and a guest with a macvtap meet only if the host has a macvlan on the same card.
macvlan_to_macvtap() {
	add_card lower
	add_macvtap lower macvtap0
	add_macvlan lower host
	serve host 40
	local macvtap=macvtap0
	linux_guest lower dhcp=bad tftp=bad dhcp6=bad tftp6=bad
	firmware_guest lower dhcp=ok tftp=ok dhcp6=ok tftp6=ok
	macvlan_offloads_for_ever
	linux_guest lower dhcp=bad tftp=bad
	fill host
	linux_guest lower dhcp=ok tftp=ok dhcp6=ok tftp6=ok
	firmware_guest lower dhcp=ok tftp=ok dhcp6=ok tftp6=ok
	every_card_gets_segments host 40
}

# every_card_gets_segments DEVICE N: one that wants all done, one that takes open checksums, and one
# that cuts, too.
every_card_gets_segments() {
	segments_arrive "$1" "$2"
	segments_arrive "$1" "$2" -c
	segments_arrive "$1" "$2" -u
}

# The published workaround: neither the macvlan nor the card below it can be made to complete checksums
# on the way to a macvtap. ethtool does not always call that an error.
macvlan_offloads_for_ever() {
	ethtool -K host tx off >/dev/null 2>&1 || true
	ethtool -k host | grep -q '^.tx-checksum-ip-generic: on \[fixed\]$' ||
		fail "a macvlan that can be told not to offload checksums"
	ethtool -K lower tx off >/dev/null
}

# What one guest sends to another is only forwarded, so what one driver leaves to its card, the other
# gets. POSTROUTING does not see it, unless br_netfilter is loaded and has not been told to stay away.
guest_to_guest() {
	add_bridge wire
	serve_in_guest wire 41 vnet41
	linux_guest wire dhcp=bad tftp=bad dhcp6=bad tftp6=bad
	firmware_guest wire dhcp=ok tftp=ok dhcp6=ok tftp6=ok
	fill wire
	if [ -e /proc/sys/net/bridge/bridge-nf-call-iptables ]; then
		bridged_to_iptables 1
		linux_guest wire dhcp=ok tftp=ok dhcp6=ok tftp6=ok
		bridged_to_iptables 0
	fi
	linux_guest wire dhcp=bad tftp=bad dhcp6=bad tftp6=bad
}

# bridged_to_iptables 0|1: whether iptables see packets that are only forwarded by a bridge.
bridged_to_iptables() {
	local family
	for family in iptables ip6tables; do
		echo "$1" >"/proc/sys/net/bridge/bridge-nf-call-$family"
	done
}

macvtap_to_macvtap() {
	add_card shared
	add_macvtap shared macvtap1
	add_macvtap shared macvtap2
	serve_in_guest shared 42 macvtap1
	local macvtap=macvtap2
	linux_guest shared dhcp=bad tftp=bad dhcp6=bad tftp6=bad
	firmware_guest shared dhcp=ok tftp=ok dhcp6=ok tftp6=ok
}

segments_pass_the_rules() {
	add_bridge cut
	add_addresses cut 43
	every_card_gets_segments cut 43
	fill cut
	every_card_gets_segments cut 43
}

cases macvlan_to_macvtap guest_to_guest macvtap_to_macvtap segments_pass_the_rules
