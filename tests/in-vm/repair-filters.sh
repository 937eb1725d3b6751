#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot repair and --undo on kernels with act_csum: what tests/netns/repair.sh shows of rules, of filters; beside
# other programs' filters, with $GUESTS guests on one bridge (10 unless set; this is an emulated machine), and killed. The
# guests are files, see tests/lib/repair.sh.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/filters.sh"
. "$SRC/tests/lib/check.sh"
. "$SRC/tests/lib/repair.sh"
. "$SRC/tests/lib/crowd.sh"
sandbox "$@"
need dnsmasq tc ethtool python3
has_act_csum || skip "this kernel has no act_csum"
hooks_start
no_stp_program
stub_start
crowd_start

: "${GUESTS:=10}"
everything=(dhcp tftp dhcp6 tftp6)

before_each() {
	nothing_runs
	rm -f /etc/virt-netboot.conf
}

# a_guest N: on bridge brN, which has a server of this host's; its port is vnetN.
a_guest() {
	add_bridge "br$1"
	serve "br$1" "$1"
	add_guest_port "br$1" "vnet$1" vnet_hdr
	guest_runs web "$(target=vnet$1 nic "br$1")"
}

sees() { tap=$1 linux_guest "$2" "${everything[@]/%/=$3}"; }

# there_and_back N [PATTERN]: filters at the bridge and at the port, and all is as it was.
there_and_back() {
	local before
	before=$(picture)
	sees "vnet$1" "br$1" bad
	plans --all
	repair --all
	grep -q "^action=add-checksum-filter .*bridge=br$1 .*result=done" "$REPAIRED" || fail "$(what_it_said)"
	as_planned
	filters_are "br$1" egress:ip:udp egress:ipv6:udp
	sees "vnet$1" "br$1" ok
	repair --all
	nothing_to_repair
	plans --undo
	repair --undo
	as_planned
	filters_are "br$1"
	filters_are "vnet$1"
	put_back "repair and --undo" "$before"
	sees "vnet$1" "br$1" bad
}

at_bridge() {
	a_guest 40
	there_and_back 40
}

# Another program's filter, before which there is room.
before_others() {
	a_guest 41
	tc qdisc add dev br41 clsact
	tc filter add dev br41 egress protocol all prio 10 matchall action ok
	there_and_back 41
}

# There is none: a rule does it, where that can be; what it is about is told where it cannot.
shadowed() {
	local before
	a_guest 42
	tc qdisc add dev br42 clsact
	tc filter add dev br42 egress protocol all prio 1 matchall action ok
	printf '[checksum]\nmechanism = tc\n' >/etc/virt-netboot.conf
	before=$(picture)
	sees vnet42 br42 bad
	plans --all
	repair --all
	what_it_said
	grep -q '^finding=filter-shadowed severity=error .*bridge=br42 .*advice=' "$REPAIRED" || fail "it is not told"
	is "status" "$repaired" 2
	repair --undo
	put_back "repair and --undo" "$before"
}

# A guest that nobody asked about, whose port is on the same bridge, is served with the others.
neighbours() {
	local port
	local before
	a_guest 43
	for port in {100..107}; do
		add_guest_port br43 "vnet$port" vnet_hdr
		ip link set "vnet$port" address "fe:54:00:00:01:${port#1}" # by which a tap of libvirt's is known
	done
	before=$(picture)
	plans --domain web
	repair --domain web
	is "status: $(what_it_said)" "$repaired" 0
	as_planned
	for port in 43 {100..107}; do filters_are "vnet$port" ingress:ip:udp ingress:ipv6:udp; done
	repair --all
	nothing_to_repair
	repair --undo
	put_back "repair and --undo" "$before"
}

# ports_filters: how many of ours the guests' ports have.
ports_filters() {
	local i
	for ((i = 0; i < GUESTS; i++)); do echo "filter show dev vnet$i ingress"; done | tc -batch - 2>/dev/null | grep -c '::6e' || :
}

# There are many guests.
crowd() {
	local before i planned first again one
	own_bridge 0
	guests :br0 "$GUESTS"
	wait_for 10 ports_are forwarding "$GUESTS"
	before=$(picture)
	for i in 0 $((GUESTS - 1)); do answered "vnet$i" "${everything[@]/%/=bad}"; done
	check --domain "guest$i"
	says "GUEST guest$i vnet$i" "checksums of packets sent to it" FAIL vhost-exposed
	ms repair --all --dry-run
	planned=$took
	plans --all
	ms repair --all
	first=$took
	is "status: $(what_it_said)" "$repaired" 0
	as_planned
	one=$(tc filter show dev vnet0 ingress | grep -c '::6e')
	is "filters of all ports" "$(ports_filters)" $((one * GUESTS))
	for i in 0 $((GUESTS - 1)); do answered "vnet$i" "${everything[@]/%/=ok}"; done
	check --domain "guest$i"
	says "GUEST guest$i vnet$i" "checksums of packets sent to it" PASS
	ms repair --all
	again=$took
	nothing_to_repair
	ms repair --undo
	say "$GUESTS guests: planned $planned ms, repaired $first ms, looked at again $again ms, taken back $took ms"
	is "filters that are left" "$(ports_filters)" 0
	put_back "repair and --undo" "$before"
	for i in 0 $((GUESTS - 1)); do answered "vnet$i" "${everything[@]/%/=bad}"; done
}

# Killed at any instant: no filter is there twice, and the next one completes or takes back all.
killed() {
	local i us start wanted
	a_guest 44
	start=${EPOCHREALTIME/./}
	virt_netboot repair >/dev/null
	us=$((${EPOCHREALTIME/./} - start))
	wanted=$(tc filter show dev br44 egress | grep -c '::6e')
	virt_netboot repair --undo >/dev/null
	mkfifo /tmp/nothing
	exec 8<>/tmp/nothing
	for ((i = 0; i < 8; i++)); do
		cut_short
		repair
		filters_are br44 egress:ip:udp egress:ipv6:udp
		is "filters at the bridge" "$(tc filter show dev br44 egress | grep -c '::6e')" "$wanted"
		cut_short --undo
		repair --undo
		filters_are br44
		! tc qdisc show dev br44 | grep clsact || fail "a qdisc stays"
	done
}

cut_short() {
	LD_PRELOAD=$TOOLS/libvirt-stub.so setsid "$HOOKS/virt-netboot" repair "$@" >/dev/null 2>&1 &
	read -rt "$(printf 0.%06d $((us * RANDOM / 32768 % 1000000)))" -u 8 || true
	kill -KILL -- "-$!" 2>/dev/null || kill -KILL "$!" 2>/dev/null || true
	wait "$!" 2>/dev/null || true
}

# The first one: others leave taps.
cases crowd at_bridge before_others shadowed neighbours killed
