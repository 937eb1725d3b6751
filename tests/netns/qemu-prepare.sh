#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Host bridges of the administrator's, with STP on or a DHCP server of this host behind them. Guests
# there get no address they can use; after the qemu hook's "prepare" they do: by a rule if it is for
# the checksum, and by a shorter forward delay where the administrator wants that. Then every bridge
# and every guest that the hook has to leave alone, and says why.
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

# hold [VALUE]: what the configuration file says; and that checksums are filled by rules, also on a
# kernel on which the guests' ports would have filters.
hold() { config <<<"[checksum]
mechanism = iptables
${1:+[bridge]
hold = $1}"; }

# The delay of a bridge of the host's is left as it is: as its guest starts, its port is seen to.
repair_checksums() {
	prepare "$(nic br0)" "$(nic br1)"
	is "forward delay" "$(link_get br0 forward_delay)" 1500
	is "STP" "$(link_get br0 stp_state)" 1
	expect_rules br0 ip4:68 ip6:546
	expect_rules br1 ip4:68 ip6:546
	not_logged bridge-hold
	logged '^finding=vhost-exposed .*guest=web .*bridge=br0 .*repaired=yes'
	logged '^finding=vhost-exposed .*guest=web .*bridge=br1 .*repaired=yes'
}

# Unless the administrator wants a short delay.
repair_hold() {
	hold min-delay
	prepare "$(nic br0)" "$(nic br1)"
	is "forward delay" "$(link_get br0 forward_delay)" 200
	is "STP" "$(link_get br0 stp_state)" 1
	logged '^finding=bridge-hold .*guest=web .*bridge=br0 .*repaired=yes'
	logged '^action=set-forward-delay guest=web bridge=br0 from=15.00s to=2.00s result=done'
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

# From the fault to a host on which all is as it should be.
host_is_repaired() {
	host_bridges
	fault
	repair_checksums
	repair_hold
	repair_for_netboot
	again_changes_nothing
}

# A delay that is not the root's is not in force.
not_root() {
	add_bridge leaf stp_state 1 forward_delay 1500
	add_better_root leaf
	hold
	untouched prepare "$(nic leaf)"
	nothing_logged
	hold min-delay
	untouched prepare "$(nic leaf)"
	logged '^finding=bridge-hold-not-root severity=error guest=web .*bridge=leaf .*advice='
}

# The root bridge's delay is that of every bridge beyond its uplinks: theirs to shorten who know them.
uplinks() {
	add_bridge joint stp_state 1 forward_delay 1500
	add_uplink joint eth8
	add_uplink joint eth9
	hold
	untouched prepare "$(nic joint)"
	nothing_logged
	hold stp-off
	untouched prepare "$(nic joint)"
	logged '^finding=bridge-multi-network severity=error guest=web .*bridge=joint .*2 of its ports.*advice='
	hold min-delay
	prepare "$(nic joint)"
	is "forward delay with uplinks" "$(link_get joint forward_delay)" 200
}

# STP may go where there is but one uplink. Guests' ports do not count, by libvirt's name or by the
# header of virtio; the tap of a VPN has neither and leads to another network.
whose_port() {
	hold stp-off
	add_bridge guests stp_state 1 forward_delay 1500
	add_guest_port guests vnet3
	add_guest_port guests mytap vnet_hdr
	prepare "$(nic guests)"
	is "STP with guests' ports" "$(link_get guests stp_state)" 0
	add_bridge vpn stp_state 1 forward_delay 1500
	add_guest_port vpn tap0
	add_guest_port vpn vnetwork
	untouched prepare "$(nic vpn)"
	logged '^finding=bridge-multi-network severity=error .*bridge=vpn .*2 of its ports'
}

stp_off() {
	add_bridge free stp_state 0 forward_delay 1500
	hold min-delay
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
	hold
	log_forget
	domain_xml web "$(nic back)" | qemu_hook web reconnect begin -
	is "forward delay" "$(link_get back forward_delay)" 1500
	expect_rules back ip4:68 ip6:546
	not_logged bridge-hold
	hold min-delay
	domain_xml web "$(nic back)" | qemu_hook web reconnect begin -
	is "forward delay" "$(link_get back forward_delay)" 200
	logged '^finding=bridge-hold .*bridge=back .*too late for this one'
}

# On a network of libvirt's the bridge is not known before "start".
network_bridge_at_start() {
	add_bridge virbr9 stp_state 1 forward_delay 1500
	serve virbr9 45
	hold
	untouched prepare "$(network_nic default '')"
	domain_xml web "$(network_nic default virbr9)" | qemu_hook web start begin -
	is "forward delay after start" "$(link_get virbr9 forward_delay)" 1500 # the network hook's
	expect_rules virbr9 ip4:68 ip6:546
}

before_each() {
	hold
	: >/dev/vhost-net
}

cases host_is_repaired not_root uplinks whose_port stp_off no_bridge protected_by_one_condition \
	qemu_completes_dhcp_only other_operations_do_nothing reconnect network_bridge_at_start
