#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot repair where many guests run already when the package is installed: 40, with a stream through each port that
# loses nothing, beside 40 hooks one after the other; and 200. Their taps are held by a process, as QEMU holds them, and libvirt
# is only files (tests/lib/repair.sh).
#
# Not with sanitizers, for it measures.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/repair.sh"
. "$SRC/tests/lib/crowd.sh"
sandbox "$@"
need dnsmasq iptables-legacy ip6tables-legacy ethtool tc
hooks_start
no_stp_program
stub_start
crowd_start

before_each() {
	nothing_runs
	rm -f /etc/virt-netboot.conf
	virt_netboot repair --undo >/dev/null
}

# sees_outages: a port that does not forward for 10 ms loses frames, or nothing below shows anything.
sees_outages() {
	stream start
	sleep 0.5
	ip -batch - <<-END
		link set br0 type bridge stp_state 0
		link set vnet7 type bridge_slave state 1
	END
	sleep 0.01
	ip -batch - <<-END
		link set vnet7 type bridge_slave state 3
		link set br0 type bridge stp_state 1
	END
	stream stop
	stream_says 'sent [0-9]+ lost [1-9][0-9]* .*vnet7.*'
}

all_repaired() {
	ports_are forwarding "$count" || fail "some ports are delayed still: $(ports forwarding) forward"
	is "STP" "$(link_get br0 stp_state)" 1
	is "forward delay" "$(link_get br0 forward_delay)" 200
	expect_rules br0 ip4:udp ip6:udp
}

# Beside a hook for each guest, one after the other, and one for the network.
# measured: one repair after the hooks one by one, all of which does the same.
measured() {
	hooks_took=0
	all_delayed
	ms hooks_one_by_one
	hooks_took=$took
	all_repaired
	virt_netboot repair --undo >/dev/null
	all_delayed
	ms repair
	all_repaired
	is "status" "$repaired" 0
	is "ports that were changed" "$(grep -c '^action=edge-port .*result=done' "$REPAIRED")" "$1"
	say "$1 guests: repair $took ms, $(($1 + 1)) hooks $hooks_took ms: $(awk -v h="$hooks_took" -v r="$took" 'BEGIN { printf "%.1f", h / r }') times as long"
}

# It is five times as fast or more; a machine that is busy for a moment may show otherwise once.
beside_hooks() {
	local count=40 attempt hooks_took
	a_bridge
	guests net:br0 $count
	for attempt in 1 2 3; do
		measured $count
		((took >= hooks_took)) || break
		virt_netboot repair --undo >/dev/null
	done
	((took < hooks_took)) || fail "one repair takes longer than the hooks, $attempt times"
	ms repair
	nothing_to_repair
	say "a second one: $took ms"
}

# Forty forward already, and eight that have just come are delayed. The forty lose nothing, neither while the others' ports
# are changed, and the delay, nor while all is taken back.
no_port_stops() {
	local late=(late{0..7}) tap
	a_bridge 0
	guests net:br0 40
	for tap in "${late[@]}"; do
		guest_runs "guest-$tap" "$(target=$tap network_nic net br0)"
	done
	open_taps "${late[@]}"
	wait_for 5 ports_are forwarding 40
	ip link set br0 type bridge stp_state 1
	sees_outages
	for tap in "${late[@]}"; do plug_tap br0 "$tap"; done
	ports_are forwarding 40 || fail "the late ones are not delayed"
	stream start
	sleep 0.5
	repair
	count=48 all_repaired
	sleep 0.2
	repair --undo
	expect_rules br0
	sleep 0.2
	stream stop
	stream_says 'sent [0-9]+ lost 0'
	say "$said"
	is "STP" "$(link_get br0 stp_state)" 1
	ports_are forwarding 48 || fail "ports do not forward any more"
	# By the kernel's own filling, which changes the features of the bridge.
	printf '[checksum]\nmechanism = ethtool\n' >/etc/virt-netboot.conf
	ip link set br0 type bridge forward_delay 1500
	stream start
	sleep 0.5
	repair
	mended 0 'tx-checksum-off .*result=done' 'set-forward-delay .*result=done'
	sleep 0.2
	repair --undo
	stream stop
	stream_says 'sent [0-9]+ lost 0'
	say "$said"
}

# Each of 200 guests, one at a time and all together.
two_hundred() {
	local count=200 before
	a_bridge
	guests net:br0 $count
	all_delayed
	before=$(picture)
	plans --all
	is "status of the dry run" "$repaired" 1
	ports_are forwarding 0 || fail "a dry run makes ports forward"
	repair --domain guest7
	grep -q 'action=edge-port guest=guest7 .*port=vnet7 .*result=done' "$REPAIRED" || fail "$(what_it_said)"
	ports_are forwarding 1 || fail "more than one port was changed"
	ms repair
	is "ports that were changed" "$(grep -c '^action=edge-port .*result=done' "$REPAIRED")" 199
	all_repaired
	say "$count guests: repair $took ms"
	ms repair
	nothing_to_repair
	say "a second one: $took ms"
	ms repair --undo
	expect_rules br0
	say "undo: $took ms"
	delay_is br0 1500 || fail "the delay is not what it was: $(link_get br0 forward_delay)"
	put_back "repair and --undo" "$before"
}

cases beside_hooks no_port_stops two_hundred
