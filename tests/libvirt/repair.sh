#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot repair where a real libvirtd has its networks and guests running already when the package is installed: guests
# that are not answered are when it is repaired; --undo, and guests that start and stop all the while.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/check.sh"
. "$SRC/tests/lib/repair.sh"
sandbox "$@"
need_tables
need ethtool tc nft

# started GUEST TYPE=SOURCE: its port is there, and its firmware does not run yet.
started() {
	guest_define "$@"
	virsh start --paused "$1"
}

# answered GUEST KIND=CHECKSUM...: instead of its QEMU, for it is paused.
answered() {
	local answers kinds=("${@:2}")
	answers=$("$TOOLS/guest-nic" -c -w "${patience:-6}" -p "$(cat "/run/libvirt/qemu/$1.pid")" "$(guest_ports "$1")" "${kinds[@]%=*}") || :
	is "what $1 gets" "$(verdicts <<<"$answers")" "$(printf '%s\n' "${@:2}" | sort)"
}

# Nobody is answered, until it is repaired.
first_installed() {
	local guest
	started before network=slow
	check --all
	says "GUEST before $(guest_ports before)" "time until its port forwards" FAIL bridge-hold
	says "NETWORK slow" bridge FAIL checksum-unfilled
	guest_stop before
	patience=2 linux_guest virbr15 dhcp=none
	started after network=slow
	started after-too bridge=br0
	plans --all
	is "states of the ports after a dry run" "$(port_states after) $(port_states after-too)" 'listening listening'
	repair --all
	mended 2 "edge-port guest=after network=slow port=$(guest_ports after) bridge=virbr15 result=done" \
		"edge-port guest=after-too port=$(guest_ports after-too) bridge=br0 result=done" \
		'set-forward-delay network=slow bridge=virbr15 from=15.00s to=2.00s result=done' \
		'add-checksum-.* bridge=virbr15 mechanism=iptables .*result=done' \
		'add-checksum-.* bridge=virbr15 mechanism=ip6tables .*result=done' \
		'add-checksum-.* bridge=br0 mechanism=iptables .*result=done'
	left 'bridge-hold severity=error bridge=br0 .*advice="switch the hooks on'
	answered after dhcp=ok tftp=ok dhcp6=ok
	answered after-too dhcp=ok tftp=ok
	"$HOOKS/virt-netboot" enable
	libvirtd_restart
	repair
	nothing_to_repair
	check --all
	! grep ' : FAIL' "$CHECKED" || fail "check does not pass"
	repair --undo
	is "status of undo: $(what_it_said)" "$repaired" 0
	is "rules of ours" "$(rules_of_ours virbr15)$(rules_of_ours br0)" ''
	delay_is virbr15 1500 || fail "the delay is not what it was"
	for guest in after after-too; do
		all_forward "$guest" || fail "the port of $guest does not forward any more"
		guest_stop "$guest"
	done
	"$HOOKS/virt-netboot" disable
	libvirtd_restart
}

# The domain that is asked for, by any of the names that lead to it.
only_what_was_asked_for() {
	local option
	guest_define one network=slow
	guest_define two bridge=br0
	for option in '--domain one' '--network slow' '--bridge virbr15'; do
		virsh start --paused one
		virsh start --paused two
		# shellcheck disable=SC2086 # words
		repair $option
		grep -q "^action=edge-port guest=one .*port=$(guest_ports one) .*result=done" "$REPAIRED" || fail "$option: $(what_it_said)"
		! grep 'bridge=br0' "$REPAIRED" || fail "$option is not about br0"
		is "states of ports with $option" "$(port_states one) $(port_states two)" 'forwarding listening'
		guest_stop one
		guest_stop two
		repair --undo
	done
}

# comes_and_goes GUEST: until /tmp/enough.
comes_and_goes() {
	until [ -e /tmp/enough ]; do
		virsh start --paused "$1"
		virsh destroy "$1"
	done
}

# What goes while it is looked at is nobody's trouble, and what is repaired in the end is whole.
guests_come_and_go() {
	local i
	started stays network=slow
	for i in 1 2; do
		guest_define "comes$i" network=slow
		start comes_and_goes "comes$i"
	done
	for ((i = 0; i < 20; i++)); do
		repair --all
		is "messages of repair $i" "$(cat "$REPAIRED.errors")" ''
		! grep 'result=failed' "$REPAIRED" || fail "repair $i failed"
		((repaired <= 2)) || fail "status of repair $i: $repaired"
		repair --undo
		is "status of undo $i: $(what_it_said)" "$repaired" 0
	done
	: >/tmp/enough
	join
	repair
	all_forward stays || fail "its port does not forward"
	is "rules" "$(rules_of_ours virbr15 | wc -l)" 2
	guest_stop stays
}

daemon_has_gone() {
	local pid
	pid=$(cat "$LIBVIRTD_PIDFILE")
	kill "$pid"
	wait_for 20 process_gone "$pid"
	repair
	is "status" "$repaired" 3
	grep -q "^virt-netboot: libvirt's daemon cannot be reached, so its networks and guests are left alone: " "$REPAIRED.errors" ||
		fail "$(what_it_said)"
	repair --undo
	is "status of undo: $(what_it_said)" "$repaired" 0
}

hypervisor_start
hooks_start
no_stp_program
add_bridge br0 stp_state 1 forward_delay 1500
serve br0 90 ip4
cp "$TFTP_ROOT/boot.ipxe" /tmp/tftp/boot.ipxe
network_create slow virbr15 on 15
cases first_installed only_what_was_asked_for guests_come_and_go daemon_has_gone
