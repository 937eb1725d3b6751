#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot repair and --undo that are killed at any instant, run fifty at a time, and beside hooks: STP stays on, the delay
# is the old or the new one, no rule is there twice, no port that forwarded stops. The next repair completes all, and the
# next --undo takes all back.
#
# REPAIR_KILLS=500 of each.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/check.sh"
. "$SRC/tests/lib/repair.sh"
sandbox "$@"
need iptables-legacy ip6tables-legacy ethtool tc
hooks_start
no_stp_program
stub_start
use_legacy_tables
: "${REPAIR_KILLS:=40}"

BRIDGE=/sys/class/net/cut/bridge
PORTS=(vnet0 vnet1 vnet2)

# set_up: a network whose bridge delays, and guests on it.
set_up() {
	local port
	add_bridge cut stp_state 1 forward_delay 1500
	network_runs net cut 81 dhcp6
	open_taps "${PORTS[@]}"
	for port in "${PORTS[@]}"; do
		plug_tap cut "$port"
		guest_runs "guest-$port" "$(target=$port network_nic net cut)"
	done
	mkfifo /tmp/nothing
	exec 8<>/tmp/nothing
}

# nap MICROSECONDS, without starting a program.
nap() { read -rt "$(printf %d.%06d $(($1 / 1000000)) $(($1 % 1000000)))" -u 8 || true; }

# delay_again: the ports are as if they had just come.
delay_again() {
	local port
	for port in "${PORTS[@]}"; do printf 'link set %s nomaster\nlink set %s master cut\n' "$port" "$port"; done | ip -batch -
}

# look: sets $stp, $delay, $states and $rules. Without starting a program where that can be.
look() {
	local port state
	read -r stp <"$BRIDGE/stp_state"
	read -r delay <"$BRIDGE/forward_delay"
	states=
	for port in "${PORTS[@]}"; do
		read -r state <"/sys/class/net/$port/brport/state"
		states+=$state
	done
	rules=$(rules cut | summary | sort | xargs)
}

# whole WHEN: no half steps. A port listens (1), learns (2) or forwards (3).
whole() {
	local stp delay states rules
	look
	is "STP, $1" "$stp" 1
	[[ $delay =~ ^(200|1500)$ ]] || fail "a delay that nobody set, $1: $delay"
	[[ $states =~ ^[123]*$ ]] || fail "states of ports, $1: $states"
	[[ $rules =~ ^(|ip4:68|ip6:546|ip4:68 ip6:546)$ ]] || fail "rules, $1: $rules"
	[[ $states =~ 3 || $rules ]] || none=$((none + 1))
	[[ "$delay $states $rules" != '200 333 ip4:68 ip6:546' ]] || all=$((all + 1))
}

# all_is REPAIRED|UNDONE WHEN: ports that forward go on, whatever is undone.
all_is() {
	local stp delay states rules
	look
	case $1 in
	repaired) is "$2" "$stp $delay $states $rules" '1 200 333 ip4:68 ip6:546' ;;
	undone) is "$2" "$stp $delay $states $rules" '1 1500 333 ' ;;
	esac
}

# victim OPTION...: sets $victim.
victim() {
	LD_PRELOAD=$TOOLS/libvirt-stub.so exec -a victim setsid "$HOOKS/virt-netboot" repair "$@" >/tmp/victim 2>&1 &
	victim=$!
}

victim_gone() { ! kill -0 -- "-$victim" 2>/dev/null; }

# time_victim OPTION...: sets $us.
time_victim() {
	local start=${EPOCHREALTIME/./}
	victim "$@"
	wait "$victim" || :
	us=$((${EPOCHREALTIME/./} - start))
}

# cut_short OPTION...: at any moment of its $us, or somewhat later.
cut_short() {
	victim "$@"
	nap $((us * RANDOM / 26214)) # 5/4 of it at most
	kill -KILL -- "-$victim" 2>/dev/null || true
	kill -KILL "$victim" 2>/dev/null || true
	wait "$victim" 2>/dev/null || true
	wait_for 5 victim_gone
}

killed() {
	local i us repair_us undo_us none all before victim
	time_victim
	repair
	all_is repaired "after a repair"
	time_victim --undo
	delay_again
	time_victim
	repair_us=$us
	time_victim --undo
	undo_us=$us
	all_is undone "after an undo"
	before=$(picture)
	none=0 all=0
	for ((i = 0; i < REPAIR_KILLS; i++)); do
		delay_again
		us=$repair_us cut_short
		whole "after repair $i was killed"
		repair
		is "status after repair $i was killed" "$repaired" 0
		all_is repaired "after repair $i was killed, and another"
		us=$undo_us cut_short --undo
		whole "after undo $i was killed"
		repair --undo
		is "status after undo $i was killed" "$repaired" 0
		all_is undone "after undo $i was killed, and another"
	done
	put_back "what was killed" "$before"
	say "$i repairs killed within $((repair_us * 5 / 4)) us, and undos within $((undo_us * 5 / 4)) us; all was done $all times, nothing $none times"
	((all > 0 && none > 0)) || fail "all of them came too late or too early"
}

# Somebody types Ctrl-C when the first line is there: no other is begun, or all are done.
interrupted() {
	local i status=0
	for ((i = 0; i < 5; i++)); do
		delay_again
		status=0
		LD_PRELOAD=$TOOLS/libvirt-stub.so python3 "$SRC/tests/lib/at-terminal.py" action= "$HOOKS/virt-netboot" repair \
			>/tmp/said || status=$?
		((status == 0 || status == 130)) || fail "status $status: $(cat /tmp/said)"
		none=0 all=0 whole "after Ctrl-C"
		repair
		all_is repaired "after Ctrl-C, and another repair"
		LD_PRELOAD=$TOOLS/libvirt-stub.so python3 "$SRC/tests/lib/at-terminal.py" action= "$HOOKS/virt-netboot" repair --undo \
			>/tmp/said || :
		none=0 all=0 whole "after Ctrl-C of an undo"
		repair --undo
		all_is undone "after Ctrl-C, and another undo"
	done
}

# one KIND NAME: of those that run at once; its status is kept.
one() {
	local status=0
	case $1 in
	repair) LD_PRELOAD=$TOOLS/libvirt-stub.so "$HOOKS/virt-netboot" repair ;;
	undo) LD_PRELOAD=$TOOLS/libvirt-stub.so "$HOOKS/virt-netboot" repair --undo ;;
	network) network_xml net cut 81 dhcp6 | network_hook net started begin - ;;
	guest) sed "s/ id='7'//" "$STUB/guests/guest-vnet1" | qemu_hook guest-vnet1 reconnect begin - ;;
	esac >"/tmp/said-$2" 2>&1 || status=$?
	echo "$1 $status" >"/tmp/status-$2"
}

# at_once KIND COUNT...
at_once() {
	local i
	rm -f /tmp/status-*
	while (($# > 0)); do
		for ((i = 0; i < $2; i++)); do start one "$1" "$1$i"; done
		shift 2
	done
	join
}

# statuses_are KIND-AND-STATUS...
statuses_are() { is "statuses; $(cat /tmp/said-*)" "$(sort -u /tmp/status-*)" "$(printf '%s\n' "$@")"; }

fifty_at_once() {
	delay_again
	log_forget
	at_once repair 50 network 8 guest 8
	all_is repaired "after 50 repairs at once"
	statuses_are 'guest 0' 'network 0' 'repair 0'
	not_logged 'result=failed|error='
	repair
	nothing_to_repair
	at_once undo 50
	all_is undone "after 50 undos at once"
	statuses_are 'undo 0'
	not_logged 'result=failed|error='
	repair --undo
	is "undo once more" "$(what_it_said)" 'nothing to take back'
}

# Whoever comes last; and then what was asked for last.
repairs_beside_undos() {
	local i none=0 all=0
	for i in {1..5}; do
		delay_again
		at_once repair 10 undo 10 network 3 guest 3
		whole "after repairs and undos at once"
		# Whose work was undone says that something is left.
		! grep -vE '^((repair|undo|network|guest) 0|repair [12])$' /tmp/status-* || fail "something failed: $(cat /tmp/said-*)"
		repair
		is "status after round $i: $(what_it_said)" "$repaired" 0
		all_is repaired "in round $i"
		repair --undo
		all_is undone "in round $i"
	done
}

set_up
cases killed interrupted fifty_at_once repairs_beside_undos
