#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Which checksum rules the network hook makes for which network, when it makes them
# again, and whose rules it leaves alone.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
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
	serve lease 10 ip4
	linux_guest lease dhcp=bad tftp=bad
	hook lease started
	expect_rules lease ip4:68
	linux_guest lease dhcp=ok tftp=bad
	hook lease updated dhcp6
	expect_rules lease ip4:68 ip6:546
	firmware_guest lease dhcp=ok tftp=ok
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
	mangle -X
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
	mangle -X
}

# Equal but for what would let some replies through unrepaired.
libvirt_has_a_lesser_one() {
	mangle -N LIBVIRT_PRT
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
	mangle -A PREROUTING -i mine -j MARK --set-mark 1
	hook mine2 started tftp dhcp6
	before=$(kernel_state)
	hook mine started tftp dhcp6
	[ "$(kernel_state)" != "$before" ] || fail "no rule was made for mine"
	hook mine stopped tftp dhcp6
	same_state "started and stopped" "$before"
	expect_rules mine2 ip4:udp ip6:udp
}

# libvirt puts its jump at the head of POSTROUTING when its first network starts: then our rules for
# other bridges stand behind it, and so do the administrator's.
behind_a_jump() {
	local before
	add_bridge first
	add_bridge second
	hook first started tftp
	mangle -N LIBVIRT_PRT
	mangle -A LIBVIRT_PRT -o elsewhere -p udp --dport 68 "${checksum[@]}"
	mangle -A POSTROUTING -o second -p udp "${checksum[@]}"
	mangle -I POSTROUTING -j LIBVIRT_PRT
	before=$(kernel_state)
	log_forget
	hook first started tftp
	hook second started tftp
	same_state "started again, behind a jump" "$before"
	nothing_logged
	hook first stopped tftp
	expect_rules first
	mangle -F
	mangle -X
}

# What packets no longer reach does nothing: the rule goes back to the head, and goes when it must.
behind_an_end() {
	add_bridge late
	serve late 12 ip4
	mangle -N END
	mangle -A END -j ACCEPT
	hook late started
	mangle -I POSTROUTING -j END
	linux_guest late dhcp=bad
	hook late started
	linux_guest late dhcp=ok
	expect_rules late ip4:68
	mangle -D POSTROUTING -j END
	mangle -I POSTROUTING -j END
	hook late stopped
	expect_rules late
	mangle -F
	mangle -X
}

# A rule of the administrator's that accepts everything must not come before ours, and hides
# libvirt's from the packets.
before_an_accept() {
	add_bridge open
	serve open 14
	mangle -N LIBVIRT_PRT
	mangle -A LIBVIRT_PRT -o open -p udp --dport 68 "${checksum[@]}"
	mangle -A POSTROUTING -j ACCEPT
	mangle -A POSTROUTING -j LIBVIRT_PRT
	linux_guest open dhcp=bad
	hook open started
	linux_guest open dhcp=ok
	mangle -F
	mangle -X
}

# When a host boots, several networks are the first to use the tables, at the same time: the kernel
# answers EEXIST to all but one.
first_of_all_at_once() {
	local round
	for round in {1..40}; do
		# shellcheck disable=SC2016 # the inner shell's
		elsewhere '
			for name in net1 net2 net3 net4; do
				ip link add "$name" type bridge
				ip link set "$name" up
			done
			for name in net1 net2 net3 net4; do hook "$name" started dhcp6 & done
			wait
			iptables-legacy -t mangle -S POSTROUTING
			ip6tables-legacy -t mangle -S POSTROUTING' >/tmp/tables
		is "rules in round $round" "$(grep -c CHECKSUM /tmp/tables)" 8
	done
}

# An alternative name is good for finding a bridge, and matches in no rule.
alternative_name() {
	add_bridge proper
	serve proper 13 ip4
	ip link property add dev proper altname nickname
	hook nickname started
	expect_rules proper ip4:68
	linux_guest proper dhcp=ok
	mangle -F
}

# A rule with our comment for more than one device is not one that we made.
wildcard_with_our_comment_stays() {
	local before
	add_bridge wild
	mangle -A POSTROUTING -o wild+ -p udp -m comment --comment virt-netboot "${checksum[@]}"
	before=$(kernel_state)
	log_forget
	hook wild started
	hook wild stopped
	same_state "started and stopped beside a rule that fills all of wild+" "$before"
	nothing_logged
	mangle -F
}

# elsewhere SCRIPT: with the functions of this one, in a network namespace that is new.
elsewhere() {
	local functions
	mapfile -t functions < <(compgen -A function)
	export -f "${functions[@]}"
	unshare --net bash -euc "$1"
}

# Looking at a table brings it into use in its network namespace; that takes a reason.
no_table_without_need() {
	elsewhere '
		hook absent started tftp dhcp6
		hook absent stopped tftp dhcp6
		cat /proc/net/ip*_tables_names 2>/dev/null || true' >/tmp/tables
	is "tables in use without a bridge" "$(cat /tmp/tables)" ""
}

use_legacy_tables
add_bridge own
serve own 11 ip4

# A case that failed may have left rules.
before_each() {
	mangle -F
	mangle -X
}

cases no_table_without_need only_dhcp dhcp6_alone no_server_no_rule again_with_the_next_port \
	other_operations_do_nothing libvirt_has_one libvirt_has_one_in_vain libvirt_has_a_lesser_one others_stay \
	wildcard_with_our_comment_stays behind_a_jump behind_an_end before_an_accept first_of_all_at_once \
	alternative_name
