#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot repair and --undo for guests of a real libvirtd that run already, on a kernel with act_csum: filters at
# the bridge and at the guests' ports. While libvirt changes the limits of a port, that is left alone.
#
# The guests are started and do not run: a firmware on an emulated machine in an emulated machine is slow.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"

everything=(dhcp tftp dhcp6 tftp6)

repair() {
	status=0
	"$HOOKS/virt-netboot" repair "$@" >/tmp/repaired || status=$?
	cat /tmp/repaired
}

ends_with() { is "exit status" "$status" "$1"; }

# says REGEX: a line of repair's.
says() { grep -qE -- "$1" /tmp/repaired || fail "repair does not say: $1"; }

# What traffic control has at the bridge and at the guests' ports, without counters, and without what differs between two
# dumps of the same.
control() {
	local device
	for device in br0 $(guest_ports a) $(guest_ports b) $(guest_ports limited); do
		qdiscs "$device"
		all_filters "$device"
	done | sed -E -e 's/^(qdisc noqueue) [0-9a-f]+:/\1/' -e 's/police 0x[0-9a-f]+/police/' \
		-e 's/^filter (ingress |parent ffff: )/filter /' -e '/^$/d'
}

# tune_forever: changes for one virsh, until it is ended; one that starts anew for each may take longer than repair waits
# for quiet.
tune_forever() {
	local average=1000
	while :; do
		average=$((average == 1000 ? 2000 : 1000))
		echo "domiftune limited $(guest_ports limited) --outbound $average,$average,64"
		sleep 0.5
	done
}

filters_at_guests() {
	local before tuner
	linux_guest br0 "${everything[@]/%/=bad}"
	before=$(control)

	repair --all --dry-run
	ends_with 1
	says "^action=add-checksum-filter guest=a port=$(guest_ports a) .* result=planned"
	is "traffic control after a dry run" "$(control)" "$before"

	repair --all
	ends_with 0
	says "^action=add-checksum-filter guest=a port=$(guest_ports a) bridge=br0 mechanism=tc scope=udp .*result=done"
	says "^action=add-checksum-filter guest=.* bridge=br0 mechanism=tc scope=udp .*result=done"
	linux_guest br0 "${everything[@]/%/=ok}"
	repair --all
	ends_with 0
	is "a second time" "$(cat /tmp/repaired)" "nothing to repair"

	repair --undo
	ends_with 0
	diff <(echo "$before") <(control) || fail "traffic control is not as it was"
	linux_guest br0 "${everything[@]/%/=bad}"

	say "beside libvirt, which changes a limit all the while"
	tune_forever > >(virsh >/tmp/tuned 2>/tmp/refused) &
	tuner=$!
	wait_for 20 test -s /tmp/tuned
	repair --all
	ends_with 3
	# Where there was a moment of quiet it was done, and then undone by the next change.
	says "^action=add-checksum-filter guest=limited port=$(guest_ports limited) .*result=failed error=\"Device or resource busy\"|\
^virt-netboot: '$(guest_ports limited)' lacks its filters"
	kill "$tuner"
	wait "$tuner" || :
	linux_guest br0 "${everything[@]/%/=ok}"
	is "changes that libvirt refused" "$(cat /tmp/refused 2>/dev/null)" ""
	repair --all
	ends_with 0
	says "^action=add-checksum-filter guest=limited port=$(guest_ports limited) .*result=done"
}

need tc
has_act_csum || skip "this kernel has no act_csum"
hypervisor_start
hooks_start
add_bridge br0
serve br0 80
guest_define a bridge=br0
guest_define b bridge=br0
guest_define limited bridge=br0 "<bandwidth><outbound average='1000' peak='2000' burst='64'/></bandwidth>"
for guest in a b limited; do virsh start --paused "$guest"; done
cases filters_at_guests
