#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Where a probe is made, with a real libvirtd: what it says of networks, and of guests that run and that do not.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/topology.sh"
sandbox "$@"

# placed WHERE ARGUMENT...: these are place's.
placed() { is "place ${*:2}" "$("$TOOLS/place" "${@:2}" 2>&1)" "$1"; }

# not_placed TEXT ARGUMENT...
not_placed() { refused "$1" "$TOOLS/place" "${@:2}"; }

mac_of() { virsh domiflist "$1" | awk '/:/ { print $NF; exit }'; }

# network NAME XML
network() {
	printf '<network><name>%s</name>%s</network>\n' "$1" "$2" >"/tmp/$1.xml"
	virsh net-define "/tmp/$1.xml"
}

networks() {
	placed 'tap virbr15' network slow
	placed 'tap br0' network lan
	placed 'macvtap eth8 mode=private' network pool
	not_placed "network 'off' is not started; start it: virsh net-start -- off" network off
	not_placed "there is no network 'nosuch'" network nosuch
}

# libvirt switches VLAN filtering on there, which this kernel may not have.
managed_network() {
	virsh net-start managed 2>/tmp/said || {
		grep -q vlan_filtering /tmp/said || fail "$(cat /tmp/said)"
		say "not with this kernel: $(cat /tmp/said)"
		return
	}
	placed 'tap virbr17 fdb-entry' network managed
	virsh net-destroy managed
}

guests_that_run() {
	local port
	port=$(guest_ports web)
	placed "tap virbr15 client=$(mac_of web) port=$port" guest web
	placed "tap virbr15 client=$(mac_of web) port=$port" guest web "$(mac_of web)"
	not_placed "guest 'web' has no interface with the MAC address 52:54:00:00:00:77; it has $(mac_of web)" \
		guest web 52:54:00:00:00:77
	placed "macvtap eth8 mode=bridge client=$(mac_of store) port=$(guest_ports store)" guest store
	placed "tap br0 client=$(mac_of onlan) port=$(guest_ports onlan)" guest onlan
	# Somebody has moved its port.
	ip link set "$port" master br0
	placed "tap br0 client=$(mac_of web) port=$port" guest web
	ip link set "$port" master virbr15
}

guests_that_do_not() {
	placed "tap br0 isolated client=$(mac_of idle)" guest idle
	placed "macvtap eth8 mode=private client=$(mac_of pooled)" guest pooled
	not_placed "network 'off' is not started" guest stopped
	not_placed "there is no guest 'nosuch'" guest nosuch
}

libvirtd_gone() {
	local pid
	pid=$(cat "$LIBVIRTD_PIDFILE")
	kill "$pid"
	wait_for 20 process_gone "$pid"
	not_placed "libvirt's daemon cannot be reached" network slow
	placed 'tap virbr15' bridge virbr15
	libvirtd_start
}

hypervisor_start
tap_nodes
add_bridge br0
add_card eth8
network_create slow virbr15 on 15
network lan "<forward mode='bridge'/><bridge name='br0'/>"
network pool "<forward mode='private'><interface dev='eth8'/></forward>"
network off "<bridge name='virbr16'/>"
network managed "<bridge name='virbr17' macTableManager='libvirt'/>"
for name in lan pool; do virsh net-start "$name"; done
guest_define idle bridge=br0 "<port isolated='yes'/>"
guest_define pooled network=pool
guest_define stopped network=off
guest_start web network=slow
guest_start store direct=eth8
guest_start onlan network=lan

cases networks managed_network guests_that_run guests_that_do_not libvirtd_gone
