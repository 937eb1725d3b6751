#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# What a guest or a network says in its own metadata wins over the configuration, also as virsh writes it
# there, and for that object alone: the neighbour on the same bridge is repaired.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
sandbox "$@"

URI=urn:virt-netboot:1

# is_repaired GUEST: its port forwards, if not at once then after the bridge's next hello.
is_repaired() {
	virsh start --paused "$1"
	wait_for 5 all_forward "$1"
	virsh destroy "$1"
}

reported() { grep -q "finding=bridge-hold severity=error guest=$1 " "$SYSLOG"; }

# is_left_alone GUEST: its port is held, and the log says so and no more.
is_left_alone() {
	: >"$SYSLOG"
	virsh start --paused "$1"
	wait_for 5 reported "$1"
	is "port of $1" "$(port_states "$1")" listening
	is "edge ports of $1" "$(edge_ports "$1")" 0
	virsh destroy "$1"
}

metadata() { virsh metadata "$1" "$URI" --key nb --set "<netboot $2/>" "${@:3}"; }

guests() {
	local what
	is_repaired talks
	metadata talks 'hold="report"' --config
	is "what virsh shows" "$(virsh metadata talks "$URI")" '<netboot hold="report"/>'
	is_left_alone talks
	is_repaired silent
	metadata talks 'hold="quickly" colour="blue"' --config
	: >"$SYSLOG"
	is_repaired talks
	for what in "hold='quickly'> in <metadata> is ignored; accepted: auto, edge," \
		"colour=> in <metadata> is not known and ignored; accepted: hold, checksum,"; do
		wait_for 5 grep -qF "$what" "$SYSLOG"
	done
	virsh metadata talks "$URI" --remove --config
	is_repaired talks
}

# A guest that runs: libvirtd, started anew, hands the live XML to the hook.
running_guest() {
	local port
	virsh start --paused talks
	wait_for 5 all_forward talks
	metadata talks 'hold="report"' --config --live
	: >"$SYSLOG"
	read -r port _ < <(guest_ports talks | xargs)
	ip link set "$port" down
	ip link set "$port" up
	libvirtd_restart
	wait_for 10 reported talks
	is "port after a restart of libvirtd" "$(port_states talks)" listening
	virsh destroy talks
	virsh metadata talks "$URI" --remove --config
}

network() {
	network_create quiet virbr16 on 15
	is "forward delay without metadata" "$(link_get virbr16 forward_delay)" 200
	virsh net-destroy quiet
	sed -i "s|<name>quiet</name>|&<metadata><nb:netboot xmlns:nb='$URI' hold='report'/></metadata>|" \
		/tmp/network-quiet.xml
	virsh net-create /tmp/network-quiet.xml
	is "forward delay with hold=report" "$(link_get virbr16 forward_delay)" 1500
	virsh net-destroy quiet
}

no_complaints() {
	is "libvirtd's log about hooks" "$(hook_complaints)" ""
	is "the hooks' errors" "$(hook_errors | grep -v finding=bridge-hold || :)" ""
}

hypervisor_start
syslog_start
ip link add br0 up type bridge stp_state 1 forward_delay 1500
guest_define talks bridge=br0
guest_define silent bridge=br0
virsh start --paused talks
is "port without hooks" "$(port_states talks)" listening
virsh destroy talks

hooks_install

cases guests running_guest network no_complaints
