#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The tests whose outcome depends on the kernel, under Debian's kernels 6.1 and 6.12, as they are and without
# some of their modules: without act_csum, without legacy iptables, and without both. Those that look at
# times below a second are left out, for without KVM everything takes ten times as long.
#
# Runs by case: each boots a machine.
# Computes: a machine without KVM.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/machine.sh"

complete=(netns/kernel-assumptions.sh netns/checksum-assumptions.sh in-vm/port-filters.sh
	in-vm/vlan.sh in-vm/shadowed-filters.sh in-vm/outside-senders.sh
	in-vm/probe-card.sh netns/probe-card.sh:bridge_is_unchanged netns/probe-card.sh:tap_is_as_a_guests
	netns/probe-card.sh:tap_is_quiet netns/probe-card.sh:macvtap_is_as_a_guests in-vm/drops.sh netns/docker-user.sh:both_kinds)
no_legacy=(--without xt_CHECKSUM --without ip_tables --without ip6_tables
	--without iptable_mangle --without ip6table_mangle)

linux_6.12_libvirt() { machine 6.12 -- in-vm/libvirt.sh; }
# Nothing is loaded yet when the first of them begins.
linux_6.12() { machine 6.12 -- in-vm/cold.sh in-vm/check.sh in-vm/firewalls.sh "${complete[@]}" netns/mechanisms.sh in-vm/openvswitch.sh; }
linux_6.12_neither() {
	machine 6.12 "${no_legacy[@]}" --without act_csum -- in-vm/unsupported.sh in-vm/check.sh in-vm/restore.sh
}
linux_6.1() { machine 6.1 -- in-vm/check.sh "${complete[@]}"; }
# With what only a bridge that filters VLANs shows.
linux_6.12_guests() {
	machine 6.12 -- in-vm/restore.sh in-vm/apparmor.sh in-vm/repair.sh in-vm/repair-filters.sh libvirt/probe.sh:other_vlan libvirt/probe.sh:vlan_aware
}
linux_6.12_no_act_csum() { machine 6.12 --without act_csum -- in-vm/servers-above.sh; }
linux_6.12_no_legacy() { machine 6.12 "${no_legacy[@]}" -- in-vm/bridge-filters.sh; }

# Those that take longest come first.
cases linux_6.12_libvirt linux_6.12 linux_6.12_neither linux_6.1 linux_6.12_guests linux_6.12_no_act_csum \
	linux_6.12_no_legacy
