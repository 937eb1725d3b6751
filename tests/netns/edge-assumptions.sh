#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What an edge port takes for granted about the kernel's spanning tree: that switching STP off, one
# port to forwarding and STP on again does what it should to that port, and nothing to the rest of
# the network. Runs none of our code: if this fails, the kernel has changed and the design has to be
# looked at again. The function each thing comes from is in the kernel's net/bridge/.
#
# Runs alone: it looks at ports while they listen, which is for 4 s or 10 s.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
sandbox "$@"
need bridge dnsmasq tcpdump

# make_edge BRIDGE PORT: PORT forwards at once. Three steps instead of one only because nobody else
# changes this bridge.
make_edge() {
	ip link set "$1" type bridge stp_state 0
	bridge link set dev "$2" state forwarding
	ip link set "$1" type bridge stp_state 1
}

now_ms() { say $((${EPOCHREALTIME/./} / 1000)); }

port_is() { [ "$(link_get "$1" state)" = "$2" ]; }

# timer DEVICE KEY: what is left of it, in 1/100 s; 0 when it does not run.
timer() {
	local left
	left=$(link_get "$1" "$2")
	say $((10#${left/./}))
}

# below DEVICE KEY LIMIT
below() { (($(timer "$1" "$2") < $3)); }

# cable BRIDGE1 PORT1 BRIDGE2 PORT2
cable() {
	ip link add "$2" type veth peer name "$4"
	ip link set "$2" master "$1" up
	ip link set "$4" master "$3" up
}

# br_set_port_state: EBUSY as long as the kernel's STP runs on the bridge.
port_state_can_be_set_without_stp_only() {
	add_bridge busy stp_state 1
	add_uplink busy busy-up
	refused "Device or resource busy" bridge link set dev busy-up state forwarding
	is "port after a refused change" "$(link_get busy-up state)" listening
	ip link set busy type bridge stp_state 0
	bridge link set dev busy-up state forwarding
	is "port after a change" "$(link_get busy-up state)" forwarding
}

# br_set_port_state sets it, br_stp_start leaves alone what does not block. The answer is to
# show that frames pass, too; they would not for 30 s.
edge_port_forwards_at_once() {
	add_bridge edge stp_state 1 forward_delay 1500
	serve edge 50 ip4
	answered_before edge 5000 &
	wait_for 5 port_is guest-edge listening
	make_edge edge guest-edge
	is "edge port" "$(link_get guest-edge state)" forwarding
	is "STP after it" "$(link_get edge stp_state)" 1
	is "delay after it" "$(link_get edge forward_delay)" 1500
	wait "$!"
}

# answered_before BRIDGE MS: from plugging in to the first DHCP offer. The guest stays for 10 s, for it waits for
# DHCPv6, too, which nobody serves.
answered_before() {
	local ms
	ms=$("$TOOLS/guest-nic" -w 10 -b "$1" "guest-$1" dhcp dhcp6 | sed -n 's/^dhcp .* ms=//p') || :
	say "edge port: first offer ${ms:-10000} ms after plugging in"
	((${ms:-10000} <= $2)) || fail "$1: no offer within $2 ms"
}

# The spanning tree as BRIDGE sees it: its root, and the role and state of its ports but for EDGE.
tree() {
	local port
	grep -H . "/sys/class/net/$1/bridge"/{stp_state,forward_delay,root_id,root_port,root_path_cost}
	for port in "/sys/class/net/$1/brif"/*; do
		[ "${port##*/}" = "$2" ] || grep -H . "$port"/{state,designated_*}
	done
}

# br_port_state_selection, at the end of steps two and three, changes no port that has the state
# its role wants, and none that is on its way there: that one's timer runs on. ROOT has the delay that is in force, 10 s
# from here on.
other_ports_keep_their_state() {
	local bridge=$1 root=$2 before left began
	ip link set "$root" type bridge forward_delay 1000
	wait_for 5 delay_is "$bridge" 1000
	add_uplink "$bridge" "$bridge-new"
	add_uplink "$bridge" "$bridge-edge"
	wait_for 5 below "$bridge-new" forward_delay_timer 800
	before=$(tree "$bridge" "$bridge-edge")
	left=$(timer "$bridge-new" forward_delay_timer)
	began=$(now_ms)
	make_edge "$bridge" "$bridge-edge"
	is "edge port of $bridge" "$(link_get "$bridge-edge" state)" forwarding
	is "spanning tree of $bridge" "$(tree "$bridge" "$bridge-edge")" "$before"
	((left >= $(timer "$bridge-new" forward_delay_timer))) || fail "$bridge-new listens anew"
	wait_for 12 port_is "$bridge-new" learning
	(($(now_ms) - began < 9900)) || fail "$bridge-new took a delay of 10 s longer to listen"
}

# br_make_blocking, by way of br_port_state_selection, still in step two. So it is not for the
# one who makes edge ports to know which port STP blocks for a loop.
blocked_port_stays_blocked() {
	is "port $2 before" "$(link_get "$2" state)" blocking
	ip link set "$1" type bridge stp_state 0
	bridge link set dev "$2" state forwarding
	is "port $2, set to forwarding" "$(link_get "$2" state)" blocking
	ip link set "$1" type bridge stp_state 1
	is "port $2 after STP went on" "$(link_get "$2" state)" blocking
}

# A root bridge has a blocked port only if it is cabled to itself.
root_bridge_is_left_alone() {
	add_bridge root stp_state 1 forward_delay 400
	cable root root-loop1 root root-loop2
	wait_for 5 port_is root-loop2 blocking
	wait_for 12 port_is root-loop1 forwarding
	is "root port of the root" "$(link_get root root_port)" 0
	other_ports_keep_their_state root root
	blocked_port_stays_blocked root root-loop2
}

# Two cables to the root: one is the way there, the other is blocked.
bridge_that_is_not_root_is_left_alone() {
	add_bridge top stp_state 1 priority 0 forward_delay 400
	add_bridge leaf stp_state 1 forward_delay 400
	cable leaf leaf-up top leaf-down
	cable leaf leaf-up2 top leaf-down2
	wait_for 5 port_is leaf-up2 blocking
	wait_for 14 port_is leaf-up forwarding
	is "root port" "$(link_get leaf root_port)" 1
	other_ports_keep_their_state leaf top
	blocked_port_stays_blocked leaf leaf-up2
}

# Has BRIDGE a topology change? One lasts for max_age and a delay.
changes() { [ "$(link_get "$1" topology_change)$(link_get "$1" topology_change_detected)" != 00 ]; }
calm() { ! changes "$1"; }

# br_topology_change_detection does nothing in step two, as STP is off; and the timer of a port
# that was listening (br_forward_delay_timer_expired) finds nothing to do.
# BRIDGE has a port on its way to forwarding; ROOT is where a change would show.
edge_port_is_no_topology_change() {
	local bridge=$1 root=$2 edge=$1-edge
	wait_for 10 changes "$root" # the usual way does raise one
	wait_for 14 calm "$root"
	wait_for 4 calm "$bridge"
	add_uplink "$bridge" "$edge"
	make_edge "$bridge" "$edge"
	(($(timer "$edge" forward_delay_timer) > 0)) || fail "$edge's timer does not run any more"
	wait_for 4 below "$edge" forward_delay_timer 1
	is "$edge when its timer has run out" "$(link_get "$edge" state)" forwarding
	calm "$bridge" || fail "topology change of $bridge"
	calm "$root" || fail "topology change of $root"
}

quick=(stp_state 1 forward_delay 200 max_age 600 hello_time 100)

no_topology_change_of_a_root() {
	add_bridge calm1 "${quick[@]}"
	add_uplink calm1 calm1-up
	edge_port_is_no_topology_change calm1 calm1
}

no_topology_change_of_a_leaf() {
	add_bridge calm2-top priority 0 "${quick[@]}"
	add_bridge calm2 "${quick[@]}"
	cable calm2 calm2-up calm2-top calm2-down
	edge_port_is_no_topology_change calm2 calm2-top
}

# bpdu_gaps BRIDGE: switches STP off and on each half second for 7 s, after BRIDGE has sent two
# BPDUs to its port BRIDGE-hub. The array gaps then has the ms between each two it sent there.
bpdu_gaps() {
	local seen=/tmp/bpdus-$1 i
	add_uplink "$1" "$1-hub"
	tcpdump --immediate-mode -l -n -tt -i "$1-hub-far" stp >"$seen" 2>"$seen.err" &
	wait_for 10 grep -q 'listening on' "$seen.err"
	wait_for 7 bpdus_reach "$seen" 2
	for ((i = 0; i < 15; i++)); do
		make_edge "$1" "$1-hub"
		sleep 0.5
	done
	wait_for 5 bpdus_reach "$seen" 3
	mapfile -t gaps < <(awk '/Config/ { if (n++) print int(($1 - last) * 1000); last = $1 }' "$seen")
}

# bpdus_reach FILE N: has the bridge sent N of them?
bpdus_reach() { (($(grep -c Config "$1") >= $2)); }

# br_stp_start: a root bridge on which STP goes off and on again and again sends no BPDU, and
# the others would take it for dead after max_age. So who makes edge ports has to leave it time.
stp_on_restarts_the_hello_timer() {
	local gaps
	add_bridge hello stp_state 1
	bpdu_gaps hello
	say "BPDUs of a root: ${gaps[0]} ms apart, ${gaps[1]} ms with STP off and on"
	((gaps[1] >= 7000)) || fail "BPDUs although STP was switched off and on"
	wait_for 3 below hello hello_timer 100
	make_edge hello hello-hub
	! below hello hello_timer 100 || fail "the hello timer ran on"
}

# br_received_config_bpdu: a bridge that is not root sends when its root has sent, so it needs no
# such time. (br_stp_start starts its hello timer, too, and that stays on: it sends more, not less.)
leaf_passes_hellos_on() {
	local gaps gap
	add_bridge pass-top stp_state 1 priority 0
	add_bridge pass stp_state 1
	cable pass pass-up pass-top pass-down
	wait_for 5 is_not_root pass
	bpdu_gaps pass
	say "BPDUs of a leaf: ${gaps[*]} ms apart"
	for gap in "${gaps[@]}"; do
		((gap < 6000)) || fail "no BPDUs of a leaf while STP was switched off and on"
	done
}

# storm BRIDGE N GUARD: a guest with two edge ports, BRIDGE-a and BRIDGE-b, bridges its cards, and
# somebody outside asks all for an address. Waits until a port has left forwarding. GUARD is on
# or off. guest is the guest's pid.
storm() {
	local bridge=$1 port began ms
	add_bridge "$bridge" stp_state 1 forward_delay 1500
	add_uplink "$bridge" "$bridge-up"
	ip address add "192.168.$2.2/24" dev "$bridge-up-far"
	make_edge "$bridge" "$bridge-up"
	"$TOOLS/guest-bridge" "$bridge-a" "$bridge-b" >"/tmp/storm-$bridge" &
	guest=$!
	wait_for 5 grep -q ready "/tmp/storm-$bridge"
	for port in "$bridge-a" "$bridge-b"; do
		ip link set "$port" master "$bridge"
		bridge link set dev "$port" guard "$3"
		ip link set "$port" up
		make_edge "$bridge" "$port"
		began=$(now_ms)
		is "$port" "$(link_get "$port" state)" forwarding
	done
	say anybody >"/dev/udp/192.168.$2.1/9"
	wait_for 4 is_cut "$bridge"
	ms=$(($(now_ms) - began))
	((ms <= 4000)) || fail "the storm on $bridge went on for $ms ms"
	say "storm, guard $3: $ms ms, then $(both_states "$bridge")"
}

both_states() { say "$(link_get "$1-a" state) $(link_get "$1-b" state)"; }
is_cut() { [ "$(both_states "$1")" != "forwarding forwarding" ]; }

# end_guest BRIDGE GUARD: that there was a storm, and how large it was.
end_guest() {
	local frames
	kill "$guest"
	wait "$guest"
	frames=$(sed -n 's/^frames=//p' "/tmp/storm-$1")
	say "storm, guard $2: $frames frames"
	((frames > 1000)) || fail "no storm on $1"
}

# br_stp_rcv, br_received_config_bpdu: the bridge's own BPDU comes back by the other port, and
# the one with the higher number blocks.
loop_through_a_guest_is_cut() {
	local guest
	storm loop 60 off
	wait_for 2 cut_is loop "forwarding blocking"
	end_guest loop off
}
cut_is() { [ "$(both_states "$1")" = "$2" ]; }

# br_stp_rcv again: IFLA_BRPORT_GUARD disables a port on which a BPDU arrives, whosever it is.
# br_stp_enable_port makes it an ordinary one again.
guard_disables_both_ports() {
	local guest
	storm guard 61 on
	wait_for 2 cut_is guard "disabled disabled"
	ip link set guard-a down
	ip link set guard-a up
	is "port that was disabled" "$(link_get guard-a state)" listening
	end_guest guard on
}

# br_stp_stop leaves the ports as they are, and br_make_forwarding looks at blocking ones only: a
# port that listens goes on until its timer has run out, and learns after that.
stp_off_does_not_help_a_listening_port() {
	local began left
	add_bridge off stp_state 1 forward_delay 200
	add_uplink off off-up
	ip link set off type bridge stp_state 0
	began=$(now_ms)
	is "port after STP went off" "$(link_get off-up state)" listening
	left=$(timer off-up forward_delay_timer)
	wait_for 6 port_is off-up forwarding
	(($(now_ms) - began >= 10 * (left + 200))) || fail "forwarding too early"
}

# br_fdb_get, since Linux 5.0.
port_is_found_by_its_address() {
	local mac found
	add_bridge find stp_state 1
	add_uplink find find-up1
	add_uplink find find-up2
	mac=$(link_get find-up2 address)
	found=$(bridge fdb get "$mac" br find)
	[[ $found == "$mac dev find-up2 "* ]] || fail "$mac of find-up2: $found"
	refused "not found" bridge fdb get 02:00:00:00:ff:ff br find
}

cases port_state_can_be_set_without_stp_only port_is_found_by_its_address --at-once \
	stp_off_does_not_help_a_listening_port edge_port_forwards_at_once root_bridge_is_left_alone \
	bridge_that_is_not_root_is_left_alone no_topology_change_of_a_root no_topology_change_of_a_leaf \
	stp_on_restarts_the_hello_timer leaf_passes_hellos_on loop_through_a_guest_is_cut \
	guard_disables_both_ports
