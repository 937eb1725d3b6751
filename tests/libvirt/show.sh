#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot show with a real libvirtd: whose a bridge and a port is, what libvirt limits, and what becomes of that when
# libvirtd ends and comes back.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/topology.sh"
sandbox "$@"
need tc

SHOW=$HOOKS/virt-netboot

show() { LC_ALL=C.UTF-8 "$SHOW" show "$@" 2>/tmp/said; }

# shows REGEX [ARGUMENT]...: as it is now.
shows() {
	show "${@:2}" >/tmp/picture
	grep -qE -- "$1" /tmp/picture || fail "no '$1': $(cat /tmp/picture /tmp/said)"
}
lacks() {
	show "${@:2}" >/tmp/picture
	! grep -qE -- "$1" /tmp/picture || fail "'$1': $(cat /tmp/picture)"
}

# refused_with TEXT NAME
refused_with() {
	local status=0
	show "$2" >/tmp/picture || status=$?
	is "status of show $2" "$status" 3
	grep -qF -- "$1" /tmp/said || fail "show $2: $(cat /tmp/said)"
}

whose() {
	local port macvtap
	port=$(guest_ports web)
	macvtap=$(guest_ports store)
	shows '^virbr15 +slow +STP, root, new ports wait 30 s '
	shows "─$port +web +(listening, [0-9]+ s left|learning, [0-9]+ s left|forwarding) "
	shows '─eth7 +\(uplink\) '
	shows "^└─$macvtap +store +(up|no carrier) "
	shows '^eth8 +up$'
	lacks 'virbr16|idle'
	is "said" "$(cat /tmp/said)" ""
}

by_name() {
	local port macvtap
	port=$(guest_ports web)
	macvtap=$(guest_ports store)
	shows '─eth7 ' slow
	lacks 'br0|eth8' slow
	is "of a guest" "$(show web | awk '{ print $1 }' | xargs)" "NAME virbr15 └─$port"
	is "of a macvtap's guest" "$(show store | awk '{ print $1 }' | xargs)" "NAME eth8 └─$macvtap"
	is "of a bridge" "$(show br0 | awk '{ print $1 }' | xargs)" "NAME br0"
	refused_with "'idle' has no bridge and no port: it is not active" idle
	refused_with "'off' has no bridge and no port: it is not active" off
	refused_with "'nosuch' is not a bridge, a network or a guest" nosuch
}

checksums() {
	shows '^virbr15 .* (libvirt|virt-netboot) (rule|filter)'
	shows '^br0 .* nobody'
}

# limit PORT RATE: as domiftune does it, also where the kernel lacks the qdisc that libvirt adds below the class.
limit() {
	virsh domiftune web "$1" --inbound "$2" 2>/tmp/said && return
	grep -q 'sfq .*kind is unknown' /tmp/said || fail "$(cat /tmp/said)"
	tc qdisc delete dev "$1" root 2>/dev/null || :
	[ "$2" = 0 ] && return
	tc qdisc add dev "$1" root handle 1: htb default 1
	tc class add dev "$1" parent 1: classid 1:1 htb rate "${2}kbps" quantum 87
}

limits() {
	local port
	port=$(guest_ports web)
	lacks LIMIT
	limit "$port" 1000
	shows "─$port .* in 1000 kB/s$"
	limit "$port" 0
	lacks LIMIT
}

last_picture() { awk -v RS= '{ last = $0 } END { print last }' /tmp/watched; }
last_shows() { last_picture | grep -qE -- "$1"; }
last_lacks() { ! last_shows "$1"; }

watch() {
	: >/tmp/watched
	LC_ALL=C.UTF-8 "$SHOW" show --watch "$@" >/tmp/watched 2>/tmp/said &
	watch_pid=$!
	wait_for 10 grep -q '^NAME' /tmp/watched
}

unwatch() {
	local status=0
	kill "$watch_pid"
	wait "$watch_pid" || status=$?
	is "status" "$status" 0
}

watch_sees_a_guest() {
	watch
	guest_start late network=slow
	wait_for 10 last_shows ' late +(listening|learning)'
	guest_stop late
	wait_for 10 last_lacks ' late '
	virsh net-destroy slow
	wait_for 10 last_lacks ' slow '
	unwatch
	guest_stop web
	network_create slow virbr15 on 15
	ip link set eth7 master virbr15
	virsh start web
}

# That is, a guest that does not run yet.
watch_waits_for_a_guest() {
	watch idle
	last_lacks idle || fail "$(cat /tmp/watched)"
	virsh start idle
	wait_for 10 last_shows ' idle +'
	last_lacks ' web ' || fail "$(last_picture)"
	virsh destroy idle
	wait_for 10 last_lacks ' idle '
	unwatch
}

libvirtd_gone() {
	local pid
	pid=$(cat "$LIBVIRTD_PIDFILE")
	watch
	wait_for 10 last_shows ' web '
	kill "$pid"
	wait_for 20 process_gone "$pid"
	lacks ' web | slow '
	grep -q '^virt-netboot: libvirt cannot be reached, so guests and networks have no names: ' /tmp/said ||
		fail "$(cat /tmp/said)"
	shows '^virbr15 '
	refused_with "'web' is not a bridge, and libvirt cannot be asked for networks and guests" web
	ip link add another type bridge
	wait_for 10 last_shows '^another '
	libvirtd_start
	shows ' web '
	ip link delete another
	wait_for 10 last_shows ' web '
	last_lacks '^another ' || fail "$(last_picture)"
	unwatch
}

refused_uri() {
	local status=0
	show --connect qemu+ssh://other/system >/tmp/picture || status=$?
	is "status" "$status" 64
	[ -s /tmp/said ] || fail "nothing said"
	is "output" "$(cat /tmp/picture)" ""
}

hypervisor_start
tap_nodes
network_create slow virbr15 on 15
cat >/tmp/off.xml <<'END'
<network><name>off</name><bridge name='virbr16'/></network>
END
virsh net-define /tmp/off.xml
add_bridge br0
add_uplink virbr15 eth7
add_card eth8
guest_define idle bridge=br0
guest_start web network=slow
guest_start store direct=eth8

cases whose by_name checksums limits watch_sees_a_guest watch_waits_for_a_guest libvirtd_gone refused_uri
