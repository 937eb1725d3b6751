#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What the hooks take for granted about the kernel. Runs none of our code: if this
# fails, the kernel has changed and the design has to be looked at again.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
sandbox "$@"
need dnsmasq iptables-legacy

stp_on_clamps_the_delay() {
	add_bridge clamp stp_state 0 forward_delay 0
	ip link set clamp type bridge stp_state 1
	is "delay 0 after STP went on" "$(link_get clamp forward_delay)" 200
}

stp_on_limits_the_delay() {
	add_bridge limits stp_state 1
	refused "Numerical result out of range" ip link set limits type bridge forward_delay 199
	refused "Numerical result out of range" ip link set limits type bridge forward_delay 3001
	ip link set limits type bridge forward_delay 200
	ip link set limits type bridge forward_delay 3000
}

stp_off_holds_nothing() {
	add_bridge nostp stp_state 0 forward_delay 3000
	serve nostp 10
	patience=3 firmware_guest nostp dhcp=ok
}

not_root_ignores_its_own_delay() {
	add_bridge leaf stp_state 1 forward_delay 1500
	add_better_root leaf
	ip link set leaf type bridge forward_delay 200
	is "delay of a bridge that is not root" "$(link_get leaf forward_delay)" 1500
}

# answered_after BRIDGE LOW HIGH: in ms from plugging in to the first offer. What the hooks take for
# granted is LOW; HIGH leaves time to a slow machine.
answered_after() {
	local ms
	ms=$("$TOOLS/guest-nic" -w 20 -b "$1" "guest-$1" dhcp | sed -n 's/.* ms=//p')
	say "$1: forwarding after $ms ms"
	((${ms:-0} >= $2 && ms <= $3)) || fail "$1: not within $2..$3 ms"
}

# A port listens for one delay and learns for another.
hold_is_twice_the_delay() {
	add_bridge two stp_state 1 forward_delay 200
	add_bridge three stp_state 1 forward_delay 300
	serve two 20
	serve three 21
	start answered_after two 4000 9500
	start answered_after three 6000 11500
	join
}

is_listening() { [ "$(link_get "$1" state)" = listening ]; }

# So the delay has to be short before the tap becomes a port: the time a port that is
# listening has still to wait was fixed when it began.
listening_port_keeps_its_timer() {
	add_bridge late stp_state 1 forward_delay 500
	serve late 22
	start answered_after late 7000 12500
	wait_for 5 is_listening guest-late
	ip link set late type bridge forward_delay 200
	join
}

checksums_towards_the_bridge() {
	local rule=(iptables-legacy -w -t mangle -I POSTROUTING -o wire -p udp)
	add_bridge wire
	serve wire 30
	linux_guest wire dhcp=bad tftp=bad
	firmware_guest wire dhcp=ok tftp=ok
	"${rule[@]}" --dport 68 -j CHECKSUM --checksum-fill
	linux_guest wire dhcp=ok tftp=bad
	firmware_guest wire dhcp=ok tftp=ok
	"${rule[@]}" -j CHECKSUM --checksum-fill
	linux_guest wire dhcp=ok tftp=ok
	firmware_guest wire dhcp=ok tftp=ok
}

# A name is bytes; the last one of "à" is a space in Latin-1.
names_of_devices() {
	local name
	for name in brücke0 fünfzehn-bytes 'a"b' $'a\x7fb' $'a\x01b' $'\xff\xfe' $'a\xc2\x85b'; do
		ip link add "$name" type bridge
	done
	for name in a:b brà; do
		refused "Invalid argument" ip link add "$name" type bridge
	done
}

cases names_of_devices stp_on_clamps_the_delay stp_on_limits_the_delay stp_off_holds_nothing --at-once hold_is_twice_the_delay \
	listening_port_keeps_its_timer not_root_ignores_its_own_delay checksums_towards_the_bridge
