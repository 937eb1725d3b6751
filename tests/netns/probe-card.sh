#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A probe's card (common/kernel/card.c): it is what a guest's would be, the bridge is as it was before, and nothing of it
# is left, however its process ends.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
sandbox "$@"
need bridge dnsmasq pgrep pkill python3

CARD=$TOOLS/card
MAC=52:54:00:0b:0b:01
OWN=fe:ff:ff:0b:0b:01

# plug OPTION...: a card, $card, until unplug; its process is $card_pid.
plug() {
	local pipe=/tmp/card
	said=/tmp/card-said
	rm -f "$pipe" "$said"
	mkfifo "$pipe"
	env --default-signal "$CARD" "$@" <"$pipe" >"$said" 2>&1 8>&- &
	card_pid=$!
	exec 8>"$pipe"
	wait_for 10 test -s "$said"
	card=$(head -n 1 "$said")
}

unplug() {
	exec 8>&-
	wait "$card_pid" || fail "the card ended with $?: $(cat "$said")"
}

# cannot TEXT OPTION...: there can be no such card.
cannot() {
	local status=0 text
	text=$("$CARD" "${@:2}" </dev/null 2>&1) || status=$?
	is "status of card ${*:2}" "$status" 3
	is "card ${*:2}" "$text" "$1"
	nothing_left
}

no_card() { ! ip -br link | grep -q '^vnbprobe'; }
nothing_left() {
	wait_for 10 no_card
	! pgrep -x card >/dev/null || wait_for 10 no_process
	! compgen -G '/dev/tap*' >/dev/null || fail "a node is left: $(echo /dev/tap*)"
}
no_process() { ! pgrep -x card; }

# as_it_is DEVICE: all that could change. Timers do, by themselves, and carrier does a moment later; and of a bridge that
# never had a port another limit for TSO is shown than of one that has none any more.
as_it_is() {
	ip -j -d link show dev "$1" | sed -E 's/"[a-z_]*_timer":[^,]*,//g; s/"operstate":"[A-Z]*"//; s/"NO-CARRIER",//; s/"tso_max_size":[0-9]*//'
	bridge -j fdb show br "$1"
	bridge -j vlan show
	ip -j address show dev "$1" | sed 's/"tentative":true,//; s/"operstate":"[A-Z]*"//; s/"NO-CARRIER",//'
	cat "/proc/sys/net/ipv6/conf/$1/"{disable_ipv6,addr_gen_mode} 2>/dev/null || :
}

# note DEVICE...; is_as_before DEVICE...
note() { for_each as_it_is "$@" >/tmp/before; }
is_as_before() {
	for_each as_it_is "$@" | diff /tmp/before - || fail "$* changed"
}
for_each() { local name && for name in "${@:2}"; do "$1" "$name" | tr , '\n'; done; }

identity() { echo "$(link_get "$1" address) $(link_get "$1" mtu)"; }

# unchanged_by BRIDGE OPTION...
unchanged_by() {
	local during
	note "$1"
	during=$(identity "$1")
	plug -b "$@"
	is "MAC address and MTU of $1" "$(identity "$1")" "$during"
	is "MTU of the card" "$(link_get "$card" mtu)" "${during#* }"
	unplug
	is_as_before "$1"
	nothing_left
}

# What a tap does that nobody has taken care of.
careless_tap_changes_bridge() {
	ip link add br1 type bridge
	ip link set br1 up
	add_uplink br1 eth1
	ip link set eth1 address fe:fe:00:00:00:01 mtu 1400
	is "before" "$(identity br1)" 'fe:fe:00:00:00:01 1400'
	add_guest_port br1 tap0
	[ "$(identity br1)" != 'fe:fe:00:00:00:01 1400' ] || fail "the bridge has not changed"
	ip link set tap0 mtu 1300
	is "MTU" "$(link_get br1 mtu)" 1300
}

# The second has its uplink's MAC address, and both uplinks' MTU; the third's was set.
bridge_is_unchanged() {
	add_bridge br0 stp_state 1 forward_delay 1500
	add_uplink br0 eth0
	ip link add br1 type bridge
	ip link set br1 addrgenmode none up
	add_uplink br1 eth1
	ip link set eth1 mtu 1400
	add_bridge br2
	ip link set br2 mtu 9000
	unchanged_by br0
	unchanged_by br1 -c
	ip link set eth1 address fe:fe:00:00:00:01
	unchanged_by br1 -a fe:ff:ff:00:00:01
	# A bridge gets its link-local address with the first port that it ever has.
	plug -b br2
	unplug
	unchanged_by br2
	is "MTU" "$(link_get br2 mtu)" 9000
	is "MAC address of br1" "$(link_get br1 address)" "$(link_get eth1 address)"
}

tap_is_as_a_guests() {
	add_bridge br0 stp_state 1 forward_delay 1500
	add_uplink br0 eth0
	plug -b br0
	[[ $card =~ ^vnbprobe[0-9]+$ ]] || fail "its name is $card"
	is "MAC address" "$(link_get "$card" address)" "$OWN"
	is "state, as soon as it is there" "$(link_get "$card" state)" listening
	is "addresses" "$(ip address show dev "$card" | grep -c inet)" 0
	ip -d link show dev "$card" | grep -q 'tun type tap pi off vnet_hdr on persist off' || fail "$(ip -d link show dev "$card")"
	is "isolated" "$(link_get "$card" isolated)" false
	is "learning" "$(link_get "$card" learning)" true
	unplug
	plug -b br0 -i -f
	is "isolated" "$(link_get "$card" isolated)" true
	is "learning" "$(link_get "$card" learning)" false
	is "flood" "$(link_get "$card" flood)" false
	is "entry" "$(bridge fdb show dev "$card" | grep -c "^$MAC master br0 static")" 1
	unplug
	is "entries" "$(bridge fdb show | grep -c -e "$MAC" -e "$OWN")" 0
	# Of what another port has, nothing is taken away.
	bridge fdb add "$MAC" dev eth0 master static
	cannot 'File exists' -b br0 -f
	is "entry" "$(bridge fdb show dev eth0 | grep -c "^$MAC master br0 static")" 1
	nothing_left
}

# The host says nothing by way of it: on a bridge without an address nobody does.
tap_is_quiet() {
	ip link add br0 type bridge mcast_snooping 0
	echo 1 >/proc/sys/net/ipv6/conf/br0/disable_ipv6 2>/dev/null || :
	ip link set br0 up
	plug -b br0
	wait_for 5 port_is "$card" forwarding
	sleep 0.5
	unplug
	is "frames" "$(tail -n 1 "$said")" "0 frames"
}

# A frame that it sends has that source, and comes to others.
tap_sends() {
	add_bridge br0
	add_uplink br0 eth0
	plug -b br0 -s
	wait_for 5 knows "$MAC" "$card"
	is "itself" "$("$CARD" find br0 "$OWN")" br0
	is "the bridge" "$("$CARD" find br0 "$(link_get br0 address)")" br0
	is "the uplink's own is the host's" "$("$CARD" find br0 "$(link_get eth0 address)")" br0
	bridge fdb add 52:54:00:00:00:77 dev eth0 master static
	is "another" "$("$CARD" find br0 52:54:00:00:00:77)" eth0
	is "unknown" "$("$CARD" find br0 52:54:00:00:00:78)" none
	add_bridge br1
	is "on another bridge" "$("$CARD" find br1 "$MAC")" none
	unplug
	is "afterwards" "$("$CARD" find br0 "$MAC")" none
	nothing_left
}

knows() { [ "$("$CARD" find br0 "$1")" = "$2" ]; }

macvtap_is_as_a_guests() {
	local mode
	add_card eth8
	for mode in bridge vepa private; do
		plug -p eth8 -m "$mode" -s
		[[ $card =~ ^vnbprobe[0-9a-f]{7}$ ]] || fail "its name is $card"
		is "MAC address" "$(link_get "$card" address)" "$MAC"
		is "mode" "$(link_get "$card" mode)" "$mode"
		is "addresses" "$(ip address show dev "$card" | grep -c inet)" 0
		unplug
		is "MAC address of eth8" "$(ip -d link show dev eth8 | grep -c 'promiscuity 0')" 1
		nothing_left
	done
}

macvtap_refused() {
	add_card eth7
	add_card eth8
	add_bridge br0
	add_uplink br0 eth0
	cannot 'Operation not supported' -p eth8 -m passthrough
	cannot 'Device or resource busy' -p eth0
	ip link add link eth7 name whole type macvtap mode passthru
	cannot 'Invalid argument' -p eth7
	plug -p eth8
	! "$CARD" -p eth8 </dev/null >/tmp/said 2>&1 || fail "two of the same address"
	is "the same address" "$(cat /tmp/said)" 'Address already in use'
	ip link show dev "$card" >/dev/null || fail "the first is gone"
	unplug
	nothing_left
	ip link show dev whole >/dev/null || fail "another program's is gone"
}

tap_refused() {
	add_card eth8
	cannot 'Operation not supported' -b eth8
	ip link add br0 type bridge
	ip link delete br0
	cannot 'No such device' -b br0
}

# What is at /dev/tapN may be an earlier device's.
macvtap_nodes() {
	local next node
	add_card eth8
	next=$(($(ip -o link | sed 's/:.*//' | sort -n | tail -n 1) + 1))
	for ((node = next; node < next + 20; node++)); do mknod "/dev/tap$node" c 1 3; done
	plug -p eth8 -s
	unplug
	rm -f /dev/tap*
	nothing_left
}

names_in_use() {
	add_bridge br0
	ip tuntap add vnbprobe0 mode tap
	plug -b br0
	is "name" "$card" vnbprobe1
	unplug
	ip link show dev vnbprobe0 >/dev/null || fail "another program's is gone"
	ip link delete vnbprobe0
	nothing_left
}

# ends_by SIGNAL: the card, and what waits for its end gets the signal, too, as from a terminal.
ends_by() {
	pkill -"$1" -P 1 -x card || fail "no guardian"
	kill -"$1" "$card_pid"
	wait "$card_pid" && fail "ended without an error"
	nothing_left
}

signals() {
	local signal
	add_bridge br0
	add_card eth8
	for signal in INT TERM HUP KILL; do
		plug -b br0
		kill -"$signal" "$card_pid"
		wait "$card_pid" && fail "ended without an error"
		nothing_left
	done
	for signal in INT TERM HUP; do
		plug -p eth8
		ends_by "$signal"
	done
	plug -p eth8
	kill -KILL "$card_pid"
	wait "$card_pid" && fail "ended without an error"
	nothing_left
	# Without its guardian it would stay.
	plug -p eth8
	pkill -KILL -P 1 -x card || fail "no guardian"
	kill -KILL "$card_pid"
	wait "$card_pid" && fail "ended without an error"
	ip link delete "$card"
	# Its guardian is killed, and it is not: then it does all by itself.
	plug -p eth8
	pkill -KILL -P 1 -x card || fail "no guardian"
	unplug
	nothing_left
}

# kill_at MICROSECONDS OPTION...
kill_at() {
	local wait=$1
	shift
	"$CARD" "$@" <>/tmp/never >/dev/null 2>&1 8>&- &
	sleep "$(printf '0.%06d' "$wait")"
	kill -KILL $! 2>/dev/null || :
	wait $! 2>/dev/null || :
}

killed_at_any_instant() {
	local i
	add_bridge br0 stp_state 1 forward_delay 1500
	add_uplink br0 eth0
	add_card eth8
	[ -e /tmp/never ] || mkfifo /tmp/never
	note br0 eth8
	for ((i = 0; i < 30; i++)); do
		kill_at $((RANDOM % 6000)) -b br0 -f -i
		kill_at $((RANDOM % 12000)) -p eth8
	done
	nothing_left
	is_as_before br0 eth8
}

bridge_goes_away() {
	add_bridge br0
	plug -b br0
	ip link delete br0
	unplug
	nothing_left
	add_card eth8
	plug -p eth8
	ip link delete eth8
	unplug
	nothing_left
}

# It has another name by then.
renamed() {
	add_card eth8
	plug -p eth8
	ip link set "$card" down
	ip link set "$card" name other0
	kill -KILL "$card_pid"
	wait_for 10 gone other0
	# What is there by its name is another's.
	plug -p eth8
	ip link delete "$card"
	ip link add "$card" type bridge
	unplug
	ip link show dev "$card" >/dev/null || fail "another program's is gone"
	ip link delete "$card"
}

gone() { ! ip link show dev "$1"; }

many_at_once() {
	local i
	add_bridge br0
	add_uplink br0 eth0
	add_card eth8
	for ((i = 10; i < 30; i++)); do
		start "$CARD" -a "52:54:00:0b:0c:$i" -b br0 -s </dev/null >/dev/null
		start "$CARD" -a "52:54:00:0b:0d:$i" -p eth8 </dev/null >/dev/null
	done
	join
	nothing_left
}

server_process() {
	add_bridge br0
	add_bridge br1
	is "nobody" "$("$CARD" server 4 br0)" none
	serve br0 150
	is "of br0" "$("$CARD" server 4 br0)" "dnsmasq $!"
	is "of any" "$("$CARD" server 4 '')" "dnsmasq $!"
	is "of br0, IPv6" "$("$CARD" server 6 br0)" "dnsmasq $!"
	is "of br1" "$("$CARD" server 4 br1)" none
	python3 -c '
import ctypes, signal, socket
ctypes.CDLL(None).prctl(15, b"a\x1b[2Jb")
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
server.bind(("0.0.0.0", 67))
signal.pause()' &
	wait_for 10 server_is br1 $'a\e[2Jb '$!
	is "of br0" "$("$CARD" server 4 br0 | cut -d ' ' -f 1)" dnsmasq
}

server_is() { [ "$("$CARD" server 4 "$1")" = "$2" ]; }

# Each in a network of its own.
before_each() {
	ip -o link show | sed 's/^[0-9]*: \([^:@]*\).*/\1/' | sed '/^lo$/d' | while read -r device; do
		ip link delete "$device" 2>/dev/null || :
	done
}

cases careless_tap_changes_bridge bridge_is_unchanged tap_is_as_a_guests tap_is_quiet tap_sends macvtap_is_as_a_guests macvtap_refused tap_refused \
	macvtap_nodes names_in_use signals killed_at_any_instant bridge_goes_away renamed many_at_once server_process
