#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# How checksums are filled, by [checksum] mechanism: what auto does on the kernel at hand and why it says so,
# rules towards the host's own macvlans beside a guest's macvtap, and transmit checksumming that is
# switched off and on again. What was done for guests' sake goes when the last of them has gone.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
sandbox "$@"
need dnsmasq iptables-legacy ip6tables-legacy ethtool strace tc
hooks_start

everything=(dhcp tftp dhcp6 tftp6)

mechanism() { config <<<$'[checksum]\nmechanism = '"$1"; }

# on OPERATION SUBOPERATION NIC...: as libvirt calls the hook for a guest named web that boots from the network.
on() {
	log_forget
	boot=${boot:-network} domain_xml web "${@:3}" | qemu_hook web "$1" "$2" -
}

# direct CARD MACVTAP [MODE [MODEL]]: an <interface> of this kind; without MACVTAP, the empty string, as
# before "start" and after the end.
direct() { target=$2 interface direct "<source dev='$1' mode='${3:-bridge}'/>" "${4:-virtio}"; }

tx_checksum() { ethtool -k "$1" | sed -n 's/^tx-checksumming: //p'; }

# On a bridge of the host's own: at the guest's port where the kernel can, and else by a rule.
auto_on_a_host_bridge() {
	local target=vnet1
	add_bridge br1
	serve br1 61
	add_guest_port br1 vnet1 vnet_hdr
	tap=vnet1 linux_guest br1 "${everything[@]/%/=bad}"
	on start begin "$(nic br1)"
	if has_act_csum; then
		logged '^action=add-checksum-filter guest=web port=vnet1 .*mechanism=tc .*why=".*the kernel has act_csum"'
		expect_rules br1
	else
		logged '^action=add-checksum-rule guest=web bridge=br1 mechanism=iptables .*why="the kernel has no act_csum"'
		expect_rules br1 ip4:udp ip6:udp
	fi
	tap=vnet1 linux_guest br1 "${everything[@]/%/=ok}"
	tap=vnet1 firmware_guest br1 "${everything[@]/%/=ok}"
}

# The rule of a guest on a bridge of the host's own stays as long as there are guests.
rule_goes_with_the_last_guest() {
	mechanism iptables
	add_bridge br2
	serve br2 62
	on prepare begin "$(nic br2)"
	expect_rules br2 ip4:udp ip6:udp
	add_guest_port br2 vnet2
	on release end "$(nic br2)"
	nothing_logged
	expect_rules br2 ip4:udp ip6:udp
	ip link delete vnet2
	on release end "$(nic br2)"
	logged '^action=remove-checksum-rule guest=web bridge=br2 mechanism=iptables result=done'
	logged '^action=remove-checksum-rule guest=web bridge=br2 mechanism=ip6tables result=done'
	expect_rules br2
	untouched on release end "$(nic br2)"
	nothing_logged
}

# A guest starts while the hook that has seen the last one go waits for the lock of iptables.
rule_is_put_back() {
	local lock release
	mechanism iptables
	add_bridge br10
	serve br10 60
	on prepare begin "$(nic br10)"
	expect_rules br10 ip4:udp ip6:udp
	hold_xtables_lock
	on release end "$(nic br10)" &
	release=$!
	wait_for 10 somebody_waits
	add_guest_port br10 vnet10 vnet_hdr
	boot=network domain_xml web "$(target=vnet10 nic br10)" | qemu_hook web start begin -
	kill "$lock"
	wait "$release"
	expect_rules br10 ip4:udp ip6:udp
	logged '^action=add-checksum-rule guest=web bridge=br10 mechanism=iptables .*why="a guest has come meanwhile"'
	ip link delete vnet10
	on release end "$(nic br10)"
	expect_rules br10
}

# What a network of libvirt's has is not a guest's to take away, even if that names the bridge itself.
rule_of_a_network_stays() {
	mechanism iptables
	add_bridge virbr11
	network_xml eleven virbr11 59 | network_hook eleven started begin -
	expect_rules virbr11 ip4:68
	serve virbr11 59
	on prepare begin "$(nic virbr11)"
	expect_rules virbr11 ip4:udp ip6:udp
	on release end "$(nic virbr11)"
	expect_rules virbr11 ip4:udp
	network_xml eleven virbr11 59 | network_hook eleven stopped end -
	expect_rules virbr11
}

# Bridges that are gone have one index, none.
rules_of_bridges_that_are_gone() {
	mechanism iptables
	add_bridge gone1
	add_bridge gone2
	serve gone1 57
	serve gone2 56
	on prepare begin "$(nic gone1)" "$(nic gone2)"
	expect_rules gone2 ip4:udp ip6:udp
	ip link delete gone1
	ip link delete gone2
	on release end "$(nic gone1)" "$(nic gone2)"
	expect_rules gone1
	expect_rules gone2
}

# The same for a network that is the host's own bridge: it hears of each port that goes.
rule_goes_with_the_last_port() {
	mechanism iptables
	add_bridge br3
	serve br3 63
	add_guest_port br3 vnet3
	port_xml hostnet br3 52:54:00:00:00:03 | network_hook hostnet port-created begin -
	expect_rules br3 ip4:68 ip6:546
	port_xml hostnet br3 52:54:00:00:00:03 | network_hook hostnet port-deleted begin -
	expect_rules br3 ip4:68 ip6:546
	ip link delete vnet3
	port_xml hostnet br3 52:54:00:00:00:03 | network_hook hostnet port-deleted begin -
	expect_rules br3
	# A network of libvirt's keeps its rule until it stops.
	add_bridge virbr3
	network_xml mine virbr3 64 | network_hook mine started begin -
	expect_rules virbr3 ip4:68
	network_xml mine virbr3 64 | network_hook mine port-deleted begin -
	expect_rules virbr3 ip4:68
}

# many_names DEVICE: so many that a message about it is longer than a page.
many_names() {
	local i
	for ((i = 0; i < 40; i++)); do
		printf "link property add dev $1 altname %0120d\n" "$i"
	done | ip -batch -
}

# The host's own macvlan sends to the guest: a rule for all UDP that leaves through it.
macvlan() {
	mechanism iptables
	add_card eth4
	add_macvtap eth4 macvtap4
	add_macvlan eth4 host4
	serve host4 65
	many_names host4
	macvtap=macvtap4 linux_guest eth4 "${everything[@]/%/=bad}"
	untouched on prepare begin "$(direct eth4 '')"
	boot=hd on start begin "$(direct eth4 macvtap4 bridge e1000)"
	expect_rules host4 ip4:udp ip6:udp
	logged '^action=add-checksum-rule guest=web .*macvlan=host4 mechanism=iptables scope=udp why='
	not_logged macvtap-peer-offload
	macvtap=macvtap4 linux_guest eth4 "${everything[@]/%/=ok}"
	macvtap=macvtap4 firmware_guest eth4 "${everything[@]/%/=ok}"
	untouched on reconnect begin "$(direct eth4 macvtap4)"
	nothing_logged
	add_macvtap eth4 macvtap5
	ip link delete macvtap4
	on release end "$(direct eth4 '')"
	expect_rules host4 ip4:udp ip6:udp # for the other guest
	ip link delete macvtap5
	on release end "$(direct eth4 '')"
	expect_rules host4
	logged '^action=remove-checksum-rule guest=web .*macvlan=host4 .*result=done'
	ip link delete host4 # if_nameindex(3) does not get beyond so many names
}

# Guests and the host do not meet in other modes; and servers may be beyond the card.
peers() {
	mechanism iptables
	add_card eth5
	add_macvtap eth5 macvtap6
	untouched on start begin "$(direct eth5 macvtap6)"
	logged '^finding=macvtap-peer-offload severity=notice guest=web .*port=macvtap6 .*on eth5, .*advice=".*ethtool -K'
	add_macvlan eth5 host5
	serve host5 66
	untouched on start begin "$(direct eth5 macvtap6 vepa)"
	untouched on start begin "$(direct eth5 macvtap6 private)"
	untouched on start begin "$(direct eth5 macvtap6 passthrough)"
	logged '^finding=macvtap-peer-offload '
	expect_rules host5
	mechanism none
	untouched on start begin "$(direct eth5 macvtap6)"
	nothing_logged
}

# A network's bridge: off while the network runs, as it was before and after.
transmit_checksumming() {
	mechanism ethtool
	add_bridge virbr6
	serve virbr6 67
	linux_guest virbr6 "${everything[@]/%/=bad}"
	log_forget
	network_xml six virbr6 67 tftp dhcp6 | network_hook six started begin -
	is "transmit checksumming" "$(tx_checksum virbr6)" off
	logged '^action=tx-checksum-off network=six bridge=virbr6 mechanism=ethtool scope=udp why=.* result=done'
	linux_guest virbr6 "${everything[@]/%/=ok}"
	firmware_guest virbr6 "${everything[@]/%/=ok}"
	log_forget
	network_xml six virbr6 67 tftp dhcp6 | network_hook six port-created begin -
	nothing_logged
	mechanism auto # what was done before is undone
	network_xml six virbr6 67 tftp dhcp6 | network_hook six stopped end -
	is "transmit checksumming" "$(tx_checksum virbr6)" on
	logged '^action=tx-checksum-on network=six bridge=virbr6 mechanism=ethtool result=done'
	log_forget
	network_xml six virbr6 67 tftp dhcp6 | network_hook six stopped end -
	nothing_logged
}

# It stays off where it was somebody else who switched it off; and then nothing is to be repaired.
transmit_checksumming_of_others() {
	mechanism ethtool
	add_bridge virbr7
	ethtool -K virbr7 tx off >/dev/null
	network_xml seven virbr7 68 tftp | network_hook seven started begin -
	network_xml seven virbr7 68 tftp | network_hook seven stopped end -
	is "transmit checksumming" "$(tx_checksum virbr7)" off
	mechanism auto
	network_xml seven virbr7 68 tftp | network_hook seven started begin -
	expect_rules virbr7
	not_logged virbr7
}

transmit_checksumming_on_a_host_bridge() {
	mechanism ethtool
	: >/dev/vhost-net
	add_bridge br8
	serve br8 69
	on prepare begin "$(nic br8)"
	is "transmit checksumming" "$(tx_checksum br8)" off
	logged '^finding=vhost-exposed .*bridge=br8 .*cure="ethtool -K br8 tx off" repaired=yes'
	linux_guest br8 "${everything[@]/%/=ok}"
	on release end "$(nic br8)"
	is "transmit checksumming" "$(tx_checksum br8)" on
}

# its_administrator_switches_it BRIDGE EVENT...: on after we have switched it off; the event sees that. And then
# off, for good. Before and after there is a guest for whom we would have it off.
its_administrator_switches_it() {
	local bridge=$1
	mechanism ethtool
	on prepare begin "$(nic "$bridge")"
	is "transmit checksumming with a guest" "$(tx_checksum "$bridge")" off
	logged "^action=tx-checksum-off .*bridge=$bridge .* result=done"
	ethtool -K "$bridge" tx on >/dev/null
	"${@:2}"
	is "transmit checksumming that was switched on, after $*" "$(tx_checksum "$bridge")" on
	ethtool -K "$bridge" tx off >/dev/null
	mechanism ethtool
	on prepare begin "$(nic "$bridge")"
	on release end "$(nic "$bridge")"
	is "transmit checksumming that was switched off, after $*" "$(tx_checksum "$bridge")" off
	not_logged tx-checksum
	ethtool -K "$bridge" tx on >/dev/null
}

# with MECHANISM EVENT...
with() {
	mechanism "$1"
	"${@:2}"
}

port_event() { port_xml "$1" "$1" 52:54:00:00:00:12 | network_hook "$1" "$2" begin -; }

# Whoever reads the bridge sees it, whatever the mechanism is by then.
transmit_checksumming_of_the_administrator() {
	local mechanism
	: >/dev/vhost-net
	add_bridge br12
	serve br12 55
	its_administrator_switches_it br12 on release end "$(nic br12)"
	for mechanism in none iptables auto; do
		its_administrator_switches_it br12 with "$mechanism" on prepare begin "$(nic br12)"
		on release end "$(nic br12)"
	done
	its_administrator_switches_it br12 with none on start begin "$(nic br12)"
	its_administrator_switches_it br12 with none on reconnect begin "$(nic br12)"
	its_administrator_switches_it br12 with none port_event br12 port-created
	its_administrator_switches_it br12 port_event br12 port-deleted
	its_administrator_switches_it br12 "$HOOKS/virt-netboot" disable
}

# cut_off CALL N OPERATION: the process that works is killed before its Nth such system call, if there is one.
cut_off() {
	local -x ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 # which cannot work under strace
	boot=network domain_xml web "$(nic br13)" |
		timeout 60 strace -f -qq -o /tmp/cut_off.trace -e "trace=$1" -e "inject=$1:signal=KILL:when=$2" \
			"$HOOKS/virt-netboot-qemu-hook" web "$3" begin -
}

# Wherever it is killed, there is no note that checksumming is off while it is on: what the administrator
# switches off then stays off when the last guest goes.
transmit_checksumming_cut_off() {
	local call operation seen=0
	: >/dev/vhost-net
	mechanism ethtool
	add_bridge br13
	serve br13 54
	for operation in prepare release; do
		for call in 'pwrite64 1' 'ioctl 1' 'ioctl 2' 'ioctl 3' 'ioctl 4'; do
			[ "$operation" = prepare ] || on prepare begin "$(nic br13)"
			# shellcheck disable=SC2086 # two words
			cut_off $call "$operation"
			if [ "$(tx_checksum br13)" = on ]; then
				ethtool -K br13 tx off >/dev/null
				on release end "$(nic br13)"
				is "transmit checksumming after $operation without $call" "$(tx_checksum br13)" off
				seen=$((seen + 1))
			fi
			ethtool -K br13 tx on >/dev/null
			on release end "$(nic br13)" # sees that
		done
	done
	((seen >= 4)) || fail "checksumming was on after $seen kills only"
}

transmit_checksumming_of_a_macvtap() {
	mechanism ethtool
	add_card eth9
	add_macvtap eth9 macvtap9
	untouched on start begin "$(direct eth9 macvtap9)"
	logged '^finding=checksum-unsupported severity=warning guest=web .*port=macvtap9 .*ethtool is refused'
}

use_legacy_tables
before_each() {
	mechanism auto
	rm -f /dev/vhost-net
}

cases auto_on_a_host_bridge rule_goes_with_the_last_guest rule_goes_with_the_last_port rule_is_put_back \
	rule_of_a_network_stays rules_of_bridges_that_are_gone macvlan peers transmit_checksumming \
	transmit_checksumming_of_others transmit_checksumming_on_a_host_bridge \
	transmit_checksumming_of_the_administrator transmit_checksumming_cut_off \
	transmit_checksumming_of_a_macvtap
