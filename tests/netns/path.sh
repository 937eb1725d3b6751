#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A guest's port that forwards is no repair as long as its packets get no further: the DHCP server is
# beyond an uplink, and that does not forward. The hook says what it is, how long it takes yet, and never
# repaired=yes, unless the guest does get its address.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need dnsmasq iptables-legacy ip6tables-legacy python3
hooks_start
no_stp_program

event() { domain_xml web "$(target=$3 nic "$2")" | qemu_hook web "$1" begin -; }

# add_lan BRIDGE N: an uplink, BRIDGE-eth, that leads to a DHCP server in a network namespace, BRIDGE.
add_lan() {
	ip netns add "$1"
	ip link add "$1-eth" type veth peer name far netns "$1"
	ip -n "$1" link set far up
	# shellcheck disable=SC2016 # for the inner shell
	ip netns exec "$1" bash -c \
		'. "$SRC/tests/lib/testlib.sh" && . "$SRC/tests/lib/topology.sh" && serve far "$1"' "$0" "$2"
	ip link set "$1-eth" master "$1" up
	wait_for 5 has_carrier "$1-eth"
	note_server "$1" $$ hold
}

# The longest delay: the uplink listens for as long as a case takes.
held_bridge() { add_bridge "$1" stp_state 1 forward_delay 3000; }

# guest BRIDGE DHCP [PATIENCE]: a guest starts there, the hook runs for it, and it has that answer within
# that time.
guest() {
	local tap=$1-web guest
	patience=${3:-5} firmware_guest "$1" "dhcp=$2" &
	guest=$!
	wait_for 5 port_is "$tap" listening
	event start "$1" "$tap"
	wait "$guest" || fail "the guest on $1"
	logged "^action=edge-port guest=web port=$tap bridge=$1 result=done"
}

# not_repaired BRIDGE: what was done about the port is not called a repair.
not_repaired() {
	logged "^finding=bridge-hold severity=error guest=web .*port=$1-web bridge=$1 .*$1-eth.* repaired=no"
	not_logged "bridge=$1 .*repaired=yes"
}

# The host has just booted, and its guests start by themselves.
uplink_listens() {
	held_bridge boot
	add_lan boot 61
	tap=boot-web guest boot none
	not_repaired boot
	logged '^finding=uplink-held severity=error guest=web .*port=boot-eth bridge=boot evidence="the uplink is listening and forwards in 5[0-9]\.[0-9]* s.*cure="ip link set dev boot type'
	is "state of the uplink" "$(link_get boot-eth state)" listening
}

# It has learnt for a while; so it is not the forward delay that it takes yet.
uplink_learns() {
	add_bridge learn stp_state 1 forward_delay 400
	add_lan learn 62
	ip link set learn type bridge forward_delay 3000
	wait_for 10 port_is learn-eth learning
	tap=learn-web guest learn none
	not_repaired learn
	logged '^finding=uplink-held severity=error guest=web .*port=learn-eth .*"the uplink is learning and forwards in [23][0-9]\.'
}

# Nobody has to wait for that long: the cable is not there.
uplink_has_no_carrier() {
	held_bridge dark
	add_lan dark 63
	ip -n dark link set far down
	wait_for 5 port_is dark-eth disabled
	tap=dark-web guest dark none
	not_repaired dark
	logged '^finding=uplink-down severity=warning guest=web .*port=dark-eth bridge=dark '
}

uplink_forwards() {
	add_bridge open
	add_lan open 64
	add_uplink open open-eth2 # that another one is held is no matter
	bridge link set dev open-eth2 state listening
	ip link set open type bridge stp_state 1 forward_delay 3000
	tap=open-web guest open ok
	logged '^finding=bridge-hold severity=notice guest=web .*bridge=open .*repaired=yes'
	not_logged 'finding=uplink-.* bridge=open '
}

# The guest does not need the uplink.
server_on_this_host() {
	held_bridge own
	add_uplink own own-eth
	serve own 65
	tap=own-web guest own ok
	logged '^finding=bridge-hold severity=notice guest=web .*bridge=own .*repaired=yes'
	not_logged 'finding=uplink-.* bridge=own '
}

# Two that are held, which may be two ways to one place: no cure that could open a loop.
two_uplinks_listen() {
	held_bridge two
	add_lan two 66
	add_uplink two two-eth2
	tap=two-web guest two none
	not_repaired two
	logged '^finding=uplink-held severity=error guest=web .*port=two-eth .*advice="start the guest when'
}

# An interface that is plugged in: the network hook is told of its port, which is there or comes later.
plugged_in() {
	local mac=52:54:00:00:01:01
	held_bridge plug
	add_lan plug 67
	add_guest plug plug-web "fe${mac:2}"
	log_forget
	port_xml net plug $mac | network_hook net port-created begin -
	logged '^finding=uplink-held severity=error guest=web network=net port=plug-eth bridge=plug'
	not_repaired plug
	port_xml net plug 52:54:00:00:01:02 | network_hook net port-created begin -
	log_forget
	add_guest plug plug-late fe:54:00:00:01:02
	wait_for 5 port_is plug-late forwarding
	wait_for 2 no_watchers network
	logged '^finding=bridge-hold severity=error .*port=plug-late bridge=plug .*plug-eth.* repaired=no'
}

# The administrator says that the uplink may forward at once; it does, if it is the only one. STP stays on,
# and its delay.
uplink_edge() {
	config <<<$'[bridge]\nuplink-edge = yes'
	held_bridge edge
	add_lan edge 68
	tap=edge-web guest edge ok 7
	wait_for 5 port_is edge-eth forwarding
	is "delay and STP" "$(link_get edge forward_delay) $(link_get edge stp_state)" "3000 1"
	is "guard of the uplink" "$(link_get edge-eth guard)" false
	logged '^finding=uplink-held severity=notice guest=web .*port=edge-eth bridge=edge .*repaired=(yes|later)'
	logged '^action=edge-port guest=web port=edge-eth bridge=edge result=(done|later)'
	wait_for 10 no_watchers qemu

	held_bridge edge2
	add_lan edge2 69
	add_uplink edge2 edge2-eth2
	tap=edge2-web guest edge2 none
	not_repaired edge2
	is "state of one of two uplinks" "$(link_get edge2-eth state)" listening
	config </dev/null
}

# The bridge has put a hello off already: the guest's port and the uplink wait for the next one.
uplink_edge_later() {
	local i
	config <<<$'[bridge]\nuplink-edge = yes\nbpdu-guard = yes'
	held_bridge late
	add_guest late late-first
	event start late late-first
	add_lan late 70
	for i in {1..200}; do # one of these comes too early
		add_guest late "late-$i"
		event start late "late-$i"
		! log_has '^action=edge-port guest=web port=late-eth bridge=late result=later' || break
		ip link set late-eth nomaster
		ip link set late-eth master late
	done
	wait_for 5 port_is late-eth forwarding
	is "guard of the uplink" "$(link_get late-eth guard)" false
	wait_for 10 no_watchers qemu
	logged '^action=edge-port guest=web port=late-eth bridge=late result=later'
	logged '^finding=uplink-held severity=notice guest=web port=late-eth bridge=late .*repaired=yes'
	config </dev/null
}

cases --at-once uplink_listens uplink_learns uplink_has_no_carrier uplink_forwards server_on_this_host \
	two_uplinks_listen --in-turn plugged_in uplink_edge uplink_edge_later
