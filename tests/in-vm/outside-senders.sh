#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Servers in containers, on kernels with act_csum. Filters at senders do not meet what these send, so that guests get
# it with a checksum that is wrong; the log says once of each bridge that it has such a port, and with [checksum]
# at = receiver the checksum is right.
. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/topology.sh"
. "$SRC/tests/lib/hooks.sh"
. "$SRC/tests/lib/check.sh"
sandbox "$@"
need dnsmasq tc
has_act_csum || skip "this kernel has no act_csum"
hooks_start

OTHERS="checksums of other senders"
everything=(dhcp tftp dhcp6 tftp6)

# add_container NAME: a network namespace, and a device NAME that leads there.
add_container() {
	ip netns add "$1"
	ip link add "$1" type veth peer name eth0 netns "$1"
	ip link set "$1" up
	ip -n "$1" link set eth0 up
}

# serve_in_container BRIDGE N NAME
serve_in_container() {
	add_container "$3"
	ip link set "$3" master "$1"
	# shellcheck disable=SC2016 # for the inner shell
	ip netns exec "$3" bash -c \
		'. "$SRC/tests/lib/testlib.sh" && . "$SRC/tests/lib/topology.sh" && serve eth0 "$1"' - "$2"
}

# event OPERATION BRIDGE TAP [METADATA]: of a guest that boots from the network.
event() {
	local xml
	xml=$(boot=network domain_xml web "$(target=$3 nic "$2")")
	qemu_hook web "$1" begin - <<<"${xml/<devices>/${4:-}<devices>}"
}

# all_of OPERATION BRIDGE TAP [METADATA]: with what it has left to the background.
all_of() {
	log_forget
	event "$@"
	wait_for 60 no_watchers qemu
}

starts() { all_of start "$@"; }

told() { logged "^finding=sender-unreached severity=notice port=$2 bridge=$1 evidence=.* advice=.*at = receiver"; }
sees() { tap=$2 linux_guest "$1" "${everything[@]/%/=$3}"; }

in_a_container() {
	local metadata="<metadata><nb:netboot xmlns:nb='urn:virt-netboot:1' at='receiver'/></metadata>"
	add_bridge br0
	add_guest_port br0 vnet0 vnet_hdr
	serve_in_container br0 70 lxc0
	sees br0 vnet0 bad
	check --bridge br0
	says "BRIDGE br0" "$OTHERS" NOTE "the port leads to another network namespace.*sender-unreached"
	starts br0 vnet0
	told br0 lxc0
	check --bridge br0
	says "BRIDGE br0" "$OTHERS" NOTE sender-unreached
	sees br0 vnet0 bad
	starts br0 vnet0
	not_logged sender-unreached
	# What the line says helps; a tap that exists gets its filters elsewhere when libvirtd is started anew.
	all_of reconnect br0 vnet0 "$metadata"
	not_logged sender-unreached
	sees br0 vnet0 ok
}

at_receiver() {
	config <<<$'[checksum]\nat = receiver'
	add_bridge br1
	add_guest_port br1 vnet1 vnet_hdr
	serve_in_container br1 71 lxc1
	sees br1 vnet1 bad
	starts br1 vnet1
	not_logged sender-unreached
	check --bridge br1
	says_not "BRIDGE br1" "$OTHERS"
	sees br1 vnet1 ok
}

# The port may be a VLAN of what leads to the container, or a bond; where a veth's other end is on this host, no.
other_ports() {
	add_bridge br2
	add_container lxc2
	ip link add link lxc2 name lxc2.5 type vlan id 5
	ip link set lxc2.5 master br2 up
	add_bridge br3
	add_container lxc3
	ip link add bond3 type bond mode active-backup
	ip link set lxc3 down
	ip link set lxc3 master bond3
	ip link set bond3 master br3 up
	add_bridge br4
	add_uplink br4 eth4
	for i in 2 3 4; do add_guest_port "br$i" "vnet$i" vnet_hdr; done
	log_forget
	for i in 2 3 4; do event start "br$i" "vnet$i"; done
	wait_for 60 no_watchers qemu
	told br2 lxc2.5
	told br3 bond3
	not_logged 'sender-unreached .*bridge=br4'
	check --bridge br2 --bridge br3 --bridge br4
	says "BRIDGE br2" "$OTHERS" NOTE sender-unreached
	says "BRIDGE br3" "$OTHERS" NOTE sender-unreached
	says_not "BRIDGE br4" "$OTHERS"
	# Of a bridge that is made again it is said again.
	ip link delete br2
	add_bridge br2
	ip link set lxc2.5 master br2
	ip link set vnet2 master br2
	starts br2 vnet2
	told br2 lxc2.5
}

# A port that comes after the guest's start is found at the next.
comes_later() {
	add_bridge br5
	add_guest_port br5 vnet5 vnet_hdr
	starts br5 vnet5
	not_logged sender-unreached
	add_container lxc5
	ip link set lxc5 master br5
	starts br5 vnet5
	told br5 lxc5
}

# Without filters nothing is looked for.
with_rules() {
	config <<<$'[checksum]\nmechanism = iptables'
	add_bridge br6
	add_guest_port br6 vnet6 vnet_hdr
	add_container lxc6
	ip link set lxc6 master br6
	starts br6 vnet6
	not_logged sender-unreached
	check --bridge br6
	says_not "BRIDGE br6" "$OTHERS"
}

before_each() { config </dev/null; }

cases in_a_container at_receiver other_ports comes_later with_rules
