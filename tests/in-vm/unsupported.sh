#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A kernel with neither act_csum nor legacy iptables: what is wrong is said, with the command that may
# cure it, and a guest is refused only where the administrator wants that. Transmit
# checksumming can be switched off even here.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need dnsmasq tc
! has_act_csum || skip "this kernel has act_csum"
! iptables-legacy -t mangle -S >/dev/null 2>&1 || skip "this kernel has legacy iptables"
hooks_start
: >/dev/vhost-net

cure="modprobe act_csum || modprobe -a xt_CHECKSUM iptable_mangle"
advice="start the guest again .*<driver name='qemu'/> into the guest's <interface>, .*mechanism = ethtool under .checksum. in virt-netboot.conf"

state() {
	ip -d link | sed -E 's/(_timer|topology_change[_a-z]*| state) +[^ ]+/\1/g; s/NO-CARRIER,|,LOWER_UP//'
	tc qdisc
}

add_bridge br0
serve br0 90
linux_guest br0 dhcp=bad tftp=bad
add_guest_port br0 vnet0 vnet_hdr
before=$(state)

# It is said at each event, and the guest starts.
for operation in prepare start reconnect; do
	log_forget
	domain_xml web "$(target=vnet0 nic br0)" | qemu_hook web "$operation" begin -
	logged "^finding=checksum-unsupported severity=error guest=web .*bridge=br0 .*neither act_csum nor the legacy table mangle\" cure=\"${cure//|/\\|}\" advice=\"$advice\""
done
network_xml net br0 90 tftp | network_hook net started begin -
logged "^finding=checksum-unsupported severity=error network=net bridge=br0 .* cure=\"${cure//|/\\|}\" advice=\"$advice\""

# Refused where that is wanted, and only when it can be.
config <<<$'[hook]\non-unrepaired = refuse'
for operation in prepare start; do
	status=0
	capture /usr/sbin/virt-netboot-qemu-hook web "$operation" begin - < <(domain_xml web "$(target=vnet0 nic br0)") || status=$?
	is "exit status of $operation" "$status" 1
	[[ $said == *"guest 'web' is not started: interface 52:54:00:00:00:99 on bridge br0: "*"neither act_csum"*"cure: $cure"* ]] ||
		fail "$operation: '$said'"
done
domain_xml web "$(target=vnet0 nic br0)" | qemu_hook web reconnect begin -
# A guest that the fault does not concern is not refused, nor is one whose server may be elsewhere.
domain_xml web "$(target=vnet0 nic br0 e1000)" | qemu_hook web start begin -
domain_xml web "$(interface direct "<source dev='br0' mode='bridge'/>")" | qemu_hook web start begin -
is "state of the host" "$(state)" "$before"

config <<<$'[checksum]\nmechanism = ethtool\n[hook]\non-unrepaired = refuse'
domain_xml web "$(nic br0)" | qemu_hook web prepare begin -
linux_guest br0 dhcp=ok tftp=ok
