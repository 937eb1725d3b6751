#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A guest whose port is an edge port, on a network with STP on and a forward delay of 15 s (virbr15), has its
# address as soon as one on a bridge without STP (virbr16), where no hooks are. What the
# hooks themselves take only a quiet machine shows (tests/bench/bench); what is seen here is printed.
#
# Runs alone: it compares times.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/topology.sh"
sandbox "$@"

# five_of_each: without STP and without hooks, with STP and edge ports, in turn.
declare -A requests replies
five_of_each() {
	local i
	for ((i = 0; i < 5; i++)); do
		hooks_remove
		measure virbr16
		hooks_install
		measure virbr15
		is "edge ports of measured-$guests" "$(edge_ports "measured-$guests")" 1
	done
	say "request without STP ${requests[virbr16]}, with edge ports ${requests[virbr15]}"
	say "reply without STP ${replies[virbr16]}, with edge ports ${replies[virbr15]}"
}

# measure BRIDGE: seconds from the start of a guest to its first request and to the reply.
guests=0
measure() {
	guests=$((guests + 1))
	guest_start "measured-$guests" "network=$1"
	wait_for 60 wire_has "$1" Reply "$GUEST_STARTED"
	requests[$1]+=" $(wire_first "$1" Request "$GUEST_STARTED")"
	replies[$1]+=" $(wire_first "$1" Reply "$GUEST_STARTED")"
	guest_stop "measured-$guests"
}

# as_soon WHAT: the median with edge ports is at most a quarter later than without STP.
as_soon() {
	local -n seconds=$1
	local off edge
	# shellcheck disable=SC2086 # a list
	off=$(median ${seconds[virbr16]}) edge=$(median ${seconds[virbr15]})
	say "median of $1: $off s without STP, $edge s with edge ports"
	awk -v off="$off" -v edge="$edge" 'BEGIN { exit !(edge <= off * 1.25) }'
}

# The machine may be busy: then more of them, before it is called a failure.
as_soon_as_without_stp() {
	local attempt
	for attempt in 1 2 3; do
		five_of_each
		as_soon requests && as_soon replies && return
		say "attempt $attempt: later by more than a quarter"
	done
	fail "a guest with an edge port is later than one on a bridge without STP"
}

# Besides the guest's own start there is the watcher of the network's port, which lets it go first,
# but not for ever on a busy machine. Only the former knows the interface.
seen_to_at_start() {
	local all start
	all=$(grep -c 'action=edge-port guest=measured-.* result=done' "$SYSLOG" || :)
	start=$(grep -c 'finding=.* guest=measured-.* interface=.* repaired=yes' "$SYSLOG" || :)
	say "$start of $all ports were seen to at their guest's start"
	[ $((2 * start)) -ge "$all" ] || fail "the start hook leaves ports to the watcher"
}

hypervisor_start
syslog_start
hold edge
network_create virbr15 virbr15 on 15
network_create virbr16 virbr16 off 0
for bridge in virbr15 virbr16; do wire_watch "$bridge"; done
as_soon_as_without_stp
seen_to_at_start
is "forward delay in the end" "$(link_get virbr15 forward_delay)" 1500
is "STP in the end" "$(link_get virbr15 stp_state)" 1
is "libvirtd's log about hooks" "$(hook_complaints)" ""
is "the hooks' errors" "$(hook_errors)" ""
