#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A probe's card in a bridge that filters VLANs: it is in the one VLAN, and no other; and the bridge is as before.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
sandbox "$@"
need bridge
(ip link add vlantest type bridge vlan_filtering 1 && ip link del vlantest) 2>/dev/null ||
	skip "this kernel has no CONFIG_BRIDGE_VLAN_FILTERING"

CARD=$TOOLS/card
MAC=52:54:00:0b:0b:01

# plug OPTION...: a card, $card, until unplug.
plug() {
	rm -f /tmp/card /tmp/card-said
	mkfifo /tmp/card
	"$CARD" "$@" </tmp/card >/tmp/card-said 2>&1 8>&- &
	card_pid=$!
	exec 8>/tmp/card
	wait_for 60 test -s /tmp/card-said
	card=$(head -n 1 /tmp/card-said)
}

unplug() {
	exec 8>&-
	wait "$card_pid" || fail "the card ended with $?: $(cat /tmp/card-said)"
}

vlans() { bridge vlan show dev "$1" | sed "s/^$1//; 1d" | xargs; }
tables() { bridge vlan show && bridge fdb show br "$1" | grep master; }
knows() { [ "$("$CARD" find "$1" "$2")" = "$3" ]; }

# is_in BRIDGE VLANS OPTION...
is_in() {
	local before
	before=$(tables "$1")
	plug -b "$1" "${@:3}"
	is "VLANs with ${*:3}" "$(vlans "$card")" "$2"
	unplug
	is "VLANs and forwarding table of $1" "$(tables "$1")" "$before"
}

one_vlan() {
	add_bridge br0 vlan_filtering 1
	add_uplink br0 eth0
	bridge vlan add dev eth0 vid 40-44
	is_in br0 '1 PVID Egress Untagged'
	is_in br0 '42 PVID Egress Untagged' -v 42
	is_in br0 '1 PVID Egress Untagged' -v 1
	add_bridge br1 vlan_filtering 1 vlan_default_pvid 42
	is_in br1 '42 PVID Egress Untagged' -v 42
	is_in br1 '7 PVID Egress Untagged' -v 7
	add_bridge br2 vlan_filtering 1 vlan_default_pvid 0
	is_in br2 '' -i
	is_in br2 '42 PVID Egress Untagged' -v 42
}

entries_of_vlans() {
	add_bridge br3 vlan_filtering 1
	add_uplink br3 eth3
	plug -b br3 -v 42 -s
	wait_for 60 knows br3 "$MAC" "$card"
	is "the bridge itself" "$("$CARD" find br3 "$(link_get br3 address)")" br3
	bridge fdb add 52:54:00:00:00:77 dev eth3 master static vlan 1
	is "another" "$("$CARD" find br3 52:54:00:00:00:77)" eth3
	is "unknown" "$("$CARD" find br3 52:54:00:00:00:78)" none
	unplug
	plug -b br3 -v 42 -f
	is "entry" "$(bridge fdb show dev "$card" | grep -c "^$MAC vlan 42 master br3 static")" 1
	unplug
	is "entries" "$(bridge fdb show | grep -c "$MAC")" 0
}

cases one_vlan entries_of_vlans
