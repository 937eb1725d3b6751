#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# The package beside libvirt's nftables backend, which fills DHCP replies by a filter of its own at the bridge:
# that stays as it is, what it does not fill is filled by ours beside it, and a guest boots. And this libvirt's limits
# of bandwidth, whichever backend it has (tests/in-vm/libvirt.sh has those of an older one).
#
#     NEW         the package

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/packages.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/limits.sh"
sandbox "$@"

# libvirts_filters BRIDGE: without their counters.
libvirts_filters() { tc filter show dev "$1" parent 1: | sed 's/ (rule hit.*//'; }

installed() {
	network_create slow virbr15 on 15
	is "forward delay without hooks" "$(link_get virbr15 forward_delay)" 1500
	nft list tables | grep -x 'table ip libvirt_network'
	filters=$(libvirts_filters virbr15)
	[[ $filters == *csum* ]] || fail "libvirt fills nothing at its bridge: $filters"
	apt install "$NEW"
	virsh net-destroy slow
	network_create slow virbr15 on 15
	is "forward delay with hooks" "$(link_get virbr15 forward_delay)" 200
}

booted() {
	guest_start web network=slow
	is "port" "$(port_states web)" forwarding
	is "our filters" "$(filters_of_ours virbr15)" "ip:udp ipv6:udp"
	wait_for 400 guest_has_ended web
	is "boot" "$(guest_boot_result web)" booted
	is "libvirt's filters" "$(libvirts_filters virbr15)" "$filters"
}

nothing_left() {
	apt purge virt-netboot
	is "guest" "$(virsh domstate web)" running
	is "our filters" "$(filters_of_ours virbr15)" ""
	is "libvirt's filters" "$(libvirts_filters virbr15)" "$filters"
	is "libvirtd's log about hooks" "$(hook_complaints)" ""
	is "the hooks' errors" "$(hook_errors)" ""
}

need apt-get nft tc
umount /usr/share # with our stylesheets, which the package shall bring
FIREWALL_BACKEND=nftables hypervisor_start
syslog_start
installed
limits_hold
booted
nothing_left
