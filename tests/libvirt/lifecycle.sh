#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What happens to guests and networks besides being started: several starts at once,
# save and restore, hot-plug, a restart of libvirtd, an unreadable configuration. A guest
# that runs stays the same running process all the while, its ports forward, what somebody took
# away from the bridge is repaired at the next event, and nothing of ours outlives the network.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
sandbox "$@"

# running GUEST: libvirt says so, and it is the process that it was at `remember GUEST`.
declare -A process
guest_pid() { cat "/run/libvirt/qemu/$1.pid"; }
remember() { process[$1]=$(guest_pid "$1"); }
running() {
	is "state of $1 after $2" "$(virsh domstate "$1")" running
	is "process of $1 after $2" "$(guest_pid "$1")" "${process[$1]}"
	[ -e "/proc/${process[$1]}/stat" ] || fail "$1 died of $2"
}

# What a firewall reload and a hasty administrator do: our rules and the delay are gone.
undo_repairs() {
	ip link set virbr15 type bridge forward_delay 1500
	iptables-legacy -w -t mangle -F POSTROUTING
	is "forward delay after its undoing" "$(link_get virbr15 forward_delay)" 1500
}

# One rule for DHCP and one for DHCPv6, no matter how often a hook ran.
repaired() {
	[ "$(link_get virbr15 forward_delay)" = 200 ] &&
		[ "$(link_get virbr15 stp_state)" = 1 ] &&
		[ "$(rules_of_ours virbr15 2>/dev/null | wc -l)" = 2 ]
}

several_at_once() {
	local guest
	for guest in one two three; do guest_define "$guest" network=slow; done
	guest_define four bridge=br0
	for guest in one two three four; do start virsh start "$guest"; done
	join
	for guest in one two three four; do
		remember "$guest"
		running "$guest" "starting with others"
	done
	repaired || fail "virbr15 after four starts: $(ip -d link show virbr15)"
	is "forward delay of the host bridge" "$(link_get br0 forward_delay)" 1500
	is "port on the host bridge" "$(port_states four)" forwarding
	# By the log, for with virbr15's delay a port forwards after 4 s anyway; and not at once, for
	# a bridge that has to send a hello first makes later guests wait for it.
	for guest in one two three four; do wait_for 10 edge_ports_are "$guest" 1; done
	for guest in two three four; do start virsh destroy "$guest"; done
	join
	running one "the end of its neighbours"
}

save_and_restore() {
	virsh managedsave one
	undo_repairs
	virsh start one
	remember one
	running one restore
	repaired || fail "virbr15 after a restore: $(ip -d link show virbr15)"
	wait_for 10 edge_ports_are one 2
}

# The firmware does not answer the request to give a card back, so that unplugging
# is not waited for.
hot_plug() {
	undo_repairs
	interface_xml network=slow >/tmp/card.xml
	virsh attach-device one /tmp/card.xml
	running one "plugging a card"
	repaired || fail "virbr15 after hot-plug: $(ip -d link show virbr15)"
	wait_for 10 edge_ports_are one 3
	interface_xml bridge=br0 >/tmp/card2.xml
	virsh attach-device one /tmp/card2.xml
	running one "plugging a card on a host bridge"
	virsh detach-device-alias one net1 2>/tmp/detach || say "detach: $(cat /tmp/detach)"
	running one "unplugging a card"
}

# libvirtd calls the hooks for what it finds running, after it has begun to answer: for a port
# that somebody took down and up, and for the card on the host bridge, whose plugging no hook heard of.
daemon_restart() {
	local port
	undo_repairs
	read -r port _ < <(guest_ports one | xargs)
	ip link set "$port" down
	ip link set "$port" up
	is "ports that need repair" "$(port_states one)" "forwarding listening"
	libvirtd_restart
	wait_for 10 repaired
	wait_for 10 all_forward one
	running one "a restart of libvirtd"
	is "network after a restart" "$(virsh net-list --name | xargs)" slow
}

unreadable_configuration() {
	head -c 4096 /dev/urandom >/etc/virt-netboot.conf
	libvirtd_restart
	running one "a restart with a broken configuration"
	virsh start two
	remember two
	running two "a start with a broken configuration"
	repaired || fail "virbr15 with a broken configuration: $(ip -d link show virbr15)"
	wait_for 10 edge_ports_are two 2
	grep -q /etc/virt-netboot.conf "$SYSLOG" || fail "the log does not name the broken file"
	virsh destroy two
	rm /etc/virt-netboot.conf
}

nothing_left() {
	running one "everything"
	virsh destroy one
	virsh net-destroy slow
	is "rules after net-destroy" "$(rules_of_ours virbr15)" ""
	[ ! -e /sys/class/net/virbr15 ] || fail "virbr15 is still there"
	is "libvirtd's log about hooks" "$(hook_complaints)" ""
	is "the hooks' errors" "$(hook_errors)" ""
}

need_tables
hypervisor_start
syslog_start
network_create slow virbr15 on 15
ip link add br0 up type bridge stp_state 1 forward_delay 1500
is "forward delay without hooks" "$(link_get virbr15 forward_delay)" 1500
virsh net-destroy slow

hooks_install
network_create slow virbr15 on 15
several_at_once
save_and_restore
hot_plug
daemon_restart
unreadable_configuration
nothing_left
