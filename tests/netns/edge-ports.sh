#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Guests' ports on bridges with STP on and a delay of 30 s. A guest gets no address within the patience
# of a PXE client; after the qemu hook's "start" it does, at once, whether the bridge is the root or
# not and whatever else is connected to it: its port forwards, and neither the bridge nor any other
# port has changed. Then every port that the hook has to leave alone, and the ones that the network
# hook is told of before they exist.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need bridge dnsmasq iptables-legacy ip6tables-legacy python3
hooks_start
no_stp_program

# event OPERATION BRIDGE TAP: as libvirt calls the qemu hook for a guest named web with a card there.
event() { domain_xml web "$(target=$3 nic "$2")" | qemu_hook web "$1" begin -; }

# port_created BRIDGE MAC: as libvirt calls the network hook when the guest web gets such a card. Its
# tap, if there is one, has the address $(tap_of MAC).
port_created() { port_xml net "$1" "$2" | network_hook net port-created begin -; }

tap_of() { say "fe${1:2}"; }

# The longest delay: on a busy machine a port has to listen for as long as a case takes.
DELAY=3000

held_bridge() { add_bridge "$1" stp_state 1 forward_delay $DELAY; }

# With an uplink, BRIDGE-eth, that forwards since before STP was on.
held_bridge_with_uplink() {
	add_bridge "$1"
	add_uplink "$1" "$1-eth"
	ip link set "$1" type bridge stp_state 1 forward_delay $DELAY
}

# ports BRIDGE: the state of each, a line each.
ports() { bridge link show master "$1" | sed -E 's/^[0-9]+: ([^:@]+).* state ([^ ]+) .*/\1 \2/'; }

# stays PORT STATE COMMAND...: neither the port's state changes, nor anything else.
stays() {
	is "state of $1 before" "$(link_get "$1" state)" "$2"
	log_forget
	untouched "${@:3}"
	is "state of $1 after ${*:3}" "$(link_get "$1" state)" "$2"
}

# repaired BRIDGE TAP: the tap's port forwards, and the bridge is as held_bridge made it.
repaired() {
	is "state of $2" "$(link_get "$2" state)" forwarding
	still_holds "$1"
}

still_holds() {
	is "STP of $1" "$(link_get "$1" stp_state)" 1
	is "delay of $1" "$(link_get "$1" forward_delay)" $DELAY
}

# boots BRIDGE: two guests there that are as patient as a PXE client. One is not answered. For the
# other one the hook runs, and it is: sooner, it may be, than the hook ends, and then its tap is gone.
boots() {
	local tap=$1-web guests=()
	patience=7 tap=$1-other firmware_guest "$1" dhcp=none tftp=none &
	guests+=($!)
	patience=5 firmware_guest "$1" dhcp=ok tftp=ok &
	guests+=($!)
	wait_for 5 port_is "$tap" listening
	event start "$1" "$tap"
	still_holds "$1"
	wait "${guests[0]}" || fail "the guest that was not repaired on $1"
	wait "${guests[1]}" || fail "the guest that was repaired on $1"
	logged "^finding=bridge-hold severity=notice guest=web .*port=$tap bridge=$1 .*repaired=yes"
	logged "^action=edge-port guest=web port=$tap bridge=$1 result=done"
}

boots_on_a_root() {
	held_bridge root
	add_uplink root root-eth
	serve root 40
	boots root
}

boots_on_a_leaf() {
	held_bridge leaf
	add_better_root leaf
	ip link set leaf-root type bridge forward_delay $DELAY
	wait_for 5 delay_is leaf $DELAY
	serve leaf 41
	boots leaf
}

boots_beside_two_uplinks() {
	held_bridge joint
	add_uplink joint joint-eth1
	add_uplink joint joint-eth2
	serve joint 42
	boots joint
}

# One of each state beside the guest's. A port that is new without STP forwards, and keeps what state
# it is given; that is how one comes to learn for as long as a test likes.
other_ports_keep_their_state() {
	local before
	add_bridge full
	add_uplink full full-fwd
	add_uplink full full-learn
	bridge link set dev full-learn state learning
	ip link set full type bridge stp_state 1 forward_delay $DELAY
	add_loop full full-loop
	add_guest_port full full-off
	add_uplink full full-listen
	before=$(ports full)
	is "states" "$(sort <<<"$before")" "full-fwd forwarding
full-learn learning
full-listen listening
full-loop listening
full-loop-far blocking
full-off disabled"
	add_guest full full-web
	event start full full-web
	repaired full full-web
	is "other ports" "$(ports full | grep -v full-web)" "$before"
	event start full full-learn # on its way, so it may go on
	wait_for 5 port_is full-learn forwarding # with the next hello, if the one before was long ago
	again_changes_nothing
}

again_changes_nothing() {
	stays full-web forwarding event start full full-web
	nothing_logged
	stays full-web forwarding event reconnect full full-web
	not_logged full-web
}

# libvirtd was started anew, and a guest is running.
reconnect() {
	held_bridge back
	add_guest back back-web
	log_forget
	event reconnect back back-web
	repaired back back-web
	logged '^finding=bridge-hold severity=notice guest=web .*port=back-web bridge=back .*repaired=yes'
	logged '^action=edge-port guest=web port=back-web bridge=back result=done'
}

# Only when the guest starts does its port exist.
other_operations_do_nothing() {
	local operation
	held_bridge other
	add_guest other other-web
	for operation in prepare started attach stopped release migrate restore; do
		stays other-web listening event "$operation" other other-web
		nothing_logged
	done
}

# A script of the administrator's, not libvirt, has put the tap of type='ethernet' on a bridge.
by_a_script() {
	held_bridge script
	add_guest script script-web
	domain_xml web "$(target=script-web interface ethernet '')" | qemu_hook web start begin -
	repaired script script-web
}

two_interfaces() {
	held_bridge left
	held_bridge right
	open_taps left-web right-web
	plug_tap left left-web
	plug_tap right right-web
	domain_xml web "$(target=left-web nic left)" "$(target=right-web nic right)" |
		qemu_hook web start begin -
	repaired left left-web
	repaired right right-web
}

# The port listens because STP was on when it came, and waits for its old time.
stp_off() {
	held_bridge free
	add_guest free free-web
	ip link set free type bridge stp_state 0
	stays free-web listening event start free free-web
	logged "^finding=bridge-hold severity=error guest=web .*port=free-web bridge=free evidence=.the port forwards in .* cure=.ip link set dev free-web type bridge_slave state 3"
	not_logged action=
}

# 4 s are no reason for an error: every known client waits for so long. The port forwards all the same.
shortest_delay() {
	add_bridge short stp_state 1 forward_delay 200
	add_guest short short-web
	log_forget
	event start short short-web
	is "state of short-web" "$(link_get short-web state)" forwarding
	logged '^action=edge-port guest=web port=short-web bridge=short result=done'
	not_logged finding=
}

blocked() {
	held_bridge circ
	add_loop circ circ-loop
	stays circ-loop-far blocking event start circ circ-loop-far
	logged '^finding=port-blocked severity=warning guest=web .*port=circ-loop-far bridge=circ .*advice='
	not_logged action=
}

# libvirtd was started anew. The guest's driver has set the link down, and nobody waits for that.
no_carrier() {
	held_bridge off
	add_guest_port off off-web
	stays off-web disabled event reconnect off off-web
	nothing_logged
	is "watchers for a guest that runs" "$(watchers qemu)" ""
}

# comes_up BRIDGE COMMAND...: the guest's port is not up at its start, and comes up 1 s later by
# COMMAND. Another one comes up with it, without a hook, and is held.
comes_up() {
	local bridge=$1
	log_forget
	stays "$bridge-web" disabled event start "$bridge" "$bridge-web"
	logged "^action=watch-port guest=web port=$bridge-web bridge=$bridge why=\"[a-z ]+\" result=later"
	sleep 1
	"${@:2}"
	wait_for 2 port_is "$bridge-web" forwarding
	is "state of the other port" "$(link_get "$bridge-other" state)" listening
	repaired "$bridge" "$bridge-web"
	wait_for 2 no_watchers qemu
	logged "^finding=bridge-hold severity=notice guest=web .*port=$bridge-web bridge=$bridge .*repaired=yes"
	logged "^action=edge-port guest=web port=$bridge-web bridge=$bridge result=done"
}

port_comes_up_later() {
	held_bridge later1
	add_guest later1 later1-web
	add_guest later1 later1-other
	ip link set later1-web down
	ip link set later1-other down
	comes_up later1 ip -batch - <<<$'link set later1-other up\nlink set later1-web up'
	not_logged bridge-down
}

bridge_comes_up_later() {
	held_bridge later2
	ip link set later2 down
	add_guest later2 later2-web
	add_guest later2 later2-other
	comes_up later2 ip link set later2 up
	logged '^finding=bridge-down severity=warning guest=web .*bridge=later2 .*cure="ip link set dev later2 up"'
}

# The log says so, unless the guest has gone meanwhile.
port_never_comes_up() {
	held_bridge low
	add_guest_port low low-web
	add_guest_port low low-other
	event start low low-web
	event start low low-other
	ip link del low-other
	sleep 9
	wait_for 5 no_watchers qemu
	logged '^action=watch-port guest=web port=low-web bridge=low .*result=failed error="Connection timed out"'
	not_logged 'port=low-other .*failed'
}

# What the XML calls a tap may be gone, or be no port, or one of something that is no bridge.
no_port_of_a_bridge() {
	local kind
	log_forget
	open_taps no-port
	ip link set no-port up
	untouched event start absent absent
	untouched event start absent no-port
	untouched event start absent lo
	for kind in bond vrf team; do
		master_of_kind "$kind" || continue
		untouched event start absent "$kind-web"
		untouched event start "$kind" "$kind-web"
	done
	nothing_logged
}

# master_of_kind KIND: a device of that kind with a port, or false if this kernel has none.
master_of_kind() {
	local options=()
	[ "$1" != vrf ] || options=(table 10)
	ip link add "$1" type "$1" "${options[@]}" 2>/dev/null || return
	open_taps "$1-web"
	ip link set "$1-web" master "$1"
	ip link set "$1" up
	say "with a $1, too"
}

# with_stp_program COMMAND...: while there is a /sbin/bridge-stp, for the hook to see.
with_stp_program() {
	local sbin
	sbin=$(realpath /sbin)
	mkdir -p /tmp/sbin
	printf '#!/bin/sh\nexit 1\n' >/tmp/sbin/bridge-stp
	chmod +x /tmp/sbin/bridge-stp
	mount -t overlay -o "lowerdir=/tmp/sbin:$sbin" sbin "$sbin"
	"$@"
	without_stp_program
}

without_stp_program() { umount --lazy "$(realpath /sbin)"; }

stp_program() {
	held_bridge program
	add_guest program program-web
	held_bridge program2
	add_guest program2 program2-web
	ip link set program2 type bridge forward_delay 200 # for later ports; this one listens on
	with_stp_program left_to_the_program
	event start program program-web
	repaired program program-web
}

left_to_the_program() {
	stays program-web listening event start program program-web
	logged '^finding=stp-user-space severity=error guest=web .*port=program-web bridge=program .*/sbin/bridge-stp .*advice="let the program take over'
	not_logged action=
	config <<<$'[hook]\non-unrepaired = refuse'
	refused program
	stays program-web listening event reconnect program program-web
	config <<<$'[hook]\non-unrepaired = refuse\nlog-level = info'
	stays program2-web listening event start program2 program2-web
	logged '^finding=stp-user-space severity=info guest=web .*port=program2-web'
	config </dev/null
}

# refused BRIDGE: a start there, with one sentence that says what is wrong and what helps.
refused() {
	local said status=0
	said=$(domain_xml web "$(target=$1-web nic "$1")" |
		/usr/sbin/virt-netboot-qemu-hook web start begin - 2>&1 >/tmp/stdout) || status=$?
	is "exit status of start" "$status" 1
	[ ! -s /tmp/stdout ] || fail "stdout of start: $(od -c /tmp/stdout)"
	is "number of lines of '$said'" "$(wc -l <<<"$said")" 1
	[[ $said == *"'web'"*52:54:00:00:00:99*"$1"*/sbin/bridge-stp*"advice: let the program "* ]] ||
		fail "no guest, interface, cause and advice in: $said"
}

# Whoever chose another way gets that one. It comes too late for the port that is there.
other_policies() {
	local hold
	for hold in report min-delay stp-off; do
		config <<<"[bridge]
hold = $hold"
		held_bridge "$hold"
		add_guest "$hold" "$hold-web"
		log_forget
		event reconnect "$hold" "$hold-web"
		is "port with hold = $hold" "$(link_get "$hold-web" state)" listening
		logged "^finding=bridge-hold severity=error guest=web .*bridge=$hold "
		not_logged edge-port
		port_created "$hold" 52:54:00:00:00:01
		is "watchers with hold = $hold" "$(watchers network)" ""
	done
	config </dev/null
}

# hold = edge is what auto does, and no more than that: libvirt's own bridges keep their delay, too.
hold_edge() {
	held_bridge mine
	add_guest mine mine-web
	config <<<$'[bridge]\nhold = edge'
	domain_xml web "$(target=mine-web network_nic mine mine)" | qemu_hook web start begin -
	repaired mine mine-web
	network_xml mine mine 150 nodhcp | network_hook mine started begin -
	repaired mine mine-web
	config </dev/null
	network_xml mine mine 150 nodhcp | network_hook mine started begin -
	is "delay with hold = auto" "$(link_get mine forward_delay)" 200
}

# guarded BRIDGE STATE: the guard of BRIDGE-web is set, once, and the port is in that state.
guarded() {
	log_forget
	event start "$1" "$1-web"
	is "guard of $1-web" "$(link_get "$1-web" guard)" true
	is "state of $1-web" "$(link_get "$1-web" state)" "$2"
	logged "^action=bpdu-guard guest=web port=$1-web bridge=$1 result=done"
	stays "$1-web" "$2" event start "$1" "$1-web"
	not_logged bpdu-guard
}

bpdu_guard() {
	held_bridge guard1
	add_guest guard1 guard1-web
	event start guard1 guard1-web
	is "guard by default" "$(link_get guard1-web guard)" false
	config <<<$'[bridge]\nbpdu-guard = yes'
	guarded guard1 forwarding
	held_bridge guard2
	add_guest guard2 guard2-web
	guarded guard2 forwarding
	config <<<$'[bridge]\nhold = report\nbpdu-guard = yes'
	held_bridge guard3
	add_guest guard3 guard3-web
	guarded guard3 listening
	config </dev/null
}

# libvirtd was started anew: the network hook hears of ports that are there. Nobody has to wait for
# one that forwards; and one that does not is repaired at once.
port_is_there() {
	local mac=52:54:00:00:01:01
	held_bridge there
	add_guest there there-web "$(tap_of $mac)"
	log_forget
	port_created there $mac
	repaired there there-web
	logged '^action=edge-port guest=web network=net port=there-web bridge=there result=done'
	is "watchers for a port that is there" "$(watchers network)" ""
	stays there-web forwarding port_created there $mac
	nothing_logged
	is "watchers for a port that forwards" "$(watchers network)" ""
}

# forwards_within MS PORT
forwards_within() {
	local start=${EPOCHREALTIME/./}
	wait_for 5 port_is "$2" forwarding
	ms=$(((${EPOCHREALTIME/./} - start) / 1000))
	say "watched port $2: forwarding after $ms ms"
	((ms <= $1))
}

# watched BRIDGE MAC: the tap appears some time after the hook was told of it.
watched() {
	local tap=$1-web ms
	port_created "$1" "$2"
	is "watchers of $1" "$(watchers network | wc -l)" 1
	open_taps "$tap"
	plug_tap "$1" "$tap" "$(tap_of "$2")"
	forwards_within 500 "$tap" || return
	repaired "$1" "$tap"
	wait_for 2 no_watchers network
	logged "^finding=bridge-hold severity=notice guest=web network=net port=$tap bridge=$1 .*repaired=yes"
	logged "^action=edge-port guest=web network=net port=$tap bridge=$1 result=done"
}

# The best of three, for the machine may be busy.
port_comes_later() {
	local i
	for i in 1 2 3; do
		held_bridge_with_uplink "plug$i"
		! watched "plug$i" 52:54:00:00:02:0$i || return 0
	done
	fail "no watched port forwarded within 500 ms"
}

# What libvirt 9.0 wrote for a network whose bridge is its own: that gets a shorter delay, too.
port_of_a_network_comes_later() {
	local input=$SRC/tests/fixtures/hook-input/libvirt-9.0.0/15-network-routed-port-created.xml
	add_bridge virbr-rt stp_state 1 forward_delay 1500
	network_hook routed port-created begin - <"$input"
	add_guest virbr-rt vnet1 fe:54:00:68:0b:05
	# That takes 4 s with the shorter delay alone.
	wait_for 2 port_is vnet1 forwarding
	is "delay of virbr-rt" "$(link_get virbr-rt forward_delay)" 200
	wait_for 2 no_watchers network
}

guard_comes_later() {
	held_bridge later
	config <<<$'[bridge]\nbpdu-guard = yes'
	port_created later 52:54:00:00:03:01
	config </dev/null
	add_guest later later-web fe:54:00:00:03:01
	wait_for 5 port_is later-web forwarding
	is "guard of a watched port" "$(link_get later-web guard)" true
	wait_for 2 no_watchers network
}

# The bridge goes while it is watched: nobody is left, and nobody complains.
bridge_goes() {
	held_bridge gone
	log_forget
	port_created gone 52:54:00:00:04:01
	is "watchers of a bridge" "$(watchers network | wc -l)" 1
	ip link del gone
	wait_for 2 no_watchers network
	not_logged 'error=|port='
}

# A tap that has another guest's address is not the one that was meant.
another_port_comes() {
	held_bridge wrong
	port_created wrong 52:54:00:00:05:01
	open_taps wrong-web
	stays_for_a_while wrong wrong-web fe:54:00:00:05:02
	ip link del wrong
	wait_for 2 no_watchers network
}

# stays_for_a_while BRIDGE TAP MAC: for longer than a watcher lets pass before it acts.
stays_for_a_while() {
	plug_tap "$@"
	sleep 1
	is "state of $2" "$(link_get "$2" state)" listening
}

# A guest sends with the address that another one's tap is going to have, so the bridge has learnt it
# at the wrong port. It must not be taken for the tap, or keep it from being found.
address_is_spoofed() {
	local mac=52:54:00:00:06:01
	held_bridge_with_uplink spoof
	add_guest spoof spoof-other
	send_from spoof-eth-far "$(tap_of $mac)"
	is "learnt" "$(bridge fdb get "$(tap_of $mac)" br spoof)" "$(tap_of $mac) dev spoof-eth master spoof "
	port_created spoof $mac
	is "watchers of spoof" "$(watchers network | wc -l)" 1
	add_guest spoof spoof-web "$(tap_of $mac)"
	send_from spoof-eth-far "$(tap_of $mac)"
	wait_for 5 port_is spoof-web forwarding
	is "state of another port" "$(link_get spoof-other state)" listening
	wait_for 2 no_watchers network
}

# send_from DEVICE MAC: a broadcast with MAC as its source.
send_from() {
	python3 -c '
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind((sys.argv[1], 0))
s.send(b"\xff" * 6 + bytes.fromhex(sys.argv[2].replace(":", "")) + b"\x88\xb5" + bytes(46))' "$@"
}

# Ten events for one port and one for another: two watchers, as long as these ports do not come.
port_never_comes() {
	local i pids=() start left
	held_bridge never
	start=$SECONDS
	for i in {1..4}; do port_created never 52:54:00:00:07:01; done
	mapfile -t pids < <(watchers network)
	is "watchers for one port" "${#pids[@]}" 1
	port_created never 52:54:00:00:07:02
	mapfile -t pids < <(watchers network)
	is "watchers for two ports" "${#pids[@]}" 2
	for i in "${pids[@]}"; do stands_alone "$i"; done
	left=$((start + 8 - SECONDS))
	((left <= 0)) || sleep "$left"
	is "watchers after 8 s" "$(watchers network)" "$(printf '%s\n' "${pids[@]}")"
	wait_for 10 no_watchers network
}

# stands_alone PID: it is the only one in its session, and has nothing open that it was given: neither
# the three streams that libvirtd reads and writes, nor any other file.
stands_alone() {
	local group session
	read -r _ _ _ _ group session _ <"/proc/$1/stat"
	is "process group of watcher $1" "$group" "$1"
	is "session of watcher $1" "$session" "$1"
	is "files of watcher $1" \
		"$(find "/proc/$1/fd" -type l -printf '%f %l\n' | sort | sed -E 's/(:|\/)[^\/]*[0-9]\]?$//')" \
		"0 /run/virt-netboot
1 /dev/null
2 /dev/null
3 socket"
}

# What a case that failed may have left.
before_each() {
	[ ! -s /etc/virt-netboot.conf ] || config </dev/null
	[ ! -s /sbin/bridge-stp ] || without_stp_program
}

cases other_ports_keep_their_state reconnect other_operations_do_nothing by_a_script two_interfaces stp_off \
	shortest_delay blocked no_carrier port_comes_up_later bridge_comes_up_later no_port_of_a_bridge stp_program other_policies hold_edge bpdu_guard \
	port_is_there port_comes_later port_of_a_network_comes_later guard_comes_later bridge_goes \
	another_port_comes address_is_spoofed --at-once port_never_comes port_never_comes_up boots_on_a_root boots_on_a_leaf \
	boots_beside_two_uplinks
