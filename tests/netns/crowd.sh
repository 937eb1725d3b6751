#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Sixty guests start at once while 48 processes want all there is of the processors, on an ordinary host: its bridge
# runs STP with a forward delay of 15 s and is the root, a DHCP server is on it, libvirt has rules in the legacy
# table, and the configuration is the default one. No guest is lost, three times in a row: each of their ports
# forwards in time, while the port of a guest without a hook is delayed. A hook whose deadline passes has at least
# seen to the port.
#
# Runs alone: it takes all of the machine.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need python3 dnsmasq iptables-legacy ip6tables-legacy
hooks_start
no_stp_program

CROWD=60 BUSY=48 ROUNDS=3

# Seconds from the first hook to the last port: the hook's deadline, and as long as its background process waits for
# the bridge's next hello. A port that nobody sees to takes 30.
PATIENCE=20

LISTENING=1 FORWARDING=3 # as /sys has them

# What is looked at often is read from /sys, without starting a program: sets $state, $forwarding.
state_of() { read -r state <"/sys/class/net/$1/brport/state"; }
count_forwarding() {
	local tap state
	forwarding=0
	for tap in "${taps[@]}"; do
		state_of "$tap"
		((state != FORWARDING)) || forwarding=$((forwarding + 1))
	done
}

milliseconds_since() { ms=$(((${EPOCHREALTIME/./} - $1) / 1000)); }

# An uplink that forwards, as on a host that is up for a while.
make_host() {
	local iptables
	add_bridge crowd
	add_uplink crowd crowd-eth
	port_is crowd-eth forwarding || fail "the uplink does not forward"
	ip link set crowd type bridge stp_state 1 forward_delay 1500
	serve crowd 46
	: >/dev/vhost-net
	for iptables in iptables-legacy ip6tables-legacy; do
		$iptables -t mangle -N LIBVIRT_PRT
		$iptables -t mangle -I POSTROUTING -j LIBVIRT_PRT
	done
	iptables-legacy -t mangle -A LIBVIRT_PRT -o virbr0 -p udp --dport 68 -j CHECKSUM --checksum-fill
}

# Each guest has an address and a name of its own.
make_guests() {
	local i mac tap
	mapfile -t taps < <(seq -f crowd%g $CROWD)
	open_taps "${taps[@]}" alone
	for i in "${!taps[@]}"; do
		printf -v mac 54:00:00:00:%02x "$i"
		say "link set ${taps[i]} address fe:$mac" >>/tmp/addresses.batch
		domain_xml "${taps[i]}" "$(target=${taps[i]} nic crowd)" |
			sed "s/address='[^']*'/address='52:$mac'/" >"/tmp/${taps[i]}.xml"
	done
	ip -batch /tmp/addresses.batch
	for tap in "${taps[@]}" alone; do
		printf 'link set %s nomaster\nlink set %s master crowd up\n' "$tap" "$tap"
	done >/tmp/plug.batch
}

# at_gate NAME: returns when it opens, for all at once.
at_gate() {
	: >"/tmp/ready/$1"
	: </tmp/gate
}

all_at_gate() {
	local ready=(/tmp/ready/*)
	((${#ready[@]} == CROWD + BUSY))
}

# Does nothing as fast as it can.
busy() {
	at_gate "busy$1"
	while :; do :; done
}

# guest TAP: its hook; leaves its status and the milliseconds that it took.
guest() {
	local begin ms status=0
	at_gate "$1"
	begin=${EPOCHREALTIME/./}
	/usr/sbin/virt-netboot-qemu-hook "$1" start begin - <"/tmp/$1.xml" >"/tmp/$1.said" 2>&1 || status=$?
	milliseconds_since "$begin"
	say "$ms $status $(<"/tmp/$1.said")" >"/tmp/$1.ended"
}

# start_all: the hooks of all guests at once, until the last has ended; sets $begin, and $slowest. The $busy go on.
start_all() {
	local i tap guests=() ms said
	rm -rf /tmp/ready /tmp/gate /tmp/*.ended
	mkdir /tmp/ready
	mkfifo /tmp/gate
	busy=()
	for ((i = 0; i < BUSY; i++)); do
		busy "$i" &
		busy+=($!)
	done
	for tap in "${taps[@]}"; do
		guest "$tap" &
		guests+=($!)
	done
	wait_for 30 all_at_gate
	begin=${EPOCHREALTIME/./}
	exec 7>/tmp/gate
	wait "${guests[@]}"
	exec 7>&-
	slowest=0
	for tap in "${taps[@]}"; do
		read -r ms said <"/tmp/$tap.ended"
		is "status and output of the hook for $tap" "$said" 0
		((ms <= slowest)) || slowest=$ms
	done
}

# The fault: all of them are delayed.
plug_all() {
	local tap state
	ip -batch /tmp/plug.batch
	for tap in "${taps[@]}" alone; do
		state_of "$tap"
		is "state of $tap before its guest starts" "$state" $LISTENING
	done
}

# Sets $ms, since the first hook, and $forwarding.
wait_for_ports() {
	count_forwarding
	milliseconds_since "$begin"
	while ((forwarding < CROWD && ms < PATIENCE * 1000)); do
		read -rt 0.1 -u 8 || :
		count_forwarding
		milliseconds_since "$begin"
	done
}

once() {
	local busy begin slowest ms forwarding deadlines state
	log_forget
	plug_all
	start_all
	wait_for_ports
	state_of alone
	kill "${busy[@]}"
	wait "${busy[@]}" || :
	deadlines=$(log_lines | grep -c 'deadline of .* passed') || :
	say "$forwarding of $CROWD ports forward after $ms ms; slowest hook: $slowest ms; deadlines that passed: $deadlines"
	((forwarding == CROWD)) || fail "$((CROWD - forwarding)) ports do not forward"
	((state != FORWARDING)) || fail "the port of a guest without a hook forwards as well"
	not_logged 'result=failed'
}

mkfifo /tmp/nothing
exec 8<>/tmp/nothing # to wait without starting a program

make_host
make_guests
for ((round = 0; round < ROUNDS; round++)); do once; done
