#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An administrator's firewall changes the mangle table 1000 times, while networks on four
# bridges start and stop 200 times in all: no rule of either side, or of libvirt's, is lost or
# doubled. The kernel only knows whole tables, so this holds only as long as both take the same lock.
#
# Each side goes on until the others have done their share as well. So every one of these changes
# was made beside some of the other side's, whichever is the slower on this machine.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need dnsmasq iptables-legacy ip6tables-legacy
hooks_start

ROUNDS=500 # at least
RUNS=50    # at least, per bridge

mangle() { iptables-legacy -w -t mangle "$@"; }

# share_done SIDE: also by a side that failed, or the others would go on for ever.
share_done() { : >"/tmp/share-of-$1"; }

# all_done SIDE...: have they done their share?
all_done() {
	local side
	for side; do [ -e "/tmp/share-of-$side" ] || return 1; done
}

# Adds rules, and right after each takes the one before away, but for every tenth. A delete
# fails when its rule was lost; that one was doubled shows in the end.
firewall() {
	local i
	trap 'share_done firewall' EXIT
	for ((i = 1; ; i++)); do
		mangle -A POSTROUTING -m mark --mark "$i" -j ACCEPT || fail "add of rule $i"
		((i % 10 == 1)) || mangle -D POSTROUTING -m mark --mark $((i - 1)) -j ACCEPT ||
			fail "rule $((i - 1)) was lost"
		((i >= ROUNDS)) || continue
		share_done firewall
		! all_done "${names[@]}" guests || break
	done
	mangle -D POSTROUTING -m mark --mark "$i" -j ACCEPT
	say "$i" >/tmp/rounds
}

# What firewall leaves after ROUNDS: 10, 20, ... but for the last.
firewall_rules() {
	local i
	for ((i = 10; i < $1; i += 10)); do
		printf -- '-A POSTROUTING -m mark --mark 0x%x -j ACCEPT\n' "$i"
	done
}

# The chain that libvirt keeps its own rules in, and jumps to from the head of POSTROUTING.
libvirt_chain() {
	mangle -N LIBVIRT_PRT
	mangle -A LIBVIRT_PRT -o virbr0 -p udp -m udp --dport 68 -j CHECKSUM --checksum-fill
	mangle -I POSTROUTING -j LIBVIRT_PRT
}

# The network BRIDGE is started and stopped in turn. Its rules are checked each time: the next
# run would mend, and so hide, what this one lost.
network() {
	local bridge=$1 run
	trap 'share_done "$bridge"' EXIT
	for ((run = 1; ; run++)); do
		network_xml "$bridge" "$bridge" 150 dhcp6 | network_hook "$bridge" started begin -
		expect_rules "$bridge" ip4:68 ip6:546
		network_xml "$bridge" "$bridge" 150 dhcp6 | network_hook "$bridge" stopped end -
		expect_rules "$bridge"
		((2 * run >= RUNS)) || continue
		share_done "$bridge"
		! all_done firewall || break
	done
	say "$((2 * run)) runs for $bridge"
}

# Guests that start on a host bridge with a DHCP server meanwhile: their rules are made once and stay.
guests() {
	local run
	trap 'share_done guests' EXIT
	for ((run = 1; ; run++)); do
		domain_xml web "$(nic host)" | qemu_hook web prepare begin -
		is "delay of the host bridge" "$(link_get host forward_delay)" 1500
		expect_rules host ip4:68 ip6:546
		((run >= RUNS)) || continue
		share_done guests
		! all_done firewall || break
	done
	is "rules made for guests" "$(log_lines | grep -c '^action=add-checksum-rule .*bridge=host')" 2
	say "$run runs for host"
}

names=(br1 br2 br3 br4)
for bridge in "${names[@]}"; do add_bridge "$bridge" stp_state 1 forward_delay 1500; done
add_bridge host stp_state 1 forward_delay 1500
serve host 46
: >/dev/vhost-net
libvirt_chain

start firewall
for bridge in "${names[@]}"; do start network "$bridge"; done
start guests
join

rounds=$(cat /tmp/rounds)
is "rules of the firewall and libvirt's" "$(mangle -S | grep -ve '^-P' -e '-o host ')" \
	"-N LIBVIRT_PRT
-A POSTROUTING -j LIBVIRT_PRT
$(firewall_rules "$rounds")
-A LIBVIRT_PRT -o virbr0 -p udp -m udp --dport 68 -j CHECKSUM --checksum-fill"
expect_rules host ip4:68 ip6:546
not_logged 'result=failed|error='
say "$rounds adds and deletes beside all of them"
