#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot check, of this host and of bridges: each fault is made and seen by a guest first, then check says it;
# and where there is none, it says so.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/check.sh"
sandbox "$@"
need dnsmasq iptables-legacy tc jq
hooks_start
no_stp_program

HOLD="time until a new port forwards"
CHECKSUMS="checksums of this host's replies"

# enabled: libvirt would run the hooks.
enabled() { "$HOOKS/virt-netboot" enable; }
disabled() { "$HOOKS/virt-netboot" disable; }

delay() {
	add_bridge slow stp_state 1 forward_delay 1500
	serve slow 81
	patience=7 tap=slow-web firmware_guest slow dhcp=none
	check --bridge slow
	ends_with 2
	says "BRIDGE slow" "$HOLD" FAIL '30\.0 s; bridge-hold; ip link set dev slow type bridge forward_delay 200'
	says "BRIDGE slow" "spanning tree" PASS "this bridge is the root"

	say "with the hooks, a guest's port is an edge port"
	enabled
	check --bridge slow
	says "BRIDGE slow" "$HOLD" NOTE '30\.0 s, but the hook makes .* edge ports; bridge-hold'
	: >/sbin/bridge-stp
	chmod +x /sbin/bridge-stp
	check --bridge slow
	says "BRIDGE slow" "$HOLD" FAIL '30\.0 s'
	rm /sbin/bridge-stp
	disabled

	say "the cure that it prints"
	bash -c "$(sed -n 's/.*bridge-hold; \(ip .*\))$/\1/p' "$CHECKED")"
	tap=slow-web2 firmware_guest slow dhcp=ok
	check --bridge slow
	says "BRIDGE slow" "$HOLD" PASS '4\.0 s'
	ip link set slow type bridge stp_state 0 forward_delay 1500
	check --bridge slow
	says "BRIDGE slow" "$HOLD" PASS '0\.0 s'
	says "BRIDGE slow" "spanning tree" PASS off
}

not_root() {
	add_bridge low stp_state 1 forward_delay 200
	add_better_root low
	wait_for 10 delay_is low 1500
	check --bridge low
	ends_with 2
	says "BRIDGE low" "$HOLD" FAIL '30\.0 s; bridge-hold-not-root; shorten the forward delay of the root bridge'
	says "BRIDGE low" "spanning tree" NOTE 'the root is 0000\.02'
}

# Two bridges with two cables between them: one port blocks, and the others change the topology when they forward.
topology() {
	local bridge cable
	for bridge in left right; do add_bridge "$bridge" stp_state 1 forward_delay 200 max_age 600; done
	check --bridge left --bridge right
	says "BRIDGE left" "spanning tree" PASS 'this bridge is the root'
	! grep 'topology is changing' "$CHECKED" || fail "nothing forwards"
	for cable in 1 2; do
		ip link add "left-$cable" type veth peer name "right-$cable"
		ip link set "left-$cable" master left up
		ip link set "right-$cable" master right up
	done
	wait_for 10 ports_are blocking 1
	wait_for 20 ports_are forwarding 3
	wait_for 10 topology_change_is left 1
	wait_for 10 topology_change_is right 1
	check --bridge left --bridge right
	is "both say it" "$(grep -c 'spanning tree.*; the topology is changing' "$CHECKED")" 2

	say "after the forward delay and the maximum age"
	wait_for 30 topology_change_is left 0
	wait_for 10 topology_change_is right 0
	check --bridge left --bridge right
	! grep 'topology is changing' "$CHECKED" || fail "it is not"
	ip link del left
	ip link del right
}
topology_change_is() { [ "$(link_get "$1" topology_change)" = "$2" ]; }
ports_are() {
	local port count=0
	for port in {left,right}-{1,2}; do ! port_is "$port" "$1" || count=$((count + 1)); done
	[ "$count" = "$2" ]
}

uplinks() {
	add_bridge lan
	check --bridge lan
	ends_with 0
	says "BRIDGE lan" uplinks PASS none
	add_uplink lan lan-eth
	check --bridge lan
	says "BRIDGE lan" uplinks PASS 'lan-eth forwards'
	ip link set lan-eth-far down
	wait_for 5 port_is lan-eth disabled
	check --bridge lan
	ends_with 1
	says "BRIDGE lan" uplinks WARN 'uplink-down'
	ip link set lan type bridge stp_state 1 forward_delay 3000
	ip link set lan-eth-far up
	wait_for 10 port_is lan-eth listening
	check --bridge lan
	says "BRIDGE lan" uplinks FAIL 'listening and forwards in [0-9.]* s.*uplink-held'
}

checksums() {
	add_bridge csum
	check --bridge csum
	says "BRIDGE csum" "$CHECKSUMS" PASS "no DHCP server"
	serve csum 82
	linux_guest csum dhcp=bad tftp=bad
	: >/dev/vhost-net
	check --bridge csum
	ends_with 2
	says "BRIDGE csum" "$CHECKSUMS" FAIL 'vhost-net.*; vhost-exposed; iptables -t mangle'
	iptables-legacy -t mangle -I POSTROUTING -o csum -p udp --dport 68 -j CHECKSUM --checksum-fill
	ip6tables-legacy -t mangle -I POSTROUTING -o csum -p udp -j CHECKSUM --checksum-fill
	linux_guest csum dhcp=ok tftp=bad
	check --bridge csum
	says "BRIDGE csum" "$CHECKSUMS" FAIL 'nothing that completes all UDP checksums'
	rm /dev/vhost-net
	check --bridge csum
	says "BRIDGE csum" "$CHECKSUMS" FAIL 'checksum-tftp-unfilled'
	iptables-legacy -t mangle -I POSTROUTING -o csum -p udp -j CHECKSUM --checksum-fill
	linux_guest csum dhcp=ok tftp=ok
	check --bridge csum
	ends_with 0
	says "BRIDGE csum" "$CHECKSUMS" PASS 'a rule of libvirt or of the administrator'
	iptables-legacy -t mangle -F
	ip6tables-legacy -t mangle -F
}

kinds() {
	add_card wire
	check --bridge wire
	ends_with 1
	says "BRIDGE wire" device WARN not-a-bridge
	says_not "BRIDGE wire" "$HOLD"
	add_bridge off
	ip link set off down
	check --bridge off
	says "BRIDGE off" device WARN bridge-down
}

# A bridge that is named and does not exist is an error, as a network or guest is. The others are looked at.
absent() {
	add_bridge there
	check --bridge nowhere --bridge there
	ends_with 3
	is "messages" "$(cat "$CHECKED.errors")" \
		"virt-netboot: there is no bridge 'nowhere' in this network namespace; 'ip link' lists what there is"
	says_not "BRIDGE nowhere" device
	says "BRIDGE there" device PASS
	check --bridge there
	ends_with 0
	is "messages" "$(cat "$CHECKED.errors")" ''
}

# Names of devices hold nearly any byte.
hostile_names() {
	local name=$'a\e[31m$(reboot)'
	ip link add "$name" type bridge stp_state 1 forward_delay 1500
	ip link set "$name" up
	check
	# shellcheck disable=SC2016 # it is a name
	says 'BRIDGE a\x1b[31m$(reboot)' "$HOLD" FAIL bridge-hold
	! grep -q $'\e' "$CHECKED" || fail "an escape"
	ip link del "$name"
}

# What can be no device's name has no device, and is not cut to one that has.
no_names() {
	local name
	add_bridge abcdefghijklmno
	for name in "" abcdefghijklmnop a/b "a b" ..; do
		check --bridge "$name"
		ends_with 64
		grep -q "^virt-netboot: --bridge must be a device's name" "$CHECKED.errors" || fail "$(cat "$CHECKED.errors")"
	done
}

# What is asked for twice is said once.
twice() {
	add_bridge pair stp_state 1 forward_delay 1500
	check --bridge pair
	cp "$CHECKED" /tmp/once
	check --bridge pair --bridge pair
	ends_with 2
	diff /tmp/once "$CHECKED" || fail "it is not the same"
}

# What is wrong there is said, and its default holds, as in a hook. Nothing was left unchecked by that.
configuration() {
	add_bridge right forward_delay 1500
	config <<<$'[bridge]\nhold = egde\ngarbage'
	check --bridge right
	ends_with 0
	grep -q "virt-netboot.conf:2: .*'egde' is ignored" "$CHECKED.errors" || fail "$(cat "$CHECKED.errors")"
	! grep 'not all could be checked' "$CHECKED" || fail "all was checked"
	rm /etc/virt-netboot.conf
}

host() {
	rm -f /dev/vhost-net
	check --all
	ends_with 2
	says HOST "whether libvirt runs the hook 'qemu'" FAIL 'hook-not-active; virt-netboot enable'
	says HOST "device /dev/vhost-net" PASS absent
	says HOST "program /sbin/bridge-stp" PASS
	says HOST "connection to libvirt" NOTE "networks and guests are not checked.*start libvirt's daemon"
	: >/sbin/bridge-stp
	chmod +x /sbin/bridge-stp
	enabled
	check
	says HOST "whether libvirt runs the hook 'qemu'" PASS
	says HOST "program /sbin/bridge-stp" WARN "stp-user-space"
	rm /sbin/bridge-stp
	disabled
	check --quiet
	says_not HOST "program /sbin/bridge-stp"
	grep -qE '^[0-9]+ checks: [0-9]+ passed, [0-9]+ notes?, [0-9]+ warnings?, [0-9]+ failures?$' "$CHECKED" || fail "no sum"
	is "the sum is last" "$(tail -n 1 "$CHECKED" | cut -d' ' -f2)" checks:
}

usage() {
	check --format xml
	ends_with 64
	grep -q "must be 'text', 'json' or 'prometheus', not 'xml'" "$CHECKED.errors" || fail "$(cat "$CHECKED.errors")"
	check --all --bridge br0
	ends_with 64
	check br0
	ends_with 64
	check --network none
	ends_with 3
	check --help
	ends_with 0
	grep -q '^usage: virt-netboot check' "$CHECKED" || fail "no usage"
}

lost_output() {
	local status=0
	add_bridge mute
	"$HOOKS/virt-netboot" check --bridge mute >/dev/full 2>/tmp/errors || status=$?
	is "status" "$status" 1
	grep -q 'standard output: No space left' /tmp/errors || fail "$(cat /tmp/errors)"
}

# On a terminal, to who waits for more than a second; each request takes 10 ms here. Nowhere else.
progress() {
	local i command="strace -qq -o /dev/null -e inject=sendmsg:delay_enter=10000 '$HOOKS/virt-netboot' check --all"
	need strace script
	local -x ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 # which cannot be under strace
	for i in {1..60}; do ip link add "many$i" type bridge; done
	script -qec "$command" /dev/null >"$CHECKED" </dev/null || [ $? = 2 ]
	grep -q "checking bridge 51 of [0-9]" "$CHECKED" || fail "says nothing"
	bash -c "$command" >"$CHECKED" 2>"$CHECKED.errors" || [ $? = 2 ]
	! grep "checking bridge" "$CHECKED" "$CHECKED.errors" || fail "no terminal"
	for i in {1..60}; do ip link del "many$i"; done
}

# Who may not read everything is told so, and the rest is checked.
not_root_user() {
	add_bridge users stp_state 1 forward_delay 1500
	as_nobody check --all
	ends_with 3
	says "BRIDGE users" "$HOLD" FAIL '30\.0 s'
	says "BRIDGE users" "$CHECKSUMS" NOTE "must be run as root"
	says HOST "kernel's iptables target" NOTE "must be run as root"
	says HOST "connection to libvirt" NOTE "run this as root, or start libvirt's daemon"
	grep -q 'not all could be checked$' "$CHECKED" || fail "the sum says nothing of it"
}
as_nobody() {
	checked=0
	setpriv --reuid 65534 --regid 65534 --clear-groups "$HOOKS/virt-netboot" "$@" \
		>"$CHECKED" 2>"$CHECKED.errors" || checked=$?
}

# snapshot: all that the command could change.
snapshot() {
	ip -d link | sed 's/_timer *[0-9.]*//g'
	tc qdisc
	nft list ruleset 2>/dev/null || :
	cat /proc/net/ip_tables_names /proc/net/ip6_tables_names /proc/modules 2>/dev/null || :
	find /run /etc/libvirt -printf '%p %T@\n' | grep -v /run/checked
}

# unchanged: by a look, whether anything is wrong there or not.
unchanged() {
	local netns=/run/netns/fresh
	ip netns add fresh
	# shellcheck disable=SC2016 # for that bash
	nsenter --net=$netns bash -c '
		. "$SRC/tests/lib/testlib.sh"
		. "$SRC/tests/lib/topology.sh"
		add_bridge still stp_state 1 forward_delay 1500
		add_uplink still eth5
		wait_for 5 port_is eth5 listening
		'"$(declare -f snapshot)"'
		snapshot >/tmp/before
		"$HOOKS/virt-netboot" check --all >/tmp/said || :
		snapshot >/tmp/after
		grep -q "^BRIDGE still" /tmp/said
		diff /tmp/before /tmp/after
	' "$0" || fail "something was changed, or not looked at"
	ip netns del fresh
}

# The other verbs need none of the libraries, nor the file that has them.
libraries() {
	local library
	for library in libvirt libjson-c libnftables libsystemd; do
		! ldd "$HOOKS/virt-netboot" | grep "$library" || fail "the command needs $library"
	done
	mv /usr/libexec/virt-netboot/look.so /tmp/look.so
	check
	ends_with 3
	grep -q 'check, probe, repair and show cannot be loaded: .*look.so' "$CHECKED.errors" || fail "$(cat "$CHECKED.errors")"
	"$HOOKS/virt-netboot" status >/dev/null || [ $? = 2 ] || fail "status needs it"
	enabled
	disabled
	mv /tmp/look.so /usr/libexec/virt-netboot/look.so
}

cases delay not_root topology uplinks checksums kinds absent hostile_names no_names twice configuration host usage lost_output progress not_root_user unchanged libraries
