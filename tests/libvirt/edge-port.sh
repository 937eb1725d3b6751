#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Bridges with STP on and a forward delay of 15 s: a network of libvirt's (virbr15), a bridge of
# the administrator's own that has an uplink (br0), and one that is not the STP root (br1). Without
# the hooks a guest on any of them gives up. With them its port is an edge port: the guest boots, and the
# bridge keeps its STP and its delay. How soon: edge-port-times.sh.
#
# Each network has the name of its bridge.

. "$(dirname "$0")/../lib/testlib.sh"
. "$SRC/tests/lib/hypervisor.sh"
. "$SRC/tests/lib/topology.sh"
sandbox "$@"

# dhcp_server BRIDGE N: the administrator's own, for 192.168.N.0/24, with TFTP.
dhcp_server() {
	local ipv6=()
	ip address add "192.168.$2.1/24" dev "$1"
	! ipv6_here || {
		ip address add "fd00:$2::1/64" dev "$1" nodad
		ipv6=(--enable-ra "--dhcp-range=::,constructor:$1,ra-only")
	}
	dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --user=root \
		--pid-file="/run/dnsmasq-$1.pid" --dhcp-leasefile="/run/dnsmasq-$1.leases" \
		--interface="$1" --bind-dynamic --no-ping --dhcp-authoritative \
		--dhcp-range="192.168.$2.10,192.168.$2.99" "${ipv6[@]}" \
		--dhcp-boot=boot.ipxe --enable-tftp --tftp-root="$TFTP_ROOT" &
	wait_for 10 test -s "/run/dnsmasq-$1.pid"
}

bridges_made() {
	local bridge
	network_create virbr15 virbr15 on 15
	add_bridge br0 stp_state 1 forward_delay 1500
	dhcp_server br0 90
	add_uplink br0 eth7
	add_bridge br1 stp_state 1 forward_delay 1500
	dhcp_server br1 91
	add_better_root br1
	for bridge in virbr15 br0 br1; do wire_watch "$bridge"; done
}

bridges_as_made() {
	local bridge
	for bridge in virbr15 br0 br1 br1-root; do
		is "forward delay of $bridge $1" "$(link_get "$bridge" forward_delay)" 1500
		is "STP of $bridge $1" "$(link_get "$bridge" stp_state)" 1
	done
	is_not_root br1 || fail "br1 is the STP root $1"
}

# all_at_once WHEN PORT RESULT EDGE-PORTS SOURCE...: on each of these a guest, whose port is in the
# state PORT from its start on.
all_at_once() {
	local when=$1 port=$2 result=$3 edge_ports=$4 source bridge guest since=$EPOCHREALTIME
	shift 4
	for source; do
		guest=$when-${source#*=}
		guest_start "$guest" "$source"
		is "port of $guest" "$(port_states "$guest")" "$port"
	done
	for source; do
		bridge=${source#*=}
		guest=$when-$bridge
		is "boot of $guest" "$(guest_boot_result "$guest")" "$result"
		say "$guest: $result, first request $(wire_first "$bridge" Request "$since")"
		[ "$result" = booted ] ||
			is "request of $guest" "$(wire_first "$bridge" Request "$since")" never
		is "edge ports of $guest" "$(edge_ports "$guest")" "$edge_ports"
		guest_stop "$guest"
	done
	bridges_as_made "$when"
}

without_hooks() { all_at_once without listening failed 0 network=virbr15 bridge=br0 bridge=br1; }

with_hold_edge() {
	hold edge
	hooks_install
	all_at_once edge forwarding booted 1 network=virbr15 bridge=br0 bridge=br1
	rm /etc/virt-netboot.conf
}

by_default() {
	hooks_install
	all_at_once default forwarding booted 1 bridge=br0 bridge=br1
}

no_complaints() {
	is "libvirtd's log about hooks" "$(hook_complaints)" ""
	is "the hooks' errors" "$(hook_errors)" ""
}

hypervisor_start
syslog_start
bridges_made
cases without_hooks with_hold_edge by_default no_complaints
