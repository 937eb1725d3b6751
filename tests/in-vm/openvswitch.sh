#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A real Open vSwitch, with its datapath in the kernel and in user space. Its bridges are left alone, whatever kind of
# device they have; a guest's tap gets its filter like any other, and what this host sends to it by the bridge's own
# port is right then.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/filters.sh"
sandbox "$@"
need dnsmasq ovs-vsctl ovs-vswitchd
has_act_csum || skip "this kernel has no act_csum"
hooks_start
config <<<$'[hook]\nlog-level = info'

start_openvswitch() {
	export OVS_RUNDIR=/run/openvswitch OVS_DBDIR=/tmp/ovs OVS_LOGDIR=/tmp/ovs
	mkdir -p "$OVS_RUNDIR" "$OVS_DBDIR"
	modprobe openvswitch || skip "this kernel has no openvswitch"
	ovsdb-tool create /tmp/ovs/conf.db /usr/share/openvswitch/vswitch.ovsschema
	ovsdb-server -vsyslog:off /tmp/ovs/conf.db --remote="punix:$OVS_RUNDIR/db.sock" >/tmp/ovs/ovsdb-server.log 2>&1 &
	wait_for 60 test -S "$OVS_RUNDIR/db.sock"
	ovs-vsctl -vsyslog:off --no-wait init
	ovs-vswitchd -vsyslog:off "unix:$OVS_RUNDIR/db.sock" >/tmp/ovs/ovs-vswitchd.log 2>&1 &
}

ovs() { ovs-vsctl -vsyslog:off --timeout=90 "$@" || fail "ovs-vsctl $*: $(tail -n 5 /tmp/ovs/ovs-vswitchd.log)"; }

# event OPERATION BRIDGE: for a guest whose tap is vnet1, of which libvirt says what kind of bridge that is.
event() {
	local openvswitch="<source bridge='$2'/><virtualport type='openvswitch'/>"
	log_forget
	boot=network domain_xml web "$(target=vnet1 interface bridge "$openvswitch")" | qemu_hook web "$1" begin -
}

kernel_datapath() {
	ovs add-br ovs0
	ip link set ovs0 up
	serve ovs0 40 ip4
	ip tuntap add vnet1 mode tap vnet_hdr
	ovs add-port ovs0 vnet1
	ip link set vnet1 up
	# The first packet of a flow takes the way by ovs-vswitchd, and is filled for that [linux net/openvswitch/datapath.c,
	# queue_userspace_packet()].
	tap=vnet1 linux_guest '' dhcp=ok
	tap=vnet1 linux_guest '' dhcp=bad
	event start ovs0
	logged '^action=add-checksum-filter guest=web port=vnet1 .*result=done'
	not_logged 'finding=(not-a-bridge|bridge-absent)'
	filters_are vnet1 egress:ip:udp egress:ipv6:udp
	filters_are ovs0
	tap=vnet1 linux_guest '' dhcp=ok tftp=ok
	tap=vnet1 linux_guest '' dhcp=ok tftp=ok
	tap=vnet1 firmware_guest '' dhcp=ok tftp=ok
	ovs del-port ovs0 vnet1
	ip link delete vnet1
	event release ovs0
	not_logged result=failed
}

# The bridge's own device is a tap then, and no bridge to the kernel.
user_datapath() {
	ovs add-br ovs1 -- set bridge ovs1 datapath_type=netdev stp_enable=true
	[[ $(ip -d link show ovs1) == *'tun type tap'* ]] || fail "ovs1 is no tap: $(ip -d link show ovs1)"
	event prepare ovs1
	logged '^finding=bridge-openvswitch severity=info .*bridge=ovs1'
	not_logged '^(finding=not-a-bridge|action=)'
}

start_openvswitch
cases kernel_datapath user_datapath
