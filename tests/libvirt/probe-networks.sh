#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# virt-netboot probe of networks that a real libvirtd makes: of a NAT network, with the firewall rules that it needs and
# when they are lost; and of Open vSwitch, where no probe can be made.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/drops.sh"
. "$SRC/tests/lib/firewalls.sh"
. "$SRC/tests/lib/probe.sh"
sandbox "$@"
need jq nft iptables-nft

before_each() { :; }

# boots: all clients do, and nobody is named, whatever else those rules drop.
boots() {
	probe --firmware --network nat
	is "exit status" "$probed" 0
	sees '[.findings[].slug] | join(" ")' ''
	sees '.request.drops | length' 0
}

# libvirt rejects what it does not route, and Docker what it does not know: neither is DHCP on one bridge.
nat() {
	boots
	docker_rules "$SRC/tests/fixtures/docker/28.5.2.rules" nft --noflush
	boots
	iptables-nft -P INPUT DROP
	iptables-nft -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	boots
	say "an administrator's table comes after what libvirt lets in"
	nft add table inet site
	nft add chain inet site in '{ type filter hook input priority 10; policy drop; }'
	probe --firmware --network nat
	is "exit status" "$probed" 2
	sees '[.findings[].slug] | join(" ")' firewall-drop
	sees '.request.drops[0] | [.table, .chain, .kind] | join(" ")' 'site in policy'
	sees '.request.drops[0].owner // "nobody"' nobody
	nft delete table inet site
	boots
	say "libvirt's rules are lost"
	iptables-nft -F LIBVIRT_INP
	probe --firmware --network nat
	is "exit status" "$probed" 2
	sees '[.findings[].slug] | join(" ")' firewall-drop
	sees '.request.drops[0] | [.table, .chain, .kind] | join(" ")' 'filter INPUT policy'
	libvirtd_restart
	boots
}

# The bridge need not be there: libvirt says whose it is.
openvswitch() {
	cat >/tmp/ovs.xml <<-'END'
		<network><name>ovs</name><forward mode='bridge'/><bridge name='ovs0'/><virtualport type='openvswitch'/></network>
	END
	virsh net-create /tmp/ovs.xml
	guest_define onovs network=ovs
	guest_define onovs-bridge bridge=ovs0 "<virtualport type='openvswitch'/>"
	cannot --network ovs
	cannot --domain onovs
	cannot --domain onovs-bridge
}
cannot() {
	local status=0
	"$HOOKS/virt-netboot" probe "$@" >/tmp/text 2>&1 || status=$?
	is "exit status of probe $*" "$status" 3
	grep -q "'ovs0' is a bridge of Open vSwitch, where no probe can be made" /tmp/text || fail "$(cat /tmp/text)"
}

hypervisor_start
cat >/tmp/nat.xml <<-'END'
	<network><name>nat</name><forward mode='nat'/><bridge name='virbr16' stp='off' delay='0'/>
	  <ip address='192.168.96.1' netmask='255.255.255.0'><tftp root='/var/lib/libvirt/tftp'/>
	    <dhcp><range start='192.168.96.10' end='192.168.96.99'/><bootp file='boot.ipxe'/></dhcp></ip></network>
END
virsh net-create /tmp/nat.xml

cases nat openvswitch
