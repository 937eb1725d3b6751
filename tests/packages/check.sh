#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot check, of networks and guests of Debian 13's libvirtd, asked by this machine's client library: that
# daemon runs in its own root, with this sandbox's /run and network.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/check.sh"
. "$SRC/tests/lib/roots.sh"
# Before the sandbox, which has no network to fetch it by.
root=$("$SRC/tests/packages/root" trixie)
sandbox "$@"
THERE=/tmp/trixie

# there COMMAND...: in that root.
there() { chroot "$THERE" "$@"; }
virsh() { there virsh --quiet --connect qemu:///system "$@"; }

daemon_start() {
	# Its nftables backend starts no network on a kernel without act_csum.
	FIREWALL_BACKEND=iptables libvirt_conf "$THERE/etc/libvirt"
	there libvirtd --daemon
	[[ $(virsh version) == *'library: libvirt 11.'* ]] || fail "another version: $(virsh version)"
}

define() {
	cat >"$THERE/tmp/slow.xml" <<-'END'
		<network><name>slow</name><bridge name='virbr15' stp='on' delay='15'/>
		  <ip address='192.168.115.1' netmask='255.255.255.0'>
		    <dhcp><range start='192.168.115.10' end='192.168.115.99'/></dhcp>
		  </ip></network>
	END
	cat >"$THERE/tmp/web.xml" <<-'END'
		<domain type='qemu'><name>web</name><memory unit='MiB'>128</memory>
		  <os><type arch='x86_64'>hvm</type><boot dev='network'/></os>
		  <devices><interface type='network'><mac address='52:54:00:00:00:01'/>
		    <source network='slow'/><model type='virtio'/></interface></devices></domain>
	END
	virsh net-define /tmp/slow.xml
	virsh define /tmp/web.xml
}

lay_root "$root" "$THERE"
daemon_start
define
check --all
says "HOST" "connection to libvirt" PASS
says "NETWORK slow" "whether it is started" NOTE "not started"
says "NETWORK slow" "bridge" FAIL '30\.00 s; bridge-hold'
says "GUEST web 52:54:00:00:00:01" "port on this host" WARN "network slow is not started"

virsh net-start slow
check --network slow --domain web
ends_with 2
says "NETWORK slow" "bridge" FAIL '30\.0 s; bridge-hold'
says "NETWORK slow" "DHCP server" PASS "listens on virbr15"
says "NETWORK slow" "libvirt's firewall rules" PASS
says "GUEST web 52:54:00:00:00:01" "time until its port forwards" FAIL '30\.0 s'

virsh start web
check --domain web
says "GUEST web vnet0" "port on this host" PASS "listening on virbr15"
says "GUEST web vnet0" "time until its port forwards" FAIL '2[0-9]\.[0-9] s; bridge-hold'
virsh destroy web
virsh net-destroy slow

# Without what libvirt delays for.
sed -i "s/stp='on' delay='15'/stp='off'/" "$THERE/tmp/slow.xml"
virsh net-undefine slow
virsh net-create /tmp/slow.xml
check --network slow
says "NETWORK slow" "bridge" PASS 'virbr15, where a new port forwards after 0\.0 s'
