#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot probe of a network of libvirt's, with dnsmasq and the firewall as libvirt configures them; and in the name
# of guests that have a reservation there, which run or do not. And of a server in a guest.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/probe.sh"
sandbox "$@"
need jq

IDLE=52:54:00:00:58:01
RUNS=52:54:00:00:58:02

# libvirts_server: it answers, after its ping.
libvirts_server() {
	sees .target.device virbr58
	sees '.servers | length' 1
	sees '.servers[0].origin' host
	sees '.servers[0].program' "dnsmasq (process $(cat /run/libvirt/network/lab.pid))"
	sees '.servers[0].boot_file' boot.ipxe
}

by_name() {
	probe --network lab
	libvirts_server
	sees_about '.servers[0].offer_seconds' 3.0
	sees '.transfers[0].result' read
}

nobody_has_that() { ! bridge fdb show br virbr58 | grep -i "$1" || fail "$1 is in the forwarding table"; }

# It is offered what is reserved for the guest, whose MAC address no switch learns.
for_a_guest_that_is_off() {
	probe --domain idle
	libvirts_server
	sees .target.client "$IDLE"
	sees '.servers[0].offered' 192.168.58.71
	sees '.transfers[0].result' read
	sees '.transfers[0].source' 192.168.58.71
	nobody_has_that "$IDLE"
}

# What is sent to its address is its own.
for_a_guest_that_runs() {
	probe --domain web
	libvirts_server
	sees .target.client "$RUNS"
	sees '.servers[0].offered' 192.168.58.72
	sees '.transfers[0].result' skipped
	sees '.transfers[0].why' 'the guest runs, and its address is its own'
}

# A network namespace takes the place of a guest that is paused.
in_a_guest() {
	local port
	add_bridge br59
	guest_define 'a server' bridge=br59
	virsh start --paused 'a server'
	port=$(guest_ports 'a server')
	ip netns add inside
	"$TOOLS/guest-cable" -p "$(pgrep -f 'guest=a server')" "$port" inside &
	wait_for 30 ip -n inside link show "$port"
	ip -n inside link set "$port" up
	# shellcheck disable=SC2016 # for the inner shell
	TEST_CASE='' ip netns exec inside bash -c \
		'. "$SRC/tests/lib/testlib.sh" && . "$SRC/tests/lib/topology.sh" && serve "$@"' - "$port" 59
	probe --bridge br59 --ipv6
	sees '[.servers[] | [.family, .origin, .program, .port] | join(" ")] | sort | join(", ")' \
		"ipv4 guest a server $port, ipv6 guest a server $port"
}

hypervisor_start
cat >/tmp/lab.xml <<END
<network><name>lab</name><bridge name='virbr58' stp='off' delay='0'/>
  <ip address='192.168.58.1' netmask='255.255.255.0'>
    <tftp root='$TFTP_ROOT'/>
    <dhcp>
      <range start='192.168.58.10' end='192.168.58.19'/>
      <host mac='$IDLE' ip='192.168.58.71'/>
      <host mac='$RUNS' ip='192.168.58.72'/>
      <bootp file='boot.ipxe'/>
    </dhcp>
  </ip>
</network>
END
virsh net-create /tmp/lab.xml
guest_define idle network=lab "<mac address='$IDLE'/>"
guest_start web network=lab "<mac address='$RUNS'/>"
cases by_name for_a_guest_that_is_off for_a_guest_that_runs in_a_guest
