#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Host bridges of the administrator's, with STP on or a DHCP server of this host behind them. Guests
# there get no address they can use; after the qemu hook's "prepare" they do. Then every bridge and
# every guest that the hook has to leave alone, and says why.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need dnsmasq iptables-legacy ip6tables-legacy
hooks_start

: >/dev/vhost-net # all the hook asks is whether it exists

# prepare NIC...: as libvirt calls the hook for a guest named web.
prepare() {
	log_forget
	domain_xml web "$@" | qemu_hook web prepare begin -
}

# A port that holds, and one that forwards at once, so that both faults show.
host_bridges() {
	add_bridge br0 stp_state 1 forward_delay 1500
	add_guest_port br0 vnet7 vnet_hdr
	serve br0 40
	add_bridge br1
	serve br1 41
}

fault() {
	patience=7 start linux_guest br0 dhcp=none tftp=none
	start linux_guest br1 dhcp=bad tftp=bad dhcp6=bad tftp6=bad
	join
}

repair() {
	prepare "$(nic br0)" "$(nic br1)"
	is "forward delay" "$(link_get br0 forward_delay)" 200
	is "STP" "$(link_get br0 stp_state)" 1
	expect_rules br0 ip4:68 ip6:546
	expect_rules br1 ip4:68 ip6:546
	logged '^finding=bridge-hold .*guest=web .*bridge=br0 .*repaired=yes'
	logged '^finding=vhost-exposed .*guest=web .*bridge=br1 .*repaired=yes'
	patience=7 start linux_guest br0 dhcp=ok tftp=bad dhcp6=ok tftp6=bad
	patience=7 start firmware_guest br0 dhcp=ok tftp=ok
	start linux_guest br1 dhcp=ok tftp=bad dhcp6=ok tftp6=bad
	join
}

# That guest needed its address only; one that boots from the network needs TFTP as well.
repair_for_netboot() {
	boot=network prepare "$(nic br1)"
	expect_rules br1 ip4:udp ip6:udp
	start linux_guest br1 dhcp=ok tftp=ok dhcp6=ok tftp6=ok
	start firmware_guest br1 dhcp=ok tftp=ok dhcp6=ok tftp6=ok
	join
}

again_changes_nothing() {
	boot=network untouched prepare "$(nic br1)" "$(nic br1)"
	nothing_logged
	untouched prepare "$(nic br0)" "$(nic br1)"
	nothing_logged
}

not_root() {
	add_bridge leaf stp_state 1 forward_delay 1500
	add_better_root leaf
	untouched prepare "$(nic leaf)"
	logged '^finding=bridge-hold-not-root severity=error guest=web .*bridge=leaf .*cure='
}

# The root bridge's delay is that of every bridge beyond its uplink: not ours to shorten.
one_uplink() {
	add_bridge leading stp_state 1 forward_delay 1500
	add_uplink leading eth7
	untouched prepare "$(nic leading)"
	logged '^finding=bridge-hold severity=error guest=web .*bridge=leading .*left alone.*cure='
}

# Guests' ports do not count, by libvirt's name or by the header of virtio; the tap of a VPN has
# neither and leads to another network.
whose_port() {
	add_bridge guests stp_state 1 forward_delay 1500
	add_guest_port guests vnet3
	add_guest_port guests mytap vnet_hdr
	prepare "$(nic guests)"
	is "forward delay with guests' ports" "$(link_get guests forward_delay)" 200
	add_bridge vpn stp_state 1 forward_delay 1500
	add_guest_port vpn tap0
	add_guest_port vpn vnetwork
	untouched prepare "$(nic vpn)"
	logged '^finding=bridge-multi-network severity=error .*bridge=vpn .*2 of its ports'
}

two_uplinks() {
	add_bridge joint stp_state 1 forward_delay 1500
	add_uplink joint eth8
	add_uplink joint eth9
	untouched prepare "$(nic joint)"
	logged '^finding=bridge-multi-network severity=error guest=web .*bridge=joint .*cure='
}

stp_off() {
	add_bridge free stp_state 0 forward_delay 1500
	untouched prepare "$(nic free)"
	not_logged bridge-hold
}

no_bridge() {
	ip link add plain type veth
	untouched prepare "$(nic plain)" "$(nic absent)"
	logged '^finding=not-a-bridge .*bridge=plain'
	logged '^finding=bridge-absent .*bridge=absent'
}

# Any one of the four conditions missing, and the guest needs no rule.
protected_by_one_condition() {
	add_bridge served
	untouched prepare "$(nic served)" # no server there yet
	serve served 42 ip4
	untouched prepare "$(nic served e1000)"
	untouched prepare "$(nic served virtio qemu)"
	type=qemu untouched prepare "$(nic served)"
	rm /dev/vhost-net
	untouched prepare "$(nic served)"
	nothing_logged
	: >/dev/vhost-net
	prepare "$(nic served)" # all four
	expect_rules served ip4:68
}

# Without vhost-net QEMU completes DHCP replies on their way to the guest, but nothing else.
qemu_completes_dhcp_only() {
	add_bridge half
	serve half 43
	prepare "$(nic half virtio qemu)"
	expect_rules half ip6:546
	boot=network prepare "$(nic half virtio qemu)"
	expect_rules half ip4:udp ip6:udp
}

other_operations_do_nothing() {
	local operation
	add_bridge other stp_state 1 forward_delay 1500
	serve other 44
	log_forget
	for operation in started attach stopped release something-new; do
		# Not through a pipe: a hook that does not read breaks it.
		untouched qemu_hook web "$operation" begin - < <(domain_xml web "$(nic other)")
	done
}

# libvirtd was started anew: what was undone meanwhile is done again, for all of a guest's bridges.
reconnect() {
	add_bridge back stp_state 1 forward_delay 1500
	serve back 46
	log_forget
	domain_xml web "$(nic back)" | qemu_hook web reconnect begin -
	is "forward delay" "$(link_get back forward_delay)" 200
	expect_rules back ip4:68 ip6:546
	logged '^finding=bridge-hold .*bridge=back .*too late for this one'
}

# On a network of libvirt's the bridge is not known before "start".
network_bridge_at_start() {
	add_bridge virbr9 stp_state 1 forward_delay 1500
	serve virbr9 45
	untouched prepare "$(network_nic default '')"
	domain_xml web "$(network_nic default virbr9)" | qemu_hook web start begin -
	is "forward delay after start" "$(link_get virbr9 forward_delay)" 200
	expect_rules virbr9 ip4:68 ip6:546
}

host_bridges
fault
repair
repair_for_netboot
again_changes_nothing
not_root
one_uplink
whose_port
two_uplinks
stp_off
no_bridge
protected_by_one_condition
qemu_completes_dhcp_only
other_operations_do_nothing
reconnect
network_bridge_at_start
