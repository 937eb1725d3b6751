#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# An administrator's firewall changes the mangle table 1000 times, while networks on four
# bridges start and stop 200 times in all: no rule of either side is lost or doubled. The
# kernel only knows whole tables, so this holds only as long as both take the same lock.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need iptables-legacy ip6tables-legacy
hooks_start

ROUNDS=500
RUNS=50 # per bridge

mangle() { iptables-legacy -w -t mangle "$@"; }

# Adds ROUNDS rules, and right after each takes the one before away, but for every tenth. A delete
# fails when its rule was lost; that one was doubled shows in the end.
firewall() {
	local i
	for ((i = 1; i <= ROUNDS; i++)); do
		mangle -A POSTROUTING -m mark --mark "$i" -j ACCEPT || fail "add of rule $i"
		((i % 10 == 1)) || mangle -D POSTROUTING -m mark --mark $((i - 1)) -j ACCEPT ||
			fail "rule $((i - 1)) was lost"
	done
	mangle -D POSTROUTING -m mark --mark "$ROUNDS" -j ACCEPT
	: >/tmp/firewall-done
}

# What firewall leaves: 10, 20, ... but for the last.
firewall_rules() {
	for ((i = 10; i < ROUNDS; i += 10)); do
		printf -- '-A POSTROUTING -m mark --mark 0x%x -j ACCEPT\n' "$i"
	done
}

# The network BRIDGE is started and stopped in turn. Its rules are checked each time: the next
# run would mend, and so hide, what this one lost.
network() {
	local bridge=$1 run
	for ((run = 0; run < RUNS; run += 2)); do
		network_xml "$bridge" "$bridge" 150 dhcp6 | network_hook "$bridge" started begin -
		expect_rules "$bridge" ip4:68 ip6:546
		[ ! -e /tmp/firewall-done ] || : >/tmp/firewall-was-first
		network_xml "$bridge" "$bridge" 150 dhcp6 | network_hook "$bridge" stopped end -
		expect_rules "$bridge"
	done
}

# Guests that start on a host bridge meanwhile: their rule is made once and stays.
guests() {
	local run
	: >/dev/vhost-net
	for ((run = 0; run < RUNS; run++)); do
		domain_xml web "$(nic host)" | qemu_hook web prepare begin -
		is "delay of the host bridge" "$(link_get host forward_delay)" 200
	done
}

names=(br1 br2 br3 br4)
for bridge in "${names[@]}"; do add_bridge "$bridge" stp_state 1 forward_delay 1500; done
add_bridge host stp_state 1 forward_delay 1500

start firewall
for bridge in "${names[@]}"; do start network "$bridge"; done
start guests
join

is "rules of the firewall" "$(mangle -S POSTROUTING | grep -v '^-P')" "$(firewall_rules)"
not_logged 'result=failed|error='
say "$ROUNDS adds and deletes, $((RUNS * ${#names[@]})) runs of the network hook, $RUNS of the qemu hook"
