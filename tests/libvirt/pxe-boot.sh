#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A libvirt network whose bridge has STP on and a forward delay of 15 s: without the
# hooks a guest gives up before its port forwards, with them, as they come, it boots by PXE.
# STP stays on, libvirtd has nothing to complain about, and nothing of ours outlives the network.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
sandbox "$@"

without_hooks() {
	network_create slow virbr15 on 15
	is "forward delay without hooks" "$(link_get virbr15 forward_delay)" 1500
	wire_watch virbr15
	guest_start without network=slow
	is "boot without hooks" "$(guest_boot_result without)" failed
	is "first request without hooks" "$(wire_first virbr15 Request "$GUEST_STARTED")" never
	guest_stop without
	virsh net-destroy slow
}

with_hooks() {
	hooks_install
	network_create slow virbr15 on 15
	is "forward delay with hooks" "$(link_get virbr15 forward_delay)" 200
	is "STP with hooks" "$(link_get virbr15 stp_state)" 1
	grep -q 'action=set-forward-delay .*network=slow bridge=virbr15 .*result=done' "$SYSLOG" ||
		fail "the log does not tell of the repair: $(cat "$SYSLOG")"
	wire_watch virbr15
	guest_start with network=slow
	is "port of a guest that has just started" "$(port_states with)" forwarding
	is "boot with hooks" "$(guest_boot_result with)" booted
	say "first request $(wire_first virbr15 Request "$GUEST_STARTED") s," \
		"first reply $(wire_first virbr15 Reply "$GUEST_STARTED") s after the start"
	is "forward delay with a guest" "$(link_get virbr15 forward_delay)" 200
	is "STP with a guest" "$(link_get virbr15 stp_state)" 1
}

rules_while_running() {
	# DHCP and DHCPv6: one rule each, however many events.
	is "rules with hooks" "$(rules_of_ours virbr15 | wc -l)" 2
}

nothing_left() {
	guest_stop with
	virsh net-destroy slow
	is "rules after net-destroy" "$(rules_of_ours virbr15)" ""
	is "libvirtd's log about hooks" "$(hook_complaints)" ""
	is "the hooks' errors" "$(hook_errors)" ""
}

need_tables
hypervisor_start
syslog_start
without_hooks
with_hooks
rules_while_running
nothing_left
