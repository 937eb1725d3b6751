#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A card that is plugged into a running guest, on a network with STP on and a forward delay of
# 15 s. Without the hooks its port waits for 30 s. With them it forwards within half a second,
# though libvirt's only event comes before the port exists; virsh does not wait for that, and
# nothing of ours is left waiting.
#
# Runs alone: it compares times that differ by a few hundredths of a second.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
sandbox "$@"

# plug GUEST: a card; how long virsh took, in ms, is in $PLUG_MS, and the port in $PORT.
plug() {
	local before=${EPOCHREALTIME/./}
	virsh attach-device "$1" /tmp/card.xml
	PLUG_MS=$(((${EPOCHREALTIME/./} - before) / 1000))
	PORT=$(guest_ports "$1" | tail -n 1)
}

forwards() { [ "$(link_get "$1" state)" = forwarding ]; }

# The processes that wait for a port have their hook's name, which the kernel cuts off.
no_watcher() { ! grep -qx 'virt-netboot-[nq]e*' /proc/[0-9]*/comm 2>/dev/null; }

without_hooks() {
	network_create slow virbr15 on 15
	guest_start without network=slow
	plug without
	sleep 1 # nothing happens
	is "port 1 s after it was plugged in, without hooks" "$(link_get "$PORT" state)" listening
}

# The guest and its cards are found when libvirtd starts anew.
reconnect() {
	hooks_install
	wait_for 10 all_forward without
	guest_stop without
}

# What libvirt tells of a port before it exists, and then it does not.
port_that_never_comes() {
	/usr/sbin/virt-netboot-network-hook slow port-created begin - <<-EOF
		<hookData>
		  $(virsh net-dumpxml slow)
		  <networkport>
		    <owner><name>nobody</name></owner>
		    <mac address='52:54:00:00:00:01'/>
		  </networkport>
		</hookData>
	EOF
	! no_watcher || fail "nobody waits for a port that is still to come"
}

# within_half_a_second GUEST: from the end of `virsh attach-device`.
within_half_a_second() {
	local since ms
	plug "$1"
	since=${EPOCHREALTIME/./}
	wait_for 10 forwards "$PORT"
	ms=$(((${EPOCHREALTIME/./} - since) / 1000))
	say "$PORT forwards $ms ms after it was plugged in"
	[ "$ms" -le 500 ]
}

# A bridge sends a hello every 2 s. If a port was seen to since the last one, another may have to
# wait for the next: a guest that has its address has been there for longer.
soon() {
	wire_watch virbr15
	guest_start soon network=slow
	wait_for 60 wire_has virbr15 Reply "$GUEST_STARTED"
	within_half_a_second soon && return
	sleep 5 # The machine may be busy. Once more, two hellos later.
	within_half_a_second soon || fail "a port that was plugged in forwards late"
}

nobody_waits() {
	wait_for 11 no_watcher
	is "edge ports of soon" "$(edge_ports soon)" "$(guest_ports soon | wc -l)"
	guest_stop soon
}

# plug_with GUEST HOOK [HOLD]: notes how long it took.
declare -A took
plug_with() {
	ln -sf "$2" /etc/libvirt/hooks/network
	[ -z "${3:-}" ] || hold "$3"
	plug "$1"
	took[${3:-${2##*/}}]+=" $PLUG_MS"
}

# cards_plugged N: seven with no hook, and then, in turn, seven with a hook that does nothing, with
# ours when it leaves nobody waiting, and with ours when it does.
cards_plugged() {
	local i ours=/usr/sbin/virt-netboot-network-hook
	hooks_remove
	guest_start "none-$1" network=slow
	for ((i = 0; i < 7; i++)); do
		plug "none-$1"
		took[none]+=" $PLUG_MS"
	done
	guest_stop "none-$1"
	hold edge
	hooks_install
	guest_start "with-$1" network=slow
	for ((i = 0; i < 7; i++)); do
		plug_with "with-$1" /bin/true
		plug_with "with-$1" "$ours" report
		is "port of a card that is only reported" "$(link_get "$PORT" state)" listening
		plug_with "with-$1" "$ours" edge
	done
	wait_for 10 edge_ports_are "with-$1" 8
	guest_stop "with-$1"
}

# virsh_waits_for: whom, by the medians, or nobody.
virsh_waits_for() {
	local kind
	local -A ms
	for kind in none true report edge; do
		# shellcheck disable=SC2086 # a list
		ms[$kind]=$(median ${took[$kind]})
		say "attach-device, $kind: ${took[$kind]}; median ${ms[$kind]} ms" >&2
	done
	awk -v none="${ms[none]}" -v report="${ms[report]}" -v edge="${ms[edge]}" 'BEGIN {
		print (edge > none + 100 ? "the hook" : edge > report + 30 ? "the watcher" : "nobody") }'
}

# The machine may be busy: then more of them, before it is called a failure.
virsh_does_not_wait() {
	local attempt whom
	for attempt in 1 2 3; do
		cards_plugged "$attempt"
		whom=$(virsh_waits_for)
		[ "$whom" != nobody ] || return 0
	done
	fail "virsh waits for $whom"
}

need_tables
hypervisor_start
syslog_start
interface_xml network=slow >/tmp/card.xml
hold edge
without_hooks
reconnect
port_that_never_comes
soon
nobody_waits
is "the hooks' errors" "$(hook_errors)" ""
virsh_does_not_wait
is "forward delay in the end" "$(link_get virbr15 forward_delay)" 1500
is "STP in the end" "$(link_get virbr15 stp_state)" 1
is "libvirtd's log about hooks" "$(hook_complaints)" ""
